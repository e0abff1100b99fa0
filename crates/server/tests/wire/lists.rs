//! Ordinary reads: options, paging, counts.

use crate::running::{Running, follow, id, send, task_url};
use serde_json::{Value, json};

async fn fill(server: &Running, records: u32) {
    let parts: Vec<Value> = (0..records)
        .map(|number| {
            json!({
                "id": number.to_string(), "method": "PUT", "url": format!("TodoItems({})", id(number)),
                "headers": {"prefer": "return=minimal"},
                "body": {"Title": format!("t{:04}", number % 7), "Priority": number % 3, "DueAt": null}
            })
        })
        .collect();
    for some in parts.chunks(500) {
        assert!(server.batch(json!(some)).await.iter().all(|answer| answer["status"] == 204));
    }
}

#[tokio::test]
async fn next_links_lead_through_all_records_in_order_while_others_come_and_go() {
    let server = Running::start().await;
    fill(&server, 60).await;
    for order in ["", "&$orderby=Priority desc,Title", "&$orderby=DueAt,tolower(Title) desc", "&$orderby=Id desc"] {
        let (whole, _) = follow(&server, &format!("/odata/TodoItems?$count=true{order}"), "").await;
        let mut url = format!("/odata/TodoItems?$count=true{order}");
        let mut paged = Vec::new();
        let mut disturbed = 0;
        loop {
            let got = send(server.request("GET", &url).header("Prefer", "maxpagesize=7")).await.is(200);
            assert_eq!(got.header("preference-applied"), "maxpagesize=7".replace("maxpagesize", preference_name(&got)));
            let page = got.json();
            paged.extend(page["value"].as_array().unwrap().clone());
            // A record that was already shown is deleted, and restored at the end: the pages must not shift.
            if disturbed == 0 {
                server.delete(&task_url(paged[0]["Id"].as_str().unwrap())).await.is(204);
                disturbed = 1;
            }
            match page["@odata.nextLink"].as_str() {
                Some(next) => url = next.to_owned(),
                None => break,
            }
        }
        let ids = |records: &[Value]| records.iter().map(|r| r["Id"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!(ids(&paged), ids(&whole), "{order}");
        let first = json!({"Title": whole[0]["Title"], "Priority": whole[0]["Priority"]});
        server.write("PUT", &task_url(whole[0]["Id"].as_str().unwrap()), &first).await.is(204);
    }
}

fn preference_name(got: &crate::running::Got) -> &'static str {
    if got.header("preference-applied").starts_with("odata.") { "odata.maxpagesize" } else { "maxpagesize" }
}

#[tokio::test]
async fn top_skip_and_count_mean_what_odata_says() {
    let server = Running::start().await;
    fill(&server, 1_205).await;
    let first = server.get("/odata/TodoItems").await.json();
    assert_eq!(first["value"].as_array().unwrap().len(), 1_000);
    let (all, _) = follow(&server, "/odata/TodoItems", "").await;
    assert_eq!(all.len(), 1_205);
    for (query, records) in [
        ("$top=0", 0),
        ("$top=5", 5),
        ("$top=1100", 1_100),
        ("$top=1000", 1_000),
        ("$skip=1200", 5),
        ("$skip=1200&$top=2", 2),
        ("$skip=2000", 0),
        ("$filter=Priority eq 1&$top=3&$skip=1", 3),
        ("top=4&orderby=Title", 4),
    ] {
        let (got, _) = follow(&server, &format!("/odata/TodoItems?{query}"), "").await;
        assert_eq!(got.len(), records, "{query}");
    }
    let counted = server.get("/odata/TodoItems?$count=true&$top=1&$filter=Priority eq 1").await.json();
    assert_eq!((&counted["@odata.count"], counted.get("@odata.nextLink")), (&json!(402), None));
    let request = server.request("GET", "/odata/TodoItems/$count?$filter=Priority eq 1&$top=3");
    let count = send(request.header("Accept", "application/json")).await.is(200);
    assert_eq!((count.text.as_str(), &count.header("content-type")[..10]), ("402", "text/plain"));
    assert_eq!(server.get("/odata/TodoItems/$count?$search=t0003").await.text, "172");
    let head = send(server.request("HEAD", "/odata/TodoItems?$top=1")).await.is(200);
    assert!(head.text.is_empty());
}

#[tokio::test]
async fn what_is_not_offered_is_refused_and_never_ignored() {
    let server = Running::start().await;
    server.task(1, "a").await;
    for query in [
        "$filter=Nope eq 1",
        "$filter=Title eq",
        "$filter=Title eq 1",
        "$orderby=Nope",
        "$select=Nope",
        "$top=-1",
        "$top=x",
        "$skip=1.5",
        "$count=maybe",
        "$expand=Nope",
        "$apply=aggregate(Id)",
        "$compute=1 as Title",
        "$index=1",
        "$filter=geo.distance(Title,Title) lt 1",
        "$format=xml",
        "$top=1&$top=2",
        "$nonsense=1",
        "$filter=%zz",
    ] {
        let got = server.get(&format!("/odata/TodoItems?{query}")).await;
        assert!([400, 406, 415, 501].contains(&got.status.as_u16()), "{query}: {} {}", got.status, got.text);
        assert!(got.json()["error"]["message"].is_string(), "{query}");
    }
    for query in ["$filter=Title eq 'a'", "$top=1", "$deltatoken=x", "$skip=1", "$count=true"] {
        for request in [
            server.request("GET", &format!("{}?{query}", task_url(&id(1)))),
            server.request("PATCH", &format!("{}?{query}", task_url(&id(1)))).json(&json!({"Title": "b"})),
        ] {
            let got = send(request).await;
            assert!([400, 410, 501].contains(&got.status.as_u16()), "{query}: {} {}", got.status, got.text);
        }
    }
    assert_eq!(server.get(&task_url(&id(1))).await.json()["Title"], "a");
    server.get("/odata/TodoItems?custom=1&sap-client=100").await.is(200);
    send(server.request("GET", "/odata/TodoItems").header("OData-MaxVersion", "3.0")).await.is(400);
    send(server.request("GET", "/odata/TodoItems").header("Accept", "application/xml")).await.is(406);
}

#[tokio::test]
async fn text_is_found_compared_and_ordered_as_people_read_it() {
    let server = Running::start().await;
    // In the order people expect, which is also the order of `lt` and `gt`.
    let titles = ["1. Öl", "apfel", "Apfel", "Äpfel", "cafe\u{301}", "CAFÉ", "Straße", "Zange"];
    for (number, title) in titles.iter().rev().enumerate() {
        server.task(u32::try_from(number).unwrap(), title).await;
    }
    let mut url = "/odata/TodoItems?$orderby=Title&$select=Title".to_owned();
    let mut paged = Vec::new();
    loop {
        let page = send(server.request("GET", &url).header("Prefer", "maxpagesize=3")).await.is(200).json();
        paged.extend(page["value"].as_array().unwrap().iter().map(|r| r["Title"].as_str().unwrap().to_owned()));
        match page["@odata.nextLink"].as_str() {
            Some(next) => url = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(paged, titles);
    for (query, expected) in [
        ("$search=CAFE", &titles[4..6]),
        ("$search=apfel", &titles[1..4]),
        ("$search=STRASSE", &titles[6..7]),
        ("$filter=Title eq 'café'", &titles[4..5]),
        ("$filter=contains(Title,'fé')", &titles[4..5]),
        ("$filter=tolower(Title) eq 'café'", &titles[4..6]),
        ("$filter=toupper(Title) eq 'STRASSE'", &titles[6..7]),
        ("$filter=Title gt 'Apfel' and Title le 'cafe\u{301}'", &titles[3..5]),
        ("$filter=indexof(Title,'Öl') eq 3 and length(Title) eq 5", &titles[..1]),
    ] {
        let page = server.get(&format!("/odata/TodoItems?{query}&$orderby=Title")).await.is(200).json();
        let found: Vec<_> = page["value"].as_array().unwrap().iter().map(|r| r["Title"].as_str().unwrap()).collect();
        assert_eq!(found, expected, "{query}");
    }
}
