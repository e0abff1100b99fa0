//! What the outbox log says, and that nothing is left in it that should not be there.

use super::*;
use tidemark_model::HistoryEvent;

#[test]
fn a_log_that_is_gone_old_cut_or_altered_is_written_anew() {
    let device = busy();
    let old = fs::read(device.dir.path().join(LOG)).unwrap();
    add(&device.store, 101, "one more");
    let expected = waiting(&device.store);
    let new = fs::read(device.dir.path().join(LOG)).unwrap();
    let mut altered = new.clone();
    altered[new.len() / 2] ^= 1;
    for (case, log) in [
        ("gone", None),
        ("old", Some(old)),
        ("cut", Some(new[..new.len() - 7].to_vec())),
        ("empty", Some(Vec::new())),
        ("altered", Some(altered)),
    ] {
        let dir = killed(&device);
        match log {
            Some(bytes) => fs::write(dir.path().join(LOG), bytes).unwrap(),
            None => fs::remove_file(dir.path().join(LOG)).unwrap(),
        }
        let store = open(dir.path());
        store.look_after().unwrap();
        assert_eq!(waiting(&store), expected, "{case}");
        // It can be relied on again: the database may go.
        let dir = killed(&Device { store, clock: clock(), dir });
        fs::remove_file(dir.path().join(WAL)).unwrap_or_default();
        fs::remove_file(dir.path().join(DATABASE)).unwrap();
        let store = open(dir.path());
        assert_eq!(waiting(&store), expected, "{case}: from the log alone");
    }
}

#[test]
fn the_log_of_another_database_gives_what_waits_to_its_account_and_stays_beside_another() {
    for user in ["ann", "eve"] {
        let lost = device();
        add(&lost.store, 100, "nowhere else");
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        store.sign_in(&tidemark_store::Account { user: user.into(), ..account() }).unwrap();
        store.adopt_model(&model_document()).unwrap();
        store.cache(ITEMS).unwrap();
        drop(store);
        copy(lost.dir.path(), dir.path(), &[LOG]);
        let store = open(dir.path());
        let is_here = store.list(ITEMS, &Query::default(), Only::All).unwrap().len() == 1;
        let kept = fs::read_dir(dir.path()).unwrap().flatten();
        let kept = kept.filter(|entry| entry.file_name().to_string_lossy().starts_with("outbox.log.kept-")).count();
        assert_eq!((is_here, kept), if user == "ann" { (true, 0) } else { (false, 1) }, "{user}");
        let told = incidents(&store);
        let is_told = match &told[0] {
            Incident::WorkRestored { records } => user == "ann" && *records == 1,
            Incident::WorkKept { records, .. } => user == "eve" && *records == 1,
            _ => false,
        };
        assert!(is_told, "{user}: {told:?}");
    }
}

#[test]
fn a_kill_between_the_two_writes_leaves_both_or_neither() {
    let device = device();
    add(&device.store, 1, "before");
    let before = killed(&device);
    let log_before = fs::read(device.dir.path().join(LOG)).unwrap();
    edit(&device.store, id(1), json!({ "Title": "after" }));
    let log_after = fs::read(device.dir.path().join(LOG)).unwrap();
    assert!(log_after.len() > log_before.len());
    let (first, last) = (log_before.len(), log_after.len());
    for cut in (first..last).step_by(61).chain([first + 1, last - 2, last - 1, last]) {
        // The log was written up to `cut`, the database not at all.
        let dir = tempfile::tempdir().unwrap();
        copy(before.path(), dir.path(), &[DATABASE, WAL, "open.lock"]);
        fs::write(dir.path().join(LOG), &log_after[..cut]).unwrap();
        let store = open(dir.path());
        let expected = if cut < log_after.len() { "before" } else { "after" };
        assert_eq!(title(&shown(&store, id(1)).unwrap()), expected, "cut at {cut}");
        assert_eq!(store.counts().unwrap().pending, 1);
        // Either way the next edit is told as well.
        edit(&store, id(1), json!({ "Notes": "more" }));
        let dir = killed(&Device { store, clock: clock(), dir });
        fs::remove_file(dir.path().join(WAL)).unwrap_or_default();
        let store = open(dir.path());
        assert_eq!(shown(&store, id(1)).unwrap().get("Notes"), &json!("more"));
    }
}

