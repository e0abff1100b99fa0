//! Live notices.

use crate::running::{Running, id};
use futures::StreamExt as _;
use std::time::Duration;

#[tokio::test]
async fn a_listener_hears_where_the_workspace_stands_and_each_move_of_its_own() {
    let server = Running::start().await;
    server.add_user("bob", "two");
    let bob = server.new_token("bob");
    server.task(1, "a").await;
    let response = server.request("GET", "/events").send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut stream = response.bytes_stream();
    let mut hear = async || {
        let piece = tokio::time::timeout(Duration::from_secs(5), stream.next()).await;
        piece.map(|piece| String::from_utf8(piece.unwrap().unwrap().to_vec()).unwrap())
    };
    assert_eq!(hear().await.unwrap(), "event: moved\ndata: {\"sequence\": 1}\n\n");
    let body = serde_json::json!({"Id": id(1), "Title": "bob's"});
    crate::running::send(server.request_as(&bob, "POST", "/odata/TodoItems").json(&body)).await.is(201);
    server.task(2, "b").await;
    assert_eq!(hear().await.unwrap(), "event: moved\ndata: {\"sequence\": 2}\n\n");
}

#[tokio::test]
async fn an_open_stream_does_not_keep_the_server_from_stopping() {
    let mut server = Running::start().await;
    let mut stream = server.request("GET", "/events").send().await.unwrap().bytes_stream();
    stream.next().await.unwrap().unwrap();
    let stopped = tokio::task::spawn_blocking(move || server.stop()).await.unwrap();
    assert_eq!(stopped, Some(0));
    // The server ended the answer. Had it waited for the listener until its patience was over, the connection would have
    // broken off in the middle.
    assert!(stream.next().await.is_none(), "the stream was cut");
}
