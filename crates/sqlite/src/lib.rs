//! What both ends know of SQLite: opening a file, values on their way in and out, and what an error means.
//!
//! Owns: the one place where a connection to a file is made, and so the one place where another disk ([`Disk`]: SQLite's VFS,
//! and the files beside the databases) can be put under both ends. Refuses: tables, statements and sentences for people,
//! which the store and the server have.

mod calculation;
mod disk;
mod error;
mod open;
mod system_disk;
mod text;
mod value;

pub use disk::{Disk, LockFile};
pub use error::{ErrorClass, class, no_number};
pub use open::{Opening, open, settle};
pub use rusqlite::OpenFlags;
pub use system_disk::SystemDisk;
pub use text::set_up;
pub use value::{Bound, NotACell, cell};
