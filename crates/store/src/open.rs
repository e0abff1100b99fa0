//! Opening the folder, signing in to it, and whether the disk's word is to be trusted.
//!
//! Owns: the folder and its file (`folder`, `opening`), checking and mending (`health`, `salvage`), whose records these
//! are (`sign_in`), and the right to bring in what a server said (`lease`). Refuses: what a record means.

pub(crate) mod folder;
pub(crate) mod health;
pub(crate) mod lease;
pub(crate) mod logged;
pub(crate) mod opening;
pub(crate) mod salvage;
pub(crate) mod sign_in;
