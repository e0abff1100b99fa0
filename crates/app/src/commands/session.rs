//! Who is signed in on this data dir.
//!
//! Owns: signing in and out, in an order in which a failure half-way leaves nothing half done. Refuses: passwords
//! beyond the call; only the token is kept (by the store).

use crate::app::App;
use crate::error::AppError;
use crate::events::AppEvent;
use crate::views::SessionView;
use std::time::Duration;
use tidemark_store::Account;
use tidemark_sync::{SyncError, within};

/// How long signing out waits for the server to forget the token; the device forgets it in any case.
const FORGET_WITHIN: Duration = Duration::from_secs(5);

impl App {
    /// Returns who is signed in.
    ///
    /// # Errors
    /// The offline database cannot be read.
    pub async fn session(&self) -> Result<SessionView, AppError> {
        let account = self.with_store(|store| Ok(store.account()?)).await?;
        Ok(SessionView {
            signed_in: account.is_some(),
            must_sign_in_again: account.as_ref().is_some_and(|account| account.signed_out),
            server: account.as_ref().map(|account| account.server.clone()),
            user: account.as_ref().map(|account| account.user.clone()),
            workspace: account.map(|account| account.workspace),
            device: self.inner.device.clone(),
            read_only: self.store().is_read_only(),
            data_dir: self.store().dir().display().to_string(),
            demo_server: self.inner.demo_server.clone(),
        })
    }

    /// Signs in with a name and a password. From then on the device works offline.
    ///
    /// # Errors
    /// The server cannot be reached, is no Tidemark server or refuses the password; another account is on this data
    /// dir. Nothing was changed then.
    pub async fn sign_in(&self, server: &str, name: &str, password: &str) -> Result<SessionView, AppError> {
        let account = self.remote().sign_in(server, name, password, &self.inner.device).await?;
        let admitted = self.admit(account.clone()).await;
        if admitted.is_err() {
            // The token was made for this attempt alone.
            self.forget(&account).await;
        }
        admitted
    }

    /// Signs in with a token that whoever runs the server has made.
    ///
    /// # Errors
    /// As [`App::sign_in`].
    pub async fn sign_in_with_token(&self, server: &str, token: &str) -> Result<SessionView, AppError> {
        let account = self.remote().sign_in_with_token(server, token.trim()).await.map_err(|error| match error {
            SyncError::WrongPassword => AppError::invalid("the server does not know this token", Some("token")),
            other => other.into(),
        })?;
        self.admit(account).await
    }

    /// Takes an account that the server has confirmed: the model and the account at once, then the user's choices.
    async fn admit(&self, account: Account) -> Result<SessionView, AppError> {
        let document = self.remote().model_document(&account).await?;
        self.with_store(move |store| Ok(store.sign_in_with(&account, &document)?)).await?;
        // The account is good from here on: choices that do not arrive now come with the next cycle.
        if let Err(error) = self.inner.engine.pull_choices().await {
            tracing::warn!(%error, "the user's choices could not be fetched at sign-in");
        }
        self.session_changed();
        if let Some(background) = &self.inner.background {
            background.start_if_signed_in().await;
            if let Some(worker) = background.worker() {
                // A worker that had given up until the next sign-in listens to an explicit call only.
                tokio::spawn(async move { worker.sync_now().await });
            }
        }
        self.session().await
    }

    /// Signs out and removes the account's records from this device. Refused while changes are unsent, unless they are
    /// to be discarded.
    ///
    /// # Errors
    /// Changes are unsent (code `unsent_changes`), or nobody has signed in. Nothing was changed then.
    pub async fn sign_out(&self, discard: bool) -> Result<SessionView, AppError> {
        let account = self.with_store(|store| Ok(store.account()?)).await?.ok_or(AppError::NotSignedIn)?;
        if let Some(background) = &self.inner.background {
            background.stop().await;
        }
        let signed_out = self.with_store(move |store| Ok(store.sign_out(discard)?)).await;
        if let Err(error) = signed_out {
            if let Some(background) = &self.inner.background {
                background.start_if_signed_in().await;
            }
            return Err(error);
        }
        self.inner.server_counts.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
        self.session_changed();
        self.forget(&account).await;
        self.session().await
    }

    /// Asks the server to forget a token; where it cannot be reached, the token ends with whoever runs the server.
    async fn forget(&self, account: &Account) {
        let forgotten = within(&*self.inner.timer, FORGET_WITHIN, self.remote().sign_out(account)).await;
        if !matches!(forgotten, Some(Ok(()))) {
            tracing::info!("the server could not be told to forget the token");
        }
    }

    fn session_changed(&self) {
        self.inner.events.send(AppEvent::SessionChanged);
        self.inner.events.send(AppEvent::EntitiesChanged);
        self.inner.events.stir();
    }
}
