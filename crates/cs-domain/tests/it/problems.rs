//! Every way in which a mapping file can be wrong, and what its writer reads.

use std::collections::BTreeSet;
use std::fmt::Write;

use std::sync::Arc;

use cs_domain::Value;
use cs_domain::mapping::own::{Arguments, OwnTransform, OwnTransforms, Refusal};
use cs_domain::mapping::{Problem, every_rule, parse, parse_with};

const RIGHT: &str = r#"format = 1
name = "test"
title = "Test"

[settings.company]
help = "Which company"

[[unit]]
name = "policy"
module = "SalesOrder"
never_read = [9]
selection = [{ field = "status", in = ["Active"] }]

[[unit.document]]
role = "customer"
doctype = "Customer"
[unit.document.fields]
customer_name = "account"
company = { setting = "company" }

[[unit.document]]
role = "owner"
doctype = "Contact"
exists_when = ["first_name"]
external_id = "vtiger_id"
match = [["first_name", { linked = "customer" }]]
checks = [{ required = "first_name" }]
deletes = "unlink"
[unit.document.fields]
first_name = "first"
day = "birthday"
customer = { document = "customer" }
[[unit.document.row]]
table = "links"
columns = { link_name = { document = "customer" } }
"#;

/// The code that is expected, and what is replaced by what.
type Case = (&'static str, &'static str, &'static str);

const FILES: &[Case] = &[
    ("file.syntax", "title = \"Test\"", "title = \"Test"),
    ("file.format", "format = 1", "format = 2"),
    ("file.format", "format = 1", "format = 0"),
    ("file.missing_key", "format = 1\n", ""),
    ("file.missing_key", "doctype = \"Contact\"\n", ""),
    ("file.unknown_key", "doctype = \"Contact\"", "doctype = \"Contact\"\ncoflict = \"ask\""),
    ("file.unknown_key", "title = \"Test\"", "title = \"Test\"\nsomething = 1"),
    ("file.unknown_word", "deletes = \"unlink\"", "deletes = \"unlnk\""),
    ("file.unknown_word", "day = \"birthday\"", "day = { vtiger = \"birthday\", direction = \"to_erp\" }"),
    ("file.wrong_type", "deletes = \"unlink\"", "deletes = true"),
    ("file.wrong_type", "role = \"owner\"", "role = 7"),
    ("file.wrong_type", "never_read = [9]", "never_read = 9"),
    ("file.wrong_type", "never_read = [9]", "never_read = [-9]"),
    ("file.wrong_type", "first_name = \"first\"", "first_name = 1.5"),
    ("file.wrong_type", "{ required = \"first_name\" }", "7"),
];

const NAMES: &[Case] = &[
    ("name.form", "name = \"policy\"", "name = \"The Policy\""),
    ("name.form", "role = \"owner\"", "role = \"1st\""),
    ("name.empty", "module = \"SalesOrder\"", "module = \"\""),
    ("name.empty", "doctype = \"Contact\"", "doctype = \" \""),
    ("name.empty", "day = \"birthday\"", "day = \"\""),
    (
        "setting.unknown",
        "{ setting = \"company\" }",
        "{ setting = \"compani\" }\nagain = { setting = \"company\" }",
    ),
    ("setting.unused", "{ setting = \"company\" }", "\"company\""),
    (
        "setting.required_with_default",
        "help = \"Which company\"",
        "help = \"?\"\nrequired = true\ndefault = \"A\"",
    ),
    (
        "unit.no_documents",
        "[[unit]]\n",
        "[[unit]]\nname = \"empty\"\nmodule = \"Leads\"\ndocument = []\n[[unit]]\n",
    ),
    (
        "unit.duplicate",
        "[[unit]]\n",
        "[[unit]]\nname = \"policy\"\nmodule = \"Leads\"\n[[unit.document]]\nrole = \"a\"\ndoctype = \"Lead\"\n[[unit]]\n",
    ),
    (
        "role.duplicate",
        "[[unit.document]]\nrole = \"owner\"",
        "[[unit.document]]\nrole = \"customer\"\ndoctype = \"Customer\"\n[[unit.document]]\nrole = \"owner\"",
    ),
];

const CONDITIONS: &[Case] = &[
    ("condition.one_test", "in = [\"Active\"]", "in = [\"Active\"], present = true"),
    ("condition.one_test", ", in = [\"Active\"]", ""),
    ("condition.empty_list", "in = [\"Active\"]", "in = []"),
    ("setting.unknown", "in = [\"Active\"]", "at_least = { setting = \"from\" }"),
    ("check.one", "{ required = \"first_name\" }", "{ required = \"first_name\", not_in_future = \"day\" }"),
    ("check.unknown_field", "{ required = \"first_name\" }", "{ required = \"firstname\" }"),
    ("exists_when.unknown_field", "exists_when = [\"first_name\"]", "exists_when = [\"last_name\"]"),
    ("external_id.has_rule", "day = \"birthday\"", "vtiger_id = \"birthday\""),
    ("keyed.no_match", "match = [[\"first_name\", { linked = \"customer\" }]]", "keyed = true"),
    ("match.empty", "match = [[\"first_name\", { linked = \"customer\" }]]", "match = [[]]"),
    ("match.unknown_field", "match = [[\"first_name\"", "match = [[\"first_nam\""),
    (
        "match.never_to_frappe",
        "first_name = \"first\"",
        "first_name = { vtiger = \"first\", direction = \"to_vtiger\" }",
    ),
    (
        "match.not_tied",
        "match = [[\"first_name\", { linked = \"customer\" }]]",
        "match = [[{ linked = \"other\" }]]\n[[unit.document]]\nrole = \"other\"\ndoctype = \"Bank\"\n[unit.document.fields]\nx = { document = \"owner\", deferred = true }\n[[unit.document]]\nrole = \"third\"\ndoctype = \"Contact\"\nmatch = [[{ linked = \"other\" }]]",
    ),
];

const SOURCES: &[Case] = &[
    ("field.one_source", "day = \"birthday\"", "day = { direction = \"to_frappe\" }"),
    ("field.one_source", "day = \"birthday\"", "day = { vtiger = \"birthday\", constant = 1 }"),
    ("field.stray_key", "day = \"birthday\"", "day = { constant = 1, join = \" \" }"),
    ("field.stray_key", "day = \"birthday\"", "day = { vtiger = \"birthday\", join = \" \" }"),
    ("field.stray_key", "day = \"birthday\"", "day = { constant = 1, when_empty = \"clear\" }"),
    ("field.no_vtiger_field", "day = \"birthday\"", "day = { vtiger = [] }"),
    ("field.joined_twice", "day = \"birthday\"", "day = { vtiger = [7, \"cf_7\"] }"),
    ("field.two_writers", "day = \"birthday\"", "day = \"first\""),
    ("constant.empty", "day = \"birthday\"", "day = { constant = \"\" }"),
    ("linked.incomplete", "day = \"birthday\"", "day = { vtiger = \"account_id\", unit = \"policy\" }"),
    (
        "linked.several_fields",
        "[[unit]]\n",
        "[[unit]]\nname = \"second\"\nmodule = \"Leads\"\n[[unit.document]]\nrole = \"a\"\ndoctype = \"Lead\"\n[unit.document.fields]\nx = { vtiger = [\"a\", \"b\"], unit = \"policy\", role = \"owner\" }\n[[unit]]\n",
    ),
    ("direction.one_way", "day = \"birthday\"", "day = { constant = 1, direction = \"both\" }"),
    (
        "direction.one_way",
        "{ document = \"customer\" }\n[[",
        "{ document = \"customer\", direction = \"to_vtiger\" }\n[[",
    ),
    ("join.no_way_back", "day = \"birthday\"", "day = { vtiger = [1, 2], join = \"\" }"),
    ("deferred.without_document", "day = \"birthday\"", "day = { vtiger = \"birthday\", deferred = true }"),
    (
        "deferred.on_create",
        "{ document = \"customer\" }\n[[",
        "{ document = \"customer\", deferred = true, on_create = true }\n[[",
    ),
    ("row.empty", "columns = { link_name = { document = \"customer\" } }", "columns = {}"),
    ("never_read.used", "day = \"birthday\"", "day = 9"),
    ("never_read.used", "{ field = \"status\",", "{ field = \"cf_9\","),
];

const TRANSFORMS: &[Case] = &[
    (
        "transform.one",
        "day = \"birthday\"",
        "day = { vtiger = \"birthday\", transform = { date = \"%Y-%m-%d\", phone = \"US\" } }",
    ),
    ("transform.one", "day = \"birthday\"", "day = { vtiger = \"birthday\", transform = {} }"),
    (
        "transform.stray_key",
        "day = \"birthday\"",
        "day = { vtiger = \"birthday\", transform = { phone = \"US\", of = 2 } }",
    ),
    ("transform.without_vtiger", "day = \"birthday\"", "day = { constant = 1, transform = \"trim\" }"),
    (
        "transform.date_form",
        "day = \"birthday\"",
        "day = { vtiger = \"birthday\", transform = { date = \"%m/%d/%y\" } }",
    ),
    (
        "transform.date_form",
        "day = \"birthday\"",
        "day = { vtiger = \"birthday\", transform = { date = \"%m/%Y\" } }",
    ),
    (
        "transform.date_form",
        "day = \"birthday\"",
        "day = { vtiger = \"birthday\", transform = { date = \"%Y-%Q\" } }",
    ),
    (
        "transform.region",
        "day = \"birthday\"",
        "day = { vtiger = \"birthday\", transform = { phone = \"us\" } }",
    ),
    (
        "transform.region",
        "day = \"birthday\"",
        "day = { vtiger = \"birthday\", transform = { phone = \"USA\" } }",
    ),
    ("map.empty", "day = \"birthday\"", "day = { vtiger = \"birthday\", transform = { map = {} } }"),
    (
        "map.empty_word",
        "day = \"birthday\"",
        "day = { vtiger = \"birthday\", transform = { map = { \"\" = \"x\" } } }",
    ),
    (
        "map.word_twice",
        "day = \"birthday\"",
        "day = { vtiger = \"birthday\", transform = { map = { \"Sí\" = \"Yes\", si = \"Y\" } } }",
    ),
    (
        "map.not_one_to_one",
        "day = \"birthday\"",
        "day = { vtiger = \"birthday\", transform = { map = { M = \"Male\", H = \"male\" } } }",
    ),
    (
        "map.no_way_back",
        "day = \"birthday\"",
        "day = { vtiger = \"birthday\", transform = { map = { M = \"Male\" }, otherwise = { use = \"Other\" } } }",
    ),
    ("part.of_missing", "day = \"birthday\"", "day = { vtiger = \"birthday\", transform = { part = 0 } }"),
    ("part.of", "day = \"birthday\"", "day = { vtiger = \"birthday\", transform = { part = 0, of = 1 } }"),
    ("part.index", "day = \"birthday\"", "day = { vtiger = \"birthday\", transform = { part = 2, of = 2 } }"),
    (
        "part.separator",
        "day = \"birthday\"",
        "day = { vtiger = \"birthday\", transform = { part = 0, of = 2, separator = \"\" } }",
    ),
    (
        "default.empty",
        "day = \"birthday\"",
        "day = { vtiger = \"birthday\", transform = { default = \"\" } }",
    ),
    (
        "default.one_way",
        "day = \"birthday\"",
        "day = { vtiger = \"birthday\", direction = \"to_vtiger\", transform = { default = 1 } }",
    ),
    (
        "default.clears",
        "day = \"birthday\"",
        "day = { vtiger = \"birthday\", when_empty = \"clear\", transform = { default = 1 } }",
    ),
    (
        "last_four.no_way_back",
        "day = \"birthday\"",
        "day = { vtiger = \"birthday\", transform = \"last_four\" }",
    ),
    (
        "last_four.unguarded",
        "day = \"birthday\"",
        "day = { vtiger = \"card\", transform = \"last_four\", direction = \"to_frappe\" }\ncard = \"card\"",
    ),
    (
        "last_four.unguarded",
        "day = \"birthday\"",
        "day = { vtiger = \"status\", transform = \"last_four\", direction = \"to_frappe\" }",
    ),
];

const REFERENCES: &[Case] = &[
    ("mapping.no_units", "", ""),
    (
        "reference.unknown_role",
        "customer = { document = \"customer\" }",
        "customer = { document = \"custommer\" }",
    ),
    ("reference.unknown_role", "{ linked = \"customer\" }", "{ linked = \"bank\" }"),
    (
        "reference.unknown_role",
        "{ link_name = { document = \"customer\" } }",
        "{ link_name = { document = \"x\" } }",
    ),
    (
        "reference.unknown_role",
        "day = \"birthday\"",
        "day = { vtiger = \"a\", unit = \"policy\", role = \"x\" }",
    ),
    ("reference.itself", "customer = { document = \"customer\" }", "customer = { document = \"owner\" }"),
    (
        "reference.unknown_unit",
        "day = \"birthday\"",
        "day = { vtiger = \"a\", unit = \"polici\", role = \"owner\" }",
    ),
    (
        "mapping.cycle",
        "company = { setting = \"company\" }",
        "company = { setting = \"company\" }\nmain = { document = \"owner\" }",
    ),
    (
        "mapping.match_cycle",
        "[unit.document.fields]\ncustomer_name",
        "match = [[{ linked = \"owner\" }]]\n[unit.document.fields]\ncustomer_name",
    ),
    (
        "mapping.unit_cycle",
        "[[unit]]\n",
        "[[unit]]\nname = \"second\"\nmodule = \"Leads\"\n[[unit.document]]\nrole = \"a\"\ndoctype = \"Lead\"\n[unit.document.fields]\nx = { vtiger = \"a\", unit = \"policy\", role = \"owner\" }\n[[unit]]\n",
    ),
];

const BOTH_DIRECTIONS: &[Case] = &[
    ("file.unknown_key", STATUS, "conflit = \"ask\"\nselection = []"),
    ("file.unknown_word", "title = \"Test\"", "title = \"Test\"\nconflict = \"vtiger\""),
    ("file.unknown_word", STATUS, "deletes = \"forget\""),
    ("file.missing_key", STATUS, "create_in_vtiger = { when = [] }"),
    ("file.wrong_type", "deletes = \"unlink\"", "amend = \"yes\""),
    ("file.unknown_word", STATUS, "first_contact = \"vtiger\""),
    ("file.unknown_key", "{ linked = \"customer\" }", "{ linkd = \"customer\" }"),
    ("file.unknown_key", "{ linked = \"customer\" }", "{ if_known = \"day\", linked = \"customer\" }"),
    ("file.wrong_type", "{ linked = \"customer\" }", "{ if_known = 7 }"),
    (
        "match.only_if_known",
        "match = [[\"first_name\", { linked = \"customer\" }]]",
        "match = [[{ if_known = \"day\" }]]",
    ),
    ("match.unknown_field", "{ linked = \"customer\" }", "{ if_known = \"dya\" }"),
    ("mark.empty", "deletes = \"unlink\"", "deletes = { mark = { field = \"status\", value = \"\" } }"),
    ("name.empty", "deletes = \"unlink\"", "deletes = { mark = { field = \"\", value = 1 } }"),
    ("create_in_vtiger.unknown_role", STATUS, "create_in_vtiger = { document = \"ownr\" }"),
    (
        "create_in_vtiger.shared",
        CUSTOMER,
        "create_in_vtiger = { document = \"customer\" }\n[[unit.document]]\nrole = \"customer\"\nshared = true",
    ),
    (
        "create_in_vtiger.shared",
        CUSTOMER,
        "create_in_vtiger = { document = \"customer\" }\n[[unit.document]]\nrole = \"customer\"\nkeyed = true\nmatch = [[\"customer_name\"]]",
    ),
    (
        "create_in_vtiger.nothing_travels",
        CUSTOMER,
        "create_in_vtiger = { document = \"empty\" }\n[[unit.document]]\nrole = \"empty\"\ndoctype = \"Item\"\n[[unit.document]]\nrole = \"customer\"",
    ),
    ("create_in_vtiger.key_in_use", STATUS, "create_in_vtiger = { document = \"owner\", key = \"first\" }"),
    ("create_in_vtiger.key_in_use", STATUS, "create_in_vtiger = { document = \"owner\", key = 9 }"),
    (
        "condition.number",
        STATUS,
        "create_in_vtiger = { document = \"owner\", when = [{ field = 9, present = true }] }",
    ),
    (
        "name.empty",
        STATUS,
        "create_in_vtiger = { document = \"owner\", when = [{ field = \"\", present = true }] }",
    ),
    (
        "condition.one_test",
        STATUS,
        "create_in_vtiger = { document = \"owner\", when = [{ field = \"day\" }] }",
    ),
    (
        "setting.unknown",
        STATUS,
        "create_in_vtiger = { document = \"owner\", when = [{ field = \"day\", equals = { setting = \"x\" } }] }",
    ),
    (
        "on_create.never_new",
        "day = \"birthday\"",
        "day = { vtiger = \"birthday\", direction = \"to_vtiger\", on_create = true }",
    ),
    ("direction.one_way", "day = \"birthday\"", "day = { setting = \"company\", direction = \"both\" }"),
    ("row.exclusive_unknown", "table = \"links\"", "table = \"links\"\nexclusive = [\"is_primary\"]"),
    ("row.exclusive_unticked", "table = \"links\"", "table = \"links\"\nexclusive = [\"link_name\"]"),
];

/// Of a program that was built with the transform `shout`, which takes no arguments and has no way back.
const OWN: &[Case] = &[
    (
        "transform.own_unknown",
        "day = \"birthday\"",
        "day = { vtiger = \"birthday\", transform = { own = \"shot\" }, direction = \"to_frappe\" }",
    ),
    (
        "transform.own_arguments",
        "day = \"birthday\"",
        "day = { vtiger = \"birthday\", transform = { own = \"shout\", with = { times = \"2\" } }, direction = \"to_frappe\" }",
    ),
    (
        "own.no_way_back",
        "day = \"birthday\"",
        "day = { vtiger = \"birthday\", transform = { own = \"shout\" } }",
    ),
    ("file.unknown_word", STATUS, "on_drift = \"skip\""),
    ("file.unknown_word", "deletes = \"unlink\"", "on_drift = \"ask\""),
    ("file.wrong_type", "title = \"Test\"", "title = \"Test\"\non_drift = true"),
];

/// A transform of one's own.
#[derive(Debug)]
struct Shout;

impl OwnTransform for Shout {
    fn name(&self) -> &'static str {
        "shout"
    }

    fn about(&self) -> &'static str {
        "Everything in capitals."
    }

    fn check(&self, with: &Arguments) -> Result<(), Refusal> {
        if with.is_empty() { Ok(()) } else { Err(Refusal::because("it takes no arguments")) }
    }

    fn forward(&self, value: &Value, _: &Arguments) -> Result<Value, Refusal> {
        Ok(value.clone())
    }

    fn goes_back(&self, _: &Arguments) -> bool {
        false
    }

    fn backward(&self, _: &Value, _: &Value, _: &Arguments) -> Result<Value, Refusal> {
        Err(Refusal::because("it has no way back"))
    }
}

