//! Who may do what: people, their sessions, the tokens of programs, and the record of what was changed by whom.

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::error::StoreError;

/// What somebody may do. Every route of the service names one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// See records, runs, findings, conflicts and the log.
    Read,
    /// Review findings and decide conflicts.
    Review,
    /// Start, cancel and retry runs; upload reports.
    Run,
    /// Change schedules, mappings' settings, companies and connections.
    Configure,
    /// Manage people and see who changed what.
    Administer,
}

impl Right {
    /// Every right, weakest first.
    pub const ALL: [Self; 5] = [Self::Read, Self::Review, Self::Run, Self::Configure, Self::Administer];

    /// The name that machines read; also a token's scope.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Review => "review",
            Self::Run => "run",
            Self::Configure => "configure",
            Self::Administer => "administer",
        }
    }

    /// The right with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|right| right.as_str() == name)
    }
}

/// A person's part in the agency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Part {
    /// Everything, people included.
    #[serde(rename = "System Manager")]
    SystemManager,
    /// Everything but people.
    #[serde(rename = "Syncer Admin")]
    SyncerAdmin,
    /// Runs and reviews, no settings.
    #[serde(rename = "Syncer User")]
    SyncerUser,
    /// Looks, and changes nothing.
    #[serde(rename = "Read Only")]
    ReadOnly,
}

impl Part {
    /// Every part, strongest first.
    pub const ALL: [Self; 4] = [Self::SystemManager, Self::SyncerAdmin, Self::SyncerUser, Self::ReadOnly];

    /// The name that people and machines read.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SystemManager => "System Manager",
            Self::SyncerAdmin => "Syncer Admin",
            Self::SyncerUser => "Syncer User",
            Self::ReadOnly => "Read Only",
        }
    }

    /// The part with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.as_str() == name)
    }

    /// Whether this part includes a right: the one table of who may do what.
    pub fn may(self, right: Right) -> bool {
        let least = match right {
            Right::Read => Self::ReadOnly,
            Right::Review | Right::Run => Self::SyncerUser,
            Right::Configure => Self::SyncerAdmin,
            Right::Administer => Self::SystemManager,
        };
        self <= least
    }
}

/// Somebody who can log in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// What they log in with: an e-mail address, in lower case.
    pub login: String,
    /// What they are called.
    pub name: String,
    /// What they may do.
    pub part: Part,
    /// The language of their pages: `en` or `es`.
    pub language: String,
    /// Their password as an Argon2id string; never the password.
    #[serde(skip_serializing, default)]
    pub password: String,
    /// Whether they may log in.
    pub enabled: bool,
    /// Since when they are known.
    pub created: Timestamp,
    /// When they logged in last.
    pub seen: Option<Timestamp>,
}

/// What an e-mail address may have, in bytes (RFC 5321).
const LONGEST_LOGIN: usize = 254;

impl Person {
    /// Whether somebody can log in by this name: an e-mail address.
    pub fn can_be_called(login: &str) -> bool {
        let parts = login.split_once('@').filter(|(name, host)| !name.is_empty() && !host.is_empty());
        let bare =
            !login.contains(|letter: char| letter.is_whitespace() || letter.is_control() || letter == '/');
        parts.is_some_and(|(_, host)| !host.contains('@')) && bare && login.len() <= LONGEST_LOGIN
    }

    /// Whether they can let others in.
    pub fn manages(&self) -> bool {
        self.enabled && self.part.may(Right::Administer)
    }
}

/// Whether somebody manages people, whatever becomes of the one who logs in by this name. Where nobody did, nobody could be
/// let in again: the setup wizard asks only where nobody is known.
pub fn somebody_else_manages(people: &[Person], login: &str) -> bool {
    people.iter().any(|person| person.manages() && person.login != login)
}

/// A login that lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// A digest of the cookie's secret: whoever reads the store cannot use it.
    pub digest: String,
    /// Whose.
    pub login: String,
    /// What forms must carry.
    pub csrf: String,
    /// Since when.
    pub created: Timestamp,
    /// Until when, unless it is used before.
    pub expires: Timestamp,
}

/// What a program shows instead of a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiToken {
    /// Its public name.
    pub id: String,
    /// Who made it; it may never do more than they may.
    pub login: String,
    /// What it is for, in their words.
    pub label: String,
    /// A digest of its secret.
    #[serde(skip_serializing, default)]
    pub digest: String,
    /// What it may do.
    pub scopes: BTreeSet<Right>,
    /// Since when.
    pub created: Timestamp,
    /// Until when.
    pub expires: Option<Timestamp>,
    /// When it was used last.
    pub used: Option<Timestamp>,
}

/// Something that somebody changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Its number, ascending; 0 before it is kept.
    pub sequence: i64,
    /// When.
    pub at: Timestamp,
    /// Who: a login, `token <id>`, or `company-sync` itself.
    pub who: String,
    /// What was done, as a stable code: `conflict.resolve`.
    pub action: String,
    /// What it was done to: `conflict 3f9a...`.
    pub object: String,
    /// What it was before, where that can be said; never a secret.
    pub before: Json,
    /// What it is now; never a secret.
    pub after: Json,
}

