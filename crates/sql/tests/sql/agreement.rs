//! Random queries over random rows: SQLite and PostgreSQL must select what the naive evaluator selects.
//!
//! `TIDEMARK_FILTERS` says how many cases, `TIDEMARK_SEED` where they start.

use crate::databases::Databases;
use crate::naive;
use crate::support::{Row, TABLE, set};
use proptest::prelude::*;
use proptest::sample::select as one_of;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseResult, TestRng, TestRunner};
use std::collections::BTreeSet;
use std::sync::LazyLock;
use tidemark_model::query::{Compare, Expr, Function, Literal, Logic, OrderBy, Query};
use tidemark_model::text::Needle;
use tidemark_model::{Cell, EntitySet};
use tidemark_sql::{Dialect, Select, count, placeholders, select};
use uuid::Uuid;

static SET: LazyLock<EntitySet> = LazyLock::new(set);

const TEXTS: [&str; 63] = [
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
const NUMBERS: [&str; 18] = [
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
const BIG: [i64; 11] =
    [i64::MIN, -1, 0, 1, 2, 300, 9_007_199_254_740_992, 9_007_199_254_740_993, 1 << 62, i64::MAX - 1, i64::MAX];
const MASS: [f64; 13] = [
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
const DAYS: [&str; 3] = ["2025-12-31", "2026-01-01", "2026-02-28"];
const INSTANTS: [i64; 3] = [-1, 0, 1_770_000_000_123_456];

fn cell<T: Clone + std::fmt::Debug + 'static>(
    values: &'static [T],
    make: fn(T) -> Cell<'static>,
) -> impl Strategy<Value = Cell<'static>> {
    prop_oneof![1 => Just(Cell::Null), 3 => one_of(values).prop_map(make)]
}

fn row() -> impl Strategy<Value = Row> {
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

fn rows() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec(row(), 1..12).prop_map(|mut rows| {
        for (n, row) in rows.iter_mut().enumerate() {
            // Not in the order of insertion.
            row.insert("Id", Cell::Guid(Uuid::from_u128((n as u128 * 7) % 13)));
        }
        rows
    })
}

fn property(names: &'static [&'static str]) -> impl Strategy<Value = Expr> {
    one_of(names).prop_map(|name| Expr::Property(name.into()))
}

fn null() -> impl Strategy<Value = Expr> {
    Just(Expr::Literal(Literal::Null))
}

fn text_literal() -> impl Strategy<Value = Literal> {
    one_of(&TEXTS[..]).prop_map(|text| Literal::String(text.into()))
}

fn number_literal() -> impl Strategy<Value = Literal> {
    one_of(&NUMBERS[..]).prop_map(|text| Literal::Number(text.into()))
}

