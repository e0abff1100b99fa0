//! A laptop: its offline database and what works on it, behind its own weather.
//!
//! Owns: making one that has synced, and looking into its database. Refuses: the server (`shore`).

use super::shore::{ROOT, Shore, named};
use super::weather::Weather;
use crate::engine::Engine;
use crate::ports::Ports;
use crate::ports::lock_files::LockFiles;
use crate::ports::routes::Routes;
use crate::report::{CycleReport, Outcome};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tidemark_model::query::Query;
use tidemark_model::{CACHED_ENTITIES, RecordId};
use tidemark_store::{Only, Position, Store, SystemDisk};

pub(super) const ITEMS: &str = "TodoItems";
pub(super) const LISTS: &str = "TodoLists";

/// The machine's routes, as the test says.
#[derive(Default)]
pub(super) struct Roads(Mutex<String>);

impl Roads {
    pub(super) fn lead(&self, elsewhere: &str) {
        *self.0.lock().unwrap() = elsewhere.to_owned();
    }
}

impl Routes for Roads {
    fn fingerprint(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

/// A laptop.
pub(super) struct Device {
    pub(super) store: Store,
    pub(super) engine: Engine,
    pub(super) weather: Arc<Weather>,
    pub(super) roads: Arc<Roads>,
    pub(super) shore: Arc<Shore>,
    dir: TempDir,
}

impl Device {
    /// Makes a laptop of a new user that has synced with these sets kept offline, and that nobody has asked anything since.
    pub(super) async fn new(shore: &Arc<Shore>, user: &str, sets: &[&str]) -> Self {
        let device = Self::signed_in(shore, user).await;
        for set in sets {
            device.store.cache(set).unwrap();
        }
        for _ in 0..2 {
            assert_eq!(device.cycle().await.error, None);
        }
        device.weather.log();
        device
    }

    /// Makes a laptop of a new user that has not synced yet.
    pub(super) async fn signed_in(shore: &Arc<Shore>, user: &str) -> Self {
        let (dir, weather, roads) = (tempfile::tempdir().unwrap(), Weather::new(shore.clone()), Arc::default());
        let store = Store::open(dir.path(), Arc::new(SystemDisk), shore.time.clone(), shore.time.clone()).unwrap();
        let engine = Engine::new(store.clone(), ports(shore, &weather, &roads));
        let token = shore.token(user).await;
        let account = engine.remote().sign_in_with_token(ROOT, &token).await.unwrap();
        let document = engine.remote().model_document(&account).await.unwrap();
        store.sign_in_with(&account, &document).unwrap();
        Self { store, engine, weather, roads, shore: shore.clone(), dir }
    }

    /// Returns what another process on the same data dir works with, behind a weather of its own.
    pub(super) fn another_process(&self) -> (Engine, Arc<Weather>) {
        let store =
            Store::open(self.dir.path(), Arc::new(SystemDisk), self.shore.time.clone(), self.shore.time.clone())
                .unwrap();
        let weather = Weather::new(self.shore.clone());
        (Engine::new(store, ports(&self.shore, &weather, &self.roads)), weather)
    }

    pub(super) async fn cycle(&self) -> CycleReport {
        self.engine.cycle().await
    }

    /// Runs a cycle that goes through.
    pub(super) async fn sync(&self) -> CycleReport {
        let report = self.cycle().await;
        assert_eq!((report.outcome, &report.error), (Outcome::Synced, &None));
        report
    }

    /// Has a set enumerated anew by the next cycle.
    pub(super) fn forget(&self, set: &str) {
        self.store.cache(set).unwrap();
        self.place(set, &Position::Start { restored: false });
    }

    /// Puts a link where a set's feed is followed from.
    pub(super) fn point(&self, set: &str, link: &str) {
        self.place(set, &Position::Delta { link: link.to_owned() });
    }

    fn place(&self, set: &str, position: &Position) {
        let lease = self.store.lease().unwrap();
        let positions = lease.positions().unwrap();
        let from = positions.iter().find(|from| from.set() == set && set != CACHED_ENTITIES).unwrap();
        lease.pull(|tx| tx.onto(from)?.move_to(position)).unwrap();
    }

    pub(super) fn add(&self, set: &str, name: &str) -> RecordId {
        self.store.add(set, named(set, name).as_object().unwrap()).unwrap().record.id
    }

    pub(super) fn count(&self, set: &str) -> u64 {
        self.store.count(set, &Query::default(), Only::All).unwrap()
    }

    /// Returns what the records of a set are called, in order.
    pub(super) fn names(&self, set: &str) -> Vec<String> {
        let found = self.store.list(set, &Query::default(), Only::All).unwrap();
        let name = if set == ITEMS { "Title" } else { "Name" };
        let mut names: Vec<_> =
            found.iter().map(|local| local.record.get(name).as_str().unwrap_or_default().to_owned()).collect();
        names.sort();
        names
    }
}

fn ports(shore: &Shore, weather: &Arc<Weather>, roads: &Arc<Roads>) -> Ports {
    Ports {
        clock: shore.time.clone(),
        timer: shore.time.clone(),
        entropy: shore.time.clone(),
        transport: weather.clone(),
        guard: Arc::new(LockFiles::on(Arc::new(SystemDisk))),
        routes: roads.clone(),
    }
}
