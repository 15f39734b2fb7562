//! What became of a write whose answer never came: the peer is asked, and only what it shows counts.

use std::collections::BTreeSet;

use cs_domain::decide::CreatedRecord;
use cs_domain::identity::agreeing;
use cs_domain::mapping::{Source, UnitMapping};
use cs_domain::{
    Action, Agreed, Direction, Event, FieldName, Fields, Intent, Link, LinkOrigin, LinkStanding, Record,
    RecordRef, Role, Shadow, System, Value,
};
use cs_ports::{Criterion, FieldRequests, Tie};

use crate::assess::situation;
use crate::error::EngineError;
use crate::requests::scalars;
use crate::run::RunContext;
use crate::{newcomers, pull};

/// The field in which Frappe says what a document amends.
const AMENDED_FROM: &str = "amended_from";

/// Whether the peer holds what an intent wanted to write.
pub(crate) enum Held {
    /// It does; this is the record.
    Yes(Record),
    /// The record is not there, as the intent wanted.
    Gone,
    /// It does not.
    No,
}

/// Looks into every write that an earlier run left open. Those the peer holds are settled; the others are dropped, and
/// their units, which are still staged, are decided anew.
pub(crate) async fn recover(context: &mut RunContext<'_>) -> Result<(), EngineError> {
    let open = context.scope.engine.store.open_intents(&context.scope.mapping.name).await?;
    if open.is_empty() {
        return Ok(());
    }
    let (mut settled, mut dropped) = (0, 0);
    for intent in &open {
        // Where the mapping no longer knows the unit, nobody will write it again, and there is nothing to link.
        let Some(unit) = context.scope.mapping.unit(&intent.unit).cloned() else {
            context.drop_intent(intent).await?;
            dropped += 1;
            continue;
        };
        context.scope.turn_to(&unit);
        let wanted = wanted_of(context, &intent.action);
        match look_for(context, &unit, intent, &wanted).await? {
            Held::Yes(record) => {
                let ties = ties_after(context, &unit, intent, &record).await?;
                context.settle(intent, ties).await?;
                settled += 1;
            }
            Held::Gone => {
                let ties = ties_given_up(context, intent).await?;
                context.settle(intent, ties).await?;
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

fn wanted_of(context: &RunContext<'_>, action: &Action) -> FieldRequests {
    match action.system() {
        System::Vtiger => context.scope.vtiger_fields_with_author.clone(),
        System::Frappe => context.scope.fields_of(action.kind()),
    }
}

/// Asks the peer whether it holds what the intent wanted to write.
pub(crate) async fn look_for(
    context: &RunContext<'_>,
    unit: &UnitMapping,
    intent: &Intent,
    wanted: &FieldRequests,
) -> Result<Held, EngineError> {
    match &intent.action {
        Action::Create { system, fields, key, .. } => {
            let own = key_field(unit, *system, intent.role.as_ref());
            let by = match own {
                Some(field) => Fields::from([(field.clone(), Value::text(key.0.clone()))]),
                None => scalars(fields),
            };
            let found = find(context, &intent.action, &by, wanted).await?;
            let found = match system {
                System::Frappe => found,
                // What carries the key is ours, whatever somebody made of it since.
                System::Vtiger => unlinked(context, found, own.map_or(fields, |_| &by)).await?,
            };
            Ok(match (found.as_slice(), system) {
                ([one], _) => Held::Yes(one.clone()),
                // Records that hold all the same and belong to nobody: any of them is the one.
                ([one, ..], System::Vtiger) => Held::Yes(one.clone()),
                _ => Held::No,
            })
        }
        Action::Update { target, changes, before, expected } => {
            let Some(record) = read(context, target, wanted).await? else {
                return Ok(Held::No);
            };
            let holds = |(field, value): (&FieldName, &Value)| agreeing(record.get(field), value);
            // A write is done whole or not at all: where one new value is there, it was, and what differs was edited since.
            // Somebody might have said that very value by chance while the write was not done, and then a field that was never
            // written is taken for one that was put back. The other reading (done only where nothing shows what it showed
            // before) would overwrite whoever puts a value back that the product brought, and that happens: people undo what
            // they see change. Nothing that Frappe or VTiger tells of a record decides between the two.
            let is_new = |(field, value): &(&FieldName, &Value)| {
                before.get(*field).is_some_and(|old| !agreeing(Some(old), value))
            };
            let done = record.version != *expected && changes.iter().filter(is_new).any(holds);
            Ok(if done || changes.iter().all(holds) { Held::Yes(record) } else { Held::No })
        }
        Action::Amend { target, .. } => {
            let by = Fields::from([(AMENDED_FROM.into(), Value::text(target.id.as_str()))]);
            let found = find(context, &intent.action, &by, wanted).await?;
            Ok(found.into_iter().next().map_or(Held::No, Held::Yes))
        }
        Action::Delete { target, .. } => {
            let nothing_more = FieldRequests::default();
            Ok(read(context, target, &nothing_more).await?.map_or(Held::Gone, |_| Held::No))
        }
    }
}

/// The field that holds the key of a creation.
fn key_field<'u>(unit: &'u UnitMapping, system: System, role: Option<&Role>) -> Option<&'u FieldName> {
    match system {
        System::Frappe => unit.document(role?)?.external_id.as_ref(),
        System::Vtiger => unit.create_in_vtiger.as_ref()?.key.as_ref(),
    }
}

/// Those that hold all that was sent and are no unit's record yet.
async fn unlinked(
    context: &RunContext<'_>,
    found: Vec<Record>,
    sent: &Fields,
) -> Result<Vec<Record>, EngineError> {
    let references: Vec<RecordRef> = found.iter().map(|record| record.reference.clone()).collect();
    let store = &context.scope.engine.store;
    let ties = store.ties_of(&context.scope.mapping.name, &references).await?;
    let taken: BTreeSet<&RecordRef> = ties.iter().map(|tie| &tie.link.subject).collect();
    let holds = |record: &Record| {
        sent.iter().all(|(field, value)| record.get(field).is_none_or(|found| agreeing(Some(found), value)))
    };
    Ok(found.into_iter().filter(|record| !taken.contains(&record.reference) && holds(record)).collect())
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
    let reader = context.scope.peer(action.system());
    Ok(context.scope.patiently(|| reader.find(action.kind(), &criteria, wanted)).await?)
}

async fn read(
    context: &RunContext<'_>,
    target: &RecordRef,
    wanted: &FieldRequests,
) -> Result<Option<Record>, EngineError> {
    let reader = context.scope.peer(target.system);
    let ids = [target.id.clone()];
    Ok(context.scope.patiently(|| reader.read(&target.kind, &ids, wanted)).await?.into_iter().next())
}

/// What is known to be agreed after a write that took. A changed VTiger record says nothing about any one document: the next
/// decision finds that both sides say the same.
async fn ties_after(
    context: &RunContext<'_>,
    unit: &UnitMapping,
    intent: &Intent,
    record: &Record,
) -> Result<Vec<Tie>, EngineError> {
    let (Some(role), Some(sent)) = (&intent.role, intent.action.written()) else { return Ok(Vec::new()) };
    match intent.action.system() {
        System::Frappe => Ok(vec![document_tie(context, intent, role, sent, record).await?]),
        System::Vtiger => record_tie(context, unit, intent, role, sent, record).await,
    }
}

/// A deleted document's tie is given up; a deleted record's documents are for the policy of each.
async fn ties_given_up(context: &RunContext<'_>, intent: &Intent) -> Result<Vec<Tie>, EngineError> {
    let Some(role) = &intent.role else { return Ok(Vec::new()) };
    let store = &context.scope.engine.store;
    let ties = store.ties_of(&context.scope.mapping.name, std::slice::from_ref(&intent.subject)).await?;
    Ok(ties.into_iter().filter(|tie| tie.link.role == *role).map(Tie::given_up).collect())
}

async fn document_tie(
    context: &RunContext<'_>,
    intent: &Intent,
    role: &Role,
    sent: &Fields,
    document: &Record,
) -> Result<Tie, EngineError> {
    let subjects = [intent.subject.clone()];
    let ties = context.scope.engine.store.ties_of(&context.scope.mapping.name, &subjects).await?;
    let known = ties.into_iter().find(|tie| tie.link.role == *role);
    let origin = known.as_ref().map_or(LinkOrigin::Created, |tie| tie.link.origin);
    // A document that was created just now never held what one before it held.
    let known = known.filter(|_| !matches!(intent.action, Action::Create { .. }));
    let mut shadow = known.map_or_else(Shadow::default, |tie| tie.shadow);
    shadow.take_in(sent, document, false);
    if matches!(intent.action, Action::Create { .. }) {
        shadow.fields.extend(unsaid(context, intent, role, sent));
    }
    let link = Link {
        mapping: intent.mapping.clone(),
        unit: intent.unit.clone(),
        subject: intent.subject.clone(),
        role: role.clone(),
        document: document.reference.clone(),
        origin,
        standing: LinkStanding::Live,
    };
    Ok(Tie { link, shadow })
}

/// What VTiger said nothing of when a document was created: what Frappe shows there by now was filled in since, and is no
/// first contact that VTiger might win. Only of fields that may travel back; where VTiger owns one, an agreement on nothing
/// would empty what Frappe fills in by itself.
fn unsaid(context: &RunContext<'_>, intent: &Intent, role: &Role, sent: &Fields) -> Vec<(FieldName, Agreed)> {
    let mapping = context.scope.mapping.unit(&intent.unit).and_then(|unit| unit.document(role));
    let rules = mapping.into_iter().flat_map(|mapping| &mapping.fields);
    let said_nothing = rules.filter(|rule| {
        rule.direction == Direction::Both
            && matches!(rule.source, Source::Fields { .. })
            && !sent.contains_key(&rule.frappe)
    });
    said_nothing.map(|rule| (rule.frappe.clone(), Agreed::on(Value::Empty))).collect()
}

/// The tie of a record that was created for a document, where the document is still there.
async fn record_tie(
    context: &RunContext<'_>,
    unit: &UnitMapping,
    intent: &Intent,
    role: &Role,
    sent: &Fields,
    record: &Record,
) -> Result<Vec<Tie>, EngineError> {
    let scope = &context.scope;
    let Some(mapping) = unit.document(role) else { return Ok(Vec::new()) };
    let fields = scope.fields_of(&mapping.doctype);
    let Some(document) = read(context, &intent.subject, &fields).await? else { return Ok(Vec::new()) };
    pull::stage_created(context, unit, &record.reference).await?;
    let situation = situation(scope, unit, &intent.subject, &[]);
    let schema = scope.schemas.get(&mapping.doctype);
    // Whoever comes back to it later cannot tell what the write left from what somebody did since.
    let created = CreatedRecord { mapping, schema, sent, record, untouched: false };
    Ok(vec![newcomers::tie_of(scope, unit, &created, &document, &situation)])
}
