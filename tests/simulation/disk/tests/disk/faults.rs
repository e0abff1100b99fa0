//! Faults of the disk, as SQLite and as a program that reads and writes files sees them.

use crate::support::{count, insert, open, verdict};
use rusqlite::ErrorCode;
use std::io::ErrorKind;
use tidemark_sim_disk::{Fault, PowerLoss, SimDisk};
use tidemark_sqlite::Disk as _;

fn why<T: std::fmt::Debug>(result: rusqlite::Result<T>) -> Option<ErrorCode> {
    result.unwrap_err().sqlite_error_code()
}

#[test]
fn a_full_disk_refuses_and_goes_on_when_there_is_room() {
    let disk = SimDisk::new("full", "pc");
    let process = disk.process(1);
    let conn = open(&process);
    insert(&conn, 0..50).unwrap();
    disk.fail(Fault::Full);
    assert_eq!(why(insert(&conn, 50..100)), Some(ErrorCode::DiskFull));
    let path = process.root().join("a");
    assert_eq!(process.put(&path, b"123").unwrap_err().kind(), ErrorKind::StorageFull);
    disk.leave_room(2);
    assert!(process.put(&path, b"123").is_err());
    assert_eq!(process.read(&path).unwrap(), b"12", "what fitted");
    disk.leave_room(2);
    assert!(process.append(&path, b"345").is_err());
    assert_eq!(process.read(&path).unwrap(), b"12", "nothing of it stays");
    let there = count(&conn);
    assert!(there >= 50);
    disk.free();
    insert(&conn, there..there + 10).unwrap();
    process.put(&path, b"123").unwrap();
    assert_eq!((count(&conn), verdict(&conn)), (there + 10, "ok".to_owned()));
}

#[test]
fn a_failed_sync_is_no_commit_and_a_later_one_is() {
    let disk = SimDisk::new("sync", "pc");
    let conn = open(&disk.process(1));
    insert(&conn, 0..5).unwrap();
    disk.fail(Fault::SyncFails);
    assert_eq!(why(insert(&conn, 5..6)), Some(ErrorCode::SystemIoFailure));
    assert_eq!(count(&conn), 5);
    insert(&conn, 5..8).unwrap();
    disk.power_loss(PowerLoss::DropUnsynced, 1);
    disk.power_on();
    let conn = open(&disk.process(2));
    assert_eq!((count(&conn), verdict(&conn)), (8, "ok".to_owned()));
}

#[test]
fn what_a_failed_sync_should_have_written_is_seen_and_lost() {
    let disk = SimDisk::new("sync-lost", "pc");
    let process = disk.process(1);
    let path = process.root().join("a");
    process.put(&path, b"old").unwrap();
    disk.fail(Fault::SyncFails);
    process.put(&path, b"new").unwrap_err();
    process.sync(&path).unwrap();
    assert_eq!(process.read(&path).unwrap(), b"new");
    disk.power_loss(PowerLoss::DropUnsynced, 1);
    assert_eq!(disk.read_file("a").unwrap(), b"old");
}

#[test]
fn an_error_comes_at_its_number_once_or_from_there_on() {
    let disk = SimDisk::new("errors", "pc");
    let conn = open(&disk.process(1));
    insert(&conn, 0..5).unwrap();
    disk.fail_at(disk.operations() + 1, Fault::ErrorOnce);
    assert_eq!(why(insert(&conn, 5..6)), Some(ErrorCode::SystemIoFailure));
    insert(&conn, 5..6).unwrap();
    disk.fail_at(disk.operations() + 4, Fault::ErrorAlways);
    insert(&conn, 6..20).unwrap_err();
    assert_eq!(why(insert(&conn, 100..101)), Some(ErrorCode::SystemIoFailure));
    disk.mend();
    insert(&conn, 100..101).unwrap();
    assert_eq!(verdict(&conn), "ok");
}

#[test]
fn a_read_fails_or_comes_short() {
    let disk = SimDisk::new("reads", "pc");
    let process = disk.process(1);
    insert(&open(&process), 0..200).unwrap();
    let conn = open(&process);
    disk.fail_read_at(disk.reads() + 1, Fault::ReadError);
    assert_eq!(
        why(conn.query_row("SELECT sum(length(body)) FROM t", [], |_| Ok(()))),
        Some(ErrorCode::SystemIoFailure)
    );
    assert_eq!(count(&conn), 200);
    let path = process.root().join("a");
    process.put(&path, b"1234").unwrap();
    disk.fail(Fault::ShortRead);
    assert_eq!(process.read(&path).unwrap(), b"12");
    assert_eq!(process.read(&path).unwrap(), b"1234");
    drop(conn);
    disk.fail_read_at(disk.reads() + 3, Fault::ShortRead);
    let seen: rusqlite::Result<String> = crate::support::try_open(&process)
        .and_then(|conn| conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)));
    assert_ne!(seen, Ok("ok".to_owned()));
}

