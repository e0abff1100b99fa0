//! What is reached from a record: properties, related records, addresses (OData Protocol 4.01 section 11.2, URL Conventions
//! section 4).

use crate::running::{Running, follow, id, send, task_url};
use serde_json::{Value, json};

/// A list with three tasks, of which one is deleted; one of the others has a site.
async fn fill(server: &Running) {
    let put = |set: &str, number: u32, body: Value| json!({"id": format!("{set}{number}"), "method": "PUT", "url": format!("{set}({})", id(number)), "body": body});
    let parts = json!([
        put("TodoLists", 101, json!({"Name": "Pumps"})),
        put("TodoLists", 102, json!({"Name": "Empty"})),
        put("Sites", 201, json!({"Name": "North", "Latitude": 52.5})),
        put("TodoItems", 1, json!({"Title": "Öl", "Priority": 3, "TodoListId": id(101), "SiteId": id(201)})),
        put("TodoItems", 2, json!({"Title": "b", "Notes": null, "IsDone": true, "TodoListId": id(101)})),
        put("TodoItems", 3, json!({"Title": "gone", "TodoListId": id(101), "SiteId": id(201)})),
        put("TodoItems", 4, json!({"Title": "elsewhere", "SiteId": id(202)})),
    ]);
    assert!(server.batch(parts).await.iter().all(|answer| answer["status"] == 201));
    server.delete(&task_url(&id(3))).await.is(204);
}

fn list(below: &str) -> String {
    format!("/odata/TodoLists({}){below}", id(101))
}

fn task(number: u32, below: &str) -> String {
    format!("{}{below}", task_url(&id(number)))
}

