//! The index in which a search looks first: which records may have what it asks for (ADR 0020).
//!
//! Owns: what a search asks of the index, as FTS5 and `tsquery` write it, and the statements on the index of one table. Rows
//! are found by a number that the caller gives them. Refuses: whether a record has it: the search itself looks at each that
//! is found (`search`), so that an index that is behind, or holds what is no more, costs time and no answer.

use crate::name::{name, quoted};
use crate::search::LONGEST_WORD;
use crate::statement::Dialect;
use tidemark_model::query::Search;
use tidemark_model::text::{Needle, TOO_MANY, grams_of_word};

/// More than so many that an index finds are not looked up one by one: the first page of a list in any order comes sooner where
/// it is read in order until it is full.
pub const MOST_FOUND: usize = 4_000;

/// What an index is asked for a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked(Parts);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Parts {
    Gram(String),
    All(Vec<Parts>),
    Any(Vec<Parts>),
}

impl Asked {
    /// Returns what a record has in which a search, all parts of it, finds what it looks for; nothing where the index
    /// could not tell: its words are too short, or it asks for what is not there.
    pub fn of(parts: &[Search]) -> Option<Self> {
        all(parts, 0).map(Self)
    }

    /// Writes it as FTS5 reads it. Grams have no quotes in them.
    pub fn to_fts5(&self) -> String {
        let gram = |gram: &str| format!("\"{gram}\"");
        format!("{} OR {}", self.0.written(&gram, " AND ", " OR "), gram(TOO_MANY))
    }

    /// Writes it as a `tsquery` for grams that each begin with a prefix.
    pub fn to_tsquery(&self, prefix: &str) -> String {
        let gram = |gram: &str| format!("'{prefix}{gram}'");
        format!("{} | {}", self.0.written(&gram, " & ", " | "), gram(TOO_MANY))
    }
}

/// FTS5 reads thirty levels of brackets, and asks for none of so many words.
const DEEPEST: usize = 10;
const MOST: usize = 100;

fn part(search: &Search, depth: usize) -> Option<Parts> {
    match search {
        _ if depth > DEEPEST || search.words() > MOST => None,
        Search::Word(word) if word.len() > LONGEST_WORD => None,
        Search::Word(word) => {
            grams_of_word(&Needle::new(word)).map(|grams| Parts::All(grams.into_iter().map(Parts::Gram).collect()))
        }
        // What is known of one of several is enough.
        Search::All(parts) => all(parts, depth + 1),
        Search::Any(parts) if !parts.is_empty() => {
            parts.iter().map(|one| part(one, depth + 1)).collect::<Option<_>>().map(Parts::Any)
        }
        Search::Any(_) | Search::Not(_) => None,
    }
}

fn all(parts: &[Search], depth: usize) -> Option<Parts> {
    if parts.len() > MOST {
        return None;
    }
    let known: Vec<Parts> = parts.iter().filter_map(|one| part(one, depth)).collect();
    (!known.is_empty()).then_some(Parts::All(known))
}

impl Parts {
    fn written(&self, gram: &dyn Fn(&str) -> String, and: &str, or: &str) -> String {
        let join = |parts: &[Self], by: &str| {
            let parts: Vec<String> = parts.iter().map(|part| part.written(gram, and, or)).collect();
            format!("({})", parts.join(by))
        };
        match self {
            Self::Gram(of) => gram(of),
            Self::All(parts) => join(parts, and),
            Self::Any(parts) => join(parts, or),
        }
    }
}

/// Returns the name of a table's index of words. The `$` keeps it apart from every table's.
pub fn word_index(dialect: Dialect, table: &str) -> String {
    name(dialect, &format!("{table}$words")).into_owned()
}

/// Writes the statement that creates an index of words in SQLite: the rows' numbers under their
/// [grams](tidemark_model::text::grams), and nothing of the texts themselves.
pub fn create_fts5(index: &str) -> String {
    format!(
        "CREATE VIRTUAL TABLE IF NOT EXISTS {} USING \
         fts5(grams, content = '', contentless_delete = 1, detail = 'none', tokenize = 'ascii')",
        quoted(Dialect::Sqlite, index)
    )
}

/// Writes the statement that finds numbers in SQLite: `?1` is what [`Asked::to_fts5`] writes, the numbers are above `?2` and
/// not above `?3`, `?4` at the most.
pub fn find_fts5(index: &str) -> String {
    let index = quoted(Dialect::Sqlite, index);
    format!("SELECT rowid FROM {index} WHERE {index} MATCH ?1 AND rowid > ?2 AND rowid <= ?3 LIMIT ?4")
}

/// Writes the statement that puts a row, `?1`, under its grams, `?2`, in SQLite.
pub fn put_fts5(index: &str) -> String {
    format!("INSERT INTO {} (rowid, grams) VALUES (?1, ?2)", quoted(Dialect::Sqlite, index))
}

/// Writes the statement that takes a row, `?1`, out of the index in SQLite.
pub fn drop_fts5(index: &str) -> String {
    format!("DELETE FROM {} WHERE rowid = ?1", quoted(Dialect::Sqlite, index))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(of: &str) -> Search {
        Search::Word(of.to_owned())
    }

    #[test]
    fn only_what_every_match_has_is_asked() {
        let asked = |parts: &[Search]| Asked::of(parts).map(|asked| asked.to_fts5().replace(TOO_MANY, "*"));
        assert_eq!(asked(&[word("pump")]).unwrap(), "((\"pum\" AND \"ump\")) OR \"*\"");
        assert_eq!(asked(&[word("ab"), word("cde")]).unwrap(), "((\"cde\")) OR \"*\"");
        assert_eq!(asked(&[Search::Not(word("pump").into())]), None);
        assert_eq!(asked(&[Search::Any(vec![word("ab"), word("cde")])]), None, "one of them is anywhere");
        let any = Search::Any(vec![word("abc"), Search::All(vec![word("de"), word("fgh")])]);
        assert_eq!(asked(&[any]).unwrap(), "(((\"abc\") OR ((\"fgh\")))) OR \"*\"");
        assert_eq!(asked(&[]), None);
        let deep = (0..40).fold(word("pump"), |inner, _| Search::All(vec![inner]));
        assert_eq!(asked(std::slice::from_ref(&deep)), None);
        assert_eq!(asked(&[deep, word("abc")]).unwrap(), "((\"abc\")) OR \"*\"", "what lies less deep is enough");
        assert_eq!(asked(&vec![word("pump"); 101]), None);
        let asked = Asked::of(&[word("a'b")]).unwrap();
        assert_eq!(asked.to_tsquery("7."), format!("(('7.a\u{e027}b')) | '7.{TOO_MANY}'"));
    }
}
