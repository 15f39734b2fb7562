//! What can go wrong between this crate and VTiger, each with its stable code, cause and remedy.

use std::borrow::Cow;
use std::error::Error;
use std::time::Duration;

use cs_domain::{FieldName, Kind, Misfit, RecordId, System};
use cs_ports::{ErrorKind, PeerError};

/// Why VTiger did not give what was asked. None of its texts holds a value of a record, a key or a session:
/// bodies that could not be read are told by their size only.
#[derive(Debug, thiserror::Error)]
pub enum VtigerError {
    /// The configuration cannot be used.
    #[error("the VTiger configuration cannot be used: {what}")]
    Configuration {
        /// What is wrong.
        what: String,
    },
    /// No connection was made: nothing was sent.
    #[error("no connection to the VTiger server at {address}: {}", innermost(source))]
    Unreachable {
        /// Where: scheme, host and port.
        address: String,
        /// What the network said.
        #[source]
        source: reqwest::Error,
    },
    /// The connection broke after the request was on its way.
    #[error("the connection to the VTiger server at {address} broke before its answer was complete")]
    Broken {
        /// Where.
        address: String,
        /// What the network said.
        #[source]
        source: reqwest::Error,
    },
    /// No answer in time; the server may still be at work.
    #[error("the VTiger server at {address} did not answer in time")]
    TimedOut {
        /// Where.
        address: String,
        /// What the network said.
        #[source]
        source: reqwest::Error,
    },
    /// The server handled the request and says no.
    #[error("{message} [{code}]")]
    Refused {
        /// VTiger's code (facts/VTIGER.md, "Protocol"); `0` and `null` exist.
        code: String,
        /// VTiger's words, long digit runs blanked.
        message: String,
    },
    /// User or access key is wrong.
    #[error(
        "VTiger does not accept the user and access key ({attempts} attempts, each with a fresh challenge)"
    )]
    Credentials {
        /// Logins tried.
        attempts: u32,
    },
    /// There is no such user.
    #[error("VTiger knows no user with this name")]
    UnknownUser,
    /// Too many requests.
    #[error("VTiger says that there were too many requests")]
    RateLimited {
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// The web server refuses the request for its size (413, 414).
    #[error("the web server refuses the request as too large (HTTP {status})")]
    TooLarge {
        /// 413 or 414.
        status: u16,
    },
    /// A status that says that VTiger itself was not reached or not found.
    #[error("the web server answers HTTP {status} where VTiger was expected")]
    Http {
        /// The status.
        status: u16,
    },
    /// PHP died: an empty 5xx, or a fatal error printed as a page.
    #[error("VTiger broke down over the request (HTTP {status}, {bytes} bytes)")]
    Fault {
        /// The status; 200 where errors are displayed.
        status: u16,
        /// Length of the body.
        bytes: usize,
    },
    /// A gateway speaks for a server that may still be at work (502, 503, 504).
    #[error("a gateway answers HTTP {status} in place of VTiger")]
    Gateway {
        /// The status.
        status: u16,
    },
    /// Something else than VTiger's envelope.
    #[error("the answer is {what} where JSON was due (HTTP {status}, {bytes} bytes)")]
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
    /// What `describe` answers is no module's description. It holds labels and choices, no record's values, so that
    /// the parser's words may be kept.
    #[error("the answer lacks a module's description")]
    Description {
        /// What the parser met.
        #[source]
        source: serde_json::Error,
    },
    /// VTiger answers an empty list where there must be rows: it swallowed an SQL error (facts/VTIGER.md, trap 11).
    #[error(
        "VTiger swallows an error of its database for {kind}: the same question without these columns has rows"
    )]
    Swallowed {
        /// Of what was asked.
        kind: Kind,
    },
    /// The module has no such field, or the user does not see it.
    #[error("{kind} has no field {field}, or this user does not see it")]
    NoSuchField {
        /// Where.
        kind: Kind,
        /// What.
        field: FieldName,
    },
    /// A column of the line items, which must not be queried (trap 8) nor written (trap 3).
    #[error("{field} belongs to the line items of {kind}, which the product neither reads nor writes")]
    ItemColumn {
        /// Where.
        kind: Kind,
        /// What.
        field: FieldName,
    },
    /// A condition that VTiger's query language cannot express safely.
    #[error("a condition on {field} cannot be put to VTiger: {why}")]
    Inexpressible {
        /// Where.
        field: FieldName,
        /// Why not.
        why: &'static str,
    },
    /// Not an id of this module.
    #[error("an id that is none of {kind}: its ids have the form {prefix}x123")]
    ForeignId {
        /// Which module.
        kind: Kind,
        /// Its prefix on this server.
        prefix: String,
    },
    /// A value that would not come back the same.
    #[error("a value does not fit: {0}")]
    Misfit(#[source] MisfitSummary),
    /// A field that this product does not write.
    #[error("{field} of {kind} cannot be written")]
    ReadOnlyField {
        /// Where.
        kind: Kind,
        /// What.
        field: FieldName,
    },
    /// This server cannot do it at all.
    #[error("this server (VTiger {version}) cannot {what}")]
    Unsupported {
        /// Its version.
        version: String,
        /// What it cannot do.
        what: String,
        /// What it said.
        #[source]
        source: Box<VtigerError>,
    },
    /// A record that was there a moment ago cannot be read any more.
    #[error("the record is not there, or hidden from this user")]
    Gone,
    /// A record is not to be seen, and nor is any other of its module: whether it was deleted or this user lost the
    /// right to see it cannot be told.
    #[error(
        "the record is not to be seen, but nor is any other record of {kind}: it may be deleted or hidden"
    )]
    Unseen {
        /// Which module.
        kind: Kind,
    },
    /// VTiger says that it deleted a record, and shows it.
    #[error("VTiger says that the record is deleted, and still shows it")]
    StillThere,
    /// A record with line items whose create was not finished: it can be queried and not retrieved (trap 4).
    #[error("VTiger saved half of {id}: its line items are missing or it cannot be retrieved")]
    HalfSaved {
        /// The record.
        id: RecordId,
    },
    /// VTiger throws these fields away with every save of an order that does not recur.
    #[error("{field} is kept by orders that recur only, and this one does not")]
    NotRecurring {
        /// Which field.
        field: FieldName,
    },
    /// The service can create an order with group tax only (facts/VTIGER.md, traps 2 and 4).
    #[error("an order with the tax type {given:?} would be saved by half; only \"group\" is created whole")]
    TaxType {
        /// What was asked for.
        given: String,
    },
    /// Documents are submitted and amended in Frappe only.
    #[error("{kind} of VTiger cannot be amended: its records are never submitted, they are changed in place")]
    NoAmending {
        /// Which module.
        kind: Kind,
    },
    /// MariaDB did not do what was asked.
    #[error("VTiger's database: could not {operation}")]
    Database {
        /// What was being done.
        operation: &'static str,
        /// Why not.
        #[source]
        source: sqlx::Error,
    },
    /// The database's own description of its fields cannot be used.
    #[error("VTiger's database: {what}")]
    DatabaseShape {
        /// What is wrong.
        what: String,
    },
}

