//! Prints what the simulated disk costs. Asserts nothing about it: `cargo test -p tidemark-sim-disk --test speed -- --nocapture`.

mod common;

use common::{count, insert, open};
use std::hint::black_box;
use tidemark_sim_disk::SimDisk;

fn per_second(what: &str, times: u32, mut work: impl FnMut(u32)) {
    #[expect(clippy::disallowed_methods, reason = "what a test prints about the machine is the machine's time")]
    let started = std::time::Instant::now();
    (0..times).for_each(&mut work);
    println!("{what}: {:.0} per second", f64::from(times) / started.elapsed().as_secs_f64());
}

#[test]
fn what_it_costs() {
    let disk = SimDisk::new("speed", "pc");
    let conn = open(&disk.process(1));
    conn.execute_batch("PRAGMA wal_autocheckpoint = 1000").unwrap();
    per_second("commits of one row, synchronous=FULL", 5_000, |at| {
        insert(&conn, i64::from(at)..i64::from(at) + 1).unwrap();
    });
    let reader = open(&disk.process(2));
    per_second("counts of all rows", 1_000, |_| {
        black_box(count(&reader));
    });
    per_second("openings", 2_000, |_| {
        black_box(open(&disk.process(3)));
    });
    println!("{} KiB on the disk", disk.used() / 1024);
    per_second("snapshots and restores", 500, |_| disk.restore(&disk.snapshot()));
    #[cfg(target_os = "linux")]
    armed_runtime();
    let real = tempfile_path();
    let conn = rusqlite::Connection::open(&real).unwrap();
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT)",
    )
    .unwrap();
    per_second("for comparison, on this machine's disk without a sync", 5_000, |at| {
        insert(&conn, i64::from(at)..i64::from(at) + 1).unwrap();
    });
    assert_eq!(count(&conn), 5_000);
}

#[cfg(target_os = "linux")]
fn armed_runtime() {
    use std::time::Duration;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let wait = |_| {
        let ended = async { tokio::time::timeout(Duration::from_secs(1), std::future::pending::<()>()).await };
        assert!(runtime.block_on(ended).is_err());
    };
    per_second("waits of a paused runtime", 5_000, wait);
    per_second("the same with the tripwire armed", 5_000, |at| {
        let _armed = tidemark_sim_disk::tripwire::arm();
        wait(at);
    });
}

fn tempfile_path() -> std::path::PathBuf {
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    for name in ["speed.db", "speed.db-wal", "speed.db-shm"] {
        let _ = std::fs::remove_file(folder.join(name));
    }
    folder.join("speed.db")
}
