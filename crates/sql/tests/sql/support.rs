//! A small entity set with every kind in it.

use std::collections::BTreeMap;
use tidemark_model::{Cell, EntityModel, EntitySet};

pub(crate) const TABLE: &str = "Things";

/// A row: property name to value; what is not in it is null.
pub(crate) type Row = BTreeMap<&'static str, Cell<'static>>;

pub(crate) fn set() -> EntitySet {
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
                "At": { "$Type": "Edm.DateTimeOffset", "$Nullable": true },
                "Other": { "$Type": "Edm.Guid", "$Nullable": true }
            },
            "Container": {
                "$Kind": "EntityContainer",
                "Things": { "$Collection": true, "$Type": "T.Thing" }
            }
        }
    });
    let model = EntityModel::parse(&document.to_string()).unwrap();
    model.set(TABLE).unwrap().clone()
}
