//! The description of the API (`OpenAPI` 3.1), and what every operation has in common.

use std::sync::Arc;

use axum::Json;
use axum::response::IntoResponse;
use cs_ports::Right;
use serde::Serialize;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    InfoBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder, Schema, SecurityRequirement,
};
use utoipa::{PartialSchema, ToSchema};

use super::{docs, once};
use crate::doors::{Doors, Rule};
use crate::office::Slip;

const ABOUT: &str = "Everything the pages do. Errors are problems (RFC 9457) with stable codes. Lists come page by page: send \
                     the `next` of a page as `after`. A POST with an `Idempotency-Key` is done once, however often it is sent.";

/// What is answered instead, where something is in the way (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
struct Problem {
    /// Where the code is explained.
    r#type: String,
    /// What happened.
    title: String,
    status: u16,
    /// Stable code.
    code: String,
    /// What to do.
    remedy: String,
    /// What cannot be taken, field by field.
    #[schema(nullable = false)]
    errors: Option<Vec<Slip>>,
}

pub(super) fn doors(mut doors: Doors) -> Doors {
    let api = &mut doors.openapi;
    api.info = InfoBuilder::new()
        .title("company-sync")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .build();
    let scheme = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    let components = api.components.get_or_insert_default();
    components.add_security_scheme("token", scheme);
    components.schemas.insert(Problem::name().into_owned(), Problem::schema());
    components.schemas.insert(Slip::name().into_owned(), Slip::schema());
    let described: Arc<OpenApi> = Arc::new(api.clone());
    let doors = docs::doors(doors, &described);
    doors.get_json("/api/openapi.json", Rule::Needs(Right::Read), move || {
        let described = Arc::clone(&described);
        async move { Json((*described).clone()).into_response() }
    })
}

/// Says of operations who may call them, and what they answer instead where something is in the way.
pub(crate) fn describe_rule(path: &str, item: &mut PathItem, rule: Rule) {
    let named = path.contains('{');
    if let Some(operation) = &mut item.post {
        operation.parameters.get_or_insert_default().push(RefOr::T(key()));
    }
    if let Some(operation) = &mut item.get {
        describe(operation, rule, named, false);
    }
    let changing = [&mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
    for operation in changing.into_iter().flatten() {
        describe(operation, rule, named, true);
    }
}

fn describe(operation: &mut Operation, rule: Rule, named: bool, changes: bool) {
    let (words, scopes) = match rule {
        Rule::Open => return,
        Rule::Signed => ("Needs no token: what is sent shows a secret of its own.".to_owned(), Vec::new()),
        Rule::LoggedIn => ("Needs any token.".to_owned(), Vec::new()),
        Rule::Needs(right) => (format!("Needs the right `{}`.", right.as_str()), vec![right.as_str()]),
    };
    let said = operation.description.take().map(|said| format!("{said}\n\n")).unwrap_or_default();
    operation.description = Some(said + &words);
    let signed = rule == Rule::Signed;
    operation.security = (!signed).then(|| vec![SecurityRequirement::new("token", scopes)]);
    let has_body = operation.request_body.is_some();
    let has_input = has_body || operation.parameters.as_ref().is_some_and(|all| !all.is_empty());
    let problems = [
        ("401", "No token, or one that is not known", !signed),
        (
            "403",
            if signed { "It shows no secret, or another" } else { "The token, or its owner, may not" },
            true,
        ),
        ("404", "There is none of this name", named || changes),
        ("408", "It took too long", true),
        ("409", "It does not fit the state things are in", changes),
        ("413", "What was sent is too large", changes),
        ("415", "What was sent is of another kind", has_body),
        ("422", "What was sent cannot be taken", has_input),
        ("429", "Too many of them came at once", signed),
        ("502", "One of the two systems is in the way", changes),
        ("503", "The store is in the way", true),
    ];
    for (status, words, _) in problems.into_iter().filter(|(_, _, can_be)| *can_be) {
        let response = RefOr::T(if status == "408" { Response::new(words) } else { problem(words) });
        operation.responses.responses.entry(status.to_owned()).or_insert(response);
    }
}

fn problem(words: &str) -> Response {
    let schema: RefOr<Schema> = RefOr::Ref(Ref::from_schema_name(Problem::name()));
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(words).content("application/problem+json", content).build()
}

/// The header that makes a POST be done once.
fn key() -> Parameter {
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(once::LONGEST))
        .pattern(Some("^[!-~]+$"));
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .description(Some(
            "The same request with the same key is done once and answered again; secrets are not.",
        ))
        .schema(Some(schema))
        .build()
}
