//! Virtual time: what is to happen when, and the one pause that everything waits in.
//!
//! A call to a port waits here for the time it takes, a clock's `sleep` for its pause, and people's deeds and the next
//! start of an engine stand here too. Whoever carries out the story takes the earliest entry, moves the time there, and
//! wakes who waits or does the deed. Nothing else lets time pass, so the order of everything is drawn from the seed.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use jiff::Timestamp;

use super::world::Shared;

/// Where an entry stands: when, and which of those at the same time.
type Place = (i64, u64);

/// What happens at a time.
#[derive(Debug)]
pub(crate) enum Happening {
    /// Somebody's pause is over.
    Over(Waker),
    /// A person does something.
    Deed,
    /// An engine begins a run.
    Start(usize),
    /// A write whose answer was given up arrives after all.
    Late(usize),
}

/// What is to happen, in order.
#[derive(Debug)]
pub(crate) struct Timeline {
    now: i64,
    next: u64,
    entries: BTreeMap<Place, Happening>,
}

impl Timeline {
    pub(crate) fn new(begin: Timestamp) -> Self {
        Self { now: begin.as_microsecond(), next: 0, entries: BTreeMap::new() }
    }

    /// Now, on nobody's clock in particular.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.now).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Puts something behind everything that is at the same time already.
    pub(crate) fn put(&mut self, after: Duration, happening: Happening) -> Place {
        let after = i64::try_from(after.as_micros()).unwrap_or(i64::MAX);
        let place = (self.now.saturating_add(after), self.next);
        self.next += 1;
        self.entries.insert(place, happening);
        place
    }

    /// Moves to the next happening.
    pub(crate) fn advance(&mut self) -> Option<Happening> {
        let (place, happening) = self.entries.pop_first()?;
        self.now = place.0;
        Some(happening)
    }
}

/// Ends when its time has passed.
pub(crate) struct Pause {
    world: Shared,
    length: Duration,
    place: Option<Place>,
}

impl Pause {
    pub(crate) fn new(world: &Shared, length: Duration) -> Self {
        Self { world: world.clone(), length, place: None }
    }
}

impl Future for Pause {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let world = self.world.clone();
        let mut world = world.lock();
        match self.place {
            None => {
                let over = Happening::Over(context.waker().clone());
                self.place = Some(world.timeline.put(self.length, over));
                Poll::Pending
            }
            Some(place) => {
                if let Some(Happening::Over(waker)) = world.timeline.entries.get_mut(&place) {
                    waker.clone_from(context.waker());
                    return Poll::Pending;
                }
                self.place = None;
                Poll::Ready(())
            }
        }
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.world.lock().timeline.entries.remove(&place);
        }
    }
}
