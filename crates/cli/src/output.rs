//! What a command prints: one JSON document, or text for people.
//!
//! Owns: standard output and standard error. Refuses: composing the text (`words`, `table`).

use serde::Serialize;
use std::io::Write as _;

/// Where results go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub(crate) json: bool,
}

impl Output {
    /// Prints a result: the document with `--json`, the text without.
    pub(crate) fn print(self, document: &impl Serialize, text: impl FnOnce() -> String) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        if self.json {
            let mut buffered = std::io::BufWriter::new(&mut out);
            serde_json::to_writer(&mut buffered, document).map_err(std::io::Error::from)?;
            writeln!(buffered)?;
            buffered.flush()?;
        } else {
            let text = text();
            if !text.is_empty() {
                writeln!(out, "{}", text.trim_end())?;
            }
        }
        Ok(out.flush()?)
    }
}

/// Gives the one plain sentence of what went wrong.
pub(crate) fn complain(sentence: &str) {
    let _ = writeln!(std::io::stderr(), "tidemark: {}", sentence.replace('\n', " "));
}

/// Tells whether an error is only that nobody reads our output any more.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
