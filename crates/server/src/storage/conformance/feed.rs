//! A pull skips nothing; a read is one snapshot; a purge takes content and says so.

use super::bed::{Bed, ITEMS, OWN, applied, id, repeat, rows, tombstones};
use super::on_every_database;
use crate::change::Mark;
use crate::storage::{FeedLoss, Read, Retention, Selection};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tidemark_model::query::Query;
use tidemark_model::{Cell, Method};

on_every_database!(
    a_follower_of_many_writers_skips_nothing,
    pages_of_an_enumeration_stand_at_their_own_moment,
    a_place_of_another_history_is_unknown,
    a_purge_takes_the_content_and_moves_the_floor_once,
    old_history_goes_and_what_is_current_does_not_change,
    history_that_goes_first_leaves_the_tombstones_to_the_purge,
    listeners_hear_of_their_workspace_alone,
);

async fn a_follower_of_many_writers_skips_nothing(bed: Bed) {
    let bed = Arc::new(bed);
    let is_over = Arc::new(AtomicBool::new(false));
    let follower = tokio::spawn({
        let (bed, is_over) = (Arc::clone(&bed), Arc::clone(&is_over));
        async move {
            let ann = bed.caller("ann").await;
            let place = bed.place(&ann, ITEMS);
            let (mut from, mut seen) = (Mark::default(), BTreeSet::new());
            loop {
                let was_over = is_over.load(Ordering::SeqCst);
                let changed = bed.changed(&place, from).await.unwrap();
                for (_, version) in &changed {
                    assert!(version.sequence > from.sequence, "the feed went back");
                    from = *version;
                    seen.insert(version.sequence);
                }
                if was_over && changed.is_empty() {
                    return seen;
                }
            }
        }
    });
    let writers: Vec<_> = (0..6_u64)
        .map(|writer| {
            let bed = Arc::clone(&bed);
            tokio::spawn(async move {
                let caller = bed.caller("bob").await;
                let mut given = BTreeSet::new();
                for number in 0..25 {
                    // Each a record of its own: an overwritten version may be skipped by right.
                    let change = bed.titled(1_000 * writer + number, "x");
                    given.insert(applied(&bed.one(&caller, change).await).version.sequence);
                }
                given
            })
        })
        .collect();
    let mut given = BTreeSet::new();
    for writer in writers {
        given.extend(writer.await.unwrap());
    }
    is_over.store(true, Ordering::SeqCst);
    assert_eq!(follower.await.unwrap(), given);
}

async fn pages_of_an_enumeration_stand_at_their_own_moment(bed: Bed) {
    let ann = bed.caller("ann").await;
    let steps = (0..2_500).map(|number| vec![bed.titled(number, "x")]).collect();
    bed.commit(&ann, steps).await;
    let read = |after: Option<u64>| Read {
        place: bed.place(&ann, ITEMS),
        properties: vec!["Id".into(), "Title".into()],
        selection: Selection::LiveAfter { id: after.map(id), limit: 2_000, filter: None },
        count: true,
        from: None,
        expand: Vec::new(),
    };
    let (mark, first) = rows(&bed.storage, read(None)).await.unwrap();
    assert_eq!((mark.sequence, first.len()), (2_500, 2_000));
    assert!(first.is_sorted_by_key(|(id, _)| *id), "by key");
    let (_, rest) = rows(&bed.storage, read(Some(1_999))).await.unwrap();
    assert_eq!(rest.len(), 500);
    assert_eq!(bed.storage.count(&bed.place(&ann, ITEMS), &Query::default()).await.unwrap(), 2_500);
}

async fn a_place_of_another_history_is_unknown(bed: Bed) {
    let ann = bed.caller("ann").await;
    let place = bed.place(&ann, ITEMS);
    let version = applied(&bed.one(&ann, bed.titled(1, "a")).await).version;
    bed.one(&ann, bed.titled(2, "b")).await;
    assert_eq!(bed.changed(&place, version).await.unwrap().len(), 1);
    let forged = Mark { mark: version.mark ^ 1, ..version };
    assert_eq!(bed.changed(&place, forged).await, Err(FeedLoss::Unknown));
    let future = Mark { sequence: 99, mark: 0 };
    assert_eq!(bed.changed(&place, future).await, Err(FeedLoss::Unknown));
}

