//! Both sides of a unit, field by field: what each holds now, what they last agreed on, and by which rule.

use std::collections::BTreeMap;

use cs_domain::{FieldName, LinkOrigin, LinkStanding, MappingName, RecordRef, Value, guarded};
use cs_ports::Tie;

use super::address;
use crate::error::WebError;
use crate::office::{Lookup, Sight, SightField};
use crate::pages::{reworded, shown};
use crate::visit::Visit;
use crate::words::Words;

/// Both sides of a record's unit in one mapping.
pub(crate) struct Comparison {
    pub(crate) mapping: MappingName,
    /// Why the systems were not asked, or did not answer: then only what is remembered is shown.
    pub(crate) silence: Option<Silence>,
    /// What the VTiger record is now; none where it was not asked.
    pub(crate) there: Option<bool>,
    pub(crate) groups: Vec<Group>,
    /// VTiger's fields that no document shown here mirrors.
    pub(crate) rest: Vec<Line>,
}

/// Why a system did not tell.
pub(crate) struct Silence {
    pub(crate) code: String,
    pub(crate) cause: String,
    pub(crate) remedy: String,
}

/// A document with its fields.
pub(crate) struct Group {
    pub(crate) role: String,
    pub(crate) document: String,
    /// Its page in Frappe.
    pub(crate) address: Option<String>,
    /// How it came to be linked: a key of the catalogue.
    pub(crate) origin: Option<&'static str>,
    pub(crate) given_up: bool,
    /// Whether Frappe has it; `None` where it was not asked.
    pub(crate) there: Option<bool>,
    pub(crate) lines: Vec<Line>,
}

/// A field on both sides.
pub(crate) struct Line {
    /// `owner.last_name`.
    pub(crate) field: String,
    /// Label, name and value, of each field that it is made of.
    pub(crate) vtiger: Vec<Cell>,
    pub(crate) base: Option<String>,
    pub(crate) frappe: Option<Cell>,
    pub(crate) rule: Option<String>,
    pub(crate) mark: Mark,
    /// Where its value is explained.
    pub(crate) why: Option<String>,
}

/// A field of one side.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) label: String,
    pub(crate) name: String,
    pub(crate) value: String,
}

/// How the two sides stand to what they agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Nothing moved.
    InStep,
    /// VTiger says something else than what was agreed on.
    VtigerMoved,
    /// Frappe does.
    FrappeMoved,
    /// Both do, and not the same.
    Apart,
    /// It cannot be said: nothing was agreed on, or one side was not asked.
    Open,
}

impl Mark {
    /// Whether a side says something else than what was agreed on.
    pub(crate) fn is_moved(self) -> bool {
        matches!(self, Self::VtigerMoved | Self::FrappeMoved | Self::Apart)
    }

    /// Pill and key of its word; nothing where nothing can be said.
    pub(crate) fn told(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::InStep => Some(("good", "records-in-step")),
            Self::VtigerMoved => Some(("busy", "records-vtiger-moved")),
            Self::FrappeMoved => Some(("busy", "records-frappe-moved")),
            Self::Apart => Some(("warn", "records-apart")),
            Self::Open => None,
        }
    }
}

/// Asks both sides, and puts what they say beside what is remembered.
pub(crate) async fn both_sides(
    visit: &Visit,
    mapping: &MappingName,
    subject: &RecordRef,
    ties: &[Tie],
) -> Result<Comparison, WebError> {
    let asked = visit.web.office.look_up(mapping, subject).await;
    let (lookup, silence) = match asked {
        Ok(lookup) => (Some(lookup), None),
        Err(error) => {
            let failure = error.failure();
            let silence = Silence {
                cause: shown::cause(&visit.words, &failure),
                remedy: shown::remedy(&visit.words, &failure),
                code: failure.code,
            };
            (None, Some(silence))
        }
    };
    let comparing = Comparing { visit, words: &visit.words, mapping, subject };
    Ok(comparing.compared(ties, lookup.as_ref(), silence))
}

