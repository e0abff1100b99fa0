//! Identifiers: quoted always, and no longer than a database keeps.
//!
//! Owns: what becomes of a name that PostgreSQL would cut in silence, so that two names would be one. Refuses: choosing
//! names.

use crate::statement::Dialect;
use std::borrow::Cow;

/// Bytes of an identifier in PostgreSQL, which cuts the rest.
const LONGEST: usize = 63;

/// Returns the name by which a database knows a table, column or index: the name itself, but where PostgreSQL would
/// cut it, its beginning and a hash of the whole.
pub fn name(dialect: Dialect, name: &str) -> Cow<'_, str> {
    if dialect == Dialect::Sqlite || name.len() <= LONGEST {
        return Cow::Borrowed(name);
    }
    let hash = format!("~{:016x}", hash(name));
    let mut end = LONGEST - hash.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    Cow::Owned(format!("{}{hash}", &name[..end]))
}

/// Writes an identifier as it stands in a statement: its [`name`] in quotes.
pub fn quoted(dialect: Dialect, of: &str) -> String {
    quote(&name(dialect, of))
}

/// Quotes an identifier of SQLite, or one that is short.
pub fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// FNV-1a: names of tables outlive a version of the program, and the standard library's hash may change.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_stay_apart_and_short_ones_as_they_are() {
        let long = "A".repeat(60);
        let names = [format!("{long}$folded"), format!("{long}$fold"), format!("{}Å{long}", "B".repeat(45))];
        for of in &names {
            assert_eq!(name(Dialect::Sqlite, of), *of);
            let short = name(Dialect::Postgres, of);
            assert!((60..=63).contains(&short.len()) && short.contains('~'), "{short}");
        }
        assert_ne!(name(Dialect::Postgres, &names[0]), name(Dialect::Postgres, &names[1]));
        // It stands in databases: another hash would lose the column.
        assert_eq!(
            name(Dialect::Postgres, &names[0]),
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA~ce056887f859125d"
        );
        assert_eq!(name(Dialect::Postgres, &"é".repeat(31)), "é".repeat(31));
        assert_eq!(quoted(Dialect::Postgres, "a\"b"), "\"a\"\"b\"");
    }
}
