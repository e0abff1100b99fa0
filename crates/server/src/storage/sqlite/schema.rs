//! The tables beside the records: who this is, workspaces, accounts, tokens, the journal, the properties laid out.

/// Marks the file as a Tidemark server database (`PRAGMA application_id`): "TdMk".
pub(super) const APPLICATION_ID: i64 = 0x5464_4d6b;

/// The version of the schema that this build writes (`PRAGMA user_version`).
pub(super) const VERSION: i64 = 1;

/// Records are read in the order of their key, so a page holds as many as it can.
pub(super) const PAGE_BYTES: i64 = 8192;

/// The schema of version 1.
///
/// - `workspace.sequence` and `.mark` are the newest change; `.floor` is where the feed begins to be whole.
/// - `journal.previous` is the sequence number of the record's version before, so that a record's history is a chain
///   and no index of it is needed; `.before` holds what the changed properties were, as one JSON object.
/// - `property` says of what type a column was laid out, so that a model with another type is refused.
pub(super) const CREATE: &str = r#"
CREATE TABLE server (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id TEXT NOT NULL,
    epoch BLOB NOT NULL,
    secret BLOB NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE workspace (
    no INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    sequence INTEGER NOT NULL DEFAULT 0,
    mark INTEGER NOT NULL DEFAULT 0,
    floor INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE account (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    workspace INTEGER NOT NULL,
    password TEXT NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE token (
    hash BLOB PRIMARY KEY,
    account INTEGER NOT NULL,
    device TEXT,
    created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE journal (
    workspace INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    mark INTEGER NOT NULL,
    entity_set TEXT NOT NULL,
    record BLOB NOT NULL,
    what TEXT NOT NULL,
    previous INTEGER NOT NULL,
    before TEXT,
    stamp INTEGER NOT NULL,
    is_tombstoned INTEGER NOT NULL,
    user TEXT,
    account INTEGER NOT NULL,
    device TEXT,
    at_ms INTEGER NOT NULL,
    request BLOB,
    content BLOB,
    PRIMARY KEY (workspace, sequence)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX journal_request ON journal (account, request) WHERE request IS NOT NULL;
CREATE TABLE property (
    entity_set TEXT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    PRIMARY KEY (entity_set, name)
) STRICT, WITHOUT ROWID;
"#;
