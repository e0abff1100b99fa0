//! Random calculations, paths and lambdas: both databases must say what the naive evaluator says.
//!
//! Where a calculation has no result, a database may refuse, and may not where nothing can fail.

use crate::agreement::{SET, id_of, walk};
use crate::databases::Databases;
use crate::drawn::{condition, operator, property, rows, text};
use crate::naive::{self, Here};
use crate::ordering;
use crate::support::{Row, TABLE, World};
use proptest::prelude::*;
use proptest::sample::select as one_of;
use proptest::test_runner::TestCaseResult;
use tidemark_model::Cell;
use tidemark_model::query::{Arithmetic, Expr, Function, Literal, OrderBy, Path, Quantifier, Query};
use tidemark_sql::{Dialect, Select, select};
use uuid::Uuid;

fn literal(text: &str) -> Expr {
    Expr::Literal(Literal::Number(text.to_owned()))
}

fn path(from: Option<&str>, names: &[&str]) -> Path {
    Path { from: from.map(str::to_owned), names: names.iter().map(|name| (*name).to_owned()).collect() }
}

fn call(function: Function, arguments: Vec<Expr>) -> Expr {
    Expr::Call { function, arguments }
}

fn two(op: Arithmetic, left: Expr, right: Expr) -> Expr {
    Expr::Arithmetic { op, left: left.into(), right: right.into() }
}

fn casted(value: Expr, to: &str) -> Expr {
    Expr::Cast { value: value.into(), to: to.to_owned() }
}

/// Numbers without rounding, of which none gets larger than a double tells apart.
pub(crate) fn exact() -> BoxedStrategy<Expr> {
    let small = &["0", "1", "-1", "2", "3", "7", "2.5", "-0.25", "1.2525", "10"];
    let leaf = prop_oneof![
        5 => property(&["Rank", "Cost"]),
        4 => one_of(&small[..]).prop_map(literal),
        1 => Just(Expr::Path(path(None, &["Group", "Size"]))),
        1 => text().prop_map(|a| call(Function::Length, vec![a])),
        1 => one_of(&[Function::Year, Function::Month, Function::Day][..])
            .prop_flat_map(|function| property(&["Day", "At"]).prop_map(move |a| call(function, vec![a]))),
        1 => one_of(&[Function::Hour, Function::Minute, Function::Second, Function::FractionalSeconds][..])
            .prop_map(|function| call(function, vec![Expr::Property("At".into())])),
        1 => Just(Expr::Literal(Literal::Null)),
    ];
    leaf.prop_recursive(3, 10, 2, |inner| {
        let ops = &[
            Arithmetic::Add,
            Arithmetic::Sub,
            Arithmetic::Mul,
            Arithmetic::Div,
            Arithmetic::DivBy,
            Arithmetic::Mod,
        ];
        let rounding = one_of(&[Function::Round, Function::Floor, Function::Ceiling][..]);
        prop_oneof![
            6 => (one_of(&ops[..]), inner.clone(), inner.clone()).prop_map(|(op, a, b)| two(op, a, b)),
            1 => inner.clone().prop_map(|a| Expr::Negate(a.into())),
            2 => (rounding, inner.clone()).prop_map(|(function, a)| call(function, vec![a])),
            1 => (inner.clone(), one_of(&["Edm.Int32", "Edm.Byte", "Edm.Decimal"][..])).prop_map(|(a, to)| casted(a, to)),
            1 => (condition(), inner.clone(), inner)
                .prop_map(|(asked, a, b)| Expr::Case(vec![(asked, a), (Expr::Literal(Literal::Boolean(true)), b)])),
        ]
    })
    .boxed()
}

/// Doubles, infinities and what is no number.
fn double() -> BoxedStrategy<Expr> {
    let few = &["1e0", "-2.5e0", "0e0", "INF", "-INF", "NaN", "1e200"];
    let leaf =
        prop_oneof![4 => property(&["Ratio"]), 2 => one_of(&few[..]).prop_map(literal), 1 => property(&["Rank"])];
    leaf.prop_recursive(3, 8, 2, |inner| {
        let ops = &[Arithmetic::Add, Arithmetic::Sub, Arithmetic::Mul, Arithmetic::Div, Arithmetic::Mod];
        let rounding = one_of(&[Function::Round, Function::Floor, Function::Ceiling][..]);
        let as_double = |a: Expr| casted(a, "Edm.Double");
        prop_oneof![
            4 => (one_of(&ops[..]), inner.clone(), inner.clone())
                .prop_map(move |(op, a, b)| two(op, as_double(a), as_double(b))),
            1 => inner.clone().prop_map(move |a| Expr::Negate(as_double(a).into())),
            1 => (rounding, inner).prop_map(move |(function, a)| call(function, vec![as_double(a)])),
        ]
    })
    .prop_map(|a| casted(a, "Edm.Double"))
    .boxed()
}

