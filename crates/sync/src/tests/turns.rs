//! Cycles are one at a time on a data dir, and one that stands still is overtaken (`docs/sync.md`, "A cycle").

use super::device::{Device, ITEMS};
use super::shore::Shore;
use super::weather::Fate;
use crate::cycle::Cause;
use crate::cycle::turn::STANDS_STILL_AFTER;
use crate::report::Outcome;
use http::HeaderValue;
use std::pin::pin;
use std::time::Duration;
use tidemark_model::ports::Clock as _;

#[tokio::test(start_paused = true)]
async fn a_cycle_that_stands_still_is_overtaken_and_leaves_no_trace() {
    let shore = Shore::open().await;
    let ann = Device::new(&shore, "ann", &[ITEMS]).await;
    let (another, _) = ann.another_process();
    shore.put(ITEMS, 0..1, "seen by both").await;
    ann.weather.set(|_| Fate::Held);
    let mut still = pin!(ann.cycle());
    tokio::select! {
        biased;
        report = &mut still => panic!("it is not held: {report:?}"),
        () = ann.weather.reached() => {}
    }
    // Nobody polls it, as nothing of a process runs that was stopped: it shows no sign of life.
    let began = shore.time.monotonic_ms();
    let report = another.cycle().await;
    let waited = Duration::from_millis(shore.time.monotonic_ms() - began);
    assert_eq!((report.outcome, report.tally.pulled, ann.count(ITEMS)), (Outcome::Synced, 1, 1));
    assert!((STANDS_STILL_AFTER..STANDS_STILL_AFTER + Duration::from_secs(1)).contains(&waited), "{waited:?}");
    let cycles = ann.store.cycles(10).unwrap().len();
    ann.weather.release();
    ann.weather.clear_up();
    assert_eq!(still.await.outcome, Outcome::Void);
    assert_eq!(ann.store.cycles(10).unwrap().len(), cycles, "it is not even listed");
    assert_eq!(ann.sync().await.tally.pulled, 0);
}

#[tokio::test(start_paused = true)]
async fn a_cycle_that_waits_for_its_server_is_not_overtaken_however_long() {
    let shore = Shore::open().await;
    let ann = Device::new(&shore, "ann", &[ITEMS]).await;
    let (another, weather) = ann.another_process();
    ann.weather.set(|_| Fate::Late(STANDS_STILL_AFTER * 2));
    let (slow, report) = tokio::join!(ann.cycle(), async {
        // The first one has its turn by then.
        tokio::task::yield_now().await;
        another.cycle().await
    });
    assert_eq!((slow.outcome, report.outcome), (Outcome::Synced, Outcome::Synced));
    let (first, second) = (ann.weather.log(), weather.log());
    assert!(second[0].at_ms >= first[0].at_ms + STANDS_STILL_AFTER.as_millis() as u64 * 2, "it waited for its turn");
}

#[tokio::test(start_paused = true)]
async fn a_cycle_that_is_due_does_not_go_out_once_the_one_before_it_was_asked_to_wait() {
    let shore = Shore::open().await;
    let ann = Device::new(&shore, "ann", &[ITEMS]).await;
    let (another, weather) = ann.another_process();
    ann.weather.set(|_| Fate::Late(Duration::from_secs(5)));
    ann.weather.spoil(|_, answer| {
        answer.status = 503;
        answer.headers.insert("retry-after", HeaderValue::from_static("60"));
    });
    for (cause, outcome, goes) in [(Cause::Due, Outcome::Void, false), (Cause::Person, Outcome::Synced, true)] {
        let (first, second) = tokio::join!(ann.cycle(), async {
            // The first one has its turn by then.
            tokio::task::yield_now().await;
            another.cycle_for(cause).await
        });
        assert_eq!((first.retry_after_ms, second.outcome), (Some(60_000), outcome), "{cause:?}");
        assert_eq!(!weather.log().is_empty(), goes, "{cause:?}");
    }
}
