//! `$expand`: related records within the answer (OData URL Conventions 4.01 section 5.1.3, JSON Format section 8.3).

use crate::running::{Running, follow, id, send};
use serde_json::{Value, json};

fn put(set: &str, number: u32, body: Value) -> Value {
    json!({"id": format!("{set}{number}"), "method": "PUT", "url": format!("{set}({})", id(number)), "body": body})
}

/// Two lists, one with three tasks of which one is deleted; a site with two tasks and a contact.
async fn fill(server: &Running) {
    let parts = json!([
        put("TodoLists", 101, json!({"Name": "Pumps"})),
        put("TodoLists", 102, json!({"Name": "Empty"})),
        put("Sites", 201, json!({"Name": "North"})),
        put("Contacts", 301, json!({"Name": "Ada", "SiteId": id(201)})),
        put("TodoItems", 1, json!({"Title": "a;b), 'c'", "Priority": 3, "TodoListId": id(101), "SiteId": id(201)})),
        put("TodoItems", 2, json!({"Title": "b", "Priority": 1, "IsDone": true, "TodoListId": id(101)})),
        put("TodoItems", 3, json!({"Title": "gone", "TodoListId": id(101)})),
        put("TodoItems", 4, json!({"Title": "d", "SiteId": id(201)})),
    ]);
    assert!(server.batch(parts).await.iter().all(|answer| answer["status"] == 201));
    server.delete(&format!("/odata/TodoItems({})", id(3))).await.is(204);
}

async fn ask(server: &Running, path: &str) -> Value {
    server.get(&format!("/odata/{path}")).await.is(200).json()
}

fn titles(records: &Value) -> Vec<&str> {
    records.as_array().unwrap().iter().map(|r| r["Title"].as_str().or(r["Name"].as_str()).unwrap()).collect()
}

#[tokio::test]
async fn related_records_stand_within_the_answer() {
    let server = Running::start().await;
    fill(&server).await;
    let page = ask(&server, "TodoItems?$expand=TodoList,Site&$orderby=Title").await;
    assert!(page["@odata.context"].as_str().unwrap().ends_with("$metadata#TodoItems(TodoList(),Site())"));
    let records = page["value"].as_array().unwrap();
    let names = |record: &Value| (record["TodoList"]["Name"].clone(), record["Site"]["Name"].clone());
    assert_eq!(
        records.iter().map(names).collect::<Vec<_>>(),
        [(json!("Pumps"), json!("North")), (json!("Pumps"), json!(null)), (json!(null), json!("North"))]
    );
    assert_eq!((&records[1]["Site"], &records[2]["TodoList"]), (&json!(null), &json!(null)));
    // They are what they are by themselves, ETag and all.
    let mut alone = ask(&server, &format!("TodoLists({})", id(101))).await;
    alone.as_object_mut().unwrap().remove("@odata.context");
    assert_eq!(records[0]["TodoList"], alone);

    let lists = ask(&server, "TodoLists?$orderby=Name desc&$expand=TodoItems($orderby=Title;$count=true)").await;
    let lists = lists["value"].as_array().unwrap();
    assert_eq!((titles(&lists[0]["TodoItems"]), titles(&lists[1]["TodoItems"])), (vec!["a;b), 'c'", "b"], vec![]));
    assert_eq!((&lists[0]["TodoItems@odata.count"], &lists[1]["TodoItems@odata.count"]), (&json!(2), &json!(0)));

    let one = ask(&server, &format!("Sites({})?$select=Name&$expand=*", id(201))).await;
    assert_eq!((titles(&one["TodoItems"]), titles(&one["Contacts"])), (vec!["a;b), 'c'", "d"], vec!["Ada"]));
    assert_eq!((&one["Name"], one.get("Latitude"), one.get("Id")), (&json!("North"), None, None));
    assert!(one["@odata.context"].as_str().unwrap().ends_with("#Sites(Name,TodoItems(),Contacts())/$entity"));
    let etag = server.get(&format!("/odata/Sites({})", id(201))).await.header("etag").to_owned();
    let expanded = server.get(&format!("/odata/Sites({})?$expand=Contacts", id(201))).await.is(200);
    assert_eq!(expanded.header("etag"), etag);
}

