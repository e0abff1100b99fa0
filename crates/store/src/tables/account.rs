//! Whose records these are.
//!
//! Owns: the one account of a data folder, and the epoch that every other account begins. Refuses: signing in and out
//! (`open::sign_in`).

use crate::error::Result;
use crate::tables::setting;
use crate::tables::value::{from_optional_text, to_text};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

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

/// Counts sign-outs, and sign-ins that brought another account. It outlives both.
pub(crate) const ACCOUNT_EPOCH: &str = "store.account_epoch";
/// Counts how often a turn was taken from a process that stood still. It outlives accounts.
pub(crate) const TURN: &str = "store.turn";

/// Reads the account.
pub(crate) fn get(conn: &Connection) -> Result<Option<Account>> {
    from_optional_text(setting::get(conn, ACCOUNT)?)
}

/// Returns the signed-in user's name.
pub(crate) fn user(conn: &Connection) -> Result<Option<String>> {
    Ok(get(conn)?.map(|account| account.user))
}

/// Keeps the account.
pub(crate) fn set(conn: &Connection, account: &Account) -> Result<()> {
    setting::set(conn, ACCOUNT, &to_text(account)?)
}

/// Begins a new epoch: nothing that was asked for the account so far counts any more.
pub(crate) fn end_all(conn: &Connection) -> Result<()> {
    let epoch = setting::number(conn, ACCOUNT_EPOCH)? + 1;
    setting::set(conn, ACCOUNT_EPOCH, &epoch.to_string())
}
