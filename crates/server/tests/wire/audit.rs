//! What a set holds at a place in its feed, as digests, for a device's self-audit.

use crate::running::{Running, follow, id, send};
use serde_json::{Value, json};

async fn token_of_feed(server: &Running) -> String {
    let (_, last) = follow(server, "/odata/TodoItems", "odata.track-changes").await;
    last["@odata.deltaLink"].as_str().unwrap().split_once("$deltatoken=").unwrap().1.to_owned()
}

fn path(token: &str) -> String {
    format!("/audit/TodoItems?at={token}")
}

fn live(answer: &Value) -> u64 {
    answer["buckets"].as_array().unwrap().iter().map(|bucket| bucket[0].as_u64().unwrap()).sum()
}

#[tokio::test]
async fn the_digests_of_live_records_change_with_each_of_them() {
    let server = Running::start().await;
    server.task(1, "a").await;
    server.task(2, "b").await;
    server.task(3, "gone").await;
    server.delete(&format!("/odata/TodoItems({})", id(3))).await.is(204);
    let token = token_of_feed(&server).await;
    let before = server.get(&path(&token)).await.is(200).json();
    assert_eq!((before["buckets"].as_array().unwrap().len(), live(&before)), (256, 2));
    let rows = server.get(&format!("{}&buckets=00", path(&token))).await.is(200).json();
    let rows = rows["records"].as_array().unwrap().clone();
    assert!(rows.iter().all(|row| row[1].as_str().unwrap().len() == 16), "{rows:?}");
    server.write("PATCH", &format!("/odata/TodoItems({})", id(2)), &json!({"Title": "c"})).await.is(204);
    server.get(&path(&token)).await.refused(409, "Moved");
    let after = server.get(&path(&token_of_feed(&server).await)).await.is(200).json();
    assert_eq!(live(&after), 2);
    assert_ne!(before["buckets"], after["buckets"]);
}

#[tokio::test]
async fn only_a_place_of_ones_own_feed_is_answered() {
    let server = Running::start().await;
    server.add_user("bob", "two");
    server.task(1, "a").await;
    let token = token_of_feed(&server).await;
    send(server.bare("GET", &path(&token))).await.refused(401, "SignInFirst");
    let bob = server.new_token("bob");
    send(server.request_as(&bob, "GET", &path(&token))).await.refused(410, "HistoryLost");
    server.get(&path("forged")).await.refused(410, "HistoryLost");
    server.get("/audit/TodoItems").await.is(400);
    server.get("/audit/Nothing?at=x").await.is(404);
    server.get(&format!("{}&buckets=100", path(&token))).await.is(400);
    let many: Vec<String> = (0..33).map(|bucket| format!("{bucket:02x}")).collect();
    server.get(&format!("{}&buckets={}", path(&token), many.join(","))).await.is(400);
}
