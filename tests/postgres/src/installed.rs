//! Where PostgreSQL's programs are, and as whom they run.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The programs of one version.
#[derive(Clone, Debug)]
pub(crate) struct Installed {
    folder: PathBuf,
    /// The major version.
    pub(crate) version: u32,
    /// PostgreSQL does not run as root.
    pub(crate) is_root: bool,
}

impl Installed {
    /// Finds the newest version that Debian has installed, else what is on the path.
    pub(crate) fn find() -> Self {
        let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let mut folders: Vec<(u32, PathBuf)> = debian
            .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
            .collect();
        let path = std::env::var_os("PATH").unwrap_or_default();
        folders.extend(std::env::split_paths(&path).map(|folder| (0, folder)));
        folders.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
        let (_, folder) = folders.into_iter().find(|(_, folder)| folder.join("initdb").exists()).unwrap_or_else(|| {
            panic!(
                "PostgreSQL is not installed: run `apt-get install postgresql` (`cargo xtask test` does), or name a \
                 superuser's URL in {}",
                crate::OTHER_SERVER
            )
        });
        Self { version: version(&folder), is_root: answer("id", &["-u"]).trim() == "0", folder }
    }

    /// Makes a command of a program, run by a user that PostgreSQL accepts.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let program = self.folder.join(program);
        if !self.is_root {
            return Command::new(program);
        }
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program).current_dir("/");
        command
    }

    /// Returns the path of a program.
    pub(crate) fn path(&self, program: &str) -> PathBuf {
        self.folder.join(program)
    }
}

/// Reads `postgres (PostgreSQL) 15.18 (Debian …)`.
fn version(folder: &Path) -> u32 {
    let text = answer(folder.join("postgres"), &["--version"]);
    let number = text.split(' ').nth(2).unwrap_or_default().split(|c: char| !c.is_ascii_digit()).next();
    number.and_then(|n| n.parse().ok()).unwrap_or_else(|| panic!("{text:?} names no version of PostgreSQL"))
}

fn answer(program: impl AsRef<Path>, arguments: &[&str]) -> String {
    let program = program.as_ref();
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|e| panic!("{} does not run: {e}", program.display()));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
