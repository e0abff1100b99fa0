//! Text for people: when two texts are the same, in which order they stand, and what a search finds. ADR 0012.
//!
//! Owns: the rules, as pure functions that both ends share. Refuses: changing a text that is kept (DESIGN section 4,
//! rule (f)): every function looks at a text or makes another one.

mod grams;
mod order;
mod search;

pub use grams::{TOO_MANY, grams, grams_of_word};
pub use order::compare;
pub use search::{Needle, folded};

use crate::planted::{Planted, is_planted};
use icu_normalizer::ComposingNormalizerBorrowed;
use std::borrow::Cow;

/// Returns a text in normal form C: one code point for a letter with its accents wherever Unicode has one.
pub fn normal(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { Cow::Borrowed(text) } else { ComposingNormalizerBorrowed::new_nfc().normalize(text) }
}

/// Returns a text in small letters by Unicode's rules (`ΣΑΣ` is `σας`), in normal form.
pub fn lower(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { normal(&normal(text).to_lowercase()).into_owned() }
}

/// Returns a text in capital letters by Unicode's rules (`ß` is `SS`), in normal form.
pub fn upper(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_uppercase() } else { normal(&normal(text).to_uppercase()).into_owned() }
}

/// Tells whether two texts say the same to a person: they may differ in how lines end (CR LF, LF, CR) and in normal
/// form. Such a difference is no edit and no conflict.
pub fn same(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    if is_planted(Planted::B23LineEndsAreEdits) {
        return false;
    }
    let is_plain = |text: &str| text.is_ascii() && !text.contains('\r');
    !(is_plain(a) && is_plain(b)) && normal(&lines_ended_alike(a)) == normal(&lines_ended_alike(b))
}

/// Returns a text in which every line ends with LF.
pub(crate) fn lines_ended_alike(text: &str) -> Cow<'_, str> {
    if text.contains('\r') { Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests;
