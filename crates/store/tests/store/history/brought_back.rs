//! An earlier version that is brought back.

use super::*;

#[test]
fn a_losing_side_is_brought_back_as_a_change_of_what_it_lost() {
    for (answer, lost) in [(Resolution::TakeServer, "mine"), (Resolution::KeepMine, "theirs")] {
        let device = device();
        let store = &device.store;
        decided(store, &answer);
        push(store, "e3");
        edit(store, id(1), json!({ "Notes": "since then" }));
        let entry = store.decisions(10).unwrap().remove(0);
        assert!(entry.entry.can_bring_back);
        let back = store.bring_back(ITEMS, id(1), entry.entry.entry).unwrap().unwrap().record;
        let now = (title(&back), back.get("Notes"), back.get("Priority"));
        assert_eq!(now, (lost, &json!("since then"), &json!(7)), "nothing but what it lost comes back");
        let OutgoingChange::Update { body, if_match } = batch(store).remove(0).change else { panic!() };
        assert_eq!((&body["Title"], if_match.as_str()), (&json!(lost), "e3"));
        // What that replaced is kept in turn.
        let entry = entries(store).remove(0);
        assert_eq!((entry.event.as_str(), entry.can_bring_back), ("brought_back", true));
        let [changed] = &entry.changes[..] else { panic!("{entry:?}") };
        assert_eq!((changed.property.as_str(), &changed.to), ("Title", &json!(lost)));
        store.bring_back(ITEMS, id(1), entry.entry).unwrap();
        assert_ne!(title(&shown(store, id(1)).unwrap()), lost);
    }
}

#[test]
fn a_deleted_record_is_restored_on_its_tombstone() {
    let device = device();
    let store = &device.store;
    clean_item(store, 1, "e1");
    edit(store, id(1), json!({ "Title": "mine" }));
    pull_removed(store, ITEMS, id(1), "e2");
    pull_content(store, id(1), "e2", json!({ "Title": "a", "Notes": "n", "_UpdatedAt": 1_000 }));
    store.resolve(store.conflicts().unwrap()[0].id, &Resolution::AcceptDelete).unwrap();
    assert_eq!(mark(store, id(1)), "gone");
    let entry = store.decisions(1).unwrap().remove(0);
    assert_eq!((entry.entry.event.as_str(), title(&entry.shown.unwrap())), ("accepted_delete", "mine"));
    let back = store.bring_back(ITEMS, id(1), entry.entry.entry).unwrap().unwrap();
    assert_eq!((title(&back.record), back.mark.as_str()), ("mine", "waiting"));
    assert_eq!(batch(store), [], "what it is written over is read first");
    pull_content(store, id(1), "e2", json!({ "Title": "a", "Notes": "n", "_UpdatedAt": 1_000 }));
    assert!(matches!(batch(store).remove(0).change, OutgoingChange::Restore { if_match, .. } if if_match == "e2"));

    // Deleted here and not sent: the deletion is taken back.
    clean_item(store, 2, "f1");
    edit(store, id(2), json!({ "Title": "mine" }));
    pull_item(store, &server_item(id(2), "f2", json!({ "Title": "theirs", "Notes": "n", "_UpdatedAt": 9 })));
    store.resolve(store.conflicts().unwrap()[0].id, &Resolution::TakeServer).unwrap();
    let entry = store.decisions(1).unwrap().remove(0).entry.entry;
    store.delete(ITEMS, id(2)).unwrap();
    assert_eq!(title(&store.bring_back(ITEMS, id(2), entry).unwrap().unwrap().record), "mine");
    // Another record's entry, or none at all.
    for (record, entry) in [(id(1), entry), (id(2), 999)] {
        assert_eq!(store.bring_back(ITEMS, record, entry).unwrap_err().code(), "nothing_to_bring_back");
    }
}

#[test]
fn nothing_is_brought_back_over_what_a_question_is_about() {
    for is_deleted_here in [true, false] {
        let device = device();
        let store = &device.store;
        let theirs = |etag: &str, title: &str| server_item(id(1), etag, json!({ "Title": title, "_UpdatedAt": 9 }));
        clean_item(store, 1, "e1");
        edit(store, id(1), json!({ "Title": "mine" }));
        pull_item(store, &theirs("e2", "theirs"));
        store.resolve(store.conflicts().unwrap()[0].id, &Resolution::TakeServer).unwrap();
        let entry = store.decisions(1).unwrap().remove(0).entry.entry;
        match is_deleted_here {
            true => store.delete(ITEMS, id(1)).unwrap(),
            false => edit(store, id(1), json!({ "Title": "mine again" })),
        }
        assert_eq!(pull_item(store, &theirs("e3", "nobody here has seen it")).conflicts, 1);
        assert_eq!(store.bring_back(ITEMS, id(1), entry).unwrap_err().code(), "still_asked");
        let asked = store.conflicts().unwrap().remove(0);
        assert_eq!(title(&asked.server.unwrap().record), "nobody here has seen it");
        let answer = if is_deleted_here { Resolution::KeepServer } else { Resolution::TakeServer };
        store.resolve(asked.id, &answer).unwrap();
        assert_eq!(title(&store.bring_back(ITEMS, id(1), entry).unwrap().unwrap().record), "mine");
    }
}
