//! Which sets are kept offline: a choice that is a record, pushed and pulled like any other.

use crate::support::*;
use serde_json::json;
use tidemark_model::query::Query;
use tidemark_model::{CACHED_ENTITIES, CachedEntity, Policy};
use tidemark_store::{Only, OutgoingChange, Position, Store, Unsent};

fn choice(set: &str, is_offline: bool, policy: &str, stamp: i64) -> tidemark_model::Versioned {
    let json = json!({
        "EntitySet": set, "UserName": "ann", "IsOffline": is_offline, "Policy": policy, "_UpdatedAt": stamp
    });
    let record = tidemark_model::read_record(
        model().set(CACHED_ENTITIES).unwrap(),
        Some(CachedEntity::id("ann", set)),
        &object(json),
        tidemark_model::Strictness::KeepUnknown,
    );
    tidemark_model::Versioned { record: record.unwrap(), etag: format!("c{stamp}") }
}

fn cached(store: &Store) -> Vec<String> {
    store.positions().unwrap().into_iter().map(|from| from.set().to_owned()).collect()
}

fn records(store: &Store) -> u64 {
    store.count(ITEMS, &Query::default(), Only::All).unwrap()
}

#[test]
fn a_choice_is_sent_as_a_record_of_its_user() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    assert_eq!(store.cache(ITEMS).unwrap_err().code(), "not_signed_in");
    store.sign_in(&account()).unwrap();
    assert_eq!(store.cache(ITEMS).unwrap_err().code(), "not_signed_in", "the sets are not known yet");
    store.adopt_model(&model_document()).unwrap();
    assert_eq!(cached(&store), [CACHED_ENTITIES], "the choice itself is always kept");
    assert_eq!(store.add(ITEMS, &object(json!({ "Title": "a" }))).unwrap_err().code(), "not_cached");
    store.cache(ITEMS).unwrap();
    store.cache("TodoLists").unwrap();
    store.set_policy("Sites", Policy::Mine).unwrap();
    assert_eq!(cached(&store), [CACHED_ENTITIES, "TodoLists", ITEMS]);
    assert!(!store.is_cached("Sites").unwrap());
    assert_eq!(store.is_cached("Nothing").unwrap_err().code(), "unknown_set");
    let sent = batch(&store);
    assert_eq!(sent.len(), 3);
    assert_eq!((sent[0].set.as_str(), sent[0].id), (CACHED_ENTITIES, CachedEntity::id("ann", ITEMS)));
    let OutgoingChange::Add { body } = &sent[0].change else { panic!() };
    assert_eq!(
        [&body["EntitySet"], &body["UserName"], &body["IsOffline"], &body["Policy"]],
        [&json!(ITEMS), &json!("ann"), &json!(true), &json!("ask")]
    );
    assert_eq!(store.uncache(CACHED_ENTITIES, Unsent::Refuse).unwrap_err().code(), "always_cached");
    assert_eq!(store.policy(CACHED_ENTITIES).unwrap(), Policy::Newest);
}

#[test]
fn a_new_laptop_takes_the_choice_over_and_an_old_one_follows_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.sign_in(&account()).unwrap();
    store.adopt_model(&model_document()).unwrap();
    pull(&store, CACHED_ENTITIES, |tx| take(tx, CACHED_ENTITIES, &choice(ITEMS, true, "server", 5))).unwrap();
    assert_eq!((cached(&store).len(), store.policy(ITEMS).unwrap()), (2, Policy::Server));
    let positions = store.positions().unwrap();
    assert_eq!(*positions[1].position(), Position::Start { restored: false });

    clean_item(&store, 1, "e1");
    clean_item(&store, 2, "e2");
    edit(&store, id(2), json!({ "Title": "mine" }));
    // Switched off on the other laptop: what is here goes, but not what is not sent yet.
    pull(&store, CACHED_ENTITIES, |tx| take(tx, CACHED_ENTITIES, &choice(ITEMS, false, "server", 6))).unwrap();
    assert_eq!((cached(&store).len(), records(&store)), (1, 1));
    assert_eq!(title(&shown(&store, id(2)).unwrap()), "mine");
    let sent = batch(&store);
    store.settle(&[reply(&sent[0], done("e3"))]).unwrap();
    assert_eq!(records(&store), 0, "settled, it goes too");
}

#[test]
fn two_laptops_that_choose_at_once_are_never_asked() {
    let device = device();
    let store = &device.store;
    let newer = 9_000_000_000_000;
    store.set_policy("Sites", Policy::Server).unwrap();
    let tally =
        pull(store, CACHED_ENTITIES, |tx| take(tx, CACHED_ENTITIES, &choice("Sites", false, "mine", newer))).unwrap().1;
    assert_eq!(tally.conflicts, 0);
    assert_eq!(store.policy("Sites").unwrap(), Policy::Mine, "the later choice stands");
    assert!(!store.is_cached("Sites").unwrap());
}

#[test]
fn switching_off_with_unsent_changes_is_the_users_decision() {
    for unsent in [Unsent::Refuse, Unsent::KeepUntilSent, Unsent::Discard] {
        let device = device();
        let store = &device.store;
        clean_item(store, 1, "e1");
        clean_item(store, 2, "e2");
        edit(store, id(2), json!({ "Title": "mine" }));
        let outcome = store.uncache(ITEMS, unsent);
        match unsent {
            Unsent::Refuse => {
                let error = outcome.unwrap_err();
                assert_eq!(error.code(), "unsent_changes");
                assert!(error.to_string().starts_with("1 unsent"), "{error}");
                assert_eq!((records(store), store.is_cached(ITEMS).unwrap()), (2, true));
                continue;
            }
            Unsent::KeepUntilSent => {
                outcome.unwrap();
                assert_eq!((records(store), mark(store, id(2))), (1, "waiting"));
                assert!(batch(store).iter().any(|outgoing| outgoing.id == id(2)));
                let edited = store.edit(ITEMS, id(2), &object(json!({ "Title": "mine two" }))).unwrap();
                assert_eq!(title(&edited.record), "mine two", "what waits can still be edited");
                accept_all(store);
            }
            Unsent::Discard => {
                outcome.unwrap();
                let kept = store.history(ITEMS, id(2)).unwrap();
                let (event, record) = (kept[0].event.as_str(), kept[0].record.as_ref().unwrap());
                assert_eq!((event, title(record)), ("discarded", "mine"));
                assert!(batch(store).iter().all(|outgoing| outgoing.set == CACHED_ENTITIES));
            }
        }
        assert_eq!((records(store), store.is_cached(ITEMS).unwrap()), (0, false));
        store.cache(ITEMS).unwrap();
        let position = stands(store, ITEMS).position().clone();
        assert_eq!(position, Position::Start { restored: false }, "switched on again, it is fetched anew");
    }
}
