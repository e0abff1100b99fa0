//! The second wall: the tables themselves show a transaction no other workspace's records, whatever it asks.
//!
//! Owns: row-level security on every record table and the journal, the role that serves and owns nothing, and the first
//! words of a transaction, which say whose records it may see. The first wall is the engine's scope in every statement;
//! this one holds where that is forgotten (DESIGN section 3, promise 10). Refuses: who is in which workspace.

use crate::storage::engine::{Bind, Duty, EVERYBODY, Kind, Scope, Tx};
use crate::storage::{Result, StorageError};
use tidemark_sql::quote;

/// The role that connections act as once the tables are laid out. It owns nothing and passes no wall.
pub(super) const SERVED: &str = "tidemark_served";
/// Keeps two processes from laying out at once.
const LAYOUT_LOCK: i64 = 0x5464_4d6b;

/// Keeps two processes from purging at once.
const PURGE_LOCK: i64 = 0x5464_4d70;
/// Every process that serves has it, shared, on the connection that listens.
pub(super) const SERVED_LOCK: i64 = 0x5464_4d73;

/// Takes a duty until the transaction ends.
pub(super) fn takes_duty(tx: &dyn Tx, duty: Duty) -> Result<bool> {
    match duty {
        Duty::Purge => takes_at_once(tx, PURGE_LOCK),
        Duty::ServeAlone { is_patient: false } => takes_at_once(tx, SERVED_LOCK),
        Duty::ServeAlone { is_patient: true } => {
            let words = format!(
                "SAVEPOINT duty; SET LOCAL lock_timeout = '{LAST_MOMENTS}'; SELECT pg_advisory_xact_lock({SERVED_LOCK})"
            );
            match tx.batch(&words) {
                Ok(()) => tx.batch("SET LOCAL lock_timeout = 0; RELEASE duty").map(|()| true),
                Err(StorageError::Busy) => tx.batch("ROLLBACK TO duty; RELEASE duty").map(|()| false),
                Err(error) => Err(error),
            }
        }
    }
}

fn takes_at_once(tx: &dyn Tx, lock: i64) -> Result<bool> {
    let found = tx.one(&format!("SELECT pg_try_advisory_xact_lock({lock})"), &[], |row| row.integer(0))?;
    Ok(found.is_some_and(|is_taken| is_taken != 0))
}

/// Lets other processes see, for as long as the connection stands, that the database is served.
pub(super) fn says_that_it_serves(tx: &dyn Tx) -> Result<()> {
    tx.batch(&format!("SELECT pg_advisory_lock_shared({SERVED_LOCK})"))
}

/// How long the connections of a process that has ended are waited for.
const LAST_MOMENTS: &str = "3s";

/// Returns what a transaction says first.
pub(super) fn first_words(kind: Kind, scope: Scope) -> String {
    let (workspace_no, user_no) = match scope {
        Scope::Nobody => return layout_words(kind),
        Scope::Of { workspace_no, user_no } => (workspace_no, user_no),
        Scope::Everything => (EVERYBODY, EVERYBODY),
    };
    let rights = layout_words(kind);
    format!("{rights}SET LOCAL tidemark.workspace = '{workspace_no}'; {}", acts_for(user_no))
}

fn layout_words(kind: Kind) -> String {
    match kind {
        Kind::Read | Kind::Write => String::new(),
        // As the user of the address, who owns the tables; however long it takes, and one at a time.
        Kind::Layout => format!(
            "SET LOCAL ROLE NONE; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; \
             SELECT pg_advisory_xact_lock({LAYOUT_LOCK}); "
        ),
    }
}

/// Says for which user the following statements are.
pub(super) fn acts_for(user_no: i64) -> String {
    format!("SET LOCAL tidemark.owner = '{user_no}'")
}

/// Walls a table in. `FORCE`, so that the wall holds for the owner of the tables too, where no role apart can be made.
pub(super) fn wall_in(table: &str, by_owner: bool) -> String {
    let (name, condition) = (quote(table), condition(by_owner));
    format!(
        "{} DROP POLICY IF EXISTS tidemark ON {name}; CREATE POLICY tidemark ON {name} USING ({condition})",
        forced(&name)
    )
}

fn forced(name: &str) -> String {
    format!("ALTER TABLE {name} ENABLE ROW LEVEL SECURITY; ALTER TABLE {name} FORCE ROW LEVEL SECURITY;")
}

