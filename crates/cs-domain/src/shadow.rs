//! What both sides were last seen to agree on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::name::{FieldName, Version};
use crate::record::{Fields, Record};
use crate::value::Value;

/// The merge base of one link: the values both sides were last seen to hold, with the state each side was in.
///
/// A field's entry moves only when both sides are known to hold the value (DESIGN.md, "What must always hold", 3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shadow {
    /// Agreed values by Frappe field.
    pub fields: BTreeMap<FieldName, Agreed>,
    /// The VTiger record's version at that moment.
    pub vtiger: Option<Version>,
    /// The Frappe document's version at that moment.
    pub frappe: Option<Version>,
}

impl Shadow {
    /// Takes in what a write to Frappe left, as it was read back. Where the document is not known to be `untouched` since, a
    /// field that shows something else than was sent may be somebody's edit: what was sent is agreed on, since both sides
    /// held it, and what is shown counts against it. So that the edit is not taken for our echo, no version is noted.
    pub fn take_in(&mut self, sent: &Fields, document: &Record, untouched: bool) {
        for (field, value) in sent.iter().filter(|(_, value)| !matches!(value, Value::Rows(_))) {
            let Some(shown) = document.get(field) else { continue };
            let frappe = if untouched { shown } else { value };
            self.fields.insert(field.clone(), Agreed { vtiger: value.clone(), frappe: frappe.clone() });
        }
        // What was agreed to be empty, was not sent and is not empty was filled in by the system, or by somebody since.
        let still = |field: &FieldName, agreed: &mut Agreed| {
            let is_filled = document.get(field).is_some_and(|shown| !shown.is_empty());
            let was_empty = agreed.frappe.is_empty() && agreed.vtiger.is_empty();
            !(was_empty && is_filled) || sent.contains_key(field)
        };
        self.fields.retain(still);
        self.frappe = untouched.then(|| document.version.clone());
    }
}

/// One agreed value, as each side shows it.
///
/// Usually the two are equal. Where a system changes a value on its way (Frappe escapes the whole text when it holds a
/// tag, facts/FRAPPE.md "Writing"), they differ, and keeping both is what keeps the change from looking like an edit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreed {
    /// What the mapping's transforms make of VTiger's value.
    pub vtiger: Value,
    /// What Frappe shows.
    pub frappe: Value,
}

impl Agreed {
    /// Both sides show the same.
    pub fn on(value: Value) -> Self {
        Self { vtiger: value.clone(), frappe: value }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RecordRef;

    /// Agreed before, as VTiger and as Frappe held it; what a write sent; what the document shows after it; what is agreed then.
    type Case = (
        Option<(&'static str, &'static str)>,
        Option<&'static str>,
        &'static str,
        Option<(&'static str, &'static str)>,
    );

    const TABLE: [Case; 5] = [
        (Some(("a", "a")), Some("b"), "b", Some(("b", "b"))),
        (Some(("a", "a")), None, "a", Some(("a", "a"))),
        (Some(("a", "a")), None, "b", Some(("a", "a"))),
        // Nothing was there, nothing was sent, and something is there: no agreement on nothing stands against it.
        (Some(("", "")), None, "b", None),
        // VTiger had taken Frappe's edit and was emptied since: both edits count, whatever was sent of other fields.
        (Some(("b", "")), None, "b", Some(("b", ""))),
    ];

    #[test]
    fn a_write_moves_what_was_sent_and_forgets_no_edit() {
        let text = |text: &str| Value::text(text);
        for (before, sent, shown, expected) in TABLE {
            let field = || FieldName::from("title");
            let agreed = |(vtiger, frappe)| Agreed { vtiger: text(vtiger), frappe: text(frappe) };
            let mut shadow = Shadow {
                fields: before.map(|pair| (field(), agreed(pair))).into_iter().collect(),
                ..Shadow::default()
            };
            let sent: Fields = sent.map(|sent| (field(), text(sent))).into_iter().collect();
            let fields = Fields::from([(field(), text(shown))]);
            let document =
                Record { reference: RecordRef::frappe("Contact", "Ana"), version: "2".into(), fields };
            shadow.take_in(&sent, &document, true);
            assert_eq!(
                shadow.fields.get(&field()),
                expected.map(agreed).as_ref(),
                "{before:?} {sent:?} {shown}"
            );
        }
    }
}
