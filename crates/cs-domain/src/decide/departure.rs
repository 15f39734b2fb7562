//! Records and documents that are not there any more: what the mapping's policy has for the other side.

use crate::decide::begun;
use crate::decide::documents::Decision;
use crate::decide::draft::Wish;
use crate::decide::fields::{back, fitted, travels_back};
use crate::mapping::{DocumentMapping, FieldRule, UnitMapping};
use crate::name::FieldName;
use crate::plan::{Act, Change, Conflict, Plan, Planned, SkipReason, Step, VtigerStep};
use crate::policy::{ConflictPolicy, DeletePolicy};
use crate::record::{Record, RecordRef, System};
use crate::shadow::Shadow;
use crate::situation::{Counterpart, Situation};
use crate::value::Value;
use crate::wanted::{WantedDocument, wanted_document};

/// VTiger does not show the record any more. Its documents are gone through last first, so that none is deleted that
/// another still leads to.
pub(super) fn decide(unit: &UnitMapping, situation: &Situation) -> Plan {
    let mut plan = begun(situation);
    for mapping in unit.documents.iter().rev() {
        let Some(known) = situation.counterparts.get(&mapping.role).filter(|known| !known.is_given_up())
        else {
            continue;
        };
        if let Some((link, shadow)) = &known.tie {
            let pair = Pair { mapping, known, shadow, document: &link.document };
            pair.record_gone(situation, &mut plan);
        }
    }
    if plan.steps.is_empty() && plan.conflicts.is_empty() {
        plan.skipped = Some(SkipReason::NotThere);
    }
    plan
}

/// A document whose record is gone.
struct Pair<'a> {
    mapping: &'a DocumentMapping,
    known: &'a Counterpart,
    shadow: &'a Shadow,
    document: &'a RecordRef,
}

impl Pair<'_> {
    fn record_gone(&self, situation: &Situation, plan: &mut Plan) {
        let Some(document) = &self.known.linked else {
            return self.step(plan, Act::Unlink { target: self.document.clone() }, Vec::new());
        };
        if self.is_left_over(document) {
            plan.departure = Some(System::Vtiger);
            return self.delete(plan, document);
        }
        match &self.mapping.deletes {
            DeletePolicy::Ignore => return,
            DeletePolicy::Propagate if !self.is_anothers_too() => {
                let edited = self.edited(document);
                match self.stands(situation, &edited) {
                    None => return self.dispute(plan, edited),
                    Some(System::Frappe) => self.unlink(plan),
                    Some(System::Vtiger) => self.delete(plan, document),
                }
            }
            DeletePolicy::Unlink | DeletePolicy::Propagate => self.unlink(plan),
            DeletePolicy::Mark { field, value } => {
                if !self.is_anothers_too() {
                    self.mark(plan, document, field, value);
                }
                self.unlink(plan);
            }
        }
        plan.departure = Some(System::Vtiger);
    }

    /// Whether it is what a run made of a unit that it could not finish, and nobody has touched it: it is taken back, whatever
    /// the policy has for what was in step (DESIGN.md, "What must always hold", 8). A version that is ours proves nothing by
    /// itself: a later write of ours may have left an edit beside it that is not agreed on yet.
    fn is_left_over(&self, document: &Record) -> bool {
        let ours = self.shadow.frappe.as_ref() == Some(&document.version);
        self.known.half_made && !self.mapping.shared && ours && self.edited(document).is_empty()
    }

    fn delete(&self, plan: &mut Plan, document: &Record) {
        let (target, expected) = (document.reference.clone(), document.version.clone());
        self.step(plan, Act::Delete { target, expected }, Vec::new());
    }

    fn unlink(&self, plan: &mut Plan) {
        self.step(plan, Act::Unlink { target: self.document.clone() }, Vec::new());
    }

    fn mark(&self, plan: &mut Plan, document: &Record, field: &FieldName, value: &str) {
        let after = Value::text(value);
        if document.get(field).is_some_and(|shown| shown.plain() == after.plain()) {
            return;
        }
        let (target, expected) = (document.reference.clone(), document.version.clone());
        let change = Change {
            field: field.clone(),
            before: document.get(field).cloned(),
            after: Planned::Value(after),
        };
        self.step(plan, Act::Update { target, expected }, vec![change]);
    }

    /// Whether other records mean the same document: it is neither deleted nor marked for one of them.
    fn is_anothers_too(&self) -> bool {
        self.mapping.shared && (self.mapping.keyed || !self.known.others.is_empty())
    }

    /// What Frappe says differently since the two last agreed.
    fn edited(&self, document: &Record) -> Vec<Edited> {
        let rules = self.mapping.fields.iter().filter(|rule| !rule.on_create && travels_back(rule));
        let changed = rules.filter(|rule| {
            let base = self.shadow.fields.get(&rule.frappe).map_or(&Value::Empty, |base| &base.frappe);
            document.get(&rule.frappe).is_some_and(|now| now != base)
        });
        changed.map(|rule| Edited::of(self.mapping, rule)).collect()
    }

    /// The side that stands: nobody objects, a person decided, or the policy does. `None`: a person has to.
    fn stands(&self, situation: &Situation, edited: &[Edited]) -> Option<System> {
        if edited.is_empty() {
            return Some(System::Vtiger);
        }
        standing_side(self.mapping, situation, System::Vtiger, edited)
    }

    fn dispute(&self, plan: &mut Plan, edited: Vec<Edited>) {
        let (role, document) = (self.mapping.role.clone(), self.document.clone());
        let edited = Edited::names(edited);
        plan.conflicts.push(Conflict::DeleteEdit { role, document, deleted: System::Vtiger, edited });
    }

    fn step(&self, plan: &mut Plan, act: Act, changes: Vec<Change>) {
        let (role, doctype) = (self.mapping.role.clone(), self.mapping.doctype.clone());
        plan.steps.push(Step { role, doctype, act, changes });
    }
}