#[tokio::test]
async fn a_property_is_read_by_itself_and_bare() {
    let server = Running::start().await;
    fill(&server).await;
    let got = server.get(&task(1, "/Title")).await.is(200);
    let context = format!("$metadata#TodoItems({})/Title", id(1));
    assert!(got.json()["@odata.context"].as_str().unwrap().ends_with(&context), "{}", got.text);
    assert_eq!(got.json()["value"], "Öl");
    let etag = server.get(&task(1, "")).await.header("etag").to_owned();
    assert_eq!(got.header("etag"), etag);
    let none =
        send(server.request("GET", &task(1, "/Priority")).header("Accept", "application/json;odata.metadata=none"));
    assert_eq!(none.await.is(200).text, r#"{"value":3}"#);
    let newer = send(server.request("GET", &task(1, "/Priority")).header("OData-MaxVersion", "4.01")).await.is(200);
    assert_eq!(newer.json()["@context"], format!("$metadata#TodoItems({})/Priority", id(1)));
    for (property, bare) in
        [("Title", "Öl"), ("Priority", "3"), ("IsDone", "false"), ("Id", &id(1)), ("SiteId", &id(201))]
    {
        let got = server.get(&task(1, &format!("/{property}/$value"))).await.is(200);
        assert_eq!((got.text.as_str(), got.header("content-type")), (bare, "text/plain;charset=utf-8"), "{property}");
    }
    // Null is no content (Protocol section 11.2.4).
    for below in ["/Notes", "/Notes/$value", "/DueAt", "/DueAt/$value"] {
        assert_eq!(server.get(&task(2, below)).await.is(204).text, "", "{below}");
    }
    assert_eq!(server.get(&format!("/odata/TodoItems/{}/Title/$value", id(2))).await.is(200).text, "b");
    for query in ["$filter=true", "$top=1", "$select=Title", "$id=x"] {
        server.get(&task(1, &format!("/Title?{query}"))).await.is(400);
        server.get(&task(1, &format!("/Title/$value?{query}"))).await.is(400);
    }
}

#[tokio::test]
async fn related_records_are_reached_from_both_sides() {
    let server = Running::start().await;
    fill(&server).await;
    let whole = server.get(&list("")).await.is(200);
    let reached = server.get(&task(1, "/TodoList")).await.is(200);
    assert_eq!((reached.json(), reached.header("etag")), (whole.json(), whole.header("etag")));
    let unchanged = send(server.request("GET", &task(1, "/TodoList")).header("If-None-Match", whole.header("etag")));
    unchanged.await.is(304);
    assert_eq!(server.get(&task(1, "/TodoList/Name/$value")).await.is(200).text, "Pumps");
    let selected = server.get(&task(1, "/Site?$select=Name")).await.is(200).json();
    assert_eq!((&selected["Name"], selected.get("Latitude")), (&json!("North"), None));
    // Nobody is related, or nobody that is there.
    for below in ["/Site", "/Site/$ref"] {
        server.get(&task(2, below)).await.is(204);
        server.get(&task(4, below)).await.is(204);
        server.get(&task(2, &format!("{below}/Name"))).await.is(404);
    }

    let (records, _) = follow(&server, &list("/TodoItems?$orderby=Title desc"), "maxpagesize=1").await;
    assert_eq!(records.iter().map(|r| r["Title"].clone()).collect::<Vec<_>>(), ["Öl", "b"]);
    for (below, titles) in [
        ("/TodoItems?$filter=IsDone eq true", vec!["b"]),
        ("/TodoItems?$filter=Title eq 'elsewhere' or Priority eq 3", vec!["Öl"]),
        ("/TodoItems?$search=b", vec!["b"]),
        ("/TodoItems?$orderby=Title&$skip=1&$top=1", vec!["Öl"]),
        ("/TodoItems?$filter=_IsTombstoned eq true", vec!["gone"]),
    ] {
        let got = server.get(&list(below)).await.is(200).json();
        let found: Vec<_> = got["value"].as_array().unwrap().iter().map(|r| r["Title"].as_str().unwrap()).collect();
        assert_eq!(found, titles, "{below}");
    }
    let counted = server.get(&list("/TodoItems?$count=true&$top=1")).await.is(200).json();
    assert_eq!(counted["@odata.count"], 2);
    for (below, count) in [("/TodoItems/$count", "2"), ("/TodoItems/$count?$filter=Priority gt 1", "1")] {
        assert_eq!(server.get(&list(below)).await.is(200).text, count, "{below}");
    }
    let empty = server.get(&format!("/odata/TodoLists({})/TodoItems", id(102))).await.is(200).json();
    assert_eq!(empty["value"], json!([]));
    // One of them, and on from there.
    let one = server.get(&list(&format!("/TodoItems({})", id(1)))).await.is(200).json();
    assert_eq!(one["Title"], "Öl");
    assert_eq!(server.get(&list(&format!("/TodoItems/{}/Site/Name/$value", id(1)))).await.is(200).text, "North");
    for missing in [
        list(&format!("/TodoItems({})", id(4))),
        list(&format!("/TodoItems({})", id(3))),
        list("/TodoItems/Title"),
        list("/Nope"),
        list("/Name/Length"),
        list("/TodoItems/$value"),
        list("/Name/$count"),
        list("/Name/$ref"),
        task(9, "/Title"),
        task(3, "/Title"),
        task(1, "/TodoList/$count"),
        task(1, "/TodoList/$value"),
    ] {
        let got = server.get(&missing).await;
        assert_eq!(got.status.as_u16(), 404, "{missing}: {}", got.text);
    }
    for query in ["$deltatoken=x", "$id=x", "$expand=Nope"] {
        server.get(&list(&format!("/TodoItems?{query}"))).await.is(400);
    }
    // A link of one path leads nowhere on another.
    let page = send(server.request("GET", &list("/TodoItems")).header("Prefer", "maxpagesize=1")).await.is(200).json();
    let next = page["@odata.nextLink"].as_str().unwrap();
    let (_, token) = next.split_once("$skiptoken=").unwrap();
    server.get(&format!("/odata/TodoItems?$skiptoken={token}")).await.is(410);
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let got = send(server.request(method, &task(1, "/TodoList")).json(&json!({"value": "x"}))).await.is(405);
        assert_eq!(got.header("allow"), "GET, HEAD, OPTIONS");
    }
    assert_eq!(server.get(&task(1, "/Title/$value")).await.text, "Öl");
}

