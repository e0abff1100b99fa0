//! Who may come in: passwords, tokens, and the gate before every route.
//!
//! Owns: hashing and checking of passwords, tokens, and slowing down whoever guesses. Refuses: rights to single
//! records; a caller sees their workspace, and the storage's keys see to that. DESIGN section 5, "Sign-in first";
//! FAULTS A11, A19.

mod gate;
mod guesses;
mod password;
mod remembered;

pub(crate) use gate::{Gate, Peer, SignIn, bearer, guard};
pub(crate) use password::{PasswordError, hash_password};

use crate::machine::{NoRandomness, secret};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Makes a token.
///
/// # Errors
/// There is no randomness.
pub(crate) fn fresh_token() -> Result<String, NoRandomness> {
    Ok(URL_SAFE_NO_PAD.encode(secret::<32>()?))
}
