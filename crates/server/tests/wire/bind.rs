//! Bindings: the address of a related record in place of the property that holds its `Id` (OData JSON Format 4.01 section 8.5,
//! Protocol section 11.7.4 for references within a batch).

use crate::running::{Running, id, send, task_url};
use serde_json::{Value, json};

async fn list_of(server: &Running, number: u32) -> Value {
    server.get(&task_url(&id(number))).await.is(200).json()["TodoListId"].clone()
}

#[tokio::test]
async fn a_record_is_bound_by_an_address_and_let_go_by_null() {
    let server = Running::start().await;
    server.write("PUT", &format!("/odata/TodoLists({})", id(101)), &json!({"Name": "Pumps"})).await.is(201);
    let root = &server.root;
    let mut number = 0;
    for address in [
        format!("TodoLists({})", id(101)),
        format!("/odata/TodoLists({})", id(101)),
        format!("{root}/odata/TodoLists({})", id(101)),
        format!("TodoLists/{}", id(101)),
        format!("TodoLists(Id={})", id(101)),
    ] {
        for member in [
            json!({"TodoList@odata.bind": address}),
            json!({"TodoList": {"@id": address}}),
            json!({"TodoList": {"@odata.id": address}, "TodoListId": id(101)}),
        ] {
            number += 1;
            let mut body = member.clone();
            body["Title"] = json!("bound");
            body["Id"] = json!(id(number));
            server.write("POST", "/odata/TodoItems", &body).await.is(201);
            assert_eq!(list_of(&server, number).await, id(101), "{body}");
        }
    }
    for (number, (method, body)) in [
        ("PATCH", json!({"TodoList@odata.bind": null})),
        ("PATCH", json!({"TodoList": null})),
        ("PATCH", json!({"TodoListId": null})),
        ("PUT", json!({"Title": "x", "TodoList@bind": null})),
    ]
    .iter()
    .enumerate()
    {
        server.write(method, &task_url(&id(number as u32 + 1)), body).await.is(204);
        assert_eq!(list_of(&server, number as u32 + 1).await, Value::Null, "{body}");
    }
    for (body, status) in [
        (json!({"TodoList@odata.bind": format!("Sites({})", id(101))}), 400),
        (json!({"TodoList@odata.bind": "TodoLists"}), 400),
        (json!({"TodoList@odata.bind": format!("../odata/TodoLists({})", id(101))}), 400),
        (json!({"TodoList@odata.bind": "TodoLists(5)"}), 400),
        (json!({"TodoList@odata.bind": 5}), 400),
        (json!({"TodoList@odata.bind": [format!("TodoLists({})", id(101))]}), 400),
        (json!({"Nope@odata.bind": format!("TodoLists({})", id(101))}), 400),
        (json!({"Title@odata.bind": format!("TodoLists({})", id(101))}), 400),
        (json!({"TodoList@odata.bind": "$1"}), 400),
        (json!({"TodoList@odata.bind": format!("TodoLists({})", id(101)), "TodoListId": id(102)}), 400),
        (json!({"TodoList": {"Name": "new"}}), 501),
        (json!({"TodoList": {"@id": format!("TodoLists({})", id(101)), "Name": "x"}}), 501),
        (json!({"TodoList": []}), 501),
    ] {
        let got = server.write("PATCH", &task_url(&id(5)), &body).await;
        assert_eq!(got.status.as_u16(), status, "{body}: {}", got.text);
        assert_eq!(list_of(&server, 5).await, id(101), "{body}");
    }
    let many = json!({"Name": "x", "TodoItems@odata.bind": [task_url(&id(5))]});
    server.write("POST", "/odata/TodoLists", &many).await.is(400);
}

