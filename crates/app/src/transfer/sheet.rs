//! Writing an export.
//!
//! Owns: the columns, the quoting, and that a file appears whole: it is written beside its name and renamed. Refuses:
//! properties that the model does not declare; an import would refuse them.

use super::fields::field_of;
use super::{Format, file_error};
use crate::error::AppError;
use serde_json::{Map, Value};
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use tidemark_model::{EntitySet, Property, Role};

/// An export being written.
pub(crate) struct Sheet {
    columns: Vec<Property>,
    writer: Writer,
    path: PathBuf,
    beside: PathBuf,
    written: u64,
    is_finished: bool,
}

enum Writer {
    Csv(Box<csv::Writer<File>>),
    JsonLines(BufWriter<File>),
}

impl Sheet {
    /// Begins a file for the records of a set.
    pub(crate) fn create(set: &EntitySet, path: &Path) -> Result<Self, AppError> {
        let format = Format::of(path)?;
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let beside = path.with_file_name(name);
        let file = File::create(&beside).map_err(|error| file_error(path, error))?;
        let is_exported = |property: &&Property| matches!(property.role, Role::Key | Role::Declared | Role::UpdatedAt);
        let columns: Vec<Property> = set.entity_type.properties.iter().filter(is_exported).cloned().collect();
        let writer = match format {
            Format::Csv => {
                Writer::Csv(Box::new(csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(file)))
            }
            Format::JsonLines => Writer::JsonLines(BufWriter::new(file)),
        };
        let mut sheet = Self { columns, writer, path: path.to_owned(), beside, written: 0, is_finished: false };
        if let Writer::Csv(csv) = &mut sheet.writer {
            let header = csv.write_record(sheet.columns.iter().map(|property| &property.name));
            header.map_err(|error| file_error(&sheet.path, error))?;
        }
        Ok(sheet)
    }

    /// Returns how many records are in it.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// Writes a record.
    pub(crate) fn write(&mut self, record: &Map<String, Value>) -> Result<(), AppError> {
        let value = |property: &Property| record.get(&property.name).unwrap_or(&Value::Null).clone();
        let result = match &mut self.writer {
            Writer::Csv(csv) => {
                let values: Vec<(&Property, Value)> = self.columns.iter().map(|p| (p, value(p))).collect();
                let fields = values.iter().map(|(property, value)| field_of(property, value).into_owned());
                csv.write_record(fields).map_err(|error| error.to_string())
            }
            Writer::JsonLines(file) => {
                let line: Map<String, Value> = self.columns.iter().map(|p| (p.name.clone(), value(p))).collect();
                writeln!(file, "{}", Value::Object(line)).map_err(|error| error.to_string())
            }
        };
        result.map_err(|problem| file_error(&self.path, problem))?;
        self.written += 1;
        Ok(())
    }

    /// Puts the file in its place and returns how many records are in it.
    pub(crate) fn finish(mut self) -> Result<u64, AppError> {
        let flushed = match &mut self.writer {
            Writer::Csv(csv) => csv.flush().and_then(|()| csv.get_ref().sync_all()),
            Writer::JsonLines(file) => file.flush().and_then(|()| file.get_ref().sync_all()),
        };
        let placed = flushed.and_then(|()| std::fs::rename(&self.beside, &self.path));
        placed.map_err(|error| file_error(&self.path, error))?;
        self.is_finished = true;
        Ok(self.written)
    }
}

impl Drop for Sheet {
    fn drop(&mut self) {
        if !self.is_finished {
            let _ = std::fs::remove_file(&self.beside);
        }
    }
}