/// Walls an index of words in. What is looked for is a condition of the wall itself: PostgreSQL asks no index for a condition
/// of a statement's before the wall has let a row through, since `@@` might tell of the others by failing.
pub(super) fn wall_in_words(index: &str) -> String {
    let (name, condition) = (quote(index), condition(false));
    format!(
        "{} CREATE POLICY tidemark_found ON {name} FOR SELECT USING \
         ({condition} AND grams @@ nullif(current_setting('tidemark.words', true), '')::tsquery); \
         CREATE POLICY tidemark_put ON {name} FOR INSERT WITH CHECK ({condition}); \
         CREATE POLICY tidemark_dropped ON {name} FOR DELETE USING ({condition})",
        forced(&name)
    )
}

/// Begins a look into an index of words for what `?1` says. What is to be found is not known when the statement is planned:
/// the planner would take it for half of the table.
pub(super) const LOOK_FOR_WORDS: &str =
    "SELECT set_config('tidemark.words', ?1, true), set_config('enable_seqscan', 'off', true)";
/// Ends it.
pub(super) const LOOK_FOR_NOTHING: &str = "SET LOCAL tidemark.words = ''; SET LOCAL enable_seqscan TO DEFAULT";

/// Writes which rows of a table a transaction may see.
fn condition(by_owner: bool) -> String {
    let (workspace, owner) = match by_owner {
        true => (quote("$workspace"), Some(quote("$owner"))),
        false => (quote("workspace"), None),
    };
    // In a subselect each is asked once a statement and not once a row.
    let may = |column: &str, setting: &str| {
        let asked = format!("(SELECT nullif(current_setting('tidemark.{setting}', true), '')::bigint)");
        format!("({column} = {asked} OR {asked} = {EVERYBODY})")
    };
    let mut condition = may(&workspace, "workspace");
    if let Some(owner) = owner {
        condition.push_str(&format!(" AND ({owner} = 0 OR {})", may(&owner, "owner")));
    }
    condition
}

/// Reads the version of the tables; nothing where the schema is empty.
pub(super) fn version(tx: &dyn Tx) -> Result<Option<i64>> {
    let sql = "SELECT count(*) FILTER (WHERE relname = 'tidemark_schema'), count(*) FROM pg_class
               WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')";
    let found = tx.one(sql, &[], |row| Ok((row.integer(0)?, row.integer(1)?)))?;
    match found {
        Some((1, _)) => tx.one("SELECT version FROM tidemark_schema", &[], |row| row.integer(0)),
        Some((_, 0)) => Ok(None),
        _ => Err(StorageError::Foreign("The PostgreSQL database".into())),
    }
}

/// Notes the version of the tables.
pub(super) fn set_version(tx: &dyn Tx, version: i64) -> Result<()> {
    tx.batch(
        "CREATE TABLE IF NOT EXISTS tidemark_schema (one BIGINT PRIMARY KEY CHECK (one = 1), version BIGINT NOT NULL)",
    )?;
    let sql = "INSERT INTO tidemark_schema (one, version) VALUES (1, ?1) ON CONFLICT (one) DO UPDATE SET version = ?1";
    tx.execute(sql, &[Bind::Integer(version)]).map(drop)
}

/// Makes the role that serves, where the user of the address may make one, and gives it its rights; whoever may not
/// serves as that user, for whom the walls are forced.
///
/// # Errors
/// The user passes walls (a superuser) and cannot serve as anybody else.
pub(super) fn serves_apart(tx: &dyn Tx) -> Result<bool> {
    // Roles are the whole server's: another database's process may be making it at this moment.
    tx.batch(&format!(
        "DO $$ BEGIN CREATE ROLE {SERVED} NOLOGIN;
         EXCEPTION WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL; END $$;
         DO $$ BEGIN
             IF NOT pg_has_role(current_user, '{SERVED}', 'MEMBER') THEN
                 EXECUTE format('GRANT {SERVED} TO %I', current_user);
             END IF;
         EXCEPTION WHEN insufficient_privilege OR undefined_object THEN NULL; END $$;"
    ))?;
    let sql = "SELECT coalesce((SELECT pg_has_role(current_user, oid, 'MEMBER') AND NOT rolsuper AND NOT rolbypassrls
                      FROM pg_roles WHERE rolname = ?1), false),
                   (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user), current_schema()::text";
    let found =
        tx.one(sql, &[Bind::Text(SERVED)], |row| Ok((row.integer(0)? != 0, row.integer(1)? != 0, row.text(2)?)))?;
    let (is_apart, passes_walls, schema) = found.unwrap_or_default();
    if is_apart {
        let schema = quote(&schema);
        let rights = format!(
            "GRANT USAGE ON SCHEMA {schema} TO {SERVED}; \
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {SERVED}"
        );
        tx.batch(&rights)?;
        return Ok(true);
    }
    if passes_walls {
        let sentence = "its user may see every row whatever the tables say, and the role tidemark_served cannot be made; \
                        name a user that is no superuser";
        return Err(StorageError::NoRights(sentence.to_owned()));
    }
    Ok(false)
}
