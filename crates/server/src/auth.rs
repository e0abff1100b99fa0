//! Who may come in: passwords, tokens, and the gate before every route.
//!
//! Owns: hashing and checking of passwords, tokens, and slowing down whoever guesses. Refuses: rights to single
//! records; a caller sees their workspace, and the storage's keys see to that. DESIGN section 5, "Sign-in first";
//! FAULTS A11, A19.

mod gate;
mod guard;
mod guesses;
mod password;
mod remembered;
mod site;

pub(crate) use gate::{Gate, Peer, SignIn};
pub(crate) use guard::{bearer, guard};
pub(crate) use password::{PasswordError, hash_password};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tidemark_model::ports::{NoRandomness, Secrets};
use tidemark_model::{Planted, is_planted};

/// Makes a token. None begins with `-`, which a command line would read as an option (DESIGN section 6, "Settled").
///
/// # Errors
/// There is no randomness.
pub(crate) fn fresh_token(secrets: &dyn Secrets) -> Result<String, NoRandomness> {
    loop {
        let token = URL_SAFE_NO_PAD.encode(secrets.bytes::<32>()?);
        if !token.starts_with('-') || is_planted(Planted::B24TokenLikeAnOption) {
            return Ok(token);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_token_looks_like_an_option() {
        // One in 64 would, were nobody looking.
        for _ in 0..4_000 {
            let token = fresh_token(&crate::machine::MachineSecrets).unwrap();
            assert!(token.len() == 43 && !token.starts_with('-'), "{token}");
        }
    }
}
