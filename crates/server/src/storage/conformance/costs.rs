//! A read that would look for too long at too many records is refused before it begins; the same over few is answered.

use super::bed::{Bed, ITEMS, OWN, rows};
use super::on_every_database;
use crate::storage::{Caller, Read, Result, Selection, StorageError};
use tidemark_model::query::{Expr, Function, Literal, Logic, Query, Search};
use tidemark_sql::QueryError;

on_every_database!(what_costs_too_much_is_refused_where_there_is_much_to_look_at);

/// As many questions of each record as a filter may have, nearly.
fn asking_much() -> Query {
    let contains = |n: usize| Expr::Call {
        function: Function::Contains,
        arguments: vec![Expr::Property("Title".into()), Expr::Literal(Literal::String(format!("z{n}")))],
    };
    let or = |left: Expr, right: Expr| Expr::Logic { op: Logic::Or, left: left.into(), right: right.into() };
    Query { filter: Some((1..2_000).fold(contains(0), |all, n| or(all, contains(n)))), ..Query::default() }
}

async fn count(bed: &Bed, caller: &Caller, set: &str, query: &Query) -> Result<u64> {
    bed.storage.count(&bed.place(caller, set), query).await
}

async fn what_costs_too_much_is_refused_where_there_is_much_to_look_at(bed: Bed) {
    let ann = bed.caller("ann").await;
    bed.one(&ann, bed.titled(0, "z7")).await;
    assert_eq!(count(&bed, &ann, ITEMS, &asking_much()).await.unwrap(), 1);
    let steps = (1..2_000).map(|number| vec![bed.titled(number, &format!("Task {number}"))]).collect();
    bed.commit(&ann, steps).await;
    let refused = |outcome: Result<u64>| matches!(outcome, Err(StorageError::Query(QueryError::TooCostly)));
    assert!(refused(count(&bed, &ann, ITEMS, &asking_much()).await));
    let selection = Selection::Matching { query: Box::new(asking_much()), after: None };
    let place = bed.place(&ann, ITEMS);
    let read = Read { place, properties: vec!["Id".into()], selection, count: false, from: None, expand: Vec::new() };
    let listed = bed.storage.read(read.clone(), Box::new(|_, _| unreachable!("nothing is read"))).await;
    assert!(matches!(listed, Err(StorageError::Query(QueryError::TooCostly))));
    // What a search leaves is few, and what is somebody's own is.
    let one = Query { search: vec![Search::Word("task 1234".into())], ..asking_much() };
    bed.storage.catch_up(&bed.place(&ann, ITEMS)).await.unwrap();
    assert_eq!(count(&bed, &ann, ITEMS, &one).await.unwrap(), 0);
    let own = Query { search: vec![Search::Word("TodoItems".into())], ..Query::default() };
    assert_eq!(count(&bed, &ann, OWN, &own).await.unwrap(), 0);
    let whole = Selection::Matching { query: Box::default(), after: None };
    assert_eq!(rows(&bed.storage, Read { selection: whole, ..read }).await.unwrap().1.len(), 2_000);
}
