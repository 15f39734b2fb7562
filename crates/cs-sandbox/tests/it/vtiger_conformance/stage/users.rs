//! Who asks: users, sessions, challenges.

use cs_sandbox::vtiger::{Rights, System, User, Values};
use jiff::SignedDuration;
use serde_json::Value;

use super::super::compare::md5_hex;
use super::super::world::{self, Entry};
use super::{Attempt, Context};

/// The key of every staged user. The recorded keys are not known, only what was made of them.
const KEY: &str = "staged-key";

/// Gives the number of the one who asks.
pub(super) fn stage(context: &Context<'_>, system: &mut System) -> u64 {
    for entry in &context.archive.entries {
        known_users(entry, system);
    }
    mentioned(context, system);
    let session = context.asked.session.as_deref().unwrap_or_default();
    let user = asker(context, system, session);
    if context.asked.target.as_deref() == Some("Users") && context.asked.operation == "query" {
        exactly_the_answered(context, system, user);
    }
    rights(context, system, session, user);
    if !session.is_empty()
        && !context.has_code("INVALID_SESSIONID")
        && !context.has_code("AUTHENTICATION_FAILURE")
    {
        system.put_session(session, user, context.now);
    }
    let cookie =
        context.recording.request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("cookie"));
    let cookie = cookie
        .and_then(|(_, value)| value.split("PHPSESSID=").nth(1))
        .map(|rest| rest.split(';').next().unwrap_or(rest));
    if let Some(cookie) = cookie.filter(|_| !context.has_code("AUTHENTICATION_FAILURE")) {
        system.put_session(cookie, user, context.now);
    }
    user
}

/// Users whom the answer names as owner or as last to modify, whoever they are.
fn mentioned(context: &Context<'_>, system: &mut System) {
    let rows = match &context.result {
        Some(Value::Array(rows)) => rows.clone(),
        Some(row) => vec![row.clone()],
        None => Vec::new(),
    };
    for id in
        rows.iter().flat_map(|row| ["modifiedby", "assigned_user_id"].map(|name| row.get(name)?.as_str()))
    {
        let is_user = id.is_some_and(|id| id.starts_with("19x"));
        if is_user {
            put(system, &serde_json::json!({"id": id}));
        }
    }
}

/// Users whom a recording shows: rows of a query, and logins.
fn known_users(entry: &Entry, system: &mut System) {
    let asked = &entry.asked;
    let Some(result) = entry.answer.as_ref().and_then(|answer| answer.get("result")) else { return };
    if asked.target.as_deref() == Some("Users") && asked.operation == "query" {
        result.as_array().into_iter().flatten().for_each(|row| put(system, row));
    } else if asked.operation == "login" {
        let mut row = serde_json::Map::new();
        row.insert("id".to_owned(), result.get("userId").cloned().unwrap_or_default());
        for (name, field) in [
            ("username", "user_name"),
            ("first_name", "first_name"),
            ("last_name", "last_name"),
            ("email", "email1"),
            ("time_zone", "time_zone"),
            ("hour_format", "hour_format"),
            ("date_format", "date_format"),
            ("is_admin", "is_admin"),
            ("call_duration", "callduration"),
            ("other_event_duration", "othereventduration"),
        ] {
            row.extend(result.get(name).map(|value| (field.to_owned(), value.clone())));
        }
        put(system, &Value::Object(row));
    }
}

fn put(system: &mut System, row: &Value) {
    let Some(fields) = row.as_object() else { return };
    let id = fields.get("id").and_then(Value::as_str).and_then(|id| id.strip_prefix("19x")?.parse().ok());
    let Some(id) = id else { return };
    let mut user = system.users().get(&id).cloned().unwrap_or_else(|| blank(system, id));
    user.values.extend(world::columns("Users", fields));
    system.put_user(user);
}

/// A user nobody saw, made after the salesperson.
fn blank(system: &System, id: u64) -> User {
    let values: Values = system.users().get(&5).map(|user| user.values.clone()).unwrap_or_default();
    let mut user = User { id, access_key: KEY.to_owned(), rights: Rights::ViewAll, values };
    user.values.insert("user_name".to_owned(), Some(format!("user{id}")));
    user
}

fn exactly_the_answered(context: &Context<'_>, system: &mut System, asker: u64) {
    let rows = context.result.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
    let shown: Vec<u64> =
        rows.iter().filter_map(|row| row.get("id")?.as_str()?.strip_prefix("19x")?.parse().ok()).collect();
    let others: Vec<u64> =
        system.users().keys().copied().filter(|id| !shown.contains(id) && *id != asker).collect();
    for id in others {
        system.remove_user(id);
    }
    for row in &rows {
        put(system, row);
    }
}

