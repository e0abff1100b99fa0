//! When cycles run (DESIGN section 4, Cycle): each of these tests lives through minutes and takes none.

use super::asked::Asked;
use super::device::{Device, ITEMS, LISTS};
use super::fault::{Fault, spoil};
use super::shore::Shore;
use super::weather::Fate;
use crate::ports::timer::within;
use crate::remote::hold_off::Held;
use crate::report::{CycleReport, Outcome};
use crate::worker::Worker;
use crate::worker::told::WorkerState;
use std::time::Duration;
use tidemark_model::ports::{Clock as _, Timer as _};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A worker that lives, and what it says of its cycles.
struct Watched {
    worker: Worker,
    life: JoinHandle<()>,
    state: watch::Receiver<WorkerState>,
    seen: Option<i64>,
}

impl Watched {
    fn start(device: &Device) -> Self {
        let (worker, life) = Worker::new(device.engine.clone());
        let state = worker.subscribe();
        Self { worker, life: tokio::spawn(life.run()), state, seen: None }
    }

    /// Waits for the next cycle to end and returns its report.
    async fn next(&mut self) -> CycleReport {
        loop {
            self.state.changed().await.expect("the worker lives");
            let report = self.state.borrow_and_update().last_report.clone();
            if let Some(report) = report.filter(|report| self.seen != Some(report.started_at)) {
                self.seen = Some(report.started_at);
                return report;
            }
        }
    }

    /// Returns how long after one another the next cycles begin, the first after the one that was seen last.
    async fn pauses<const N: usize>(&mut self) -> [u64; N] {
        let mut pauses = [0; N];
        for pause in &mut pauses {
            let before = self.seen.expect("a first one was seen");
            *pause = self.next().await.started_at.abs_diff(before);
        }
        pauses
    }
}

fn all_cut(_: &Asked) -> Fate {
    Fate::Cut
}

/// Asserts that times are those wanted; the timer goes by whole milliseconds and never ends early.
fn assert_times(found: &[u64], wanted: &[u64]) {
    let is_near = |(found, wanted): (&u64, &u64)| (*wanted..=*wanted + 5).contains(found);
    assert!(found.len() == wanted.len() && found.iter().zip(wanted).all(is_near), "{found:?} instead of {wanted:?}");
}

#[tokio::test(start_paused = true)]
async fn without_a_reason_a_cycle_runs_every_minute() {
    let shore = Shore::open().await;
    let ann = Device::new(&shore, "ann", &[ITEMS]).await;
    let began = shore.time.now_ms();
    let mut watched = Watched::start(&ann);
    assert_eq!(watched.next().await.started_at, began, "the first one at once");
    assert_times(&watched.pauses::<3>().await, &[60_000; 3]);
}

#[tokio::test(start_paused = true)]
async fn pauses_grow_to_a_minute_while_the_server_cannot_be_reached_and_edits_do_not_shorten_them() {
    let shore = Shore::open().await;
    let ann = Device::new(&shore, "ann", &[ITEMS]).await;
    ann.weather.set(all_cut);
    let mut watched = Watched::start(&ann);
    assert_eq!(watched.next().await.outcome, Outcome::Offline);
    // Half of 2, 4, 8 … 60 s, and half of the other half: the jitter of these tests.
    assert_times(&watched.pauses::<3>().await, &[1_500, 3_000, 6_000]);
    ann.add(ITEMS, "offline");
    watched.worker.nudge();
    assert_times(&watched.pauses::<4>().await, &[12_000, 24_000, 45_000, 45_000]);
    ann.weather.clear_up();
    assert_eq!(watched.next().await.outcome, Outcome::Synced);
    assert_times(&watched.pauses::<1>().await, &[60_000]);
    ann.weather.set(all_cut);
    watched.next().await;
    assert_times(&watched.pauses::<1>().await, &[1_500]);
}

#[tokio::test(start_paused = true)]
async fn a_set_that_stays_behind_keeps_nobody_from_being_compared() {
    let shore = Shore::open().await;
    let ann = Device::new(&shore, "ann", &[ITEMS, LISTS]).await;
    shore.put(ITEMS, 1..2, "a").await;
    ann.sync().await;
    for set in [ITEMS, LISTS] {
        ann.store.set_setting(&format!("store.audited.{set}"), "0").unwrap();
    }
    ann.weather.spoil(|asked, answer| {
        spoil(asked, answer, LISTS, Fault::Status(500, "Internal"));
        if asked.path.starts_with("/audit/TodoLists") {
            (answer.status, answer.body) = (500, bytes::Bytes::new());
        }
    });
    let mut watched = Watched::start(&ann);
    assert!(watched.next().await.is_partial);
    watched.next().await;
    let is_compared = ann.weather.log().iter().any(|asked| asked.path.starts_with("/audit/TodoItems"));
    assert!(is_compared, "for however long the other one fails");
}

