//! People: added, changed, locked out, removed; and what everybody changes of themselves. There is always somebody who can
//! manage people.

use cs_ports::{Part, Person, somebody_else_manages};
use serde_json::{Value as Json, json};

use crate::caller::Caller;
use crate::error::WebError;
use crate::office::Slip;
use crate::password::{hash_password, is_password, secret};
use crate::visit::Visit;
use crate::web::Web;
use crate::words::{Language, Words};

/// What a person's name may have, in characters.
const LONGEST_NAME: usize = 100;

/// A person as they were typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    pub(crate) login: String,
    pub(crate) name: String,
    pub(crate) part: String,
    pub(crate) language: String,
}

impl Draft {
    /// A person as they are now, to be changed.
    pub(crate) fn of(person: &Person) -> Self {
        Self {
            login: person.login.clone(),
            name: person.name.clone(),
            part: person.part.as_str().to_owned(),
            language: person.language.clone(),
        }
    }
}

/// A draft that can be taken.
struct Fit {
    login: String,
    name: String,
    part: Part,
    language: Language,
}

impl Draft {
    fn fit(&self, words: &Words) -> Result<Fit, WebError> {
        let login = self.login.trim().to_lowercase();
        let name = self.name.trim().to_owned();
        let part = Part::parse(&self.part);
        let language = Language::ALL.into_iter().find(|language| language.code() == self.language);
        let found = [
            ("login", Person::can_be_called(&login), "people-bad-login"),
            ("name", (1..=LONGEST_NAME).contains(&name.chars().count()), "people-bad-name"),
            ("part", part.is_some(), "people-bad-part"),
            ("language", language.is_some(), "people-bad-language"),
        ];
        let slips: Vec<Slip> = found
            .into_iter()
            .filter(|(_, good, _)| !good)
            .map(|(field, _, key)| Slip { field: field.to_owned(), message: words.say(key) })
            .collect();
        match (part, language) {
            (Some(part), Some(language)) if slips.is_empty() => Ok(Fit { login, name, part, language }),
            _ => Err(WebError::Invalid { slips }),
        }
    }
}

/// Adds somebody, with the password that was typed or, where none was, one that is made; answers that one.
pub(crate) async fn add(
    visit: &Visit,
    draft: &Draft,
    typed: &str,
) -> Result<(Person, Option<String>), WebError> {
    let fit = draft.fit(&visit.words)?;
    let (password, made) = match typed {
        "" => (made_password()?, true),
        typed => (typed.to_owned(), false),
    };
    let hash = hashed(&visit.words, "password", password.clone()).await?;
    let _alone = visit.web.people.lock().await;
    if visit.web.desk.person(&fit.login).await?.is_some() {
        return Err(WebError::invalid("login", visit.words.say("people-login-taken")));
    }
    let person = fresh(&visit.web, fit, hash);
    visit.web.desk.put_person(&person).await?;
    visit.record("person.add", object(&person), Json::Null, told(&person)).await?;
    Ok((person, made.then_some(password)))
}

/// Adds the first person, who manages all others; refused where there is anybody.
pub(crate) async fn add_first(
    web: &Web,
    words: &Words,
    draft: &Draft,
    password: &str,
) -> Result<Person, WebError> {
    let manager = Draft { part: Part::SystemManager.as_str().to_owned(), ..draft.clone() };
    let fit = manager.fit(words)?;
    let hash = hashed(words, "password", password.to_owned()).await?;
    let _alone = web.people.lock().await;
    if !web.desk.people().await?.is_empty() {
        return Err(WebError::State { code: "setup.taken", cause: words.say("setup-taken") });
    }
    let person = fresh(web, fit, hash);
    web.desk.put_person(&person).await?;
    let entry = cs_ports::AuditEntry {
        sequence: 0,
        at: web.clock.now(),
        who: person.login.clone(),
        action: "person.add".to_owned(),
        object: object(&person),
        before: Json::Null,
        after: told(&person),
    };
    web.desk.record(&entry).await?;
    Ok(person)
}

/// Changes name, part and language.
pub(crate) async fn edit(visit: &Visit, login: &str, draft: &Draft) -> Result<Person, WebError> {
    let fit = Draft { login: login.to_owned(), ..draft.clone() }.fit(&visit.words)?;
    let _alone = visit.web.people.lock().await;
    let before = one(visit, login).await?;
    if before.part == Part::SystemManager && fit.part != Part::SystemManager {
        expect_dispensable(visit, &before).await?;
    }
    let after =
        Person { name: fit.name, part: fit.part, language: fit.language.code().to_owned(), ..before.clone() };
    if after != before {
        visit.web.desk.put_person(&after).await?;
        visit.record("person.edit", object(&after), told(&before), told(&after)).await?;
    }
    Ok(after)
}

/// Locks somebody out, at once and everywhere, or lets them in again.
pub(crate) async fn enable(visit: &Visit, login: &str, enabled: bool) -> Result<Person, WebError> {
    let _alone = visit.web.people.lock().await;
    let before = one(visit, login).await?;
    if before.enabled == enabled {
        return Ok(before);
    }
    if !enabled {
        expect_dispensable(visit, &before).await?;
    }
    let after = Person { enabled, ..before.clone() };
    visit.web.desk.put_person(&after).await?;
    if !enabled {
        visit.web.desk.end_sessions_of(login, None).await?;
    }
    let action = if enabled { "person.enable" } else { "person.disable" };
    visit.record(action, object(&after), told(&before), told(&after)).await?;
    Ok(after)
}

