//! What happens to one value on its way, and back.

use crate::fold::fold;
use crate::mapping::own::Refusal;
use crate::mapping::transform_error::{TransformError, TransformFault};
use crate::mapping::{Otherwise, Transform, transform_phone};
use crate::value::Value;
use jiff::civil::Date;
use jiff::fmt::strtime;
use unicode_normalization::char::is_combining_mark;

impl Transform {
    /// VTiger's value as Frappe is to hold it.
    ///
    /// Empty stays empty, except through [`Transform::Default`]. All but `Part` and `Map` are idempotent: a value
    /// that went through goes through unchanged.
    pub fn forward(&self, value: &Value) -> Result<Value, TransformError> {
        if value.is_empty() {
            return Ok(match self {
                Self::Default(default) => default.clone(),
                _ => Value::Empty,
            });
        }
        if matches!(value, Value::Rows(_)) {
            return Err(self.unsupported(value));
        }
        match self {
            Self::Trim => Ok(with_text(value, |text| text.trim().to_owned())),
            Self::Upper => Ok(with_text(value, str::to_uppercase)),
            Self::Lower => Ok(with_text(value, str::to_lowercase)),
            Self::Title => Ok(with_text(value, title)),
            Self::Date { form } => read_date(value, form),
            Self::Phone { region } => Ok(phone(value, region)),
            Self::Map { pairs, otherwise } => {
                let known = pairs.iter().map(|(here, there)| (here.as_str(), there.as_str()));
                look_up(value, known, Some(otherwise))
            }
            Self::LastFour => Ok(last_four(value)),
            Self::Part { separator, index, of } => {
                let text = value.plain();
                let mut parts = text.splitn(usize::from(*of).max(1), separator.as_str());
                Ok(Value::text(parts.nth(usize::from(*index)).unwrap_or_default()))
            }
            Self::Default(_) => Ok(value.clone()),
            Self::Own(own) => {
                own.transform.forward(value, &own.with).map_err(|refusal| self.refused(refusal))
            }
        }
    }

    /// Frappe's value `new` as VTiger is to hold it, where VTiger now holds `current` (at this step of the way).
    ///
    /// Case and phone numbers go back as they stand: VTiger takes any spelling, and the spelling that was lost on the
    /// way is not invented. A part replaces its part of the current text.
    pub fn backward(&self, new: &Value, current: &Value) -> Result<Value, TransformError> {
        if matches!(new, Value::Rows(_)) {
            return Err(self.unsupported(new));
        }
        match self {
            Self::Trim => Ok(with_text(new, |text| text.trim().to_owned())),
            Self::Upper | Self::Lower | Self::Title | Self::Phone { .. } => Ok(new.clone()),
            Self::Date { form } => write_date(new, form),
            Self::Map { pairs, otherwise } => {
                let known = pairs.iter().map(|(here, there)| (there.as_str(), here.as_str()));
                let keeps = (*otherwise == Otherwise::Keep).then_some(otherwise);
                look_up(new, known, keeps)
            }
            Self::LastFour => Err(TransformFault::NoWayBack { transform: self.name().to_owned() }.into()),
            Self::Part { separator, index, of } => {
                put_part(&new.plain(), &current.plain(), separator, (*index).into(), (*of).into())
            }
            Self::Default(default) if current.is_empty() && same(new, default) => Ok(Value::Empty),
            Self::Default(_) => Ok(new.clone()),
            Self::Own(own) if !own.transform.goes_back(&own.with) => {
                Err(TransformFault::NoWayBack { transform: self.name().to_owned() }.into())
            }
            Self::Own(_) if new.is_empty() => Ok(Value::Empty),
            Self::Own(own) => {
                own.transform.backward(new, current, &own.with).map_err(|refusal| self.refused(refusal))
            }
        }
    }

    /// What the mapping files call it.
    pub fn name(&self) -> &str {
        match self {
            Self::Trim => "trim",
            Self::Upper => "upper",
            Self::Lower => "lower",
            Self::Title => "title",
            Self::Date { .. } => "date",
            Self::Phone { .. } => "phone",
            Self::Map { .. } => "map",
            Self::LastFour => "last_four",
            Self::Part { .. } => "part",
            Self::Default(_) => "default",
            Self::Own(own) => own.transform.name(),
        }
    }

    /// Whether it only brings different spellings of one value together. Such differences on the Frappe side are no
    /// reason to refuse an edit.
    pub(super) fn normalises(&self) -> bool {
        matches!(self, Self::Trim | Self::Upper | Self::Lower | Self::Title | Self::Phone { .. })
    }

    fn refused(&self, refusal: Refusal) -> TransformError {
        TransformFault::Own { transform: self.name().to_owned(), cause: refusal.0 }.into()
    }

