//! What a system says of its own fields, and whether a value fits one.

use std::collections::BTreeMap;

use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use crate::name::{FieldName, Kind};
use crate::value::Value;

/// A module or DocType as its system describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindSchema {
    /// Which module or DocType.
    pub kind: Kind,
    /// What people call it there.
    pub label: String,
    /// Whether the user the product logs in as may create records of it.
    pub creatable: bool,
    /// Whether that user may change them.
    pub updatable: bool,
    /// Whether documents of it can be submitted (Frappe).
    #[serde(default)]
    pub submittable: bool,
    /// Its fields by API name.
    pub fields: BTreeMap<FieldName, FieldSchema>,
}

impl KindSchema {
    /// The field with this API name or, failing that, the one field with this label; case of labels is ignored.
    /// `None` where there is none, or where a label names several.
    pub fn resolve(&self, name_or_label: &str) -> Option<&FieldSchema> {
        if let Some(field) = self.fields.get(name_or_label) {
            return Some(field);
        }
        let wanted = name_or_label.trim().to_lowercase();
        let mut labelled = self.fields.values().filter(|field| field.label.trim().to_lowercase() == wanted);
        let first = labelled.next();
        if labelled.next().is_some() { None } else { first }
    }
}

/// One field as its system describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldSchema {
    /// API name.
    pub name: FieldName,
    /// What people call it.
    pub label: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub field_type: FieldType,
    /// Whether a record without it is refused.
    pub mandatory: bool,
    /// Whether the product may write it.
    pub writable: bool,
    /// The longest text it takes, in characters; longer text is refused by Frappe and cut in silence by VTiger.
    #[serde(default)]
    pub max_chars: Option<u32>,
    /// Whether characters outside the Basic Multilingual Plane are lost (VTiger's utf8mb3 tables: `????`).
    #[serde(default)]
    pub bmp_only: bool,
    /// Whether two records cannot hold the same value.
    #[serde(default)]
    pub unique: bool,
    /// Whether it may be changed on a submitted document (Frappe).
    #[serde(default)]
    pub allow_on_submit: bool,
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FieldType {
    /// Text of any form.
    Text,
    /// Whole numbers.
    Integer,
    /// Exact decimals kept to `scale` places; `None` where the system does not say.
    Decimal {
        /// Decimal places that are stored.
        scale: Option<u32>,
    },
    /// A checkbox.
    Boolean,
    /// A calendar day.
    Date,
    /// A point in time.
    DateTime,
    /// One of a list.
    Choice {
        /// The entries it knows.
        values: Vec<String>,
        /// Whether others are refused by the system (Frappe) or taken unchecked (VTiger, facts/VTIGER.md "Values").
        closed: bool,
    },
    /// A pointer to a record of one of these kinds; none listed: the kind stands in another field.
    Reference {
        /// Kinds it can point at.
        kinds: Vec<Kind>,
    },
    /// A child table.
    Rows {
        /// The rows' DocType.
        kind: Kind,
    },
    /// Something the product reads verbatim and does not write.
    Other {
        /// What the system calls it.
        name: String,
    },
}

/// Why a value cannot be stored in a field and come back the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Misfit {
    /// Longer than the field.
    #[error("{length} characters do not fit into the {max} of field {field}")]
    TooLong {
        /// Where.
        field: FieldName,
        /// Characters the value has.
        length: u32,
        /// Characters the field takes.
        max: u32,
    },
    /// A character the system's tables cannot hold.
    #[error("the character {character:?} cannot be stored in field {field}")]
    Unstorable {
        /// Where.
        field: FieldName,
        /// The first such character.
        character: char,
    },
    /// A literal HTML entity, which the system decodes and loses (facts/VTIGER.md, "Values").
    #[error("the text {entity:?} would be stored in field {field} as the character that it stands for")]
    Entity {
        /// Where.
        field: FieldName,
        /// The first such entity: `&amp;`.
        entity: String,
    },
    /// Not of the field's type.
    #[error("{value:?} is not a {expected} and field {field} takes nothing else")]
    WrongType {
        /// Where.
        field: FieldName,
        /// What was to be stored.
        value: String,
        /// What the field takes.
        expected: String,
    },
    /// Not in the field's list.
    #[error("{value:?} is none of the choices of field {field}: {}", choices.join(", "))]
    NotAChoice {
        /// Where.
        field: FieldName,
        /// What was to be stored.
        value: String,
        /// What the list holds.
        choices: Vec<String>,
    },
    /// More decimal places than are kept.
    #[error("{value} has more than the {scale} decimal places that field {field} keeps")]
    TooPrecise {
        /// Where.
        field: FieldName,
        /// What was to be stored.
        value: String,
        /// Places that are kept.
        scale: u32,
    },
    /// The field cannot be left empty.
    #[error("field {field} cannot be empty")]
    Mandatory {
        /// Where.
        field: FieldName,
    },
}

