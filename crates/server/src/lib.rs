//! `tidemark-server`: an OData V4.01 service over the entity model, on SQLite or PostgreSQL.
//!
//! Owns: HTTP, sign-in, the seed's server rules as one transaction each, the change feed. Refuses: knowing any entity
//! set by name (the sample records of `demo` apart), and rules of its own: `tidemark-model` decides, `tidemark-odata`
//! speaks, `tidemark-sql` writes queries. A request goes `listen -> envelope -> auth -> router -> routes -> write ->
//! storage -> change`.

mod answer;
mod auth;
mod call;
mod change;
mod cli;
mod demo;
mod envelope;
mod front;
mod limits;
mod listen;
mod machine;
mod ports;
mod router;
mod routes;
mod server;
mod service;
mod storage;
mod token;
mod write;

pub use cli::run;
pub use ports::Ports;
pub use router::PATHS;
pub use service::{Service, ServiceError};
