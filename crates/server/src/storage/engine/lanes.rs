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

/// The requests of one workspace that share a transaction.
struct OfWorkspace {
    workspace_no: i64,
    waiting: Vec<Waiting>,
}

impl Lane {
    /// Carries out what waits by now, in one transaction: where a lane has several workspaces, each commit would cost
    /// everybody a trip to the disk.
    pub(super) fn carry_out(&self, bench: &Bench, session: &mut dyn Session) {
        let mut all: Vec<OfWorkspace> = Vec::new();
        for waiting in self.take() {
            let workspace_no = waiting.commit.caller.workspace_no;
            match all.iter_mut().find(|of| of.workspace_no == workspace_no) {
                Some(of) => of.waiting.push(waiting),
                None => all.push(OfWorkspace { workspace_no, waiting: vec![waiting] }),
            }
        }
        bench.answer(session, all);
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
    fn answer(&self, session: &mut dyn Session, all: Vec<OfWorkspace>) {
        match self.transaction(session, &all) {
            Ok(outcomes) => {
                let waiting = all.into_iter().flat_map(|of| of.waiting);
                for (waiting, outcomes) in waiting.zip(outcomes.into_iter().flatten()) {
                    // Nobody listens where the request was given up.
                    let _ = waiting.reply.send(Ok(outcomes));
                }
            }
            Err(error) => {
                let requests: usize = all.iter().map(|of| of.waiting.len()).sum();
                let is_tried_alone = requests > 1 && error.may_be_one_requests();
                if is_tried_alone {
                    tracing::warn!(%error, requests, "a shared transaction failed; each is tried alone");
                }
                for OfWorkspace { workspace_no, waiting } in all {
                    for one in waiting {
                        match is_tried_alone {
                            true => self.answer(session, vec![OfWorkspace { workspace_no, waiting: vec![one] }]),
                            false => drop(one.reply.send(Err(error.clone()))),
                        }
                    }
                }
            }
        }
    }

    /// Carries out requests in one transaction; returns what came of each, workspace by workspace.
    fn transaction(&self, session: &mut dyn Session, all: &[OfWorkspace]) -> Result<Vec<Vec<Outcomes>>> {
        let [first, others @ ..] = all else { return Ok(Vec::new()) };
        // Only a database whose tables have no walls of their own takes several workspaces at once.
        let scope = match others {
            [] => {
                let user_no = first.waiting.first().map_or(0, |waiting| waiting.commit.caller.user_no);
                Scope::Of { workspace_no: first.workspace_no, user_no }
            }
            _ => Scope::Everything,
        };
        let done = session
            .run(Kind::Write, scope, |tx| all.iter().map(|of| self.apply(tx, of)).collect::<Result<Vec<_>>>())?;
        // Here and not in the request: whoever sent it may have hung up, and the others are to hear of it.
        for (of, (_, moved)) in all.iter().zip(&done) {
            if let Some(sequence) = moved {
                self.notices.moved(of.workspace_no, *sequence);
            }
        }
        Ok(done.into_iter().map(|(outcomes, _)| outcomes).collect())
    }

    fn apply(&self, tx: &dyn Tx, of: &OfWorkspace) -> Result<(Vec<Outcomes>, Option<u64>)> {
        let mut counter = Counter::lock(tx, of.workspace_no)?;
        let mut apply = Apply {
            tx,
            tables: &self.tables,
            clock: self.ports.clock.as_ref(),
            counter: &mut counter,
            marks: &self.marks,
            refused: None,
        };
        let outcomes = of.waiting.iter().map(|waiting| apply.commit(&waiting.commit)).collect::<Result<Vec<_>>>()?;
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
        commit_to(1, changes)
    }

    fn commit_to(workspace_no: i64, changes: usize) -> Commit {
        let change = Change {
            set: "TodoItems".into(),
            id: RecordId(uuid::Uuid::nil()),
            method: Method::Delete,
            condition: Condition::None,
            body: Body::default(),
            repeat: None,
            asks_for: None,
            only_if: None,
        };
        let caller = Caller {
            user: "ann".into(),
            user_no: 1,
            workspace: "one".into(),
            workspace_no,
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
            for workspaces in [[1, 1, 1], [1, 2, 3]] {
                let lanes = Lanes::default();
                let mut tickets: Vec<_> =
                    workspaces.iter().map(|no| lanes.enter(0, commit_to(*no, 1)).unwrap()).collect();
                let mut session = Failing { error: error.clone(), transactions: 0 };
                tickets[0].0.carry_out(&bench, &mut session);
                assert_eq!(session.transactions, transactions, "{}", session.error);
                for (_, ticket) in &mut tickets {
                    assert!(ticket.answer.try_recv().unwrap().is_err(), "each is answered");
                }
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
