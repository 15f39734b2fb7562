//! Challenges and sessions: who may ask.

use std::collections::BTreeMap;

use cs_domain::digest::hexadecimal;
use jiff::{SignedDuration, Timestamp};
use md5::{Digest, Md5};

/// How long a challenge can be used, and how long a session lives without a request (PHP's `session.gc_maxlifetime`).
const CHALLENGE_LIFE: SignedDuration = SignedDuration::from_secs(300);
const SESSION_IDLE: SignedDuration = SignedDuration::from_secs(1440);

/// A user's challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// What the login has to mix with the access key.
    pub token: String,
    /// When it was given.
    pub given: Timestamp,
    /// When it stops to count.
    pub expires: Timestamp,
}

/// A login that worked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The session's name.
    pub session: String,
    /// The number of the user.
    pub user: u64,
}

/// Why a login did not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rejected {
    /// No challenge, or an expired one.
    NoChallenge,
    /// The key does not match, which is also what a superseded challenge looks like.
    WrongKey,
}

#[derive(Debug, Clone)]
struct Session {
    user: u64,
    seen: Timestamp,
}

/// All challenges and sessions of a server. There is one challenge per user: a new one supersedes the one before,
/// and one that is valid can be used again and again.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sessions {
    challenges: BTreeMap<u64, Challenge>,
    open: BTreeMap<String, Session>,
    given: u64,
}

impl Sessions {
    pub(crate) fn challenge(&mut self, user: u64, now: Timestamp) -> Challenge {
        let token = self.name("challenge", user, now, 13);
        self.put_challenge(user, token, now)
    }

    /// Makes a known token a user's challenge.
    pub(crate) fn put_challenge(&mut self, user: u64, token: String, now: Timestamp) -> Challenge {
        let expires = now.saturating_add(CHALLENGE_LIFE).unwrap_or(now);
        let challenge = Challenge { token, given: now, expires };
        self.challenges.insert(user, challenge.clone());
        challenge
    }

    pub(crate) fn login(
        &mut self,
        user: u64,
        access_key: &str,
        answer: &str,
        now: Timestamp,
    ) -> Result<Login, Rejected> {
        let challenge = self.challenges.get(&user).filter(|challenge| challenge.expires >= now);
        let challenge = challenge.ok_or(Rejected::NoChallenge)?;
        if digest(&format!("{}{access_key}", challenge.token)) != answer {
            return Err(Rejected::WrongKey);
        }
        let session = self.name("session", user, now, 21);
        self.put_session(session.clone(), user, now);
        Ok(Login { session, user })
    }

    /// Makes a known name a user's session.
    pub(crate) fn put_session(&mut self, name: String, user: u64, now: Timestamp) {
        self.open.insert(name, Session { user, seen: now });
    }

    /// The user of a session that is still alive; being asked keeps it so.
    pub(crate) fn user(&mut self, name: &str, now: Timestamp) -> Option<u64> {
        let session = self.open.get_mut(name)?;
        if now.duration_since(session.seen) > SESSION_IDLE {
            self.open.remove(name);
            return None;
        }
        session.seen = now;
        Some(session.user)
    }

    pub(crate) fn forget(&mut self, name: &str) {
        self.open.remove(name);
    }

    pub(crate) fn forget_all(&mut self) {
        self.open.clear();
    }

    /// Names have to differ, not to be secret: the sandbox guards nothing.
    fn name(&mut self, what: &str, user: u64, now: Timestamp, length: usize) -> String {
        self.given += 1;
        let mut name = digest(&format!("{what} {user} {now} {}", self.given));
        name.truncate(length);
        name
    }
}

/// MD5 in hexadecimal, as PHP writes it.
pub(crate) fn digest(text: &str) -> String {
    hexadecimal(&Md5::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sandbox-admin-key";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_311_195 + seconds).unwrap()
    }

    fn answer(challenge: &Challenge) -> String {
        digest(&format!("{}{KEY}", challenge.token))
    }

    #[test]
    fn a_challenge_can_be_used_again_until_it_expires() {
        let mut sessions = Sessions::default();
        let challenge = sessions.challenge(1, at(0));
        assert_eq!(challenge.expires, at(300));
        let first = sessions.login(1, KEY, &answer(&challenge), at(1)).unwrap();
        let second = sessions.login(1, KEY, &answer(&challenge), at(300)).unwrap();
        assert_ne!(first.session, second.session);
        assert_eq!(sessions.login(1, KEY, &answer(&challenge), at(301)), Err(Rejected::NoChallenge));
        assert_eq!(sessions.login(1, KEY, "wrong", at(2)), Err(Rejected::WrongKey));
        assert_eq!(sessions.login(2, KEY, "wrong", at(2)), Err(Rejected::NoChallenge), "its own user only");
    }

    #[test]
    fn a_new_challenge_kills_the_one_before() {
        let mut sessions = Sessions::default();
        let first = sessions.challenge(1, at(0));
        let second = sessions.challenge(1, at(0));
        assert_ne!(first.token, second.token);
        assert_eq!(sessions.login(1, KEY, &answer(&first), at(1)), Err(Rejected::WrongKey));
        assert!(sessions.login(1, KEY, &answer(&second), at(1)).is_ok());
    }

    #[test]
    fn a_session_dies_of_idleness_not_of_age() {
        let mut sessions = Sessions::default();
        let challenge = sessions.challenge(1, at(0));
        let login = sessions.login(1, KEY, &answer(&challenge), at(0)).unwrap();
        assert_eq!(sessions.user(&login.session, at(1440)), Some(1));
        assert_eq!(sessions.user(&login.session, at(2880)), Some(1), "being asked kept it alive");
        assert_eq!(sessions.user(&login.session, at(2880 + 1441)), None);
        assert_eq!(sessions.user(&login.session, at(2880)), None, "it does not come back");
    }

    #[test]
    fn the_digest_is_phps() {
        assert_eq!(digest("abc"), "900150983cd24fb0d6963f7d28e17f72");
    }
}
