//! The TodoItems screens' views over real records.

use super::{app, id_of, object};
use crate::{App, TodoRequest, TodoSort, TodoView};
use serde_json::{Value, json};

/// Midday of some day far in the past of any clock; what is overdue is told by the machine's own clock.
const DAY_START: i64 = 4_102_444_800_000;
const DAY_END: i64 = DAY_START + 86_400_000;

fn request(view: TodoView) -> TodoRequest {
    TodoRequest {
        view,
        list_id: None,
        search: None,
        sort: TodoSort::Due,
        day_start: DAY_START,
        day_end: DAY_END,
        offset: 0,
        limit: 100,
    }
}

async fn titles(app: &App, request: TodoRequest) -> Vec<String> {
    let list = app.todo_list(request).await.unwrap();
    assert_eq!(list.total, list.records.len() as u64);
    list.records.iter().map(|record| record["Title"].as_str().unwrap().to_owned()).collect()
}

async fn add(app: &App, json: Value) -> String {
    id_of(&app.add("TodoItems", object(json)).await.unwrap())
}

#[tokio::test]
async fn every_view_shows_its_items_in_order() {
    let (app, _dir) = app(&["TodoItems", "TodoLists"]).await;
    let list = id_of(&app.add("TodoLists", object(json!({ "Name": "Round" }))).await.unwrap());
    add(&app, json!({ "Title": "someday" })).await;
    add(&app, json!({ "Title": "soon", "Priority": 2, "TodoListId": list })).await;
    add(&app, json!({ "Title": "late", "DueAt": "2001-01-01T00:00:00Z", "Assignee": "ana" })).await;
    add(&app, json!({ "Title": "on the day", "DueAt": "2100-01-01T12:00:00Z" })).await;
    add(&app, json!({ "Title": "next day", "DueAt": "2100-01-02T00:00:00Z" })).await;
    let done = add(&app, json!({ "Title": "done", "DueAt": "2001-01-01T00:00:00Z", "TodoListId": list })).await;
    app.edit("TodoItems", &done, object(json!({ "IsDone": true }))).await.unwrap();

    for (view, wanted) in [
        (TodoView::Today, vec!["late", "on the day"]),
        (TodoView::Upcoming, vec!["next day"]),
        (TodoView::Overdue, vec!["late"]),
        (TodoView::Mine, vec!["late"]),
        (TodoView::All, vec!["late", "on the day", "next day", "soon", "someday"]),
        (TodoView::Done, vec!["done"]),
        (TodoView::NotSent, vec!["done", "late", "on the day", "next day", "soon", "someday"]),
        (TodoView::Conflicts, vec![]),
    ] {
        assert_eq!(titles(&app, request(view)).await, wanted, "{view:?}");
    }
    let in_list = TodoRequest { list_id: Some(list.clone()), ..request(TodoView::All) };
    assert_eq!(titles(&app, in_list).await, ["soon"]);
    let by_title = TodoRequest { sort: TodoSort::Title, ..request(TodoView::All) };
    assert_eq!(titles(&app, by_title).await, ["late", "next day", "on the day", "someday", "soon"]);
    let searched = TodoRequest { search: Some("day next".into()), ..request(TodoView::All) };
    assert_eq!(titles(&app, searched).await, ["next day"]);

    let counts = app.todo_counts(DAY_START, DAY_END).await.unwrap();
    let numbers: Vec<(&str, u64)> = counts.views.iter().map(|(view, n)| (view.as_str(), *n)).collect();
    let wanted = [
        ("all", 5),
        ("conflicts", 0),
        ("done", 1),
        ("mine", 1),
        ("not_sent", 6),
        ("overdue", 1),
        ("today", 2),
        ("upcoming", 1),
    ];
    assert_eq!(numbers, wanted);
    assert_eq!((counts.lists[0].name.as_str(), counts.lists[0].open), ("Round", 1));
}

#[tokio::test]
async fn items_that_are_not_kept_here_say_so_and_count_what_is_known() {
    let (app, _dir) = app(&[]).await;
    assert_eq!(app.todo_list(request(TodoView::Today)).await.unwrap_err().code(), "offline");
    let counts = app.todo_counts(DAY_START, DAY_END).await.unwrap();
    assert_eq!(counts.views.keys().collect::<Vec<_>>(), ["conflicts", "not_sent"]);
}
