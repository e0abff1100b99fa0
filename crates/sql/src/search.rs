//! `$search`: words are found in some declared string property, or not.
//!
//! Owns: one condition for each word, and how they are joined. Refuses: what "found" means: `tidemark_model::text` says (ADR 0012): case, accents
//! and forms of a letter do not count. SQLite asks it for each text; PostgreSQL has its folded form beside the text.

use crate::compiler::{Compiler, DEEPEST, join};
use crate::constant::text_cell;
use crate::error::QueryError;
use crate::folded::folded_column;
use crate::name::quoted;
use crate::statement::Dialect;
use crate::text::{FOUND, NORMAL};
use tidemark_model::Property;
use tidemark_model::query::Search;
use tidemark_model::text::Needle;

/// Nobody types more, and each word looks at every row.
pub(crate) const LONGEST_WORD: usize = 4_000;
const MOST_WORDS: usize = 50;

/// Writes the conditions of a search, all of which must hold; empty words ask for nothing.
pub(crate) fn search(compiler: &mut Compiler<'_>, parts: &[Search]) -> Result<Vec<String>, QueryError> {
    let texts: Vec<&Property> = compiler.set().entity_type.searched().collect();
    if parts.iter().map(Search::words).sum::<usize>() > MOST_WORDS {
        return Err(QueryError::TooComplex);
    }
    if !compiler.here().is_record && !parts.is_empty() {
        let problem = "$search looks in records, and $apply has made other rows of them".to_owned();
        return Err(QueryError::TypeMismatch { property: None, problem });
    }
    let is_empty = |part: &&Search| matches!(part, Search::Word(word) if word.is_empty());
    parts.iter().filter(|part| !is_empty(part)).map(|part| written(compiler, part, &texts, 0)).collect()
}

/// Writes one condition.
fn written(
    compiler: &mut Compiler<'_>,
    search: &Search,
    texts: &[&Property],
    depth: usize,
) -> Result<String, QueryError> {
    if depth > DEEPEST {
        return Err(QueryError::TooComplex);
    }
    let mut all = |parts: &[Search], operator| {
        let parts: Result<Vec<String>, QueryError> =
            parts.iter().map(|part| written(compiler, part, texts, depth + 1)).collect();
        parts.map(|parts| if parts.is_empty() { "TRUE".to_owned() } else { join(&parts, operator) })
    };
    match search {
        Search::All(parts) => all(parts, " AND "),
        Search::Any(parts) => all(parts, " OR "),
        Search::Not(inner) => {
            // A text that is not there is one in which nothing is found.
            Ok(format!("(NOT COALESCE({}, FALSE))", written(compiler, inner, texts, depth + 1)?))
        }
        Search::Word(word) if word.len() > LONGEST_WORD => Err(QueryError::TooComplex),
        Search::Word(_) if texts.is_empty() => Ok("FALSE".to_owned()),
        Search::Word(word) if compiler.dialect == Dialect::Sqlite => asked(compiler, word, texts),
        Search::Word(word) => looked_for(compiler, word, texts),
    }
}

/// Asks the rule itself.
fn asked(compiler: &mut Compiler<'_>, word: &str, texts: &[&Property]) -> Result<String, QueryError> {
    let word = compiler.builder.bind(text_cell(word)?);
    let columns: Vec<String> = texts.iter().map(|property| own(compiler, &property.name)).collect();
    // SQLite takes 127 arguments.
    let calls: Vec<String> =
        columns.chunks(100).map(|columns| format!("{FOUND}({word}, {})", columns.join(", "))).collect();
    Ok(join(&calls, " OR "))
}

/// Looks for the word's form among those of the texts.
fn looked_for(compiler: &mut Compiler<'_>, word: &str, texts: &[&Property]) -> Result<String, QueryError> {
    let needle = Needle::new(word);
    let word = compiler.builder.bind(text_cell(needle.word())?);
    let form = |property: &&Property| match folded_column(compiler.dialect, property) {
        Some(folded) if !needle.is_literal() => own(compiler, &folded.name),
        _ => format!("{NORMAL}({})", own(compiler, &property.name)),
    };
    let found: Vec<String> = texts.iter().map(|text| format!("(strpos({}, {word}) > 0)", form(text))).collect();
    Ok(join(&found, " OR "))
}

/// Writes a column of the record that is searched.
fn own(compiler: &Compiler<'_>, name: &str) -> String {
    format!("{}.{}", compiler.here().alias, quoted(compiler.dialect, name))
}
