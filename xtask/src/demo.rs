//! The demo's server and its device, through the commands of DESIGN section 6.
//!
//! Owns: `target/demo`. Refuses: sample records: `tidemark-server serve --demo` makes them, and the account.

use crate::programs::{built, command, root, target, words};
use anyhow::{Context, Result, bail};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long the server may take to stop before it is ended.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running server on a fresh database; it is stopped when dropped.
pub(crate) struct Server {
    child: Child,
    url: String,
}

impl Server {
    /// The account that `--demo` makes.
    pub(crate) const USER: &str = "demo";
    /// Its password.
    pub(crate) const PASSWORD: &str = "demo";

    /// Starts it and waits until it is ready.
    pub(crate) fn start() -> Result<Self> {
        let dir = target()?.join("demo");
        if dir.exists() {
            fs::remove_dir_all(&dir).with_context(|| format!("{} cannot be emptied", dir.display()))?;
        }
        fs::create_dir_all(&dir).with_context(|| format!("{} cannot be made", dir.display()))?;
        let log = dir.join("server.log");
        let database = format!("sqlite:{}", dir.join("server.db").display());
        let mut serve = command(built("debug", "tidemark-server")?, &["serve", "--listen", "127.0.0.1:0", "--demo"]);
        serve.args(["--database", &database]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(&log)?);
        let mut child = serve.spawn().context("The server cannot be started")?;
        let mut lines = BufReader::new(child.stdout.take().context("The server has no stdout")?).lines();
        let url = lines.by_ref().map_while(Result::ok).find_map(|line| address(&line));
        let Some(url) = url else {
            let _ = child.kill();
            let status = child.wait()?;
            let said = fs::read_to_string(&log).unwrap_or_default();
            bail!("The server did not start ({status}): {}", said.trim());
        };
        // Whatever it prints later must not fill the pipe.
        thread::spawn(move || lines.for_each(drop));
        Ok(Self { child, url })
    }

    /// Returns `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Asked first, so that it closes its database.
        let _ = Command::new("kill").arg(self.child.id().to_string()).stderr(Stdio::null()).status();
        let deadline = Instant::now() + PATIENCE;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(50));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A data dir that is signed in and keeps every entity set offline.
pub(crate) struct Device {
    data_dir: PathBuf,
}

impl Device {
    /// Makes it beside the server's database.
    pub(crate) fn signed_in(server: &Server) -> Result<Self> {
        let device = Self { data_dir: target()?.join("demo").join("device") };
        device.tidemark(&["sign-in", server.url(), "--user", Server::USER], Server::PASSWORD)?;
        for set in set_names(&device.tidemark(&["entities", "--json"], "")?)? {
            device.tidemark(&["entities", "on", &set], "")?;
        }
        device.tidemark(&["sync"], "")?;
        Ok(device)
    }

    /// Returns the folder.
    pub(crate) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    fn tidemark(&self, arguments: &[&str], input: &str) -> Result<String> {
        let mut command = Command::new(built("debug", "tidemark")?);
        command.current_dir(root()).arg("--data-dir").arg(&self.data_dir).args(arguments);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().with_context(|| format!("{} cannot be started", words(piped)))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A command that reads no input has closed it already.
            let _ = writeln!(stdin, "{input}");
        }
        let output = child.wait_with_output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("tidemark {} ended with {}: {}", arguments.join(" "), output.status, said.trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// Reads the line `listening on http://ADDR:PORT`.
fn address(line: &str) -> Option<String> {
    line.strip_prefix("listening on ").map(|url| url.trim().to_owned())
}

/// Reads the names of sets that are not offline yet from `tidemark entities --json`.
fn set_names(json: &str) -> Result<Vec<String>> {
    let sets: serde_json::Value = serde_json::from_str(json).context("`tidemark entities --json` is no JSON")?;
    let sets = sets.as_array().context("`tidemark entities --json` is no array")?;
    let not_offline = sets.iter().filter(|set| set["offline"] != true);
    Ok(not_offline.filter_map(|set| set["name"].as_str().map(str::to_owned)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contract_of_the_commands_is_read() {
        assert_eq!(address("listening on http://127.0.0.1:4711").as_deref(), Some("http://127.0.0.1:4711"));
        assert_eq!(address("listening soon"), None);
        let json = r#"[{"name":"Sites","offline":false,"records":0},{"name":"TodoItems","offline":true}]"#;
        assert_eq!(set_names(json).unwrap(), ["Sites"]);
        assert!(set_names("{}").is_err());
    }
}
