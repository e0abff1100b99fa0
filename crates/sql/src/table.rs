//! Tables, columns and indexes, derived from the entity model.
//!
//! Owns: which SQL type a property has in each dialect, and the text of additive migration. Refuses: deciding when
//! to migrate, and rules of validity: those are the model's, so only the key and the two sync properties that
//! every stored record has are NOT NULL (a purged tombstone has no content, and a property may be added later).

use crate::column::{Column, ColumnKind};
use crate::folded::{folded_cell, folded_column};
use crate::name::{name, quoted};
use crate::statement::{Dialect, Statement};
use std::fmt::Write as _;
use tidemark_model::{Cell, CellSeed, EntitySet, ID, Kind, Property, Role};

/// How a table lies on disk; PostgreSQL has one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// By SQLite's rowid, the primary key in an index beside it.
    Rowid,
    /// In the order of the primary key (`WITHOUT ROWID`).
    ByKey,
}

/// Returns the column that holds a property.
pub fn column_of(property: &Property) -> Column {
    let kind = match property.kind {
        Kind::String { .. } | Kind::Date => ColumnKind::Text,
        Kind::Boolean | Kind::Int32 | Kind::Int64 | Kind::Decimal { .. } | Kind::DateTimeOffset => ColumnKind::Integer,
        Kind::Double => ColumnKind::Real,
        Kind::Guid => ColumnKind::Guid,
    };
    let nullable = !matches!(property.role, Role::Key | Role::UpdatedAt | Role::IsTombstoned);
    Column { name: property.name.clone(), kind, nullable }
}

/// Writes `CREATE TABLE IF NOT EXISTS`. SQLite tables are STRICT: a value in the wrong form fails loudly.
pub fn create_table(dialect: Dialect, table: &str, columns: &[Column], primary_key: &[&str], layout: Layout) -> String {
    let mut sql = format!("CREATE TABLE IF NOT EXISTS {} (", quoted(dialect, table));
    for column in columns {
        let required = !column.nullable || primary_key.contains(&column.name.as_str());
        let not_null = if required { " NOT NULL" } else { "" };
        let _ = write!(sql, "{} {}{not_null}, ", quoted(dialect, &column.name), type_name(dialect, column.kind));
    }
    let _ = write!(sql, "PRIMARY KEY ({}))", quoted_list(dialect, primary_key));
    sql.push_str(match (dialect, layout) {
        (Dialect::Sqlite, Layout::Rowid) => " STRICT",
        (Dialect::Sqlite, Layout::ByKey) => " STRICT, WITHOUT ROWID",
        (Dialect::Postgres, _) => "",
    });
    sql
}

/// Writes `ALTER TABLE … ADD COLUMN`. The column is nullable whatever it says: rows exist already.
pub fn add_column(dialect: Dialect, table: &str, column: &Column) -> String {
    let (table, kind) = (quoted(dialect, table), type_name(dialect, column.kind));
    format!("ALTER TABLE {table} ADD COLUMN {} {kind}", quoted(dialect, &column.name))
}

/// Writes the statement that gives existing rows the default of a property that was added to the model; `None`
/// where it has no default.
pub fn fill_default(dialect: Dialect, table: &str, property: &Property) -> Option<Statement> {
    let default = property.default.as_ref()?;
    let cell = CellSeed::written(property).read(default).ok().filter(|cell| *cell != Cell::Null)?.into_owned();
    let column = quoted(dialect, &property.name);
    let mut builder = crate::statement::Builder::new(dialect);
    let folded = folded_column(dialect, property).map(|column| (quoted(dialect, &column.name), folded_cell(&cell)));
    let mut set = format!("{column} = {}", builder.bind(cell));
    if let Some((column, cell)) = folded {
        let _ = write!(set, ", {column} = {}", builder.bind(cell));
    }
    builder.finish(format!("UPDATE {} SET {set} WHERE {column} IS NULL", quoted(dialect, table))).ok()
}

