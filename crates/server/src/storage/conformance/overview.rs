//! What is kept beside the records, so that a list need not read them all, changes no answer; and it says nothing of what
//! was purged.

use super::bed::{Bed, ITEMS, OWN, applied, rows, tombstones, until};
use super::on_every_database;
use crate::change::{Change, Outcome};
use crate::storage::{Caller, Read, Retention, Selection};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRng, TestRunner};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tidemark_model::query::{Expr, Query, Search};
use tidemark_model::text::Needle;
use tidemark_model::{EntityModel, IS_TOMBSTONED, Method};

on_every_database!(
    a_search_and_a_count_are_the_same_whatever_the_overview_has_come_to,
    what_is_far_behind_is_brought_forward_by_who_reads_it,
    what_one_user_alone_has_is_found_by_that_user,
    an_index_says_nothing_of_what_was_purged,
    an_index_of_other_properties_is_made_anew,
    a_search_however_deep_is_answered,
    a_number_is_counted_anew_where_the_journal_has_lost_its_lines,
);

fn searching(word: &str) -> Query {
    Query { search: vec![Search::Word(word.to_owned())], ..Query::default() }
}

fn deleted(word: &str) -> Query {
    Query { filter: Some(Expr::Property(IS_TOMBSTONED.to_owned())), ..searching(word) }
}

/// Counts and lists what a search finds; both must say the same.
async fn found(bed: &Bed, caller: &Caller, set: &str, query: &Query) -> u64 {
    let place = bed.place(caller, set);
    let count = bed.storage.count(&place, query).await.unwrap();
    let selection = Selection::Matching { query: Box::new(query.clone()), after: None };
    let read = Read { place, properties: vec!["Id".into()], selection, count: true, from: None, expand: Vec::new() };
    let (_, rows) = rows(&bed.storage, read).await.unwrap();
    assert_eq!(rows.len() as u64, count, "{query:?}");
    count
}

#[derive(Clone, Debug)]
enum Act {
    Put(u64, String),
    Delete(u64),
    /// What was never seen here arrives as deleted.
    PutDead(u64),
    /// A group whose last change fails, so that the others are undone.
    Undone(u64),
    CatchUp,
    Purge,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let text = "(Pumpe|pump|Café 5|東京都|ab|a\"b'c|[a-c]{2,5}| )( (Pumpe|pumps|\\(x\\)|か|が|[a-c]{1,3})){0,2}";
    let act = prop_oneof![
        8 => (0..12_u64, text).prop_map(|(number, text)| Act::Put(number, text)),
        3 => (0..12_u64).prop_map(Act::Delete),
        1 => (12..18_u64).prop_map(Act::PutDead),
        1 => (0..12_u64).prop_map(Act::Undone),
        3 => Just(Act::CatchUp),
        1 => Just(Act::Purge),
    ];
    prop::collection::vec(act, 10..60)
}

const WORDS: [&str; 12] = ["pump", "PUMPE", "cafe", "京都", "東京", "a\"b", "abc", "か", "\\(", "(x)", "e 5", ""];

