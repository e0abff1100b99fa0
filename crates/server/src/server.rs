//! What all routes share: the database, the model, the clock, and who this server is.
//!
//! Owns: putting a caller and an entity set together to a place in the database, the identity, which another process may
//! change by restoring a backup, and the model, which one may change by coming with another: a request goes by the model
//! that was served when it came. Refuses: any request.

use crate::auth::Gate;
use crate::change::Place;
use crate::front::Front;
use crate::ports::Ports;
use crate::storage::{Caller, Identity, Storage, StorageError};
use crate::token::TokenSeal;
use axum::extract::FromRef;
use std::sync::{Arc, PoisonError, RwLock};
use tidemark_model::{EntityModel, EntitySet};
use tidemark_odata::{Code, WireError};
use tokio::sync::{Semaphore, watch};

/// The state of a serving process.
pub(crate) struct Server {
    /// The database.
    pub(crate) storage: Arc<dyn Storage>,
    /// The entity model, `CachedEntities` in it.
    pub(crate) model: Arc<EntityModel>,
    /// The time, ids and secrets.
    pub(crate) ports: Ports,
    /// How it is seen from outside.
    pub(crate) front: Arc<Front>,
    /// Who may come in.
    pub(crate) gate: Arc<Gate>,
    /// Turns true when the server stops; endless answers end then.
    pub(crate) stopping: watch::Receiver<bool>,
    /// One audit at a time: each reads a whole set.
    pub(crate) audits: Arc<Semaphore>,
    identity: Arc<RwLock<Arc<Identity>>>,
}

/// The server as the model of this moment makes it.
#[derive(Clone)]
pub(crate) struct Current(Arc<RwLock<Arc<Server>>>);

impl Current {
    /// Begins with a server.
    pub(crate) fn of(server: Server) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(server))))
    }

    /// Returns the server of this moment.
    pub(crate) fn now(&self) -> Arc<Server> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Serves another model from the next request on.
    pub(crate) fn serve(&self, model: Arc<EntityModel>) {
        let next = Arc::new(self.now().with_model(model));
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = next;
    }
}

impl FromRef<Current> for Arc<Server> {
    fn from_ref(current: &Current) -> Self {
        current.now()
    }
}

impl Server {
    /// Puts a server together.
    pub(crate) fn new(
        storage: Arc<dyn Storage>,
        identity: Identity,
        model: Arc<EntityModel>,
        ports: Ports,
        front: Front,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let identity = Arc::new(RwLock::new(Arc::new(identity)));
        let gate = Arc::new(Gate::new(ports.secrets.as_ref()));
        let front = Arc::new(front);
        Self { storage, model, ports, front, gate, stopping, audits: Arc::new(Semaphore::new(1)), identity }
    }

    /// Returns the same server with another model.
    fn with_model(&self, model: Arc<EntityModel>) -> Self {
        Self {
            storage: self.storage.serving(Arc::clone(&model)),
            model,
            ports: self.ports.clone(),
            front: Arc::clone(&self.front),
            gate: Arc::clone(&self.gate),
            stopping: self.stopping.clone(),
            audits: Arc::clone(&self.audits),
            identity: Arc::clone(&self.identity),
        }
    }

    /// Returns who this server is.
    pub(crate) fn identity(&self) -> Arc<Identity> {
        self.identity.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the identity again where a caller was found under another epoch: a backup was restored meanwhile.
    pub(crate) async fn notice_epoch(&self, caller: &Caller) -> Result<(), StorageError> {
        if self.identity().epoch != caller.epoch {
            let fresh = Arc::new(self.storage.settle_in().await?);
            *self.identity.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        }
        Ok(())
    }

    /// Returns the present, in microseconds UTC: what `now()` is in a query.
    pub(crate) fn now_micros(&self) -> i64 {
        self.ports.clock.now_ms().saturating_mul(1_000)
    }

    /// Finds an entity set.
    ///
    /// # Errors
    /// 404.
    pub(crate) fn set(&self, name: &str) -> Result<&EntitySet, WireError> {
        self.model
            .set(name)
            .ok_or_else(|| WireError::new(404, Code::UnknownEntitySet, format!("There is no entity set {name}")))
    }

    /// Finds an entity set and where the caller's records of it are.
    ///
    /// # Errors
    /// 404.
    pub(crate) fn place(&self, caller: &Caller, name: &str) -> Result<(&EntitySet, Place), WireError> {
        let set = self.set(name)?;
        let owner_no = if set.per_user.is_some() { caller.user_no } else { 0 };
        Ok((set, Place { set: set.name.clone(), workspace_no: caller.workspace_no, owner_no, user_no: caller.user_no }))
    }

    /// Returns what tokens are sealed with.
    pub(crate) fn seal<'a>(&'a self, identity: &'a Identity, place: &'a Place, query: &'a str) -> TokenSeal<'a> {
        TokenSeal {
            secret: &identity.secret,
            epoch: &identity.epoch,
            workspace: place.workspace_no,
            owner: place.owner_no,
            set: &place.set,
            fingerprint: self.model.fingerprint(),
            query,
        }
    }
}