struct Comparing<'a> {
    visit: &'a Visit,
    words: &'a Words,
    mapping: &'a MappingName,
    subject: &'a RecordRef,
}

impl Comparing<'_> {
    fn compared(&self, ties: &[Tie], lookup: Option<&Lookup>, silence: Option<Silence>) -> Comparison {
        let sights = lookup.map(|lookup| lookup.sights.as_slice()).unwrap_or_default();
        let record = sights.iter().find(|sight| sight.role.is_none());
        let vtiger: BTreeMap<&str, &SightField> = record
            .map(|sight| sight.fields.iter().map(|field| (field.name.as_str(), field)).collect())
            .unwrap_or_default();
        let documents: Vec<&Sight> = sights.iter().filter(|sight| sight.role.is_some()).collect();
        let mut groups: Vec<Group> = Vec::new();
        for tie in ties {
            let sight = documents.iter().copied().find(|sight| sight.role.as_ref() == Some(&tie.link.role));
            groups.push(self.group(Some(tie), sight, &vtiger));
        }
        let is_tied = |sight: &&&Sight| ties.iter().any(|tie| sight.role.as_ref() == Some(&tie.link.role));
        groups.extend(
            documents
                .iter()
                .filter(|sight| !is_tied(sight))
                .map(|sight| self.group(None, Some(sight), &vtiger)),
        );
        let mirrored: Vec<&str> = groups
            .iter()
            .flat_map(|group| &group.lines)
            .flat_map(|line| &line.vtiger)
            .map(|cell| cell.name.as_str())
            .collect();
        let left = record.map(|sight| sight.fields.as_slice()).unwrap_or_default().iter();
        let left: Vec<&SightField> = left.filter(|field| !mirrored.contains(&field.name.as_str())).collect();
        let rest = left.into_iter().map(|field| self.alone(field)).collect();
        Comparison {
            mapping: self.mapping.clone(),
            silence,
            there: record.map(|sight| sight.there),
            groups,
            rest,
        }
    }

    fn group(&self, tie: Option<&Tie>, sight: Option<&Sight>, vtiger: &BTreeMap<&str, &SightField>) -> Group {
        let role = tie
            .map(|tie| tie.link.role.to_string())
            .or_else(|| sight.and_then(|sight| sight.role.as_ref()).map(ToString::to_string))
            .unwrap_or_default();
        let document = tie.map(|tie| &tie.link.document).or_else(|| sight.map(|sight| &sight.reference));
        let shown_fields = sight.map(|sight| sight.fields.as_slice()).unwrap_or_default();
        let mut lines: Vec<Line> =
            shown_fields.iter().map(|field| self.line(&role, field, tie, vtiger)).collect();
        if lines.is_empty() {
            let remembered = tie.map(|tie| tie.shadow.fields.keys()).into_iter().flatten();
            lines = remembered.map(|field| self.remembered(&role, field, tie)).collect();
        }
        Group {
            document: document.map(shown::record).unwrap_or_default(),
            // An address has the document's name in it.
            address: document
                .filter(|document| !guarded::is_guarded(document))
                .and_then(|document| self.visit.web.office.address_of(document)),
            origin: tie.map(|tie| origin(tie.link.origin)),
            given_up: tie.is_some_and(|tie| tie.link.standing == LinkStanding::GivenUp),
            there: sight.map(|sight| sight.there),
            lines,
            role,
        }
    }

    fn line(
        &self,
        role: &str,
        field: &SightField,
        tie: Option<&Tie>,
        vtiger: &BTreeMap<&str, &SightField>,
    ) -> Line {
        let partners: Vec<&SightField> =
            partners(field).filter_map(|name| vtiger.get(name).copied()).collect();
        let agreed = tie.and_then(|tie| tie.shadow.fields.get(&field.name));
        let show = tie.map_or(guarded::named as fn(&Value) -> Value, |tie| {
            guarded::manner(tie.link.document.system, &tie.link.document.kind)
        });
        let name = format!("{role}.{}", field.name);
        Line {
            mark: mark(&partners, field, agreed.map(|agreed| (&agreed.vtiger, &agreed.frappe)), show),
            vtiger: partners.into_iter().map(|field| self.cell(field)).collect(),
            base: agreed.and_then(|agreed| self.base(tie, &agreed.frappe)),
            frappe: Some(self.cell(field)),
            rule: field.rule.as_deref().map(|rule| reworded::rule(self.words, rule)),
            why: address::of_reason(self.mapping, self.subject, &name),
            field: name,
        }
    }

    /// What was agreed on; of accounts and cards, the end of it.
    fn base(&self, tie: Option<&Tie>, agreed: &Value) -> Option<String> {
        let document = &tie?.link.document;
        Some(shown::value_of(self.words, document.system, &document.kind, agreed))
    }

    /// A field of which only the base is known.
    fn remembered(&self, role: &str, field: &FieldName, tie: Option<&Tie>) -> Line {
        let agreed = tie.and_then(|tie| tie.shadow.fields.get(field));
        let name = format!("{role}.{field}");
        Line {
            vtiger: Vec::new(),
            base: agreed.and_then(|agreed| self.base(tie, &agreed.frappe)),
            frappe: Some(Cell { label: field.to_string(), name: field.to_string(), value: String::new() }),
            rule: None,
            mark: Mark::Open,
            why: address::of_reason(self.mapping, self.subject, &name),
            field: name,
        }
    }

    /// A field of VTiger's that no document here mirrors.
    fn alone(&self, field: &SightField) -> Line {
        let partner = field.partner.clone().unwrap_or_else(|| field.name.to_string());
        let first = partner.split(", ").next().unwrap_or_default().to_owned();
        Line {
            vtiger: vec![self.cell(field)],
            base: None,
            frappe: None,
            rule: field.rule.as_deref().map(|rule| reworded::rule(self.words, rule)),
            mark: Mark::Open,
            why: address::of_reason(self.mapping, self.subject, &first),
            field: partner,
        }
    }

    fn cell(&self, field: &SightField) -> Cell {
        Cell {
            label: field.label.clone(),
            name: field.name.to_string(),
            value: shown::value(self.words, &field.value),
        }
    }
}

