//! One's own tokens. Only people make and revoke them: a program that was let in for a day lets in no other for a year.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use cs_ports::{ApiToken, Right};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::Given;
use super::asked::{Named, Said};
use super::once::Kept;
use super::paging::Page;
use crate::caller::Caller;
use crate::doors::{Doors, Rule};
use crate::error::WebError;
use crate::visit::Visit;
use crate::work::tokens::{self, Wish};

pub(super) fn doors(doors: Doors) -> Doors {
    let anybody = Rule::LoggedIn;
    doors.api(anybody, routes!(list)).api(anybody, routes!(make)).api(anybody, routes!(revoke))
}

/// What a token may do.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Scope {
    Read,
    Review,
    Run,
    Configure,
    Administer,
}

impl Scope {
    fn right(self) -> Right {
        match self {
            Self::Read => Right::Read,
            Self::Review => Right::Review,
            Self::Run => Right::Run,
            Self::Configure => Right::Configure,
            Self::Administer => Right::Administer,
        }
    }

    fn of(right: Right) -> Self {
        match right {
            Right::Read => Self::Read,
            Right::Review => Self::Review,
            Right::Run => Self::Run,
            Right::Configure => Self::Configure,
            Right::Administer => Self::Administer,
        }
    }
}

/// A token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
struct TokenShown {
    id: String,
    label: String,
    scopes: Vec<Scope>,
    #[schema(format = DateTime)]
    created: String,
    #[schema(format = DateTime)]
    expires: Option<String>,
    /// When it was used last.
    #[schema(format = DateTime)]
    used: Option<String>,
}

impl TokenShown {
    fn of(token: ApiToken) -> Self {
        Self {
            id: token.id,
            label: token.label,
            scopes: token.scopes.into_iter().map(Scope::of).collect(),
            created: token.created.to_string(),
            expires: token.expires.map(|at| at.to_string()),
            used: token.used.map(|at| at.to_string()),
        }
    }
}

/// One's own tokens, newest first
#[utoipa::path(get, path = "/api/v1/tokens", operation_id = "list_tokens", tag = "people",
    responses((status = 200, description = "All of them", body = Page<TokenShown>)))]
async fn list(visit: Visit) -> Given<Page<TokenShown>> {
    let own = visit.web.desk.tokens(Some(&visit.caller.person().login)).await?;
    Ok(Json(Page::whole(own.into_iter().map(TokenShown::of))))
}

/// A token as it is wanted.
#[derive(Debug, Deserialize, ToSchema)]
struct NewToken {
    /// What it is for.
    #[schema(min_length = 1, max_length = 100)]
    label: String,
    /// What it may do: no more than whoever makes it.
    scopes: Vec<Scope>,
    /// How long it lasts; until it is revoked where it is not said.
    #[schema(minimum = 1, maximum = 3650)]
    days: Option<u32>,
}

/// A token that was made.
#[derive(Debug, Serialize, ToSchema)]
struct TokenMade {
    token: TokenShown,
    /// What is sent as `Authorization: Bearer`; it is told this once.
    secret: Option<String>,
}

/// Makes a token; only people can
#[utoipa::path(post, path = "/api/v1/tokens", operation_id = "make_token", tag = "people",
    request_body = NewToken,
    responses((status = 201, description = "The token", body = TokenMade)))]
async fn make(visit: Visit, Said(said): Said<NewToken>) -> Result<Response, WebError> {
    expect_person(&visit)?;
    let scopes = said.scopes.into_iter().map(Scope::right).collect();
    let wish = Wish { label: said.label, scopes, days: said.days };
    let (token, secret) = tokens::make(&visit, &wish).await?;
    let mut made = TokenMade { token: TokenShown::of(token), secret: None };
    let kept = serde_json::json!(made).to_string();
    made.secret = Some(secret);
    let mut answer = (StatusCode::CREATED, Json(made)).into_response();
    answer.extensions_mut().insert(Kept(kept));
    Ok(answer)
}

/// Ends one of one's own tokens at once; only people can
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", operation_id = "revoke_token", tag = "people",
    params(("id" = String, Path, description = "The token")),
    responses((status = 204, description = "It is no more")))]
async fn revoke(visit: Visit, Named(id): Named) -> Result<StatusCode, WebError> {
    expect_person(&visit)?;
    tokens::revoke(&visit, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn expect_person(visit: &Visit) -> Result<(), WebError> {
    match visit.caller {
        Caller::Person { .. } => Ok(()),
        Caller::Program { .. } => Err(WebError::PeopleOnly),
    }
}
