//! The connector itself: the way to the site, and what it has learnt of it so far.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use cs_domain::{FieldName, Kind, RequestCount};
use cs_ports::{ErrorKind, Meter, PeerError};
use serde_json::Value as Json;
use tokio::sync::{OnceCell, RwLock};

use crate::config::FrappeConfig;
use crate::decode::Tables;
use crate::error::FrappeError;
use crate::probe::ZoneSource;
use crate::refusal::Class;
use crate::schema::{DocSchema, Form};
use crate::transport::{Call, Transport};
use crate::zone::SiteZone;

/// A Frappe site, as the engine's ports see it. Made once and shared; it keeps DocTypes and the time zone for as long
/// as it lives.
pub struct FrappeClient {
    pub(crate) transport: Transport,
    pub(crate) page_length: u32,
    pub(crate) feed_overlap: Duration,
    /// Whether it was told already that deletes cannot be read.
    pub(crate) told_of_deletes: AtomicBool,
    /// Whether it was told already that renames cannot.
    pub(crate) told_of_renames: AtomicBool,
    configured_zone: Option<SiteZone>,
    schemas: RwLock<BTreeMap<Kind, Arc<DocSchema>>>,
    zone: OnceCell<Option<FoundZone>>,
    user: OnceCell<String>,
}

/// The site's time zone and where it was learnt.
#[derive(Debug)]
pub(crate) struct FoundZone {
    pub(crate) zone: SiteZone,
    pub(crate) source: ZoneSource,
}

impl fmt::Debug for FrappeClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrappeClient").finish_non_exhaustive()
    }
}