#[tokio::test]
async fn addresses_of_records_can_be_asked_for_and_followed() {
    let server = Running::start().await;
    fill(&server).await;
    let one = server.get(&task(1, "/TodoList/$ref")).await.is(200).json();
    assert_eq!(one["@odata.id"], format!("TodoLists({})", id(101)));
    assert!(one["@odata.context"].as_str().unwrap().ends_with("$metadata#$ref"));
    assert_eq!(server.get(&task(1, "/$ref")).await.is(200).json()["@odata.id"], format!("TodoItems({})", id(1)));
    for (path, numbers) in [
        (list("/TodoItems/$ref?$orderby=Title"), vec![2, 1]),
        ("/odata/TodoItems/$ref?$filter=IsDone eq false&$orderby=Id".to_owned(), vec![1, 4]),
    ] {
        let got = server.get(&path).await.is(200).json();
        assert!(got["@odata.context"].as_str().unwrap().ends_with("$metadata#Collection($ref)"), "{got}");
        let expected: Vec<Value> =
            numbers.iter().map(|n| json!({"@odata.id": format!("TodoItems({})", id(*n))})).collect();
        assert_eq!(got["value"], json!(expected), "{path}");
        let (all, _) = follow(&server, &path, "maxpagesize=1").await;
        assert_eq!(all, expected, "{path}");
        let address = got["value"][0]["@odata.id"].as_str().unwrap();
        let entity = server.get(&format!("/odata/$entity?$id={address}&$select=Title")).await.is(200).json();
        let record = server.get(&format!("/odata/{address}?$select=Title")).await.is(200).json();
        assert_eq!(entity, record);
    }
    server.get(&list("/TodoItems/$ref?$select=Title")).await.is(400);
    for query in ["", "?$id=TodoItems", "?$id=/session", "?$id=TodoItems(5)", "?$id="] {
        server.get(&format!("/odata/$entity{query}")).await.is(400);
    }
    server.get(&format!("/odata/$entity?$id=TodoItems({})", id(3))).await.is(404);
    server.get("/odata/TodoItems?$id=TodoItems").await.is(400);
}

#[tokio::test]
async fn a_query_too_long_for_a_url_stands_in_the_body() {
    let server = Running::start().await;
    fill(&server).await;
    let ids = (1..900).map(id).collect::<Vec<_>>().join(",");
    let query = format!("$filter=Id in ({ids})&$orderby=Title&$select=Title");
    assert!(query.len() > 32_000);
    let ask = |path: &str, query: &str| {
        send(server.request("POST", path).header("Content-Type", "text/plain").body(query.to_owned()))
    };
    let got = ask("/odata/TodoItems/$query", &query).await.is(200).json();
    let titles: Vec<_> = got["value"].as_array().unwrap().iter().map(|r| r["Title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["b", "elsewhere", "Öl"]);
    assert_eq!(ask("/odata/TodoItems/$count/$query", &query).await.is(200).text, "3");
    let below = ask(&list("/TodoItems/$query?$top=1"), "$orderby=Title").await.is(200).json();
    assert_eq!(below["value"][0]["Title"], "b");
    assert_eq!(ask(&task(1, "/$query"), "$select=Title").await.is(200).json()["Title"], "Öl");
    ask("/odata/TodoItems/$query", "$filter=Nope eq 1").await.is(400);
    ask("/odata/TodoItems/$query?$top=1", "$top=2").await.is(400);
    send(server.request("POST", "/odata/TodoItems/$query").json(&json!({}))).await.is(415);
    let got = send(server.request("GET", "/odata/TodoItems/$query")).await.is(405);
    assert_eq!(got.header("allow"), "POST, OPTIONS");
    ask("/odata/$metadata/$query", "").await.is(404);
}

#[tokio::test]
async fn what_is_somebody_elses_is_not_reached_by_any_path() {
    let server = Running::start().await;
    fill(&server).await;
    server.add_user("zoe", "elsewhere");
    let token = server.new_token("zoe");
    let theirs = json!({"Title": "theirs", "TodoListId": id(101), "SiteId": id(201)});
    send(server.request_as(&token, "PUT", &task_url(&id(9))).json(&theirs)).await.is(201);
    for (path, status) in [
        (task(9, "/Title"), 200),
        (task(9, "/TodoList"), 204),
        (task(9, "/TodoList/Name"), 404),
        (task(9, "/Site/$ref"), 204),
        (list(""), 404),
        (list("/TodoItems"), 404),
        (list("/Name/$value"), 404),
        (task(1, "/Title"), 404),
        (format!("/odata/$entity?$id=TodoItems({})", id(1)), 404),
    ] {
        let got = send(server.request_as(&token, "GET", &path)).await;
        assert_eq!(got.status.as_u16(), status, "{path}: {}", got.text);
    }
    let refs = send(server.request_as(&token, "GET", "/odata/TodoItems/$ref")).await.is(200).json();
    assert_eq!(refs["value"].as_array().unwrap().len(), 1);
    // And ann's list has no task of zoe's.
    assert_eq!(server.get(&list("/TodoItems/$count")).await.is(200).text, "2");
}