/// A misfit without the value: its text is safe in logs.
#[derive(Debug, thiserror::Error)]
#[error("field {field} ({code})")]
pub struct MisfitSummary {
    /// Where.
    pub field: FieldName,
    /// The misfit's stable code.
    pub code: &'static str,
    /// What a person can do.
    pub remedy: &'static str,
}

impl From<&Misfit> for MisfitSummary {
    fn from(misfit: &Misfit) -> Self {
        let field = match misfit {
            Misfit::TooLong { field, .. }
            | Misfit::Unstorable { field, .. }
            | Misfit::Entity { field, .. }
            | Misfit::WrongType { field, .. }
            | Misfit::NotAChoice { field, .. }
            | Misfit::TooPrecise { field, .. }
            | Misfit::Mandatory { field } => field.clone(),
        };
        Self { field, code: misfit.code(), remedy: misfit.remedy() }
    }
}

/// How one of VTiger's own codes is understood: stable code, kind.
fn refused(code: &str, message: &str) -> (Cow<'static, str>, ErrorKind) {
    let known = |text: &'static str, kind| (Cow::Borrowed(text), kind);
    match code {
        "AUTHENTICATION_REQUIRED" => known("vtiger.authentication_required", ErrorKind::Unavailable),
        "INVALID_SESSIONID" => known("vtiger.invalid_session", ErrorKind::Unavailable),
        "INVALID_AUTH_TOKEN" => known("vtiger.invalid_auth_token", ErrorKind::Credentials),
        "INVALID_USER_CREDENTIALS" => known("vtiger.credentials", ErrorKind::Credentials),
        // Missing records and missing rights are told alike ("Protocol"); Missing's remedy names both.
        "ACCESS_DENIED" => known("vtiger.access_denied", ErrorKind::Missing),
        "INVALID_ID_ATTRIBUTE" => known("vtiger.invalid_id", ErrorKind::Refused),
        "REFERENCE_INVALID" => known("vtiger.reference_invalid", ErrorKind::Refused),
        "MANDATORY_FIELDS_MISSING" => known("vtiger.mandatory", ErrorKind::Refused),
        "QUERY_SYNTAX_ERROR" => known("vtiger.query_syntax", ErrorKind::Refused),
        "INTERNAL_SERVER_ERROR" => known("vtiger.internal_error", ErrorKind::Refused),
        "DATABASE_QUERY_ERROR" | "DATABASEQUERYERROR" => {
            known("vtiger.database_error", ErrorKind::Unavailable)
        }
        "0" if message.contains("uplicate") => known("vtiger.duplicate", ErrorKind::Exists),
        "0" | "null" => known("vtiger.unexplained", ErrorKind::Refused),
        other => {
            let mut stable = String::from("vtiger.");
            let letters = other.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_');
            stable.extend(letters.take(60).map(|c| c.to_ascii_lowercase()));
            (Cow::Owned(stable), ErrorKind::Refused)
        }
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

impl VtigerError {
    /// The stable code and what kind of trouble it is.
    pub fn classified(&self) -> (Cow<'static, str>, ErrorKind) {
        let (code, kind) = match self {
            Self::Refused { code, message } => return refused(code, message),
            Self::Misfit(summary) => (summary.code, ErrorKind::Refused),
            Self::Configuration { .. } => ("vtiger.configuration", ErrorKind::Unsupported),
            Self::Unreachable { .. } => ("vtiger.unreachable", ErrorKind::Unreachable),
            Self::Broken { .. } => ("vtiger.connection_broke", ErrorKind::Unreachable),
            Self::TimedOut { .. } => ("vtiger.timed_out", ErrorKind::TimedOut),
            Self::Credentials { .. } => ("vtiger.credentials", ErrorKind::Credentials),
            Self::UnknownUser => ("vtiger.unknown_user", ErrorKind::Credentials),
            Self::RateLimited { .. } => ("vtiger.rate_limited", ErrorKind::RateLimited),
            Self::TooLarge { .. } => ("vtiger.too_large", ErrorKind::Refused),
            Self::Http { .. } => ("vtiger.http", ErrorKind::Unsupported),
            Self::Fault { .. } => ("vtiger.fault", ErrorKind::Garbled),
            Self::Gateway { .. } => ("vtiger.gateway", ErrorKind::Unavailable),
            Self::Garbled { .. } => ("vtiger.garbled", ErrorKind::Garbled),
            Self::Shape { .. } | Self::Description { .. } => ("vtiger.shape", ErrorKind::Garbled),
            Self::Swallowed { .. } => ("vtiger.swallowed_sql_error", ErrorKind::Garbled),
            Self::NoSuchField { .. } => ("vtiger.no_such_field", ErrorKind::Permission),
            Self::ItemColumn { .. } => ("vtiger.item_column", ErrorKind::Unsupported),
            Self::Inexpressible { .. } => ("vtiger.inexpressible", ErrorKind::Refused),
            Self::ForeignId { .. } => ("vtiger.foreign_id", ErrorKind::Refused),
            Self::ReadOnlyField { .. } => ("vtiger.read_only_field", ErrorKind::Unsupported),
            Self::Unsupported { .. } => ("vtiger.unsupported", ErrorKind::Unsupported),
            Self::Unseen { .. } => ("vtiger.unseen", ErrorKind::Missing),
            Self::StillThere => ("vtiger.still_there", ErrorKind::Garbled),
            Self::HalfSaved { .. } => ("vtiger.half_saved", ErrorKind::Garbled),
            Self::NotRecurring { .. } => ("vtiger.not_recurring", ErrorKind::Refused),
            Self::TaxType { .. } => ("vtiger.tax_type", ErrorKind::Refused),
            Self::NoAmending { .. } => ("vtiger.no_amending", ErrorKind::Unsupported),
            Self::Gone => ("vtiger.gone", ErrorKind::Missing),
            Self::Database { source, .. } => ("vtiger.database", database_kind(source)),
            Self::DatabaseShape { .. } => ("vtiger.database_shape", ErrorKind::Unsupported),
        };
        (Cow::Borrowed(code), kind)
    }

    /// The stable code.
    pub fn code(&self) -> Cow<'static, str> {
        self.classified().0
    }

    /// What to do, where this crate knows better than the kind.
    pub fn remedy(&self) -> Option<Cow<'static, str>> {
        let text = match self {
            Self::Configuration { .. } => {
                "Correct the [vtiger] section of the configuration, then run `company-sync check`."
            }
            Self::Credentials { .. } => {
                "Copy the access key from the user's page in VTiger (My Preferences, Access Key); if it is right, see \
                 whether other programs log in as the same user all the time, and give the product a user of its own."
            }
            Self::UnknownUser => "Correct the user name in the configuration, then run `company-sync check`.",
            Self::Http { .. } => {
                "Check that the address in the configuration ends where VTiger's webservice.php lies, without a redirect."
            }
            Self::Fault { .. } => {
                "Look into the server's PHP error log; the product reads back before it writes again."
            }
            Self::NoSuchField { .. } => {
                "Correct the field's name in the mapping, or let the user's profile see it; then run `company-sync check`."
            }
            Self::ItemColumn { .. } => "Take the field out of the mapping.",
            Self::Inexpressible { .. } => "Change the value at its source, or match on another field.",
            Self::ReadOnlyField { .. } => {
                "Take the field out of the mapping, or make it one that is only read."
            }
            Self::Unsupported { .. } => {
                "Create such records in VTiger by hand, use a server version that can, or take it out of the mapping."
            }
            Self::Unseen { .. } => {
                "See in VTiger whether the record is there, and whether the user's profile may see the module; then \
                 run `company-sync check`."
            }
            Self::HalfSaved { .. } => {
                "Open the record in VTiger and delete it, or complete its line items there by hand."
            }
            Self::NotRecurring { .. } => {
                "Take the field out of the mapping, or let the order recur (Enable Recurring) in VTiger."
            }
            Self::TaxType { .. } => "Map the tax type (hdnTaxType) to group, or leave it out.",
            Self::NoAmending { .. } => {
                "Take amending out of the mapping: it is for submitted Frappe documents."
            }
            Self::Misfit(summary) => summary.remedy,
            Self::DatabaseShape { .. } => {
                "Check that the configuration names VTiger's own database and that its user may read it."
            }
            Self::Refused { code, message } => return refused_remedy(code, message),
            _ => return None,
        };
        Some(Cow::Borrowed(text))
    }

    /// Whether the server is known to have finished with the request, so that what a read finds is final.
    pub(crate) fn server_finished(&self) -> bool {
        !matches!(self, Self::Broken { .. } | Self::TimedOut { .. } | Self::Gateway { .. })
    }

    /// Whether the same request may well succeed a moment later. Where nobody listens it will not: coming back to a
    /// server that is down is the engine's business, and doing it here too would multiply the waits.
    pub(crate) fn passes(&self) -> bool {
        let kind = self.classified().1;
        matches!(
            kind,
            ErrorKind::Unreachable
                | ErrorKind::TimedOut
                | ErrorKind::RateLimited
                | ErrorKind::Unavailable
                | ErrorKind::Garbled
        ) && !matches!(
            self,
            Self::Unreachable { .. } | Self::Swallowed { .. } | Self::Shape { .. } | Self::Description { .. }
        )
    }

    /// Whether it says something of this moment (network, load, login) and nothing of what was asked for.
    pub(crate) fn is_of_the_moment(&self) -> bool {
        matches!(
            self.classified().1,
            ErrorKind::Unreachable
                | ErrorKind::TimedOut
                | ErrorKind::RateLimited
                | ErrorKind::Unavailable
                | ErrorKind::Credentials
        )
    }

    /// Whether the session is the trouble; nothing was done then.
    pub(crate) fn session_is_dead(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if code == "INVALID_SESSIONID" || code == "AUTHENTICATION_REQUIRED")
    }

    /// The error that the ports know. `operation` is the request in VTiger's words, without values.
    pub fn into_peer(self, operation: impl Into<String>) -> PeerError {
        let (code, kind) = self.classified();
        let retry_after = match &self {
            Self::RateLimited { retry_after } => *retry_after,
            _ => None,
        };
        PeerError {
            system: System::Vtiger,
            operation: operation.into(),
            kind,
            code,
            message: self.to_string(),
            remedy: self.remedy(),
            retry_after,
            source: Some(Box::new(self)),
        }
    }
}

