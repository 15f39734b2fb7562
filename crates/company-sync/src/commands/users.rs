//! `users`: who may log in, for whoever sits at the machine itself.

use std::io::Read as _;

use cs_ports::{AuditEntry, Clock as _, Part, PeopleStore, Person};
use serde_json::json;

use super::data_dir;
use crate::cli::{Global, UsersCommand};
use crate::clock::SystemClock;
use crate::failure::{CommandError, Outcome};
use crate::render::line;
use crate::user;
use crate::wiring::open_store;

/// Runs `users`.
pub(crate) async fn run(global: &Global, command: &UsersCommand) -> Result<Outcome, CommandError> {
    let store = open_store(&data_dir(global)?).await?;
    match command {
        UsersCommand::List => list(global, &store).await?,
        UsersCommand::Set { login, name, part, language } => {
            let login = login.trim().to_lowercase();
            let known = store.person(&login).await?;
            let person = Person {
                name: name
                    .clone()
                    .or_else(|| known.as_ref().map(|known| known.name.clone()))
                    .unwrap_or(login.clone()),
                part: part
                    .map(Into::into)
                    .or(known.as_ref().map(|known| known.part))
                    .unwrap_or(Part::ReadOnly),
                language: language
                    .clone()
                    .or_else(|| known.as_ref().map(|known| known.language.clone()))
                    .unwrap_or_else(|| "en".to_owned()),
                password: password()?,
                enabled: true,
                created: known.as_ref().map_or_else(|| SystemClock.now(), |known| known.created),
                seen: known.as_ref().and_then(|known| known.seen),
                login,
            };
            store.put_person(&person).await?;
            store.end_sessions_of(&person.login, None).await?;
            let action = if known.is_some() { "person.edit" } else { "person.add" };
            note(&store, action, &person.login, json!(known), json!(person)).await?;
            line(&format!("{} may log in as {}.", person.login, person.part.as_str()))?;
        }
        UsersCommand::Remove { login } => {
            let Some(known) = store.person(login).await? else {
                return Err(CommandError::Nobody { login: login.clone() });
            };
            store.remove_person(login).await?;
            note(&store, "person.remove", login, json!(known), json!(null)).await?;
            line(&format!("{login} may log in no longer."))?;
        }
    }
    store.close().await;
    Ok(Outcome::Done)
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
