use super::*;
use proptest::prelude::*;
use tidemark_model::query::{Compare, Function, Literal, Logic, RESERVED_WORDS};

fn parsed(text: &str) -> Expr {
    parse_filter(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// Writes the tree with every parenthesis, so that a test shows what binds tighter.
fn tree(expr: &Expr) -> String {
    match expr {
        Expr::Not(inner) => format!("(not {})", tree(inner)),
        Expr::Logic { op, left, right } => format!("({} {op:?} {})", tree(left), tree(right)),
        Expr::Compare { op, left, right } => format!("({} {op:?} {})", tree(left), tree(right)),
        Expr::In { left, list } => format!("({} in {})", tree(left), list.len()),
        Expr::Call { function, arguments } => {
            format!("{function:?}[{}]", arguments.iter().map(tree).collect::<Vec<_>>().join(", "))
        }
        leaf => write_filter(leaf),
    }
}

fn problem(text: &str) -> (u16, String) {
    let error = parse_filter(text).expect_err(text);
    (error.status, error.message)
}

#[test]
fn operators_bind_as_odata_says() {
    for (text, expected) in [
        ("A eq 1 or B eq 2 and C eq 3", "((A Eq 1) Or ((B Eq 2) And (C Eq 3)))"),
        ("(A eq 1 or B eq 2) and C eq 3", "(((A Eq 1) Or (B Eq 2)) And (C Eq 3))"),
        ("not eq eq 1", "((not eq) Eq 1)"),
        ("not contains(A,'x') and B gt 2", "((not Contains[A, 'x']) And (B Gt 2))"),
        ("not (A eq 1)", "(not (A Eq 1))"),
        ("not(A eq 1)", "(not (A Eq 1))"),
        ("not not IsDone", "(not (not IsDone))"),
        ("not IsDone eq true", "((not IsDone) Eq true)"),
        ("A gt 1 eq true", "((A Gt 1) Eq true)"),
        ("A in (1,2) eq false", "((A in 2) Eq false)"),
        ("A eq 1 or B eq 2 or C eq 3", "(((A Eq 1) Or (B Eq 2)) Or (C Eq 3))"),
        ("indexof(tolower(Title),'p') ge -1", "(IndexOf[ToLower[Title], 'p'] Ge -1)"),
    ] {
        assert_eq!(tree(&parsed(text)), expected, "{text}");
    }
}

#[test]
fn words_are_read_in_any_case_and_names_as_they_are() {
    assert_eq!(
        parsed("NOT Contains(Title,'a') AND _UpdatedAt GE 5"),
        parsed("not contains(Title,'a') and _UpdatedAt ge 5")
    );
    assert_eq!(parsed("A EQ NULL"), parsed("A eq null"));
    assert_eq!(parsed("A In(True,FALSE)"), parsed("A in (true,false)"));
    // Names that are words elsewhere: what stands in an operand's place is an operand.
    for name in ["eq", "and", "in", "contains", "nothing", "_IsTombstoned", "asc", "Größe", "e5", "true1"] {
        let expected = Expr::Compare {
            op: Compare::Eq,
            left: Box::new(Expr::Property(name.into())),
            right: Box::new(Expr::Literal(Literal::Number("1".into()))),
        };
        assert_eq!(parsed(&format!("{name} eq 1")), expected);
        assert_eq!(parsed(&format!("({name}) eq 1")), expected);
    }
}

#[test]
fn every_kind_of_literal() {
    let literal = |text: &str| match parsed(text) {
        Expr::Literal(literal) => literal,
        other => panic!("{other:?}"),
    };
    assert_eq!(literal("null"), Literal::Null);
    assert_eq!(literal("'it''s '''"), Literal::String("it's '".into()));
    assert_eq!(literal("''"), Literal::String(String::new()));
    for number in ["0", "-5", "3.14", "-1e3", "2.5E-2", "12345678901234567890"] {
        assert_eq!(literal(number), Literal::Number(number.into()));
    }
    // GUIDs that begin like a number, an exponent, a date and a name.
    for id in [
        "12345678-6d5f-4a55-9d5e-2f7b4c1d9e01",
        "1e345678-6d5f-4a55-9d5e-2f7b4c1d9e01",
        "20260331-0101-4a55-9d5e-2f7b4c1d9e01",
        "AF0E6A52-6D5F-4A55-9D5E-2F7B4C1D9E01",
    ] {
        assert_eq!(literal(id), Literal::Guid(id.parse().unwrap()));
    }
    assert_eq!(literal("2026-03-31"), Literal::Date("2026-03-31".into()));
    assert_eq!(literal("2026-03-31T10:00:00.25+02:00"), Literal::DateTimeOffset(1_774_944_000_250_000));
    assert_eq!(literal("2026-03-31T08:00Z"), Literal::DateTimeOffset(1_774_944_000_000_000));
}

#[test]
fn mistakes_name_their_place() {
    for (text, expected) in [
        ("", "$filter cannot be read at character 1: expected a property, a function or a literal, found the end"),
        (
            "Title eq",
            "$filter cannot be read at character 9: expected a property, a function or a literal, found the end",
        ),
        (
            "Title == 'a'",
            "$filter cannot be read at character 7: expected and, or, a comparison or the end, found \"==\"",
        ),
        (
            "é eq 'a",
            "$filter cannot be read at character 6: this text does not end; a quote inside of it is written twice",
        ),
        ("(A eq 1", "$filter cannot be read at character 8: expected ) or an operator, found the end"),
        ("A eq 1)", "$filter cannot be read at character 7: expected and, or, a comparison or the end, found \")\""),
        ("A in ()", "$filter cannot be read at character 7: expected a literal in the list of in, found \")\""),
        ("A in (B)", "$filter cannot be read at character 7: expected a literal in the list of in, found \"B\""),
        (
            "A in B",
            "$filter cannot be read at character 6: expected a list of literals in parentheses after in, found \"B\"",
        ),
        ("contains(A)", "$filter cannot be read at character 11: contains takes 2 argument(s), not 1"),
        ("length()", "$filter cannot be read at character 8: length takes 1 argument(s), not 0"),
        ("A eq INF", "$filter cannot be read at character 6: INF and NaN are no values here; a number must be finite"),
        ("A eq -INF", "$filter cannot be read at character 6: INF and NaN are no values here; a number must be finite"),
        ("A eq 5L", "$filter cannot be read at character 6: expected a number, a date or a GUID, found \"5L\""),
        (
            "A eq 2026-02-30",
            "$filter cannot be read at character 6: expected a date such as 2026-03-31 or a date and time such as 2026-03-31T08:00:00Z, found \"2026-02-30\"",
        ),
    ] {
        assert_eq!(problem(text), (400, expected.to_owned()), "{text}");
    }
}

#[test]
fn what_is_not_supported_is_named() {
    for (text, expected) in [
        ("substringof('a',Title)", "The function substringof"),
        ("geo.distance(A,B) lt 5", "The function geo.distance"),
        ("year(DueAt) eq 2026", "The function year"),
        ("Priority add 1 eq 2", "The operator add"),
        ("Priority MOD 2 eq 0", "The operator mod"),
        ("-Priority eq 2", "The operator -"),
        ("Site/Name eq 'a'", "A property path such as Site/…"),
        ("Items/any(i:i/Done)", "The lambda Items/any(…)"),
        ("$it/Name eq 'a'", "A name such as $it or $root"),
        ("Title eq @p", "A parameter alias"),
        ("A eq duration'P1D'", "A literal such as duration'…'"),
        ("A eq 08:00:00", "A time of day"),
        ("A eq Ns.Colour", "The qualified name Ns.Colour"),
    ] {
        assert_eq!(problem(text), (501, format!("{expected} is not supported here")), "{text}");
    }
}

#[test]
fn order_by_takes_expressions_and_directions() {
    let keys = parse_order_by("Title desc, tolower(Notes) ASC ,Priority,desc desc").unwrap();
    let text: Vec<_> = keys.iter().map(|k| (tree(&k.expr), k.descending)).collect();
    let expected = [("Title", true), ("ToLower[Notes]", false), ("Priority", false), ("desc", true)];
    assert_eq!(text, expected.map(|(e, d)| (e.to_owned(), d)));
    assert_eq!(parse_order_by(&order_by_text(&keys)).unwrap(), keys);
    let error = parse_order_by("Title down").unwrap_err();
    assert_eq!(
        error.message,
        "$orderby cannot be read at character 7: expected asc, desc, a comma or the end, found \"down\""
    );
    assert_eq!(parse_order_by("Title,").unwrap_err().status, 400);
}

#[test]
fn bombs_are_refused_and_long_chains_stay_flat() {
    for bomb in [
        format!("{}A{}", "(".repeat(100_000), ")".repeat(100_000)),
        "not ".repeat(100_000),
        "tolower(".repeat(100_000),
        format!("A{}", " eq A".repeat(100_000)),
        format!("A{}", " lt A".repeat(100)),
        format!("A in (1{})", ",1".repeat(100_000)),
    ] {
        assert_eq!(problem(&bomb).0, 400);
    }
    fn depth(expr: &Expr) -> usize {
        match expr {
            Expr::Logic { left, right, .. } => 1 + depth(left).max(depth(right)),
            _ => 0,
        }
    }
    let chain = parsed(&format!("A eq 0{}", " or A eq 1".repeat(4_000)));
    assert_eq!(depth(&chain), 12);
    let nested = format!("{}A eq 1{}", "(".repeat(60), ")".repeat(60));
    assert_eq!(tree(&parsed(&nested)), "(A Eq 1)");
}

fn any_literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Boolean),
        any::<i64>().prop_map(|n| Literal::Number(n.to_string())),
        (any::<i32>(), 0u32..1000).prop_map(|(n, f)| Literal::Number(format!("{n}.{f:03}e-2"))),
        any::<String>().prop_map(Literal::String),
        any::<u128>().prop_map(|n| Literal::Guid(uuid::Uuid::from_u128(n))),
        (0u32..10_000, 1u32..13, 1u32..29).prop_map(|(y, m, d)| Literal::Date(format!("{y:04}-{m:02}-{d:02}"))),
        (-62_135_596_800_000_000_i64..253_402_300_800_000_000).prop_map(Literal::DateTimeOffset),
    ]
}

