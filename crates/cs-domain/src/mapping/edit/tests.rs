use super::*;
use crate::mapping::{Mapping, Operand, Source, Test, parse, shipped, shipped_text};
use crate::policy::{Clearing, Direction};

const TEXT: &str = r#"# Leads of the web page.
format = 1
name = "leads"
title = "Leads"

[[unit]]
name = "lead"         # the only one
module = "Leads"

[[unit.document]]
role = "lead"
doctype = "Lead"
[unit.document.fields]
# What people call them.
last_name = "lastname" # of the family
email_id = { vtiger = "email", transform = "trim" }
"#;

fn lead() -> (UnitName, Role) {
    ("lead".into(), "lead".into())
}

fn rule(frappe: &str, vtiger: &str) -> FieldRule {
    FieldRule {
        frappe: frappe.into(),
        source: Source::Fields { names: vec![vtiger.into()], join: " ".into() },
        transforms: Vec::new(),
        direction: Direction::Both,
        clearing: Clearing::Keep,
        conflict: None,
        on_create: false,
        deferred: false,
    }
}

fn set(rule: FieldRule) -> MappingEdit {
    let (unit, role) = lead();
    MappingEdit::SetField { unit, role, rule }
}

#[test]
fn comments_and_order_survive() {
    let (unit, role) = lead();
    let changed = FieldRule { direction: Direction::ToFrappe, ..rule("last_name", "lastname") };
    let edits = [
        set(changed),
        set(rule("first_name", "firstname")),
        MappingEdit::DropField { unit, role, field: "email_id".into() },
        MappingEdit::SetTitle { title: "Leads \"of\" the web".into() },
    ];
    let text = edited(TEXT, &edits).unwrap();
    insta::assert_snapshot!(text);
    parse(&text).unwrap();
}

/// Everything that can be said with edits, said anew of an empty text.
fn retold(mapping: &Mapping) -> String {
    let mut edits = Vec::new();
    for (name, spec) in &mapping.settings {
        edits.push(MappingEdit::SetSetting { name: name.clone(), spec: Some(spec.clone()) });
    }
    for unit in &mapping.units {
        for (place, document) in unit.documents.iter().enumerate() {
            let (unit_name, role) = (unit.name.clone(), document.role.clone());
            let doctype = document.doctype.clone();
            edits.push(if place == 0 {
                MappingEdit::AddUnit { unit: unit_name.clone(), module: unit.module.clone(), role, doctype }
            } else {
                MappingEdit::AddDocument { unit: unit_name.clone(), role, doctype }
            });
            let role = document.role.clone();
            let traits = DocumentTraits {
                external_id: document.external_id.clone(),
                exists_when: document.exists_when.clone(),
                shared: document.shared,
                keyed: document.keyed,
                amend: document.amend,
            };
            edits.push(MappingEdit::SetTraits { unit: unit_name.clone(), role: role.clone(), traits });
            let keys = document.match_keys.clone();
            edits.push(MappingEdit::SetMatch { unit: unit_name.clone(), role: role.clone(), keys });
            let said = PoliciesSaid {
                conflict: Some(document.conflict),
                first_contact: document.first_contact,
                deletes: Some(document.deletes.clone()),
                on_drift: document.on_drift,
            };
            let level = Level::Document(unit_name.clone(), role.clone());
            edits.push(MappingEdit::SetPolicies { level, said });
            let checks = document.checks.clone();
            edits.push(MappingEdit::SetChecks { unit: unit_name.clone(), role: role.clone(), checks });
            let rows = document.rows.iter().cloned();
            edits.extend(rows.map(|row| MappingEdit::SetRow {
                unit: unit_name.clone(),
                role: role.clone(),
                at: None,
                row,
            }));
            let rules = document.fields.iter().cloned();
            edits.extend(rules.map(|rule| MappingEdit::SetField {
                unit: unit_name.clone(),
                role: role.clone(),
                rule,
            }));
        }
        let unit_name = unit.name.clone();
        let conditions = unit.selection.clone();
        edits.push(MappingEdit::SetSelection { unit: unit_name.clone(), conditions });
        let fields = unit.never_read.iter().cloned().collect();
        edits.push(MappingEdit::SetNeverRead { unit: unit_name.clone(), fields });
        edits.push(MappingEdit::SetCreate { unit: unit_name, create: unit.create_in_vtiger.clone() });
    }
    edited(&new_text(&mapping.name, &mapping.title), &edits).unwrap()
}

#[test]
fn what_edits_write_is_what_was_meant() {
    for (name, text) in shipped() {
        let mapping = parse(text).unwrap().mapping;
        let text = retold(&mapping);
        let read = parse(&text).unwrap_or_else(|problems| panic!("{name}: {problems:?}\n{text}"));
        for (unit, said) in read.mapping.units.iter().zip(&mapping.units) {
            assert_eq!((&unit.name, &unit.selection), (&said.name, &said.selection));
            assert_eq!(unit.create_in_vtiger, said.create_in_vtiger);
            for document in &unit.documents {
                let meant = said.document(&document.role).unwrap();
                assert_eq!(document, meant, "{name} {}", document.role);
            }
        }
        assert_eq!(read.mapping.settings, mapping.settings);
    }
}

