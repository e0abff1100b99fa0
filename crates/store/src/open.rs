//! Opening the folder, and whether the disk's word is to be trusted.
//!
//! Refuses: what records mean.

pub(crate) mod folder;
pub(crate) mod gate;
pub(crate) mod health;
pub(crate) mod lease;
pub(crate) mod logged;
pub(crate) mod opening;
pub(crate) mod presence;
pub(crate) mod salvage;
pub(crate) mod sign_in;