async fn a_search_and_a_count_are_the_same_whatever_the_overview_has_come_to(bed: Bed) {
    let mut runner =
        TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(Config::default().rng_algorithm));
    let (ann, eve) = (bed.caller("ann").await, bed.caller("eve").await);
    let mut all: BTreeMap<(bool, u64), String> = BTreeMap::new();
    let mut dead: BTreeMap<(bool, u64), String> = BTreeMap::new();
    for life in 0..12 {
        // Two workspaces share the index.
        let (caller, is_eve) = if life % 3 == 0 { (&eve, true) } else { (&ann, false) };
        for act in acts().new_tree(&mut runner).unwrap().current() {
            match act {
                Act::Put(number, text) => {
                    let body = json!({ "Title": text.as_str(), "Notes": if number % 2 == 0 { json!(null) } else { json!("kept か") } });
                    applied(&bed.one(caller, bed.change(ITEMS, number, Method::Replace, body)).await);
                    dead.remove(&(is_eve, number));
                    all.insert((is_eve, number), text);
                }
                Act::Delete(number) => {
                    bed.one(caller, bed.change(ITEMS, number, Method::Delete, json!(null))).await;
                    if let Some(text) = all.remove(&(is_eve, number)) {
                        let notes = if number % 2 == 0 { "" } else { "\nkept か" };
                        dead.insert((is_eve, number), text + notes);
                    }
                }
                Act::PutDead(number) => {
                    let body = json!({ "Title": "dead pump", "_IsTombstoned": true });
                    bed.one(caller, bed.change(ITEMS, number, Method::Replace, body)).await;
                    dead.insert((is_eve, number), "dead pump".into());
                }
                Act::Undone(number) => {
                    let fails = Change { only_if: Some((0, tidemark_model::Cell::Null)), ..bed.titled(99, "never") };
                    let group = vec![bed.titled(number, "undone"), bed.titled(number + 50, "undone"), fails];
                    let outcomes = bed.commit(caller, vec![group]).await;
                    assert!(outcomes.iter().any(Outcome::is_failure));
                }
                Act::CatchUp => bed.storage.catch_up(&bed.place(caller, ITEMS)).await.unwrap(),
                Act::Purge => {
                    bed.storage.purge(tombstones(i64::MAX)).await.unwrap();
                    dead.values_mut().for_each(String::clear);
                }
            }
            let of = |other: &bool| *other == is_eve;
            let texts: Vec<(u64, &str)> =
                all.iter().filter(|((of_eve, _), _)| of(of_eve)).map(|((_, n), text)| (*n, text.as_str())).collect();
            assert_eq!(found(&bed, caller, ITEMS, &Query::default()).await, texts.len() as u64);
            let word = WORDS[texts.len() % WORDS.len()];
            let needle = Needle::new(word);
            assert_eq!(found(&bed, caller, ITEMS, &deleted(word)).await, {
                let of = dead.iter().filter(|((of_eve, _), _)| *of_eve == is_eve);
                of.filter(|(_, text)| needle.is_in(text)).count() as u64
            });
            let expected =
                texts.iter().filter(|(n, text)| needle.is_in(text) || (n % 2 == 1 && needle.is_in("kept か"))).count();
            assert_eq!(found(&bed, caller, ITEMS, &searching(word)).await, expected as u64, "{word:?} in {texts:?}");
        }
    }
}

async fn what_is_far_behind_is_brought_forward_by_who_reads_it(bed: Bed) {
    let ann = bed.caller("ann").await;
    let steps = (0..2_100).map(|number| vec![bed.titled(number, &format!("Task {number}"))]).collect();
    bed.commit(&ann, steps).await;
    let worded = || bed.asked("SELECT coalesce(max(worded), 0) FROM overview");
    assert_eq!(worded(), 0, "nobody has asked");
    assert_eq!(found(&bed, &ann, ITEMS, &searching("task 1234")).await, 1);
    until("the index reaches the newest change", async || worded() == 2_100).await;
    assert_eq!(bed.asked("SELECT living FROM overview WHERE counted = 2100"), 2_100);
    assert_eq!(found(&bed, &ann, ITEMS, &searching("task 1234")).await, 1);
    assert_eq!(found(&bed, &ann, ITEMS, &searching("task 12345")).await, 0);
    // What came since is few, and is looked at.
    bed.one(&ann, bed.titled(5_000, "Task 12345")).await;
    assert_eq!(found(&bed, &ann, ITEMS, &searching("task 12345")).await, 1);
    assert_eq!(found(&bed, &ann, ITEMS, &Query::default()).await, 2_101);
    assert_eq!(worded(), 2_100);
}

async fn what_one_user_alone_has_is_found_by_that_user(bed: Bed) {
    let (ann, bob) = (bed.caller("ann").await, bed.caller("bob").await);
    for (caller, number) in [(&ann, 1), (&bob, 2)] {
        let own = json!({ "EntitySet": ITEMS, "Policy": "ask" });
        applied(&bed.one(caller, bed.change(OWN, number, Method::Update, own)).await);
        bed.storage.catch_up(&bed.place(caller, OWN)).await.unwrap();
    }
    for caller in [&ann, &bob] {
        assert_eq!(found(&bed, caller, OWN, &searching("todoitems")).await, 1, "{}", caller.user);
        assert_eq!(found(&bed, caller, OWN, &Query::default()).await, 1, "{}", caller.user);
    }
}

