//! A search in a large set asks an index; whatever the index has come to, it finds what a search of all records finds.

use crate::support::*;
use serde_json::json;
use tidemark_model::query::{Query, Search};
use tidemark_model::{Cell, Incoming, IncomingRow, RowSink};
use tidemark_store::{Only, Store, StoreError};

/// One more than a set has that is read as quickly.
const MANY: u64 = 20_001;

fn search(word: &str) -> Query {
    Query { search: vec![Search::Word(word.to_owned())], ..Query::default() }
}

/// Counts and lists; both must say the same.
fn found(store: &Store, word: &str) -> usize {
    let listed = store.list(ITEMS, &search(word), Only::All).unwrap().len();
    assert_eq!(store.count(ITEMS, &search(word), Only::All).unwrap(), listed as u64, "{word}");
    listed
}

/// What a task of a pull says.
struct Told {
    title: String,
    notes: Option<String>,
    due: Option<i64>,
}

/// Pulls tasks of these numbers; returns how many were taken.
fn pull_told(store: &Store, numbers: std::ops::Range<u64>, mark: &str, told: impl Fn(u64) -> Told) -> u64 {
    let taken = pull(store, ITEMS, |tx| {
        let mut sink = tx.sink()?;
        for n in numbers {
            let (Told { title, notes, due }, etag) = (told(n), format!("W/\"{n}.{mark}\""));
            let declared = model().set(ITEMS).unwrap().entity_type.declared();
            let cells: Vec<Cell<'_>> = declared
                .map(|property| match property.name.as_str() {
                    "Title" => Cell::Text(title.as_str().into()),
                    "Notes" => notes.as_deref().map_or(Cell::Null, |notes| Cell::Text(notes.into())),
                    "IsDone" | "Priority" => Cell::Integer(0),
                    "DueAt" => due.map_or(Cell::Null, Cell::Integer),
                    _ => Cell::Null,
                })
                .collect();
            sink.take(Incoming::Row(IncomingRow {
                id: id(n),
                etag: &etag,
                cells: &cells,
                updated_at: 1_760_000_000_000,
                is_tombstoned: false,
                updated_by: Some("bob"),
                extra: None,
            }))?;
        }
        Ok::<_, StoreError>(())
    });
    taken.unwrap().1.pulled
}

fn pull_many(store: &Store, mark: &str, of: &str) -> u64 {
    let told = |n| Told { title: format!("Valve {n} of {of} {}", n % 7), notes: None, due: None };
    pull_told(store, 0..MANY, mark, told)
}

fn asked(device: &Device, sql: &str) -> i64 {
    let conn = rusqlite::Connection::open(device.dir.path().join("tidemark.db")).unwrap();
    conn.query_row(sql, [], |row| row.get(0)).unwrap()
}

const INDEXED: &str = "SELECT count(*) FROM words_TodoItems";
const LISTED: &str = "SELECT count(*) FROM unworded_TodoItems";

#[test]
fn a_large_set_is_indexed_once_it_is_searched_and_the_index_changes_no_answer() {
    let device = device();
    let store = &device.store;
    assert_eq!(pull_many(store, "abcdef01", "row"), MANY);
    assert!(!store.index_words().unwrap() && !store.wants_words(), "nobody has searched");
    assert_eq!((found(store, "valve 12345"), found(store, "lve")), (1, MANY as usize));
    assert!(store.wants_words());
    while store.index_words().unwrap() {}
    assert_eq!((asked(&device, INDEXED), asked(&device, LISTED), store.wants_words()), (MANY as i64, 0, false));
    assert_eq!((found(store, "valve 12345"), found(store, "VALVE 2000"), found(store, "pump")), (1, 2, 0));
    assert_eq!(
        (found(store, "lve"), found(store, "v"), found(store, "")),
        (MANY as usize, MANY as usize, MANY as usize)
    );
    // Edited, deleted and added here, and pulled from there: each is on the list until it is put into the index.
    edit(store, id(12_345), json!({ "Title": "Pumpe 水泵" }));
    store.delete(ITEMS, id(2_000)).unwrap();
    pull_item(store, &server_item(id(20_000), "W/\"x.1\"", json!({ "Title": "Pump of the north" })));
    pull_item(store, &server_item(id(30_000), "W/\"y.1\"", json!({ "Title": "One more pump" })));
    pull_removed(store, ITEMS, id(5), "W/\"z.1\"");
    for is_put in [false, true] {
        assert_eq!((found(store, "pump"), found(store, "水泵"), found(store, "valve 12345")), (3, 1, 0), "{is_put}");
        assert_eq!((found(store, "valve 2000"), found(store, "valve 5 of")), (0, 0), "{is_put}");
        assert_eq!(asked(&device, LISTED) == 0, is_put);
        put_all(&device);
    }
    // What is rewritten whole is looked for in all records meanwhile, and then in the index again.
    assert_eq!(pull_many(store, "abcdef02", "line"), MANY - 2, "two wait here");
    assert_eq!(found(store, "valve 2000"), 1, "the deletion waits, and 20000 is back");
    assert!(store.wants_words());
    while store.index_words().unwrap() {}
    assert_eq!((found(store, "valve 2000"), found(store, "pump"), asked(&device, LISTED)), (1, 2, 0));
    store.sign_out(true).unwrap();
    assert_eq!(
        asked(&device, "SELECT count(*) FROM sqlite_schema WHERE name GLOB '*word*'"),
        0,
        "nothing is left of it"
    );
}

