//! Signing in and out.
//!
//! Owns: that no other account's or server's records come into a data folder (FAULTS I25, N17). Refuses: asking a server
//! who somebody is.

use crate::error::{Result, StoreError};
use crate::open::lease::Lease;
use crate::tables::account::{self, Account};
use crate::tables::forget;
use crate::tables::pending;
use crate::tx::follow;
use crate::tx::reshape;
use crate::tx::store::Store;
use crate::tx::transaction::Tx;
use tidemark_model::{EntityModel, Planted, is_planted};

impl Store {
    /// Returns the account whose records these are.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn account(&self) -> Result<Option<Account>> {
        self.read(|reading| account::get(reading.conn))
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
            reshape::adopt(tx, model, document)
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
            forget::everything(tx)
        })?;
        self.compact();
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
        self.write(|tx| match account::get(tx.conn)? {
            Some(mut account) if !account.signed_out && account.token == self.account().token => {
                account.signed_out = true;
                account::set(tx.conn, &account)
            }
            _ => Ok(()),
        })
    }
}

fn keep(tx: &Tx<'_>, account: &Account) -> Result<()> {
    let mut account = account.clone();
    account.server = account.server.trim_end_matches('/').to_owned();
    match account::get(tx.conn)? {
        Some(known) => refuse_another(&known, &account)?,
        None => account::end_all(tx.conn)?,
    }
    account::set(tx.conn, &account)
}

/// The server is known by its id: it may have a new name, port or scheme, and is followed there with everything that is
/// pending. Positions are relative to the server's root and stay.
fn refuse_another(known: &Account, account: &Account) -> Result<()> {
    let is_same_server = match is_planted(Planted::A12AddressIsIdentity) {
        true => known.server == account.server,
        false => known.server_id == account.server_id,
    };
    if is_same_server && is_planted(Planted::F9OutboxOfAnother) {
        return Ok(());
    }
    if is_same_server && known.user == account.user && known.workspace == account.workspace {
        return Ok(());
    }
    if !is_same_server && known.server == account.server {
        return Err(StoreError::OtherServer { server: known.server.clone() });
    }
    Err(StoreError::OtherAccount { user: known.user.clone(), server: known.server.clone() })
}
