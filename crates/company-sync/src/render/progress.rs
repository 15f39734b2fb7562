//! Live progress: a bar on a terminal, a line every few seconds in a pipe. Never in the way of results, which go to
//! standard output.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use cs_domain::{Balance, DriftPolicy, Event, Failure, RecordRef};
use cs_ports::Observer;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{aside, grouped, run::trouble};

/// How often a pipe gets a line.
const LINE_EVERY: Duration = Duration::from_secs(5);
/// Troubles that are spelled out; the rest are counted.
const TROUBLES_SHOWN: usize = 10;

/// Follows runs and shows where they are.
pub(crate) struct Progress {
    state: Mutex<State>,
}

struct State {
    bar: Option<ProgressBar>,
    started: Instant,
    last_line: Instant,
    expected: u64,
    balance: Balance,
    troubles: Vec<Trouble>,
    untold: u64,
}

/// What went wrong with a unit, and with others in the very same way: a brake stops many at once.
struct Trouble {
    subject: RecordRef,
    failures: Vec<Failure>,
    others: u64,
}

impl Trouble {
    fn lines(&self) -> impl Iterator<Item = String> {
        let place = match self.others {
            0 => self.subject.to_string(),
            others => format!("{} and {} more", self.subject, grouped(others)),
        };
        self.failures.iter().map(move |failure| trouble(&place, failure))
    }
}

impl Progress {
    /// Progress on standard error; none at all where `quiet`.
    pub(crate) fn new(quiet: bool) -> Self {
        let now = Instant::now();
        let bar = (!quiet && std::io::stderr().is_terminal()).then(bar);
        let last_line = if quiet { now + Duration::from_secs(u64::from(u32::MAX)) } else { now };
        Self {
            state: Mutex::new(State {
                bar,
                started: now,
                last_line,
                expected: 0,
                balance: Balance::default(),
                troubles: Vec::new(),
                untold: 0,
            }),
        }
    }

    /// What went wrong in the run that just ended, for people.
    pub(crate) fn troubles(&self) -> String {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lines: Vec<String> = state.troubles.iter().flat_map(Trouble::lines).collect();
        if state.untold > 0 {
            lines.push(format!("  and {} more: company-sync log --troubles", grouped(state.untold)));
        }
        lines.join("\n")
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(10));
    let style = ProgressStyle::with_template("{prefix} {wide_bar} {pos}/{len}  {per_sec}  ETA {eta}  {msg}");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}

/// What a run does about something that has changed.
pub(crate) fn done_about(verdict: DriftPolicy) -> &'static str {
    match verdict {
        DriftPolicy::Stop => "the run stops",
        DriftPolicy::SkipField => "the run goes on without its rule",
        DriftPolicy::GoOn => "the run goes on",
    }
}

impl Observer for Progress {
    fn observe(&self, event: &Event) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::RunStarted { mapping, .. } => state.begin(mapping.as_str()),
            Event::Expecting { units } => state.expect(*units),
            Event::UnitDone { subject, failures, balance, .. } => state.advance(subject, failures, balance),
            Event::Retrying { failure, pause_ms } => state.pause(failure, *pause_ms),
            Event::RunEnded { .. } => state.end(),
            Event::Recovered { settled, dropped } => state.say(&format!(
                "writes left open by an earlier run: {settled} had been done, {dropped} had not"
            )),
            Event::Drifted { drift } => state.say(&format!("{drift}: {}", done_about(drift.verdict))),
            Event::Redefined { units } => state.say(&format!(
                "the mapping or its settings have changed since the last run: {} units are looked at again",
                grouped(*units)
            )),
            Event::Pulled { .. }
            | Event::Counted { .. }
            | Event::Searched { .. }
            | Event::Written { .. }
            | Event::Recorded { .. }
            | Event::Adopted { .. }
            | Event::GivenUp { .. }
            | Event::Renamed { .. } => {}
        }
    }
}

impl State {
    fn begin(&mut self, mapping: &str) {
        self.started = Instant::now();
        self.expected = 0;
        self.balance = Balance::default();
        self.troubles.clear();
        self.untold = 0;
        if let Some(bar) = &self.bar {
            bar.reset();
            bar.set_prefix(mapping.to_owned());
        }
    }

    fn expect(&mut self, units: u64) {
        self.expected = units;
        if let Some(bar) = &self.bar {
            bar.set_length(units);
        }
    }

    fn advance(&mut self, subject: &RecordRef, failures: &[Failure], balance: &Balance) {
        self.balance = *balance;
        if !failures.is_empty() {
            self.note(subject, failures);
        }
        match &self.bar {
            Some(bar) => {
                bar.set_position(balance.read);
                bar.set_message(counts(balance));
            }
            None if self.last_line.elapsed() >= LINE_EVERY => {
                self.last_line = Instant::now();
                aside(&self.line());
            }
            None => {}
        }
    }

    fn note(&mut self, subject: &RecordRef, failures: &[Failure]) {
        if let Some(known) = self.troubles.iter_mut().find(|known| known.failures == failures) {
            known.others += 1;
        } else if self.troubles.len() < TROUBLES_SHOWN {
            self.troubles.push(Trouble { subject: subject.clone(), failures: failures.to_vec(), others: 0 });
        } else {
            self.untold += 1;
        }
    }

    fn line(&self) -> String {
        let elapsed = self.started.elapsed().as_secs_f64().max(0.001);
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let (done, expected) = (self.balance.read as f64, self.expected as f64);
        let rate = done / elapsed;
        let left = if rate > 0.0 { (expected - done).max(0.0) / rate } else { 0.0 };
        format!(
            "{}/{} units  {rate:.1}/s  ETA {left:.0} s  {}",
            grouped(self.balance.read),
            grouped(self.expected),
            counts(&self.balance)
        )
    }

    fn pause(&mut self, failure: &Failure, pause_ms: u64) {
        if pause_ms >= 2_000 {
            self.say(&format!("waiting {:.1} s: {failure}", Duration::from_millis(pause_ms).as_secs_f64()));
        }
    }

    fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(text),
            None if self.last_line > Instant::now() => {}
            None => aside(text),
        }
    }

    fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn counts(balance: &Balance) -> String {
    let named = [
        ("created", balance.created),
        ("updated", balance.updated),
        ("unchanged", balance.unchanged),
        ("skipped", balance.skipped),
        ("conflicted", balance.conflicted),
        ("failed", balance.failed),
    ];
    let shown = named.iter().filter(|(_, count)| *count > 0);
    shown.map(|(name, count)| format!("{name} {}", grouped(*count))).collect::<Vec<_>>().join("  ")
}
