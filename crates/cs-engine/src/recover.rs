//! What became of a write whose answer never came: the peer is asked, and only what it shows counts.

use std::collections::BTreeSet;

use cs_domain::identity::agreeing;
use cs_domain::mapping::UnitMapping;
use cs_domain::{
    Action, Agreed, Event, FieldName, Fields, Intent, Link, LinkOrigin, Record, RecordRef, Shadow, System,
    Value,
};
use cs_ports::{Criterion, FieldRequests, Tie};

use crate::error::EngineError;
use crate::run::RunContext;

/// Whether the peer holds what an intent wanted to write.
pub(crate) enum Held {
    /// It does; this is the record.
    Yes(Record),
    /// It does not.
    No,
}

/// Looks into every write that an earlier run left open. Those the peer holds are settled; the others are dropped, and
/// their units, which are still staged, are decided anew.
pub(crate) async fn recover(context: &RunContext<'_>) -> Result<(), EngineError> {
    let open = context.scope.engine.store.open_intents(&context.scope.mapping.name).await?;
    if open.is_empty() {
        return Ok(());
    }
    let (mut settled, mut dropped) = (0, 0);
    for intent in &open {
        let unit = context.scope.mapping.unit(&intent.unit);
        let document = unit.and_then(|unit| unit.document(&intent.role));
        let (Some(unit), Some(document)) = (unit, document) else {
            // The mapping no longer knows the role: nobody will write it again, and there is nothing to link.
            context.drop_intent(intent).await?;
            dropped += 1;
            continue;
        };
        let wanted = context.scope.frappe_fields.get(&document.doctype).cloned().unwrap_or_default();
        match look_for(context, unit, intent, &wanted).await? {
            Held::Yes(record) => {
                let tie = tie_of(context, intent, &record).await?;
                context.settle(Some(intent), tie).await?;
                settled += 1;
            }
            Held::No => {
                context.drop_intent(intent).await?;
                dropped += 1;
            }
        }
    }
    context.scope.reporter.tell(Event::Recovered { settled, dropped });
    Ok(())
}

/// Asks the peer whether it holds what the intent wanted to write.
pub(crate) async fn look_for(
    context: &RunContext<'_>,
    unit: &UnitMapping,
    intent: &Intent,
    wanted: &FieldRequests,
) -> Result<Held, EngineError> {
    match &intent.action {
        Action::Create { fields, key, .. } => {
            let mapping = unit.document(&intent.role);
            let external = mapping.and_then(|mapping| mapping.external_id.as_ref());
            let by: Fields = match external {
                Some(field) => Fields::from([(field.clone(), Value::text(key.0.clone()))]),
                None => scalars(fields),
            };
            let found = find(context, &intent.action, &by, wanted).await?;
            Ok(match found.as_slice() {
                [one] => Held::Yes(one.clone()),
                _ => Held::No,
            })
        }
        Action::Update { target, changes, .. } => {
            let Some(record) = read(context, target, wanted).await? else {
                return Ok(Held::No);
            };
            let holds = |(field, value): (&FieldName, &Value)| agreeing(record.get(field), value);
            Ok(if changes.iter().all(holds) { Held::Yes(record) } else { Held::No })
        }
    }
}

fn scalars(fields: &Fields) -> Fields {
    let scalar = |value: &Value| !matches!(value, Value::Rows(_) | Value::Empty);
    fields
        .iter()
        .filter(|(_, value)| scalar(value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

async fn find(
    context: &RunContext<'_>,
    action: &Action,
    by: &Fields,
    wanted: &FieldRequests,
) -> Result<Vec<Record>, EngineError> {
    let criteria: Vec<Criterion> = by
        .iter()
        .map(|(field, value)| Criterion { field: field.clone(), any_of: vec![value.clone()] })
        .collect();
    let reader = peer(context, action.system());
    Ok(context.scope.patiently(|| reader.find(action.kind(), &criteria, wanted)).await?)
}

async fn read(
    context: &RunContext<'_>,
    target: &RecordRef,
    wanted: &FieldRequests,
) -> Result<Option<Record>, EngineError> {
    let reader = peer(context, target.system);
    let ids = [target.id.clone()];
    Ok(context.scope.patiently(|| reader.read(&target.kind, &ids, wanted)).await?.into_iter().next())
}

fn peer<'c>(context: &'c RunContext<'_>, system: System) -> &'c dyn cs_ports::Peer {
    match system {
        System::Vtiger => context.scope.engine.vtiger.as_ref(),
        System::Frappe => context.scope.engine.frappe.as_ref(),
    }
}

async fn tie_of(context: &RunContext<'_>, intent: &Intent, record: &Record) -> Result<Tie, EngineError> {
    let subjects = [intent.subject.clone()];
    let ties = context.scope.engine.store.ties_of(&context.scope.mapping.name, &subjects).await?;
    let known = ties.into_iter().find(|tie| tie.link.role == intent.role);
    let origin = known.as_ref().map_or(LinkOrigin::Created, |tie| tie.link.origin);
    let mut shadow = known.map_or_else(Shadow::default, |tie| tie.shadow);
    let written = match &intent.action {
        Action::Create { fields, .. } => fields,
        Action::Update { changes, .. } => changes,
    };
    let known_fields: BTreeSet<&FieldName> = record.fields.keys().collect();
    for (field, value) in
        written.iter().filter(|(field, value)| known_fields.contains(field) && is_scalar(value))
    {
        let frappe = record.get(field).unwrap_or(value).clone();
        shadow.fields.insert(field.clone(), Agreed { vtiger: value.clone(), frappe });
    }
    shadow.frappe = Some(record.version.clone());
    let link = Link {
        mapping: intent.mapping.clone(),
        unit: intent.unit.clone(),
        subject: intent.subject.clone(),
        role: intent.role.clone(),
        document: record.reference.clone(),
        origin,
    };
    Ok(Tie { link, shadow })
}

fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Rows(_))
}
