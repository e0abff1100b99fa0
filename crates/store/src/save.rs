//! What people do to records on this device.
//!
//! Refuses: the network.

pub(crate) mod addition;
pub(crate) mod choice;
pub(crate) mod edit;
pub(crate) mod exported;
pub(crate) mod file_row;
pub(crate) mod import;
pub(crate) mod setting;
pub(crate) mod shown;