/// Which audit entries are asked for; what is not named does not narrow it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// By this person.
    pub who: Option<String>,
    /// Actions that begin so: `conflict.`.
    pub action: Option<String>,
    /// About this object.
    pub object: Option<String>,
}

/// What was answered to a request that carried an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenAnswer {
    /// A digest of the request: the same key with another request is refused.
    pub request: String,
    /// The status.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// What became of the reservation of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// It is whose asked, to work on.
    Now,
    /// Somebody works on it.
    Underway,
    /// It was answered.
    Given(GivenAnswer),
}

/// Remembers people and what they did. Every call is one transaction.
#[async_trait]
pub trait PeopleStore: Send + Sync {
    /// Everybody, by login.
    async fn people(&self) -> Result<Vec<Person>, StoreError>;
    /// One person.
    async fn person(&self, login: &str) -> Result<Option<Person>, StoreError>;
    /// Writes a person down: new, or as they are now. Their sessions stay.
    async fn put_person(&self, person: &Person) -> Result<(), StoreError>;
    /// Removes a person with their sessions and tokens; what they did stays in the audit log.
    async fn remove_person(&self, login: &str) -> Result<(), StoreError>;

    /// Keeps a session, or prolongs it.
    async fn put_session(&self, session: &Session) -> Result<(), StoreError>;
    /// The session with this digest, unless it expired before `now`.
    async fn session(&self, digest: &str, now: Timestamp) -> Result<Option<Session>, StoreError>;
    /// Ends a session.
    async fn end_session(&self, digest: &str) -> Result<(), StoreError>;
    /// Ends every session of a person, but for the one named (who changes a password keeps their own).
    async fn end_sessions_of(&self, login: &str, but: Option<&str>) -> Result<(), StoreError>;

    /// The tokens of a person, or all of them; newest first.
    async fn tokens(&self, login: Option<&str>) -> Result<Vec<ApiToken>, StoreError>;
    /// The token whose secret has this digest.
    async fn token(&self, digest: &str) -> Result<Option<ApiToken>, StoreError>;
    /// Keeps a token, or what changed of it.
    async fn put_token(&self, token: &ApiToken) -> Result<(), StoreError>;
    /// Removes a token.
    async fn remove_token(&self, id: &str) -> Result<(), StoreError>;

    /// Adds to the audit log.
    async fn record(&self, entry: &AuditEntry) -> Result<(), StoreError>;
    /// Audit entries before a sequence number, newest first.
    async fn audit(
        &self,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError>;

    /// Notes when somebody was last seen, and nothing else of them: whoever changes them meanwhile is not undone.
    async fn note_seen(&self, login: &str, at: Timestamp) -> Result<(), StoreError>;
    /// Notes when a token was last used, and nothing else of it.
    async fn note_used(&self, token: &str, at: Timestamp) -> Result<(), StoreError>;

    /// Reserves a key of a caller for the request of this digest, so that of all processes one works on it. A reservation
    /// from before `stale`, whose process died, is taken over.
    async fn reserve_answer(
        &self,
        caller: &str,
        key: &str,
        request: &str,
        at: Timestamp,
        stale: Timestamp,
    ) -> Result<Reserved, StoreError>;
    /// Gives a reservation up: the request came to nothing, and may be sent again.
    async fn release_answer(&self, caller: &str, key: &str) -> Result<(), StoreError>;
    /// Keeps the answer to a request whose key was reserved; one that was given stays.
    async fn give_answer(
        &self,
        caller: &str,
        key: &str,
        answer: &GivenAnswer,
        at: Timestamp,
    ) -> Result<(), StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_may_what_the_weaker_ones_may() {
        let rights = |part: Part| Right::ALL.into_iter().filter(|right| part.may(*right)).count();
        assert_eq!(Part::ALL.map(rights), [5, 4, 3, 1]);
        assert!(!Part::SyncerUser.may(Right::Configure));
        assert!(!Part::SyncerAdmin.may(Right::Administer));
    }

    #[test]
    fn logins_are_addresses() {
        for login in ["ana@example.test", "ana.maria+crm@sur.example.test", "ana@localhost"] {
            assert!(Person::can_be_called(login), "{login}");
        }
        let long = format!("{}@example.test", "a".repeat(250));
        for login in ["", "ana", "@example.test", "ana@", "a na@example.test", "a@b@c", "../etc@x", &long] {
            assert!(!Person::can_be_called(login), "{login}");
        }
    }

    #[test]
    fn names_survive() {
        assert!(Part::ALL.into_iter().all(|part| Part::parse(part.as_str()) == Some(part)));
        assert!(Right::ALL.into_iter().all(|right| Right::parse(right.as_str()) == Some(right)));
    }
}
