//! What was typed into a record before it was deleted, here or by others: a deletion sends nothing of it, and taking the
//! deletion back gives it back.

use crate::support::*;
use serde_json::json;
use tidemark_model::{ConflictKind, Resolution};
use tidemark_store::{OutgoingChange, Store};

/// A record with something typed into it, deleted, and of which the server has another version.
fn typed_and_deleted(store: &Store, title_there: &str) {
    clean_item(store, 1, "e1");
    edit(store, id(1), json!({ "Title": "typed" }));
    store.delete(ITEMS, id(1)).unwrap();
    pull_item(store, &server_item(id(1), "e2", json!({ "Title": title_there, "Notes": "n", "_UpdatedAt": 9_000 })));
}

#[test]
fn where_only_the_stamp_has_moved_there_what_was_typed_is_there_again() {
    let device = device();
    let store = &device.store;
    typed_and_deleted(store, "a");
    store.undo_delete(ITEMS, id(1)).unwrap();
    assert_eq!((mark(store, id(1)), title(&shown(store, id(1)).unwrap())), ("waiting", "typed"));
}

#[test]
fn what_was_typed_before_a_deletion_that_stands_is_kept_beside_what_others_wrote() {
    let device = device();
    let store = &device.store;
    typed_and_deleted(store, "theirs");
    store.resolve(only(store).id, &Resolution::DeleteAnyway).unwrap();
    let kept = store.history(ITEMS, id(1)).unwrap();
    assert_eq!(kept.iter().filter_map(|e| e.record.as_ref().map(title)).collect::<Vec<_>>(), ["typed", "theirs"]);
}

#[test]
fn what_was_typed_into_a_record_that_others_deleted_outlives_that_its_user_deleted_it_too() {
    let delete = |store: &Store| store.delete(ITEMS, id(1)).unwrap();
    let accept = |store: &Store| drop(store.resolve(only(store).id, &Resolution::AcceptDelete).unwrap());
    let undo = |store: &Store| drop(store.undo_delete(ITEMS, id(1)).unwrap());
    let bring_back = |store: &Store| {
        let lost = store.history(ITEMS, id(1)).unwrap().into_iter().find(|entry| entry.record.is_some()).unwrap();
        drop(store.bring_back(ITEMS, id(1), lost.entry).unwrap());
    };
    type Act = fn(&Store);
    let ways: [(&str, Act, Act); 3] =
        [("undone", delete, undo), ("brought back", delete, bring_back), ("an answer", accept, bring_back)];
    for (way, goes, comes_back) in ways {
        for (there, is_asked) in [("n", false), ("theirs", true)] {
            let device = device();
            let store = &device.store;
            clean_item(store, 1, "e1");
            edit(store, id(1), json!({ "Notes": "typed" }));
            pull_removed(store, ITEMS, id(1), "e3");
            goes(store);
            assert_eq!(mark(store, id(1)), "gone", "{way}");
            comes_back(store);
            assert_eq!(items(store), [], "{way}: nobody here knows yet what others had made of it");
            pull_content(store, id(1), "e3", json!({ "Title": "theirs", "Notes": there, "_UpdatedAt": 9_000 }));
            if is_asked {
                let open = only(store);
                assert_eq!(
                    (open.kind, open.properties),
                    (ConflictKind::DeletedOnServer, vec!["Notes".to_owned()]),
                    "{way}"
                );
                store.resolve(open.id, &Resolution::Restore).unwrap();
            }
            let OutgoingChange::Restore { body, .. } = items(store).remove(0) else { panic!("{way}") };
            assert_eq!((&body["Title"], &body["Notes"]), (&json!("theirs"), &json!("typed")), "{way}, {there}");
        }
    }
}
