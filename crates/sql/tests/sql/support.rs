//! A small entity set with every kind in it, and its rows in a real SQLite database.

use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, params_from_iter};
use std::collections::BTreeMap;
use tidemark_model::{Cell, EntityModel, EntitySet};
use tidemark_sql::{Dialect, Layout, Statement, column_of, create_table};
use uuid::Uuid;

pub(crate) const TABLE: &str = "Things";

/// A row: property name to value; what is not in it is null.
pub(crate) type Row = BTreeMap<&'static str, Cell<'static>>;

pub(crate) fn set() -> EntitySet {
    let document = serde_json::json!({
        "$Version": "4.01",
        "$EntityContainer": "T.Container",
        "T": {
            "Thing": {
                "$Kind": "EntityType",
                "$Key": ["Id"],
                "Id": { "$Type": "Edm.Guid" },
                "Title": { "$Nullable": true, "$MaxLength": 50 },
                "Notes": { "$Nullable": true },
                "IsDone": { "$Type": "Edm.Boolean", "$Nullable": true },
                "IsHot": { "$Type": "Edm.Boolean", "$DefaultValue": "true" },
                "Rank": { "$Type": "Edm.Int32", "$Nullable": true },
                "Big": { "$Type": "Edm.Int64", "$Nullable": true },
                "Cost": { "$Type": "Edm.Decimal", "$Precision": 10, "$Scale": 2, "$Nullable": true },
                "Fine": { "$Type": "Edm.Decimal", "$Precision": 18, "$Scale": 4, "$Nullable": true },
                "Ratio": { "$Type": "Edm.Double", "$Nullable": true },
                "Day": { "$Type": "Edm.Date", "$Nullable": true },
                "Until": { "$Type": "Edm.Date", "$Nullable": true },
                "At": { "$Type": "Edm.DateTimeOffset", "$Nullable": true },
                "Other": { "$Type": "Edm.Guid", "$Nullable": true }
            },
            "Container": {
                "$Kind": "EntityContainer",
                "Things": { "$Collection": true, "$Type": "T.Thing" }
            }
        }
    });
    let model = EntityModel::parse(&document.to_string()).unwrap();
    model.set(TABLE).unwrap().clone()
}

pub(crate) fn database(set: &EntitySet, rows: &[Row]) -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    tidemark_sqlite::set_up(&connection).unwrap();
    let columns: Vec<_> = set.entity_type.properties.iter().map(column_of).collect();
    connection.execute_batch(&create_table(Dialect::Sqlite, TABLE, &columns, &["Id"], Layout::Rowid)).unwrap();
    for row in rows {
        let names: Vec<String> = row.keys().map(|name| format!("\"{name}\"")).collect();
        let marks = vec!["?"; row.len()].join(", ");
        let sql = format!("INSERT INTO \"{TABLE}\" ({}) VALUES ({marks})", names.join(", "));
        connection.execute(&sql, params_from_iter(row.values().map(bound))).unwrap();
    }
    connection
}

/// Runs a statement and returns its rows.
pub(crate) fn run(connection: &Connection, statement: &Statement) -> Vec<Vec<Value>> {
    let mut prepared = connection.prepare(&statement.sql).unwrap_or_else(|e| panic!("{e}\n{}", statement.sql));
    let width = prepared.column_count();
    let rows = prepared.query_map(params_from_iter(statement.values.iter().map(bound)), |row| {
        (0..width).map(|i| row.get::<_, Value>(i)).collect()
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

/// Runs a statement whose first column is `Id`.
pub(crate) fn ids(connection: &Connection, statement: &Statement) -> Vec<Uuid> {
    run(connection, statement).iter().map(|row| id(&row[0])).collect()
}

pub(crate) fn id(value: &Value) -> Uuid {
    match value {
        Value::Blob(bytes) => Uuid::from_slice(bytes).unwrap(),
        other => panic!("{other:?} is no id"),
    }
}

pub(crate) fn bound<'a>(cell: &'a Cell<'static>) -> ToSqlOutput<'a> {
    match cell {
        Cell::Null => ToSqlOutput::Owned(Value::Null),
        Cell::Integer(n) => ToSqlOutput::Owned(Value::Integer(*n)),
        Cell::Real(n) => ToSqlOutput::Owned(Value::Real(*n)),
        Cell::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
        Cell::Guid(id) => ToSqlOutput::Owned(Value::Blob(id.as_bytes().to_vec())),
    }
}
