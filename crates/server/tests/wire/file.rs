//! What is true of a database that is a file: its rights.

use crate::running::{Running, path_text};
use std::os::unix::fs::PermissionsExt as _;

fn rights(server: &Running, name: &str) -> u32 {
    std::fs::metadata(server.file(name)).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn database_log_and_backup_are_their_owners_alone() {
    let server = Running::start_on_a_file().await;
    server.task(1, "a").await;
    server.succeeds(&["backup", path_text(&server.file("backup.db"))], "");
    for name in ["server.db", "server.db-wal", "server.db-shm", "backup.db"] {
        assert_eq!(rights(&server, name), 0o600, "{name}");
    }
}
