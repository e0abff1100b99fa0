//! The self-audit: what is digested, what counts as different, and what is fetched for it.

use crate::support::*;
use serde_json::json;
use std::sync::atomic::Ordering;
use tidemark_model::{BUCKETS, Cell, CellSeed, RecordId, RowDigest, Versioned, bucket_of};
use tidemark_store::{Incident, LocalAudit, Position, Store};
use uuid::Uuid;

const LISTS: &str = "TodoLists";
const HOUR_MS: i64 = 60 * 60 * 1000;

/// An id in the bucket that it names.
fn in_bucket(bucket: u64, n: u64) -> RecordId {
    RecordId(Uuid::from_u64_pair(bucket << 56, n))
}

fn here(store: &Store, id: RecordId, etag: &str) -> Versioned {
    let item = server_item(id, etag, json!({ "Title": "a", "_UpdatedAt": 1_000 }));
    pull_item(store, &item);
    item
}

/// The digest that a server makes of its record.
fn digest(item: &Versioned) -> RowDigest {
    let set = model().set(ITEMS).unwrap();
    let cells: Vec<Cell<'_>> = set
        .entity_type
        .declared()
        .map(|property| CellSeed::held(property).read(item.record.get(&property.name)).unwrap().into_owned())
        .collect();
    RowDigest::of(item.record.id, &item.etag, &cells)
}

fn at_link(store: &Store, set: &str, link: &str) {
    pull(store, set, |tx| tx.move_to(&Position::Delta { link: link.into() })).unwrap();
}

fn audit(store: &Store) -> LocalAudit {
    store.lease().unwrap().audit(ITEMS).unwrap().unwrap()
}

fn heal(store: &Store, server: &[(RecordId, RowDigest)]) -> u64 {
    let buckets: Vec<usize> = (0..BUCKETS).collect();
    store.lease().unwrap().heal(ITEMS, "d", &buckets, server).unwrap()
}

fn to_fetch(store: &Store) -> Vec<RecordId> {
    store.refetch().unwrap().into_iter().filter(|(set, _)| set == ITEMS).flat_map(|(_, ids)| ids).collect()
}

fn healed(store: &Store) -> Vec<u64> {
    let of = |incident| match incident {
        Incident::Healed { records, set } if set == ITEMS => Some(records),
        _ => None,
    };
    store.incidents(9).unwrap().into_iter().filter_map(|noticed| of(noticed.incident)).collect()
}

fn is_due(store: &Store, set: &str) -> bool {
    store.audits_due().unwrap().iter().any(|due| due == set)
}

#[test]
fn each_set_is_due_by_itself() {
    let device = device();
    let store = &device.store;
    for set in [ITEMS, LISTS] {
        at_link(store, set, "d");
    }
    assert!(store.audits_due().unwrap().is_empty());
    device.clock.0.fetch_add(24 * HOUR_MS, Ordering::Relaxed);
    assert!(is_due(store, ITEMS) && is_due(store, LISTS));
    store.lease().unwrap().audit_passed(ITEMS).unwrap();
    assert!(!is_due(store, ITEMS) && is_due(store, LISTS));
    device.clock.0.fetch_add(24 * HOUR_MS - 1, Ordering::Relaxed);
    assert!(!is_due(store, ITEMS));
    // A clock that was put back says nothing of when that was.
    device.clock.0.fetch_add(-48 * HOUR_MS, Ordering::Relaxed);
    assert!(is_due(store, ITEMS));
    pull(store, ITEMS, |tx| tx.move_to(&Position::Enumerating { next_link: "n".into() })).unwrap();
    assert!(!is_due(store, ITEMS));
}

#[test]
fn what_waits_is_compared_by_its_version_alone() {
    let device = device();
    let store = &device.store;
    let [clean, first, last, alone] = [in_bucket(3, 1), in_bucket(5, 1), in_bucket(5, 2), in_bucket(7, 1)];
    let [clean, first, last, alone] = [clean, first, last, alone].map(|id| here(store, id, "e1"));
    // In one bucket the first waits and the second does not, and the other way round in another.
    let [other_clean, other_waits] = [in_bucket(9, 1), in_bucket(9, 2)].map(|id| here(store, id, "e1"));
    for item in [&first, &alone, &other_waits] {
        edit(store, item.record.id, json!({ "Title": "mine" }));
    }
    let added = store.add(ITEMS, &object(json!({ "Title": "new" }))).unwrap().record.id;
    at_link(store, ITEMS, "d");
    let audit = audit(store);
    assert_eq!((audit.set.as_str(), audit.link.as_str()), (ITEMS, "d"));
    let version = |item: &Versioned| RowDigest::of_version(item.record.id, &item.etag);
    let mut expected = vec![tidemark_model::Bucket::default(); BUCKETS];
    for item in [&clean, &last, &other_clean] {
        expected[bucket_of(item.record.id)].add(digest(item));
    }
    for item in [&first, &alone, &other_waits] {
        expected[bucket_of(item.record.id)].add(version(item));
    }
    assert_eq!(audit.buckets, expected);
    let partly: Vec<usize> = (0..BUCKETS).filter(|bucket| audit.partly[*bucket]).collect();
    let mut waits = vec![5, 7, 9, bucket_of(added)];
    waits.sort_unstable();
    assert_eq!(partly, waits);
    // Content that differs under a change that waits is no difference; another version is.
    let server = [
        (clean.record.id, digest(&clean)),
        (first.record.id, RowDigest { content: 1, ..version(&first) }),
        (last.record.id, digest(&last)),
        (alone.record.id, RowDigest { content: 1, ..RowDigest::of_version(alone.record.id, "e2") }),
        (other_clean.record.id, digest(&other_clean)),
        (other_waits.record.id, version(&other_waits)),
    ];
    assert_eq!(heal(store, &server), 1);
    assert_eq!(to_fetch(store), [alone.record.id]);
}

