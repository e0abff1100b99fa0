//! `$apply` and `$compute`: values that are made of records (Data Aggregation 4.0 section 3, OData URL Conventions 4.01
//! section 5.1.3), over real HTTP.
//!
//! That every step makes what it should is shown against a naive evaluator (`tidemark-sql`); here, what the answer looks like,
//! whose records are counted, and what is refused.

use crate::running::{Running, follow, id, send};
use serde_json::{Value, json};

fn put(set: &str, number: u32, body: Value) -> Value {
    json!({"id": format!("{set}{number}"), "method": "PUT", "url": format!("{set}({})", id(number)), "body": body})
}

/// Two lists, and tasks in them and in none, of which one is deleted.
async fn fill(server: &Running) {
    let task = |n: u32, title: &str, priority: i32, list: Option<u32>| {
        let due = format!("2026-03-0{n}T08:00:00Z");
        put("TodoItems", n, json!({"Title": title, "Priority": priority, "TodoListId": list.map(id), "DueAt": due}))
    };
    let parts = json!([
        put("TodoLists", 101, json!({"Name": "Pumps"})),
        put("TodoLists", 102, json!({"Name": "Roads"})),
        task(1, "a", 3, Some(101)),
        task(2, "b", 1, Some(101)),
        task(3, "c", 4, Some(102)),
        task(4, "d", 0, None),
        task(5, "gone", 4, Some(101)),
    ]);
    assert!(server.batch(parts).await.iter().all(|answer| answer["status"] == 201));
    server.delete(&format!("/odata/TodoItems({})", id(5))).await.is(204);
}

async fn ask(server: &Running, path: &str) -> Value {
    server.get(&format!("/odata/{path}")).await.is(200).json()
}

#[tokio::test]
async fn records_are_summed_up_in_groups() {
    let server = Running::start().await;
    fill(&server).await;
    let got = ask(
        &server,
        "TodoItems?$apply=groupby((TodoList/Name),aggregate($count as N,Priority with sum as Total,Priority with average as \
         Mean,DueAt with max as Last))&$orderby=Total desc",
    )
    .await;
    let context = got["@odata.context"].as_str().unwrap();
    assert!(context.ends_with("$metadata#TodoItems(TodoList(Name),N,Total,Mean,Last)"), "{context}");
    let row = |name: Value, n: u32, total: u32, mean: u32, last: &str| {
        json!({
            "@odata.id": null, "TodoList": {"Name": name}, "N@odata.type": "#Int64", "N": n,
            "Total@odata.type": "#Decimal", "Total": total, "Mean@odata.type": "#Decimal", "Mean": mean,
            "Last@odata.type": "#DateTimeOffset", "Last": last,
        })
    };
    assert_eq!(
        got["value"],
        json!([
            row(json!("Pumps"), 2, 4, 2, "2026-03-02T08:00:00Z"),
            row(json!("Roads"), 1, 4, 4, "2026-03-03T08:00:00Z"),
            row(Value::Null, 1, 0, 0, "2026-03-04T08:00:00Z"),
        ])
    );
    // What is made can be asked about, ordered by, selected, counted and cut.
    for (query, names) in [
        ("$apply=filter(Priority gt 0)/groupby((TodoList/Name))&$orderby=TodoList/Name desc", vec!["Roads", "Pumps"]),
        ("$apply=groupby((TodoList/Name),aggregate($count as N))&$filter=N gt 1", vec!["Pumps"]),
        ("$apply=groupby((TodoList/Name))/filter(TodoList/Name ne null)&$top=1&$count=true", vec!["Pumps"]),
        ("$apply=groupby((TodoList/Name))&$skip=1&$top=1&$orderby=TodoList/Name", vec!["Pumps"]),
        ("$apply=topcount(1,Priority)/groupby((TodoList/Name))", vec!["Roads"]),
    ] {
        let got = ask(&server, &format!("TodoItems?{query}")).await;
        let found: Vec<_> =
            got["value"].as_array().unwrap().iter().map(|r| r["TodoList"]["Name"].as_str().unwrap()).collect();
        assert_eq!(found, names, "{query}");
        if query.contains("$count=") {
            assert_eq!(got["@odata.count"], 2);
        }
    }
    let got =
        ask(&server, "TodoItems?$apply=aggregate(Title with countdistinct as N,Priority with min as Low)&$select=N")
            .await;
    assert_eq!(got["value"], json!([{"@odata.id": null, "N@odata.type": "#Int64", "N": 4}]));
    let got = ask(&server, "TodoItems?$apply=filter(false)/aggregate($count as N,Priority with sum as Total)").await;
    assert_eq!((&got["value"][0]["N"], &got["value"][0]["Total"]), (&json!(0), &json!(null)));
    assert_eq!(server.get("/odata/TodoItems/$count?$apply=groupby((TodoList/Name))").await.is(200).text, "3");
    // Along a path only what is there counts, and nested steps go on from one another.
    let path = format!("TodoLists({})/TodoItems?$apply=groupby((IsDone),aggregate($count as N))", id(101));
    assert_eq!(ask(&server, &path).await["value"][0]["N"], 2);
    let got = ask(
        &server,
        "TodoItems?$apply=groupby((TodoListId),aggregate($count as N))/groupby((N),aggregate($count as Lists))/orderby(N desc)",
    )
    .await;
    let pairs: Vec<_> = got["value"].as_array().unwrap().iter().map(|r| (r["N"].clone(), r["Lists"].clone())).collect();
    assert_eq!(pairs, [(json!(2), json!(1)), (json!(1), json!(2))]);
    // How many tasks all lists have together.
    let got = ask(&server, "TodoLists?$apply=aggregate(TodoItems/$count as All)").await;
    assert_eq!(got["value"][0]["All"], 3);
    // In the form of the newer version, without metadata, and with numbers as texts.
    let request = server.request("GET", "/odata/TodoItems?$apply=aggregate(Priority with sum as Total)");
    let got = send(request.header("OData-MaxVersion", "4.01")).await.is(200).json();
    assert_eq!(got["value"], json!([{"@id": null, "Total@type": "Decimal", "Total": 8}]));
    let bare = "application/json;odata.metadata=none;IEEE754Compatible=true";
    let request = server.request("GET", "/odata/TodoItems?$apply=aggregate(Priority with sum as Total)");
    assert_eq!(send(request.header("Accept", bare)).await.is(200).json(), json!({"value": [{"Total": "8"}]}));
}

