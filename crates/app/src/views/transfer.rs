//! What an import or export did.

use serde::Serialize;
use ts_rs::TS;

/// What an import did.
#[derive(Clone, Copy, Debug, Serialize, TS)]
pub struct ImportedView {
    /// Rows of the file.
    #[ts(type = "number")]
    pub imported: u64,
}

/// What an export did.
#[derive(Clone, Copy, Debug, Serialize, TS)]
pub struct ExportedView {
    /// Records in the file.
    #[ts(type = "number")]
    pub exported: u64,
}
