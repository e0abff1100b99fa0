//! `CachedEntities`: which entity sets a user keeps offline, itself an entity set on the server (seed step 1.2).
//!
//! Owns: the declaration that the server adds to every model, and the id by which two laptops of one user mean
//! the same choice. Refuses: keeping the choice (the stores do) and acting on it (`sync` does).

use crate::record::RecordId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// The name of the entity set.
pub const CACHED_ENTITIES: &str = "CachedEntities";

/// The property names of `CachedEntities`.
#[derive(Debug)]
pub struct CachedEntityProperty;

impl CachedEntityProperty {
    /// The entity set that the choice is about.
    pub const ENTITY_SET: &'static str = "EntitySet";
    /// The account whose choice it is.
    pub const USER: &'static str = "UserName";
    /// Whether the set is kept offline.
    pub const IS_OFFLINE: &'static str = "IsOffline";
    /// The conflict policy, one of [`Policy`]'s words.
    pub const POLICY: &'static str = "Policy";
}

/// Who decides when two people changed the same thing in an entity set (DESIGN section 4, Resolutions).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// A person, in a dialog.
    #[default]
    Ask,
    /// The side with the newer `_UpdatedAt` (the seed's rule).
    Newest,
    /// Always the server.
    Server,
    /// Always this device.
    Mine,
}

impl Policy {
    /// Returns the word for the wire and for commands.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Newest => "newest",
            Self::Server => "server",
            Self::Mine => "mine",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Ask, Self::Newest, Self::Server, Self::Mine].into_iter().find(|p| p.as_str() == word)
    }
}

/// One user's choice for one entity set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedEntity {
    /// The entity set.
    pub entity_set: String,
    /// Whether it is kept offline.
    pub is_offline: bool,
    /// Who decides its conflicts.
    pub policy: Policy,
}

impl CachedEntity {
    /// Returns the id of a user's choice for a set: a version 5 GUID of both names, so that every device of the
    /// user means the same record.
    pub fn id(user: &str, entity_set: &str) -> RecordId {
        let name = format!("tidemark:cached-entity:{user}\u{0}{entity_set}");
        RecordId(Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()))
    }
}

/// Returns the CSDL members that the server adds: the entity type and the entity set.
pub(crate) fn declaration(namespace: &str) -> (&'static str, Value, Value) {
    let entity_type = json!({
        "$Kind": "EntityType",
        "$Key": ["Id"],
        "Id": { "$Type": "Edm.Guid" },
        "EntitySet": { "$MaxLength": 200 },
        "UserName": { "$MaxLength": 200, "$Nullable": true },
        "IsOffline": { "$Type": "Edm.Boolean", "$DefaultValue": "true", "@Tidemark.Merge": "later" },
        "Policy": { "$MaxLength": 20, "$DefaultValue": "ask", "@Tidemark.Merge": "later" }
    });
    let set = json!({
        "$Collection": true,
        "$Type": format!("{namespace}.CachedEntity"),
        "@Tidemark.PerUser": CachedEntityProperty::USER
    });
    ("CachedEntity", entity_type, set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_read_as_it_is_written() {
        let words = [Policy::Ask, Policy::Newest, Policy::Server, Policy::Mine].map(|policy| {
            assert_eq!(Policy::from_word(policy.as_str()), Some(policy));
            policy.as_str()
        });
        assert_eq!(words, ["ask", "newest", "server", "mine"]);
        assert_eq!([Policy::from_word(""), Policy::from_word("Ask")], [None, None]);
    }
}
