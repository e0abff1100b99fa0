//! What a query may not ask, and the sentences that say so; and queries at the edge of what a database takes.

use crate::databases::Databases;
use crate::support::{TABLE, set};
use tidemark_model::Cell;
use tidemark_model::query::{Compare, Expr, Function, Literal, Logic, OrderBy, Query};
use tidemark_sql::{Dialect, QueryError, Select, Statement, count, select};

fn property(name: &str) -> Expr {
    Expr::Property(name.into())
}

fn compare(left: Expr, right: Expr) -> Expr {
    Expr::Compare { op: Compare::Eq, left: left.into(), right: right.into() }
}

fn text(text: &str) -> Expr {
    Expr::Literal(Literal::String(text.into()))
}

fn number(text: &str) -> Expr {
    Expr::Literal(Literal::Number(text.into()))
}

fn sqlite(filter: Expr) -> Result<Statement, QueryError> {
    let query = Query { filter: Some(filter), ..Query::default() };
    count(&Select::new(Dialect::Sqlite, &set(), TABLE, &["Id"], &query))
}

#[test]
fn sentences_name_the_property() {
    let date = Literal::Date("2026-02-30".into());
    let cases = [
        (compare(property("Titel"), text("a")), Some("Titel"), "Things has no property Titel"),
        (
            compare(property("Rank"), text("high")),
            Some("Rank"),
            "Rank is Edm.Int32 and cannot be compared with 'high': it takes a number",
        ),
        (
            compare(number("1"), property("Title")),
            Some("Title"),
            "Title is Edm.String and cannot be compared with 1: it takes text in single quotes",
        ),
        (
            compare(property("Day"), Expr::Literal(date)),
            Some("Day"),
            "Day is Edm.Date and cannot be compared with 2026-02-30: it takes a date such as 2026-03-31, without quotes",
        ),
        (
            compare(property("Title"), property("At")),
            Some("Title"),
            "Title is Edm.String and cannot be compared with At, which is Edm.DateTimeOffset: it takes text in single quotes",
        ),
        (property("Title"), Some("Title"), "Title is Edm.String, not a condition: compare it with something"),
        (number("5"), None, "5 is not a condition: compare a property with it"),
        (
            Expr::Call { function: Function::Contains, arguments: vec![property("Rank"), text("1")] },
            Some("Rank"),
            "contains takes text, and Rank (Edm.Int32) is not",
        ),
        (
            Expr::Call { function: Function::Contains, arguments: vec![property("Title")] },
            None,
            "contains takes 2 arguments",
        ),
        (compare(property("Title"), text("a\0")), None, "Text in a query must not contain a NUL character"),
    ];
    for (filter, target, sentence) in cases {
        let error = sqlite(filter).expect_err(sentence);
        assert_eq!((error.property(), error.to_string().as_str()), (target, sentence));
    }
}

#[test]
fn select_and_order_by_are_checked_too() {
    let set = set();
    let unknown = Query { select: vec!["*".into(), "Nope".into()], ..Query::default() };
    let constant = Query { order_by: vec![OrderBy { expr: number("1"), descending: false }], ..Query::default() };
    let all = Query { select: vec!["*".into()], ..Query::default() };
    let read = |query| select(&Select::new(Dialect::Sqlite, &set, TABLE, &["Id"], query));
    assert_eq!(read(&unknown).unwrap_err().property(), Some("Nope"));
    assert!(matches!(read(&constant), Err(QueryError::Unsupported { .. })));
    assert!(read(&all).is_ok());
    let after = [Cell::Integer(1), Cell::Integer(2)];
    let wrong = Select { after: Some(&after), ..Select::new(Dialect::Sqlite, &set, TABLE, &["Id"], &all) };
    assert!(matches!(select(&wrong), Err(QueryError::Unsupported { .. })));
}

fn either(left: Expr, right: Expr) -> Expr {
    Expr::Logic { op: Logic::Or, left: left.into(), right: right.into() }
}

#[test]
fn what_is_accepted_is_within_the_limits_of_both_databases() {
    let databases = Databases::new(&set());
    let run = |filter: Expr| {
        let query = Query { filter: Some(filter), ..Query::default() };
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            databases.run(dialect, &count(&Select::new(dialect, &set(), TABLE, &["Id"], &query)).unwrap());
        }
    };
    let ranks = |n: usize| (0..n).map(|i| compare(property("Rank"), number(&i.to_string())));
    let wide = ranks(4_000).reduce(either).unwrap();
    run(wide);
    let wider = ranks(6_000).reduce(either).unwrap();
    assert_eq!(sqlite(wider), Err(QueryError::TooComplex));

    // Alternating chains, the next level always where SQLite's own tree is deepest.
    let nested = |levels: usize| {
        (0..levels).fold(property("IsDone"), |inner, level| {
            let op = if level % 2 == 0 { Logic::And } else { Logic::Or };
            ranks(7).fold(inner, |left, right| Expr::Logic { op, left: left.into(), right: right.into() })
        })
    };
    run(nested(50));
    assert_eq!(sqlite(nested(51)), Err(QueryError::TooComplex));

    let negated = |levels: usize| (0..levels).fold(property("IsDone"), |inner, _| Expr::Not(inner.into()));
    run(negated(50));
    assert_eq!(sqlite(negated(60)), Err(QueryError::TooComplex));

    // Comparing conditions repeats their text: twice as long at each level.
    let doubling = |levels: usize| {
        (0..levels).fold(property("IsDone"), |inner, _| Expr::Compare {
            op: Compare::Ge,
            left: inner.into(),
            right: Expr::Literal(Literal::Boolean(true)).into(),
        })
    };
    run(doubling(12));
    assert_eq!(sqlite(doubling(40)), Err(QueryError::TooComplex));

    let concat = |levels: usize| {
        (0..levels).fold(property("Title"), |inner, _| Expr::Call {
            function: Function::Concat,
            arguments: vec![inner, text("!")],
        })
    };
    run(compare(concat(40), text("x")));
    assert_eq!(sqlite(compare(concat(60), text("x"))), Err(QueryError::TooComplex));
}

#[test]
fn a_column_that_is_missing_is_an_error_and_not_its_name_as_text() {
    let connection = rusqlite::Connection::open_in_memory().unwrap();
    connection.execute_batch("CREATE TABLE \"Things\" (\"Id\" BLOB NOT NULL PRIMARY KEY)").unwrap();
    let statement = sqlite(compare(property("Title"), text("Title"))).unwrap();
    assert!(connection.prepare(&statement.sql).unwrap_err().to_string().contains("no such column"));
}
