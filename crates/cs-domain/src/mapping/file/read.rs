//! From TOML text to the form of a mapping file.

use toml::de::{DeTable, DeValue};

use crate::mapping::diagnostic::Problems;
use crate::mapping::file::walk::{At, Table, entries, flag, number, text, word};
use crate::mapping::file::{
    CheckForm, ColumnForm, ConditionForm, CreateForm, DeletesForm, DeletesWord, DocumentForm, FORMAT,
    FieldForm, IfKnownForm, LinkedForm, MappingForm, MarkForm, MarkTarget, MatchPartForm, OperandForm,
    OtherwiseForm, OtherwiseWord, Placed, RowForm, RuleForm, Scalar, Selector, SettingForm, SettingName,
    SourceForm, TransformForm, TransformTable, TransformWord, UnitForm, UseForm,
};
use crate::mapping::phrases;
use crate::mapping::rules::form;
use crate::policy::{Clearing, ConflictPolicy, Direction, DriftPolicy};
use crate::value::Value;

/// Reads the form. `None` only where nothing could be made of the text; problems may have been found either way.
pub(in crate::mapping) fn read(source: &str, problems: &mut Problems<'_>) -> Option<MappingForm> {
    let (table, errors) = DeTable::parse_recoverable(source);
    for error in &errors {
        let span = error.span().unwrap_or(0..0);
        problems.add(&span, form::not_toml(error.message()));
    }
    if !errors.is_empty() {
        return None;
    }
    let mut table = Table::of(table.get_ref(), 0..0, phrases::a_mapping());
    let format = table.required("format", number, problems);
    // A newer format may mean anything: what else this file says is not judged.
    if let Some(format) = format.as_ref().filter(|format| format.value != FORMAT) {
        let said = if format.value > FORMAT {
            form::newer_format(&format.value, &FORMAT)
        } else {
            form::no_such_format(&format.value, &FORMAT)
        };
        problems.add(&format.span, said);
        return None;
    }
    let name = table.required("name", text, problems);
    let title = table.required("title", text, problems);
    let settings = table.entries("settings", setting, problems);
    let settings = settings.map(|settings| settings.value).unwrap_or_default();
    let policy = table.optional("conflict", conflict, problems);
    let first_contact = table.optional("first_contact", conflict, problems);
    let deletes = table.optional("deletes", deletes, problems);
    let on_drift = table.optional("on_drift", drift, problems);
    let units = table.required("unit", units, problems);
    table.close(problems);
    Some(MappingForm {
        format: format?,
        name: name?,
        title: title?,
        settings: settings.into_iter().map(|(key, placed)| (key, placed.value)).collect(),
        conflict: policy,
        first_contact,
        deletes,
        on_drift,
        unit: units?.value,
    })
}

fn setting(at: At<'_>, problems: &mut Problems<'_>) -> Option<SettingForm> {
    let mut table = Table::open(at, phrases::a_setting(), problems)?;
    let help = table.required("help", text, problems);
    let default = table.optional("default", text, problems);
    let required = table.optional("required", flag, problems);
    table.close(problems);
    Some(SettingForm { help: help?, default, required })
}

fn units(at: At<'_>, problems: &mut Problems<'_>) -> Option<Vec<UnitForm>> {
    let each = at.elements(phrases::units_list(), problems)?.into_iter();
    Some(each.filter_map(|at| unit(at, problems)).collect())
}

fn unit(at: At<'_>, problems: &mut Problems<'_>) -> Option<UnitForm> {
    let mut table = Table::open(at, phrases::a_unit(), problems)?;
    let name = table.required("name", text, problems);
    let module = table.required("module", text, problems);
    let never_read = table.list("never_read", selector, problems);
    let selection = table.list("selection", condition, problems);
    let create_in_vtiger = table.optional("create_in_vtiger", create, problems);
    let policy = table.optional("conflict", conflict, problems);
    let first_contact = table.optional("first_contact", conflict, problems);
    let deletes = table.optional("deletes", deletes, problems);
    let on_drift = table.optional("on_drift", drift, problems);
    let documents = table.required("document", documents, problems);
    table.close(problems);
    Some(UnitForm {
        name: name?,
        module: module?,
        never_read,
        selection,
        create_in_vtiger,
        conflict: policy,
        first_contact,
        deletes,
        on_drift,
        document: documents?.value,
    })
}

