//! What a site says when it does not do as asked, in Frappe's own classes and words (facts/FRAPPE.md, "Envelopes").

/// A line of `_server_messages`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The text; may hold HTML.
    pub text: String,
    /// Its title; Frappe's default is `Message`.
    pub title: String,
    /// `red`, `green`, `yellow` or none.
    pub indicator: Option<&'static str>,
    /// Whether it belongs to the exception that ended the request.
    pub raised: bool,
    /// Whether Desk shows it as a passing note.
    pub alert: bool,
}

impl Message {
    /// A note without colour.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), title: "Message".to_owned(), indicator: None, raised: false, alert: false }
    }

    /// The message of a thrown exception.
    pub fn thrown(text: impl Into<String>) -> Self {
        Self { indicator: Some("red"), raised: true, ..Self::plain(text) }
    }

    /// With a title of its own.
    pub fn titled(mut self, title: &str) -> Self {
        title.clone_into(&mut self.title);
        self
    }

    /// With a colour.
    pub fn coloured(mut self, indicator: &'static str) -> Self {
        self.indicator = Some(indicator);
        self
    }

    /// As a passing note.
    pub fn as_alert(mut self) -> Self {
        self.alert = true;
        self
    }
}

/// The class of a refusal: `exc_type`, and with it the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Wrong key, secret or malformed token.
    Authentication,
    /// No right to it.
    Permission,
    /// No such document or route.
    DoesNotExist,
    /// The name is taken.
    DuplicateEntry,
    /// The name has characters that names may not have.
    Name,
    /// A rule of the document is broken.
    Validation,
    /// A field that must have a value has none.
    Mandatory,
    /// A link leads nowhere.
    LinkValidation,
    /// The document has moved on.
    TimestampMismatch,
    /// A unique value is taken.
    UniqueValidation,
    /// A value is too long.
    CharacterLengthExceeded,
    /// The field may not change any more.
    UpdateAfterSubmit,
    /// Not a way from one docstatus to the other.
    DocstatusTransition,
    /// The field may change only once, or never.
    CannotChangeConstant,
    /// Something links to the document.
    LinkExists,
    /// Not an email address.
    InvalidEmailAddress,
    /// Not a telephone number.
    InvalidPhoneNumber,
    /// A field in a query that is none.
    QueryData,
    /// The database refused a value as out of range.
    DatabaseRange,
    /// The database refused a value, or cannot be reached.
    Operational,
    /// An error of Python's own.
    Type,
    /// The module of a `DocType` cannot be loaded.
    Import,
    /// A parameter that is no JSON.
    JsonDecode,
    /// The row is locked.
    QueryTimeout,
    /// Too much server time was used.
    TooManyRequests,
    /// The site is down for maintenance.
    SessionStopped,
    /// The site can only be read.
    InReadOnlyMode,
    /// A session cookie without its token.
    CsrfToken,
}

impl Class {
    /// `exc_type`, where the text of the exception begins, and the status.
    fn row(self) -> (&'static str, &'static str, u16) {
        match self {
            Self::Authentication => ("AuthenticationError", FRAPPE, 401),
            Self::Permission => ("PermissionError", FRAPPE, 403),
            Self::DoesNotExist => ("DoesNotExistError", FRAPPE, 404),
            Self::DuplicateEntry => ("DuplicateEntryError", FRAPPE, 409),
            Self::Name => ("NameError", FRAPPE, 409),
            Self::Validation => ("ValidationError", FRAPPE, 417),
            Self::Mandatory => ("MandatoryError", FRAPPE, 417),
            Self::LinkValidation => ("LinkValidationError", FRAPPE, 417),
            Self::TimestampMismatch => ("TimestampMismatchError", FRAPPE, 417),
            Self::UniqueValidation => ("UniqueValidationError", FRAPPE, 417),
            Self::CharacterLengthExceeded => ("CharacterLengthExceededError", FRAPPE, 417),
            Self::UpdateAfterSubmit => ("UpdateAfterSubmitError", FRAPPE, 417),
            Self::DocstatusTransition => ("DocstatusTransitionError", FRAPPE, 417),
            Self::CannotChangeConstant => ("CannotChangeConstantError", FRAPPE, 417),
            Self::LinkExists => ("LinkExistsError", FRAPPE, 417),
            Self::InvalidEmailAddress => ("InvalidEmailAddressError", FRAPPE, 417),
            Self::InvalidPhoneNumber => ("InvalidPhoneNumberError", FRAPPE, 417),
            Self::QueryData => ("DataError", FRAPPE, 417),
            Self::DatabaseRange => ("DataError", "pymysql.err.", 500),
            Self::Operational => ("OperationalError", "pymysql.err.", 500),
            Self::Type => ("TypeError", "", 500),
            Self::Import => ("ImportError", "", 500),
            Self::JsonDecode => ("JSONDecodeError", "json.decoder.", 500),
            Self::QueryTimeout => ("QueryTimeoutError", FRAPPE, 500),
            Self::TooManyRequests => ("TooManyRequestsError", FRAPPE, 429),
            Self::SessionStopped => ("SessionStopped", FRAPPE, 503),
            Self::InReadOnlyMode => ("InReadOnlyMode", FRAPPE, 503),
            Self::CsrfToken => ("CSRFTokenError", FRAPPE, 400),
        }
    }