/// What a program that was built with `shout` has against a text.
fn problems_of(text: &str) -> Option<Vec<Problem>> {
    let mut own = OwnTransforms::default();
    own.add(Arc::new(Shout));
    parse_with(text, &own).err()
}

/// Where a document begins.
const CUSTOMER: &str = "[[unit.document]]\nrole = \"customer\"";

/// Where a unit's own settings go.
const STATUS: &str = "selection = [{ field = \"status\", in = [\"Active\"] }]";

fn text_of((code, from, to): &Case) -> String {
    if *code == "mapping.no_units" {
        return "format = 1\nname = \"test\"\ntitle = \"Test\"\nunit = []\n".to_owned();
    }
    assert_eq!(RIGHT.matches(from).count(), 1, "{code}: {from:?} must stand there once");
    let text = RIGHT.replace(from, to);
    if *code == "mapping.unit_cycle" {
        let back = "day = { vtiger = \"lead\", unit = \"second\", role = \"a\" }";
        return text.replace("day = \"birthday\"", back);
    }
    text
}

fn cases() -> impl Iterator<Item = &'static Case> {
    [FILES, NAMES, CONDITIONS, SOURCES, TRANSFORMS, REFERENCES, BOTH_DIRECTIONS, OWN].into_iter().flatten()
}

