//! Which records and documents that are already there could be one and the same, with why: before a mapping runs for the
//! first time, a person looks through them. Nothing here links anything.

mod likeness;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::mapping::DocumentMapping;
use crate::name::{Role, UnitName};
use crate::record::{Record, RecordRef};
use crate::wanted::WantedDocument;
use likeness::{blocks, called, likeness};

/// A pair below this is no proposal; `score` counts to 100.
pub const WORTH_PROPOSING: u32 = 50;

/// Documents proposed for one record at most.
const A_RECORD: usize = 3;

/// A word that stands in more documents than this finds none: it is not worth the comparisons.
const FREQUENT: usize = 200;

/// A record of VTiger without a link in this role, and what the mapping makes of it.
#[derive(Clone, Debug)]
pub struct Unlinked {
    /// The record.
    pub subject: RecordRef,
    /// The document that the mapping asks for.
    pub wanted: WantedDocument,
}

/// A record and a document that could be one and the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The unit of the record.
    pub unit: UnitName,
    /// The role that the document would play.
    pub role: Role,
    /// VTiger's record.
    pub subject: RecordRef,
    /// Frappe's document.
    pub document: RecordRef,
    /// How much speaks for it, 0 to 100.
    pub score: u32,
    /// What speaks for it, and against.
    pub reasons: Vec<LinkReason>,
}

/// What a person said of a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkDecision {
    /// They are one: the next run links them.
    Accepted,
    /// They are two: no run links them, whatever its match keys say.
    Rejected,
}

/// A pair that a person has decided about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecidedPair {
    /// The unit of the record.
    pub unit: UnitName,
    /// The role.
    pub role: Role,
    /// VTiger's record.
    pub subject: RecordRef,
    /// Frappe's document.
    pub document: RecordRef,
    /// What was said.
    pub decision: LinkDecision,
}

/// Something that speaks for a pair, or against it. Fields are Frappe's, values are as the mapping would write them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum LinkReason {
    /// All fields of a match key are equal: a run would find it by itself, unless it finds several.
    MatchKey {
        /// Which key, counted from 0.
        number: usize,
    },
    /// The same e-mail address.
    SameEmail {
        /// In which field.
        field: String,
    },
    /// The same phone number, however it is written.
    SamePhone {
        /// In which field.
        field: String,
    },
    /// The same day: of birth, mostly.
    SameDate {
        /// In which field.
        field: String,
    },
    /// The same text.
    SameText {
        /// In which field.
        field: String,
    },
    /// Names that are alike.
    LikeName {
        /// How much, of a hundred.
        percent: u32,
    },
    /// Both have a value, and not the same.
    Different {
        /// In which field.
        field: String,
    },
    /// What both are called: neither for nor against, for people to look at.
    Called {
        /// VTiger's record.
        record: String,
        /// Frappe's document.
        document: String,
    },
}

/// The documents of a role that no record has, laid out so that those which are near a record are found without looking at all
/// of them. Records are held against it one by one, so that a module of any size passes through.
pub struct Loose<'m> {
    mapping: &'m DocumentMapping,
    documents: Vec<Record>,
    /// By each block ([`blocks`]), where the documents that have it stand.
    index: BTreeMap<String, Vec<usize>>,
}

