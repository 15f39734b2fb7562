//! The difference between two mappings: part by part, in the words of the file.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::mapping::edit::notation;
use crate::mapping::{DocumentMapping, Mapping, RowRule, UnitMapping};
use crate::name::{FieldName, Role, UnitName};

/// What of a mapping is different.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aspect {
    /// What people call it.
    Title,
    /// A setting.
    Setting(String),
    /// A unit's VTiger module; with it the unit is there or not.
    Module,
    /// Which records take part.
    Selection,
    /// What is never read.
    NeverRead,
    /// What makes new records in VTiger.
    Create,
    /// A document's DocType; with it the document is there or not.
    DocType,
    /// What has to be there for the document to exist.
    ExistsWhen,
    /// Whether it is shared.
    Shared,
    /// Whether it is keyed.
    Keyed,
    /// Whether it is amended.
    Amend,
    /// The field of its external id.
    ExternalId,
    /// How it is found.
    Match,
    /// What must hold before it is written.
    Checks,
    /// Who decides conflicts, said there or further out.
    Conflict,
    /// Whose value stands at first contact.
    FirstContact,
    /// What deletes mean.
    Deletes,
    /// What a changed field means, said there or further out.
    OnDrift,
    /// The rule of a Frappe field.
    Field(FieldName),
    /// A row of a table; the number tells rows of one table apart, from 0.
    Row(FieldName, usize),
}

impl fmt::Display for Aspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Title => f.write_str("title"),
            Self::Setting(name) => write!(f, "setting {name}"),
            Self::Module => f.write_str("module"),
            Self::Selection => f.write_str("selection"),
            Self::NeverRead => f.write_str("never_read"),
            Self::Create => f.write_str("create_in_vtiger"),
            Self::DocType => f.write_str("doctype"),
            Self::ExistsWhen => f.write_str("exists_when"),
            Self::Shared => f.write_str("shared"),
            Self::Keyed => f.write_str("keyed"),
            Self::Amend => f.write_str("amend"),
            Self::ExternalId => f.write_str("external_id"),
            Self::Match => f.write_str("match"),
            Self::Checks => f.write_str("checks"),
            Self::Conflict => f.write_str("conflict"),
            Self::FirstContact => f.write_str("first_contact"),
            Self::Deletes => f.write_str("deletes"),
            Self::OnDrift => f.write_str("on_drift"),
            Self::Field(field) => write!(f, "field {field}"),
            Self::Row(table, number) => write!(f, "row {} of {table}", number + 1),
        }
    }
}

/// Where in a mapping something is said.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Spot {
    /// In which unit; `None`: outside of them.
    pub unit: Option<UnitName>,
    /// In which of its documents.
    pub role: Option<Role>,
    /// What.
    pub aspect: Aspect,
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(unit) = &self.unit {
            write!(f, "{unit}")?;
            if let Some(role) = &self.role {
                write!(f, "/{role}")?;
            }
            f.write_str(": ")?;
        }
        write!(f, "{}", self.aspect)
    }
}

/// One thing that is said otherwise in two mappings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Where.
    #[serde(flatten)]
    pub spot: Spot,
    /// What the one says, as a file writes it; `None`: nothing.
    pub before: Option<String>,
    /// What the other says.
    pub after: Option<String>,
}

impl fmt::Display for Difference {
    /// `- account/customer: field website = "website"`, `+ ...`; one line or two.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(before) = &self.before {
            write!(f, "- {} = {before}", self.spot)?;
        }
        if self.before.is_some() && self.after.is_some() {
            f.write_str("\n")?;
        }
        match &self.after {
            Some(after) => write!(f, "+ {} = {after}", self.spot),
            None => Ok(()),
        }
    }
}

/// Everything that `after` says otherwise than `before`: what it says in its order, then what it no longer says. Two that mean
/// the same have no difference; where a policy was said does not matter.
pub fn compare(before: &Mapping, after: &Mapping) -> Vec<Difference> {
    let mut was: BTreeMap<Spot, String> = statements(before).into_iter().collect();
    let mut differences = Vec::new();
    for (spot, after) in statements(after) {
        let before = was.remove(&spot);
        if before.as_ref() != Some(&after) {
            differences.push(Difference { spot, before, after: Some(after) });
        }
    }
    let gone = statements(before).into_iter().filter(|(spot, _)| was.contains_key(spot));
    differences.extend(gone.map(|(spot, before)| Difference { spot, before: Some(before), after: None }));
    differences
}

/// All that a mapping says, in its order.
fn statements(mapping: &Mapping) -> Vec<(Spot, String)> {
    let spot = |aspect| Spot { unit: None, role: None, aspect };
    let mut all = vec![(spot(Aspect::Title), format!("{:?}", mapping.title))];
    let settings = mapping.settings.iter();
    all.extend(
        settings
            .map(|(name, spec)| (spot(Aspect::Setting(name.clone())), notation::setting(spec).to_string())),
    );
    for unit in &mapping.units {
        all.extend(of_unit(unit));
        for document in &unit.documents {
            all.extend(of_document(unit, document));
        }
    }
    all
}

