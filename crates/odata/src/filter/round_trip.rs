//! Random expressions: what is written reads back the same, and nothing that is written brings the reader down.

use super::write::write_filter;
use super::{parse_filter, parse_order_by};
use proptest::prelude::*;
use tidemark_model::query::{Arithmetic, Compare, Expr, Function, Literal, Logic, Path, Quantifier, RESERVED_WORDS};

fn any_literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Boolean),
        any::<i64>().prop_map(|n| Literal::Number(n.to_string())),
        (any::<i32>(), 0u32..1000).prop_map(|(n, f)| Literal::Number(format!("{n}.{f:03}e-2"))),
        any::<String>().prop_map(Literal::String),
        any::<u128>().prop_map(|n| Literal::Guid(uuid::Uuid::from_u128(n))),
        (0u32..10_000, 1u32..13, 1u32..29).prop_map(|(y, m, d)| Literal::Date(format!("{y:04}-{m:02}-{d:02}"))),
        // A clock ahead of or behind UTC writes years that four digits can say.
        (-62_135_000_000_000_000_i64..253_402_000_000_000_000, -839i16..840)
            .prop_map(|(micros, offset)| Literal::DateTimeOffset { micros, offset }),
        (0i64..86_400_000_000).prop_map(Literal::TimeOfDay),
        any::<i64>().prop_map(Literal::Duration),
        Just(Literal::Number("-INF".into())),
    ]
}

/// A lambda within a lambda would have the same variable.
fn without_lambdas(expr: Expr) -> Expr {
    fn has_one(expr: &Expr) -> bool {
        matches!(expr, Expr::Lambda { .. }) || expr.parts().into_iter().any(has_one)
    }
    if has_one(&expr) { Expr::Literal(Literal::Boolean(true)) } else { expr }
}

fn any_expr() -> impl Strategy<Value = Expr> {
    let name = prop_oneof!["[A-Za-z_][A-Za-z0-9_]{0,8}", Just("or".into()), Just("eq".into()), Just("in".into())];
    let is_reserved = |n: &str| RESERVED_WORDS.iter().any(|word| word.eq_ignore_ascii_case(n));
    let name = name.prop_filter("no property is called so", move |n: &String| !is_reserved(n));
    let path = (prop::collection::vec("[B-Z][a-z]{0,5}", 2..4)).prop_map(|names| Path { from: None, names });
    let leaf = prop_oneof![
        4 => any_literal().prop_map(Expr::Literal),
        4 => name.prop_map(Expr::Property),
        1 => path.clone().prop_map(Expr::Path),
        1 => path.clone().prop_map(Expr::Count),
        1 => path.clone().prop_map(|over| Expr::Lambda {
            quantifier: Quantifier::Any,
            over,
            variable: String::new(),
            condition: None
        }),
    ];
    leaf.prop_recursive(5, 40, 3, move |inner| {
        let compare = prop_oneof![
            Just(Compare::Eq),
            Just(Compare::Ne),
            Just(Compare::Gt),
            Just(Compare::Ge),
            Just(Compare::Lt),
            Just(Compare::Le)
        ];
        let two =
            [Function::Contains, Function::MatchesPattern, Function::Substring, Function::IndexOf, Function::Concat];
        let one = [Function::ToLower, Function::Year, Function::Round, Function::TotalSeconds];
        let arithmetic = prop_oneof![
            Just(Arithmetic::Add),
            Just(Arithmetic::Sub),
            Just(Arithmetic::Mul),
            Just(Arithmetic::Div),
            Just(Arithmetic::DivBy),
            Just(Arithmetic::Mod)
        ];
        let type_name = prop::sample::select(vec!["Edm.String", "Tidemark.Site"]).prop_map(str::to_owned);
        prop_oneof![
            inner.clone().prop_map(|e| Expr::Not(Box::new(e))),
            inner.clone().prop_map(|e| Expr::Negate(Box::new(e))),
            (arithmetic, inner.clone(), inner.clone()).prop_map(|(op, l, r)| Expr::Arithmetic {
                op,
                left: Box::new(l),
                right: Box::new(r)
            }),
            (inner.clone(), type_name.clone()).prop_map(|(e, to)| Expr::Cast { value: Box::new(e), to }),
            (inner.clone(), type_name).prop_map(|(e, of)| Expr::IsOf { value: Box::new(e), of }),
            prop::collection::vec((inner.clone(), inner.clone()), 1..3).prop_map(Expr::Case),
            (path.clone(), any::<bool>(), inner.clone()).prop_map(|(over, all, e)| Expr::Lambda {
                quantifier: if all { Quantifier::All } else { Quantifier::Any },
                over,
                // No name that is drawn is so long.
                variable: "a_record_of_these".into(),
                condition: Some(Box::new(without_lambdas(e))),
            }),
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
                " add ", " div ", "any(", "i:", "i/A", "case(", ":", "cast(", "Edm.String", "duration'PT1S'", "@p", "[1]",
            ]),
            0..30,
        )
    ) {
        let text = pieces.concat();
        let _ = parse_filter(&text);
        let _ = parse_order_by(&text);
    }
}