/// Writes `CREATE INDEX IF NOT EXISTS`. It serves this crate's `ORDER BY` in both directions: nulls first where a
/// column has any, which SQLite does by itself and PostgreSQL compares word by word.
pub fn create_index(dialect: Dialect, index: &str, table: &str, columns: &[Column]) -> String {
    let key = |column: &Column| match (dialect, column.nullable) {
        (Dialect::Postgres, true) => format!("{} NULLS FIRST", quoted(dialect, &column.name)),
        _ => quoted(dialect, &column.name),
    };
    let keys: Vec<String> = columns.iter().map(key).collect();
    let (index, table) = (quoted(dialect, index), quoted(dialect, table));
    format!("CREATE INDEX IF NOT EXISTS {index} ON {table} ({})", keys.join(", "))
}

/// Writes the indexes of a set's table for what its lists are sorted and filtered by, each followed by `Id` as the order
/// of every list is: the name of each, and its statement. `scope` are the columns that every read of the table is limited
/// by.
pub fn create_indexes(dialect: Dialect, table: &str, set: &EntitySet, scope: &[Column]) -> Vec<(String, String)> {
    let by = |property: &Property| {
        // Nothing more: SQLite would take what is asked of `_IsTombstoned` for a find, and sort all that it finds so.
        let id = set.entity_type.property(ID);
        let own = std::iter::once(property).chain(id).map(column_of);
        let columns: Vec<Column> = scope.iter().cloned().chain(own).collect();
        // The `$` keeps the name apart from every table's.
        let index = name(dialect, &format!("{table}$of_{}", property.name)).into_owned();
        let sql = create_index(dialect, &index, table, &columns);
        (index, sql)
    };
    set.entity_type.indexed().map(by).collect()
}

/// Writes what SQLite is to know of a table by `create_table` and its indexes, as `ANALYZE` would: that `scope`, with which
/// each begins, tells nothing apart and that a property does, and that the table itself, which lies by its key, costs no
/// second look. Without it SQLite takes the scope for a find, and reads all of it in whatever order is asked. `unique` are
/// further indexes of the scope and one column. The same for every size, so that no plan changes overnight.
pub fn statistics(table: &str, scope: usize, unique: &[&str], indexes: &[(String, String)]) -> String {
    const ROWS: usize = 1_000_000;
    const ALIKE: usize = 100;
    let known = |index: &str, rest: &str| {
        let scope = vec![ROWS.to_string(); scope + 1].join(" ");
        format!("('{}', '{}', '{scope} {rest}')", table.replace('\'', "''"), index.replace('\'', "''"))
    };
    let alike = format!("{ALIKE} 1");
    // `sz` is the bytes of an entry: the table is read for less than an index and the table.
    let own = std::iter::once(known(table, "1 sz=1")).chain(unique.iter().map(|index| known(index, "1")));
    let rows: Vec<String> = own.chain(indexes.iter().map(|(index, _)| known(index, &alike))).collect();
    format!("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES {}", rows.join(", "))
}

/// Writes `CREATE UNIQUE INDEX IF NOT EXISTS`, over the rows of `only`, trusted text, where that is given.
pub fn create_unique_index(
    dialect: Dialect,
    index: &str,
    table: &str,
    columns: &[Column],
    only: Option<&str>,
) -> String {
    let sql = create_index(dialect, index, table, columns).replacen("CREATE INDEX", "CREATE UNIQUE INDEX", 1);
    match only {
        Some(condition) => format!("{sql} WHERE {condition}"),
        None => sql,
    }
}

fn type_name(dialect: Dialect, kind: ColumnKind) -> &'static str {
    match (dialect, kind) {
        (Dialect::Sqlite, ColumnKind::Text) => "TEXT",
        (Dialect::Sqlite, ColumnKind::Integer) => "INTEGER",
        (Dialect::Sqlite, ColumnKind::Real) => "REAL",
        (Dialect::Sqlite, ColumnKind::Guid | ColumnKind::Bytes) => "BLOB",
        // Without it a database's locale would order text otherwise than SQLite and than Rust.
        (Dialect::Postgres, ColumnKind::Text) => "TEXT COLLATE \"C\"",
        (Dialect::Postgres, ColumnKind::Integer) => "BIGINT",
        (Dialect::Postgres, ColumnKind::Real) => "DOUBLE PRECISION",
        (Dialect::Postgres, ColumnKind::Guid) => "UUID",
        (Dialect::Postgres, ColumnKind::Bytes) => "BYTEA",
    }
}

fn quoted_list(dialect: Dialect, names: &[&str]) -> String {
    names.iter().map(|name| quoted(dialect, name)).collect::<Vec<_>>().join(", ")
}