#[tokio::test]
async fn each_level_has_options_of_its_own() {
    let server = Running::start().await;
    fill(&server).await;
    for (options, found) in [
        ("$filter=Priority gt 1", vec!["a;b), 'c'"]),
        ("$filter=Title eq 'a;b), ''c'''", vec!["a;b), 'c'"]),
        ("$filter=TodoList/Name eq 'Pumps' and IsDone eq true", vec!["b"]),
        ("$orderby=Priority", vec!["b", "a;b), 'c'"]),
        ("$orderby=Title;$top=1", vec!["a;b), 'c'"]),
        ("$orderby=Title;$skip=1", vec!["b"]),
        ("$orderby=Title;$skip=1;$top=5", vec!["b"]),
        ("$top=0", vec![]),
        ("$search=b NOT a", vec!["b"]),
        ("$filter=_IsTombstoned eq true", vec!["gone"]),
    ] {
        let got = ask(&server, &format!("TodoLists({})?$expand=TodoItems({options})", id(101))).await;
        assert_eq!(titles(&got["TodoItems"]), found, "{options}");
        assert_eq!(got.get("TodoItems@odata.nextLink"), None, "{options}");
    }
    let deep = "TodoLists?$filter=TodoItems/any()&$expand=TodoItems($select=Title;$orderby=Title;$expand=Site($select=Name;\
                $expand=Contacts($select=Name)))";
    let got = ask(&server, deep).await;
    let strip = |value: &Value| {
        let mut text = value.to_string();
        while let Some(at) = text.find("\"@odata.etag\":\"") {
            let end = at + text[at..].find("\",").unwrap() + 2;
            text.replace_range(at..end, "");
        }
        serde_json::from_str::<Value>(&text).unwrap()
    };
    assert_eq!(
        strip(&got["value"][0]["TodoItems"]),
        json!([
            {"Title": "a;b), 'c'", "Site": {"Name": "North", "Contacts": [{"Name": "Ada"}]}},
            {"Title": "b", "Site": null}
        ])
    );
    let context = got["@odata.context"].as_str().unwrap();
    assert!(context.ends_with("#TodoLists(TodoItems(Title,Site(Name,Contacts(Name))))"), "{context}");
    // A star is followed on from whatever it leads to.
    let got = ask(&server, &format!("Sites({})?$expand=*($levels=2)", id(201))).await;
    assert_eq!((&got["Contacts"][0]["Site"]["Name"], got["TodoItems"].as_array().unwrap().len()), (&json!("North"), 2));
    assert!(got["TodoItems"][0].get("TodoList").is_some() && got["Contacts"][0]["Site"].get("Contacts").is_none());
    let got = server.get(&format!("/odata/Sites({})?$expand=*($levels=2;$expand=*)", id(201))).await.is(400);
    assert!(got.text.contains("names * within itself"), "{}", got.text);
    // Addresses and numbers instead of records.
    let got = ask(&server, &format!("TodoLists({})?$expand=TodoItems/$ref($orderby=Title)", id(101))).await;
    let address = |n: u32| json!({"@odata.id": format!("TodoItems({})", id(n))});
    assert_eq!(got["TodoItems"], json!([address(1), address(2)]));
    let got = ask(&server, "TodoLists?$orderby=Name&$expand=TodoItems/$count($filter=Priority gt 1)").await;
    let counts: Vec<_> = got["value"].as_array().unwrap().iter().map(|r| r["TodoItems@odata.count"].clone()).collect();
    assert_eq!(counts, [json!(0), json!(1)]);
    let got = ask(&server, &format!("TodoItems({})?$expand=TodoList/$ref", id(1))).await;
    assert_eq!(got["TodoList"]["@odata.id"], format!("TodoLists({})", id(101)));
    // Along a path, and in the newer version.
    let got = ask(&server, &format!("TodoLists({})/TodoItems?$orderby=Title&$expand=Site", id(101))).await;
    assert_eq!(got["value"][0]["Site"]["Name"], "North");
    let path = format!("/odata/TodoItems({})/TodoList?$expand=TodoItems($count=true)", id(1));
    let got = send(server.request("GET", &path).header("OData-MaxVersion", "4.01")).await.is(200).json();
    assert_eq!((&got["TodoItems@count"], titles(&got["TodoItems"]).len()), (&json!(2), 2));
}

#[tokio::test]
async fn what_does_not_fit_has_an_address_and_pages_go_on() {
    let server = Running::start().await;
    let parts: Vec<Value> = (1..=450)
        .map(|n| {
            put("TodoItems", n, json!({"Title": format!("t{n:03}"), "TodoListId": id(101 + 900 * u32::from(n > 410))}))
        })
        .chain([put("TodoLists", 101, json!({"Name": "Many"})), put("TodoLists", 1001, json!({"Name": "Few"}))])
        .collect();
    assert!(server.batch(json!(parts)).await.iter().all(|answer| answer["status"] == 201));
    let lists =
        ask(&server, "TodoLists?$orderby=Name&$expand=TodoItems($orderby=Title desc;$select=Title;$count=true)").await;
    let (few, many) = (&lists["value"][0], &lists["value"][1]);
    assert_eq!((titles(&few["TodoItems"]).len(), few.get("TodoItems@odata.nextLink")), (40, None));
    assert_eq!((titles(&many["TodoItems"]).len(), &many["TodoItems@odata.count"]), (200, &json!(410)));
    let next = many["TodoItems@odata.nextLink"].as_str().unwrap();
    let (rest, _) = follow(&server, next, "maxpagesize=100").await;
    let mut all = titles(&many["TodoItems"]);
    let rest = json!(rest);
    all.extend(titles(&rest));
    let expected: Vec<String> = (1..=410).rev().map(|n| format!("t{n:03}")).collect();
    assert_eq!(all, expected);
    assert_eq!(rest[0].get("Priority"), None, "what was chosen stays chosen");
    let limited =
        ask(&server, &format!("TodoLists({})?$expand=TodoItems($top=250;$skip=5;$orderby=Title)", id(101))).await;
    let next = limited["TodoItems@odata.nextLink"].as_str().unwrap();
    assert_eq!(follow(&server, next, "").await.0.len(), 50);

    // The page of the records themselves goes on as without.
    let (paged, _) =
        follow(&server, "/odata/TodoItems?$orderby=Title&$expand=TodoList($select=Name)", "maxpagesize=99").await;
    assert_eq!(paged.len(), 450);
    assert!(paged.iter().all(|record| record["TodoList"]["Name"].is_string()));
}

