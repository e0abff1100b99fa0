//! The file formats of import and export: CSV and JSON Lines.
//!
//! Owns: what stands in a file, in both directions, so that an exported file imported again changes nothing. Refuses:
//! rules about records; a row is handed to the store, which says whether it fits.

mod csv_rows;
mod fields;
mod guard;
mod records;
mod row;
mod rows;
mod sheet;
mod version;

pub(crate) use rows::import_rows;
pub(crate) use sheet::Sheet;

use crate::error::AppError;
use std::path::Path;
use tidemark_model::{IS_TOMBSTONED, STATE, UPDATED_AT, UPDATED_BY};
use tidemark_store::MARK;

/// A file's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// RFC 4180; read also with semicolons or tabs between the cells.
    Csv,
    /// One JSON object a line.
    JsonLines,
}

impl Format {
    fn of(path: &Path) -> Result<Self, AppError> {
        let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
        match ending.as_deref() {
            Some("csv") => Ok(Self::Csv),
            Some("jsonl" | "ndjson") => Ok(Self::JsonLines),
            _ => Err(file_error(path, "the file's name must end in .csv or .jsonl")),
        }
    }
}

fn file_error(path: &Path, problem: impl ToString) -> AppError {
    AppError::File { path: path.display().to_string(), problem: problem.to_string() }
}

/// Tells whether a member of an exported record is no content: Save gives it anew.
fn is_given_by_save(name: &str) -> bool {
    matches!(name, UPDATED_AT | IS_TOMBSTONED | UPDATED_BY | STATE | MARK) || name.contains('@')
}

#[cfg(test)]
mod tests;
