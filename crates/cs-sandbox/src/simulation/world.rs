//! Everything that a story is about: both servers, their clocks, time, chance, and what has been noted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::frappe::Site;
use crate::vtiger::{System, User};

use super::Sabotage;
use super::faults::Weather;
use super::ground::Ground;
use super::ledger::Ledger;
use super::random::Random;
use super::timeline::Timeline;

/// Who the engine is for Frappe.
pub(crate) const SYNC_USER: &str = "sync@example.invalid";
/// Who people are for Frappe.
pub(crate) const PERSON: &str = "admin@example.invalid";

/// The world of one story, behind the lock that ports want; one thread uses it.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Mutex<World>>);

impl Shared {
    pub(crate) fn new(world: World) -> Self {
        Self(Arc::new(Mutex::new(world)))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The world of one story.
pub(crate) struct World {
    pub(crate) ground: Arc<Ground>,
    pub(crate) timeline: Timeline,
    pub(crate) random: Random,
    pub(crate) vtiger: System,
    pub(crate) site: Site,
    /// How far the servers' clocks go wrong.
    pub(crate) vtiger_clock: SignedDuration,
    pub(crate) frappe_clock: SignedDuration,
    pub(crate) weather: Weather,
    pub(crate) ledger: Ledger,
    /// Engines that die at the next opportunity.
    pub(crate) dying: BTreeSet<usize>,
    /// Writes that arrive after their answer was given up.
    pub(crate) late: BTreeMap<usize, LateWrite>,
    /// What connectors do wrong on purpose.
    pub(crate) sabotage: Option<Sabotage>,
    trace: Option<Vec<String>>,
}

/// A write that arrives late.
pub(crate) type LateWrite = Box<dyn FnOnce(&mut World) + Send>;

impl World {
    pub(crate) fn new(
        ground: &Arc<Ground>,
        begin: Timestamp,
        servers: (System, Site),
        mut random: Random,
        (weather, ledger): (Weather, Ledger),
    ) -> Self {
        let mut wrong = || {
            let off = i64::try_from(random.below(600_000_000)).unwrap_or(0);
            SignedDuration::from_micros(off - 300_000_000)
        };
        let (vtiger_clock, frappe_clock) = (wrong(), wrong());
        let (vtiger, site) = servers;
        Self {
            ground: Arc::clone(ground),
            timeline: Timeline::new(begin),
            random,
            vtiger,
            site,
            vtiger_clock,
            frappe_clock,
            weather,
            ledger,
            dying: BTreeSet::new(),
            late: BTreeMap::new(),
            sabotage: None,
            trace: None,
        }
    }

    /// Keeps a trace from now on.
    pub(crate) fn keep_trace(&mut self) {
        self.trace = Some(Vec::new());
    }

    /// What was traced.
    pub(crate) fn take_trace(&mut self) -> Vec<String> {
        self.trace.take().unwrap_or_default()
    }

    /// Adds to the trace, where one is kept.
    pub(crate) fn say(&mut self, what: impl FnOnce(&Self) -> String) {
        if self.trace.is_some() {
            let line = format!("{}  {}", self.timeline.now().strftime("%d %H:%M:%S%.3f"), what(self));
            if let Some(trace) = &mut self.trace {
                trace.push(line);
            }
        }
    }

    /// What VTiger's clock shows.
    pub(crate) fn vtiger_now(&self) -> Timestamp {
        let now = self.timeline.now();
        now.checked_add(self.vtiger_clock).unwrap_or(now)
    }

    /// What Frappe's clock shows.
    pub(crate) fn frappe_now(&self) -> Timestamp {
        let now = self.timeline.now();
        now.checked_add(self.frappe_clock).unwrap_or(now)
    }

    /// The user who may do everything in VTiger.
    pub(crate) fn admin(&self) -> Option<User> {
        self.vtiger.users().get(&1).cloned()
    }

    /// Notes a breach of what must always hold.
    pub(crate) fn breach(&mut self, what: impl Into<String>) {
        let what = what.into();
        self.say(|_| format!("!! {what}"));
        self.ledger.breaches.push(what);
    }

    /// Looks at both systems after something was done, and notes what changed and by whom.
    pub(crate) fn note(&mut self, author: super::ledger::Author<'_>) {
        let told = self.ledger.look(&self.vtiger, &self.site, &author);
        for line in told {
            self.say(|_| format!("!! {line}"));
        }
    }
}
