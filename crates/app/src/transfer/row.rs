//! One row of a file, in whatever form the file is.
//!
//! Owns: what a row comes to. Refuses: reading it (`rows`, `csv_rows`).

use tidemark_store::{FileRow, RowProblem};

/// A row, or what is wrong with it.
pub(super) type Row = Result<FileRow, RowProblem>;

/// A tombstoned record lives again by someone's choice only (promise 3), and an import asks nobody.
pub(super) const TOMBSTONED: &str = "the record is marked as deleted (_IsTombstoned); take the row out, or the mark";
