//! A PostgreSQL for tests: Debian's programs on a free port, in a folder that is thrown away.
//!
//! Owns: clusters, their databases, and taking a cluster down in the middle of something. Refuses: skipping where there
//! is none (it panics in one sentence), and durability: `fsync` is off.
//!
//! A cluster ends with its [`Cluster`], and with the process of the test whatever becomes of that (`process`).
//! `TIDEMARK_TEST_POSTGRES` may name a superuser's URL of a server that is there already; [`Cluster::shared`] uses it.

mod between;
mod installed;
mod process;
mod template;

pub use between::{Rewrite, between};

use installed::Installed;
use postgres::{Client, Config, NoTls, SimpleQueryMessage};
use process::{End, Process};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// The environment variable that names a superuser's URL of another server.
pub const OTHER_SERVER: &str = "TIDEMARK_TEST_POSTGRES";
/// A role that may sign in and nothing else; it owns the databases. Its password is its name.
pub const ROLE: &str = "tidemark_test";
/// The superuser of a cluster of ours; its password is its name.
pub const SUPERUSER: &str = "postgres";

/// Does what waits for a server on a thread of its own: a test may be in the middle of an asynchronous runtime, in which
/// the client of this crate does not run.
pub fn apart<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(work).join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
}

/// A PostgreSQL server.
#[derive(Debug)]
pub struct Cluster {
    place: Place,
    databases: AtomicU32,
}

#[derive(Debug)]
enum Place {
    /// Its superuser's settings.
    Elsewhere(Box<Config>),
    Here(Mutex<Process>),
}

