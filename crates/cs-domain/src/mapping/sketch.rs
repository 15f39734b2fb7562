//! A mapping's text as far as it can be made out, right or wrong: what a page shows of a draft.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::mapping::OwnTransforms;
use crate::mapping::diagnostic::{Problem, Problems, together};
use crate::mapping::edit::{Level, PoliciesSaid};
use crate::mapping::file::{self, DeletesForm, DeletesWord, MappingForm, Placed};
use crate::mapping::place::Place;
use crate::mapping::validate::{Lowering, ParsedMapping};
use crate::policy::{ConflictPolicy, DeletePolicy};

/// What can be made out of a mapping's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sketch {
    /// The mapping, where tables and keys are those of one. It counts only where there is no problem.
    pub parsed: Option<ParsedMapping>,
    /// What is wrong, as [`crate::mapping::parse`] tells it.
    pub problems: Vec<Problem>,
    /// The policies that are said in each place, where any is.
    pub said: BTreeMap<Level, PoliciesSaid>,
}

impl Sketch {
    /// The part of the mapping that a problem is about: the last one that begins at the problem's place or before it.
    pub fn place_of(&self, problem: &Problem) -> Option<&Place> {
        let places = self.parsed.iter().flat_map(|parsed| &parsed.places);
        let before = places.filter(|(_, span)| span.start <= problem.span.start);
        // Of two that begin together, the one that ends first is the nearer one.
        let nearest = before
            .max_by_key(|(_, span): &(&Place, &Range<usize>)| (span.start, std::cmp::Reverse(span.end)));
        nearest.map(|(place, _)| place)
    }
}

/// Makes out what it can.
pub fn sketch(text: &str) -> Sketch {
    sketch_with(text, &OwnTransforms::default())
}

/// [`sketch`] for a program that was built with transforms of its own.
pub fn sketch_with(text: &str, own: &OwnTransforms) -> Sketch {
    let mut problems = Problems::new(text);
    let form = file::read(text, &mut problems);
    let Some(form) = form else {
        return Sketch { parsed: None, problems: problems.sorted(), said: BTreeMap::new() };
    };
    let (parsed, found) = Lowering::lower(text, &form, own);
    let problems = together(problems.sorted(), found);
    Sketch { parsed: Some(parsed), problems, said: said(&form) }
}

fn said(form: &MappingForm) -> BTreeMap<Level, PoliciesSaid> {
    let mut top = policies(form.conflict.as_ref(), form.first_contact.as_ref(), form.deletes.as_ref());
    top.on_drift = form.on_drift.as_ref().map(|policy| policy.value);
    let mut all = vec![(Level::Mapping, top)];
    for unit in &form.unit {
        let name = || unit.name.as_str().into();
        let mut own = policies(unit.conflict.as_ref(), unit.first_contact.as_ref(), unit.deletes.as_ref());
        own.on_drift = unit.on_drift.as_ref().map(|policy| policy.value);
        all.push((Level::Unit(name()), own));
        all.extend(unit.document.iter().map(|document| {
            let (conflict, deletes) = (document.conflict.as_ref(), document.deletes.as_ref());
            let mut own = policies(conflict, document.first_contact.as_ref(), deletes);
            own.on_drift = document.on_drift.as_ref().map(|policy| policy.value);
            (Level::Document(name(), document.role.as_str().into()), own)
        }));
    }
    all.into_iter().filter(|(_, said)| *said != PoliciesSaid::default()).collect()
}

fn policies(
    conflict: Option<&Placed<ConflictPolicy>>,
    first_contact: Option<&Placed<ConflictPolicy>>,
    deletes: Option<&Placed<DeletesForm>>,
) -> PoliciesSaid {
    PoliciesSaid {
        conflict: conflict.map(|policy| policy.value),
        first_contact: first_contact.map(|policy| policy.value),
        deletes: deletes.map(|deletes| match &deletes.value {
            DeletesForm::Word(DeletesWord::Ignore) => DeletePolicy::Ignore,
            DeletesForm::Word(DeletesWord::Unlink) => DeletePolicy::Unlink,
            DeletesForm::Word(DeletesWord::Propagate) => DeletePolicy::Propagate,
            DeletesForm::Mark(mark) => DeletePolicy::Mark {
                field: mark.mark.field.as_str().into(),
                value: mark.mark.value.0.plain(),
            },
        }),
        on_drift: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::place::{DocumentPart, UnitPart};

    const TEXT: &str = r#"
format = 1
name = "leads"
title = "Leads"
conflict = "newest_wins"
[[unit]]
name = "lead"
module = "Leads"
selection = [{ field = "leadstatus" }]
[[unit.document]]
role = "lead"
doctype = "Lead"
match = [["email_id"]]
deletes = { mark = { field = "status", value = "Do Not Contact" } }
[unit.document.fields]
first_name = { vtiger = "firstname", direction = "both", transform = "last_four" }
last_name = "lastname"
"#;

    #[test]
    fn a_mapping_with_mistakes_is_shown_with_each_where_it_belongs() {
        let sketch = sketch(TEXT);
        let told: Vec<(&str, String)> = sketch
            .problems
            .iter()
            .map(|problem| {
                (problem.code.as_str(), sketch.place_of(problem).map(Place::to_string).unwrap_or_default())
            })
            .collect();
        let expected = [
            ("condition.one_test", "unit lead, condition 1"),
            ("match.unknown_field", "unit lead, document lead, match key 1"),
            ("last_four.no_way_back", "unit lead, document lead, field first_name"),
        ];
        assert_eq!(told, expected.map(|(code, place)| (code, place.to_owned())));
        let parsed = sketch.parsed.unwrap();
        assert_eq!(parsed.mapping.units[0].documents[0].fields.len(), 2);
        assert!(parsed.places.contains_key(&Place::Unit { unit: "lead".into(), part: UnitPart::Module }));
        let field = DocumentPart::Field("last_name".into());
        let place = Place::Document { unit: "lead".into(), role: "lead".into(), part: field };
        assert!(parsed.places.contains_key(&place));
        assert_eq!(sketch.said.len(), 2);
        assert_eq!(sketch.said[&Level::Mapping].conflict, Some(ConflictPolicy::NewestWins));
        let document = &sketch.said[&Level::Document("lead".into(), "lead".into())];
        assert!(
            matches!(&document.deletes, Some(DeletePolicy::Mark { value, .. }) if value == "Do Not Contact")
        );
    }

    #[test]
    fn what_is_no_mapping_is_none() {
        for text in ["", "format = 1", "x = [", "format = 9\nname = 'a'"] {
            let sketch = sketch(text);
            assert_eq!((sketch.parsed, sketch.problems.is_empty()), (None, false), "{text}");
        }
    }

    #[test]
    fn what_parses_is_sketched_as_it_is() {
        for (name, text) in crate::mapping::shipped() {
            let sketch = sketch(text);
            assert_eq!(sketch.problems, [], "{name}");
            assert_eq!(sketch.parsed.unwrap(), crate::mapping::parse(text).unwrap());
        }
    }
}
