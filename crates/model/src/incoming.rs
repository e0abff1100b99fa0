//! A record on its way in: what `tidemark-odata` streams out of a page and the offline store writes, without a tree.
//!
//! Owns: the shape handed from the one to the other. Refuses: parsing and storing.

use crate::cell::Cell;
use crate::record::RecordId;

/// One live (or explicitly tombstoned) record of a page, borrowed from the page's bytes.
#[derive(Debug)]
pub struct IncomingRow<'a> {
    /// The key.
    pub id: RecordId,
    /// The version's ETag, with its quotes.
    pub etag: &'a str,
    /// One cell per declared property, in model order; a property the page leaves out is [`Cell::Null`].
    pub cells: &'a [Cell<'a>],
    /// Unix milliseconds UTC.
    pub updated_at: i64,
    /// Whether the record is soft-deleted.
    pub is_tombstoned: bool,
    /// Who made the last change.
    pub updated_by: Option<&'a str>,
    /// Properties that the model does not know, as the text of one JSON object.
    pub extra: Option<&'a str>,
}

/// Why a record is in a delta as removed (OData JSON 4.01 section 15.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// It was deleted.
    Deleted,
    /// It left what this client may see; that is no deletion.
    Changed,
}

/// One item of a page or delta.
#[derive(Debug)]
pub enum Incoming<'a> {
    /// A record.
    Row(IncomingRow<'a>),
    /// A record that is no longer there.
    Removed {
        /// The key.
        id: RecordId,
        /// Why.
        reason: Removal,
        /// The tombstone's ETag, where the server says it.
        etag: Option<&'a str>,
        /// The tombstone's stamp, Unix milliseconds UTC, where the server says it.
        updated_at: Option<i64>,
        /// Who deleted it, where the server says it.
        updated_by: Option<&'a str>,
    },
}

/// Takes the items of a page one by one.
pub trait RowSink {
    /// What can go wrong while taking one.
    type Error;

    /// Takes one item; the page's bytes are borrowed only for the call.
    ///
    /// # Errors
    /// Whatever the sink's own work says; the page is then given up.
    fn take(&mut self, item: Incoming<'_>) -> Result<(), Self::Error>;
}
