//! Records and windows of lists.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

/// A record: its properties as in OData plus `@odata.etag` (the name of exactly this version, which comes back with an
/// edit), `_State`, `_UpdatedAt`, `_IsTombstoned`, `_UpdatedBy` and `_Mark`
/// (`none`, `waiting`, `sending`, `conflict`, `refused`).
pub type RecordView = Map<String, Value>;

/// What a list shows.
#[derive(Clone, Debug, Default, Deserialize, TS)]
pub struct ListRequest {
    /// The entity set.
    pub set: String,
    /// An OData `$filter`.
    pub filter: Option<String>,
    /// Words to search for in every string property.
    pub search: Option<String>,
    /// An OData `$orderby`; by title where missing.
    pub order_by: Option<String>,
    /// Records to leave out at the start.
    #[ts(type = "number")]
    pub offset: u64,
    /// Records to return at the most.
    #[ts(type = "number")]
    pub limit: u64,
}

/// A window of a list.
#[derive(Clone, Debug, Serialize, TS)]
pub struct ListView {
    /// The records of the window.
    #[ts(type = "Record<string, unknown>[]")]
    pub records: Vec<RecordView>,
    /// How many there are in all.
    #[ts(type = "number")]
    pub total: u64,
    /// Whether they were read from the server now, the set not being kept offline.
    pub live: bool,
}

/// Event `records-changed`.
#[derive(Clone, Debug, Serialize, TS)]
pub struct RecordsChanged {
    /// The entity set.
    pub set: String,
    /// The records, or null where there were too many to name.
    pub ids: Option<Vec<String>>,
}
