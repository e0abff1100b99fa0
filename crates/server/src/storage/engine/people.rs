//! Who this database is, accounts and tokens.

use super::tx::{Bind, Columns, Tx};
use crate::storage::{Account, Caller, Identity, NewToken, NewUser, Result, StorageError, TokenHash};

/// Reads who this database is.
pub(super) fn identity(tx: &dyn Tx) -> Result<Identity> {
    let found = tx.one("SELECT id, epoch, secret FROM server", &[], |row| {
        Ok(Identity { server_id: row.text(0)?, epoch: row.array(1)?, secret: row.array(2)? })
    })?;
    found.ok_or_else(|| StorageError::Failed("the database does not say who it is".into()))
}

/// Begins a new epoch: what was handed out before names a history that may be lost.
pub(in crate::storage) fn new_epoch(tx: &dyn Tx, epoch: [u8; 8]) -> Result<()> {
    tx.execute("UPDATE server SET epoch = ?1", &[Bind::Bytes(&epoch)]).map(drop)
}

/// Finds whose token this is.
pub(super) fn token_holder(tx: &dyn Tx, token: TokenHash) -> Result<Option<Caller>> {
    let sql = "SELECT a.name, a.no, w.name, w.no, t.device, s.epoch
               FROM token t JOIN account a ON a.no = t.account JOIN workspace w ON w.no = a.workspace
               CROSS JOIN server s WHERE t.hash = ?1";
    tx.one(sql, &[Bind::Bytes(&token.0)], caller)
}

/// Finds an account.
pub(super) fn account(tx: &dyn Tx, name: &str) -> Result<Option<Account>> {
    let sql = "SELECT a.name, a.no, w.name, w.no, NULL, s.epoch, a.password
               FROM account a JOIN workspace w ON w.no = a.workspace CROSS JOIN server s WHERE a.name = ?1";
    tx.one(sql, &[name.into()], |row| Ok(Account { caller: caller(row)?, password: row.text(6)? }))
}

fn caller(row: &dyn Columns) -> Result<Caller> {
    Ok(Caller {
        user: row.text(0)?,
        user_no: row.integer(1)?,
        workspace: row.text(2)?,
        workspace_no: row.integer(3)?,
        device: row.text_or_null(4)?,
        epoch: row.array(5)?,
    })
}

/// Adds an account, and its workspace where there is none yet.
pub(super) fn add_user(tx: &dyn Tx, user: &NewUser) -> Result<()> {
    // Numbers are given one after another: whoever adds an account holds the one row of `server` meanwhile.
    let _ = tx.one(&format!("SELECT one FROM server{}", tx.for_update()), &[], |row| row.integer(0))?;
    // `WHERE true`: behind a bare SELECT, SQLite takes ON CONFLICT for a join's ON.
    let sql = "INSERT INTO workspace (no, name, sequence, mark, floor, purged, trimmed)
               SELECT coalesce(max(no), 0) + 1, ?1, 0, 0, 0, 0, 0 FROM workspace WHERE true ON CONFLICT (name) DO NOTHING";
    tx.execute(sql, &[(&user.workspace).into()])?;
    let workspace =
        tx.one("SELECT no FROM workspace WHERE name = ?1", &[(&user.workspace).into()], |r| r.integer(0))?;
    let newest = tx.one("SELECT coalesce(max(no), 0) FROM account", &[], |row| row.integer(0))?;
    let (Some(workspace), Some(newest)) = (workspace, newest) else {
        return Err(StorageError::Failed("the new workspace is not there".into()));
    };
    let added = tx.execute(
        "INSERT INTO account (no, name, workspace, password, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (name) DO NOTHING",
        &[(newest + 1).into(), (&user.name).into(), workspace.into(), (&user.password).into(), user.now_ms.into()],
    )?;
    if added == 0 { Err(StorageError::UserExists(user.name.clone())) } else { Ok(()) }
}

/// Adds a token.
pub(super) fn add_token(tx: &dyn Tx, token: &NewToken) -> Result<()> {
    let sql = "SELECT no FROM account WHERE name = ?1";
    let Some(account) = tx.one(sql, &[(&token.user).into()], |row| row.integer(0))? else {
        return Err(StorageError::NoSuchUser(token.user.clone()));
    };
    let sql = "INSERT INTO token (hash, account, device, created_ms) VALUES (?1, ?2, ?3, ?4)";
    let values = [Bind::Bytes(&token.hash.0), account.into(), token.device.as_ref().into(), token.now_ms.into()];
    tx.execute(sql, &values).map(drop)
}

/// Removes a token.
pub(super) fn remove_token(tx: &dyn Tx, token: TokenHash) -> Result<bool> {
    Ok(tx.execute("DELETE FROM token WHERE hash = ?1", &[Bind::Bytes(&token.0)])? > 0)
}
