//! Whether the store belongs to the two systems that the configuration names.
//!
//! Links, shadows and cursors are about one VTiger and one Frappe. With another pair they would be read as everything
//! having been deleted and edited, and written accordingly. So the pair is noted at a store's first run, and another one is
//! refused before anything is read.

use std::collections::BTreeMap;

use cs_domain::{Kind, System};
use cs_frappe::FrappeClient;
use cs_ports::{Births, StoreError, SystemIdentity};
use cs_store::SqliteStore;
use cs_vtiger::VtigerClient;

use crate::config::Config;
use crate::failure::CommandError;

/// Why a store is not used with these systems.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BelongingError {
    /// The system is at another address than the store was used with.
    #[error(
        "what is remembered in {data_dir} belongs to the {system} at {known}; configured is {configured}"
    )]
    Address {
        /// Which system.
        system: System,
        /// Where the store is.
        data_dir: String,
        /// Where the system was.
        known: String,
        /// Where it is said to be.
        configured: String,
    },
    /// At the address is another VTiger than the store was used with.
    #[error(
        "the VTiger at {address} is another one than what is remembered in {data_dir} belongs to: record {record} was made at another time"
    )]
    Another {
        /// Where the store is.
        data_dir: String,
        /// Where the VTiger is.
        address: String,
        /// A record that shows it.
        record: String,
    },
}

impl BelongingError {
    /// Stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Address { .. } => "store.other_address",
            Self::Another { .. } => "store.other_system",
        }
    }

    /// What to do.
    pub(crate) fn remedy(&self) -> &'static str {
        match self {
            Self::Address { .. } => {
                "For another pair of systems use a store of their own (--data-dir FOLDER, or data_dir in the configuration). If \
                 the same system has moved to a new address, say so: company-sync systems accept"
            }
            Self::Another { .. } => {
                "Use a store of its own for it: --data-dir FOLDER, or data_dir in the configuration. Check the address where the \
                 other one was meant."
            }
        }
    }
}

/// What the configuration names, as far as the command uses it.
pub(crate) struct Pair<'a> {
    pub(crate) config: &'a Config,
    pub(crate) store: &'a SqliteStore,
    /// Not there where something else stands in its place: then its address alone tells.
    pub(crate) vtiger: Option<&'a VtigerClient>,
    /// Not there where only VTiger is asked.
    pub(crate) frappe: Option<&'a FrappeClient>,
}

