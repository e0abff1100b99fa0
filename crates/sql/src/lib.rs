//! SQL text for the two databases: tables derived from the entity model, and queries turned into statements.
//!
//! Owns: quoting, binding, OData's null semantics in SQL, and checking a query against its entity type. Refuses:
//! connections, rows and any database driver, so that the client's SQLite, the server's SQLite and its PostgreSQL
//! share one text. Every identifier comes from the model or from the caller's own code; every value of a user is a
//! bind. Storage forms are those of `tidemark_model::Cell`.

mod aggregate;
mod apply;
mod arithmetic;
pub mod calculation;
mod call;
mod cast;
mod column;
mod compare;
mod compiler;
mod computed;
mod condition;
mod constant;
mod cost;
mod error;
mod folded;
mod keys;
mod name;
mod neighbour;
mod number;
mod operand;
mod path;
mod pattern;
mod placeholders;
pub mod postgres;
mod reading;
mod related;
mod search;
mod select;
mod source;
mod statement;
mod strings;
mod table;
pub mod text;
mod times;
mod wide;
mod word_index;

pub use column::{Column, ColumnKind};
pub use computed::Value;
pub use cost::{Looked, cost};
pub use error::QueryError;
pub use folded::{folded_cell, folded_column, folded_name};
pub use name::{name, quote, quoted};
pub use neighbour::{Neighbour, Neighbours};
pub use placeholders::placeholders;
pub use reading::Select;
pub use related::{Related, related, related_counts};
pub use select::{count, select, select_with_values};
pub use statement::{Dialect, Statement};
pub use table::{
    Layout, add_column, column_of, create_index, create_indexes, create_table, create_unique_index, fill_default,
    statistics,
};
pub use word_index::{Asked, MOST_FOUND, create_fts5, drop_fts5, find_fts5, put_fts5, word_index};
