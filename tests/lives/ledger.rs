//! What a life knows from outside: every edit that Save acknowledged, what its user saw before, what was given up by
//! choice. It shares no code with the engine (FAULTS 3.4).
//!
//! Owns: the marks that edits write, each once in the world. Refuses: looking into databases (`verdicts`).

use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};

/// Who writes: a laptop by its number, or the office.
pub(crate) type Writer = usize;

/// The office, as a writer.
pub(crate) const OFFICE: Writer = 9;

/// One acknowledged edit of one property.
#[derive(Clone, Debug)]
pub(crate) struct Saved {
    pub(crate) mark: String,
    pub(crate) writer: Writer,
    pub(crate) user: &'static str,
    pub(crate) set: &'static str,
    pub(crate) id: String,
    pub(crate) property: &'static str,
    /// Whether it went straight to the server, of a set that was not kept offline: then nothing of it is kept here.
    pub(crate) is_live: bool,
    /// Why nobody needs to find it any more: the person who wrote it gave it up or wrote over it.
    pub(crate) closed: Option<&'static str>,
}

/// Everything that was seen from outside.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) saved: Vec<Saved>,
    by_mark: HashMap<String, usize>,
    seen: HashSet<(Writer, String, String)>,
    deleters: HashMap<String, HashSet<Writer>>,
    /// Laptops that came back from an image, with the number of edits there were when it was taken.
    pub(crate) rolled_back: HashMap<Writer, usize>,
    pub(crate) is_restored: bool,
    pub(crate) has_policies: bool,
    pub(crate) is_purged: bool,
    pub(crate) asked: HashSet<String>,
}

impl Ledger {
    /// Makes a value that nobody has written before.
    pub(crate) fn fresh(&self, n: usize, writer: Writer) -> String {
        format!("mark{n:05}w{writer}x")
    }

    /// Notes an acknowledged edit; what it was typed over, by the same hand, is folded into it.
    pub(crate) fn save(&mut self, saved: Saved, over: Option<&str>) {
        if let Some(&at) = over.and_then(|over| self.by_mark.get(over))
            && self.saved[at].writer == saved.writer
        {
            self.saved[at].closed = Some("written over by the same hand");
        }
        self.by_mark.insert(saved.mark.clone(), self.saved.len());
        self.saved.push(saved);
    }

    /// Notes what was on a writer's screen.
    pub(crate) fn see(&mut self, writer: Writer, id: &str, record: &Map<String, Value>) {
        for value in record.values().filter_map(Value::as_str) {
            self.seen.insert((writer, id.to_owned(), value.to_owned()));
        }
    }

    pub(crate) fn has_seen(&self, writer: Writer, id: &str, value: &str) -> bool {
        self.seen.contains(&(writer, id.to_owned(), value.to_owned()))
    }

    /// Returns who wrote a value.
    pub(crate) fn writer_of(&self, value: &str) -> Option<&Saved> {
        self.by_mark.get(value).map(|at| &self.saved[*at])
    }

    pub(crate) fn number_of(&self, value: &str) -> Option<usize> {
        self.by_mark.get(value).copied()
    }

    /// Notes a deletion; it closes what the same hand wrote into the record.
    pub(crate) fn delete(&mut self, writer: Writer, id: &str) {
        self.deleters.entry(id.to_owned()).or_default().insert(writer);
        self.close("deleted by the same hand", |saved| saved.writer == writer && saved.id == id);
    }

    pub(crate) fn deleters(&self, id: &str) -> Vec<Writer> {
        self.deleters.get(id).into_iter().flatten().copied().collect()
    }

    /// Notes that a person gave edits up.
    pub(crate) fn close(&mut self, why: &'static str, which: impl Fn(&Saved) -> bool) {
        for saved in self.saved.iter_mut().filter(|saved| saved.closed.is_none() && which(saved)) {
            saved.closed = Some(why);
        }
    }
}
