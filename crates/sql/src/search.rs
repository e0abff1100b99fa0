//! `$search`: every word must occur in some declared string property.
//!
//! Owns: one condition for each word. Refuses: case folding beyond ASCII: LIKE in SQLite, and ILIKE under the C
//! collation in PostgreSQL, both take `A` for `a` but not `Ä` for `ä`, so both databases find the same records.

use crate::compare::text_cell;
use crate::condition::{Compiler, column, join};
use crate::error::QueryError;
use crate::statement::Dialect;
use tidemark_model::{Cell, Kind};

/// SQLite refuses LIKE patterns above 50,000 bytes; a word may double in size when it is escaped.
const LONGEST_WORD: usize = 4_000;
const MOST_WORDS: usize = 50;

/// Writes the conditions of a search; empty words ask for nothing.
pub(crate) fn search(compiler: &mut Compiler<'_>, words: &[String]) -> Result<Vec<String>, QueryError> {
    let declared = compiler.set.entity_type.declared();
    let columns: Vec<String> =
        declared.filter(|p| matches!(p.kind, Kind::String { .. })).map(|p| column(&p.name)).collect();
    let words: Vec<&String> = words.iter().filter(|word| !word.is_empty()).collect();
    if words.len() > MOST_WORDS || words.iter().any(|word| word.len() > LONGEST_WORD) {
        return Err(QueryError::TooComplex);
    }
    let like = match compiler.dialect {
        Dialect::Sqlite => "LIKE",
        Dialect::Postgres => "ILIKE",
    };
    let mut conditions = Vec::with_capacity(words.len());
    for word in words {
        text_cell(word)?;
        let pattern = compiler.builder.bind(Cell::Text(pattern(word).into()));
        let places: Vec<String> =
            columns.iter().map(|column| format!("({column} {like} {pattern} ESCAPE '!')")).collect();
        conditions.push(if places.is_empty() { "FALSE".to_owned() } else { join(&places, " OR ") });
    }
    Ok(conditions)
}

fn pattern(word: &str) -> String {
    let mut pattern = String::with_capacity(word.len() + 2);
    pattern.push('%');
    for c in word.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
