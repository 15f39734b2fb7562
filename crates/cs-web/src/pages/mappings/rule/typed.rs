//! A rule as somebody types it.

use cs_domain::mapping::{FieldRule, Otherwise, Source, Transform};
use cs_domain::policy::{Clearing, ConflictPolicy, Direction};
use cs_domain::{FieldName, FieldSchema, Value};

use crate::error::WebError;
use crate::office::Slip;
use crate::sent::Sent;
use crate::words::Words;

/// Rows that a form may have.
const MOST: usize = 200;

/// What stands in the form, whether or not it makes a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Typed {
    /// `vtiger`, `constant`, `setting`, `document` or `linked`.
    pub(super) from: String,
    pub(super) vtiger: Vec<String>,
    pub(super) join: String,
    pub(super) constant: String,
    pub(super) setting: String,
    pub(super) document: String,
    pub(super) deferred: bool,
    /// The reference field, and `unit/role` of the document.
    pub(super) link_field: String,
    pub(super) link_to: String,
    /// Kind and what belongs to it; words have a place of their own.
    pub(super) steps: Vec<(String, String)>,
    /// VTiger's words and Frappe's.
    pub(super) words: Vec<(String, String)>,
    /// `refuse`, `keep` or `use`.
    pub(super) otherwise: String,
    pub(super) otherwise_use: String,
    pub(super) direction: String,
    pub(super) clear: bool,
    /// A policy, or empty: as the document says.
    pub(super) conflict: String,
    pub(super) on_create: bool,
    /// Whether a step is a transform of this program's own, which only the text can say.
    pub(super) has_own: bool,
}

impl Typed {
    /// What would make this rule.
    pub(super) fn of(rule: &FieldRule) -> Self {
        let mut typed = Self {
            join: " ".to_owned(),
            otherwise: "refuse".to_owned(),
            direction: way(rule.direction).to_owned(),
            clear: rule.clearing == Clearing::Clear,
            conflict: rule.conflict.map(policy).unwrap_or_default().to_owned(),
            on_create: rule.on_create,
            deferred: rule.deferred,
            ..Self::default()
        };
        typed.take_source(&rule.source);
        for transform in &rule.transforms {
            typed.take_step(transform);
        }
        typed
    }

    fn take_source(&mut self, source: &Source) {
        let from = match source {
            Source::Fields { names, join } => {
                self.vtiger = names.iter().map(ToString::to_string).collect();
                self.join.clone_from(join);
                "vtiger"
            }
            Source::Constant(value) => {
                self.constant = value.plain();
                "constant"
            }
            Source::Setting(name) => {
                self.setting.clone_from(name);
                "setting"
            }
            Source::Document(role) => {
                self.document = role.to_string();
                "document"
            }
            Source::Linked { field, unit, role } => {
                self.link_field = field.to_string();
                self.link_to = format!("{unit}/{role}");
                "linked"
            }
        };
        from.clone_into(&mut self.from);
    }

    fn take_step(&mut self, transform: &Transform) {
        let (kind, with) = match transform {
            Transform::Trim => ("trim", String::new()),
            Transform::Upper => ("upper", String::new()),
            Transform::Lower => ("lower", String::new()),
            Transform::Title => ("title", String::new()),
            Transform::LastFour => ("last_four", String::new()),
            Transform::Date { form } => ("date", form.clone()),
            Transform::Phone { region } => ("phone", region.clone()),
            Transform::Default(value) => ("default", value.plain()),
            Transform::Part { separator, index, of } => {
                ("part", format!("{} / {of}{}", index + 1, if separator == " " { "" } else { separator }))
            }
            Transform::Own(_) => {
                self.has_own = true;
                return;
            }
            Transform::Map { pairs, otherwise } => {
                self.words.clone_from(pairs);
                let (word, used) = match otherwise {
                    Otherwise::Refuse => ("refuse", ""),
                    Otherwise::Keep => ("keep", ""),
                    Otherwise::Use(word) => ("use", word.as_str()),
                };
                (self.otherwise, self.otherwise_use) = (word.to_owned(), used.to_owned());
                return;
            }
        };
        self.steps.push((kind.to_owned(), with));
    }

