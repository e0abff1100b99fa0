//! What the tests of the store share: a device on a real folder, a clock and ids without chance.
#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod server;

use serde_json::{Map, Value, json};
use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use tidemark_model::ports::{Clock, Ids};
use tidemark_model::{
    Cell, CellSeed, ClockSample, EntityModel, Incoming, IncomingRow, Record, RecordId, Removal, RowSink, Versioned,
};
use tidemark_store::{
    Account, Answer, AskedFrom, CycleEntry, FirstSync, HistoryEntry, JournalLine, Onto, Outgoing, Position, PullTx,
    Reply, Result, Store, StoreError, SystemDisk, Tally, Wanted,
};
use uuid::Uuid;

pub(crate) const ITEMS: &str = "TodoItems";

#[derive(Default)]
pub(crate) struct TestClock(pub(crate) AtomicI64);

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
    fn monotonic_ms(&self) -> u64 {
        0
    }
}

pub(crate) struct TestIds(AtomicU64);

impl Ids for TestIds {
    fn fresh(&self) -> RecordId {
        RecordId(Uuid::from_u64_pair(7, self.0.fetch_add(1, Ordering::Relaxed)))
    }
}

pub(crate) fn clock() -> Arc<TestClock> {
    Arc::new(TestClock(AtomicI64::new(1_700_000_000_000)))
}

/// Ids of one device; those of another seed are others.
pub(crate) fn ids(seed: u64) -> Arc<TestIds> {
    Arc::new(TestIds(AtomicU64::new(seed << 32)))
}

pub(crate) fn id(n: u64) -> RecordId {
    RecordId(Uuid::from_u64_pair(1, n))
}

pub(crate) fn model() -> &'static EntityModel {
    static MODEL: OnceLock<EntityModel> = OnceLock::new();
    MODEL.get_or_init(|| EntityModel::parse(EntityModel::default_document()).unwrap().with_cached_entities().unwrap())
}

pub(crate) fn model_document() -> String {
    model().document().to_string()
}

/// Returns the model without an entity set, and without what leads to its records.
pub(crate) fn without_set(set: &str) -> String {
    let mut document: Value = serde_json::from_str(&model_document()).unwrap();
    let schema = document["Tidemark"].as_object_mut().unwrap();
    let of = schema["Container"].as_object_mut().unwrap().shift_remove(set).unwrap()["$Type"].clone();
    for (_, entity) in schema.iter_mut() {
        let leads_there = |member: &Value| member["$Collection"] == true && member["$Type"] == of;
        entity.as_object_mut().unwrap().retain(|_, member| !leads_there(member));
    }
    document.to_string()
}

/// Returns the model with one declaration of `TodoItem` replaced, added (`new`) or taken out (`null`).
pub(crate) fn changed(property: &str, declaration: Value) -> String {
    let mut document: Value = serde_json::from_str(&model_document()).unwrap();
    let item = document["Tidemark"]["TodoItem"].as_object_mut().unwrap();
    if declaration.is_null() {
        item.shift_remove(property);
    } else {
        item.insert(property.to_owned(), declaration);
    }
    document.to_string()
}

pub(crate) fn account() -> Account {
    Account {
        server: "http://127.0.0.1:1".into(),
        user: "ann".into(),
        workspace: "w".into(),
        token: "t".into(),
        server_id: "s1".into(),
        signed_out: false,
    }
}

