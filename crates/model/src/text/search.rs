//! What a search finds: people type `cafe` and mean `Café`.
//!
//! A text is folded: compatible forms are one (`ﬁ`, full width), case does not count, accents and vowel points are
//! taken off, characters that do not show are dropped. Marks that make another letter stay: the strokes of kana, nukta
//! and virama have the lowest combining classes.

use super::normal;
use icu_casemap::CaseMapper;
use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_properties::props::{CanonicalCombiningClass, DefaultIgnorableCodePoint};
use icu_properties::{CodePointMapData, CodePointSetData};

/// Letters that Unicode does not take apart and people type without their stroke or as two.
const PLAIN: [(char, &str); 9] =
    [('ø', "o"), ('ł', "l"), ('đ', "d"), ('ħ', "h"), ('ŧ', "t"), ('ı', "i"), ('æ', "ae"), ('œ', "oe"), ('ð', "d")];

/// Returns a text as a search sees it: the form in which [`Needle::word`] is looked for.
pub fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let decomposing = DecomposingNormalizerBorrowed::new_nfkd();
    let cases = CaseMapper::new();
    let letters = decomposing.normalize(&cases.fold_string(&decomposing.normalize(text))).into_owned();
    let classes = CodePointMapData::<CanonicalCombiningClass>::new();
    let hidden = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    let mut plain = String::with_capacity(letters.len());
    for letter in letters.chars() {
        if letter.is_ascii() {
            plain.push(letter);
        } else if let Some((_, typed)) = PLAIN.iter().find(|(special, _)| *special == letter) {
            plain.push_str(typed);
        } else if classes.get(letter) <= CanonicalCombiningClass::Virama && !hidden.contains(letter) {
            plain.push(letter);
        }
    }
    // The marks that stay join their letter again: `か` is not found in `が`.
    normal(&plain).into_owned()
}

/// A word to look for, made ready once for many texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needle {
    word: String,
    /// The word is nothing but marks that folding takes away: it is found as it stands.
    is_literal: bool,
}

impl Needle {
    /// Makes a word ready.
    pub fn new(word: &str) -> Self {
        let form = folded(word);
        let is_literal = form.is_empty() && !word.is_empty();
        Self { word: if is_literal { normal(word).into_owned() } else { form }, is_literal }
    }

    /// Returns what is looked for: it is a part of a text's folded form, or of its normal form where it
    /// [is literal](Self::is_literal).
    pub fn word(&self) -> &str {
        &self.word
    }

    /// Tells whether the word is looked for in the [normal](normal) form of texts and not in the [folded] one, which
    /// has nothing like it.
    pub fn is_literal(&self) -> bool {
        self.is_literal
    }

    /// Tells whether the word is found in a text.
    pub fn is_in(&self, text: &str) -> bool {
        if self.is_literal {
            return normal(text).contains(&self.word);
        }
        if text.is_ascii() {
            return self.word.len() <= text.len() && self.word.is_ascii() && contains(text, &self.word);
        }
        folded(text).contains(&self.word)
    }
}

/// Looks for a word of small letters in a text of ASCII, whatever its case, without a copy of the text.
fn contains(text: &str, word: &str) -> bool {
    let (text, word) = (text.as_bytes(), word.as_bytes());
    let Some((first, rest)) = word.split_first() else { return true };
    let other = first.to_ascii_uppercase();
    text[..=text.len() - word.len()]
        .iter()
        .enumerate()
        .any(|(at, byte)| (byte == first || *byte == other) && text[at + 1..at + word.len()].eq_ignore_ascii_case(rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in any::<String>(), near in "[aAéÅßİıøΣςが\u{301}\u{30a}\u{200d}ﬁ각]{0,8}") {
            prop_assert_eq!(folded(&folded(&near)), folded(&near));
            prop_assert!(Needle::new(&text).is_in(&text), "{text:?}");
        }

        #[test]
        fn a_database_with_both_forms_finds_the_same(text in "[aAéÅßİıøΣが\u{301}\u{30a}\u{200d}]{0,8}", word in "[aAéÅı\u{301}\u{30a}\u{200d}]{0,2}") {
            let needle = Needle::new(&word);
            let form = if needle.is_literal() { normal(&text).into_owned() } else { folded(&text) };
            prop_assert_eq!(needle.is_in(&text), form.contains(needle.word()));
        }

        #[test]
        fn the_fast_way_finds_what_folding_finds(text in "[abAB ]{0,8}", word in "[abAB ]{0,3}") {
            prop_assert_eq!(Needle::new(&word).is_in(&text), folded(&text).contains(&folded(&word)));
        }
    }
}
