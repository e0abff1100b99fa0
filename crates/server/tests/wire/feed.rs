//! Enumerations and deltas: nothing is skipped, and what cannot go on says 410.

use crate::running::{Running, follow, id, send, task_url};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const TRACK: &str = "odata.track-changes, odata.maxpagesize=7";

/// Applies a page as a client would.
fn apply(held: &mut BTreeMap<String, String>, records: &[Value]) {
    for record in records {
        let id = record["Id"].as_str().unwrap().to_owned();
        if record.get("@odata.removed").or(record.get("@removed")).is_some() {
            held.remove(&id);
        } else {
            held.insert(id, record["Title"].as_str().unwrap().to_owned());
        }
    }
}

async fn truth(server: &Running) -> BTreeMap<String, String> {
    let mut held = BTreeMap::new();
    apply(&mut held, &follow(server, "/odata/TodoItems", "").await.0);
    held
}

#[tokio::test]
async fn pages_and_delta_add_up_while_records_change() {
    let server = Running::start().await;
    for number in 0..40 {
        server.task(number * 2, "before").await;
    }
    let mut held = BTreeMap::new();
    let mut url = "/odata/TodoItems?$count=true".to_owned();
    let mut pages = 0;
    let delta = loop {
        let page = send(server.request("GET", &url).header("Prefer", TRACK)).await.is(200);
        assert!(page.header("preference-applied").contains("track-changes"));
        let json = page.json();
        if pages == 0 {
            assert_eq!(json["@odata.count"], 40);
        }
        apply(&mut held, json["value"].as_array().unwrap());
        // In front of the reader and behind it: made, changed, deleted.
        for number in [pages, 79 - pages] {
            server.write("PUT", &task_url(&id(number * 2 + 1)), &json!({"Title": "new"})).await.is(201);
        }
        server.write("PATCH", &task_url(&id(2)), &json!({"Title": format!("changed {pages}")})).await.is(204);
        server.delete(&task_url(&id(78 - 2 * pages))).await.is(204);
        pages += 1;
        match json["@odata.nextLink"].as_str() {
            Some(next) => {
                assert_eq!(page.header("link"), format!("<{next}>; rel=\"next\""));
                url = next.to_owned();
            }
            None => break json["@odata.deltaLink"].as_str().unwrap().to_owned(),
        }
    };
    assert!(pages > 5);
    assert_ne!(held, truth(&server).await, "the pages alone cannot know");
    let (changes, last) = follow(&server, &delta, "odata.maxpagesize=3").await;
    let sequence =
        |record: &Value| record["@odata.etag"].as_str().unwrap()[3..].split('.').next().unwrap().parse::<u64>();
    assert!(changes.windows(2).all(|two| sequence(&two[0]).unwrap() < sequence(&two[1]).unwrap()));
    apply(&mut held, &changes);
    assert_eq!(held, truth(&server).await);
    // A change stamped long ago arrives today.
    let old = json!({"Title": "week-old", "_UpdatedAt": 5});
    server.write("PUT", &task_url(&id(500)), &old).await.is(201);
    let (changes, last) = follow(&server, last["@odata.deltaLink"].as_str().unwrap(), "").await;
    assert_eq!((changes.len(), &changes[0]["Title"]), (1, &json!("week-old")));
    let (changes, _) = follow(&server, last["@odata.deltaLink"].as_str().unwrap(), "").await;
    assert!(changes.is_empty());
}

