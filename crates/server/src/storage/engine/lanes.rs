//! Requests that wait at the same time share a transaction: while one commit is on its way to the disk more come in,
//! and the next transaction takes them all.
//!
//! Owns: the queue of each lane (a workspace where the database can write to several at once, else everything), its
//! bound, and what a failure of a shared transaction means: where one request may be why, each is tried on its own, so that
//! one cannot hold up another. An answer leaves only after its commit. Refuses: what a change does (`apply`).

use super::apply::Apply;
use super::counter::Counter;
use super::marks::Marks;
use super::table::Tables;
use super::tx::{Kind, Scope, Session, Tx};
use crate::change::{Commit, Outcome};
use crate::ports::Ports;
use crate::storage::notices::Notices;
use crate::storage::{Result, StorageError};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// A transaction takes no more changes than this, so that the first of them is answered soon.
const MOST_CHANGES: usize = 2_000;
/// More changes than this do not wait: whoever brings more is told to come again.
const MOST_WAITING: usize = 20_000;

type Outcomes = Vec<Outcome>;

struct Waiting {
    ticket: u64,
    commit: Commit,
    reply: oneshot::Sender<Result<Outcomes>>,
}

/// Requests that wait for the same transaction.
#[derive(Default)]
pub(super) struct Lane {
    queue: Mutex<VecDeque<Waiting>>,
    /// Whose turn it is to carry out what waits.
    pub(super) turn: tokio::sync::Mutex<()>,
}

/// A request in a lane; dropped before its turn, it is as if it had never come.
pub(super) struct Ticket {
    lane: Arc<Lane>,
    number: u64,
    pub(super) answer: oneshot::Receiver<Result<Outcomes>>,
}

impl Ticket {
    /// Tells whether nobody has taken the request yet.
    pub(super) fn is_waiting(&self) -> bool {
        locked(&self.lane.queue).iter().any(|waiting| waiting.ticket == self.number)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        locked(&self.lane.queue).retain(|waiting| waiting.ticket != self.number);
    }
}

/// The lanes of a database.
#[derive(Default)]
pub(super) struct Lanes {
    lanes: Mutex<HashMap<i64, Arc<Lane>>>,
    tickets: AtomicU64,
}

impl Lanes {
    /// Puts a request into a lane.
    ///
    /// # Errors
    /// [`StorageError::Busy`] where too much waits already.
    pub(super) fn enter(&self, lane: i64, commit: Commit) -> Result<(Arc<Lane>, Ticket)> {
        let lane = {
            let mut lanes = locked(&self.lanes);
            // Nobody is in a lane that only this map knows.
            if lanes.len() > 1_000 {
                lanes.retain(|_, lane| Arc::strong_count(lane) > 1);
            }
            Arc::clone(lanes.entry(lane).or_default())
        };
        let number = self.tickets.fetch_add(1, Ordering::Relaxed);
        let (reply, answer) = oneshot::channel();
        let mut queue = locked(&lane.queue);
        let before: usize = queue.iter().map(|waiting| size(&waiting.commit)).sum();
        if before > 0 && before + size(&commit) > MOST_WAITING {
            return Err(StorageError::Busy);
        }
        queue.push_back(Waiting { ticket: number, commit, reply });
        drop(queue);
        let ticket = Ticket { lane: Arc::clone(&lane), number, answer };
        Ok((lane, ticket))
    }
}

fn size(commit: &Commit) -> usize {
    commit.steps.iter().map(|step| step.0.len()).sum()
}

/// What carrying out needs besides a connection.
#[derive(Clone)]
pub(super) struct Bench {
    pub(super) tables: Arc<Tables>,
    pub(super) ports: Ports,
    pub(super) marks: Arc<Marks>,
    pub(super) notices: Arc<Notices>,
}

impl Lane {
    /// Carries out what waits by now, the requests of one workspace in one transaction.
    pub(super) fn carry_out(&self, bench: &Bench, session: &mut dyn Session) {
        let mut by_workspace: Vec<(i64, Vec<Waiting>)> = Vec::new();
        for waiting in self.take() {
            let workspace_no = waiting.commit.caller.workspace_no;
            match by_workspace.iter_mut().find(|(no, _)| *no == workspace_no) {
                Some((_, of_workspace)) => of_workspace.push(waiting),
                None => by_workspace.push((workspace_no, vec![waiting])),
            }
        }
        for (workspace_no, waiting) in by_workspace {
            bench.answer(session, workspace_no, waiting);
        }
    }

    fn take(&self) -> Vec<Waiting> {
        let mut queue = locked(&self.queue);
        let (mut taken, mut changes) = (Vec::new(), 0);
        while let Some(next) = queue.front() {
            changes += size(&next.commit);
            if !taken.is_empty() && changes > MOST_CHANGES {
                break;
            }
            taken.extend(queue.pop_front());
        }
        taken
    }
}

