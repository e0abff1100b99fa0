//! What a command reads beside its arguments.
//!
//! Owns: standard input: a password's line, a JSON document. Refuses: judging either.

use anyhow::{Context as _, bail};
use std::io::{BufRead as _, IsTerminal as _, Read as _};

/// Reads a password: a line of standard input, or unseen from the keyboard where that is a terminal.
pub(crate) fn password(user: &str) -> anyhow::Result<String> {
    let stdin = std::io::stdin();
    let typed = if stdin.is_terminal() {
        rpassword::prompt_password(format!("Password of {user}: ")).context("the password could not be read")?
    } else {
        let mut line = String::new();
        stdin.lock().read_line(&mut line).context("the password could not be read from standard input")?;
        line
    };
    let password = typed.strip_suffix('\n').unwrap_or(&typed);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.is_empty() {
        bail!("no password was given; type it, or pass it on standard input");
    }
    Ok(password.to_owned())
}

/// Returns an argument, or standard input where that is `-`; what a document means the app reads.
pub(crate) fn document(argument: &str) -> anyhow::Result<String> {
    if argument != "-" {
        return Ok(argument.to_owned());
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("standard input could not be read as text")?;
    Ok(text)
}
