//! Tokens, with which programs call the API in somebody's name.

use std::collections::BTreeSet;

use cs_ports::{ApiToken, Right};
use jiff::SignedDuration;
use serde_json::{Value as Json, json};

use crate::error::WebError;
use crate::office::Slip;
use crate::password::{digest, secret};
use crate::visit::Visit;

/// What a label may have, in characters.
const LONGEST_LABEL: usize = 100;

/// Tokens that somebody may have at a time.
const MOST: usize = 50;

/// The longest that a token lasts which does not last for ever, in days.
const LONGEST_DAYS: u32 = 3650;

/// A token as it was asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wish {
    /// What it is for.
    pub(crate) label: String,
    /// What it may do.
    pub(crate) scopes: BTreeSet<Right>,
    /// How long it lasts; `None`: until it is revoked.
    pub(crate) days: Option<u32>,
}

/// Makes a token; answers it with its secret, which nobody can be told again.
pub(crate) async fn make(visit: &Visit, wish: &Wish) -> Result<(ApiToken, String), WebError> {
    expect_fit(visit, wish)?;
    let login = visit.caller.person().login.clone();
    if visit.web.desk.tokens(Some(&login)).await?.len() >= MOST {
        return Err(WebError::State { code: "tokens.too_many", cause: visit.words.say("profile-too-many") });
    }
    let now = visit.web.clock.now();
    let secret = format!("cs_{}", secret()?);
    let lasts = |days: u32| now.checked_add(SignedDuration::from_hours(24 * i64::from(days))).ok();
    let digest = digest(&secret);
    let token = ApiToken {
        // The first digits of what is kept tell tokens apart and nothing about their secret.
        id: digest.chars().take(10).collect(),
        login,
        label: wish.label.trim().to_owned(),
        digest,
        scopes: wish.scopes.clone(),
        created: now,
        expires: wish.days.and_then(lasts),
        used: None,
    };
    visit.web.desk.put_token(&token).await?;
    visit.record("token.make", object(&token.id), Json::Null, told(&token)).await?;
    Ok((token, secret))
}

/// Ends one of one's own tokens at once.
pub(crate) async fn revoke(visit: &Visit, id: &str) -> Result<(), WebError> {
    let own = visit.web.desk.tokens(Some(&visit.caller.person().login)).await?;
    let token = own.into_iter().find(|token| token.id == id);
    let token = token.ok_or_else(|| WebError::not_there("token", id))?;
    visit.web.desk.remove_token(id).await?;
    visit.record("token.revoke", object(id), told(&token), Json::Null).await
}

/// A token may do no more than whoever makes it.
fn expect_fit(visit: &Visit, wish: &Wish) -> Result<(), WebError> {
    let label = wish.label.trim().chars().count();
    let allowed = wish.scopes.iter().all(|right| visit.caller.may(*right));
    let found = [
        ("label", (1..=LONGEST_LABEL).contains(&label), "profile-bad-label"),
        ("scope", !wish.scopes.is_empty(), "profile-no-scope"),
        ("scope", allowed, "profile-bad-scope"),
        ("days", wish.days.is_none_or(|days| (1..=LONGEST_DAYS).contains(&days)), "profile-bad-days"),
    ];
    let slips: Vec<Slip> = found
        .into_iter()
        .filter(|(_, good, _)| !good)
        .map(|(field, _, key)| Slip { field: field.to_owned(), message: visit.words.say(key) })
        .collect();
    if slips.is_empty() { Ok(()) } else { Err(WebError::Invalid { slips }) }
}

fn object(id: &str) -> String {
    format!("token {id}")
}

fn told(token: &ApiToken) -> Json {
    json!({ "label": token.label, "scopes": token.scopes, "expires": token.expires })
}