#[tokio::test(start_paused = true)]
async fn a_network_that_comes_back_is_tried_at_once() {
    let shore = Shore::open().await;
    let ann = Device::new(&shore, "ann", &[ITEMS]).await;
    ann.weather.set(all_cut);
    let mut watched = Watched::start(&ann);
    watched.next().await;
    watched.pauses::<5>().await;
    let led = shore.time.now_ms();
    ann.roads.lead("into town");
    ann.weather.clear_up();
    let report = watched.next().await;
    assert_eq!(report.outcome, Outcome::Synced);
    // Two seconds until it is looked, and a moment for the address to settle; the back-off said 45.
    assert_times(&[report.started_at.abs_diff(led)], &[2_700]);
}

#[tokio::test(start_paused = true)]
async fn edits_gather_for_a_moment_and_go_together() {
    let shore = Shore::open().await;
    let ann = Device::new(&shore, "ann", &[ITEMS]).await;
    let mut watched = Watched::start(&ann);
    watched.next().await;
    shore.time.sleep(Duration::from_secs(5)).await;
    let edited = shore.time.now_ms();
    for n in 0..3 {
        ann.add(ITEMS, &format!("{n}"));
        watched.worker.nudge();
        shore.time.sleep(Duration::from_millis(100)).await;
    }
    let report = watched.next().await;
    assert_eq!(report.tally.pushed, 3);
    assert_times(&[report.started_at.abs_diff(edited)], &[700]);
}

#[tokio::test(start_paused = true)]
async fn the_server_s_notice_is_followed_at_once() {
    let shore = Shore::open().await;
    let ann = Device::new(&shore, "ann", &[ITEMS]).await;
    ann.weather.hear();
    let mut watched = Watched::start(&ann);
    // The stream begins with where the server stands, which is a reason to ask.
    ann.weather.heard().await;
    watched.next().await;
    shore.time.sleep(Duration::from_secs(10)).await;
    watched.seen = watched.state.borrow_and_update().last_report.as_ref().map(|report| report.started_at);
    shore.put(ITEMS, 0..1, "bob's").await;
    let written = shore.time.now_ms();
    ann.weather.heard().await;
    let report = watched.next().await;
    assert_eq!((report.tally.pulled, ann.count(ITEMS)), (1, 1));
    assert_times(&[report.started_at.abs_diff(written)], &[175]);
}

#[tokio::test(start_paused = true)]
async fn a_request_to_wait_is_obeyed_by_edits_and_the_next_process_but_not_by_a_person() {
    let shore = Shore::open().await;
    let ann = Device::new(&shore, "ann", &[ITEMS]).await;
    ann.weather.set(|_| Fate::Proxy(503, &[("retry-after", "300")]));
    let mut watched = Watched::start(&ann);
    let asked = watched.next().await;
    assert_eq!((asked.outcome, asked.retry_after_ms), (Outcome::Failed, Some(300_000)));
    ann.weather.clear_up();
    ann.weather.log();
    ann.add(ITEMS, "waits");
    watched.worker.nudge();
    shore.time.sleep(Duration::from_secs(100)).await;
    watched.worker.stop().await;
    assert_eq!(ann.weather.log().len(), 0);

    // Another process begins where this one ended.
    let mut watched = Watched::start(&ann);
    let report = watched.next().await;
    assert_eq!((report.outcome, report.tally.pushed), (Outcome::Synced, 1));
    assert_times(&[report.started_at.abs_diff(asked.started_at)], &[300_000]);
    assert_times(&watched.pauses::<1>().await, &[60_000]);

    ann.weather.set(|_| Fate::Proxy(503, &[("retry-after", "300")]));
    watched.next().await;
    ann.weather.clear_up();
    shore.time.sleep(Duration::from_secs(3)).await;
    let now = shore.time.now_ms();
    let report = watched.worker.sync_now().await.unwrap();
    assert_eq!((report.outcome, report.started_at), (Outcome::Synced, now));
}

