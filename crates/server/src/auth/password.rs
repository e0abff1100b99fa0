//! Passwords: argon2id hashes in PHC form.

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use tidemark_model::ports::{NoRandomness, Secrets};

/// A password cannot be hashed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PasswordError {
    /// There is no randomness for its salt.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// Argon2 refuses.
    #[error("this password cannot be used: {0}")]
    Refused(argon2::password_hash::Error),
}

/// Hashes a password; takes tens of milliseconds by design.
///
/// # Errors
/// There is no randomness, or the password is gigabytes long.
pub(crate) fn hash_password(password: &str, secrets: &dyn Secrets) -> Result<String, PasswordError> {
    let salt = SaltString::encode_b64(&secrets.bytes::<16>()?).map_err(PasswordError::Refused)?;
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt).map_err(PasswordError::Refused)?;
    Ok(hash.to_string())
}

/// Tells whether a hash is of this password; takes as long as hashing.
pub(crate) fn is_password(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::MachineSecrets;

    #[test]
    fn a_password_is_known_by_its_hash_and_no_other_is() {
        let hash = hash_password("correct horse", &MachineSecrets).unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(is_password("correct horse", &hash));
        assert!(!is_password("correct horse ", &hash));
        assert!(!is_password("correct horse", "not a hash"));
        assert_ne!(hash, hash_password("correct horse", &MachineSecrets).unwrap());
    }
}