fn create(at: At<'_>, problems: &mut Problems<'_>) -> Option<CreateForm> {
    let mut table = Table::open(at, phrases::create_in_vtiger(), problems)?;
    let document = table.required("document", text, problems);
    let when = table.list("when", condition, problems);
    let key = table.optional("key", selector, problems);
    table.close(problems);
    Some(CreateForm { document: document?, when, key })
}

fn documents(at: At<'_>, problems: &mut Problems<'_>) -> Option<Vec<DocumentForm>> {
    let each = at.elements(phrases::documents_list(), problems)?.into_iter();
    Some(each.filter_map(|at| document(at, problems)).collect())
}

fn document(at: At<'_>, problems: &mut Problems<'_>) -> Option<DocumentForm> {
    let mut table = Table::open(at, phrases::a_document(), problems)?;
    let role = table.required("role", text, problems);
    let doctype = table.required("doctype", text, problems);
    let exists_when = table.list("exists_when", text, problems);
    let shared = table.optional("shared", flag, problems);
    let keyed = table.optional("keyed", flag, problems);
    let external_id = table.optional("external_id", text, problems);
    let match_keys = table.list("match", match_key, problems);
    let checks = table.list("checks", check, problems);
    let policy = table.optional("conflict", conflict, problems);
    let first_contact = table.optional("first_contact", conflict, problems);
    let deletes = table.optional("deletes", deletes, problems);
    let on_drift = table.optional("on_drift", drift, problems);
    let amend = table.optional("amend", flag, problems);
    let fields = table.entries("fields", field, problems);
    let row = table.list("row", row, problems);
    table.close(problems);
    Some(DocumentForm {
        role: role?,
        doctype: doctype?,
        exists_when,
        shared,
        keyed,
        external_id,
        match_keys,
        checks,
        conflict: policy,
        first_contact,
        deletes,
        on_drift,
        amend,
        fields: fields.map(|fields| fields.value).unwrap_or_default(),
        row,
    })
}

fn selector(at: At<'_>, problems: &mut Problems<'_>) -> Option<Selector> {
    match at.value() {
        DeValue::String(text) => Some(Selector::Text(text.to_string())),
        DeValue::Integer(_) => number(at, problems).map(Selector::Number),
        _ => at.unexpected(phrases::a_vtiger_field(), problems),
    }
}

fn scalar(at: At<'_>, problems: &mut Problems<'_>) -> Option<Scalar> {
    let value = match at.value() {
        DeValue::String(text) => Some(Value::text(text.as_ref())),
        DeValue::Integer(_) => return number(at, problems).map(|number| Scalar(Value::Integer(number))),
        DeValue::Float(number) => number.as_str().parse().ok().map(Value::Decimal),
        DeValue::Boolean(flag) => Some(Value::Boolean(*flag)),
        DeValue::Datetime(date) => date.to_string().parse().ok().map(Value::Date),
        DeValue::Array(_) | DeValue::Table(_) => None,
    };
    match value {
        Some(value) => Some(Scalar(value)),
        None => at.unexpected(phrases::a_scalar(), problems),
    }
}

fn operand(at: At<'_>, problems: &mut Problems<'_>) -> Option<OperandForm> {
    if !at.is_table() {
        return scalar(at, problems).map(OperandForm::Literal);
    }
    let mut table = Table::open(at, phrases::an_operand(), problems)?;
    let setting = table.required("setting", text, problems);
    table.close(problems);
    Some(OperandForm::Setting(SettingName { setting: setting? }))
}

fn operands(at: At<'_>, problems: &mut Problems<'_>) -> Option<Vec<OperandForm>> {
    let each = at.elements(phrases::a_list(), problems)?.into_iter();
    Some(each.filter_map(|at| operand(at, problems)).collect())
}