/// The names of the fields on the other side.
fn partners(field: &SightField) -> impl Iterator<Item = &str> {
    field.partner.as_deref().unwrap_or_default().split(", ").filter(|name| !name.is_empty())
}

/// How the sides stand to what was agreed on (VTiger's word for it, and Frappe's). A field that VTiger's fields become by a
/// transform cannot be compared with them as they are; it moved where Frappe's side did. `show`: how values are shown here.
fn mark(
    partners: &[&SightField],
    field: &SightField,
    agreed: Option<(&Value, &Value)>,
    show: fn(&Value) -> Value,
) -> Mark {
    let source = match partners {
        [one] => Some(&one.value),
        _ => None,
    };
    let alike = source.is_some_and(|source| same(source, &field.value));
    let Some((of_vtiger, of_frappe)) = agreed else {
        return if alike { Mark::InStep } else { Mark::Open };
    };
    // What may not be shown of a number cannot be compared either: a value stands where it was if it looks as it did.
    let stands = |value: &Value, agreed: &Value| same(value, agreed) || same(value, &show(agreed));
    let frappe_moved = !stands(&field.value, of_frappe);
    let vtiger_moved = is_copied(field) && source.is_some_and(|source| !stands(source, of_vtiger));
    match (vtiger_moved, frappe_moved) {
        _ if alike => Mark::InStep,
        (true, true) => Mark::Apart,
        (true, false) => Mark::VtigerMoved,
        (false, true) => Mark::FrappeMoved,
        (false, false) => Mark::InStep,
    }
}

