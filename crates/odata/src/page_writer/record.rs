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
        let mut out = Vec::with_capacity(1024);
        self.write(&mut out, Some(context), etag, cells);
        out
    }

    /// Appends one record.
    pub(super) fn write<'c, C: Borrow<Cell<'c>>>(
        &self,
        out: &mut Vec<u8>,
        context: Option<&str>,
        etag: &str,
        cells: impl IntoIterator<Item = C>,
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
            let value = out.len();
            cell.borrow().write_json(property, out);
            if self.format.numbers_as_strings {
                quote_number(property, value, out);
            }
        }
        // Every member begins with a comma; the first one's becomes the brace.
        if out.len() == start {
            out.push(b'{');
        } else {
            out[start] = b'{';
        }
        out.push(b'}');
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
