//! What is known from outside: every edit that Save acknowledged, what its user saw before, what was given up by choice.
//! It shares no code with the engine (FAULTS 3.4).
//!
//! Owns: the marks that edits write, each once in the world. Refuses: looking into databases (`eyes`).

use crate::plan::deed::User;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use tidemark_app::ConflictView;

/// Who writes: a laptop by its number, or the office.
pub(crate) type Writer = usize;

/// The office, as a writer.
pub(crate) const OFFICE: Writer = 9;

/// Why an edit is closed whose writer deleted the record.
pub(crate) const DELETED: &str = "deleted by the same hand";

/// One acknowledged edit of one property.
#[derive(Clone, Debug)]
pub(crate) struct Saved {
    pub(crate) mark: String,
    pub(crate) writer: Writer,
    pub(crate) user: User,
    pub(crate) set: &'static str,
    pub(crate) id: String,
    pub(crate) property: &'static str,
    /// Whether it went straight to the server, of a set that was not kept offline: then nothing of it is kept here.
    pub(crate) is_live: bool,
    /// When, in true time.
    pub(crate) at_ms: i64,
    /// Why nobody needs to find it any more: the person who wrote it gave it up or wrote over it.
    pub(crate) closed: Option<&'static str>,
    /// Whether the server has or had it.
    pub(crate) arrived: bool,
    /// Whether a server had it that was put back to a backup.
    pub(crate) forgotten: bool,
}

/// An answer for the server's side.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) laptop: Writer,
    pub(crate) set: String,
    /// How many edits there were then.
    pub(crate) since: usize,
    /// What is to stand.
    pub(crate) stands: Vec<(String, Value)>,
}

/// Everything that was seen from outside.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) saved: Vec<Saved>,
    by_mark: BTreeMap<String, usize>,
    seen: BTreeSet<(Writer, String, String)>,
    deleters: BTreeMap<String, BTreeSet<Writer>>,
    /// Records that somebody deleted: who did last, and how many edits there were then.
    deleted: BTreeMap<String, (Writer, usize)>,
    /// The edits that somebody's last deletion of a record closed: whoever takes it back has them again.
    closed_with: BTreeMap<(Writer, String), Vec<usize>>,
    /// The edits that came back so, by record, while nobody has decided anything about it since: that they are in a history
    /// is not enough.
    back: BTreeMap<String, BTreeSet<usize>>,
    /// Laptops that came back from an image, with the number of edits there were when it was taken.
    pub(crate) rolled_back: BTreeMap<Writer, usize>,
    /// Laptops that were made or changed by copying another's disk.
    pub(crate) copied: BTreeSet<Writer>,
    /// Laptops whose disk forgot something by itself: a lost file, a flipped bit.
    pub(crate) damaged: BTreeSet<Writer>,
    /// Laptops whose log a bit was flipped in.
    pub(crate) flipped: BTreeSet<Writer>,
    pub(crate) is_restored: bool,
    pub(crate) has_policies: bool,
    pub(crate) is_purged: bool,
    pub(crate) asked: BTreeSet<String>,
    /// Records that a file changed which was written when there were so many edits: what came later is news to it.
    pub(crate) filed: BTreeMap<String, usize>,
    /// Records that somebody chose to bring back from their deletion.
    pub(crate) revived: BTreeSet<String>,
    /// Records of which somebody chose to bring an earlier version back: what stands there then was once another's.
    pub(crate) brought_back: BTreeMap<String, BTreeSet<Writer>>,
    /// What a Save that failed with the disk may have been typed over all the same: the old mark, and the new one.
    pub(crate) doubts: BTreeMap<String, BTreeSet<String>>,
    /// Deletions that failed in the midst.
    pub(crate) doubtful: BTreeSet<(Writer, String)>,
    /// Laptops that have heard the server's time since any clock was last moved.
    pub(crate) timed: BTreeSet<Writer>,
    /// Laptops that a proxy told an old time.
    pub(crate) told_an_old_time: BTreeSet<Writer>,
    /// Records of which something in between answered a laptop in the server's place.
    pub(crate) interfered: BTreeSet<(Writer, String)>,
    /// Laptops that something in between kept from hearing what the server said of their links: also that it was put back.
    pub(crate) kept_from: BTreeSet<Writer>,
    /// Sets that a laptop kept no longer: of them it knows nothing any more, not even what it did itself.
    pub(crate) unticked: BTreeSet<(Writer, usize)>,
    /// What waited on a disk when an image was taken of it.
    pub(crate) imaged: BTreeMap<Writer, BTreeSet<String>>,
    /// What waited on a disk when an image was taken of it that was put back: the lost disk sent it.
    pub(crate) unsent_then: BTreeSet<String>,
    /// Records whose deletion was taken back, and that nobody deleted since.
    pub(crate) undone: BTreeSet<String>,
    /// Questions that were answered with the server's side, by record.
    pub(crate) decided: BTreeMap<String, Decided>,
    /// When somebody last answered a question about a record, in true time: what stands then is a version of that moment.
    pub(crate) answered_ms: BTreeMap<String, i64>,
    /// Questions that were asked with what both sides began with.
    pub(crate) based: BTreeSet<String>,
    /// The policies that anybody chose.
    pub(crate) policies: BTreeSet<&'static str>,
    /// Whether the server had another model for a while.
    pub(crate) has_models: bool,
    /// Whether any clock was wrong.
    pub(crate) has_wrong_clocks: bool,
    pub(crate) marks: usize,
    /// The latest that the server's clock ever showed.
    pub(crate) latest_ms: i64,
}

