//! What random cases are drawn from: rows whose values are awkward, and queries over them.

use crate::support::Row;
use proptest::prelude::*;
use proptest::sample::select as one_of;
use tidemark_model::Cell;
use tidemark_model::query::{Compare, Expr, Function, Literal, Logic, OrderBy};
use uuid::Uuid;

pub(crate) const TEXTS: [&str; 63] = [
    "",
    "a",
    "A",
    "ab",
    "bab",
    "Öl ab",
    "ö",
    "50%_!",
    "50%x!",
    " a\t",
    "\u{1F4A7}a",
    "2026",
    // Composed and decomposed, and letters whose other case is another length.
    "Öl ab",
    "o\u{308}",
    "o",
    "\u{308}",
    "Å",
    "A\u{30a}",
    "\u{212b}",
    "straße",
    "STRASSE",
    "İ",
    "i",
    "ı",
    "i\u{307}",
    "ΟΔΟΣ",
    "οδος",
    "οδοσ",
    "ﬁ",
    "👩\u{200d}🔧",
    "👩",
    "각",
    "\u{1100}\u{1161}\u{11a8}",
    "مُدُن",
    "東京",
    "a\r\nb",
    // White space of all kinds, and what does not show.
    " ",
    "a ",
    "a  ",
    "\u{a0}a\u{3000}",
    "a\u{200d}",
    "\u{feff}a",
    "c\u{ad}o",
    "co",
    "\u{7}a",
    "a\u{fffe}",
    // Accents in either order, and ones that stand alone or before their letter.
    "a\u{308}\u{323}",
    "a\u{323}\u{308}",
    "\u{323}a\u{308}",
    "\u{fe0f}\u{301}",
    // Other digits, letters of two kinds of case, and longer in another case.
    "٣",
    "10",
    "9",
    "ǅ",
    "ŉ",
    "ΐ",
    "Σ",
    "ΑΣ.",
    "ᾳ",
    // What means something to a database.
    "NULL",
    "{a,\"b\\\"}",
    "o''k\\",
    "O’Neil",
];
pub(crate) const NUMBERS: [&str; 18] = [
    "0",
    "-0.0",
    "1",
    "-1",
    "2",
    "2.5",
    "-2.5",
    "1.25",
    "1.2525",
    "3e2",
    "300",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "1e20",
    "INF",
    "-INF",
    "NaN",
];
/// Whole numbers and doubles where a double does not tell neighbours apart.
pub(crate) const BIG: [i64; 11] =
    [i64::MIN, -1, 0, 1, 2, 300, 9_007_199_254_740_992, 9_007_199_254_740_993, 1 << 62, i64::MAX - 1, i64::MAX];
pub(crate) const MASS: [f64; 13] = [
    -1e300,
    -9_223_372_036_854_775_808.0,
    -9_223_372_036_854_777_856.0,
    -0.5,
    0.0,
    0.25,
    1.0,
    300.5,
    9_007_199_254_740_992.0,
    4_611_686_018_427_387_904.0,
    9_223_372_036_854_774_784.0,
    9_223_372_036_854_775_808.0,
    1e300,
];
pub(crate) const DAYS: [&str; 3] = ["2025-12-31", "2026-01-01", "2026-02-28"];
pub(crate) const INSTANTS: [i64; 3] = [-1, 0, 1_770_000_000_123_456];

fn cell<T: Clone + std::fmt::Debug + 'static>(
    values: &'static [T],
    make: fn(T) -> Cell<'static>,
) -> impl Strategy<Value = Cell<'static>> {
    prop_oneof![1 => Just(Cell::Null), 3 => one_of(values).prop_map(make)]
}

