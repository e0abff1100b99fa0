//! Items that say "no longer there" (OData JSON Format 4.01 section 15.3, 4.0 section 14).

use super::Text;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use std::fmt;
use tidemark_model::{ID, RecordId, Removal};

/// Reads a reason; what is no plain `deleted` must not delete anything.
pub(super) fn removal(reason: &str) -> Removal {
    if reason == "deleted" { Removal::Deleted } else { Removal::Changed }
}

/// Returns the key at the end of an entity's URL: `TodoItems(8f0e…)`, `TodoItems(Id=8f0e…)` or `TodoItems/8f0e…`.
pub(super) fn key_of_url(url: &str) -> Option<RecordId> {
    let key = match url.strip_suffix(')') {
        Some(open) => open.rsplit_once('(')?.1,
        None => url.rsplit_once('/').map_or(url, |(_, last)| last),
    };
    let key = key.strip_prefix(ID).and_then(|rest| rest.strip_prefix('=')).unwrap_or(key);
    key.parse().ok()
}

/// The value of `@removed`: `{"reason": "deleted"}`.
pub(super) struct RemovedSeed;

impl<'de> DeserializeSeed<'de> for RemovedSeed {
    type Value = Removal;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Removal, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RemovedSeed {
    type Value = Removal;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a reason")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Removal, A::Error> {
        let mut reason = Removal::Changed;
        while let Some(name) = map.next_key_seed(Text)? {
            if name == "reason" {
                reason = removal(&map.next_value_seed(Text)?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(reason)
    }
}
