//! Names of a model in the offline database: every word of the grammar, every path and every table, in any case, as
//! set, as type and as property. What a server may serve, the store keeps, finds, orders and sends.

#[path = "../../../model/tests/walk/names.rs"]
mod walk;

use crate::support::Runs as _;
use crate::support::{accept_all, account, clock, device, ids, object};
use rusqlite::Connection;
use serde_json::{Value, json};
use tidemark_model::query::Query;
use tidemark_odata::{filter_words, option_names, parse_filter, parse_order_by, path_words};
use tidemark_store::{Only, Store, SystemDisk};
use walk::{Accepted, FLAGS, TEXTS};

/// What the offline database calls things.
fn names_of_the_database() -> Vec<String> {
    let device = device();
    let database = Connection::open(device.dir.path().join("tidemark.db")).unwrap();
    let sql = "SELECT name FROM pragma_table_list UNION SELECT name FROM sqlite_schema
               UNION SELECT c.name FROM sqlite_schema t, pragma_table_info(t.name) c";
    let mut names = database.prepare(sql).unwrap();
    names.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn what_a_model_may_use_as_a_name_is_kept_found_and_sent() {
    let tables = names_of_the_database();
    let mut words: Vec<&str> = filter_words().chain(path_words()).chain(option_names()).collect();
    words.extend(tables.iter().map(String::as_str));
    for words in walk::spellings(words.into_iter().filter(|word| !word.is_empty())) {
        let accepted = walk::accepted(&words);
        assert!(accepted.sets.len() > 10 && accepted.properties.len() > 10, "hardly any word is left");
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), std::sync::Arc::new(SystemDisk), clock(), ids(1)).unwrap();
        store.sign_in(&account()).unwrap();
        let model = accepted.model();
        store.adopt_model(&model.document().to_string()).unwrap();
        for set in &accepted.sets {
            goes_round(&store, set, accepted.property_of(set));
        }
        every_property(&store, &accepted);
        accept_all(&store);
        drop(store);
        let again = Store::open(dir.path(), std::sync::Arc::new(SystemDisk), clock(), ids(2)).unwrap();
        assert_eq!(*again.model().unwrap(), model);
        assert_eq!(count(&again, TEXTS, None, ""), 1);
    }
}

fn goes_round(store: &Store, set: &str, property: &str) {
    store.cache(set).unwrap();
    let added = store.add(set, &object(json!({ property: "a" }))).unwrap().record;
    accept_all(store);
    store.edit(set, added.id, &object(json!({ property: "it's" }))).unwrap();
    assert_eq!(store.get(set, added.id).unwrap().unwrap().record.get(property), "it's", "{set}");
    assert_eq!(count(store, set, Some(&format!("{property} eq 'it''s'")), property), 1, "{set}");
    accept_all(store);
    store.delete(set, added.id).unwrap();
    accept_all(store);
    assert_eq!(count(store, set, None, ""), 0, "{set}");
}

fn every_property(store: &Store, accepted: &Accepted) {
    for (set, value) in [(TEXTS, json!("it's")), (FLAGS, json!(true))] {
        store.cache(set).unwrap();
        let record: Value = accepted.properties.iter().map(|p| (p.clone(), value.clone())).collect();
        let added = store.add(set, &object(record)).unwrap().record;
        accept_all(store);
        let read = store.get(set, added.id).unwrap().unwrap().record;
        for property in &accepted.properties {
            assert_eq!(*read.get(property), value, "{property}");
        }
    }
    for property in &accepted.properties {
        for (set, filters) in [(TEXTS, walk::filters_of_text(property)), (FLAGS, walk::filters_of_flag(property))] {
            for (filter, has) in filters {
                let found = count(store, set, Some(&filter), &walk::order(property));
                assert_eq!(found, usize::from(has), "{set}: {filter}");
            }
        }
    }
}

fn count(store: &Store, set: &str, filter: Option<&str>, order_by: &str) -> usize {
    let filter = filter.map(|filter| parse_filter(filter).unwrap());
    let order_by = if order_by.is_empty() { Vec::new() } else { parse_order_by(order_by).unwrap() };
    let query = Query { filter, order_by, ..Query::default() };
    let listed = store.list(set, &query, Only::All).unwrap().len();
    assert_eq!(store.count(set, &query, Only::All).unwrap(), listed as u64);
    listed
}
