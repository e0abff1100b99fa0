//! Random queries over random rows: SQLite and PostgreSQL must select what the naive evaluator selects.
//!
//! `TIDEMARK_FILTERS` says how many cases, `TIDEMARK_SEED` where they start.

use crate::databases::Databases;
use crate::drawn::{BIG, MASS, TEXTS, condition, order_by, rows};
use crate::naive;
use crate::naive::Here;
use crate::ordering;
use crate::support::{Row, TABLE, World, set};
use proptest::prelude::*;
use proptest::sample::select as one_of;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseResult, TestRng, TestRunner};
use std::collections::BTreeSet;
use std::sync::LazyLock;
use tidemark_model::query::{Compare, Computed, Expr, Function, Literal, OrderBy, Query, Search};
use tidemark_model::text::Needle;
use tidemark_model::{Cell, EntitySet};
use tidemark_sql::{Dialect, Select, count, placeholders, select};
use uuid::Uuid;

pub(crate) static SET: LazyLock<EntitySet> = LazyLock::new(set);

pub(crate) fn id_of(row: &Row) -> Uuid {
    match row["Id"] {
        Cell::Guid(id) => id,
        _ => unreachable!("rows have ids"),
    }
}

/// Lives random cases on both databases.
pub(crate) fn walk<S: Strategy>(cases: S, holds: impl Fn(&Databases, Dialect, &S::Value) -> TestCaseResult) {
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
        let world = World::new(rows);
        let holds = |row: &&Row| naive::condition(&Here::new(&world, row), filter).unwrap() == Some(true);
        let mut expected: Vec<Uuid> = rows.iter().filter(holds).map(id_of).collect();
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
        let world = World::new(rows);
        sorted.sort_by(|a, b| ordering::order_rows(&world, order_by, a, b).unwrap());
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

pub(crate) fn searches() -> impl Strategy<Value = Search> {
    let word = one_of(&TEXTS[..]).prop_filter("an empty word asks for nothing", |text| !text.is_empty());
    word.prop_map(|text| Search::Word(text.to_owned())).prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|one| Search::Not(Box::new(one))),
            prop::collection::vec(inner.clone(), 1..3).prop_map(Search::All),
            prop::collection::vec(inner, 1..3).prop_map(Search::Any),
        ]
    })
}

pub(crate) fn is_found(row: &Row, search: &Search) -> bool {
    match search {
        Search::Word(word) => ["Title", "Notes"].iter().any(|name| match &row[name] {
            Cell::Text(text) => Needle::new(word).is_in(text),
            _ => false,
        }),
        Search::Not(inner) => !is_found(row, inner),
        Search::All(parts) => parts.iter().all(|part| is_found(row, part)),
        Search::Any(parts) => parts.iter().any(|part| is_found(row, part)),
    }
}

#[test]
fn a_search_finds_what_its_words_say() {
    walk((rows(), prop::collection::vec(searches(), 0..3)), |databases, dialect, (rows, search)| {
        let holds = |row: &&Row| search.iter().all(|part| is_found(row, part));
        let mut expected: Vec<Uuid> = rows.iter().filter(holds).map(id_of).collect();
        expected.sort();
        let mut search = search.clone();
        search.push(Search::Word(String::new()));
        let query = Query { search, ..Query::default() };
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
    let world = World::new(rows);
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        databases.fill(dialect, rows);
        for filter in filters {
            let query = Query { filter: Some(filter.clone()), ..Query::default() };
            let statement = select(&Select::new(dialect, &SET, TABLE, &["Id"], &query)).unwrap();
            let found: BTreeSet<Uuid> = databases.ids(dialect, &statement).into_iter().collect();
            let holds = |row: &Row| naive::condition(&Here::new(&world, row), filter).unwrap() == Some(true);
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

#[test]
fn what_is_far_behind_others_is_read_as_what_is_near() {
    let databases = Databases::new(&SET);
    let text = |n: usize| Cell::Text(format!("{:04}", n * 7 % 1_201).into());
    let rows: Vec<Row> =
        (0..1_201).map(|n| row_of(n, [("Title", text(n)), ("Rank", Cell::Integer(n as i64 % 3))])).collect();
    let rank = Expr::Compare {
        op: Compare::Ne,
        left: name("Rank").into(),
        right: Expr::Literal(Literal::Number("2".into())).into(),
    };
    let order_by = vec![OrderBy { expr: name("Title"), descending: true }];
    let compute = vec![Computed { expr: name("Title"), name: "Again".into() }];
    for (skip, filter) in [(999, None), (1_000, None), (1_195, None), (800, Some(rank.clone())), (1_000, Some(rank))] {
        let query = Query { filter, order_by: order_by.clone(), compute: compute.clone(), ..Query::default() };
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            databases.fill(dialect, &rows);
            let scope = [("_IsTombstoned", Cell::Integer(0))];
            let read = |query| Select {
                scope: &scope,
                with_keys: true,
                ..Select::new(dialect, &SET, TABLE, &["Id", "Title"], query)
            };
            let all = databases.run(dialect, &select(&read(&query)).unwrap());
            let far = Query { skip, top: Some(5), ..query.clone() };
            let page = databases.run(dialect, &select(&read(&far)).unwrap());
            let behind: Vec<_> = all.into_iter().skip(skip as usize).take(5).collect();
            assert_eq!(page, behind, "{dialect:?} {skip}");
        }
    }
}
