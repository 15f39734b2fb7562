//! What Frappe's exceptions mean: one table from exception to code, kind and remedy.

use std::borrow::Cow;

use cs_ports::ErrorKind;

use crate::answer::Effect;
use crate::subject::Subject;

/// The classes of refusal (facts/FRAPPE.md, "Envelopes and status codes").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// A mandatory field is empty.
    Mandatory,
    /// A link names a document that is not there.
    LinkValidation,
    /// The document was changed since it was read.
    TimestampMismatch,
    /// Another document holds the value of a unique field.
    Unique,
    /// A document with this name exists.
    Duplicate,
    /// The name that would be given is not allowed.
    Name,
    /// A text or number is longer than its field.
    TooLong,
    /// Frappe or an app checks the data and refuses it.
    Validation,
    /// The user may not.
    Permission,
    /// Key or secret is wrong.
    Credentials,
    /// The request carries a session cookie.
    Csrf,
    /// The document, DocType or route is not there.
    Missing,
    /// There is no such DocType (a GET by name says so with `ImportError`).
    DoctypeMissing,
    /// The field is fixed once the document is submitted.
    UpdateAfterSubmit,
    /// Draft, submitted, cancelled: not in this order.
    DocstatusTransition,
    /// The field is fixed once it was set.
    CannotChangeConstant,
    /// Other documents point at it.
    LinkExists,
    /// Not an email address.
    Email,
    /// Not a phone number.
    Phone,
    /// A value the database cannot hold, or a field that is not there.
    Data,
    /// A date or another value that the database refuses.
    BadValue,
    /// A request that Frappe's own code cannot digest.
    ServerError,
    /// An error of the database of which the server tells nothing more.
    Database,
    /// The site's database is down.
    DatabaseDown,
    /// Somebody else holds the document's row.
    LockTimeout,
    /// Two transactions blocked each other and this one was rolled back.
    Deadlock,
    /// Too many requests.
    RateLimited,
    /// The site is in maintenance.
    Stopped,
    /// The site is in maintenance and only reads.
    ReadOnly,
    /// Longer than the server takes.
    TooLarge,
    /// The web server knows no such site.
    UnknownSite,
    /// Anything else.
    Other,
}

impl Class {
    /// The class of an exception. `text` is the exception's text where tracebacks are on; it tells the database's
    /// errors apart.
    pub(crate) fn of(exc_type: &str, text: &str, effect: Effect) -> Self {
        match exc_type {
            "MandatoryError" => Self::Mandatory,
            "LinkValidationError" | "InvalidDynamicLinkError" => Self::LinkValidation,
            "TimestampMismatchError" => Self::TimestampMismatch,
            "UniqueValidationError" => Self::Unique,
            "DuplicateEntryError" => Self::Duplicate,
            "NameError" | "InvalidNameError" => Self::Name,
            "CharacterLengthExceededError" => Self::TooLong,
            "PermissionError" => Self::Permission,
            "AuthenticationError" | "SessionExpired" => Self::Credentials,
            "CSRFTokenError" => Self::Csrf,
            "DoesNotExistError" | "PageDoesNotExistError" => Self::Missing,
            "ImportError" | "ModuleNotFoundError" => Self::DoctypeMissing,
            "UpdateAfterSubmitError" => Self::UpdateAfterSubmit,
            "DocstatusTransitionError" => Self::DocstatusTransition,
            "CannotChangeConstantError" => Self::CannotChangeConstant,
            "LinkExistsError" => Self::LinkExists,
            "InvalidEmailAddressError" => Self::Email,
            "InvalidPhoneNumberError" => Self::Phone,
            "DataError" => Self::Data,
            "TypeError" | "JSONDecodeError" | "ValueError" | "KeyError" | "AttributeError" => {
                Self::ServerError
            }
            "OperationalError" | "InternalError" | "ProgrammingError" => Self::of_database(text, effect),
            "QueryTimeoutError" => Self::LockTimeout,
            "QueryDeadlockError" => Self::Deadlock,
            "TooManyRequestsError" => Self::RateLimited,
            "SessionStopped" => Self::Stopped,
            "InReadOnlyMode" => Self::ReadOnly,
            "ValidationError" => Self::Validation,
            _ => Self::Other,
        }
    }

    /// MariaDB's error number is in the exception's text. With tracebacks switched off it is not: a write that met
    /// one is taken for refused, so that it fails alone; a read carries no values, so its database is in trouble.
    fn of_database(text: &str, effect: Effect) -> Self {
        let number = text
            .split_once('(')
            .and_then(|(_, rest)| rest.split_once(','))
            .and_then(|(number, _)| number.trim().parse::<u16>().ok());
        match (number, effect) {
            (Some(1292 | 1366 | 1264 | 1406 | 1265), _) => Self::BadValue,
            (Some(1205), _) => Self::LockTimeout,
            (Some(1213), _) => Self::Deadlock,
            (Some(1040 | 2002 | 2003 | 2006 | 2013), _) | (None, Effect::Read) => Self::DatabaseDown,
            (Some(_), _) | (None, Effect::Write) => Self::Database,
        }
    }

