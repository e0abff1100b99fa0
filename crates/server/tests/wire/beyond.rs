//! Writing by an address behind a record: properties, references, records among related ones (OData Protocol 4.01 sections
//! 11.4.2, 11.4.6, 11.4.9).

use crate::running::{Got, Running, id, send, task_url};
use serde_json::{Value, json};

async fn fill(server: &Running) {
    server.write("POST", "/odata/TodoLists", &json!({"Id": id(101), "Name": "Pumps"})).await.is(201);
    server.write("POST", "/odata/TodoLists", &json!({"Id": id(102), "Name": "Roads"})).await.is(201);
    let task = json!({"Id": id(1), "Title": "a", "Notes": "n", "Priority": 2, "TodoListId": id(101)});
    server.write("POST", "/odata/TodoItems", &task).await.is(201);
}

async fn task(server: &Running) -> Value {
    server.get(&task_url(&id(1))).await.is(200).json()
}

async fn raw(server: &Running, property: &str, media: &str, text: &str) -> Got {
    let request = server.request("PUT", &format!("{}/{property}/$value", task_url(&id(1))));
    send(request.header("Content-Type", media).body(text.to_owned())).await
}

#[tokio::test]
async fn a_property_is_set_and_emptied_by_its_address() {
    let server = Running::start().await;
    fill(&server).await;
    let at = |property: &str| format!("{}/{property}", task_url(&id(1)));
    let etag = server.write("PUT", &at("Title"), &json!({"value": "b"})).await.is(204).header("etag").to_owned();
    assert_eq!((&task(&server).await["Title"], &task(&server).await["@odata.etag"]), (&json!("b"), &json!(etag)));
    server.write("PATCH", &at("Priority"), &json!({"@odata.context": "x", "value": 3})).await.is(204);
    raw(&server, "Notes", "text/plain", "über \"den\" Zaun\n").await.is(204);
    raw(&server, "Priority", "text/plain;charset=utf-8", "4").await.is(204);
    let now = task(&server).await;
    assert_eq!((&now["Notes"], &now["Priority"]), (&json!("über \"den\" Zaun\n"), &json!(4)));
    server.delete(&at("Notes")).await.is(204);
    server.get(&at("Notes")).await.is(204);
    // What cannot be, with the record as it was.
    server.delete(&at("Title")).await.refused(400, "InvalidRecord");
    server.write("PUT", &at("Priority"), &json!({"value": "high"})).await.refused(400, "InvalidRecord");
    server.write("PUT", &at("Priority"), &json!({"values": 1})).await.is(400);
    server.write("PUT", &at("Nothing"), &json!({"value": 1})).await.is(405);
    raw(&server, "Priority", "application/json", "4").await.is(415);
    let stale = server.request("PUT", &at("Title")).header("If-Match", etag).json(&json!({"value": "c"}));
    send(stale).await.is(412);
    // A record that is not there is not made by its property.
    let nobody = format!("{}/Title", task_url(&id(9)));
    server.write("PUT", &nobody, &json!({"value": "x"})).await.refused(404, "RecordNotFound");
    assert_eq!(task(&server).await["Title"], "b");
    let got = send(server.request("OPTIONS", &at("Title"))).await.is(204);
    assert_eq!(got.header("allow"), "GET, HEAD, PUT, PATCH, DELETE, OPTIONS");
}

#[tokio::test]
async fn a_reference_is_set_changed_and_taken_away() {
    let server = Running::start().await;
    fill(&server).await;
    let list = |number: u32| format!("TodoLists({})", id(number));
    let reference = format!("{}/TodoList/$ref", task_url(&id(1)));
    server.write("PUT", &reference, &json!({"@odata.id": list(102)})).await.is(204);
    assert_eq!(task(&server).await["TodoListId"], id(102));
    server.write("PUT", &reference, &json!({"@id": format!("{}/odata/{}", server.root, list(101))})).await.is(204);
    assert_eq!(task(&server).await["TodoListId"], id(101));
    server.delete(&reference).await.is(204);
    assert_eq!(task(&server).await["TodoListId"], Value::Null);
    for (body, status) in [
        (json!({"@odata.id": list(999)}), 404),
        (json!({"@odata.id": format!("Sites({})", id(101))}), 400),
        (json!({"@odata.id": format!("http://elsewhere.example.org/odata/{}", list(101))}), 400),
        (json!({"url": list(101)}), 400),
    ] {
        server.write("PUT", &reference, &body).await.is(status);
        assert_eq!(task(&server).await["TodoListId"], Value::Null, "{body}");
    }
    let nobody = format!("{}/TodoList/$ref", task_url(&id(9)));
    server.write("PUT", &nobody, &json!({"@odata.id": list(101)})).await.is(404);
    // From the other side.
    let among = format!("/odata/{}/TodoItems/$ref", list(101));
    let own = json!({"@odata.id": format!("TodoItems({})", id(1))});
    server.write("POST", &among, &own).await.is(204);
    assert_eq!(task(&server).await["TodoListId"], id(101));
    server.write("POST", &format!("/odata/{}/TodoItems/$ref", list(999)), &own).await.is(404);
    server.write("POST", &among, &json!({"@odata.id": format!("TodoItems({})", id(9))})).await.is(404);
    // Only what is there can be taken away.
    server.delete(&format!("/odata/{}/TodoItems({})/$ref", list(102), id(1))).await.is(404);
    assert_eq!(task(&server).await["TodoListId"], id(101));
    server.delete(&format!("/odata/{}/TodoItems({})/$ref", list(101), id(1))).await.is(204);
    assert_eq!(task(&server).await["TodoListId"], Value::Null);
    server.write("POST", &among, &own).await.is(204);
    server.delete(&format!("{among}?$id=TodoItems({})", id(1))).await.is(204);
    assert_eq!(task(&server).await["TodoListId"], Value::Null);
    server.delete(&among).await.is(400);
}