impl Ledger {
    /// Makes a value that nobody has written before.
    pub(crate) fn fresh(&mut self, writer: Writer) -> String {
        self.marks += 1;
        format!("mark{:05}w{writer}x", self.marks)
    }

    /// Notes an acknowledged edit; what it was typed over, by the same hand, is folded into it.
    pub(crate) fn save(&mut self, saved: Saved, over: Option<&str>) {
        if let Some(&at) = over.and_then(|over| self.by_mark.get(over))
            && self.saved[at].writer == saved.writer
        {
            self.saved[at].closed.get_or_insert("written over by the same hand");
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

    /// Whoever sits before a copy of a disk has seen what was seen on it.
    pub(crate) fn sees_as(&mut self, writer: Writer, like: Writer) {
        let seen: Vec<_> = self.seen.iter().filter(|(of, ..)| *of == like).cloned().collect();
        self.seen.extend(seen.into_iter().map(|(_, id, value)| (writer, id, value)));
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
        self.chosen_since(id);
        self.deleted.insert(id.to_owned(), (writer, self.saved.len()));
        let is_closed = |saved: &Saved| saved.closed.is_none() && saved.writer == writer && saved.id == id;
        let closed: Vec<usize> = (0..self.saved.len()).filter(|at| is_closed(&self.saved[*at])).collect();
        closed.iter().for_each(|at| self.saved[*at].closed = Some(DELETED));
        self.closed_with.insert((writer, id.to_owned()), closed);
    }

    /// Notes that somebody took their deletion back: what they had typed before it is there again.
    pub(crate) fn undo_delete(&mut self, writer: Writer, id: &str) {
        self.undone.insert(id.to_owned());
        self.revived.insert(id.to_owned());
        let mut back = self.closed_with.remove(&(writer, id.to_owned())).unwrap_or_default();
        // What the same hand typed into it since, while a question about it was answered otherwise, stands in its place.
        let is_later = |at: usize, later: &Saved| {
            let of = &self.saved[at];
            later.writer == writer && later.id == of.id && later.property == of.property
        };
        back.retain(|at| !self.saved[at + 1..].iter().any(|later| is_later(*at, later)));
        back.iter().for_each(|at| self.saved[*at].closed = None);
        self.back.insert(id.to_owned(), back.into_iter().collect());
    }

    /// Notes that somebody chose anew what is to become of a record.
    pub(crate) fn chosen_since(&mut self, id: &str) {
        self.undone.remove(id);
        self.back.remove(id);
    }

    /// Tells whether an edit must be in the record itself: its deletion was taken back, and nothing was chosen since.
    pub(crate) fn is_back(&self, id: &str, number: usize) -> bool {
        self.back.get(id).is_some_and(|back| back.contains(&number))
    }

    /// Tells whether a laptop may not know that the server was put back.
    pub(crate) fn is_kept_from(&self, writer: Writer) -> bool {
        self.is_restored && self.kept_from.contains(&writer)
    }

    pub(crate) fn deleters(&self, id: &str) -> Vec<Writer> {
        self.deleters.get(id).into_iter().flatten().copied().collect()
    }

    /// Forgets the deletions of somebody who discarded what they had not sent.
    pub(crate) fn discard_deletions(&mut self, writer: Writer) {
        self.deleted.retain(|_, (by, _)| *by != writer);
        self.undone.clear();
        self.back.clear();
    }

    /// Notes an answer: where it is for the server's side, that is to stand.
    pub(crate) fn decide(&mut self, laptop: Writer, conflict: &ConflictView, word: &str) {
        self.decided.remove(&conflict.record_id);
        self.back.remove(&conflict.record_id);
        let Some(server) = conflict.server.as_ref().filter(|_| word == "take-server") else { return };
        // What somebody typed over it, or beside it, and has not sent is a choice of its own.
        let is_last = |name: &String| {
            let chosen = server.get(name).and_then(Value::as_str).and_then(|value| self.number_of(value));
            let Some(chosen) = chosen else { return false };
            let is_it = |saved: &Saved| saved.id == conflict.record_id && saved.property == name.as_str();
            // A third may have chosen otherwise already, whenever they typed.
            let (writer, others) = (self.saved[chosen].writer, |saved: &Saved| saved.writer != laptop && is_it(saved));
            let is_otherwise =
                |(number, saved): (usize, &Saved)| others(saved) && (number > chosen || saved.writer != writer);
            !self.saved.iter().enumerate().any(is_otherwise)
        };
        if !conflict.properties.iter().all(is_last) {
            return;
        }
        let value = |name: &String| (name.clone(), server.get(name).cloned().unwrap_or_default());
        let stands = conflict.properties.iter().map(value).collect();
        let (set, since) = (conflict.entity_set.clone(), self.saved.len());
        self.decided.insert(conflict.record_id.clone(), Decided { laptop, set, since, stands });
    }

    /// Returns what was chosen for a record, where nobody has done anything about it since.
    pub(crate) fn chosen(&self, id: &str) -> Option<&Decided> {
        let decided = self.decided.get(id)?;
        let is_touched = self.saved.iter().skip(decided.since).any(|saved| saved.id == id);
        let is_else = self.revived.contains(id) || self.filed.contains_key(id) || !self.deleters(id).is_empty();
        // What another brought back may still wait on their laptop, on the very version that was chosen here.
        let is_brought = self.brought_back.get(id).is_some_and(|by| by.iter().any(|by| *by != decided.laptop));
        Some(decided).filter(|_| !is_touched && !is_else && !is_brought)
    }

    /// Returns how many edits there were when a record was last deleted.
    pub(crate) fn deleted_after(&self, id: &str) -> Option<usize> {
        self.deleted.get(id).map(|(_, edits)| *edits)
    }

    /// Notes a Save that failed in the midst: it may have come to pass.
    pub(crate) fn doubt(&mut self, saved: Saved, over: Option<&str>) {
        if let Some(over) = over {
            self.doubts.entry(over.to_owned()).or_default().insert(saved.mark.clone());
        }
        let shown = Map::from_iter([(saved.property.to_owned(), Value::String(saved.mark.clone()))]);
        self.see(saved.writer, &saved.id.clone(), &shown);
        self.by_mark.insert(saved.mark.clone(), self.saved.len());
        self.saved.push(Saved { closed: Some("nobody said that it was saved"), ..saved });
    }

    /// Notes a deletion that failed in the midst: it may have come to pass.
    pub(crate) fn doubt_deletion(&mut self, writer: Writer, id: &str) {
        self.chosen_since(id);
        self.deleters.entry(id.to_owned()).or_default().insert(writer);
        self.doubtful.insert((writer, id.to_owned()));
    }

    /// Tells whether one of these is what a mark may have been written over with.
    pub(crate) fn may_be_under(&self, mark: &str, there: &BTreeSet<String>) -> bool {
        let mut over: Vec<&String> = self.doubts.get(mark).into_iter().flatten().collect();
        // What may have been written over it may itself have been written over, by a Save that was acknowledged.
        while let Some(next) = over.pop() {
            if there.contains(next) {
                return true;
            }
            over.extend(self.doubts.get(next).into_iter().flatten());
        }
        false
    }

    /// Tells whether somebody wrote over a mark who had seen it.
    pub(crate) fn is_superseded(&self, of: &Saved) -> bool {
        self.saved.iter().any(|saved| {
            let is_there = saved.id == of.id && saved.property == of.property && saved.mark != of.mark;
            is_there
                && self.number_of(&saved.mark) > self.number_of(&of.mark)
                && self.has_seen(saved.writer, &of.id, &of.mark)
        })
    }

    /// Notes that a person gave edits up.
    pub(crate) fn close(&mut self, why: &'static str, which: impl Fn(&Saved) -> bool) {
        for saved in self.saved.iter_mut().filter(|saved| saved.closed.is_none() && which(saved)) {
            saved.closed = Some(why);
        }
    }
}
