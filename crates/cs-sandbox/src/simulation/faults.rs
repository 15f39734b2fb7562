//! What goes wrong, drawn from the seed: errors before and after the work, long delays, deaths.

use std::time::Duration;

use cs_domain::System;
use cs_ports::{ErrorKind, PeerError};

use super::random::Random;

/// How bad it is, in thousandths of port calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Weather {
    /// Calls that fail before anything was done.
    pub(crate) before: u64,
    /// Writes that are done and whose answer is lost.
    pub(crate) after: u64,
    /// Frappe writes that are done long after their answer was given up.
    pub(crate) late: u64,
    /// Calls that take nearly as long as connectors wait; a quarter as often, steps between calls that take minutes, as of a
    /// computer that went to sleep.
    pub(crate) slow: u64,
    /// Steps at which the process dies.
    pub(crate) deadly: u64,
    /// Writes right before, and right after, which somebody edits the very same record.
    pub(crate) meddling: u64,
}

impl Weather {
    /// Everything works.
    pub(crate) fn fair() -> Self {
        Self::default()
    }

    /// Of one of several kinds: much of everything seldom lets a run get anywhere.
    pub(crate) fn drawn(random: &mut Random) -> Self {
        let meddling = 40;
        match random.below(6) {
            0 => Self { meddling, ..Self::fair() },
            1 => Self { before: 60, meddling, ..Self::fair() },
            2 => Self { after: 120, late: 40, meddling, ..Self::fair() },
            3 => Self { deadly: 12, meddling, ..Self::fair() },
            4 => Self { slow: 20, deadly: 3, meddling, ..Self::fair() },
            _ => Self { before: 20, after: 40, late: 15, slow: 5, deadly: 6, meddling },
        }
    }
}

/// What becomes of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is done and answered.
    Fine,
    /// It is not done.
    Before(ErrorKind),
    /// It is done, and nobody hears of it.
    After(ErrorKind),
    /// Nobody hears of it, and it is done later.
    Late(ErrorKind, Duration),
}

/// What may happen to a call before anything is done.
const BEFORE: [ErrorKind; 6] = [
    ErrorKind::Unreachable,
    ErrorKind::TimedOut,
    ErrorKind::RateLimited,
    ErrorKind::Unavailable,
    ErrorKind::Busy,
    ErrorKind::Garbled,
];
/// Of a write that failed with one of these nothing is known.
const LOST: [ErrorKind; 3] = [ErrorKind::Unreachable, ErrorKind::TimedOut, ErrorKind::Garbled];

impl Weather {
    /// The fate of a call.
    pub(crate) fn fate(&self, random: &mut Random, system: System, write: bool) -> Fate {
        if random.permille(self.before) {
            let kind = random.pick(&BEFORE).copied().unwrap_or(ErrorKind::Busy);
            return Fate::Before(kind);
        }
        let lost = |random: &mut Random| random.pick(&LOST).copied().unwrap_or(ErrorKind::TimedOut);
        if write && random.permille(self.after) {
            return Fate::After(lost(random));
        }
        if write && system == System::Frappe && random.permille(self.late) {
            let kind = lost(random);
            return Fate::Late(kind, random.millis(100, 100_000));
        }
        Fate::Fine
    }

    /// How long one half of a call takes. A connector hangs up after a minute: what arrives later than that is
    /// [`Fate::Late`], against which nothing but a key that the system holds unique helps.
    pub(crate) fn travel(&self, random: &mut Random) -> Duration {
        if random.permille(self.slow) { random.millis(20_000, 59_000) } else { random.millis(1, 400) }
    }

    /// How long a process takes for a step of its own.
    pub(crate) fn step(&self, random: &mut Random) -> Duration {
        if random.permille(self.slow / 4) {
            random.millis(20_000, 400_000)
        } else {
            Duration::from_micros(random.between(50, 4_000))
        }
    }
}

/// The error of a call.
pub(crate) fn error(system: System, operation: String, kind: ErrorKind) -> PeerError {
    PeerError {
        system,
        operation,
        kind,
        code: format!("{}.{}", if system == System::Vtiger { "vtiger" } else { "frappe" }, kind.code())
            .into(),
        message: "drawn by the simulation".to_owned(),
        remedy: None,
        retry_after: None,
        source: None,
    }
}

/// The error of a call that the system itself refused.
pub(crate) fn refused(
    system: System,
    operation: String,
    kind: ErrorKind,
    message: impl Into<String>,
) -> PeerError {
    PeerError { message: message.into(), ..error(system, operation, kind) }
}