    fn unsupported(&self, value: &Value) -> TransformError {
        TransformFault::Unsupported {
            transform: self.name().to_owned(),
            type_name: value.type_name().to_owned(),
        }
        .into()
    }
}

/// Whether two values mean the same, whatever type the two systems give them.
pub(super) fn same(left: &Value, right: &Value) -> bool {
    if left == right {
        return true;
    }
    if matches!(left, Value::Rows(_)) || matches!(right, Value::Rows(_)) {
        return false;
    }
    let (left, right) = (left.plain(), right.plain());
    left == right
        || match (left.parse::<rust_decimal::Decimal>(), right.parse()) {
            (Ok(left), Ok(right)) => left == right,
            _ => false,
        }
}

/// Changes the text of a text; what is no text has none to change.
fn with_text(value: &Value, change: impl Fn(&str) -> String) -> Value {
    match value {
        Value::Text(text) => Value::text(change(text)),
        Value::Choice(text) => match change(text) {
            text if text.is_empty() => Value::Empty,
            text => Value::Choice(text),
        },
        other => other.clone(),
    }
}

/// `JOSÉ o'neill` to `José O'Neill`. Letters whose other case is more than one letter stay as they are, so that doing
/// it twice changes nothing.
fn title(text: &str) -> String {
    let mut inside = false;
    let mut titled = String::with_capacity(text.len());
    for c in text.chars() {
        titled.push(if inside { single(c.to_lowercase(), c) } else { single(c.to_uppercase(), c) });
        inside = c.is_alphanumeric() || (inside && is_combining_mark(c));
    }
    titled
}

fn single(mut cased: impl Iterator<Item = char>, original: char) -> char {
    match (cased.next(), cased.next()) {
        (Some(one), None) => one,
        _ => original,
    }
}

fn read_date(value: &Value, form: &str) -> Result<Value, TransformError> {
    if matches!(value, Value::Date(_)) {
        return Ok(value.clone());
    }
    let text = value.plain();
    if text.trim().is_empty() {
        return Ok(Value::Empty);
    }
    Date::strptime(form, text.trim())
        .map(Value::Date)
        .map_err(|_| TransformFault::NotADate { text, form: form.to_owned() }.into())
}

fn write_date(value: &Value, form: &str) -> Result<Value, TransformError> {
    let date = match value {
        Value::Empty => return Ok(Value::Empty),
        Value::Date(date) => Some(*date),
        other => other.plain().trim().parse().ok(),
    };
    date.and_then(|date: Date| strtime::format(form, date).ok())
        .map(Value::text)
        .ok_or_else(|| TransformFault::NotADate { text: value.plain(), form: "%Y-%m-%d".to_owned() }.into())
}

/// A number that cannot be understood stays as it is: an agency would rather see what was typed than lose it.
fn phone(value: &Value, region: &str) -> Value {
    transform_phone::e164(&value.plain(), region).map_or_else(|| value.clone(), Value::Text)
}

/// The word's partner: an exact match first, else one that both systems would call equal. `None` for `otherwise`
/// refuses words without a partner.
fn look_up<'a>(
    value: &Value,
    known: impl Iterator<Item = (&'a str, &'a str)> + Clone,
    otherwise: Option<&Otherwise>,
) -> Result<Value, TransformError> {
    if value.is_empty() {
        return Ok(Value::Empty);
    }
    let word = value.plain();
    let folded = fold(&word);
    let exact = known.clone().find(|(from, _)| *from == word);
    let partner = exact.or_else(|| known.clone().find(|(from, _)| fold(from) == folded));
    match (partner, otherwise) {
        (Some((_, to)), _) => Ok(match value {
            Value::Choice(_) => Value::Choice(to.to_owned()),
            _ => Value::text(to),
        }),
        (None, Some(Otherwise::Keep)) => Ok(value.clone()),
        (None, Some(Otherwise::Use(stand_in))) => Ok(Value::text(stand_in)),
        (None, Some(Otherwise::Refuse) | None) => {
            Err(TransformFault::UnknownWord { word, known: known.map(|(from, _)| from.to_owned()).collect() }
                .into())
        }
    }
}

/// Fewer than four digits name no card: that is empty, and no error that could say what was there.
fn last_four(value: &Value) -> Value {
    let digits: Vec<char> = value.plain().chars().filter(char::is_ascii_digit).collect();
    digits.last_chunk::<4>().map_or(Value::Empty, |four| Value::Text(four.iter().collect()))
}

