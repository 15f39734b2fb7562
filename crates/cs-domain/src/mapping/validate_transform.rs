//! Transforms: their parameters, and whether a value map can be read backwards.

use std::ops::Range;
use std::sync::Arc;

use jiff::civil::date;
use jiff::fmt::strtime;

use crate::fold::fold;
use crate::mapping::diagnostic::did_you_mean;
use crate::mapping::file::{
    Entries, OtherwiseForm, OtherwiseWord, Placed, TransformForm, TransformTable, TransformWord,
};
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
                self.problems.add("default.empty", &default.span, "a default holds nothing", "take it out");
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
            let message = format!("a transform does exactly one thing, and this one does {}", found.len());
            let help = "write one of `date`, `phone`, `map`, `part`, `default` and `own`, and several transforms as a list";
            self.problems.add("transform.one", span, message, help);
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
        let Some(transform) = self.own.get(name) else {
            let message = format!("this program has no transform \"{}\" of its own", name.value);
            let known: Vec<&str> = self.own.iter().map(|own| own.name()).collect();
            let help = if known.is_empty() {
                "it was built without any: docs/EXTENDING.md says how to add one".to_owned()
            } else {
                did_you_mean(name, known.iter().copied())
            };
            self.problems.add("transform.own_unknown", &name.span, message, help);
            return None;
        };
        let entries = with.map(|with| with.value.as_slice()).unwrap_or_default();
        let arguments = entries.iter().map(|(key, value)| (key.value.clone(), value.value.clone())).collect();
        let own = Own { transform: Arc::clone(transform), with: arguments };
        if let Err(refusal) = own.transform.check(&own.with) {
            let span = with.map_or(&name.span, |with| &with.span);
            let help = format!("`{}`: {}", name.value, own.transform.about());
            self.problems.add("transform.own_arguments", span, refusal.to_string(), help);
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
                let message = format!("`{key}` belongs to `{owner}`, and there is none");
                self.problems.add("transform.stray_key", span, message, "take it out");
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
            let message = match (written, read) {
                (None, _) => format!("\"{}\" is not a form of dates", form.value),
                (Some(text), None) => {
                    format!("dates written as \"{}\" cannot be read back: \"{text}\"", form.value)
                }
                (Some(text), Some(read)) => {
                    format!("{day} written as \"{}\" is \"{text}\", and that reads as {read}", form.value)
                }
            };
            let help = "use %Y, %m and %d: \"%m/%d/%Y\" for 11/22/2026";
            self.problems.add("transform.date_form", &form.span, message, help);
            return;
        }
    }

    fn region(&mut self, region: &Placed<String>) {
        if !transform_phone::regions().any(|known| known == region.as_str()) {
            let message = format!("no phone numbers of the country \"{}\" are known", region.value);
            let known: Vec<&str> = transform_phone::regions().collect();
            let help = did_you_mean(region, known.iter().copied());
            self.problems.add("transform.region", &region.span, message, help);
        }
    }

    fn value_map(
        &mut self,
        map: &Placed<Entries<Placed<String>>>,
        otherwise: Option<&Placed<OtherwiseForm>>,
    ) -> Transform {
        if map.is_empty() {
            let help = "name VTiger's words and Frappe's: { M = \"Male\", F = \"Female\" }";
            self.problems.add("map.empty", &map.span, "the value map is empty", help);
        }
        for (at, (from, to)) in map.iter().enumerate() {
            for word in [from, to] {
                if word.trim().is_empty() {
                    let message = "an empty value is not a word and has no partner";
                    let help = "for an empty VTiger field use { default = \"...\" }";
                    self.problems.add("map.empty_word", &word.span, message, help);
                }
            }
            let before = map.iter().take(at).find(|(other, _)| fold(other) == fold(from));
            if let Some((first, _)) = before {
                let message = format!("\"{}\" and \"{}\" are one word to VTiger", first.value, from.value);
                let help = "case and accents do not count: keep one of them";
                let first = (&first.span, "the first one");
                self.problems.add_related("map.word_twice", &from.span, first, message, help);
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
            let message = format!("\"{to}\" could go back to VTiger as \"{first}\" or as \"{from}\"");
            let help = "give each word its own partner, or write direction = \"to_frappe\"";
            self.problems.add("map.not_one_to_one", span, message, help);
        }
        if let Otherwise::Use(word) = otherwise {
            let message = format!("words that became \"{word}\" have no way back to VTiger");
            let help = "write otherwise = \"refuse\", or direction = \"to_frappe\"";
            self.problems.add("map.no_way_back", span, message, help);
        }
    }

    fn part(&mut self, index: &Placed<u8>, form: &TransformTable, span: &Range<usize>) -> Transform {
        let of = form.of.as_ref().map_or(0, |of| of.value);
        let separator = form.separator.as_ref().map_or(" ", |separator| separator.as_str());
        if form.of.is_none() {
            let help = "write how many parts there are: { part = 0, of = 2 }";
            self.problems.add("part.of_missing", span, "`part` needs `of`", help);
        } else if !(2..=MOST_PARTS).contains(&of) {
            let message = format!("a text cannot be cut into {of} parts");
            let help = format!("`of` is between 2 and {MOST_PARTS}");
            self.problems.add("part.of", span, message, help);
        } else if index.value >= of {
            let message = format!("there is no part {} of {of}: parts are counted from 0", index.value);
            let help = format!("the last one is {}", of - 1);
            self.problems.add("part.index", &index.span, message, help);
        }
        if separator.is_empty() {
            let help = "write what stands between the parts";
            self.problems.add("part.separator", span, "the separator is empty", help);
        }
        Transform::Part { separator: separator.to_owned(), index: index.value, of }
    }
}