fn any_expr() -> impl Strategy<Value = Expr> {
    let name = prop_oneof!["[A-Za-z_][A-Za-z0-9_]{0,8}", Just("or".into()), Just("eq".into()), Just("in".into())];
    let is_reserved = |n: &str| RESERVED_WORDS.iter().any(|word| word.eq_ignore_ascii_case(n));
    let name = name.prop_filter("no property is called so", move |n: &String| !is_reserved(n));
    let leaf = prop_oneof![any_literal().prop_map(Expr::Literal), name.prop_map(Expr::Property)];
    leaf.prop_recursive(5, 40, 3, |inner| {
        let compare = prop_oneof![
            Just(Compare::Eq),
            Just(Compare::Ne),
            Just(Compare::Gt),
            Just(Compare::Ge),
            Just(Compare::Lt),
            Just(Compare::Le)
        ];
        let two = [Function::Contains, Function::StartsWith, Function::EndsWith, Function::IndexOf, Function::Concat];
        let one = [Function::ToLower, Function::ToUpper, Function::Length, Function::Trim];
        prop_oneof![
            inner.clone().prop_map(|e| Expr::Not(Box::new(e))),
            (any::<bool>(), inner.clone(), inner.clone()).prop_map(|(and, l, r)| Expr::Logic {
                op: if and { Logic::And } else { Logic::Or },
                left: Box::new(l),
                right: Box::new(r)
            }),
            (compare, inner.clone(), inner.clone()).prop_map(|(op, l, r)| Expr::Compare {
                op,
                left: Box::new(l),
                right: Box::new(r)
            }),
            (inner.clone(), prop::collection::vec(any_literal(), 1..4))
                .prop_map(|(l, list)| Expr::In { left: Box::new(l), list }),
            (prop::sample::select(two.to_vec()), inner.clone(), inner.clone())
                .prop_map(|(function, a, b)| Expr::Call { function, arguments: vec![a, b] }),
            (prop::sample::select(one.to_vec()), inner)
                .prop_map(|(function, a)| Expr::Call { function, arguments: vec![a] }),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back_the_same(expr in any_expr()) {
        let text = write_filter(&expr);
        prop_assert_eq!(parse_filter(&text).map_err(|e| TestCaseError::fail(format!("{text}: {e}")))?, expr);
    }

    #[test]
    fn arbitrary_text_never_panics(text in any::<String>()) {
        let _ = parse_filter(&text);
        let _ = parse_order_by(&text);
    }

    #[test]
    fn text_made_of_the_right_pieces_never_panics(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "not ", "(", ")", "A", " eq ", " and ", " in ", "'x'", "'", ",", "-", "2026-03-31", "T08:00", "Z", "5",
                ".", "e", "contains(", "null", "é", "INF", "8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01", "/", "$it", " desc",
            ]),
            0..30,
        )
    ) {
        let text = pieces.concat();
        let _ = parse_filter(&text);
        let _ = parse_order_by(&text);
    }
}