#[tokio::test]
async fn many_groups_come_in_pages() {
    let server = Running::start().await;
    let parts = (1..=700).map(|n| put("TodoItems", n, json!({"Title": format!("t{n:03}")}))).collect::<Vec<_>>();
    assert!(server.batch(json!(parts)).await.iter().all(|answer| answer["status"] == 201));
    let first = "/odata/TodoItems?$apply=groupby((Title),aggregate($count%20as%20N))&$orderby=N";
    let (rows, last) = follow(&server, first, "maxpagesize=300").await;
    assert_eq!(last["value"].as_array().unwrap().len(), 100);
    let seen: Vec<String> = rows.iter().map(|row| row["Title"].as_str().unwrap().to_owned()).collect();
    let all: Vec<String> = (1..=700).map(|n| format!("t{n:03}")).collect();
    assert_eq!(seen, all);
}

#[tokio::test]
async fn records_have_computed_values_beside_their_properties() {
    let server = Running::start().await;
    fill(&server).await;
    let compute = "$compute=Priority mul 2 as Twice,Twice gt 4 as IsHigh,concat(Title,'!') as Loud";
    let got =
        ask(&server, &format!("TodoItems?{compute}&$filter=Twice ge 2&$orderby=Twice desc&$expand=TodoList")).await;
    let records = got["value"].as_array().unwrap();
    let values =
        |r: &Value| (r["Twice"].clone(), r["IsHigh"].clone(), r["Loud"].clone(), r["TodoList"]["Name"].clone());
    assert_eq!(
        records.iter().map(values).collect::<Vec<_>>(),
        [
            (json!(8), json!(true), json!("c!"), json!("Roads")),
            (json!(6), json!(true), json!("a!"), json!("Pumps")),
            (json!(2), json!(false), json!("b!"), json!("Pumps")),
        ]
    );
    assert_eq!(records[0]["Title"], "c");
    assert!(records[0].get("@odata.etag").is_some());
    let got = ask(&server, &format!("TodoItems?{compute}&$select=Loud,Title&$top=1&$orderby=Title")).await;
    let context = got["@odata.context"].as_str().unwrap();
    assert!(context.ends_with("#TodoItems(Loud,Title)"), "{context}");
    let mut first = got["value"][0].clone();
    assert!(first.as_object_mut().unwrap().remove("@odata.etag").is_some());
    assert_eq!(first, json!({"Title": "a", "Loud": "a!"}));
    // Of a single record, and of what `$apply` leaves records.
    let got = ask(&server, &format!("TodoItems({})?{compute}&$select=IsHigh", id(1))).await;
    assert_eq!((&got["IsHigh"], got.get("Title")), (&json!(true), None));
    let got = ask(&server, "TodoItems?$apply=compute(Priority sub 1 as Less)/filter(Less gt 1)/orderby(Less)").await;
    let found: Vec<_> = got["value"].as_array().unwrap().iter().map(|r| (r["Less"].clone(), r["Id"].clone())).collect();
    assert_eq!(found, [(json!(2), json!(id(1))), (json!(3), json!(id(3)))]);
    // Pages go on in a computed order.
    let first = "/odata/TodoItems?$compute=0%20sub%20Priority%20as%20Down&$orderby=Down";
    let (records, _) = follow(&server, first, "maxpagesize=1").await;
    let seen: Vec<_> = records.iter().map(|record| record["Down"].as_i64().unwrap()).collect();
    assert_eq!(seen, [-4, -3, -1, 0]);
}