async fn an_index_says_nothing_of_what_was_purged(bed: Bed) {
    let ann = bed.caller("ann").await;
    let entries = || bed.asked("SELECT count(*) FROM \"r_TodoItems$words\"");
    bed.one(&ann, bed.titled(1, "kept")).await;
    bed.one(&ann, bed.titled(2, "secret")).await;
    bed.storage.catch_up(&bed.place(&ann, ITEMS)).await.unwrap();
    bed.one(&ann, bed.titled(1, "kept on")).await;
    bed.one(&ann, bed.change(ITEMS, 2, Method::Delete, json!(null))).await;
    bed.storage.catch_up(&bed.place(&ann, ITEMS)).await.unwrap();
    assert_eq!(entries(), 3);
    bed.storage.purge(tombstones(i64::MAX)).await.unwrap();
    assert_eq!(entries(), 1, "the record's newest version alone");
    assert_eq!(found(&bed, &ann, ITEMS, &searching("kept on")).await, 1);
    assert_eq!(found(&bed, &ann, ITEMS, &searching("secret")).await, 0);
}

async fn a_number_is_counted_anew_where_the_journal_has_lost_its_lines(bed: Bed) {
    let ann: Arc<Caller> = bed.caller("ann").await;
    bed.one(&ann, bed.titled(1, "a")).await;
    bed.storage.catch_up(&bed.place(&ann, ITEMS)).await.unwrap();
    bed.one(&ann, bed.titled(2, "b")).await;
    // Of these the last line alone is left, which by itself says that there is one more.
    bed.one(&ann, bed.change(ITEMS, 1, Method::Delete, json!(null))).await;
    bed.one(&ann, bed.titled(1, "back")).await;
    let kept = Retention { tombstones_before_ms: 0, history_before_ms: i64::MAX };
    assert!(bed.storage.purge(kept).await.unwrap().lines > 0);
    assert_eq!(found(&bed, &ann, ITEMS, &Query::default()).await, 2);
    bed.storage.catch_up(&bed.place(&ann, ITEMS)).await.unwrap();
    assert_eq!(found(&bed, &ann, ITEMS, &Query::default()).await, 2);
}

async fn an_index_of_other_properties_is_made_anew(bed: Bed) {
    let model = |code: Value| {
        let mut document: Value = serde_json::from_str(EntityModel::default_document()).unwrap();
        let schema = document.as_object_mut().unwrap().values_mut().find(|value| value.get("TodoItem").is_some());
        schema.unwrap()["TodoItem"]["Code"] = code;
        EntityModel::to_serve(&document.to_string()).unwrap()
    };
    let ann = bed.caller("ann").await;
    let place = bed.place(&ann, ITEMS);
    bed.commit(&ann, (1..6).map(|number| vec![bed.titled(number, "a task")]).collect()).await;
    bed.storage.catch_up(&place).await.unwrap();
    assert_eq!(bed.storage.count(&place, &searching("zebra")).await.unwrap(), 0);
    // A property that comes with the model, and then one of which what is missing is filled in.
    let with_code = bed.another(model(json!({ "$Nullable": true }))).await.unwrap();
    with_code.catch_up(&place).await.unwrap();
    assert_eq!(with_code.count(&place, &searching("zebra")).await.unwrap(), 0);
    let filled = bed.another(model(json!({ "$DefaultValue": "a zebra" }))).await.unwrap();
    for is_caught_up in [false, true] {
        assert_eq!(filled.count(&place, &searching("zebra")).await.unwrap(), 5, "{is_caught_up}");
        filled.catch_up(&place).await.unwrap();
        assert_eq!(bed.asked("SELECT count(*) FROM \"r_TodoItems$words\""), 5);
    }
    // Who serves the model of before does not take what was put there for the other one for its own.
    assert_eq!(bed.storage.count(&place, &searching("zebra")).await.unwrap(), 0);
    assert_eq!(bed.storage.count(&place, &searching("task")).await.unwrap(), 5);
    bed.storage.catch_up(&place).await.unwrap();
    assert_eq!(filled.count(&place, &searching("zebra")).await.unwrap(), 5);
}

async fn a_search_however_deep_is_answered(bed: Bed) {
    let ann = bed.caller("ann").await;
    bed.one(&ann, bed.titled(1, "a pump")).await;
    bed.storage.catch_up(&bed.place(&ann, ITEMS)).await.unwrap();
    for depth in [9, 12, 40] {
        let one =
            |of: Search, n: usize| if n.is_multiple_of(2) { Search::All(vec![of]) } else { Search::Any(vec![of]) };
        let deep = (0..depth).fold(Search::Word("pump".into()), one);
        assert_eq!(found(&bed, &ann, ITEMS, &Query { search: vec![deep], ..Query::default() }).await, 1, "{depth}");
    }
    let many = vec![Search::Word("pump".into()); 49];
    assert_eq!(found(&bed, &ann, ITEMS, &Query { search: many, ..Query::default() }).await, 1);
}