fn condition(at: At<'_>, problems: &mut Problems<'_>) -> Option<ConditionForm> {
    let mut table = Table::open(at, phrases::a_condition(), problems)?;
    let field = table.required("field", selector, problems);
    let r#in = table.optional("in", operands, problems);
    let not_in = table.optional("not_in", operands, problems);
    let equals = table.optional("equals", operand, problems);
    let at_least = table.optional("at_least", operand, problems);
    let at_most = table.optional("at_most", operand, problems);
    let present = table.optional("present", flag, problems);
    table.close(problems);
    Some(ConditionForm { field: field?, r#in, not_in, equals, at_least, at_most, present })
}

fn match_key(at: At<'_>, problems: &mut Problems<'_>) -> Option<Vec<Placed<MatchPartForm>>> {
    let each = at.elements(phrases::ways_list(), problems)?;
    let parts = each.into_iter().filter_map(|at| at.placed(match_part, problems));
    Some(parts.collect())
}

fn match_part(at: At<'_>, problems: &mut Problems<'_>) -> Option<MatchPartForm> {
    if !at.is_table() {
        return text(at, problems).map(MatchPartForm::Field);
    }
    let mut table = Table::open(at, phrases::a_match_part(), problems)?;
    if table.has("if_known") {
        let field = table.required("if_known", text, problems);
        table.close(problems);
        return Some(MatchPartForm::IfKnown(IfKnownForm { if_known: field? }));
    }
    let linked = table.required("linked", text, problems);
    table.close(problems);
    Some(MatchPartForm::Linked(LinkedForm { linked: linked? }))
}

fn check(at: At<'_>, problems: &mut Problems<'_>) -> Option<CheckForm> {
    let mut table = Table::open(at, phrases::a_check(), problems)?;
    let form = CheckForm {
        not_in_future: table.optional("not_in_future", text, problems),
        required: table.optional("required", text, problems),
    };
    table.close(problems);
    Some(form)
}

fn conflict(at: At<'_>, problems: &mut Problems<'_>) -> Option<ConflictPolicy> {
    let words = [
        ("ask", ConflictPolicy::Ask),
        ("vtiger_wins", ConflictPolicy::VtigerWins),
        ("frappe_wins", ConflictPolicy::FrappeWins),
        ("newest_wins", ConflictPolicy::NewestWins),
    ];
    word(at, &words, problems)
}

fn drift(at: At<'_>, problems: &mut Problems<'_>) -> Option<DriftPolicy> {
    let words = [DriftPolicy::Stop, DriftPolicy::SkipField, DriftPolicy::GoOn];
    word(at, &words.map(|policy| (policy.as_str(), policy)), problems)
}

fn direction(at: At<'_>, problems: &mut Problems<'_>) -> Option<Direction> {
    let words =
        [("both", Direction::Both), ("to_frappe", Direction::ToFrappe), ("to_vtiger", Direction::ToVtiger)];
    word(at, &words, problems)
}

fn clearing(at: At<'_>, problems: &mut Problems<'_>) -> Option<Clearing> {
    word(at, &[("keep", Clearing::Keep), ("clear", Clearing::Clear)], problems)
}

fn deletes(at: At<'_>, problems: &mut Problems<'_>) -> Option<DeletesForm> {
    if !at.is_table() {
        let words = [
            ("ignore", DeletesWord::Ignore),
            ("unlink", DeletesWord::Unlink),
            ("propagate", DeletesWord::Propagate),
        ];
        return word(at, &words, problems).map(DeletesForm::Word);
    }
    let mut table = Table::open(at, phrases::a_delete_policy(), problems)?;
    let mark = table.required("mark", mark, problems);
    table.close(problems);
    Some(DeletesForm::Mark(MarkForm { mark: mark?.value }))
}

fn mark(at: At<'_>, problems: &mut Problems<'_>) -> Option<MarkTarget> {
    let mut table = Table::open(at, phrases::a_mark(), problems)?;
    let field = table.required("field", text, problems);
    let value = table.required("value", scalar, problems);
    table.close(problems);
    Some(MarkTarget { field: field?, value: value? })
}

fn source(table: &mut Table<'_>, problems: &mut Problems<'_>) -> SourceForm {
    SourceForm {
        vtiger: table.one_or_many("vtiger", selector, problems),
        join: table.optional("join", text, problems),
        unit: table.optional("unit", text, problems),
        role: table.optional("role", text, problems),
        constant: table.optional("constant", scalar, problems),
        setting: table.optional("setting", text, problems),
        document: table.optional("document", text, problems),
    }
}

fn field(at: At<'_>, problems: &mut Problems<'_>) -> Option<FieldForm> {
    if !at.is_table() {
        return at.placed(selector, problems).map(FieldForm::Short);
    }
    let mut table = Table::open(at, phrases::a_rule(), problems)?;
    let source = source(&mut table, problems);
    let transform = table.one_or_many("transform", transform, problems);
    let rule = RuleForm {
        source,
        transform: transform.map(|placed| placed.value).unwrap_or_default(),
        direction: table.optional("direction", direction, problems),
        when_empty: table.optional("when_empty", clearing, problems),
        conflict: table.optional("conflict", conflict, problems),
        on_create: table.optional("on_create", flag, problems),
        deferred: table.optional("deferred", flag, problems),
    };
    table.close(problems);
    Some(FieldForm::Long(Box::new(rule)))
}

fn transform(at: At<'_>, problems: &mut Problems<'_>) -> Option<TransformForm> {
    if !at.is_table() {
        let words = [
            ("trim", TransformWord::Trim),
            ("upper", TransformWord::Upper),
            ("lower", TransformWord::Lower),
            ("title", TransformWord::Title),
            ("last_four", TransformWord::LastFour),
        ];
        return word(at, &words, problems).map(TransformForm::Word);
    }
    let mut table = Table::open(at, phrases::a_transform(), problems)?;
    let form = TransformTable {
        date: table.optional("date", text, problems),
        phone: table.optional("phone", text, problems),
        map: table.entries("map", text, problems),
        otherwise: table.optional("otherwise", otherwise, problems),
        part: table.optional("part", number, problems),
        of: table.optional("of", number, problems),
        separator: table.optional("separator", text, problems),
        default: table.optional("default", scalar, problems),
        own: table.optional("own", text, problems),
        with: table.entries("with", text, problems),
    };
    table.close(problems);
    Some(TransformForm::Table(Box::new(form)))
}

fn otherwise(at: At<'_>, problems: &mut Problems<'_>) -> Option<OtherwiseForm> {
    if !at.is_table() {
        let words = [("keep", OtherwiseWord::Keep), ("refuse", OtherwiseWord::Refuse)];
        return word(at, &words, problems).map(OtherwiseForm::Word);
    }
    let mut table = Table::open(at, phrases::otherwise(), problems)?;
    let stand_in = table.required("use", text, problems);
    table.close(problems);
    Some(OtherwiseForm::Use(UseForm { r#use: stand_in? }))
}

fn row(at: At<'_>, problems: &mut Problems<'_>) -> Option<RowForm> {
    let mut table = Table::open(at, phrases::a_row(), problems)?;
    let name = table.required("table", text, problems);
    let columns = table.required("columns", |at, problems| entries(at, column, problems), problems);
    let on_create = table.optional("on_create", flag, problems);
    let exclusive = table.list("exclusive", text, problems);
    table.close(problems);
    Some(RowForm { table: name?, columns: columns?.value, on_create, exclusive })
}

fn column(at: At<'_>, problems: &mut Problems<'_>) -> Option<ColumnForm> {
    if !at.is_table() {
        return at.placed(selector, problems).map(ColumnForm::Short);
    }
    let mut table = Table::open(at, phrases::a_column(), problems)?;
    let form = source(&mut table, problems);
    table.close(problems);
    Some(ColumnForm::Long(Box::new(form)))
}
