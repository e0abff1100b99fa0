//! Save and Delete on the version that was shown: each cell of who changed what meanwhile.

use crate::support::*;
use serde_json::{Map, Value, json};
use tidemark_model::{ConflictKind, ETAG, Policy, Resolution, State};
use tidemark_store::{OutgoingChange, Store, StoreError};

fn as_shown(store: &Store, id: tidemark_model::RecordId) -> Map<String, Value> {
    store.get(ITEMS, id).unwrap().unwrap().to_json()
}

fn part(shown: &Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    names.iter().map(|name| ((*name).to_owned(), shown[*name].clone())).collect()
}

/// What somebody else made of the record, as a pull brings it.
fn replaced(store: &Store, n: u64, etag: &str, json: Value) {
    let mut whole = object(json!({ "Title": "a", "Notes": "n", "_UpdatedAt": 2_000 }));
    whole.extend(object(json));
    pull_item(store, &server_item(id(n), etag, Value::Object(whole)));
}

#[test]
fn each_cell_of_what_happened_while_somebody_typed() {
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Meanwhile {
        Nothing,
        /// Somebody changed the property that is typed into.
        Same,
        /// Somebody changed another one.
        Other,
        /// Somebody typed the very same.
        Equal,
        /// This device changed it: another window, the command line.
        Here,
        HereOther,
    }
    #[derive(Debug, PartialEq)]
    enum Then {
        /// Sent as an update of these properties.
        Saved(Value),
        Clean,
        Asked(&'static str),
        Refused,
    }
    use Meanwhile::{Equal, Here, HereOther, Nothing, Other, Same};
    // (a change of Priority waits already, what happened, with the shown values, what comes of typing Title "x")
    let table = [
        (false, Nothing, true, Then::Saved(json!({ "Title": "x" }))),
        (false, Nothing, false, Then::Saved(json!({ "Title": "x" }))),
        (false, Same, true, Then::Asked("a")),
        (false, Same, false, Then::Asked("")),
        (false, Other, true, Then::Saved(json!({ "Title": "x" }))),
        // With the version's name alone nobody can tell that the other property is all that moved: asked, never lost.
        (false, Other, false, Then::Asked("")),
        (false, Equal, true, Then::Clean),
        (false, Equal, false, Then::Clean),
        (false, Here, true, Then::Refused),
        (false, Here, false, Then::Refused),
        (false, HereOther, true, Then::Saved(json!({ "Title": "x", "Notes": "mine" }))),
        (false, HereOther, false, Then::Saved(json!({ "Title": "x", "Notes": "mine" }))),
        (true, Nothing, true, Then::Saved(json!({ "Title": "x", "Priority": 7 }))),
        (true, Same, true, Then::Asked("a")),
        (true, Same, false, Then::Refused),
        (true, Other, true, Then::Saved(json!({ "Title": "x", "Priority": 7 }))),
        (true, Equal, true, Then::Saved(json!({ "Priority": 7 }))),
        (true, Here, true, Then::Refused),
        (true, HereOther, true, Then::Saved(json!({ "Title": "x", "Notes": "mine", "Priority": 7 }))),
    ];
    for (waits, meanwhile, with_values, expected) in table {
        let said = format!("{waits} {meanwhile:?} {with_values}");
        let device = device();
        let store = &device.store;
        let item = clean_item(store, 1, "e1");
        if waits {
            edit(store, item, json!({ "Priority": 7 }));
        }
        let shown = as_shown(store, item);
        let shown = if with_values { part(&shown, &[ETAG, "Title"]) } else { part(&shown, &[ETAG]) };
        match meanwhile {
            Nothing => {}
            Same => replaced(store, 1, "e2", json!({ "Title": "b" })),
            Other => replaced(store, 1, "e2", json!({ "Notes": "theirs" })),
            Equal => replaced(store, 1, "e2", json!({ "Title": "x" })),
            Here => edit(store, item, json!({ "Title": "mine" })),
            HereOther => edit(store, item, json!({ "Notes": "mine" })),
        }
        let typed = json!({ "Title": "x" });
        let before = store.get(ITEMS, item).unwrap();
        let saved = store.edit_shown(ITEMS, item, &object(typed.clone()), &shown);
        match expected {
            Then::Refused => {
                let error = saved.unwrap_err();
                assert_eq!(error.code(), "changed_meanwhile", "{said}");
                assert!(error.to_string().contains("Title"), "{error}");
                assert_eq!(store.get(ITEMS, item).unwrap(), before, "{said}");
            }
            Then::Asked(base) => {
                let saved = saved.unwrap();
                for (name, value) in object(typed) {
                    assert_eq!(saved.record.get(&name), &value, "{said}: what was typed is kept");
                }
                let [open] = &store.conflicts().unwrap()[..] else { panic!("{said}: not asked") };
                assert_eq!((open.kind, open.server.as_ref().unwrap().etag.as_str()), (ConflictKind::BothEdited, "e2"));
                let known = open.base.as_ref().map_or("", |base| title(&base.record));
                assert_eq!(known, base, "{said}");
                assert!(batch(store).is_empty(), "{said}: nothing is sent before somebody answers");
                store.resolve(open.id, &Resolution::KeepMine).unwrap();
                let [sent] = &batch(store)[..] else { panic!("{said}") };
                let OutgoingChange::Update { body, if_match } = &sent.change else { panic!("{said}: {sent:?}") };
                assert_eq!((if_match.as_str(), body.get("Priority").is_some()), ("e2", waits), "{said}");
            }
            Then::Saved(body) => {
                assert_eq!((saved.unwrap().state, store.counts().unwrap().conflicts), (State::Update, 0), "{said}");
                let [sent] = &batch(store)[..] else { panic!("{said}") };
                let OutgoingChange::Update { body: mut sent, .. } = sent.change.clone() else { panic!("{said}") };
                sent.remove("_UpdatedAt");
                assert_eq!(sent, object(body), "{said}");
            }
            Then::Clean => assert_eq!((saved.unwrap().state, batch(store).len()), (State::None, 0), "{said}"),
        }
    }
}

#[test]
fn each_cell_of_what_happened_before_a_deletion() {
    // (a change waits already, what the server brought, what was edited here, what comes of it)
    let table = [
        (false, None, None, "deleted"),
        (false, Some(json!({ "Title": "b" })), None, "asked"),
        (false, Some(json!({ "_UpdatedAt": 3_000 })), None, "deleted"),
        (false, None, Some(json!({ "Title": "mine" })), "refused"),
        (true, None, None, "deleted"),
        (true, Some(json!({ "Title": "b" })), None, "asked"),
        (true, None, Some(json!({ "Title": "mine" })), "refused"),
        (true, Some(json!({ "Title": "b" })), Some(json!({ "Notes": "mine" })), "refused"),
    ];
    for (waits, theirs, here, expected) in table {
        let said = format!("{waits} {theirs:?} {here:?}");
        let device = device();
        let store = &device.store;
        let item = clean_item(store, 1, "e1");
        if waits {
            edit(store, item, json!({ "Priority": 7 }));
        }
        let shown = as_shown(store, item);
        let is_replaced = theirs.is_some();
        if let Some(theirs) = theirs {
            replaced(store, 1, "e2", theirs);
        }
        if let Some(here) = here {
            edit(store, item, here);
        }
        let deleted = store.delete_shown(ITEMS, item, &shown);
        let open = store.conflicts().unwrap();
        match expected {
            "refused" => {
                assert_eq!(deleted.unwrap_err().code(), "changed_meanwhile", "{said}");
                assert!(store.get(ITEMS, item).unwrap().is_some() && open.is_empty(), "{said}");
                continue;
            }
            "asked" => {
                deleted.unwrap();
                let [open] = &open[..] else { panic!("{said}: not asked") };
                assert_eq!((open.kind, &open.properties[..]), (ConflictKind::EditedOnServer, &["Title".into()][..]));
                assert!(batch(store).is_empty(), "{said}");
                store.resolve(open.id, &Resolution::DeleteAnyway).unwrap();
            }
            _ => {
                deleted.unwrap();
                assert!(open.is_empty(), "{said}");
            }
        }
        let [sent] = &batch(store)[..] else { panic!("{said}") };
        let OutgoingChange::Delete { if_match } = &sent.change else { panic!("{said}: {sent:?}") };
        assert_eq!(if_match, if is_replaced { "e2" } else { "e1" }, "{said}");
    }
    let device = device();
    let item = clean_item(&device.store, 1, "e1");
    let shown = part(&as_shown(&device.store, item), &[ETAG]);
    replaced(&device.store, 1, "e2", json!({ "Title": "b" }));
    let error = device.store.delete_shown(ITEMS, item, &shown).unwrap_err();
    assert!(matches!(error, StoreError::ChangedMeanwhile { .. }), "{error}");
}

#[test]
fn the_device_s_own_sent_change_is_no_other_version() {
    let device = device();
    let store = &device.store;
    let item = clean_item(store, 1, "e1");
    let read = part(&as_shown(store, item), &[ETAG]);
    edit(store, item, json!({ "Title": "x" }));
    let waiting = part(&as_shown(store, item), &[ETAG]);
    accept_all(store);
    // What was shown while the change waited is what the server has now; what was shown before is its base.
    store.edit_shown(ITEMS, item, &object(json!({ "Title": "y" })), &waiting).unwrap();
    accept_all(store);
    store.edit_shown(ITEMS, item, &object(json!({ "Notes": "m" })), &read).unwrap();
    let saved = store.get(ITEMS, item).unwrap().unwrap();
    assert_eq!((title(&saved.record), saved.record.get("Notes")), ("y", &json!("m")));
    assert!(store.conflicts().unwrap().is_empty());
    // But a property that this device changed since is the newer one.
    let error = store.edit_shown(ITEMS, item, &object(json!({ "Title": "z" })), &read);
    assert_eq!(error.unwrap_err().code(), "changed_meanwhile");
}

#[test]
fn two_windows_on_one_record_clash_in_place() {
    let device = device();
    let store = &device.store;
    let item = clean_item(store, 1, "e1");
    let (first, second) = (as_shown(store, item), as_shown(store, item));
    store.edit_shown(ITEMS, item, &object(json!({ "Title": "first" })), &first).unwrap();
    // While it is on its way the server's version is not known: nothing of it is overwritten either.
    for send in [false, true] {
        if send {
            batch(store);
        }
        let clash = store.edit_shown(ITEMS, item, &object(json!({ "Title": "second" })), &second);
        assert_eq!(clash.unwrap_err().code(), "changed_meanwhile", "{send}");
        store.edit_shown(ITEMS, item, &object(json!({ "Notes": format!("{send}") })), &as_shown(store, item)).unwrap();
    }
    // Whoever has seen it may decide.
    store.edit_shown(ITEMS, item, &object(json!({ "Title": "second" })), &as_shown(store, item)).unwrap();
    assert_eq!(title(&shown(store, item).unwrap()), "second");
}

#[test]
fn a_policy_answers_what_a_person_would_be_asked() {
    for (policy, stands) in [(Policy::Server, "b"), (Policy::Mine, "x"), (Policy::Newest, "x")] {
        let device = device();
        let store = &device.store;
        store.set_policy(ITEMS, policy).unwrap();
        let item = clean_item(store, 1, "e1");
        let before = as_shown(store, item);
        replaced(store, 1, "e2", json!({ "Title": "b" }));
        let saved = store.edit_shown(ITEMS, item, &object(json!({ "Title": "x" })), &before).unwrap();
        assert_eq!((title(&saved.record), store.conflicts().unwrap().len()), (stands, 0), "{policy:?}");
        let lost = store.history(ITEMS, item).unwrap().into_iter().filter(|entry| entry.by_policy).count();
        assert_eq!(lost, 1, "{policy:?}: what did not stand is in the history");
    }
}
