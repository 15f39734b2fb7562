//! A typed value is held against both systems before it is noted as a decision.
//!
//! Both systems have to answer for that. Where one does not, the value is refused: a decision that turns out to be
//! impossible comes back days later as a failure that nobody expects, and typing it again costs little. The decisions that
//! need no look (`--vtiger`, `--frappe`, a document) are noted whether or not anything answers.

use std::collections::BTreeMap;

use cs_domain::decide::Schemas;
use cs_domain::mapping::{Severity, bind};
use cs_domain::typed::Scales;
use cs_domain::{Choice, Kind, KindSchema, Mapping, Settings, StandingConflict};
use cs_engine::{EngineError, Job};
use cs_ports::{Clock, ErrorKind, FieldRequests, Guard, Peer, PeerError};
use cs_store::SqliteStore;

use crate::belonging::Pair;
use crate::choice::ConflictError;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::failure::CommandError;
use crate::mappings::Editions;
use crate::wiring::{Looking, look};

/// Both systems, asked for what typed values are held against; each thing once.
pub(crate) struct Weighing<'a> {
    config: &'a Config,
    looking: Looking,
    editions: Editions<'a>,
    bound: BTreeMap<String, Bound>,
}

/// A mapping that fits the two systems, and what they say of their fields.
pub(crate) struct Bound {
    pub(crate) mapping: Mapping,
    pub(crate) settings: Settings,
    pub(crate) vtiger: BTreeMap<Kind, KindSchema>,
    pub(crate) frappe: BTreeMap<Kind, KindSchema>,
}

impl<'a> Weighing<'a> {
    /// Reaches for the two systems that the store belongs to.
    pub(crate) async fn begin(config: &'a Config, store: &SqliteStore) -> Result<Self, CommandError> {
        let looking = look(config)?;
        let pair = Pair { config, store, vtiger: looking.vtiger.as_deref(), frappe: Some(&looking.frappe) };
        pair.expect_known().await?;
        let editions = Editions::read(config, store).await?;
        Ok(Self { config, looking, editions, bound: BTreeMap::new() })
    }

    /// The choice as it can be carried out; other than typed values pass as they are.
    pub(crate) async fn weigh(
        &mut self,
        standing: &StandingConflict,
        choice: Choice,
    ) -> Result<Choice, CommandError> {
        let Choice::Value(value) = choice else { return Ok(choice) };
        let conflict = &standing.met.conflict;
        let Some(field) = conflict.field() else { return Ok(Choice::Value(value)) };
        let name = standing.mapping.as_str().to_owned();
        let is_known = self.bound.contains_key(&name);
        if !is_known {
            let bound = bound(&self.looking, &self.editions, &name).await?;
            self.bound.insert(name.clone(), bound);
        }
        let bound = self.bound.get(&name);
        let Some((bound, unit)) = bound.and_then(|bound| Some((bound, bound.mapping.unit(&standing.unit)?)))
        else {
            return Ok(Choice::Value(value));
        };
        let guarded = unit.guarded_fields();
        let mut fields = FieldRequests::plain(unit.vtiger_fields().into_iter().cloned());
        for field in fields.0.iter_mut().filter(|field| guarded.contains(&field.name)) {
            field.guard = Guard::LastFour;
        }
        let ids = [standing.subject.id.clone()];
        let records = self.looking.engine.vtiger.read(&unit.module, &ids, &fields).await?;
        let id = standing.met.id.clone();
        let record = records
            .first()
            .ok_or_else(|| ConflictError::Gone { id: id.clone(), subject: standing.subject.clone() })?;
        let scales = Scales {
            unit,
            schemas: Schemas { vtiger: bound.vtiger.get(&unit.module), frappe: &bound.frappe },
            record,
            settings: &bound.settings,
            today: SystemClock.now().to_zoned(self.config.zone.clone()).date(),
        };
        let weighed = scales.weigh(conflict.role(), field, value);
        let weighed =
            weighed.map_err(|failure| ConflictError::Unwritable { id, failure: Box::new(failure) })?;
        Ok(Choice::Value(weighed))
    }
}

/// A mapping with labels resolved and both systems' schemas at hand.
pub(crate) async fn bound(
    looking: &Looking,
    editions: &Editions<'_>,
    name: &str,
) -> Result<Bound, CommandError> {
    let Job { mapping, settings: supplied, .. } = editions.job(name, false)?;
    let (mut vtiger, mut frappe) = (BTreeMap::new(), BTreeMap::new());
    for unit in &mapping.units {
        describe(looking.engine.vtiger.as_ref(), &unit.module, &mut vtiger).await?;
        for document in &unit.documents {
            describe(looking.engine.frappe.as_ref(), &document.doctype, &mut frappe).await?;
        }
    }
    let bound = bind(&mapping, &vtiger, &frappe).map_err(|problems| EngineError::Unfit {
        mapping: name.to_owned(),
        problems: problems.into_iter().filter(|problem| problem.severity == Severity::Error).collect(),
    })?;
    let settings = mapping.settings.iter().filter_map(|(name, spec)| {
        Some((name.clone(), supplied.get(name).or(spec.default.as_ref())?.clone()))
    });
    Ok(Bound { settings: settings.collect(), mapping: bound.mapping, vtiger, frappe })
}

/// Reads a schema that is not there yet. A kind that does not exist is left out, and the mapping does not fit.
async fn describe(
    peer: &dyn Peer,
    kind: &Kind,
    schemas: &mut BTreeMap<Kind, KindSchema>,
) -> Result<(), PeerError> {
    if schemas.contains_key(kind) {
        return Ok(());
    }
    match peer.schema(kind).await {
        Ok(schema) => drop(schemas.insert(kind.clone(), schema)),
        Err(error) if error.kind == ErrorKind::Missing => {}
        Err(error) => return Err(error),
    }
    Ok(())
}
