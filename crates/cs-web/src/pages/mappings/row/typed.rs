//! A row of a child table as somebody types it.

use std::collections::BTreeMap;

use cs_domain::mapping::{RowRule, Source};
use cs_domain::{FieldName, KindSchema, Value};

use crate::error::WebError;
use crate::office::Slip;
use crate::pages::mappings::rule::typed_as;
use crate::sent::Sent;
use crate::words::Words;

/// Columns that a form may have.
const MOST: usize = 60;
/// What ticks a checkbox.
const TICKS: [&str; 4] = ["1", "true", "yes", "sí"];

/// A column, whether or not what stands there makes one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TypedColumn {
    pub(super) column: String,
    /// `vtiger:` and a field, `setting:` and a setting, `document:` and a role, `linked:` and a field, `:`, a unit, `/` and a
    /// role; or `constant`.
    pub(super) source: String,
    /// VTiger fields that are joined to the first one.
    pub(super) with: Vec<String>,
    pub(super) join: String,
    pub(super) constant: String,
    pub(super) exclusive: bool,
}

/// What stands in the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TypedRow {
    pub(super) table: String,
    pub(super) columns: Vec<TypedColumn>,
    pub(super) on_create: bool,
}

/// The value of a choice that is a document of another unit.
pub(super) fn linked(field: &str, unit: &str, role: &str) -> String {
    format!("linked:{field}:{unit}/{role}")
}

impl TypedColumn {
    fn of(column: &FieldName, source: &Source, exclusive: bool) -> Self {
        let typed = Self { column: column.to_string(), join: " ".to_owned(), exclusive, ..Self::default() };
        match source {
            Source::Fields { names, join } => {
                let mut names = names.iter();
                let first = names.next().map(ToString::to_string).unwrap_or_default();
                Self {
                    source: format!("vtiger:{first}"),
                    with: names.map(ToString::to_string).collect(),
                    join: join.clone(),
                    ..typed
                }
            }
            Source::Constant(value) => {
                Self { source: "constant".to_owned(), constant: value.plain(), ..typed }
            }
            Source::Setting(name) => Self { source: format!("setting:{name}"), ..typed },
            Source::Document(role) => Self { source: format!("document:{role}"), ..typed },
            Source::Linked { field, unit, role } => {
                Self { source: linked(field.as_str(), unit.as_str(), role.as_str()), ..typed }
            }
        }
    }

    fn sent(sent: &Sent, place: usize) -> Self {
        let text = |name: &str| sent.text(&format!("{name}.{place}")).to_owned();
        let with = sent.ticked(&format!("with.{place}"));
        Self {
            column: text("column"),
            source: text("source"),
            with: with.iter().filter(|name| !name.is_empty()).cloned().collect(),
            join: sent.field(&format!("join.{place}")).unwrap_or(" ").to_owned(),
            constant: text("constant"),
            exclusive: sent.field(&format!("exclusive.{place}")).is_some(),
        }
    }

    /// Where its value comes from; `was` is where it came from.
    fn source(&self, schema: Option<&KindSchema>, was: Option<&Source>) -> Option<Source> {
        let (kind, rest) = self.source.split_once(':').unwrap_or((&self.source, ""));
        Some(match kind {
            "constant" if self.constant.is_empty() => return None,
            "constant" => Source::Constant(self.constant(schema, was)),
            "setting" => Source::Setting(rest.to_owned()),
            "document" => Source::Document(rest.into()),
            "linked" => {
                let (field, document) = rest.rsplit_once(':')?;
                let (unit, role) = document.split_once('/')?;
                Source::Linked { field: field.into(), unit: unit.into(), role: role.into() }
            }
            "vtiger" if !rest.is_empty() => {
                let names: Vec<FieldName> =
                    [rest].into_iter().chain(self.with.iter().map(String::as_str)).map(Into::into).collect();
                // One field has nothing to be joined with.
                let join = if names.len() > 1 { self.join.clone() } else { " ".to_owned() };
                Source::Fields { names, join }
            }
            _ => return None,
        })
    }

    /// What was not typed anew stays of its type; what is exclusive is a checkbox.
    fn constant(&self, schema: Option<&KindSchema>, was: Option<&Source>) -> Value {
        match was {
            Some(Source::Constant(value)) if value.plain() == self.constant => value.clone(),
            _ if self.exclusive && TICKS.contains(&self.constant.to_lowercase().as_str()) => {
                Value::Boolean(true)
            }
            _ => typed_as(schema.and_then(|schema| schema.resolve(&self.column)), &self.constant),
        }
    }
}

impl TypedRow {
    /// What would make this row.
    pub(super) fn of(row: &RowRule) -> Self {
        let columns = row.columns.iter();
        Self {
            table: row.table.to_string(),
            columns: columns
                .map(|(column, source)| TypedColumn::of(column, source, row.exclusive.contains(column)))
                .collect(),
            on_create: row.on_create,
        }
    }

