//! Every way to the real clock and entropy trips the wire, and virtual time does not.
#![cfg(target_os = "linux")]
#![expect(clippy::disallowed_methods, reason = "this is what must be noticed")]

use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime};
use tidemark_sim_disk::tripwire::{arm, tripped, unarmed};

/// Uses up what was asked for.
fn gone<T>(asked: T) {
    std::hint::black_box(asked);
}

fn trips(work: impl FnOnce()) -> Option<&'static str> {
    assert!(tripped().is_none());
    {
        let _armed = arm();
        work();
    }
    tripped().map(|trip| trip.function)
}

#[test]
fn the_clock_trips_it() {
    assert_eq!(trips(|| gone(SystemTime::now())), Some("clock_gettime"));
    assert_eq!(trips(|| gone(Instant::now())), Some("clock_gettime"));
    let mut same = None;
    trips(|| same = Some(SystemTime::now() == SystemTime::now()));
    assert_eq!(same, Some(true), "it gets one answer");
    assert_eq!(trips(|| std::thread::sleep(Duration::from_secs(3_600))), Some("clock_nanosleep"));
}

#[test]
fn entropy_trips_it() {
    assert_eq!(trips(|| gone(getrandom::u64())), Some("getrandom"));
    assert_eq!(trips(|| gone(uuid::Uuid::new_v4())), Some("getrandom"));
    assert!(trips(|| gone(uuid::Uuid::now_v7())).is_some());
    let mut same = None;
    trips(|| same = Some(getrandom::u64().unwrap() == getrandom::u64().unwrap()));
    assert_eq!(same, Some(true), "it gets one answer");
}

#[test]
fn hash_tables_do_not_and_what_is_allowed_does_not() {
    assert_eq!(std::thread::spawn(|| trips(|| drop(HashMap::from([(1, 2)])))).join().unwrap(), None);
    assert_eq!(trips(|| unarmed(|| gone(Instant::now()))), None);
    let mut after = None;
    assert!(trips(|| after = Some(unarmed(|| 1))).is_none());
    assert_eq!(
        trips(|| {
            unarmed(|| ());
            gone(Instant::now())
        }),
        Some("clock_gettime"),
        "it is armed again"
    );
}

#[test]
fn without_it_time_passes_and_entropy_differs() {
    let before = (Instant::now(), SystemTime::now());
    std::thread::sleep(Duration::from_millis(2));
    assert!(before.0.elapsed() >= Duration::from_millis(2) && before.1.elapsed().unwrap() > Duration::ZERO);
    assert_ne!(getrandom::u64().unwrap(), getrandom::u64().unwrap());
    assert!(tripped().is_none());
}

#[test]
fn a_trip_tells_who_called() {
    #[inline(never)]
    fn somebody() -> Instant {
        Instant::now()
    }
    {
        let _armed = arm();
        std::hint::black_box(somebody());
    }
    let trip = tripped().unwrap();
    assert!(trip.backtrace.contains("somebody"), "{}", trip.backtrace);
}

/// Sleeps, intervals, time limits, tasks and channels.
async fn life() -> u32 {
    let started = tokio::time::Instant::now();
    let (send, mut receive) = tokio::sync::mpsc::channel(1);
    let task = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_secs(60));
        for tick in 0..5 {
            ticks.tick().await;
            send.send(tick).await.unwrap();
        }
    });
    let mut sum = 0;
    while let Some(tick) = receive.recv().await {
        sum += tick;
    }
    task.await.unwrap();
    let never = tokio::time::timeout(Duration::from_secs(3_600), std::future::pending::<()>());
    assert!(never.await.is_err());
    tokio::time::sleep(Duration::from_secs(86_400)).await;
    assert!(started.elapsed() >= Duration::from_secs(240 + 3_600 + 86_400));
    sum
}

#[test]
fn the_paused_time_of_tokio_does_not() {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(true).build().unwrap();
    let mut sum = 0;
    assert_eq!(trips(|| sum = runtime.block_on(life())), None);
    assert_eq!(sum, 10);
    // And the wire was armed: in a task of its own, after a wait, and in the runtime's first future.
    let asks = || async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        gone(SystemTime::now());
    };
    assert_eq!(trips(|| runtime.block_on(runtime.spawn(asks())).unwrap()), Some("clock_gettime"));
    assert_eq!(trips(|| runtime.block_on(asks())), Some("clock_gettime"));
}

#[test]
fn a_database_on_a_simulated_disk_does_not() {
    let disk = tidemark_sim_disk::SimDisk::new("tripwire", "pc");
    let path = disk.process(1).root().join("a.db");
    let work = || {
        let conn = rusqlite::Connection::open_with_flags_and_vfs(path, Default::default(), "tidemark-sim").unwrap();
        conn.execute_batch(
            "PRAGMA journal_mode = WAL; CREATE TABLE t (at, dice);
             INSERT INTO t VALUES (datetime('now'), random()), (julianday('now'), randomblob(20))",
        )
        .unwrap();
    };
    assert_eq!(trips(work), None);
}
