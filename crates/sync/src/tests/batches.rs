//! Batches one behind another (`docs/sync.md`, "Push"): the line and the disk do not wait for each other, and nothing is
//! sent twice or left behind for it.

use super::device::{Device, ITEMS};
use super::shore::Shore;
use super::weather::Fate;
use std::pin::pin;
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