#[tokio::test]
async fn a_request_of_a_batch_binds_to_a_record_that_one_before_it_makes() {
    let server = Running::start().await;
    let part = |name: &str, url: &str, body: Value| json!({"id": name, "method": "POST", "url": url, "body": body});
    // The key is the server's: nobody else can know it.
    let answers = server
        .batch(json!([
            part("list", "TodoLists", json!({"Name": "new"})),
            part("a", "TodoItems", json!({"Id": id(1), "Title": "a", "TodoList@odata.bind": "$list"})),
            part("b", "TodoItems", json!({"Id": id(2), "Title": "b", "TodoList": {"@id": "$list"}})),
            part("c", "TodoItems", json!({"Id": id(3), "Title": "c", "TodoList@odata.bind": "$nobody"})),
            part("bad", "TodoLists", json!({"Name": null})),
            part("d", "TodoItems", json!({"Id": id(4), "Title": "d", "TodoList@odata.bind": "$bad"})),
        ]))
        .await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [201, 201, 201, 400, 400, 424], "{answers:?}");
    let made = answers[0]["body"]["Id"].clone();
    assert!(made.is_string());
    assert_eq!((list_of(&server, 1).await, list_of(&server, 2).await), (made.clone(), made));

    // As JayData and Olingo write it, within one change set.
    let write = |content_id: u32, url: &str, body: Value| {
        format!(
            "--c\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: {content_id}\r\n\r\n\
             POST {url} HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{body}\r\n"
        )
    };
    let set = |items: &str| {
        let list = write(1, "TodoLists", json!({"Name": "set"}));
        format!("--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n{list}{items}--c--\r\n--b--\r\n")
    };
    let send_it = |body: String| {
        let request = server.request("POST", "/odata/$batch").header("Content-Type", "multipart/mixed; boundary=b");
        send(request.body(body))
    };
    let bound = write(2, "TodoItems", json!({"Id": id(11), "Title": "x", "TodoList@odata.bind": "$1"}));
    let got = send_it(set(&bound)).await.is(200);
    assert_eq!(got.text.matches("HTTP/1.1 201").count(), 2, "{}", got.text);
    assert!(list_of(&server, 11).await.is_string());
    // What fails undoes what it was bound to.
    let before = server.get("/odata/TodoLists/$count").await.text;
    let fails = write(2, "TodoItems", json!({"Id": id(12), "Title": null, "TodoList@odata.bind": "$1"}));
    send_it(set(&fails)).await.is(200);
    assert_eq!(server.get("/odata/TodoLists/$count").await.text, before);
    server.get(&task_url(&id(12))).await.is(404);
}

#[tokio::test]
async fn only_a_binding_refers_to_another_request() {
    let server = Running::start().await;
    let part = |name: &str, url: &str, body: Value| json!({"id": name, "method": "POST", "url": url, "body": body});
    let list = json!({"Id": id(101), "Name": "Pumps"});
    let escaped: Value = json!([
        part("1", "TodoLists", list),
        part("2", "TodoItems", json!({"Id": id(1), "Title": "a", "TodoList@odata.bind": "$1"}))
    ]);
    // The same JSON, written otherwise.
    let escaped = json!({"requests": escaped}).to_string().replace("\"$1\"", "\"\\u00241\"");
    let request = server.request("POST", "/odata/$batch").header("Content-Type", "application/json").body(escaped);
    let answers = crate::running::send(request).await.is(200).json();
    assert_eq!(answers["responses"][1]["status"], 201, "{answers}");
    assert_eq!(list_of(&server, 1).await, id(101));
    // A text is no reference, whatever it says and whatever stands beside it.
    let failing = part("1", "TodoLists", json!({"Nope": 1}));
    let bound = json!({"Id": id(2), "Title": "$1", "TodoList@odata.bind": format!("TodoLists({})", id(101))});
    let parts = json!({"requests": [failing, part("2", "TodoItems", bound)]});
    let request = server.request("POST", "/odata/$batch").header("Prefer", "continue-on-error").json(&parts);
    let answers = crate::running::send(request).await.is(200).json();
    assert_eq!((&answers["responses"][0]["status"], &answers["responses"][1]["status"]), (&json!(400), &json!(201)));
}
