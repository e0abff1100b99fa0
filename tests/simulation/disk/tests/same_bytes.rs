//! One seed, one run, down to the bytes. Alone in its program, since SQLite's own random numbers are the program's.

use rusqlite::{Connection, OpenFlags};
use tidemark_sim_disk::{PowerLoss, SimDisk, VFS_NAME, seed_sqlite, set_hooks};

const TABLE: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 20;
                     CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT NOT NULL)";

fn run(seed: u64) -> Vec<(String, Vec<u8>)> {
    set_hooks(None);
    seed_sqlite(seed as i32);
    let disk = SimDisk::new("same", "pc");
    let file = disk.process(1).root().join("a.db");
    let conn = Connection::open_with_flags_and_vfs(file, OpenFlags::default(), VFS_NAME).unwrap();
    conn.execute_batch(TABLE).unwrap();
    let insert = |ids: std::ops::Range<i64>| {
        for id in ids {
            conn.execute("INSERT INTO t VALUES (?1, ?2)", (id, format!("{id:0>300}"))).unwrap();
        }
    };
    insert(0..60);
    conn.execute_batch("BEGIN; UPDATE t SET body = hex(randomblob(400)); COMMIT; PRAGMA synchronous = OFF").unwrap();
    insert(60..70);
    disk.power_loss(PowerLoss::KeepRandomPart, seed);
    disk.files().into_iter().map(|name| (name.clone(), disk.read_file(&name).unwrap())).collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let (one, again, other) = (run(5), run(5), run(6));
    assert_eq!(one.len(), 2);
    assert!(one == again, "two runs of one seed differ");
    assert!(one != other);
}