#[tokio::test]
async fn a_record_is_made_among_related_ones() {
    let server = Running::start().await;
    fill(&server).await;
    let among = format!("/odata/TodoLists({})/TodoItems", id(101));
    let made = server.write("POST", &among, &json!({"Title": "new"})).await.is(201);
    assert_eq!(made.json()["TodoListId"], id(101));
    assert!(made.header("location").contains("/odata/TodoItems("));
    server.write("POST", &among, &json!({"Title": "x", "TodoListId": id(102)})).await.is(400);
    let nowhere = format!("/odata/TodoLists({})/TodoItems", id(999));
    server.write("POST", &nowhere, &json!({"Title": "x"})).await.refused(404, "RecordNotFound");
    assert_eq!(server.get(&format!("{among}/$count")).await.text, "2");
    // In a change set all of it or nothing, and a list that the set makes is there for its tasks.
    let part = |number: &str, method: &str, url: String, body: Value| json!({"id": number, "method": method, "url": url, "atomicityGroup": "g", "body": body});
    let answers = server
        .batch(json!([
            part("1", "POST", "TodoLists".into(), json!({"Id": id(103), "Name": "New"})),
            part("2", "POST", format!("TodoLists({})/TodoItems", id(103)), json!({"Title": "in it"})),
            part("3", "PUT", format!("TodoItems({})/TodoList/$ref", id(1)), json!({"@odata.id": "$1"})),
        ]))
        .await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [201, 201, 204], "{answers:?}");
    assert_eq!(task(&server).await["TodoListId"], id(103));
    let answers = server
        .batch(json!([
            part("1", "PUT", format!("TodoItems({})/Title", id(1)), json!({"value": "changed"})),
            part("2", "POST", format!("TodoLists({})/TodoItems", id(999)), json!({"Title": "in nothing"})),
        ]))
        .await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer["status"].as_u64().unwrap()).collect();
    assert_eq!((statuses, &task(&server).await["Title"]), (vec![424, 404], &json!("a")));
}

#[tokio::test]
async fn records_are_counted_by_what_is_asked_of_them() {
    let server = Running::start().await;
    fill(&server).await;
    for (title, priority) in [("pump", 4), ("valve", 1)] {
        let body = json!({"Title": title, "Priority": priority, "TodoListId": id(101)});
        server.write("POST", "/odata/TodoItems", &body).await.is(201);
    }
    for (filter, names) in [
        ("TodoItems/$count($filter=Priority ge 2) eq 2", vec!["Pumps"]),
        ("TodoItems/$count($search=pump OR valve) eq 2", vec!["Pumps"]),
        ("TodoItems/$count($filter=Priority gt 2;$search=pump) eq 1", vec!["Pumps"]),
        ("TodoItems/$count(filter=TodoList/Name eq 'Pumps') gt 0", vec!["Pumps"]),
        ("TodoItems/$count($filter=false) eq 0", vec!["Pumps", "Roads"]),
    ] {
        let got = server.get(&format!("/odata/TodoLists?$orderby=Name&$filter={filter}")).await.is(200).json();
        let found: Vec<_> = got["value"].as_array().unwrap().iter().map(|list| list["Name"].clone()).collect();
        assert_eq!(found, names, "{filter}");
    }
    let got = server
        .get("/odata/TodoLists?$compute=TodoItems/$count($filter=Priority gt 1) as Urgent&$orderby=Urgent desc")
        .await;
    assert_eq!(got.is(200).json()["value"][0]["Urgent"], 2);
    for wrong in
        ["TodoItems/$count($top=1) eq 1", "TodoItems/$count() eq 1", "TodoItems/$count($filter=Nope eq 1) eq 1"]
    {
        server.get(&format!("/odata/TodoLists?$filter={wrong}")).await.is(400);
    }
}
