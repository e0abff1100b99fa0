//! The table of one entity set: its columns and every statement on it, derived from the model once.
//!
//! Owns: names of columns and SQL text. Refuses: running it (`row`, `sink`) and changing a table that exists
//! (`migrate`). Local columns begin with an underscore; the model refuses such names for properties.

use std::fmt::Write as _;
use tidemark_model::{EntitySet, ID, IS_TOMBSTONED, Property, STATE, UPDATED_AT, UPDATED_BY};
use tidemark_sql::{Column, ColumnKind, Dialect, Layout, column_of, create_indexes, create_table, quote};

/// The server's ETag of the row; of the base, while a change is pending.
pub(crate) const ETAG: &str = "_etag";
/// Properties that the model does not know, as one JSON object.
pub(crate) const EXTRA: &str = "_extra";
/// The enumeration that last saw the row on the server.
pub(crate) const GENERATION: &str = "_generation";

/// One entity set's table.
#[derive(Debug)]
pub(crate) struct Table {
    /// The entity set.
    pub(crate) set: EntitySet,
    /// The table's name.
    pub(crate) name: String,
    /// Every column, in the order that `row::read` expects.
    pub(crate) columns: Vec<String>,
    /// Reads one row by `Id`.
    pub(crate) get: String,
    /// Reads every row.
    pub(crate) scan: String,
    /// Writes one row whatever was there; the last parameter says whether the server has just confirmed it.
    pub(crate) put: String,
    /// A pulled record: inserts, or replaces a clean row of another version.
    pub(crate) upsert: String,
    /// A pulled record of the version that is here: its content again, without counting as a change.
    pub(crate) refresh: String,
    /// Marks a row as seen by the enumeration.
    pub(crate) touch: String,
    /// Removes a row.
    pub(crate) remove: String,
    /// The ids of rows with a pending change that an enumeration before `?2` saw last, as a table of a statement.
    pub(crate) pending_before: String,
    /// Removes a row without a pending change.
    pub(crate) remove_clean: String,
}

impl Table {
    pub(crate) fn new(set: &EntitySet) -> Self {
        let name = format!("records_{}", set.name);
        let declared: Vec<&str> = set.entity_type.declared().map(|p| p.name.as_str()).collect();
        let columns: Vec<String> = [ID]
            .into_iter()
            .chain(declared.iter().copied())
            .chain([UPDATED_AT, IS_TOMBSTONED, UPDATED_BY, STATE, ETAG, EXTRA, GENERATION])
            .map(str::to_owned)
            .collect();
        let table = quote(&name);
        let all = columns.iter().map(|c| quote(c)).collect::<Vec<_>>().join(", ");
        let binds = (1..=columns.len()).map(|n| format!("?{n}")).collect::<Vec<_>>().join(", ");
        let content = || {
            let synced = [UPDATED_AT, IS_TOMBSTONED, UPDATED_BY, ETAG, EXTRA];
            declared.iter().copied().chain(synced).collect::<Vec<_>>()
        };
        let excluded = |names: &[&str]| {
            names.iter().map(|c| format!("{0} = excluded.{0}", quote(c))).collect::<Vec<_>>().join(", ")
        };
        let insert = format!("INSERT INTO {table} ({all}) VALUES ({binds}) ON CONFLICT (\"Id\") DO UPDATE SET ");
        let put_set = excluded(&[content(), vec![STATE]].concat());
        let pull_set = excluded(&[content(), vec![GENERATION]].concat());
        let confirmed = columns.len() + 1;
        let mut refresh = format!("UPDATE {table} SET ");
        for (index, column) in columns.iter().enumerate().skip(1).filter(|(_, c)| *c != STATE) {
            let _ = write!(refresh, "{} = ?{}, ", quote(column), index + 1);
        }
        refresh.truncate(refresh.len() - 2);
        Self {
            set: set.clone(),
            get: format!("SELECT {all} FROM {table} WHERE \"Id\" = ?1"),
            scan: format!("SELECT {all} FROM {table}"),
            put: format!(
                "{insert}{put_set}, {GENERATION} = CASE WHEN ?{confirmed} THEN excluded.{GENERATION} ELSE {GENERATION} END"
            ),
            upsert: format!("{insert}{pull_set} WHERE {STATE} = 0 AND {ETAG} IS NOT excluded.{ETAG}"),
            refresh: format!("{refresh} WHERE \"Id\" = ?1 AND {STATE} = 0"),
            touch: format!("UPDATE {table} SET {GENERATION} = ?2 WHERE \"Id\" = ?1"),
            remove: format!("DELETE FROM {table} WHERE \"Id\" = ?1"),
            pending_before: format!("SELECT \"Id\" FROM {table} WHERE {STATE} <> 0 AND {GENERATION} < ?2"),
            remove_clean: format!("DELETE FROM {table} WHERE \"Id\" = ?1 AND {STATE} = 0"),
            columns,
            name,
        }
    }

    /// Returns the declared properties in column order.
    pub(crate) fn declared(&self) -> impl Iterator<Item = &Property> {
        self.set.entity_type.declared()
    }

    /// Returns the statement that creates the table.
    pub(crate) fn create(&self) -> String {
        create_table(Dialect::Sqlite, &self.name, &self.layout(), &[ID], Layout::Rowid)
    }

    /// Returns the statements that create its indexes where they are missing.
    pub(crate) fn create_indexes(&self) -> String {
        let indexes = create_indexes(Dialect::Sqlite, &self.name, &self.set, &[]);
        indexes.into_iter().map(|(_, sql)| sql).collect::<Vec<_>>().join(";")
    }

    fn layout(&self) -> Vec<Column> {
        let named = |name: &str| self.set.entity_type.property(name).map(column_of);
        let mut columns: Vec<Column> = named(ID).into_iter().chain(self.declared().map(column_of)).collect();
        columns.extend([UPDATED_AT, IS_TOMBSTONED, UPDATED_BY].into_iter().filter_map(named));
        columns.push(Column::required(STATE, ColumnKind::Integer));
        columns.push(Column::nullable(ETAG, ColumnKind::Text));
        columns.push(Column::nullable(EXTRA, ColumnKind::Text));
        columns.push(Column::required(GENERATION, ColumnKind::Integer));
        columns
    }
}