impl Pair<'_> {
    /// Refuses another system than the store was used with so far.
    ///
    /// VTiger is asked one question; where it gives no answer, nothing is known against it, and whatever comes next says
    /// why it does not.
    pub(crate) async fn expect_known(&self) -> Result<(), CommandError> {
        let known = self.store.systems().await?;
        for (system, configured) in self.addresses() {
            if let Some(known) = known.get(&system).filter(|known| known.address != configured) {
                let (data_dir, known) = (self.data_dir(), known.address.clone());
                return Err(BelongingError::Address { system, data_dir, known, configured }.into());
            }
        }
        let births = known.get(&System::Vtiger).and_then(|known| known.births.as_ref());
        Ok(self.expect_births(births).await?)
    }

    /// The same, and notes what is not noted yet: `kind` is a module whose first records will tell this VTiger from others.
    pub(crate) async fn expect_and_note(&self, kind: &Kind) -> Result<(), CommandError> {
        self.expect_known().await?;
        let known = self.store.systems().await?;
        let noted = |system: System| known.get(&system).cloned().unwrap_or_default();
        let vtiger = noted(System::Vtiger);
        match self.vtiger {
            Some(client) if vtiger.births.as_ref().is_none_or(|births| births.created.is_empty()) => {
                if let Ok(births) = client.births(kind).await {
                    let time_zone = client.known_zone().or(vtiger.time_zone);
                    self.put(System::Vtiger, Some(births), time_zone).await?;
                }
            }
            None if !known.contains_key(&System::Vtiger) => self.put(System::Vtiger, None, None).await?,
            _ => {}
        }
        let Some(frappe) = self.frappe.filter(|_| !known.contains_key(&System::Frappe)) else {
            return Ok(());
        };
        if let Ok(time_zone) = frappe.known_zone().await {
            self.put(System::Frappe, None, time_zone).await?;
        }
        Ok(())
    }

    /// Takes the configured addresses for those of the systems that the store belongs to, unless VTiger shows that it is
    /// another one.
    pub(crate) async fn accept(&self) -> Result<(), CommandError> {
        let known = self.store.systems().await?;
        let births = known.get(&System::Vtiger).and_then(|known| known.births.as_ref());
        if let (Some(births), Some(vtiger)) = (births, self.vtiger) {
            // Unlike before a run, no answer is no proof: whoever accepts an address wants it looked at.
            vtiger.births_of(&births.kind, &ids(births)).await?;
            self.expect_births(Some(births)).await?;
        }
        for (system, address) in self.addresses() {
            let before = known.get(&system).cloned().unwrap_or_default();
            self.store.put_system(system, &SystemIdentity { address, ..before }).await?;
        }
        Ok(())
    }

    /// Notes the zones that the systems' stamps are in, as far as a run has shown them.
    pub(crate) async fn note_zones(&self) -> Result<(), StoreError> {
        let known = self.store.systems().await?;
        let frappe = match self.frappe {
            Some(frappe) => frappe.known_zone().await.ok().flatten(),
            None => None,
        };
        let vtiger = self.vtiger.and_then(VtigerClient::known_zone);
        for (system, time_zone) in [(System::Vtiger, vtiger), (System::Frappe, frappe)] {
            let Some(before) = known.get(&system).filter(|_| time_zone.is_some()) else { continue };
            if before.time_zone != time_zone {
                self.store.put_system(system, &SystemIdentity { time_zone, ..before.clone() }).await?;
            }
        }
        Ok(())
    }

    async fn expect_births(&self, known: Option<&Births>) -> Result<(), BelongingError> {
        let (Some(known), Some(vtiger)) = (known, self.vtiger) else { return Ok(()) };
        let Ok(found) = vtiger.births_of(&known.kind, &ids(known)).await else { return Ok(()) };
        if !known.contradicted_by(&found) {
            return Ok(());
        }
        let differs = found.iter().find(|(id, at)| known.created.get(*id).is_some_and(|known| known != *at));
        let record = differs.map(|(id, _)| id.to_string()).unwrap_or_default();
        let address = self.addresses().remove(&System::Vtiger).unwrap_or_default();
        Err(BelongingError::Another { data_dir: self.data_dir(), address, record })
    }

    async fn put(
        &self,
        system: System,
        births: Option<Births>,
        time_zone: Option<String>,
    ) -> Result<(), StoreError> {
        let address = self.addresses().remove(&system).unwrap_or_default();
        self.store.put_system(system, &SystemIdentity { address, births, time_zone }).await
    }

    fn addresses(&self) -> BTreeMap<System, String> {
        let mut addresses = configured(self.config);
        if self.frappe.is_none() {
            addresses.remove(&System::Frappe);
        }
        addresses
    }

    fn data_dir(&self) -> String {
        self.config.data_dir.display().to_string()
    }
}

fn ids(births: &Births) -> Vec<cs_domain::RecordId> {
    births.created.keys().cloned().collect()
}

/// Where the configuration says that the systems are.
pub(crate) fn configured(config: &Config) -> BTreeMap<System, String> {
    let vtiger = config.vtiger.as_ref().map(|vtiger| (System::Vtiger, address(&vtiger.url)));
    let frappe = config.frappe.as_ref().map(|frappe| {
        let site = frappe.site.as_ref().map_or_else(String::new, |site| format!(" (site {site})"));
        (System::Frappe, format!("{}{site}", address(&frappe.url)))
    });
    vtiger.into_iter().chain(frappe).collect()
}

/// An address, however it is typed: neither the case of its host, nor a slash at its end, nor VTiger's script make another.
fn address(url: &str) -> String {
    let url = url.trim();
    let url = url.strip_suffix("webservice.php").unwrap_or(url).trim_end_matches('/');
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let (host, path) = rest.split_once('/').map_or((rest, None), |(host, path)| (host, Some(path)));
    let path = path.map_or_else(String::new, |path| format!("/{path}"));
    format!("{}://{}{path}", scheme.to_lowercase(), host.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn one_address_however_it_is_typed() {
        for (typed, expected) in [
            ("https://CRM.example.test/", "https://crm.example.test"),
            ("HTTPS://crm.example.test/Vtiger/webservice.php", "https://crm.example.test/Vtiger"),
            (" http://127.0.0.1:8080 ", "http://127.0.0.1:8080"),
        ] {
            assert_eq!(address(typed), expected);
        }
        assert_ne!(address("http://127.0.0.1:8080"), address("http://127.0.0.1:8081"));
    }
}
