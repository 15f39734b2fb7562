//! Who may be let in, and as what, for whoever sits at the machine itself: there is always somebody who can manage people.
//! Decides, and touches no store.

use cs_ports::{Part, Person, somebody_else_manages};

/// Why an account is not made, changed or removed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum AccountError {
    /// The pages would not take it either.
    #[error("{login:?} is no e-mail address")]
    NoAddress {
        /// What was typed.
        login: String,
    },
    /// Nobody logs in by this name.
    #[error("nobody logs in as {login}")]
    Nobody {
        /// Which.
        login: String,
    },
    /// Nobody would be left who manages people.
    #[error("nobody could manage people without {login} as System Manager")]
    LastManager {
        /// Whose account it is.
        login: String,
    },
}

impl AccountError {
    /// Stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NoAddress { .. } => "people.no_address",
            Self::Nobody { .. } => "people.nobody",
            Self::LastManager { .. } => "people.last",
        }
    }

    /// What to do.
    pub(crate) fn remedy(&self) -> &'static str {
        match self {
            Self::NoAddress { .. } => "Name an address: company-sync users set ana@example.test",
            Self::Nobody { .. } => "`company-sync users list` shows who does.",
            Self::LastManager { .. } => {
                "Make somebody System Manager first: company-sync users set LOGIN --part system-manager"
            }
        }
    }
}

/// A login as it is kept.
pub(crate) fn login(typed: &str) -> String {
    typed.trim().to_lowercase()
}

/// The part that somebody has from now on: what is asked for, else what they have. Whoever is new looks, and changes nothing;
/// but the first who can log in manages everything, as with the setup wizard, which asks nobody once somebody is known.
pub(crate) fn part_of(people: &[Person], login: &str, asked: Option<Part>) -> Result<Part, AccountError> {
    if !Person::can_be_called(login) {
        return Err(AccountError::NoAddress { login: login.to_owned() });
    }
    let managed = somebody_else_manages(people, login);
    let known = people.iter().find(|person| person.login == login).map(|person| person.part);
    let otherwise = if managed { Part::ReadOnly } else { Part::SystemManager };
    let part = asked.or(known).unwrap_or(otherwise);
    if managed || part == Part::SystemManager {
        Ok(part)
    } else {
        Err(AccountError::LastManager { login: login.to_owned() })
    }
}

/// Who is to be removed, where others can do without them.
pub(crate) fn dispensable<'p>(people: &'p [Person], login: &str) -> Result<&'p Person, AccountError> {
    let found = people.iter().find(|person| person.login == login);
    let person = found.ok_or_else(|| AccountError::Nobody { login: login.to_owned() })?;
    if person.part != Part::SystemManager || somebody_else_manages(people, login) {
        Ok(person)
    } else {
        Err(AccountError::LastManager { login: login.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(login: &str, part: Part, enabled: bool) -> Person {
        Person {
            login: login.to_owned(),
            name: login.to_owned(),
            part,
            language: "en".to_owned(),
            password: String::new(),
            enabled,
            created: jiff::Timestamp::UNIX_EPOCH,
            seen: None,
        }
    }

    const ANA: &str = "ana@example.test";
    const ROSA: &str = "rosa@example.test";

    #[test]
    fn the_first_person_manages_and_others_look() {
        assert_eq!(part_of(&[], ANA, None), Ok(Part::SystemManager));
        assert!(part_of(&[], ANA, Some(Part::ReadOnly)).is_err());
        let managed = [person(ANA, Part::SystemManager, true)];
        assert_eq!(part_of(&managed, ROSA, None), Ok(Part::ReadOnly));
        assert_eq!(part_of(&managed, ANA, None), Ok(Part::SystemManager));
    }

    #[test]
    fn nobody_is_the_last_who_manages_and_then_does_not() {
        let people = [person(ANA, Part::SystemManager, true), person(ROSA, Part::SyncerUser, true)];
        assert!(part_of(&people, ANA, Some(Part::SyncerAdmin)).is_err());
        assert!(dispensable(&people, ANA).is_err());
        assert!(dispensable(&people, ROSA).is_ok());
        // Whoever is locked out manages nobody.
        let locked = [person(ANA, Part::SystemManager, false), person(ROSA, Part::SystemManager, true)];
        assert!(part_of(&locked, ROSA, Some(Part::ReadOnly)).is_err());
        assert!(dispensable(&locked, ROSA).is_err());
        assert!(dispensable(&locked, ANA).is_ok());
        // A store that has none gets one back.
        let unmanaged = [person(ROSA, Part::ReadOnly, true)];
        assert_eq!(part_of(&unmanaged, ANA, None), Ok(Part::SystemManager));
        assert_eq!(part_of(&unmanaged, ROSA, Some(Part::SystemManager)), Ok(Part::SystemManager));
        assert!(dispensable(&unmanaged, "nobody@example.test").is_err());
    }

    #[test]
    fn a_login_is_an_address_as_on_pages() {
        assert_eq!(login(" Ana@Example.test\n"), ANA);
        assert!(matches!(part_of(&[], "ana", None), Err(AccountError::NoAddress { .. })));
    }
}
