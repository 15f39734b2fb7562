//! A value that somebody typed for a conflict, held against what both systems take there.

use cs_domain::{Choice, StandingConflict, Value};
use cs_web::office::{OfficeError, Slip};

use super::Office;
use super::telling::{failure, told};
use crate::choice::chosen;
use crate::cli::ChoiceFlags;
use crate::failure::CommandError;
use crate::weighing::Weighing;

impl Office {
    /// The value in its canonical form.
    pub(super) async fn weighed(
        &self,
        conflict: &StandingConflict,
        text: &str,
    ) -> Result<Value, OfficeError> {
        let flags = ChoiceFlags {
            vtiger: false,
            frappe: false,
            value: Some(text.to_owned()),
            document: None,
            separate: false,
        };
        let typed = chosen(&flags, conflict).map_err(|error| slip(&error.into()))?;
        let config = self.config();
        let mut weighing = Weighing::begin(&config, &self.store).await.map_err(told)?;
        match weighing.weigh(conflict, typed).await {
            Ok(Choice::Value(value)) => Ok(value),
            // Only values are weighed, and they stay values.
            Ok(_) => Err(OfficeError::NotThere { what: "value".to_owned() }),
            Err(error @ CommandError::Conflict(_)) => Err(slip(&error)),
            Err(error) => Err(told(error)),
        }
    }
}

fn slip(error: &CommandError) -> OfficeError {
    let told = failure(error);
    let message = format!("{} {}", told.cause, told.remedy);
    OfficeError::Invalid { slips: vec![Slip { field: "value".to_owned(), message }] }
}
