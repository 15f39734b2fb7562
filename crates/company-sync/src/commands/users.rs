//! `users`: who may log in, for whoever sits at the machine itself.

use std::io::Read as _;

use cs_ports::{AuditEntry, Clock as _, PeopleStore, Person};
use cs_store::SqliteStore;
use serde_json::json;

use super::data_dir;
use crate::accounts;
use crate::cli::{Global, PartName, UsersCommand};
use crate::clock::SystemClock;
use crate::failure::{CommandError, Outcome};
use crate::render::line;
use crate::user;
use crate::wiring::{existing_store, open_store};

/// Runs `users`.
pub(crate) async fn run(global: &Global, command: &UsersCommand) -> Result<Outcome, CommandError> {
    let data_dir = data_dir(global)?;
    // Looking makes no store.
    let store = match command {
        UsersCommand::Set { .. } => open_store(&data_dir).await?,
        UsersCommand::List | UsersCommand::Remove { .. } => existing_store(&data_dir).await?,
    };
    let done = match command {
        UsersCommand::List => list(global, &store).await,
        UsersCommand::Set { login, name, part, language } => {
            set(&store, login, Wanted { name, part: *part, language }).await
        }
        UsersCommand::Remove { login } => remove(&store, login).await,
    };
    store.close().await;
    done.map(|()| Outcome::Done)
}

/// What is to be different about somebody.
struct Wanted<'w> {
    name: &'w Option<String>,
    part: Option<PartName>,
    language: &'w Option<String>,
}

async fn set(store: &SqliteStore, typed: &str, wanted: Wanted<'_>) -> Result<(), CommandError> {
    let login = accounts::login(typed);
    let people = store.people().await?;
    let part = accounts::part_of(&people, &login, wanted.part.map(Into::into))?;
    let known = people.iter().find(|person| person.login == login);
    let person = Person {
        name: wanted
            .name
            .clone()
            .or_else(|| known.map(|known| known.name.clone()))
            .unwrap_or_else(|| login.clone()),
        part,
        language: wanted
            .language
            .clone()
            .or_else(|| known.map(|known| known.language.clone()))
            .unwrap_or_else(|| "en".to_owned()),
        password: password()?,
        enabled: true,
        created: known.map_or_else(|| SystemClock.now(), |known| known.created),
        seen: known.and_then(|known| known.seen),
        login,
    };
    store.put_person(&person).await?;
    store.end_sessions_of(&person.login, None).await?;
    let action = if known.is_some() { "person.edit" } else { "person.add" };
    note(store, action, &person.login, json!(known), json!(person)).await?;
    line(&format!("{} may log in as {}.", person.login, person.part.as_str()))?;
    if people.is_empty() && wanted.part.is_none() {
        line(
            "The first person manages everything; those who follow only look, unless --part says otherwise.",
        )?;
    }
    Ok(())
}

async fn remove(store: &SqliteStore, typed: &str) -> Result<(), CommandError> {
    let login = accounts::login(typed);
    let people = store.people().await?;
    let known = accounts::dispensable(&people, &login)?;
    store.remove_person(&login).await?;
    note(store, "person.remove", &login, json!(known), json!(null)).await?;
    line(&format!("{login} may log in no longer."))
}

async fn list(global: &Global, store: &impl PeopleStore) -> Result<(), CommandError> {
    for person in store.people().await? {
        let enabled = if person.enabled { "" } else { " (disabled)" };
        line(&if global.json {
            json!(person).to_string()
        } else {
            format!("{}  {}  {}{enabled}", person.login, person.part.as_str(), person.name)
        })?;
    }
    Ok(())
}

/// The password on standard input, as it is kept.
fn password() -> Result<String, CommandError> {
    let failed = |source| CommandError::File { doing: "read", file: "standard input".to_owned(), source };
    let mut text = String::new();
    std::io::stdin().take(4096).read_to_string(&mut text).map_err(failed)?;
    Ok(cs_web::hash_password(text.trim_end_matches(['\r', '\n']))?)
}

async fn note(
    store: &impl PeopleStore,
    action: &str,
    login: &str,
    before: serde_json::Value,
    after: serde_json::Value,
) -> Result<(), CommandError> {
    let who = user::name().map_or_else(|| "command line".to_owned(), |name| format!("command line ({name})"));
    let entry = AuditEntry {
        sequence: 0,
        at: SystemClock.now(),
        who,
        action: action.to_owned(),
        object: format!("person {login}"),
        before,
        after,
    };
    Ok(store.record(&entry).await?)
}
