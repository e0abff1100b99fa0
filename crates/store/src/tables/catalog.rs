//! The entity model as this process has it loaded, and the tables that go with it.
//!
//! Owns: noticing that another process adopted another model or signed out. Refuses: changing tables (`migrate`).

use crate::error::{Result, StoreError};
use crate::tables::setting;
use crate::tables::table::Table;
use rusqlite::Connection;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use tidemark_model::{CACHED_ENTITIES, EntityModel};

/// Counts changes of the model in this database; every transaction compares it.
pub(crate) const EPOCH: &str = "store.model_epoch";
/// The model document.
pub(crate) const DOCUMENT: &str = "store.model";

/// One loaded model.
#[derive(Default)]
pub(crate) struct Catalog {
    epoch: i64,
    model: Option<Arc<EntityModel>>,
    tables: HashMap<String, Arc<Table>>,
    /// Tables of sets that left the model while something was pending in them, in the shape that they had.
    left: HashMap<String, Arc<Table>>,
    push_order: Vec<String>,
}

impl Catalog {
    pub(crate) fn new(epoch: i64, model: Option<EntityModel>) -> Self {
        let Some(model) = model else { return Self { epoch, ..Self::default() } };
        let tables = model.sets().map(|set| (set.name.clone(), Arc::new(Table::new(set)))).collect();
        let push_order = model.push_order().into_iter().map(str::to_owned).collect();
        Self { epoch, model: Some(Arc::new(model)), tables, left: HashMap::new(), push_order }
    }

    /// Returns which model of this database it is: every adoption makes another one.
    pub(crate) fn epoch(&self) -> i64 {
        self.epoch
    }

    pub(crate) fn model(&self) -> Option<&Arc<EntityModel>> {
        self.model.as_ref()
    }

    /// Finds the table of an entity set.
    pub(crate) fn table(&self, set: &str) -> Result<&Arc<Table>> {
        match self.tables.get(set) {
            Some(table) => Ok(table),
            None if self.model.is_none() => Err(StoreError::NotSignedIn),
            None => Err(StoreError::UnknownSet(set.to_owned())),
        }
    }

    /// Finds the table of an entity set, also of one that left the model and has something pending: what is here can be
    /// listed, exported and given up.
    pub(crate) fn table_here(&self, set: &str) -> Result<&Arc<Table>> {
        self.left(set).map_or_else(|| self.table(set), Ok)
    }

    /// Finds the table of a set that left the model and has something pending.
    pub(crate) fn left(&self, set: &str) -> Option<&Arc<Table>> {
        self.left.get(set).filter(|_| !self.tables.contains_key(set))
    }

    /// Returns the table of `CachedEntities`, where the server has it.
    pub(crate) fn choices(&self) -> Option<&Arc<Table>> {
        self.tables.get(CACHED_ENTITIES)
    }

    /// Returns set names so that a set comes after the sets it refers to.
    pub(crate) fn push_order(&self) -> &[String] {
        &self.push_order
    }

    /// Returns the tables in model order.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &Arc<Table>> {
        let sets = self.model.iter().flat_map(|model| model.sets());
        sets.filter_map(|set| self.tables.get(&set.name))
    }
}

/// The settings under which the document is kept by which the table of a set that left the model was made.
pub(crate) const SHAPES: &str = "store.shape.";

fn left(conn: &Connection) -> Result<HashMap<String, Arc<Table>>> {
    let mut left = HashMap::new();
    for (set, document) in setting::beginning_with(conn, SHAPES)? {
        if let Some(shape) = EntityModel::parse(&document)?.set(&set) {
            left.insert(set, Arc::new(Table::new(shape)));
        }
    }
    Ok(left)
}

/// Returns the catalog that holds now in the transaction `conn` is in, which began with `known`: the transaction may have
/// adopted another model.
pub(crate) fn now(conn: &Connection, known: &Arc<Catalog>) -> Result<Arc<Catalog>> {
    let epoch = setting::number(conn, EPOCH)?;
    if epoch == known.epoch { Ok(Arc::clone(known)) } else { Ok(Arc::new(read(conn, epoch)?)) }
}

fn read(conn: &Connection, epoch: i64) -> Result<Catalog> {
    let model = match setting::get(conn, DOCUMENT)? {
        Some(document) => Some(EntityModel::parse(&document)?),
        None => None,
    };
    Ok(Catalog { left: left(conn)?, ..Catalog::new(epoch, model) })
}

/// The newest catalog that this process has seen.
#[derive(Default)]
pub(crate) struct Loaded(RwLock<Arc<Catalog>>);

impl Loaded {
    /// Returns the catalog that holds for the transaction `conn` is in.
    pub(crate) fn current(&self, conn: &Connection) -> Result<Arc<Catalog>> {
        let epoch = setting::number(conn, EPOCH)?;
        let loaded = Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner));
        if loaded.epoch == epoch {
            return Ok(loaded);
        }
        let catalog = Arc::new(read(conn, epoch)?);
        // A reader may still be in an older transaction: the newest epoch stays.
        let mut slot = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if epoch > slot.epoch {
            *slot = Arc::clone(&catalog);
        }
        Ok(catalog)
    }

    /// Returns the newest catalog without asking the database.
    pub(crate) fn newest(&self) -> Arc<Catalog> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}