/// What a server said, brought in under a lease of its own each time, as a run that is never disturbed does.
pub(crate) trait Runs {
    fn adopt_model(&self, document: &str) -> Result<()>;
    fn next_batch(&self, records: usize, bytes: usize, tried: &HashSet<RecordId>) -> Result<Vec<Outgoing>>;
    fn settle(&self, replies: &[Reply]) -> Result<Tally>;
    fn settle_and_next(
        &self,
        replies: &[Reply],
        records: usize,
        left: &HashSet<RecordId>,
    ) -> Result<(Tally, Vec<Outgoing>)>;
    fn pull<T, E: From<StoreError>>(
        &self,
        f: impl FnOnce(&mut PullTx<'_>) -> std::result::Result<T, E>,
    ) -> std::result::Result<(T, Tally), E>;
    fn positions(&self) -> Result<Vec<AskedFrom>>;
    fn first_sync(&self, set: &str) -> Result<Option<FirstSync>>;
    fn refetch(&self) -> Result<Vec<(String, Vec<RecordId>)>>;
    fn learn_clock(&self, clock: ClockSample) -> Result<()>;
    fn record_cycle(&self, cycle: &CycleEntry) -> Result<()>;
    fn mark_signed_out(&self) -> Result<()>;
    fn history_with(&self, set: &str, id: RecordId, lines: &[JournalLine]) -> Result<Vec<HistoryEntry>>;
}

impl Runs for Store {
    fn adopt_model(&self, document: &str) -> Result<()> {
        self.lease()?.adopt_model(document)
    }

    fn next_batch(&self, records: usize, bytes: usize, tried: &HashSet<RecordId>) -> Result<Vec<Outgoing>> {
        let leaves_out = |id| tried.contains(&id);
        Ok(self.lease()?.next_batch(Wanted { records, bytes, leaves_out: &leaves_out })?.changes)
    }

    fn settle(&self, replies: &[Reply]) -> Result<Tally> {
        self.lease()?.settle(replies)
    }

    fn settle_and_next(
        &self,
        replies: &[Reply],
        records: usize,
        left: &HashSet<RecordId>,
    ) -> Result<(Tally, Vec<Outgoing>)> {
        let leaves_out = |id| left.contains(&id);
        let wanted = Wanted { records, bytes: 1 << 20, leaves_out: &leaves_out };
        let (tally, batch) = self.lease()?.settle_and_next(replies, wanted)?;
        Ok((tally, batch.changes))
    }

