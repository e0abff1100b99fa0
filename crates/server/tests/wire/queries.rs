//! What `$filter` and `$orderby` can ask (OData URL Conventions 4.01 section 5.1.1), over real HTTP.
//!
//! That every operator says what it should is shown against a naive evaluator (`tidemark-sql`); here, that a query passes
//! through the server whole, whose records it sees, and what it answers where there is no answer.

use crate::running::{Running, id, send, task_url};
use serde_json::{Value, json};

/// Lists 101 and 102, the sites 201 and 202 (the second deleted), and tasks that are in them.
async fn fill(server: &Running) {
    let put = |set: &str, number: u32, body: Value| json!({"id": format!("{set}{number}"), "method": "PUT", "url": format!("{set}({})", id(number)), "body": body});
    let task = |number: u32, title: &str, priority: i32, list: Option<u32>, site: Option<u32>, due: Value| {
        put(
            "TodoItems",
            number,
            json!({
                "Title": title, "Priority": priority, "DueAt": due,
                "TodoListId": list.map(id), "SiteId": site.map(id), "IsDone": number.is_multiple_of(2)
            }),
        )
    };
    let parts = json!([
        put("TodoLists", 101, json!({"Name": "Pumps"})),
        put("TodoLists", 102, json!({"Name": "Roads"})),
        put("Sites", 201, json!({"Name": "North", "Latitude": 52.5, "Longitude": -13.25})),
        put("Sites", 202, json!({"Name": "South", "Latitude": null, "Longitude": 0.0})),
        put("Contacts", 301, json!({"Name": "Ada", "SiteId": id(201)})),
        task(1, "Check pump", 1, Some(101), Some(201), json!("2026-03-31T08:30:15.25Z")),
        task(2, "Öl wechseln", 4, Some(101), Some(202), json!("2026-12-31T23:59:59Z")),
        task(3, "Fill the grit bins", 0, Some(102), None, Value::Null),
        task(4, "straße", 3, None, Some(201), json!("1999-01-01T00:00:00Z")),
    ]);
    assert!(server.batch(parts).await.iter().all(|answer| answer["status"].as_u64().unwrap() < 300));
    server.delete(&format!("/odata/Sites({})", id(202))).await.is(204);
}

