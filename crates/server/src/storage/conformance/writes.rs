//! Check, write, journal line and number are one transaction; numbers come in commit order and without gaps.

use super::bed::{Bed, ITEMS, OWN, applied, id, repeat};
use super::on_every_database;
use crate::change::Outcome;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use tidemark_model::{Cell, Condition, JournalKind, Method};

on_every_database!(
    numbers_have_no_gaps_whoever_writes,
    a_group_that_fails_leaves_nothing_and_no_gap,
    a_repeat_is_answered_as_the_first_time_and_applies_nothing,
    a_repeat_far_back_is_answered_without_its_content,
    a_workspace_and_a_user_have_their_own,
    the_past_is_undone_line_by_line,
    values_come_back_exactly,
);

/// Of two workspaces, whose changes may share a transaction: each has its own numbers, and everybody their own answer.
async fn numbers_have_no_gaps_whoever_writes(bed: Bed) {
    let bed = Arc::new(bed);
    let writers: Vec<_> = ["ann", "bob", "eve"]
        .into_iter()
        .cycle()
        .take(9)
        .zip(0_u64..)
        .map(|(name, writer)| {
            let bed = Arc::clone(&bed);
            tokio::spawn(async move {
                let caller = bed.caller(name).await;
                let mut given = Vec::new();
                for number in 0..20 {
                    let record = if number % 2 == 0 { 1 } else { 100 * writer + number };
                    let title = format!("{writer}.{number}");
                    let outcome = bed.one(&caller, bed.titled(record, &title)).await;
                    assert_eq!(applied(&outcome).cells[0], Cell::Text(title.into()));
                    given.push(applied(&outcome).version.sequence);
                }
                (caller.workspace_no, given)
            })
        })
        .collect();
    let mut given = BTreeMap::<i64, Vec<u64>>::new();
    for writer in writers {
        let (workspace_no, of_writer) = writer.await.unwrap();
        assert!(of_writer.is_sorted(), "{of_writer:?}");
        given.entry(workspace_no).or_default().extend(of_writer);
    }
    given.values_mut().for_each(|given| given.sort_unstable());
    let up_to = |newest| (1..=newest).collect::<Vec<u64>>();
    assert_eq!(given.into_values().collect::<Vec<_>>(), [up_to(120), up_to(60)]);
}

async fn a_group_that_fails_leaves_nothing_and_no_gap(bed: Bed) {
    let ann = bed.caller("ann").await;
    let missing = bed.change(ITEMS, 2, Method::Replace, json!({ "Notes": "no title" }));
    let outcomes = bed.commit(&ann, vec![vec![bed.titled(1, "a"), missing], vec![bed.titled(3, "c")]]).await;
    assert!(
        matches!(outcomes[..], [Outcome::StepFailed, Outcome::Invalid(_), Outcome::Applied { .. }]),
        "{outcomes:?}"
    );
    assert_eq!(applied(&outcomes[2]).version.sequence, 1);
    let place = bed.place(&ann, ITEMS);
    assert_eq!(bed.storage.record(&place, id(1)).await.unwrap(), None);
    assert_eq!(bed.storage.position(ann.workspace_no).await.unwrap().mark.sequence, 1);
}

async fn a_repeat_is_answered_as_the_first_time_and_applies_nothing(bed: Bed) {
    let (ann, bob) = (bed.caller("ann").await, bed.caller("bob").await);
    let mut first = bed.titled(1, "first");
    first.repeat = repeat(7, 1);
    let made = bed.one(&ann, first.clone()).await;
    bed.one(&bob, bed.titled(1, "second")).await;
    assert_eq!(bed.one(&ann, first.clone()).await, made);
    // Another's request of the same name is another request; the same name with other content is refused.
    let other = bed.one(&bob, first.clone()).await;
    assert_eq!(applied(&other).version.sequence, 3);
    first.repeat = repeat(7, 2);
    assert_eq!(bed.one(&ann, first).await, Outcome::OtherRequest);
    assert_eq!(bed.storage.position(ann.workspace_no).await.unwrap().mark.sequence, 3);
}

