//! Who is signed in on this data dir.

use serde::Serialize;
use ts_rs::TS;

/// Who is signed in.
#[derive(Clone, Debug, Serialize, TS)]
pub struct SessionView {
    /// Whether an account is on this data dir; it works offline from then on.
    pub signed_in: bool,
    /// Whether the server wants the password again before it syncs.
    pub must_sign_in_again: bool,
    /// The server's root.
    pub server: Option<String>,
    /// The account's name.
    pub user: Option<String>,
    /// Its workspace.
    pub workspace: Option<String>,
    /// This device's name.
    pub device: String,
    /// Whether the data dir can only be read.
    pub read_only: bool,
    /// Where the offline database lies.
    pub data_dir: String,
    /// A server that offers the demo, where the host knows one.
    pub demo_server: Option<String>,
}
