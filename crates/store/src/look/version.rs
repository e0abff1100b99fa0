//! The name of a version of a record, as it goes out with the record and comes back with an edit of it.
//!
//! Owns: writing and reading that name. Refuses: what happens where the record is another one by now (`save::shown`).

use crate::tables::row::Row;
use tidemark_model::State;

/// Returns the name of a row's version. While a change waits it is the base's with the stamp of the last edit: both
/// move when the row does.
pub(crate) fn name(row: &Row) -> String {
    let etag = row.etag.as_deref().unwrap_or_default();
    match row.state {
        State::None => etag.to_owned(),
        _ => format!("{etag}+{}", row.record.updated_at),
    }
}

/// Reads the name of a version: the server's ETag, and the stamp of an edit that waited on it.
pub(crate) fn read(name: &str) -> (&str, Option<i64>) {
    let edited = name.rsplit_once('+').and_then(|(etag, stamp)| Some((etag, stamp.parse().ok()?)));
    edited.map_or((name, None), |(etag, stamp)| (etag, Some(stamp)))
}
