//! A PostgreSQL of one's own for tests: Debian's package, on a free port, in a folder that goes away.
//!
//! Owns: starting it, databases in it, and taking it away again, also where the test is killed: a small shell holds the
//! server, and ends it when the pipe from the test closes. Refuses: skipping: where PostgreSQL is not installed a test
//! fails and says so. `TIDEMARK_TEST_POSTGRES=postgres://…` names one that runs already, by a superuser's address;
//! `cargo xtask test` starts one for all tests.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The variable that names a server that runs already.
pub const VARIABLE: &str = "TIDEMARK_TEST_POSTGRES";

/// A server.
#[derive(Debug)]
pub struct Cluster {
    url: String,
    port: u16,
    folder: Option<TempDir>,
    keeper: Option<Child>,
}

/// A database in a server, empty at first.
#[derive(Clone, Debug)]
pub struct Database {
    /// Its owner's address: no superuser, but one who may make roles.
    pub url: String,
    /// A superuser's address.
    pub superuser_url: String,
    /// The address of a user who owns it and may make no role.
    pub plain_url: String,
}

/// Returns an empty database on the server that the tests of this process share.
///
/// # Panics
/// PostgreSQL is not installed, or does not start.
pub fn database() -> Database {
    static SHARED: OnceLock<Cluster> = OnceLock::new();
    SHARED.get_or_init(Cluster::shared).database()
}

fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions.map(|version| version.path().join("bin")).filter(|bin| bin.join("initdb").exists()).max();
    newest.expect("PostgreSQL is not installed: apt-get install postgresql, or run `cargo xtask test` once")
}

/// Makes a command that runs as somebody who is not root, which PostgreSQL refuses.
fn unprivileged(program: &Path) -> Command {
    if Path::new("/root").metadata().is_ok() && std::fs::read_dir("/root").is_ok() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]).arg(program);
        return command;
    }
    Command::new(program)
}

fn must(mut command: Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

impl Cluster {
    fn shared() -> Self {
        match std::env::var(VARIABLE) {
            Ok(url) => {
                let port = url.rsplit(':').next().and_then(|rest| rest.split('/').next()?.parse().ok()).unwrap_or(5432);
                Self { url, port, folder: None, keeper: None }
            }
            Err(_) => Self::start(),
        }
    }

    /// Starts a server of one's own.
    ///
    /// # Panics
    /// PostgreSQL is not installed, or does not start.
    pub fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("tidemark-postgres").tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let mut open = Command::new("chmod");
        open.arg("755").arg(folder.path());
        must(open);
        if std::fs::read_dir("/root").is_ok() {
            let mut give = Command::new("chown");
            give.arg("postgres").arg(folder.path()).arg(&data);
            must(give);
        }
        let mut initdb = unprivileged(&programs().join("initdb"));
        initdb.args(["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "-D"]);
        initdb.arg(&data);
        must(initdb);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
        let mut cluster = Self { url, port, folder: Some(folder), keeper: None };
        cluster.run();
        let roles = "CREATE ROLE tidemark LOGIN CREATEROLE; CREATE ROLE plain LOGIN";
        cluster.psql("postgres", roles);
        cluster
    }

    /// Starts the server, after [`Cluster::stop`] or [`Cluster::kill`].
    ///
    /// # Panics
    /// It does not start.
    pub fn run(&mut self) {
        let folder = self.folder.as_ref().expect("a server of one's own").path();
        let server = unprivileged(&programs().join("postgres"));
        let mut words: Vec<String> = vec![server.get_program().to_string_lossy().into_owned()];
        words.extend(server.get_args().map(|word| word.to_string_lossy().into_owned()));
        words.extend(["-D".into(), folder.join("data").display().to_string(), "-p".into(), self.port.to_string()]);
        words.extend(["-k".into(), folder.display().to_string()]);
        // What these tests show is not what the disk does.
        for setting in ["fsync=off", "full_page_writes=off", "listen_addresses=127.0.0.1", "max_connections=300"] {
            words.extend(["-c".into(), setting.into()]);
        }
        let script = "\"$@\" 2>&1 & server=$!; cat <&3 >/dev/null; kill -INT $server; wait $server";
        let mut keeper = Command::new("sh")
            .args(["-c", &format!("exec 3<&0; {script}"), "keeper"])
            .args(&words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // Its log says when it is ready; then nobody reads on, so it is read to the end by a thread.
        let mut log = BufReader::new(keeper.stdout.take().unwrap());
        let (mut so_far, started) = (String::new(), Instant::now());
        loop {
            let before = so_far.len();
            let read = log.read_line(&mut so_far).unwrap();
            assert!(read > 0 && started.elapsed() < Duration::from_secs(60), "PostgreSQL did not start:\n{so_far}");
            if so_far[before..].contains("database system is ready") {
                break;
            }
        }
        std::thread::spawn(move || log.lines().for_each(drop));
        self.keeper = Some(keeper);
    }

    /// Stops the server as its operator would; connections are broken.
    pub fn stop(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            drop(keeper.stdin.take());
            keeper.wait().unwrap();
        }
    }

    /// Ends the server as a power cut would.
    ///
    /// # Panics
    /// It does not run.
    pub fn kill(&mut self) {
        let data = self.folder.as_ref().expect("a server of one's own").path().join("data/postmaster.pid");
        let id = std::fs::read_to_string(data).unwrap().lines().next().unwrap().to_owned();
        let mut kill = Command::new("kill");
        kill.args(["-KILL", &id]);
        must(kill);
        self.stop();
    }

    /// Returns a superuser's address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Runs SQL as a superuser.
    ///
    /// # Panics
    /// The server refuses it.
    pub fn psql(&self, database: &str, sql: &str) -> String {
        let mut psql = Command::new(programs().join("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", &self.at("postgres", database), "-c", sql]);
        String::from_utf8(must(psql).stdout).unwrap()
    }

    fn at(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}@127.0.0.1:{}/{database}", self.port)
    }

    /// Makes an empty database.
    ///
    /// # Panics
    /// The server refuses it.
    pub fn database(&self) -> Database {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("t{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        self.psql("postgres", &format!("CREATE DATABASE {name} OWNER tidemark"));
        self.psql(&name, "GRANT ALL ON SCHEMA public TO tidemark, plain");
        Database {
            url: self.at("tidemark", &name),
            superuser_url: self.at("postgres", &name),
            plain_url: self.at("plain", &name),
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Database {
    /// Runs SQL in the database as a superuser.
    ///
    /// # Panics
    /// The server refuses it.
    pub fn psql(&self, sql: &str) -> String {
        let mut psql = Command::new(programs().join("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", &self.superuser_url, "-c", sql]);
        String::from_utf8(must(psql).stdout).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_starts_stops_is_killed_and_goes_away() {
        let mut cluster = Cluster::start();
        let database = cluster.database();
        assert_eq!(database.psql("SELECT 1 + 1"), "2\n");
        cluster.kill();
        cluster.run();
        assert_eq!(database.psql("SELECT current_user"), "postgres\n");
        let folder = cluster.folder.as_ref().unwrap().path().to_owned();
        drop(cluster);
        assert!(!folder.exists());
    }
}
