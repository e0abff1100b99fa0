//! Keeping a spreadsheet from running a cell as a formula, and getting the text back (FAULTS A23).
//!
//! Owns: one escape. A text that a spreadsheet would take for a formula, and the empty text (an empty CSV field means
//! null), is written with a leading `'`; so is a text that already looks escaped. Reading takes away exactly what
//! writing put there, so every text comes back as it was, and `'tis` of a foreign file stays `'tis`.

use std::borrow::Cow;

/// Tells whether writing puts a `'` before the text.
fn is_guarded(text: &str) -> bool {
    let rest = text.trim_start_matches('\'');
    rest.is_empty() || rest.starts_with(['=', '+', '-', '@', '\t', '\r', '\0'])
}

/// Returns the text as it is written into a CSV field.
pub(crate) fn guarded(text: &str) -> Cow<'_, str> {
    if is_guarded(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// Returns the text that a CSV field stands for.
pub(crate) fn unguarded(field: &str) -> &str {
    match field.strip_prefix('\'') {
        Some(rest) if is_guarded(rest) => rest,
        _ => field,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_defused_and_comes_back() {
        for text in
            ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "", "'", "''", "'=1", "''=1", "'+", "'tis", "a'b", "a"]
        {
            let written = guarded(text);
            assert!(!written.starts_with(['=', '+', '-', '@', '\t', '\r']), "{text:?} is written as {written:?}");
            assert!(!written.is_empty());
            assert_eq!(unguarded(&written), text);
        }
        assert_eq!(guarded("'tis"), "'tis");
        assert_eq!(guarded("=1"), "'=1");
        assert_eq!(unguarded("'tis"), "'tis");
    }
}
