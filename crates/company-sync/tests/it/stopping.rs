//! Runs that are told to end before their end: between units, between pages, never in the middle of one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cs_domain::{Event, RunStatus};
use cs_engine::{Stop, Stopper};
use cs_ports::Observer;
use cs_sandbox::vtiger::Persona;
use jiff::SignedDuration;

use crate::lab::{Interruption, Lab, LabWish, Person};

const PEOPLE: usize = 40;
/// Units that the lab writes at a time.
const WORKERS: u64 = 4;

/// Stops a run when so many units are done.
struct Patience {
    left: AtomicU64,
    stopper: Stopper,
    reason: Stop,
}

impl Observer for Patience {
    fn observe(&self, event: &Event) {
        if matches!(event, Event::UnitDone { .. }) && self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.stopper.stop(self.reason);
        }
    }
}

/// People in both systems, linked, each then renamed in VTiger.
fn renamed(wish: &LabWish, interruption: impl FnOnce(&[Person]) -> Interruption) -> (Lab, Vec<Person>) {
    let mut everybody = Vec::new();
    let lab = Lab::interrupted(wish, |_, people| {
        everybody = people.to_vec();
        interruption(people)
    });
    lab.run_well();
    lab.ground.clock.pass(SignedDuration::from_secs(60));
    for person in &everybody {
        lab.ground.edit(&person.id, "lastname", "Nueva", SignedDuration::ZERO);
    }
    lab.ground.clock.pass(SignedDuration::from_secs(60));
    (lab, everybody)
}

fn carried(lab: &Lab, people: &[Person]) -> u64 {
    people.iter().filter(|person| lab.ground.shown(&person.name, "last_name") == "Nueva").count() as u64
}

#[test]
fn the_units_at_hand_are_finished_and_the_others_stay_due() {
    for reason in Stop::ALL {
        let (mut lab, people) = renamed(&LabWish::people(Persona::v8_3_0(), PEOPLE), |_| Arc::new(|| {}));
        let stopper = Stopper::default();
        let patience = Patience { left: AtomicU64::new(7), stopper: stopper.clone(), reason };
        lab.watch(Arc::new(patience));
        let run = lab.run_until(stopper.signal());
        let status = if reason == Stop::TimedOut { RunStatus::TimedOut } else { RunStatus::Cancelled };
        assert_eq!(run.status, status);
        assert_eq!(run.failure.as_ref().map(|failure| failure.code.as_str()), Some(reason.code()));
        assert!(run.balance.adds_up(), "{:?}", run.balance);
        assert!((7..7 + WORKERS).contains(&run.balance.read), "{:?}", run.balance);
        assert_eq!(carried(&lab, &people), run.balance.updated, "what counts was written, and nothing else");
        assert_eq!(lab.stored(&run.id).status, status, "it is remembered so");
        let rest = lab.run_well();
        assert_eq!(
            rest.balance.updated,
            PEOPLE as u64 - run.balance.updated,
            "no more and no less than the rest"
        );
        assert_eq!(carried(&lab, &people), PEOPLE as u64);
    }
}

#[test]
fn a_run_ends_between_pages() {
    let stopper = Stopper::default();
    let asked = stopper.clone();
    let pages = Arc::new(AtomicU64::new(0));
    let armed = Arc::clone(&pages);
    let wish = LabWish { page: 10, ..LabWish::people(Persona::v8_3_0(), PEOPLE) };
    let (lab, people) = renamed(&wish, |_| {
        Arc::new(move || {
            // Counted once the first run has linked everybody.
            if armed.load(Ordering::SeqCst) > 0 && armed.fetch_add(1, Ordering::SeqCst) == 2 {
                asked.stop(Stop::Cancelled);
            }
        })
    });
    pages.store(1, Ordering::SeqCst);
    let run = lab.run_until(stopper.signal());
    assert_eq!((run.status, run.balance.read), (RunStatus::Cancelled, 0));
    assert_eq!(carried(&lab, &people), 0);
    pages.store(0, Ordering::SeqCst);
    assert_eq!(lab.run_well().balance.updated, PEOPLE as u64);
}
