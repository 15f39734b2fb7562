//! A field's rule applied to a record: all its sources and transforms, there and back.

use crate::mapping::transform::same;
use crate::mapping::transform_error::{TransformError, TransformFault};
use crate::mapping::{FieldRule, Settings, Source, Transform};
use crate::name::FieldName;
use crate::record::{Fields, Record};
use crate::value::Value;

/// Ways to take a joined text apart that are looked at before it is called ambiguous.
const MOST_SPLITS: usize = 5_000;

impl FieldRule {
    /// What the record says for this Frappe field: `None` where it says nothing (a source field was not read, the
    /// setting has no value), `Empty` where its sources were read and hold nothing.
    ///
    /// Sources that name documents ([`Source::Document`], [`Source::Linked`]) are not this function's to resolve: it
    /// says `None` to them.
    pub fn to_frappe(&self, record: &Record, settings: &Settings) -> Result<Option<Value>, TransformError> {
        let value = match &self.source {
            Source::Fields { names, join } => {
                let read: Option<Vec<&Value>> = names.iter().map(|name| record.get(name)).collect();
                let Some(read) = read else { return Ok(None) };
                let each = read.into_iter().map(|value| self.carry(value));
                let values = each.collect::<Result<Vec<_>, _>>();
                Some(joined(values.map_err(|error| self.told(error))?, join))
            }
            Source::Constant(value) => Some(value.clone()),
            Source::Setting(name) => settings.get(name).map(Value::text),
            Source::Document(_) | Source::Linked { .. } => None,
        };
        Ok(value)
    }

    /// The VTiger fields that make this Frappe field hold `value`, given the record as it is now.
    ///
    /// A source whose value would not change keeps its spelling. What was computed is carried forward again, and
    /// refused where VTiger would not give the same value back (differences that the rule's own trim, case and phone
    /// transforms take away do not count). Sources that are not VTiger fields have nothing to write.
    pub fn to_vtiger(&self, value: &Value, record: &Record) -> Result<Fields, TransformError> {
        let Source::Fields { names, join } = &self.source else {
            return Ok(Fields::new());
        };
        self.split_back(names, join, &readable(value), record).map_err(|error| self.told(error))
    }

    /// Whether the rule reduces what it reads to four digits.
    pub fn guards_card_data(&self) -> bool {
        self.transforms.contains(&Transform::LastFour)
    }

    fn told(&self, error: TransformError) -> TransformError {
        let error = if self.guards_card_data() { error.without_values() } else { error };
        error.of(&self.frappe)
    }

    fn carry(&self, value: &Value) -> Result<Value, TransformError> {
        self.transforms.iter().try_fold(value.clone(), |value, transform| transform.forward(&value))
    }

    fn carry_back(&self, value: &Value, current: &Value) -> Result<Value, TransformError> {
        if self.carry(current).is_ok_and(|carried| same(&carried, value)) {
            return Ok(current.clone());
        }
        let mut steps = Vec::with_capacity(self.transforms.len());
        let mut step = current.clone();
        for transform in &self.transforms {
            // A current value that cannot be carried is about to be replaced, so its steps do not matter.
            let next = transform.forward(&step).unwrap_or(Value::Empty);
            steps.push((transform, std::mem::replace(&mut step, next)));
        }
        let back = steps.iter().rev();
        back.into_iter()
            .try_fold(value.clone(), |value, (transform, current)| transform.backward(&value, current))
    }

    /// Whether what Frappe shows is what VTiger says, but for a spelling that the rule's own transforms take away.
    pub fn is_spelling_of(&self, shown: &Value, said: &Value) -> bool {
        self.normal(shown).is_ok_and(|normal| same(&normal, said))
    }

    /// Whether what Frappe shows is nothing but space that the rule's own transforms take away.
    pub fn is_blank(&self, shown: &Value) -> bool {
        !shown.is_empty() && self.normal(shown).is_ok_and(|normal| normal.is_empty())
    }

    fn normal(&self, value: &Value) -> Result<Value, TransformError> {
        self.transforms
            .iter()
            .filter(|transform| transform.normalises())
            .try_fold(value.clone(), |value, transform| transform.forward(&value))
    }

    fn split_back(
        &self,
        names: &[FieldName],
        join: &str,
        value: &Value,
        record: &Record,
    ) -> Result<Fields, TransformError> {
        let current: Vec<&Value> =
            names.iter().map(|name| record.get(name).unwrap_or(&Value::Empty)).collect();
        let wanted = if names.len() == 1 {
            vec![value.clone()]
        } else {
            let carried: Vec<String> =
                current.iter().map(|value| self.carry(value).unwrap_or(Value::Empty).plain()).collect();
            split(&value.plain(), join, &carried)?
        };
        let mut fields = Fields::new();
        let mut returned = Vec::with_capacity(names.len());
        for ((name, current), wanted) in names.iter().zip(current).zip(&wanted) {
            let back = self.carry_back(wanted, current)?;
            returned.push(self.carry(&back)?);
            fields.insert(name.clone(), back);
        }
        let returned = joined(returned, join);
        if same(&returned, value) || same(&self.normal(&returned)?, &self.normal(value)?) {
            Ok(fields)
        } else {
            Err(TransformFault::NotReversible { wanted: value.plain(), returned: returned.plain() }.into())
        }
    }
}

