//! What an operation answers instead of a result.

/// An error code of the web service, with the name that it has on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// No `sessionName`.
    AuthenticationRequired,
    /// `extendsession` without a session to extend.
    AuthenticationFailure,
    /// Unknown or expired session.
    InvalidSession,
    /// Challenge expired or none, or the user is unknown at login.
    InvalidToken,
    /// Wrong key, or the challenge was superseded.
    InvalidCredentials,
    /// Everything that is not there or not allowed.
    AccessDenied,
    /// A malformed id, or the prefix of another module.
    InvalidId,
    /// A reference to the wrong module.
    ReferenceInvalid,
    /// A mandatory field has no value.
    MandatoryMissing,
    /// The query parser.
    QuerySyntax,
    /// Invalid JSON, lexer failures, dates that do not parse.
    Internal,
    /// `Duplicate(s) detected!`, which comes with the integer 0.
    Zero,
}

impl Code {
    /// The code as it stands in the envelope; none for the integer 0.
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::AuthenticationRequired => "AUTHENTICATION_REQUIRED",
            Self::AuthenticationFailure => "AUTHENTICATION_FAILURE",
            Self::InvalidSession => "INVALID_SESSIONID",
            Self::InvalidToken => "INVALID_AUTH_TOKEN",
            Self::InvalidCredentials => "INVALID_USER_CREDENTIALS",
            Self::AccessDenied => "ACCESS_DENIED",
            Self::InvalidId => "INVALID_ID_ATTRIBUTE",
            Self::ReferenceInvalid => "REFERENCE_INVALID",
            Self::MandatoryMissing => "MANDATORY_FIELDS_MISSING",
            Self::QuerySyntax => "QUERY_SYNTAX_ERROR",
            Self::Internal => "INTERNAL_SERVER_ERROR",
            Self::Zero => return None,
        })
    }
}

/// What an operation answers instead of a result. Only [`Refusal::Error`] says that nothing was done; after the other
/// two the work may have been done (facts/VTIGER.md, traps 3, 4 and 5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A handled error: HTTP 200 with `success: false`.
    Error {
        /// The code.
        code: Code,
        /// The text that goes with it.
        message: String,
    },
    /// PHP died: HTTP 500 with an empty body.
    Fatal,
    /// PHP printed a page and stopped: HTTP 200 with HTML.
    Page(&'static str),
}

/// What VTiger prints when a record's owner does not exist (trap 5).
pub(crate) const RESTRICTED_FILE: Refusal = Refusal::Page("Sorry! Attempt to access restricted file.");

impl Refusal {
    pub(crate) fn error(code: Code, message: impl Into<String>) -> Self {
        Self::Error { code, message: message.into() }
    }

    pub(crate) fn denied(message: impl Into<String>) -> Self {
        Self::error(Code::AccessDenied, message)
    }

    /// The record is missing, deleted or of a module that the user does not see: VTiger does not tell them apart.
    pub(crate) fn not_permitted() -> Self {
        Self::denied("Permission to perform the operation is denied")
    }

    /// The id's prefix belongs to no module.
    pub(crate) fn unknown_prefix() -> Self {
        Self::denied("Permission to perform the operation is denied for id")
    }

    pub(crate) fn unknown_name(name: &str) -> Self {
        Self::denied(format!("Permission to perform the operation is denied for name : {name}"))
    }

    /// The record is there, but somebody else's.
    pub(crate) fn not_yours() -> Self {
        Self::denied("Permission to read given object is denied")
    }

    pub(crate) fn wrong_id() -> Self {
        Self::error(Code::InvalidId, "Id specified is incorrect")
    }

    pub(crate) fn internal() -> Self {
        Self::error(Code::Internal, "Unknown Error while processing request")
    }

    pub(crate) fn missing(field: &str) -> Self {
        Self::error(Code::MandatoryMissing, format!("{field} does not have a value"))
    }
}
