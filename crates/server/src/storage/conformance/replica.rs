//! A replica answers reads, and never with less than what anybody has seen.

use super::bed::{Bed, ITEMS, id, model, until};
use crate::ports::Ports;
use crate::storage::Storage;
use crate::storage::open::{Access, Address, open};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tidemark_model::ports::Clock;
use tidemark_test_postgres::{Cluster, Database, SUPERUSER, apart};

/// A clock that a test moves.
#[derive(Default)]
struct Hand(AtomicU64);

impl Clock for Hand {
    fn now_ms(&self) -> i64 {
        1_700_000_000_000
    }

    fn monotonic_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Keeps everybody from the tasks of the database itself while `read` is under way; what is read then is the replica's.
async fn read_at_the_replica(database: &Database<'_>, storage: &Arc<dyn Storage>, bed: &Bed) -> bool {
    let mut holder = apart(|| {
        let mut holder = database.superuser();
        holder.batch_execute("BEGIN; LOCK TABLE \"r_TodoItems\" IN ACCESS EXCLUSIVE MODE").unwrap();
        holder
    });
    let ann = bed.caller("ann").await;
    let read = tokio::time::timeout(Duration::from_secs(3), storage.record(&bed.place(&ann, ITEMS), id(1))).await;
    apart(move || holder.batch_execute("ROLLBACK").map(|()| drop(holder))).unwrap();
    read.is_ok_and(|read| read.unwrap().is_some())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_answers_reads_and_never_with_less_than_was_seen() {
    let cluster = Cluster::start();
    let database = cluster.database();
    let bed = Bed::at(database.superuser_url()).await;
    let ann = bed.caller("ann").await;
    bed.one(&ann, bed.titled(1, "first")).await;
    let replica = apart(|| cluster.replica());
    let there = replica.url(SUPERUSER, database.name());
    let hand = Arc::new(Hand::default());
    let ports = Ports { clock: hand.clone(), ..Ports::default() };
    let address = Address::read(&database.superuser_url()).unwrap().read_from(&there).unwrap();
    let storage = open(&address, Access::Serve, Some(Arc::new(model())), &ports).await.unwrap();
    let on_replica = |sql: &str| replica.psql(database.name(), sql);
    let caught_up = async || {
        let newest = database.psql("SELECT pg_current_wal_lsn()");
        let has = format!("SELECT pg_last_wal_replay_lsn() >= '{newest}'");
        until("the replica follows", async || on_replica(&has) == "t").await;
    };

    caught_up().await;
    // Held up, so that the lock on the table is not followed there.
    on_replica("SELECT pg_wal_replay_pause()");
    assert!(read_at_the_replica(&database, &storage, &bed).await, "a replica that is as far answers");
    // What it has not heard of yet is not denied.
    for number in 2..5 {
        bed.one(&ann, bed.titled(number, "later")).await;
        assert!(storage.record(&bed.place(&ann, ITEMS), id(number)).await.unwrap().is_some(), "{number}");
    }
    assert!(!read_at_the_replica(&database, &storage, &bed).await, "one that lags behind does not");
    on_replica("SELECT pg_wal_replay_resume()");
    caught_up().await;
    on_replica("SELECT pg_wal_replay_pause()");
    assert!(read_at_the_replica(&database, &storage, &bed).await, "and does again when it has come there");

    // Gone in the middle of the work, it is missed by nobody.
    apart(|| replica.kill());
    for number in 1..5 {
        assert!(storage.record(&bed.place(&ann, ITEMS), id(number)).await.unwrap().is_some(), "{number}");
    }
    apart(|| replica.restart());
    caught_up().await;
    on_replica("SELECT pg_wal_replay_pause()");
    assert!(!read_at_the_replica(&database, &storage, &bed).await, "it is left alone for a while");
    hand.0.fetch_add(10_000, Ordering::SeqCst);
    assert!(read_at_the_replica(&database, &storage, &bed).await, "and asked again after that");
    on_replica("SELECT pg_wal_replay_resume()");

    // A new epoch, as after a restore, and a database that is another altogether.
    let elsewhere = cluster.database();
    let other = Bed::at(elsewhere.superuser_url()).await;
    for number in 1..9 {
        other.one(&other.caller("ann").await, other.titled(number, "somebody else's")).await;
    }
    let wrong = Address::read(&database.superuser_url()).unwrap().read_from(&elsewhere.superuser_url()).unwrap();
    let storage = open(&wrong, Access::Serve, Some(Arc::new(model())), &Ports::default()).await.unwrap();
    assert!(storage.record(&bed.place(&ann, ITEMS), id(8)).await.unwrap().is_none(), "another database is no replica");
}