/// A name that stands in a Frappe Link is plain text to VTiger.
fn readable(value: &Value) -> Value {
    match value {
        Value::Reference(reference) => Value::text(reference.id.as_str()),
        other => other.clone(),
    }
}

fn joined(mut values: Vec<Value>, join: &str) -> Value {
    if values.len() == 1 {
        return values.pop().unwrap_or(Value::Empty);
    }
    let texts: Vec<String> = values.iter().filter(|value| !value.is_empty()).map(Value::plain).collect();
    Value::text(texts.join(join))
}

/// Takes a joined text apart: of all ways to cut it, the one that leaves most values as they are. Where several do, the
/// one that gives each source one piece, else the one that fills fewest empty sources; else nobody can tell.
fn split(text: &str, join: &str, current: &[String]) -> Result<Vec<Value>, TransformError> {
    let ambiguous = || TransformFault::AmbiguousSplit { text: text.to_owned(), sources: current.len() };
    if text.is_empty() {
        return Ok(current.iter().map(|_| Value::Empty).collect());
    }
    if join.is_empty() {
        return Err(ambiguous().into());
    }
    let pieces: Vec<&str> = text.split(join).collect();
    let ways = ways(pieces.len(), current.len()).ok_or_else(ambiguous)?;
    let texts = |way: &Vec<usize>| -> Vec<String> {
        let mut rest = pieces.as_slice();
        way.iter()
            .map(|count| {
                let (group, after) = rest.split_at_checked(*count).unwrap_or((rest, &[]));
                rest = after;
                group.join(join)
            })
            .collect()
    };
    // Sources with a value that keep it, then sources without one that stay so.
    let kept = |way: &[String], empty: bool| {
        let pairs = way.iter().zip(current);
        pairs.filter(|(new, old)| new == old && old.is_empty() == empty).count()
    };
    let mut best = best_by(ways.iter().map(texts).collect(), |way| kept(way, false));
    let chosen = match best.iter().position(|way| *way == pieces) {
        Some(one_each) => Some(best.swap_remove(one_each)),
        None => match best_by(best, |way| kept(way, true)).as_mut_slice() {
            [only] => Some(std::mem::take(only)),
            _ => None,
        },
    };
    Ok(chosen.ok_or_else(ambiguous)?.into_iter().map(Value::text).collect())
}

fn best_by(ways: Vec<Vec<String>>, score: impl Fn(&[String]) -> usize) -> Vec<Vec<String>> {
    let most = ways.iter().map(|way| score(way)).max().unwrap_or(0);
    ways.into_iter().filter(|way| score(way) == most).collect()
}