async fn a_purge_takes_the_content_and_moves_the_floor_once(bed: Bed) {
    let (ann, bob) = (bed.caller("ann").await, bed.caller("bob").await);
    let place = bed.place(&ann, ITEMS);
    let start = applied(&bed.one(&ann, bed.titled(1, "kept")).await).version;
    let body = json!({ "Title": "gone", "Notes": "secret" });
    bed.one(&ann, bed.change(ITEMS, 2, Method::Create, body)).await;
    bed.one(&ann, bed.change(ITEMS, 2, Method::Delete, json!(null))).await;
    let own = json!({ "EntitySet": ITEMS, "Policy": "ask" });
    bed.one(&bob, bed.change(OWN, 3, Method::Update, own)).await;
    bed.one(&bob, bed.change(OWN, 3, Method::Delete, json!(null))).await;
    assert_eq!(bed.storage.purge(tombstones(0)).await.unwrap().tombstones, 0);
    assert_eq!(bed.storage.purge(tombstones(i64::MAX)).await.unwrap().tombstones, 2);
    assert_eq!(bed.storage.purge(tombstones(i64::MAX)).await.unwrap().tombstones, 0);
    let row = bed.storage.record(&place, id(2)).await.unwrap().unwrap();
    assert!(row.is_tombstoned && row.cells.iter().all(|cell| *cell == Cell::Null), "{row:?}");
    assert!(!bed.storage.record(&place, id(1)).await.unwrap().unwrap().is_tombstoned);
    assert_eq!(bed.changed(&place, start).await, Err(FeedLoss::Expired));
    let past = bed.storage.history(&place, id(2), 9).await.unwrap().unwrap();
    assert!(!format!("{past:?}").contains("secret"), "{past:?}");
}

async fn old_history_goes_and_what_is_current_does_not_change(bed: Bed) {
    let (ann, bob) = (bed.caller("ann").await, bed.caller("bob").await);
    let place = bed.place(&ann, ITEMS);
    let mut first = bed.titled(1, "one");
    first.repeat = repeat(1, 1);
    let start = applied(&bed.one(&ann, first.clone()).await).version;
    for title in ["two", "three"] {
        bed.one(&ann, bed.titled(1, title)).await;
    }
    let other = applied(&bed.one(&ann, bed.titled(2, "alone")).await).version;
    let own = |policy: &str| json!({ "EntitySet": ITEMS, "Policy": policy });
    let last_to_go = applied(&bed.one(&bob, bed.change(OWN, 3, Method::Update, own("ask"))).await).version;
    bed.one(&bob, bed.change(OWN, 3, Method::Update, own("server"))).await;
    let kept = Retention { tombstones_before_ms: 0, history_before_ms: i64::MAX };
    assert_eq!(bed.storage.purge(tombstones(0)).await.unwrap().lines, 0);
    let before = bed.storage.record(&place, id(1)).await.unwrap();
    assert_eq!(bed.storage.purge(kept).await.unwrap().lines, 3, "all but the newest of each record");
    assert_eq!(bed.storage.purge(kept).await.unwrap().lines, 0);
    assert_eq!(bed.storage.record(&place, id(1)).await.unwrap(), before);
    let past = bed.storage.history(&place, id(1), 9).await.unwrap().unwrap();
    assert_eq!(past.len(), 1, "{past:?}");
    // A link from before says so; one from behind it goes on.
    assert_eq!(bed.changed(&place, start).await, Err(FeedLoss::Expired));
    let newest = bed.storage.position(ann.workspace_no).await.unwrap().mark;
    assert_eq!(bed.changed(&place, newest).await, Ok(Vec::new()));
    assert_eq!(bed.changed(&place, other).await, Err(FeedLoss::Expired), "the floor is one for the workspace");
    // The last line that went is a place of this history too.
    assert_eq!(bed.changed(&place, last_to_go).await, Err(FeedLoss::Expired));
    // What goes on afterwards is kept again, and a repeat of what nobody remembers is a change of its own.
    let again = applied(&bed.one(&ann, first).await).version;
    assert!(again.sequence > newest.sequence);
    assert_eq!(bed.storage.history(&place, id(1), 9).await.unwrap().unwrap().len(), 2);
}

async fn history_that_goes_first_leaves_the_tombstones_to_the_purge(bed: Bed) {
    let ann = bed.caller("ann").await;
    bed.one(&ann, bed.titled(1, "gone")).await;
    bed.one(&ann, bed.change(ITEMS, 1, Method::Delete, json!(null))).await;
    for title in ["one", "two"] {
        bed.one(&ann, bed.titled(2, title)).await;
    }
    let kept = Retention { tombstones_before_ms: 0, history_before_ms: i64::MAX };
    assert_eq!(bed.storage.purge(kept).await.unwrap().lines, 2);
    // The floor of the feed is past the tombstone by now, and the purge is not.
    assert_eq!(bed.storage.purge(tombstones(i64::MAX)).await.unwrap().tombstones, 1);
    let row = bed.storage.record(&bed.place(&ann, ITEMS), id(1)).await.unwrap().unwrap();
    assert!(row.cells.iter().all(|cell| *cell == Cell::Null), "{row:?}");
}

async fn listeners_hear_of_their_workspace_alone(bed: Bed) {
    let (ann, eve) = (bed.caller("ann").await, bed.caller("eve").await);
    let mut anns = bed.storage.listen(ann.workspace_no);
    let eves = bed.storage.listen(eve.workspace_no);
    bed.one(&ann, bed.titled(1, "a")).await;
    assert_eq!(*anns.wait_for(|sequence| *sequence > 0).await.unwrap(), 1);
    assert!(!eves.has_changed().unwrap());
}
