//! The fault-injecting disk of the simulation, SQLite's way to it, and the tripwire under it.
//!
//! Owns: a machine's file system in memory, whose every operation is numbered and can fail, whose power can go off between
//! any two of them, and whose processes can be killed; SQLite's VFS over it; and what notices that a run asked the real
//! clock or entropy. Refuses: everything that a program means by its files, and being in anything that ships.

#[cfg(target_os = "linux")]
mod callers;
mod content;
mod fault;
mod hooks;
mod inode;
mod machine;
mod names;
mod open;
mod process;
mod registry;
mod shm;
mod sim_disk;
#[cfg(target_os = "linux")]
pub mod tripwire;
mod vfs;

pub use fault::{Act, Fault, Operation};
pub use hooks::{Fill, Hooks, set_hooks};
pub use inode::PowerLoss;
pub use process::Process;
pub use sim_disk::{SimDisk, Snapshot};
pub use vfs::{NAME as VFS_NAME, seed_sqlite};
