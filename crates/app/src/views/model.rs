//! The entity model, as the generic list and form need it.

use serde::Serialize;
use serde_json::Value;
use ts_rs::TS;

/// The entity model, as screens need it.
#[derive(Clone, Debug, Serialize, TS)]
pub struct ModelView {
    /// Entity sets in model order; `CachedEntities` is not among them.
    pub sets: Vec<SetView>,
}

/// One entity set.
#[derive(Clone, Debug, Serialize, TS)]
pub struct SetView {
    /// The name on the wire.
    pub name: String,
    /// What people read.
    pub label: String,
    /// What people read for one record.
    pub record_label: String,
    /// The property that stands for a record.
    pub title_property: String,
    /// Declared properties in model order.
    pub properties: Vec<PropertyView>,
}

/// One property.
#[derive(Clone, Debug, Serialize, TS)]
pub struct PropertyView {
    /// The name on the wire.
    pub name: String,
    /// What people read.
    pub label: String,
    /// `Edm.String` and so on.
    pub kind: String,
    /// Whether it may be empty.
    pub nullable: bool,
    /// What a new record gets.
    #[ts(type = "unknown")]
    pub default: Value,
    /// The longest text.
    pub max_length: Option<u32>,
    /// Digits of a decimal.
    pub precision: Option<u8>,
    /// Digits after the point of a decimal.
    pub scale: Option<u8>,
    /// Whether the text is edited on several lines.
    pub multi_line: bool,
    /// The entity set that it points into.
    pub references: Option<String>,
}
