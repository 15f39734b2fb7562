//! What is wrong with a form, for the page that shows it again with what was typed.

use askama::Template;
use axum::http::StatusCode;

use crate::error::WebError;
use crate::office::Slip;
use crate::visit::{Answer, page};

/// What is wrong, by field. What is wrong with the whole form has the field `""`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slips(Vec<Slip>);

impl Slips {
    /// What was wrong where a form was refused; every other error goes on.
    pub(crate) fn caught(error: WebError) -> Result<Self, WebError> {
        match error {
            WebError::Invalid { slips } => Ok(Self(slips)),
            WebError::State { cause, .. } => Ok(Self::whole(cause)),
            other => Err(other),
        }
    }

    /// Something that no single field is to blame for.
    pub(crate) fn whole(message: String) -> Self {
        Self(vec![Slip { field: String::new(), message }])
    }

    /// What is wrong with a field.
    pub(crate) fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|slip| slip.field == field).map(|slip| slip.message.as_str())
    }

    /// The same, where what is wrong with these fields follows from what is wrong with others.
    pub(crate) fn without(mut self, fields: &[&str]) -> Self {
        self.0.retain(|slip| !fields.contains(&slip.field.as_str()));
        self
    }

    /// What is wrong with none of these fields, and so stands above the form.
    pub(crate) fn besides<'s>(&'s self, fields: &[&str]) -> Vec<&'s str> {
        let others = self.0.iter().filter(|slip| !fields.contains(&slip.field.as_str()));
        others.map(|slip| slip.message.as_str()).collect()
    }
}

/// A page that shows what was typed once more, with what is wrong with it.
pub(crate) fn refused(template: &impl Template) -> Answer {
    let mut answer = page(template)?;
    *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(answer)
}
