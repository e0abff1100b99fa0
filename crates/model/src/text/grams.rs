//! The grams of a text: pieces of two or three letters by which an index finds the texts that may have a word in them.
//!
//! Owns: which pieces a text has, and which of them a word asks for; both are of the [folded](super::folded) form. Whatever
//! [`Needle::is_in`] finds has the word's grams; what has them all is still to be looked at. Refuses: an index.

use super::{Needle, folded};

/// Signs from here on are words or parts of words by themselves, so that two of them are looked for too: radicals, kana,
/// Hangul, ideographs.
const FIRST_IDEOGRAPH: char = '\u{2e80}';
/// ASCII that is neither letter nor digit stands here in a gram, among the signs for private use: a gram is one token to
/// every index.
const ASIDE: u32 = 0xe000;
/// In place of the grams of a text that has more than an index takes.
pub const TOO_MANY: &str = "\u{e0ff}";
/// More than a text of a hundred kilobytes has.
const MOST: usize = 20_000;
/// A word is asked for by as many of its grams as it is made of, and a long one by so many.
const MOST_OF_WORD: usize = 6;

/// Returns the distinct grams of some texts with a blank between them; [`TOO_MANY`] where there are more than 20,000.
pub fn grams<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let mut found: Vec<u64> = Vec::new();
    for text in texts {
        let mut before: [Option<char>; 2] = [None, None];
        for letter in folded(text).chars().map(aside) {
            if let [Some(first), Some(second)] = before {
                found.push(packed(&[first, second, letter]));
            }
            if let [_, Some(second)] = before
                && is_ideograph(second)
                && is_ideograph(letter)
            {
                found.push(packed(&[second, letter]));
            }
            before = [before[1], Some(letter)];
        }
        // A text of megabytes repeats itself; what it has is kept once.
        if found.len() > 4 * MOST {
            found.sort_unstable();
            found.dedup();
            if found.len() > MOST {
                return TOO_MANY.to_owned();
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    if found.len() > MOST {
        return TOO_MANY.to_owned();
    }
    let mut text = String::with_capacity(found.len() * 4);
    for (index, gram) in found.into_iter().enumerate() {
        if index > 0 {
            text.push(' ');
        }
        text.extend([gram >> 42, gram >> 21, gram].iter().filter_map(|letter| {
            let letter = u32::try_from(letter & 0x1f_ffff).ok().filter(|letter| *letter > 0);
            letter.and_then(char::from_u32)
        }));
    }
    text
}

/// Returns the grams that every text has in which a word is found; nothing where the word is too short to have any.
pub fn grams_of_word(word: &Needle) -> Option<Vec<String>> {
    if word.is_literal() {
        return None;
    }
    let letters: Vec<char> = word.word().chars().map(aside).collect();
    match letters.as_slice() {
        [first, second] if is_ideograph(*first) && is_ideograph(*second) => {
            Some(vec![[*first, *second].iter().collect()])
        }
        [] | [_] | [_, _] => None,
        letters => {
            let last = letters.len() - 3;
            // The first, the last, and others at equal distances between.
            let steps = (letters.len().div_ceil(3) - 1).min(MOST_OF_WORD - 1);
            let at = (0..=steps).map(|step| (step * last).checked_div(steps).unwrap_or_default());
            let mut grams: Vec<String> = at.map(|at| letters[at..at + 3].iter().collect()).collect();
            grams.sort_unstable();
            grams.dedup();
            Some(grams)
        }
    }
}

fn is_ideograph(letter: char) -> bool {
    letter >= FIRST_IDEOGRAPH && !(ASIDE..ASIDE + 0x80).contains(&u32::from(letter))
}

fn aside(letter: char) -> char {
    match letter {
        letter if !letter.is_ascii() || letter.is_ascii_alphanumeric() => letter,
        letter => char::from_u32(ASIDE + u32::from(letter)).unwrap_or(letter),
    }
}

/// No letter is 0: that is set aside.
fn packed(letters: &[char]) -> u64 {
    letters.iter().fold(0, |packed, letter| packed << 21 | u64::from(u32::from(*letter)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn asked(word: &str) -> Option<Vec<String>> {
        grams_of_word(&Needle::new(word))
    }

    #[test]
    fn a_text_has_its_threes_and_ideographs_in_pairs_too() {
        assert_eq!(grams(["Pumpe"]), "mpe pum ump");
        assert_eq!(grams(["ab", "", "a"]), "");
        assert_eq!(grams(["東京都"]).split(' ').collect::<Vec<_>>(), ["京都", "東京", "東京都"]);
        assert_eq!(asked("pu"), None);
        assert_eq!(asked("Ümp"), Some(vec!["ump".to_owned()]));
        assert_eq!(asked("東京"), Some(vec!["東京".to_owned()]));
        assert_eq!(asked("\u{301}"), None, "nothing but a mark is looked for as it stands");
        assert!(asked(&"abcdefghijklmnop".repeat(9)).unwrap().len() <= MOST_OF_WORD);
    }

    #[test]
    fn what_has_too_many_says_so() {
        let long: String = (0..30_000_u32).filter_map(|n| char::from_u32(0x4e00 + n % 20_000 + n / 20_000)).collect();
        assert_eq!(grams([long.as_str()]), TOO_MANY);
        assert!(grams(["the same again and again ".repeat(100_000).as_str()]).len() < 200);
    }

    proptest! {
        /// The one thing that an index must not do is to miss a record.
        #[test]
        fn whatever_is_found_has_the_words_grams(
            before in "[aAéÅß İı.が東京\"'\\\\(\u{301}\u{30a}\u{200d}ﬁ각]{0,6}",
            word in "[aAéÅß İı.が東京\"'\\\\(\u{301}\u{30a}\u{200d}ﬁ각]{1,6}",
            behind in "[aAéÅß İı.が東京\"'\\\\(\u{301}\u{30a}\u{200d}ﬁ각]{0,6}",
        ) {
            let text = format!("{before}{word}{behind}");
            if let Some(asked) = asked(&word) && Needle::new(&word).is_in(&text) {
                let has = grams([text.as_str()]);
                let has: Vec<&str> = has.split(' ').collect();
                for gram in asked {
                    prop_assert!(has.contains(&gram.as_str()), "{gram:?} is not in {has:?}");
                }
            }
        }

        #[test]
        fn a_gram_is_one_token(text in any::<String>()) {
            for gram in grams([text.as_str()]).split(' ').filter(|gram| !gram.is_empty()) {
                prop_assert!((2..=3).contains(&gram.chars().count()));
                prop_assert!(gram.chars().all(|letter| !letter.is_ascii() || letter.is_ascii_alphanumeric()));
            }
        }
    }
}
