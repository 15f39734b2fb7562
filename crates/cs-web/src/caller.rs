//! Who is calling.

use cs_ports::{ApiToken, Person, Right, Session};

/// Somebody whom the service knows.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    /// A person in a browser.
    Person {
        /// Who.
        person: Person,
        /// Their login.
        session: Session,
    },
    /// A program with a token.
    Program {
        /// Whose token it is.
        person: Person,
        /// Which.
        token: ApiToken,
    },
}

impl Caller {
    /// Whether they may; a token never more than whoever made it.
    pub(crate) fn may(&self, right: Right) -> bool {
        match self {
            Self::Person { person, .. } => person.part.may(right),
            Self::Program { person, token } => person.part.may(right) && token.scopes.contains(&right),
        }
    }

    /// The person, or the one whose token it is.
    pub(crate) fn person(&self) -> &Person {
        match self {
            Self::Person { person, .. } | Self::Program { person, .. } => person,
        }
    }

    /// The name that stands beside what they do.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Person { person, .. } => person.login.clone(),
            Self::Program { token, .. } => format!("token {}", token.id),
        }
    }

    /// What their forms must carry; a token needs none, since no browser sends it by itself.
    pub(crate) fn csrf(&self) -> Option<&str> {
        match self {
            Self::Person { session, .. } => Some(&session.csrf),
            Self::Program { .. } => None,
        }
    }
}
