//! The order people expect: Unicode's root collation (CLDR), small letters before capitals, accents beside their letter.

use icu_collator::options::CollatorOptions;
use icu_collator::{Collator, CollatorBorrowed};
use icu_normalizer::DecomposingNormalizerBorrowed;
use std::cmp::Ordering;
use std::sync::LazyLock;

/// The root collation is data of the crate itself; `None` cannot happen, and then the plain order stands.
static COLLATOR: LazyLock<Option<CollatorBorrowed<'static>>> =
    LazyLock::new(|| Collator::try_new(Default::default(), CollatorOptions::default()).ok());

/// The place of each ASCII character in that order: by letter, and by small or capital; 0 where it counts for nothing.
static ASCII: LazyLock<[(u8, u8); 128]> = LazyLock::new(ascii);

/// Compares two texts as a list shows them. Equal are those that differ in normal form alone, so the order is that of
/// what they say: the collation's first, then that of the code points in normal form D, as in ICU's collations of
/// strength *identical*, which PostgreSQL has.
pub fn compare(a: &str, b: &str) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    compare_ascii(a.as_bytes(), b.as_bytes()).unwrap_or_else(|| compare_any(a, b))
}

fn compare_any(a: &str, b: &str) -> Ordering {
    let by_collation = COLLATOR.as_ref().map_or(Ordering::Equal, |collator| collator.compare(a, b));
    by_collation.then_with(|| code_points(a).cmp(code_points(b)))
}

/// The code points in normal form D; ICU puts U+FFFE, its mark between merged texts, before all others.
fn code_points(text: &str) -> impl Iterator<Item = u32> {
    let place = |letter| if letter == '\u{fffe}' { 0 } else { u32::from(letter) + 1 };
    DecomposingNormalizerBorrowed::new_nfd().normalize_iter(text.chars()).map(place)
}

/// The same for text of ASCII in which every character counts, many times faster; `None` for any other.
fn compare_ascii(a: &[u8], b: &[u8]) -> Option<Ordering> {
    let places = &*ASCII;
    let place = |byte: &u8| places.get(usize::from(*byte)).copied().filter(|(letter, _)| *letter != 0);
    let mut by_case = Ordering::Equal;
    let (mut left, mut right) = (a.iter(), b.iter());
    loop {
        match (left.next(), right.next()) {
            (Some(l), Some(r)) => {
                let (l, r) = (place(l)?, place(r)?);
                if l.0 != r.0 {
                    // The rest must be plain too: an accent may stand on the very next letter.
                    let is_plain = |next: Option<&u8>| next.is_none_or(u8::is_ascii);
                    return (is_plain(left.next()) && is_plain(right.next())).then(|| l.0.cmp(&r.0));
                }
                by_case = by_case.then(l.1.cmp(&r.1));
            }
            (None, None) => return Some(by_case),
            (longer, _) => {
                let rest = if longer.is_some() { left.as_slice() } else { right.as_slice() };
                let is_plain =
                    longer.is_none_or(|byte| place(byte).is_some()) && rest.iter().all(|b| place(b).is_some());
                let by_length = a.len().cmp(&b.len());
                return is_plain.then_some(by_length);
            }
        }
    }
}

/// Asks the collation itself for the order of the ASCII characters.
fn ascii() -> [(u8, u8); 128] {
    let mut places = [(0, 0); 128];
    let mut primary = CollatorOptions::default();
    primary.strength = Some(icu_collator::options::Strength::Primary);
    let Ok(letters) = Collator::try_new(Default::default(), primary) else { return places };
    let mut bytes: Vec<u8> = (0..128).collect();
    let text = |byte: &u8| char::from(*byte).to_string();
    bytes.sort_by(|a, b| letters.compare(&text(a), &text(b)).then_with(|| compare_any(&text(a), &text(b))));
    let (mut letter, mut case, mut before) = (0, 0, String::new());
    for byte in bytes {
        let now = text(&byte);
        match letters.compare(&before, &now) {
            // As good as an empty text: a control character that counts for nothing.
            Ordering::Equal if letter == 0 => continue,
            Ordering::Equal => case += 1,
            _ => (letter, case) = (letter + 1, 0),
        }
        places[usize::from(byte)] = (letter, case);
        before = now;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::normal;
    use proptest::prelude::*;

    #[test]
    fn every_character_that_shows_has_a_place() {
        assert!((b' '..=b'~').chain([b'\t', b'\n', b'\r']).all(|byte| ASCII[usize::from(byte)].0 > 0));
        assert_eq!(ASCII[0x07], (0, 0));
    }

    #[test]
    fn texts_of_one_place_go_by_code_points_as_in_icu() {
        // The collation sees no difference; in normal form C they would stand the other way round.
        assert!(compare("é\u{feff}", "e\u{feff}\u{301}").is_lt());
        assert!(compare("\u{fffe}\u{1}", "\u{1}\u{fffe}").is_lt());
        assert!(compare("a\u{308}\u{323}", "a\u{323}\u{308}").is_eq());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn the_fast_way_says_what_the_collation_says(a in "[ -~\té\u{301}]{0,6}", b in "[ -~\té\u{301}]{0,6}") {
            if let Some(fast) = compare_ascii(a.as_bytes(), b.as_bytes()) {
                prop_assert_eq!(fast, compare_any(&a, &b));
            }
        }

        #[test]
        fn it_is_a_total_order_of_what_texts_say(a in any::<String>(), b in any::<String>(), c in "[aAäÄéb\u{301}\u{308}]{0,4}", d in "[aAäÄéb\u{301}\u{308}]{0,4}") {
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            prop_assert_eq!(compare(&c, &d) == Ordering::Equal, normal(&c) == normal(&d));
            let mut three = [a.as_str(), &c, &d];
            three.sort_by(|x, y| compare(x, y));
            prop_assert!(compare(three[0], three[2]) != Ordering::Greater);
        }
    }
}