impl Cluster {
    /// Returns the one cluster of this process: the server that [`OTHER_SERVER`] names, else one of its own.
    ///
    /// # Panics
    /// PostgreSQL is not installed or does not start.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(|| match std::env::var(OTHER_SERVER) {
            Ok(url) => Self::elsewhere(&url),
            Err(_) => Self::start(),
        })
    }

    /// Starts a cluster that nobody else uses, for tests that take it down.
    ///
    /// # Panics
    /// PostgreSQL is not installed or does not start.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a cluster with settings of `postgresql.conf`, such as `("max_connections", "5")`.
    ///
    /// # Panics
    /// PostgreSQL is not installed or does not start.
    pub fn start_with(settings: &[(&str, &str)]) -> Self {
        let process = Process::start(Installed::find(), settings);
        Self { place: Place::Here(Mutex::new(process)), databases: AtomicU32::new(0) }
    }

    /// Starts a replica that follows this server, on a port of its own. Replaying can be held up there with
    /// `pg_wal_replay_pause()`.
    ///
    /// # Panics
    /// The server is down, or is another than ours.
    pub fn replica(&self) -> Self {
        let (_, port) = self.address();
        let process = Process::follow(Installed::find(), port);
        Self { place: Place::Here(Mutex::new(process)), databases: AtomicU32::new(0) }
    }

    fn elsewhere(url: &str) -> Self {
        let config: Config = url.parse().unwrap_or_else(|e| panic!("{OTHER_SERVER} is no URL of PostgreSQL: {e}"));
        let cluster = Self { place: Place::Elsewhere(Box::new(config)), databases: AtomicU32::new(0) };
        // Several processes may do this at the same moment.
        cluster.run(&format!(
            "DO $$ BEGIN CREATE ROLE {ROLE} LOGIN PASSWORD '{ROLE}'; \
             EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        ));
        cluster
    }

    /// Creates an empty database that [`ROLE`] owns; it goes with what is returned.
    ///
    /// # Panics
    /// The cluster is down.
    pub fn database(&self) -> Database<'_> {
        let name = format!("test_{}_{}", std::process::id(), self.databases.fetch_add(1, Ordering::Relaxed));
        self.run(&format!("CREATE DATABASE {name} OWNER {ROLE} TEMPLATE template0 ENCODING 'UTF8'"));
        Database { cluster: self, name }
    }

    /// Returns the URL by which a role signs in to a database, its password being its name.
    pub fn url(&self, role: &str, database: &str) -> String {
        let (host, port) = self.address();
        format!("postgres://{role}:{role}@{host}:{port}/{database}")
    }

    /// Returns host and port.
    pub fn address(&self) -> (String, u16) {
        match &self.place {
            Place::Here(_) => ("127.0.0.1".to_owned(), self.here().port()),
            Place::Elsewhere(config) => {
                let host = config.get_hosts().iter().find_map(|host| match host {
                    postgres::config::Host::Tcp(name) => Some(name.clone()),
                    postgres::config::Host::Unix(_) => None,
                });
                let port = config.get_ports().first().copied().unwrap_or(5432);
                (host.unwrap_or_else(|| panic!("{OTHER_SERVER} names no host")), port)
            }
        }
    }

    /// Signs in to a database as superuser.
    ///
    /// # Panics
    /// The cluster is down.
    pub fn superuser(&self, database: &str) -> Client {
        let config = match &self.place {
            Place::Elsewhere(config) => config.clone().dbname(database).to_owned(),
            Place::Here(_) => self.url(SUPERUSER, database).parse().expect("it is a URL"),
        };
        config.connect(NoTls).unwrap_or_else(|e| panic!("PostgreSQL takes no connection: {e}\n{}", self.log()))
    }

    /// Runs SQL in a database as a superuser and returns the first column of what it says, a line each.
    ///
    /// # Panics
    /// The server refuses it.
    pub fn psql(&self, database: &str, sql: &str) -> String {
        let said = apart(|| self.superuser(database).simple_query(sql));
        let said = said.unwrap_or_else(|e| panic!("PostgreSQL refused {sql}: {e:?}"));
        let line = |message: &SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(ToOwned::to_owned),
            _ => None,
        };
        said.iter().filter_map(line).collect::<Vec<_>>().join("\n")
    }

    /// Ends the server in good order, as a restart or an upgrade does: who is connected is told.
    pub fn stop(&self) {
        self.here().end(End::Stop);
    }

    /// Kills every process of the server at once, as a power cut does.
    pub fn kill(&self) {
        self.here().end(End::Kill);
    }

    /// Starts the server again on the same port, after [`stop`](Self::stop) or [`kill`](Self::kill) or by itself.
    ///
    /// # Panics
    /// It does not start.
    pub fn restart(&self) {
        let mut here = self.here();
        here.end(End::Stop);
        here.begin();
    }

    /// Returns what the server has written to its log.
    pub fn log(&self) -> String {
        if let Place::Here(_) = self.place { self.here().log() } else { String::new() }
    }

    fn run(&self, sql: &str) {
        let done = apart(|| self.superuser("postgres").batch_execute(sql));
        done.unwrap_or_else(|e| panic!("PostgreSQL refused {sql}: {e:?}"));
    }

    fn here(&self) -> MutexGuard<'_, Process> {
        match &self.place {
            Place::Here(process) => process.lock().unwrap_or_else(PoisonError::into_inner),
            Place::Elsewhere(_) => panic!("A server that {OTHER_SERVER} names is not taken down: use Cluster::start"),
        }
    }
}

/// A database of a test.
#[derive(Debug)]
pub struct Database<'c> {
    cluster: &'c Cluster,
    name: String,
}

impl Database<'_> {
    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the URL for [`ROLE`], which owns the database.
    pub fn url(&self) -> String {
        self.cluster.url(ROLE, &self.name)
    }

    /// Returns a superuser's URL.
    pub fn superuser_url(&self) -> String {
        self.cluster.url(SUPERUSER, &self.name)
    }

    /// Runs SQL as a superuser and returns the first column of what it says, a line each.
    ///
    /// # Panics
    /// The server refuses it.
    pub fn psql(&self, sql: &str) -> String {
        self.cluster.psql(&self.name, sql)
    }

    /// Signs in as [`ROLE`].
    ///
    /// # Panics
    /// The cluster is down.
    pub fn connect(&self) -> Client {
        Client::connect(&self.url(), NoTls).unwrap_or_else(|e| panic!("PostgreSQL takes no connection: {e}"))
    }

    /// Signs in as superuser.
    ///
    /// # Panics
    /// The cluster is down.
    pub fn superuser(&self) -> Client {
        self.cluster.superuser(&self.name)
    }
}

impl Drop for Database<'_> {
    fn drop(&mut self) {
        // A cluster of ours goes with all it has.
        if let Place::Elsewhere(config) = &self.cluster.place {
            apart(|| {
                if let Ok(mut client) = config.connect(NoTls) {
                    let _ = client.batch_execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
                }
            });
        }
    }
}
