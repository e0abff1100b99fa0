//! One record, written member by member.

use crate::{Code, Format, Version, WireError};
use std::borrow::Borrow;
use tidemark_model::{Cell, EntitySet, Kind, Property};

/// Writes records of one entity set, each member's name prepared once.
#[derive(Clone, Debug)]
pub struct RecordWriter<'m> {
    pub(super) set: &'m EntitySet,
    pub(super) version: Version,
    pub(super) format: Format,
    properties: Vec<&'m Property>,
    /// `,"Title":` and so on, one per property.
    names: Vec<Vec<u8>>,
    /// `,"@etag":`.
    etag_name: Vec<u8>,
}

impl<'m> RecordWriter<'m> {
    /// Prepares a writer; an empty `select` means every property.
    ///
    /// # Errors
    /// 400 naming a property of `select` that the set does not have.
    pub fn new(set: &'m EntitySet, select: &[String], version: Version, format: Format) -> Result<Self, WireError> {
        if let Some(unknown) = select.iter().find(|name| set.entity_type.property(name).is_none()) {
            let message = format!("$select names {unknown}, but {} has no such property", set.name);
            return Err(WireError::new(400, Code::InvalidQuery, message).about("$select"));
        }
        let is_selected = |property: &&Property| select.is_empty() || select.contains(&property.name);
        let properties: Vec<&Property> = set.entity_type.properties.iter().filter(is_selected).collect();
        let names = properties.iter().map(|property| format!(",\"{}\":", property.name).into_bytes()).collect();
        let etag_name = format!(",\"{}etag\":", version.prefix()).into_bytes();
        Ok(Self { set, version, format, properties, names, etag_name })
    }

    /// Returns the properties that are written, in the order in which their cells are given: model order.
    pub fn properties(&self) -> &[&'m Property] {
        &self.properties
    }

    /// Writes one record as a whole answer; `context` as [`crate::context_url`] makes it.
    pub fn entity<'c, C: Borrow<Cell<'c>>>(
        &self,
        context: &str,
        etag: &str,
        cells: impl IntoIterator<Item = C>,
    ) -> Vec<u8> {
        self.entity_with(context, etag, cells, |_| {})
    }

    /// Writes one record as a whole answer, with members behind its own, each with a comma in front.
    pub fn entity_with<'c, C: Borrow<Cell<'c>>>(
        &self,
        context: &str,
        etag: &str,
        cells: impl IntoIterator<Item = C>,
        more: impl FnOnce(&mut Vec<u8>),
    ) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024);
        self.write(&mut out, Some(context), etag, cells, more);
        out
    }

    /// Appends one record within another answer, with members behind its own.
    pub fn append<'c, C: Borrow<Cell<'c>>>(
        &self,
        out: &mut Vec<u8>,
        etag: &str,
        cells: impl IntoIterator<Item = C>,
        more: impl FnOnce(&mut Vec<u8>),
    ) {
        self.write(out, None, etag, cells, more);
    }

    /// Appends one record.
    pub(super) fn write<'c, C: Borrow<Cell<'c>>>(
        &self,
        out: &mut Vec<u8>,
        context: Option<&str>,
        etag: &str,
        cells: impl IntoIterator<Item = C>,
        more: impl FnOnce(&mut Vec<u8>),
    ) {
        let start = out.len();
        if !self.format.no_metadata {
            if let Some(context) = context {
                out.extend_from_slice(format!(",\"{}context\":", self.version.prefix()).as_bytes());
                write_text(context, out);
            }
            out.extend_from_slice(&self.etag_name);
            write_text(etag, out);
        }
        for ((property, name), cell) in self.properties.iter().zip(&self.names).zip(cells) {
            out.extend_from_slice(name);
            write_cell(property, cell.borrow(), self.format, out);
        }
        more(out);
        // Every member begins with a comma; the first one's becomes the brace.
        if out.len() == start {
            out.push(b'{');
        } else {
            out[start] = b'{';
        }
        out.push(b'}');
    }
}

/// Writes one property as a whole answer (JSON Format section 11); `context` as of a record, with the property behind it.
pub fn property_json(context: &str, version: Version, format: Format, property: &Property, cell: &Cell<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    out.push(b'{');
    if !format.no_metadata {
        out.extend_from_slice(format!("\"{}context\":", version.prefix()).as_bytes());
        write_text(context, &mut out);
        out.push(b',');
    }
    out.extend_from_slice(b"\"value\":");
    write_cell(property, cell, format, &mut out);
    out.push(b'}');
    out
}

/// Returns a property's bare value as text (Protocol section 11.2.4.1); nothing for null.
pub fn raw_value(property: &Property, cell: &Cell<'_>) -> Option<String> {
    match cell.to_json(property) {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

fn write_cell(property: &Property, cell: &Cell<'_>, format: Format, out: &mut Vec<u8>) {
    let start = out.len();
    cell.write_json(property, out);
    if format.numbers_as_strings {
        quote_number(property, start, out);
    }
}

/// Puts quotes around an Int64 or Decimal that begins at `start` (JSON Format section 3.2).
fn quote_number(property: &Property, start: usize, out: &mut Vec<u8>) {
    let is_large = matches!(property.kind, Kind::Int64 | Kind::Decimal { .. });
    if is_large && out.get(start).is_some_and(|first| *first == b'-' || first.is_ascii_digit()) {
        out.insert(start, b'"');
        out.push(b'"');
    }
}

pub(super) fn write_text(text: &str, out: &mut Vec<u8>) {
    // Writing a string to memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}
