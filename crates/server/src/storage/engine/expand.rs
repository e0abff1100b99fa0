//! Related records: one statement a level, whatever the number of rows.
//!
//! Owns: which keys are asked for, and giving each row its own. Records that many rows refer to are read and kept once. Refuses:
//! more than an answer has room for: what is read stands in memory.

use super::costs::Costs;
use super::scope::{Around, scope};
use super::table::{MARK, SEQUENCE, Tables};
use super::tx::{Fetch, Tx, binds};
use crate::storage::expand::{Expansion, Found, Relative, Way};
use crate::storage::{Result, RowView, StorageError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tidemark_model::query::Want;
use tidemark_model::{Cell, EntitySet, ID};
use tidemark_sql::{Looked, QueryError, Related, Select, Value};
use uuid::Uuid;

/// Bytes of related records that are read for one answer, and that one answer repeats.
pub(super) const MOST_BYTES: usize = 32 * 1024 * 1024;
/// How many of them.
const MOST_RECORDS: usize = 50_000;

/// How much has been read for one answer.
pub(super) struct Load<'c> {
    bytes: usize,
    records: usize,
    costs: &'c Costs<'c>,
}

impl<'c> Load<'c> {
    pub(super) fn of(costs: &'c Costs<'c>) -> Self {
        Self { bytes: 0, records: 0, costs }
    }

    fn add<'r>(&mut self, cells: impl Iterator<Item = &'r Cell<'static>>) -> Result<()> {
        self.records += 1;
        self.bytes += cells.map(size).sum::<usize>();
        if self.bytes > MOST_BYTES || self.records > MOST_RECORDS {
            return Err(QueryError::TooMuch.into());
        }
        Ok(())
    }
}

/// Returns what a cell takes.
pub(super) fn size(cell: &Cell<'_>) -> usize {
    if let Cell::Text(text) = cell { text.len() } else { 16 }
}