impl Bench {
    fn answer(&self, session: &mut dyn Session, workspace_no: i64, waiting: Vec<Waiting>) {
        let commits: Vec<&Commit> = waiting.iter().map(|waiting| &waiting.commit).collect();
        match self.transaction(session, workspace_no, &commits) {
            Ok(outcomes) => {
                for (waiting, outcomes) in waiting.into_iter().zip(outcomes) {
                    // Nobody listens where the request was given up.
                    let _ = waiting.reply.send(Ok(outcomes));
                }
            }
            Err(error) if waiting.len() > 1 && error.may_be_one_requests() => {
                tracing::warn!(%error, requests = waiting.len(), "a shared transaction failed; each is tried alone");
                for one in waiting {
                    self.answer(session, workspace_no, vec![one]);
                }
            }
            Err(error) => {
                for waiting in waiting {
                    let _ = waiting.reply.send(Err(error.clone()));
                }
            }
        }
    }

    fn transaction(&self, session: &mut dyn Session, workspace_no: i64, commits: &[&Commit]) -> Result<Vec<Outcomes>> {
        let user_no = commits.first().map_or(0, |commit| commit.caller.user_no);
        let scope = Scope::Of { workspace_no, user_no };
        let (outcomes, moved) = session.run(Kind::Write, scope, |tx| self.apply(tx, workspace_no, commits))?;
        // Here and not in the request: whoever sent it may have hung up, and the others are to hear of it.
        if let Some(sequence) = moved {
            self.notices.moved(workspace_no, sequence);
        }
        Ok(outcomes)
    }

    fn apply(&self, tx: &dyn Tx, workspace_no: i64, commits: &[&Commit]) -> Result<(Vec<Outcomes>, Option<u64>)> {
        let mut counter = Counter::lock(tx, workspace_no)?;
        let mut apply = Apply {
            tx,
            tables: &self.tables,
            clock: self.ports.clock.as_ref(),
            counter: &mut counter,
            marks: &self.marks,
        };
        let outcomes = commits.iter().map(|commit| apply.commit(commit)).collect::<Result<Vec<_>>>()?;
        Ok((outcomes, counter.store(tx)?))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What these hold is changed whole, so a panic elsewhere cannot have left it half changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::{Body, Change, Step};
    use crate::storage::Caller;
    use tidemark_model::{Condition, Method, RecordId};

    fn commit(changes: usize) -> Commit {
        let change = Change {
            set: "TodoItems".into(),
            id: RecordId(uuid::Uuid::nil()),
            method: Method::Delete,
            condition: Condition::None,
            body: Body::default(),
            repeat: None,
        };
        let caller = Caller {
            user: "ann".into(),
            user_no: 1,
            workspace: "one".into(),
            workspace_no: 1,
            device: None,
            epoch: [0; 8],
        };
        // One step of many changes: what a transaction costs is counted by changes.
        Commit { caller: Arc::new(caller), steps: vec![Step(vec![change; changes])], stop_on_error: false }
    }

    #[test]
    fn what_waits_has_a_bound_and_who_gives_up_makes_room() {
        let lanes = Lanes::default();
        let (_, first) = lanes.enter(0, commit(MOST_WAITING)).unwrap();
        assert!(matches!(lanes.enter(0, commit(1)), Err(StorageError::Busy)));
        assert!(lanes.enter(1, commit(1)).is_ok(), "another lane has its own");
        drop(first);
        assert!(lanes.enter(0, commit(1)).is_ok());
    }

    /// A database that fails each transaction in one way, which no real one does at a test's word.
    struct Failing {
        error: StorageError,
        transactions: usize,
    }

    impl Session for Failing {
        fn transaction(&mut self, _: Kind, _: Scope, _: &mut dyn FnMut(&dyn Tx) -> Result<()>) -> Result<()> {
            self.transactions += 1;
            Err(self.error.clone())
        }
    }

    #[test]
    fn each_is_tried_alone_where_one_may_be_why_and_a_commit_in_doubt_is_never_made_again() {
        let bench = Bench {
            tables: Arc::default(),
            ports: Ports::default(),
            marks: Arc::new(Marks::from(Ports::default().secrets)),
            notices: Arc::default(),
        };
        for (error, transactions) in [
            (StorageError::Failed("a page is damaged".into()), 4),
            (StorageError::InDoubt, 1),
            (StorageError::Busy, 1),
            (StorageError::Unreachable("gone".into()), 1),
        ] {
            let lanes = Lanes::default();
            let mut tickets: Vec<_> = (0..3).map(|_| lanes.enter(0, commit(1)).unwrap()).collect();
            let mut session = Failing { error, transactions: 0 };
            tickets[0].0.carry_out(&bench, &mut session);
            assert_eq!(session.transactions, transactions, "{}", session.error);
            for (_, ticket) in &mut tickets {
                assert!(ticket.answer.try_recv().unwrap().is_err(), "each is answered");
            }
        }
    }

    #[test]
    fn a_transaction_takes_so_many_changes_and_at_least_one_request() {
        let lanes = Lanes::default();
        let (lane, first) = lanes.enter(0, commit(MOST_CHANGES + 1)).unwrap();
        let (_, second) = lanes.enter(0, commit(MOST_CHANGES)).unwrap();
        let (_, third) = lanes.enter(0, commit(1)).unwrap();
        assert_eq!(lane.take().len(), 1);
        assert!(!first.is_waiting() && second.is_waiting() && third.is_waiting());
        assert_eq!(lane.take().len(), 1);
        assert_eq!(lane.take().len(), 1);
    }
}
