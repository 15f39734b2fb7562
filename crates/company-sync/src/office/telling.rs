//! Errors of the program as pages are told them: code, cause, what to do.

use std::error::Error;

use cs_domain::{Advice, Failure};
use cs_web::office::OfficeError;

use super::sealing::SealError;
use crate::config::ConfigError;
use crate::failure::CommandError;

/// What the engine and the store say keeps its own kind, since the statuses of answers follow from it.
impl From<CommandError> for Told {
    fn from(error: CommandError) -> Self {
        Self(match error {
            CommandError::Engine(error) => error.into(),
            CommandError::Store(error) => error.into(),
            error => OfficeError::Failed { failure: failure(&error), source: Some(Box::new(error)) },
        })
    }
}

impl From<ConfigError> for Told {
    fn from(error: ConfigError) -> Self {
        CommandError::from(error).into()
    }
}

impl From<SealError> for Told {
    fn from(error: SealError) -> Self {
        CommandError::from(error).into()
    }
}

/// An error on its way to the pages.
pub(super) struct Told(OfficeError);

impl From<Told> for OfficeError {
    fn from(told: Told) -> Self {
        told.0
    }
}

/// The error of a command, for pages.
pub(super) fn told(error: impl Into<Told>) -> OfficeError {
    error.into().into()
}

/// Something that the service itself has to say.
pub(super) fn refused(code: &str, cause: impl Into<String>, remedy: &str) -> OfficeError {
    let failure = Failure {
        code: code.to_owned(),
        cause: cause.into(),
        remedy: remedy.to_owned(),
        advice: Advice::NeedsPerson,
        place: None,
    };
    OfficeError::Failed { failure, source: None }
}

/// Code, cause with what lies behind it, remedy. What the engine and the systems say keeps its own advice.
pub(crate) fn failure(error: &CommandError) -> Failure {
    match error {
        CommandError::Engine(error) => return error.failure(),
        CommandError::Peer(error) => return error.failure(),
        _ => {}
    }
    let (code, remedy) = (error.code(), error.remedy());
    Failure { code, cause: cause(error), remedy, advice: Advice::NeedsPerson, place: None }
}

/// What happened, with what lies behind it.
pub(super) fn cause(error: &(dyn Error + 'static)) -> String {
    let mut cause = error.to_string();
    let mut source = error.source();
    while let Some(behind) = source {
        let text = behind.to_string();
        if !cause.contains(&text) {
            cause = format!("{cause}: {text}");
        }
        source = behind.source();
    }
    cause
}