#[tokio::test]
async fn expanded_records_have_computed_values_too() {
    let server = Running::start().await;
    fill(&server).await;
    let items =
        "TodoItems($compute=Priority mul 2 as Twice;$filter=Twice ge 2;$orderby=Twice desc;$select=Title,Twice)";
    let got = ask(&server, &format!("TodoLists?$orderby=Name&$expand={items}")).await;
    let context = got["@odata.context"].as_str().unwrap();
    assert!(context.ends_with("#TodoLists(TodoItems(Title,Twice))"), "{context}");
    let values = |record: &Value| (record["Title"].clone(), record["Twice"].clone(), record.get("Priority").is_none());
    let within = |list: &Value| list["TodoItems"].as_array().unwrap().iter().map(values).collect::<Vec<_>>();
    assert_eq!(within(&got["value"][0]), [(json!("a"), json!(6), true), (json!("b"), json!(2), true)]);
    assert_eq!(within(&got["value"][1]), [(json!("c"), json!(8), true)]);
    // What a record refers to, and what stands within that.
    let path = "TodoItems?$orderby=Title&$top=1&$expand=TodoList($compute=concat(Name,'!') as Loud;$select=Loud;\
                $expand=TodoItems($compute=Title eq 'b' as IsIt;$orderby=Title))";
    let got = ask(&server, path).await;
    let list = &got["value"][0]["TodoList"];
    assert_eq!((&list["Loud"], list.get("Name")), (&json!("Pumps!"), None));
    assert_eq!((&list["TodoItems"][0]["IsIt"], &list["TodoItems"][1]["IsIt"]), (&json!(false), &json!(true)));
    for (within, status) in [
        ("$compute=Priority mul 2 as Title", 400),
        ("$compute=12 div (Priority sub Priority) as Share", 400),
        ("$compute=$it/Name as Of", 501),
    ] {
        server.get(&format!("/odata/TodoLists?$expand=TodoItems({within})")).await.is(status);
    }
    // The rest of many has them too.
    let of_one = ask(&server, "TodoLists?$filter=Name eq 'Pumps'&$select=Id").await;
    let list = of_one["value"][0]["Id"].as_str().unwrap();
    let more = (1001..=1230).map(|n| put("TodoItems", n, json!({"Title": format!("t{n}"), "TodoListId": list})));
    assert!(server.batch(json!(more.collect::<Vec<_>>())).await.iter().all(|answer| answer["status"] == 201));
    let loud = "TodoItems($compute=concat(Title,'!') as Loud;$orderby=Title;$select=Loud)";
    let got = ask(&server, &format!("TodoLists({list})?$expand={loud}")).await;
    let rest = got["TodoItems@odata.nextLink"].as_str().unwrap();
    let rest = server.get(&rest[rest.find("/odata/").unwrap()..]).await.is(200).json();
    let last = rest["value"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["Loud"], last.get("Title")), (&json!("t1230!"), None));
}