impl Misfit {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "value.too_long",
            Self::Unstorable { .. } => "value.unstorable_character",
            Self::Entity { .. } => "value.html_entity",
            Self::WrongType { .. } => "value.wrong_type",
            Self::NotAChoice { .. } => "value.not_a_choice",
            Self::TooPrecise { .. } => "value.too_precise",
            Self::Mandatory { .. } => "value.mandatory",
        }
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => {
                "Shorten the text at its source, or make the field longer where it is to be stored."
            }
            Self::Unstorable { .. } => "Take the character (usually an emoji) out of the text at its source.",
            Self::Entity { .. } => "Write the character itself (& for &amp;) in the text at its source.",
            Self::WrongType { .. } => {
                "Correct the value at its source, or give the field a transform in the mapping."
            }
            Self::NotAChoice { .. } => {
                "Add the choice in the receiving system, or give it a partner in the mapping's value map."
            }
            Self::TooPrecise { .. } => "Round the number at its source.",
            Self::Mandatory { .. } => "Fill the field at its source, or give it a default in the mapping.",
        }
    }
}

impl FieldSchema {
    /// The value as the field of this name holds it when it is written; what must have a value may not be emptied.
    ///
    /// # Errors
    /// As [`Self::fit`]; [`Misfit::Mandatory`] besides.
    pub fn take(&self, name: &FieldName, value: Value) -> Result<Value, Misfit> {
        if value.is_empty() && self.mandatory {
            return Err(Misfit::Mandatory { field: name.clone() });
        }
        self.fit(value)
    }

    /// The value as this field holds it, or why it would not come back the same.
    ///
    /// Fitting is idempotent: a fitted value fits and is unchanged. Text takes the field's type where it reads as
    /// one (`"2026-01-31"` into a date field), so that both sides' values compare as what they mean.
    pub fn fit(&self, value: Value) -> Result<Value, Misfit> {
        if value.is_empty() {
            return Ok(Value::Empty);
        }
        match &self.field_type {
            FieldType::Text => self.fit_text(&value),
            FieldType::Integer => self.fit_integer(&value),
            FieldType::Decimal { scale } => self.fit_decimal(&value, *scale),
            FieldType::Boolean => self.fit_boolean(&value),
            FieldType::Date => self.fit_date(&value),
            FieldType::DateTime => match value {
                Value::DateTime(_) => Ok(value),
                other => Err(self.wrong_type(&other, "date-time")),
            },
            FieldType::Choice { values, closed } => self.fit_choice(&value, values, *closed),
            FieldType::Reference { .. } => match value {
                Value::Reference(_) | Value::Text(_) => Ok(value),
                other => Err(self.wrong_type(&other, "reference")),
            },
            FieldType::Rows { .. } => match value {
                Value::Rows(_) => Ok(value),
                other => Err(self.wrong_type(&other, "table")),
            },
            FieldType::Other { .. } => Ok(value),
        }
    }

    fn wrong_type(&self, value: &Value, expected: &str) -> Misfit {
        Misfit::WrongType { field: self.name.clone(), value: value.plain(), expected: expected.to_owned() }
    }

    fn fit_text(&self, value: &Value) -> Result<Value, Misfit> {
        if matches!(value, Value::Rows(_)) {
            return Err(self.wrong_type(value, "text"));
        }
        let text = value.plain();
        self.check_text(&text)?;
        Ok(Value::text(text))
    }

    fn check_text(&self, text: &str) -> Result<(), Misfit> {
        let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        if let Some(max) = self.max_chars.filter(|max| length > *max) {
            return Err(Misfit::TooLong { field: self.name.clone(), length, max });
        }
        match text.chars().find(|c| u32::from(*c) > 0xFFFF) {
            Some(character) if self.bmp_only => {
                Err(Misfit::Unstorable { field: self.name.clone(), character })
            }
            _ => Ok(()),
        }
    }

