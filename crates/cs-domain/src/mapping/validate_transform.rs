//! Transforms: their parameters, and whether a value map can be read backwards.

use std::ops::Range;
use std::sync::Arc;

use jiff::civil::date;
use jiff::fmt::strtime;

use crate::fold::fold;
use crate::mapping::diagnostic::near;
use crate::mapping::file::{
    Entries, OtherwiseForm, OtherwiseWord, Placed, TransformForm, TransformTable, TransformWord,
};
use crate::mapping::phrases;
use crate::mapping::rules::transform;
use crate::mapping::transform_phone;
use crate::mapping::validate::Lowering;
use crate::mapping::{Otherwise, Own, Transform};
use crate::value::Value;

/// The most parts that a text is cut into.
const MOST_PARTS: u8 = 16;

impl Lowering<'_> {
    pub(super) fn transform(&mut self, form: &Placed<TransformForm>) -> Transform {
        match &form.value {
            TransformForm::Word(TransformWord::Trim) => Transform::Trim,
            TransformForm::Word(TransformWord::Upper) => Transform::Upper,
            TransformForm::Word(TransformWord::Lower) => Transform::Lower,
            TransformForm::Word(TransformWord::Title) => Transform::Title,
            TransformForm::Word(TransformWord::LastFour) => Transform::LastFour,
            TransformForm::Table(table) => self.transform_table(table, &form.span),
        }
    }

    fn transform_table(&mut self, form: &TransformTable, span: &Range<usize>) -> Transform {
        let mut found = Vec::new();
        if let Some(form) = &form.date {
            self.date_form(form);
            found.push(Transform::Date { form: form.value.clone() });
        }
        if let Some(region) = &form.phone {
            self.region(region);
            found.push(Transform::Phone { region: region.value.clone() });
        }
        if let Some(map) = &form.map {
            found.push(self.value_map(map, form.otherwise.as_ref()));
        }
        if let Some(index) = &form.part {
            found.push(self.part(index, form, span));
        }
        if let Some(default) = &form.default {
            if default.value.0 == Value::Empty {
                self.problems.add(&default.span, transform::empty_default());
            }
            found.push(Transform::Default(default.value.0.clone()));
        }
        if let Some(name) = &form.own {
            found.extend(self.own_transform(name, form.with.as_ref()));
            if found.is_empty() {
                return Transform::Trim; // told already, and whatever stands in is not used
            }
        }
        if found.len() != 1 {
            self.problems.add(span, transform::one_transform(&found.len()));
        }
        self.stray_keys(form);
        found.pop().unwrap_or(Transform::Trim)
    }

    /// A transform that this program was built with, and whether it understands what it is told.
    fn own_transform(
        &mut self,
        name: &Placed<String>,
        with: Option<&Placed<Entries<Placed<String>>>>,
    ) -> Option<Transform> {
        let Some(found) = self.own.get(name) else {
            let known: Vec<&str> = self.own.iter().map(|own| own.name()).collect();
            let near =
                if known.is_empty() { phrases::built_without() } else { near(name, known.iter().copied()) };
            self.problems.add(&name.span, transform::own_unknown(&name.value, near));
            return None;
        };
        let entries = with.map(|with| with.value.as_slice()).unwrap_or_default();
        let arguments = entries.iter().map(|(key, value)| (key.value.clone(), value.value.clone())).collect();
        let own = Own { transform: Arc::clone(found), with: arguments };
        if let Err(refusal) = own.transform.check(&own.with) {
            let span = with.map_or(&name.span, |with| &with.span);
            let about = own.transform.about();
            self.problems.add(span, transform::own_arguments(&refusal, &name.value, about));
        }
        Some(Transform::Own(own))
    }

    fn stray_keys(&mut self, form: &TransformTable) {
        let otherwise = form.otherwise.as_ref().map(|key| (&key.span, "otherwise", "map"));
        let of = form.of.as_ref().map(|key| (&key.span, "of", "part"));
        let separator = form.separator.as_ref().map(|key| (&key.span, "separator", "part"));
        let with = form.with.as_ref().map(|key| (&key.span, "with", "own"));
        for (span, key, owner) in [otherwise, of, separator, with].into_iter().flatten() {
            let has_owner = match owner {
                "map" => form.map.is_some(),
                "own" => form.own.is_some(),
                _ => form.part.is_some(),
            };
            if !has_owner {
                self.problems.add(span, transform::stray_key(key, owner));
            }
        }
    }

    /// A form is tried on days that tell day from month and one century from the other.
    fn date_form(&mut self, form: &Placed<String>) {
        let days = [date(1931, 12, 30), date(1999, 2, 3), date(2026, 11, 22)];
        for day in days {
            let written = strtime::format(form.as_str(), day).ok();
            let read =
                written.as_ref().and_then(|text| jiff::civil::Date::strptime(form.as_str(), text).ok());
            if read == Some(day) {
                continue;
            }
            let said = match (written, read) {
                (None, _) => transform::no_date_form(&form.value),
                (Some(text), None) => transform::date_not_read_back(&form.value, text),
                (Some(text), Some(read)) => transform::date_read_otherwise(&day, &form.value, text, &read),
            };
            self.problems.add(&form.span, said);
            return;
        }
    }

    fn region(&mut self, region: &Placed<String>) {
        if !transform_phone::regions().any(|known| known == region.as_str()) {
            let known: Vec<&str> = transform_phone::regions().collect();
            let near = near(region, known.iter().copied());
            self.problems.add(&region.span, transform::no_region(&region.value, near));
        }
    }

    fn value_map(
        &mut self,
        map: &Placed<Entries<Placed<String>>>,
        otherwise: Option<&Placed<OtherwiseForm>>,
    ) -> Transform {
        if map.is_empty() {
            self.problems.add(&map.span, transform::empty_map());
        }
        for (at, (from, to)) in map.iter().enumerate() {
            for word in [from, to] {
                if word.trim().is_empty() {
                    self.problems.add(&word.span, transform::empty_word());
                }
            }
            let before = map.iter().take(at).find(|(other, _)| fold(other) == fold(from));
            if let Some((first, _)) = before {
                let said = transform::word_twice(&first.value, &from.value);
                self.problems.add_related(&from.span, (&first.span, "the first one"), said);
            }
        }
        Transform::Map {
            pairs: map.iter().map(|(from, to)| (from.value.clone(), to.value.clone())).collect(),
            otherwise: match otherwise.map(|otherwise| &otherwise.value) {
                Some(OtherwiseForm::Word(OtherwiseWord::Keep)) => Otherwise::Keep,
                Some(OtherwiseForm::Word(OtherwiseWord::Refuse)) | None => Otherwise::Refuse,
                Some(OtherwiseForm::Use(form)) => Otherwise::Use(form.r#use.value.clone()),
            },
        }
    }

    pub(super) fn check_map_back(
        &mut self,
        span: &Range<usize>,
        pairs: &[(String, String)],
        otherwise: &Otherwise,
    ) {
        for (at, (from, to)) in pairs.iter().enumerate() {
            let Some((first, _)) = pairs.iter().take(at).find(|(_, other)| fold(other) == fold(to)) else {
                continue;
            };
            self.problems.add(span, transform::not_one_to_one(to, first, from));
        }
        if let Otherwise::Use(word) = otherwise {
            self.problems.add(span, transform::map_without_way_back(word));
        }
    }

    fn part(&mut self, index: &Placed<u8>, form: &TransformTable, span: &Range<usize>) -> Transform {
        let of = form.of.as_ref().map_or(0, |of| of.value);
        let separator = form.separator.as_ref().map_or(" ", |separator| separator.as_str());
        if form.of.is_none() {
            self.problems.add(span, transform::part_without_of());
        } else if !(2..=MOST_PARTS).contains(&of) {
            self.problems.add(span, transform::part_of(&of, &MOST_PARTS));
        } else if index.value >= of {
            self.problems.add(&index.span, transform::part_index(&index.value, &of, &(of - 1)));
        }
        if separator.is_empty() {
            self.problems.add(span, transform::part_separator());
        }
        Transform::Part { separator: separator.to_owned(), index: index.value, of }
    }
}
