//! Batches one behind another (`docs/sync.md`, "Push"): the line and the disk do not wait for each other, and nothing is
//! sent twice or left behind for it.

use super::device::{Device, ITEMS};
use super::shore::Shore;
use super::weather::Fate;
use serde_json::{Value, json};
use std::pin::pin;
use tidemark_model::RecordId;
use tidemark_model::query::Query;
use tidemark_store::{Mark, Only};

/// Two full batches and a half.
const ADDED: usize = 450;

async fn with_additions() -> Device {
    let ann = Device::new(&Shore::open().await, "ann", &[ITEMS]).await;
    for n in 0..ADDED {
        ann.add(ITEMS, &format!("task {n}"));
    }
    ann
}

/// Has this happen to the second batch, and nothing to all others.
fn to_the_second(device: &Device, fate: fn() -> Fate) {
    let mut batches = 0;
    device.weather.set(move |asked| {
        batches += usize::from(asked.is_write());
        if asked.is_write() && batches == 2 { fate() } else { Fate::Fair }
    });
}

fn marked(device: &Device, mark: Mark) -> usize {
    let found = device.store.list(ITEMS, &Query::default(), Only::All).unwrap();
    found.iter().filter(|local| local.mark == mark).count()
}

#[tokio::test(start_paused = true)]
async fn while_a_batch_is_on_the_wire_the_one_before_is_settled_and_the_one_after_is_ready() {
    let ann = with_additions().await;
    to_the_second(&ann, || Fate::Held);
    let mut cycle = pin!(ann.cycle());
    tokio::select! {
        biased;
        report = &mut cycle => panic!("it is not held: {report:?}"),
        () = ann.weather.reached() => {}
    }
    let marks = [Mark::None, Mark::Sending, Mark::Waiting].map(|mark| marked(&ann, mark));
    assert_eq!(marks, [200, 250, 0], "nothing was answered since the second batch left");
    ann.weather.release();
    assert_eq!(cycle.await.tally.pushed, ADDED as u64);
    assert_eq!(marked(&ann, Mark::None), ADDED);
}

#[tokio::test(start_paused = true)]
async fn a_batch_whose_answer_is_lost_while_another_is_ready_is_sent_again_as_it_was() {
    let ann = with_additions().await;
    to_the_second(&ann, || Fate::ReplyLost);
    while ann.cycle().await.error.is_some() {}
    assert_eq!((ann.shore.count(ITEMS).await, marked(&ann, Mark::None)), (ADDED as u64, ADDED));
}

/// Returns ann and ben with so many records that both have, of which ann edited all and ben this one before her.
async fn edited_by_both(records: usize, contested: usize) -> (Device, Device, Vec<RecordId>) {
    let shore = Shore::open().await;
    let (ann, ben) = (Device::new(&shore, "ann", &[ITEMS]).await, Device::new(&shore, "ben", &[ITEMS]).await);
    let ids: Vec<_> = (0..records).map(|n| ann.add(ITEMS, &format!("task {n}"))).collect();
    ann.sync().await;
    ben.sync().await;
    ben.store.edit(ITEMS, ids[contested], json!({ "Title": "by ben" }).as_object().unwrap()).unwrap();
    ben.sync().await;
    for id in &ids {
        ann.store.edit(ITEMS, *id, json!({ "Title": "by ann" }).as_object().unwrap()).unwrap();
    }
    (ann, ben, ids)
}

fn asked_about(device: &Device) -> Vec<RecordId> {
    device.store.conflicts().unwrap().iter().map(|open| open.record_id).collect()
}

#[tokio::test(start_paused = true)]
async fn answers_in_another_order_settle_what_they_name() {
    let (ann, ben, ids) = edited_by_both(2, 0).await;
    ann.weather.spoil(|asked, answer| {
        if asked.is_write() {
            let mut body: Value = serde_json::from_slice(&answer.body).unwrap();
            body["responses"].as_array_mut().unwrap().reverse();
            answer.body = body.to_string().into();
        }
    });
    ann.cycle().await;
    ann.weather.clear_up();
    assert_eq!(asked_about(&ann), [ids[0]]);
    ann.sync().await;
    ben.sync().await;
    assert_eq!(ben.names(ITEMS), ["by ann", "by ben"]);
}

#[tokio::test(start_paused = true)]
async fn the_last_answer_of_a_full_batch_is_looked_at_too() {
    let (ann, _, ids) = edited_by_both(200, 199).await;
    ann.cycle().await;
    assert_eq!((asked_about(&ann), marked(&ann, Mark::None)), (vec![ids[199]], 199));
}
