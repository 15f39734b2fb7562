//! The engines of a story: their futures, when they run, how they die and who comes after them.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use cs_domain::{Requests, Run};
use cs_engine::{Engine, EngineError, Job, RetryPolicy};
use cs_ports::{Meter, Store};

use super::frappe_face::FrappeFace;
use super::random::Chance;
use super::seat::Seat;
use super::store_face::StoreFace;
use super::vtiger_face::VtigerFace;
use super::world::Shared;

/// How a run ended, and what it asked of the two systems.
pub(crate) struct Ended {
    pub(crate) result: Result<Run, EngineError>,
    pub(crate) requests: Requests,
}

/// Says that a future wants to be looked at.
struct Bell(AtomicBool);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// One place for an engine; when the engine dies, the next one sits down in it.
pub(crate) struct Berth {
    number: usize,
    generation: u32,
    /// The holder that died here and may be buried.
    dead: Option<String>,
    running: Option<Pin<Box<dyn Future<Output = Ended>>>>,
    bell: Arc<Bell>,
    waker: Waker,
}

impl Berth {
    pub(crate) fn new(number: usize) -> Self {
        let bell = Arc::new(Bell(AtomicBool::new(false)));
        Self { number, generation: 0, dead: None, running: None, waker: Waker::from(Arc::clone(&bell)), bell }
    }

    /// Begins a run.
    pub(crate) fn start(&mut self, world: &Shared, store: &Arc<dyn Store>, job: Job, buries: bool) {
        let holder = format!("engine-{}.{}", self.number, self.generation);
        let seat = Arc::new(Seat { world: world.clone(), engine: self.number, holder: holder.clone() });
        let dead = self.dead.take().filter(|_| buries);
        self.running = Some(Box::pin(one_run(seat, Arc::clone(store), job, dead)));
        self.bell.0.store(true, Ordering::Relaxed);
        world.lock().say(|_| format!("{holder} starts a run"));
    }

    /// Lets the run go as far as it can; answers how it ended.
    pub(crate) fn go_on(&mut self) -> Option<Ended> {
        while self.bell.0.swap(false, Ordering::Relaxed) {
            let running = self.running.as_mut()?;
            let mut context = Context::from_waker(&self.waker);
            if let Poll::Ready(ended) = running.as_mut().poll(&mut context) {
                self.running = None;
                return Some(ended);
            }
        }
        None
    }

    /// The process is gone, with everything it had not made durable.
    pub(crate) fn die(&mut self) {
        self.dead = Some(format!("engine-{}.{}", self.number, self.generation));
        self.generation += 1;
        self.running = None;
    }
}

async fn one_run(seat: Arc<Seat>, store: Arc<dyn Store>, job: Job, dead: Option<String>) -> Ended {
    let vtiger = Arc::new(VtigerFace::new(Arc::clone(&seat)));
    let frappe = Arc::new(FrappeFace::new(Arc::clone(&seat)));
    let (chance, workers) = {
        let mut world = seat.world.lock();
        (world.random.fork(), 1 + world.random.index(3))
    };
    let engine = Engine {
        vtiger: vtiger.clone(),
        frappe: frappe.clone(),
        census: vtiger.clone(),
        store: Arc::new(StoreFace::new(Arc::clone(&seat), store)),
        clock: seat.clone(),
        entropy: Arc::new(Chance::new(chance)),
        observers: Vec::new(),
        retry: RetryPolicy {
            tries: 3,
            first_pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(10),
            unit_pause: Duration::from_secs(30),
            unit_tries: 8,
        },
        workers,
        holder: seat.holder.clone(),
    };
    if let Some(dead) = dead {
        // What cannot be buried ends by itself.
        drop(engine.bury(&job.mapping.name, &dead).await);
    }
    let result = engine.run(&job).await;
    let requests = Requests { vtiger: vtiger.requests(), frappe: frappe.requests() };
    seat.say(|_| match &result {
        Ok(run) => format!("ends {} {:?} {requests:?} {:?}", run.status, run.balance, run.failure),
        Err(error) => format!("ends: {error}"),
    });
    Ended { result, requests }
}
