//! Sign-in first, and nobody sees another workspace.

use crate::running::{Running, id, send, task_url};
use serde_json::json;

#[tokio::test]
async fn without_a_token_everything_but_the_metadata_is_401() {
    let server = Running::start().await;
    for (method, path) in [
        ("GET", "/odata/"),
        ("GET", "/odata"),
        ("GET", "/odata/TodoItems"),
        ("GET", "/odata/Nothing"),
        ("GET", "/odata/TodoItems(broken"),
        ("GET", "/odata/$metadata/x"),
        ("POST", "/odata/$metadata"),
        ("POST", "/odata/TodoItems"),
        ("POST", "/odata/$batch"),
        ("DELETE", "/odata/TodoItems(1)"),
        ("GET", "/events"),
        ("GET", "/session"),
        ("GET", "/nowhere"),
    ] {
        for request in [server.bare(method, path), server.bare(method, path).bearer_auth("wrong")] {
            let got = send(request.body("x")).await;
            assert!(got.header("www-authenticate").contains("Basic"), "{method} {path}");
            got.refused(401, "SignInFirst");
        }
    }
    let metadata = send(server.bare("GET", "/odata/$metadata").header("OData-MaxVersion", "4.0")).await.is(200);
    assert!(metadata.text.contains("Version=\"4.0\"") && metadata.header("odata-version") == "4.0");
    let json = send(server.bare("GET", "/odata/%24metadata?$format=json").bearer_auth("wrong")).await.is(200).json();
    assert_eq!(json["$Version"], "4.01");
    assert!(json["Tidemark"]["CachedEntity"].is_object());
    assert_eq!(send(server.bare("GET", "/health/live")).await.is(200).text, "live\n");
    send(server.bare("GET", "/health/ready")).await.is(200);
}

#[tokio::test]
async fn a_session_is_a_token_that_can_be_given_back() {
    let server = Running::start().await;
    let sign_in = |password: &str| {
        let body = json!({"name": "ann", "password": password, "device": "laptop"});
        send(server.bare("POST", "/session").json(&body))
    };
    sign_in("wrong").await.refused(401, "WrongPassword");
    let session = sign_in("ann-password").await.is(201);
    let body = session.json();
    assert_eq!((&body["user"], &body["workspace"]), (&json!("ann"), &json!("one")));
    assert_eq!(body["server_id"], session.header("tidemark-server"));
    let token = body["token"].as_str().unwrap();
    let me = send(server.request_as(token, "GET", "/session")).await.is(200).json();
    assert_eq!((&me["user"], me.get("token")), (&json!("ann"), None));
    send(server.request_as(token, "GET", "/odata/Sites")).await.is(200);
    send(server.request_as(token, "DELETE", "/session")).await.is(204);
    send(server.request_as(token, "GET", "/odata/Sites")).await.is(401);
    send(server.bare("POST", "/session").body("{")).await.refused(400, "BadRequest");
    let basic = |password: &str| server.bare("GET", "/odata/Sites").basic_auth("ann", Some(password));
    send(basic("ann-password")).await.is(200);
    send(basic("wrong")).await.is(401);
    let token = server.new_token("ann");
    send(server.request_as(&token, "GET", "/odata/Sites")).await.is(200);
    server.succeeds(&["token", "revoke", &token], "");
    send(server.request_as(&token, "GET", "/odata/Sites")).await.is(401);
}

#[tokio::test]
async fn guessing_has_to_wait_and_whoever_was_let_in_a_moment_ago_has_not() {
    let server = Running::start().await;
    let ask = |password: &'static str| send(server.bare("GET", "/odata/Sites").basic_auth("ann", Some(password)));
    ask("ann-password").await.is(200);
    for _ in 0..10 {
        ask("wrong").await.is(401);
    }
    let waiting = ask("another").await;
    assert!(waiting.header("retry-after").parse::<u64>().unwrap() <= 60);
    waiting.refused(429, "TooManyGuesses");
    // Whoever was let in a moment ago is not locked out by the guesses of others.
    ask("ann-password").await.is(200);
}

#[tokio::test]
async fn another_workspace_is_as_if_it_were_not_there() {
    let server = Running::start().await;
    server.add_user("bob", "two");
    let bob = server.new_token("bob");
    server.task(1, "ann's").await;
    let as_bob = |method: &str, path: &str| server.request_as(&bob, method, path);
    let (hidden, absent) = (task_url(&id(1)), task_url(&id(2)));
    let without_id = |text: &str| text.replace(&id(1), "").replace(&id(2), "");
    for method in ["GET", "DELETE"] {
        let (a, b) = (send(as_bob(method, &hidden)).await.is(404), send(as_bob(method, &absent)).await.is(404));
        assert_eq!(without_id(&a.text), without_id(&b.text));
    }
    assert_eq!(send(as_bob("GET", "/odata/TodoItems")).await.json()["value"], json!([]));
    let condition = as_bob("PATCH", &hidden).header("If-Match", "*").json(&json!({"Title": "x"}));
    assert_eq!(send(condition).await.refused(412, "RecordNotFound").get("innererror"), None);
    // The key is free in his own workspace.
    let body = json!({"Id": id(1), "Title": "bob's", "_UpdatedAt": 1});
    let made = send(as_bob("POST", "/odata/TodoItems").header("If-None-Match", "*").json(&body)).await.is(201);
    assert!(made.header("etag").starts_with("W/\"1."), "each workspace counts for itself");
    assert_eq!(server.get(&hidden).await.json()["Title"], "ann's");
    assert_eq!(send(as_bob("GET", &hidden)).await.json()["Title"], "bob's");
}
