//! The address, TLS, and the pools of connections.
//!
//! Owns: what an address may say, how a connection is set up, and how many there are. Refuses: what runs on them.

use super::error::storage_error;
use super::wall::SERVED;
use crate::limits::READ_TIMEOUT;
use crate::storage::{Result, StorageError};
use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, TimeoutType,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_postgres::config::SslMode;
use tokio_postgres::{AsyncMessage, Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Connections that read records.
pub(super) const READERS: usize = 6;
/// Connections that write; each workspace takes one at a time.
const WRITERS: usize = 6;
/// Connections for what everybody needs: who is this, where does the feed stand.
const FRONT: usize = 3;

/// How long a connection may take to be made, and how long one is waited for.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const WAIT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a write waits for another process's, and how long a transaction may stand idle: longer than the engine
/// ever thinks, shorter than a process that hangs.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Where a database is.
#[derive(Clone)]
pub(super) struct Address {
    config: Config,
    tls: MakeRustlsConnect,
    name: String,
}

/// A connection outside of the pools. Dropping it closes it.
pub(super) struct Connection {
    pub(super) client: Client,
    driver: JoinHandle<()>,
}

impl Connection {
    /// Waits until the connection has broken.
    pub(super) async fn broken(&mut self) {
        // A panic in it is an end too.
        let _ = (&mut self.driver).await;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Address {
    /// Reads a `postgres://` URL. Its password is shown nowhere.
    pub(super) fn read(url: &str) -> Result<Self> {
        let unreadable = |problem: String| StorageError::NotOpened { database: "at this address".into(), problem };
        let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| unreadable(error.to_string()))?;
        let host = config.get_hosts().iter().map(|host| match host {
            tokio_postgres::config::Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            tokio_postgres::config::Host::Unix(path) => path.display().to_string(),
        });
        let host = host.collect::<Vec<_>>().join(",");
        let port = config.get_ports().first().copied().unwrap_or(5432);
        let database = config.get_dbname().or(config.get_user()).unwrap_or("postgres");
        let name = format!("postgres://{host}:{port}/{database}");
        config.application_name("tidemark-server").connect_timeout(CONNECT_TIMEOUT);
        config.keepalives_idle(Duration::from_secs(30)).tcp_user_timeout(Duration::from_secs(20));
        Ok(Self { config, tls: tls()?, name })
    }

    /// Returns the address as sentences say it.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Makes a connection as the user of the address.
    pub(super) async fn connect(&self) -> Result<Connection> {
        self.connect_hearing(|_| {}).await
    }

    /// Makes a connection whose notifications go to `hear`.
    pub(super) async fn connect_hearing(&self, hear: impl Fn(AsyncMessage) + Send + 'static) -> Result<Connection> {
        if self.config.get_ssl_mode() == SslMode::Disable {
            let (client, connection) = self.config.connect(NoTls).await.map_err(|error| self.refused(&error))?;
            Ok(Connection { client, driver: drive(connection, hear) })
        } else {
            let tls = self.tls.clone();
            let (client, connection) = self.config.connect(tls).await.map_err(|error| self.refused(&error))?;
            Ok(Connection { client, driver: drive(connection, hear) })
        }
    }

    fn refused(&self, error: &tokio_postgres::Error) -> StorageError {
        let problem = super::error::why_not_opened(error);
        StorageError::NotOpened { database: self.name.clone(), problem }
    }
}

fn drive<S, T>(
    mut connection: tokio_postgres::Connection<S, T>,
    hear: impl Fn(AsyncMessage) + Send + 'static,
) -> JoinHandle<()>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    tokio::spawn(async move {
        loop {
            match std::future::poll_fn(|context| connection.poll_message(context)).await {
                Some(Ok(message)) => hear(message),
                Some(Err(error)) => {
                    tracing::debug!(%error, "a connection to PostgreSQL ended");
                    return;
                }
                None => return,
            }
        }
    })
}

/// TLS against the certificates that the machine trusts (`SSL_CERT_FILE` names others).
fn tls() -> Result<MakeRustlsConnect> {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in rustls_native_certs::load_native_certs().certs {
        // One that cannot be read is one less to trust.
        let _ = roots.add(certificate);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| StorageError::Failed(format!("TLS cannot be set up: {error}")))?;
    Ok(MakeRustlsConnect::new(config.with_root_certificates(roots).with_no_client_auth()))
}

/// The pools, one for each kind of work, so that none waits for another's.
pub(super) struct Pools {
    pub(super) front: Pool,
    pub(super) readers: Pool,
    pub(super) writers: Pool,
}

impl Pools {
    /// Makes the pools; their connections are made when they are needed. `is_apart` says that they act as a role that
    /// owns nothing.
    pub(super) fn of(address: &Address, is_apart: bool) -> Result<Self> {
        let pool = |size, timeout| pool(address, size, timeout, is_apart);
        Ok(Self {
            front: pool(FRONT, READ_TIMEOUT)?,
            readers: pool(READERS, READ_TIMEOUT)?,
            writers: pool(WRITERS, Duration::from_secs(60))?,
        })
    }
}

/// Makes one pool.
pub(super) fn pool(address: &Address, size: usize, statement_timeout: Duration, is_apart: bool) -> Result<Pool> {
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = if address.config.get_ssl_mode() == SslMode::Disable {
        Manager::from_config(address.config.clone(), NoTls, recycling)
    } else {
        Manager::from_config(address.config.clone(), address.tls.clone(), recycling)
    };
    let set_up = format!(
        "SET statement_timeout = {}; SET lock_timeout = {}; SET idle_in_transaction_session_timeout = {};{}",
        statement_timeout.as_millis(),
        LOCK_TIMEOUT.as_millis(),
        IDLE_TIMEOUT.as_millis(),
        if is_apart { format!(" SET ROLE {SERVED}") } else { String::new() },
    );
    let hook = Hook::async_fn(move |client: &mut deadpool_postgres::ClientWrapper, _| {
        let set_up = set_up.clone();
        Box::pin(async move { client.batch_execute(&set_up).await.map_err(HookError::Backend) })
    });
    let pool = Pool::builder(manager)
        .max_size(size)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(WAIT_TIMEOUT))
        .create_timeout(Some(CONNECT_TIMEOUT))
        .recycle_timeout(Some(CONNECT_TIMEOUT))
        .post_create(hook);
    pool.build().map_err(|error| StorageError::Failed(format!("the pool cannot be made: {error}")))
}

/// Takes a connection from a pool.
pub(super) async fn take(pool: &Pool) -> Result<Object> {
    pool.get().await.map_err(|error| match error {
        PoolError::Timeout(TimeoutType::Wait) => StorageError::Busy,
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
            storage_error(&error, false)
        }
        other => StorageError::Unreachable(other.to_string()),
    })
}
