//! `token create NAME` and `token revoke TOKEN`.

use super::{Common, Failure};
use crate::auth::fresh_token;
use crate::ports::Ports;
use crate::storage::open::Access;
use crate::storage::{NewToken, TokenHash};

/// Makes a token.
#[derive(Debug, clap::Args)]
pub(super) struct Create {
    /// The account's name
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    common: Common,
}

impl Create {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let storage = self.common.open(Access::Existing).await?;
        let ports = Ports::default();
        let token = fresh_token(ports.secrets.as_ref())?;
        let hash = TokenHash::of(&token);
        storage.add_token(NewToken { user: self.name, hash, device: None, now_ms: ports.clock.now_ms() }).await?;
        println!("{token}");
        Ok(())
    }
}

/// Takes a token back.
#[derive(Debug, clap::Args)]
pub(super) struct Revoke {
    /// The token, as `token create` printed it
    #[arg(value_name = "TOKEN", allow_hyphen_values = true)]
    token: String,
    #[command(flatten)]
    common: Common,
}

impl Revoke {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let storage = self.common.open(Access::Existing).await?;
        if storage.remove_token(TokenHash::of(&self.token)).await? {
            return Ok(());
        }
        Err(Failure::Failed("There is no such token; it was revoked already, or is of another database".into()))
    }
}
