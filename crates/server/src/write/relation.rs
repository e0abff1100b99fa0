//! How records within a record are related to it: it has the key of one, or many have its key.
//!
//! Owns: taking the array or object apart in which they stand. Refuses: reading single records (`body`).

use serde_json::value::RawValue;
use tidemark_model::{Collection, EntitySet, NavigationProperty};
use tidemark_odata::{Code, WireError};

/// How many records may stand within one.
const MOST: usize = 1_000;

/// How records within a record are related to it.
#[derive(Clone, Copy)]
pub(crate) enum Relation<'s> {
    /// The record has the key of the one within.
    One(&'s NavigationProperty),
    /// Those within have the record's key.
    Many(&'s Collection),
}

impl<'s> Relation<'s> {
    /// Finds the navigation property of this name.
    pub(super) fn of(set: &'s EntitySet, name: &str) -> Option<Self> {
        let of = &set.entity_type;
        let one = of.navigation.iter().find(|way| way.name == name).map(Self::One);
        one.or_else(|| of.collections.iter().find(|way| way.name == name).map(Self::Many))
    }

    pub(super) fn name(self) -> &'s str {
        match self {
            Self::One(way) => &way.name,
            Self::Many(way) => &way.name,
        }
    }

    /// Returns the entity set of the records within.
    pub(super) fn target(self) -> &'s str {
        match self {
            Self::One(way) => &way.target_set,
            Self::Many(way) => &way.target_set,
        }
    }

    pub(super) fn is_one(self) -> bool {
        matches!(self, Self::One(_))
    }

    /// Takes the records within apart.
    ///
    /// # Errors
    /// 400 where there is an array in the place of an object, or the other way round, or too many of them.
    pub(super) fn records(self, raw: &RawValue) -> Result<Vec<&RawValue>, WireError> {
        let wrong = |sentence: String| WireError::new(400, Code::InvalidRecord, sentence).about(self.name());
        match self {
            Self::One(_) if raw.get().starts_with('{') => Ok(vec![raw]),
            Self::One(way) => Err(wrong(format!("{} is one record, not an array of them", way.name))),
            Self::Many(way) => {
                let records: Vec<&RawValue> = serde_json::from_str(raw.get())
                    .map_err(|_| wrong(format!("{} are records in an array", way.name)))?;
                match records.len() {
                    0..=MOST => Ok(records),
                    _ => {
                        Err(wrong(format!("At most {MOST} records are made within another; send the rest as a batch")))
                    }
                }
            }
        }
    }
}
