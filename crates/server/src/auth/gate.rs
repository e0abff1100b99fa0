//! Names and passwords: whether they are right, at a price that guessing does not pay.
//!
//! Owns: what is remembered of right and wrong ones. Refuses: saying which of the two was wrong.

use super::guesses::GuessLimit;
use super::password::is_password;
use super::remembered::Remembered;
use crate::machine::has_threads;
use crate::storage::{Caller, Storage};
use std::net::IpAddr;
use std::sync::Arc;
use tidemark_model::ports::{Clock, Secrets};
use tidemark_odata::WireError;
use tokio::sync::Semaphore;

/// The address that a request came from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// What came of a name and a password.
#[derive(Debug)]
pub(crate) enum SignIn {
    /// They are right.
    Welcome(Arc<Caller>),
    /// One of them is wrong.
    Wrong,
    /// Too many were wrong.
    Wait {
        /// For how long.
        seconds: u64,
    },
}

/// What the gate remembers between requests.
pub(crate) struct Gate {
    guesses: GuessLimit,
    remembered: Remembered,
    /// Argon2 takes 19 MiB and a core for each password; a flood of them waits here instead.
    hashing: Semaphore,
}

impl Gate {
    /// Makes a gate that has let nobody in yet.
    pub(crate) fn new(secrets: &dyn Secrets) -> Self {
        Self { guesses: GuessLimit::default(), remembered: Remembered::new(secrets), hashing: Semaphore::new(2) }
    }

    /// Checks a name and a password.
    ///
    /// # Errors
    /// The database does not answer.
    pub(crate) async fn check_password(
        &self,
        storage: &dyn Storage,
        clock: &dyn Clock,
        name: &str,
        password: &str,
        peer: Option<IpAddr>,
    ) -> Result<SignIn, WireError> {
        let account = storage.account(name).await.map_err(|error| error.to_wire())?;
        let now_ms = clock.monotonic_ms();
        if let Some(account) = &account
            && self.remembered.knows(password, &account.password, now_ms)
        {
            return Ok(SignIn::Welcome(Arc::new(account.caller.clone())));
        }
        let seconds = self.guesses.wait_seconds(name, peer, now_ms);
        if seconds > 0 {
            return Ok(SignIn::Wait { seconds });
        }
        // A name that nobody has costs the same time, so that names cannot be found out.
        let hash = account.as_ref().map_or_else(|| NOBODY.to_owned(), |account| account.password.clone());
        let is_right = self.verify(password.to_owned(), hash).await;
        match account {
            Some(account) if is_right => {
                self.guesses.right(name, peer);
                self.remembered.remember(password, &account.password, now_ms);
                Ok(SignIn::Welcome(Arc::new(account.caller)))
            }
            _ => {
                self.guesses.wrong(name, peer, now_ms);
                Ok(SignIn::Wrong)
            }
        }
    }

    async fn verify(&self, password: String, hash: String) -> bool {
        let Ok(_turn) = self.hashing.acquire().await else { return false };
        let look = move || is_password(&password, &hash);
        if !has_threads() {
            return look();
        }
        tokio::task::spawn_blocking(look).await.unwrap_or(false)
    }
}

/// The hash of a password that nobody knows.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
