//! `user add NAME --workspace W`.

use super::password::read_password;
use super::{Common, Failure};
use crate::auth::hash_password;
use crate::ports::Ports;
use crate::storage::NewUser;
use crate::storage::open::Access;

/// The longest name: it stands in `_UpdatedBy` of every record.
const LONGEST_NAME: usize = 200;

/// Adds an account.
#[derive(Debug, clap::Args)]
pub(super) struct Add {
    /// The account's name
    #[arg(value_name = "NAME")]
    name: String,
    /// The workspace it is in; made where there is none of that name
    #[arg(long, env = "TIDEMARK_WORKSPACE", value_name = "W")]
    workspace: String,
    #[command(flatten)]
    common: Common,
}

impl Add {
    pub(super) async fn run(self) -> Result<(), Failure> {
        for (what, name) in [("The name", &self.name), ("The workspace", &self.workspace)] {
            check_name(what, name)?;
        }
        let ports = Ports::default();
        let storage = self.common.open(Access::Create).await?;
        let password = hash_password(&read_password()?, ports.secrets.as_ref())?;
        let now_ms = ports.clock.now_ms();
        storage.add_user(NewUser { name: self.name, workspace: self.workspace, password, now_ms }).await?;
        Ok(())
    }
}

/// A name stands in HTTP's Basic credentials, where a colon ends it.
fn check_name(what: &str, name: &str) -> Result<(), Failure> {
    let is_plain = !name.trim().is_empty()
        && name.trim() == name
        && name.chars().count() <= LONGEST_NAME
        && !name.contains(|c: char| c == ':' || c.is_control());
    if is_plain {
        return Ok(());
    }
    let rule = format!("must be at most {LONGEST_NAME} characters, without colons and without spaces around it");
    Err(Failure::Usage(format!("{what} {name:?} cannot be used: it {rule}")))
}
