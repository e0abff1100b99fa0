//! A lost write-ahead log, an old copy, a flipped byte, a log that is gone: pending work is there again (FAULTS D7, D10).

mod log;

use crate::support::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tidemark_model::RecordId;
use tidemark_model::query::Query;
use tidemark_store::{Incident, Only, Store, StoreError, SystemDisk};

const DATABASE: &str = "tidemark.db";
const WAL: &str = "tidemark.db-wal";
const LOG: &str = "outbox.log";

fn copy(from: &Path, to: &Path, names: &[&str]) {
    for name in names {
        match fs::read(from.join(name)) {
            Ok(bytes) => fs::write(to.join(name), bytes).unwrap(),
            Err(_) => drop(fs::remove_file(to.join(name))),
        }
    }
}

/// What a kill leaves: the files as they are now, without the lock of a process that is no more.
fn killed(device: &Device) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    copy(device.dir.path(), dir.path(), &[DATABASE, WAL, LOG, "open.lock"]);
    dir
}

/// What waits, by record, with everything that is sent of it.
fn waiting(store: &Store) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let only = Query::default();
    for set in ["TodoLists", ITEMS, "Sites", "Contacts"] {
        for local in store.list(set, &only, Only::Pending).unwrap() {
            let json = serde_json::to_string(&local.to_json()).unwrap();
            found.insert(format!("{set} {}", local.record.id), json);
        }
    }
    found
}

fn add(store: &Store, n: u64, title: &str) -> RecordId {
    store.add(ITEMS, &object(json!({ "Id": id(n).to_string(), "Title": title }))).unwrap();
    id(n)
}

/// A device with every kind of pending work: added, edited, deleted, in flight, parked, asked about.
fn busy() -> Device {
    let device = device();
    let store = &device.store;
    for n in 1..=40 {
        clean_item(store, n, &format!("e{n}"));
    }
    edit(store, id(1), json!({ "Title": "parked" }));
    let sent = batch(store);
    store.settle(&[reply(&sent[0], tidemark_store::Answer::Refused { reason: "no".into() })]).unwrap();
    edit(store, id(2), json!({ "Title": "mine" }));
    let sent = batch(store);
    let theirs = server_item(id(2), "e2b", json!({ "Title": "theirs" }));
    store.settle(&[reply(&sent[0], tidemark_store::Answer::Stale { current: theirs })]).unwrap();
    edit(store, id(3), json!({ "Title": "in flight" }));
    assert_eq!(batch(store).len(), 1);
    edit(store, id(3), json!({ "Title": "edited since" }));
    edit(store, id(4), json!({ "Title": "edited", "Notes": "x".repeat(9_000) }));
    store.delete(ITEMS, id(5)).unwrap();
    add(store, 100, "added");
    assert_eq!((store.counts().unwrap().conflicts, store.counts().unwrap().parked), (1, 1));
    device
}

fn without_contacts() -> String {
    let mut document: Value = serde_json::from_str(&without_set("Contacts")).unwrap();
    document["Tidemark"].as_object_mut().unwrap().shift_remove("Contact");
    document.to_string()
}

fn incidents(store: &Store) -> Vec<Incident> {
    store.incidents(10).unwrap().into_iter().map(|noticed| noticed.incident).collect()
}

#[test]
fn a_lost_write_ahead_log_loses_nothing_that_was_saved() {
    let busy = busy();
    let expected = waiting(&busy.store);
    let dir = killed(&busy);
    assert!(fs::metadata(dir.path().join(WAL)).unwrap().len() > 0);
    fs::remove_file(dir.path().join(WAL)).unwrap();
    let store = open(dir.path());
    assert_eq!(waiting(&store), expected);
    assert_eq!(store.counts().unwrap(), busy.store.counts().unwrap());
    assert_eq!(store.conflicts().unwrap().len(), 1);
    assert_eq!(store.parked().unwrap()[0].reason, "no");
    assert!(matches!(incidents(&store)[..], [Incident::WorkRestored { records: 6 } | Incident::Salvaged { .. }, ..]));
    // The change in flight is the same request.
    let sent = batch(&store);
    let again = batch(&busy.store);
    let of = |sent: &[tidemark_store::Outgoing]| sent.iter().find(|o| o.id == id(3)).unwrap().request_id;
    assert_eq!(of(&sent), of(&again));
}

#[test]
fn what_was_just_put_on_its_way_comes_out_of_the_log_to_the_byte() {
    let device = device();
    let store = &device.store;
    for n in 1..=3 {
        clean_item(store, n, &format!("e{n}"));
    }
    let old = killed(&device);
    edit(store, id(1), json!({ "Title": "edited" }));
    store.delete(ITEMS, id(2)).unwrap();
    add(store, 100, "added");
    let sent = batch(store);
    assert_eq!(sent.len(), 3);
    // What is edited since goes beside it, and not in its place.
    edit(store, id(100), json!({ "Title": "edited since" }));
    copy(device.dir.path(), old.path(), &[LOG]);
    let restored = open(old.path());
    assert_eq!(waiting(&restored), waiting(store));
    assert_eq!(batch(&restored), sent);
}

