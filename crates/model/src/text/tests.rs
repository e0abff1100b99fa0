use super::*;

#[test]
fn a_search_finds_what_people_mean() {
    for (word, text) in [
        ("cafe", "Café"),
        ("CAFÉ", "cafe\u{301}"),
        ("STRASSE", "Lange Straße 5"),
        ("straße", "LANGE STRASSE"),
        ("istanbul", "İstanbul"),
        ("ısparta", "ISPARTA"),
        ("οδοσ", "ΟΔΟΣ"),
        ("Οδός", "οδος"),
        ("a\u{30a}ngstrom", "Ångström"),
        ("\u{212b}", "å"),
        ("lodz", "Łódź"),
        ("fi", "ﬁlter"),
        ("abc", "ＡＢＣ"),
        ("👩", "👩\u{200d}🔧 on site"),
        ("❤", "❤\u{fe0f}"),
        ("각", "\u{1100}\u{1161}\u{11a8}"),
        ("محمد", "مُحَمَّد"),
        ("東京", "東京都"),
        ("2", "x²"),
        ("coop", "co\u{ad}op"),
        ("\u{301}", "cafe\u{301} \u{301}"),
        ("", ""),
    ] {
        assert!(Needle::new(word).is_in(text), "{word} in {text}");
    }
    for (word, text) in [("か", "が"), ("cafes", "café"), ("\u{301}", "cafe"), ("東", "西"), ("é", "x")] {
        assert!(!Needle::new(word).is_in(text), "{word} in {text}");
    }
}

#[test]
fn a_list_stands_in_the_order_people_expect() {
    let expected = [
        "", " a", "_", "1", "10", "2", "a", "A", "ä", "Ä", "ab", "Ab", "äb", "b", "cote", "coté", "côte", "Straße",
        "z", "Ω", "я", "א", "ا", "가", "あ", "東",
    ];
    let mut sorted = expected;
    sorted.reverse();
    sorted.sort_by(|a, b| compare(a, b));
    let place = |text: &str| sorted.iter().position(|other| *other == text).unwrap();
    assert_eq!(&sorted[..19], &expected[..19]);
    assert!(place("z") < place("Ω") && place("Ω") < place("я"));
    assert!(compare("e\u{301}", "é").is_eq() && compare("\u{212b}", "Å").is_eq() && compare("a", "A").is_lt());
}

#[test]
fn case_goes_by_unicode_and_both_forms_meet() {
    assert_eq!((lower("ΟΔΟΣ").as_str(), upper("straße").as_str()), ("οδος", "STRASSE"));
    assert_eq!((lower("E\u{301}"), upper("e\u{301}")), ("é".into(), "É".into()));
    assert_eq!((lower("ABC-1"), upper("abc-1")), ("abc-1".into(), "ABC-1".into()));
    assert_eq!(normal("\u{1100}\u{1161}\u{11a8}"), "각");
}

#[test]
fn texts_that_differ_in_line_ends_or_normal_form_are_the_same() {
    for (a, b) in [("a\r\nb", "a\nb"), ("a\rb\r", "a\nb\n"), ("é\r\n", "e\u{301}\n"), ("Å", "\u{212b}"), ("a", "a")] {
        assert!(same(a, b) && same(b, a), "{a:?} {b:?}");
    }
    for (a, b) in [("a\n", "a"), ("a\r\n\r\nb", "a\nb"), ("e", "é"), ("ﬁ", "fi"), ("a", "A"), ("a\u{200d}", "a")] {
        assert!(!same(a, b), "{a:?} {b:?}");
    }
}
