//! Reading a password from stdin: one line, never from the command line, where others could see it.

use super::Failure;
use std::io::BufRead as _;

/// Reads a password.
pub(super) fn read_password() -> Result<String, Failure> {
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.map_err(|error| Failure::Failed(format!("The password cannot be read from stdin: {error}")))?;
    let password = line.strip_suffix('\n').unwrap_or(&line);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.is_empty() {
        return Err(Failure::Failed("There is no password on stdin. Write it there, on one line".into()));
    }
    Ok(password.to_owned())
}
