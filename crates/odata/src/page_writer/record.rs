//! One record, written member by member.

use super::types::{says_itself, type_name};
use crate::path::entity_url;
use crate::{Code, Format, Version, WireError};
use std::borrow::Borrow;
use std::io::Write as _;
use tidemark_model::{Cell, EntitySet, Kind, Property, RecordId, Role};

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
    /// `,"Day@type":"Date"` and so on, one per property, where all control information is wanted.
    types: Vec<Vec<u8>>,
    /// The navigation properties whose addresses are given then.
    ways: Vec<&'m str>,
}

impl<'m> RecordWriter<'m> {
    /// Prepares a writer; an empty `select` means every property.
    ///
    /// # Errors
    /// 400 naming a property of `select` that the set does not have.
    pub fn new(set: &'m EntitySet, select: &[String], version: Version, format: Format) -> Result<Self, WireError> {
        Self::beside(set, select, &[], version, format)
    }

    /// Prepares a writer of records that have values beside their properties, which `select` may name too.
    ///
    /// # Errors
    /// 400 naming what the records do not have.
    pub fn beside(
        set: &'m EntitySet,
        select: &[String],
        made: &[String],
        version: Version,
        format: Format,
    ) -> Result<Self, WireError> {
        let of = &set.entity_type;
        let ways = of.navigation.iter().map(|way| way.name.as_str());
        let ways: Vec<&str> = ways.chain(of.collections.iter().map(|way| way.name.as_str())).collect();
        let is_known = |name: &String| {
            of.property(name).is_some() || made.contains(name) || ways.iter().any(|way| first_of(name) == *way)
        };
        if let Some(unknown) = select.iter().find(|name| !is_known(name)) {
            let message = format!("$select names {unknown}, but {} has no such property", set.name);
            return Err(WireError::new(400, Code::InvalidQuery, message).about("$select"));
        }
        let is_named = |name: &str| select.is_empty() || select.iter().any(|selected| first_of(selected) == name);
        // A record's address is made of its key.
        let is_selected = |p: &&Property| is_named(&p.name) || (format.is_full() && p.role == Role::Key);
        let ways = if format.is_full() { ways } else { Vec::new() };
        let ways = ways.into_iter().filter(|way| is_named(way)).collect();
        let properties: Vec<&Property> = set.entity_type.properties.iter().filter(is_selected).collect();
        let names = properties.iter().map(|property| format!(",\"{}\":", property.name).into_bytes()).collect();
        let etag_name = format!(",\"{}etag\":", version.prefix()).into_bytes();
        let types = properties.iter().map(|property| type_of(property, version, format)).collect();
        Ok(Self { set, version, format, properties, names, etag_name, types, ways })
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
        if !self.format.is_none() {
            if let Some(context) = context {
                out.extend_from_slice(format!(",\"{}context\":", self.version.prefix()).as_bytes());
                write_text(context, out);
            }
            out.extend_from_slice(&self.etag_name);
            write_text(etag, out);
        }
        let names = self.names.iter().zip(&self.types);
        for ((property, (name, of)), cell) in self.properties.iter().zip(names).zip(cells) {
            match cell.borrow() {
                Cell::Guid(id) if property.role == Role::Key && self.format.is_full() => {
                    self.addresses(RecordId(*id), out);
                }
                _ => {}
            }
            if *cell.borrow() != Cell::Null {
                out.extend_from_slice(of);
            }
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

impl RecordWriter<'_> {
    /// Writes what all control information has of a record: its type, and where it and what is related to it are (section
    /// 4.6).
    fn addresses(&self, id: RecordId, out: &mut Vec<u8>) {
        let (prefix, url) = (self.version.prefix(), entity_url(&self.set.name, id));
        // Writing to memory cannot fail, here and below.
        let _ = write!(out, ",\"{prefix}type\":\"#{}\"", self.set.entity_type.qualified_name);
        let _ = write!(out, ",\"{prefix}id\":\"{url}\",\"{prefix}editLink\":\"{url}\"");
        for way in &self.ways {
            let _ = write!(out, ",\"{way}{prefix}navigationLink\":\"{url}/{way}\"");
            let _ = write!(out, ",\"{way}{prefix}associationLink\":\"{url}/{way}/$ref\"");
        }
    }
}

/// Returns what stands in front of the first slash of a selected name.
fn first_of(name: &str) -> &str {
    name.split('/').next().unwrap_or_default()
}

/// Writes the type of a property, where all control information is wanted and its value does not say it.
fn type_of(property: &Property, version: Version, format: Format) -> Vec<u8> {
    let edm = property.kind.edm_name();
    if !format.is_full() || says_itself(edm) {
        return Vec::new();
    }
    format!(",\"{}{}type\":\"{}\"", property.name, version.prefix(), type_name(edm, version)).into_bytes()
}

/// Writes one property as a whole answer (JSON Format section 11); `context` as of a record, with the property behind it.
pub fn property_json(context: &str, version: Version, format: Format, property: &Property, cell: &Cell<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    out.push(b'{');
    if !format.is_none() {
        let prefix = version.prefix();
        out.extend_from_slice(format!("\"{prefix}context\":").as_bytes());
        write_text(context, &mut out);
        out.push(b',');
        if format.is_full() && !says_itself(property.kind.edm_name()) {
            let of = type_name(property.kind.edm_name(), version);
            out.extend_from_slice(format!("\"{prefix}type\":\"{of}\",").as_bytes());
        }
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
