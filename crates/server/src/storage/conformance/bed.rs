//! A database with two workspaces and what a test says to it.

use crate::change::Mark;
use crate::change::{Body, Change, Commit, Outcome, Place, Repeat, Row, Step};
use crate::ports::Ports;
use crate::storage::open::{Access, Address, open};
use crate::storage::{
    Caller, FeedLoss, NewUser, Page, Read, ReadOutcome, Result, Retention, Selection, Storage, StorageError,
};
use crate::write::read_body;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tidemark_model::{Cell, Condition, EntityModel, Method, RecordId};
use tidemark_sqlite::Opening;
use tidemark_test_postgres::{Cluster, Database};
use uuid::Uuid;

pub(crate) const ITEMS: &str = "TodoItems";
pub(crate) const OWN: &str = "CachedEntities";

/// Looks again and again until `done`; for what nothing tells of.
pub(crate) async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let looking = async {
        while !done().await {
            tokio::task::yield_now().await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(30), looking).await.is_ok(), "still not: {what}");
}

/// Keeps all history.
pub(crate) fn tombstones(before_ms: i64) -> Retention {
    Retention { tombstones_before_ms: before_ms, history_before_ms: 0 }
}

/// A database, opened.
pub(crate) struct Bed {
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) model: Arc<EntityModel>,
    address: Address,
    _folder: TempDir,
    _postgres: Option<Database<'static>>,
}

pub(crate) fn id(number: u64) -> RecordId {
    RecordId(Uuid::from_u64_pair(0, number))
}

pub(crate) fn model() -> EntityModel {
    EntityModel::to_serve(EntityModel::default_document()).unwrap()
}

impl Bed {
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = Address::Sqlite(folder.path().join("records.db"));
        Self::on(address, folder).await
    }

    pub(crate) async fn postgres() -> Self {
        let database = Cluster::shared().database();
        let mut bed = Self::at(database.superuser_url()).await;
        bed._postgres = Some(database);
        bed
    }

    pub(crate) async fn at(url: String) -> Self {
        Self::on(Address::Postgres { url, replica: None }, tempfile::tempdir().unwrap()).await
    }

    async fn on(address: Address, folder: TempDir) -> Self {
        let model = Arc::new(model());
        let storage = open(&address, Access::Serve, Some(Arc::clone(&model)), &Ports::default()).await.unwrap();
        for (name, workspace) in [("ann", "one"), ("bob", "one"), ("eve", "two")] {
            let user = NewUser { name: name.into(), workspace: workspace.into(), password: "hash".into(), now_ms: 1 };
            storage.add_user(user).await.unwrap();
        }
        Self { storage, model, address, _folder: folder, _postgres: None }
    }

    /// Asks the database itself for a number, past all walls.
    pub(crate) fn asked(&self, sql: &str) -> u64 {
        match (&self.address, &self._postgres) {
            (Address::Sqlite(path), _) => {
                let opening = Opening {
                    flags: rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY,
                    vfs: None,
                    busy_timeout: Duration::from_secs(10),
                    prepared_statements: 1,
                };
                let connection = tidemark_sqlite::open(path, opening).unwrap();
                connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap().unsigned_abs()
            }
            (Address::Postgres { .. }, Some(database)) => database.psql(sql).trim().parse().unwrap(),
            (address, None) => panic!("{address:?} is nobody's to ask"),
        }
    }

    /// Opens the same database once more, as another process does.
    pub(crate) async fn another(&self, model: EntityModel) -> Result<Arc<dyn Storage>> {
        open(&self.address, Access::Serve, Some(Arc::new(model)), &Ports::default()).await
    }

    pub(crate) async fn caller(&self, name: &str) -> Arc<Caller> {
        Arc::new(self.storage.account(name).await.unwrap().unwrap().caller)
    }

    pub(crate) fn place(&self, caller: &Caller, set: &str) -> Place {
        let is_own = self.model.set(set).unwrap().per_user.is_some();
        let owner_no = if is_own { caller.user_no } else { 0 };
        Place { set: set.into(), workspace_no: caller.workspace_no, owner_no, user_no: caller.user_no }
    }

    pub(crate) fn change(&self, set: &str, number: u64, method: Method, body: Value) -> Change {
        let body = match method {
            Method::Delete => Body::default(),
            _ => read_body(self.model.set(set).unwrap(), body.to_string().as_bytes()).unwrap().1,
        };
        Change {
            set: set.into(),
            id: id(number),
            method,
            condition: Condition::None,
            body,
            repeat: None,
            asks_for: None,
            only_if: None,
        }
    }

    /// A change of a task's title.
    pub(crate) fn titled(&self, number: u64, title: &str) -> Change {
        self.change(ITEMS, number, Method::Update, json!({ "Title": title }))
    }

    pub(crate) async fn commit(&self, caller: &Arc<Caller>, steps: Vec<Vec<Change>>) -> Vec<Outcome> {
        commit(&self.storage, caller, steps).await.unwrap()
    }

    pub(crate) async fn one(&self, caller: &Arc<Caller>, change: Change) -> Outcome {
        self.commit(caller, vec![vec![change]]).await.remove(0)
    }

    /// Reads a set's feed behind a place: the ids and versions of what changed, in order.
    pub(crate) async fn changed(
        &self,
        place: &Place,
        from: Mark,
    ) -> std::result::Result<Vec<(RecordId, Mark)>, FeedLoss> {
        let selection = Selection::ChangedAfter { limit: 100_000, filter: None };
        let properties = vec!["Id".to_owned()];
        let read =
            Read { place: place.clone(), properties, selection, count: false, from: Some(from), expand: Vec::new() };
        rows(&self.storage, read).await.map(|(_, rows)| rows)
    }
}

