//! What a run tells: a trace that two runs of one seed must share, and how often what was done to whom.
//!
//! Owns: both. Refuses: judging; `oracle` does, and the tally of many runs in `coverage`.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a planned panic says, so that it is told from others.
pub(crate) const PLANNED_PANIC: &str = "a panic that the run planned";

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// Counts alone.
    Counts,
    /// A hash over the trace too.
    Hash,
    /// The trace itself, as it goes, on standard output.
    Aloud,
    /// Counts, and what is to be the same under other clocks.
    Remembers,
    /// Both.
    RemembersAloud,
}

/// How often each thing happened: what, and where.
pub type Tally = BTreeMap<(String, String), u64>;

#[derive(Default)]
struct Inner {
    hasher: DefaultHasher,
    lines: u64,
    tally: Tally,
    remembered: Vec<String>,
}

/// Returns how the names of a world's files begin on this machine, of which no other world's, of whatever process, does.
pub(crate) fn file_name(world: &str) -> String {
    format!("tidemark-simulation-{}{}", std::process::id(), world.replace('/', "-"))
}

/// The teller; clones share what was told.
#[derive(Clone)]
pub(crate) struct Told {
    telling: Telling,
    /// The folder of the world's disks, which no other world has.
    world: Arc<str>,
    /// How the names of its files begin.
    files: Arc<str>,
    inner: Arc<Mutex<Inner>>,
}

impl Told {
    pub(crate) fn new(telling: Telling, world: &str) -> Self {
        let world = format!("/sim/{world}/");
        let files = file_name(&world);
        Self { telling, world: world.into(), files: files.into(), inner: Arc::default() }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whether the trace is told as it goes.
    pub(crate) fn is_aloud(&self) -> bool {
        matches!(self.telling, Telling::Aloud | Telling::RemembersAloud)
    }

    /// Tells a line.
    pub(crate) fn tell(&self, words: impl FnOnce() -> String) {
        match self.telling {
            Telling::Counts | Telling::Remembers => {}
            Telling::Hash => {
                let mut inner = self.inner();
                inner.lines += 1;
                words().replace(&*self.world, "/sim/").replace(&*self.files, "").hash(&mut inner.hasher);
            }
            Telling::Aloud | Telling::RemembersAloud => println!("{}", words()),
        }
    }

    /// Remembers a line, where that is wanted.
    pub(crate) fn remember(&self, words: impl FnOnce() -> String) {
        if self.remembers() {
            self.inner().remembered.push(words());
        }
    }

    /// Tells whether the world is to be compared with another.
    pub(crate) fn remembers(&self) -> bool {
        matches!(self.telling, Telling::Remembers | Telling::RemembersAloud)
    }

    /// Returns what was remembered.
    pub(crate) fn remembered(&self) -> Vec<String> {
        self.inner().remembered.clone()
    }

    /// Counts something that happened.
    pub(crate) fn hit(&self, what: &str, whereabouts: &str) {
        *self.inner().tally.entry((what.to_owned(), whereabouts.to_owned())).or_default() += 1;
    }

    /// Returns the hash of what was told so far.
    pub(crate) fn hash(&self) -> u64 {
        let inner = self.inner();
        let mut hasher = inner.hasher.clone();
        inner.lines.hash(&mut hasher);
        hasher.finish()
    }

    /// Returns the counts.
    pub(crate) fn tally(&self) -> Tally {
        self.inner().tally.clone()
    }
}