#[tokio::test]
async fn a_quiet_delta_is_a_304_and_removals_take_the_form_of_the_version() {
    let server = Running::start().await;
    let task = server.task(1, "a").await;
    let new = |path: &str| server.request("GET", path).header("OData-MaxVersion", "4.01");
    let first = send(new("/odata/TodoItems").header("Prefer", "track-changes")).await.is(200);
    let link = first.json()["@deltaLink"].as_str().unwrap().to_owned();
    assert!(link.starts_with("TodoItems?$deltatoken=") && link.len() < 60, "{link}");
    let tag = first.header("etag").to_owned();
    assert_eq!(tag.trim_matches('"'), link.split('=').nth(1).unwrap());
    let quiet = send(new(&format!("/odata/{link}")).header("If-None-Match", &tag)).await.is(304);
    assert!(quiet.text.is_empty());
    server.delete(&task_url(&task)).await.is(204);
    let moved = send(new(&format!("/odata/{link}")).header("If-None-Match", &tag)).await.is(200);
    assert_ne!(moved.header("etag"), tag);
    let removed = moved.json()["value"][0].clone();
    assert_eq!((&removed["@removed"]["reason"], &removed["Id"]), (&json!("deleted"), &json!(task)));
    assert!(removed["@etag"].is_string() && removed["_UpdatedAt"].is_i64() && removed["_UpdatedBy"] == "ann");
    let old = server.request("GET", &format!("/odata/{link}")).header("OData-MaxVersion", "4.0");
    let old = send(old).await.is(200);
    assert_eq!(old.header("odata-version"), "4.0");
    let removed = old.json()["value"][0].clone();
    assert!(removed["@odata.context"].as_str().unwrap().ends_with("/$deletedEntity"));
    assert_eq!(removed["reason"], "deleted");
}

#[tokio::test]
async fn forged_altered_and_other_peoples_tokens_are_gone() {
    let server = Running::start().await;
    server.add_user("bob", "two");
    let bob = server.new_token("bob");
    server.task(1, "a").await;
    let (_, last) = follow(&server, "/odata/TodoItems", TRACK).await;
    let link = last["@odata.deltaLink"].as_str().unwrap();
    send(server.request_as(&bob, "GET", link)).await.refused(410, "HistoryLost");
    send(server.request_as(&server.token, "GET", link)).await.is(200);
    server.get(&link.replace("TodoItems", "Sites")).await.refused(410, "HistoryLost");
    let (head, token) = link.split_once('=').unwrap();
    let mut altered = token.to_owned().into_bytes();
    altered[4] ^= 1;
    for token in ["x", "", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA", &String::from_utf8(altered).unwrap()] {
        let got = server.get(&format!("{head}={token}")).await;
        assert!([400, 410].contains(&got.status.as_u16()), "{token}: {}", got.text);
        server.get(&format!("/odata/TodoItems?$skiptoken={token}")).await.json()["error"]["code"].as_str().unwrap();
    }
    let beside = server.get(&format!("{link}&$filter=Title eq 'a'")).await;
    beside.refused(400, "BadRequest");
}

#[tokio::test]
async fn each_user_has_their_own_cached_entities() {
    let server = Running::start().await;
    server.add_user("bea", "one");
    let bea = server.new_token("bea");
    let body = json!({"Id": id(1), "EntitySet": "Sites", "UserName": "bea"});
    server.write("POST", "/odata/CachedEntities", &body).await.is(201);
    let mine = server.get("/odata/CachedEntities").await.json();
    assert_eq!(mine["value"][0]["UserName"], "ann");
    let hers = send(server.request_as(&bea, "GET", "/odata/CachedEntities")).await.is(200).json();
    assert_eq!(hers["value"], json!([]));
    send(server.request_as(&bea, "GET", &format!("/odata/CachedEntities({})", id(1)))).await.is(404);
    let (_, last) = follow(&server, "/odata/CachedEntities", TRACK).await;
    send(server.request_as(&bea, "GET", last["@odata.deltaLink"].as_str().unwrap())).await.refused(410, "HistoryLost");
    let delta = send(server.request_as(&bea, "GET", "/odata/CachedEntities").header("Prefer", TRACK)).await.is(200);
    send(server.request_as(&bea, "POST", "/odata/CachedEntities").json(&body)).await.is(201);
    let changes = send(server.request_as(&bea, "GET", delta.json()["@odata.deltaLink"].as_str().unwrap())).await;
    assert_eq!(changes.json()["value"].as_array().unwrap().len(), 1);
}
