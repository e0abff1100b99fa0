//! Following a part of a set: the delta of a filter and of some properties (OData Protocol 4.01 section 11.3).

use crate::running::{Running, id, send};
use serde_json::{Value, json};

const TRACK: &str = "odata.track-changes";

async fn task(server: &Running, number: u32, title: &str, priority: i32) {
    let body = json!({"Title": title, "Priority": priority});
    send(server.request("PUT", &format!("/odata/TodoItems({})", id(number))).json(&body)).await;
}

/// Follows the links of a feed to its end; returns the items and the delta link.
async fn drained(server: &Running, mut page: Value) -> (Vec<Value>, String) {
    let mut items = Vec::new();
    loop {
        items.extend(page["value"].as_array().unwrap().iter().cloned());
        if let Some(delta) = page["@deltaLink"].as_str() {
            return (items, delta.to_owned());
        }
        let next = page["@nextLink"].as_str().expect("a page has a link").to_owned();
        let request = server.request("GET", &format!("/odata/{next}")).header("OData-MaxVersion", "4.01");
        page = send(request).await.is(200).json();
    }
}

async fn first(server: &Running, query: &str) -> (Vec<Value>, String) {
    let request = server.request("GET", &format!("/odata/TodoItems?{query}"));
    let request = request.header("Prefer", format!("{TRACK},maxpagesize=2")).header("OData-MaxVersion", "4.01");
    let got = send(request).await.is(200);
    assert!(got.header("preference-applied").contains("track-changes"));
    drained(server, got.json()).await
}

async fn delta(server: &Running, link: &str) -> (Vec<Value>, String) {
    let request = server.request("GET", &format!("/odata/{link}")).header("OData-MaxVersion", "4.01");
    drained(server, send(request).await.is(200).json()).await
}

/// Says of each item its number, and its title or why it is gone.
fn told(items: &[Value]) -> Vec<(u32, String)> {
    let number = |item: &Value| (1..100).find(|n| item["Id"] == id(*n).as_str()).unwrap();
    let what =
        |item: &Value| item["@removed"]["reason"].as_str().or(item["Title"].as_str()).unwrap_or_default().to_owned();
    items.iter().map(|item| (number(item), what(item))).collect()
}

#[tokio::test]
async fn what_leaves_the_filter_is_removed_and_what_enters_comes() {
    let server = Running::start().await;
    for (number, priority) in [(1, 1), (2, 4), (3, 4), (4, 2), (5, 4)] {
        task(&server, number, &format!("t{number}"), priority).await;
    }
    let pair = |n: u32, what: &str| (n, what.to_owned());
    let (items, link) = first(&server, "$filter=Priority eq 4").await;
    assert_eq!(told(&items), [pair(2, "t2"), pair(3, "t3"), pair(5, "t5")]);
    assert!(link.contains("$filter=Priority%20eq%204") && link.contains("$deltatoken="), "{link}");
    let (items, link) = delta(&server, &link).await;
    assert_eq!(told(&items), []);
    task(&server, 1, "in", 4).await;
    task(&server, 2, "out", 1).await;
    task(&server, 3, "still", 4).await;
    task(&server, 4, "never", 3).await;
    server.delete(&format!("/odata/TodoItems({})", id(5))).await.is(204);
    let (items, later) = delta(&server, &link).await;
    assert_eq!(
        told(&items),
        [pair(1, "in"), pair(2, "changed"), pair(3, "still"), pair(4, "changed"), pair(5, "deleted")]
    );
    // The same link says the same again, and the newer one nothing.
    assert_eq!(told(&delta(&server, &link).await.0).len(), 5);
    assert_eq!(told(&delta(&server, &later).await.0), []);
    // A link is of its own filter.
    let forged = link.replace("Priority%20eq%204", "Priority%20eq%201");
    assert_ne!(forged, link);
    server.get(&format!("/odata/{forged}")).await.is(410);
    let bare = format!("TodoItems?{}", &link[link.find("$deltatoken").unwrap()..]);
    server.get(&format!("/odata/{bare}")).await.is(410);
}

#[tokio::test]
async fn a_delta_has_the_properties_that_were_selected() {
    let server = Running::start().await;
    task(&server, 1, "one", 1).await;
    let (items, link) = first(&server, "$select=Title&$filter=Title ne @t&@t='x'").await;
    let keys = |item: &Value| item.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!((keys(&items[0]), &items[0]["Title"]), (vec!["@etag".to_owned(), "Title".to_owned()], &json!("one")));
    task(&server, 2, "two", 1).await;
    let (items, link) = delta(&server, &link).await;
    assert_eq!((items.len(), keys(&items[0]).len(), &items[0]["Title"]), (1, 2, &json!("two")));
    task(&server, 2, "x", 1).await;
    let (items, _) = delta(&server, &link).await;
    assert_eq!(items[0]["@removed"]["reason"], "changed");
    // 4.0 has a form of its own.
    let request = server.request("GET", "/odata/TodoItems?$filter=Priority eq 1").header("Prefer", TRACK);
    let page = send(request.header("OData-MaxVersion", "4.0")).await.is(200).json();
    let link = page["@odata.deltaLink"].as_str().unwrap().to_owned();
    task(&server, 1, "one", 3).await;
    let page = send(server.request("GET", &link).header("OData-MaxVersion", "4.0")).await.is(200).json();
    assert_eq!(page["value"][0]["reason"], "changed");
}

#[tokio::test]
async fn what_depends_on_other_records_is_not_followed() {
    let server = Running::start().await;
    task(&server, 1, "one", 1).await;
    for query in
        ["$filter=TodoList/Name eq null", "$filter=DueAt lt now()", "$filter=TodoList eq null", "$top=1", "$search=one"]
    {
        let got =
            send(server.request("GET", &format!("/odata/TodoItems?{query}")).header("Prefer", TRACK)).await.is(200);
        assert!(got.headers.get("preference-applied").is_none(), "{query}");
        assert!(got.json().get("@odata.deltaLink").is_none(), "{query}");
    }
}