fn put_part(
    new: &str,
    current: &str,
    separator: &str,
    index: usize,
    of: usize,
) -> Result<Value, TransformError> {
    let mut parts: Vec<&str> = current.splitn(of.max(1), separator).collect();
    while parts.len() <= index {
        parts.push("");
    }
    if let Some(part) = parts.get_mut(index) {
        *part = new;
    }
    while parts.last().is_some_and(|part| part.is_empty()) {
        parts.pop();
    }
    let text = parts.join(separator);
    let returned = text.splitn(of.max(1), separator).nth(index).unwrap_or_default();
    // Space at the ends would be cut by either system, and every part behind it would move up.
    let survives = separator.trim() == separator || text.trim() == text;
    if returned == new && survives {
        Ok(Value::text(text))
    } else {
        let returned = text.trim().splitn(of.max(1), separator).nth(index);
        Err(TransformFault::NotReversible {
            wanted: new.to_owned(),
            returned: returned.unwrap_or_default().to_owned(),
        }
        .into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::record::RecordRef;
    use crate::value::{Moment, Row};

    fn text(text: &str) -> Value {
        Value::text(text)
    }

    fn date(text: &str) -> Value {
        Value::Date(text.parse().unwrap())
    }

    fn words(otherwise: Otherwise) -> Transform {
        Transform::Map { pairs: vec![("M".into(), "Male".into()), ("F".into(), "Female".into())], otherwise }
    }

    fn part(index: u8) -> Transform {
        Transform::Part { separator: " ".into(), index, of: 2 }
    }

    fn us_date() -> Transform {
        Transform::Date { form: "%m/%d/%Y".into() }
    }

    #[test]
    fn each_transform_goes_forward() {
        let us = Transform::Phone { region: "US".into() };
        let cases = [
            (Transform::Trim, text("  Ana\u{a0}"), text("Ana")),
            (Transform::Trim, Value::Text("  ".into()), Value::Empty),
            (Transform::Trim, Value::Choice(" Visa ".into()), Value::Choice("Visa".into())),
            (Transform::Upper, text("muñoz"), text("MUÑOZ")),
            (Transform::Lower, text("MUÑOZ"), text("muñoz")),
            (Transform::Title, text("MARÍA o'neill-ruiz 3RD"), text("María O'Neill-Ruiz 3rd")),
            (us_date(), text(" 02/28/1990 "), date("1990-02-28")),
            (us_date(), date("1990-02-28"), date("1990-02-28")),
            (us.clone(), text("(305) 555-0123"), text("+13055550123")),
            (us.clone(), Value::Integer(3_055_550_123), text("+13055550123")),
            (us, text("ask for Ana"), text("ask for Ana")),
            (words(Otherwise::Refuse), text("m"), text("Male")),
            (words(Otherwise::Refuse), Value::Choice("F".into()), Value::Choice("Female".into())),
            (words(Otherwise::Refuse), Value::Empty, Value::Empty),
            (words(Otherwise::Keep), text("X"), text("X")),
            (words(Otherwise::Use("Other".into())), text("X"), text("Other")),
            (Transform::LastFour, text("4111 1111-1111 1234"), text("1234")),
            (Transform::LastFour, text("1234"), text("1234")),
            (Transform::LastFour, text("123"), Value::Empty),
            (Transform::LastFour, Value::Integer(4_111_111_111_111_234), text("1234")),
            (part(0), text("Ana María Ruiz"), text("Ana")),
            (part(1), text("Ana María Ruiz"), text("María Ruiz")),
            (part(1), text("Ana"), Value::Empty),
            (Transform::Default(text("Other")), Value::Empty, text("Other")),
            (Transform::Default(text("Other")), text("x"), text("x")),
        ];
        for (transform, value, expected) in cases {
            assert_eq!(transform.forward(&value).unwrap(), expected, "{transform:?} {value:?}");
        }
    }

    #[test]
    fn each_transform_comes_back() {
        let cases = [
            (us_date(), date("1990-02-28"), text("old"), text("02/28/1990")),
            (us_date(), text("1990-02-28"), Value::Empty, text("02/28/1990")),
            (us_date(), Value::Empty, text("02/28/1990"), Value::Empty),
            (words(Otherwise::Refuse), text("female"), text("M"), text("F")),
            (words(Otherwise::Keep), text("X"), text("M"), text("X")),
            (part(0), text("Eva"), text("Ana María Ruiz"), text("Eva María Ruiz")),
            (part(1), text("Soto"), text("Ana"), text("Ana Soto")),
            (part(1), Value::Empty, text("Ana Ruiz"), text("Ana")),
            (Transform::Default(text("Other")), text("Other"), Value::Empty, Value::Empty),
            (Transform::Default(text("Other")), text("Other"), text("x"), text("Other")),
        ];
        for (transform, new, current, expected) in cases {
            assert_eq!(transform.backward(&new, &current).unwrap(), expected, "{transform:?} {new:?}");
        }
    }

    #[test]
    fn what_cannot_travel_says_why() {
        let cases = [
            (us_date().forward(&text("1990-02-28")), "transform.not_a_date"),
            (us_date().forward(&text("02/30/1990")), "transform.not_a_date"),
            (words(Otherwise::Refuse).forward(&text("X")), "transform.unknown_word"),
            (words(Otherwise::Use("O".into())).backward(&text("X"), &Value::Empty), "transform.unknown_word"),
            (Transform::LastFour.backward(&text("1234"), &Value::Empty), "transform.no_way_back"),
            (part(0).backward(&text("Ana María"), &text("Eva Ruiz")), "transform.not_reversible"),
            (part(0).backward(&Value::Empty, &text("Eva Ruiz")), "transform.not_reversible"),
            (Transform::Trim.forward(&Value::Rows(vec![])), "transform.unsupported"),
        ];
        for (result, code) in cases {
            assert_eq!(result.unwrap_err().code(), code);
        }
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let any_text = prop_oneof!["\\PC{0,12}", "[0-9 +().x-]{0,20}", "[0-9]{2}/[0-9]{2}/[0-9]{4}"];
        prop_oneof![
            Just(Value::Empty),
            any_text.clone().prop_map(Value::Text),
            any_text.clone().prop_map(Value::Choice),
            any_text.clone().prop_map(Value::Opaque),
            any::<i64>().prop_map(Value::Integer),
            any::<i64>().prop_map(|n| Value::Decimal(rust_decimal::Decimal::new(n, 3))),
            any::<bool>().prop_map(Value::Boolean),
            (-9999i16..=9999, 1i8..=12, 1i8..=28)
                .prop_map(|(y, m, d)| Value::Date(jiff::civil::date(y, m, d))),
            (-9_000_000_000i64..9_000_000_000).prop_map(|second| Value::DateTime(Moment {
                utc: jiff::Timestamp::from_second(second).unwrap(),
                raw: second.to_string(),
            })),
            any_text.prop_map(|id| Value::Reference(RecordRef::frappe("Gender", id))),
            Just(Value::Rows(vec![Row::default()])),
        ]
    }

    fn any_transform() -> impl Strategy<Value = Transform> {
        prop_oneof![
            Just(Transform::Trim),
            Just(Transform::Upper),
            Just(Transform::Lower),
            Just(Transform::Title),
            Just(us_date()),
            Just(Transform::Date { form: "%q %".into() }),
            Just(Transform::Phone { region: "US".into() }),
            Just(Transform::Phone { region: "MX".into() }),
            Just(words(Otherwise::Keep)),
            Just(Transform::LastFour),
            (any::<u8>(), any::<u8>(), "[ ,]{0,2}").prop_map(|(index, of, separator)| Transform::Part {
                separator,
                index,
                of
            }),
            Just(Transform::Default(Value::Text("x".into()))),
        ]
    }

    proptest! {
        #[test]
        fn no_value_makes_a_transform_panic(transform in any_transform(), a in any_value(), b in any_value()) {
            let _ = transform.forward(&a);
            let _ = transform.backward(&a, &b);
        }

        #[test]
        fn twice_is_once(transform in any_transform(), value in any_value()) {
            let claimed = !matches!(transform, Transform::Part { .. } | Transform::Map { .. });
            if let Ok(once) = transform.forward(&value) && claimed {
                prop_assert_eq!(transform.forward(&once).unwrap(), once);
            }
        }

        #[test]
        fn last_four_lets_at_most_four_digits_through(value in any_value()) {
            if let Ok(value) = Transform::LastFour.forward(&value) {
                let left = value.plain();
                prop_assert!(value.is_empty() || (left.len() == 4 && left.bytes().all(|b| b.is_ascii_digit())));
            }
        }

        #[test]
        fn dates_come_back((y, m, d) in (1i16..=9999, 1i8..=12, 1i8..=28)) {
            let date = Value::Date(jiff::civil::date(y, m, d));
            let written = us_date().backward(&date, &Value::Empty).unwrap();
            prop_assert_eq!(us_date().forward(&written).unwrap(), date);
        }

        #[test]
        fn a_part_that_was_put_is_the_part_that_is_read(
            new in "[a-z]{0,4}( [a-z]{1,3})?", current in "[a-z]{0,4}( [a-z]{0,3}){0,3}", index in 0u8..3,
        ) {
            let part = Transform::Part { separator: " ".into(), index, of: 3 };
            if let Ok(put) = part.backward(&Value::text(new.clone()), &Value::text(current)) {
                prop_assert_eq!(part.forward(&put).unwrap(), Value::text(new));
            }
        }
    }
}
