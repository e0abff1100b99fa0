//! Laying the model over the database: new sets and properties are added, nothing is taken away.
//!
//! Owns: which changes of the model the records there are can follow (DESIGN section 2, FAULTS S3): a property that
//! is gone keeps its column; one that is new and required needs a default where records exist already; a type cannot
//! change. What is laid out stands in the table `property`. Refuses: moving values.

use super::table::{MARK, OWNER, SEQUENCE, WORKSPACE, table_name};
use super::tx::{Tx, binds};
use super::{overview, words};
use crate::storage::{Result, StorageError};
use tidemark_model::{EntityModel, EntitySet, ID, IS_TOMBSTONED, Kind, Property};
use tidemark_sql::{
    Column, ColumnKind, Dialect, Layout, add_column, column_of, create_index, create_indexes, create_table,
    fill_default, folded_column, folded_name, quote, quoted, statistics, word_index,
};

/// Lays a model over a database.
///
/// # Errors
/// [`StorageError::ModelMisfit`] naming the property; then the transaction is to be undone.
pub(super) fn lay_out(tx: &dyn Tx, model: &EntityModel) -> Result<()> {
    // Whoever brings an index forward has its line first and a set's table then; so has this.
    tx.all(&format!("SELECT worded FROM overview{}", tx.for_update()), &[], |row| row.unsigned(0))?;
    let known = known(tx)?;
    model.sets().try_for_each(|set| lay_out_set(tx, set, &known))?;
    if tx.dialect() == Dialect::Sqlite {
        // The first makes the table that the others fill, the last has it read.
        tx.batch("ANALYZE server; DELETE FROM sqlite_stat1")?;
        model.sets().try_for_each(|set| {
            let table = table_name(tx.dialect(), &set.name);
            let indexes = indexes(tx.dialect(), &table, set);
            tx.batch(&statistics(&table, SCOPE.len(), &[&by_sequence(&table)], &indexes))
        })?;
        tx.batch("ANALYZE sqlite_schema")?;
    }
    Ok(())
}

/// What every read of a set's table is limited by.
const SCOPE: [&str; 2] = [WORKSPACE, OWNER];

fn indexes(dialect: Dialect, table: &str, set: &EntitySet) -> Vec<(String, String)> {
    create_indexes(dialect, table, set, &SCOPE.map(|name| Column::required(name, ColumnKind::Integer)))
}

/// A property that was laid out.
pub(super) struct Known {
    pub(super) set: String,
    pub(super) name: String,
    of: String,
}

impl Known {
    /// Returns the columns that hold its content, its folded form included.
    pub(super) fn columns(self, dialect: Dialect) -> Vec<String> {
        let folded = (dialect == Dialect::Postgres && self.of == STRING).then(|| folded_name(&self.name));
        std::iter::once(self.name).chain(folded).collect()
    }
}

/// What stands in `property` for a text.
const STRING: &str = "Edm.String";

/// Returns every property that was ever laid out, those of sets that the model lost included.
pub(super) fn known(tx: &dyn Tx) -> Result<Vec<Known>> {
    tx.all("SELECT entity_set, name, type FROM property ORDER BY entity_set, name", &[], |row| {
        Ok(Known { set: row.text(0)?, name: row.text(1)?, of: row.text(2)? })
    })
}

fn lay_out_set(tx: &dyn Tx, set: &EntitySet, known: &[Known]) -> Result<()> {
    let table = table_name(tx.dialect(), &set.name);
    // To SQLite a name is the same in any case: the table of `items` would be taken for that of `Items`.
    let of_set = |known: &&Known| known.set.eq_ignore_ascii_case(&set.name);
    let known: Vec<&Known> = known.iter().filter(of_set).collect();
    if let Some(other) = known.iter().find(|known| known.set != set.name) {
        return Err(other_case(&set.name, &other.set));
    }
    let is_there = !known.is_empty();
    if !is_there {
        let number = |name: &str| Column::required(name, ColumnKind::Integer);
        let mut columns = vec![number(WORKSPACE), number(OWNER)];
        columns.extend(set.entity_type.properties.iter().map(column_of));
        columns.extend([number(SEQUENCE), number(MARK)]);
        columns.extend(set.entity_type.declared().filter_map(|property| folded_column(tx.dialect(), property)));
        let key = [WORKSPACE, OWNER, ID];
        tx.batch(&create_table(tx.dialect(), &table, &columns, &key, Layout::ByKey))?;
        tx.batch(&index_by_sequence(tx.dialect(), &table))?;
        tx.wall_in(&table, true)?;
    }
    set.entity_type
        .declared()
        .try_for_each(|property| lay_out_property(tx, set, &table, property, &known, is_there))?;
    if !has(tx, &word_index(tx.dialect(), &table))? {
        words::create(tx, &table)?;
    }
    indexes(tx.dialect(), &table, set).iter().try_for_each(|(index, sql)| {
        // PostgreSQL waits for everybody who writes to the table before it looks whether there is anything to do.
        if has(tx, index)? { Ok(()) } else { tx.batch(sql) }
    })
}

