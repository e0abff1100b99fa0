//! Why a command failed.

use serde::Serialize;
use ts_rs::TS;

/// Why a command failed: a code for programs, a sentence for people.
#[derive(Clone, Debug, Serialize, TS)]
pub struct ErrorView {
    /// A stable word, such as `invalid`, `not_found`, `offline`, `unsent_changes`, `wrong_password`.
    pub code: String,
    /// What happened, what is safe, what to do.
    pub message: String,
    /// The property at fault.
    pub property: Option<String>,
}
