//! The fields of a document that is there: merged one by one, and what follows for either side.

use std::collections::BTreeMap;

use crate::decide::documents::Decision;
use crate::decide::draft::{Answer, Wish};
use crate::failure::Failure;
use crate::fold::fold;
use crate::link::LinkStanding;
use crate::mapping::{DocumentMapping, FieldRule, Source};
use crate::merge::{FieldOutcome, FieldSituation, merge};
use crate::name::{FieldName, Role};
use crate::plan::{Change, Conflict, Planned};
use crate::policy::ConflictPolicy;
use crate::record::{Fields, Record, RecordRef};
use crate::schema::{KindSchema, Misfit};
use crate::shadow::{Agreed, Shadow};
use crate::situation::Situation;
use crate::value::Value;
use crate::wanted::{Wanted, WantedDocument, misfit_failure};

/// One field of one document with everything that its merge looks at.
struct Field<'f, 'a> {
    mapping: &'a DocumentMapping,
    rule: &'a FieldRule,
    document: &'f Record,
    base: Option<&'f Agreed>,
    /// Whether the document was created for this record: what it says beyond that was said since, and is no first contact.
    ours: bool,
    /// What VTiger says; `None` where it says nothing that counts.
    vtiger: Option<&'f Value>,
}

impl<'f> Field<'f, '_> {
    fn shown(&self) -> Option<&'f Value> {
        self.document.get(&self.rule.frappe)
    }

    /// Whether both say the same, but for a spelling; where VTiger owns the field, its spelling is brought back later.
    fn is_spelled_differently(&self) -> bool {
        let counts = self.base.is_none() || self.rule.direction.reaches_vtiger();
        let pair = self.shown().zip(self.vtiger).filter(|(shown, said)| shown != said && !said.is_empty());
        counts && pair.is_some_and(|(shown, said)| self.rule.is_spelling_of(shown, said))
    }

    fn shown_or_empty(&self) -> Value {
        self.shown().cloned().unwrap_or(Value::Empty)
    }

    fn said_or_empty(&self) -> Value {
        self.vtiger.cloned().unwrap_or(Value::Empty)
    }
}

/// What the fields of one document come to.
#[derive(Default)]
struct Merged {
    changes: Vec<Change>,
    agreed: BTreeMap<FieldName, Agreed>,
}

impl Merged {
    /// What was agreed stays agreed.
    fn keep(&mut self, field: &Field<'_, '_>) {
        if let Some(base) = field.base {
            self.agreed.insert(field.rule.frappe.clone(), base.clone());
        }
    }

    fn agree(&mut self, field: &Field<'_, '_>, agreed: Agreed) {
        self.agreed.insert(field.rule.frappe.clone(), agreed);
    }

    fn change(&mut self, field: &Field<'_, '_>, value: Value) {
        self.keep(field);
        let before = field.shown().cloned();
        self.changes.push(Change { field: field.rule.frappe.clone(), before, after: Planned::Value(value) });
    }
}

