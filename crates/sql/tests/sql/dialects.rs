//! The text for both dialects, as snapshots: a change of it is seen in review.

use crate::support::{TABLE, set};
use std::fmt::Write as _;
use tidemark_model::query::{Compare, Expr, Function, Literal, Logic, OrderBy, Query, Search};
use tidemark_model::{Cell, EntitySet};
use tidemark_sql::{
    Column, ColumnKind, Dialect, Layout, Select, Statement, add_column, column_of, count, create_index, create_table,
    fill_default, select,
};
use uuid::Uuid;

fn property(name: &str) -> Expr {
    Expr::Property(name.into())
}

fn compare(op: Compare, left: Expr, right: Expr) -> Expr {
    Expr::Compare { op, left: left.into(), right: right.into() }
}

fn number(text: &str) -> Expr {
    Expr::Literal(Literal::Number(text.into()))
}

fn text(text: &str) -> Expr {
    Expr::Literal(Literal::String(text.into()))
}

fn call(function: Function, arguments: Vec<Expr>) -> Expr {
    Expr::Call { function, arguments }
}

fn show(out: &mut String, statement: &Statement) {
    let _ = writeln!(out, "{}\n    {:?}", statement.sql, statement.values);
}

fn both(set: &EntitySet, query: &Query, shape: impl for<'q> Fn(Select<'q>) -> Select<'q>) -> String {
    let mut out = String::new();
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let read = shape(Select::new(dialect, set, TABLE, &["Id", "Title"], query));
        show(&mut out, &select(&read).unwrap());
    }
    out
}

#[test]
fn conditions() {
    let set = set();
    let filters = [
        ("Title eq 'a'", compare(Compare::Eq, property("Title"), text("a"))),
        ("Title ne null", compare(Compare::Ne, property("Title"), Expr::Literal(Literal::Null))),
        ("3 lt Rank", compare(Compare::Lt, number("3"), property("Rank"))),
        ("Cost gt 3.505", compare(Compare::Gt, property("Cost"), number("3.505"))),
        ("Cost ge Fine", compare(Compare::Ge, property("Cost"), property("Fine"))),
        ("Cost lt Ratio", compare(Compare::Lt, property("Cost"), property("Ratio"))),
        ("_UpdatedAt gt 5", compare(Compare::Gt, property("_UpdatedAt"), number("5"))),
        ("IsDone", property("IsDone")),
        ("not IsDone", Expr::Not(property("IsDone").into())),
        (
            "contains(tolower(Title),'x') eq IsDone",
            compare(
                Compare::Eq,
                call(Function::Contains, vec![call(Function::ToLower, vec![property("Title")]), text("x")]),
                property("IsDone"),
            ),
        ),
        ("startswith(Title,'x')", call(Function::StartsWith, vec![property("Title"), text("x")])),
        ("endswith(Title,Notes)", call(Function::EndsWith, vec![property("Title"), property("Notes")])),
        (
            "indexof(concat(Title,'!'),null) ge length(trim(Notes))",
            compare(
                Compare::Ge,
                call(
                    Function::IndexOf,
                    vec![call(Function::Concat, vec![property("Title"), text("!")]), Expr::Literal(Literal::Null)],
                ),
                call(Function::Length, vec![call(Function::Trim, vec![property("Notes")])]),
            ),
        ),
        (
            "Rank in (1,2.5,null)",
            Expr::In {
                left: property("Rank").into(),
                list: vec![Literal::Number("1".into()), Literal::Number("2.5".into()), Literal::Null],
            },
        ),
        (
            "IsDone or IsHot and Other eq 00000000-0000-0000-0000-000000000001",
            Expr::Logic {
                op: Logic::Or,
                left: property("IsDone").into(),
                right: Expr::Logic {
                    op: Logic::And,
                    left: property("IsHot").into(),
                    right: compare(Compare::Eq, property("Other"), Expr::Literal(Literal::Guid(Uuid::from_u128(1))))
                        .into(),
                }
                .into(),
            },
        ),
    ];
    let mut out = String::new();
    for (name, filter) in filters {
        let query = Query { filter: Some(filter), ..Query::default() };
        let _ = writeln!(out, "# {name}");
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            show(&mut out, &count(&Select::new(dialect, &set, TABLE, &[], &query)).unwrap());
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn order_and_paging() {
    let set = set();
    let query = Query {
        order_by: vec![
            OrderBy { expr: property("Title"), descending: true },
            OrderBy { expr: compare(Compare::Gt, property("Rank"), number("1")), descending: false },
        ],
        top: Some(10),
        skip: 20,
        search: vec![Search::Word("50%".into()), Search::Word("pump".into())],
        ..Query::default()
    };
    let mut out = both(&set, &query, |read| Select { with_keys: true, ..read });
    let scope = [("Workspace", Cell::Text("w".into())), ("_IsTombstoned", Cell::Integer(0))];
    let after = [Cell::Text("m".into()), Cell::Integer(1), Cell::Guid(Uuid::from_u128(7))];
    let plain = Query { order_by: query.order_by.clone(), ..Query::default() };
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let read = Select {
            scope: &scope,
            after: Some(&after),
            extra_where: Some(match dialect {
                Dialect::Sqlite => "t.\"Other\" <> ?1",
                Dialect::Postgres => "t.\"Other\" <> $1",
            }),
            extra_values: &[Cell::Guid(Uuid::nil())],
            ..Select::new(dialect, &set, TABLE, &["Id"], &plain)
        };
        show(&mut out, &select(&read).unwrap());
    }
    insta::assert_snapshot!(out);
}

#[test]
fn tables() {
    let set = set();
    let mut columns: Vec<Column> = set.entity_type.properties.iter().map(column_of).collect();
    columns.push(Column::required("_Etag", ColumnKind::Text));
    columns.push(Column::nullable("_Base", ColumnKind::Bytes));
    let hot = set.entity_type.property("IsHot").unwrap();
    let indexed = ["Title", "Id"].map(|name| column_of(set.entity_type.property(name).unwrap()));
    let mut out = String::new();
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        for layout in [Layout::Rowid, Layout::ByKey] {
            let _ = writeln!(out, "{}", create_table(dialect, TABLE, &columns, &["Id"], layout));
        }
        let _ = writeln!(out, "{}", create_index(dialect, "ThingsByTitle", TABLE, &indexed));
        let _ = writeln!(out, "{}", add_column(dialect, "odd \" name", &column_of(hot)));
        show(&mut out, &fill_default(dialect, TABLE, hot).unwrap());
        assert_eq!(fill_default(dialect, TABLE, set.entity_type.property("Title").unwrap()), None);
    }
    insta::assert_snapshot!(out);
}
