//! What all routes share: the database, the model, the clock, and who this server is.
//!
//! Owns: putting a caller and an entity set together to a place in the database, and the identity, which another
//! process may change by restoring a backup. Refuses: any request.

use crate::auth::Gate;
use crate::change::Place;
use crate::ports::Ports;
use crate::storage::{Caller, Identity, Storage, StorageError};
use crate::token::TokenSeal;
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
    /// Who may come in.
    pub(crate) gate: Gate,
    /// Turns true when the server stops; endless answers end then.
    pub(crate) stopping: watch::Receiver<bool>,
    /// One audit at a time: each reads a whole set.
    pub(crate) audits: Semaphore,
    identity: RwLock<Arc<Identity>>,
}

impl Server {
    /// Puts a server together.
    pub(crate) fn new(
        storage: Arc<dyn Storage>,
        identity: Identity,
        model: Arc<EntityModel>,
        ports: Ports,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let identity = RwLock::new(Arc::new(identity));
        let gate = Gate::new(ports.secrets.as_ref());
        Self { storage, model, ports, gate, stopping, audits: Semaphore::new(1), identity }
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
