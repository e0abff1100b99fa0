//! A JSON array of which no more is kept than is wanted: the rest is read over.

use super::part::MAX_BATCH_PARTS;
use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// At most [`MAX_BATCH_PARTS`] elements.
#[derive(Debug)]
pub(super) struct Bounded<T> {
    /// The elements that were kept.
    pub(super) kept: Vec<T>,
    /// Whether there were more.
    pub(super) is_too_long: bool,
}

impl<T> Default for Bounded<T> {
    fn default() -> Self {
        Self { kept: Vec::new(), is_too_long: false }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Bounded<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Elements<T> {
            type Value = Bounded<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Bounded<T>, A::Error> {
                let mut kept = Vec::new();
                while kept.len() < MAX_BATCH_PARTS {
                    match elements.next_element()? {
                        Some(element) => kept.push(element),
                        None => return Ok(Bounded { kept, is_too_long: false }),
                    }
                }
                let is_too_long = elements.next_element::<IgnoredAny>()?.is_some();
                while elements.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Bounded { kept, is_too_long })
            }
        }
        deserializer.deserialize_seq(Elements(PhantomData))
    }
}
