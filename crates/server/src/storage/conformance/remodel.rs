//! Processes with different models on one database: they pass to the newer one once, and links stay good.

use super::bed::until;
use crate::ports::Ports;
use crate::service::Service;
use crate::storage::open::{self as storage, Access, Address};
use axum::body::Body;
use http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use std::time::Duration;
use tidemark_model::EntityModel;
use tidemark_test_postgres::Cluster;
use tower::ServiceExt as _;

fn model(change: impl FnOnce(&mut Value)) -> EntityModel {
    let mut document: Value = serde_json::from_str(EntityModel::default_document()).unwrap();
    change(&mut document);
    EntityModel::to_serve(&document.to_string()).unwrap()
}

fn older() -> EntityModel {
    model(|_| {})
}

fn newer() -> EntityModel {
    model(|document| {
        let schema = document.as_object_mut().unwrap().values_mut().find(|value| value.get("TodoItem").is_some());
        schema.unwrap()["TodoItem"]["Weather"] = json!({ "$Nullable": true });
    })
}

async fn ask(service: &Service, token: &str, request: http::request::Builder, body: Body) -> Response<Body> {
    let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    let request = request.header(header::CONTENT_TYPE, "application/json").body(body).unwrap();
    service.router().oneshot(request).await.unwrap()
}

async fn get(service: &Service, token: &str, path: &str) -> Response<Body> {
    ask(service, token, Request::get(path).header("Prefer", "odata.track-changes"), Body::empty()).await
}

async fn json(answer: Response<Body>) -> Value {
    serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

async fn delta_link(service: &Service, token: &str) -> String {
    let page = json(get(service, token, "/odata/TodoItems").await).await;
    page["@odata.deltaLink"].as_str().unwrap().to_owned()
}

async fn serves_weather(service: &Service, token: &str) -> bool {
    let metadata = get(service, token, "/odata/$metadata").await.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8_lossy(&metadata).contains("Weather")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_start_passes_to_the_newer_model_once() {
    let database = Cluster::shared().database();
    let url = database.superuser_url();
    let open = async |model| Service::open(&url, model, Ports::default()).await.unwrap();
    let first = open(older()).await;
    let token = first.add_user("ann", "one", None).await.unwrap();
    let before = delta_link(&first, &token).await;

    // One process comes with the newer model: the other serves it too, without a restart.
    let second = open(newer()).await;
    until("the process that was there serves it", async || serves_weather(&first, &token).await).await;
    // A link of before is refused by both, once, and one of after is good at both.
    for service in [&first, &second] {
        assert_eq!(get(service, &token, &before).await.status(), StatusCode::GONE);
    }
    let (of_first, of_second) = (delta_link(&first, &token).await, delta_link(&second, &token).await);
    for (service, link) in [(&first, &of_second), (&second, &of_first)] {
        assert_eq!(get(service, &token, link).await.status(), StatusCode::OK);
    }
    // Written through the one that never was told of the property.
    let body = Body::from(json!({ "Title": "a", "Weather": "fog" }).to_string());
    let made = ask(&first, &token, Request::post("/odata/TodoItems"), body).await;
    assert_eq!(made.status(), StatusCode::CREATED);
    assert_eq!(json(get(&second, &token, "/odata/TodoItems").await).await["value"][0]["Weather"], "fog");

    // One that starts again with what the others have left behind does not take them back.
    let third = open(older()).await;
    assert!(serves_weather(&third, &token).await && serves_weather(&first, &token).await);
    assert_eq!(get(&third, &token, &of_second).await.status(), StatusCode::OK);
    drop((second, third));
    assert!(serves_weather(&first, &token).await);

    // Where nobody else serves, a process serves what it was started with. A command on the database serves nobody.
    drop(first);
    let command =
        storage::open(&Address::read(&url).unwrap(), Access::Existing, None, &Ports::default()).await.unwrap();
    command.position(1).await.unwrap();
    tokio::time::timeout(Duration::from_secs(1), command.listen(1).changed()).await.unwrap_err();
    let alone = open(older()).await;
    assert!(!serves_weather(&alone, &token).await);
    // And the newer one comes again with the next process that brings it.
    let again = open(newer()).await;
    assert!(serves_weather(&again, &token).await);
}