fn refused_remedy(code: &str, message: &str) -> Option<Cow<'static, str>> {
    match code {
        "ACCESS_DENIED" => Some(Cow::Borrowed(
            "See whether the record was deleted, and whether the user's profile in VTiger may see and change this \
             module (on 8.3.0 a user who is not admin needs the global \"View all\").",
        )),
        "0" if message.contains("uplicate") => Some(Cow::Borrowed(
            "A record with the same unique field is there already: merge the two in VTiger or link the existing one.",
        )),
        "MANDATORY_FIELDS_MISSING" => Some(Cow::Borrowed(
            "Fill the field that the message names at its source, or give it a default in the mapping.",
        )),
        _ => None,
    }
}

fn database_kind(source: &sqlx::Error) -> ErrorKind {
    match source {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) => ErrorKind::Unreachable,
        sqlx::Error::PoolTimedOut => ErrorKind::TimedOut,
        sqlx::Error::Database(error) => match error.code().as_deref() {
            Some("28000") => ErrorKind::Credentials,
            Some("42000") => ErrorKind::Permission,
            Some("42S02" | "42S22") => ErrorKind::Unsupported,
            _ => ErrorKind::Unavailable,
        },
        _ => ErrorKind::Garbled,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_stable_and_kinds_are_right() {
        let refused =
            |code: &str, message: &str| VtigerError::Refused { code: code.into(), message: message.into() };
        let cases = [
            (refused("ACCESS_DENIED", ""), "vtiger.access_denied", ErrorKind::Missing),
            (refused("0", "Duplicate(s) detected!"), "vtiger.duplicate", ErrorKind::Exists),
            (refused("null", ""), "vtiger.unexplained", ErrorKind::Refused),
            (refused("UNKOWN_ENTITY", ""), "vtiger.unkown_entity", ErrorKind::Refused),
            (VtigerError::UnknownUser, "vtiger.unknown_user", ErrorKind::Credentials),
        ];
        for (error, code, kind) in cases {
            assert_eq!(error.classified(), (Cow::Borrowed(code), kind));
        }
    }

    #[test]
    fn a_misfit_does_not_carry_its_value_along() {
        let misfit = Misfit::WrongType {
            field: "cf_1465".into(),
            value: "4111111111111111".into(),
            expected: "date".into(),
        };
        let error = VtigerError::Misfit(MisfitSummary::from(&misfit)).into_peer("revise SalesOrder");
        assert!(!format!("{error:?} {error}").contains("4111"), "{error:?}");
        assert_eq!(error.code, "value.wrong_type");
        assert!(error.failure().remedy.contains("transform"));
    }
}
