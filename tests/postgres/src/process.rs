//! The server's processes and the small one above them.
//!
//! A shell starts the server and waits for a word on its standard input. The end of that pipe is a word too, and the
//! system says it when the test's process ends, in whatever way: no server and no folder is left behind.

use crate::installed::Installed;
use crate::template;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tempfile::TempDir;

const ABOVE: &str = r#"
folder=$1; shift
"$@" &
server=$!
read -r word || word=remove
case $word in
    stop) kill -INT $server ;;
    kill) kill -STOP $server
          children=$(cat /proc/$server/task/$server/children)
          kill -KILL $children $server ;;
    *) kill -QUIT $server ;;
esac
wait $server
# The next server must find nobody in the shared memory.
for child in $children; do while kill -0 $child; do sleep 0.01; done; done 2>/dev/null
if [ $word = remove ]; then rm -rf "$folder"; fi
"#;

/// What no test of ours looks at, and what makes a server slow to start or to answer.
const SETTINGS: [(&str, &str); 10] = [
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("listen_addresses", "127.0.0.1"),
    ("unix_socket_directories", ""),
    ("shared_buffers", "32MB"),
    ("max_wal_size", "64MB"),
    ("jit", "off"),
    ("timezone", "UTC"),
    ("log_line_prefix", "%t [%p] %u@%d "),
    ("log_statement_stats", "off"),
];

/// Long enough for a machine that is busy with something else, recovery included.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Stop,
    Kill,
    Remove,
}

/// A cluster's folder, and its server while it runs.
#[derive(Debug)]
pub(crate) struct Process {
    installed: Installed,
    settings: Vec<(String, String)>,
    folder: PathBuf,
    port: u16,
    above: Option<Child>,
    log: Arc<Mutex<String>>,
}

enum Start {
    Ready,
    PortTaken,
    Failed,
}

impl Process {
    /// Makes a cluster and starts its server on a free port.
    pub(crate) fn start(installed: Installed, settings: &[(&str, &str)]) -> Self {
        let folder = template::folder_for(&installed);
        template::fill(&installed, folder.path());
        Self::in_folder(installed, folder, settings)
    }

    /// Copies a server that runs on a port of this machine, and starts the copy as its replica.
    pub(crate) fn follow(installed: Installed, primary: u16) -> Self {
        let folder = template::folder_for(&installed);
        template::copy_of(&installed, folder.path(), primary);
        Self::in_folder(installed, folder, &[])
    }

    fn in_folder(installed: Installed, folder: TempDir, settings: &[(&str, &str)]) -> Self {
        let folder = folder.keep();
        let all = SETTINGS.iter().chain(settings).map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let mut process = Self { installed, settings: all, folder, port: 0, above: None, log: Arc::default() };
        loop {
            // Somebody else may take the port before the server does.
            process.port = free_port();
            match process.try_begin() {
                Start::Ready => return process,
                Start::PortTaken => process.end(End::Stop),
                Start::Failed => panic!("PostgreSQL does not start:\n{}", process.log()),
            }
        }
    }

    /// Starts the server again.
    pub(crate) fn begin(&mut self) {
        assert!(matches!(self.try_begin(), Start::Ready), "PostgreSQL does not start again:\n{}", self.log());
    }

    fn try_begin(&mut self) -> Start {
        let mut shell = self.installed.command("/bin/sh");
        shell.args(["-c", ABOVE, "sh"]).arg(&self.folder).arg(self.installed.path("postgres"));
        shell.arg("-D").arg(&self.folder).arg("-p").arg(self.port.to_string());
        for (name, value) in &self.settings {
            shell.arg("-c").arg(format!("{name}={value}"));
        }
        // Ctrl-C and a runner that ends a test by its group reach the test alone.
        shell.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut above = shell.spawn().unwrap_or_else(|e| panic!("PostgreSQL does not start: {e}"));
        let lines = above.stderr.take().expect("it was piped");
        self.above = Some(above);
        let (news, heard) = channel();
        let log = Arc::clone(&self.log);
        std::thread::spawn(move || follow(lines, &log, &news));
        heard.recv_timeout(PATIENCE).unwrap_or(Start::Failed)
    }

    /// Ends the server, where it runs.
    pub(crate) fn end(&mut self, how: End) {
        let Some(mut above) = self.above.take() else { return };
        let word: &[u8] = match how {
            End::Stop => b"stop\n",
            End::Kill => b"kill\n",
            End::Remove => b"",
        };
        // Without a word the pipe's end is one.
        let _ = above.stdin.take().map(|mut pipe| pipe.write_all(word));
        let _ = above.wait();
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end(End::Remove);
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Keeps the server's log and tells how its start went.
fn follow(lines: ChildStderr, log: &Mutex<String>, news: &Sender<Start>) {
    for line in BufReader::new(lines).lines().map_while(Result::ok) {
        let start = if line.contains("database system is ready to accept") {
            Some(Start::Ready)
        } else if line.contains("could not bind") {
            Some(Start::PortTaken)
        } else if line.contains("FATAL:") && !line.contains("the database system is") {
            Some(Start::Failed)
        } else {
            None
        };
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        log.push_str(&line);
        log.push('\n');
        drop(log);
        // Nobody listens any more once it has started.
        let _ = start.map(|start| news.send(start));
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it is bound").port()
}
