//! A real `tidemark-server` on a database of its own.

use crate::programs::program;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A running server; it is killed when dropped.
pub struct Server {
    dir: TempDir,
    database: String,
    /// Kept, so that it goes with the server.
    _postgres: Option<tidemark_test_postgres::Database<'static>>,
    child: Child,
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    model: Option<PathBuf>,
}

impl Server {
    /// Starts a server with the default model and the users ana and ben in workspace `field`.
    pub fn start() -> Self {
        Self::start_with_model(None)
    }

    /// Starts a server with a model file.
    pub fn start_with_model(model: Option<&str>) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let database = match std::env::var("TIDEMARK_TEST_ON").as_deref() {
            Ok("postgres") => {
                let database = tidemark_test_postgres::Cluster::shared().database();
                let url = database.superuser_url();
                return Self::start_in(dir, url, Some(database), model);
            }
            Ok("sqlite") | Err(_) => on_file(&dir),
            Ok(other) => panic!("TIDEMARK_TEST_ON is sqlite or postgres, not {other}"),
        };
        Self::start_in(dir, database, None, model)
    }

    /// Starts a server with the default model on SQLite, for what is true of a file alone: its backup, its copies.
    pub fn start_on_a_file() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let database = on_file(&dir);
        Self::start_in(dir, database, None, None)
    }

    /// Starts a server with the default model on a database that the caller has made.
    pub fn start_at(database: String) -> Self {
        Self::start_in(tempfile::tempdir().expect("a temporary folder"), database, None, None)
    }

    /// Starts one more process on the same database.
    pub fn beside(&self) -> Self {
        let (child, url) = serve(&self.database, "127.0.0.1:0", self.model.as_deref());
        let dir = tempfile::tempdir().expect("a temporary folder");
        Self { dir, database: self.database.clone(), _postgres: None, child, url, model: self.model.clone() }
    }

    fn start_in(
        dir: TempDir,
        database: String,
        postgres: Option<tidemark_test_postgres::Database<'static>>,
        model: Option<&str>,
    ) -> Self {
        let model = model.map(|text| {
            let path = dir.path().join("model.json");
            std::fs::write(&path, text).expect("the model is written");
            path
        });
        let (child, url) = serve(&database, "127.0.0.1:0", model.as_deref());
        let server = Self { dir, database, _postgres: postgres, child, url, model };
        server.add_user("ana", "field");
        server.add_user("ben", "field");
        server
    }

    /// Starts a server with the default model on a copy of another's database.
    pub fn start_on_copy(template: &Path) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        std::fs::copy(template, dir.path().join("server.db")).expect("the database is copied");
        let database = on_file(&dir);
        let (child, url) = serve(&database, "127.0.0.1:0", None);
        Self { dir, database, _postgres: None, child, url, model: None }
    }

    /// Returns the database file.
    ///
    /// # Panics
    /// The server is not on a file.
    pub fn database(&self) -> PathBuf {
        assert!(self.database.starts_with("sqlite:"), "this needs Server::start_on_a_file");
        self.dir.path().join("server.db")
    }

    /// Returns a path in the server's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Returns the process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Runs an admin command and returns what it prints.
    pub fn admin(&self, arguments: &[&str], input: &str) -> String {
        let mut command = Command::new(program("tidemark-server"));
        command.args(arguments).args(["--database", &self.database]);
        if let Some(model) = &self.model {
            command.env("TIDEMARK_MODEL", model);
        }
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {errors}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Adds a user whose password is the name followed by `-secret`.
    pub fn add_user(&self, name: &str, workspace: &str) {
        self.admin(&["user", "add", name, "--workspace", workspace], &format!("{name}-secret\n"));
    }

    /// Makes a token for a user.
    pub fn token(&self, name: &str) -> String {
        self.admin(&["token", "create", name], "")
    }

    /// Kills the server as `kill -9` does.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts the server again on the same address and database, after [`Server::kill`].
    pub fn revive(&mut self) {
        let address = self.url.trim_start_matches("http://").to_owned();
        let (child, url) = serve(&self.database, &address, self.model.as_deref());
        assert_eq!(url, self.url);
        self.child = child;
    }

    /// Starts the server again with another model file.
    pub fn remodel(&mut self, model: &str) {
        self.kill();
        let path = self.dir.path().join("model.json");
        std::fs::write(&path, model).expect("the model is written");
        self.model = Some(path);
        self.revive();
    }

    /// Returns the peak memory of the process in kilobytes, as the system counts it.
    pub fn peak_memory_kb(&self) -> u64 {
        peak_memory_kb(self.child.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Returns `VmHWM` of a process, in kilobytes.
pub(crate) fn peak_memory_kb(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn serve(database: &str, listen: &str, model: Option<&Path>) -> (Child, String) {
    let mut command = Command::new(program("tidemark-server"));
    command.args(["serve", "--listen", listen, "--database", database]);
    if let Some(model) = model {
        command.arg("--model").arg(model);
    }
    let mut child = command.stdout(Stdio::piped()).spawn().expect("the server starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("it says that it listens");
    let url = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("not ready: {line:?}")).to_owned();
    (child, url)
}

fn on_file(dir: &TempDir) -> String {
    format!("sqlite:{}", dir.path().join("server.db").display())
}

/// Returns the value of a JSON pointer; null where there is none.
pub(crate) fn pointer(json: &Value, path: &str) -> Value {
    json.pointer(path).cloned().unwrap_or(Value::Null)
}
