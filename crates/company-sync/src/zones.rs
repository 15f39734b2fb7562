//! The zones that the two systems write their times in: neither says which with a time.

use std::collections::BTreeMap;

use cs_domain::{System, Version};
use cs_ports::StoreError;
use cs_store::SqliteStore;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::TimeZone;

use crate::config::Config;

/// The zones, as far as they are known.
#[derive(Debug, Default)]
pub(crate) struct Zones(BTreeMap<System, TimeZone>);

impl Zones {
    /// As configured, else as a run has learnt and noted them.
    pub(crate) async fn known(config: &Config, store: &SqliteStore) -> Result<Self, StoreError> {
        let systems = store.systems().await?;
        let noted = systems.iter().filter_map(|(system, known)| Some((*system, known.time_zone.as_deref()?)));
        let mut zones = Self::named(noted);
        if let Some(zone) = config.vtiger.as_ref().and_then(|vtiger| vtiger.time_zone.clone()) {
            zones.0.insert(System::Vtiger, zone);
        }
        let frappe = config.frappe.as_ref().and_then(|frappe| frappe.time_zone.as_deref());
        zones.0.extend(Self::named(frappe.map(|name| (System::Frappe, name))).0);
        Ok(zones)
    }

    /// The zones of these names (`America/Bogota`, `-05:00`); a name that nobody knows is left out.
    pub(crate) fn named<'n>(names: impl IntoIterator<Item = (System, &'n str)>) -> Self {
        let parser = DateTimeParser::new();
        let zone = |(system, name): (System, &str)| Some((system, parser.parse_time_zone(name).ok()?));
        Self(names.into_iter().filter_map(zone).collect())
    }

    /// When a system wrote this version; `None` where it is no time, or nobody knows the zone. Of an hour that clocks show
    /// twice the first.
    pub(crate) fn instant(&self, system: System, version: &Version) -> Option<Timestamp> {
        let local: DateTime = version.as_str().parse().ok()?;
        let zone = self.0.get(&system)?.clone();
        zone.to_ambiguous_timestamp(local).compatible().ok()
    }
}
