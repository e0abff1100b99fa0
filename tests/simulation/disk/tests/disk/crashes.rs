//! A machine that stops after any operation: what was acknowledged is there, and what was not synced is really lost.

use crate::support::{count, insert, try_open, verdict};
use std::path::Path;
use tidemark_sim_disk::{Fault, PowerLoss, SimDisk};
use tidemark_sqlite::Disk as _;

const MODES: [PowerLoss; 3] = [PowerLoss::DropUnsynced, PowerLoss::KeepRandomPart, PowerLoss::KeepAll];

/// Inserts a hundred rows, one a transaction, and returns how many were acknowledged.
fn work(disk: &SimDisk, synchronous: &str) -> i64 {
    let process = disk.process(1);
    let Ok(conn) = try_open(&process) else { return 0 };
    if conn.execute_batch(&format!("PRAGMA synchronous = {synchronous}")).is_err() {
        return 0;
    }
    (0..100).find(|at| insert(&conn, *at..at + 1).is_err()).unwrap_or(100)
}

#[test]
fn what_was_acknowledged_survives_a_stop_after_any_operation() {
    let whole = SimDisk::new("crash-count", "pc");
    assert_eq!(work(&whole, "FULL"), 100);
    let operations = whole.operations();
    assert!(operations > 300, "{operations} operations");

    let (mut points, mut torn) = (0, 0);
    for stop in 1..=operations {
        let disk = SimDisk::new("crash", "pc");
        disk.fail_at(stop, Fault::Stop);
        let acknowledged = work(&disk, "FULL");
        assert!(!disk.is_on());
        let stopped = disk.snapshot();
        let mut found = Vec::new();
        for mode in MODES {
            disk.restore(&stopped);
            disk.power_loss(mode, stop);
            disk.power_on();
            let process = disk.process(10 + mode as u32);
            let conn = try_open(&process).unwrap();
            assert_eq!(verdict(&conn), "ok", "stopped before {stop}, {mode:?}");
            let there = count(&conn);
            assert!(
                there == acknowledged || there == acknowledged + 1,
                "stopped before {stop}, {mode:?}: {acknowledged} acknowledged, {there} there"
            );
            let sum: i64 = conn.query_row("SELECT coalesce(sum(id), 0) FROM t", [], |row| row.get(0)).unwrap();
            assert_eq!(sum, there * (there - 1) / 2, "the first ones are there");
            insert(&conn, there..there + 1).unwrap();
            found.push(there);
            points += 1;
        }
        torn += usize::from(found[0] != found[2]);
    }
    assert!(torn > 50, "a commit that waited for its sync is there or not, {torn} times");
    println!("{points} crash points");
}

#[test]
fn without_a_sync_what_was_acknowledged_is_lost() {
    let disk = SimDisk::new("crash-off", "pc");
    assert_eq!(work(&disk, "OFF"), 100);
    let disk = SimDisk::new("crash-off", "other");
    let before = {
        let conn = try_open(&disk.process(1)).unwrap();
        conn.execute_batch("PRAGMA synchronous = OFF").unwrap();
        insert(&conn, 0..5).unwrap();
        let image = disk.snapshot();
        drop(conn);
        image
    };
    let left = |mode| {
        disk.restore(&before);
        disk.power_loss(mode, 3);
        disk.power_on();
        count(&try_open(&disk.process(20 + mode as u32)).unwrap())
    };
    assert_eq!((left(PowerLoss::DropUnsynced), left(PowerLoss::KeepAll)), (0, 5));
}

#[test]
fn a_file_beside_the_database_is_there_as_it_was_synced() {
    let disk = SimDisk::new("crash-files", "pc");
    let process = disk.process(1);
    let at = |name: &str| process.root().join(name);
    let mut stops = Vec::new();
    process.make_folder(&at("a/b")).unwrap();
    process.put(&at("a/b/kept"), b"old").unwrap();
    let before = disk.snapshot();
    let operations = disk.operations();
    let deed = |process: &tidemark_sim_disk::Process| -> std::io::Result<()> {
        let at = |name: &str| process.root().join(name);
        process.put(&at("a/b/new"), b"new")?;
        process.rename(&at("a/b/new"), &at("a/b/kept"))?;
        process.append(&at("a/b/kept"), b"er")
    };
    disk.trace(true);
    deed(&process).unwrap();
    let count = disk.operations() - operations;
    assert_eq!(disk.take_trace().len() as u64, count);
    for stop in 1..=count {
        for (index, mode) in MODES.into_iter().enumerate() {
            disk.restore(&before);
            disk.fail_at(disk.operations() + stop, Fault::Stop);
            let number = 100 + stop as u32 * 10 + index as u32;
            assert!(deed(&disk.process(number)).is_err());
            disk.power_loss(mode, stop);
            disk.power_on();
            let reader = disk.process(0);
            let found = reader.read(&Path::new("/sim/crash-files/pc").join("a/b/kept")).unwrap();
            stops.push(String::from_utf8(found).unwrap());
        }
    }
    stops.sort();
    stops.dedup();
    assert_eq!(stops, ["new", "newer", "old"], "never a part, since it was synced before it was renamed");
}

#[test]
fn a_name_is_lost_only_where_names_may_be() {
    for lossy in [false, true] {
        let disk = SimDisk::new("crash-names", if lossy { "lossy" } else { "plain" });
        disk.names_may_be_lost(lossy);
        let process = disk.process(1);
        let at = |name: &str| process.root().join(name);
        process.put(&at("a"), b"a").unwrap();
        process.rename(&at("a"), &at("b")).unwrap();
        process.make(&at("c")).unwrap();
        disk.power_loss(PowerLoss::DropUnsynced, 1);
        disk.power_on();
        assert_eq!(disk.files(), if lossy { vec!["a"] } else { vec!["b", "c"] });
        let process = disk.process(2);
        let at = |name: &str| process.root().join(name);
        process.make(&at("d")).unwrap();
        process.remove(&at("d")).unwrap();
        process.make(&at("e")).unwrap();
        process.sync_folder(&process.root());
        disk.power_loss(PowerLoss::DropUnsynced, 1);
        assert!(disk.files().contains(&"e".to_owned()) && !disk.files().contains(&"d".to_owned()));
    }
}
