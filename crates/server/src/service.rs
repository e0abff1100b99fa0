//! A service as a value: opened on a database, asked through its router, stopped.
//!
//! Owns: what `serve` and a test in the same process have in common. Refuses: sockets, signals and the command line.

use crate::demo;
use crate::front::Front;
use crate::ports::Ports;
use crate::router::router;
use crate::server::{Current, Server};
use crate::storage::open::{Access, Address, open};
use crate::storage::{Days, NewToken, NewUser, Purged, StorageError, TokenHash};
use axum::Router;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tidemark_model::EntityModel;
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// Why a service does not open, in a sentence for whoever runs it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ServiceError(String);

impl From<StorageError> for ServiceError {
    fn from(error: StorageError) -> Self {
        Self(error.to_string())
    }
}

/// An OData service over one database.
pub struct Service {
    current: Current,
    stop: watch::Sender<bool>,
    following: AbortHandle,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.following.abort();
    }
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Service")
    }
}

impl Service {
    /// Opens a database, `sqlite:FILE` or `postgres://URL`, and lays the model out in it.
    ///
    /// # Errors
    /// One sentence for each thing that can be wrong with the address, the database or the model.
    pub async fn open(database: &str, model: EntityModel, ports: Ports) -> Result<Self, ServiceError> {
        let address = Address::read(database);
        let address =
            address.ok_or_else(|| ServiceError("The database must be sqlite:FILE or postgres://URL".into()))?;
        Self::over(&address, model, ports, Front::default()).await
    }

    pub(crate) async fn over(
        address: &Address,
        model: EntityModel,
        ports: Ports,
        front: Front,
    ) -> Result<Self, ServiceError> {
        let brought = Arc::new(model);
        let storage = open(address, Access::Serve, Some(Arc::clone(&brought)), &ports).await?;
        let identity = storage.identity().await?;
        let model = storage.model().unwrap_or(brought);
        let (stop, stopping) = watch::channel(false);
        let served = storage.listen_to_model();
        let current = Current::of(Server::new(storage, identity, model, ports, front, stopping));
        let following = tokio::spawn(follow(served, current.clone())).abort_handle();
        Ok(Self { current, stop, following })
    }

    /// Returns everything that is served.
    pub fn router(&self) -> Router {
        router(self.current.clone())
    }

    /// Adds an account, in a workspace that is made where there is none of that name, and returns a token of it.
    ///
    /// # Errors
    /// The name is taken, or the database fails.
    pub async fn add_user(&self, name: &str, workspace: &str, device: Option<&str>) -> Result<String, ServiceError> {
        let server = self.current.now();
        let now_ms = server.ports.clock.now_ms();
        // A hash of nothing: this account has no password, only its tokens.
        let user = NewUser { name: name.into(), workspace: workspace.into(), password: String::new(), now_ms };
        server.storage.add_user(user).await?;
        self.add_token(name, device).await
    }

    /// Ends the endless answers; requests under way are answered.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Returns what turns true when the service stops.
    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Adds the samples.
    pub(crate) async fn fill_demo(&self) -> Result<(), demo::DemoError> {
        let server = self.current.now();
        demo::fill(server.storage.as_ref(), &server.model, &server.ports).await
    }

    /// Returns one more token of an account, for a device of that name.
    ///
    /// # Errors
    /// There is no such account, or the database fails.
    pub async fn add_token(&self, name: &str, device: Option<&str>) -> Result<String, ServiceError> {
        let server = self.current.now();
        let ports = &server.ports;
        let no_randomness = |error| ServiceError::from(StorageError::Randomness(error));
        let token = crate::auth::fresh_token(ports.secrets.as_ref()).map_err(no_randomness)?;
        let (hash, now_ms) = (TokenHash::of(&token), ports.clock.now_ms());
        server.storage.add_token(NewToken { user: name.into(), hash, device: device.map(Into::into), now_ms }).await?;
        Ok(token)
    }

    /// Writes a copy of the database into a file that is not there yet; SQLite alone.
    ///
    /// # Errors
    /// A sentence; then there is no such file.
    pub async fn back_up(&self, target: &Path) -> Result<(), ServiceError> {
        Ok(self.current.now().storage.backup(target).await?)
    }

    /// Puts a backup in the place of a database, `sqlite:FILE`, which then begins a new epoch.
    ///
    /// # Errors
    /// A sentence; then the database is as it was.
    pub fn restore(database: &str, backup: &Path, ports: &Ports) -> Result<(), ServiceError> {
        let address = Address::read(database).ok_or_else(|| ServiceError("The database must be sqlite:FILE".into()))?;
        Ok(crate::storage::open::restore(&address, backup, ports)?)
    }

    /// Drops the content of tombstones that are older than so many days; history stays.
    ///
    /// # Errors
    /// The database fails.
    pub async fn drop_tombstones(&self, older_than_days: u32) -> Result<u64, ServiceError> {
        let kept = Days { tombstones: older_than_days, history: u32::MAX };
        Ok(self.purge(kept).await?.tombstones)
    }

    /// Drops the content of old tombstones, and old history.
    pub(crate) async fn purge(&self, kept: Days) -> Result<Purged, StorageError> {
        let server = self.current.now();
        server.storage.purge(kept.before(server.ports.clock.now_ms())).await
    }
}

/// How long is waited before a model that could not be read is read again.
const READ_AGAIN: Duration = Duration::from_secs(5);

/// Serves what other processes on the database serve.
async fn follow(mut served: watch::Receiver<i64>, current: Current) {
    // At once too: another may have come between the opening and the listening.
    loop {
        while let Err(error) = serve_newest(&current).await {
            tracing::warn!(%error, "another model is served on this database; it is not served here yet");
            // Or sooner, when one more comes.
            let _ = tokio::time::timeout(READ_AGAIN, served.changed()).await;
        }
        if served.changed().await.is_err() {
            return;
        }
    }
}

async fn serve_newest(current: &Current) -> Result<(), StorageError> {
    let server = current.now();
    let newest = server.storage.served_model().await?;
    if let Some(newest) = newest.filter(|newest| newest.fingerprint != server.model.fingerprint()) {
        current.serve(newest.read()?);
        tracing::info!("another model is served on this database; it is served here too from now on");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use http::{Request, header};
    use http_body_util::BodyExt as _;
    use tidemark_model::ports::Clock;
    use tower::ServiceExt as _;

    struct Stopped;

    impl Clock for Stopped {
        fn now_ms(&self) -> i64 {
            1_700_000_000_000
        }

        fn monotonic_ms(&self) -> u64 {
            7
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_service_in_process_goes_by_the_ports_it_was_handed() {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite:{}", folder.path().join("records.db").display());
        let model = EntityModel::to_serve(EntityModel::default_document()).unwrap();
        let ports = Ports { clock: Arc::new(Stopped), ..Ports::default() };
        let service = Service::open(&database, model, ports).await.unwrap();
        let token = service.add_user("ann", "one", Some("a test")).await.unwrap();
        let request = Request::post("/odata/TodoItems")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(r#"{ "Title": "in process" }"#))
            .unwrap();
        let answer = service.router().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), 201);
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let record: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&record["_UpdatedAt"], &record["_UpdatedBy"]), (&1_700_000_000_000_i64.into(), &"ann".into()));
        service.stop();
        assert!(*service.stopping().borrow());
    }
}