async fn a_repeat_far_back_is_answered_without_its_content(bed: Bed) {
    let ann = bed.caller("ann").await;
    let mut first = bed.titled(1, "first");
    first.repeat = repeat(7, 1);
    let version = applied(&bed.one(&ann, first.clone()).await).version;
    bed.commit(&ann, (0..50).map(|n| vec![bed.titled(1, &n.to_string())]).collect()).await;
    match bed.one(&ann, first).await {
        Outcome::AppliedBefore { what: JournalKind::Create, version: again, .. } => assert_eq!(again, version),
        other => panic!("{other:?}"),
    }
}

async fn a_workspace_and_a_user_have_their_own(bed: Bed) {
    let (ann, bob, eve) = (bed.caller("ann").await, bed.caller("bob").await, bed.caller("eve").await);
    bed.one(&ann, bed.titled(1, "ann's")).await;
    assert_eq!(applied(&bed.one(&eve, bed.titled(1, "eve's")).await).version.sequence, 1);
    let title = async |caller, set: &str| {
        let row = bed.storage.record(&bed.place(caller, set), id(1)).await.unwrap();
        row.map(|row| row.cells[0].clone())
    };
    assert_eq!(title(&bob, ITEMS).await, Some(Cell::Text("ann's".into())));
    assert_eq!(title(&eve, ITEMS).await, Some(Cell::Text("eve's".into())));
    let own = |policy: &str| bed.change(OWN, 1, Method::Update, json!({ "EntitySet": ITEMS, "Policy": policy }));
    let written = bed.one(&ann, own("ask")).await;
    assert!(matches!(written, Outcome::Applied { .. }), "{written:?}");
    assert_eq!(title(&bob, OWN).await, None);
    assert!(matches!(bed.one(&bob, own("mine")).await, Outcome::Applied { what: JournalKind::Create, .. }));
}

async fn the_past_is_undone_line_by_line(bed: Bed) {
    let ann = bed.caller("ann").await;
    let body = json!({ "Title": "a", "Priority": 3 });
    bed.one(&ann, bed.change(ITEMS, 1, Method::Create, body)).await;
    bed.one(&ann, bed.titled(1, "b")).await;
    bed.one(&ann, bed.change(ITEMS, 1, Method::Delete, json!(null))).await;
    let place = bed.place(&ann, ITEMS);
    let past = bed.storage.history(&place, id(1), 10).await.unwrap().unwrap();
    let told: Vec<_> = past.iter().map(|change| (change.what, change.changes.len())).collect();
    assert_eq!(told[..2], [(JournalKind::Delete, 0), (JournalKind::Update, 1)]);
    assert_eq!(past[1].changes[0].from, json!("a"));
    assert_eq!(bed.storage.history(&place, id(9), 10).await.unwrap(), None);
}

async fn values_come_back_exactly(bed: Bed) {
    let ann = bed.caller("ann").await;
    let body = json!({
        "Title": "Café e\u{301} \u{1f9f0} 'quoted' \"twice\" %_\\", "Notes": "line\r\nline\n", "IsDone": true,
        "Priority": -2_147_483_648_i64, "DueAt": "2026-03-31T08:00:00.123456Z",
        "SiteId": "8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01"
    });
    let written = bed.one(&ann, bed.change(ITEMS, 1, Method::Create, body)).await;
    let read = bed.storage.record(&bed.place(&ann, ITEMS), id(1)).await.unwrap().unwrap();
    assert_eq!(applied(&written), &read);
    let site = json!({ "Name": "n", "Latitude": 51.477_928_000_000_01, "Longitude": -0.000_000_000_000_1 });
    let written = bed.one(&ann, bed.change("Sites", 1, Method::Create, site)).await;
    let read = bed.storage.record(&bed.place(&ann, "Sites"), id(1)).await.unwrap().unwrap();
    assert_eq!(applied(&written), &read);
    let mut stale = bed.titled(1, "x");
    stale.condition = Condition::Match(vec!["W/\"1.00000000\"".into()]);
    assert!(matches!(bed.one(&ann, stale).await, Outcome::ConditionFailed(Some(_))));
}
