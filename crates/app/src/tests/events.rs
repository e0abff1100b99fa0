//! What a host hears of: its own writes, another process's, and the status line.

use super::{object, open_store, signed_in_dir};
use crate::{App, AppEvent, CycleOutcome, Host, StatusKind};
use serde_json::json;
use std::time::Duration;
use tidemark_model::EntityModel;
use tokio::sync::broadcast::Receiver;
use tokio::time::timeout;

/// Waits for an event that `wanted` takes.
async fn heard<T>(events: &mut Receiver<AppEvent>, wanted: impl Fn(AppEvent) -> Option<T>) -> T {
    let wait = async {
        loop {
            if let Some(found) = wanted(events.recv().await.unwrap()) {
                return found;
            }
        }
    };
    timeout(Duration::from_secs(10), wait).await.expect("the event did not come")
}

fn records_of(set: &'static str) -> impl Fn(AppEvent) -> Option<Option<Vec<String>>> {
    move |event| match event {
        AppEvent::RecordsChanged(changed) if changed.set == set => Some(changed.ids),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_of_this_process_and_of_others_are_heard() {
    let dir = signed_in_dir();
    let app = App::open(dir.path(), Host::background()).await.unwrap();
    let mut events = app.subscribe();
    app.entity_on("Sites").await.unwrap();
    heard(&mut events, |event| matches!(event, AppEvent::EntitiesChanged).then_some(())).await;
    let added = app.add("Sites", object(json!({ "Name": "Pump house" }))).await.unwrap();
    let ids = heard(&mut events, records_of("Sites")).await;
    assert_eq!(ids, Some(vec![added["Id"].as_str().unwrap().to_owned()]));

    let other = open_store(dir.path());
    other.add("Sites", &object(json!({ "Name": "Weir" }))).unwrap();
    // In between the worker may mark the first record as being sent, which names it.
    heard(&mut events, |event| records_of("Sites")(event).filter(Option::is_none)).await;
    let two_wait = |event| match event {
        AppEvent::StatusChanged(status) if status.kind == StatusKind::Offline && status.pending >= 2 => Some(()),
        _ => None,
    };
    let now = app.status().await.unwrap();
    if !(now.kind == StatusKind::Offline && now.pending >= 2) {
        heard(&mut events, two_wait).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_model_is_heard_and_what_left_it_can_be_read() {
    let dir = signed_in_dir();
    let app = App::open(dir.path(), Host::background()).await.unwrap();
    app.entity_on("Sites").await.unwrap();
    let mut events = app.subscribe();
    app.add("Sites", object(json!({ "Name": "Pump house" }))).await.unwrap();
    // What is announced from here on is compared with the model that was looked at for this.
    let waits = |event| matches!(event, AppEvent::StatusChanged(status) if status.pending >= 1).then_some(());
    heard(&mut events, waits).await;

    let mut model: serde_json::Value = serde_json::from_str(EntityModel::default_document()).unwrap();
    for of_site in ["TodoItem", "Contact"] {
        let entity = model["Tidemark"][of_site].as_object_mut().unwrap();
        entity.retain(|name, _| name != "Site");
    }
    for of_sites in ["TodoItems", "Contacts"] {
        let set = model["Tidemark"]["Container"][of_sites].as_object_mut().unwrap();
        set.remove("$NavigationPropertyBinding");
    }
    model["Tidemark"]["TodoItem"].as_object_mut().unwrap().remove("TodoList");
    for of_others in ["TodoList", "Site"] {
        let entity = model["Tidemark"][of_others].as_object_mut().unwrap();
        entity.retain(|_, member| member["$Collection"] != true);
    }
    let lists = model["Tidemark"]["Container"]["TodoLists"].as_object_mut().unwrap();
    lists.remove("$NavigationPropertyBinding");
    model["Tidemark"]["Container"].as_object_mut().unwrap().remove("Sites");
    open_store(dir.path()).lease().unwrap().adopt_model(&model.to_string()).unwrap();
    heard(&mut events, |event| matches!(event, AppEvent::SessionChanged).then_some(())).await;
    let parked = app.parked().await.unwrap();
    let site = parked.iter().find(|parked| parked.entity_set == "Sites").expect("it is listed");
    let left = site.left.as_ref().expect("the set as it was");
    assert_eq!((left.record_label.as_str(), &site.record["Name"]), ("Site", &json!("Pump house")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_worker_runs_while_an_account_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let app = App::open(dir.path(), Host::background()).await.unwrap();
    let background = app.inner.background.as_ref().unwrap();
    assert!(background.worker().is_none());
    assert!(app.activity(10).await.unwrap().is_empty());
    drop(app);

    let dir = signed_in_dir();
    let app = App::open(dir.path(), Host::background()).await.unwrap();
    let mut events = app.subscribe();
    assert!(app.inner.background.as_ref().unwrap().worker().is_some());
    let outcome = heard(&mut events, |event| match event {
        AppEvent::CycleEnded(cycle) => Some(cycle.outcome),
        _ => None,
    })
    .await;
    assert_eq!(outcome, CycleOutcome::Offline);
    app.sign_out(true).await.unwrap();
    heard(&mut events, |event| matches!(event, AppEvent::SessionChanged).then_some(())).await;
    assert!(app.inner.background.as_ref().unwrap().worker().is_none());
}