#[test]
fn the_mapping_that_the_cases_spoil_is_right() {
    parse(RIGHT).unwrap();
}

#[test]
fn each_mistake_is_told_as_what_it_is() {
    let mut read = String::new();
    for case in cases() {
        let problems = problems_of(&text_of(case)).expect(case.0);
        let codes: BTreeSet<&str> = problems.iter().map(|problem| problem.code.as_str()).collect();
        // Broken references leave settings and keys unused; what matters is that the mistake itself is told.
        assert!(codes.contains(case.0), "{case:?} gave {problems:#?}");
        for problem in problems.iter().filter(|problem| problem.code == case.0) {
            writeln!(read, "{}", problem.render("test.toml")).unwrap();
        }
    }
    insta::assert_snapshot!("what_people_read", read);
}

/// The rules of which this holds, each by its code and the key of what is said.
pub(crate) fn rules(of: impl Fn(&str) -> bool) -> BTreeSet<(&'static str, &'static str)> {
    every_rule().filter(|rule| of(rule.code)).map(|rule| (rule.code, rule.message.key)).collect()
}

/// Whether binding tells it, not reading.
pub(crate) fn is_of_binding(code: &str) -> bool {
    code.starts_with("bind.") || code == "create_in_vtiger.mandatory"
}

/// A rule that is added to the format without a case here, with the message that its writer reads, fails this.
#[test]
fn every_rule_has_a_case() {
    let known = rules(|code| !is_of_binding(code));
    assert!(known.len() > 80, "{known:?}");
    let mut told = cases().flat_map(|case| problems_of(&text_of(case)).unwrap()).collect::<Vec<_>>();
    told.push(Problem::of_another(&"leads".into(), &"lead".into()));
    let said = told.iter().filter_map(|problem| problem.said.as_ref());
    let covered: BTreeSet<_> = said.map(|said| (said.code, said.message.key())).collect();
    assert_eq!(covered.difference(&known).collect::<Vec<_>>(), Vec::<&(&str, &str)>::new());
    assert_eq!(known.difference(&covered).collect::<Vec<_>>(), Vec::<&(&str, &str)>::new());
}