impl<'a> Decision<'a, '_> {
    /// The changes that the document needs, and what is agreed on without a write.
    pub(super) fn merged(
        &mut self,
        mapping: &'a DocumentMapping,
        wanted: &WantedDocument,
        document: &Record,
        (shadow, ours): (Option<&Shadow>, bool),
    ) -> (Vec<Change>, BTreeMap<FieldName, Agreed>) {
        let mut merged = Merged::default();
        for rule in mapping.fields.iter().filter(|rule| !rule.on_create) {
            let said = match wanted.fields.get(&rule.frappe) {
                None => continue,
                Some(Wanted::Value(value)) => value.clone(),
                Some(Wanted::Document(role)) => match self.referenced(mapping, rule, role) {
                    Some(document) => Value::Reference(document),
                    None => continue,
                },
            };
            // Half a joined name says nothing of a document that is there.
            let counts = shadow.is_none() || !wanted.partial.contains(&rule.frappe);
            let base = shadow.and_then(|shadow| shadow.fields.get(&rule.frappe));
            let field = Field { mapping, rule, document, base, ours, vtiger: counts.then_some(&said) };
            self.field(&field, &mut merged);
        }
        (merged.changes, merged.agreed)
    }

    fn field(&mut self, field: &Field<'_, 'a>, merged: &mut Merged) {
        match self.draft.answer(&field.mapping.role, field.rule) {
            Some(Answer::Granted) => return self.granted(field, merged),
            Some(Answer::Contradicted) => return self.disputed(field, merged),
            Some(Answer::Refused) => return merged.keep(field),
            None => {}
        }
        if field.is_spelled_differently() || self.is_anothers_spelling(field) {
            return merged
                .agree(field, Agreed { vtiger: field.said_or_empty(), frappe: field.shown_or_empty() });
        }
        match merge(&self.field_situation(field)) {
            FieldOutcome::Agreed(agreed) => merged.agree(field, agreed),
            FieldOutcome::Leave => merged.keep(field),
            FieldOutcome::ToVtiger(value) => self.wish_for(field, &value, merged),
            FieldOutcome::ToFrappe(_) if self.is_anothers(field) => merged.keep(field),
            FieldOutcome::ToFrappe(value) => {
                let value = self.decided(field).unwrap_or(value);
                self.spread(field, &value, merged);
            }
            FieldOutcome::Conflict => match self.decided(field) {
                Some(value) => self.spread(field, &value, merged),
                None => self.disputed(field, merged),
            },
        }
    }

    fn field_situation<'f>(&self, field: &Field<'f, 'a>) -> FieldSituation<'f> {
        let first_contact = field.mapping.first_contact.filter(|_| field.base.is_none() && !field.ours);
        let mut conflict = field.rule.conflict.or(first_contact).unwrap_or(field.mapping.conflict);
        if field.base.is_none() && !self.situation.writes_vtiger {
            conflict = ConflictPolicy::VtigerWins;
        }
        let blank = field.shown().is_some_and(|shown| field.rule.is_blank(shown));
        let agreed_on_blank = field.base.is_some_and(|base| Some(&base.frappe) == field.shown());
        FieldSituation {
            base: field.base,
            vtiger: field.vtiger,
            frappe: if blank && !agreed_on_blank { Some(&Value::Empty) } else { field.shown() },
            direction: field.rule.direction,
            clearing: field.rule.clearing,
            conflict,
            newest: self.situation.counterparts.get(&field.mapping.role).and_then(|known| known.newest),
        }
    }

    /// The draft says what Frappe shows, in VTiger's own spelling; what a person typed for both sides reaches Frappe too.
    fn granted(&self, field: &Field<'_, 'a>, merged: &mut Merged) {
        match self.decided(field) {
            Some(value) if field.shown() != Some(&value) => merged.change(field, value),
            _ => {
                merged.agree(field, Agreed { vtiger: field.said_or_empty(), frappe: field.shown_or_empty() });
            }
        }
    }

    fn decided(&self, field: &Field<'_, 'a>) -> Option<Value> {
        let (role, name) = (&field.mapping.role, &field.rule.frappe);
        let (vtiger, frappe) = (field.said_or_empty(), field.shown_or_empty());
        self.situation
            .decided
            .iter()
            .find_map(|decided| decided.of_field(role, name, &vtiger, &frappe))
            .cloned()
    }

    /// Brings a decided value to whichever side does not say it yet; VTiger first, since that is asked again.
    fn spread(&mut self, field: &Field<'_, 'a>, value: &Value, merged: &mut Merged) {
        if field.vtiger == Some(value) || !field.rule.direction.reaches_vtiger() {
            merged.change(field, value.clone());
        } else {
            self.wish_for(field, value, merged);
        }
    }

    fn disputed(&mut self, field: &Field<'_, 'a>, merged: &mut Merged) {
        merged.keep(field);
        self.plan.conflicts.push(Conflict::Field {
            role: field.mapping.role.clone(),
            document: field.document.reference.clone(),
            field: field.rule.frappe.clone(),
            base: field.base.cloned(),
            vtiger: field.said_or_empty(),
            frappe: field.shown_or_empty(),
        });
    }

    /// Has VTiger say it, where it can.
    fn wish_for(&mut self, field: &Field<'_, 'a>, value: &Value, merged: &mut Merged) {
        if !self.situation.may_tell_vtiger() || !travels_back(field.rule) {
            return merged.keep(field);
        }
        let fields = back(field.rule, value, &self.draft.record, self.situation)
            .and_then(|fields| fitted(fields, self.schemas.vtiger));
        match fields {
            Err(mut failure) => {
                failure.place = Some(format!("{}.{}", field.mapping.role, field.rule.frappe));
                self.plan.failures.push(failure);
                merged.keep(field);
            }
            // VTiger says it already, in its own spelling.
            Ok(fields) if fields.iter().all(|(name, value)| self.draft.record.get(name) == Some(value)) => {
                self.granted(field, merged);
            }
            Ok(fields) => {
                merged.keep(field);
                if self.wish.is_none() {
                    self.wish = Some(Wish { role: &field.mapping.role, rule: field.rule, fields });
                }
            }
        }
    }

    /// Whether a document that is what its key says, and that several records mean, shows it in the spelling of another one:
    /// each would write its own over the other's for ever. Who the others are is not asked for each time (an order's plan has
    /// a thousand orders): a record that says nothing new takes what stands there for another's.
    fn is_anothers_spelling(&self, field: &Field<'_, 'a>) -> bool {
        let several = self
            .situation
            .counterparts
            .get(&field.mapping.role)
            .is_some_and(|known| !known.others.is_empty());
        let alike = |(shown, said): (&Value, &Value)| {
            !said.is_empty() && shown != said && fold(&shown.plain()) == fold(&said.plain())
        };
        let says_nothing_new = field.base.zip(field.vtiger).is_some_and(|(base, said)| base.vtiger == *said);
        let anothers = several || says_nothing_new;
        field.mapping.keyed && anothers && field.shown().zip(field.vtiger).is_some_and(alike)
    }

    /// Whether Frappe shows what another record wrote that shares the document, so that writing this record's value would
    /// only start a quarrel. Pointers (a customer's main address, a bank account's party) stay with whoever set them; of
    /// anything else a person is told. What this record says anew is an edit, and goes through.
    fn is_anothers(&mut self, field: &Field<'_, 'a>) -> bool {
        let (Some(shown), Some(said)) = (field.shown().filter(|shown| !shown.is_empty()), field.vtiger)
        else {
            return false;
        };
        let points = matches!(field.rule.source, Source::Document(_));
        if points && field.mapping.shared && field.base.is_none_or(|base| base.frappe != *shown) {
            return true;
        }
        let Some(other) = self.other_behind(field, shown, said).filter(|_| !points) else { return false };
        if self.decided(field).is_some() {
            return false;
        }
        self.plan.conflicts.push(Conflict::Shared {
            role: field.mapping.role.clone(),
            document: field.document.reference.clone(),
            field: field.rule.frappe.clone(),
            vtiger: said.clone(),
            other,
            theirs: shown.clone(),
        });
        true
    }

    /// The other record that what Frappe shows comes from: at first contact any that is linked to the document, later one
    /// that agreed on it.
    fn other_behind(&self, field: &Field<'_, 'a>, shown: &Value, said: &Value) -> Option<RecordRef> {
        let known = self.situation.counterparts.get(&field.mapping.role)?;
        match field.base {
            None => known.others.first().map(|(other, _)| other.clone()),
            Some(base) if base.vtiger != *said => None,
            Some(_) => {
                let said_by = |(_, shadow): &&(RecordRef, Shadow)| {
                    let theirs = shadow.fields.get(&field.rule.frappe);
                    theirs.is_some_and(|theirs| theirs.frappe == *shown && theirs.vtiger != *said)
                };
                known.others.iter().find(said_by).map(|(other, _)| other.clone())
            }
        }
    }
}

