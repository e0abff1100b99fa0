//! The entity model in memory: what `csdl` read from the one document, ready for everything derived from it.
//!
//! Owns: entity sets, types, properties and the order in which sets are pushed. Refuses: reading the document
//! (`csdl`) and deriving SQL, forms or filters from it (their own crates). DESIGN section 2, "Declared once".

use crate::cached_entities::CACHED_ENTITIES;
use crate::planted::{Planted, is_planted};
use crate::record::ID;
use indexmap::IndexMap;
use serde_json::Value;

/// The primitive type of a property, with its facets (OData CSDL JSON 4.01, sections 3.3 and 7.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `Edm.String`; the length limit counts Unicode scalar values.
    String {
        /// The longest text allowed; `None` where only the sizes of requests limit it.
        max_length: Option<u32>,
    },
    /// `Edm.Boolean`.
    Boolean,
    /// `Edm.Int32`.
    Int32,
    /// `Edm.Int64`.
    Int64,
    /// `Edm.Double`; NaN and the infinities are refused, no database here keeps all of them.
    Double,
    /// `Edm.Decimal` of at most 18 digits.
    Decimal {
        /// Significant digits.
        precision: u8,
        /// Digits after the point.
        scale: u8,
    },
    /// `Edm.Date`.
    Date,
    /// `Edm.DateTimeOffset`, kept as an instant in microseconds.
    DateTimeOffset,
    /// `Edm.Guid`.
    Guid,
}

impl Kind {
    /// Returns the qualified type name, `Edm.String` and so on.
    pub fn edm_name(&self) -> &'static str {
        match self {
            Self::String { .. } => "Edm.String",
            Self::Boolean => "Edm.Boolean",
            Self::Int32 => "Edm.Int32",
            Self::Int64 => "Edm.Int64",
            Self::Double => "Edm.Double",
            Self::Decimal { .. } => "Edm.Decimal",
            Self::Date => "Edm.Date",
            Self::DateTimeOffset => "Edm.DateTimeOffset",
            Self::Guid => "Edm.Guid",
        }
    }

    /// Tells whether JSON has its values without quotes (OData JSON Format section 7.1).
    pub fn is_bare(&self) -> bool {
        matches!(self, Self::Boolean | Self::Int32 | Self::Int64 | Self::Decimal { .. } | Self::Double)
    }
}

/// What a property is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The key, `Id`.
    Key,
    /// Declared by the model document.
    Declared,
    /// `_UpdatedAt`.
    UpdatedAt,
    /// `_IsTombstoned`.
    IsTombstoned,
    /// `_UpdatedBy`, read-only.
    UpdatedBy,
}

/// How two different edits of one property come together (annotation `@Tidemark.Merge`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MergeRule {
    /// A person decides; multi-line text is merged by line first.
    #[default]
    Ask,
    /// The edit with the later `_UpdatedAt` stands.
    Later,
    /// The server's edit stands.
    Server,
    /// Comma-separated words: additions of both sides stand, removals of either side too.
    Union,
}

/// One property of an entity type.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// The name on the wire, in SQL and in the UI's bindings.
    pub name: String,
    /// The type and its facets.
    pub kind: Kind,
    /// Whether null is allowed.
    pub nullable: bool,
    /// The canonical value taken when a new record leaves the property out.
    pub default: Option<Value>,
    /// What people read; the name where the model gives no label.
    pub label: String,
    /// Whether the text is edited on several lines.
    pub multi_line: bool,
    /// Whether lists are sorted and filtered by it (annotation `@Tidemark.Indexed`).
    pub indexed: bool,
    /// How clashing edits come together.
    pub merge: MergeRule,
    /// What the property is for.
    pub role: Role,
}

/// A reference from one entity type to another through a property of the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NavigationProperty {
    /// The name in the model.
    pub name: String,
    /// The property that holds the other record's `Id`.
    pub property: String,
    /// The entity set that the reference points into.
    pub target_set: String,
}

/// The other side of a [`NavigationProperty`]: the records of an entity set that refer to one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collection {
    /// The name in the model.
    pub name: String,
    /// The entity set of the records.
    pub target_set: String,
    /// Their navigation property, which leads back.
    pub partner: String,
    /// Their property that holds the `Id`.
    pub property: String,
}

