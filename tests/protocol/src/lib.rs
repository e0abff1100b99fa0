//! The sync protocol in a world so small that everything that can happen in it is looked at.
//!
//! Owns: a model of one server and two devices that asks the real rules of `tidemark-model` whatever is to be decided, its
//! faults, and what must be true. Refuses: SQL, HTTP, time: those are run by the other tests. docs/reliability.md,
//! "The protocol, model-checked".

pub mod checked;
pub mod client;
pub mod heal;
pub mod network;
pub mod oracle;
pub mod properties;
pub mod rules;
pub mod scope;
pub mod server;
pub mod values;
pub mod variants;
pub mod world;
pub mod worlds;