pub(crate) fn duration() -> BoxedStrategy<Expr> {
    let numbers = one_of(&["0", "2", "-3", "0.5", "0.0001"][..]).prop_map(literal);
    let factor = prop_oneof![property(&["Rank", "Cost"]), numbers].boxed();
    let few = &[0, 1, -1, 86_400_000_000, 90_061_500_000, -31_556_952_000_000, i64::MAX];
    let leaf = prop_oneof![
        3 => one_of(&few[..]).prop_map(|micros| Expr::Literal(Literal::Duration(micros))),
        2 => (property(&["At"]), property(&["At"])).prop_map(|(a, b)| two(Arithmetic::Sub, a, b)),
        2 => (property(&["Day"]), property(&["Until"])).prop_map(|(a, b)| two(Arithmetic::Sub, a, b)),
    ];
    leaf.prop_recursive(2, 6, 2, move |inner| {
        prop_oneof![
            2 => (one_of(&[Arithmetic::Add, Arithmetic::Sub][..]), inner.clone(), inner.clone())
                .prop_map(|(op, a, b)| two(op, a, b)),
            2 => (one_of(&[Arithmetic::Mul, Arithmetic::Div][..]), inner.clone(), factor.clone())
                .prop_map(|(op, a, b)| two(op, a, b)),
            1 => inner.prop_map(|a| Expr::Negate(a.into())),
        ]
    })
    .boxed()
}

pub(crate) fn moved(names: &'static [&'static str]) -> impl Strategy<Value = Expr> {
    let ops = one_of(&[Arithmetic::Add, Arithmetic::Sub][..]);
    (ops, property(names), duration()).prop_map(|(op, a, b)| two(op, a, b))
}

/// 1 or null.
fn unknown_or_one() -> impl Strategy<Value = Expr> {
    property(&["IsDone"]).prop_map(|is_done| Expr::Case(vec![(is_done, literal("1"))]))
}

pub(crate) fn written() -> BoxedStrategy<Expr> {
    let anything = prop_oneof![
        exact(),
        double(),
        moved(&["At"]),
        moved(&["Day"]),
        duration(),
        property(&["Other", "IsDone", "Title"]),
        property(&["At"]).prop_map(|at| call(Function::Time, vec![at])),
    ];
    let number = one_of(&["0", "1", "-1", "2", "-3", "100000000000"][..]).prop_map(literal);
    prop_oneof![
        3 => anything.prop_map(|a| casted(a, "Edm.String")),
        2 => (text(), number.clone()).prop_map(|(a, from)| call(Function::Substring, vec![a, from])),
        2 => (text(), number, prop_oneof![one_of(&["0", "1", "2"][..]).prop_map(literal), unknown_or_one()])
            .prop_map(|(a, from, length)| call(Function::Substring, vec![a, from, length])),
        1 => Just(Expr::Path(path(None, &["Group", "Parent", "Name"]))),
    ]
    .boxed()
}

/// Text that is a literal of some type, or nearly.
fn legible() -> impl Strategy<Value = Expr> {
    let texts = &[
        "12",
        "-3",
        "2.5",
        "1e2",
        "007",
        " 1",
        "",
        "x",
        "2026-02-28",
        "2026-02-30",
        "true",
        "TRUE",
        "1e400",
        "1e-400",
        "99999999999999999999",
        "2026-02-28T23:30:00-02:00",
        "2026-02-28T23:30:00.5Z",
        "0.00000000005",
        "00000000-0000-0000-0000-000000000001",
    ];
    let types = &[
        "Edm.Int32",
        "Edm.Int64",
        "Edm.Decimal",
        "Edm.Double",
        "Edm.Boolean",
        "Edm.Date",
        "Edm.DateTimeOffset",
        "Edm.Guid",
    ];
    (one_of(&texts[..]), one_of(&types[..]), property(&["Title"]), any::<bool>()).prop_map(
        |(text, to, title, stored)| {
            let read = casted(Expr::Literal(Literal::String(text.to_owned())), to);
            let of = if stored { casted(title, to) } else { read };
            Expr::Compare {
                op: tidemark_model::query::Compare::Ne,
                left: casted(of, "Edm.String").into(),
                right: Expr::Literal(Literal::Null).into(),
            }
        },
    )
}

