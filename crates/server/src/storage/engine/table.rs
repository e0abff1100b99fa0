//! The table of an entity set: its columns, and the statements that find and store one row.
//!
//! A table lies in the order of its key, so that a full enumeration reads it from front to back; an index by sequence
//! serves the delta. The columns that the model does not know have a `$` in their name: no property can have one.

use super::tx::{Bind, Columns, Tx};
use crate::change::{Mark, Place, Row};
use crate::storage::{Caller, Result, StorageError};
use std::collections::HashMap;
use std::sync::Arc;
use tidemark_model::{Cell, EntityModel, EntitySet, ID, IS_TOMBSTONED, Planted, UPDATED_AT, UPDATED_BY, is_planted};
use tidemark_sql::{Dialect, folded_cell, folded_column, name, quoted};
use uuid::Uuid;

/// The workspace's number.
pub(super) const WORKSPACE: &str = "$workspace";
/// The owner's number in a set that is kept per user, else 0.
pub(super) const OWNER: &str = "$owner";
/// The sequence number of the row's version.
pub(super) const SEQUENCE: &str = "$sequence";
/// Its random mark.
pub(super) const MARK: &str = "$mark";

/// Keeps the tables of sets apart from the tables beside.
const PREFIX: &str = "r_";

/// Returns the name of a set's table.
pub(super) fn table_name(dialect: Dialect, set: &str) -> String {
    name(dialect, &format!("{PREFIX}{set}")).into_owned()
}

/// The table of one entity set.
#[derive(Debug)]
pub(super) struct SetTable {
    /// The table's name.
    pub(super) name: String,
    /// How many properties the model declares.
    declared: usize,
    /// Which of them have a folded column beside, behind all others.
    folded: Vec<usize>,
    find: String,
    find_many: String,
    insert: String,
    update: String,
}

/// The tables of the model that is served.
#[derive(Debug, Default)]
pub(super) struct Tables {
    /// The model; none for a command that touches no record.
    pub(super) model: Option<Arc<EntityModel>>,
    tables: HashMap<String, SetTable>,
}

impl Tables {
    /// Prepares the texts for every set of a model.
    pub(super) fn of(model: Option<Arc<EntityModel>>, dialect: Dialect) -> Self {
        let tables =
            model.iter().flat_map(|model| model.sets().map(|set| (set.name.clone(), SetTable::of(set, dialect))));
        Self { tables: tables.collect(), model }
    }

    /// Finds a set's table.
    pub(super) fn table(&self, set: &str) -> Result<&SetTable> {
        self.tables.get(set).ok_or_else(|| StorageError::Failed(format!("no table is laid out for {set}")))
    }

    /// Finds a set of the model.
    pub(super) fn set(&self, name: &str) -> Result<&EntitySet> {
        let set = self.model.as_ref().and_then(|model| model.set(name));
        set.ok_or_else(|| StorageError::Failed(format!("no model is laid out with {name}")))
    }
}

impl Tables {
    /// Returns where a caller's records of a set are.
    pub(super) fn place(&self, set: &str, caller: &Caller) -> Result<Place> {
        let owner_no = owner(self.set(set)?, caller.user_no);
        Ok(Place { set: set.to_owned(), workspace_no: caller.workspace_no, owner_no, user_no: caller.user_no })
    }
}

/// Returns the owner's number of a user's records of a set.
pub(super) fn owner(set: &EntitySet, user_no: i64) -> i64 {
    let is_own = set.per_user.is_some() && !is_planted(Planted::X16EverybodysChoices);
    if is_own { user_no } else { 0 }
}