/// Gives somebody a new password, which is answered; whoever used the old one is logged out.
pub(crate) async fn reset_password(visit: &Visit, login: &str) -> Result<(Person, String), WebError> {
    let password = made_password()?;
    let hash = hashed(&visit.words, "password", password.clone()).await?;
    let _alone = visit.web.people.lock().await;
    let person = Person { password: hash, ..one(visit, login).await? };
    visit.web.desk.put_person(&person).await?;
    visit.web.desk.end_sessions_of(login, own_session(&visit.caller, login)).await?;
    visit.record("person.password_reset", object(&person), Json::Null, json!({})).await?;
    Ok((person, password))
}

/// Removes somebody with their sessions and tokens. What they did stays in the record of changes.
pub(crate) async fn remove(visit: &Visit, login: &str) -> Result<(), WebError> {
    let _alone = visit.web.people.lock().await;
    let person = one(visit, login).await?;
    expect_dispensable(visit, &person).await?;
    visit.web.desk.remove_person(login).await?;
    visit.record("person.remove", object(&person), told(&person), Json::Null).await
}

/// Changes what everybody may change of themselves.
pub(crate) async fn edit_self(visit: &Visit, name: &str, language: &str) -> Result<Person, WebError> {
    let login = visit.caller.person().login.clone();
    let _alone = visit.web.people.lock().await;
    let before = one(visit, &login).await?;
    let typed = Draft { name: name.to_owned(), language: language.to_owned(), ..Draft::of(&before) };
    let fit = typed.fit(&visit.words)?;
    let after = Person { name: fit.name, language: fit.language.code().to_owned(), ..before.clone() };
    if after != before {
        visit.web.desk.put_person(&after).await?;
        visit.record("person.edit", object(&after), told(&before), told(&after)).await?;
    }
    Ok(after)
}

/// Changes one's own password. The old one is asked for, so that nobody does it at a desk that was left open; all other
/// logins end.
pub(crate) async fn change_password(visit: &Visit, old: &str, new: &str) -> Result<(), WebError> {
    let login = visit.caller.person().login.clone();
    let now = visit.web.clock.now();
    if !visit.web.throttle().admits(&login, &login, now) {
        return Err(WebError::TooManyAttempts);
    }
    let (typed, kept) = (old.to_owned(), visit.caller.person().password.clone());
    let right = tokio::task::spawn_blocking(move || is_password(&typed, Some(&kept))).await;
    if !right.map_err(|error| WebError::Broken(Box::new(error)))? {
        visit.web.throttle().note_failure(&login, &login, now);
        return Err(WebError::invalid("old", visit.words.say("profile-wrong-password")));
    }
    let hash = hashed(&visit.words, "new", new.to_owned()).await?;
    let _alone = visit.web.people.lock().await;
    let person = Person { password: hash, ..one(visit, &login).await? };
    visit.web.desk.put_person(&person).await?;
    visit.web.desk.end_sessions_of(&login, own_session(&visit.caller, &login)).await?;
    visit.record("person.password_change", object(&person), Json::Null, json!({})).await
}

/// One person.
pub(crate) async fn one(visit: &Visit, login: &str) -> Result<Person, WebError> {
    let found = visit.web.desk.person(login).await?;
    found.ok_or_else(|| WebError::not_there("person", login))
}

fn fresh(web: &Web, fit: Fit, password: String) -> Person {
    Person {
        login: fit.login,
        name: fit.name,
        part: fit.part,
        language: fit.language.code().to_owned(),
        password,
        enabled: true,
        created: web.clock.now(),
        seen: None,
    }
}

/// Nobody loses what they are by their own hand, and nobody is the last who can manage people and then cannot.
async fn expect_dispensable(visit: &Visit, person: &Person) -> Result<(), WebError> {
    if visit.caller.person().login == person.login {
        return Err(WebError::State { code: "people.self", cause: visit.words.say("people-self") });
    }
    let people = visit.web.desk.people().await?;
    if person.part == Part::SystemManager && !somebody_else_manages(&people, &person.login) {
        return Err(WebError::State { code: "people.last", cause: visit.words.say("people-last") });
    }
    Ok(())
}

/// The login that stays where somebody changes their own password.
fn own_session<'c>(caller: &'c Caller, login: &str) -> Option<&'c str> {
    match caller {
        Caller::Person { person, session } if person.login == login => Some(&session.digest),
        _ => None,
    }
}

/// A password as it is kept; made on a thread that nobody waits for.
async fn hashed(words: &Words, field: &str, password: String) -> Result<String, WebError> {
    let hash = tokio::task::spawn_blocking(move || hash_password(&password)).await;
    match hash.map_err(|error| WebError::Broken(Box::new(error)))? {
        Err(crate::password::PasswordError::Length) => {
            Err(WebError::invalid(field, words.say("error-web-password-length")))
        }
        hash => Ok(hash?),
    }
}

/// A password of 80 bits, in groups that can be read out.
fn made_password() -> Result<String, WebError> {
    let digits: Vec<char> = secret()?.chars().take(20).collect();
    let groups: Vec<String> = digits.chunks(5).map(|group| group.iter().collect()).collect();
    Ok(groups.join("-"))
}

fn object(person: &Person) -> String {
    format!("person {}", person.login)
}

fn told(person: &Person) -> Json {
    json!({ "name": person.name, "part": person.part, "language": person.language, "enabled": person.enabled })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_passwords_are_long_enough_and_never_the_same() {
        let (one, other) = (made_password().unwrap(), made_password().unwrap());
        assert_eq!(one.len(), 23);
        assert_ne!(one, other);
    }

    #[test]
    fn every_slip_is_told() {
        let words = Words::in_language(Language::Es);
        let Err(WebError::Invalid { slips }) = Draft::default().fit(&words) else { panic!("it fits") };
        let fields: Vec<&str> = slips.iter().map(|slip| slip.field.as_str()).collect();
        assert_eq!(fields, ["login", "name", "part", "language"]);
    }
}
