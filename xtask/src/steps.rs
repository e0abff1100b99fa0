//! Steps with a name, a time and a log; the first one that fails ends the run.
//!
//! Owns: what `cargo xtask test` prints. Refuses: deciding what the steps are. The last line is
//! `N passed, N failed`, for machines.

use crate::programs::{target, words};
use anyhow::{Context, Result, bail};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

/// How much of a failed step's log is shown.
const SHOWN_LINES: usize = 200;

/// The steps so far.
pub(crate) struct Steps {
    started: Instant,
    logs: PathBuf,
    passed: usize,
}

impl Steps {
    /// Begins with an empty folder of logs.
    pub(crate) fn begin() -> Result<Self> {
        let logs = target()?.join("xtask");
        if logs.exists() {
            fs::remove_dir_all(&logs).with_context(|| format!("{} cannot be emptied", logs.display()))?;
        }
        fs::create_dir_all(&logs).with_context(|| format!("{} cannot be made", logs.display()))?;
        Ok(Self { started: Instant::now(), logs, passed: 0 })
    }

    /// Does a step.
    pub(crate) fn step(&mut self, name: &str, work: impl FnOnce(&mut Log) -> Result<()>) -> Result<()> {
        print!("{name:<28}");
        let _ = std::io::stdout().flush();
        let begun = Instant::now();
        let path = self.logs.join(format!("{:02}-{}.log", self.passed + 1, name.replace([' ', ':', '/'], "-")));
        let file = File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
        let done = work(&mut Log { file });
        let seconds = begun.elapsed().as_secs_f64();
        match done {
            Ok(()) => {
                println!("{seconds:8.1} s");
                self.passed += 1;
                Ok(())
            }
            Err(error) => {
                println!("{seconds:8.1} s  FAILED: {error:#}");
                println!("\nThe log of \"{name}\", {}, ends so:\n", path.display());
                println!("{}\n", last_lines(&path));
                Err(error.context(format!("{name} failed")))
            }
        }
    }

    /// Says that a step is left out, and why.
    pub(crate) fn leave_out(&self, name: &str, reason: &str) {
        println!("{name:<28}left out: {reason}");
    }

    /// Sums up; nothing is printed after it.
    pub(crate) fn end(self, done: Result<()>) -> ExitCode {
        let (summary, failed, code) = match done {
            Ok(()) => ("every step passed".to_owned(), 0, ExitCode::SUCCESS),
            Err(error) => (format!("{error:#}"), 1, ExitCode::FAILURE),
        };
        println!("{summary}, after {}; logs are in {}", self.time(), self.logs.display());
        println!("{} passed, {failed} failed", self.passed);
        code
    }

    fn time(&self) -> String {
        let seconds = self.started.elapsed().as_secs();
        format!("{} min {} s", seconds / 60, seconds % 60)
    }
}

/// The log of one step.
pub(crate) struct Log {
    file: File,
}

impl Log {
    /// Runs a command with its output in the log.
    pub(crate) fn run(&mut self, mut command: Command) -> Result<()> {
        let words = words(&command);
        writeln!(self.file, "$ {words}")?;
        command.stdin(Stdio::null()).stdout(self.file.try_clone()?).stderr(self.file.try_clone()?);
        let status = command.status().with_context(|| format!("{words} cannot be started"))?;
        if !status.success() {
            bail!("{words} ended with {status}");
        }
        Ok(())
    }
}

fn last_lines(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n")
}
