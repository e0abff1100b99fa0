//! Laying the model over the database: new sets and properties are added, nothing is taken away.
//!
//! Owns: which changes of the model the records there are can follow (DESIGN section 2, FAULTS S3): a property that
//! is gone keeps its column; one that is new and required needs a default where records exist already; a type cannot
//! change. Refuses: moving values.

use super::table::{MARK, OWNER, SEQUENCE, WORKSPACE, set_name, table_name};
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
    // To SQLite a name is the same in any case: the table of `items` would be taken for that of `Items`.
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE";
    let known: Option<String> = transaction.query_row(sql, [&table], |row| row.get(0)).optional()?;
    if let Some(known) = known.as_deref().and_then(set_name).filter(|known| *known != set.name) {
        return Err(other_case(&set.name, known));
    }
    let is_there = known.is_some();
    if !is_there {
        let number = |name: &str| Column::required(name, ColumnKind::Integer);
        let mut columns = vec![number(WORKSPACE), number(OWNER)];
        columns.extend(set.entity_type.properties.iter().map(column_of));
        columns.extend([number(SEQUENCE), number(MARK)]);
        let key = [WORKSPACE, OWNER, ID];
        make_room(transaction, &table)?;
        transaction.execute_batch(&create_table(Dialect::Sqlite, &table, &columns, &key, Layout::ByKey))?;
        transaction.execute_batch(&index_by_sequence(&table))?;
    }
    for property in set.entity_type.declared() {
        lay_out_property(transaction, set, &table, property, is_there)?;
    }
    Ok(())
}

/// Writes the index for the delta. The `$` keeps its name apart from every table's.
fn index_by_sequence(table: &str) -> String {
    let by = [WORKSPACE, OWNER, SEQUENCE].map(|name| Column::required(name, ColumnKind::Integer));
    create_index(Dialect::Sqlite, &format!("{table}$by_sequence"), table, &by)
}

/// Gives another name to an index that an earlier version called as the table is called: that of `Pumps` was
/// `r_Pumps_by_sequence`, and a set may be called `Pumps_by_sequence`.
fn make_room(transaction: &Transaction<'_>, table: &str) -> Result<()> {
    let sql = "SELECT name, tbl_name FROM sqlite_schema WHERE type = 'index' AND name = ?1 COLLATE NOCASE";
    let in_the_way: Option<(String, String)> =
        transaction.query_row(sql, [table], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    if let Some((index, of)) = in_the_way {
        transaction.execute_batch(&format!("DROP INDEX {}", quote(&index)))?;
        transaction.execute_batch(&index_by_sequence(&of))?;
    }
    Ok(())
}

fn other_case(name: &str, known: &str) -> StorageError {
    StorageError::ModelMisfit(format!(
        "{name} in the model differs only in case from {known}, which the database has. \
         Call it {known}, or give it another name"
    ))
}

fn lay_out_property(
    transaction: &Transaction<'_>,
    set: &EntitySet,
    table: &str,
    property: &Property,
    has_table: bool,
) -> Result<()> {
    let sql = "SELECT name, type FROM property WHERE entity_set = ?1 AND name = ?2 COLLATE NOCASE";
    let known: Option<(String, String)> =
        transaction.query_row(sql, (&set.name, &property.name), |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let wanted = type_text(property);
    let known = match known {
        Some((name, _)) if name != property.name => {
            let place = |property: &str| format!("{}/{property}", set.name);
            return Err(other_case(&place(&property.name), &place(&name)));
        }
        known => known.map(|(_, of)| of),
    };
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