#[tokio::test]
async fn a_path_in_select_says_what_is_wanted_of_what_is_expanded() {
    let server = Running::start().await;
    fill(&server).await;
    let got = ask(&server, "TodoItems?$select=Title,TodoList/Name&$expand=TodoList&$orderby=Title&$top=1").await;
    let context = got["@odata.context"].as_str().unwrap();
    assert!(context.ends_with("#TodoItems(Title,TodoList(Name))"), "{context}");
    let mut first = got["value"][0].clone();
    first.as_object_mut().unwrap().remove("@odata.etag");
    first["TodoList"].as_object_mut().unwrap().remove("@odata.etag");
    assert_eq!(first, json!({"Title": "a", "TodoList": {"Name": "Pumps"}}));
    let got = server.get("/odata/TodoItems?$select=TodoList/Name").await.is(400);
    assert!(got.text.contains("$expand=TodoList($select=Name)"), "{}", got.text);
    server.get("/odata/TodoItems?$select=TodoList/Nothing&$expand=TodoList").await.is(400);
    server.get("/odata/TodoItems?$select=Title,TodoList").await.is(200);
}

#[tokio::test]
async fn full_metadata_says_types_and_addresses() {
    let server = Running::start().await;
    fill(&server).await;
    let full = "application/json;odata.metadata=full";
    let request = server.request("GET", &format!("/odata/TodoItems({})?$select=Title,DueAt,Priority,TodoList", id(1)));
    let got = send(request.header("Accept", full)).await.is(200);
    assert_eq!(got.header("content-type"), full);
    let url = format!("TodoItems({})", id(1));
    let record = got.json();
    for (name, value) in [
        ("@odata.type", json!("#Tidemark.TodoItem")),
        ("@odata.id", json!(url)),
        ("@odata.editLink", json!(url)),
        ("Id@odata.type", json!("#Guid")),
        ("DueAt@odata.type", json!("#DateTimeOffset")),
        ("Priority@odata.type", json!("#Int32")),
        ("TodoList@odata.navigationLink", json!(format!("{url}/TodoList"))),
        ("TodoList@odata.associationLink", json!(format!("{url}/TodoList/$ref"))),
        ("Title", json!("a")),
    ] {
        assert_eq!(record.get(name), Some(&value), "{name}");
    }
    assert!(record.get("Title@odata.type").is_none() && record.get("Site@odata.navigationLink").is_none());
    // The addresses lead there, and a list says the same of each of its records.
    assert_eq!(ask(&server, &format!("{url}/TodoList")).await["Name"], "Pumps");
    let list =
        send(server.request("GET", "/odata/TodoItems?$filter=Title eq 'a'&$expand=TodoList").header("Accept", full));
    let list = list.await.is(200).json();
    assert_eq!(list["value"][0]["@odata.id"], url.as_str());
    assert_eq!(list["value"][0]["TodoList"]["@odata.type"], "#Tidemark.TodoList");
    let property = send(server.request("GET", &format!("/odata/{url}/DueAt")).header("Accept", full)).await.is(200);
    assert_eq!(property.json()["@odata.type"], "#DateTimeOffset");
    let none =
        send(server.request("GET", &format!("/odata/{url}")).header("Accept", "application/json;odata.metadata=none"));
    assert!(none.await.is(200).json().as_object().unwrap().keys().all(|name| !name.contains('@')));
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let server = Running::start().await;
    fill(&server).await;
    for (query, status, word) in [
        ("$apply=groupby((Title))&$expand=TodoList", 400, "$expand"),
        ("$apply=groupby((Title))&$search=a", 400, "$search"),
        ("$apply=groupby((Title))&$filter=Priority gt 1", 400, "Priority"),
        ("$apply=groupby((Title))&$select=Priority", 400, "Priority"),
        ("$apply=groupby((TodoList))", 400, "TodoList"),
        ("$apply=aggregate(Title with sum as T)", 400, "sum of Title"),
        ("$apply=aggregate(Priority with sum as T,$count as T)", 400, "T"),
        ("$apply=concat(identity,identity)", 501, "concat"),
        ("$compute=Priority add 1 as Title", 400, "Title"),
        ("$compute=A add 1 as A", 400, "A"),
        ("$compute=null as A", 400, "cast(null"),
        ("$compute=Nothing add 1 as A&$select=Title", 400, "Nothing"),
    ] {
        let got = server.get(&format!("/odata/TodoItems?{query}")).await.is(status);
        assert!(got.text.contains(word), "{query}: {}", got.text);
    }
    let got = server.write("POST", "/odata/TodoItems?$compute=1 as A", &json!({"Title": "x"})).await.is(400);
    assert!(got.text.contains("$compute"), "{}", got.text);
    // A division by zero is a mistake of the query where it comes up, and none where it does not.
    server.get("/odata/TodoItems?$compute=12 div Priority as Share&$filter=Priority gt 0").await.is(200);
    server.get("/odata/TodoItems?$compute=12 div Priority as Share").await.is(400);
}
