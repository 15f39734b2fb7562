//! What a mapping relies on: what the two systems said of the fields that it uses when it last ran. Before a run, that is held
//! against what they say now.

use cs_domain::mapping::drift::{Drift, Seen, compare, named_as_before, without};
use cs_domain::{DriftPolicy, Kind, KindSchema, Mapping, System};
use cs_ports::{PeerError, ReliedOn, Store, StoreError};

use crate::error::EngineError;
use crate::report::Reporter;
use crate::run::Engine;
use crate::setup::tables;

/// What a mapping relied on.
pub(crate) async fn relied_on(store: &dyn Store, mapping: &Mapping) -> Result<Seen, StoreError> {
    let mut seen = Seen::default();
    for ReliedOn { system, schema, .. } in store.relied_on(&mapping.name).await? {
        let schemas = match system {
            System::Vtiger => &mut seen.vtiger,
            System::Frappe => &mut seen.frappe,
        };
        schemas.insert(schema.kind.clone(), schema);
    }
    Ok(seen)
}

/// The mapping as a run goes by it, or why none begins.
pub(crate) fn as_run(mapping: &Mapping, before: &Seen, drifts: &[Drift]) -> Result<Mapping, EngineError> {
    let stops = |drift: &&Drift| drift.verdict == DriftPolicy::Stop;
    if drifts.iter().any(|drift| stops(&drift)) {
        return Err(EngineError::Drifted {
            mapping: mapping.name.to_string(),
            drifts: drifts.iter().filter(stops).cloned().collect(),
        });
    }
    Ok(without(&named_as_before(mapping, before), drifts))
}

/// The kinds that a mapping names, each once, and those of the rows that it fills.
fn kinds(mapping: &Mapping, now: &Seen) -> Vec<(System, Kind)> {
    let mut kinds = Vec::new();
    for unit in &mapping.units {
        kinds.push((System::Vtiger, unit.module.clone()));
        for document in &unit.documents {
            kinds.push((System::Frappe, document.doctype.clone()));
            let rows = tables(document, &now.frappe).into_iter();
            kinds.extend(rows.map(|rows| (System::Frappe, rows)));
        }
    }
    kinds.sort_by(|left, right| (left.0.as_str(), &left.1).cmp(&(right.0.as_str(), &right.1)));
    kinds.dedup();
    kinds
}

impl Engine {
    /// What has changed in the two systems since the mapping last ran, as they are now. What was seen is noted; what the
    /// mapping relies on stays.
    pub async fn drifts(&self, mapping: &Mapping) -> Result<Vec<Drift>, EngineError> {
        let now = self.seen_now(mapping).await?;
        let before = relied_on(self.store.as_ref(), mapping).await?;
        self.note_seen(mapping, &now).await?;
        Ok(compare(mapping, &before, &now))
    }

    /// Lets the mapping rely on what the two systems say now: every change so far is accepted. Whoever publishes a mapping, or
    /// looked at what has changed, says so.
    pub async fn accept_drift(&self, mapping: &Mapping) -> Result<(), EngineError> {
        let now = self.seen_now(mapping).await?;
        self.note_seen(mapping, &now).await?;
        let kinds = kinds(mapping, &now).into_iter();
        let schemas = kinds.filter_map(|(system, kind)| Some((system, now.of(system).get(&kind)?)));
        let relied: Vec<ReliedOn> = schemas.map(|(system, schema)| self.relied(system, schema)).collect();
        Ok(self.store.rely_on(&mapping.name, &relied).await?)
    }

    /// What both systems say now of the kinds that the mapping names.
    pub async fn seen(&self, mapping: &Mapping) -> Result<Seen, EngineError> {
        Ok(self.seen_now(mapping).await?)
    }

    async fn seen_now(&self, mapping: &Mapping) -> Result<Seen, PeerError> {
        let reporter = Reporter::unrecorded(self.observers.clone());
        let (vtiger, frappe) = self.read_schemas(mapping, &reporter).await?;
        Ok(Seen { vtiger, frappe })
    }

    /// Notes what was seen of the mapping's kinds, those that are not there among them.
    pub(crate) async fn note_seen(&self, mapping: &Mapping, now: &Seen) -> Result<(), StoreError> {
        for (system, kind) in kinds(mapping, now) {
            let schema = now.of(system).get(&kind);
            self.store.note_schema(system, &kind, self.clock.now(), schema).await?;
        }
        Ok(())
    }

    /// Lets the mapping rely on what was seen of the kinds that have not changed under it. What has changed counts against what
    /// it was, however often the mapping runs.
    pub(crate) async fn rely_on_unchanged(
        &self,
        mapping: &Mapping,
        (before, now): (&Seen, &Seen),
        drifts: &[Drift],
    ) -> Result<(), StoreError> {
        let changed = |system: System, kind: &Kind| {
            drifts.iter().any(|drift| drift.system == system && drift.kind == *kind)
        };
        let news = kinds(mapping, now).into_iter().filter_map(|(system, kind)| {
            let schema = now.of(system).get(&kind)?;
            let known = before.of(system).get(&kind) == Some(schema);
            (!known && !changed(system, &kind)).then(|| self.relied(system, schema))
        });
        let news: Vec<ReliedOn> = news.collect();
        self.store.rely_on(&mapping.name, &news).await
    }

    fn relied(&self, system: System, schema: &KindSchema) -> ReliedOn {
        ReliedOn { system, at: self.clock.now(), schema: schema.clone() }
    }
}
