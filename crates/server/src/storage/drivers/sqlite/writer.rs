//! The writer: one thread, one connection, one piece of work after another.
//!
//! Owns: the thread, and that it outlives whatever its work does; where there are no threads, the connection. Refuses: what the work is, and how much of it waits:
//! the engine's lanes have a bound.

use super::session::SqliteSession;
use crate::machine::has_threads;
use crate::storage::engine::Session;
use crate::storage::{Result, StorageError};
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

type Work = Box<dyn FnOnce(&mut Connection) + Send>;

/// The way to the connection.
pub(super) enum Writer {
    /// On a thread of its own.
    There(Thread),
    /// On the only thread there is.
    Here(Mutex<Connection>),
}

/// The way to the writer thread. Dropping it waits until the thread has done what it was given and closed the file.
pub(super) struct Thread {
    jobs: Option<Sender<Work>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.jobs.take();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported where it happened.
            let _ = thread.join();
        }
    }
}

impl Writer {
    /// Starts the thread, where there are threads.
    pub(super) fn start(mut connection: Connection) -> Result<Self> {
        if !has_threads() {
            return Ok(Self::Here(Mutex::new(connection)));
        }
        let (jobs, waiting) = channel::<Work>();
        let thread = std::thread::Builder::new().name("sqlite-writer".into());
        let thread = thread
            .spawn(move || {
                while let Ok(work) = waiting.recv() {
                    // A panic ends the work, whose transaction it rolls back, and not the thread.
                    if catch_unwind(AssertUnwindSafe(|| work(&mut connection))).is_err() {
                        tracing::error!("a write broke off in a panic; nothing of it was kept");
                    }
                }
            })
            .map_err(|error| StorageError::Failed(format!("the writer did not start: {error}")))?;
        Ok(Self::There(Thread { jobs: Some(jobs), thread: Some(thread) }))
    }

    /// Runs work between two transactions.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Session) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.hand_in(move |connection| work(&mut SqliteSession(connection))).await
    }

    /// Puts the write-ahead log into the database and cuts it to nothing, where nobody reads from it.
    pub(super) async fn empty_log(&self) -> Result<()> {
        self.hand_in(|connection| Ok(connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)).await
    }

    async fn hand_in<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let there = match self {
            Self::There(there) => there,
            Self::Here(connection) => {
                // A panic in an earlier work rolled its transaction back.
                let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
                let done = catch_unwind(AssertUnwindSafe(|| work(&mut connection)));
                return done.map_err(|_| StorageError::Failed("a write broke off".into()))?;
            }
        };
        let (reply, answer) = oneshot::channel();
        let work: Work = Box::new(move |connection| {
            // Nobody listens where the request was given up; the work is done all the same.
            let _ = reply.send(work(connection));
        });
        let sent = there.jobs.as_ref().is_some_and(|jobs| jobs.send(work).is_ok());
        if !sent {
            return Err(StorageError::Stopping);
        }
        answer.await.map_err(|_| StorageError::Failed("a write broke off".into()))?
    }
}