    /// Frappe's `exc_type`.
    pub fn exc_type(self) -> &'static str {
        self.row().0
    }

    /// The HTTP status.
    pub fn status(self) -> u16 {
        self.row().2
    }
}

const FRAPPE: &str = "frappe.exceptions.";

/// Why a request was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {text}", class.exc_type())]
pub struct Refusal {
    /// Its class.
    pub class: Class,
    /// The exception's text; may be empty.
    pub text: String,
    /// The messages that go with it, the thrown one last.
    pub messages: Vec<Message>,
    /// Whether ERPNext, not Frappe, threw it (`_exc_source`).
    pub from_erpnext: bool,
    /// `_error_message`, which some permission errors have.
    pub error_message: Option<String>,
}

impl Refusal {
    /// An exception with a text and no message.
    pub fn silent(class: Class, text: impl Into<String>) -> Self {
        Self { class, text: text.into(), messages: Vec::new(), from_erpnext: false, error_message: None }
    }

    /// An exception whose text is also its message.
    pub fn thrown(class: Class, text: impl Into<String>) -> Self {
        let text = text.into();
        let message = Message::thrown(text.clone());
        Self::silent(class, text).saying(message)
    }

    /// A broken rule.
    pub fn invalid(text: impl Into<String>) -> Self {
        Self::thrown(Class::Validation, text)
    }

    /// No such document. Its answer has no `exception`.
    pub fn not_found(doctype: &str, name: &str) -> Self {
        Self::thrown(Class::DoesNotExist, format!("{doctype} {name} not found"))
    }

    /// With one more message.
    pub fn saying(mut self, message: Message) -> Self {
        self.messages.push(message);
        self
    }

    /// With a title on its last message.
    pub fn titled(mut self, title: &str) -> Self {
        if let Some(message) = self.messages.last_mut() {
            title.clone_into(&mut message.title);
        }
        self
    }

    /// As thrown by ERPNext.
    pub fn by_erpnext(mut self) -> Self {
        self.from_erpnext = true;
        self
    }

    /// The line that a traceback ends with.
    pub fn exception(&self) -> String {
        let (exc_type, module, _) = self.class.row();
        let class = match self.class {
            Class::Import => "Error".to_owned(),
            _ => format!("{module}{exc_type}"),
        };
        if self.text.is_empty() { class } else { format!("{class}: {}", self.text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_is_written_with_its_module() {
        let range = Refusal::silent(Class::DatabaseRange, "(1264, \"x\")");
        assert_eq!(range.exception(), "pymysql.err.DataError: (1264, \"x\")");
        assert_eq!((range.class.exc_type(), range.class.status()), ("DataError", 500));
        assert_eq!(Refusal::silent(Class::Permission, "").exception(), "frappe.exceptions.PermissionError");
        assert_eq!(Refusal::invalid("no").messages, [Message::thrown("no")]);
    }
}
