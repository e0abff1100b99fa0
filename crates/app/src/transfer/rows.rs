//! Reading an import, row by row.
//!
//! Owns: JSON Lines, and the sentence that names a bad line. Refuses: rules about records, and keeping anything: the
//! store takes all rows in one transaction or none.

use super::csv_rows::CsvRows;
use super::{Format, file_error, is_given_by_save};
use crate::error::AppError;
use serde_json::{Map, Value};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use tidemark_model::{EntitySet, ID, IS_TOMBSTONED};
use tidemark_store::{Store, StoreError};

/// A row's members, or what is wrong with the row.
pub(super) type Row = Result<Map<String, Value>, String>;

/// A tombstoned record lives again by someone's choice only (promise 3), and an import asks nobody.
pub(super) const TOMBSTONED: &str = "the record is marked as deleted (_IsTombstoned); take the row out, or the mark";

/// Imports a file into a set that is kept here, and returns how many rows it had.
pub(crate) fn import_rows(store: &Store, set: &EntitySet, path: &Path) -> Result<u64, AppError> {
    let format = Format::of(path)?;
    let file = File::open(path).map_err(|error| file_error(path, error))?;
    let mut input = BufReader::new(file);
    let head = input.fill_buf().map_err(|error| file_error(path, error))?;
    // Spreadsheets begin UTF-8 files with a byte order mark.
    if head.starts_with(b"\xef\xbb\xbf") {
        input.consume(3);
    }
    let source = match format {
        Format::Csv => Source::Csv(CsvRows::new(set, input).map_err(|problem| bad_line(path, 1, &problem, None))?),
        Format::JsonLines => Source::JsonLines { input, line: 0 },
    };
    let mut rows = Rows { source, lines: Vec::new() };
    match store.import(&set.name, &mut rows) {
        Ok(imported) => Ok(imported),
        Err(StoreError::Row { row, problem, property }) => {
            let index = usize::try_from(row).unwrap_or(usize::MAX).saturating_sub(1);
            let line = rows.lines.get(index).copied().unwrap_or(row);
            Err(bad_line(path, line, &problem, property.as_deref()))
        }
        Err(error) => Err(error.into()),
    }
}

fn bad_line(path: &Path, line: u64, problem: &str, property: Option<&str>) -> AppError {
    AppError::invalid(format!("{}, line {line}: {problem}; nothing was imported", path.display()), property)
}

/// The rows of a file, and the line that each began on.
struct Rows<R> {
    source: Source<R>,
    lines: Vec<u64>,
}

enum Source<R> {
    Csv(CsvRows<R>),
    JsonLines { input: R, line: u64 },
}

impl<R: BufRead> Iterator for Rows<R> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        let (line, row) = match &mut self.source {
            Source::Csv(rows) => rows.next_row()?,
            Source::JsonLines { input, line } => next_json_row(input, line)?,
        };
        self.lines.push(line);
        Some(row)
    }
}

fn next_json_row(input: &mut impl BufRead, line: &mut u64) -> Option<(u64, Row)> {
    loop {
        let mut text = Vec::new();
        *line += 1;
        match input.read_until(b'\n', &mut text) {
            Ok(0) => return None,
            Ok(_) if text.trim_ascii().is_empty() => {}
            Ok(_) => return Some((*line, json_row(&text))),
            Err(error) => return Some((*line, Err(error.to_string()))),
        }
    }
}

fn json_row(text: &[u8]) -> Row {
    let value: Value = serde_json::from_slice(text).map_err(|error| {
        // The parser counts lines within this one.
        let problem = error.to_string();
        let (problem, _) = problem.rsplit_once(" at line").unwrap_or((&problem, ""));
        format!("this is not valid JSON: {problem} at column {}", error.column())
    })?;
    let Value::Object(mut row) = value else { return Err("a record must be a JSON object".to_owned()) };
    if row.get(IS_TOMBSTONED) == Some(&Value::Bool(true)) {
        return Err(TOMBSTONED.to_owned());
    }
    row.retain(|name, _| !is_given_by_save(name));
    if row.get(ID) == Some(&Value::Null) {
        row.shift_remove(ID);
    }
    Ok(row)
}
