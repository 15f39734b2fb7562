//! Where the concrete types of a reconciliation meet: VTiger, the source of orders, the store.

use std::sync::Arc;

use cs_domain::RunId;
use cs_engine::reconcile::{OrderSource, Reconciler, WebService};
use cs_engine::{EngineError, RetryPolicy, StopSignal};
use cs_ports::{Clock, Entropy, Observer, StoreError};

use crate::belonging::Pair;
use crate::clock::{SystemClock, SystemEntropy};
use crate::config::Config;
use crate::failure::CommandError;
use crate::holder::Holder;
use crate::view::ViewOrders;
use crate::wiring::{Crm, Home, WORKERS};

/// The module that reconciliations write to.
const ORDERS: &str = "SalesOrder";

/// Everything a reconciliation needs.
pub(crate) struct Ready {
    pub(crate) reconciler: Reconciler,
    holder: Arc<Holder>,
}

/// Connects to VTiger and opens the store, for one command; Frappe is not asked for.
pub(crate) async fn ready(config: &Config, observers: Vec<Arc<dyn Observer>>) -> Result<Ready, CommandError> {
    ready_at(&Home::enter(&config.data_dir).await?, config, observers).await
}

/// The same where this process is at home already.
pub(crate) async fn ready_at(
    home: &Home,
    config: &Config,
    observers: Vec<Arc<dyn Observer>>,
) -> Result<Ready, CommandError> {
    let fields = config.reconciliation.order_fields()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let crm = Crm::of(config, &clock, &entropy)?;
    let orders: Arc<dyn OrderSource> = match &config.reconciliation.view {
        Some(view) => Arc::new(ViewOrders::new(view)),
        None => Arc::new(WebService { vtiger: Arc::clone(&crm.peer) as _, fields: fields.clone() }),
    };
    let store = Arc::clone(&home.store);
    let pair = Pair { config, store: &store, vtiger: crm.vtiger.as_deref(), frappe: None };
    pair.expect_and_note(&ORDERS.into()).await?;
    let reconciler = Reconciler {
        vtiger: crm.peer,
        orders,
        store: Arc::clone(&store) as _,
        findings: store,
        clock,
        entropy,
        observers: config.extensions.followed_by(observers),
        retry: RetryPolicy::default(),
        workers: WORKERS,
        holder: home.holder.name().to_owned(),
        fields,
        watched: config.reconciliation.watched.clone(),
        stop: StopSignal::never(),
    };
    Ok(Ready { reconciler, holder: Arc::clone(&home.holder) })
}

impl Ready {
    /// Whether this is a run of a reconciliation that never set out to write anything.
    pub(crate) async fn wrote_nothing(&self, run: &RunId) -> Result<bool, StoreError> {
        let store = &self.reconciler.store;
        let known = store.run(run).await?.is_some_and(|run| run.mapping.as_str().starts_with("company/"));
        Ok(known && store.journal(run).await?.is_empty())
    }

    /// Does something under a company's lease. A lease that a dead process of this machine still has is taken from it.
    pub(crate) async fn patiently<T>(
        &self,
        work: impl AsyncFn(&Reconciler) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        match work(&self.reconciler).await {
            Err(EngineError::Busy { mapping, holder, .. }) if self.holder.outlived(&holder) => {
                self.reconciler.bury(&mapping, &holder).await?;
                work(&self.reconciler).await
            }
            result => result,
        }
    }
}