#[tokio::test(start_paused = true)]
async fn a_request_to_wait_is_heard_whatever_it_was_that_the_server_was_asked() {
    let shore = Shore::open().await;
    let waits = || Fate::Proxy(429, &[("retry-after", "300")]);
    // A small read behind a batch that failed, and what is compared between two cycles.
    type Which = fn(&Asked) -> bool;
    let questions: [(&str, Which, Which); 2] = [
        ("a probe", Asked::is_write, |asked| asked.parts().iter().any(|(_, url)| url.ends_with("/$count"))),
        ("an audit", |_| false, |asked| asked.path.starts_with("/audit/")),
    ];
    for (user, (question, fails, is_asked)) in ["ann", "cleo"].into_iter().zip(questions) {
        let ann = Device::new(&shore, user, &[ITEMS]).await;
        ann.add(ITEMS, "waits");
        ann.store.set_setting(&format!("store.audited.{ITEMS}"), "0").unwrap();
        ann.weather.set(move |asked| match (is_asked(asked), fails(asked)) {
            (true, _) => waits(),
            (false, true) => Fate::Proxy(502, &[]),
            _ => Fate::Fair,
        });
        let mut watched = Watched::start(&ann);
        watched.next().await;
        let asked_ms = ann.weather.log().iter().find(|asked| is_asked(asked)).expect(question).at_ms;
        watched.worker.nudge();
        shore.time.sleep(Duration::from_secs(250)).await;
        watched.worker.nudge();
        let next = watched.next().await.started_at.abs_diff(1_700_000_000_000);
        assert_times(&[next - asked_ms], &[300_000]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_is_stopped_in_mid_cycle_is_over_and_asks_nothing_more() {
    let shore = Shore::open().await;
    let ann = Device::new(&shore, "ann", &[ITEMS]).await;
    ann.weather.set(|_| Fate::Held);
    let watched = Watched::start(&ann);
    ann.weather.reached().await;
    // Whoever waits for a cycle of it holds the handle too, and hears that there is none any more.
    let (report, ()) = tokio::join!(watched.worker.sync_now(), watched.worker.stop());
    assert_eq!(report, None);
    watched.life.await.unwrap();
    ann.weather.clear_up();
    let asked = ann.weather.log().len();
    shore.time.sleep(Duration::from_secs(300)).await;
    assert_eq!((asked, ann.weather.log().len()), (1, 0));
    // Its turn went with it.
    let next = within(&*shore.time, Duration::from_secs(60), ann.sync()).await;
    assert_eq!(next.map(|report| report.duration_ms), Some(0));
}

#[tokio::test(start_paused = true)]
async fn a_worker_whose_handle_is_dropped_is_over() {
    let shore = Shore::open().await;
    let ann = Device::new(&shore, "ann", &[ITEMS]).await;
    let Watched { worker, life, state, .. } = Watched::start(&ann);
    drop((worker, state));
    life.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_panic_ends_its_cycle_and_not_the_worker() {
    let shore = Shore::open().await;
    let ann = Device::new(&shore, "ann", &[ITEMS]).await;
    let mut is_first = true;
    ann.weather.set(move |_| {
        assert!(!std::mem::take(&mut is_first), "as a fault in the code would");
        Fate::Fair
    });
    let mut watched = Watched::start(&ann);
    let report = watched.next().await;
    assert_eq!(report.outcome, Outcome::Failed);
    assert!(report.error.unwrap().contains("nothing is lost"));
    assert_eq!(watched.next().await.outcome, Outcome::Synced);
}

#[tokio::test(start_paused = true)]
async fn a_request_to_wait_that_cannot_be_written_down_is_obeyed_by_whom_it_was_asked() {
    let shore = Shore::open().await;
    let ann = Device::new(&shore, "ann", &[ITEMS]).await;
    let (held, clock) = (Held::default(), &*shore.time);
    let lease = ann.store.lease().unwrap();
    // Whoever signs out ends it, as a full disk would.
    ann.store.sign_out(true).unwrap();
    assert!(held.keep(&lease, clock, Some(Duration::from_secs(60))).is_err());
    assert_eq!(held.left(&ann.store, clock).unwrap(), Some(Duration::from_secs(60)));
    shore.time.sleep(Duration::from_secs(59)).await;
    assert_eq!(held.left(&ann.store, clock).unwrap(), Some(Duration::from_secs(1)));
    shore.time.sleep(Duration::from_secs(1)).await;
    assert_eq!(held.left(&ann.store, clock).unwrap(), None);
}
