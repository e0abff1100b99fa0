//! PostgreSQL: pools of connections to one database, which any number of server processes share.
//!
//! Owns: connections, TLS, listening, and the wall that the database keeps around each workspace's records. Every
//! transaction says in its first words whose records it may see (`session`); the tables hold it to that (`wall`).
//! Refuses: rules.

mod connect;
mod error;
mod listen;
mod replica;
mod session;
mod value;
mod wall;

use crate::ports::Ports;
use crate::storage::engine::{Driver, Engine, Kind, Lane, Scope, Session, prepare};
use crate::storage::notices::Notices;
use crate::storage::{Result, StorageError};
use connect::{Address, Pools};
use deadpool_postgres::Pool;
use replica::Replica;
use session::PostgresSession;
use std::path::Path;
use std::sync::Arc;
use tidemark_model::EntityModel;
use tidemark_sql::Dialect;
use tokio::runtime::Handle;

use super::Access;

/// What is said where a copy is wanted.
pub(crate) const COPIES: &str = "A PostgreSQL database is copied by its own tools: pg_dump --format=custom, and pg_restore \
    into an empty database, then tidemark-server new-epoch";

/// A database on a PostgreSQL server.
pub(crate) struct Postgres {
    pools: Pools,
    replica: Option<Replica>,
    /// Absent in a command that serves nobody: it must not be taken for a process that does.
    listening: Option<tokio::task::AbortHandle>,
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(listening) = &self.listening {
            listening.abort();
        }
    }
}

/// Opens a database; with a model, its tables are laid out for it, by one process at a time.
///
/// # Errors
/// One sentence for each thing that can be wrong with the address, the rights, what is there, or the model.
pub(crate) async fn open(
    url: &str,
    replica: Option<&str>,
    access: Access,
    model: Option<Arc<EntityModel>>,
    ports: &Ports,
) -> Result<Engine<Postgres>> {
    let address = Address::read(url)?;
    let replica = replica.map(Address::read).transpose()?;
    let mut owner = address.connect().await?;
    let (name, ports_there, laid_out) = (address.name().to_owned(), ports.clone(), model.clone());
    let work = move |session: &mut dyn Session| {
        session.run(Kind::Layout, Scope::Everything, |tx| {
            if access == Access::Existing && tx.version()?.is_none() {
                return Err(StorageError::Missing(name));
            }
            let model = prepare(tx, &name, laid_out.as_ref(), &ports_there)?;
            if access == Access::Serve {
                wall::says_that_it_serves(tx)?;
            }
            Ok((wall::serves_apart(tx)?, model))
        })
    };
    let settled = tokio::task::spawn_blocking(move || {
        let settled = work(&mut PostgresSession::new(&mut owner.client, None, Handle::current()))?;
        Ok::<_, StorageError>((settled, owner))
    });
    let settled = settled.await.map_err(|error| StorageError::Failed(format!("the layout broke off: {error}")))?;
    let ((is_apart, model), owner) = settled?;
    let notices = Arc::new(Notices::default());
    let listening = (access == Access::Serve).then(|| listen::start(address.clone(), Arc::clone(&notices), owner));
    let name = address.name().to_owned();
    let replica = replica.map(|replica| Replica::at(&replica, is_apart, Arc::clone(&ports.clock))).transpose()?;
    let driver = Postgres { pools: Pools::of(&address, is_apart)?, replica, listening };
    Ok(Engine::over(driver, name, model, ports, notices))
}

/// Does work on a connection of a pool.
async fn run<T: Send + 'static>(
    pool: &Pool,
    work: impl FnOnce(&mut dyn Session) -> Result<T> + Send + 'static,
) -> Result<T> {
    let mut client = connect::take(pool).await?;
    let runtime = Handle::current();
    // On a thread of its own: the rules are plain code that waits for each answer.
    let work = tokio::task::spawn_blocking(move || {
        let kept = Some(Arc::clone(&client.statement_cache));
        let mut session = PostgresSession::new(&mut client, kept, runtime);
        let outcome = work(&mut session);
        if session.is_unsound() {
            // Nobody knows what state it is in; the pool makes another.
            drop(deadpool_postgres::Object::take(client));
        }
        outcome
    });
    work.await.map_err(|error| StorageError::Failed(format!("a piece of work broke off: {error}")))?
}

impl Driver for Postgres {
    async fn read<T: Send + 'static>(
        &self,
        lane: Lane,
        work: impl FnOnce(&mut dyn Session) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        match lane {
            Lane::Front => run(&self.pools.front, work).await,
            Lane::Records => run(&self.pools.readers, work).await,
            Lane::Replica => match &self.replica {
                Some(replica) => replica.read(work).await,
                None => Err(StorageError::Failed("there is no replica".into())),
            },
        }
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Session) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let writers = self.pools.writers.clone();
        // A task of its own: a request that hangs up does not leave a write half asked for.
        let writing = tokio::spawn(async move { run(&writers, work).await });
        writing.await.map_err(|error| StorageError::Failed(format!("a write broke off: {error}")))?
    }

    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn readers(&self) -> usize {
        connect::READERS
    }

    fn has_replica(&self) -> bool {
        self.replica.as_ref().is_some_and(Replica::is_there)
    }

    fn writes_workspaces_apart(&self) -> bool {
        true
    }

    async fn backup(&self, _: &Path) -> Result<()> {
        Err(StorageError::Copy(COPIES.to_owned()))
    }
}
