//! Words that stand in columns for values of a closed set.

use cs_domain::{IntentState, LinkDecision, LinkOrigin, LinkStanding, System, Verdict};
use cs_ports::{StagedState, StoreError};

use crate::error::corrupt;

/// A value of a closed set and the word that stands for it; the same word as in JSON.
pub(crate) trait Word: Copy + 'static {
    /// Every value.
    const ALL: &'static [Self];
    /// What the value is, for errors.
    const WHAT: &'static str;

    /// The word.
    fn word(self) -> &'static str;

    /// The value of a word.
    fn read(word: &str) -> Result<Self, StoreError> {
        Self::ALL
            .iter()
            .copied()
            .find(|value| value.word() == word)
            .ok_or_else(|| corrupt(Self::WHAT, UnknownWord(word.to_owned())))
    }
}

/// A column holds a word that stands for nothing.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is none of the words that may stand here")]
struct UnknownWord(String);

impl Word for StagedState {
    const ALL: &'static [Self] = &[Self::Waiting, Self::Parked, Self::Done];
    const WHAT: &'static str = "state of a unit";

    fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Parked => "parked",
            Self::Done => "done",
        }
    }
}

impl Word for Verdict {
    const ALL: &'static [Self] =
        &[Self::Created, Self::Updated, Self::Unchanged, Self::Skipped, Self::Conflicted, Self::Failed];
    const WHAT: &'static str = "verdict";

    fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Skipped => "skipped",
            Self::Conflicted => "conflicted",
            Self::Failed => "failed",
        }
    }
}

impl Word for LinkOrigin {
    const ALL: &'static [Self] = &[Self::Created, Self::Adopted, Self::Chosen];
    const WHAT: &'static str = "origin of a link";

    fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Adopted => "adopted",
            Self::Chosen => "chosen",
        }
    }
}

impl Word for LinkStanding {
    const ALL: &'static [Self] = &[Self::Live, Self::GivenUp];
    const WHAT: &'static str = "standing of a link";

    fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::GivenUp => "given_up",
        }
    }
}

impl Word for LinkDecision {
    const ALL: &'static [Self] = &[Self::Accepted, Self::Rejected];
    const WHAT: &'static str = "decision about a proposal";

    fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
        }
    }
}

impl Word for IntentState {
    const ALL: &'static [Self] = &[Self::Open, Self::Settled, Self::Dropped];
    const WHAT: &'static str = "state of an intent";

    fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Settled => "settled",
            Self::Dropped => "dropped",
        }
    }
}

impl Word for System {
    const ALL: &'static [Self] = &[Self::Vtiger, Self::Frappe];
    const WHAT: &'static str = "system";

    fn word(self) -> &'static str {
        self.as_str()
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use serde::Serialize;

    use super::*;

    fn same_as_json<T: Word + Serialize + Debug + PartialEq>() {
        for value in T::ALL {
            assert_eq!(serde_json::to_value(value).unwrap(), value.word());
            assert_eq!(T::read(value.word()).unwrap(), *value);
        }
        assert_eq!(T::read("nonsense").unwrap_err().code(), "store.corrupt");
    }

    #[test]
    fn words_are_those_of_json() {
        same_as_json::<StagedState>();
        same_as_json::<Verdict>();
        same_as_json::<LinkOrigin>();
        same_as_json::<LinkStanding>();
        same_as_json::<LinkDecision>();
        same_as_json::<IntentState>();
        same_as_json::<System>();
    }
}
