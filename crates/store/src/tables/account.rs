//! Whose records these are: signing in and out.
//!
//! Owns: the one account of a data folder, and that no other account's or server's records come into it (FAULTS
//! I25, N17). Refuses: asking a server who somebody is.

use crate::error::{Result, StoreError};
use crate::open::lease::{self, ACCOUNT_EPOCH, Lease, TURN};
use crate::pull::model;
use crate::tables::catalog::EPOCH;
use crate::tables::pending;
use crate::tables::schema::ACCOUNT_TABLES;
use crate::tables::setting;
use crate::tables::value::{from_optional_text, to_text};
use crate::tx::follow;
use crate::tx::store::Store;
use crate::tx::transaction::Tx;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use tidemark_model::EntityModel;
use tidemark_sql::quote;

/// Who is signed in, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The server's root, `https://host[:port]`, without a trailing slash.
    pub server: String,
    /// The account's name.
    pub user: String,
    /// The workspace its records belong to.
    pub workspace: String,
    /// The bearer token.
    pub token: String,
    /// The server's own id; another one at the same address is another server (FAULTS N17).
    pub server_id: String,
    /// Whether the server has refused the token; the user must sign in again, nothing is lost.
    pub signed_out: bool,
}

/// Whose records these are.
pub(crate) const ACCOUNT: &str = "store.account";

/// Reads the account.
pub(crate) fn get(conn: &Connection) -> Result<Option<Account>> {
    from_optional_text(setting::get(conn, ACCOUNT)?)
}

/// Returns the signed-in user's name.
pub(crate) fn user(conn: &Connection) -> Result<Option<String>> {
    Ok(get(conn)?.map(|account| account.user))
}

impl Store {
    /// Returns the account whose records these are.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn account(&self) -> Result<Option<Account>> {
        self.read(|reading| get(reading.conn))
    }

    /// Keeps the account; the same one again brings a new token.
    ///
    /// # Errors
    /// [`StoreError::OtherAccount`] and [`StoreError::OtherServer`], while another one's records are here.
    pub fn sign_in(&self, account: &Account) -> Result<()> {
        self.write(|tx| {
            keep(tx, account)?;
            follow::follow(tx, &tx.catalog)
        })
    }

    /// As [`Store::sign_in`], together with the model document of the account's server: in one transaction, so that no
    /// other process ever meets the one without the other.
    ///
    /// # Errors
    /// As [`Store::sign_in`]; or the document has a mistake. Nothing is changed then.
    pub fn sign_in_with(&self, account: &Account, document: &str) -> Result<()> {
        let model = EntityModel::parse(document)?;
        self.write(|tx| {
            keep(tx, account)?;
            if tx.catalog.model().is_some_and(|known| known.fingerprint() == model.fingerprint()) {
                return follow::follow(tx, &tx.catalog);
            }
            model::adopt(tx, model, document)
        })
    }

    /// Removes everything of the account from this device.
    ///
    /// # Errors
    /// [`StoreError::Unsent`] while changes are unsettled, unless they are to be given up.
    pub fn sign_out(&self, discard: bool) -> Result<()> {
        self.write(|tx| {
            let n = pending::count_work(tx.conn)?;
            if n > 0 && !discard {
                return Err(StoreError::Unsent { n });
            }
            forget(tx)
        })?;
        self.inner.compact();
        Ok(())
    }
}

impl Lease {
    /// Notes that the server refused this lease's token, unless the user has signed in with another one since; records
    /// and pending changes stay.
    ///
    /// # Errors
    /// The lease does not hold, or the database cannot be written.
    pub fn mark_signed_out(&self) -> Result<()> {
        self.write(|tx| match get(tx.conn)? {
            Some(mut account) if !account.signed_out && account.token == self.account().token => {
                account.signed_out = true;
                setting::set(tx.conn, ACCOUNT, &to_text(&account)?)
            }
            _ => Ok(()),
        })
    }
}

fn keep(tx: &Tx<'_>, account: &Account) -> Result<()> {
    let mut account = account.clone();
    account.server = account.server.trim_end_matches('/').to_owned();
    match get(tx.conn)? {
        Some(known) => refuse_another(&known, &account)?,
        None => lease::end_all(tx.conn)?,
    }
    setting::set(tx.conn, ACCOUNT, &to_text(&account)?)
}

/// The server is known by its id: it may have a new name, port or scheme, and is followed there with everything that is
/// pending. Positions are relative to the server's root and stay.
fn refuse_another(known: &Account, account: &Account) -> Result<()> {
    let is_same_server = known.server_id == account.server_id;
    if is_same_server && known.user == account.user && known.workspace == account.workspace {
        return Ok(());
    }
    if !is_same_server && known.server == account.server {
        return Err(StoreError::OtherServer { server: known.server.clone() });
    }
    Err(StoreError::OtherAccount { user: known.user.clone(), server: known.server.clone() })
}

/// Removes everything of the account, but for what is the device's.
pub(crate) fn forget(tx: &Tx<'_>) -> Result<()> {
    // By name, not by model: a set that the server no longer has may still have its table here.
    let mut statement =
        tx.conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'records_*'")?;
    let tables = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    drop(statement);
    for table in tables {
        tx.conn.execute_batch(&format!("DROP TABLE {}", quote(&table)))?;
    }
    for table in ACCOUNT_TABLES {
        tx.conn.execute(&format!("DELETE FROM {table}"), [])?;
    }
    let model_epoch = setting::number(tx.conn, EPOCH)? + 1;
    setting::set(tx.conn, EPOCH, &model_epoch.to_string())?;
    lease::end_all(tx.conn)?;
    let sql = "DELETE FROM setting WHERE key NOT GLOB 'device*' AND key NOT IN (?1, ?2, ?3)";
    tx.conn.execute(sql, [EPOCH, ACCOUNT_EPOCH, TURN])?;
    tx.forget_standings();
    tx.catalog.tables().for_each(|table| tx.note_many(&table.set.name));
    Ok(())
}
