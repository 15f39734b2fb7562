//! What a webhook of the site tells: that a document moved. It is a hint to look sooner, never the truth: Frappe gives up
//! after three tries and tells nothing of it (facts/FRAPPE.md, "Webhooks"), so the feed is read all the same.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cs_domain::RecordRef;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value as Json};
use sha2::Sha256;

use crate::error::FrappeError;
use crate::list::text;

/// The header that carries a webhook's signature.
pub const SIGNATURE_HEADER: &str = "X-Frappe-Webhook-Signature";

/// The document that a webhook speaks of. `signature` is the header's value: base64 of HMAC-SHA256 over the raw body, with
/// the secret that the webhook was given in Frappe. The body is JSON with `doctype` and `name`; whatever else it holds is
/// not looked at.
///
/// # Errors
/// [`FrappeError::Unsigned`] where the signature is missing or another's, [`FrappeError::Hint`] where the body does not name
/// a document. The body is quoted in neither.
pub fn hint(secret: &SecretString, signature: Option<&str>, body: &[u8]) -> Result<RecordRef, FrappeError> {
    verify(secret, signature.unwrap_or_default(), body)?;
    let document: Map<String, Json> =
        serde_json::from_slice(body).map_err(|source| FrappeError::Hint { source: Some(source) })?;
    match (text(&document, "doctype"), text(&document, "name")) {
        (Ok(doctype), Ok(name)) if !doctype.is_empty() && !name.is_empty() => {
            Ok(RecordRef::frappe(doctype, name))
        }
        _ => Err(FrappeError::Hint { source: None }),
    }
}

/// In constant time, so that a forger learns nothing from how long a refusal takes.
fn verify(secret: &SecretString, signature: &str, body: &[u8]) -> Result<(), FrappeError> {
    let unsigned = || FrappeError::Unsigned;
    // Everybody can sign with an empty secret.
    if secret.expose_secret().is_empty() {
        return Err(unsigned());
    }
    let signature = STANDARD.decode(signature.trim()).map_err(|_| unsigned())?;
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).map_err(|_| unsigned())?;
    mac.update(body);
    mac.verify_slice(&signature).map_err(|_| unsigned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `fixtures/frappe/webhook_deliveries.json`, and the secret of `webhook_create.json`.
    const BODY: &str = r#"{"doctype": "Contact", "name": "WH Prueba \"x\"", "modified": "2026-11-21 20:01:06.750477", "modified_by": "sync@example.invalid"}"#;
    const SIGNATURE: &str = "AFQ0E9VyF+rWa9dy08KeO1TgfLbSlIEdpik+UaHHShU=";
    /// Its third delivery, of a webhook that was not told to name the DocType.
    const NAMELESS: &str =
        r#"{"name": "WH Prueba \"x\"", "modified": "2026-11-21 20:01:06.750477", "email_ids": []}"#;
    const ITS_SIGNATURE: &str = "ywcEgqRK5HgYjpGYSkTY6m5qocdZ2/puq7I6pCPVbBU=";

    fn told(secret: &str, signature: Option<&str>, body: &str) -> Result<RecordRef, &'static str> {
        hint(&secret.to_owned().into(), signature, body.as_bytes()).map_err(|error| error.code())
    }

    #[test]
    fn a_recorded_delivery_names_its_document() {
        let document = RecordRef::frappe("Contact", "WH Prueba \"x\"");
        assert_eq!(told("SECRETO-WEBHOOK", Some(SIGNATURE), BODY), Ok(document));
        assert_eq!(told("SECRETO-WEBHOOK", Some(ITS_SIGNATURE), NAMELESS), Err("frappe.webhook_body"));
    }

    #[test]
    fn what_is_not_signed_is_not_believed() {
        let unsigned = Err("frappe.webhook_signature");
        let spaced = BODY.replace("\": ", "\":");
        let cases = [
            ("OTRO", Some(SIGNATURE), BODY),
            ("", Some(SIGNATURE), BODY),
            ("SECRETO-WEBHOOK", None, BODY),
            ("SECRETO-WEBHOOK", Some(""), BODY),
            ("SECRETO-WEBHOOK", Some("no base64!"), BODY),
            ("SECRETO-WEBHOOK", Some("AFQ0E9VyF+o="), BODY),
            ("SECRETO-WEBHOOK", Some(ITS_SIGNATURE), BODY),
            ("SECRETO-WEBHOOK", Some(SIGNATURE), &spaced),
        ];
        for (secret, signature, body) in cases {
            assert_eq!(told(secret, signature, body), unsigned, "{secret} {signature:?}");
        }
    }

    #[test]
    fn a_signed_body_that_names_nothing_is_refused_without_being_quoted() {
        let secret = SecretString::from("S".to_owned());
        for body in
            ["", "[]", "{\"doctype\": \"Contact\"}", "{\"doctype\": \"\", \"name\": \"4111111111111111\"}"]
        {
            let mut mac = Hmac::<Sha256>::new_from_slice(b"S").unwrap();
            mac.update(body.as_bytes());
            let signature = STANDARD.encode(mac.finalize().into_bytes());
            let error = hint(&secret, Some(&signature), body.as_bytes()).unwrap_err();
            assert_eq!(error.code(), "frappe.webhook_body", "{body}");
            assert!(!format!("{error:?} {error}").contains("4111"));
        }
    }
}
