//! The description of the API (OpenAPI 3.1), and what every operation has in common.

use std::sync::Arc;

use axum::Json;
use axum::response::IntoResponse;
use cs_ports::Right;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{InfoBuilder, OpenApi, SecurityRequirement};

use crate::doors::{Doors, Rule};

pub(crate) fn doors(mut doors: Doors) -> Doors {
    let api = &mut doors.openapi;
    api.info = InfoBuilder::new()
        .title("company-sync")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("Everything the pages do. Errors are problems (RFC 9457) with stable codes."))
        .build();
    let scheme = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    api.components.get_or_insert_default().add_security_scheme("token", scheme);
    let described: Arc<OpenApi> = Arc::new(api.clone());
    doors.get("/api/openapi.json", Rule::Needs(Right::Read), move || {
        let described = Arc::clone(&described);
        async move { Json((*described).clone()).into_response() }
    })
}

/// Says of operations who may call them.
pub(crate) fn describe_rule(item: &mut PathItem, rule: Rule) {
    let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
    for operation in operations.into_iter().flatten() {
        describe(operation, rule);
    }
}

fn describe(operation: &mut Operation, rule: Rule) {
    let (words, scopes) = match rule {
        Rule::Open => return,
        Rule::LoggedIn => ("Needs any token.".to_owned(), Vec::new()),
        Rule::Needs(right) => (format!("Needs the right `{}`.", right.as_str()), vec![right.as_str()]),
    };
    let said = operation.description.take().map(|said| format!("{said}\n\n")).unwrap_or_default();
    operation.description = Some(said + &words);
    operation.security = Some(vec![SecurityRequirement::new("token", scopes)]);
}
