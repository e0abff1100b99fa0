//! A device: one `--data-dir`, driven by the commands of DESIGN section 6.

use crate::programs::program;
use serde_json::Value;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// What a command came to.
#[derive(Debug)]
pub struct Ran {
    /// The exit status.
    pub code: i32,
    /// The document on stdout; null where there was none.
    pub json: Value,
    /// What stood on stderr.
    pub errors: String,
}

impl Ran {
    /// Returns the document of a command that must have succeeded.
    ///
    /// # Panics
    /// When it did not.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert_eq!(self.code, 0, "stderr: {} stdout: {}", self.errors, self.json);
        self.json
    }

    /// Returns the sentence of a command that must have failed with exit status 1.
    ///
    /// # Panics
    /// When it did not, or said more than one sentence's line.
    #[track_caller]
    pub fn refused(self) -> String {
        assert_eq!(self.code, 1, "stderr: {} stdout: {}", self.errors, self.json);
        assert_eq!(self.errors.trim().lines().count(), 1, "one plain sentence: {}", self.errors);
        self.errors.trim().to_owned()
    }
}

/// A data dir and the account on it.
pub struct Device {
    dir: TempDir,
}

impl Default for Device {
    fn default() -> Self {
        Self::blank()
    }
}

impl Device {
    /// Makes a device that nobody has signed in on.
    pub fn blank() -> Self {
        Self { dir: tempfile::tempdir().expect("a temporary folder") }
    }

    /// Makes a device signed in as a user (see `Server::add_user`), with entity sets kept offline and synced once.
    pub fn signed_in(server: &str, user: &str, sets: &[&str]) -> Self {
        let device = Self::blank();
        device.sign_in(server, user);
        for set in sets {
            device.run(&["entities", "on", set]).ok();
        }
        device.sync();
        device
    }

    /// Returns the data dir.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Signs in with the user's password.
    pub fn sign_in(&self, server: &str, user: &str) {
        self.run_with(&["sign-in", server, "--user", user], &format!("{user}-secret\n")).ok();
    }

    /// Makes the command without running it.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("tidemark"));
        command.arg("--data-dir").arg(self.dir.path()).args(arguments).arg("--json");
        command
    }

    /// Runs a command with `--json`.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, "")
    }

    /// Runs a command with `--json` and text on stdin.
    pub fn run_with(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command(arguments);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        // A command that reads nothing may have ended by now.
        let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
        let output = child.wait_with_output().expect("it ends");
        Ran {
            code: output.status.code().unwrap_or(-1),
            json: serde_json::from_slice(&output.stdout).unwrap_or(Value::Null),
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Starts a command and leaves it running.
    pub fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts")
    }

    /// Runs a cycle that must go through, and returns its report.
    #[track_caller]
    pub fn sync(&self) -> Value {
        let report = self.run(&["sync"]).ok();
        assert_eq!(report["outcome"], "synced", "{report}");
        report
    }

    /// Adds a record and returns its id.
    #[track_caller]
    pub fn add(&self, set: &str, record: &Value) -> String {
        let added = self.run(&["add", set, &record.to_string()]).ok();
        added["Id"].as_str().expect("a record has an id").to_owned()
    }

    /// Edits a record.
    #[track_caller]
    pub fn edit(&self, set: &str, id: &str, changes: &Value) -> Value {
        self.run(&["edit", set, id, &changes.to_string()]).ok()
    }

    /// Reads a record.
    #[track_caller]
    pub fn get(&self, set: &str, id: &str) -> Value {
        self.run(&["get", set, id]).ok()
    }

    /// Reads all records of a set, ordered by id.
    #[track_caller]
    pub fn list(&self, set: &str) -> Vec<Value> {
        let mut records = self.run(&["list", set]).ok().as_array().cloned().expect("list is an array");
        records.sort_by_key(|record| record["Id"].to_string());
        records
    }

    /// Copies the data dir, as a backup of the laptop does.
    pub fn image(&self) -> TempDir {
        let image = tempfile::tempdir().expect("a temporary folder");
        copy_files(self.dir.path(), image.path());
        image
    }

    /// Puts a copy of the data dir in its place.
    pub fn put_back(&self, image: &TempDir) {
        for entry in std::fs::read_dir(self.dir.path()).expect("a folder").flatten() {
            std::fs::remove_file(entry.path()).expect("a file of nobody");
        }
        copy_files(image.path(), self.dir.path());
    }

    /// Returns the status document.
    #[track_caller]
    pub fn status(&self) -> Value {
        self.run(&["status"]).ok()
    }

    /// Returns the open conflicts.
    #[track_caller]
    pub fn conflicts(&self) -> Vec<Value> {
        self.run(&["conflicts"]).ok().as_array().cloned().expect("conflicts is an array")
    }

    /// Returns the records of a set as the server would show them: without what only this device knows.
    #[track_caller]
    pub fn shared(&self, set: &str) -> Vec<Value> {
        self.list(set)
            .into_iter()
            .map(|mut record| {
                let object = record.as_object_mut().expect("a record is an object");
                object.retain(|name, _| !name.starts_with('@') && name != "_Mark");
                assert_eq!(object.remove("_State"), Some("none".into()), "{record}");
                record
            })
            .collect()
    }
}

fn copy_files(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        std::fs::copy(entry.path(), to.join(entry.file_name())).expect("a copy");
    }
}
