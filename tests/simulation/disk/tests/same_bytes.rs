//! One seed, one run, down to the bytes. Alone in its program, since SQLite's own random numbers are the program's.

mod common;

use common::{insert, open};
use tidemark_sim_disk::{PowerLoss, SimDisk, seed_sqlite, set_hooks};

fn run(seed: u64) -> Vec<(String, Vec<u8>)> {
    set_hooks(None);
    seed_sqlite(seed as i32);
    let disk = SimDisk::new("same", "pc");
    let conn = open(&disk.process(1));
    insert(&conn, 0..60).unwrap();
    conn.execute_batch("BEGIN; UPDATE t SET body = hex(randomblob(400)); COMMIT; PRAGMA synchronous = OFF").unwrap();
    insert(&conn, 60..70).unwrap();
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
