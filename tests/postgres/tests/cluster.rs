//! The cluster for tests does what it says, and leaves nothing behind.

use postgres::{Client, NoTls};
use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;
use tidemark_test_postgres::{Cluster, ROLE};

#[test]
fn a_database_belongs_to_a_plain_role() {
    let database = Cluster::shared().database();
    let mut client = database.connect();
    client.batch_execute("CREATE TABLE t (n bigint); INSERT INTO t VALUES (1)").unwrap();
    let row = client.query_one("SELECT current_user::text, rolsuper FROM pg_roles WHERE rolname = current_user", &[]);
    let row = row.unwrap();
    assert_eq!((row.get::<_, &str>(0), row.get::<_, bool>(1)), (ROLE, false));
    let other = Cluster::shared().database();
    assert!(other.connect().query("SELECT * FROM t", &[]).is_err());
    let wrong = database.url().replace(&format!(":{ROLE}@"), ":wrong@");
    assert!(Client::connect(&wrong, NoTls).is_err());
}

#[test]
fn what_was_committed_is_there_after_a_stop_and_after_a_kill() {
    let cluster = Cluster::start();
    let database = cluster.database();
    let mut client = database.connect();
    client.batch_execute("CREATE TABLE t (n bigint); INSERT INTO t VALUES (1)").unwrap();
    cluster.stop();
    assert!(client.batch_execute("SELECT 1").is_err() && Client::connect(&database.url(), NoTls).is_err());
    cluster.restart();
    let mut client = database.connect();
    client.batch_execute("INSERT INTO t VALUES (2)").unwrap();
    client.batch_execute("BEGIN; INSERT INTO t VALUES (3)").unwrap();
    cluster.kill();
    assert!(client.batch_execute("COMMIT").is_err());
    cluster.restart();
    let count: i64 = database.connect().query_one("SELECT count(*) FROM t", &[]).unwrap().get(0);
    assert_eq!(count, 2);
}

#[test]
fn settings_hold() {
    let cluster = Cluster::start_with(&[("max_connections", "7")]);
    let most: String = cluster.superuser("postgres").query_one("SHOW max_connections", &[]).unwrap().get(0);
    assert_eq!(most, "7");
}

const OWNER: &str = "TIDEMARK_TEST_POSTGRES_OWNER";

/// The process that the next test kills.
#[test]
fn owner() {
    if std::env::var_os(OWNER).is_some() {
        let cluster = Cluster::start();
        let folder: String = cluster.superuser("postgres").query_one("SHOW data_directory", &[]).unwrap().get(0);
        println!("\n{} {folder}", cluster.address().1);
        // Until it is killed, or whoever would kill it is gone.
        std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).unwrap();
    }
}

#[test]
fn a_killed_test_leaves_no_server_and_no_folder() {
    let mut owner = Command::new(std::env::current_exe().unwrap());
    owner.args(["--exact", "owner", "--nocapture"]).env(OWNER, "1").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut owner = owner.spawn().unwrap();
    let lines = BufReader::new(owner.stdout.take().unwrap()).lines().map_while(Result::ok);
    let (port, folder) = lines
        .filter_map(|line| {
            let (port, folder) = line.split_once(' ')?;
            Some((port.parse::<u16>().ok()?, PathBuf::from(folder)))
        })
        .next()
        .unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).is_ok() && folder.exists());
    owner.kill().unwrap();
    owner.wait().unwrap();
    let is_gone = || TcpStream::connect(("127.0.0.1", port)).is_err() && !folder.exists();
    assert!((0..600).any(|_| is_gone() || {
        pause();
        false
    }));
}

#[expect(clippy::disallowed_methods, reason = "between two looks at a process that ends by the machine's clock")]
fn pause() {
    std::thread::sleep(Duration::from_millis(50));
}
