//! The writer: one thread, one connection, and requests that wait together share a transaction.
//!
//! While a commit is on its way to the disk more requests come in; the next transaction takes them all. An answer
//! leaves only after its commit. Where a shared transaction fails, each request is tried on its own, so that one
//! cannot hold up another.

use super::apply::Apply;
use super::counter::Counters;
use super::table::Tables;
use crate::change::{Commit, Outcome};
use crate::machine::Marks;
use crate::storage::notices::Notices;
use crate::storage::{Result, StorageError};
use rusqlite::{Connection, TransactionBehavior};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use tidemark_model::ports::Clock;
use tokio::sync::oneshot;

/// A transaction takes no more changes than this, so that the first of them is answered soon.
const MOST_CHANGES: usize = 2_000;

type Work = Box<dyn FnOnce(&mut Connection) + Send>;
type Waiting = (Commit, oneshot::Sender<Result<Vec<Outcome>>>);

enum Job {
    Commit(Box<Waiting>),
    Run(Work),
}

/// The way to the writer thread. Dropping it waits until the thread has done what it was given and closed the file.
pub(super) struct Writer {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs.take();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported where it happened.
            let _ = thread.join();
        }
    }
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(
        connection: Connection,
        tables: Arc<Tables>,
        clock: Arc<dyn Clock>,
        notices: Arc<Notices>,
    ) -> Result<Self> {
        let (jobs, waiting) = channel();
        let thread = std::thread::Builder::new().name("sqlite-writer".into());
        let thread = thread
            .spawn(move || Loop { connection, tables, clock, marks: Marks::default(), notices }.run(&waiting))
            .map_err(|error| StorageError::Failed(format!("the writer did not start: {error}")))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Carries out a request's changes.
    pub(super) async fn commit(&self, commit: Commit) -> Result<Vec<Outcome>> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Commit(Box::new((commit, reply))))?;
        answer.await.map_err(|_| StorageError::Stopping)?
    }

    /// Runs other work on the writer's connection, between two transactions.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let work: Work = Box::new(move |connection| {
            // Nobody listens where the request was given up; the work is done all the same.
            let _ = reply.send(work(connection));
        });
        self.send(Job::Run(work))?;
        answer.await.map_err(|_| StorageError::Stopping)?
    }

    fn send(&self, job: Job) -> Result<()> {
        let sent = self.jobs.as_ref().is_some_and(|jobs| jobs.send(job).is_ok());
        if sent { Ok(()) } else { Err(StorageError::Stopping) }
    }
}

struct Loop {
    connection: Connection,
    tables: Arc<Tables>,
    clock: Arc<dyn Clock>,
    marks: Marks,
    notices: Arc<Notices>,
}

impl Loop {
    fn run(mut self, jobs: &Receiver<Job>) {
        while let Ok(job) = jobs.recv() {
            let mut next = Some(job);
            while let Some(job) = next.take() {
                match job {
                    Job::Run(work) => work(&mut self.connection),
                    Job::Commit(first) => {
                        let mut waiting = vec![*first];
                        next = gather(jobs, &mut waiting);
                        self.answer(waiting);
                    }
                }
            }
        }
    }

    fn answer(&mut self, waiting: Vec<Waiting>) {
        let commits: Vec<&Commit> = waiting.iter().map(|(commit, _)| commit).collect();
        match self.transaction(&commits) {
            Ok(outcomes) => {
                for ((_, reply), outcomes) in waiting.into_iter().zip(outcomes) {
                    let _ = reply.send(Ok(outcomes));
                }
            }
            Err(error) if waiting.len() > 1 => {
                tracing::warn!(%error, requests = waiting.len(), "a shared transaction failed; each is tried alone");
                for one in waiting {
                    self.answer(vec![one]);
                }
            }
            Err(error) => {
                if let Some((_, reply)) = waiting.into_iter().next() {
                    let _ = reply.send(Err(error));
                }
            }
        }
    }

    fn transaction(&mut self, commits: &[&Commit]) -> Result<Vec<Vec<Outcome>>> {
        // Dropped without a commit it is rolled back.
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut counters = Counters::default();
        let mut apply = Apply {
            connection: &transaction,
            tables: &self.tables,
            clock: self.clock.as_ref(),
            counters: &mut counters,
            marks: &mut self.marks,
        };
        let outcomes = commits.iter().map(|commit| apply.commit(commit)).collect::<Result<Vec<_>>>()?;
        let moved = counters.store(&transaction)?;
        transaction.commit()?;
        // Here and not in the request: whoever sent it may have hung up, and the others are to hear of it.
        for (workspace_no, sequence) in moved {
            self.notices.moved(workspace_no, sequence);
        }
        Ok(outcomes)
    }
}

/// Takes the requests that wait already; returns a job of another kind that came between.
fn gather(jobs: &Receiver<Job>, waiting: &mut Vec<Waiting>) -> Option<Job> {
    let size = |commit: &Commit| commit.steps.len();
    let mut changes: usize = waiting.iter().map(|(commit, _)| size(commit)).sum();
    while changes < MOST_CHANGES {
        match jobs.try_recv() {
            Ok(Job::Commit(next)) => {
                changes += size(&next.0);
                waiting.push(*next);
            }
            Ok(other) => return Some(other),
            Err(_) => return None,
        }
    }
    None
}