    fn fit_integer(&self, value: &Value) -> Result<Value, Misfit> {
        let number = match value {
            Value::Integer(number) => Some(*number),
            Value::Boolean(flag) => Some(i64::from(*flag)),
            Value::Decimal(number) if number.fract().is_zero() => number.to_i64(),
            Value::Text(text) | Value::Choice(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.map(Value::Integer).ok_or_else(|| self.wrong_type(value, "whole number"))
    }

    fn fit_decimal(&self, value: &Value, scale: Option<u32>) -> Result<Value, Misfit> {
        let number = match value {
            Value::Decimal(number) => Some(*number),
            Value::Integer(number) => Some((*number).into()),
            Value::Text(text) | Value::Choice(text) => text.trim().parse().ok(),
            _ => None,
        };
        let number = number.ok_or_else(|| self.wrong_type(value, "decimal number"))?.normalize();
        match scale {
            Some(scale) if number.scale() > scale => {
                Err(Misfit::TooPrecise { field: self.name.clone(), value: number.to_string(), scale })
            }
            _ => Ok(Value::Decimal(number)),
        }
    }

    fn fit_boolean(&self, value: &Value) -> Result<Value, Misfit> {
        let flag = match value {
            Value::Boolean(flag) => Some(*flag),
            Value::Integer(0) => Some(false),
            Value::Integer(1) => Some(true),
            Value::Text(text) | Value::Choice(text) => match text.trim().to_lowercase().as_str() {
                "1" | "on" | "yes" | "true" => Some(true),
                "0" | "off" | "no" | "false" => Some(false),
                _ => None,
            },
            _ => None,
        };
        flag.map(Value::Boolean).ok_or_else(|| self.wrong_type(value, "yes or no"))
    }

    fn fit_date(&self, value: &Value) -> Result<Value, Misfit> {
        let date = match value {
            Value::Date(date) => Some(*date),
            Value::Text(text) => text.trim().parse().ok(),
            _ => None,
        };
        date.map(Value::Date).ok_or_else(|| self.wrong_type(value, "date"))
    }

    fn fit_choice(&self, value: &Value, values: &[String], closed: bool) -> Result<Value, Misfit> {
        if matches!(value, Value::Rows(_)) {
            return Err(self.wrong_type(value, "choice"));
        }
        let text = value.plain();
        self.check_text(&text)?;
        if closed && !values.is_empty() && !values.contains(&text) {
            return Err(Misfit::NotAChoice {
                field: self.name.clone(),
                value: text,
                choices: values.to_vec(),
            });
        }
        Ok(Value::Choice(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(field_type: FieldType) -> FieldSchema {
        FieldSchema {
            name: "f".into(),
            label: "F".into(),
            field_type,
            mandatory: false,
            writable: true,
            max_chars: Some(5),
            bmp_only: true,
            unique: false,
            allow_on_submit: false,
        }
    }

    #[test]
    fn text_takes_the_type_of_its_field() {
        let date = field(FieldType::Date).fit(Value::text("2026-01-31")).unwrap();
        assert_eq!(date, Value::Date("2026-01-31".parse().unwrap()));
        let number = field(FieldType::Decimal { scale: Some(2) }).fit(Value::text("12.5000")).unwrap();
        assert_eq!(number, Value::Decimal("12.5".parse().unwrap()));
        assert_eq!(field(FieldType::Boolean).fit(Value::text("on")).unwrap(), Value::Boolean(true));
        assert_eq!(field(FieldType::Integer).fit(Value::text(" 7 ")).unwrap(), Value::Integer(7));
    }

    #[test]
    fn what_would_not_come_back_is_refused() {
        let text = field(FieldType::Text);
        assert_eq!(text.fit(Value::text("abcdef")).unwrap_err().code(), "value.too_long");
        assert_eq!(text.fit(Value::text("a😀")).unwrap_err().code(), "value.unstorable_character");
        let choice = field(FieldType::Choice { values: vec!["Visa".into()], closed: true });
        assert_eq!(choice.fit(Value::text("visa")).unwrap_err().code(), "value.not_a_choice");
        let money = field(FieldType::Decimal { scale: Some(2) });
        assert_eq!(money.fit(Value::text("1.234")).unwrap_err().code(), "value.too_precise");
        assert_eq!(money.fit(Value::text("1,234.50")).unwrap_err().code(), "value.wrong_type");
        assert_eq!(
            field(FieldType::Date).fit(Value::text("31/01/2026")).unwrap_err().code(),
            "value.wrong_type"
        );
    }

    #[test]
    fn a_label_that_names_two_fields_names_none() {
        let mut named = field(FieldType::Text);
        named.label = "Name".into();
        let mut other = named.clone();
        other.name = "g".into();
        let fields = [named.clone(), other].into_iter().map(|f| (f.name.clone(), f)).collect();
        let mut schema = KindSchema {
            kind: "K".into(),
            label: "K".into(),
            creatable: true,
            updatable: true,
            submittable: false,
            fields,
        };
        assert!(schema.resolve("name").is_none());
        assert_eq!(schema.resolve("g").unwrap().name.as_str(), "g");
        schema.fields.remove("g");
        assert_eq!(schema.resolve(" NAME ").unwrap().name.as_str(), "f");
    }
}
