//! A gate on the way through a proxy: a request that a test names stands at a named phase until the test lets it go on.
//!
//! Owns: who is meant, where they stand, what becomes of them. Refuses: bytes (`proxy`).
//!
//! A test that kills a process waits here for the work instead of for a time: what stands at the gate is under way.

use crate::proxy::Passing;
use crate::real_time::now;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How far a request and its answer have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// All of the request is at the proxy, nothing of it at the server.
    Reached,
    /// All of the request went on to the server, nothing of an answer is known.
    Forwarded,
    /// All of the answer is at the proxy, nothing of it at the device.
    Answered,
    /// The first half of the answer went on to the device.
    PartlyPassed,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 4] = [Self::Reached, Self::Forwarded, Self::Answered, Self::PartlyPassed];
}

type Which = Box<dyn FnMut(&Passing) -> bool + Send>;

#[derive(Default)]
struct State {
    wanted: Option<(Phase, Which)>,
    standing: Option<Passing>,
    /// Whether what stands is to go on or to be cut, once that is decided.
    verdict: Option<bool>,
}

/// The gate of one proxy.
#[derive(Default)]
pub(crate) struct Gate {
    state: Mutex<State>,
    turned: Condvar,
}

impl Gate {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Means the next request that `which` tells of, at a phase.
    pub(crate) fn want(&self, phase: Phase, which: Which) {
        *self.state() = State { wanted: Some((phase, which)), ..State::default() };
    }

    /// Returns where a request is to stand; it alone is meant from now on.
    pub(crate) fn claim(&self, passing: &Passing) -> Option<Phase> {
        let mut state = self.state();
        let is_meant = state.wanted.as_mut().is_some_and(|(_, which)| which(passing));
        state.wanted.take_if(|_| is_meant).map(|(phase, _)| phase)
    }

    /// Stands here until something is decided; tells whether to go on.
    pub(crate) fn stand(&self, passing: &Passing) -> bool {
        let mut state = self.state();
        state.standing = Some(passing.clone());
        self.turned.notify_all();
        loop {
            if let Some(goes_on) = state.verdict {
                return goes_on;
            }
            state = self.turned.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until somebody stands here.
    pub(crate) fn standing(&self) -> Passing {
        let deadline = now() + Duration::from_secs(60);
        let mut state = self.state();
        loop {
            if let Some(passing) = &state.standing {
                return passing.clone();
            }
            let left = deadline.saturating_duration_since(now());
            assert!(!left.is_zero(), "what was waited for never came to the gate");
            state = self.turned.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Decides about what stands here.
    pub(crate) fn decide(&self, goes_on: bool) {
        self.state().verdict = Some(goes_on);
        self.turned.notify_all();
    }
}
