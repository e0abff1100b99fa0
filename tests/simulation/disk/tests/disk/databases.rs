//! Databases on the simulated disk: several connections and processes on one file, and several worlds at once.

use crate::support::{count, insert, open};
use rusqlite::{Connection, ErrorCode};
use tidemark_sim_disk::{PowerLoss, SimDisk};
use tidemark_sqlite::Disk as _;

fn is(result: rusqlite::Result<usize>, wanted: ErrorCode) -> bool {
    result.unwrap_err().sqlite_error_code() == Some(wanted)
}

#[test]
fn two_connections_share_a_write_ahead_log() {
    let disk = SimDisk::new("wal", "pc");
    let (one, two) = (open(&disk.process(1)), open(&disk.process(1)));
    insert(&one, 0..10).unwrap();
    assert_eq!(count(&two), 10);
    two.execute_batch("BEGIN; SELECT count(*) FROM t").unwrap();
    insert(&one, 10..20).unwrap();
    assert_eq!(count(&two), 10, "it reads its own moment");
    two.execute_batch("COMMIT").unwrap();
    assert_eq!(count(&two), 20);

    one.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(is(insert(&two, 20..21), ErrorCode::DatabaseBusy));
    one.execute_batch("COMMIT").unwrap();
    insert(&two, 20..21).unwrap();
    assert_eq!(disk.files(), ["a.db", "a.db-wal"]);
    let checkpointed: i64 = one.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).unwrap();
    assert_eq!((checkpointed, disk.read_file("a.db-wal").unwrap().len()), (0, 0));
    drop((one, two));
    assert_eq!(disk.files(), ["a.db"], "the last one takes the log away");
    assert!(!disk.is_held_by(1));
    assert_eq!(count(&open(&disk.process(2))), 21);
}

#[test]
fn a_process_locks_another_out_until_it_is_killed() {
    let disk = SimDisk::new("kill", "pc");
    let (one, two) = (disk.process(1), disk.process(2));
    let (first, second) = (open(&one), open(&two));
    insert(&first, 0..5).unwrap();
    // A small cache spills into the log before the commit, so that something is to be undone.
    first.execute_batch("PRAGMA cache_size = 5; BEGIN IMMEDIATE").unwrap();
    insert(&first, 5..2_000).unwrap();
    assert!(is(insert(&second, 5..6), ErrorCode::DatabaseBusy));

    let path = one.root().join("a.lock");
    let held = one.lock_file(&path).unwrap();
    let waiting = two.lock_file(&two.root().join("a.lock")).unwrap();
    assert!(held.try_lock().unwrap() && !waiting.try_lock().unwrap());
    assert_eq!(waiting.lock_shared().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);

    assert!(disk.is_held_by(1));
    disk.kill(1);
    assert!(!disk.is_held_by(1) && disk.is_held_by(2));
    assert!(waiting.try_lock().unwrap());
    assert!(held.try_lock().is_err() && held.read().is_err());
    assert!(is(first.execute("COMMIT", []), ErrorCode::SystemIoFailure));
    drop(first);
    insert(&second, 5..8).unwrap();
    assert_eq!(count(&second), 8, "what was not committed is not there");
    assert!(one.read(&path).is_err(), "it is dead for files, too");
    assert_eq!(crate::support::verdict(&second), "ok");
    let third = open(&disk.process(3));
    assert_eq!(count(&third), 8);
}

#[test]
fn what_was_open_when_the_power_went_never_touches_what_comes_after() {
    let disk = SimDisk::new("old", "pc");
    let old = open(&disk.process(1));
    insert(&old, 0..5).unwrap();
    old.execute_batch("BEGIN IMMEDIATE").unwrap();
    insert(&old, 5..6).unwrap();
    disk.power_loss(PowerLoss::DropUnsynced, 1);
    assert!(
        Connection::open_with_flags_and_vfs(disk.root().join("a.db"), Default::default(), "tidemark-sim")
            .and_then(|conn| conn.execute_batch("SELECT count(*) FROM t"))
            .is_err()
    );
    disk.power_on();
    let new = open(&disk.process(2));
    insert(&new, 5..9).unwrap();
    let before = disk.snapshot();
    let operations = disk.operations();
    assert!(old.execute_batch("COMMIT").is_err());
    assert!(old.query_row("SELECT count(*) FROM t", [], |row| row.get::<_, i64>(0)).is_err());
    drop(old);
    assert_eq!((disk.operations(), count(&new)), (operations, 9));

    insert(&new, 9..20).unwrap();
    disk.restore(&before);
    assert!(new.query_row("SELECT count(*) FROM t", [], |row| row.get::<_, i64>(0)).is_err());
    assert_eq!(count(&open(&disk.process(3))), 9);
    // The image of one machine's disk, on another machine.
    let other = SimDisk::new("old", "other");
    other.restore(&before);
    assert_eq!(count(&open(&other.process(1))), 9);
}

#[test]
fn worlds_on_several_threads_know_nothing_of_each_other() {
    let totals: Vec<i64> = std::thread::scope(|scope| {
        let world = |number: i64| {
            let disk = SimDisk::new(&format!("threads-{number}"), "pc");
            let conn = open(&disk.process(1));
            for at in 0..200 + number {
                insert(&conn, at..at + 1).unwrap();
            }
            count(&open(&disk.process(2)))
        };
        let threads: Vec<_> = (0..4).map(|number| scope.spawn(move || world(number))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(totals, [200, 201, 202, 203]);
}

#[test]
fn waiting_for_a_lock_and_the_time_are_the_simulations() {
    use std::cell::RefCell;
    use std::rc::Rc;
    let disk = SimDisk::new("hooks", "pc");
    let (one, two) = (open(&disk.process(1)), open(&disk.process(2)));
    insert(&one, 0..1).unwrap();
    one.execute_batch("BEGIN IMMEDIATE").unwrap();
    two.busy_timeout(std::time::Duration::from_secs(3_600)).unwrap();
    let one = Rc::new(RefCell::new(Some(one)));
    let slept = Rc::new(RefCell::new(std::time::Duration::ZERO));
    let (theirs, passed) = (Rc::clone(&one), Rc::clone(&slept));
    tidemark_sim_disk::set_hooks(Some(tidemark_sim_disk::Hooks {
        sleep: Rc::new(move |duration| {
            *passed.borrow_mut() += duration;
            // The other one ends after a minute; it uses SQLite in the middle of the wait.
            if *passed.borrow() > std::time::Duration::from_secs(60)
                && let Some(conn) = theirs.borrow_mut().take()
            {
                conn.execute_batch("COMMIT").unwrap();
            }
        }),
        now_ms: Rc::new(|| 1_000_000_000_000),
        random: Rc::new(|bytes| bytes.fill(7)),
    }));
    insert(&two, 1..2).unwrap();
    let now: String = two.query_row("SELECT datetime('now')", [], |row| row.get(0)).unwrap();
    assert_eq!(now, "2001-09-09 01:46:40");
    assert!(slept.borrow().as_secs() >= 60 && slept.borrow().as_secs() < 62);
    tidemark_sim_disk::set_hooks(None);
}
