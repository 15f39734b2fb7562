//! Mappings that are retired: they do not run and their schedules stand still until somebody takes that back. What they say, and
//! the links they made, stay.

use std::time::Duration;

use cs_domain::MappingName;
use cs_ports::{LeaseAnswer, MappingStore, RetiredMapping, Store, StoreError};
use jiff::Timestamp;

use crate::handover::lease_name;

/// How long noting it may take.
const TERM: Duration = Duration::from_secs(10);

/// Why a mapping is not retired, or not resumed.
#[derive(Debug, thiserror::Error)]
pub enum RetireError {
    /// A run of it is under way.
    #[error("mapping {mapping} is running (by {holder}, until {until:.0} at least)")]
    Running {
        /// Which mapping.
        mapping: MappingName,
        /// Who runs it.
        holder: String,
        /// Until when, unless they go on.
        until: Timestamp,
    },
    /// It is so already.
    #[error("mapping {mapping} is {state} already")]
    Already {
        /// Which mapping.
        mapping: MappingName,
        /// What it is.
        state: &'static str,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RetireError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Running { .. } => "mapping.running",
            Self::Already { .. } => "mapping.as_it_was",
            Self::Store(error) => error.code(),
        }
    }

    /// What to do.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Running { .. } => "Wait until the run is over, or cancel it; then retire the mapping.",
            Self::Already { .. } => {
                "Nothing to do: `company-sync mapping list` shows which mappings are retired."
            }
            Self::Store(error) => error.remedy(),
        }
    }
}

/// Retires a mapping, unless a run of it is under way: from then on none begins. `holder` names whoever asks in the lease that
/// keeps runs away for that moment; it must be nobody's else.
pub async fn retire<S: Store + MappingStore + ?Sized>(
    store: &S,
    retired: &RetiredMapping,
    holder: &str,
) -> Result<(), RetireError> {
    let mapping = &retired.mapping;
    let lease = match store.take_lease(&lease_name(mapping), holder, retired.at, TERM).await? {
        LeaseAnswer::Granted(lease) => lease,
        LeaseAnswer::Held { holder, until } => {
            return Err(RetireError::Running { mapping: mapping.clone(), holder, until });
        }
    };
    let noted = store.note_retired(retired).await;
    store.release_lease(&lease).await?;
    if noted? { Ok(()) } else { Err(RetireError::Already { mapping: mapping.clone(), state: "retired" }) }
}

/// Lets a retired mapping run again. Times of its schedules that passed meanwhile are not made up for.
pub async fn resume<S: MappingStore + ?Sized>(store: &S, mapping: &MappingName) -> Result<(), RetireError> {
    if store.note_resumed(mapping).await? {
        return Ok(());
    }
    Err(RetireError::Already { mapping: mapping.clone(), state: "running" })
}

#[cfg(test)]
mod tests {
    use cs_store::MemoryStore;

    use super::*;

    #[tokio::test]
    async fn what_runs_is_not_retired_and_what_is_retired_stays_so_until_it_is_resumed() {
        let store = MemoryStore::new();
        let now = Timestamp::UNIX_EPOCH;
        let mapping: MappingName = "people".into();
        let retired = RetiredMapping { mapping: mapping.clone(), who: "ana".to_owned(), at: now };
        let name = lease_name(&mapping);
        let LeaseAnswer::Granted(lease) = store.take_lease(&name, "run", now, TERM).await.unwrap() else {
            panic!("nobody has it")
        };
        let running = retire(&store, &retired, "ana").await.unwrap_err();
        assert_eq!(running.code(), "mapping.running");
        assert!(store.retired_mappings().await.unwrap().is_empty());
        store.release_lease(&lease).await.unwrap();
        retire(&store, &retired, "ana").await.unwrap();
        assert_eq!(store.retired_mappings().await.unwrap().len(), 1);
        assert_eq!(retire(&store, &retired, "ana").await.unwrap_err().code(), "mapping.as_it_was");
        let lease = store.take_lease(&name, "run", now, TERM).await.unwrap();
        assert!(matches!(lease, LeaseAnswer::Granted(_)), "the lease was given back");
        resume(&store, &mapping).await.unwrap();
        assert_eq!(resume(&store, &mapping).await.unwrap_err().code(), "mapping.as_it_was");
    }
}
