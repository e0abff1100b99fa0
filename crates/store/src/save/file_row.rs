//! A row of an import on its way in.
//!
//! Owns: its shape. Refuses: reading files (`tidemark-app`) and what a row does (`import`).

use serde_json::{Map, Value};
use std::ops::RangeInclusive;

/// A row of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FileRow {
    /// `Id`, where the row has one, and the properties that it names.
    pub members: Map<String, Value>,
    /// The stamps (`_UpdatedAt`, Unix milliseconds UTC) of the version that the row was written from: one, or a span where
    /// a spreadsheet rounded it; `None` where the row says nothing of a version.
    pub version: Option<RangeInclusive<i64>>,
}

impl From<Map<String, Value>> for FileRow {
    fn from(members: Map<String, Value>) -> Self {
        Self { members, version: None }
    }
}

/// What is wrong with a row that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowProblem {
    /// The rest of a sentence that begins with the row.
    pub problem: String,
    /// The property at fault, where there is one.
    pub property: Option<String>,
}

impl From<String> for RowProblem {
    fn from(problem: String) -> Self {
        Self { problem, property: None }
    }
}
