//! A small entity set with every kind in it, and one that its records refer to.

use std::collections::BTreeMap;
use tidemark_model::{Cell, EntityModel, EntitySet, IS_TOMBSTONED};
use tidemark_sql::{Neighbour, Neighbours};
use uuid::Uuid;

pub(crate) const TABLE: &str = "Things";
pub(crate) const GROUPS: &str = "Groups";

/// A row: property name to value; what is not in it is null.
pub(crate) type Row = BTreeMap<&'static str, Cell<'static>>;

pub(crate) fn model() -> EntityModel {
    let document = serde_json::json!({
        "$Version": "4.01",
        "$EntityContainer": "T.Container",
        "T": {
            "Thing": {
                "$Kind": "EntityType",
                "$Key": ["Id"],
                "Id": { "$Type": "Edm.Guid" },
                "Title": { "$Nullable": true, "$MaxLength": 50 },
                "Notes": { "$Nullable": true },
                "IsDone": { "$Type": "Edm.Boolean", "$Nullable": true },
                "IsHot": { "$Type": "Edm.Boolean", "$DefaultValue": "true" },
                "Rank": { "$Type": "Edm.Int32", "$Nullable": true },
                "Big": { "$Type": "Edm.Int64", "$Nullable": true },
                "Cost": { "$Type": "Edm.Decimal", "$Precision": 10, "$Scale": 2, "$Nullable": true },
                "Fine": { "$Type": "Edm.Decimal", "$Precision": 18, "$Scale": 4, "$Nullable": true },
                "Ratio": { "$Type": "Edm.Double", "$Nullable": true },
                "Mass": { "$Type": "Edm.Double", "$Nullable": true },
                "Day": { "$Type": "Edm.Date", "$Nullable": true },
                "Until": { "$Type": "Edm.Date", "$Nullable": true },
                "At": { "$Type": "Edm.DateTimeOffset", "$Nullable": true, "@Tidemark.Indexed": true },
                "Other": { "$Type": "Edm.Guid", "$Nullable": true },
                "Group": {
                    "$Kind": "NavigationProperty",
                    "$Type": "T.Group",
                    "$Nullable": true,
                    "$Partner": "Things",
                    "$ReferentialConstraint": { "Other": "Id" }
                }
            },
            "Group": {
                "$Kind": "EntityType",
                "$Key": ["Id"],
                "Id": { "$Type": "Edm.Guid" },
                "Name": { "$Nullable": true },
                "Size": { "$Type": "Edm.Int32", "$Nullable": true },
                "ParentId": { "$Type": "Edm.Guid", "$Nullable": true },
                "Parent": {
                    "$Kind": "NavigationProperty",
                    "$Type": "T.Group",
                    "$Nullable": true,
                    "$Partner": "Children",
                    "$ReferentialConstraint": { "ParentId": "Id" }
                },
                "Children": {
                    "$Kind": "NavigationProperty", "$Collection": true, "$Type": "T.Group", "$Partner": "Parent"
                },
                "Things": {
                    "$Kind": "NavigationProperty", "$Collection": true, "$Type": "T.Thing", "$Partner": "Group"
                }
            },
            "Container": {
                "$Kind": "EntityContainer",
                "Things": { "$Collection": true, "$Type": "T.Thing" },
                "Groups": { "$Collection": true, "$Type": "T.Group" }
            }
        }
    });
    EntityModel::parse(&document.to_string()).unwrap()
}

pub(crate) fn set() -> EntitySet {
    model().set(TABLE).unwrap().clone()
}

/// Groups whose ids are those of `Other` in a drawn row: one with two children, one of them tombstoned, and one alone.
pub(crate) fn groups() -> Vec<Row> {
    let group = |id: u128, name: Option<&'static str>, size: Option<i64>, parent: Option<u128>, dead: i64| {
        Row::from([
            ("Id", Cell::Guid(Uuid::from_u128(id))),
            ("Name", name.map_or(Cell::Null, |name| Cell::Text(name.into()))),
            ("Size", size.map_or(Cell::Null, Cell::Integer)),
            ("ParentId", parent.map_or(Cell::Null, |id| Cell::Guid(Uuid::from_u128(id)))),
            ("_UpdatedAt", Cell::Integer(1)),
            ("_IsTombstoned", Cell::Integer(dead)),
        ])
    };
    vec![
        group(0, Some("ab"), Some(2), None, 0),
        group(1, Some("Öl"), None, Some(0), 0),
        group(2, None, Some(0), Some(0), 1),
        group(3, None, Some(-3), Some(1), 0),
        group(u128::MAX, Some("gone"), Some(5), Some(0), 1),
    ]
}

/// All records.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) model: EntityModel,
    pub(crate) things: Vec<Row>,
    pub(crate) groups: Vec<Row>,
}

impl World {
    pub(crate) fn new(things: &[Row]) -> Self {
        Self { model: model(), things: things.to_vec(), groups: groups() }
    }

    pub(crate) fn set(&self) -> &EntitySet {
        self.model.set(TABLE).unwrap()
    }

    fn rows(&self, set: &str) -> &[Row] {
        if set == TABLE { &self.things } else { &self.groups }
    }

    /// Finds a live record.
    pub(crate) fn find(&self, set: &str, id: &Cell<'static>) -> Option<(&EntitySet, &Row)> {
        let row = self.rows(set).iter().find(|row| row["Id"] == *id && row[IS_TOMBSTONED] == Cell::Integer(0))?;
        Some((self.model.set(set).unwrap(), row))
    }

    /// Finds the live records whose property is an id.
    pub(crate) fn referring(&self, set: &str, property: &str, id: &Cell<'static>) -> Vec<(&EntitySet, &Row)> {
        let of = self.model.set(set).unwrap();
        let refers = |row: &&Row| row.get(property) == Some(id) && row[IS_TOMBSTONED] == Cell::Integer(0);
        self.rows(set).iter().filter(refers).map(|row| (of, row)).collect()
    }
}

/// The tables, each named as its set.
pub(crate) struct Around(pub(crate) EntityModel);

impl Neighbours for Around {
    fn neighbour(&self, set: &str) -> Option<Neighbour<'_>> {
        let set = self.0.set(set)?;
        let scope = vec![(IS_TOMBSTONED, Cell::Integer(0))];
        Some(Neighbour { set, table: &set.name, scope, apart_from: vec![("_UpdatedAt", Cell::Integer(-1))] })
    }
}
