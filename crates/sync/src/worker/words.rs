//! The indexes that searches have wanted, made beside the cycles.
//!
//! Owns: that it is done piece by piece, so that edits come in between, and ends with the worker. Refuses: which are wanted
//! (`tidemark_store`).

use crate::blocking::blocking;
use crate::engine::Engine;
use crate::task::Task;
use std::time::Duration;

/// What lies between two pieces: whoever saves waits for a writer, and the lock does not stand in line.
const PAUSE: Duration = Duration::from_millis(10);

/// The indexing under way.
#[derive(Default)]
pub(crate) struct Words(Option<Task<()>>);

impl Words {
    /// Begins with what is wanted; what is under way goes on.
    pub(crate) fn see_to(&mut self, engine: &Engine) {
        if !engine.store.wants_words() || self.0.as_ref().is_some_and(|task| !task.is_done()) {
            return;
        }
        let engine = engine.clone();
        self.0 = Some(Task::start(async move {
            loop {
                match blocking(|| engine.store.index_words()) {
                    Ok(true) => engine.ports().timer.sleep(PAUSE).await,
                    Ok(false) => return,
                    Err(error) => {
                        return tracing::warn!(%error, "an index of words was not made; searches read every record");
                    }
                }
            }
        }));
    }
}