#[test]
fn an_older_copy_of_the_database_gets_what_was_saved_and_settled_since() {
    let device = busy();
    let old = killed(&device);
    let old_db = open(old.path());
    drop(old_db);
    // Since then: one more edit, and one settled.
    edit(&device.store, id(6), json!({ "Title": "after the copy" }));
    let sent: Vec<_> = batch(&device.store);
    let replies: Vec<_> = sent.iter().filter(|o| o.id == id(4)).map(|o| reply(o, done("e4b"))).collect();
    device.store.settle(&replies).unwrap();
    let expected = waiting(&device.store);
    copy(device.dir.path(), old.path(), &[LOG]);
    let store = open(old.path());
    assert_eq!(waiting(&store), expected);
    assert!(store.refetch().unwrap().iter().any(|(_, ids)| ids.contains(&id(4))), "the server says what it is now");
}

#[test]
fn every_page_flipped_once_opens_with_all_that_waits() {
    let device = busy();
    let expected = waiting(&device.store);
    let conflicts = device.store.conflicts().unwrap();
    // Everything in one file.
    let whole = killed(&device);
    {
        let conn = rusqlite::Connection::open(whole.path().join(DATABASE)).unwrap();
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    }
    let bytes = fs::read(whole.path().join(DATABASE)).unwrap();
    let page = 4096;
    let mut salvaged = 0;
    for start in (0..bytes.len()).step_by(page) {
        for offset in [0, 19, 60, 700, 4_000] {
            let mut flipped = bytes.clone();
            flipped[start + offset] ^= 0x40;
            let dir = tempfile::tempdir().unwrap();
            copy(whole.path(), dir.path(), &[LOG, "open.lock"]);
            fs::write(dir.path().join(DATABASE), flipped).unwrap();
            let at = format!("page {} offset {offset}", start / page);
            let store = Store::open(dir.path(), Arc::new(SystemDisk), clock(), ids(500))
                .unwrap_or_else(|error| panic!("{at}: {error}"));
            store.look_after().unwrap_or_else(|error| panic!("{at}: {error}"));
            assert_eq!(waiting(&store), expected, "{at}");
            assert_eq!(store.conflicts().unwrap(), conflicts, "{at}");
            assert_eq!(store.account().unwrap().unwrap().user, "ann", "{at}");
            let was_salvaged = incidents(&store).iter().any(|i| matches!(i, Incident::Salvaged { .. }));
            salvaged += usize::from(was_salvaged);
            let kept = fs::read_dir(dir.path()).unwrap().flatten();
            let kept = kept.filter(|entry| entry.file_name().to_string_lossy().starts_with("tidemark.db.damaged-"));
            assert_eq!(kept.count() > 0, was_salvaged, "{at}");
            // It works on; what only a write can find is repaired by the first one, which says so.
            let again = |error: StoreError| {
                assert_eq!(error.code(), "repaired", "{at}");
                store.edit(ITEMS, id(100), &object(json!({ "Notes": "works" })))
            };
            store.edit(ITEMS, id(100), &object(json!({ "Notes": "works" }))).or_else(again).unwrap();
        }
    }
    assert!(salvaged > 10, "{salvaged}");
}

#[test]
fn a_truncated_file_opens_with_all_that_waits() {
    let device = busy();
    let expected = waiting(&device.store);
    let whole = killed(&device);
    {
        let conn = rusqlite::Connection::open(whole.path().join(DATABASE)).unwrap();
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    }
    let bytes = fs::read(whole.path().join(DATABASE)).unwrap();
    for length in [0, 1, 50, 100, 4_096, 5_000, bytes.len() / 2, bytes.len() - 1] {
        let dir = tempfile::tempdir().unwrap();
        copy(whole.path(), dir.path(), &[LOG, "open.lock"]);
        fs::write(dir.path().join(DATABASE), &bytes[..length]).unwrap();
        let store = Store::open(dir.path(), Arc::new(SystemDisk), clock(), ids(500))
            .unwrap_or_else(|error| panic!("{length}: {error}"));
        store.look_after().unwrap();
        assert_eq!(waiting(&store), expected, "{length} bytes are left");
    }
}

#[test]
fn a_damaged_database_in_which_nobody_is_signed_in_opens_and_one_that_nothing_is_known_of_stays() {
    let device = busy();
    device.store.sign_out(true).unwrap();
    for is_log_there in [true, false] {
        let dir = killed(&device);
        fs::write(dir.path().join(DATABASE), vec![0x5a; 8_192]).unwrap();
        fs::remove_file(dir.path().join(WAL)).unwrap_or_default();
        if !is_log_there {
            fs::remove_file(dir.path().join(LOG)).unwrap();
        }
        let opened = Store::open(dir.path(), Arc::new(SystemDisk), clock(), ids(99));
        match is_log_there {
            true => {
                let store = opened.unwrap();
                assert_eq!((store.account().unwrap(), store.counts().unwrap().pending), (None, 0));
                let is_kept = |entry: fs::DirEntry| entry.file_name().to_string_lossy().contains("damaged");
                assert!(fs::read_dir(dir.path()).unwrap().any(|entry| is_kept(entry.unwrap())));
            }
            false => assert_eq!(opened.unwrap_err().code(), "corrupt"),
        }
    }
}

