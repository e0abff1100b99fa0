//! Laying the model over the database: new sets and properties are added, nothing is taken away.
//!
//! Owns: which changes of the model the records there are can follow (DESIGN section 2, FAULTS S3): a property that
//! is gone keeps its column; one that is new and required needs a default where records exist already; a type cannot
//! change. Refuses: moving values.

use super::table::{MARK, OWNER, SEQUENCE, WORKSPACE, table_name};
use crate::storage::{Result, StorageError};
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior};
use tidemark_model::{EntityModel, EntitySet, ID, IS_TOMBSTONED, Kind, Property};
use tidemark_sql::{
    Column, ColumnKind, Dialect, Layout, add_column, column_of, create_index, create_table, fill_default, quote,
};

/// Lays a model over a database, in one transaction.
///
/// # Errors
/// [`StorageError::ModelMisfit`] naming the property; then nothing was changed.
pub(super) fn lay_out(connection: &mut Connection, model: &EntityModel) -> Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for set in model.sets() {
        lay_out_set(&transaction, set)?;
    }
    Ok(transaction.commit()?)
}

fn lay_out_set(transaction: &Transaction<'_>, set: &EntitySet) -> Result<()> {
    let table = table_name(&set.name);
    let is_there: bool = transaction.query_row(
        "SELECT count(*) > 0 FROM sqlite_schema WHERE type = 'table' AND name = ?1",
        [&table],
        |row| row.get(0),
    )?;
    if !is_there {
        let number = |name: &str| Column::required(name, ColumnKind::Integer);
        let mut columns = vec![number(WORKSPACE), number(OWNER)];
        columns.extend(set.entity_type.properties.iter().map(column_of));
        columns.extend([number(SEQUENCE), number(MARK)]);
        let key = [WORKSPACE, OWNER, ID];
        transaction.execute_batch(&create_table(Dialect::Sqlite, &table, &columns, &key, Layout::ByKey))?;
        let index = format!("{table}_by_sequence");
        let by = [WORKSPACE, OWNER, SEQUENCE].map(number);
        transaction.execute_batch(&create_index(Dialect::Sqlite, &index, &table, &by))?;
    }
    for property in set.entity_type.declared() {
        lay_out_property(transaction, set, &table, property, is_there)?;
    }
    Ok(())
}

fn lay_out_property(
    transaction: &Transaction<'_>,
    set: &EntitySet,
    table: &str,
    property: &Property,
    has_table: bool,
) -> Result<()> {
    let known: Option<String> = transaction
        .query_row(
            "SELECT type FROM property WHERE entity_set = ?1 AND name = ?2",
            (&set.name, &property.name),
            |row| row.get(0),
        )
        .optional()?;
    let wanted = type_text(property);
    match known {
        Some(known) if known != wanted => {
            return Err(StorageError::ModelMisfit(format!(
                "{}/{} is {wanted} in the model and {known} in the database. A type cannot change; \
                 give the new property another name",
                set.name, property.name
            )));
        }
        Some(_) => {}
        None => {
            if has_table {
                transaction.execute_batch(&add_column(Dialect::Sqlite, table, &column_of(property)))?;
            }
            transaction.execute(
                "INSERT INTO property (entity_set, name, type) VALUES (?1, ?2, ?3)",
                (&set.name, &property.name, &wanted),
            )?;
        }
    }
    if has_table && !property.nullable { fill(transaction, set, table, property) } else { Ok(()) }
}

/// Records made before a property was there, or before it was required, take its default.
fn fill(transaction: &Transaction<'_>, set: &EntitySet, table: &str, property: &Property) -> Result<()> {
    let (column, dead) = (quote(&property.name), quote(IS_TOMBSTONED));
    let sql = format!("SELECT EXISTS (SELECT 1 FROM {} WHERE {column} IS NULL AND {dead} = 0)", quote(table));
    let has_gap: bool = transaction.query_row(&sql, [], |row| row.get(0))?;
    if !has_gap {
        return Ok(());
    }
    let Some(statement) = fill_default(Dialect::Sqlite, table, property) else {
        return Err(StorageError::ModelMisfit(format!(
            "{}/{} is required and has no default, but records without it exist. \
             Make it nullable or give it a $DefaultValue",
            set.name, property.name
        )));
    };
    let mut prepared = transaction.prepare(&statement.sql)?;
    super::convert::bind(&mut prepared, 1, &statement.values)?;
    prepared.raw_execute()?;
    Ok(())
}

/// Returns what must stay the same of a type for the stored form to stay readable.
fn type_text(property: &Property) -> String {
    match property.kind {
        Kind::Decimal { scale, .. } => format!("Edm.Decimal with scale {scale}"),
        _ => property.kind.edm_name().to_owned(),
    }
}
