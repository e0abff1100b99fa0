//! The file `outbox.log`: what waits on this device, a second time, outside of the database.
//!
//! Owns: the file's lines, that a torn or altered line is seen as one, and that what was appended is on the disk before
//! it is told. Refuses: SQL and knowing when something is to be written (`outbox`).
//!
//! A line is a checksum and one JSON value. The first begins a file; a transaction is a run of lines closed by
//! `End`, and one that was not closed counts for nothing (FAULTS D6, D10).

use crate::error::{Result, StoreError};
use crate::tables::conflict::Open;
use crate::tables::pending::{Change, InFlight};
use crate::tx::folder::LogFile;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use tidemark_model::{Record, RecordId};

/// What waits for one record, whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) set: String,
    pub(crate) id: RecordId,
    pub(crate) order_no: i64,
    pub(crate) record: Record,
    pub(crate) change: Change,
    pub(crate) open: Option<Open>,
    /// In a line only: what is in flight is the record as it stands here, which is then written once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) sends_record: bool,
}

impl Entry {
    /// Makes what waits of a change that is in flight from now on: the record as it is sent, and nothing asked about it.
    pub(crate) fn sending(set: &str, order_no: i64, change: Change, mut sent: InFlight) -> Self {
        let id = sent.record.id;
        let record = std::mem::replace(&mut sent.record, Record::new(id, 0));
        let change = Change { in_flight: Some(sent), attempts: 0, ..change };
        Self { set: set.to_owned(), id, order_no, record, change, open: None, sends_record: true }
    }

    /// Makes it as short as a line may be.
    pub(crate) fn short(mut self) -> Self {
        if let Some(sent) = self.change.in_flight.as_mut().filter(|sent| sent.record == self.record) {
            sent.record = Record::new(self.id, 0);
            self.sends_record = true;
        }
        self
    }

    /// Makes it whole again.
    fn whole(mut self) -> Self {
        if let Some(sent) = self.change.in_flight.as_mut().filter(|_| self.sends_record) {
            sent.record = self.record.clone();
        }
        self.sends_record = false;
        self
    }
}

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Line {
    /// Begins a file: which database it belongs to, which file of that database it is, the number it begins with, and
    /// the version of the database's schema.
    Begin { log: RecordId, file: RecordId, number: i64, schema: i64 },
    /// Who is signed in, as the database keeps it.
    Account(Option<String>),
    /// The entity model's document.
    Model(Option<String>),
    /// A set left the model while something of it waited: the document that it was in; `None` where it is over.
    Shape { set: String, document: Option<String> },
    /// A record waits.
    Pending(Box<Entry>),
    /// A record waits no longer.
    Settled { set: String, id: RecordId },
    /// Closes a transaction.
    End { number: i64 },
}

/// The last word of the file on one record.
#[derive(Debug)]
pub(crate) struct Last {
    /// The transaction that said it.
    pub(crate) number: i64,
    /// What waits; `None` where nothing does any more.
    pub(crate) entry: Option<Box<Entry>>,
}

/// A file, read.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    /// Which database it belongs to, which file it is, and the number it begins with.
    pub(crate) begin: Option<(RecordId, RecordId, i64)>,
    /// The version of the database's schema when the file was begun.
    pub(crate) schema: i64,
    /// The last closed transaction.
    pub(crate) newest: i64,
    pub(crate) account: Option<String>,
    /// The transaction that told of the account last.
    pub(crate) account_number: i64,
    pub(crate) model: Option<String>,
    /// The documents that sets were in which left the model, by set.
    pub(crate) shapes: BTreeMap<String, String>,
    pub(crate) records: BTreeMap<(String, RecordId), Last>,
    /// Lines that cannot be read, a torn end not counted.
    pub(crate) unreadable: u64,
}