#[test]
fn under_a_question_it_is_the_version_that_was_asked_about() {
    let device = device();
    let store = &device.store;
    let [edited, deleted] = [in_bucket(3, 1), in_bucket(4, 1)];
    for id in [edited, deleted] {
        here(store, id, "e1");
        edit(store, id, json!({ "Title": "mine" }));
    }
    pull_item(store, &server_item(edited, "e2", json!({ "Title": "theirs", "_UpdatedAt": 2_000 })));
    pull_removed(store, ITEMS, deleted, "e3");
    pull_content(store, deleted, "e3", json!({ "Title": "a", "_UpdatedAt": 2_000 }));
    assert_eq!(store.conflicts().unwrap().len(), 2);
    at_link(store, ITEMS, "d");
    let audit = audit(store);
    let identities = [3, 4].map(|bucket| (audit.buckets[bucket].count, audit.buckets[bucket].identity));
    assert_eq!(identities, [(1, RowDigest::of_version(edited, "e2").identity), (0, 0)]);
    assert!(audit.partly[3] && audit.partly[4]);
}

#[test]
fn every_difference_is_fetched_and_told_once() {
    let device = device();
    let store = &device.store;
    let same = here(store, in_bucket(1, 1), "e1");
    let [gone, other_version, other_content, elsewhere] =
        [(1, 2), (1, 3), (2, 4), (9, 5)].map(|(bucket, n)| here(store, in_bucket(bucket, n), "e1"));
    let missing = in_bucket(2, 6);
    at_link(store, ITEMS, "d");
    let of = |item: &Versioned| (item.record.id, digest(item));
    let all = [&same, &gone, &other_version, &other_content, &elsewhere].map(of);
    assert_eq!((heal(store, &all), healed(store)), (0, vec![]));
    let server = [
        of(&same),
        (other_version.record.id, RowDigest { identity: 1, ..digest(&other_version) }),
        (other_content.record.id, RowDigest { content: 1, ..digest(&other_content) }),
        (missing, RowDigest { identity: 1, content: 1 }),
    ];
    let lease = store.lease().unwrap();
    // Of a link that is not where the set stands, and while something is on its way, nothing is said.
    assert_eq!(lease.heal(ITEMS, "another", &[1, 2], &server).unwrap(), 0);
    assert!(to_fetch(store).is_empty());
    device.clock.0.fetch_add(25 * HOUR_MS, Ordering::Relaxed);
    assert_eq!(lease.heal(ITEMS, "d", &[1, 2], &server).unwrap(), 4);
    let mut expected = vec![gone.record.id, other_version.record.id, other_content.record.id, missing];
    expected.sort_unstable();
    let mut fetched = to_fetch(store);
    fetched.sort_unstable();
    assert_eq!((fetched, healed(store)), (expected, vec![4]));
    assert!(!is_due(store, ITEMS));
    assert!(lease.audit(ITEMS).unwrap().is_none(), "what is fetched will tell");
    assert_eq!(lease.heal(ITEMS, "d", &[1, 2], &server).unwrap(), 0);
    assert_eq!(healed(store), [4]);
}

#[test]
fn many_differences_are_a_set_that_is_read_again() {
    for (records, is_read_again) in [(2_000, false), (2_001, true)] {
        let device = device();
        let store = &device.store;
        at_link(store, ITEMS, "d");
        let server: Vec<_> =
            (0..records).map(|n| (in_bucket(n % 200, n), RowDigest { identity: 1, content: 1 })).collect();
        assert_eq!(heal(store, &server), records);
        let starts = matches!(stands(store, ITEMS).position(), Position::Start { .. });
        assert_eq!((starts, to_fetch(store).is_empty()), (is_read_again, is_read_again));
        assert_eq!(healed(store), [records]);
    }
}

#[test]
fn a_set_is_read_again_whole_where_nearly_all_of_it_differs() {
    let device = device();
    let store = &device.store;
    at_link(store, ITEMS, "d");
    let lease = store.lease().unwrap();
    assert_eq!(lease.heal_whole(ITEMS, "another").unwrap(), 0);
    assert_eq!((stands(store, ITEMS).position(), healed(store)), (&Position::Delta { link: "d".into() }, vec![]));
    device.clock.0.fetch_add(25 * HOUR_MS, Ordering::Relaxed);
    assert_eq!(lease.heal_whole(ITEMS, "d").unwrap(), 1);
    assert!(matches!(stands(store, ITEMS).position(), Position::Start { .. }));
    for n in [1, 2, 3] {
        here(store, id(n), "e1");
    }
    at_link(store, ITEMS, "d");
    assert!(!is_due(store, ITEMS));
    assert_eq!(lease.heal_whole(ITEMS, "d").unwrap(), 3);
    assert_eq!(healed(store), [3, 1]);
}
