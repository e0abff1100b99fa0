//! Who this database is, and who may use it.

use sha2::{Digest, Sha256};

/// A token as it is kept: its SHA-256. The token itself is shown once, to the one who asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TokenHash(pub(crate) [u8; 32]);

impl TokenHash {
    /// Hashes a token. A token is 32 random bytes, so no slow hash is needed.
    pub(crate) fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }
}

/// Who this database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The server's id, the same for as long as the database lives, restored backups included.
    pub(crate) server_id: String,
    /// Another one after each restored backup: what was handed out before is then history that may be lost.
    pub(crate) epoch: [u8; 8],
    /// Seals delta and skip tokens.
    pub(crate) secret: [u8; 32],
}

/// Who makes a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The account's name; `_UpdatedBy` says it.
    pub(crate) user: String,
    /// The account's number.
    pub(crate) user_no: i64,
    /// The workspace's name.
    pub(crate) workspace: String,
    /// The workspace's number.
    pub(crate) workspace_no: i64,
    /// The device that the token was made for.
    pub(crate) device: Option<String>,
    /// The database's epoch when the caller was looked up.
    pub(crate) epoch: [u8; 8],
}

/// An account with what its password is checked against.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    /// The account.
    pub(crate) caller: Caller,
    /// The password's argon2 hash, in PHC form.
    pub(crate) password: String,
}

/// An account to add.
#[derive(Clone, Debug)]
pub(crate) struct NewUser {
    /// The name.
    pub(crate) name: String,
    /// The workspace it is in.
    pub(crate) workspace: String,
    /// The password's argon2 hash, in PHC form.
    pub(crate) password: String,
    /// Unix milliseconds UTC.
    pub(crate) now_ms: i64,
}

/// A token to add.
#[derive(Clone, Debug)]
pub(crate) struct NewToken {
    /// The account's name.
    pub(crate) user: String,
    /// The token's hash.
    pub(crate) hash: TokenHash,
    /// What the device calls itself.
    pub(crate) device: Option<String>,
    /// Unix milliseconds UTC.
    pub(crate) now_ms: i64,
}
