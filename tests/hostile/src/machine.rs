//! A clock and ids without chance, for what wants some.
//!
//! Owns: that the same bytes lead to the same work. Refuses: a clock that goes.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tidemark_model::ports::{Clock, Entropy, Ids, NoRandomness, Secrets, Timer, Wait};
use tidemark_model::{EntityModel, RecordId};
use tidemark_store::{Account, Store, SystemDisk};
use tidemark_sync::{LockFiles, SystemRoutes, Transport};
use uuid::Uuid;

/// What a device or a server is handed of the world.
#[derive(Debug, Default)]
pub(crate) struct Machine(AtomicU64);

impl Machine {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }

    /// Returns it as the ports of a worker over a network.
    pub(crate) fn ports(self: &Arc<Self>, transport: Arc<dyn Transport>) -> tidemark_sync::Ports {
        tidemark_sync::Ports {
            clock: self.clone(),
            timer: self.clone(),
            entropy: self.clone(),
            transport,
            guard: Arc::new(LockFiles::on(Arc::new(SystemDisk))),
            routes: Arc::new(SystemRoutes),
        }
    }
}

impl Clock for Machine {
    fn now_ms(&self) -> i64 {
        1_700_000_000_000
    }

    fn monotonic_ms(&self) -> u64 {
        0
    }
}

impl Timer for Machine {
    fn sleep(&self, _: Duration) -> Wait {
        Box::pin(std::future::ready(()))
    }
}

impl Entropy for Machine {
    fn fraction(&self) -> f64 {
        0.5
    }
}

impl Ids for Machine {
    fn fresh(&self) -> RecordId {
        RecordId(Uuid::from_u64_pair(7, self.next()))
    }
}

impl Secrets for Machine {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        bytes.iter_mut().for_each(|byte| *byte = self.next() as u8);
        Ok(())
    }
}

/// The account of the devices here.
pub(crate) fn account() -> Account {
    let account = serde_json::json!({
        "server": "http://localhost", "user": "ana", "workspace": "w", "token": "t", "server_id": "s", "signed_out": false
    });
    serde_json::from_value(account).expect("an account")
}

/// Returns the model that a server serves unless told another one.
pub(crate) fn model() -> &'static EntityModel {
    static MODEL: LazyLock<EntityModel> =
        LazyLock::new(|| EntityModel::to_serve(EntityModel::default_document()).expect("the default model"));
    &MODEL
}

/// Opens a device that is signed in and keeps two sets, with a record and a change that wait.
pub(crate) fn device(dir: &Path, machine: &Arc<Machine>) -> Store {
    let store = Store::open(dir, Arc::new(SystemDisk), machine.clone(), machine.clone()).expect("a new folder");
    store.sign_in_with(&account(), &model().document().to_string()).expect("signed in");
    for set in ["TodoItems", "Contacts"] {
        store.cache(set).expect("kept offline");
    }
    let record = serde_json::json!({ "Title": "Pump", "Notes": "n", "Priority": 3 });
    store.add("TodoItems", record.as_object().expect("an object")).expect("saved");
    store
}
