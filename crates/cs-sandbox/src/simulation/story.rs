//! One seed's story: a world, people, engines, trouble; then quiet, decisions, and the question whether all is well.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use cs_domain::Run;
use cs_engine::{Job, StopSignal};
use cs_ports::Store;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::crew::{Berth, Ended};
use super::faults::Weather;
use super::ground::Ground;
use super::ledger::{Author, Ledger, Tally};
use super::mappings::{self, Told};
use super::random::Random;
use super::timeline::Happening;
use super::world::{Shared, World};
use super::{Sabotage, judge, mending, pairs, people, scenery};

/// So many runs at most until nothing is written any more.
const ROUNDS: usize = 14;
/// So often people decide and mend.
const MENDINGS: usize = 8;
/// Time between quiet runs: leases and short pauses end in it.
const BETWEEN: Duration = Duration::from_mins(12);
/// What was there when a story begins is older than the feeds' overlap in some stories: what they missed of it, they never
/// tell again.
const LONG_AGO: Duration = Duration::from_hours(3);
/// More happenings than any story has.
const MOST: usize = 400_000;

/// What a story came to.
pub(crate) struct Outcome {
    pub(crate) breaches: Vec<String>,
    pub(crate) trace: Vec<String>,
    pub(crate) tally: Tally,
}

/// Which story, and how it is told.
pub(crate) struct Telling {
    pub(crate) seed: u64,
    pub(crate) traced: bool,
    pub(crate) sabotage: Option<Sabotage>,
}

/// A story while it is told.
pub(crate) struct Story {
    pub(crate) world: Shared,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) told: Told,
    berths: Vec<Berth>,
    /// How long all was as it is when the story begins.
    lead: Duration,
    happened: usize,
}

/// Tells the story of a seed.
pub(crate) fn tell(ground: &Arc<Ground>, store: Arc<dyn Store>, telling: &Telling) -> Outcome {
    let Some(mut story) = Story::new(ground, store, telling) else {
        let breaches = vec!["the story cannot be set up: mapping or servers are missing".to_owned()];
        return Outcome { breaches, trace: Vec::new(), tally: Tally::default() };
    };
    story.live();
    story.come_to_rest();
    let mut world = story.world.lock();
    Outcome {
        breaches: std::mem::take(&mut world.ledger.breaches),
        trace: world.take_trace(),
        tally: world.ledger.tally,
    }
}

impl Story {
    fn new(ground: &Arc<Ground>, store: Arc<dyn Store>, telling: &Telling) -> Option<Self> {
        let mut random = Random::new(telling.seed);
        let orders = random.percent(30);
        let told = if orders { mappings::policy() } else { mappings::people(&mut random) }?;
        let ledger = Ledger::new(pairs::pairs(&told.mapping), mappings::writable(&told.mapping));
        // Drawn by itself, so that the story is the same with and without it.
        let lead = if Random::new(!telling.seed).percent(40) { LONG_AGO } else { Duration::ZERO };
        let begin = scenery::begin(&mut random).checked_sub(lead).ok()?;
        let servers = scenery::servers(ground, telling.seed, &mut random)?;
        let mut world = World::new(ground, begin, servers, random, (Weather::fair(), ledger));
        world.sabotage = telling.sabotage;
        if telling.traced {
            world.keep_trace();
            world.say(|_| format!("the mapping:\n{}", told.text));
        }
        scenery::furnish(&mut world, &told.mapping, orders);
        world.note(Author::Person);
        let berths = (0..2).map(Berth::new).collect();
        Some(Self { world: Shared::new(world), store, told, berths, lead, happened: 0 })
    }

    fn job(&self, census: bool, full: bool, eager: bool) -> Job {
        Job {
            mapping: self.told.mapping.clone(),
            edition: None,
            settings: self.told.settings.clone(),
            full,
            eager,
            census,
            approved_deletes: None,
            approved: None,
            zone: TimeZone::UTC,
            stop: StopSignal::never(),
        }
    }

    /// People, engines and trouble, all at once.
    fn live(&mut self) {
        let end = {
            let mut world = self.world.lock();
            let world = &mut *world;
            world.weather = Weather::drawn(&mut world.random);
            let length = Duration::from_secs(world.random.between(120, 2_400));
            let deeds = world.random.between(5, 30);
            for moment in people::moments(world, deeds, length) {
                world.timeline.put(self.lead + moment, Happening::Deed);
            }
            let first = Duration::from_secs(world.random.below(60));
            world.timeline.put(self.lead + first, Happening::Start(0));
            if world.random.percent(45) {
                let second = Duration::from_secs(world.random.below(300));
                world.timeline.put(self.lead + second, Happening::Start(1));
            }
            later(world.timeline.now(), self.lead + length)
        };
        self.go_on_until(Some(end));
    }

