//! One stored record, and where it is.

use super::version::{Mark, etag};
use tidemark_model::{Cell, EntitySet, Property, Record, RecordId, Role};
use uuid::Uuid;

/// Whose records of which entity set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The entity set, one of the model.
    pub(crate) set: String,
    /// The workspace's number.
    pub(crate) workspace_no: i64,
    /// The account's number in a set that each user has their own of, else 0. It is part of the key, so that one
    /// user's record is to another as one that does not exist.
    pub(crate) owner_no: i64,
    /// The account's number of who asks: reads take turns by it.
    pub(crate) user_no: i64,
}

/// A version of a record as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    /// The key.
    pub(crate) id: Uuid,
    /// One cell per declared property, in model order.
    pub(crate) cells: Vec<Cell<'static>>,
    /// Unix milliseconds UTC.
    pub(crate) updated_at: i64,
    /// Whether it is soft-deleted.
    pub(crate) is_tombstoned: bool,
    /// Who made this version.
    pub(crate) updated_by: Option<String>,
    /// The change that made this version.
    pub(crate) version: Mark,
}

impl Row {
    /// Returns the ETag of this version.
    pub(crate) fn etag(&self) -> String {
        let mut text = String::with_capacity(24);
        etag(self.version, &mut text);
        text
    }

    /// Returns the cells of some of the type's properties.
    pub(crate) fn cells_of<'r>(&'r self, set: &EntitySet, properties: &[&Property]) -> Vec<Cell<'r>> {
        let declared = |name: &str| set.entity_type.declared().position(|p| p.name == name);
        let cell = |property: &&Property| match property.role {
            Role::Key => Cell::Guid(self.id),
            Role::Declared => declared(&property.name).and_then(|i| self.cells.get(i)).map_or(Cell::Null, borrowed),
            Role::UpdatedAt => Cell::Integer(self.updated_at),
            Role::IsTombstoned => Cell::Integer(self.is_tombstoned.into()),
            Role::UpdatedBy => self.updated_by.as_deref().map_or(Cell::Null, |name| Cell::Text(name.into())),
        };
        properties.iter().map(cell).collect()
    }

    /// Returns the row as a record of the model.
    pub(crate) fn to_record(&self, set: &EntitySet) -> Record {
        let mut record = Record::new(RecordId(self.id), self.updated_at);
        record.is_tombstoned = self.is_tombstoned;
        record.updated_by.clone_from(&self.updated_by);
        for (property, cell) in set.entity_type.declared().zip(&self.cells) {
            record.properties.insert(property.name.clone(), cell.to_json(property));
        }
        record
    }
}

fn borrowed<'c>(cell: &'c Cell<'static>) -> Cell<'c> {
    match cell {
        Cell::Text(text) => Cell::Text(text.as_ref().into()),
        Cell::Null => Cell::Null,
        Cell::Integer(n) => Cell::Integer(*n),
        Cell::Real(n) => Cell::Real(*n),
        Cell::Guid(id) => Cell::Guid(*id),
    }
}
