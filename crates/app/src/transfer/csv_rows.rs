//! Reading CSV as spreadsheets write it.
//!
//! Owns: what a header may say, and what each cell of a row is. Refuses: where a record ends and what its cells are
//! (`records`), and the text of single values (`fields`).

use super::fields::value_of;
use super::records::{Cells, Records};
use super::row::{Row, TOMBSTONED};
use super::{is_given_by_save, version};
use serde_json::{Map, Value};
use std::io::BufRead;
use tidemark_model::{EntitySet, ID, IS_TOMBSTONED, Property, UPDATED_AT};
use tidemark_store::FileRow;

/// The rows of a CSV file.
pub(super) struct CsvRows<R> {
    records: Records<R>,
    names: Vec<String>,
    columns: Vec<Column>,
}

/// What a column holds.
enum Column {
    Of(Box<Property>),
    Id,
    Tombstone,
    /// The version that the file was written from.
    Version,
    Ignored,
}

impl<R: BufRead> CsvRows<R> {
    /// Reads the header; a file without any line has no rows.
    ///
    /// # Errors
    /// The line of the header, and what is wrong with it.
    pub(super) fn new(set: &EntitySet, input: R) -> Result<Self, (u64, String)> {
        let mut records = Records::new(input).map_err(|problem| (1, problem))?;
        let Some((line, header)) = records.next_record() else {
            return Ok(Self { records, names: Vec::new(), columns: Vec::new() });
        };
        let names = header.map_err(|problem| (line, problem))?;
        let columns = columns(set, &names).map_err(|problem| (line, problem))?;
        Ok(Self { records, names: names.iter().map(|name| name.trim().to_owned()).collect(), columns })
    }

    /// Returns the next row and the line that it begins on.
    pub(super) fn next_row(&mut self) -> Option<(u64, Row)> {
        let (line, cells) = self.records.next_record()?;
        Some((line, cells.map_err(Into::into).and_then(|cells| self.row(&cells))))
    }

    fn row(&self, cells: &Cells) -> Row {
        if cells.len() != self.columns.len() {
            let (found, wanted) = (cells.len(), self.columns.len());
            return Err(format!("there are {found} fields, and the header names {wanted} columns").into());
        }
        if cells.iter().zip(&self.names).all(|(cell, name)| cell.trim() == name) {
            return Err("the names of the columns are here a second time; take the line out".to_owned().into());
        }
        let mut row = Map::new();
        let mut version = None;
        for (column, field) in self.columns.iter().zip(cells) {
            match column {
                Column::Of(property) => {
                    if let Some(value) = value_of(property, field) {
                        row.insert(property.name.clone(), value);
                    }
                }
                Column::Id if field.trim().is_empty() => {}
                Column::Id => {
                    row.insert(ID.to_owned(), Value::String(field.trim().to_owned()));
                }
                Column::Tombstone if field.trim().eq_ignore_ascii_case("true") => {
                    return Err(TOMBSTONED.to_owned().into());
                }
                Column::Version => version = version::of_text(field)?,
                Column::Tombstone | Column::Ignored => {}
            }
        }
        Ok(FileRow { members: row, version })
    }
}

fn columns(set: &EntitySet, names: &Cells) -> Result<Vec<Column>, String> {
    let names: Vec<&str> = names.iter().map(|name| name.trim()).collect();
    if names.iter().all(|name| name.is_empty()) {
        let example = set.entity_type.declared().next().map_or(ID, |property| &property.name);
        return Err(format!("the first line must name the columns, such as {ID},{example}"));
    }
    if let Some(index) = names.iter().position(|name| name.is_empty()) {
        return Err(format!("column {} has no name", index + 1));
    }
    if let Some((_, twice)) = names.iter().enumerate().find(|(index, name)| names[..*index].contains(name)) {
        return Err(format!("the column {twice} is there twice"));
    }
    names.iter().map(|name| column(set, name)).collect()
}

fn column(set: &EntitySet, name: &str) -> Result<Column, String> {
    Ok(match set.entity_type.property(name) {
        _ if name == ID => Column::Id,
        _ if name == IS_TOMBSTONED => Column::Tombstone,
        _ if name == UPDATED_AT => Column::Version,
        _ if is_given_by_save(name) => Column::Ignored,
        Some(property) => Column::Of(Box::new(property.clone())),
        None => return Err(format!("{} has no property {name}", set.name)),
    })
}