/// The shape shared by the records of an entity set.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityType {
    /// The unqualified name.
    pub name: String,
    /// The name with the schema's namespace in front.
    pub qualified_name: String,
    /// What people read for one record; the name where the model gives no label.
    pub label: String,
    /// `Id`, then the declared properties in document order, then the three sync properties.
    pub properties: Vec<Property>,
    /// References to other entity sets.
    pub navigation: Vec<NavigationProperty>,
    /// Other entity sets' references to it, as far as the model names them.
    pub collections: Vec<Collection>,
}

impl EntityType {
    /// Finds a property by its exact name: key, declared or sync.
    pub fn property(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|p| p.name == name)
    }

    /// Returns the properties that the model document declares, without the key.
    pub fn declared(&self) -> impl Iterator<Item = &Property> {
        self.properties.iter().filter(|p| p.role == Role::Declared)
    }

    /// Returns the properties that a search looks in: what the model document declares as text.
    pub fn searched(&self) -> impl Iterator<Item = &Property> {
        self.declared().filter(|property| matches!(property.kind, Kind::String { .. }))
    }

    /// Returns the properties that both ends keep an index of: references, which lead to a record's related ones, what
    /// the model says that lists are sorted and filtered by, and `_UpdatedAt`.
    pub fn indexed(&self) -> impl Iterator<Item = &Property> {
        let refers = |property: &Property| self.navigation.iter().any(|to| to.property == property.name);
        self.properties.iter().filter(move |p| p.indexed || p.role == Role::UpdatedAt || refers(p))
    }

    /// Returns the property that stands for a record in lists and sentences: the first required string, else
    /// the first string, else `Id`.
    pub fn title_property(&self) -> &str {
        let strings = || self.searched();
        strings().find(|p| !p.nullable).or_else(|| strings().next()).map_or(ID, |p| &p.name)
    }
}

/// A named collection of records of one entity type.
#[derive(Clone, Debug, PartialEq)]
pub struct EntitySet {
    /// The name on the wire.
    pub name: String,
    /// What people read.
    pub label: String,
    /// The shape of its records.
    pub entity_type: EntityType,
    /// The property that holds the account a record belongs to, where each user sees only their own
    /// (annotation `@Tidemark.PerUser`).
    pub per_user: Option<String>,
}

impl EntitySet {
    /// Tells whether its records are people's work. Those of `CachedEntities` travel like any record, but they are a
    /// setting: no history and no figure that people read counts them, "1 change waiting" means work.
    pub fn is_work(&self) -> bool {
        self.name != CACHED_ENTITIES
    }
}

/// The whole entity model, read from one CSDL JSON document at run time.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityModel {
    pub(crate) namespace: String,
    pub(crate) container: String,
    pub(crate) sets: IndexMap<String, EntitySet>,
    pub(crate) document: Value,
    pub(crate) fingerprint: String,
}

impl EntityModel {
    /// Returns the schema's namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Returns the entity container's unqualified name.
    pub fn container(&self) -> &str {
        &self.container
    }

    /// Finds an entity set by its exact name.
    pub fn set(&self, name: &str) -> Option<&EntitySet> {
        self.sets.get(name)
    }

    /// Returns the entity sets in document order.
    pub fn sets(&self) -> impl Iterator<Item = &EntitySet> {
        self.sets.values()
    }

    /// Returns the CSDL JSON document with the sync properties in it: what `$metadata` answers.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Returns a short hash of the document; delta links carry it, so a changed model answers 410.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Returns set names so that a set comes after every set it refers to; a cycle falls back to document order.
    pub fn push_order(&self) -> Vec<&str> {
        let mut ordered: Vec<&str> = Vec::with_capacity(self.sets.len());
        let mut waiting: Vec<&EntitySet> = self.sets().collect();
        while !waiting.is_empty() {
            let ready = waiting.iter().position(|set| {
                set.entity_type
                    .navigation
                    .iter()
                    .all(|n| n.target_set == set.name || ordered.contains(&n.target_set.as_str()))
            });
            ordered.push(&waiting.remove(ready.unwrap_or(0)).name);
        }
        if is_planted(Planted::X9ChildrenFirst) {
            ordered.reverse();
        }
        ordered
    }
}