    /// Lets everything happen that is to happen; after `end`, no engine begins another run.
    fn go_on_until(&mut self, end: Option<Timestamp>) -> Vec<Ended> {
        let mut ended = Vec::new();
        loop {
            self.let_engines_go_on(end, &mut ended);
            self.happened += 1;
            if self.happened > MOST {
                self.world.lock().breach("the story does not come to an end");
                return ended;
            }
            let happening = self.world.lock().timeline.advance();
            match happening {
                None => return ended,
                Some(Happening::Over(waker)) => waker.wake(),
                Some(Happening::Deed) => {
                    let mapping = &self.told.mapping;
                    people::act(&mut self.world.lock(), mapping);
                }
                Some(Happening::Late(number)) => {
                    let mut world = self.world.lock();
                    if let Some(write) = world.late.remove(&number) {
                        write(&mut world);
                    }
                }
                Some(Happening::Start(number)) => self.start(number, end),
            }
        }
    }

    fn start(&mut self, number: usize, end: Option<Timestamp>) {
        let (over, census, full, buries) = {
            let mut world = self.world.lock();
            let over = end.is_some_and(|end| world.timeline.now() >= end);
            (over, world.random.percent(15), world.random.percent(4), world.random.percent(50))
        };
        let job = self.job(census, full, false);
        if let Some(berth) = self.berths.get_mut(number)
            && !over
        {
            berth.start(&self.world, &self.store, job, buries);
        }
    }

    fn let_engines_go_on(&mut self, end: Option<Timestamp>, all: &mut Vec<Ended>) {
        for (number, berth) in self.berths.iter_mut().enumerate() {
            let ended = berth.go_on();
            let died = self.world.lock().dying.remove(&number);
            if died {
                berth.die();
                self.world.lock().ledger.tally.deaths += 1;
            }
            if (died || ended.is_some()) && end.is_some() {
                let mut world = self.world.lock();
                let pause = if died {
                    world.random.millis(1_000, 400_000)
                } else {
                    world.random.millis(5_000, 400_000)
                };
                world.timeline.put(pause, Happening::Start(number));
            }
            if let Some(ended) = ended {
                check_run(&mut self.world.lock(), &ended);
                all.push(ended);
            }
        }
    }

    /// Trouble is over; people decide and mend until there is nothing left to.
    fn come_to_rest(&mut self) {
        self.world.lock().weather = Weather::fair();
        self.world.lock().say(|_| "--- quiet ---".to_owned());
        if !self.quieten(false) {
            return;
        }
        judge::judge_feeds(self);
        if !self.quieten(true) {
            return;
        }
        for round in 0..MENDINGS {
            if !self.world.lock().ledger.breaches.is_empty() {
                return;
            }
            if !mending::mend(self, round + 1 == MENDINGS) {
                break;
            }
            if !self.quieten(true) {
                return;
            }
        }
        // Once more, and once more: nothing may be written again.
        for thorough in [false, true] {
            if let Some(ended) = self.quiet_run(thorough, thorough) {
                let writes = writes(&ended);
                if writes > 0 {
                    self.world.lock().breach(format!("a run after the last one wrote {writes} times again"));
                }
            }
        }
        if self.world.lock().ledger.breaches.is_empty() {
            judge::judge(self);
        }
    }

    /// Runs until nothing is written any more, by the feeds alone or with what is counted besides; false where that does not
    /// come to pass.
    fn quieten(&mut self, counted: bool) -> bool {
        let mut quiet = 0;
        for round in 0..ROUNDS {
            let Some(ended) = self.quiet_run(counted && round % 3 == 0, counted && round == 4) else {
                return false;
            };
            match &ended.result {
                Ok(_) if writes(&ended) == 0 => quiet += 1,
                _ => quiet = 0,
            }
            if quiet == 2 {
                return true;
            }
        }
        self.world.lock().breach(format!("after {ROUNDS} quiet runs there is still something to write"));
        false
    }

    fn quiet_run(&mut self, census: bool, full: bool) -> Option<Ended> {
        let job = self.job(census, full, true);
        {
            let mut world = self.world.lock();
            // Nothing is due at that moment; it only lets the time pass.
            world.timeline.put(BETWEEN, Happening::Late(usize::MAX));
        }
        self.go_on_until(None);
        let berth = self.berths.first_mut()?;
        berth.start(&self.world, &self.store, job, true);
        let ended = self.go_on_until(None).pop();
        match ended {
            None => {
                self.world.lock().breach("a quiet run does not come to an end");
                None
            }
            Some(ended) => {
                if let Ok(run) = &ended.result
                    && let Some(failure) = &run.failure
                {
                    self.world.lock().breach(format!("a quiet run could not go on: {failure}"));
                    return None;
                }
                Some(ended)
            }
        }
    }

    /// Carries out something with the store, which never waits.
    pub(crate) fn with_store<T>(&self, work: impl AsyncFnOnce(&dyn Store) -> T) -> Option<T> {
        let mut future = pin!(work(self.store.as_ref()));
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => Some(result),
            Poll::Pending => None,
        }
    }
}

fn writes(ended: &Ended) -> u64 {
    ended.requests.vtiger.write + ended.requests.frappe.write
}

fn later(now: Timestamp, length: Duration) -> Timestamp {
    now.checked_add(length).unwrap_or(now)
}

/// Every run that came to its end accounts for everything it read.
fn check_run(world: &mut World, ended: &Ended) {
    world.ledger.tally.runs += 1;
    if let Ok(Run { balance, failure: None, id, .. }) = &ended.result
        && !balance.adds_up()
    {
        world.breach(format!("run {id} does not balance: {balance:?}"));
    }
}
