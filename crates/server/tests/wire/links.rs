//! Next links mean what the first request meant: its moment, its parameter aliases, its body.

use crate::running::{Running, follow, id, send};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// So many tasks of one list, each due a day after the one before.
async fn fill(server: &Running, tasks: u32, notes: &str) {
    let task = |n: u32| {
        let due = format!("2026-{:02}-{:02}T08:00:00Z", 1 + n / 28 % 12, 1 + n % 28);
        json!({"Title": format!("t{n:03}"), "Priority": n % 3, "Notes": notes, "DueAt": due, "TodoListId": id(901)})
    };
    let put = |set: &str, n: u32, body: Value| json!({"id": format!("{set}{n}"), "method": "PUT", "url": format!("{set}({})", id(n)), "body": body});
    let list = [put("TodoLists", 901, json!({"Name": "Many"}))];
    let parts: Vec<Value> = list.into_iter().chain((1..=tasks).map(|n| put("TodoItems", n, task(n)))).collect();
    assert!(server.batch(json!(parts)).await.iter().all(|answer| answer["status"] == 201));
}

fn ids(records: &[Value]) -> BTreeSet<&str> {
    records.iter().filter_map(|record| record["Id"].as_str()).collect()
}

#[tokio::test]
async fn all_pages_of_a_list_are_of_one_moment() {
    let server = Running::start().await;
    fill(&server, 90, "").await;
    for order in ["now() sub DueAt desc", "DueAt sub now()", "totalseconds(now() sub DueAt)", "now() sub DueAt,Id desc"]
    {
        let first = format!("/odata/TodoItems?$select=Id&$orderby={}", order.replace(' ', "%20"));
        let (records, _) = follow(&server, &first, "maxpagesize=20").await;
        assert_eq!((records.len(), ids(&records).len()), (90, 90), "{order}");
    }
}

#[tokio::test]
async fn what_is_left_beside_a_record_is_asked_for_as_the_record_was() {
    let server = Running::start().await;
    fill(&server, 410, "").await;
    for (within, aliases, expected) in [
        ("$filter=Priority ge @p;$count=true", "&@p=1", 274),
        ("$orderby=Priority mul @q,Id", "&@q=-1", 410),
        ("$filter=Title ne @t;$orderby=Title", "&%40t='a%26b'", 410),
        ("$levels=1", "", 410),
        ("$orderby=now() sub DueAt desc", "", 410),
        ("$orderby=TodoList/Name,Title desc;$skip=10;$top=390", "", 390),
        ("$expand=TodoList($select=Name);$levels=1", "", 410),
    ] {
        let path = format!("/odata/TodoLists({})?$expand=TodoItems({within}){aliases}", id(901));
        let got = server.get(&path.replace(' ', "%20")).await.is(200).json();
        let mut records = got["TodoItems"].as_array().unwrap().clone();
        assert_eq!(records.len(), 200, "{within}");
        let (rest, _) = follow(&server, got["TodoItems@odata.nextLink"].as_str().unwrap(), "").await;
        assert_eq!(rest[0].get("TodoList").is_some(), within.contains("$expand"), "{within}");
        records.extend(rest);
        assert_eq!((records.len(), ids(&records).len()), (expected, expected), "{within}");
    }
}

#[tokio::test]
async fn what_goes_meanwhile_takes_nothing_else_out_of_what_is_left() {
    let server = Running::start().await;
    fill(&server, 410, "").await;
    for within in
        ["TodoItems($orderby=Title)", "TodoItems/$ref($orderby=Title)", "TodoItems($orderby=Priority desc,Title)"]
    {
        let path = format!("/odata/TodoLists({})?$expand={}", id(901), within.replace(' ', "%20"));
        let got = server.get(&path).await.is(200).json();
        let address = |record: &Value| match record["Id"].as_str() {
            Some(id) => format!("TodoItems({id})"),
            None => record["@odata.id"].as_str().unwrap().to_owned(),
        };
        let given: Vec<String> = got["TodoItems"].as_array().unwrap().iter().map(address).collect();
        for gone in &given[..10] {
            server.delete(&format!("/odata/{gone}")).await.is(204);
        }
        let (rest, _) = follow(&server, got["TodoItems@odata.nextLink"].as_str().unwrap(), "maxpagesize=90").await;
        let all: BTreeSet<String> = given.iter().cloned().chain(rest.iter().map(address)).collect();
        let live = server.get("/odata/TodoItems/$count").await.text.parse::<usize>().unwrap();
        assert_eq!((given.len() + rest.len(), all.len()), (live + 10, live + 10), "{within}");
    }
}

