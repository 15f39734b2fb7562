//! What a document and the VTiger record that was created for it agree on from the beginning.

use std::collections::BTreeMap;

use crate::mapping::{DocumentMapping, FieldRule, Source};
use crate::name::FieldName;
use crate::record::{Fields, Record};
use crate::schema::KindSchema;
use crate::shadow::Agreed;
use crate::situation::Situation;
use crate::value::Value;
use crate::wanted::wanted_document;

/// A VTiger record that was created for a Frappe document.
pub struct CreatedRecord<'c> {
    /// The document's mapping.
    pub mapping: &'c DocumentMapping,
    /// What Frappe says of the document's kind.
    pub schema: Option<&'c KindSchema>,
    /// What was sent, in VTiger's fields.
    pub sent: &'c Fields,
    /// The record as it was read back.
    pub record: &'c Record,
    /// Whether nobody but the write itself had touched it by then.
    pub untouched: bool,
}

impl CreatedRecord<'_> {
    /// What the two agree on, by Frappe field.
    ///
    /// Of what was sent both sides held the value, if only for a moment: what either shows since is said against that, and is
    /// no first contact, at which an emptied field would count for nothing. Of the rest, what both show.
    pub fn agreed_with(&self, document: &Record, situation: &Situation) -> BTreeMap<FieldName, Agreed> {
        let mut held = self.record.clone();
        held.fields.extend(self.sent.clone());
        let then = wanted_document(self.mapping, self.schema, &held, situation).unwrap_or_default();
        let now = wanted_document(self.mapping, self.schema, self.record, situation).unwrap_or_default();
        let agreed = |rule: &FieldRule| {
            let (shown, now) = (document.get(&rule.frappe)?, now.value(&rule.frappe)?);
            if !self.was_sent(rule) {
                return (now == shown).then(|| Agreed::on(now.clone()));
            }
            let then = then.value(&rule.frappe)?;
            let vtiger = if self.untouched { now } else { then };
            let frappe = if means(rule, shown, &held) { shown } else { then };
            Some(Agreed { vtiger: vtiger.clone(), frappe: frappe.clone() })
        };
        let rules = self.mapping.fields.iter();
        rules.filter_map(|rule| Some((rule.frappe.clone(), agreed(rule)?))).collect()
    }

    fn was_sent(&self, rule: &FieldRule) -> bool {
        let Source::Fields { names, .. } = &rule.source else { return false };
        rule.direction.reaches_vtiger() && names.iter().any(|name| self.sent.contains_key(name))
    }
}

/// Whether the document's value becomes just what the record holds: ` Ana ` of a rule that trims is `Ana` there.
fn means(rule: &FieldRule, shown: &Value, held: &Record) -> bool {
    let fields = rule.to_vtiger(shown, held).unwrap_or_default();
    !fields.is_empty() && fields.iter().all(|(field, value)| held.get(field) == Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::two_way_tests::{agreed, record, rule, unit};
    use crate::mapping::Transform;
    use crate::record::RecordRef;

    type Case = (&'static str, bool, &'static str, &'static str, Option<(&'static str, &'static str)>);

    /// `title` in Frappe at the creation, in VTiger as it was read back, and in Frappe by the time the two are tied; then what
    /// is agreed, as each side shows it.
    const TABLE: [Case; 7] = [
        ("Agent", true, "Agent", "Agent", Some(("Agent", "Agent"))),
        // Trimmed on its way: neither side has edited anything.
        ("Agent", true, "Agent", " Agent ", Some(("Agent", " Agent "))),
        // Cut by VTiger.
        ("Agent", true, "Age", "Agent", Some(("Age", "Agent"))),
        // Edited in VTiger just after: said against what was sent.
        ("Agent", false, "Boss", "Agent", Some(("Agent", "Agent"))),
        // Emptied or edited in Frappe while the answer was lost: likewise.
        ("Agent", false, "Agent", "", Some(("Agent", "Agent"))),
        ("Agent", false, "Agent", "Boss", Some(("Agent", "Agent"))),
        // Nothing was sent, and there is something by now: nothing is agreed.
        ("", false, "", "Boss", None),
    ];

    #[test]
    fn what_was_sent_is_agreed_and_later_edits_count_against_it() {
        let mut unit = unit();
        let mut title = rule("title", &["title"]);
        title.transforms = vec![Transform::Trim];
        unit.documents[0].fields = vec![title];
        for (sent, untouched, read_back, shown, expected) in TABLE {
            let sent: Fields = Some(sent)
                .filter(|text| !text.is_empty())
                .map(|text| ("title".into(), Value::text(text)))
                .into_iter()
                .collect();
            let created = CreatedRecord {
                mapping: &unit.documents[0],
                schema: None,
                sent: &sent,
                record: &record(RecordRef::vtiger("Contacts", "12x5"), &[("title", read_back)]),
                untouched,
            };
            let document = record(RecordRef::frappe("Contact", "Ana"), &[("title", shown)]);

            let found = created.agreed_with(&document, &agreed()).remove(&FieldName::from("title"));
            let expected = expected
                .map(|(vtiger, frappe)| Agreed { vtiger: Value::text(vtiger), frappe: Value::text(frappe) });
            assert_eq!(found, expected, "{read_back:?} {shown:?}");
        }
    }
}
