//! The programs that the verbs call, and where things are.
//!
//! Owns: paths of the checkout, and turning a program's failure into a sentence. Refuses: deciding what to call.

use anyhow::{Context, Result, bail};
use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs a command to its end; its output goes wherever the verb wants it.
pub(crate) type Runner<'a> = &'a mut dyn FnMut(Command) -> Result<()>;

/// Returns the root of the checkout.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_owned()
}

/// Returns cargo's target folder: this program lies in its `debug`.
pub(crate) fn target() -> Result<PathBuf> {
    let own = env::current_exe().context("This program does not find itself")?;
    let target = own.parent().and_then(Path::parent);
    target.map(Path::to_owned).context("This program does not lie in a target folder; start it as `cargo xtask`")
}

/// Returns the path of a binary of the workspace.
pub(crate) fn built(profile: &str, name: &str) -> Result<PathBuf> {
    Ok(target()?.join(profile).join(format!("{name}{}", env::consts::EXE_SUFFIX)))
}

/// Makes a command that starts in the root of the checkout.
pub(crate) fn command(program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// Makes a cargo command: the same cargo that started this program.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), arguments)
}

/// The folder of the window's npm packages.
pub(crate) const UI: &str = "ui";

/// Makes an npm command in `ui`.
pub(crate) fn npm(arguments: &[&str]) -> Command {
    npm_in(UI, arguments)
}

/// Makes an npm command in a folder of the checkout.
pub(crate) fn npm_in(folder: &str, arguments: &[&str]) -> Command {
    let mut command = command(if cfg!(windows) { "npm.cmd" } else { "npm" }, arguments);
    command.current_dir(root().join(folder));
    command
}

/// Runs a command with its output on the terminal.
pub(crate) fn show(mut command: Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{} cannot be started", words(&command)))?;
    if !status.success() {
        bail!("{} ended with {status}", words(&command));
    }
    Ok(())
}

/// Runs a command and returns what it prints, whatever its status.
pub(crate) fn answer(mut command: Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{} cannot be started", words(&command)))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Returns a command as a person would type it.
pub(crate) fn words(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let arguments = command.get_args().map(OsStr::to_string_lossy);
    std::iter::once(program.to_string_lossy()).chain(arguments).collect::<Vec<_>>().join(" ")
}

/// Tells whether a program is on the PATH.
pub(crate) fn is_installed(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .any(|dir| dir.join(program).is_file() || dir.join(format!("{program}{}", env::consts::EXE_SUFFIX)).is_file())
}
