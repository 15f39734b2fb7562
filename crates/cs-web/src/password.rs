//! Passwords and secrets: how they are made, kept and compared.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use cs_domain::digest::hexadecimal;
use sha2::{Digest as _, Sha256};

/// The shortest password that is taken. No other rule: long beats strange.
pub(crate) const SHORTEST: usize = 10;

/// The longest password that is looked at.
const LONGEST: usize = 256;

/// Why a password is not taken, or could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too short or too long.
    #[error("a password has {SHORTEST} to {LONGEST} characters")]
    Length,
    /// The hash could not be made.
    #[error("the password could not be hashed")]
    Hash(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The system gives no randomness.
    #[error("the operating system gives no random bytes")]
    Chance(#[source] getrandom::Error),
}

/// OWASP's second choice for Argon2id: 19 MiB, two passes, one lane.
fn argon2() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// A password as it is kept. Takes some tens of milliseconds, on purpose: call it where that blocks nobody.
pub fn hash_password(password: &str) -> Result<String, PasswordError> {
    if !(SHORTEST..=LONGEST).contains(&password.chars().count()) {
        return Err(PasswordError::Length);
    }
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(PasswordError::Chance)?;
    let hash = argon2().hash_password_with_salt(password.as_bytes(), &salt);
    hash.map(|hash| hash.to_string()).map_err(|source| PasswordError::Hash(Box::new(source)))
}

/// Whether this is the password. Where nobody of the name is known, it takes as long and says no.
pub(crate) fn is_password(password: &str, kept: Option<&str>) -> bool {
    /// A hash that no password has.
    const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$\
                          AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let text: String = password.chars().take(LONGEST).collect();
    let Ok(hash) = PasswordHash::new(kept.unwrap_or(NOBODY)) else { return false };
    argon2().verify_password(text.as_bytes(), &hash).is_ok() && kept.is_some()
}

/// A new secret: 256 bits, in hexadecimal digits.
pub(crate) fn secret() -> Result<String, PasswordError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(PasswordError::Chance)?;
    Ok(hexadecimal(&bytes))
}

/// What is kept of a secret that was made by [`secret`]: enough to know it again, not enough to use it.
pub(crate) fn digest(secret: &str) -> String {
    digest_of(secret.as_bytes())
}

/// The same of anything.
pub(crate) fn digest_of(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_another_is_not() {
        let kept = hash_password("correct horse battery").unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(is_password("correct horse battery", Some(&kept)));
        assert!(!is_password("correct horse batterx", Some(&kept)));
        assert!(!is_password("correct horse battery", None), "nobody is nobody");
    }

    #[test]
    fn short_passwords_are_refused() {
        assert!(matches!(hash_password("123456789"), Err(PasswordError::Length)));
        assert!(matches!(hash_password(&"x".repeat(257)), Err(PasswordError::Length)));
    }

    #[test]
    fn secrets_are_long_and_never_the_same() {
        let (one, other) = (secret().unwrap(), secret().unwrap());
        assert_eq!((one.len(), other.len()), (64, 64));
        assert_ne!(one, other);
        assert_ne!(digest(&one), one);
    }
}
