//! People.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use cs_ports::{Part, Person, Right};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::Given;
use super::asked::{Named, Said};
use super::once::Kept;
use super::paging::Page;
use crate::doors::{Doors, Rule};
use crate::error::WebError;
use crate::visit::Visit;
use crate::work::people::{self, Draft};

pub(super) fn doors(doors: Doors) -> Doors {
    let manages = Rule::Needs(Right::Administer);
    doors
        .api(manages, routes!(list))
        .api(manages, routes!(add))
        .api(manages, routes!(change))
        .api(manages, routes!(remove))
}

/// What somebody is in the agency.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
enum Role {
    #[serde(rename = "System Manager")]
    SystemManager,
    #[serde(rename = "Syncer Admin")]
    SyncerAdmin,
    #[serde(rename = "Syncer User")]
    SyncerUser,
    #[serde(rename = "Read Only")]
    ReadOnly,
}

impl Role {
    fn part(self) -> Part {
        match self {
            Self::SystemManager => Part::SystemManager,
            Self::SyncerAdmin => Part::SyncerAdmin,
            Self::SyncerUser => Part::SyncerUser,
            Self::ReadOnly => Part::ReadOnly,
        }
    }

    fn of(part: Part) -> Self {
        match part {
            Part::SystemManager => Self::SystemManager,
            Part::SyncerAdmin => Self::SyncerAdmin,
            Part::SyncerUser => Self::SyncerUser,
            Part::ReadOnly => Self::ReadOnly,
        }
    }
}

/// The language of somebody's pages.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Speaks {
    En,
    Es,
}

impl Speaks {
    fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Es => "es",
        }
    }
}

/// Somebody who can log in.
#[derive(Debug, Serialize, ToSchema)]
struct UserShown {
    /// An e-mail address.
    login: String,
    name: String,
    part: Role,
    /// `en` or `es`.
    language: String,
    enabled: bool,
    #[schema(format = DateTime)]
    created: String,
    /// When they logged in last.
    #[schema(format = DateTime)]
    seen: Option<String>,
}

impl UserShown {
    fn of(person: Person) -> Self {
        Self {
            login: person.login,
            name: person.name,
            part: Role::of(person.part),
            language: person.language,
            enabled: person.enabled,
            created: person.created.to_string(),
            seen: person.seen.map(|at| at.to_string()),
        }
    }
}

/// Everybody, by login
#[utoipa::path(get, path = "/api/v1/users", operation_id = "list_users", tag = "people",
    responses((status = 200, description = "All of them", body = Page<UserShown>)))]
async fn list(visit: Visit) -> Given<Page<UserShown>> {
    Ok(Json(Page::whole(visit.web.desk.people().await?.into_iter().map(UserShown::of))))
}

/// Somebody new.
#[derive(Debug, Deserialize, ToSchema)]
struct NewUser {
    /// An e-mail address.
    login: String,
    name: String,
    part: Role,
    language: Speaks,
    /// Where none is sent, one is made and answered.
    #[schema(min_length = 10, max_length = 256)]
    password: Option<String>,
}

/// Somebody who was added.
#[derive(Debug, Serialize, ToSchema)]
struct UserAdded {
    user: UserShown,
    /// The password that was made; it is told this once.
    password: Option<String>,
}

/// Adds somebody
#[utoipa::path(post, path = "/api/v1/users", operation_id = "add_user", tag = "people", request_body = NewUser,
    responses((status = 201, description = "Who was added", body = UserAdded)))]
async fn add(visit: Visit, Said(said): Said<NewUser>) -> Result<Response, WebError> {
    let draft = Draft {
        login: said.login,
        name: said.name,
        part: said.part.part().as_str().to_owned(),
        language: said.language.code().to_owned(),
    };
    let (person, made) = people::add(&visit, &draft, said.password.as_deref().unwrap_or_default()).await?;
    let mut added = UserAdded { user: UserShown::of(person), password: None };
    let kept = serde_json::json!(added).to_string();
    added.password = made;
    let mut answer = (StatusCode::CREATED, Json(added)).into_response();
    answer.extensions_mut().insert(Kept(kept));
    Ok(answer)
}

/// What changes of somebody; what is not sent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
struct UserChange {
    name: Option<String>,
    part: Option<Role>,
    language: Option<Speaks>,
    /// Whether they may log in.
    enabled: Option<bool>,
}

/// Changes somebody
#[utoipa::path(patch, path = "/api/v1/users/{login}", operation_id = "change_user", tag = "people",
    params(("login" = String, Path, description = "Who")), request_body = UserChange,
    responses((status = 200, description = "As they are now", body = UserShown)))]
async fn change(visit: Visit, Named(login): Named, Said(said): Said<UserChange>) -> Given<UserShown> {
    let mut person = people::one(&visit, &login).await?;
    let before = Draft::of(&person);
    let draft = Draft {
        login: before.login,
        name: said.name.unwrap_or(before.name),
        part: said.part.map_or(before.part, |part| part.part().as_str().to_owned()),
        language: said.language.map_or(before.language, |language| language.code().to_owned()),
    };
    // Who is as they were is left as they are.
    person = people::edit(&visit, &person.login, &draft).await?;
    if let Some(enabled) = said.enabled {
        person = people::enable(&visit, &login, enabled).await?;
    }
    Ok(Json(UserShown::of(person)))
}

/// Removes somebody with their sessions and tokens
#[utoipa::path(delete, path = "/api/v1/users/{login}", operation_id = "remove_user", tag = "people",
    params(("login" = String, Path, description = "Who")),
    responses((status = 204, description = "They are no more")))]
async fn remove(visit: Visit, Named(login): Named) -> Result<StatusCode, WebError> {
    people::remove(&visit, &login).await?;
    Ok(StatusCode::NO_CONTENT)
}