    /// Whether a 5xx of this class is known to have been rolled back; any other may have been stored
    /// (facts/FRAPPE.md, trap 2).
    pub(crate) fn rolls_back(self) -> bool {
        !matches!(self, Self::Other)
    }

    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Mandatory => "frappe.mandatory",
            Self::LinkValidation => "frappe.link_validation",
            Self::TimestampMismatch => "frappe.timestamp_mismatch",
            Self::Unique => "frappe.unique",
            Self::Duplicate => "frappe.duplicate",
            Self::Name => "frappe.name",
            Self::TooLong => "frappe.too_long",
            Self::Validation => "frappe.validation",
            Self::Permission => "frappe.permission",
            Self::Credentials => "frappe.credentials",
            Self::Csrf => "frappe.csrf",
            Self::Missing => "frappe.missing",
            Self::DoctypeMissing => "frappe.doctype_missing",
            Self::UpdateAfterSubmit => "frappe.update_after_submit",
            Self::DocstatusTransition => "frappe.docstatus",
            Self::CannotChangeConstant => "frappe.constant",
            Self::LinkExists => "frappe.link_exists",
            Self::Email => "frappe.email",
            Self::Phone => "frappe.phone",
            Self::Data => "frappe.data",
            Self::BadValue => "frappe.bad_value",
            Self::ServerError => "frappe.server_error",
            Self::Database => "frappe.database",
            Self::DatabaseDown => "frappe.database_down",
            Self::LockTimeout => "frappe.locked",
            Self::Deadlock => "frappe.deadlock",
            Self::RateLimited => "frappe.rate_limited",
            Self::Stopped => "frappe.maintenance",
            Self::ReadOnly => "frappe.read_only",
            Self::TooLarge => "frappe.too_large",
            Self::UnknownSite => "frappe.unknown_site",
            Self::Other => "frappe.refused",
        }
    }

    /// What the engine makes of it.
    pub fn kind(self) -> ErrorKind {
        match self {
            Self::Permission => ErrorKind::Permission,
            Self::Credentials | Self::Csrf => ErrorKind::Credentials,
            Self::Missing | Self::DoctypeMissing => ErrorKind::Missing,
            Self::RateLimited => ErrorKind::RateLimited,
            Self::LockTimeout | Self::Deadlock => ErrorKind::Busy,
            Self::DatabaseDown | Self::Stopped | Self::ReadOnly => ErrorKind::Unavailable,
            Self::Unique | Self::Duplicate => ErrorKind::Exists,
            Self::UnknownSite => ErrorKind::Unreachable,
            _ => ErrorKind::Refused,
        }
    }

    /// What to do, where no field or document is known.
    fn remedy(self) -> &'static str {
        match self {
            Self::Mandatory => "Fill the field at its source, or give it a default in the mapping.",
            Self::LinkValidation => {
                "Create the document that is linked to, or correct its name in the mapping's value map."
            }
            Self::TimestampMismatch => "Nothing: the document was changed meanwhile and is decided anew.",
            Self::Unique | Self::Duplicate => {
                "Look for the document that already holds it: the product adopts it where the match keys find it."
            }
            Self::Name => "Take < and > out of the text that the document's name is made of.",
            Self::TooLong => {
                "Shorten the text at its source, or make the field longer in Frappe (Customize Form)."
            }
            Self::Validation | Self::Data | Self::BadValue => {
                "Correct the value that the message names at its source."
            }
            Self::Permission => {
                "Give the user's role the right in Role Permission Manager, then run `company-sync check`."
            }
            Self::Credentials => {
                "Generate a new key and secret for the user in Frappe and put them into the configuration."
            }
            Self::Csrf => "Take the proxy away that adds cookies: the product sends none.",
            Self::Missing => "See whether the document was deleted or renamed in Frappe.",
            Self::DoctypeMissing => "Install the app or create the DocType, or take it out of the mapping.",
            Self::UpdateAfterSubmit => {
                "Amend the document in Frappe, or allow the field on submit (Customize Form)."
            }
            Self::DocstatusTransition => "Cancel and amend the document in Frappe.",
            Self::CannotChangeConstant => {
                "Take the field out of the mapping for updates: Frappe fixes it once it is set."
            }
            Self::LinkExists => "Unlink or disable the document in Frappe instead of deleting it.",
            Self::Email => "Correct the email address at its source.",
            Self::Phone => "Correct the phone number at its source: digits, spaces and + - . , * # ( ) only.",
            Self::ServerError => {
                "See the Error Log in Frappe: a field the code relies on is probably missing."
            }
            Self::Database => {
                "Switch on error tracebacks in System Settings to learn more, and see the Error Log in Frappe."
            }
            Self::DatabaseDown => "Start the site's database; the product tries again by itself.",
            Self::LockTimeout | Self::Deadlock => {
                "Nothing: somebody else was writing; the product tries again by itself."
            }
            Self::RateLimited => {
                "Nothing: the product waits as long as the site asks. Raise `rate_limit` in the site's configuration if it is too slow."
            }
            Self::Stopped | Self::ReadOnly => {
                "Wait for the maintenance to end; the product tries again by itself."
            }
            Self::TooLarge => "Shorten the text or attach it as a file: the server takes 25 MiB at most.",
            Self::UnknownSite => {
                "Set the site's name in the configuration: the address answers, but for no such site."
            }
            Self::Other => "See the Error Log in Frappe.",
        }
    }

    /// What to do, naming the field and the document where they are known.
    pub(crate) fn remedy_for(self, subject: &Subject) -> Cow<'static, str> {
        let field = subject.field.as_deref();
        let document = subject.document.as_deref();
        let text = match (self, field, document) {
            (Self::Mandatory, Some(field), Some(document)) => {
                format!("Fill {field} of {document} at its source, or give it a default in the mapping.")
            }
            (Self::Mandatory, Some(field), None) => {
                format!("Fill {field} at its source, or give it a default in the mapping.")
            }
            (Self::LinkValidation, Some(field), Some(document)) => {
                format!(
                    "Create {document} in Frappe, or give the value of {field} a partner in the mapping's value map."
                )
            }
            (Self::Unique, Some(field), _) => {
                format!(
                    "Look for the document that already holds this value in {field}: the product adopts it where the match keys find it."
                )
            }
            (Self::Duplicate, _, Some(document)) => {
                format!(
                    "Look at {document}, which exists: the product adopts it where the match keys find it."
                )
            }
            (Self::TooLong, Some(field), Some(document))
                if let Some(parts) = composed_of(field, document) =>
            {
                format!(
                    "Shorten {parts} at the source: Frappe makes {field} of them, and it has to fit as well."
                )
            }
            (Self::TooLong, Some(field), _) => {
                format!("Shorten {field} at its source, or make the field longer in Frappe (Customize Form).")
            }
            (Self::UpdateAfterSubmit, Some(field), _) => {
                format!("Amend the document in Frappe, or allow {field} on submit (Customize Form).")
            }
            (Self::LinkExists, _, Some(document)) => {
                format!(
                    "Unlink or cancel {document} in Frappe first, or disable the document instead of deleting it."
                )
            }
            (Self::Missing, _, Some(document)) => {
                format!("See whether {document} was deleted or renamed in Frappe.")
            }
            (Self::Permission, _, Some(document)) => {
                format!(
                    "Give the user's role the right on {document} in Role Permission Manager, then run `company-sync check`."
                )
            }
            _ => return Cow::Borrowed(self.remedy()),
        };
        Cow::Owned(text)
    }
}