/// Whose session it was: whom its writes name as the last who modified, whose date format its descriptions show.
fn asker(context: &Context<'_>, system: &mut System, session: &str) -> u64 {
    let same = |other: &&Entry| !session.is_empty() && other.asked.session.as_deref() == Some(session);
    let mut by_format = None;
    let mut denied = false;
    for other in context.archive.entries.iter().filter(same) {
        let asked = &other.asked;
        let Some(answer) = &other.answer else { continue };
        let writes = matches!(asked.operation.as_str(), "create" | "revise" | "update");
        let by = answer.pointer("/result/modifiedby").and_then(Value::as_str).filter(|_| writes);
        if let Some(id) = by.and_then(|id| id.strip_prefix("19x")?.parse().ok()) {
            put(system, &serde_json::json!({"id": format!("19x{id}")}));
            return id;
        }
        let fields = answer.pointer("/result/fields").and_then(Value::as_array);
        let format = fields.into_iter().flatten().find_map(|field| field.pointer("/type/format")?.as_str());
        by_format = by_format.or(format.map(str::to_owned));
        denied |= answer.pointer("/error/message").and_then(Value::as_str)
            == Some("Permission to read given object is denied");
        denied |= asked.operation == "listtypes"
            && answer.get("success") == Some(&Value::Bool(true))
            && answer.pointer("/result/information/Contacts").is_none()
            && !asked.get.contains_key("fieldTypeList");
    }
    for other in &context.archive.entries {
        let login = other.answer.as_ref().filter(|answer| {
            answer.pointer("/result/sessionName").and_then(Value::as_str) == Some(session)
                && !session.is_empty()
        });
        let id = login
            .and_then(|answer| answer.pointer("/result/userId")?.as_str()?.strip_prefix("19x")?.parse().ok());
        if let Some(id) = id {
            return id;
        }
    }
    let fits = |user: &&User| {
        by_format.as_deref().is_some_and(|format| text(user, "date_format") == format)
            && (!denied || text(user, "is_admin") != "on")
    };
    let of_format = system.users().values().find(fits).map(|user| user.id);
    of_format.unwrap_or(if denied { 5 } else { 1 })
}

fn text<'a>(user: &'a User, field: &str) -> &'a str {
    user.values.get(field).and_then(Option::as_deref).unwrap_or_default()
}

/// Administrators say so; others see all, unless the answer shows no modules.
fn rights(context: &Context<'_>, system: &mut System, session: &str, asker: u64) {
    for mut user in system.users().values().cloned().collect::<Vec<_>>() {
        KEY.clone_into(&mut user.access_key);
        user.rights = if text(&user, "is_admin") == "on" { Rights::Admin } else { Rights::ViewAll };
        // A write to somebody else's record that was done was an administrator's.
        let writes = matches!(context.asked.operation.as_str(), "create" | "revise" | "update");
        let owner = context.result.as_ref().and_then(|shown| shown.get("assigned_user_id")?.as_str());
        if user.id == asker && writes && owner.is_some_and(|owner| owner != format!("19x{asker}")) {
            user.rights = Rights::Admin;
        }
        let blind = user.id == asker && !session.is_empty() && context.asked.operation == "listtypes";
        if blind && !context.asked.get.contains_key("fieldTypeList") {
            let shows = context
                .result
                .as_ref()
                .is_some_and(|result| result.pointer("/information/Contacts").is_none());
            if shows {
                user.rights = Rights::Profile;
            }
        }
        system.put_user(user);
    }
}

/// A login is played in every way that its answer can have come about.
pub(super) fn attempts(context: &Context<'_>, system: System) -> Vec<Attempt> {
    let plain = |system: System| vec![Attempt { what: "", system, access_key: None }];
    if context.asked.operation != "login" {
        return plain(system);
    }
    let name = context.asked.post.get("username").cloned().unwrap_or_default();
    let user = system.users().values().find(|user| text(user, "user_name") == name).map(|user| user.id);
    let Some(user) = user else { return plain(system) };
    let key = |token: &str| Some(md5_hex(&format!("{token}{KEY}")));
    let with = |tokens: &[&str], seconds_ago: i64| {
        let mut system = system.clone();
        let given = context.now - SignedDuration::from_secs(seconds_ago);
        for token in tokens {
            system.put_challenge(user, token, given);
        }
        system
    };
    if context.has_code("INVALID_USER_CREDENTIALS") {
        return vec![
            Attempt { what: "wrong key: ", system: with(&["valid"], 1), access_key: None },
            Attempt { what: "superseded: ", system: with(&["first", "second"], 1), access_key: key("first") },
        ];
    }
    if context.has_code("INVALID_AUTH_TOKEN") {
        return vec![
            Attempt { what: "no challenge: ", system: system.clone(), access_key: None },
            Attempt { what: "expired: ", system: with(&["old"], 301), access_key: key("old") },
        ];
    }
    vec![Attempt { what: "", system: with(&["valid"], 1), access_key: key("valid") }]
}
