//! What `company-sync check` asks a site: who the user is, what runs there, and what of the mapping is not there or not
//! allowed.

use std::collections::BTreeMap;

use cs_domain::{FieldName, Kind};
use cs_ports::PeerError;
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::client::FrappeClient;
use crate::error::FrappeError;
use crate::list::ListQuery;
use crate::refusal::Class;
use crate::schema::Form;
use crate::transport::Call;

/// Where the site's time zone was learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ZoneSource {
    /// From the product's configuration.
    Configured,
    /// From System Settings: what the site stamps by.
    SystemSettings,
    /// From the site's default, because the user may not read System Settings: usually the same, but not surely.
    SiteDefault,
}

/// The site's time zone, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ZoneProbe {
    /// Known.
    Known {
        /// `America/Mexico_City`.
        name: String,
        /// Where from.
        source: ZoneSource,
    },
    /// Not told, or told in a form that is not known here: date-times cannot be written. Configure `time_zone`.
    Unknown {
        /// What the site calls it.
        name: Option<String>,
    },
}

/// A DocType of the mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum KindState {
    /// It is there.
    Present {
        /// Whether the user may read it, as far as the site says. Where not, lists are empty rather than refused (facts/FRAPPE.md, trap 7).
        readable: bool,
        /// Whether the user may create documents.
        creatable: bool,
        /// Whether the user may change them.
        writable: bool,
        /// Whether documents of it are submitted.
        submittable: bool,
        /// Fields of the mapping that it does not have; of tables as `links.link_name`.
        missing_fields: Vec<FieldName>,
    },
    /// There is no such DocType.
    Missing,
    /// It could not be found out.
    Failed {
        /// Stable code.
        code: String,
        /// Why.
        cause: String,
    },
}

/// One DocType of a [`SiteProbe`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KindProbe {
    /// Which.
    pub kind: Kind,
    /// How it stands.
    pub state: KindState,
}

/// How far the user sees a list that a feed needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sight {
    /// What others put there too.
    Others,
    /// Nothing of anybody else's: there is nothing, or the right ends at one's own (Frappe gives every desk user the right to
    /// read the comments that are theirs). A role with the right to read all of it settles it.
    OwnAtMost,
    /// Reading it is forbidden.
    Barred,
}

/// What a site is and what of the mapping works there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SiteProbe {
    /// The user the product acts as.
    pub user: String,
    /// Versions by app: `frappe`, `erpnext`, ...; empty where the user may not ask.
    pub versions: BTreeMap<String, String>,
    /// The site's time zone.
    pub time_zone: ZoneProbe,
    /// Whether deletes can be noticed: the right to read Deleted Document.
    pub sees_deletes: bool,
    /// Whether renames can be noticed: the right to read Comment (facts/FRAPPE.md, trap 11). Without it a merge looks like
    /// a delete too.
    pub sees_renames: Sight,
    /// The DocTypes that were asked about.
    pub kinds: Vec<KindProbe>,
}

impl FrappeClient {
    /// Looks at the site with the user's eyes. `wanted` names the DocTypes and fields that will be needed.
    ///
    /// # Errors
    /// Where the site cannot be reached or does not accept the user: then nothing else can be said.
    pub async fn probe(&self, wanted: &BTreeMap<Kind, Vec<FieldName>>) -> Result<SiteProbe, PeerError> {
        self.look(wanted).await.map_err(|error| error.into_peer("check"))
    }

    async fn look(&self, wanted: &BTreeMap<Kind, Vec<FieldName>>) -> Result<SiteProbe, FrappeError> {
        let user = self.user().await?.to_owned();
        let mut kinds = Vec::with_capacity(wanted.len());
        for (kind, fields) in wanted {
            let state = match self.look_at(kind, fields).await {
                Ok(state) => state,
                Err(FrappeError::Refused { class: Class::DoctypeMissing, .. }) => KindState::Missing,
                Err(error) => KindState::Failed { code: error.code().to_owned(), cause: error.to_string() },
            };
            kinds.push(KindProbe { kind: kind.clone(), state });
        }
        Ok(SiteProbe {
            versions: self.versions().await?,
            time_zone: self.look_at_zone().await?,
            sees_deletes: self.sight("Deleted Document", &[]).await? != Sight::Barred,
            sees_renames: self.sight("Comment", &[json!(["owner", "!=", user])]).await?,
            kinds,
            user,
        })
    }

    async fn look_at(&self, kind: &Kind, fields: &[FieldName]) -> Result<KindState, FrappeError> {
        let schema = self.doc_schema(kind).await?;
        let mut missing_fields = Vec::new();
        for field in fields {
            let found = match field.as_str().split_once('.') {
                None => schema.field(field).is_ok(),
                Some((table, column)) => match schema.field(&table.into()) {
                    Ok((_, Form::Rows(rows))) => self.doc_schema(rows).await?.field(&column.into()).is_ok(),
                    _ => false,
                },
            };
            if !found {
                missing_fields.push(field.clone());
            }
        }
        Ok(KindState::Present {
            readable: self.may(kind, "read").await?.unwrap_or(true),
            creatable: schema.kind.creatable,
            writable: schema.kind.updatable,
            submittable: schema.kind.submittable,
            missing_fields,
        })
    }

    async fn versions(&self) -> Result<BTreeMap<String, String>, FrappeError> {
        let call = Call::ask("frappe.utils.change_log.get_versions", Vec::new());
        let told = match self.transport.read(&call).await {
            Ok(payload) => payload.value,
            Err(FrappeError::Refused { .. }) => Json::Null,
            Err(error) => return Err(error),
        };
        let apps = told.as_object().cloned().unwrap_or_default();
        Ok(apps
            .into_iter()
            .filter_map(|(app, about)| Some((app, about.get("version")?.as_str()?.to_owned())))
            .collect())
    }

    async fn look_at_zone(&self) -> Result<ZoneProbe, FrappeError> {
        match self.found_zone().await {
            Ok(Some(found)) => {
                Ok(ZoneProbe::Known { name: found.zone.name().to_owned(), source: found.source })
            }
            Ok(None) => Ok(ZoneProbe::Unknown { name: None }),
            Err(FrappeError::TimeZone { name }) => Ok(ZoneProbe::Unknown { name }),
            Err(error) => Err(error),
        }
    }

    /// Whether the rows that meet these filters are seen.
    async fn sight(&self, kind: &str, filters: &[Json]) -> Result<Sight, FrappeError> {
        let query = ListQuery {
            doctype: kind.into(),
            fields: vec!["name".to_owned()],
            filters: filters.to_vec(),
            or_filters: Vec::new(),
            order_by: "creation asc".to_owned(),
            limit: 1,
            parent: None,
        };
        match query.fetch(&self.transport).await {
            Ok(rows) if rows.is_empty() => Ok(Sight::OwnAtMost),
            Ok(_) => Ok(Sight::Others),
            Err(FrappeError::Refused { class: Class::Permission, .. }) => Ok(Sight::Barred),
            Err(error) => Err(error),
        }
    }
}