#[test]
fn a_unit_may_be_made_from_nothing_and_taken_out_again() {
    let empty = new_text(&"leads".into(), "Leads");
    let (unit, role) = lead();
    let add = MappingEdit::AddUnit {
        unit: unit.clone(),
        module: "Leads".into(),
        role: role.clone(),
        doctype: "Lead".into(),
    };
    let conditions =
        vec![Condition { field: "leadstatus".into(), test: Test::In(vec![Operand::Literal("Hot".into())]) }];
    let selection = MappingEdit::SetSelection { unit: unit.clone(), conditions };
    let text = edited(&empty, &[add.clone(), set(rule("last_name", "lastname")), selection]).unwrap();
    insta::assert_snapshot!(text);
    parse(&text).unwrap();
    let again = edited(&text, std::slice::from_ref(&add)).unwrap_err();
    assert_eq!(again.code(), "edit.there");
    let without = edited(&text, &[MappingEdit::DropUnit { unit: unit.clone() }]).unwrap();
    assert_eq!(parse(&without).unwrap_err()[0].code, "file.missing_key");
    let gone = edited(&without, &[MappingEdit::DropDocument { unit, role }]).unwrap_err();
    assert_eq!((gone.code(), gone.to_string().as_str()), ("edit.not_there", "there is no unit lead"));
}

#[test]
fn a_second_unit_s_document_stays_with_its_unit() {
    let crm = shipped_text("crm").unwrap();
    let add =
        MappingEdit::AddDocument { unit: "account".into(), role: "lead".into(), doctype: "Lead".into() };
    let rule = MappingEdit::SetField {
        unit: "account".into(),
        role: "lead".into(),
        rule: FieldRule { direction: Direction::ToFrappe, ..rule("company_name", "accountname") },
    };
    let text = edited(crm, &[add, rule]).unwrap();
    let mapping = parse(&text).unwrap_or_else(|problems| panic!("{problems:?}\n{text}")).mapping;
    assert!(mapping.unit(&"account".into()).unwrap().document(&"lead".into()).is_some());
    let before = parse(crm).unwrap().mapping;
    assert_eq!(mapping.unit(&"contact".into()), before.unit(&"contact".into()));
}

const ROWS: &str = r#"
[[unit.document.row]]
# Where people write to.
table = "email_ids"
columns = { email_id = "email" } # no more
exclusive = ["is_primary"]

# Where people call.
[[unit.document.row]]
table = "phone_nos"
[unit.document.row.columns]
phone = "phone" # at work
is_primary_phone = { constant = true }
"#;

fn row(table: &str, columns: &[(&str, Source)]) -> RowRule {
    RowRule {
        table: table.into(),
        columns: columns.iter().map(|(name, source)| ((*name).into(), source.clone())).collect(),
        on_create: false,
        exclusive: Vec::new(),
    }
}

#[test]
fn rows_and_checks_are_changed_where_they_stand() {
    let ((unit, role), text) = (lead(), format!("{TEXT}{ROWS}"));
    let field = |name: &str| Source::Fields { names: vec![name.into()], join: " ".into() };
    let at = |index, of| RowAt { index, of };
    let set = |at, row| MappingEdit::SetRow { unit: unit.clone(), role: role.clone(), at, row };
    let drop_row = |at| MappingEdit::DropRow { unit: unit.clone(), role: role.clone(), at };
    let yes = Source::Constant(crate::value::Value::Boolean(true));
    let mails = RowRule {
        exclusive: vec!["is_primary".into()],
        on_create: true,
        ..row("email_ids", &[("email_id", field("email")), ("is_primary", yes)])
    };
    let checks = vec![Check::Required("last_name".into()), Check::NotInFuture("born".into())];
    let edits = [
        set(Some(at(0, 2)), mails),
        set(Some(at(1, 2)), row("phone_nos", &[("phone", field("mobile"))])),
        set(None, row("links", &[("link_doctype", Source::Setting("kind".into()))])),
        MappingEdit::SetChecks { unit: unit.clone(), role: role.clone(), checks },
    ];
    let changed = edited(&text, &edits).unwrap();
    insta::assert_snapshot!(changed);
    let fewer = edited(&changed, &[drop_row(at(1, 3)), drop_row(at(1, 2)), drop_row(at(0, 1))]).unwrap();
    assert!(!fewer.contains("row"), "{fewer}");
    let none = MappingEdit::SetChecks { unit: unit.clone(), role: role.clone(), checks: Vec::new() };
    assert!(!edited(&fewer, &[none]).unwrap().contains("checks"));

    // Somebody knows of another number of rows than there are.
    for (wrong, code) in [(at(0, 1), "edit.form"), (at(2, 2), "edit.not_there")] {
        assert_eq!(edited(&text, &[drop_row(wrong)]).unwrap_err().code(), code, "{wrong:?}");
    }
    let inline =
        TEXT.replace("[unit.document.fields]", "row = [{ table = \"links\" }]\n[unit.document.fields]");
    assert_eq!(edited(&inline, &[drop_row(at(0, 1))]).unwrap_err().code(), "edit.form");
}

#[test]
fn what_cannot_be_edited_says_so() {
    for (text, code) in [
        ("name = ", "edit.syntax"),
        ("unit = 1", "edit.form"),
        ("[[unit]]\nname = 'lead'\ndocument = []", "edit.form"),
        ("[[unit]]\nname = 'other'", "edit.not_there"),
        ("[[unit]]\nname = 'lead'\n[[unit.document]]\nrole = 'lead'\nfields = 3", "edit.form"),
    ] {
        assert_eq!(edited(text, &[set(rule("a", "b"))]).unwrap_err().code(), code, "{text}");
    }
}