#[tokio::test]
async fn a_query_in_a_body_goes_on_in_links_and_stands_in_batches() {
    let server = Running::start().await;
    fill(&server, 30, "").await;
    let query = "$filter=Title ne 'ä \"b\"'&$orderby=Title desc&$select=Id,Title";
    let ask = |query: &str| {
        let request = server.request("POST", "/odata/TodoItems/$query").header("Content-Type", "text/plain");
        send(request.header("Prefer", "maxpagesize=12").body(query.to_owned()))
    };
    let page = ask(query).await.is(200);
    assert!(page.header("link").contains("rel=\"next\""));
    let page = page.json();
    let next = page["@odata.nextLink"].as_str().unwrap();
    assert!(next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"'), "{next}");
    let (rest, _) = follow(&server, next, "maxpagesize=12").await;
    assert_eq!((page["value"].as_array().unwrap().len(), rest.len(), &rest[17]["Title"]), (12, 18, &json!("t001")));
    // Too long for the address of a next page, and for a header.
    let long = |bytes: usize| format!("$filter=Title ne '{}'", "x".repeat(bytes));
    let got = ask(&long(5_000)).await.is(200);
    assert!(got.headers.get("link").is_none() && got.json()["@odata.nextLink"].is_string());
    ask(&long(70_000)).await.refused(400, "BadRequest");
    ask(&long(1_100_000)).await.is(413);

    let part = |body: &str| json!([{"id": "1", "method": "POST", "url": "TodoItems/$query", "headers": {"content-type": "text/plain"}, "body": body}]);
    let answers = server.batch(part("$filter=Priority eq 1&$orderby=Title&$top=4")).await;
    assert_eq!(answers[0]["status"], 200, "{answers:?}");
    assert_eq!(answers[0]["body"]["value"].as_array().unwrap().len(), 4);
    assert!(answers[0]["body"]["value"].as_array().unwrap().iter().all(|record| record["Priority"] == 1));
}

#[tokio::test]
async fn records_that_lead_back_to_each_other_fill_no_memory() {
    let server = Running::start().await;
    fill(&server, 150, &"n".repeat(2_000)).await;
    let cycle = "TodoItems($select=Id;$expand=TodoList($expand=TodoItems($expand=TodoList($expand=TodoItems))))";
    let got = server.get(&format!("/odata/TodoLists({})?$expand={cycle}", id(901))).await;
    assert_eq!(got.status.as_u16(), 400, "{}", &got.text[..got.text.len().min(300)]);
    assert!(got.text.contains("too many for one answer"), "{}", got.text);
    // Where it is the number of rows that makes it too much, the page is shorter.
    let wide = "/odata/TodoItems?$select=Id&$expand=TodoList($expand=TodoItems)";
    let page = server.get(wide).await.is(200).json();
    assert!((1..150).contains(&page["value"].as_array().unwrap().len()), "the page is cut");
    let (records, _) = follow(&server, wide, "").await;
    assert_eq!((records.len(), ids(&records).len()), (150, 150));
}

#[tokio::test]
async fn it_is_the_record_that_is_read_and_never_a_related_one() {
    let server = Running::start().await;
    fill(&server, 3, "").await;
    for within in ["$filter=$it/Id eq TodoListId", "$orderby=$it/Name", "$filter=@a"] {
        let path = format!("/odata/TodoLists?$expand=TodoItems({within})&@a=$it/Id%20eq%20Id").replace(' ', "%20");
        server.get(&path).await.is(501);
    }
    let path = "/odata/TodoLists?$expand=TodoItems($filter=$this/Priority%20eq%201)&$filter=$it/Name%20eq%20'Many'";
    assert_eq!(server.get(path).await.is(200).json()["value"][0]["TodoItems"].as_array().unwrap().len(), 1);
}
