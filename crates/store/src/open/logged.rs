//! What the outbox log of a folder says of its database, before that is opened.
//!
//! Owns: nothing. Refuses: writing.

use crate::tx::folder::Folder;
use crate::tx::outbox_log::{self as log, Contents};
use tidemark_model::EntityModel;

/// Tells whether the log says that somebody is signed in.
pub(crate) fn is_account_there(folder: &Folder) -> bool {
    contents(folder).is_some_and(|contents| contents.account.is_some())
}

/// Tells whether the log has an entity model that can be read.
pub(crate) fn is_model_there(folder: &Folder) -> bool {
    contents(folder).and_then(|contents| contents.model).is_some_and(|text| EntityModel::parse(&text).is_ok())
}

/// Returns the version of the schema that the log was written under.
pub(crate) fn schema(folder: &Folder) -> Option<i64> {
    contents(folder).filter(|contents| contents.begin.is_some()).map(|contents| contents.schema)
}

/// Reads the log of a folder; `None` where there is none, or it cannot be read.
pub(crate) fn contents(folder: &Folder) -> Option<Contents> {
    log::read(&folder.outbox()).ok().flatten()
}
