//! A form that was sent, where what it holds is not known beforehand: settings, scopes.

use std::collections::BTreeMap;

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};

use crate::error::WebError;
use crate::guard::FORM_BYTES;

/// What a form sent, by field. Whatever was sent can be read as one: what is no form has no fields.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sent(BTreeMap<String, Vec<String>>);

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = WebError;

    async fn from_request(request: Request, _: &S) -> Result<Self, WebError> {
        let bytes = to_bytes(request.into_body(), FORM_BYTES).await;
        Ok(Self::of(&bytes.map_err(|_| WebError::TooLarge { bytes: FORM_BYTES as u64 })?))
    }
}

impl Sent {
    fn of(bytes: &[u8]) -> Self {
        let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(bytes) {
            fields.entry(name.into_owned()).or_default().push(value.into_owned());
        }
        Self(fields)
    }

    /// A field as it was typed; `None` where the form did not hold it.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.first().map(String::as_str)
    }

    /// A field without the blanks around it; empty where the form did not hold it.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.field(name).unwrap_or_default().trim()
    }

    /// What was ticked under a name.
    pub(crate) fn ticked(&self, name: &str) -> &[String] {
        self.0.get(name).map(Vec::as_slice).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Sent;

    #[test]
    fn fields_are_told_apart() {
        let sent = Sent::of(b"name=+Ana+Mar%C3%ADa&scope=read&scope=run&empty=");
        assert_eq!((sent.text("name"), sent.field("name")), ("Ana María", Some(" Ana María")));
        assert_eq!(sent.ticked("scope"), ["read", "run"]);
        assert_eq!((sent.field("empty"), sent.field("none"), sent.text("none")), (Some(""), None, ""));
        assert_eq!(Sent::of(b"\xff\x00=%zz&&").text("x"), "");
    }
}
