//! What is PostgreSQL's alone: several processes on one database, the wall, and a server that goes away.

use super::bed::{Bed, ITEMS, OWN, applied, commit, id, model, tombstones, until};
use crate::ports::Ports;
use crate::storage::StorageError;
use crate::storage::open::{Access, Address, open};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tidemark_model::Method;
use tidemark_test_postgres::{Cluster, ROLE};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_share_one_sequence_and_hear_of_each_other() {
    let bed = Bed::postgres().await;
    let ann = bed.caller("ann").await;
    let mut processes = vec![Arc::clone(&bed.storage)];
    for _ in 0..2 {
        processes.push(bed.another(model()).await.unwrap());
    }
    let mut heard = processes[2].listen(ann.workspace_no);
    let writers: Vec<_> = (0..9_u64)
        .map(|writer| {
            let storage = Arc::clone(&processes[writer as usize % 3]);
            let (ann, changes): (_, Vec<_>) =
                (Arc::clone(&ann), (0..10).map(|number| bed.titled(100 * writer + number, "x")).collect());
            tokio::spawn(async move {
                let mut given = BTreeSet::new();
                for change in changes {
                    let outcomes = commit(&storage, &ann, vec![vec![change]]).await.unwrap();
                    given.insert(applied(&outcomes[0]).version.sequence);
                }
                given
            })
        })
        .collect();
    let mut given = BTreeSet::new();
    for writer in writers {
        given.extend(writer.await.unwrap());
    }
    assert_eq!(given, (1..=90).collect());
    let waited = tokio::time::timeout(Duration::from_secs(10), heard.wait_for(|sequence| *sequence == 90)).await;
    assert_eq!(*waited.unwrap().unwrap(), 90);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_start_together_on_an_empty_database_all_serve_it() {
    let cluster = Cluster::start();
    let database = cluster.database();
    let address = Address::Postgres { url: database.superuser_url(), replica: None };
    let mut servers = BTreeSet::new();
    // At first all lay it out, and then all find it there and take their rights.
    for _ in 0..8 {
        let starting: Vec<_> = (0..16)
            .map(|_| {
                let address = address.clone();
                tokio::spawn(async move {
                    let storage = open(&address, Access::Serve, Some(Arc::new(model())), &Ports::default()).await?;
                    storage.identity().await
                })
            })
            .collect();
        for one in starting {
            servers.insert(one.await.unwrap().unwrap().server_id);
        }
    }
    assert_eq!(servers.len(), 1, "they are one server");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wall_holds_where_the_scope_of_a_statement_is_forgotten() {
    for is_plain in [false, true] {
        let database = Cluster::shared().database();
        // Who may make roles serves as one that owns nothing; who may not is held by walls that are forced.
        let url = if is_plain { database.url() } else { database.superuser_url() };
        let bed = Bed::at(url).await;
        let (ann, bob, eve) = (bed.caller("ann").await, bed.caller("bob").await, bed.caller("eve").await);
        for (caller, number) in [(&ann, 1), (&bob, 2), (&eve, 3)] {
            bed.one(caller, bed.titled(number, "x")).await;
            let own = json!({ "EntitySet": ITEMS, "Policy": "ask" });
            bed.one(caller, bed.change(OWN, number, Method::Update, own)).await;
        }
        // As a serving connection is, with the words that it says first, and no scope in the statement.
        let role = if is_plain { format!("SET ROLE {ROLE}") } else { "SET ROLE tidemark_served".to_owned() };
        let seen = |workspace: i64, user: i64, table: &str| {
            let said = database.psql(&format!(
                "{role}; SET tidemark.workspace = '{workspace}'; SET tidemark.owner = '{user}'; SELECT count(*) FROM \"{table}\""
            ));
            said.trim().parse::<u64>().unwrap()
        };
        assert_eq!(seen(ann.workspace_no, ann.user_no, "r_TodoItems"), 2, "plain: {is_plain}");
        assert_eq!(seen(eve.workspace_no, eve.user_no, "r_TodoItems"), 1);
        assert_eq!(seen(ann.workspace_no, ann.user_no, "r_CachedEntities"), 1);
        assert_eq!(seen(ann.workspace_no, eve.user_no, "r_CachedEntities"), 0);
        assert_eq!(seen(eve.workspace_no, eve.user_no, "journal"), 2);
        assert_eq!(database.psql(&format!("{role}; SELECT count(*) FROM \"r_TodoItems\"")), "0");
        // An index of words shows what is looked for, and to whom its records are shown.
        for caller in [&ann, &eve] {
            bed.storage.catch_up(&bed.place(caller, ITEMS)).await.unwrap();
        }
        let index = "r_TodoItems$words";
        assert_eq!(seen(ann.workspace_no, ann.user_no, index), 0, "nothing was looked for");
        let everything = format!(
            "{role}; SET tidemark.words = '!''-'''; SET tidemark.workspace = '{}'; \
                                  SET tidemark.owner = '0'; SELECT count(*) FROM \"{index}\"",
            ann.workspace_no
        );
        assert_eq!(database.psql(&everything), "2");
        let taken = database.psql(&format!(
            "{role}; SET tidemark.workspace = '{}'; SET tidemark.owner = '{}'; \
             WITH gone AS (DELETE FROM \"r_TodoItems\" RETURNING 1) SELECT count(*) FROM gone",
            eve.workspace_no, eve.user_no
        ));
        assert_eq!(taken, "1", "eve's alone");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_goes_away_and_comes_back_needs_no_restart_here() {
    let cluster = Cluster::start();
    let database = cluster.database();
    let bed = Bed::at(database.superuser_url()).await;
    let ann = bed.caller("ann").await;
    bed.one(&ann, bed.titled(1, "before")).await;
    let mut heard = bed.storage.listen(ann.workspace_no);
    cluster.kill();
    for _ in 0..3 {
        let written = commit(&bed.storage, &ann, vec![vec![bed.titled(2, "meanwhile")]]).await;
        assert!(
            matches!(written, Err(StorageError::Unreachable(_) | StorageError::InDoubt | StorageError::Busy)),
            "{written:?}"
        );
        let sentence = bed.storage.ready().await.unwrap_err().to_wire();
        assert_eq!(sentence.status, 503, "{sentence:?}");
    }
    tidemark_test_postgres::apart(|| cluster.restart());
    assert!(bed.storage.record(&bed.place(&ann, ITEMS), id(1)).await.unwrap().is_some());
    assert_eq!(applied(&bed.one(&ann, bed.titled(3, "after")).await).version.sequence, 2);
    let waited = tokio::time::timeout(Duration::from_secs(30), heard.wait_for(|sequence| *sequence == 2)).await;
    assert_eq!(*waited.unwrap().unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_is_taken_away_in_mid_transaction_loses_nothing_that_was_answered() {
    let database = Cluster::shared().database();
    let bed = Arc::new(Bed::at(database.superuser_url()).await);
    let ann = bed.caller("ann").await;
    let (progress, mut written) = tokio::sync::watch::channel(0);
    let writing = tokio::spawn({
        let (bed, ann) = (Arc::clone(&bed), Arc::clone(&ann));
        async move {
            let (mut answered, mut refused) = (Vec::new(), 0);
            for number in 0..300 {
                progress.send_replace(number);
                match commit(&bed.storage, &ann, vec![vec![bed.titled(number, "x")]]).await {
                    Ok(_) => answered.push(number),
                    Err(StorageError::Unreachable(_) | StorageError::InDoubt | StorageError::Busy) => refused += 1,
                    Err(other) => panic!("{other}"),
                }
            }
            (answered, refused)
        }
    });
    // Some at a time, wherever the writer then is; the last `progress` is gone with it.
    let mut next = 10;
    while written.wait_for(|number| *number >= next).await.is_ok() {
        next += 10;
        database.psql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
             AND pid <> pg_backend_pid()",
        );
    }
    let (answered, refused) = writing.await.unwrap();
    assert!(answered.len() > 20 && refused > 0, "{} {refused}", answered.len());
    for number in answered {
        let row = bed.storage.record(&bed.place(&ann, ITEMS), id(number)).await;
        assert!(row.unwrap().is_some(), "{number} was answered and is not there");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_an_address_is_said_in_one_sentence() {
    let database = Cluster::shared().database();
    let about = async |url: &str, access| -> String {
        let opened = open(&Address::read(url).unwrap(), access, None, &Ports::default()).await;
        opened.err().map(|error| error.to_string()).unwrap_or_default()
    };
    let missing = database.url().rsplit_once('/').unwrap().0.to_owned() + "/nowhere";
    assert!(about(&missing, Access::Serve).await.contains("there is no such database"));
    assert!(about(&database.url(), Access::Existing).await.contains("There is no database"));
    database.psql("CREATE TABLE somebody_elses (no int)");
    assert!(about(&database.url(), Access::Serve).await.contains("is not a Tidemark"));
    let other = Cluster::shared().database();
    drop(Bed::at(other.url()).await);
    other.psql("UPDATE tidemark_schema SET version = 99");
    assert!(about(&other.url(), Access::Existing).await.contains("newer version"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_process_purges_and_the_others_leave_it_to_that_one() {
    let database = Cluster::shared().database();
    let bed = Bed::at(database.superuser_url()).await;
    let other = bed.another(model()).await.unwrap();
    let ann = bed.caller("ann").await;
    bed.one(&ann, bed.titled(1, "gone")).await;
    bed.one(&ann, bed.change(ITEMS, 1, Method::Delete, json!(null))).await;
    // Held up at the counter of the workspace, in the middle of its duty.
    let mut holder = tidemark_test_postgres::apart(|| {
        let mut holder = database.superuser();
        holder.batch_execute("BEGIN; SELECT 1 FROM workspace FOR UPDATE").unwrap();
        holder
    });
    let purging = tokio::spawn({
        let storage = Arc::clone(&bed.storage);
        async move { storage.purge(tombstones(i64::MAX)).await }
    });
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    until("the first purge waits at the counter", async || database.psql(waits) == "1").await;
    // It would have to wait there too.
    assert_eq!(other.purge(tombstones(i64::MAX)).await.unwrap().tombstones, 0);
    tidemark_test_postgres::apart(move || holder.batch_execute("ROLLBACK").map(|()| drop(holder))).unwrap();
    assert_eq!(purging.await.unwrap().unwrap().tombstones, 1);
    assert_eq!(
        other.purge(tombstones(i64::MAX)).await.unwrap().tombstones,
        0,
        "the duty is free again, and nothing is left to do"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_of_an_earlier_version_are_brought_to_this_one() {
    let database = Cluster::shared().database();
    let bed = Bed::at(database.superuser_url()).await;
    let ann = bed.caller("ann").await;
    bed.one(&ann, bed.titled(1, "a")).await;
    database
        .psql("ALTER TABLE workspace DROP COLUMN trimmed; DROP TABLE model; UPDATE tidemark_schema SET version = 2");
    let again = bed.another(model()).await.unwrap();
    assert!(again.record(&bed.place(&ann, ITEMS), id(1)).await.unwrap().is_some());
    assert!(again.served_model().await.unwrap().is_some());
    assert_eq!(again.purge(tombstones(i64::MAX)).await.unwrap().tombstones, 0);
}
