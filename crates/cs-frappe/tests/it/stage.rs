//! A site to play on.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use cs_domain::{Fields, Kind, OperationKey, Record, Row, Value, Version};
use cs_frappe::{FrappeClient, FrappeConfig};
use cs_ports::{Expected, FieldRequests, PeerError, WriteOutcome, Writer};
use cs_sandbox::faults::Faults;
use cs_sandbox::frappe::catalogue::DocType;
use cs_sandbox::frappe::install::{AgencyOptions, agency, lab, shared};
use cs_sandbox::frappe::{FrappeFace, Site, router};
use cs_sandbox::server::{Server, serve};
use jiff::Timestamp;
use serde_json::Value as Json;

/// A served site.
pub(crate) struct Stage {
    pub(crate) site: Arc<Mutex<Site>>,
    pub(crate) server: Server,
}

impl Stage {
    /// An agency's site, as the default mapping needs it.
    pub(crate) async fn agency() -> Self {
        Self::agency_with("").await
    }

    /// The same with scripted faults.
    pub(crate) async fn agency_with(faults: &str) -> Self {
        Self::serve(agency(&AgencyOptions::default()).unwrap(), faults).await
    }

    /// ERPNext as it comes.
    pub(crate) async fn unprepared() -> Self {
        let options = AgencyOptions { prepared: false, ..AgencyOptions::default() };
        Self::serve(agency(&options).unwrap(), "").await
    }

    /// The recorded site.
    pub(crate) async fn lab() -> Self {
        Self::serve(lab().unwrap(), "").await
    }

    async fn serve(site: Site, faults: &str) -> Self {
        let site = shared(site);
        // Each request a second later than the one before.
        let second = AtomicI64::new(Timestamp::UNIX_EPOCH.as_second() + 1_800_000_000);
        let clock = Arc::new(move || Timestamp::from_second(second.fetch_add(1, Ordering::Relaxed)).unwrap());
        let faults = Faults::parse(faults, "faults.toml").unwrap();
        let address = "127.0.0.1:0".parse().unwrap();
        let server =
            serve(router(Arc::clone(&site), clock), Arc::new(FrappeFace), faults, address).await.unwrap();
        Self { site, server }
    }

    /// The site's state.
    pub(crate) fn site(&self) -> MutexGuard<'_, Site> {
        self.site.lock().unwrap()
    }

    /// How to reach it as one of its users; reads are not repeated, so that each fault shows.
    pub(crate) fn config(&self, user: &str) -> FrappeConfig {
        let upper = user.to_uppercase();
        FrappeConfig {
            read_attempts: 1,
            timeout: Duration::from_secs(20),
            ..FrappeConfig::new(self.server.url(), format!("API_KEY_{upper}"), format!("API_SECRET_{upper}"))
        }
    }

    /// A client that acts as the user with all rights.
    pub(crate) fn client(&self) -> FrappeClient {
        self.client_of("sync")
    }

    pub(crate) fn client_of(&self, user: &str) -> FrappeClient {
        FrappeClient::new(self.config(user)).unwrap()
    }

    /// Puts a document in place without any rule.
    pub(crate) fn put(&self, doctype: &str, document: Json) {
        let Json::Object(row) = document else {
            panic!("a document is an object");
        };
        self.site().stage(doctype, row);
    }

    /// Takes all rights on a DocType from everybody.
    pub(crate) fn bar(&self, doctype: &str) {
        let mut barred = DocType::clone(&self.site().doctype(doctype).unwrap());
        barred.permissions.clear();
        self.site().install_doctypes(vec![Arc::new(barred)]);
    }

    pub(crate) fn stored(&self, doctype: &str, name: &str) -> Json {
        self.site().document(doctype, name).unwrap_or_else(|| panic!("{doctype} {name} is not there"))
    }
}

/// Fields that are texts.
pub(crate) fn texts<const N: usize>(fields: [(&str, &str); N]) -> Fields {
    fields.into_iter().map(|(name, text)| (name.into(), Value::text(text))).collect()
}

pub(crate) fn fields<const N: usize>(names: [&str; N]) -> FieldRequests {
    FieldRequests::plain(names)
}

pub(crate) fn key() -> OperationKey {
    OperationKey("6x231/owner".into())
}

/// Expects this version. What the fields held before is not looked at in Frappe, which compares versions itself.
pub(crate) fn at(version: &Version) -> Expected<'_> {
    static BEFORE: Fields = Fields::new();
    Expected { version, before: &BEFORE }
}

/// Creates a document and expects it to be stored.
pub(crate) async fn create(
    client: &FrappeClient,
    kind: &str,
    sent: &Fields,
    wanted: &FieldRequests,
) -> Record {
    applied(client.create(&Kind::new(kind), sent, &key(), wanted).await)
}

pub(crate) fn applied(outcome: WriteOutcome) -> Record {
    match outcome {
        WriteOutcome::Applied(written) => written.record,
        other => panic!("not applied: {other:?}"),
    }
}

pub(crate) fn rejected(outcome: WriteOutcome) -> PeerError {
    match outcome {
        WriteOutcome::Rejected(error) => error,
        other => panic!("not rejected: {other:?}"),
    }
}

pub(crate) fn unknown(outcome: WriteOutcome) -> PeerError {
    match outcome {
        WriteOutcome::Unknown(error) => error,
        other => panic!("not unknown: {other:?}"),
    }
}

/// A customer and an item, which an order needs.
pub(crate) async fn with_customer_and_item(client: &FrappeClient) {
    create(client, "Customer", &texts([("customer_name", "Cliente Prueba")]), &fields(["name"])).await;
    let item = texts([
        ("item_code", "ART-1"),
        ("item_name", "Artículo"),
        ("item_group", "Products"),
        ("stock_uom", "Nos"),
    ]);
    create(client, "Item", &item, &fields(["name"])).await;
}

/// An order for them.
pub(crate) fn order() -> Fields {
    let item = Row {
        name: None,
        columns: BTreeMap::from([
            ("item_code".into(), Value::Text("ART-1".into())),
            ("qty".into(), Value::Integer(2)),
            ("rate".into(), Value::Text("150.5".into())),
        ]),
    };
    let mut order = texts([
        ("customer", "Cliente Prueba"),
        ("transaction_date", "2026-11-20"),
        ("delivery_date", "2026-11-30"),
        ("custom_ffm_app_id", "FFM-1"),
    ]);
    order.insert("items".into(), Value::Rows(vec![item]));
    order
}