pub(crate) fn row() -> impl Strategy<Value = Row> {
    let text = || cell(&TEXTS, |t| Cell::Text(t.into()));
    let boolean = || cell(&[0i64, 1], Cell::Integer);
    let day = || cell(&DAYS, |t| Cell::Text(t.into()));
    let numbers = (
        cell(&[-3i64, -2, -1, 0, 1, 2, 300], Cell::Integer),
        cell(&BIG, Cell::Integer),
        cell(&[-250i64, 0, 100, 125, 250, 30_000], Cell::Integer),
        cell(&[-25_000i64, 0, 10_000, 12_500, 12_525, 100_000_000_000_000_000], Cell::Integer),
        cell(&[-2.5, 0.0, 1.0, 1.25, 2.5, 300.0], Cell::Real),
        cell(&MASS, Cell::Real),
    );
    let rest = (text(), text(), boolean(), boolean(), day(), day(), cell(&INSTANTS, Cell::Integer));
    let other = cell(&[0u128, 1, u128::MAX], |n| Cell::Guid(Uuid::from_u128(n)));
    (numbers, rest, other).prop_map(
        |((rank, big, cost, fine, ratio, mass), (title, notes, done, hot, day, until, at), other)| {
            Row::from([
                ("Title", title),
                ("Notes", notes),
                ("IsDone", done),
                ("IsHot", hot),
                ("Rank", rank),
                ("Big", big),
                ("Cost", cost),
                ("Fine", fine),
                ("Ratio", ratio),
                ("Mass", mass),
                ("Day", day),
                ("Until", until),
                ("At", at),
                ("Other", other),
                ("_UpdatedAt", Cell::Integer(5)),
                ("_IsTombstoned", Cell::Integer(0)),
            ])
        },
    )
}

pub(crate) fn rows() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec(row(), 1..12).prop_map(|mut rows| {
        for (n, row) in rows.iter_mut().enumerate() {
            // Not in the order of insertion.
            row.insert("Id", Cell::Guid(Uuid::from_u128((n as u128 * 7) % 13)));
        }
        rows
    })
}

pub(crate) fn property(names: &'static [&'static str]) -> impl Strategy<Value = Expr> {
    one_of(names).prop_map(|name| Expr::Property(name.into()))
}

pub(crate) fn null() -> impl Strategy<Value = Expr> {
    Just(Expr::Literal(Literal::Null))
}

pub(crate) fn text_literal() -> impl Strategy<Value = Literal> {
    one_of(&TEXTS[..]).prop_map(|text| Literal::String(text.into()))
}

pub(crate) fn number_literal() -> impl Strategy<Value = Literal> {
    one_of(&NUMBERS[..]).prop_map(|text| Literal::Number(text.into()))
}

pub(crate) fn text() -> BoxedStrategy<Expr> {
    let leaf = prop_oneof![
        4 => property(&["Title", "Notes"]),
        3 => text_literal().prop_map(Expr::Literal),
        1 => null(),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        let unary = (one_of(&[Function::ToLower, Function::ToUpper, Function::Trim][..]), inner.clone());
        prop_oneof![
            unary.prop_map(|(function, a)| Expr::Call { function, arguments: vec![a] }),
            (inner.clone(), inner).prop_map(|(a, b)| Expr::Call { function: Function::Concat, arguments: vec![a, b] }),
        ]
    })
    .boxed()
}

/// Two sides that can be compared.
pub(crate) fn sides() -> impl Strategy<Value = (Expr, Expr)> {
    let number = || {
        prop_oneof![
            4 => property(&["Rank", "Big", "Cost", "Fine"]),
            2 => text().prop_map(|a| Expr::Call { function: Function::Length, arguments: vec![a] }),
            1 => (text(), text()).prop_map(|(a, b)| Expr::Call { function: Function::IndexOf, arguments: vec![a, b] }),
        ]
    };
    // The naive evaluator is exact and a Double is not: it stays away from the ends of 64 bits and of 18 digits.
    let whole = || {
        let length = text().prop_map(|a| Expr::Call { function: Function::Length, arguments: vec![a] });
        prop_oneof![3 => property(&["Big", "Rank", "_UpdatedAt"]), 1 => length]
    };
    let beside_double = || property(&["Rank", "Cost", "Ratio"]);
    let pair = |a: BoxedStrategy<Expr>, b: BoxedStrategy<Expr>| (a, b).boxed();
    let literal = |l: BoxedStrategy<Literal>| l.prop_map(Expr::Literal).boxed();
    let day = || one_of(&DAYS[..]).prop_map(|t| Literal::Date(t.into())).boxed();
    let at = || one_of(&INSTANTS[..]).prop_map(Literal::instant).boxed();
    let guid = || one_of(&[0u128, 1, u128::MAX][..]).prop_map(|n| Literal::Guid(Uuid::from_u128(n))).boxed();
    let days = || property(&["Day", "Until"]);
    let both = prop_oneof![
        4 => pair(text(), text()),
        3 => pair(number().boxed(), number().boxed()),
        3 => pair(number().boxed(), literal(number_literal().boxed())),
        2 => pair(beside_double().boxed(), beside_double().boxed()),
        2 => pair(whole().boxed(), property(&["Mass"]).boxed()),
        2 => pair(property(&["Ratio"]).boxed(), literal(number_literal().boxed())),
        1 => pair(days().boxed(), prop_oneof![days(), literal(day())].boxed()),
        1 => pair(property(&["At"]).boxed(), literal(at())),
        1 => pair(property(&["Other", "Id"]).boxed(), prop_oneof![property(&["Other", "Id"]), literal(guid())].boxed()),
        1 => pair(property(&["Title", "Rank", "Ratio", "Mass", "Day", "At", "Other", "IsDone"]).boxed(), null().boxed()),
    ];
    (both, any::<bool>()).prop_map(|((a, b), swap)| if swap { (b, a) } else { (a, b) })
}

