//! Whether a batch that failed as a whole failed for something in it.
//!
//! Owns: telling "the network is down" from "this batch kills it", and one record from all of them, within a cycle. A
//! record is blamed only where it fails alone while the server answers other requests and takes other changes; so a
//! lost network, a server that is down and a proxy that lets no push through set nothing aside (FAULTS N9, promise 7).
//! Refuses: cutting batches (`batch_limit`), setting aside (the store does, at the fifth attempt).

use std::time::Duration;
use tidemark_store::{Answer, Outgoing, Reply};

/// What a cycle may spend on failing pushes before it goes on to pull; the next cycle goes on from there.
const MOST_FAILURES: u32 = 40;
const MOST_TIME: Duration = Duration::from_secs(90);
/// How often a record is tried alone in one cycle: while failing is quick, and where it takes its time.
const QUICK_TRIES: u32 = 5;
const SLOW_TRIES: u32 = 2;
const QUICK: Duration = Duration::from_secs(2);
/// Where so many different records fail alone and nothing was taken, it is none of them.
const MOST_SUSPECTS: usize = 3;
/// The pause behind the first failure of a record alone; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(50);

/// What to do after a failure.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Send on, after this pause.
    Go(Duration),
    /// Leave pushing for this cycle.
    Stop,
}

struct Suspect {
    outgoing: Outgoing,
    reason: String,
    tries: u32,
}

/// The failures of one cycle.
#[derive(Default)]
pub(crate) struct Blame {
    failures: u32,
    spent: Duration,
    /// Whether the server has taken a push in this cycle.
    takes_others: bool,
    alone: Option<Suspect>,
    suspects: Vec<Suspect>,
}

impl Blame {
    /// A batch of several failed after `took`, while the server answers other requests.
    pub(crate) fn batch_failed(&mut self, took: Duration) -> Next {
        self.failures += 1;
        self.spent += took;
        self.next(Duration::ZERO)
    }

    /// A record failed alone after `took`; tells what comes next, and whether this record is left for now.
    pub(crate) fn record_failed(&mut self, outgoing: &Outgoing, reason: String, took: Duration) -> (Next, bool) {
        self.failures += 1;
        self.spent += took;
        let before = self.alone.take().filter(|alone| alone.outgoing.id == outgoing.id);
        let tries = before.map_or(0, |alone| alone.tries) + 1;
        let suspect = Suspect { outgoing: outgoing.clone(), reason, tries };
        // Behind one that failed alone, another is tried only to see whether it is any of them.
        let is_check = !self.takes_others && !self.suspects.is_empty();
        let most = if took > QUICK || is_check { SLOW_TRIES } else { QUICK_TRIES };
        if tries < most && self.next(Duration::ZERO) != Next::Stop {
            self.alone = Some(suspect);
            return (self.next(PAUSE * (1 << tries.min(5))), false);
        }
        self.suspects.push(suspect);
        let nobody = !self.takes_others && self.suspects.len() >= MOST_SUSPECTS;
        (if nobody { Next::Stop } else { self.next(Duration::ZERO) }, true)
    }

    /// A batch of changes was answered.
    pub(crate) fn went_through(&mut self) {
        self.takes_others = true;
    }

    /// Returns, for the store, one answer per failed attempt of the records that are to blame, and forgets them. At the
    /// end of pushing, a record that was the only one to send is counted once: there is nothing to compare it with.
    pub(crate) fn verdicts(&mut self, at_the_end: bool) -> Vec<Reply> {
        if at_the_end {
            self.suspects.extend(self.alone.take());
        }
        let is_only_one = at_the_end && self.suspects.len() == 1;
        if !self.takes_others && !is_only_one {
            return Vec::new();
        }
        let times = |suspect: &Suspect| if self.takes_others { suspect.tries } else { 1 };
        let replies = self.suspects.iter().flat_map(|suspect| {
            let answer = Answer::Undecided { reason: suspect.reason.clone(), counts: true };
            let reply = Reply {
                set: suspect.outgoing.set.clone(),
                id: suspect.outgoing.id,
                request_id: suspect.outgoing.request_id,
                answer,
            };
            std::iter::repeat_n(reply, times(suspect) as usize)
        });
        let replies = replies.collect();
        self.suspects.clear();
        replies
    }

    /// Tells whether a record is among those that failed alone.
    #[cfg(test)]
    fn suspects(&self, id: tidemark_model::RecordId) -> bool {
        self.suspects.iter().any(|suspect| suspect.outgoing.id == id)
    }

    fn next(&self, pause: Duration) -> Next {
        if self.failures >= MOST_FAILURES || self.spent >= MOST_TIME { Next::Stop } else { Next::Go(pause) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_model::RecordId;
    use tidemark_store::OutgoingChange;

    const FAST: Duration = Duration::from_millis(5);

    fn outgoing(n: u128) -> Outgoing {
        let id = RecordId(uuid::Uuid::from_u128(n));
        let change = OutgoingChange::Delete { if_match: "e".into() };
        Outgoing::new("TodoItems", id, id, 0, change).unwrap()
    }

    fn fail_alone(blame: &mut Blame, n: u128, took: Duration) -> Next {
        loop {
            let (next, is_left) = blame.record_failed(&outgoing(n), "502".into(), took);
            if is_left || next == Next::Stop {
                return next;
            }
        }
    }

    #[test]
    fn a_record_that_fails_alone_while_others_go_through_is_blamed_five_times() {
        let mut blame = Blame::default();
        assert_eq!(fail_alone(&mut blame, 1, FAST), Next::Go(Duration::ZERO));
        assert!(blame.suspects(outgoing(1).id));
        assert_eq!(blame.verdicts(false), []);
        blame.went_through();
        assert_eq!(blame.verdicts(false).len(), 5);
        assert_eq!(blame.verdicts(true), []);
    }

    #[test]
    fn where_nothing_at_all_is_taken_nobody_is_blamed() {
        let mut blame = Blame::default();
        assert_eq!(fail_alone(&mut blame, 1, FAST), Next::Go(Duration::ZERO));
        assert_eq!(fail_alone(&mut blame, 2, FAST), Next::Go(Duration::ZERO));
        assert_eq!(fail_alone(&mut blame, 3, FAST), Next::Stop);
        assert_eq!(blame.verdicts(true), []);
    }

    #[test]
    fn the_only_one_to_send_is_counted_once_a_cycle() {
        let mut blame = Blame::default();
        fail_alone(&mut blame, 1, FAST);
        assert_eq!(blame.verdicts(true).len(), 1);
    }

    #[test]
    fn a_cycle_does_not_spend_itself_on_failing() {
        let mut blame = Blame::default();
        assert_eq!(blame.batch_failed(Duration::from_secs(30)), Next::Go(Duration::ZERO));
        assert_eq!(fail_alone(&mut blame, 1, Duration::from_secs(30)), Next::Stop);
        let mut blame = Blame::default();
        let batches = (1..).find(|_| blame.batch_failed(FAST) == Next::Stop);
        assert_eq!(batches, Some(MOST_FAILURES));
    }
}
