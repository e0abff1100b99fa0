//! Looking into databases from outside.
//!
//! Owns: reading tables as text, whatever they mean. Refuses: the engine's code, and writing.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use std::collections::BTreeSet;
use std::path::Path;
use tidemark_sim_disk::VFS_NAME;

/// What cannot be read at the moment: there is no database, or it is damaged.
pub(crate) type Sight<T> = Result<T, String>;

fn open(file: &Path) -> rusqlite::Result<Connection> {
    Connection::open_with_flags_and_vfs(
        file,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        VFS_NAME,
    )
}

/// Reads a database with a closure.
pub(crate) fn look<T>(file: &Path, look: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Sight<T> {
    open(file).and_then(|conn| look(&conn)).map_err(|error| format!("{} cannot be read: {error}", file.display()))
}

/// Collects every mark in the tables that are wanted.
pub(crate) fn marks_in(file: &Path, wanted: impl Fn(&str) -> bool) -> Sight<BTreeSet<String>> {
    look(file, |conn| {
        let mut names = conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?;
        let names: Vec<String> = names.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let mut found = BTreeSet::new();
        for name in names.iter().filter(|name| wanted(name)) {
            // A version that was only ever the device's own is no decision.
            let decided = if name == "history" { " WHERE event NOT IN ('created', 'edited')" } else { "" };
            let mut statement = conn.prepare(&format!("SELECT * FROM \"{name}\"{decided}"))?;
            let columns = statement.column_count();
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                for column in 0..columns {
                    if let ValueRef::Text(text) = row.get_ref(column)? {
                        marks(&String::from_utf8_lossy(text), &mut found);
                    }
                }
            }
        }
        Ok(found)
    })
}

/// Finds the marks in a text: `mark00017w2x`.
pub(crate) fn marks(text: &str, found: &mut BTreeSet<String>) {
    for (at, _) in text.match_indices("mark0") {
        let mark = text.get(at..at + 12).filter(|mark| mark.ends_with('x'));
        found.extend(mark.map(str::to_owned));
    }
}

/// Counts what a query counts.
pub(crate) fn count(file: &Path, sql: &str) -> Sight<i64> {
    look(file, |conn| conn.query_row(sql, [], |row| row.get(0)))
}