impl FrappeClient {
    /// A client for a site. Nothing is sent yet.
    ///
    /// # Errors
    /// [`FrappeError::Configuration`] and [`FrappeError::TimeZone`] where the configuration cannot be used.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the secret is not to lie about once the client holds it"
    )]
    pub fn new(config: FrappeConfig) -> Result<Self, FrappeError> {
        let configured_zone = config.time_zone.as_deref().map(SiteZone::named).transpose()?;
        Ok(Self {
            transport: Transport::new(&config)?,
            page_length: config.page_length.max(1),
            feed_overlap: config.feed_overlap,
            told_of_deletes: AtomicBool::new(false),
            told_of_renames: AtomicBool::new(false),
            configured_zone,
            schemas: RwLock::default(),
            zone: OnceCell::new(),
            user: OnceCell::new(),
        })
    }

    /// What the site says of a DocType; asked once.
    pub(crate) async fn doc_schema(&self, kind: &Kind) -> Result<Arc<DocSchema>, FrappeError> {
        if let Some(schema) = self.schemas.read().await.get(kind) {
            return Ok(Arc::clone(schema));
        }
        let meta = self.transport.read(&Call::meta(kind.as_str())).await.map_err(no_doctype)?;
        let mut schema = DocSchema::from_meta(kind, meta.value)?;
        // Child tables have no rights of their own.
        if !schema.is_table {
            let (creatable, updatable) = tokio::try_join!(self.may(kind, "create"), self.may(kind, "write"))?;
            // Where the site does not say, a write will.
            schema.kind.creatable = creatable.unwrap_or(true);
            schema.kind.updatable = updatable.unwrap_or(true);
        }
        let schema = Arc::new(schema);
        self.schemas.write().await.insert(kind.clone(), Arc::clone(&schema));
        Ok(schema)
    }

    /// Forgets a DocType, because it was changed.
    pub(crate) async fn forget_schema(&self, kind: &Kind) {
        self.schemas.write().await.remove(kind);
    }

    /// Whether the user has a right on a DocType as a whole: a document's name left empty means any. `None` where the
    /// site refuses the question.
    pub(crate) async fn may(&self, kind: &Kind, right: &str) -> Result<Option<bool>, FrappeError> {
        let call = Call::ask(
            "frappe.client.has_permission",
            vec![("doctype", kind.to_string()), ("docname", String::new()), ("perm_type", right.to_owned())],
        );
        match self.transport.read(&call).await {
            Ok(answer) => Ok(match answer.value.get("has_permission") {
                Some(Json::Bool(may)) => Some(*may),
                Some(Json::Number(may)) => Some(may.as_i64() != Some(0)),
                _ => Some(false),
            }),
            Err(error) if matches!(error.kind(), ErrorKind::Missing | ErrorKind::Refused) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The schemas of those of the fields that are tables.
    pub(crate) async fn tables<'a>(
        &self,
        schema: &DocSchema,
        fields: impl Iterator<Item = &'a FieldName>,
    ) -> Result<Tables, FrappeError> {
        let mut tables = Tables::new();
        for field in fields {
            if let (_, Form::Rows(kind)) = schema.field(field)? {
                tables.insert(kind.clone(), self.doc_schema(kind).await?);
            }
        }
        Ok(tables)
    }

    /// The user that the client acts as; asked once.
    pub(crate) async fn user(&self) -> Result<&str, FrappeError> {
        let ask = async || {
            let user =
                self.transport.read(&Call::ask("frappe.auth.get_logged_user", Vec::new())).await?.value;
            user.as_str().map(str::to_owned).ok_or(FrappeError::Shape { what: "the user" })
        };
        Ok(self.user.get_or_try_init(ask).await?)
    }

    /// The name of the zone that the site's stamps are in; asked once. `None` where the site does not tell it.
    ///
    /// # Errors
    /// Where the site cannot be asked.
    pub async fn known_zone(&self) -> Result<Option<String>, PeerError> {
        let zone = self.zone().await.map_err(|error| error.into_peer("check"))?;
        Ok(zone.map(|zone| zone.name().to_owned()))
    }

    /// The site's time zone; asked once. `None` where the site does not tell it.
    pub(crate) async fn zone(&self) -> Result<Option<&SiteZone>, FrappeError> {
        Ok(self.found_zone().await?.map(|found| &found.zone))
    }

    pub(crate) async fn found_zone(&self) -> Result<Option<&FoundZone>, FrappeError> {
        let found = self.zone.get_or_try_init(|| self.ask_zone()).await?;
        Ok(found.as_ref())
    }

    /// System Settings are what the site stamps by, and need a right. `get_time_zone` is open to all, but tells the
    /// site's *default*, which can lag behind (`fixtures/frappe/get_time_zone.json` against `system_settings_tz.json`).
    async fn ask_zone(&self) -> Result<Option<FoundZone>, FrappeError> {
        if let Some(zone) = &self.configured_zone {
            return Ok(Some(FoundZone { zone: zone.clone(), source: ZoneSource::Configured }));
        }
        let settings = Call::ask(
            "frappe.client.get_single_value",
            vec![("doctype", "System Settings".to_owned()), ("field", "time_zone".to_owned())],
        );
        let (told, source) = match self.transport.read(&settings).await {
            Ok(payload) => (payload.value, ZoneSource::SystemSettings),
            Err(FrappeError::Refused { class: Class::Permission, .. }) => {
                let default = Call::ask("frappe.client.get_time_zone", Vec::new());
                let told = self.transport.read(&default).await?.value;
                let zone = told.get("time_zone").cloned().unwrap_or(Json::Null);
                (zone, ZoneSource::SiteDefault)
            }
            Err(error) => return Err(error),
        };
        match told.as_str().filter(|name| !name.is_empty()) {
            Some(name) => Ok(Some(FoundZone { zone: SiteZone::named(name)?, source })),
            None => Ok(None),
        }
    }
}

/// What a 404 on a DocType's description means: no such DocType where Frappe says which, an older Frappe where the
/// route itself is unknown (`fixtures/frappe/route_unknown.json`).
fn no_doctype(error: FrappeError) -> FrappeError {
    match error {
        FrappeError::Refused { class: Class::Missing, subject, message, retry_after }
            if subject.document.is_some() =>
        {
            FrappeError::Refused { class: Class::DoctypeMissing, message, subject, retry_after }
        }
        FrappeError::Refused { class: Class::Missing, .. } => FrappeError::TooOld,
        other => other,
    }
}

impl Meter for FrappeClient {
    fn requests(&self) -> RequestCount {
        self.transport.requests()
    }
}