#[tokio::test]
async fn an_expansion_is_bounded_and_refused_where_it_means_nothing() {
    let server = Running::start().await;
    fill(&server).await;
    for query in [
        "$expand=Nope",
        "$expand=Title",
        "$expand=TodoList($filter=true)",
        "$expand=TodoList($top=1)",
        "$expand=TodoList($select=Nope)",
        "$expand=TodoList($levels=2)",
        "$expand=TodoList/$ref($expand=TodoItems)",
        "$expand=TodoList,TodoList",
        "$expand=TodoList($expand=Nope)",
        "$expand=TodoList($expand=TodoItems($filter=Nope eq 1))",
    ] {
        let got = server.get(&format!("/odata/TodoItems?{query}")).await;
        assert_eq!(got.status.as_u16(), 400, "{query}: {}", got.text);
    }
    let (task, list) = (format!("/odata/TodoItems({})", id(1)), format!("/odata/TodoLists({})", id(101)));
    for path in [
        format!("{task}/Title?$expand=Site"),
        "/odata/TodoItems/$count?$expand=Site".to_owned(),
        "/odata/TodoItems/$ref?$expand=Site".to_owned(),
        format!("{task}/$ref?$expand=Site"),
    ] {
        server.get(&path).await.is(400);
    }
    server.write("PATCH", &format!("{task}?$expand=Site"), &json!({"Title": "x"})).await.is(400);
    assert_eq!(server.get(&task).await.json()["Title"], "a;b), 'c'");
    // The same record in a thousand places is one; but what stands within each answer adds up.
    let cycle = "TodoItems($expand=TodoList($expand=TodoItems($expand=TodoList($expand=TodoItems))))";
    let got = ask(&server, &format!("TodoLists({})?$expand={cycle}", id(101))).await;
    assert_eq!(titles(&got["TodoItems"][0]["TodoList"]["TodoItems"][1]["TodoList"]["TodoItems"]).len(), 2);
    let big = "n".repeat(1_000_000);
    let parts: Vec<Value> = (1000..1040)
        .map(|n| put("TodoItems", n, json!({"Title": "big", "Notes": big, "TodoListId": id(101)})))
        .collect();
    for some in parts.chunks(20) {
        assert!(server.batch(json!(some)).await.iter().all(|answer| answer["status"] == 201));
    }
    let got = server.get(&format!("{list}?$expand=TodoItems")).await;
    assert_eq!(got.status.as_u16(), 400, "{}", &got.text[..got.text.len().min(300)]);
    assert!(got.text.contains("too many for one answer"), "{}", got.text);
    let chosen = server.get(&format!("{list}?$expand=TodoItems($top=3;$orderby=Title desc)")).await.is(200).json();
    assert_eq!(titles(&chosen["TodoItems"]).len(), 3);
}

#[tokio::test]
async fn what_is_somebody_elses_stands_in_no_answer() {
    let server = Running::start().await;
    fill(&server).await;
    server.add_user("zoe", "elsewhere");
    let token = server.new_token("zoe");
    let write = |path: String, body: Value| send(server.request_as(&token, "PUT", &path).json(&body));
    let theirs = json!({"Title": "theirs", "TodoListId": id(101), "SiteId": id(201)});
    write(format!("/odata/TodoItems({})", id(9)), theirs).await.is(201);
    write(format!("/odata/TodoLists({})", id(109)), json!({"Name": "theirs"})).await.is(201);
    server
        .write("PUT", &format!("/odata/TodoItems({})", id(10)), &json!({"Title": "x", "TodoListId": id(109)}))
        .await
        .is(201);
    let get = |path: &str| send(server.request_as(&token, "GET", path));
    let got = get("/odata/TodoItems?$expand=TodoList,Site").await.is(200).json();
    assert_eq!((&got["value"][0]["TodoList"], &got["value"][0]["Site"]), (&json!(null), &json!(null)));
    let got = get("/odata/TodoLists?$expand=TodoItems($count=true)").await.is(200).json();
    assert_eq!((&got["value"][0]["TodoItems"], &got["value"][0]["TodoItems@odata.count"]), (&json!([]), &json!(0)));
    let got = ask(&server, &format!("TodoLists({})?$expand=TodoItems/$count", id(101))).await;
    assert_eq!(got["TodoItems@odata.count"], 2);
}
