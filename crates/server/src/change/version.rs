//! Versions: the change that made a record what it is, and the ETag that says so.
//!
//! Owns: [`Mark`] and how it stands on the wire (ADR 0003). Refuses: giving numbers, which a database does.

use std::fmt::Write as _;

/// A sequence number of a workspace with the random mark that it had when it was given: another history of the same
/// workspace (a restored backup) has another mark there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The sequence number; 0 is before the first change.
    pub(crate) sequence: u64,
    /// Its random mark.
    pub(crate) mark: u32,
}

/// Writes the ETag of a version, in the weak form that stands on the wire.
pub(crate) fn etag(version: Mark, out: &mut String) {
    out.clear();
    let _ = write!(out, "W/\"{}.{:08x}\"", version.sequence, version.mark);
}
