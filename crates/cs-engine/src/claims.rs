//! What a plan is about to write, by names that two plans for the same document have in common.

use std::collections::{BTreeMap, BTreeSet};

use cs_domain::fold::fold;
use cs_domain::mapping::{MatchPart, UnitMapping};
use cs_domain::plan::{Act, Plan};
use cs_domain::situation::Situation;
use cs_domain::wanted::{Wanted, WantedDocument, wanted_document};
use cs_domain::{Kind, KindSchema, Role};

/// The documents that a plan writes and others may want to write too: those it changes, by name, and those it creates,
/// by the values they would be looked for by. Ties to other documents are left out of the key, since they may not be
/// there yet; two plans then wait for each other a little too often, never too seldom.
pub(crate) fn claims(
    unit: &UnitMapping,
    schemas: &BTreeMap<Kind, KindSchema>,
    situation: &Situation,
    plan: &Plan,
) -> BTreeSet<String> {
    let mut claims = own_documents(unit, situation, plan);
    for step in &plan.steps {
        let Some(mapping) = unit.document(&step.role).filter(|mapping| mapping.shared) else { continue };
        match &step.act {
            Act::Update { target, .. } | Act::Amend { target, .. } | Act::Delete { target, .. } => {
                claims.insert(format!("{}\u{1f}{}", target.kind, target.id));
            }
            Act::Create { .. } => {
                let Some(record) = &situation.record else { continue };
                let schema = schemas.get(&mapping.doctype);
                let Ok(wanted) = wanted_document(mapping, schema, record, situation) else { continue };
                claims.extend(mapping.match_keys.iter().map(|key| claim(&mapping.doctype, &key.0, &wanted)));
            }
            // A link writes nothing, and what is completed was created by this very plan.
            Act::Link { .. } | Act::Unlink { .. } | Act::Finish => {}
        }
    }
    claims
}

/// The documents that only one record may have, as far as this one has them or takes them: while a record takes over what is
/// another's, that other one waits.
fn own_documents(unit: &UnitMapping, situation: &Situation, plan: &Plan) -> BTreeSet<String> {
    let own = |role: &Role| unit.document(role).is_some_and(|mapping| !mapping.shared);
    let tied = situation.counterparts.iter().filter(|(role, _)| own(role));
    let tied = tied.filter_map(|(_, known)| known.tie.as_ref().map(|(link, _)| &link.document));
    let taken = plan.steps.iter().filter(|step| own(&step.role)).filter_map(|step| match &step.act {
        Act::Link { target, .. } => Some(target),
        _ => None,
    });
    tied.chain(taken).map(|document| format!("{}\u{1f}own\u{1f}{}", document.kind, document.id)).collect()
}

fn claim(doctype: &Kind, key: &[MatchPart], wanted: &WantedDocument) -> String {
    let parts = key.iter().filter_map(|part| match part {
        MatchPart::Field(field) => match wanted.fields.get(field) {
            Some(Wanted::Value(value)) => Some(format!("{field}={}", fold(&value.plain()))),
            _ => None,
        },
        MatchPart::Linked(_) | MatchPart::IfKnown(_) => None,
    });
    let key: Vec<String> = parts.collect();
    format!("{doctype}\u{1f}new\u{1f}{}", key.join("\u{1f}"))
}
