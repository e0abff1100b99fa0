//! Reading CSV as spreadsheets write it.
//!
//! Owns: where a record ends, so that each one's line is known exactly, and what a header may say. Refuses: the text
//! of single values (`fields`) and the rules of quoting within a record (the `csv` crate's).

use super::fields::value_of;
use super::is_given_by_save;
use super::rows::{Row, TOMBSTONED};
use serde_json::{Map, Value};
use std::io::BufRead;
use tidemark_model::{EntitySet, ID, IS_TOMBSTONED, Property};

/// The rows of a CSV file.
pub(super) struct CsvRows<R> {
    input: R,
    delimiter: u8,
    columns: Vec<Column>,
    /// Lines read so far.
    line: u64,
}

/// What a column holds.
enum Column {
    Of(Box<Property>),
    Id,
    Tombstone,
    Ignored,
}

impl<R: BufRead> CsvRows<R> {
    /// Reads the header.
    pub(super) fn new(set: &EntitySet, mut input: R) -> Result<Self, String> {
        let mut header = Vec::new();
        input.read_until(b'\n', &mut header).map_err(|error| error.to_string())?;
        // Where the comma is the decimal mark, spreadsheets separate by semicolons.
        let delimiter = if header.contains(&b';') && !header.contains(&b',') { b';' } else { b',' };
        let names = fields_of(&header, delimiter)?;
        if header.trim_ascii().is_empty() {
            let example = set.entity_type.declared().next().map_or(ID, |property| &property.name);
            return Err(format!("the first line must name the columns, such as {ID},{example}"));
        }
        let names: Vec<&str> = names.iter().map(str::trim).collect();
        if let Some((_, twice)) = names.iter().enumerate().find(|(index, name)| names[..*index].contains(name)) {
            return Err(format!("the column {twice} is there twice"));
        }
        let columns = names.iter().map(|name| column(set, name)).collect::<Result<_, _>>()?;
        Ok(Self { input, delimiter, columns, line: 1 })
    }

    /// Returns the next row and the line that it begins on.
    pub(super) fn next_row(&mut self) -> Option<(u64, Row)> {
        loop {
            let begins_on = self.line + 1;
            match self.next_record() {
                Ok(record) if record.is_empty() => return None,
                Ok(record) if record.trim_ascii().is_empty() => {}
                Ok(record) => return Some((begins_on, self.row(&record))),
                Err(problem) => return Some((begins_on, Err(problem))),
            }
        }
    }

    /// Reads the bytes of one record: a line, or more where a quoted field goes on over the end of one.
    fn next_record(&mut self) -> Result<Vec<u8>, String> {
        let mut record = Vec::new();
        let mut quotes = Quotes { delimiter: self.delimiter, state: Quote::FieldStart };
        loop {
            let before = record.len();
            let read = self.input.read_until(b'\n', &mut record).map_err(|error| error.to_string())?;
            self.line += u64::from(read > 0);
            record[before..].iter().for_each(|byte| quotes.see(*byte));
            match (read, quotes.state) {
                (0, Quote::Inside) => return Err("a quoted text begins here and never ends".to_owned()),
                (0, _) => return Ok(record),
                (_, Quote::Inside) => {}
                (_, _) => return Ok(record),
            }
        }
    }

    fn row(&self, record: &[u8]) -> Row {
        let fields = fields_of(record, self.delimiter)?;
        if fields.len() != self.columns.len() {
            let (found, wanted) = (fields.len(), self.columns.len());
            return Err(format!("there are {found} fields, and the header names {wanted} columns"));
        }
        let mut row = Map::new();
        for (column, field) in self.columns.iter().zip(&fields) {
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
                Column::Tombstone if field.trim().eq_ignore_ascii_case("true") => return Err(TOMBSTONED.to_owned()),
                Column::Tombstone | Column::Ignored => {}
            }
        }
        Ok(row)
    }
}

fn column(set: &EntitySet, name: &str) -> Result<Column, String> {
    Ok(match set.entity_type.property(name) {
        _ if name == ID => Column::Id,
        _ if name == IS_TOMBSTONED => Column::Tombstone,
        _ if is_given_by_save(name) => Column::Ignored,
        Some(property) => Column::Of(Box::new(property.clone())),
        None => return Err(format!("{} has no property {name}", set.name)),
    })
}

fn fields_of(record: &[u8], delimiter: u8) -> Result<csv::StringRecord, String> {
    let mut builder = csv::ReaderBuilder::new();
    builder.has_headers(false).delimiter(delimiter).buffer_capacity(record.len().clamp(64, 8 << 10));
    let mut fields = csv::StringRecord::new();
    match builder.from_reader(record).read_record(&mut fields) {
        Ok(_) => Ok(fields),
        Err(error) if matches!(error.kind(), csv::ErrorKind::Utf8 { .. }) => {
            Err("the text is not UTF-8; save the file as CSV UTF-8".to_owned())
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Follows the quotes of RFC 4180: one at the start of a field opens it, two inside stand for one.
struct Quotes {
    delimiter: u8,
    state: Quote,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quote {
    FieldStart,
    Outside,
    Inside,
    /// After a quote inside: a second one goes on, anything else closes.
    MaybeClosed,
}

impl Quotes {
    fn see(&mut self, byte: u8) {
        let is_boundary = byte == self.delimiter || matches!(byte, b'\r' | b'\n');
        self.state = match (self.state, byte) {
            (Quote::FieldStart | Quote::MaybeClosed, b'"') => Quote::Inside,
            (Quote::Inside, b'"') => Quote::MaybeClosed,
            (Quote::Inside, _) => Quote::Inside,
            (_, _) if is_boundary => Quote::FieldStart,
            (_, _) => Quote::Outside,
        };
    }
}