fn about_others() -> BoxedStrategy<Expr> {
    use tidemark_model::query::Compare;
    let size = |from: Option<&str>, names: &[&str]| Expr::Path(path(from, names));
    let over = |names: &[&str]| path(None, names);
    let lambda = |quantifier, over: Path, variable: &str, asked: Option<Expr>| Expr::Lambda {
        quantifier,
        over,
        variable: variable.to_owned(),
        condition: asked.map(Box::new),
    };
    let compare = |op, left: Expr, right: Expr| Expr::Compare { op, left: left.into(), right: right.into() };
    let null = || Expr::Literal(Literal::Null);
    let quantifiers = one_of(&[Quantifier::Any, Quantifier::All][..]);
    let asked = prop_oneof![
        (operator(), exact()).prop_map(move |(op, b)| compare(op, size(Some("g"), &["Size"]), b)),
        (operator()).prop_map(move |op| compare(op, size(Some("g"), &["Size"]), size(Some("g"), &["Parent", "Size"]))),
        (operator()).prop_map(move |op| compare(op, size(Some("g"), &["Name"]), Expr::Property("Title".into()))),
        Just(lambda(
            Quantifier::Any,
            path(Some("g"), &["Things"]),
            "t",
            Some(compare(Compare::Gt, size(Some("t"), &["Rank"]), Expr::Property("Rank".into())))
        )),
    ];
    prop_oneof![
        (operator(), text()).prop_map(move |(op, b)| compare(op, size(None, &["Group", "Name"]), b)),
        one_of(&[Compare::Eq, Compare::Ne][..]).prop_map(move |op| compare(op, Expr::Property("Group".into()), null())),
        one_of(&[Compare::Eq, Compare::Ne][..]).prop_map(move |op| compare(
            op,
            size(None, &["Group", "Parent"]),
            null()
        )),
        (operator(), 0i64..3).prop_map(move |(op, n)| {
            compare(op, Expr::Count(over(&["Group", "Children"])), literal(&n.to_string()))
        }),
        (operator(), 0i64..3, operator(), -1i64..3).prop_map(move |(op, n, inner, size)| {
            let filter = compare(inner, Expr::Property("Size".into()), literal(&size.to_string()));
            let counted =
                Expr::CountOf { over: over(&["Group", "Children"]), filter: Some(filter.into()), search: Vec::new() };
            compare(op, counted, literal(&n.to_string()))
        }),
        Just(lambda(Quantifier::Any, over(&["Group", "Children"]), "", None)),
        (quantifiers, asked).prop_map(move |(quantifier, asked)| lambda(
            quantifier,
            over(&["Group", "Children"]),
            "g",
            Some(asked)
        )),
    ]
    .boxed()
}

fn calculated() -> BoxedStrategy<Expr> {
    let compare = |op, left: Expr, right: Expr| Expr::Compare { op, left: left.into(), right: right.into() };
    let numbers = &["0", "1", "2.5", "-3", "10", "INF", "NaN", "1e30", "0.1", "2026"];
    let durations = &[0, 86_400_000_000, -1];
    let leaf = prop_oneof![
        4 => (operator(), exact(), exact()).prop_map(move |(op, a, b)| compare(op, a, b)),
        3 => (operator(), exact(), one_of(&numbers[..]).prop_map(literal)).prop_map(move |(op, a, b)| compare(op, a, b)),
        2 => (operator(), double(), prop_oneof![double(), one_of(&numbers[..]).prop_map(literal)])
            .prop_map(move |(op, a, b)| compare(op, a, b)),
        1 => (exact().prop_map(|a| casted(a, "Edm.Decimal")), prop::collection::vec(one_of(&numbers[..]), 1..4))
            .prop_map(|(left, list)| Expr::In {
                left: left.into(),
                list: list.into_iter().map(|text| Literal::Number(text.into())).collect()
            }),
        1 => (operator(), duration(), one_of(&durations[..])).prop_map(move |(op, a, b)| {
            compare(op, a, Expr::Literal(Literal::Duration(b)))
        }),
        1 => (operator(), duration(), duration()).prop_map(move |(op, a, b)| compare(op, a, b)),
        1 => (operator(), moved(&["At"]), property(&["At"])).prop_map(move |(op, a, b)| compare(op, a, b)),
        1 => (operator(), moved(&["Day"]), property(&["Until"])).prop_map(move |(op, a, b)| compare(op, a, b)),
        2 => (operator(), written(), written()).prop_map(move |(op, a, b)| compare(op, a, b)),
        1 => legible(),
        1 => (text(), one_of(&["Edm.Int32", "Edm.Guid", "Edm.Decimal", "Edm.String"][..]))
            .prop_map(|(value, of)| Expr::IsOf { value: value.into(), of: of.into() }),
        1 => (text(), one_of(&["^a", "b$", "[^a-z]", "a.b", "(ab|ö)+", "\\d{2,}"][..]), any::<bool>())
            .prop_map(|(a, pattern, folds)| {
                let text = |text: &str| Expr::Literal(Literal::String(text.into()));
                let mut arguments = vec![a, text(pattern)];
                arguments.extend(folds.then(|| text("i")));
                call(Function::MatchesPattern, arguments)
            }),
        3 => about_others(),
        2 => condition(),
    ];
    leaf.prop_recursive(2, 8, 2, |inner| {
        use tidemark_model::query::Logic;
        prop_oneof![
            1 => inner.clone().prop_map(|e| Expr::Not(e.into())),
            3 => (one_of(&[Logic::And, Logic::Or][..]), inner.clone(), inner)
                .prop_map(|(op, a, b)| Expr::Logic { op, left: a.into(), right: b.into() }),
        ]
    })
    .boxed()
}

