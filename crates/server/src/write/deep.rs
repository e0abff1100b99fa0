//! Records that are made with the record around them (OData Protocol 4.01 section 11.4.2.2): one level, and all or none.
//!
//! Owns: how they are related to it, their keys, and the changes that make them. Refuses: reading them (`body`).

use super::answer::{Shape, Within};
use super::bind;
use super::body::Inside;
use crate::change::{Body, Change, Repeat};
use serde_json::value::RawValue;
use tidemark_model::{Cell, Collection, Condition, EntityModel, EntitySet, Method, NavigationProperty, RecordId};
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

    fn name(self) -> &'s str {
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

/// The changes that make the records within, by whether they come before the record or behind it.
#[derive(Default)]
pub(crate) struct Beside {
    /// Those that the record refers to.
    pub(crate) before: Vec<Change>,
    /// Those that refer to the record.
    pub(crate) after: Vec<Change>,
}

/// Ties records within to the record that is made by a change, and tells its answer of them.
///
/// # Errors
/// 400 where one of them names another record in its place.
pub(crate) fn tie(
    model: &EntityModel,
    inside: Vec<Inside<'_>>,
    (change, shape): (&mut Change, &mut Shape),
    fresh: &mut dyn FnMut(&str, Option<&Repeat>) -> RecordId,
) -> Result<Beside, WireError> {
    let mut beside = Beside::default();
    for Inside { relation, records } in inside {
        let Some(target) = model.set(relation.target()) else { continue };
        let (way, is_one) = (relation.name().to_owned(), relation.is_one());
        shape.within.push(Within { way, is_one, set: target.name.clone(), records: records.len() });
        for (place, (id, mut body)) in records.into_iter().enumerate() {
            // A repeat must make the same records, which its own name says.
            let name = change.repeat.map(|repeat| repeat.inner(relation.name(), place));
            let id = id.unwrap_or_else(|| fresh(&target.name, name.as_ref()));
            match relation {
                Relation::One(way) => {
                    let set = model.set(&change.set).unwrap_or(target);
                    bind::put(set, &mut change.body, (&way.name, &way.property), Cell::Guid(id.0))?;
                }
                Relation::Many(way) => {
                    let error = |error: WireError| error.within(&format!("{}/{place}", way.name));
                    bind::put(target, &mut body, (&way.property, &way.property), Cell::Guid(change.id.0))
                        .map_err(error)?;
                }
            }
            let made = made(target, id, body, name);
            if relation.is_one() { beside.before.push(made) } else { beside.after.push(made) }
        }
    }
    Ok(beside)
}

fn made(set: &EntitySet, id: RecordId, body: Body, name: Option<Repeat>) -> Change {
    let repeat = name.map(|name| name.of_content(set, Method::Create, Some(id), &body));
    Change { set: set.name.clone(), id, method: Method::Create, condition: Condition::None, body, repeat }
}