/// Has the list put into the index though it is short.
fn put_all(device: &Device) {
    device.store.want_words(ITEMS);
    while device.store.index_words().unwrap() {}
}

#[test]
fn a_table_that_was_made_anew_by_an_older_program_is_not_looked_for_in_an_index_of_before() {
    let device = device();
    pull_many(&device.store, "abcdef01", "row");
    found(&device.store, "valve 12345");
    while device.store.index_words().unwrap() {}
    let sql = "CREATE TABLE kept AS SELECT * FROM records_TodoItems";
    let conn = rusqlite::Connection::open(device.dir.path().join("tidemark.db")).unwrap();
    let made: String =
        conn.query_row("SELECT sql FROM sqlite_schema WHERE name = 'records_TodoItems'", [], |row| row.get(0)).unwrap();
    let anew = format!(
        "{sql}; DROP TABLE records_TodoItems; {made}; \
        INSERT INTO records_TodoItems SELECT * FROM kept ORDER BY rowid DESC; DROP TABLE kept"
    );
    conn.execute_batch(&anew).unwrap();
    assert_eq!(found(&device.store, "valve 12345"), 1);
    while device.store.index_words().unwrap() {}
    assert_eq!(found(&device.store, "valve 12345"), 1);
}

/// It knows nothing of a property that came with another model: its triggers do not name it.
#[test]
fn an_index_that_an_older_program_left_is_made_anew_where_a_property_came() {
    let device = device();
    pull_many(&device.store, "abcdef01", "row");
    found(&device.store, "valve 12345");
    while device.store.index_words().unwrap() {}
    let conn = rusqlite::Connection::open(device.dir.path().join("tidemark.db")).unwrap();
    let update = "words_TodoItems_update";
    let made: String =
        conn.query_row("SELECT sql FROM sqlite_schema WHERE name = ?1", [update], |row| row.get(0)).unwrap();
    // As it is where the program that made it knew of no notes, and another wrote some.
    let without = made.replace(", \"Notes\"", "").replace(" OR old.\"Notes\" IS NOT new.\"Notes\"", "");
    assert_ne!(without, made);
    conn.execute_batch(&format!("DROP TRIGGER {update}; {without}")).unwrap();
    conn.execute("UPDATE records_TodoItems SET Notes = 'a zebra' WHERE Title GLOB 'Valve 777 *'", []).unwrap();
    assert_eq!(found(&device.store, "zebra"), 1);
    while device.store.index_words().unwrap() {}
    assert_eq!(found(&device.store, "zebra"), 1);
}

/// `cargo test --release -p tidemark-store --test store -- --ignored words --nocapture`
#[test]
#[ignore = "a measurement; run it in release"]
fn a_million_records_are_searched_in() {
    let device = device();
    let store = &device.store;
    let things = ["pump", "valve", "gauge", "ladder", "gasket", "filter", "meter", "hatch"];
    for part in 0..10_u64 {
        pull_told(store, part * 100_000..(part + 1) * 100_000, "abcdef01", |n| Told {
            title: format!("Check {} {n} in the north", things[(n as usize * 7 + 3) % things.len()]),
            notes: Some(format!("Bring the {} and the spare key {}", things[n as usize % 5], n % 1_000)),
            due: Some((n as i64 * 7_919 % 1_000_000) * 1_000_000),
        });
    }
    let measure = |what: &str| {
        for word in ["pump 123456", "gasket", "123", "zebra"] {
            let mut query = Query { top: Some(50), ..search(word) };
            query.order_by = vec![tidemark_model::query::OrderBy {
                expr: tidemark_model::query::Expr::Property("DueAt".into()),
                descending: false,
            }];
            let started = std::time::Instant::now();
            let listed = store.list(ITEMS, &query, Only::All).unwrap().len();
            let page = started.elapsed();
            let counted = store.count(ITEMS, &search(word), Only::All).unwrap();
            println!("{what}: {word:?}: {listed} of {counted}: page {page:?}, with the count {:?}", started.elapsed());
        }
        let started = std::time::Instant::now();
        let all = store.count(ITEMS, &Query::default(), Only::All).unwrap();
        println!("{what}: all {all} are counted in {:?}", started.elapsed());
    };
    measure("without an index");
    let (started, mut longest, mut pieces) = (std::time::Instant::now(), std::time::Duration::ZERO, 0);
    loop {
        let piece = std::time::Instant::now();
        let is_more = store.index_words().unwrap();
        longest = longest.max(piece.elapsed());
        pieces += 1;
        if !is_more {
            break;
        }
    }
    println!("indexed in {:?}, {pieces} pieces of {longest:?} at the most", started.elapsed());
    measure("with it");
}