    /// What a form sent.
    pub(super) fn sent(sent: &Sent) -> Self {
        let text = |name: &str| sent.text(name).to_owned();
        // A separator is what it is, blanks and all.
        let raw = |name: &str| sent.field(name).unwrap_or_default().to_owned();
        let rows = |left: &str, right: &str| -> Vec<(String, String)> {
            let rights = sent.ticked(right);
            let lefts = sent.ticked(left).iter().take(MOST).enumerate();
            lefts
                .map(|(row, left)| (left.trim().to_owned(), rights.get(row).cloned().unwrap_or_default()))
                .filter(|(left, _)| !left.is_empty())
                .collect()
        };
        let words = rows("word", "partner").into_iter();
        Self {
            from: text("from"),
            vtiger: sent
                .ticked("vtiger")
                .iter()
                .take(MOST)
                .filter(|name| !name.is_empty())
                .cloned()
                .collect(),
            join: raw("join"),
            constant: text("constant"),
            setting: text("setting"),
            document: text("document"),
            deferred: sent.field("deferred").is_some(),
            link_field: text("link_field"),
            link_to: text("link_to"),
            steps: rows("step", "with"),
            words: words
                .map(|(ours, theirs)| (ours, theirs.trim().to_owned()))
                .filter(|(_, theirs)| !theirs.is_empty())
                .collect(),
            otherwise: text("otherwise"),
            otherwise_use: text("otherwise_use"),
            direction: text("direction"),
            clear: sent.field("clear").is_some(),
            conflict: text("conflict"),
            on_create: sent.field("on_create").is_some(),
            has_own: false,
        }
    }

    /// The rule that it makes.
    pub(super) fn rule(
        &self,
        words: &Words,
        frappe: &str,
        schema: Option<&FieldSchema>,
    ) -> Result<FieldRule, WebError> {
        let source = self.source(words, schema)?;
        let is_fields = matches!(source, Source::Fields { .. });
        let one_way = !is_fields && !matches!(source, Source::Linked { .. });
        Ok(FieldRule {
            frappe: FieldName::new(frappe),
            transforms: if is_fields { self.transforms(words)? } else { Vec::new() },
            direction: match self.direction.as_str() {
                _ if one_way => Direction::ToFrappe,
                "to_frappe" => Direction::ToFrappe,
                "to_vtiger" => Direction::ToVtiger,
                _ => Direction::Both,
            },
            clearing: if self.clear && !one_way { Clearing::Clear } else { Clearing::Keep },
            conflict: parse_policy(&self.conflict),
            on_create: self.on_create,
            deferred: self.deferred && matches!(source, Source::Document(_)),
            source,
        })
    }

    fn source(&self, words: &Words, schema: Option<&FieldSchema>) -> Result<Source, WebError> {
        let needed = |text: &str| {
            let slip = || slip("", words.say("mapping-rule-no-source"));
            if text.is_empty() { Err(slip()) } else { Ok(()) }
        };
        match self.from.as_str() {
            "constant" => {
                needed(&self.constant)?;
                Ok(Source::Constant(typed_as(schema, &self.constant)))
            }
            "setting" => {
                needed(&self.setting)?;
                Ok(Source::Setting(self.setting.clone()))
            }
            "document" => {
                needed(&self.document)?;
                Ok(Source::Document(self.document.as_str().into()))
            }
            "linked" => {
                needed(&self.link_field)?;
                needed(&self.link_to)?;
                let (unit, role) = self.link_to.split_once('/').unwrap_or((&self.link_to, ""));
                let field = FieldName::new(&self.link_field);
                Ok(Source::Linked { field, unit: unit.into(), role: role.into() })
            }
            _ => {
                needed(self.vtiger.first().map(String::as_str).unwrap_or_default())?;
                let names = self.vtiger.iter().map(FieldName::new).collect::<Vec<_>>();
                // One field has nothing to be joined with.
                let join = if names.len() > 1 { self.join.clone() } else { " ".to_owned() };
                Ok(Source::Fields { names, join })
            }
        }
    }

    /// The steps in their order; words are exchanged before what stands in for an empty value, else last.
    fn transforms(&self, words: &Words) -> Result<Vec<Transform>, WebError> {
        let mut transforms = Vec::new();
        for (kind, with) in &self.steps {
            transforms.push(step(words, kind, with)?);
        }
        if !self.words.is_empty() {
            let otherwise = match self.otherwise.as_str() {
                "keep" => Otherwise::Keep,
                "use" => Otherwise::Use(self.otherwise_use.clone()),
                _ => Otherwise::Refuse,
            };
            let map = Transform::Map { pairs: self.words.clone(), otherwise };
            let before = transforms.iter().position(|one| matches!(one, Transform::Default(_)));
            transforms.insert(before.unwrap_or(transforms.len()), map);
        }
        Ok(transforms)
    }
}

/// A constant as its field holds it.
pub(in crate::pages::mappings) fn typed_as(schema: Option<&FieldSchema>, text: &str) -> Value {
    let fitted = schema.and_then(|schema| schema.fit(Value::text(text)).ok());
    match fitted {
        Some(value @ (Value::Boolean(_) | Value::Integer(_) | Value::Decimal(_) | Value::Date(_))) => value,
        _ => Value::text(text),
    }
}