/// Finds what is wanted beside each row of a set; a list for each row, in the order of the expansions.
pub(super) fn beside(
    tx: &dyn Tx,
    tables: &Tables,
    set: &EntitySet,
    rows: &[&[Cell<'static>]],
    wanted: &[Expansion],
    load: &mut Load<'_>,
) -> Result<Vec<Vec<Found>>> {
    let mut found: Vec<Vec<Found>> = rows.iter().map(|_| Vec::with_capacity(wanted.len())).collect();
    for expansion in wanted {
        let (own, theirs) = match &expansion.way {
            Way::ToOne(property) => (property.as_str(), ID),
            Way::ToMany(property) => (ID, property.as_str()),
        };
        let at = set.entity_type.properties.iter().position(|property| property.name == own);
        let at = at.ok_or_else(|| StorageError::Failed(format!("{} has no {own}", set.name)))?;
        let key = |row: &&[Cell<'static>]| match row.get(at) {
            Some(Cell::Guid(id)) => Some(*id),
            _ => None,
        };
        let keys: Vec<Option<Uuid>> = rows.iter().map(key).collect();
        let asked: Vec<Uuid> = keys.iter().flatten().copied().collect::<BTreeSet<_>>().into_iter().collect();
        let is_counted = expansion.want == Want::Count || expansion.query.count;
        let counts =
            if is_counted { counts(tx, tables, expansion, theirs, &asked, load.costs)? } else { BTreeMap::new() };
        let records = match expansion.want {
            Want::Count => BTreeMap::new(),
            Want::Records | Want::References => records(tx, tables, expansion, theirs, &asked, load)?,
        };
        for (row, key) in found.iter_mut().zip(keys) {
            let own = key.and_then(|key| records.get(&key)).cloned().unwrap_or_default();
            let count = key.and_then(|key| counts.get(&key)).copied().unwrap_or_default();
            row.push(match (&expansion.way, expansion.want) {
                (_, Want::Count) => Found::Count(count),
                (Way::ToOne(_), _) => Found::One(own.into_iter().next()),
                (Way::ToMany(_), _) => Found::Many { records: own, count: expansion.query.count.then_some(count) },
            });
        }
    }
    Ok(found)
}

fn records(
    tx: &dyn Tx,
    tables: &Tables,
    expansion: &Expansion,
    by: &str,
    of: &[Uuid],
    load: &mut Load<'_>,
) -> Result<BTreeMap<Uuid, Vec<Arc<Relative>>>> {
    let set = tables.set(&expansion.place.set)?;
    let properties = set.entity_type.properties.iter().map(|property| property.name.as_str());
    let columns: Vec<&str> = [SEQUENCE, MARK].into_iter().chain(properties).collect();
    let width = columns.len() - 2;
    let mut read: Vec<(Uuid, Relative)> = Vec::new();
    if !of.is_empty() {
        let (statement, values) = asking(tx, tables, expansion, &columns, (by, of), load.costs, tidemark_sql::related)?;
        let (values, behind): (Arc<[Value]>, usize) = (values.as_slice().into(), width + values.len());
        tx.query(&statement.sql, &binds(&statement.values), Fetch::Piecewise, &mut |cursor| {
            while let Some(row) = cursor.next()? {
                let Some(key) = row.guid_or_null(0)? else { continue };
                let view = RowView::behind(row, 1);
                let cells = (0..width).map(|at| Ok(view.cell(at)?.into_owned())).collect::<Result<Vec<_>>>()?;
                let made = (width..behind).map(|at| Ok(view.cell(at)?.into_owned())).collect::<Result<Vec<_>>>()?;
                // Behind the id, the version, the cells and what was computed.
                let keys = (behind..row.width().saturating_sub(3)).map(|at| Ok(view.cell(at)?.into_owned()));
                let keys = keys.collect::<Result<Vec<_>>>()?;
                load.add(cells.iter().chain(&made).chain(&keys))?;
                let size = cells.iter().chain(&made).map(self::size).sum();
                let (version, values) = (view.version()?, Arc::clone(&values));
                read.push((key, Relative { version, cells, made, values, keys, below: Vec::new(), size }));
            }
            Ok(())
        })?;
    }
    let rows: Vec<&[Cell<'static>]> = read.iter().map(|(_, record)| record.cells.as_slice()).collect();
    let below = beside(tx, tables, set, &rows, &expansion.below, load)?;
    let mut found: BTreeMap<Uuid, Vec<Arc<Relative>>> = BTreeMap::new();
    for ((key, mut record), below) in read.into_iter().zip(below) {
        // Records that lead back to each other multiply at every level.
        record.size = below.iter().fold(record.size, |sum, found| sum.saturating_add(found.size()));
        record.below = below;
        found.entry(key).or_default().push(Arc::new(record));
    }
    Ok(found)
}

fn counts(
    tx: &dyn Tx,
    tables: &Tables,
    expansion: &Expansion,
    by: &str,
    of: &[Uuid],
    costs: &Costs<'_>,
) -> Result<BTreeMap<Uuid, u64>> {
    let mut counts = BTreeMap::new();
    if !of.is_empty() {
        let statement = asking(tx, tables, expansion, &[], (by, of), costs, tidemark_sql::related_counts)?;
        let counted = tx.all(&statement.sql, &binds(&statement.values), |row| {
            Ok((row.guid_or_null(0)?.unwrap_or_default(), row.unsigned(1)?))
        })?;
        counts.extend(counted);
    }
    Ok(counts)
}

fn asking<T>(
    tx: &dyn Tx,
    tables: &Tables,
    expansion: &Expansion,
    columns: &[&str],
    (by, of): (&str, &[Uuid]),
    costs: &Costs<'_>,
    writing: fn(&Related<'_>) -> std::result::Result<T, QueryError>,
) -> Result<T> {
    let place = &expansion.place;
    let (set, table) = (tables.set(&place.set)?, tables.table(&place.set)?);
    let scope = scope(place, &expansion.query);
    let around = Around { tables, place };
    let mut select = Select::new(tx.dialect(), set, &table.name, columns, &expansion.query);
    select.scope = &scope;
    select.neighbours = Some(&around);
    select.with_keys = !columns.is_empty() && matches!(expansion.way, Way::ToMany(_));
    let owners = set.entity_type.navigation.iter().find(|way| way.property == by).map(|way| way.target_set.as_str());
    let each = match (&expansion.way, owners) {
        (Way::ToMany(_), Some(owners)) => costs.rows(&set.name)? / costs.rows(owners)?.max(1),
        _ => 1,
    };
    let records = (of.len() as u64).saturating_mul(each.max(1));
    let written = writing(&Related { select: select.clone(), by, of })?;
    costs.add(&select, if columns.is_empty() { Looked::Counted(records) } else { Looked::At(records) })?;
    Ok(written)
}
