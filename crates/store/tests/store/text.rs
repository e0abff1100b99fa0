//! Text for people, offline: what a list, a search and a function say, and what is no edit (ADR 0012).

use crate::support::{ITEMS, accept_all, batch, device, edit, id, mark, object, pull_item, server_item, shown};
use serde_json::json;
use tidemark_model::query::{Query, Search};
use tidemark_odata::{parse_filter, parse_order_by};
use tidemark_store::{Only, Store};

fn titles(store: &Store, query: &Query) -> Vec<String> {
    let listed = store.list(ITEMS, query, Only::All).unwrap();
    listed.iter().map(|local| local.record.get("Title").as_str().unwrap().to_owned()).collect()
}

#[test]
fn lists_searches_and_functions_go_by_what_text_says() {
    let device = device();
    let in_order = ["1. Öl", "apfel", "Apfel", "Äpfel", "cafe\u{301}", "CAFÉ", "Straße", "Zange"];
    for title in in_order.iter().rev() {
        device.store.add(ITEMS, &object(json!({ "Title": title }))).unwrap();
    }
    let order_by = parse_order_by("Title").unwrap();
    assert_eq!(titles(&device.store, &Query { order_by: order_by.clone(), ..Query::default() }), in_order);
    let found = |search: &str| {
        titles(
            &device.store,
            &Query { search: vec![Search::Word(search.into())], order_by: order_by.clone(), ..Query::default() },
        )
    };
    assert_eq!(found("CAFE"), ["cafe\u{301}", "CAFÉ"]);
    assert_eq!(found("apfel"), ["apfel", "Apfel", "Äpfel"]);
    assert_eq!(found("strasse"), ["Straße"]);
    let filtered = |filter: &str| {
        let filter = Some(parse_filter(filter).unwrap());
        titles(&device.store, &Query { filter, order_by: order_by.clone(), ..Query::default() })
    };
    assert_eq!(filtered("contains(Title,'fé')"), ["cafe\u{301}"]);
    assert_eq!(filtered("Title eq 'café'"), ["cafe\u{301}"]);
    assert_eq!(filtered("tolower(Title) eq 'café'"), ["cafe\u{301}", "CAFÉ"]);
    assert_eq!(filtered("Title gt 'Apfel' and Title lt 'D'"), ["Äpfel", "cafe\u{301}", "CAFÉ"]);
}

#[test]
fn a_text_with_other_line_ends_or_normal_form_is_no_edit() {
    let device = device();
    let store = &device.store;
    pull_item(store, &server_item(id(1), "1", json!({ "Title": "Café", "Notes": "a\r\nb" })));
    let before = shown(store, id(1)).unwrap();
    edit(store, id(1), json!({ "Title": "Cafe\u{301}", "Notes": "a\nb" }));
    assert_eq!((shown(store, id(1)).unwrap(), batch(store).len()), (before, 0));
    // Beside a real edit the text goes on as the server has it.
    edit(store, id(1), json!({ "Title": "Cafe\u{301}", "Notes": "a\nb", "Priority": 3 }));
    let sent = batch(store);
    assert_eq!(sent.len(), 1);
    assert_eq!(shown(store, id(1)).unwrap().get("Notes"), "a\r\nb");
    accept_all(store);
    assert_eq!((mark(store, id(1)), batch(store).len()), ("none", 0));
}

#[test]
fn both_sides_wrote_the_same_with_other_line_ends_and_nobody_is_asked() {
    let device = device();
    let store = &device.store;
    pull_item(store, &server_item(id(1), "1", json!({ "Title": "a", "Notes": "x" })));
    edit(store, id(1), json!({ "Notes": "1\r\n2" }));
    pull_item(store, &server_item(id(1), "2", json!({ "Title": "a", "Notes": "1\n2" })));
    assert!(store.conflicts().unwrap().is_empty());
    assert_eq!(shown(store, id(1)).unwrap().get("Notes"), "1\n2");
    assert_eq!((mark(store, id(1)), batch(store).len()), ("none", 0));
}
