//! Pages and deltas, written straight into bytes: what a server does for every record it sends (OData JSON Format
//! 4.01 sections 12 to 15).
//!
//! Owns: the envelope, links, and removed items in the form of the client's version. Refuses: choosing records and
//! making links.

mod made;
mod record;
#[cfg(test)]
mod tests;
mod types;

pub use made::{Made, MadeWriter};
pub use record::{RecordWriter, property_json, raw_value};

use crate::Version;
use crate::path::entity_url;
use record::write_text;
use std::borrow::Borrow;
use std::io::Write as _;
use tidemark_model::{Cell, ID, Property, RecordId, Removal, UPDATED_AT, UPDATED_BY};

/// How a page ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link<'l> {
    /// There is nothing more.
    None,
    /// `nextLink`.
    Next(&'l str),
    /// `deltaLink`.
    Delta(&'l str),
}

/// Writes a page or delta straight into its bytes.
#[derive(Debug)]
pub struct PageWriter<'m> {
    records: RecordWriter<'m>,
    out: Vec<u8>,
    items: u64,
}

impl<'m> PageWriter<'m> {
    /// Starts a page; `context` as [`context_url`] makes it, `count` where `$count=true` asked for it.
    pub fn new(records: RecordWriter<'m>, context: &str, count: Option<u64>) -> Self {
        let mut page = Self { records, out: Vec::with_capacity(16 * 1024), items: 0 };
        page.out.push(b'{');
        if !page.records.format.is_none() {
            page.control("context");
            write_text(context, &mut page.out);
            page.out.push(b',');
        }
        if let Some(count) = count {
            page.control("count");
            // Writing to memory cannot fail, here and below.
            let _ = write!(page.out, "{count},");
        }
        page.out.extend_from_slice(b"\"value\":[");
        page
    }

    /// Returns the properties that are written, in the order in which their cells are given: model order.
    pub fn properties(&self) -> &[&'m Property] {
        self.records.properties()
    }

    /// Writes one record; `cells` one per property of [`Self::properties`].
    pub fn record<'c, C: Borrow<Cell<'c>>>(&mut self, etag: &str, cells: impl IntoIterator<Item = C>) {
        self.record_with(etag, cells, |_| {});
    }

    /// Writes one record with members behind its own, each with a comma in front.
    pub fn record_with<'c, C: Borrow<Cell<'c>>>(
        &mut self,
        etag: &str,
        cells: impl IntoIterator<Item = C>,
        more: impl FnOnce(&mut Vec<u8>),
    ) {
        self.next_item();
        self.records.append(&mut self.out, etag, cells, more);
    }

    /// Writes one row that is no record: only what `members` writes, each with a comma in front.
    pub fn row(&mut self, members: impl FnOnce(&mut Vec<u8>)) {
        self.next_item();
        let start = self.out.len();
        if !self.records.format.is_none() {
            // It has no address (Data Aggregation 4.0 section 3.2.1).
            let _ = write!(self.out, ",\"{}id\":null", self.records.version.prefix());
        }
        members(&mut self.out);
        if self.out.len() == start {
            self.out.push(b'{');
        } else {
            self.out[start] = b'{';
        }
        self.out.push(b'}');
    }

    /// Writes one record that is no longer there, in the form of the version; a 4.0 client hears id and reason only.
    pub fn removed(&mut self, id: RecordId, reason: Removal, etag: &str, updated_at: i64, updated_by: Option<&str>) {
        self.next_item();
        let set = &self.records.set.name;
        let url = entity_url(set, id);
        let reason = match reason {
            Removal::Deleted => "deleted",
            Removal::Changed => "changed",
        };
        let prefix = self.records.version.prefix();
        let out = &mut self.out;
        if self.records.version == Version::V40 {
            let context = format!("#{set}/$deletedEntity");
            let _ = write!(out, r#"{{"@odata.context":"{context}","id":"{url}","reason":"{reason}"}}"#);
            return;
        }
        let _ = write!(out, r#"{{"@removed":{{"reason":"{reason}"}},"{prefix}id":"{url}","{ID}":"{id}""#);
        let _ = write!(out, r#","{prefix}etag":"#);
        write_text(etag, out);
        let _ = match self.records.format.numbers_as_strings {
            true => write!(out, r#","{UPDATED_AT}":"{updated_at}""#),
            false => write!(out, r#","{UPDATED_AT}":{updated_at}"#),
        };
        if let Some(name) = updated_by {
            let _ = write!(out, r#","{UPDATED_BY}":"#);
            write_text(name, out);
        }
        out.push(b'}');
    }

    /// Returns how many items there are so far.
    pub fn items(&self) -> u64 {
        self.items
    }

    /// Returns how many bytes there are so far.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Tells whether there are no bytes so far, which is never: a page begins when it is made.
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// Ends the page and returns it.
    pub fn finish(mut self, link: Link<'_>) -> Vec<u8> {
        self.out.push(b']');
        let link = match link {
            Link::None => None,
            Link::Next(url) => Some(("nextLink", url)),
            Link::Delta(url) => Some(("deltaLink", url)),
        };
        if let Some((name, url)) = link {
            self.out.push(b',');
            self.control(name);
            write_text(url, &mut self.out);
        }
        self.out.push(b'}');
        self.out
    }

    fn next_item(&mut self) {
        if self.items > 0 {
            self.out.push(b',');
        }
        self.items += 1;
    }

    /// Writes the name of a piece of control information.
    fn control(&mut self, name: &str) {
        let _ = write!(self.out, "\"{}{name}\":", self.records.version.prefix());
    }
}

/// Returns the context URL of an answer: `base` is the service root with its slash, or empty for a relative URL;
/// `suffix` is empty for a collection, `/$delta` or `/$entity`.
pub fn context_url(base: &str, set: &str, select: &[String], suffix: &str) -> String {
    let selected = if select.is_empty() { String::new() } else { format!("({})", select.join(",")) };
    format!("{base}$metadata#{set}{selected}{suffix}")
}
