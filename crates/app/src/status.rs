//! The status line: what it says, decided from counts and from what the worker does (promise 9, UX.md, "Status bar").
//!
//! Owns: one pure function and its table. Refuses: asking the store or the worker; `events` and the status command
//! gather a [`Situation`] and ask here.

use crate::views::{AwaitedView, ProgressView, StatusKind, StatusView};
use tidemark_model::{CycleOutcome, Planted, Word, is_planted};
use tidemark_store::{Account, Counts};
use tidemark_sync::{Phase, Progress};

/// After this long without a complete cycle the line says so, in milliseconds: three days.
const STALE_AFTER_MS: i64 = 3 * 24 * 60 * 60 * 1000;

/// Everything that the status line depends on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Situation {
    pub(crate) account: Option<Account>,
    pub(crate) counts: Counts,
    /// Whether the last contact with the server worked.
    pub(crate) online: bool,
    pub(crate) progress: Option<Progress>,
    /// What the last cycle came to, where it was not `synced`.
    pub(crate) failure: Option<Failure>,
    /// When the last complete cycle ended, Unix milliseconds UTC.
    pub(crate) last_sync: Option<i64>,
    pub(crate) now_ms: i64,
    /// The sets that are kept offline and not here yet.
    pub(crate) awaited: Vec<AwaitedView>,
}

/// A cycle that did not end well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Anything but synced.
    pub(crate) outcome: Word<CycleOutcome>,
    /// The sentence.
    pub(crate) error: Option<String>,
}

/// Decides what the line says, most urgent first.
pub(crate) fn kind(situation: &Situation) -> StatusKind {
    let Situation { account, counts, online, progress, failure, last_sync, now_ms, awaited } = situation;
    let failed_with = |outcome: CycleOutcome| failure.as_ref().is_some_and(|failure| failure.outcome == outcome);
    let has_failed = (failed_with(CycleOutcome::Failed) || failed_with(CycleOutcome::Offline))
        && !is_planted(Planted::X22UpToDateAfterFailure);
    let is_awaited = !awaited.is_empty() && !is_planted(Planted::A15NotFetchedIsUpToDate);
    let is_stale = last_sync.is_none_or(|at| now_ms - at > STALE_AFTER_MS);
    match account {
        None => StatusKind::NotSetUp,
        // Only what the database says: the last refusal may be of a token that was replaced since.
        Some(account) if account.signed_out => StatusKind::SignIn,
        Some(_) if progress.as_ref().is_some_and(has_something_to_do) => StatusKind::Syncing,
        Some(_) if !online => StatusKind::Offline,
        // A cycle that did not get through is one although the server answers now: what lets the question pass may not let
        // the cycle pass, and nobody knows before the next one.
        Some(_) if has_failed => StatusKind::Failed,
        Some(_) if counts.conflicts > 0 => StatusKind::Conflicts,
        Some(_) if counts.parked > 0 => StatusKind::Parked,
        Some(_) if counts.pending > 0 => StatusKind::Waiting,
        Some(_) if is_awaited => StatusKind::NotFetched,
        Some(_) if is_stale => StatusKind::Stale,
        Some(_) => StatusKind::UpToDate,
    }
}

/// Asking the server whether there is news is no work worth a word; moving records is.
fn has_something_to_do(progress: &Progress) -> bool {
    progress.done > 0 || progress.total.is_some_and(|total| total > 0)
}

/// Composes the whole view.
pub(crate) fn view(situation: &Situation) -> StatusView {
    let kind = kind(situation);
    let is_wrong = matches!(kind, StatusKind::SignIn | StatusKind::Offline | StatusKind::Failed);
    StatusView {
        kind,
        server: situation.account.as_ref().map(|account| account.server.clone()),
        user: situation.account.as_ref().map(|account| account.user.clone()),
        online: situation.online && situation.account.is_some(),
        pending: situation.counts.pending,
        conflicts: situation.counts.conflicts,
        parked: situation.counts.parked,
        last_sync: situation.last_sync,
        progress: situation.progress.as_ref().filter(|p| has_something_to_do(p)).map(progress_view),
        error: situation.failure.as_ref().filter(|_| is_wrong).and_then(|failure| failure.error.clone()),
        awaited: situation.awaited.clone(),
    }
}

