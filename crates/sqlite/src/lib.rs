//! What both ends know of SQLite: opening a file, values on their way in and out, and what an error means.
//!
//! Owns: the one place where a connection to a file is made, and so the one place where another file system (SQLite's VFS)
//! can be put under it. Refuses: tables, statements and sentences for people, which the store and the server have.

mod error;
mod open;
mod text;
mod value;

pub use error::{ErrorClass, class};
pub use open::{Opening, open};
pub use rusqlite::OpenFlags;
pub use text::set_up;
pub use value::{Bound, NotACell, cell};