/// Who stands where one side was deleted and the other edited: whom a person chose, else the policy, if it is the same for
/// every field that was edited; `None` asks.
fn standing_side(
    mapping: &DocumentMapping,
    situation: &Situation,
    deleted: System,
    edited: &[Edited],
) -> Option<System> {
    let decided = situation.decided.iter().find_map(|decided| decided.of_delete(&mapping.role, deleted));
    let winner = |edited: &Edited| match edited.policy {
        ConflictPolicy::VtigerWins => Some(System::Vtiger),
        ConflictPolicy::FrappeWins => Some(System::Frappe),
        ConflictPolicy::Ask | ConflictPolicy::NewestWins => None,
    };
    let first = edited.first().and_then(winner);
    decided.or(first.filter(|first| edited.iter().all(|edited| winner(edited) == Some(*first))))
}

/// A field that was edited since the two sides last agreed.
struct Edited {
    field: FieldName,
    /// Who decides about it.
    policy: ConflictPolicy,
}

impl Edited {
    fn of(mapping: &DocumentMapping, rule: &FieldRule) -> Self {
        Self { field: rule.frappe.clone(), policy: rule.conflict.unwrap_or(mapping.conflict) }
    }

    fn names(edited: Vec<Self>) -> Vec<FieldName> {
        edited.into_iter().map(|edited| edited.field).collect()
    }
}

