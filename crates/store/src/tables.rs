//! The database's tables, one a file, and what is read out of settings and records.
//!
//! Owns: that a table of the database is named in SQL by one file alone (`schema` makes them all); the tables of entity
//! sets are written out once, by `table`. `local` keeps a record and its pending change in step, `catalog` has the
//! model by which tables are made, `retention` knows what is kept for how long. Refuses: what people do, what a server
//! says and what wins.

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
pub(crate) mod words;
