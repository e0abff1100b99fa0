//! What lists are sorted and filtered by is read from an index, in order: both databases say so of their plans.

use crate::databases::{Databases, columns};
use crate::support::{GROUPS, set};
use tidemark_model::query::{Compare, Expr, Literal, OrderBy, Query};
use tidemark_model::{Cell, IS_TOMBSTONED};
use tidemark_sql::{
    Column, ColumnKind, Dialect, Layout, Related, Select, Statement, count, create_indexes, create_table, quoted,
    related, select, statistics,
};
use uuid::Uuid;

const TABLE: &str = "Laid";
const WORKSPACE: &str = "$workspace";

/// A page as the server reads it, and as the offline database does.
fn plan(databases: &Databases, dialect: Dialect, query: &Query, of: Option<&str>) -> String {
    let set = set();
    let scope = [(WORKSPACE, Cell::Integer(1)), (IS_TOMBSTONED, Cell::Integer(0))];
    let mut read = Select::new(dialect, &set, TABLE, &["Id", "Title"], query);
    read.scope = &scope;
    let written = match of {
        None => select(&read),
        Some(by) => related(&Related { select: read, by, of: &[Uuid::from_u128(1), Uuid::from_u128(2)] })
            .map(|(statement, _)| statement),
    };
    explained(databases, dialect, written.unwrap())
}

fn explained(databases: &Databases, dialect: Dialect, Statement { sql, values }: Statement) -> String {
    let explain = match dialect {
        Dialect::Sqlite => "EXPLAIN QUERY PLAN",
        Dialect::Postgres => "EXPLAIN (COSTS OFF)",
    };
    let rows = databases.run(dialect, &Statement { sql: format!("{explain} {sql}"), values });
    let line = |row: Vec<Cell<'static>>| match row.into_iter().next_back() {
        Some(Cell::Text(line)) => line.into_owned(),
        other => panic!("{other:?} is no line of a plan"),
    };
    rows.into_iter().map(line).collect::<Vec<_>>().join("\n")
}

fn laid() -> Databases {
    let (set, scope) = (set(), [Column::required(WORKSPACE, ColumnKind::Integer)]);
    let databases = Databases::new(&set);
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let columns = [&scope[..], &columns(dialect, &set)].concat();
        let table = create_table(dialect, TABLE, &columns, &[WORKSPACE, "Id"], Layout::ByKey);
        let indexes = create_indexes(dialect, TABLE, &set, &scope);
        let known = statistics(TABLE, scope.len(), &[], &indexes);
        let statements: Vec<String> = std::iter::once(table).chain(indexes.into_iter().map(|(_, sql)| sql)).collect();
        match dialect {
            Dialect::Sqlite => {
                databases.sqlite.execute_batch(&statements.join(";")).unwrap();
                let known = format!("ANALYZE {GROUPS}; {known}; ANALYZE sqlite_schema");
                databases.sqlite.execute_batch(&known).unwrap();
            }
            Dialect::Postgres => {
                let mut client = databases.postgres.borrow_mut();
                client.batch_execute(&statements.join(";")).unwrap();
                // It plans by what it has counted.
                client
                    .batch_execute(
                        "INSERT INTO \"Laid\" (\"$workspace\", \"Id\", \"_UpdatedAt\", \"_IsTombstoned\", \"At\", \"Other\")
                         SELECT 1, gen_random_uuid(), n, 0, n, gen_random_uuid() FROM generate_series(1, 10000) AS n;
                         ANALYZE \"Laid\"",
                    )
                    .unwrap();
            }
        }
    }
    databases
}

fn property(name: &str) -> Expr {
    Expr::Property(name.into())
}

/// Without being told better SQLite looks each record up in the table by way of an index that is of no use.
#[test]
fn what_has_no_index_is_read_from_the_table() {
    let (databases, set) = (laid(), set());
    let by_title = OrderBy { expr: property("Title"), descending: false };
    let titles = Query { order_by: vec![by_title], top: Some(50), ..Query::default() };
    let plan = plan(&databases, Dialect::Sqlite, &titles, None);
    assert!(plan.contains("SEARCH t USING PRIMARY KEY"), "{plan}");
    let all = Query::default();
    let plan = self::plan(&databases, Dialect::Sqlite, &all, None);
    assert!(plan.contains("SEARCH t USING PRIMARY KEY") && !plan.contains("TEMP"), "{plan}");
    let mut counted = Select::new(Dialect::Sqlite, &set, TABLE, &[], &all);
    let scope = [(WORKSPACE, Cell::Integer(1)), (IS_TOMBSTONED, Cell::Integer(0))];
    counted.scope = &scope;
    let plan = explained(&databases, Dialect::Sqlite, count(&counted).unwrap());
    assert!(plan.contains("SEARCH t USING PRIMARY KEY"), "{plan}");
}

#[test]
fn what_lists_are_sorted_and_filtered_by_is_read_from_an_index() {
    let databases = laid();
    let by = |name: &str, descending| OrderBy { expr: property(name), descending };
    let top = Some(50);
    let of_one = Expr::Compare {
        op: Compare::Eq,
        left: property("Other").into(),
        right: Expr::Literal(Literal::Guid(Uuid::from_u128(1))).into(),
    };
    let cases = [
        ("At", Query { order_by: vec![by("At", false)], top, ..Query::default() }, None),
        ("At", Query { order_by: vec![by("At", true)], top, ..Query::default() }, None),
        ("_UpdatedAt", Query { order_by: vec![by("_UpdatedAt", true)], top, ..Query::default() }, None),
        ("Other", Query { filter: Some(of_one), top, ..Query::default() }, None),
        ("Other", Query { top, ..Query::default() }, Some("Other")),
    ];
    for (index, query, of) in &cases {
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            let plan = plan(&databases, dialect, query, *of);
            let name = format!("{TABLE}$of_{index}");
            assert!(plan.contains(&name), "{dialect:?} does not use {}:\n{plan}", quoted(dialect, &name));
            // What is alike in the first key may be put in order by itself; a whole table may not.
            let sorts = plan.lines().map(str::trim).filter(|line| match dialect {
                Dialect::Sqlite => line.contains("TEMP B-TREE FOR ORDER BY"),
                Dialect::Postgres => line.trim_start_matches(['-', '>', ' ']) == "Sort",
            });
            assert!(of.is_some() || sorts.count() == 0, "{dialect:?} sorts by {index}:\n{plan}");
        }
    }
}
