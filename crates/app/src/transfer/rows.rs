//! Reading an import, row by row.
//!
//! Owns: JSON Lines, and the sentence that names a bad line. Refuses: rules about records, and keeping anything: the
//! store takes all rows in one transaction or none.

use super::csv_rows::CsvRows;
use super::records::read_line;
use super::row::{Row, TOMBSTONED};
use super::{Format, file_error, is_given_by_save, version};
use crate::error::AppError;
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use tidemark_model::{EntitySet, ID, IS_TOMBSTONED, UPDATED_AT, UnreadRecord, read_members};
use tidemark_store::{FileRow, RowProblem, Store, StoreError};

/// Imports a file into a set that is kept here, and returns how many rows it had.
pub(crate) fn import_rows(store: &Store, set: &EntitySet, path: &Path) -> Result<u64, AppError> {
    let format = Format::of(path)?;
    let file = File::open(path).map_err(|error| file_error(path, error))?;
    let mut input = BufReader::new(file);
    let head = input.fill_buf().map_err(|error| file_error(path, error))?;
    // Spreadsheets begin UTF-8 files with a byte order mark.
    if head.starts_with(b"\xef\xbb\xbf") {
        input.consume(3);
    } else if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return Err(bad_line(path, 1, "the text is UTF-16; save the file as UTF-8 (in Excel: CSV UTF-8)", None));
    }
    let source = match format {
        Format::Csv => {
            Source::Csv(CsvRows::new(set, input).map_err(|(line, problem)| bad_line(path, line, &problem, None))?)
        }
        Format::JsonLines => Source::JsonLines { set, input, line: 0 },
    };
    let mut rows = Rows { source, lines: Vec::new() };
    match store.import(&set.name, &mut rows) {
        Ok(imported) => Ok(imported),
        Err(StoreError::Row { row, problem, property }) => {
            Err(bad_line(path, rows.line_of(row), &problem, property.as_deref()))
        }
        Err(StoreError::SameRecord { row, first }) => {
            let problem = format!("this is the record of line {} again (Id)", rows.line_of(first));
            Err(bad_line(path, rows.line_of(row), &problem, Some(ID)))
        }
        Err(error) => Err(error.into()),
    }
}

fn bad_line(path: &Path, line: u64, problem: &str, property: Option<&str>) -> AppError {
    AppError::invalid(format!("{}, line {line}: {problem}; nothing was imported", path.display()), property)
}

/// The rows of a file, and the line that each began on.
struct Rows<'s, R> {
    source: Source<'s, R>,
    lines: Vec<u64>,
}

enum Source<'s, R> {
    Csv(CsvRows<R>),
    JsonLines { set: &'s EntitySet, input: R, line: u64 },
}

impl<R> Rows<'_, R> {
    /// Returns the line on which a row begins; rows are counted from 1.
    fn line_of(&self, row: u64) -> u64 {
        let index = usize::try_from(row).unwrap_or(usize::MAX).saturating_sub(1);
        self.lines.get(index).copied().unwrap_or(row)
    }
}

impl<R: BufRead> Iterator for Rows<'_, R> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        let (line, row) = match &mut self.source {
            Source::Csv(rows) => rows.next_row()?,
            Source::JsonLines { set, input, line } => next_json_row(set, input, line)?,
        };
        self.lines.push(line);
        Some(row)
    }
}

fn next_json_row(set: &EntitySet, input: &mut impl BufRead, line: &mut u64) -> Option<(u64, Row)> {
    let mut text = Vec::new();
    loop {
        *line += 1;
        match read_line(input, &mut text) {
            Ok(false) => return None,
            Ok(true) if text.trim_ascii().is_empty() => {}
            Ok(true) => return Some((*line, json_row(set, &text))),
            Err(error) => return Some((*line, Err(error.to_string().into()))),
        }
    }
}

fn json_row(set: &EntitySet, text: &[u8]) -> Row {
    let mut row = read_members(set, text).map_err(|error| match error {
        UnreadRecord::NotJson(error) => {
            // The parser counts lines within this one.
            let problem = error.to_string();
            let (problem, _) = problem.rsplit_once(" at line").unwrap_or((&problem, ""));
            RowProblem::from(format!("this is not valid JSON: {problem} at column {}", error.column()))
        }
        UnreadRecord::Invalid(error) => {
            RowProblem { problem: error.to_string(), property: error.property().map(str::to_owned) }
        }
    })?;
    if row.get(IS_TOMBSTONED) == Some(&Value::Bool(true)) {
        return Err(TOMBSTONED.to_owned().into());
    }
    let version = row.get(UPDATED_AT).map(version::of_json).transpose()?.flatten();
    row.retain(|name, _| !is_given_by_save(name));
    if row.get(ID) == Some(&Value::Null) {
        row.shift_remove(ID);
    }
    Ok(FileRow { members: row, version })
}