impl SetTable {
    fn of(set: &EntitySet, dialect: Dialect) -> Self {
        let name = table_name(dialect, &set.name);
        let quote = |column: &str| quoted(dialect, column);
        let declared = set.entity_type.declared().map(|property| property.name.as_str());
        let read: Vec<String> = [SEQUENCE, MARK]
            .into_iter()
            .chain(declared)
            .chain([UPDATED_AT, IS_TOMBSTONED, UPDATED_BY])
            .map(quote)
            .collect();
        let beside = set.entity_type.declared().enumerate();
        let beside = beside.filter_map(|(index, property)| Some((index, folded_column(dialect, property)?.name)));
        let (folded, beside): (Vec<usize>, Vec<String>) = beside.unzip();
        let stored: Vec<String> = read.iter().cloned().chain(beside.iter().map(|column| quote(column))).collect();
        let (list, stored_list) = (read.join(", "), stored.join(", "));
        let key = format!("{} = ?1 AND {} = ?2 AND {} = ?3", quote(WORKSPACE), quote(OWNER), quote(ID));
        let places = (4..4 + stored.len()).map(|n| format!("?{n}")).collect::<Vec<_>>().join(", ");
        let settings: Vec<String> =
            stored.iter().enumerate().map(|(n, column)| format!("{column} = ?{}", n + 4)).collect();
        let table = quote(&name);
        Self {
            find: format!("SELECT {list} FROM {table} WHERE {key}"),
            find_many: format!(
                "SELECT {id}, {list} FROM {table} WHERE {} = ?1 AND {} = ?2 AND {id} = ANY(?3)",
                quote(WORKSPACE),
                quote(OWNER),
                id = quote(ID)
            ),
            insert: format!(
                "INSERT INTO {table} ({}, {}, {}, {stored_list}) VALUES (?1, ?2, ?3, {places})",
                quote(WORKSPACE),
                quote(OWNER),
                quote(ID)
            ),
            update: format!("UPDATE {table} SET {} WHERE {key}", settings.join(", ")),
            declared: set.entity_type.declared().count(),
            folded,
            name,
        }
    }
}

/// Finds a row, tombstoned or not.
pub(super) fn find(tx: &dyn Tx, table: &SetTable, place: &Place, id: Uuid) -> Result<Option<Row>> {
    let values = [place.workspace_no.into(), place.owner_no.into(), id.into()];
    tx.one(&table.find, &values, |row| read(row, 0, id, table.declared))
}

/// Finds several rows in one trip.
pub(super) fn find_many(tx: &dyn Tx, table: &SetTable, place: &Place, ids: &[Uuid]) -> Result<Vec<Row>> {
    let values = [place.workspace_no.into(), place.owner_no.into(), Bind::Guids(ids)];
    tx.all(&table.find_many, &values, |row| {
        let id = row.guid_or_null(0)?.unwrap_or_default();
        read(row, 1, id, table.declared)
    })
}

fn read(row: &dyn Columns, first: usize, id: Uuid, declared: usize) -> Result<Row> {
    let sync = first + 2 + declared;
    let cells = (first + 2..sync).map(|index| Ok(row.cell(index)?.into_owned())).collect::<Result<Vec<_>>>()?;
    Ok(Row {
        id,
        cells,
        updated_at: row.integer(sync)?,
        is_tombstoned: row.integer(sync + 1)? != 0,
        updated_by: row.text_or_null(sync + 2)?,
        version: Mark { sequence: row.unsigned(first)?, mark: row.mark(first + 1)? },
    })
}

/// Stores a row: a new one, or in the place of the version before.
pub(super) fn store(tx: &dyn Tx, table: &SetTable, place: &Place, row: &Row, is_new: bool) -> Result<()> {
    let folded: Vec<Cell<'static>> =
        table.folded.iter().filter_map(|index| row.cells.get(*index)).map(folded_cell).collect();
    let mut values: Vec<Bind<'_>> = vec![
        place.workspace_no.into(),
        place.owner_no.into(),
        row.id.into(),
        row.version.sequence.into(),
        Bind::Integer(row.version.mark.into()),
    ];
    values.extend(row.cells.iter().map(Bind::from));
    values.push(row.updated_at.into());
    values.push(Bind::Integer(row.is_tombstoned.into()));
    values.push(row.updated_by.as_ref().into());
    values.extend(folded.iter().map(Bind::from));
    tx.send(if is_new { &table.insert } else { &table.update }, &values)
}