/// Writes a path with query options as a browser does.
fn url(path: &str, query: &[(&str, &str)]) -> String {
    let encoded = |text: &str| {
        let byte = |byte: u8| match byte {
            byte if byte.is_ascii_alphanumeric() || b"-._~$@".contains(&byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        };
        text.bytes().map(byte).collect::<String>()
    };
    let options: Vec<String> =
        query.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    format!("/odata/{path}?{}", options.join("&"))
}

/// Asks for records and returns the numbers of their ids, in the order of the answer.
async fn found(server: &Running, set: &str, query: &[(&str, &str)]) -> Vec<u32> {
    let got = send(server.request("GET", &url(set, query))).await;
    assert_eq!(got.status.as_u16(), 200, "{query:?}: {}", got.text);
    let number = |record: &Value| (1..400).find(|n| record["Id"] == id(*n).as_str()).unwrap();
    got.json()["value"].as_array().unwrap().iter().map(number).collect()
}

#[tokio::test]
async fn a_filter_asks_everything_that_odata_has_for_these_types() {
    let server = Running::start().await;
    fill(&server).await;
    for (filter, records) in [
        // Arithmetic and rounding.
        ("Priority add 1 gt 3", vec![2, 4]),
        ("Priority mod 2 eq 1", vec![1, 4]),
        ("Priority div 2 eq 1", vec![4]),
        ("Priority divby 2 eq 1.5", vec![4]),
        ("-Priority lt -3", vec![2]),
        ("Priority mul 2.5 eq 10", vec![2]),
        ("Priority ne 0 and 12 div Priority eq 3", vec![2]),
        ("round(Priority divby 4) eq 1", vec![2, 4]),
        ("floor(-0.5) eq -1 and Priority eq 0", vec![3]),
        // Text.
        ("substring(Title,1,4) eq 'heck'", vec![1]),
        ("substring(Title,-4) eq 'bins'", vec![3]),
        ("matchesPattern(Title,'^[A-Z][a-z]+ p')", vec![1]),
        ("matchespattern(Title,'STRASSE|ÖL','i')", vec![2]),
        ("toupper(Title) eq 'ÖL WECHSELN'", vec![2]),
        ("length(trim(concat(Title,'  '))) eq 6", vec![4]),
        // Dates and times.
        ("year(DueAt) eq 2026 and month(DueAt) eq 3", vec![1]),
        ("hour(DueAt) eq 8 and minute(DueAt) eq 30 and second(DueAt) eq 15", vec![1]),
        ("fractionalseconds(DueAt) eq 0.25", vec![1]),
        ("date(DueAt) eq 2026-12-31", vec![2]),
        ("time(DueAt) ge 23:59:59", vec![2]),
        ("DueAt lt now() sub duration'P365D'", vec![4]),
        ("DueAt add duration'P1D' gt 2027-01-01T00:00:00Z", vec![2]),
        ("DueAt gt mindatetime() and DueAt lt maxdatetime() and totaloffsetminutes(DueAt) eq 0", vec![1, 2, 4]),
        ("totalseconds(DueAt sub 2026-03-31T08:30:00Z) eq 15.25", vec![1]),
        // Types.
        ("cast(Priority,Edm.String) eq '4'", vec![2]),
        ("cast('3',Edm.Int32) eq Priority", vec![4]),
        ("cast(9007199254740993,Edm.Double) eq 9007199254740992e0 and Priority eq 0", vec![3]),
        ("cast(Priority,Edm.Double) add 0.5e0 eq 3.5", vec![4]),
        ("substring(Title,1,null) eq null and Priority eq 0", vec![3]),
        ("case(date(DueAt) lt 2026-03-31:1,DueAt ge 2026-03-31T08:00:00+02:00:2) eq 1", vec![4]),
        ("isof(Tidemark.TodoItem) and Priority eq 0", vec![3]),
        ("isof($it,Tidemark.Site)", vec![]),
        ("case(Priority gt 2:'high',true:'low') eq 'high'", vec![2, 4]),
        // Values that clients send as text.
        (&format!("Id eq '{}'", id(3)), vec![3]),
        ("DueAt eq '1999-01-01T00:00:00Z'", vec![4]),
        ("Priority in [1,3]", vec![1, 4]),
        // Other records.
        ("TodoList/Name eq 'Pumps'", vec![1, 2]),
        ("TodoList eq null", vec![4]),
        // A deleted record is related to nothing, whatever points to it.
        ("Site eq null", vec![2, 3]),
        ("Site/Latitude gt 50 and Site/Longitude add 13.25 eq 0", vec![1, 4]),
        ("$it/Title eq 'straße'", vec![4]),
        ("not (TodoList/Name eq 'Pumps')", vec![3, 4]),
        // Null is unknown.
        ("not (DueAt add duration'PT0S' gt 2000-01-01T00:00:00Z)", vec![3, 4]),
        ("DueAt add null eq null and Priority eq 0", vec![3]),
    ] {
        assert_eq!(found(&server, "TodoItems", &[("$filter", filter), ("$orderby", "Id")]).await, records, "{filter}");
        let count = send(server.request("GET", &url("TodoItems/$count", &[("$filter", filter)]))).await.is(200);
        assert_eq!(count.text, records.len().to_string(), "{filter}");
    }
    for (set, filter, records) in [
        ("TodoLists", "TodoItems/any(i:i/Priority ge 4)", vec![101]),
        ("TodoLists", "TodoItems/all(i:i/Priority ge 1)", vec![101]),
        ("TodoLists", "TodoItems/any() and TodoItems/$count eq 1", vec![102]),
        ("TodoLists", "TodoItems/any(i:i/Site/Contacts/any(c:c/Name eq 'Ada'))", vec![101]),
        ("TodoLists", "TodoItems/any(i:contains(i/Title,'pump') and startswith(Name,'P'))", vec![101]),
        ("Sites", "Contacts/any() or Name eq 'South'", vec![201]),
        ("Sites", "TodoItems/$count eq 2", vec![201]),
    ] {
        assert_eq!(found(&server, set, &[("$filter", filter), ("$orderby", "Id")]).await, records, "{filter}");
    }
}

#[tokio::test]
async fn lists_are_ordered_by_what_is_calculated_and_by_other_records_page_by_page() {
    let server = Running::start().await;
    fill(&server).await;
    for (order, records) in [
        ("TodoList/Name desc,Title", vec![3, 1, 2, 4]),
        ("Priority mul -1", vec![2, 4, 1, 3]),
        ("Priority divby 3 desc", vec![2, 4, 1, 3]),
        ("length(Title) add Priority", vec![4, 1, 2, 3]),
        ("TodoList/TodoItems/$count desc,Id", vec![1, 2, 3, 4]),
        ("year(DueAt),Title", vec![3, 4, 1, 2]),
        ("case(IsDone eq true:0,true:1),Id", vec![2, 4, 1, 3]),
    ] {
        assert_eq!(found(&server, "TodoItems", &[("$orderby", order)]).await, records, "{order}");
        let mut next = url("TodoItems", &[("$orderby", order)]);
        let mut paged = Vec::new();
        while !next.is_empty() {
            let page = send(server.request("GET", &next).header("Prefer", "maxpagesize=1")).await.is(200).json();
            paged.extend(page["value"].as_array().unwrap().iter().map(|record| record["Id"].clone()));
            next = page["@odata.nextLink"].as_str().unwrap_or_default().to_owned();
        }
        let ids: Vec<Value> = records.iter().map(|n| json!(id(*n))).collect();
        assert_eq!(paged, ids, "{order}");
    }
}

#[tokio::test]
async fn a_parameter_alias_stands_for_its_value_wherever_it_is_given() {
    let server = Running::start().await;
    fill(&server).await;
    for query in [
        &[("$filter", "Title eq @t"), ("@t", "'straße'")][..],
        &[("@p", "[3,7]"), ("$filter", "Priority in @p")],
        &[("$filter", "Priority eq @n add 1"), ("@n", "2"), ("$orderby", "@unknown_is_null,Id")],
    ] {
        let got = send(server.request("GET", &url("TodoItems", query))).await;
        match query.len() {
            2 => assert_eq!(found(&server, "TodoItems", query).await, [4], "{query:?}"),
            // A list is ordered by something.
            _ => assert_eq!(got.status.as_u16(), 501, "{}", got.text),
        }
    }
    let twice = [("$filter", "Title eq @t"), ("@t", "1"), ("@t", "2")];
    send(server.request("GET", &url("TodoItems", &twice))).await.refused(400, "InvalidQuery");
}

#[tokio::test]
async fn what_has_no_answer_is_refused_and_only_where_somebody_asked_for_it() {
    let server = Running::start().await;
    fill(&server).await;
    for filter in [
        "12 div Priority eq 3",
        "Priority mod 0 eq 1",
        "1 div 0 eq 1",
        "substring(Title,0,Priority sub 1) eq 'x'",
        "Title add 1 eq 2",
        "year(Title) eq 2026",
        "hour(2026-03-31T10:00:00+02:00) eq 8",
        "cast(Priority,Edm.Binary) eq null",
        "Priority eq duration'PT1S'",
        "TodoItems/any()",
        "Title/any(t:t eq 'x')",
        "Title/Length eq 1",
        "TodoList/Nope eq 1",
        "TodoList/TodoItems eq null",
        "TodoList eq 5",
        "matchesPattern(Title,'(?=a)b')",
        "matchesPattern(Title,Title)",
        "Title eq geography'SRID=0;Point(1 2)'",
        "case(Priority gt 1:1,true:'x') eq 1",
    ] {
        let got = send(server.request("GET", &url("TodoItems", &[("$filter", filter)]))).await;
        assert_eq!(got.status.as_u16(), 400, "{filter}: {}", got.text);
        assert!(got.json()["error"]["message"].as_str().unwrap().len() > 20, "{filter}: {}", got.text);
    }
    // PostgreSQL calculates with more digits than are promised; either way no record is left out.
    let huge = "Priority add 170141183460469231731687303715884105000 mul 2 gt 1";
    let got = send(server.request("GET", &url("TodoItems", &[("$filter", huge)]))).await;
    match got.status.as_u16() {
        400 => assert!(got.text.contains("too large"), "{}", got.text),
        _ => assert_eq!(got.json()["value"].as_array().unwrap().len(), 4, "{}", got.text),
    }
    let order = send(server.request("GET", &url("TodoItems", &[("$orderby", "TodoList")]))).await;
    assert_eq!(order.status.as_u16(), 400, "{}", order.text);

    // The only record by which nothing can be divided is deleted: nobody asks for it.
    server.delete(&task_url(&id(3))).await.is(204);
    assert_eq!(found(&server, "TodoItems", &[("$filter", "12 div Priority eq 3")]).await, [2]);
    assert_eq!(found(&server, "TodoItems", &[("$orderby", "12 div Priority"), ("$top", "2")]).await, [2, 4]);
    // And one in another workspace is none of this one's business.
    server.add_user("zoe", "elsewhere");
    let token = server.new_token("zoe");
    let theirs = json!({"Title": "theirs", "Priority": 0, "TodoListId": id(101)});
    send(server.request_as(&token, "PUT", &task_url(&id(9))).json(&theirs)).await.is(201);
    assert_eq!(found(&server, "TodoItems", &[("$filter", "12 div Priority eq 3")]).await, [2]);
    // Nor is a list of this one a list of theirs.
    for (filter, records) in [("TodoList eq null", 1), ("TodoList/Name eq 'Pumps'", 0), ("12 div Priority eq 3", 0)] {
        let request = server.request_as(&token, "GET", &url("TodoItems", &[("$filter", filter)]));
        let got = send(request).await;
        match filter {
            "12 div Priority eq 3" => assert_eq!(got.status.as_u16(), 400, "{}", got.text),
            _ => assert_eq!(got.is(200).json()["value"].as_array().unwrap().len(), records, "{filter}"),
        }
    }
}

/// What is named before it is made, or is made of itself, is no reason to go down.
#[tokio::test]
async fn what_is_computed_of_itself_is_refused_and_the_server_goes_on() {
    let server = Running::start().await;
    server.write("PUT", &format!("/odata/TodoLists({})", id(1)), &json!({"Name": "L"})).await.is(201);
    server.write("PUT", &task_url(&id(2)), &json!({"Title": "t", "TodoListId": id(1)})).await.is(201);
    let doubled: Vec<String> = (1..60).map(|n| format!("M{} add M{} as M{n}", n - 1, n - 1)).collect();
    let doubled = format!("Priority add Priority as M0,{}", doubled.join(","));
    for path in [
        "/odata/TodoItems/$count?$filter=IsDone eq true&$compute=X add 1 as X".to_owned(),
        "/odata/TodoItems?$filter=X eq 1&$compute=X add 1 as X".to_owned(),
        "/odata/TodoLists?$expand=TodoItems($compute=X add 1 as X)".to_owned(),
        format!("/odata/TodoItems/$count?$filter=M59 eq 0&$compute={doubled}"),
        format!("/odata/TodoItems?$compute={doubled}&$select=M59"),
        format!("/odata/TodoLists?$expand=TodoItems($compute={doubled};$select=M59)"),
    ] {
        let status = server.get(&path.replace(' ', "%20")).await.status.as_u16();
        assert!((200..500).contains(&status), "{status}: {path}");
    }
    server.get("/odata/TodoItems/$count").await.is(200);
}

#[tokio::test]
async fn a_page_far_behind_the_first_has_what_apply_makes() {
    let server = Running::start().await;
    for n in 0..3 {
        server.write("PUT", &task_url(&id(n)), &json!({"Title": "t", "Priority": n})).await.is(201);
    }
    for path in [
        "/odata/TodoItems?$apply=compute(Priority mul 2 as Twice)&$skip=1000",
        "/odata/TodoItems?$apply=compute(Priority mul 2 as Twice)&$orderby=Twice&$skip=1000",
        "/odata/TodoItems?$compute=Priority mul 2 as Twice&$orderby=Twice&$skip=1000&$select=Twice",
    ] {
        assert_eq!(server.get(&path.replace(' ', "%20")).await.is(200).json()["value"], json!([]), "{path}");
    }
}
