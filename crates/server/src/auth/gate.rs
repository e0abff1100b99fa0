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

#[cfg(test)]
mod tests {
    use super::super::password::hash_password;
    use super::*;
    use crate::machine::MachineSecrets;
    use crate::ports::Ports;
    use crate::storage::NewUser;
    use crate::storage::open::{Access, Address, open};
    use std::sync::atomic::{AtomicU64, Ordering};
    use tidemark_model::EntityModel;

    /// A clock that the test sets.
    #[derive(Default)]
    struct Hand(AtomicU64);

    impl Clock for Hand {
        fn now_ms(&self) -> i64 {
            1_700_000_000_000
        }

        fn monotonic_ms(&self) -> u64 {
            self.0.load(Ordering::Relaxed)
        }
    }

    #[tokio::test]
    async fn a_password_that_was_right_costs_no_argon2_for_a_minute() {
        let folder = tempfile::tempdir().unwrap();
        let address = Address::Sqlite(folder.path().join("records.db"));
        let model = Arc::new(EntityModel::to_serve(EntityModel::default_document()).unwrap());
        let storage = open(&address, Access::Serve, Some(model), &Ports::default()).await.unwrap();
        let password = hash_password("right", &MachineSecrets).unwrap();
        let user = NewUser { name: "ann".into(), workspace: "one".into(), password, now_ms: 1 };
        storage.add_user(user).await.unwrap();
        let (gate, hand) = (Gate::new(&MachineSecrets), Hand::default());
        let check = async |password: &str| {
            let checked = gate.check_password(storage.as_ref(), &hand, "ann", password, None).await.unwrap();
            matches!(checked, SignIn::Welcome(_))
        };
        assert!(check("right").await && !check("wrong").await);
        // Nobody's turn to hash comes any more: who is let in now is let in without it.
        gate.hashing.close();
        for now_ms in [0, 1, 30_000, 59_999] {
            hand.0.store(now_ms, Ordering::Relaxed);
            assert!(check("right").await, "{now_ms}");
        }
        hand.0.store(60_000, Ordering::Relaxed);
        assert!(!check("right").await, "it is forgotten after a minute");
    }
}
