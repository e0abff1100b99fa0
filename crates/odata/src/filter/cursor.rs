//! A place in the text of a query option or of a parameter alias.
//!
//! Owns: stepping over it, and saying what is wrong where. Refuses: what may stand there (`literal`, `operand`, `parser`).

use crate::{Code, WireError};

/// A place in the text.
pub(super) struct Cursor<'t> {
    option: &'t str,
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(option: &'t str, text: &'t str) -> Self {
        Self { option, text, at: 0 }
    }

    pub(super) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    pub(super) fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches([' ', '\t']).len();
    }

    /// Steps over a character if it comes next.
    pub(super) fn eat(&mut self, character: char) -> bool {
        let found = self.rest().starts_with(character);
        if found {
            self.at += character.len_utf8();
        }
        found
    }

    /// Returns where the cursor is.
    pub(super) fn place(&self) -> usize {
        self.at
    }

    /// Goes back to where it was.
    pub(super) fn back_to(&mut self, place: usize) {
        self.at = place;
    }

    /// Steps over text that the caller has seen at the cursor.
    pub(super) fn advance(&mut self, text: &str) {
        self.at += text.len();
    }

    /// Returns the name that begins here, dots included; empty where none does.
    pub(super) fn name(&self) -> &'t str {
        let rest = self.rest();
        if rest.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
            &rest[..end]
        } else {
            ""
        }
    }

    /// A mistake at the cursor.
    pub(super) fn wrong(&self, problem: impl std::fmt::Display) -> WireError {
        let character = self.text[..self.at].chars().count() + 1;
        let message = format!("{} cannot be read at character {character}: {problem}", self.option);
        WireError::new(400, Code::InvalidQuery, message).about(self.option)
    }

    /// Says what was expected at the cursor and what stands there.
    pub(super) fn expected(&self, what: &str) -> WireError {
        let rest = self.rest();
        let end = rest.find([' ', '\t', ',', '(', ')']).filter(|end| *end > 0);
        let token: String = rest[..end.unwrap_or(rest.len())].chars().take(30).collect();
        if token.is_empty() {
            self.wrong(format_args!("expected {what}, found the end"))
        } else {
            self.wrong(format_args!("expected {what}, found {token:?}"))
        }
    }

    /// Says that OData has this and nothing here does.
    pub(super) fn unsupported(&self, what: impl std::fmt::Display) -> WireError {
        WireError::not_supported(what).about(self.option)
    }
}

/// Compares keywords as OData 4.01 wants: in any case.
pub(super) fn word_is(word: &str, keyword: &str) -> bool {
    word.eq_ignore_ascii_case(keyword)
}