    /// What a form sent; a column without a name is none.
    pub(super) fn sent(sent: &Sent) -> Self {
        let columns = (0..MOST).map(|place| TypedColumn::sent(sent, place));
        Self {
            table: sent.text("table").to_owned(),
            columns: columns.filter(|column| !column.column.is_empty()).collect(),
            on_create: sent.field("on_create").is_some(),
        }
    }

    /// The row that it makes. `schema` is the table's DocType, `was` the row that it changes.
    pub(super) fn row(
        &self,
        words: &Words,
        schema: Option<&KindSchema>,
        was: Option<&RowRule>,
    ) -> Result<RowRule, WebError> {
        let slip = |field: &str, message: String| WebError::Invalid {
            slips: vec![Slip { field: field.to_owned(), message }],
        };
        if self.table.is_empty() {
            return Err(slip("table", words.say("mapping-row-no-table")));
        }
        if self.columns.is_empty() {
            return Err(slip("columns", words.say("mapping-row-no-columns")));
        }
        let mut columns = BTreeMap::new();
        for column in &self.columns {
            let name = FieldName::new(&column.column);
            let about = |key: &str| words.tell(key, &[("column", column.column.clone().into())]);
            let source = column.source(schema, was.and_then(|row| row.columns.get(&name)));
            let source = source.ok_or_else(|| slip("columns", about("mapping-row-no-source")))?;
            if columns.insert(name, source).is_some() {
                return Err(slip("columns", about("mapping-row-twice")));
            }
        }
        let exclusive = self.columns.iter().filter(|column| column.exclusive);
        Ok(RowRule {
            table: self.table.as_str().into(),
            columns,
            on_create: self.on_create,
            exclusive: exclusive.map(|column| column.column.as_str().into()).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use cs_domain::mapping::{parse, shipped};

    use super::*;
    use crate::words::Language;

    fn words() -> Words {
        Words::in_language(Language::En)
    }

    #[test]
    fn what_is_shown_of_a_row_makes_the_same_row() {
        let mut seen = 0;
        for (name, text) in shipped() {
            let mapping = parse(text).unwrap().mapping;
            for row in mapping.units.iter().flat_map(|unit| &unit.documents).flat_map(|one| &one.rows) {
                assert_eq!(TypedRow::of(row).row(&words(), None, Some(row)).unwrap(), *row, "{name}");
                seen += 1;
            }
        }
        assert!(seen > 8, "{seen}");
        let fields = |names: &[&str], join: &str| Source::Fields {
            names: names.iter().map(|name| (*name).into()).collect(),
            join: join.to_owned(),
        };
        let link = Source::Linked { field: "Owner: first".into(), unit: "a".into(), role: "b".into() };
        let columns =
            [("both", fields(&["x", "y"], ", ")), ("link", link), ("set", Source::Setting("s".into()))];
        let row = RowRule {
            table: "items".into(),
            columns: columns.into_iter().map(|(name, source)| (name.into(), source)).collect(),
            on_create: true,
            exclusive: Vec::new(),
        };
        assert_eq!(TypedRow::of(&row).row(&words(), None, None).unwrap(), row);
    }

    #[test]
    fn what_is_exclusive_is_ticked() {
        let sent = |constant: &str| {
            let column = TypedColumn {
                column: "is_primary".to_owned(),
                source: "constant".to_owned(),
                constant: constant.to_owned(),
                exclusive: true,
                ..TypedColumn::default()
            };
            let row = TypedRow { table: "email_ids".to_owned(), columns: vec![column], on_create: false };
            row.row(&words(), None, None).unwrap().columns.remove("is_primary").unwrap()
        };
        assert_eq!(sent("Yes"), Source::Constant(Value::Boolean(true)));
        assert_eq!(sent("no"), Source::Constant(Value::text("no")));
    }

    #[test]
    fn what_is_missing_is_told() {
        let column = |name: &str, source: &str| TypedColumn {
            column: name.to_owned(),
            source: source.to_owned(),
            ..TypedColumn::default()
        };
        let row = |table: &str, columns: Vec<TypedColumn>| {
            let row = TypedRow { table: table.to_owned(), columns, on_create: false };
            let Err(WebError::Invalid { slips }) = row.row(&words(), None, None) else { panic!() };
            slips[0].clone()
        };
        assert_eq!(row("", vec![column("a", "vtiger:b")]).field, "table");
        assert_eq!(row("links", Vec::new()).field, "columns");
        for wrong in ["", "vtiger:", "constant", "linked:a", "linked:a:b", "what:ever"] {
            let slip = row("links", vec![column("link_name", wrong)]);
            assert!(slip.field == "columns" && slip.message.contains("link_name"), "{wrong}: {slip:?}");
        }
        let twice = row("links", vec![column("a", "vtiger:b"), column("a", "vtiger:c")]);
        assert!(twice.message.contains("twice"), "{twice:?}");
    }
}