fn step(words: &Words, kind: &str, with: &str) -> Result<Transform, WebError> {
    let with_blanks = with;
    let with = with.trim();
    let lacks = || slip("steps", words.tell("mapping-step-lacks", &[("step", kind.to_owned().into())]));
    let needed = || if with.is_empty() { Err(lacks()) } else { Ok(with.to_owned()) };
    Ok(match kind {
        "trim" => Transform::Trim,
        "upper" => Transform::Upper,
        "lower" => Transform::Lower,
        "title" => Transform::Title,
        "last_four" => Transform::LastFour,
        "date" => Transform::Date { form: needed()? },
        "phone" => Transform::Phone { region: needed()?.to_uppercase() },
        "default" => Transform::Default(Value::text(needed()?)),
        "part" => part(with_blanks).ok_or_else(lacks)?,
        _ => return Err(lacks()),
    })
}

/// `1 / 2`, with what stands between the parts behind it where that is no blank.
fn part(with: &str) -> Option<Transform> {
    let (index, rest) = with.split_once('/')?;
    let rest = rest.trim_start();
    let end = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
    let (of, separator) = rest.split_at_checked(end)?;
    let index: u8 = index.trim().parse().ok()?;
    let separator = if separator.trim().is_empty() { " " } else { separator };
    Some(Transform::Part {
        separator: separator.to_owned(),
        index: index.checked_sub(1)?,
        of: of.parse().ok()?,
    })
}

fn slip(field: &str, message: String) -> WebError {
    WebError::Invalid { slips: vec![Slip { field: field.to_owned(), message }] }
}

fn way(direction: Direction) -> &'static str {
    match direction {
        Direction::Both => "both",
        Direction::ToFrappe => "to_frappe",
        Direction::ToVtiger => "to_vtiger",
    }
}

/// A policy by the word of the file.
pub(in crate::pages::mappings) fn policy(policy: ConflictPolicy) -> &'static str {
    match policy {
        ConflictPolicy::Ask => "ask",
        ConflictPolicy::VtigerWins => "vtiger_wins",
        ConflictPolicy::FrappeWins => "frappe_wins",
        ConflictPolicy::NewestWins => "newest_wins",
    }
}

/// The policy of this word.
pub(in crate::pages::mappings) fn parse_policy(word: &str) -> Option<ConflictPolicy> {
    let all = [
        ConflictPolicy::Ask,
        ConflictPolicy::VtigerWins,
        ConflictPolicy::FrappeWins,
        ConflictPolicy::NewestWins,
    ];
    all.into_iter().find(|one| policy(*one) == word)
}

#[cfg(test)]
mod tests {
    use cs_domain::mapping::{parse, shipped};

    use super::*;
    use crate::words::Language;

    #[test]
    fn what_is_shown_of_a_rule_makes_the_same_rule() {
        let words = Words::in_language(Language::En);
        let mut seen = 0;
        for (name, text) in shipped() {
            let mapping = parse(text).unwrap().mapping;
            for document in mapping.units.iter().flat_map(|unit| &unit.documents) {
                for rule in &document.fields {
                    let again = Typed::of(rule).rule(&words, rule.frappe.as_str(), None).unwrap();
                    // Without a schema a constant is text: what its field holds is not known.
                    let mut rule = rule.clone();
                    if let Source::Constant(value) = &mut rule.source {
                        *value = Value::text(value.plain());
                    }
                    assert_eq!(again, rule, "{name} {}", document.role);
                    seen += 1;
                }
            }
        }
        assert!(seen > 60, "{seen}");
    }

    #[test]
    fn parts_are_counted_from_one_by_people() {
        let expected =
            |index, of, separator: &str| Some(Transform::Part { separator: separator.to_owned(), index, of });
        assert_eq!(part("1 / 2"), expected(0, 2, " "));
        assert_eq!(part("2/3, "), expected(1, 3, ", "));
        assert_eq!(part(" 3 / 3-"), expected(2, 3, "-"));
        for wrong in ["", "1", "0 / 2", "x / 2", "1 / y", "300 / 2"] {
            assert_eq!(part(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_missing_is_told() {
        let words = Words::in_language(Language::En);
        let typed = Typed { from: "vtiger".to_owned(), ..Typed::default() };
        assert!(matches!(typed.rule(&words, "x", None), Err(WebError::Invalid { .. })));
        let typed =
            Typed { vtiger: vec!["a".to_owned()], steps: vec![("date".to_owned(), " ".to_owned())], ..typed };
        let Err(WebError::Invalid { slips }) = typed.rule(&words, "x", None) else { panic!() };
        assert_eq!(slips[0].field, "steps");
    }
}