impl Contents {
    /// Returns what waits, in the order in which it was done.
    pub(crate) fn waiting(&self) -> Vec<&Entry> {
        let mut waiting: Vec<&Entry> = self.records.values().filter_map(|last| last.entry.as_deref()).collect();
        waiting.sort_by_key(|entry| entry.order_no);
        waiting
    }
}

/// Reads a file; `None` where there is none.
pub(crate) fn read(log: &LogFile) -> Result<Option<Contents>> {
    let bytes = match log.disk.read(&log.path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mut contents = Contents::default();
    let mut open: Vec<Line> = Vec::new();
    let mut unreadable = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match parse(line) {
            Some(Line::Begin { log, file, number, schema }) => {
                (contents.begin, contents.schema) = (Some((log, file, number)), schema);
            }
            Some(Line::End { number }) => {
                contents.unreadable += std::mem::take(&mut unreadable);
                contents.newest = number;
                open.drain(..).for_each(|line| contents.take(line, number));
            }
            Some(line) => open.push(line),
            None => unreadable += 1,
        }
    }
    Ok(Some(contents))
}

impl Contents {
    fn take(&mut self, line: Line, number: i64) {
        match line {
            Line::Account(account) => (self.account, self.account_number) = (account, number),
            Line::Model(model) => self.model = model,
            Line::Shape { set, document: Some(document) } => drop(self.shapes.insert(set, document)),
            Line::Shape { set, document: None } => drop(self.shapes.remove(&set)),
            Line::Pending(entry) => {
                let key = (entry.set.clone(), entry.id);
                self.records.insert(key, Last { number, entry: Some(Box::new(entry.whole())) });
            }
            Line::Settled { set, id } => {
                self.records.insert((set, id), Last { number, entry: None });
            }
            Line::Begin { .. } | Line::End { .. } => {}
        }
    }
}

/// Writes a line down.
pub(crate) fn write_line(out: &mut Vec<u8>, line: &Line) -> Result<()> {
    let (sum_at, json_at) = (out.len(), out.len() + SUM_BYTES);
    out.resize(json_at, b' ');
    if let Err(error) = serde_json::to_writer(&mut *out, line) {
        out.truncate(sum_at);
        return Err(error.into());
    }
    let sum = format!("{:016x}", checksum(&out[json_at..]));
    out[sum_at..json_at - 1].copy_from_slice(sum.as_bytes());
    out.push(b'\n');
    Ok(())
}

/// A checksum in sixteen digits, and the space behind it.
const SUM_BYTES: usize = 17;

fn parse(line: &[u8]) -> Option<Line> {
    let line = line.strip_suffix(b"\n")?;
    let (sum, json) = line.split_at_checked(SUM_BYTES)?;
    let sum = u64::from_str_radix(std::str::from_utf8(sum).ok()?.strip_suffix(' ')?, 16).ok()?;
    (sum == checksum(json)).then(|| serde_json::from_slice(json).ok())?
}

/// FNV-1a: it tells a torn or flipped line, it guards against nobody.
fn checksum(bytes: &[u8]) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    bytes.iter().fold(OFFSET, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(PRIME))
}

/// Returns the file's length; `None` where there is none.
pub(crate) fn length(log: &LogFile) -> Option<u64> {
    log.disk.length(&log.path)
}

/// Appends bytes and waits until they are on the disk. Where that fails nothing of them stays.
pub(crate) fn append(log: &LogFile, bytes: &[u8]) -> Result<()> {
    log.disk.append(&log.path, bytes).map_err(failed)
}

/// Takes back what was appended behind `to`.
pub(crate) fn cut(log: &LogFile, to: u64) {
    if let Err(error) = log.disk.cut(&log.path, to) {
        tracing::warn!(%error, "the outbox log could not be cut back; what was not saved may be offered again");
    }
}

