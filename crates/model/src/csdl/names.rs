//! Which names a model may use.
//!
//! Owns: the shape of names, the words that cannot be told from something else, and the sentence for each. Refuses:
//! words that can be told apart where they stand: a property may be called `and`, `contains` or `desc`, a set
//! `history` or `sqlite_sequence`. `crates/server/tests/wire/names.rs` and `crates/store/tests/store/names.rs` walk
//! every word of the grammar, every path and every table.

use super::ModelError;
use super::source::Source;
use crate::cached_entities::CACHED_ENTITIES;
use crate::planted::{Planted, is_planted};
use crate::query::RESERVED_WORDS;

/// The path by which `$batch` is reached where a client cannot write `$`.
pub const BATCH_PATH: &str = "batch";

/// Columns that every PostgreSQL table has; a quoted name in this case does not hide them.
const SYSTEM_COLUMNS: [&str; 6] = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];

/// Namespaces that OData keeps (CSDL JSON 4.01, section 5.1).
const SYSTEM_NAMESPACES: [&str; 4] = ["Edm", "odata", "System", "Transient"];

/// Names become SQL identifiers and URL segments: OData's simple identifiers, ASCII. OData allows 128 characters;
/// PostgreSQL cuts an identifier at 63, and tables have a prefix.
pub(super) fn check_name(source: &Source<'_>, name: &str, path: &[&str]) -> Result<(), ModelError> {
    if is_name(name) {
        Ok(())
    } else {
        Err(source.error(path, "names are ASCII letters, digits and _, at most 60, not starting with a digit"))
    }
}

fn is_name(name: &str) -> bool {
    let first = name.bytes().next().unwrap_or(b'0');
    (first.is_ascii_alphabetic() || first == b'_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && name.len() <= 60
}

/// Checks the qualified name of the entity container.
pub(super) fn check_container(source: &Source<'_>, namespace: &str, container: &str) -> Result<(), ModelError> {
    let path = ["$EntityContainer"];
    for name in namespace.split('.').chain([container]) {
        check_name(source, name, &path)?;
    }
    if is_one_of(namespace, &SYSTEM_NAMESPACES) {
        return Err(source.error(&path, format!("{namespace} is a namespace of OData's own; choose another")));
    }
    Ok(())
}

/// Checks the names of all entity sets. Tables of both databases are named after them, in which case does not count.
pub(super) fn check_sets(source: &Source<'_>, container: [&str; 2], names: &[&str]) -> Result<(), ModelError> {
    for (index, name) in names.iter().enumerate() {
        let path = [container[0], container[1], *name];
        check_name(source, name, &path)?;
        if name.eq_ignore_ascii_case(BATCH_PATH) {
            return Err(source.error(&path, format!("{BATCH_PATH} is a path of the service; choose another name")));
        }
        if name.eq_ignore_ascii_case(CACHED_ENTITIES) && *name != CACHED_ENTITIES {
            return Err(source.error(&path, format!("differs only in case from {CACHED_ENTITIES}, the server's own")));
        }
        let before = if is_planted(Planted::B22SetsDifferInCase) { &[] } else { &names[..index] };
        if let Some(other) = before.iter().find(|other| other.eq_ignore_ascii_case(name)) {
            return Err(source.error(&path, format!("differs from the entity set {other} only in case")));
        }
    }
    Ok(())
}

/// Checks the name of a declared or navigation property.
pub(super) fn check_property(source: &Source<'_>, name: &str, path: &[&str]) -> Result<(), ModelError> {
    check_name(source, name, path)?;
    if name.starts_with('_') {
        return Err(source.error(path, "names that begin with _ are kept for sync properties"));
    }
    if is_one_of(name, &RESERVED_WORDS) {
        return Err(source.error(path, format!("{name} is a word of $filter and could not be told from it")));
    }
    if SYSTEM_COLUMNS.contains(&name) {
        return Err(source.error(path, format!("{name} is a column of PostgreSQL's own; choose another name")));
    }
    Ok(())
}

fn is_one_of(name: &str, words: &[&str]) -> bool {
    words.iter().any(|word| word.eq_ignore_ascii_case(name))
}
