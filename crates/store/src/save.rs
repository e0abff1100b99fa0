//! What people do to records on this device.
//!
//! Owns: adding, editing, deleting, importing, choosing what is kept offline: on the disk before it is acknowledged.
//! Refuses: the network, and deciding between two versions (`decide`).

pub(crate) mod addition;
pub(crate) mod choice;
pub(crate) mod edit;
pub(crate) mod exported;
pub(crate) mod file_row;
pub(crate) mod import;
pub(crate) mod kept;
pub(crate) mod setting;
pub(crate) mod shown;
