//! Looking into databases from outside.
//!
//! Owns: reading tables as text, whatever they mean. Refuses: the engine's code, and writing.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use tidemark_sim_disk::VFS_NAME;

/// What cannot be read at the moment: there is no database, or it is damaged.
pub(crate) type Sight<T> = Result<T, String>;

/// The status line counts these. Which sets are kept is no work of anybody's, but where the server will not have it
/// a person must know.
const HELD: &str = "SELECT count(*) FILTER (WHERE hold = 0 AND entity_set <> 'CachedEntities'), \
                    count(*) FILTER (WHERE hold = 1 AND entity_set <> 'CachedEntities'), \
                    count(*) FILTER (WHERE hold = 2) FROM pending";

const HEALED: &str = "SELECT count(*) FROM incident WHERE entry LIKE '%healed%'";

/// What one look into a database saw.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// The marks of each table.
    marks: BTreeMap<String, BTreeSet<String>>,
    /// How many changes wait, are asked about, and are parked; nothing in a server's database.
    pub(crate) held: Option<(i64, i64, i64)>,
    /// Of each policy's decision between two values the one that did not stand, and the one that does.
    pub(crate) decided: Vec<(String, String)>,
    /// How often the self-audit found something that was not as the server has it.
    pub(crate) healed: i64,
}

impl Seen {
    /// Returns the marks of the tables that are wanted.
    pub(crate) fn of<'s>(&'s self, wanted: impl Fn(&str) -> bool + 's) -> impl Iterator<Item = &'s str> {
        let tables = self.marks.iter().filter(move |(name, _)| wanted(name));
        tables.flat_map(|(_, marks)| marks).map(String::as_str)
    }

    /// Returns all marks.
    pub(crate) fn all(&self) -> BTreeSet<String> {
        self.of(|_| true).map(str::to_owned).collect()
    }
}

/// Looks into a database once: opening it costs more than all that is read here.
pub(crate) fn look(file: &Path) -> Sight<Seen> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags_and_vfs(file, flags, VFS_NAME)
        .and_then(|conn| seen(&conn))
        .map_err(|error| format!("{} cannot be read: {error}", file.display()))
}

fn seen(conn: &Connection) -> rusqlite::Result<Seen> {
    let mut seen = Seen::default();
    let mut names = conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?;
    let names: Vec<String> = names.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for name in names {
        if name == "pending" {
            seen.held = Some(conn.query_row(HELD, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?);
        }
        if name == "incident" {
            seen.healed = conn.query_row(HEALED, [], |row| row.get(0))?;
        }
        if name == "history" {
            // A version that was only ever the device's own is no decision; nor is what nobody decided a person's.
            let decided = "SELECT * FROM history WHERE event NOT IN ('created', 'edited') AND by_policy";
            seen.marks.insert("history".to_owned(), marks_of(conn, &format!("{decided} = 0"))?);
            seen.marks.insert("history by policy".to_owned(), marks_of(conn, &format!("{decided} = 1"))?);
            seen.decided = decided_by_policy(conn)?;
            continue;
        }
        let found = marks_of(conn, &format!("SELECT * FROM \"{name}\""))?;
        seen.marks.insert(name, found);
    }
    Ok(seen)
}

fn decided_by_policy(conn: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    let sql = "SELECT change.value ->> 'from', change.value ->> 'to' FROM history, json_each(history.changes) AS change \
               WHERE by_policy = 1 AND event IN ('kept_mine', 'took_server')";
    let mut statement = conn.prepare(sql)?;
    let texts =
        statement.query_map([], |row| Ok((row.get::<_, Option<String>>(0)?, row.get::<_, Option<String>>(1)?)))?;
    texts.filter_map(|row| row.map(|(from, to)| from.zip(to)).transpose()).collect::<Result<_, _>>()
}

/// Collects the marks in all that a query returns.
fn marks_of(conn: &Connection, sql: &str) -> rusqlite::Result<BTreeSet<String>> {
    let mut statement = conn.prepare(sql)?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    let mut found = BTreeSet::new();
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            if let ValueRef::Text(text) = row.get_ref(column)? {
                marks(&String::from_utf8_lossy(text), &mut found);
            }
        }
    }
    Ok(found)
}

/// Finds the marks in a text: `mark00017w2x`.
pub(crate) fn marks(text: &str, found: &mut BTreeSet<String>) {
    for (at, _) in text.match_indices("mark0") {
        let mark = text.get(at..at + 12).filter(|mark| mark.ends_with('x'));
        found.extend(mark.map(str::to_owned));
    }
}