/// Puts a whole file in the place of the one that is there, at once.
pub(crate) fn replace(log: &LogFile, bytes: &[u8]) -> Result<()> {
    let beside = log.path.with_extension("log.new");
    let placed = log.disk.put(&beside, bytes).and_then(|()| log.disk.rename(&beside, &log.path));
    if placed.is_err() {
        // It is in nobody's way; the next one writes over it.
        let _ = log.disk.remove(&beside);
    }
    placed.map_err(failed)?;
    if let Some(folder) = log.path.parent() {
        log.disk.sync_folder(folder);
    }
    Ok(())
}

/// Moves a file out of the way, under a name that says what it is; returns the new name.
pub(crate) fn keep_aside(log: &LogFile, word: &str, now_ms: i64) -> Option<PathBuf> {
    let mut name = log.path.file_name()?.to_owned();
    name.push(format!(".{word}-{now_ms}"));
    let kept = log.path.with_file_name(name);
    log.disk.rename(&log.path, &kept).ok().map(|()| kept)
}

fn failed(error: std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => StoreError::DiskFull,
        _ => StoreError::Io(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_model::State;

    fn id(n: u64) -> RecordId {
        RecordId(uuid::Uuid::from_u64_pair(1, n))
    }

    #[test]
    fn what_is_in_flight_is_read_as_it_was_whether_it_is_the_record_or_not() {
        let record = |title: &str| {
            let mut record = Record::new(id(7), 5);
            record.properties.insert("Title".to_owned(), title.into());
            record
        };
        for (sent, is_short) in [("a", true), ("b", false)] {
            let mut change = Change::new(State::Add, None);
            change.in_flight = Some(InFlight {
                request_id: id(8),
                first_sent_ms: 9,
                state: State::Add,
                record: record(sent),
                if_match: None,
                changed: Vec::new(),
                restores: false,
            });
            let (set, open) = ("TodoItems".to_owned(), None);
            let entry = Entry { set, id: id(7), order_no: 1, record: record("a"), change, open, sends_record: false };
            let mut line = Vec::new();
            write_line(&mut line, &Line::Pending(Box::new(entry.clone().short()))).unwrap();
            assert_eq!(String::from_utf8_lossy(&line).matches("Title").count(), if is_short { 1 } else { 2 });
            let Some(Line::Pending(read)) = parse(&line) else { panic!("it is a line") };
            assert_eq!(read.whole(), entry);
        }
    }

    #[test]
    fn a_torn_transaction_counts_for_nothing_and_an_altered_line_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let log = LogFile {
            path: dir.path().join(crate::tx::folder::LOG),
            disk: std::sync::Arc::new(tidemark_sqlite::SystemDisk),
        };
        let mut bytes = Vec::new();
        let mut ends = Vec::new();
        let set = || "TodoItems".to_owned();
        for line in [
            Line::Begin { log: id(1), file: id(2), number: 0, schema: 3 },
            Line::Account(Some("{}".to_owned())),
            Line::End { number: 1 },
            Line::Settled { set: set(), id: id(3) },
            Line::Settled { set: set(), id: id(4) },
            Line::End { number: 2 },
        ] {
            write_line(&mut bytes, &line).unwrap();
            ends.push(bytes.len());
        }
        for cut_at in 0..=bytes.len() {
            std::fs::write(&log.path, &bytes[..cut_at]).unwrap();
            let contents = read(&log).unwrap().unwrap();
            let newest = if cut_at < ends[2] {
                0
            } else if cut_at < ends[5] {
                1
            } else {
                2
            };
            assert_eq!((contents.newest, contents.unreadable), (newest, 0), "cut at {cut_at}");
            assert_eq!(contents.records.len(), if newest == 2 { 2 } else { 0 });
        }
        for flipped_at in ends[2]..ends[4] - 1 {
            let mut altered = bytes.clone();
            altered[flipped_at] ^= 0x10;
            std::fs::write(&log.path, &altered).unwrap();
            let contents = read(&log).unwrap().unwrap();
            assert_eq!(contents.newest, 2);
            assert!(contents.unreadable > 0 && contents.records.len() < 2, "flipped at {flipped_at}");
        }
    }
}