    fn pull<T, E: From<StoreError>>(
        &self,
        f: impl FnOnce(&mut PullTx<'_>) -> std::result::Result<T, E>,
    ) -> std::result::Result<(T, Tally), E> {
        self.lease()?.pull(f)
    }

    fn positions(&self) -> Result<Vec<AskedFrom>> {
        self.lease()?.positions()
    }

    fn first_sync(&self, set: &str) -> Result<Option<FirstSync>> {
        self.lease()?.first_sync(set)
    }

    fn refetch(&self) -> Result<Vec<(String, Vec<RecordId>)>> {
        self.lease()?.refetch()
    }

    fn learn_clock(&self, clock: ClockSample) -> Result<()> {
        self.lease()?.learn_clock(clock)
    }

    fn record_cycle(&self, cycle: &CycleEntry) -> Result<()> {
        self.lease()?.record_cycle(cycle)
    }

    fn mark_signed_out(&self) -> Result<()> {
        self.lease()?.mark_signed_out()
    }

    fn history_with(&self, set: &str, id: RecordId, lines: &[JournalLine]) -> Result<Vec<HistoryEntry>> {
        self.lease()?.history_with(set, id, lines)
    }
}

pub(crate) struct Device {
    pub(crate) store: Store,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) dir: tempfile::TempDir,
}

/// A signed-in device that keeps every set of the default model offline; the choice is sent already.
pub(crate) fn device() -> Device {
    device_of(1)
}

pub(crate) fn device_of(seed: u64) -> Device {
    let dir = tempfile::tempdir().unwrap();
    let clock = clock();
    let store = Store::open(dir.path(), Arc::new(SystemDisk), clock.clone(), ids(seed)).unwrap();
    store.sign_in(&account()).unwrap();
    store.adopt_model(&model_document()).unwrap();
    for set in ["TodoLists", ITEMS, "Sites", "Contacts"] {
        store.cache(set).unwrap();
    }
    let device = Device { store, clock, dir };
    accept_all(&device.store);
    for from in device.store.positions().unwrap() {
        let link = format!("{}?$deltatoken=0", from.set());
        pull(&device.store, from.set(), |tx| tx.move_to(&Position::Delta { link })).unwrap();
    }
    device
}

impl Device {
    /// What a crash leaves: a copy of the files as they are on the disk now, opened anew.
    pub(crate) fn after_a_crash(&self) -> Device {
        let dir = tempfile::tempdir().unwrap();
        for entry in std::fs::read_dir(self.dir.path()).unwrap() {
            let entry = entry.unwrap();
            // The shared-memory file is rebuilt from the log.
            if !entry.file_name().to_string_lossy().ends_with("-shm") {
                std::fs::copy(entry.path(), dir.path().join(entry.file_name())).unwrap();
            }
        }
        let store = open(dir.path());
        Device { store, clock: self.clock.clone(), dir }
    }
}

pub(crate) fn open(dir: &Path) -> Store {
    Store::open(dir, Arc::new(SystemDisk), clock(), ids(99)).unwrap()
}

pub(crate) fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

pub(crate) fn batch(store: &Store) -> Vec<Outgoing> {
    store.next_batch(200, 1 << 20, &Default::default()).unwrap()
}

pub(crate) fn reply(outgoing: &Outgoing, answer: Answer) -> Reply {
    Reply { set: outgoing.set.clone(), id: outgoing.id, request_id: outgoing.request_id, answer }
}

/// What a quick reply tells of a clock that is off by this much.
pub(crate) fn sample(offset_ms: i64) -> tidemark_model::ClockSample {
    tidemark_model::ClockSample { clock: tidemark_model::StampClock { offset_ms }, uncertain_ms: 500 }
}

pub(crate) fn not_decided() -> Answer {
    Answer::Undecided { reason: "The server failed.".into(), counts: true }
}

pub(crate) fn done(etag: &str) -> Answer {
    Answer::Done { etag: etag.into(), stamp: None }
}

/// Answers everything that waits with success.
pub(crate) fn accept_all(store: &Store) {
    for _ in 0..20 {
        let batch = batch(store);
        if batch.is_empty() {
            return;
        }
        let replies: Vec<Reply> = batch.iter().map(|o| reply(o, done(&format!("accepted-{}", o.request_id)))).collect();
        store.settle(&replies).unwrap();
    }
    panic!("something is sent again and again");
}

/// One record of `TodoItems` as the server has it.
pub(crate) fn server_item(id: RecordId, etag: &str, json: Value) -> Versioned {
    let mut record = tidemark_model::read_record(
        model().set(ITEMS).unwrap(),
        Some(id),
        &object(json),
        tidemark_model::Strictness::KeepUnknown,
    )
    .unwrap();
    record.updated_by.get_or_insert_with(|| "bob".into());
    Versioned { record, etag: etag.into() }
}

/// Where a set's pull stands.
pub(crate) fn stands(store: &Store, set: &str) -> AskedFrom {
    store.positions().unwrap().into_iter().find(|from| from.set() == set).expect("the set is kept offline")
}

/// Runs one set's pull from where it stands.
pub(crate) fn pull<T>(store: &Store, set: &str, f: impl FnOnce(&mut Onto<'_>) -> Result<T>) -> Result<(T, Tally)> {
    let from = stands(store, set);
    store.pull(|tx| f(&mut tx.onto(&from)?))
}

/// Takes records in as a page of `set` does.
pub(crate) fn take(tx: &mut Onto<'_>, set: &str, server: &Versioned) -> Result<()> {
    take_under(tx, model(), set, server)
}

/// As [`take`], of a server with that model.
pub(crate) fn take_under(tx: &mut Onto<'_>, model: &EntityModel, set: &str, server: &Versioned) -> Result<()> {
    take_into(&mut tx.sink()?, model, set, server)
}

/// As [`take`], one of many of one page.
pub(crate) fn take_into(
    sink: &mut impl RowSink<Error = StoreError>,
    model: &EntityModel,
    set: &str,
    server: &Versioned,
) -> Result<()> {
    let set = model.set(set).unwrap();
    let record = &server.record;
    let declared: Vec<_> = set.entity_type.declared().collect();
    let cells: Vec<Cell<'_>> = declared
        .iter()
        .map(|p| match record.get(&p.name) {
            Value::Null => Cell::Null,
            value => CellSeed::held(p).read(value).unwrap().into_owned(),
        })
        .collect();
    let unknown: Map<String, Value> = record
        .properties
        .iter()
        .filter(|(name, _)| set.entity_type.property(name).is_none())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let extra = (!unknown.is_empty()).then(|| Value::Object(unknown).to_string());
    sink.take(Incoming::Row(IncomingRow {
        id: record.id,
        etag: &server.etag,
        cells: &cells,
        updated_at: record.updated_at,
        is_tombstoned: record.is_tombstoned,
        updated_by: record.updated_by.as_deref(),
        extra: extra.as_deref(),
    }))
}

pub(crate) fn pull_item(store: &Store, server: &Versioned) -> Tally {
    pull(store, ITEMS, |tx| take(tx, ITEMS, server)).unwrap().1
}

pub(crate) fn pull_removed(store: &Store, set: &str, id: RecordId, etag: &str) -> Tally {
    let removed = Incoming::Removed {
        id,
        reason: Removal::Deleted,
        etag: Some(etag),
        updated_at: Some(1_700_000_000_500),
        updated_by: Some("bob"),
    };
    pull(store, set, |tx| tx.sink()?.take(removed)).unwrap().1
}

/// What a tombstone holds comes, as it is asked for where the delta brought the mark alone.
pub(crate) fn pull_content(store: &Store, id: RecordId, etag: &str, content: Value) {
    let mut tombstone = server_item(id, etag, content);
    tombstone.record.is_tombstoned = true;
    pull(store, ITEMS, |tx| {
        take(tx, ITEMS, &tombstone)?;
        tx.refetched(&[id], tidemark_store::Others::Absent)
    })
    .unwrap();
}

pub(crate) fn leave_scope(store: &Store, id: RecordId) -> Tally {
    let removed = Incoming::Removed { id, reason: Removal::Changed, etag: None, updated_at: None, updated_by: None };
    pull(store, ITEMS, |tx| tx.sink()?.take(removed)).unwrap().1
}

pub(crate) fn title(record: &Record) -> &str {
    record.get("Title").as_str().unwrap()
}

/// A record that is here, clean, in version `etag`.
pub(crate) fn clean_item(store: &Store, n: u64, etag: &str) -> RecordId {
    let item = server_item(id(n), etag, json!({ "Title": "a", "Notes": "n", "_UpdatedAt": 1_000 }));
    pull_item(store, &item);
    id(n)
}

pub(crate) fn edit(store: &Store, id: RecordId, json: Value) {
    store.edit(ITEMS, id, &object(json)).unwrap();
}

pub(crate) fn shown(store: &Store, id: RecordId) -> Option<Record> {
    store.get(ITEMS, id).unwrap().map(|local| local.record)
}

pub(crate) fn mark(store: &Store, id: RecordId) -> &'static str {
    store.get(ITEMS, id).unwrap().map_or("gone", |local| local.mark.as_str())
}

/// What is to be sent of the items.
pub(crate) fn items(store: &Store) -> Vec<tidemark_store::OutgoingChange> {
    batch(store).into_iter().filter(|sent| sent.set == ITEMS).map(|sent| sent.change).collect()
}

/// Returns the one question that is open.
pub(crate) fn only(store: &Store) -> tidemark_store::OpenConflict {
    let mut open = store.conflicts().unwrap();
    assert_eq!(open.len(), 1);
    open.remove(0)
}