/// Whether VTiger has a field of its own for this: constants, settings and names of other documents of the unit are
/// Frappe's business.
pub(super) fn travels_back(rule: &FieldRule) -> bool {
    matches!(rule.source, Source::Fields { .. } | Source::Linked { .. })
}

/// The VTiger fields that say what Frappe shows.
pub(super) fn back(
    rule: &FieldRule,
    value: &Value,
    record: &Record,
    situation: &Situation,
) -> Result<Fields, Failure> {
    match &rule.source {
        Source::Linked { field, role, .. } => {
            let target = linked_record(value, role, situation)?;
            Ok(Fields::from([(field.clone(), target)]))
        }
        _ => rule.to_vtiger(value, record).map_err(|error| error.failure()),
    }
}

/// The VTiger record that a document of another unit belongs to.
fn linked_record(value: &Value, role: &Role, situation: &Situation) -> Result<Value, Failure> {
    if value.is_empty() {
        return Ok(Value::Empty);
    }
    let name = value.plain();
    let known = situation.elsewhere.iter().filter(|other| other.standing == LinkStanding::Live);
    let owner = known.filter(|other| other.role == *role).find(|other| other.document.id.as_str() == name);
    owner.map(|other| Value::Reference(other.subject.clone())).ok_or_else(|| Failure {
        code: "unit.no_record".to_owned(),
        cause: format!("{name} belongs to no VTiger record"),
        remedy: "Bring that document to VTiger first, or choose one that is there already.".to_owned(),
        advice: crate::failure::Advice::NeedsPerson,
        place: None,
    })
}

/// The values as VTiger's fields hold them, or why one would not come back the same.
pub(super) fn fitted(fields: Fields, schema: Option<&KindSchema>) -> Result<Fields, Failure> {
    let Some(schema) = schema else { return Ok(fields) };
    let fit = |(name, value): (FieldName, Value)| match schema.fields.get(&name) {
        Some(field) => field.take(&name, value).map(|value| (name, value)),
        None => Ok((name, value)),
    };
    fields.into_iter().map(fit).collect::<Result<Fields, Misfit>>().map_err(|misfit| misfit_failure(&misfit))
}