pub(crate) fn operator() -> impl Strategy<Value = Compare> {
    one_of(&[Compare::Eq, Compare::Ne, Compare::Gt, Compare::Ge, Compare::Lt, Compare::Le][..])
}

pub(crate) fn is_in() -> impl Strategy<Value = Expr> {
    let list = |literal: BoxedStrategy<Literal>| {
        prop::collection::vec(prop_oneof![1 => Just(Literal::Null), 4 => literal], 0..4)
    };
    prop_oneof![
        (
            text().prop_filter("a null has no type", |e| *e != Expr::Literal(Literal::Null)),
            list(text_literal().boxed())
        ),
        (property(&["Rank", "Cost", "Ratio", "Big"]).boxed(), list(number_literal().boxed())),
        (property(&["Day"]).boxed(), list(one_of(&DAYS[..]).prop_map(|t| Literal::Date(t.into())).boxed())),
        (property(&["At"]).boxed(), list(one_of(&INSTANTS[..]).prop_map(Literal::instant).boxed())),
        (property(&["IsDone"]).boxed(), list(any::<bool>().prop_map(Literal::Boolean).boxed())),
        (
            property(&["Other", "Id"]).boxed(),
            list(one_of(&[0u128, 1, 7][..]).prop_map(|n| Literal::Guid(Uuid::from_u128(n))).boxed())
        ),
    ]
    .prop_map(|(left, list)| Expr::In { left: left.into(), list })
}

pub(crate) fn condition() -> BoxedStrategy<Expr> {
    let functions = [Function::Contains, Function::StartsWith, Function::EndsWith];
    let leaf = prop_oneof![
        6 => (operator(), sides())
            .prop_map(|(op, (left, right))| Expr::Compare { op, left: left.into(), right: right.into() }),
        3 => (prop::sample::select(functions.to_vec()), text(), text())
            .prop_map(|(function, a, b)| Expr::Call { function, arguments: vec![a, b] }),
        2 => is_in(),
        2 => property(&["IsDone", "IsHot"]),
        1 => one_of(&[Literal::Null, Literal::Boolean(true), Literal::Boolean(false)][..]).prop_map(Expr::Literal),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            2 => inner.clone().prop_map(|e| Expr::Not(e.into())),
            4 => (one_of(&[Logic::And, Logic::Or][..]), inner.clone(), inner.clone())
                .prop_map(|(op, a, b)| Expr::Logic { op, left: a.into(), right: b.into() }),
            1 => (operator(), inner.clone(), inner)
                .prop_map(|(op, a, b)| Expr::Compare { op, left: a.into(), right: b.into() }),
        ]
    })
    .boxed()
}

pub(crate) fn order_by() -> impl Strategy<Value = Vec<OrderBy>> {
    let names = &[
        "Title",
        "Notes",
        "IsDone",
        "Rank",
        "Big",
        "Cost",
        "Fine",
        "Ratio",
        "Mass",
        "Day",
        "At",
        "Other",
        "Id",
        "_UpdatedAt",
    ];
    let key = prop_oneof![
        4 => property(names).boxed(),
        1 => text().prop_filter("a constant orders nothing", |e| !matches!(e, Expr::Literal(_))).boxed(),
        1 => condition().prop_filter("a constant orders nothing", |e| !matches!(e, Expr::Literal(_))).boxed(),
    ];
    prop::collection::vec((key, any::<bool>()).prop_map(|(expr, descending)| OrderBy { expr, descending }), 0..4)
}
