//! `$search`: every word must be found in some declared string property.
//!
//! Owns: one condition for each word. Refuses: what "found" means: `tidemark_model::text` says (ADR 0012): case, accents
//! and forms of a letter do not count. SQLite asks it for each text; PostgreSQL has its folded form beside the text.

use crate::compiler::{Compiler, column, join};
use crate::constant::text_cell;
use crate::error::QueryError;
use crate::folded::folded_column;
use crate::statement::Dialect;
use crate::text::{FOUND, NORMAL};
use tidemark_model::text::Needle;
use tidemark_model::{Kind, Property};

/// Nobody types more, and each word looks at every row.
const LONGEST_WORD: usize = 4_000;
const MOST_WORDS: usize = 50;

/// Writes the conditions of a search; empty words ask for nothing.
pub(crate) fn search(compiler: &mut Compiler<'_>, words: &[String]) -> Result<Vec<String>, QueryError> {
    let declared = compiler.set().entity_type.declared();
    let texts: Vec<&Property> = declared.filter(|p| matches!(p.kind, Kind::String { .. })).collect();
    let words: Vec<&String> = words.iter().filter(|word| !word.is_empty()).collect();
    if words.len() > MOST_WORDS || words.iter().any(|word| word.len() > LONGEST_WORD) {
        return Err(QueryError::TooComplex);
    }
    let mut conditions = Vec::with_capacity(words.len());
    for word in words {
        conditions.push(match (texts.is_empty(), compiler.dialect) {
            (true, _) => "FALSE".to_owned(),
            (false, Dialect::Sqlite) => asked(compiler, word, &texts)?,
            (false, Dialect::Postgres) => looked_for(compiler, word, &texts)?,
        });
    }
    Ok(conditions)
}

/// Asks the rule itself.
fn asked(compiler: &mut Compiler<'_>, word: &str, texts: &[&Property]) -> Result<String, QueryError> {
    let word = compiler.builder.bind(text_cell(word)?);
    let columns: Vec<String> = texts.iter().map(|property| column(compiler.dialect, &property.name)).collect();
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
        Some(folded) if !needle.is_literal() => column(compiler.dialect, &folded.name),
        _ => format!("{NORMAL}({})", column(compiler.dialect, &property.name)),
    };
    let found: Vec<String> = texts.iter().map(|text| format!("(strpos({}, {word}) > 0)", form(text))).collect();
    Ok(join(&found, " OR "))
}
