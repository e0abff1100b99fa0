//! What a command reads beside its arguments.
//!
//! Owns: standard input: a password's line, a JSON document. Refuses: judging either.

use anyhow::{Context as _, bail};
use serde_json::{Map, Value};
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

/// Reads a JSON object from an argument, or from standard input where that is `-`.
pub(crate) fn object(argument: &str) -> anyhow::Result<Map<String, Value>> {
    let mut text = argument.to_owned();
    if argument == "-" {
        text.clear();
        std::io::stdin().read_to_string(&mut text).context("standard input could not be read as text")?;
    }
    match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => bail!("a record must be a JSON object, such as {{\"Name\": \"value\"}}; nothing was changed"),
        Err(error) => bail!("this is not valid JSON: {error}; nothing was changed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_object_is_a_record() {
        assert_eq!(object(r#"{"Title":"a"}"#).unwrap()["Title"], "a");
        for (text, says) in [("{", "not valid JSON"), ("[1]", "must be a JSON object"), ("{} {}", "not valid JSON")] {
            assert!(object(text).unwrap_err().to_string().contains(says), "{text}");
        }
    }
}
