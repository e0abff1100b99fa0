//! `$search`: every word must be found in some declared string property.
//!
//! Owns: one condition for each word. Refuses: what "found" means: `tidemark_model::text` says, and the database asks it
//! (ADR 0012): case, accents and forms of a letter do not count.

use crate::compare::text_cell;
use crate::condition::{Compiler, column};
use crate::error::QueryError;
use crate::text::FOUND;
use tidemark_model::Kind;

/// Nobody types more, and each word looks at every row.
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
    let mut conditions = Vec::with_capacity(words.len());
    for word in words {
        let word = compiler.builder.bind(text_cell(word)?);
        let call = |columns: &[String]| format!("{FOUND}({word}, {})", columns.join(", "));
        // SQLite takes 127 arguments.
        let calls: Vec<String> = columns.chunks(100).map(call).collect();
        conditions.push(match calls.len() {
            0 => "FALSE".to_owned(),
            _ => crate::condition::join(&calls, " OR "),
        });
    }
    Ok(conditions)
}