/// Returns how far a cycle is, as hosts show it.
pub(crate) fn progress_view(progress: &Progress) -> ProgressView {
    let phase = match progress.phase {
        Phase::Push => "push",
        Phase::Pull => "pull",
    };
    ProgressView { phase: phase.to_owned(), set: progress.set.clone(), done: progress.done, total: progress.total }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(signed_out: bool) -> Option<Account> {
        let text = |text: &str| text.to_owned();
        Some(Account {
            server: text("http://localhost"),
            user: text("ana"),
            workspace: text("north"),
            token: text("t"),
            server_id: text("s"),
            signed_out,
        })
    }

    fn counts(pending: u64, conflicts: u64, parked: u64) -> Counts {
        Counts { pending, conflicts, parked }
    }

    fn failure(outcome: &str) -> Option<Failure> {
        Some(Failure { outcome: outcome.to_owned().into(), error: Some("why".to_owned()) })
    }

    fn awaited(done: u64, total: Option<u64>, paused: bool) -> Vec<AwaitedView> {
        vec![AwaitedView { set: "TodoItems".to_owned(), label: "Tasks".to_owned(), done, total, paused }]
    }

    fn moving(done: u64, total: Option<u64>) -> Option<Progress> {
        Some(Progress { phase: Phase::Push, set: None, done, total })
    }

    #[test]
    fn the_line_says_the_most_urgent_truth() {
        let fine = Situation {
            account: account(false),
            online: true,
            last_sync: Some(1_000),
            now_ms: 2_000,
            ..Situation::default()
        };
        let days = 24 * 60 * 60 * 1000;
        for (description, situation, says, error) in [
            ("no account", Situation { account: None, ..fine.clone() }, StatusKind::NotSetUp, None),
            ("all is well", fine.clone(), StatusKind::UpToDate, None),
            (
                "the token was refused; conflicts and changes wait too",
                Situation {
                    account: account(true),
                    counts: counts(3, 1, 0),
                    failure: failure("signed_out"),
                    ..fine.clone()
                },
                StatusKind::SignIn,
                Some("why"),
            ),
            (
                "a token was refused that was replaced since",
                Situation { failure: failure("signed_out"), ..fine.clone() },
                StatusKind::UpToDate,
                None,
            ),
            (
                "sending 40 of 120",
                Situation { progress: moving(40, Some(120)), counts: counts(80, 2, 0), ..fine.clone() },
                StatusKind::Syncing,
                None,
            ),
            (
                "a cycle that only asks",
                Situation { progress: moving(0, None), ..fine.clone() },
                StatusKind::UpToDate,
                None,
            ),
            ("nothing to send", Situation { progress: moving(0, Some(0)), ..fine.clone() }, StatusKind::UpToDate, None),
            (
                "offline with changes",
                Situation { online: false, counts: counts(3, 1, 0), failure: failure("offline"), ..fine.clone() },
                StatusKind::Offline,
                Some("why"),
            ),
            (
                "the server fails",
                Situation { failure: failure("failed"), counts: counts(3, 1, 1), ..fine.clone() },
                StatusKind::Failed,
                Some("why"),
            ),
            (
                "another version kept a word for the last cycle",
                Situation { failure: failure("put_off"), counts: counts(3, 0, 0), ..fine.clone() },
                StatusKind::Waiting,
                None,
            ),
            (
                "the last cycle did not get through, and the server answers now",
                Situation { failure: failure("offline"), counts: counts(3, 1, 1), ..fine.clone() },
                StatusKind::Failed,
                Some("why"),
            ),
            (
                "the same with nothing that waits",
                Situation { failure: failure("offline"), ..fine.clone() },
                StatusKind::Failed,
                Some("why"),
            ),
            ("conflicts first", Situation { counts: counts(3, 1, 1), ..fine.clone() }, StatusKind::Conflicts, None),
            ("then refused ones", Situation { counts: counts(3, 0, 1), ..fine.clone() }, StatusKind::Parked, None),
            ("then waiting ones", Situation { counts: counts(3, 0, 0), ..fine.clone() }, StatusKind::Waiting, None),
            (
                "a ticked set is still to come",
                Situation { awaited: awaited(0, None, false), ..fine.clone() },
                StatusKind::NotFetched,
                None,
            ),
            (
                "its enumeration is paused",
                Situation { awaited: awaited(2_000, Some(12_000), true), ..fine.clone() },
                StatusKind::NotFetched,
                None,
            ),
            (
                "its enumeration is under way",
                Situation {
                    awaited: awaited(2_000, Some(12_000), false),
                    progress: moving(2_000, Some(12_000)),
                    ..fine.clone()
                },
                StatusKind::Syncing,
                None,
            ),
            (
                "its enumeration failed",
                Situation { awaited: awaited(2_000, Some(12_000), false), failure: failure("failed"), ..fine.clone() },
                StatusKind::Failed,
                Some("why"),
            ),
            (
                "it was to come when the network went",
                Situation {
                    awaited: awaited(0, None, false),
                    online: false,
                    failure: failure("offline"),
                    ..fine.clone()
                },
                StatusKind::Offline,
                Some("why"),
            ),
            (
                "changes wait too",
                Situation { awaited: awaited(0, None, false), counts: counts(3, 0, 0), ..fine.clone() },
                StatusKind::Waiting,
                None,
            ),
            (
                "the very first cycle is still to come",
                Situation { awaited: awaited(0, None, false), last_sync: None, ..fine.clone() },
                StatusKind::NotFetched,
                None,
            ),
            ("never synced", Situation { last_sync: None, ..fine.clone() }, StatusKind::Stale, None),
            ("three days ago", Situation { now_ms: 1_000 + 3 * days, ..fine.clone() }, StatusKind::UpToDate, None),
            ("longer ago", Situation { now_ms: 1_001 + 3 * days, ..fine.clone() }, StatusKind::Stale, None),
        ] {
            let view = view(&situation);
            assert_eq!(view.kind, says, "{description}");
            assert_eq!(view.error.as_deref(), error, "{description}");
            assert_eq!(view.awaited, situation.awaited, "{description}: never silence");
        }
    }

    #[test]
    fn up_to_date_means_that_nothing_waits_anywhere() {
        for (pending, conflicts, parked) in [(1, 0, 0), (0, 1, 0), (0, 0, 1)] {
            let situation = Situation {
                account: account(false),
                online: true,
                counts: counts(pending, conflicts, parked),
                last_sync: Some(0),
                ..Situation::default()
            };
            assert_ne!(kind(&situation), StatusKind::UpToDate);
            let unfetched = Situation { awaited: awaited(1, Some(2), false), counts: counts(0, 0, 0), ..situation };
            assert_ne!(kind(&unfetched), StatusKind::UpToDate);
        }
    }
}
