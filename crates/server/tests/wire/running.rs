//! A server process of its own for each test, in a folder that goes away with it.

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;
use tidemark_test_postgres::{Cluster, Database, apart};

/// The binary under test.
const SERVER: &str = env!("CARGO_BIN_EXE_tidemark-server");

/// An answer, read whole.
pub(crate) struct Got {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Got {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    /// Checks that this is the one error body with this code.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> Value {
        let error = self.is(status).json()["error"].clone();
        assert_eq!(error["code"], code, "{error}");
        assert!(!error["message"].as_str().unwrap().is_empty());
        error
    }
}

/// A server process.
pub(crate) struct Running {
    pub(crate) folder: TempDir,
    child: Option<Child>,
    pub(crate) root: String,
    pub(crate) token: String,
    pub(crate) client: Client,
    postgres: Option<Database<'static>>,
    address: Option<String>,
}

/// Somebody else's transaction.
pub(crate) struct Held(Box<dyn std::any::Any + Send>);

impl Held {
    /// Ends it, with nothing written.
    pub(crate) fn release(self) {
        apart(move || drop(self.0));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Running {
    /// Starts a server with the user `ann` in the workspace `one`.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts on SQLite, for what is true of a file alone.
    pub(crate) async fn start_on_a_file() -> Self {
        Self::stopped_on_a_file().with_ann(&[])
    }

    pub(crate) async fn start_with(flags: &[&str]) -> Self {
        Self::stopped().with_ann(flags)
    }

    fn with_ann(mut self, flags: &[&str]) -> Self {
        self.add_user("ann", "one");
        self.token = self.new_token("ann");
        self.serve(flags);
        self
    }

    /// Makes ready without starting, on the database that `TIDEMARK_TEST_ON` names.
    pub(crate) fn stopped() -> Self {
        let postgres = match std::env::var("TIDEMARK_TEST_ON").as_deref() {
            Ok("postgres") => Some(Cluster::shared().database()),
            Ok("sqlite") | Err(_) => None,
            Ok(other) => panic!("TIDEMARK_TEST_ON is sqlite or postgres, not {other}"),
        };
        let mut running = Self::stopped_on_a_file();
        running.postgres = postgres;
        running
    }

    /// Makes ready on SQLite, for what is true of a file alone.
    pub(crate) fn stopped_on_a_file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { folder, child: None, root: String::new(), token: String::new(), client, postgres: None, address: None }
    }

    /// Makes ready on a database that the test has made.
    pub(crate) fn stopped_at(address: String) -> Self {
        let mut running = Self::stopped_on_a_file();
        running.address = Some(address);
        running
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn database(&self) -> String {
        if let Some(address) = &self.address {
            return address.clone();
        }
        let file = || format!("sqlite:{}", self.file("server.db").display());
        self.postgres.as_ref().map_or_else(file, |database| database.superuser_url())
    }

    pub(crate) fn serve(&mut self, flags: &[&str]) {
        let (child, root) = self.try_serve(flags).unwrap_or_else(|output| panic!("{output:?}"));
        self.child = Some(child);
        self.root = root;
    }

    /// Starts serving; what the process said where it ended instead.
    pub(crate) fn try_serve(&self, flags: &[&str]) -> Result<(Child, String), Output> {
        let mut child = Command::new(SERVER)
            .args(["serve", "--listen", "127.0.0.1:0", "--database", &self.database()])
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        match line.trim_end().strip_prefix("listening on ") {
            Some(root) => {
                // Nobody reads the log, so it must not fill its pipe.
                let log = child.stderr.take().unwrap();
                std::thread::spawn(move || BufReader::new(log).lines().for_each(drop));
                Ok((child, root.to_owned()))
            }
            None => Err(child.wait_with_output().unwrap()),
        }
    }

    /// The most memory that the process had at any moment, in bytes.
    pub(crate) fn peak_memory(&self) -> u64 {
        let id = self.child.as_ref().unwrap().id();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
    }

    /// Kills the process as a power cut would, in whatever it is doing, and returns when it is gone.
    pub(crate) fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Writes something that is not committed, so that nobody else's write is until it is released.
    pub(crate) fn hold_writes(&self) -> Held {
        match &self.postgres {
            Some(database) => {
                let mut other = apart(|| database.superuser());
                apart(|| other.batch_execute("BEGIN; LOCK TABLE workspace IN EXCLUSIVE MODE")).unwrap();
                Held(Box::new(other))
            }
            None => {
                let other = rusqlite::Connection::open(self.file("server.db")).unwrap();
                other.execute_batch("BEGIN IMMEDIATE").unwrap();
                Held(Box::new(other))
            }
        }
    }

    /// Asks the process to stop and waits; returns its exit status.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        let mut child = self.child.take()?;
        let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        child.wait().unwrap().code()
    }

    /// Runs another command on the same database.
    pub(crate) fn command(&self, arguments: &[&str], stdin: &str) -> Output {
        let mut child = Command::new(SERVER)
            .args(arguments)
            .args(["--database", &self.database()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that refuses before it reads leaves a broken pipe.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        child.wait_with_output().unwrap()
    }

    #[track_caller]
    pub(crate) fn succeeds(&self, arguments: &[&str], stdin: &str) -> String {
        let output = self.command(arguments, stdin);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    #[track_caller]
    pub(crate) fn fails(&self, arguments: &[&str], stdin: &str, status: i32) -> String {
        let output = self.command(arguments, stdin);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    pub(crate) fn add_user(&self, name: &str, workspace: &str) {
        self.succeeds(&["user", "add", name, "--workspace", workspace], &format!("{name}-password\n"));
    }

    pub(crate) fn new_token(&self, name: &str) -> String {
        self.succeeds(&["token", "create", name], "").trim().to_owned()
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.request_as(&self.token, method, path)
    }

    pub(crate) fn request_as(&self, token: &str, method: &str, path: &str) -> RequestBuilder {
        self.bare(method, path).bearer_auth(token)
    }

    pub(crate) fn bare(&self, method: &str, path: &str) -> RequestBuilder {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.root) };
        self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), url)
    }

    pub(crate) async fn get(&self, path: &str) -> Got {
        send(self.request("GET", path)).await
    }

    pub(crate) async fn write(&self, method: &str, path: &str, body: &Value) -> Got {
        send(self.request(method, path).json(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Got {
        send(self.request("DELETE", path)).await
    }

    /// Sends a batch with continue-on-error and returns its answers.
    #[track_caller]
    pub(crate) fn batch(&self, parts: Value) -> impl Future<Output = Vec<Value>> + use<> {
        let request = self.request("POST", "/odata/$batch").header("Prefer", "odata.continue-on-error");
        let request = request.json(&json!({ "requests": parts }));
        async move { send(request).await.is(200).json()["responses"].as_array().unwrap().clone() }
    }

    /// Makes a task and returns its id.
    pub(crate) async fn task(&self, number: u32, title: &str) -> String {
        let id = id(number);
        self.write("POST", "/odata/TodoItems", &json!({ "Id": id, "Title": title })).await.is(201);
        id
    }

    pub(crate) fn model_file(&self, change: impl FnOnce(&mut Value)) -> String {
        let default = include_str!("../../../model/entities.csdl.json");
        let mut model: Value = serde_json::from_str(default).unwrap();
        change(&mut model);
        let path = self.file("model.json");
        std::fs::write(&path, serde_json::to_string_pretty(&model).unwrap()).unwrap();
        path.display().to_string()
    }
}

pub(crate) async fn send(request: RequestBuilder) -> Got {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    assert!(headers.contains_key("tidemark-server"), "{status}");
    if response.url().path().starts_with("/odata") {
        assert!(headers.contains_key("odata-version"), "{status}");
    }
    Got { status, headers, text: response.text().await.unwrap() }
}

pub(crate) fn id(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}

pub(crate) fn task_url(id: &str) -> String {
    format!("/odata/TodoItems({id})")
}

/// Follows next links to the end; returns all records and the last page.
pub(crate) async fn follow(running: &Running, first: &str, prefer: &str) -> (Vec<Value>, Value) {
    let mut url = first.to_owned();
    let mut all = Vec::new();
    loop {
        let page = send(running.request("GET", &url).header("Prefer", prefer)).await.is(200).json();
        all.extend(page["value"].as_array().unwrap().clone());
        match page["@odata.nextLink"].as_str() {
            Some(next) => url = next.to_owned(),
            None => return (all, page),
        }
    }
}

pub(crate) fn path_text(path: &Path) -> &str {
    path.to_str().unwrap()
}
