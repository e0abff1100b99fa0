//! What lies in the database: its tables, the model by which they are made, and settings.
//!
//! Owns: SQL on tables. Refuses: deciding what is to stand in them.

pub(crate) mod account;
pub(crate) mod answered;
pub(crate) mod attempt;
pub(crate) mod bytes;
pub(crate) mod catalog;
pub(crate) mod choice;
pub(crate) mod conflict;
pub(crate) mod cycle;
pub(crate) mod exported;
pub(crate) mod forget;
pub(crate) mod history;
pub(crate) mod incident;
pub(crate) mod local;
pub(crate) mod pending;
pub(crate) mod position;
pub(crate) mod refetch;
pub(crate) mod retention;
pub(crate) mod row;
pub(crate) mod schema;
pub(crate) mod sent;
pub(crate) mod setting;
pub(crate) mod shape;
pub(crate) mod table;
pub(crate) mod value;