impl<'a> Decision<'a, '_> {
    /// The linked document is not there any more, while the record is.
    pub(super) fn gone(
        &mut self,
        mapping: &'a DocumentMapping,
        wanted: &WantedDocument,
        document: &RecordRef,
        shadow: &Shadow,
    ) {
        let stands_for_record =
            self.unit.create_in_vtiger.as_ref().is_some_and(|created| created.document == mapping.role);
        match &mapping.deletes {
            DeletePolicy::Ignore => drop(self.blocked.insert(&mapping.role)),
            // What VTiger refuses today it may take tomorrow: until then the link holds.
            DeletePolicy::Propagate if stands_for_record && self.situation.refused_by_vtiger => {
                self.blocked.insert(&mapping.role);
            }
            DeletePolicy::Propagate if stands_for_record && self.situation.writes_vtiger => {
                let edited = self.said_anew(mapping, wanted, shadow);
                let stands = if edited.is_empty() {
                    Some(System::Frappe)
                } else {
                    standing_side(mapping, self.situation, System::Frappe, &edited)
                };
                match stands {
                    Some(System::Frappe) => self.delete_record(mapping),
                    Some(System::Vtiger) => self.create(mapping, wanted),
                    None => {
                        let (role, document) = (mapping.role.clone(), document.clone());
                        let edited = Edited::names(edited);
                        let conflict =
                            Conflict::DeleteEdit { role, document, deleted: System::Frappe, edited };
                        self.conflict(&mapping.role, conflict);
                    }
                }
            }
            _ => self.let_go(mapping, document),
        }
    }

    /// Gives up the link to a document that is gone, as far as the policy lets go of it.
    pub(super) fn let_go(&mut self, mapping: &'a DocumentMapping, document: &RecordRef) {
        match &mapping.deletes {
            DeletePolicy::Ignore => {}
            DeletePolicy::Unlink | DeletePolicy::Propagate => self.give_up(mapping, document),
            DeletePolicy::Mark { field, value } => {
                if self.mark_record(mapping, field, value) {
                    self.give_up(mapping, document);
                }
            }
        }
    }

    /// What VTiger's record says differently since it and its documents last agreed: with the record, all of it goes.
    fn said_anew(&self, mapping: &DocumentMapping, wanted: &WantedDocument, shadow: &Shadow) -> Vec<Edited> {
        let mut edited = said_anew(mapping, wanted, shadow);
        let never_agreed = Shadow::default();
        for other in self.unit.documents.iter().filter(|other| other.role != mapping.role) {
            let schema = self.schemas.frappe.get(&other.doctype);
            let wanted = wanted_document(other, schema, &self.draft.record, self.situation);
            let tie = self.situation.counterparts.get(&other.role).and_then(|known| known.tie.as_ref());
            let shadow = tie.map_or(&never_agreed, |(_, shadow)| shadow);
            edited.extend(said_anew(other, &wanted.unwrap_or_default(), shadow));
        }
        edited
    }

    fn delete_record(&mut self, mapping: &'a DocumentMapping) {
        self.delete_twin(mapping);
        self.plan.departure = Some(System::Frappe);
    }

    /// Has the record go, with all its documents' plans.
    pub(super) fn delete_twin(&mut self, mapping: &'a DocumentMapping) {
        let (target, expected) = (self.draft.record.reference.clone(), self.draft.record.version.clone());
        self.plan.vtiger = Some(VtigerStep::Delete { target, expected });
        self.blocked.insert(&mapping.role);
    }

    fn give_up(&mut self, mapping: &'a DocumentMapping, document: &RecordRef) {
        self.step(mapping, Act::Unlink { target: document.clone() }, Vec::new());
        self.plan.departure = Some(System::Frappe);
        self.blocked.insert(&mapping.role);
    }

    /// Has VTiger say that the document is gone, in the field that the mapping ties to Frappe's; answers whether it does.
    fn mark_record(&mut self, mapping: &'a DocumentMapping, field: &FieldName, value: &str) -> bool {
        let reaches = |rule: &&FieldRule| travels_back(rule) && rule.direction.reaches_vtiger();
        let Some(rule) = mapping.rule(field).filter(reaches).filter(|_| self.situation.writes_vtiger) else {
            return true;
        };
        let fields = back(rule, &Value::text(value), &self.draft.record, self.situation)
            .and_then(|fields| fitted(fields, self.schemas.vtiger));
        match fields {
            Ok(fields) if fields.iter().any(|(name, value)| self.draft.record.get(name) != Some(value)) => {
                if self.situation.refused_by_vtiger {
                    return false;
                }
                if self.draft.answer(&mapping.role, rule).is_none() {
                    self.wish.get_or_insert(Wish { role: &mapping.role, rule, fields });
                }
                true
            }
            Ok(_) => true,
            Err(mut failure) => {
                failure.place = Some(format!("{}.{field}", mapping.role));
                self.plan.failures.push(failure);
                false
            }
        }
    }
}

/// What VTiger says differently since the two last agreed.
fn said_anew(mapping: &DocumentMapping, wanted: &WantedDocument, shadow: &Shadow) -> Vec<Edited> {
    let rules = mapping.fields.iter().filter(|rule| !rule.on_create && travels_back(rule));
    let changed = rules.filter(|rule| {
        let base = shadow.fields.get(&rule.frappe).map_or(&Value::Empty, |base| &base.vtiger);
        let said = wanted.value(&rule.frappe).filter(|_| !wanted.partial.contains(&rule.frappe));
        said.is_some_and(|now| now != base)
    });
    changed.map(|rule| Edited::of(mapping, rule)).collect()
}