fn of_unit(unit: &UnitMapping) -> Vec<(Spot, String)> {
    let spot = |aspect| Spot { unit: Some(unit.name.clone()), role: None, aspect };
    let mut all = vec![(spot(Aspect::Module), format!("{:?}", unit.module.as_str()))];
    if !unit.selection.is_empty() {
        all.push((spot(Aspect::Selection), notation::conditions(&unit.selection).to_string()));
    }
    if !unit.never_read.is_empty() {
        all.push((spot(Aspect::NeverRead), notation::names(&unit.never_read).to_string()));
    }
    if let Some(create) = &unit.create_in_vtiger {
        all.push((spot(Aspect::Create), notation::create(create).to_string()));
    }
    all
}

fn of_document(unit: &UnitMapping, document: &DocumentMapping) -> Vec<(Spot, String)> {
    let spot = |aspect| Spot { unit: Some(unit.name.clone()), role: Some(document.role.clone()), aspect };
    let mut all = vec![(spot(Aspect::DocType), format!("{:?}", document.doctype.as_str()))];
    let mut say = |aspect, text: Option<String>| all.extend(text.map(|text| (spot(aspect), text)));
    say(
        Aspect::ExistsWhen,
        (!document.exists_when.is_empty()).then(|| notation::names(&document.exists_when).to_string()),
    );
    for (aspect, flag) in
        [(Aspect::Shared, document.shared), (Aspect::Keyed, document.keyed), (Aspect::Amend, document.amend)]
    {
        say(aspect, flag.then(|| "true".to_owned()));
    }
    say(Aspect::ExternalId, document.external_id.as_ref().map(|field| format!("{:?}", field.as_str())));
    let found = !document.match_keys.is_empty();
    say(Aspect::Match, found.then(|| notation::match_keys(&document.match_keys).to_string()));
    say(
        Aspect::Checks,
        (!document.checks.is_empty()).then(|| notation::checks(&document.checks).to_string()),
    );
    say(Aspect::Conflict, Some(format!("{:?}", notation::conflict(document.conflict))));
    say(Aspect::FirstContact, document.first_contact.map(|one| format!("{:?}", notation::conflict(one))));
    say(Aspect::Deletes, Some(notation::deletes(&document.deletes).to_string()));
    say(Aspect::OnDrift, document.on_drift.map(|policy| format!("{:?}", policy.as_str())));
    for rule in &document.fields {
        say(Aspect::Field(rule.frappe.clone()), Some(notation::rule(rule).to_string()));
    }
    for (place, row) in document.rows.iter().enumerate() {
        let same = |other: &&RowRule| other.table == row.table;
        let number = document.rows.iter().take(place).filter(same).count();
        say(Aspect::Row(row.table.clone(), number), Some(notation::row(row).to_string()));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::{parse, shipped, shipped_text};

    fn crm() -> &'static str {
        shipped_text("crm").unwrap()
    }

    fn told(before: &str, after: &str) -> Vec<String> {
        let mapping = |text: &str| parse(text).unwrap_or_else(|problems| panic!("{problems:?}")).mapping;
        compare(&mapping(before), &mapping(after)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_means_the_same_has_no_difference() {
        let commented = crm().replace("format = 1", "format = 1 # of this file");
        let longer = crm().replace(
            "website = { vtiger = \"website\", transform = \"trim\" }",
            "website = { vtiger = [\"website\"], transform = [\"trim\"], direction = \"both\" }",
        );
        assert_ne!(longer, crm());
        assert_eq!((told(crm(), &commented), told(crm(), &longer)), (vec![], vec![]));
    }

    #[test]
    fn what_changed_is_told_in_the_words_of_the_file() {
        let after = crm()
            .replace("title = \"CRM", "title = \"The CRM")
            .replace("default = \"Products\"", "default = \"Planes\"")
            .replace("\"US\" = \"United States\", ", "")
            .replace("website = { vtiger = \"website\", transform = \"trim\" }", "mobile_no = \"phone\"")
            .replace(
                "[[unit]]\nname = \"account\"",
                "conflict = \"newest_wins\"\n[[unit]]\nname = \"account\"",
            )
            .replace("conflict = \"newest_wins\"\n", "");
        insta::assert_snapshot!(told(crm(), &after).join("\n"));
    }

    #[test]
    fn every_part_of_the_shipped_mappings_is_compared() {
        for (name, text) in shipped() {
            let mapping = parse(text).unwrap().mapping;
            let spots: Vec<Spot> = statements(&mapping).into_iter().map(|(spot, _)| spot).collect();
            let different: std::collections::BTreeSet<&Spot> = spots.iter().collect();
            assert_eq!(different.len(), spots.len(), "{name}: two parts have one place");
            // Against nothing, all of it is new; the other way round all of it is gone.
            let empty = Mapping { units: Vec::new(), settings: BTreeMap::new(), ..mapping.clone() };
            assert_eq!(compare(&empty, &mapping).len(), spots.len() - 1);
            assert!(compare(&mapping, &empty).iter().all(|difference| difference.after.is_none()));
        }
    }

    #[test]
    fn a_policy_counts_where_it_holds_not_where_it_was_said() {
        let everywhere = crm().replace("title = \"CRM", "conflict = \"vtiger_wins\"\ntitle = \"CRM");
        let documents =
            parse(crm()).unwrap().mapping.units.iter().map(|unit| unit.documents.len()).sum::<usize>();
        let told = told(crm(), &everywhere);
        assert_eq!(told.len(), documents, "{told:?}");
        assert!(told[0].starts_with("- account/customer: conflict = \"ask\"\n+ "), "{}", told[0]);
    }
}
