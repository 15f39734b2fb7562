//! What can go wrong between this crate and Frappe, each with its stable code, cause and remedy.

use std::borrow::Cow;
use std::error::Error;
use std::time::Duration;

use cs_domain::{FieldName, Kind, Misfit, System};
use cs_ports::{ErrorKind, PeerError};

use crate::plain_text::clean;
use crate::refusal::Class;
use crate::subject::Subject;
use crate::unfit::Unfit;

/// Why Frappe did not give what was asked. Its texts may quote a name or a value as Frappe does, without tags and
/// without long numbers; they never hold a key, a secret or a body.
#[derive(Debug, thiserror::Error)]
pub enum FrappeError {
    /// The configuration cannot be used.
    #[error("the Frappe configuration cannot be used: {what}")]
    Configuration {
        /// What is wrong.
        what: String,
    },
    /// No connection was made: nothing was sent.
    #[error("no connection to the Frappe server at {address}: {}", innermost(source))]
    Unreachable {
        /// Where: scheme, host and port.
        address: String,
        /// What the network said.
        #[source]
        source: reqwest::Error,
    },
    /// The connection broke after the request was on its way.
    #[error("the connection to the Frappe server at {address} broke before its answer was complete")]
    Broken {
        /// Where.
        address: String,
        /// What the network said.
        #[source]
        source: reqwest::Error,
    },
    /// No answer in time; the server may still be at work (facts/FRAPPE.md, trap 2).
    #[error("the Frappe server at {address} did not answer in time")]
    TimedOut {
        /// Where.
        address: String,
        /// What the network said.
        #[source]
        source: reqwest::Error,
    },
    /// Frappe handled the request and says no.
    #[error("{message}")]
    Refused {
        /// Which kind of no.
        class: Class,
        /// Frappe's words, cleaned.
        message: String,
        /// The field and document it speaks of.
        subject: Subject,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// The web server points elsewhere.
    #[error("the address answers with a redirect (HTTP {status})")]
    Redirected {
        /// 301, 302, 307 or 308.
        status: u16,
    },
    /// Whatever answers there, it is no Frappe: VTiger, or a web server that knows no such page.
    #[error("the address answers, but not as Frappe does (HTTP {status}, {bytes} bytes of {what})")]
    NotFrappe {
        /// What the answer looks like.
        what: &'static str,
        /// The status.
        status: u16,
        /// Length of the body.
        bytes: usize,
    },
    /// Something else than Frappe's envelope.
    #[error("the answer is {what} where Frappe's JSON was due (HTTP {status}, {bytes} bytes)")]
    Garbled {
        /// What it looks like.
        what: &'static str,
        /// The status.
        status: u16,
        /// Length of the body.
        bytes: usize,
    },
    /// The envelope is right and its content is not.
    #[error("the answer lacks {what}")]
    Shape {
        /// What was looked for.
        what: &'static str,
    },
    /// The DocType has no such field, or the user may not see it; Frappe drops unknown fields in silence.
    #[error("{kind} has no field {field}")]
    NoSuchField {
        /// Which DocType.
        kind: Kind,
        /// What.
        field: FieldName,
    },
    /// A field that only Frappe itself sets.
    #[error("{field} of {kind} cannot be written")]
    ReadOnlyField {
        /// Which DocType.
        kind: Kind,
        /// What.
        field: FieldName,
    },
    /// A value that would not come back the same.
    #[error("{}", clean(&.0.to_string()))]
    Misfit(#[source] Misfit),
    /// A value that Frappe would change or refuse, found before it was sent.
    #[error("field {field} {unfit}")]
    Unfit {
        /// Where.
        field: FieldName,
        /// Why.
        unfit: Unfit,
    },
    /// The site answered 200 and holds something else (facts/FRAPPE.md, trap 9).
    #[error("Frappe took the update of {} and did not apply it", fields.join(", "))]
    NotApplied {
        /// The fields that hold something else than what was sent.
        fields: Vec<String>,
        /// Whether the document is submitted, which fixes most fields.
        submitted: bool,
    },
    /// A condition that a Frappe list cannot be asked.
    #[error("a condition on {field} cannot be put to Frappe: {why}")]
    Inexpressible {
        /// Where.
        field: FieldName,
        /// Why not.
        why: &'static str,
    },
    /// A name that no URL can hold.
    #[error("a document cannot be named {name:?}")]
    ImpossibleName {
        /// `.` or `..` or nothing.
        name: String,
    },
    /// The stored position of a change feed cannot be read.
    #[error("the stored position of the change feed cannot be read")]
    Cursor {
        /// Why not.
        #[source]
        source: serde_json::Error,
    },
    /// The site's time zone is not known, so that its times mean nothing.
    #[error("the site's time zone {}", name.as_ref().map_or("is not told".to_owned(), |name| format!("{name} is not known here")))]
    TimeZone {
        /// What the site calls it.
        name: Option<String>,
    },
    /// The site's Frappe is older than the interface that the product needs.
    #[error("the site does not describe its DocTypes: it has no /api/v2, which came with Frappe 15")]
    TooOld,
    /// A submitted document is not deleted.
    #[error("{name} is submitted, and Frappe deletes no submitted document")]
    Submitted {
        /// Which document.
        name: String,
    },
    /// Deleting it would delete others.
    #[error("Frappe would delete {} together with {name}", along.join(", "))]
    TakesAlong {
        /// Which document.
        name: String,
        /// Those that are linked to nothing else.
        along: Vec<String>,
    },
    /// Only what is submitted is amended.
    #[error("{name} is not submitted, so it cannot be amended")]
    NotSubmitted {
        /// Which document.
        name: String,
    },
    /// The cancelled document cannot give up a value that its amended copy needs.
    #[error("{field} of a cancelled document cannot make room for the amended one")]
    Unmovable {
        /// A unique field.
        field: FieldName,
    },
    /// Somebody else amended the document.
    #[error("{name} was amended as {successor} already, which holds something else")]
    AmendedElsewhere {
        /// Which document.
        name: String,
        /// The amended one.
        successor: String,
    },
    /// The document is cancelled and its amended copy is not there.
    #[error("{name} is cancelled, and its amended copy could not be made: {source}")]
    HalfAmended {
        /// Which document.
        name: String,
        /// Why there is no copy.
        #[source]
        source: Box<FrappeError>,
    },
    /// A webhook that nobody with the secret sent.
    #[error("the webhook does not bear the signature of the configured secret")]
    Unsigned,
    /// A webhook that names no document.
    #[error("the webhook does not say which document it is about")]
    Hint {
        /// Where it is no JSON.
        #[source]
        source: Option<serde_json::Error>,
    },
    /// More documents than Frappe takes at a time.
    #[error("{documents} documents at once, where Frappe takes 200")]
    TooManyDocuments {
        /// How many.
        documents: usize,
    },
}

impl From<Misfit> for FrappeError {
    fn from(misfit: Misfit) -> Self {
        Self::Misfit(misfit)
    }
}

/// What lies at the bottom of an error of the network: `Connection refused`, a name that nobody knows, a certificate.
fn innermost(error: &dyn Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

impl FrappeError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Configuration { .. } => "frappe.configuration",
            Self::Unreachable { .. } => "frappe.unreachable",
            Self::Broken { .. } => "frappe.broken",
            Self::TimedOut { .. } => "frappe.timed_out",
            Self::Refused { class, .. } => class.code(),
            Self::Redirected { .. } => "frappe.redirected",
            Self::NotFrappe { .. } => "frappe.not_frappe",
            Self::Garbled { .. } | Self::Shape { .. } => "frappe.garbled",
            Self::NoSuchField { .. } => "frappe.field_missing",
            Self::ReadOnlyField { .. } => "frappe.read_only_field",
            Self::Misfit(misfit) => misfit.code(),
            Self::Unfit { unfit, .. } => unfit.code(),
            Self::NotApplied { .. } => "frappe.not_applied",
            Self::Inexpressible { .. } => "frappe.inexpressible",
            Self::ImpossibleName { .. } => "frappe.impossible_name",
            Self::Cursor { .. } => "frappe.cursor",
            Self::TimeZone { .. } => "frappe.time_zone",
            Self::TooOld => "frappe.too_old",
            Self::Submitted { .. } => "frappe.submitted",
            Self::TakesAlong { .. } => "frappe.takes_along",
            Self::NotSubmitted { .. } => "frappe.not_submitted",
            Self::Unmovable { .. } => "frappe.unmovable",
            Self::AmendedElsewhere { .. } => "frappe.amended_elsewhere",
            Self::HalfAmended { .. } => "frappe.half_amended",
            Self::Unsigned => "frappe.webhook_signature",
            Self::Hint { .. } => "frappe.webhook_body",
            Self::TooManyDocuments { .. } => "frappe.too_many_documents",
        }
    }

