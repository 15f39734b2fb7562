//! Where one engine sits: every step that it takes outside passes through here, takes time, and may be its last.

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use cs_domain::{RequestCount, System};
use cs_ports::{Clock, PeerError};
use jiff::Timestamp;

use super::faults::{self, Fate};
use super::timeline::Pause;
use super::world::{Shared, World};

/// One engine's seat.
pub(crate) struct Seat {
    pub(crate) world: Shared,
    /// Which of the engines.
    pub(crate) engine: usize,
    /// What it calls itself in leases.
    pub(crate) holder: String,
}

impl Seat {
    /// Lets a piece of a call's time pass. The process may die in it.
    pub(crate) async fn travel(&self) {
        let pause = {
            let mut world = self.world.lock();
            let world = &mut *world;
            world.weather.travel(&mut world.random)
        };
        Pause::new(&self.world, pause).await;
        self.dare().await;
    }

    /// Lets the time of a step of the process's own pass. It may die in it.
    pub(crate) async fn step(&self) {
        let pause = {
            let mut world = self.world.lock();
            let world = &mut *world;
            world.weather.step(&mut world.random)
        };
        Pause::new(&self.world, pause).await;
        self.dare().await;
    }

    /// A step at which the process may die.
    pub(crate) async fn dare(&self) {
        let dies = {
            let mut world = self.world.lock();
            let chance = world.weather.deadly;
            let dies = chance > 0 && world.random.permille(chance);
            if dies {
                world.dying.insert(self.engine);
                let holder = self.holder.clone();
                world.say(|_| format!("{holder} dies"));
            }
            dies
        };
        if dies {
            // Whoever carries out the story drops this future now.
            std::future::pending::<()>().await;
        }
    }

    /// What becomes of a call.
    pub(crate) fn fate(&self, system: System, write: bool) -> Fate {
        let mut world = self.world.lock();
        let world = &mut *world;
        world.weather.fate(&mut world.random, system, write)
    }

    /// Carries a question there and its answer back.
    pub(crate) async fn read_call<T: Send>(
        &self,
        side: System,
        count: &Count,
        operation: String,
        read: impl FnOnce(&World) -> Result<T, PeerError> + Send,
        told: impl FnOnce(&T) -> String + Send,
    ) -> Result<T, PeerError> {
        self.travel().await;
        count.add(false);
        if let Fate::Before(kind) = self.fate(side, false) {
            self.say(|_| format!("{operation} -> {}", kind.code()));
            return Err(faults::error(side, operation, kind));
        }
        let result = {
            let mut world = self.world.lock();
            let result = read(&world);
            let holder = &self.holder;
            world.say(|_| match &result {
                Ok(found) => format!("{holder}: {operation} -> {}", told(found)),
                Err(error) => format!("{holder}: {operation} -> {error}"),
            });
            result
        };
        self.travel().await;
        result
    }

    /// Adds to the trace in this engine's name.
    pub(crate) fn say(&self, what: impl FnOnce(&World) -> String) {
        self.world.lock().say(|world| format!("{}: {}", self.holder, what(world)));
    }
}

#[async_trait]
impl Clock for Seat {
    fn now(&self) -> Timestamp {
        self.world.lock().timeline.now()
    }

    async fn sleep(&self, pause: std::time::Duration) {
        Pause::new(&self.world, pause).await;
    }
}

/// Requests of one face.
#[derive(Default)]
pub(crate) struct Count {
    read: AtomicU64,
    write: AtomicU64,
}

impl Count {
    pub(crate) fn add(&self, write: bool) {
        let counter = if write { &self.write } else { &self.read };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn told(&self) -> RequestCount {
        RequestCount { read: self.read.load(Ordering::Relaxed), write: self.write.load(Ordering::Relaxed) }
    }
}
