//! `demo`: the whole way on this machine, with nothing configured: sandbox, sync, and a second sync that writes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::sync::report;
use crate::cli::{Demo, Global};
use crate::config::{Config, ReconciliationConfig, ServiceConfig};
use crate::failure::{CommandError, Outcome};
use crate::mappings::Editions;
use crate::playground::{Playground, Wish};
use crate::render::progress::Progress;
use crate::render::{grouped, line};
use crate::scratch::Scratch;
use crate::wiring::wire;

/// Runs `demo`.
pub(crate) async fn run(global: &Global, demo: &Demo) -> Result<Outcome, CommandError> {
    let scratch = Scratch::new(global.data_dir.as_deref())?;
    let playground = Playground::start(&Wish::of_demo(demo)).await?;
    let config = Config {
        data_dir: scratch.path.clone(),
        zone: TimeZone::UTC,
        vtiger: Some(playground.vtiger()),
        frappe: Some(playground.frappe()),
        mappings: Playground::mappings(),
        reconciliation: ReconciliationConfig::default(),
        companies: BTreeMap::new(),
        service: ServiceConfig::default(),
        source: None,
        extensions: Arc::clone(&global.extensions),
    };
    let say = |text: &str| if global.json { Ok(()) } else { line(text) };
    say(&format!(
        "The sandbox plays an agency with {} policies in VTiger and an empty Frappe.\n\nFirst sync: every policy becomes \
         linked documents in Frappe.",
        grouped(demo.orders as u64)
    ))?;
    let progress = Arc::new(Progress::new(global.quiet || global.json));
    let wired = wire(&config, vec![Arc::clone(&progress) as _]).await?;
    wired.pair(&config).expect_and_note(&"SalesOrder".into()).await?;
    let editions = Editions::of_files(&config);
    let first = wired.run(&editions.job("policy", false)?).await?;
    let mut outcome = report(global, &first, &progress)?;
    say("\nSecond sync: every policy is compared again, field by field.")?;
    let second = wired.run(&editions.job("policy", true)?).await?;
    outcome = outcome.and(report(global, &second, &progress)?);
    let writes = second.requests.frappe.write + second.requests.vtiger.write;
    say(&if writes == 0 {
        "\nNothing was written: both sides agree.".to_owned()
    } else {
        format!("\n{} writes were needed to bring both sides into step.", grouped(writes))
    })?;
    wired.store.close().await;
    playground.stop().await;
    Ok(outcome)
}