#[test]
fn damage_found_while_it_runs_is_repaired_without_a_restart() {
    let device = busy();
    let expected = waiting(&device.store);
    let dir = killed(&device);
    {
        let conn = rusqlite::Connection::open(dir.path().join(DATABASE)).unwrap();
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    }
    let store = open(dir.path());
    let file = dir.path().join(DATABASE);
    let mut bytes = fs::read(&file).unwrap();
    let root: usize = {
        let conn = rusqlite::Connection::open(&file).unwrap();
        let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'history_of_record'";
        conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap() as usize
    };
    bytes[(root - 1) * 4096..root * 4096].fill(0xff);
    fs::write(&file, bytes).unwrap();
    let error = store.history(ITEMS, id(4)).unwrap_err();
    assert_eq!(error.code(), "repaired", "{error}");
    assert_eq!(waiting(&store), expected);
    assert!(store.history(ITEMS, id(4)).is_ok());
    assert!(matches!(incidents(&store)[0], Incident::Salvaged { pending: 6.., .. }));
    assert!(
        store
            .positions()
            .unwrap()
            .iter()
            .all(|from| !matches!(from.position(), tidemark_store::Position::Delta { .. }))
    );
    assert!(shown(&store, id(30)).is_some(), "clean records stay readable until they are read again");
}

#[test]
fn another_process_that_has_it_open_keeps_the_damaged_file() {
    let device = busy();
    let other = open(device.dir.path());
    fs::write(device.dir.path().join("open.lock"), "damaged").unwrap();
    assert!(other.look_after().is_err(), "two have it open");
    assert!(!device.dir.path().join("salvage").exists());
    drop(device.store);
    assert!(other.look_after().unwrap());
    assert!(matches!(incidents(&other)[0], Incident::Salvaged { .. }));
}

#[test]
fn an_older_copy_of_the_database_never_takes_what_waits_for_another_account() {
    let device = busy();
    let expected = waiting(&device.store);
    let old = killed(&device);
    let store = &device.store;
    store.sign_out(true).unwrap();
    store.sign_in(&tidemark_store::Account { user: "bob".into(), ..account() }).unwrap();
    store.adopt_model(&model_document()).unwrap();
    store.cache(ITEMS).unwrap();
    add(store, 900, "bob's");
    copy(device.dir.path(), old.path(), &[LOG]);
    let store = open(old.path());
    assert_eq!((store.account().unwrap().unwrap().user.as_str(), waiting(&store)), ("ann", expected));
    assert!(
        matches!(incidents(&store)[0], Incident::WorkKept { records: 2, .. }),
        "bob's, and his choice, stay in a file of its own"
    );
}

#[test]
fn a_program_that_runs_on_goes_on_behind_a_sign_out_that_another_one_began() {
    let device = busy();
    let (heard, path) = (Arc::new(Mutex::new(Vec::new())), device.dir.path().join(LOG));
    let before = killed(&device);
    let hears = heard.clone();
    device.store.on_change(Box::new(move |_| *hears.lock().unwrap() = fs::read(&path).unwrap()));
    let runs_on = open(before.path());
    device.store.sign_out(true).unwrap();
    fs::write(before.path().join(LOG), &*heard.lock().unwrap()).unwrap();
    assert_eq!(runs_on.add(ITEMS, &object(json!({ "Title": "too late" }))).unwrap_err().code(), "not_signed_in");
    assert_eq!((runs_on.account().unwrap(), runs_on.model().is_none()), (None, true));
    runs_on.sign_in(&account()).unwrap();
    runs_on.adopt_model(&model_document()).unwrap();
    runs_on.cache(ITEMS).unwrap();
    add(&runs_on, 1, "works on");
    assert_eq!(runs_on.counts().unwrap().pending, 1);
}

#[test]
fn after_a_kill_every_set_is_compared_with_the_server() {
    let device = device();
    let store = &device.store;
    // Each was read, and is due in a day.
    assert!(store.audits_due().unwrap().is_empty());
    let left = killed(&device);
    let again = Store::open(left.path(), Arc::new(SystemDisk), clock(), ids(99)).unwrap();
    assert!(again.audits_due().unwrap().is_empty());
    assert!(again.look_after().unwrap());
    let mut due = again.audits_due().unwrap();
    due.sort_unstable();
    let mut all: Vec<String> = again.positions().unwrap().iter().map(|from| from.set().to_owned()).collect();
    all.sort_unstable();
    assert_eq!(due, all);
}
