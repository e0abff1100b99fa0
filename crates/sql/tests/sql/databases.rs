//! The table of the entity set in a real database of each kind.

use crate::support::{Around, GROUPS, Row, TABLE, groups, model};
use bytes::BytesMut;
use postgres::error::SqlState;
use postgres::types::{Format, IsNull, ToSql, Type, to_sql_checked};
use std::cell::RefCell;
use std::error::Error;
use tidemark_model::{Cell, EntitySet, NoNumber};
use tidemark_sql::{
    Column, Dialect, Layout, Statement, column_of, create_table, folded_cell, folded_column, placeholders,
    postgres::SET_UP, quoted,
};
use tidemark_test_postgres::{Cluster, Database};
use uuid::Uuid;

/// Both databases with an empty table.
pub(crate) struct Databases {
    pub(crate) sqlite: rusqlite::Connection,
    pub(crate) postgres: RefCell<postgres::Client>,
    pub(crate) around: Around,
    set: EntitySet,
    _database: Database<'static>,
}

impl Databases {
    pub(crate) fn new(set: &EntitySet) -> Self {
        let sqlite = rusqlite::Connection::open_in_memory().unwrap();
        tidemark_sqlite::set_up(&sqlite).unwrap();
        let database = Cluster::shared().database();
        let mut client = database.connect();
        // A second time changes nothing.
        client.batch_execute(SET_UP).unwrap();
        client.batch_execute(SET_UP).unwrap();
        let table = |dialect| create_table(dialect, TABLE, &columns(dialect, set), &["Id"], Layout::Rowid);
        sqlite.execute_batch(&table(Dialect::Sqlite)).unwrap();
        client.batch_execute(&table(Dialect::Postgres)).unwrap();
        let around = Around(model());
        let others = around.0.set(GROUPS).unwrap().clone();
        let table = |dialect| create_table(dialect, GROUPS, &columns(dialect, &others), &["Id"], Layout::Rowid);
        sqlite.execute_batch(&table(Dialect::Sqlite)).unwrap();
        client.batch_execute(&table(Dialect::Postgres)).unwrap();
        let databases = Self { sqlite, postgres: RefCell::new(client), around, set: set.clone(), _database: database };
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            databases.put(dialect, &others, &groups());
        }
        databases
    }

    /// Puts these rows in place of all others.
    pub(crate) fn fill(&self, dialect: Dialect, rows: &[Row]) {
        self.run(dialect, &fixed(format!("DELETE FROM {}", quoted(dialect, TABLE)), Vec::new()));
        self.put(dialect, &self.set, rows);
    }

    fn put(&self, dialect: Dialect, set: &EntitySet, rows: &[Row]) {
        let names: Vec<String> = columns(dialect, set).iter().map(|c| quoted(dialect, &c.name)).collect();
        let (table, names) = (quoted(dialect, &set.name), names.join(", "));
        for rows in rows.chunks(500) {
            let (mut marks, mut values) = (Vec::new(), Vec::new());
            for row in rows {
                let first = values.len();
                for property in &set.entity_type.properties {
                    let value = row.get(property.name.as_str()).unwrap_or(&Cell::Null);
                    values.push(value.clone());
                    values.extend(folded_column(dialect, property).map(|_| folded_cell(value)));
                }
                let places: Vec<String> = (first + 1..=values.len()).map(|n| format!("?{n}")).collect();
                marks.push(format!("({})", places.join(", ")));
            }
            let insert = format!("INSERT INTO {table} ({names}) VALUES {}", marks.join(", "));
            self.run(dialect, &fixed(placeholders(dialect, &insert).into_owned(), values));
        }
    }

    /// Runs a statement and returns its rows.
    pub(crate) fn run(&self, dialect: Dialect, statement: &Statement) -> Vec<Vec<Cell<'static>>> {
        self.try_run(dialect, statement).unwrap_or_else(|reason| panic!("{reason}\n{}", statement.sql))
    }

    /// Runs a statement of which a calculation may have no result.
    pub(crate) fn try_run(&self, dialect: Dialect, statement: &Statement) -> Result<Vec<Vec<Cell<'static>>>, NoNumber> {
        match dialect {
            Dialect::Sqlite => self.run_sqlite(statement),
            Dialect::Postgres => self.run_postgres(statement),
        }
    }

    /// Runs a statement whose first column is `Id`.
    pub(crate) fn ids(&self, dialect: Dialect, statement: &Statement) -> Vec<Uuid> {
        let id = |row: Vec<Cell<'static>>| match row.first() {
            Some(Cell::Guid(id)) => *id,
            other => panic!("{other:?} is no id"),
        };
        self.run(dialect, statement).into_iter().map(id).collect()
    }

    fn run_sqlite(&self, statement: &Statement) -> Result<Vec<Vec<Cell<'static>>>, NoNumber> {
        use rusqlite::types::Value;
        let cell = |value: Value| match value {
            Value::Null => Cell::Null,
            Value::Integer(n) => Cell::Integer(n),
            Value::Real(n) => Cell::Real(n),
            Value::Text(text) => Cell::Text(text.into()),
            Value::Blob(bytes) => Cell::Guid(Uuid::from_slice(&bytes).unwrap()),
        };
        let mut prepared = self.sqlite.prepare(&statement.sql).unwrap_or_else(|e| panic!("{e}\n{}", statement.sql));
        let width = prepared.column_count();
        let values = rusqlite::params_from_iter(statement.values.iter().map(bound));
        let rows = prepared.query_map(values, |row| (0..width).map(|i| Ok(cell(row.get(i)?))).collect());
        rows.unwrap()
            .collect::<Result<_, _>>()
            .map_err(|error| tidemark_sqlite::no_number(&error).unwrap_or_else(|| panic!("{error}\n{}", statement.sql)))
    }

    fn run_postgres(&self, statement: &Statement) -> Result<Vec<Vec<Cell<'static>>>, NoNumber> {
        let cell = |row: &postgres::Row, i: usize| match *row.columns()[i].type_() {
            Type::INT8 => row.get::<_, Option<i64>>(i).map(Cell::Integer),
            Type::FLOAT8 => row.get::<_, Option<f64>>(i).map(Cell::Real),
            Type::TEXT => row.get::<_, Option<String>>(i).map(|text| Cell::Text(text.into())),
            Type::UUID => row.get::<_, Option<Uuid>>(i).map(Cell::Guid),
            ref other => panic!("a cell is no {other}"),
        };
        let values: Vec<Bound<'_>> = statement.values.iter().map(Bound).collect();
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as _).collect();
        let rows = self.postgres.borrow_mut().query(&statement.sql, &values);
        let rows = rows.map_err(|error| match error.code() {
            Some(&SqlState::DIVISION_BY_ZERO) => NoNumber::DividedByZero,
            Some(&SqlState::NUMERIC_VALUE_OUT_OF_RANGE) => NoNumber::TooLarge,
            _ => panic!("{error:?}\n{}", statement.sql),
        })?;
        Ok(rows.iter().map(|row| (0..row.len()).map(|i| cell(row, i).unwrap_or(Cell::Null)).collect()).collect())
    }
}