    /// What the engine makes of it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Unreachable { .. } | Self::Broken { .. } | Self::Redirected { .. } => {
                ErrorKind::Unreachable
            }
            Self::TimedOut { .. } => ErrorKind::TimedOut,
            Self::Refused { class, .. } => class.kind(),
            Self::Garbled { .. } | Self::Shape { .. } => ErrorKind::Garbled,
            Self::NoSuchField { .. } => ErrorKind::Missing,
            Self::Configuration { .. } | Self::NotFrappe { .. } | Self::TimeZone { .. } | Self::TooOld => {
                ErrorKind::Unsupported
            }
            Self::HalfAmended { source, .. } => source.kind(),
            Self::Unsigned => ErrorKind::Credentials,
            Self::ReadOnlyField { .. }
            | Self::Submitted { .. }
            | Self::TakesAlong { .. }
            | Self::NotSubmitted { .. }
            | Self::Unmovable { .. }
            | Self::AmendedElsewhere { .. }
            | Self::Hint { .. }
            | Self::Misfit(_)
            | Self::Unfit { .. }
            | Self::NotApplied { .. }
            | Self::Inexpressible { .. }
            | Self::ImpossibleName { .. }
            | Self::Cursor { .. }
            | Self::TooManyDocuments { .. } => ErrorKind::Refused,
        }
    }

    /// What to do, where it is known better than by the kind.
    pub fn remedy(&self) -> Option<Cow<'static, str>> {
        Some(match self {
            Self::Refused { class, subject, .. } => class.remedy_for(subject),
            Self::Misfit(misfit) => misfit.remedy().into(),
            Self::Unfit { unfit, .. } => unfit.remedy().into(),
            Self::Configuration { .. } => "Correct the configuration, then run `company-sync check`.".into(),
            Self::Redirected { .. } => "Configure the address that the redirect points to, usually the one with https.".into(),
            Self::NotFrappe { .. } => "Check frappe.url in the configuration: it has to be the address of the Frappe site itself.".into(),
            Self::NoSuchField { kind, field } => format!("Add the field {field} to {kind} (Customize Form), or take it out of the mapping.").into(),
            Self::ReadOnlyField { field, .. } => format!("Take {field} out of the mapping in this direction.").into(),
            Self::NotApplied { submitted: true, .. } => "Change it in Frappe by hand, through Update Items or by amending it: the document is submitted.".into(),
            Self::NotApplied { fields, .. } => format!("See in Frappe what sets {} when the document is saved (a script, an app), or take it out of the mapping in this direction.", fields.join(", ")).into(),
            Self::Cursor { .. } => "Run `company-sync sync --full`: the feed is read from its beginning.".into(),
            Self::TimeZone { .. } => "Set `time_zone` for Frappe in the configuration, for example America/Mexico_City.".into(),
            Self::TooOld => "Upgrade the site to Frappe 15.".into(),
            Self::Inexpressible { .. } => "Take the field out of the match keys.".into(),
            Self::Submitted { name } => format!("Cancel {name} in Frappe, where it is to go, then run again.").into(),
            Self::TakesAlong { .. } => "Delete those first, where they are to go, or link them to something else; the next run tries again.".into(),
            Self::NotSubmitted { .. } => "Nothing: the document is decided anew, as a draft.".into(),
            Self::Unmovable { field } => format!("Make {field} longer in Frappe (Customize Form), or amend the document there by hand.").into(),
            Self::AmendedElsewhere { successor, .. } => format!("Link the record to {successor}, or correct {successor} in Frappe.").into(),
            Self::HalfAmended { name, source } => {
                let first = source.remedy().unwrap_or_else(|| source.kind().remedy().into());
                format!("{first} The next run makes the copy of {name}; it can be amended in Frappe by hand as well.").into()
            }
            Self::Unsigned => "Give the webhook in Frappe the secret that is in the configuration (Enable Security, Webhook Secret).".into(),
            Self::Hint { .. } => r#"Let the webhook in Frappe send JSON with {"doctype": "{{ doc.doctype }}", "name": {{ doc.name | tojson }}}."#.into(),
            Self::ImpossibleName { .. } => "Rename the document in Frappe.".into(),
            Self::Unreachable { .. } | Self::Broken { .. } | Self::TimedOut { .. } | Self::Garbled { .. } | Self::Shape { .. } | Self::TooManyDocuments { .. } => return None,
        })
    }

    /// Whether the site is done with the request that met this. Where it is not, what was asked may still come to pass:
    /// nobody answered, or somebody in between who did not want to wait any longer.
    pub(crate) fn is_over(&self) -> bool {
        match self {
            Self::TimedOut { .. } | Self::Broken { .. } => false,
            Self::Garbled { status, .. } => !matches!(status, 408 | 499 | 502..=504),
            _ => true,
        }
    }

    /// Whether the document asked for is not there.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::Refused { class: Class::Missing, .. })
    }

    /// Whether a read that met this may be sent again at once. Not where nobody listens: coming back to a server that
    /// is down is the engine's business, and doing it here too would multiply the waits.
    pub(crate) fn passes_quickly(&self) -> bool {
        match self {
            Self::Broken { .. } | Self::Garbled { .. } => true,
            Self::Refused { class, .. } => matches!(class, Class::Deadlock),
            _ => false,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            Self::HalfAmended { source, .. } => source.retry_after(),
            _ => None,
        }
    }

    /// The error as the engine knows it. `operation` is what was asked, without values.
    pub fn into_peer(self, operation: impl Into<String>) -> PeerError {
        let retry_after = self.retry_after();
        PeerError {
            system: System::Frappe,
            operation: operation.into(),
            kind: self.kind(),
            code: self.code().into(),
            message: self.to_string(),
            remedy: self.remedy(),
            retry_after,
            source: Some(Box::new(self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misfit_does_not_quote_a_card_number() {
        let error = FrappeError::from(Misfit::WrongType {
            field: "custom_score".into(),
            value: "4111 1111 1111 1111".into(),
            expected: "decimal number".into(),
        });
        let peer = error.into_peer("update Contact");
        assert!(!peer.to_string().contains("4111"), "{peer}");
        assert_eq!(peer.code, "value.wrong_type");
    }
}