/// Whether a value passes from side to side as it is: the rule's words then name nothing but the two fields and what has no
/// bearing on the value.
fn is_copied(field: &SightField) -> bool {
    let Some((_, after)) = field.rule.as_deref().and_then(|rule| rule.split_once(" <->")) else {
        return false;
    };
    let mut words = after.split(", ");
    let is_field = words.next().is_some_and(|source| !source.trim().contains([' ', '(']));
    let neutral = ["trim", "only when", "written last", "empty clears", "conflicts:"];
    is_field && words.all(|word| neutral.iter().any(|neutral| word.starts_with(neutral)))
}

/// Whether two values say the same, however either side types them.
fn same(one: &Value, other: &Value) -> bool {
    one == other || (!matches!(one, Value::Rows(_)) && one.plain().trim() == other.plain().trim())
}

/// How a document came to be linked: a key of the catalogue.
pub(crate) fn origin(origin: LinkOrigin) -> &'static str {
    match origin {
        LinkOrigin::Created => "records-origin-created",
        LinkOrigin::Adopted => "records-origin-adopted",
        LinkOrigin::Chosen => "records-origin-chosen",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(value: &str, rule: &str) -> SightField {
        SightField {
            name: "last_name".into(),
            label: "Last Name".to_owned(),
            value: Value::text(value),
            partner: Some("cf_2297".to_owned()),
            rule: Some(rule.to_owned()),
        }
    }

    const COPY: &str = "owner.last_name <-> cf_2297, conflicts: VTiger wins";
    const TURNED: &str = "owner.last_name <-> cf_2297, upper";

    #[test]
    fn a_difference_is_told_by_who_moved_since_the_base() {
        let base = (Value::text("Base"), Value::text("Base"));
        let agreed = Some((&base.0, &base.1));
        let marked = |vtiger: &str, frappe: &str, rule: &str, agreed| {
            mark(&[&field(vtiger, rule)], &field(frappe, rule), agreed, guarded::reduced)
        };
        assert_eq!(marked("Base", "Base", COPY, agreed), Mark::InStep);
        assert_eq!(marked("V", "Base", COPY, agreed), Mark::VtigerMoved);
        assert_eq!(marked("Base", "F", COPY, agreed), Mark::FrappeMoved);
        assert_eq!(marked("V", "F", COPY, agreed), Mark::Apart);
        assert_eq!(marked("N", "N", COPY, agreed), Mark::InStep, "both moved to the same");
        assert_eq!(
            marked("base", "Base", TURNED, agreed),
            Mark::InStep,
            "what a transform makes is not compared"
        );
        assert_eq!(marked("base", "F", TURNED, agreed), Mark::FrappeMoved);
        let (key, shown) = (Value::text("6x28/bank/125759ca8a3d57a9"), "6x28/bank/****5759ca8a3d57a9");
        let of_account = Some((&key, &key));
        assert_eq!(marked(shown, shown, TURNED, of_account), Mark::InStep);
        assert_eq!(marked("x", shown, TURNED, of_account), Mark::InStep, "as it may be shown, it stands");
        assert_eq!(marked("x", "6x28/bank/****0000", TURNED, of_account), Mark::FrappeMoved);
        assert_eq!(marked("V", "F", COPY, None), Mark::Open);
        assert_eq!(marked("V", "V", COPY, None), Mark::InStep);
    }

    #[test]
    fn what_a_side_calls_a_value_does_not_matter() {
        assert!(same(&Value::Choice("FL".to_owned()), &Value::text("FL")));
        assert!(same(&Value::Empty, &Value::Empty));
        assert!(!same(&Value::Empty, &Value::text("0")));
    }

    #[test]
    fn partners_are_named_one_by_one() {
        let mut two = field("Ana Prueba", COPY);
        two.partner = Some("cf_1, cf_2".to_owned());
        assert_eq!(partners(&two).collect::<Vec<_>>(), ["cf_1", "cf_2"]);
        two.partner = None;
        assert_eq!(partners(&two).count(), 0);
    }
}
