//! A replica follows its server, and can be held up.

use tidemark_test_postgres::Cluster;

#[test]
fn a_replica_follows_and_can_be_held_up() {
    let cluster = Cluster::start();
    let database = cluster.database();
    let replica = cluster.replica();
    database.psql("CREATE TABLE one (no int); INSERT INTO one VALUES (1)");
    let follows = |has: &str| {
        let newest = database.psql("SELECT pg_current_wal_lsn()");
        let is_there = format!("SELECT pg_last_wal_replay_lsn() >= '{newest}'");
        assert!((0..10_000).any(|_| replica.psql(database.name(), &is_there) == "t"), "it does not follow");
        assert_eq!(replica.psql(database.name(), "SELECT count(*) FROM one"), has);
    };
    follows("1");
    replica.psql(database.name(), "SELECT pg_wal_replay_pause()");
    database.psql("INSERT INTO one VALUES (2)");
    assert_eq!(replica.psql(database.name(), "SELECT count(*) FROM one"), "1");
    replica.psql(database.name(), "SELECT pg_wal_replay_resume()");
    follows("2");
}