/// Returns the name of the index for the delta. The `$` keeps it apart from every table's.
fn by_sequence(table: &str) -> String {
    format!("{table}$by_sequence")
}

/// Writes the index for the delta.
pub(super) fn index_by_sequence(dialect: Dialect, table: &str) -> String {
    let by = [WORKSPACE, OWNER, SEQUENCE].map(|name| Column::required(name, ColumnKind::Integer));
    create_index(dialect, &by_sequence(table), table, &by)
}

/// Tells whether a table or index is there.
fn has(tx: &dyn Tx, name: &str) -> Result<bool> {
    let sql = match tx.dialect() {
        Dialect::Sqlite => "SELECT 1 FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE",
        Dialect::Postgres => {
            "SELECT 1 FROM pg_class WHERE relname = ?1 AND relnamespace = current_schema()::regnamespace"
        }
    };
    Ok(tx.one(sql, &[name.into()], |_| Ok(()))?.is_some())
}

fn other_case(name: &str, known: &str) -> StorageError {
    StorageError::ModelMisfit(format!(
        "{name} in the model differs only in case from {known}, which the database has. \
         Call it {known}, or give it another name"
    ))
}

fn lay_out_property(
    tx: &dyn Tx,
    set: &EntitySet,
    table: &str,
    property: &Property,
    known: &[&Known],
    has_table: bool,
) -> Result<()> {
    let wanted = type_text(property);
    match known.iter().find(|known| known.name.eq_ignore_ascii_case(&property.name)) {
        Some(known) if known.name != property.name => {
            let place = |property: &str| format!("{}/{property}", set.name);
            return Err(other_case(&place(&property.name), &place(&known.name)));
        }
        Some(known) if known.of != wanted => {
            return Err(StorageError::ModelMisfit(format!(
                "{}/{} is {wanted} in the model and {} in the database. A type cannot change; \
                 give the new property another name",
                set.name, property.name, known.of
            )));
        }
        Some(_) => {}
        None => {
            if has_table {
                tx.batch(&add_column(tx.dialect(), table, &column_of(property)))?;
                if let Some(folded) = folded_column(tx.dialect(), property) {
                    tx.batch(&add_column(tx.dialect(), table, &folded))?;
                }
            }
            tx.execute(
                "INSERT INTO property (entity_set, name, type) VALUES (?1, ?2, ?3)",
                &[(&set.name).into(), (&property.name).into(), (&wanted).into()],
            )?;
        }
    }
    if has_table && !property.nullable { fill(tx, set, table, property) } else { Ok(()) }
}

/// Records made before a property was there, or before it was required, take its default.
fn fill(tx: &dyn Tx, set: &EntitySet, table: &str, property: &Property) -> Result<()> {
    let (column, dead) = (quoted(tx.dialect(), &property.name), quote(IS_TOMBSTONED));
    let sql = format!("SELECT 1 FROM {} WHERE {column} IS NULL AND {dead} = 0 LIMIT 1", quote(table));
    if tx.one(&sql, &[], |_| Ok(()))?.is_none() {
        return Ok(());
    }
    let Some(statement) = fill_default(tx.dialect(), table, property) else {
        return Err(StorageError::ModelMisfit(format!(
            "{}/{} is required and has no default, but records without it exist. \
             Make it nullable or give it a $DefaultValue",
            set.name, property.name
        )));
    };
    tx.execute(&statement.sql, &binds(&statement.values))?;
    overview::forget_words(tx, &set.name)
}

/// Returns what must stay the same of a type for the stored form to stay readable.
fn type_text(property: &Property) -> String {
    match property.kind {
        Kind::Decimal { scale, .. } => format!("Edm.Decimal with scale {scale}"),
        _ => property.kind.edm_name().to_owned(),
    }
}