/// What Frappe makes a field of that nobody sends (`fixtures/frappe/create_contact_name_over_140.json`): each part fits, and
/// what they come to together does not.
fn composed_of(field: &str, document: &str) -> Option<&'static str> {
    let of_contact = document == "Contact" || document.starts_with("Contact ");
    let full_name = ["full name", "full_name", "nombre completo"].contains(&field.to_lowercase().as_str());
    (of_contact && full_name).then_some("first_name, middle_name or last_name")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_frappe_composes_is_shortened_where_its_parts_come_from() {
        let of = |field: &str, document: &str| {
            let subject = Subject { field: Some(field.to_owned()), document: Some(document.to_owned()) };
            Class::TooLong.remedy_for(&subject).into_owned()
        };
        let remedy = of("Full Name", "Contact Ana Gómez");
        assert!(remedy.starts_with("Shorten first_name, middle_name or last_name at the source"), "{remedy}");
        assert!(of("Designation", "Contact Ana").starts_with("Shorten Designation at its source"));
        assert!(of("Full Name", "User Ana").starts_with("Shorten Full Name"));
    }

    #[test]
    fn database_errors_are_told_apart_by_number() {
        let of = |text, effect| Class::of("OperationalError", text, effect);
        assert_eq!(of("pymysql.err.OperationalError: (1292, \"Incorrect\")", Effect::Write), Class::BadValue);
        assert_eq!(of("pymysql.err.OperationalError: (2003, \"Can't\")", Effect::Write), Class::DatabaseDown);
        assert_eq!(of("(1213, 'Deadlock')", Effect::Write), Class::Deadlock);
        assert_eq!(of("", Effect::Write), Class::Database);
        assert_eq!(of("", Effect::Read), Class::DatabaseDown);
    }
}
