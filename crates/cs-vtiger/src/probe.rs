//! What `company-sync check` shows of a VTiger: who we are there, what we may do, what a mapping lacks.

use cs_domain::{Kind, Version};
use cs_ports::PeerError;
use serde::{Deserialize, Serialize};

use crate::client::VtigerClient;
use crate::error::VtigerError;
use crate::query::newest;
use crate::read::version_of;
use crate::transport::{Request, result};

/// What a mapping wants of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedFields {
    /// The module.
    pub kind: Kind,
    /// Fields that are read, by API name or label.
    pub read: Vec<String>,
    /// Fields that are written, by API name or label.
    pub write: Vec<String>,
}

/// A server, seen by the user that the product logs in as.
#[derive(Clone, Debug, Serialize)]
pub struct ServerProbe {
    /// VTiger's version, `8.3.0`.
    pub version: String,
    /// The user's id, `19x1`.
    pub user_id: String,
    /// Whether the user is an administrator.
    pub admin: bool,
    /// The user's own time zone; shown to people, not the one that `modifiedtime` is written in.
    pub user_time_zone: String,
    /// Seconds that the server's clock is ahead of this machine's.
    pub clock_ahead_seconds: i64,
    /// Whether the server's stamps show another zone than the configuration says.
    pub zone_contradicted: bool,
    /// The modules that the user sees.
    pub modules: Vec<Kind>,
    /// The modules asked for, in that order.
    pub kinds: Vec<KindProbe>,
}

/// One module, seen by that user.
#[derive(Clone, Debug, Serialize)]
pub struct KindProbe {
    /// The module.
    pub kind: Kind,
    /// Whether the user sees it. On 8.3.0 a user who is not admin sees none unless the profile has "View all"
    /// (facts/VTIGER.md, trap 7).
    pub visible: bool,
    /// Why it cannot be described, where it cannot.
    pub problem: Option<String>,
    /// Whether the user may create records of it.
    pub creatable: bool,
    /// Whether the user may change them.
    pub updatable: bool,
    /// Wanted fields that are not there, or not shown to this user.
    pub missing: Vec<String>,
    /// Fields to be written that cannot be.
    pub not_writable: Vec<String>,
    /// Wanted text fields whose length nobody tells: longer texts are cut in silence.
    pub unmeasured: Vec<String>,
    /// The stamp of the newest record; none where the module is empty.
    pub newest: Option<Version>,
}

#[derive(Deserialize)]
struct ListTypes {
    types: Vec<Kind>,
}

impl VtigerClient {
    /// Logs in, lists modules, and looks for what is wanted. `Err` where the server cannot be asked at all; trouble
    /// with one module stands in its [`KindProbe`].
    pub async fn probe(&self, wanted: &[WantedFields]) -> Result<ServerProbe, PeerError> {
        let identity = self.identity().await.map_err(|error| error.into_peer("login"))?;
        let modules = self.modules().await.map_err(|error| error.into_peer("listtypes"))?;
        let mut kinds = Vec::with_capacity(wanted.len());
        for wanted in wanted {
            kinds.push(self.probe_kind(wanted, &modules).await);
        }
        Ok(ServerProbe {
            admin: identity.admin(),
            version: identity.version,
            user_id: identity.user_id,
            user_time_zone: identity.user_time_zone,
            clock_ahead_seconds: self.server.ahead().unwrap_or_default(),
            zone_contradicted: self.server.contradicts(),
            modules,
            kinds,
        })
    }

    async fn modules(&self) -> Result<Vec<Kind>, VtigerError> {
        let payload = result(self.call(Request::get("listtypes", Vec::new())).await)?;
        let list: ListTypes = serde_json::from_value(payload.0)
            .map_err(|_quotes| VtigerError::Shape { what: "the list of modules" })?;
        Ok(list.types)
    }

    async fn probe_kind(&self, wanted: &WantedFields, modules: &[Kind]) -> KindProbe {
        let mut probe = KindProbe {
            kind: wanted.kind.clone(),
            visible: modules.contains(&wanted.kind),
            problem: None,
            creatable: false,
            updatable: false,
            missing: Vec::new(),
            not_writable: Vec::new(),
            unmeasured: Vec::new(),
            newest: None,
        };
        let described = match self.described(&wanted.kind).await {
            Ok(described) => described,
            Err(error) => {
                probe.problem = Some(error.to_string());
                probe.missing.extend(wanted.read.iter().chain(&wanted.write).cloned());
                return probe;
            }
        };
        let schema = &described.schema;
        probe.creatable = schema.creatable;
        probe.updatable = schema.updatable;
        let readable =
            |name: &&String| schema.resolve(name).is_none_or(|field| described.column(&field.name).is_err());
        probe.missing.extend(wanted.read.iter().chain(&wanted.write).filter(readable).cloned());
        let fixed = |name: &&String| schema.resolve(name).is_some_and(|field| !field.writable);
        probe.not_writable.extend(wanted.write.iter().filter(fixed).cloned());
        let guessed = |name: &&String| {
            schema.resolve(name).is_some_and(|field| described.guessed.contains(&field.name))
        };
        probe.unmeasured.extend(wanted.read.iter().chain(&wanted.write).filter(guessed).cloned());
        if described.has_version() {
            match self.rows(newest(&described)).await {
                Ok(rows) => probe.newest = rows.first().map(version_of),
                Err(error) => probe.problem = Some(error.to_string()),
            }
        }
        probe
    }
}