/// Every way to deal `pieces` in order to `groups`, some of which may stay empty; `None` where there are too many.
fn ways(pieces: usize, groups: usize) -> Option<Vec<Vec<usize>>> {
    let mut ways: Vec<Vec<usize>> = vec![Vec::new()];
    for group in 0..groups {
        let mut longer = Vec::new();
        for way in ways {
            let left = pieces - way.iter().sum::<usize>();
            let least = if group + 1 == groups { left } else { 0 };
            longer.extend((least..=left).map(|count| {
                let mut way = way.clone();
                way.push(count);
                way
            }));
            if longer.len() > MOST_SPLITS {
                return None;
            }
        }
        ways = longer;
    }
    Some(ways)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mapping::Otherwise;
    use crate::policy::{Clearing, Direction};
    use crate::record::RecordRef;

    fn rule(names: &[&str], transforms: Vec<Transform>) -> FieldRule {
        FieldRule {
            frappe: "full_name".into(),
            source: Source::Fields {
                names: names.iter().map(|name| (*name).into()).collect(),
                join: " ".into(),
            },
            transforms,
            direction: Direction::Both,
            clearing: Clearing::Keep,
            conflict: None,
            on_create: false,
            deferred: false,
        }
    }

    fn record(fields: &[(&str, &str)]) -> Record {
        let field = |(name, text): &(&str, &str)| ((*name).into(), Value::text(*text));
        Record {
            reference: RecordRef::vtiger("Contacts", "12x1"),
            version: "v".into(),
            fields: fields.iter().map(field).collect(),
        }
    }

    #[test]
    fn not_read_empty_and_filled_are_three_things() {
        let rule = rule(&["a", "b"], vec![Transform::Trim]);
        let said = |fields: &[(&str, &str)]| rule.to_frappe(&record(fields), &Settings::new()).unwrap();
        assert_eq!(said(&[]), None);
        assert_eq!(said(&[("a", "Ana")]), None, "half a name is no name");
        assert_eq!(said(&[("a", ""), ("b", "")]), Some(Value::Empty));
        assert_eq!(said(&[("a", " Ana "), ("b", "")]), Some(Value::text("Ana")));
        assert_eq!(said(&[("a", "Ana"), ("b", "Ruiz")]), Some(Value::text("Ana Ruiz")));
    }

    #[test]
    fn joined_texts_are_split_by_what_is_there_or_not_at_all() {
        let cases = [
            (["Ana", "", "Ruiz"], "Ana Soto", Some(["Ana", "", "Soto"])),
            (["Ana", "", "Ruiz"], "Ana María Ruiz", Some(["Ana", "María", "Ruiz"])),
            (["Ana", "María", "Ruiz"], "Ana Ruiz", Some(["Ana", "", "Ruiz"])),
            (["Ana", "María", "Ruiz"], "Eva Luz Soto", Some(["Eva", "Luz", "Soto"])),
            (["Ana", "María", "Ruiz"], "", Some(["", "", ""])),
            (["", "", ""], "Eva Luz Soto", Some(["Eva", "Luz", "Soto"])),
            (["Ana", "María", "Ruiz"], "Eva Soto", None),
            (["", "", ""], "Eva Soto", None),
        ];
        for (now, new, expected) in cases {
            let record = record(&[("a", now[0]), ("b", now[1]), ("c", now[2])]);
            let fields = rule(&["a", "b", "c"], vec![]).to_vtiger(&Value::text(new), &record);
            match expected {
                Some(parts) => {
                    let fields: Vec<Value> = fields.unwrap().into_values().collect();
                    assert_eq!(fields, parts.map(Value::text), "{now:?} to {new}");
                }
                None => {
                    assert_eq!(fields.unwrap_err().code(), "transform.ambiguous_split", "{now:?} to {new}");
                }
            }
        }
    }

    #[test]
    fn a_source_that_stays_the_same_keeps_its_spelling() {
        let rule = rule(&["a", "b"], vec![Transform::Trim, Transform::Title]);
        let record = record(&[("a", " ANA"), ("b", "RUIZ")]);
        let fields = rule.to_vtiger(&Value::text("Ana Soto"), &record).unwrap();
        assert_eq!(fields.get("a"), Some(&Value::text(" ANA")));
        assert_eq!(fields.get("b"), Some(&Value::text("Soto")));
    }

    #[test]
    fn an_edit_that_vtiger_would_not_give_back_is_refused() {
        let keep = Transform::Map { pairs: vec![("M".into(), "Male".into())], otherwise: Otherwise::Keep };
        let error =
            rule(&["a"], vec![keep]).to_vtiger(&Value::text("M"), &record(&[("a", "x")])).unwrap_err();
        assert_eq!(error.to_string(), "field full_name: \"M\" would come back from VTiger as \"Male\"");
        let title = rule(&["a"], vec![Transform::Title]);
        let spelled = title.to_vtiger(&Value::text("de la Cruz"), &record(&[("a", "x")]));
        assert_eq!(spelled.unwrap().get("a"), Some(&Value::text("de la Cruz")));
    }

    #[test]
    fn names_in_links_go_back_as_text() {
        let gender = Value::Reference(RecordRef::frappe("Gender", "Female"));
        let fields = rule(&["a"], vec![]).to_vtiger(&gender, &record(&[])).unwrap();
        assert_eq!(fields.get("a"), Some(&Value::text("Female")));
    }

    #[test]
    fn no_error_of_a_card_rule_quotes_a_value() {
        let refuse = Transform::Map { pairs: vec![], otherwise: Otherwise::Refuse };
        let rule = rule(&["a"], vec![refuse, Transform::LastFour]);
        let error = rule.to_frappe(&record(&[("a", "4111111111111111")]), &Settings::new());
        let error = error.unwrap_err();
        assert_eq!(error.code(), "transform.unknown_word");
        for shown in [error.to_string(), format!("{error:?}"), format!("{:?}", error.failure())] {
            assert!(!shown.contains("1111"), "{shown}");
        }
    }

    proptest! {
        #[test]
        fn what_goes_back_comes_forward(
            now in proptest::array::uniform3("[a-zé]{0,3}( [a-z]{1,2})?"),
            new in "[a-zA-Zé]{0,4}( [a-zA-Z]{1,3}){0,4}",
            trims in any::<bool>(),
        ) {
            let transforms = if trims { vec![Transform::Trim, Transform::Upper] } else { vec![] };
            let rule = rule(&["a", "b", "c"], transforms);
            let mut record = record(&[("a", &now[0]), ("b", &now[1]), ("c", &now[2])]);
            if let Ok(fields) = rule.to_vtiger(&Value::text(new.clone()), &record) {
                record.fields.extend(fields);
                let back = rule.to_frappe(&record, &Settings::new()).unwrap().unwrap().plain();
                let expected = if trims { new.trim().to_uppercase() } else { new };
                prop_assert_eq!(if trims { back.trim().to_owned() } else { back }, expected);
            }
        }
    }
}