fn text() -> BoxedStrategy<Expr> {
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
fn sides() -> impl Strategy<Value = (Expr, Expr)> {
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
    let at = || one_of(&INSTANTS[..]).prop_map(Literal::DateTimeOffset).boxed();
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

fn operator() -> impl Strategy<Value = Compare> {
    one_of(&[Compare::Eq, Compare::Ne, Compare::Gt, Compare::Ge, Compare::Lt, Compare::Le][..])
}

fn is_in() -> impl Strategy<Value = Expr> {
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
        (property(&["At"]).boxed(), list(one_of(&INSTANTS[..]).prop_map(Literal::DateTimeOffset).boxed())),
        (property(&["IsDone"]).boxed(), list(any::<bool>().prop_map(Literal::Boolean).boxed())),
        (
            property(&["Other", "Id"]).boxed(),
            list(one_of(&[0u128, 1, 7][..]).prop_map(|n| Literal::Guid(Uuid::from_u128(n))).boxed())
        ),
    ]
    .prop_map(|(left, list)| Expr::In { left: left.into(), list })
}

fn condition() -> BoxedStrategy<Expr> {
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

fn order_by() -> impl Strategy<Value = Vec<OrderBy>> {
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

fn id_of(row: &Row) -> Uuid {
    match row["Id"] {
        Cell::Guid(id) => id,
        _ => unreachable!("rows have ids"),
    }
}

/// Lives random cases on both databases.
fn walk<S: Strategy>(cases: S, holds: impl Fn(&Databases, Dialect, &S::Value) -> TestCaseResult) {
    let set = |name, otherwise: u64| std::env::var(name).map_or(otherwise, |text| text.parse().unwrap());
    let (number, seed) = (set("TIDEMARK_FILTERS", 300), set("TIDEMARK_SEED", 1));
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases: u32::try_from(number).unwrap(), failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let databases = Databases::new(&SET);
    let held = runner.run(&cases, |case| {
        [Dialect::Sqlite, Dialect::Postgres].into_iter().try_for_each(|dialect| holds(&databases, dialect, &case))
    });
    held.unwrap_or_else(|e| panic!("TIDEMARK_SEED={seed}: {e}"));
}

#[test]
fn a_filter_selects_what_odata_says() {
    walk((rows(), condition()), |databases, dialect, (rows, filter)| {
        let mut expected: Vec<Uuid> =
            rows.iter().filter(|row| naive::condition(&SET, row, filter) == Some(true)).map(id_of).collect();
        expected.sort();
        let query = Query { filter: Some(filter.clone()), ..Query::default() };
        let read = Select::new(dialect, &SET, TABLE, &["Id"], &query);
        databases.fill(dialect, rows);
        let statement = select(&read).unwrap();
        prop_assert_eq!(databases.ids(dialect, &statement), expected.clone(), "{}", statement.sql);
        let counted = databases.run(dialect, &count(&read).unwrap());
        prop_assert_eq!(counted, vec![vec![Cell::Integer(expected.len() as i64)]]);
        Ok(())
    });
}

#[test]
fn pages_in_any_order_add_up() {
    walk((rows(), order_by(), 1usize..4), |databases, dialect, (rows, order_by, size)| {
        let mut sorted = rows.clone();
        sorted.sort_by(|a, b| naive::order_rows(&SET, order_by, a, b));
        let expected: Vec<Uuid> = sorted.iter().map(id_of).collect();

        databases.fill(dialect, rows);
        let query = Query { order_by: order_by.clone(), top: Some(*size as u64), ..Query::default() };
        let read = Select { with_keys: true, ..Select::new(dialect, &SET, TABLE, &["Id"], &query) };
        let mut seen: Vec<Uuid> = Vec::new();
        let mut last: Option<Vec<Cell<'static>>> = None;
        loop {
            let page = databases.run(dialect, &select(&Select { after: last.as_deref(), ..read.clone() }).unwrap());
            seen.extend(page.iter().map(|row| id(&row[0])));
            match page.last() {
                Some(row) if page.len() == *size => last = Some(row[1..].to_vec()),
                _ => break,
            }
        }
        prop_assert_eq!(&seen, &expected, "{}", select(&read).unwrap().sql);

        let skipped = Query { skip: *size as u64, top: None, ..query.clone() };
        let rest = databases.ids(dialect, &select(&Select::new(dialect, &SET, TABLE, &["Id"], &skipped)).unwrap());
        prop_assert_eq!(&rest[..], &expected[(*size).min(expected.len())..]);
        Ok(())
    });
}

#[test]
fn every_word_of_a_search_occurs_somewhere() {
    walk((rows(), prop::collection::vec(one_of(&TEXTS[..]), 0..3)), |databases, dialect, (rows, words)| {
        let occurs = |row: &Row, word: &str| {
            ["Title", "Notes"].iter().any(|name| match &row[name] {
                Cell::Text(text) => Needle::new(word).is_in(text),
                _ => false,
            })
        };
        let mut expected: Vec<Uuid> =
            rows.iter().filter(|row| words.iter().all(|w| w.is_empty() || occurs(row, w))).map(id_of).collect();
        expected.sort();
        let query = Query { search: words.iter().map(|w| (*w).to_owned()).collect(), ..Query::default() };
        let statement = select(&Select::new(dialect, &SET, TABLE, &["Id"], &query)).unwrap();
        databases.fill(dialect, rows);
        prop_assert_eq!(databases.ids(dialect, &statement), expected, "{}", statement.sql);
        Ok(())
    });
}

/// A row of these values, and what a row cannot do without.
fn row_of<const N: usize>(id: usize, values: [(&'static str, Cell<'static>); N]) -> Row {
    let mut row = Row::from(values);
    row.insert("Id", Cell::Guid(Uuid::from_u128(id as u128)));
    row.extend([("_UpdatedAt", Cell::Integer(1)), ("_IsTombstoned", Cell::Integer(0))]);
    row
}

/// Asks both databases for the rows that meet each condition.
fn agree(rows: &[Row], filters: &[Expr]) {
    let databases = Databases::new(&SET);
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        databases.fill(dialect, rows);
        for filter in filters {
            let query = Query { filter: Some(filter.clone()), ..Query::default() };
            let statement = select(&Select::new(dialect, &SET, TABLE, &["Id"], &query)).unwrap();
            let found: BTreeSet<Uuid> = databases.ids(dialect, &statement).into_iter().collect();
            let holds = |row: &Row| naive::condition(&SET, row, filter) == Some(true);
            let differs = rows.iter().find(|row| found.contains(&id_of(row)) != holds(row));
            assert!(differs.is_none(), "{differs:?}\n{}", statement.sql);
        }
    }
}

const OPERATORS: [Compare; 6] = [Compare::Eq, Compare::Ne, Compare::Gt, Compare::Ge, Compare::Lt, Compare::Le];

fn name(property: &str) -> Expr {
    Expr::Property(property.into())
}

#[test]
fn every_whole_number_stands_where_it_should_beside_every_double() {
    let mut rows = Vec::new();
    for big in BIG {
        for mass in MASS {
            rows.push(row_of(rows.len(), [("Big", Cell::Integer(big)), ("Mass", Cell::Real(mass))]));
        }
    }
    let compare =
        |op, left: &str, right: &str| Expr::Compare { op, left: name(left).into(), right: name(right).into() };
    let both = |op| [compare(op, "Big", "Mass"), compare(op, "Mass", "Big")];
    agree(&rows, &OPERATORS.into_iter().flat_map(both).collect::<Vec<_>>());
}

#[test]
fn every_text_stands_where_it_should_beside_every_other() {
    let mut rows = Vec::new();
    for title in TEXTS {
        for notes in TEXTS {
            rows.push(row_of(rows.len(), [("Title", Cell::Text(title.into())), ("Notes", Cell::Text(notes.into()))]));
        }
    }
    let call = |function, arguments| Expr::Call { function, arguments };
    let both = || vec![name("Title"), name("Notes")];
    let mut filters: Vec<Expr> = [Function::Contains, Function::StartsWith, Function::EndsWith]
        .map(|function| call(function, both()))
        .into_iter()
        .collect();
    let sides = [
        (name("Title"), name("Notes")),
        (call(Function::ToLower, vec![name("Title")]), call(Function::ToLower, vec![name("Notes")])),
        (call(Function::ToUpper, vec![name("Title")]), call(Function::ToUpper, vec![name("Notes")])),
        (call(Function::Trim, vec![name("Title")]), name("Notes")),
        (call(Function::Concat, both()), call(Function::Concat, vec![name("Notes"), name("Title")])),
        (call(Function::IndexOf, both()), call(Function::Length, vec![name("Notes")])),
        (call(Function::Length, vec![call(Function::Concat, both())]), call(Function::IndexOf, both())),
    ];
    for (left, right) in sides {
        let compare = |op| Expr::Compare { op, left: left.clone().into(), right: right.clone().into() };
        filters.extend([Compare::Eq, Compare::Lt].map(compare));
    }
    agree(&rows, &filters);
}

#[test]
fn a_list_of_5000_is_one_value_in_postgres() {
    let databases = Databases::new(&SET);
    let row = |n: usize, title: &str| {
        row_of(n, [("Title", Cell::Text(title.to_owned().into())), ("Big", Cell::Integer(n as i64))])
    };
    let rows = [row(1, "e\u{301} 4999"), row(2, "é 5000"), row(4_999, "\"4\\"), row(5_000, "e 4999")];
    let texts = (0..5_000).map(|n| Literal::String(if n == 7 { "\"4\\".into() } else { format!("é {n}") })).collect();
    let guids = (0..5_000).map(|n| Literal::Guid(Uuid::from_u128(n))).collect();
    let numbers = (0..5_000).map(|n| Literal::Number(n.to_string())).collect();
    for (property, list, found) in
        [("Title", texts, vec![1, 4_999]), ("Id", guids, vec![1, 2, 4_999]), ("Big", numbers, vec![1, 2, 4_999])]
    {
        let filter = Expr::In { left: Expr::Property(property.into()).into(), list };
        let query = Query { filter: Some(filter), ..Query::default() };
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            databases.fill(dialect, &rows);
            let statement = select(&Select::new(dialect, &SET, TABLE, &["Id"], &query)).unwrap();
            let expected: Vec<Uuid> = found.iter().map(|n| Uuid::from_u128(*n)).collect();
            assert_eq!(databases.ids(dialect, &statement), expected, "{dialect:?} {property}");
            assert_eq!(statement.values.len(), if dialect == Dialect::Postgres { 1 } else { 5_000 });
        }
    }
}

fn id(cell: &Cell<'_>) -> Uuid {
    match cell {
        Cell::Guid(id) => *id,
        other => panic!("{other:?} is no id"),
    }
}

#[test]
fn scope_and_further_conditions_limit_the_rows() {
    let row = |n: u128, tombstoned: i64, rank: Cell<'static>| {
        Row::from([
            ("Id", Cell::Guid(Uuid::from_u128(n))),
            ("Rank", rank),
            ("_UpdatedAt", Cell::Integer(n as i64)),
            ("_IsTombstoned", Cell::Integer(tombstoned)),
        ])
    };
    let rows = [row(1, 0, Cell::Null), row(2, 1, Cell::Null), row(3, 0, Cell::Integer(4)), row(4, 0, Cell::Null)];
    let databases = Databases::new(&SET);
    let filter = Expr::Compare {
        op: Compare::Eq,
        left: Expr::Property("IsHot".into()).into(),
        right: Expr::Literal(Literal::Null).into(),
    };
    let query = Query { filter: Some(filter), ..Query::default() };
    let further = "t.\"_UpdatedAt\" > ?1 OR t.\"_UpdatedAt\" = ?2";
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let read = Select {
            scope: &[("_IsTombstoned", Cell::Integer(0)), ("Rank", Cell::Null)],
            extra_where: Some(&placeholders(dialect, further)),
            extra_values: &[Cell::Integer(3), Cell::Integer(0)],
            ..Select::new(dialect, &SET, TABLE, &["Id"], &query)
        };
        databases.fill(dialect, &rows);
        assert_eq!(databases.ids(dialect, &select(&read).unwrap()), [Uuid::from_u128(4)]);
    }
}