/// The columns of the table: a property's own, and behind it the one of its folded text.
pub(crate) fn columns(dialect: Dialect, set: &EntitySet) -> Vec<Column> {
    let properties = set.entity_type.properties.iter();
    properties.flat_map(|p| [Some(column_of(p)), folded_column(dialect, p)]).flatten().collect()
}

fn fixed(sql: String, values: Vec<Cell<'static>>) -> Statement {
    Statement { sql, values }
}

fn bound<'a>(cell: &'a Cell<'static>) -> rusqlite::types::ToSqlOutput<'a> {
    use rusqlite::types::{ToSqlOutput, Value, ValueRef};
    match cell {
        Cell::Null => ToSqlOutput::Owned(Value::Null),
        Cell::Integer(n) => ToSqlOutput::Owned(Value::Integer(*n)),
        Cell::Real(n) => ToSqlOutput::Owned(Value::Real(*n)),
        Cell::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
        Cell::Guid(id) => ToSqlOutput::Owned(Value::Blob(id.as_bytes().to_vec())),
    }
}

/// A cell on its way to PostgreSQL: text in the text format, so that it may be an array too.
#[derive(Debug)]
struct Bound<'a>(&'a Cell<'static>);

impl ToSql for Bound<'_> {
    fn to_sql(&self, of: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self.0 {
            Cell::Null => Ok(IsNull::Yes),
            Cell::Integer(n) => n.to_sql_checked(of, out),
            Cell::Real(n) => n.to_sql_checked(of, out),
            Cell::Guid(id) => id.to_sql_checked(of, out),
            Cell::Text(text) => {
                out.extend_from_slice(text.as_bytes());
                Ok(IsNull::No)
            }
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        if matches!(self.0, Cell::Text(_)) { Format::Text } else { Format::Binary }
    }

    to_sql_checked!();
}