#[test]
fn a_power_loss_over_the_answer_to_a_change_forgets_nothing_of_the_change() {
    let device = device();
    add(&device.store, 1, "mine");
    let sent = batch(&device.store);
    let before = killed(&device);
    device.store.settle(&[reply(&sent[0], tidemark_store::Answer::Done { etag: "e1".into(), stamp: None })]).unwrap();
    // The log was written, the database not: the server alone would have what was sent, and may be put back to a backup.
    copy(device.dir.path(), before.path(), &[LOG]);
    let store = open(before.path());
    assert_eq!(title(&shown(&store, id(1)).unwrap()), "mine");
    assert_eq!(batch(&store), sent, "sent again it is known by its name");
}

#[test]
fn what_was_not_saved_does_not_come_back() {
    let device = device();
    add(&device.store, 1, "saved");
    let before = fs::read(device.dir.path().join(LOG)).unwrap();
    let mut rows = [json!({ "Title": "fine" }), json!({ "Title": null })].map(|row| Ok(object(row).into())).into_iter();
    let failed = device.store.import(ITEMS, &mut rows);
    assert!(failed.is_err());
    assert_eq!(fs::read(device.dir.path().join(LOG)).unwrap(), before);
    let pulled = device.store.pull(|_| Ok::<(), StoreError>(()));
    pulled.unwrap();
    clean_item(&device.store, 2, "e2");
    assert_eq!(fs::read(device.dir.path().join(LOG)).unwrap(), before, "a pull that touches nothing pending");
}

#[test]
fn signing_out_leaves_nothing_in_the_log() {
    let device = busy();
    assert!(fs::read_to_string(device.dir.path().join(LOG)).unwrap().contains("edited since"));
    device.store.sign_out(true).unwrap();
    let log = fs::read_to_string(device.dir.path().join(LOG)).unwrap();
    assert!(!log.contains("edited since") && !log.contains("\"token\""), "{log}");
}

#[test]
fn a_sign_out_that_is_killed_between_the_two_writes_is_whole_or_not_at_all() {
    let device = busy();
    let expected = waiting(&device.store);
    let before = killed(&device);
    let log_before = fs::read(device.dir.path().join(LOG)).unwrap();
    // The log as it is on the disk when the database commits; it is written anew afterwards.
    let (heard, path) = (Arc::new(Mutex::new(Vec::new())), device.dir.path().join(LOG));
    let hears = heard.clone();
    device.store.on_change(Box::new(move |_| *hears.lock().unwrap() = fs::read(&path).unwrap()));
    device.store.sign_out(true).unwrap();
    let log_after = heard.lock().unwrap().clone();
    assert!(log_after.starts_with(&log_before) && log_after.len() > log_before.len());
    for cut in (log_before.len()..=log_after.len()).step_by(97).chain([log_after.len() - 1, log_after.len()]) {
        let dir = tempfile::tempdir().unwrap();
        copy(before.path(), dir.path(), &[DATABASE, WAL, "open.lock"]);
        fs::write(dir.path().join(LOG), &log_after[..cut]).unwrap();
        let store = open(dir.path());
        let counts = store.counts().unwrap();
        if cut < log_after.len() {
            assert_eq!(store.account().unwrap().unwrap().user, "ann", "cut at {cut}");
            assert_eq!(waiting(&store), expected, "cut at {cut}");
            continue;
        }
        assert_eq!((store.account().unwrap(), counts), (None, tidemark_store::Counts::default()), "whole");
        let log = fs::read_to_string(dir.path().join(LOG)).unwrap();
        assert!(!log.contains("edited since") && !log.contains("\"token\""), "{log}");
        store.sign_in(&account()).unwrap();
        assert!(store.list(ITEMS, &Query::default(), Only::All).map_or(true, |found| found.is_empty()));
    }
}

#[test]
fn an_older_copy_of_the_database_beside_a_log_that_begins_signed_out_keeps_what_waits() {
    let device = busy();
    let expected = waiting(&device.store);
    let old = killed(&device);
    device.store.sign_out(true).unwrap();
    copy(device.dir.path(), old.path(), &[LOG]);
    let store = open(old.path());
    assert_eq!((store.account().unwrap().unwrap().user.as_str(), waiting(&store)), ("ann", expected));
}

