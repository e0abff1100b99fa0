//! The tables beside the records: who this is, workspaces, accounts, tokens, the journal, the properties laid out.
//!
//! Owns: their columns, once for every database, and the steps from one version of them to the next. Refuses: where a
//! database keeps the number of its version, which is the driver's.

use super::layout;
use super::table::table_name;
use super::tx::{Bind, Tx};
use crate::ports::Ports;
use crate::storage::Result;
use tidemark_sql::postgres::SET_UP;
use tidemark_sql::{Column, ColumnKind, Dialect, Layout, create_table, create_unique_index, quote};

/// The version that this build writes.
///
/// 2: `workspace.purged`; every index by sequence has a `$` in its name. 3: `model`;
/// `workspace.trimmed`. 4: `overview`, and an index of words beside each set's table; `refusal`.
pub(in crate::storage) const VERSION: i64 = 4;

use ColumnKind::{Bytes, Guid, Integer, Text};

/// The table of the models that were served.
pub(super) const MODEL: &str = "model";
/// The table of what is kept of sets beside their records.
const OVERVIEW: &str = "overview";
/// The table of repeatable requests that were refused.
const REFUSAL: &str = "refusal";

/// A table: its name, its columns (a `?` in front of those that may be null), its key.
type Table = (&'static str, &'static [(&'static str, ColumnKind)], &'static [&'static str]);

/// - `workspace.sequence` and `.mark` are the newest change; `.floor` is where the feed begins to be whole, `.purged`
///   and `.trimmed` how far the purge and the trimming of the journal have looked.
/// - `journal.previous` is the sequence number of the record's version before, so that a record's history is a chain
///   and no index of it is needed; `.before` holds what the changed properties were, as one JSON object.
/// - `model` has every model that was served, one row each time it changed; the newest is served.
/// - `overview` says of a set's records how many there were (`living`) as of which sequence number (`counted`), and up to
///   which the index of words has what stands in which properties (`worded`, `texts`).
/// - `refusal` remembers what the journal does not: a request that was refused, and what it was answered (`what`).
/// - `property` says of what type a column was laid out, so that a model with another type is refused.
const TABLES: [Table; 9] = [
    (
        "server",
        &[("one", Integer), ("id", Text), ("epoch", Bytes), ("secret", Bytes), ("created_ms", Integer)],
        &["one"],
    ),
    (
        "workspace",
        &[
            ("no", Integer),
            ("name", Text),
            ("sequence", Integer),
            ("mark", Integer),
            ("floor", Integer),
            ("purged", Integer),
            ("trimmed", Integer),
        ],
        &["no"],
    ),
    (
        "account",
        &[("no", Integer), ("name", Text), ("workspace", Integer), ("password", Text), ("created_ms", Integer)],
        &["no"],
    ),
    ("token", &[("hash", Bytes), ("account", Integer), ("?device", Text), ("created_ms", Integer)], &["hash"]),
    (
        "journal",
        &[
            ("workspace", Integer),
            ("sequence", Integer),
            ("mark", Integer),
            ("entity_set", Text),
            ("record", Guid),
            ("what", Text),
            ("previous", Integer),
            ("?before", Text),
            ("stamp", Integer),
            ("is_tombstoned", Integer),
            ("?user", Text),
            ("account", Integer),
            ("?device", Text),
            ("at_ms", Integer),
            ("?request", Guid),
            ("?content", Guid),
        ],
        &["workspace", "sequence"],
    ),
    (MODEL, &[("no", Integer), ("fingerprint", Text), ("document", Text), ("at_ms", Integer)], &["no"]),
    (
        OVERVIEW,
        &[
            ("workspace", Integer),
            ("entity_set", Text),
            ("texts", Text),
            ("worded", Integer),
            ("?counted", Integer),
            ("?living", Integer),
        ],
        &["workspace", "entity_set"],
    ),
    (
        REFUSAL,
        &[
            ("account", Integer),
            ("request", Guid),
            ("workspace", Integer),
            ("content", Guid),
            ("what", Text),
            ("at_ms", Integer),
        ],
        &["account", "request"],
    ),
    ("property", &[("entity_set", Text), ("name", Text), ("type", Text)], &["entity_set", "name"]),
];

/// Makes the tables of the newest version in an empty database, and says who it is.
pub(in crate::storage) fn create(tx: &dyn Tx, ports: &Ports) -> Result<()> {
    if tx.dialect() == Dialect::Postgres {
        // What SQLite is given by each connection (ADR 0012).
        tx.batch(SET_UP)?;
    }
    TABLES.iter().try_for_each(|table| create_one(tx, table))?;
    let names = [column("name", Text)];
    tx.batch(&create_unique_index(tx.dialect(), "workspace_name", "workspace", &names, None))?;
    tx.batch(&create_unique_index(tx.dialect(), "account_name", "account", &names, None))?;
    let request = [column("account", Integer), column("request", Guid)];
    tx.batch(&create_unique_index(tx.dialect(), "journal_request", "journal", &request, Some("request IS NOT NULL")))?;
    tx.wall_in("journal", false)?;
    tx.wall_in(OVERVIEW, false)?;
    tx.wall_in(REFUSAL, false)?;
    let (epoch, seal) = (ports.secrets.bytes::<8>()?, ports.secrets.bytes::<32>()?);
    let id = ports.ids.fresh().to_string();
    let values = [(&id).into(), Bind::Bytes(&epoch), Bind::Bytes(&seal), ports.clock.now_ms().into()];
    tx.execute("INSERT INTO server (one, id, epoch, secret, created_ms) VALUES (1, ?1, ?2, ?3, ?4)", &values).map(drop)
}

fn create_named(tx: &dyn Tx, name: &str) -> Result<()> {
    TABLES.iter().filter(|(table, ..)| *table == name).try_for_each(|table| create_one(tx, table))
}

fn create_one(tx: &dyn Tx, (table, columns, key): &Table) -> Result<()> {
    let columns: Vec<Column> = columns.iter().map(|(name, kind)| column(name, *kind)).collect();
    tx.batch(&create_table(tx.dialect(), table, &columns, key, Layout::ByKey))
}

fn column(name: &str, kind: ColumnKind) -> Column {
    match name.strip_prefix('?') {
        Some(name) => Column::nullable(name, kind),
        None => Column::required(name, kind),
    }
}

/// Brings the tables of an older version to the newest.
pub(in crate::storage) fn upgrade(tx: &dyn Tx, from: i64) -> Result<()> {
    // As `create_table` writes it.
    let number = match tx.dialect() {
        Dialect::Sqlite => "INTEGER",
        Dialect::Postgres => "BIGINT",
    };
    if from < 2 {
        tx.batch(&format!("ALTER TABLE workspace ADD COLUMN purged {number} NOT NULL DEFAULT 0"))?;
        // Until then the floor said how far the purge had come.
        tx.batch("UPDATE workspace SET purged = floor")?;
        let mut sets: Vec<String> = layout::known(tx)?.into_iter().map(|known| known.set).collect();
        sets.dedup();
        for set in sets {
            // The index of `Pumps` was called as the table of a set `Pumps_by_sequence` is.
            let table = table_name(tx.dialect(), &set);
            tx.batch(&format!("DROP INDEX IF EXISTS {}", quote(&format!("{table}_by_sequence"))))?;
            tx.batch(&layout::index_by_sequence(tx.dialect(), &table))?;
        }
    }
    if from < 3 {
        tx.batch(&format!("ALTER TABLE workspace ADD COLUMN trimmed {number} NOT NULL DEFAULT 0"))?;
        create_named(tx, MODEL)?;
    }
    if from < 4 {
        for table in [OVERVIEW, REFUSAL] {
            create_named(tx, table)?;
            tx.wall_in(table, false)?;
        }
    }
    Ok(())
}
