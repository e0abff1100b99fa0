//! Who this database is, accounts and tokens.

use crate::storage::{Account, Caller, Identity, NewToken, NewUser, Result, StorageError, TokenHash};
use rusqlite::{Connection, OptionalExtension as _, Row};

/// Reads who this database is.
pub(super) fn identity(connection: &Connection) -> Result<Identity> {
    let mut statement = connection.prepare_cached("SELECT id, epoch, secret FROM server")?;
    Ok(statement
        .query_row([], |row| Ok(Identity { server_id: row.get(0)?, epoch: row.get(1)?, secret: row.get(2)? }))?)
}

/// Finds whose token this is.
pub(super) fn token_holder(connection: &Connection, token: TokenHash) -> Result<Option<Caller>> {
    let mut statement = connection.prepare_cached(
        "SELECT a.name, a.no, w.name, w.no, t.device, s.epoch
         FROM token t JOIN account a ON a.no = t.account JOIN workspace w ON w.no = a.workspace, server s
         WHERE t.hash = ?1",
    )?;
    Ok(statement.query_row([token.0], caller).optional()?)
}

/// Finds an account.
pub(super) fn account(connection: &Connection, name: &str) -> Result<Option<Account>> {
    let mut statement = connection.prepare_cached(
        "SELECT a.name, a.no, w.name, w.no, NULL, s.epoch, a.password
         FROM account a JOIN workspace w ON w.no = a.workspace, server s WHERE a.name = ?1",
    )?;
    let account = |row: &Row<'_>| Ok(Account { caller: caller(row)?, password: row.get(6)? });
    Ok(statement.query_row([name], account).optional()?)
}

fn caller(row: &Row<'_>) -> rusqlite::Result<Caller> {
    Ok(Caller {
        user: row.get(0)?,
        user_no: row.get(1)?,
        workspace: row.get(2)?,
        workspace_no: row.get(3)?,
        device: row.get(4)?,
        epoch: row.get(5)?,
    })
}

/// Adds an account.
pub(super) fn add_user(connection: &mut Connection, user: &NewUser) -> Result<()> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    transaction.execute("INSERT INTO workspace (name) VALUES (?1) ON CONFLICT (name) DO NOTHING", [&user.workspace])?;
    let added = transaction.execute(
        "INSERT INTO account (name, workspace, password, created_ms)
         SELECT ?1, no, ?3, ?4 FROM workspace WHERE name = ?2 ON CONFLICT (name) DO NOTHING",
        (&user.name, &user.workspace, &user.password, user.now_ms),
    )?;
    if added == 0 {
        return Err(StorageError::UserExists(user.name.clone()));
    }
    Ok(transaction.commit()?)
}

/// Adds a token.
pub(super) fn add_token(connection: &mut Connection, token: &NewToken) -> Result<()> {
    let added = connection.execute(
        "INSERT INTO token (hash, account, device, created_ms) SELECT ?1, no, ?3, ?4 FROM account WHERE name = ?2",
        (token.hash.0, &token.user, &token.device, token.now_ms),
    )?;
    if added == 0 { Err(StorageError::NoSuchUser(token.user.clone())) } else { Ok(()) }
}

/// Removes a token.
pub(super) fn remove_token(connection: &mut Connection, token: TokenHash) -> Result<bool> {
    Ok(connection.execute("DELETE FROM token WHERE hash = ?1", [token.0])? > 0)
}