#[test]
fn what_is_said_in_parts_is_what_is_said() {
    for problem in cases().flat_map(|case| problems_of(&text_of(case)).unwrap()) {
        let said = problem.said.as_ref().unwrap();
        let help = said.help.as_ref().map(ToString::to_string).unwrap_or_default();
        assert_eq!(
            (said.code, said.message.to_string(), help),
            (&*problem.code, problem.message, problem.help)
        );
    }
}

#[test]
fn all_mistakes_of_a_file_are_told_at_once_and_in_its_order() {
    let text = RIGHT
        .replace("role = \"owner\"", "role = \"Owner\"")
        .replace("day = \"birthday\"", "day = 9")
        .replace("module = \"SalesOrder\"", "module = \"\"");
    let problems = parse(&text).unwrap_err();
    let codes: Vec<&str> = problems.iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(codes, ["name.empty", "name.form", "never_read.used"]);
}

#[test]
fn a_mistake_that_two_places_share_names_both() {
    let problems = parse(&RIGHT.replace("day = \"birthday\"", "day = 9")).unwrap_err();
    let (span, label) = &problems[0].related[0];
    assert_eq!((&RIGHT[span.clone()], label.as_str()), ("9", "never read"));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_reading_panic(at in 0..RIGHT.len(), insert in "[\\[\\]{}=\",.a-z0-9\n]{0,6}", cut in 0usize..12) {
        if RIGHT.is_char_boundary(at) {
            let rest = RIGHT.get((at + cut).min(RIGHT.len())..).unwrap_or_default();
            let _ = parse(&format!("{}{insert}{rest}", &RIGHT[..at]));
        }
    }
}

#[test]
fn mistakes_that_have_nothing_to_do_with_each_other_are_told_at_once() {
    let text = RIGHT
        .replace(
            "customer_name = \"account\"",
            "customer_name = { vtiger = \"account\", transfrom = \"trim\" }",
        )
        .replace("day = \"birthday\"", "day = { vtiger = \"birthday\", transform = { date = \"%Q\" } }")
        .replace("[settings.company]", "[setings.company]")
        .replace("role = \"owner\"", "role = \"The Owner\"");
    let problems = parse(&text).unwrap_err();
    let codes: Vec<&str> = problems.iter().map(|problem| problem.code.as_str()).collect();
    // That no setting is called so follows from the misspelt table, and is no news.
    assert_eq!(
        codes,
        ["file.unknown_key", "file.unknown_key", "name.form", "transform.date_form"],
        "{problems:#?}"
    );
    assert!(problems.is_sorted_by_key(|problem| problem.span.start));
    assert_eq!(cs_domain::mapping::sketch(&text).problems, problems);
}
