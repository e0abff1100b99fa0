//! A cluster as `initdb` makes it, made once on a machine and copied from then on: 0.2 s in place of 2 s.

use crate::installed::Installed;
use crate::{ROLE, SUPERUSER};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// What is in a template; another number makes all templates anew.
const EDITION: u32 = 1;

/// Fills a folder, which exists and is the server's own, with a new cluster.
pub(crate) fn fill(installed: &Installed, folder: &Path) {
    let kept = kept_in().join(format!("postgres-{}-{EDITION}", installed.version));
    // Made by another user, it cannot be read; then it is made for this once.
    if make_once(installed, &kept).is_none() || !copy(&kept.join("cluster"), folder) {
        initialise(installed, folder);
    }
}

/// The `tmp` folder of the target folder that this test was built in.
fn kept_in() -> PathBuf {
    let program = std::env::current_exe().expect("a test knows its own path");
    let target = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists());
    target.map_or_else(std::env::temp_dir, |target| target.join("tmp"))
}

fn make_once(installed: &Installed, kept: &Path) -> Option<()> {
    fs::create_dir_all(kept).ok()?;
    let lock = File::create(kept.join("lock")).ok()?;
    lock.lock().ok()?;
    if kept.join("cluster").exists() {
        return Some(());
    }
    // The server's user may not be able to reach the target folder.
    let new = folder_for(installed);
    initialise(installed, new.path());
    let partial = kept.join("partial");
    let _ = fs::remove_dir_all(&partial);
    fs::create_dir(&partial).ok()?;
    (copy(new.path(), &partial) && fs::rename(&partial, kept.join("cluster")).is_ok()).then_some(())
}

/// Makes an empty folder that the server's user owns.
pub(crate) fn folder_for(installed: &Installed) -> TempDir {
    let folder = tempfile::Builder::new().prefix("tidemark-postgres-").tempdir().expect("there is room for a folder");
    if installed.is_root {
        run(Command::new("chown").arg("postgres:postgres").arg(folder.path()));
    }
    folder
}

fn copy(from: &Path, to: &Path) -> bool {
    let mut copy = Command::new("cp");
    copy.args(["-a", "--reflink=auto"]).arg(from.join(".")).arg(to).stderr(Stdio::null());
    copy.status().is_ok_and(|status| status.success())
}

fn initialise(installed: &Installed, folder: &Path) {
    let mut initdb = installed.command("initdb");
    initdb.args(["--encoding=UTF8", "--locale=C.UTF-8", "--auth=trust", "--no-sync", "--wal-segsize=1"]);
    initdb.args(["--username", SUPERUSER, "--pgdata"]).arg(folder);
    if installed.version >= 15 {
        // Not the order of bytes: what needs that has to say so.
        initdb.args(["--locale-provider=icu", "--icu-locale=en"]);
    }
    feed(&mut initdb, "");
    let mut alone = installed.command("postgres");
    alone.arg("--single").arg("-D").arg(folder).args(["-F", "postgres"]);
    let roles = format!("ALTER ROLE {SUPERUSER} PASSWORD '{SUPERUSER}'\nCREATE ROLE {ROLE} LOGIN PASSWORD '{ROLE}'\n");
    feed(&mut alone, &roles);
    // Passwords are asked for, in the clear: the client's part of SCRAM takes long in a debug build.
    let doors = "host all all 127.0.0.1/32 password\nhost replication all 127.0.0.1/32 password\n";
    fs::write(folder.join("pg_hba.conf"), doors).expect("the folder can be written to");
}

/// Fills a folder with what a running server has, set up to follow it.
pub(crate) fn copy_of(installed: &Installed, folder: &Path, port: u16) {
    let from = format!("host=127.0.0.1 port={port} user={SUPERUSER} password={SUPERUSER}");
    let mut copy = installed.command("pg_basebackup");
    run(copy
        .args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--dbname", &from, "--pgdata"])
        .arg(folder));
    // Its rights may be those of the server's folder, which a copy of the template has from elsewhere.
    run(Command::new("chmod").arg("0700").arg(folder));
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?} does not run: {e}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn feed(command: &mut Command, text: &str) {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|e| panic!("{command:?} does not run: {e}"));
    child.stdin.take().expect("it was piped").write_all(text.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
