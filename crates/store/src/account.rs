//! Whose records these are: signing in and out.
//!
//! Owns: the one account of a data folder, and that no other account's or server's records come into it (FAULTS
//! I25, N17). Refuses: asking a server who somebody is.

use crate::catalog::EPOCH;
use crate::change;
use crate::choice;
use crate::error::{Result, StoreError};
use crate::schema::ACCOUNT_TABLES;
use crate::settings;
use crate::store::Store;
use crate::types::Account;
use crate::value::{from_optional_text, to_text};
use crate::write::Tx;
use rusqlite::Connection;
use tidemark_sql::quote;

const ACCOUNT: &str = "store.account";

/// Reads the account.
pub(crate) fn get(conn: &Connection) -> Result<Option<Account>> {
    from_optional_text(settings::get(conn, ACCOUNT)?)
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
        let mut account = account.clone();
        account.server = account.server.trim_end_matches('/').to_owned();
        self.write(|tx| {
            if let Some(known) = get(tx.conn)? {
                refuse_another(&known, &account)?;
            }
            settings::set(tx.conn, ACCOUNT, &to_text(&account)?)?;
            choice::follow(tx, &tx.catalog)
        })
    }

    /// Notes that the server refused the token; records and pending changes stay.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn mark_signed_out(&self) -> Result<()> {
        match self.account()? {
            Some(mut account) if !account.signed_out => {
                account.signed_out = true;
                self.write(|tx| settings::set(tx.conn, ACCOUNT, &to_text(&account)?))
            }
            _ => Ok(()),
        }
    }

    /// Removes everything of the account from this device.
    ///
    /// # Errors
    /// [`StoreError::Unsent`] while changes are unsettled, unless they are to be given up.
    pub fn sign_out(&self, discard: bool) -> Result<()> {
        self.write(|tx| {
            let n = change::count_work(tx.conn)?;
            if n > 0 && !discard {
                return Err(StoreError::Unsent { n });
            }
            forget_account(tx)
        })?;
        self.inner.compact();
        Ok(())
    }
}

fn refuse_another(known: &Account, account: &Account) -> Result<()> {
    let same = known.server == account.server && known.user == account.user && known.workspace == account.workspace;
    match same {
        false => Err(StoreError::OtherAccount { user: known.user.clone(), server: known.server.clone() }),
        true if known.server_id != account.server_id => Err(StoreError::OtherServer { server: known.server.clone() }),
        true => Ok(()),
    }
}

fn forget_account(tx: &Tx<'_>) -> Result<()> {
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
    let epoch = settings::number(tx.conn, EPOCH)? + 1;
    tx.conn.execute("DELETE FROM setting WHERE key NOT GLOB 'device*'", [])?;
    settings::set(tx.conn, EPOCH, &epoch.to_string())?;
    tx.forget_standings();
    tx.catalog.tables().for_each(|table| tx.note_many(&table.set.name));
    Ok(())
}