#[test]
fn a_bit_that_turned_round_is_found() {
    let disk = SimDisk::new("flip", "pc");
    let conn = open(&disk.process(1));
    insert(&conn, 0..200).unwrap();
    drop(conn);
    assert_eq!(disk.files(), ["a.db"]);
    // The first bytes of the third page say what kind of page it is.
    assert!(disk.flip("a.db", 2 * 4096, 3));
    let found: String =
        open(&disk.process(2)).query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).unwrap_or_default();
    assert_ne!(found, "ok");
    assert!(!disk.flip("a.db", 1 << 30, 0) && !disk.flip("b", 0, 0));
}

#[test]
fn nothing_in_a_read_only_folder_changes() {
    let disk = SimDisk::new("read-only", "pc");
    let process = disk.process(1);
    let at = |name: &str| process.root().join(name);
    process.make_folder(&at("in/it")).unwrap();
    process.put(&at("in/it/a"), b"a").unwrap();
    disk.fail(Fault::ReadOnly("in".to_owned()));
    assert_eq!(process.put(&at("in/it/a"), b"b").unwrap_err().kind(), ErrorKind::PermissionDenied);
    for refused in [
        process.make(&at("in/b")),
        process.remove(&at("in/it/a")),
        process.rename(&at("in/it/a"), &at("a")),
        process.make_folder(&at("in/that")),
        process.remove_folder(&at("in")),
    ] {
        assert!(refused.is_err());
    }
    process.put(&at("inside"), b"b").unwrap();
    process.rename(&at("inside"), &at("in/it/a")).unwrap_err();
    assert_eq!(process.read(&at("in/it/a")).unwrap(), b"a");
    disk.fail(Fault::ReadOnly(String::new()));
    assert!(crate::support::try_open(&process).is_err());
    disk.mend();
    let conn = open(&process);
    insert(&conn, 0..1).unwrap();
    conn.execute_batch("PRAGMA journal_mode = DELETE").unwrap();
    drop(conn);
    disk.fail(Fault::ReadOnly(String::new()));
    let conn = rusqlite::Connection::open_with_flags_and_vfs(at("a.db"), Default::default(), "tidemark-sim").unwrap();
    assert_eq!((count(&conn), why(insert(&conn, 1..2))), (1, Some(ErrorCode::ReadOnly)));
}

#[test]
fn files_and_folders_behave_as_the_systems_do() {
    let disk = SimDisk::new("files", "pc");
    let process = disk.process(4);
    let process: &dyn tidemark_sqlite::Disk = &process;
    let at = |name: &str| std::path::Path::new("/sim/files/pc@4").join(name);
    assert_eq!(process.make(&at("no/a")).unwrap_err().kind(), ErrorKind::NotFound);
    process.make_folder(&at("x/y")).unwrap();
    process.make_folder(&at("x/y")).unwrap();
    process.make(&at("x/a")).unwrap();
    assert_eq!(process.make(&at("x/a")).unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(process.append(&at("x/b"), b"1").unwrap_err().kind(), ErrorKind::NotFound);
    process.append(&at("x/a"), b"12345").unwrap();
    process.cut(&at("x/a"), 3).unwrap();
    assert_eq!((process.read(&at("x/a")).unwrap(), process.length(&at("x/a"))), (b"123".to_vec(), Some(3)));
    assert_eq!((process.length(&at("x")), process.is_folder(&at("x")), process.is_there(&at("x"))), (None, true, true));
    assert_eq!(
        (process.read_head(&at("x/a"), 2).unwrap(), process.read_head(&at("x/a"), 9).unwrap().len()),
        (b"12".to_vec(), 3)
    );
    assert_eq!(process.names_in(&at("x")).unwrap(), ["a", "y"]);
    assert_eq!(process.names_in(&at("z")).unwrap_err().kind(), ErrorKind::NotFound);
    process.put(&at("x/y/c"), b"c").unwrap();
    process.rename(&at("x"), &at("z")).unwrap();
    assert_eq!(process.read(&at("z/y/c")).unwrap(), b"c");
    assert_eq!(process.rename(&at("x"), &at("w")).unwrap_err().kind(), ErrorKind::NotFound);
    process.remove_folder(&at("z")).unwrap();
    assert_eq!(process.names_in(&at("")).unwrap(), Vec::<String>::new());
    assert!(process.put(std::path::Path::new("/sim/files/pc/a"), b"").is_err(), "not its own path");
    let lock = process.lock_file(&at("lock")).unwrap();
    lock.write(b"open  ").unwrap();
    lock.write(b"clean").unwrap();
    assert_eq!(lock.read().unwrap(), b"clean ", "what is behind stays");
    assert!(disk.is_held_by(4));
    drop(lock);
    assert!(!disk.is_held_by(4));
}