#[test]
fn what_waits_in_a_set_that_came_back_to_the_model_is_in_the_log_still() {
    let busy = busy();
    let old = killed(&busy);
    busy.store.adopt_model(&without_set(ITEMS)).unwrap();
    busy.store.adopt_model(&model_document()).unwrap();
    let expected = waiting(&busy.store);
    assert!(expected.len() >= 6, "{expected:?}");
    // The disk gives back an older state of the database; the log is the newest.
    copy(busy.dir.path(), old.path(), &[LOG]);
    assert_eq!(waiting(&open(old.path())), expected);
}

#[test]
fn what_waits_under_a_model_that_the_database_has_not_come_to_is_there_again() {
    let device = device();
    device.store.adopt_model(&without_contacts()).unwrap();
    let before = killed(&device);
    device.store.adopt_model(&model_document()).unwrap();
    device.store.cache("Contacts").unwrap();
    device.store.add("Contacts", &object(json!({ "Id": id(1).to_string(), "Name": "nowhere else" }))).unwrap();
    copy(device.dir.path(), before.path(), &[LOG]);
    let store = open(before.path());
    let found = store.list("Contacts", &Query::default(), Only::All).unwrap();
    assert_eq!(found.len(), 1, "the write-ahead log was lost with the model");
    assert_eq!(store.counts().unwrap().pending, 1);
}

#[test]
fn what_waits_in_a_set_that_left_the_model_outlives_the_database() {
    for is_shortened in [false, true] {
        let device = device();
        device.store.cache("Contacts").unwrap();
        device.store.add("Contacts", &object(json!({ "Id": id(1).to_string(), "Name": "nowhere else" }))).unwrap();
        device.store.adopt_model(&without_contacts()).unwrap();
        let mut store = device.store;
        if is_shortened {
            drop(store);
            fs::remove_file(device.dir.path().join(LOG)).unwrap();
            store = open(device.dir.path());
        }
        assert_eq!(store.parked().unwrap().len(), 1);
        let lost = tempfile::tempdir().unwrap();
        copy(device.dir.path(), lost.path(), &[LOG, "open.lock"]);
        let store = open(lost.path());
        assert_eq!(store.parked().unwrap().len(), 1, "{is_shortened}: it is listed");
        store.adopt_model(&model_document()).unwrap();
        let found = store.list("Contacts", &Query::default(), Only::Pending).unwrap();
        assert_eq!(found.iter().map(|local| local.record.get("Name")).collect::<Vec<_>>(), ["nowhere else"]);
    }
}

#[test]
fn what_gives_way_to_the_log_is_in_the_history() {
    let device = device();
    clean_item(&device.store, 1, "e1");
    edit(&device.store, id(1), json!({ "Title": "before" }));
    let before = killed(&device);
    edit(&device.store, id(1), json!({ "Title": "after" }));
    // The log was written, the database not, and whoever saved was told that nothing was saved.
    copy(device.dir.path(), before.path(), &[LOG]);
    let store = open(before.path());
    assert_eq!(title(&shown(&store, id(1)).unwrap()), "after");
    let kept = store.history(ITEMS, id(1)).unwrap().into_iter().find(|entry| entry.event == HistoryEvent::GaveWay);
    assert_eq!(kept.as_ref().and_then(|entry| entry.record.as_ref()).map(title), Some("before"));
    store.bring_back(ITEMS, id(1), kept.unwrap().entry).unwrap();
    assert_eq!(title(&shown(&store, id(1)).unwrap()), "before");
}

#[test]
fn a_log_that_grew_is_shortened_and_says_the_same() {
    let device = device();
    let log = device.dir.path().join(LOG);
    let text = "x".repeat(20_000);
    for n in 0..60 {
        add(&device.store, n, "t");
        edit(&device.store, id(n), json!({ "Notes": text }));
        edit(&device.store, id(n), json!({ "Title": format!("t{n}") }));
    }
    assert!(fs::metadata(&log).unwrap().len() < 5 << 20);
    let expected = waiting(&device.store);
    let dir = killed(&device);
    fs::remove_file(dir.path().join(DATABASE)).unwrap();
    fs::remove_file(dir.path().join(WAL)).unwrap_or_default();
    assert_eq!(waiting(&open(dir.path())), expected);
    accept_all(&device.store);
    assert!(fs::metadata(&log).unwrap().len() < 64 << 10, "nothing waits");
}
