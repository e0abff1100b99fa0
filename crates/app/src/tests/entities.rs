//! Which sets are kept offline, the status line, and signing out.

use super::{NOWHERE, app, object};
use crate::{CycleOutcome, StatusKind, UnsentChoice};
use serde_json::json;

#[tokio::test]
async fn a_choice_is_made_without_a_network_and_shows_at_once() {
    let (app, _dir) = app(&["Sites"]).await;
    app.set_policy("Sites", "newest").await.unwrap();
    let entities = app.entities().await.unwrap();
    let names: Vec<&str> = entities.iter().map(|entity| entity.name.as_str()).collect();
    assert_eq!(names, ["TodoLists", "TodoItems", "Sites", "Contacts"]);
    let sites = &entities[2];
    assert_eq!((sites.offline, sites.policy.as_str(), sites.label.as_str()), (true, "newest", "Sites"));
    assert!(!entities[0].offline);
    for error in [
        app.entity_on("Pumps").await.unwrap_err(),
        app.entity_on("CachedEntities").await.unwrap_err(),
        app.set_policy("Pumps", "ask").await.unwrap_err(),
    ] {
        assert_eq!(error.code(), "unknown_set");
    }
    assert_eq!(app.set_policy("Sites", "loudest").await.unwrap_err().code(), "invalid");
}

#[tokio::test]
async fn switching_off_asks_about_unsent_changes() {
    let (app, _dir) = app(&["Sites"]).await;
    app.add("Sites", object(json!({ "Name": "Pump house" }))).await.unwrap();
    for choice in [UnsentChoice::Refuse, UnsentChoice::SendFirst] {
        assert_eq!(app.entity_off("Sites", choice).await.unwrap_err().code(), "unsent_changes");
        assert!(app.entities().await.unwrap()[2].offline);
    }
    app.entity_off("Sites", UnsentChoice::Discard).await.unwrap();
    let sites = app.entities().await.unwrap().swap_remove(2);
    assert_eq!((sites.offline, sites.pending), (false, 0));
}

#[tokio::test]
async fn the_model_is_what_screens_need() {
    let (app, _dir) = app(&[]).await;
    let model = app.model().await.unwrap();
    let items = model.sets.iter().find(|set| set.name == "TodoItems").unwrap();
    assert_eq!(
        (items.label.as_str(), items.record_label.as_str(), items.title_property.as_str()),
        ("Tasks", "Task", "Title")
    );
    let property = |name: &str| items.properties.iter().find(|property| property.name == name).unwrap();
    assert_eq!(property("SiteId").references.as_deref(), Some("Sites"));
    assert_eq!((property("Title").max_length, property("Title").nullable), (Some(200), false));
    assert!(property("Notes").multi_line);
    assert_eq!(property("IsDone").default, json!(false));
    assert!(items.properties.iter().all(|property| !property.name.starts_with('_')));
}

#[tokio::test]
async fn an_unreachable_server_is_offline_and_what_waits_is_counted() {
    let (app, _dir) = app(&["Sites"]).await;
    app.add("Sites", object(json!({ "Name": "Pump house" }))).await.unwrap();
    let cycle = app.sync_now().await.unwrap();
    assert_eq!((cycle.outcome, cycle.pushed), (CycleOutcome::Offline.into(), 0));
    assert!(cycle.error.unwrap().starts_with("the server cannot be reached"));
    let status = app.status().await.unwrap();
    assert_eq!((status.kind, status.online, status.last_sync), (StatusKind::Offline, false, None));
    assert!(status.pending >= 1);
    assert_eq!(status.server.as_deref(), Some(NOWHERE));
    assert_eq!(app.activity(10).await.unwrap()[0].sync.as_ref().unwrap().outcome, CycleOutcome::Offline);
}

#[tokio::test]
async fn signing_out_never_loses_a_change_unasked() {
    let (app, _dir) = app(&["Sites"]).await;
    app.add("Sites", object(json!({ "Name": "Pump house" }))).await.unwrap();
    assert_eq!(app.sign_out(false).await.unwrap_err().code(), "unsent_changes");
    assert!(app.session().await.unwrap().signed_in);
    assert!(!app.sign_out(true).await.unwrap().signed_in);
    assert_eq!(app.entities().await.unwrap_err().code(), "not_signed_in");
}