/// Tells whether a part of an expression may have no result for a row; a lambda's parts, and a count's, are of other records.
fn may_fail(here: &Here<'_>, expr: &Expr) -> bool {
    matches!(expr, Expr::Lambda { .. } | Expr::CountOf { .. })
        || naive::value(here, expr).is_err()
        || expr.parts().into_iter().any(|part| may_fail(here, part))
}

fn holds(databases: &Databases, dialect: Dialect, rows: &[Row], filter: &Expr) -> TestCaseResult {
    let world = World::new(rows);
    let query = Query { filter: Some(filter.clone()), ..Query::default() };
    let read = Select { neighbours: Some(&databases.around), ..Select::new(dialect, &SET, TABLE, &["Id"], &query) };
    databases.fill(dialect, rows);
    let statement = match select(&read) {
        Ok(statement) => statement,
        Err(tidemark_sql::QueryError::TooComplex) => return Ok(()),
        Err(error) if error.to_string().contains("not null") => return Ok(()),
        Err(error) => panic!("{error}: {filter:?}"),
    };
    let found = match databases.try_run(dialect, &statement) {
        Ok(found) => found,
        Err(reason) => {
            let excused = rows.iter().any(|row| may_fail(&Here::new(&world, row), filter));
            prop_assert!(excused, "{}: {}", reason, statement.sql);
            return Ok(());
        }
    };
    for row in rows {
        if let Ok(expected) = naive::condition(&Here::new(&world, row), filter) {
            let is_found = found.iter().any(|found| found[0] == Cell::Guid(id_of(row)));
            prop_assert_eq!(is_found, expected == Some(true), "{:?} of {:?}\n{}", dialect, row, statement.sql);
        }
    }
    Ok(())
}

#[test]
fn a_calculation_says_what_odata_says() {
    walk((rows(), calculated()), |databases, dialect, (rows, filter)| holds(databases, dialect, rows, filter));
}

#[test]
fn pages_in_a_calculated_order_add_up() {
    let key = prop_oneof![exact(), double(), duration(), moved(&["At"]), written()];
    let key = key.prop_filter("a constant orders nothing", |e| !matches!(e, Expr::Literal(_)));
    let keys = prop::collection::vec((key, any::<bool>()), 1..3);
    walk((rows(), keys, 1u64..4), |databases, dialect, (rows, keys, size)| {
        let order_by: Vec<OrderBy> =
            keys.iter().map(|(expr, descending)| OrderBy { expr: expr.clone(), descending: *descending }).collect();
        let world = World::new(rows);
        let mut sorted = rows.clone();
        let mut fails = false;
        sorted.sort_by(|a, b| {
            ordering::order_rows(&world, &order_by, a, b).unwrap_or_else(|_| {
                fails = true;
                std::cmp::Ordering::Equal
            })
        });
        databases.fill(dialect, rows);
        let query = Query { order_by, top: Some(*size), ..Query::default() };
        let around = Some(&databases.around as &dyn tidemark_sql::Neighbours);
        let read = Select { with_keys: true, neighbours: around, ..Select::new(dialect, &SET, TABLE, &["Id"], &query) };
        let mut seen: Vec<Uuid> = Vec::new();
        let mut last: Option<Vec<Cell<'static>>> = None;
        loop {
            let statement = match select(&Select { after: last.as_deref(), ..read.clone() }) {
                Ok(statement) => statement,
                // A constant within a cast has no order, and a sum may have too many digits.
                Err(_) => return Ok(()),
            };
            let Ok(page) = databases.try_run(dialect, &statement) else { return Ok(()) };
            seen.extend(page.iter().map(|row| match row[0] {
                Cell::Guid(id) => id,
                ref other => panic!("{other:?} is no id"),
            }));
            match page.last() {
                Some(row) if page.len() as u64 == *size => last = Some(row[1..].to_vec()),
                _ => break,
            }
        }
        let expected: Vec<Uuid> = sorted.iter().map(id_of).collect();
        prop_assert!(fails || seen == expected, "{:?}\n{:?}\n{:?}", dialect, seen, select(&read).unwrap().sql);
        Ok(())
    });
}
