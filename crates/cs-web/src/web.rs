//! What every handler works with, and the router put together.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use cs_ports::{
    Clock, FindingStore, Insight, LinkingStore, MappingStore, PeopleStore, SettingsStore, Store, StoreError,
    TaskStore,
};
use jiff::tz::TimeZone;

use crate::doors::Doors;
use crate::live::Hub;
use crate::office::Office;
use crate::security::Exposure;
use crate::throttle::Throttle;
use crate::{api, assets, live, pages, probes, security};

/// Everything that is remembered.
pub trait Desk:
    Store + FindingStore + PeopleStore + TaskStore + SettingsStore + MappingStore + LinkingStore + Insight
{
}

impl<T> Desk for T where
    T: Store + FindingStore + PeopleStore + TaskStore + SettingsStore + MappingStore + LinkingStore + Insight
{
}

/// Gives the measures of the program as Prometheus reads them.
pub type Measures = Box<dyn Fn() -> String + Send + Sync>;

/// The service, as its handlers see it.
pub struct Web {
    /// What is remembered.
    pub desk: Arc<dyn Desk>,
    /// What only the whole program can do.
    pub office: Arc<dyn Office>,
    /// Who follows what happens.
    pub hub: Arc<Hub>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Where the agency is: the zone in which times are shown.
    pub zone: TimeZone,
    /// How the service is reached.
    pub exposure: Exposure,
    /// What whoever sets the service up must know; the program tells it to whoever started it. `None`: nobody can.
    pub setup_code: Option<String>,
    /// What gives the measures as text.
    pub(crate) measures: Option<Measures>,
    throttle: Throttle,
    /// Held while people are changed: whoever is the last that can manage them is that until it is done.
    pub(crate) people: tokio::sync::Mutex<()>,
    /// Requests with idempotency keys that are being worked on.
    pub(crate) underway: api::Underway,
    /// Whether anybody was ever seen; whoever is the last that manages people cannot be removed.
    inhabited: AtomicBool,
}

impl Web {
    /// A service that nobody has called yet.
    pub fn new(
        desk: Arc<dyn Desk>,
        office: Arc<dyn Office>,
        hub: Arc<Hub>,
        clock: Arc<dyn Clock>,
        zone: TimeZone,
        exposure: Exposure,
    ) -> Self {
        Self {
            desk,
            office,
            hub,
            clock,
            zone,
            exposure,
            setup_code: None,
            measures: None,
            throttle: Throttle::default(),
            people: tokio::sync::Mutex::default(),
            underway: api::Underway::default(),
            inhabited: AtomicBool::new(false),
        }
    }

    /// With the code that the first person must know who sets the service up.
    pub fn with_setup_code(self, setup_code: Option<String>) -> Self {
        Self { setup_code, ..self }
    }

    /// Whether there is anybody who can log in; before that there is only the setup.
    pub(crate) async fn is_inhabited(&self) -> Result<bool, StoreError> {
        if !self.inhabited.load(Ordering::Relaxed) {
            let anybody = !self.desk.people().await?.is_empty();
            self.inhabited.store(anybody, Ordering::Relaxed);
        }
        Ok(self.inhabited.load(Ordering::Relaxed))
    }

    /// With measures for whoever watches it.
    pub fn with_measures(self, measures: Measures) -> Self {
        Self { measures: Some(measures), ..self }
    }

    pub(crate) fn throttle(&self) -> &Throttle {
        &self.throttle
    }
}

/// Every door of the service, with the handlers behind them.
pub(crate) fn doors(web: &Arc<Web>) -> Doors {
    let doors = Doors::new(Arc::clone(web));
    api::doors(live::doors(pages::doors(probes::doors(assets::doors(doors)))))
}

/// The service.
pub fn router(web: &Arc<Web>) -> Router {
    security::around(doors(web).into_router(), web)
}