pub(crate) async fn commit(
    storage: &Arc<dyn Storage>,
    caller: &Arc<Caller>,
    steps: Vec<Vec<Change>>,
) -> Result<Vec<Outcome>> {
    let steps = steps.into_iter().map(Step).collect();
    storage.commit(Commit { caller: Arc::clone(caller), steps, stop_on_error: false }).await
}

/// Carries out a read whose rows are put down as text, and reads that again: what came, and where the feed stood.
pub(crate) async fn rows(
    storage: &Arc<dyn Storage>,
    read: Read,
) -> std::result::Result<(Mark, Vec<(RecordId, Mark)>), FeedLoss> {
    let outcome = storage
        .read(
            read,
            Box::new(|snapshot, rows| {
                let mut lines = vec![format!("{} {}", snapshot.position.mark.sequence, snapshot.position.mark.mark)];
                while let Some(row) = rows.next()? {
                    let Cell::Guid(id) = row.cell(0)? else { return Err(StorageError::Failed("no Id".into())) };
                    let version = row.version()?;
                    lines.push(format!("{id} {} {}", version.sequence, version.mark));
                }
                Ok(Page { body: lines.join("\n").into_bytes(), next_link: None, delta_token: None })
            }),
        )
        .await
        .unwrap();
    let page = match outcome {
        ReadOutcome::Page(page) => String::from_utf8(page.body).unwrap(),
        ReadOutcome::Lost(loss) => return Err(loss),
    };
    let mark = |sequence: &str, mark: &str| Mark { sequence: sequence.parse().unwrap(), mark: mark.parse().unwrap() };
    let mut lines = page.lines();
    let (sequence, newest) = lines.next().unwrap().split_once(' ').unwrap();
    let of = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        (RecordId(words[0].parse().unwrap()), mark(words[1], words[2]))
    };
    Ok((mark(sequence, newest), lines.map(of).collect()))
}

pub(crate) fn applied(outcome: &Outcome) -> &Row {
    match outcome {
        Outcome::Applied { row, .. } => row,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn repeat(number: u8, content: u8) -> Option<Repeat> {
    Some(Repeat { request: [number; 16], content: [content; 16] })
}
