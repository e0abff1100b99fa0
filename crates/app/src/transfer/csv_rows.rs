//! Reading CSV as spreadsheets write it.
//!
//! Owns: where a record ends, so that each one's line is known exactly, and what a header may say. Refuses: the text
//! of single values (`fields`) and the rules of quoting within a record (the `csv` crate's).

use super::fields::value_of;
use super::is_given_by_save;
use super::rows::{Row, TOMBSTONED};
use serde_json::{Map, Value};
use std::io::{self, BufRead, Read};
use tidemark_model::{EntitySet, ID, IS_TOMBSTONED, Property};

/// The rows of a CSV file.
pub(super) struct CsvRows<R> {
    reader: csv::Reader<Records<R>>,
    columns: Vec<Column>,
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
        let mut builder = csv::ReaderBuilder::new();
        builder.has_headers(false).flexible(true).delimiter(delimiter);
        let names = builder.from_reader(header.as_slice()).into_records().next();
        let names = names.transpose().map_err(|error| problem_of(&error))?.unwrap_or_default();
        if header.trim_ascii().is_empty() {
            let example = set.entity_type.declared().next().map_or(ID, |property| &property.name);
            return Err(format!("the first line must name the columns, such as {ID},{example}"));
        }
        let names: Vec<&str> = names.iter().map(str::trim).collect();
        if let Some((_, twice)) = names.iter().enumerate().find(|(index, name)| names[..*index].contains(name)) {
            return Err(format!("the column {twice} is there twice"));
        }
        let columns = names.iter().map(|name| column(set, name)).collect::<Result<_, _>>()?;
        let records = Records { input, delimiter, line: 1, begins_on: 1, record: Vec::new(), given: 0 };
        Ok(Self { reader: builder.from_reader(records), columns })
    }

    /// Returns the next row and the line that it begins on.
    pub(super) fn next_row(&mut self) -> Option<(u64, Row)> {
        let mut fields = csv::StringRecord::new();
        let read = self.reader.read_record(&mut fields);
        let begins_on = self.reader.get_ref().begins_on;
        match read {
            Ok(false) => None,
            Ok(true) => Some((begins_on, self.row(&fields))),
            Err(error) => Some((begins_on, Err(problem_of(&error)))),
        }
    }

    fn row(&self, fields: &csv::StringRecord) -> Row {
        if fields.len() != self.columns.len() {
            let (found, wanted) = (fields.len(), self.columns.len());
            return Err(format!("there are {found} fields, and the header names {wanted} columns"));
        }
        let mut row = Map::new();
        for (column, field) in self.columns.iter().zip(fields) {
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

fn problem_of(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "the text is not UTF-8; save the file as CSV UTF-8".to_owned(),
        csv::ErrorKind::Io(error) => error.to_string(),
        _ => error.to_string(),
    }
}

/// Hands a file to the `csv` crate one record at a time, so that the record being read is the one that was handed
/// over last, and its line is known.
struct Records<R> {
    input: R,
    delimiter: u8,
    /// Lines read so far.
    line: u64,
    /// The line that the record begins on.
    begins_on: u64,
    record: Vec<u8>,
    /// Bytes of the record that were handed over.
    given: usize,
}

impl<R: BufRead> Read for Records<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.given == self.record.len() {
            self.given = 0;
            self.record.clear();
            if !self.next_record()? {
                return Ok(0);
            }
        }
        let rest = &self.record[self.given..];
        let n = rest.len().min(out.len());
        out[..n].copy_from_slice(&rest[..n]);
        self.given += n;
        Ok(n)
    }
}

impl<R: BufRead> Records<R> {
    /// Reads one record: a line, or more where a quoted field goes on over the end of one. Empty lines are none.
    fn next_record(&mut self) -> io::Result<bool> {
        let begins_on = self.line + 1;
        let mut quotes = Quotes { delimiter: self.delimiter, state: Quote::FieldStart };
        loop {
            let before = self.record.len();
            let read = self.input.read_until(b'\n', &mut self.record)?;
            self.line += u64::from(read > 0);
            self.record[before..].iter().for_each(|byte| quotes.see(*byte));
            match (read, quotes.state) {
                (0, _) if before == 0 => return Ok(false),
                (0, Quote::Inside) => {
                    self.record.clear();
                    self.begins_on = begins_on;
                    return Err(io::Error::other("a quoted text begins here and never ends"));
                }
                (1.., Quote::Inside) => {}
                (_, _) => {
                    if self.record.trim_ascii().is_empty() {
                        self.record.clear();
                    } else {
                        self.begins_on = begins_on;
                    }
                    return Ok(true);
                }
            }
        }
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