impl<'m> Loose<'m> {
    /// Lays out documents.
    pub fn of(mapping: &'m DocumentMapping, documents: Vec<Record>) -> Self {
        let mut index: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, document) in documents.iter().enumerate() {
            for block in blocks(mapping, |field| document.get(field)) {
                index.entry(block).or_default().push(at);
            }
        }
        index.retain(|_, found| found.len() <= FREQUENT);
        Self { mapping, documents, index }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// Pairs a record with the documents that could be it: at most three, the best first.
    pub fn propose(&self, unit: &UnitName, record: &Unlinked) -> Vec<Proposal> {
        let blocks = blocks(self.mapping, |field| record.wanted.value(field));
        let near: BTreeSet<usize> =
            blocks.iter().filter_map(|block| self.index.get(block)).flatten().copied().collect();
        let mut found: Vec<Proposal> = near
            .into_iter()
            .filter_map(|at| self.documents.get(at))
            .filter_map(|document| {
                let (score, mut reasons) = likeness(self.mapping, &record.wanted, document);
                if score < WORTH_PROPOSING {
                    return None;
                }
                reasons.push(LinkReason::Called {
                    record: called(self.mapping, |field| record.wanted.value(field)),
                    document: called(self.mapping, |field| document.get(field)),
                });
                Some(Proposal {
                    unit: unit.clone(),
                    role: self.mapping.role.clone(),
                    subject: record.subject.clone(),
                    document: document.reference.clone(),
                    score,
                    reasons,
                })
            })
            .collect();
        found.sort_by(|left, right| {
            right.score.cmp(&left.score).then_with(|| left.document.id.cmp(&right.document.id))
        });
        found.truncate(A_RECORD);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::parse;
    use crate::value::Value;
    use crate::wanted::Wanted;

    const MAPPING: &str = r#"
format = 1
name = "people"
title = "People"
[[unit]]
name = "person"
module = "Contacts"
[[unit.document]]
role = "person"
doctype = "Contact"
match = [["first_name", "last_name", "email_id"]]
[unit.document.fields]
first_name = "firstname"
last_name = "lastname"
email_id = "email"
mobile_no = "mobile"
born = "birthday"
city = "mailingcity"
"#;

    const FIELDS: [&str; 6] = ["first_name", "last_name", "email_id", "mobile_no", "born", "city"];

    fn values(texts: [&str; 6]) -> Vec<(crate::name::FieldName, Value)> {
        let value = |(field, text): (&str, &str)| {
            let value = match text.parse() {
                Ok(date) if field == "born" => Value::Date(date),
                _ => Value::text(text),
            };
            (field.into(), value)
        };
        FIELDS.into_iter().zip(texts).map(value).collect()
    }

    fn record(id: &str, texts: [&str; 6]) -> Unlinked {
        let fields = values(texts).into_iter().map(|(field, value)| (field, Wanted::Value(value))).collect();
        Unlinked {
            subject: RecordRef::vtiger("Contacts", id),
            wanted: WantedDocument { fields, ..WantedDocument::default() },
        }
    }

    fn document(name: &str, texts: [&str; 6]) -> Record {
        Record {
            reference: RecordRef::frappe("Contact", name),
            version: "v".into(),
            fields: values(texts).into_iter().collect(),
        }
    }

    fn proposed(records: &[Unlinked], documents: &[Record]) -> Vec<(String, String, u32)> {
        let mapping = parse(MAPPING).unwrap().mapping;
        let unit = &mapping.units[0];
        let loose = Loose::of(&unit.documents[0], documents.to_vec());
        records
            .iter()
            .flat_map(|record| loose.propose(&unit.name, record))
            .map(|found| (found.subject.id.to_string(), found.document.id.to_string(), found.score))
            .collect()
    }

    const ANA: [&str; 6] = ["Ana", "Muñoz", "ana@example.test", "(305) 555-0101", "1980-02-03", "Ciudad A"];

    #[test]
    fn the_same_person_is_found_however_it_is_written() {
        let documents = [
            document("Ana", ["ANA", "Munoz", "ANA@example.test", "+13055550101", "1980-02-03", "ciudad a"]),
            document("Otra", ["Rosa", "Díaz", "rosa@example.test", "+13055550999", "1990-01-01", "Ciudad A"]),
        ];
        let found = proposed(&[record("12x1", ANA)], &documents);
        assert_eq!(found, [("12x1".to_owned(), "Ana".to_owned(), 100)]);
    }

    #[test]
    fn a_pair_says_what_both_are_called_and_no_whole_number() {
        let written = ["ANA", "Munoz 4111111111111111", "ana@example.test", "", "", ""];
        let mapping = parse(MAPPING).unwrap().mapping;
        let loose = Loose::of(&mapping.units[0].documents[0], vec![document("Ana", written)]);
        let found = loose.propose(&mapping.units[0].name, &record("12x1", ANA));
        let record = "Ana Muñoz ana@example.test".to_owned();
        let document = "ANA Munoz ****1111 ana@example.test".to_owned();
        assert_eq!(found[0].reasons.last(), Some(&LinkReason::Called { record, document }));
    }

    #[test]
    fn namesakes_are_told_apart_by_what_differs() {
        let documents = [
            document("Mother", ["Ana", "Muñoz", "", "", "1950-07-07", ""]),
            document("Daughter", ["Ana", "Muñoz", "", "", "", ""]),
        ];
        let found = proposed(&[record("12x1", ANA)], &documents);
        assert_eq!(found.iter().map(|found| found.1.as_str()).collect::<Vec<_>>(), ["Daughter"], "{found:?}");
    }

    #[test]
    fn one_number_and_half_a_name_are_worth_a_look() {
        let short = [document("Anita", ["Anita", "Muñoz", "", "305 555 0101", "", ""])];
        let found = proposed(&[record("12x1", ANA)], &short);
        assert!(found.len() == 1 && found[0].2 < 90, "{found:?}");
        let family = [document("Luis", ["Luis", "Muñoz", "", "", "", "Ciudad A"])];
        assert!(proposed(&[record("12x1", ANA)], &family).is_empty(), "a name in the family is not enough");
    }

    #[test]
    fn at_most_three_are_proposed_and_the_best_first() {
        let documents: Vec<Record> =
            (0..6).map(|n| document(&format!("D{n}"), ["Ana", "Muñoz", "", "", "", ""])).collect();
        let mut with_one = documents.clone();
        with_one.push(document("Best", ANA));
        let found = proposed(&[record("12x1", ANA)], &with_one);
        assert_eq!(found.iter().map(|found| found.1.as_str()).collect::<Vec<_>>(), ["Best", "D0", "D1"]);
    }
}
