//! Every rule of the file format: its code, what whoever breaks it reads, and what would be right.

use crate::mapping::sentence::{Gap, Rule, Said, Wording, rule, rules};

const TAKE_OUT: &str = "take it out";
const ANOTHER_NAME: &str = "give one of them another name";
const ONE_WAY: &str = "write direction = \"to_frappe\"";
const DATE_FORM: &str = "use %Y, %m and %d: \"%m/%d/%Y\" for 11/22/2026";

// What is no TOML, or has not the tables and keys of a mapping.
pub(super) mod form {
    use super::{Gap, Rule, Said, Wording, rule, rules};

    rules! {
        "file.syntax": not_toml(error) =
            "this is not TOML: {error}", "see https://toml.io for how it is written";
        "file.format": newer_format(format, known) =
            "this mapping is written in format {format} for a newer program",
            "this program reads format {known}: install a newer one";
        "file.format": no_such_format(format, known) =
            "there is no format {format}", "write `format = {known}`";
        "file.wrong_type": wrong_type(name, expected, found) =
            "`{name}` must be {expected}, and this is {found}", "";
        "file.missing_key": missing_key(what, key) =
            "{what} needs the key `{key}`", "add `{key} = ...`";
        "file.unknown_key": unknown_key(what, key, near) =
            "{what} has no key `{key}`", "{near}";
        "file.unknown_word": unknown_word(name, word, near) =
            "`{name}` cannot be \"{word}\"", "{near}";
    }
}

// Names, settings, units, documents.
pub(super) mod parts {
    use super::{ANOTHER_NAME, Gap, Rule, Said, Wording, rule, rules};

    rules! {
        "name.form": name_form(name, what) =
            "\"{name}\" cannot be {what}", "use small letters, digits, `-` and `_`, and a letter first";
        "name.empty": empty(what) =
            "{what} is empty", "";
        "name.empty": empty_vtiger_field() =
            "the name of a VTiger field is empty", "write its API name, its cf number or its label";
        "name.empty": empty_frappe_field() =
            "the name of a Frappe field is empty", "write its name or its label";
        "mapping.no_units": no_units() =
            "the mapping has no units", "add a [[unit]]";
        "mapping.other_name": other_name(said, name, near) =
            "the text says that the mapping is called {said}; here it is {name}", "{near}";
        "unit.duplicate": unit_twice(name) =
            "there is already a unit `{name}`", ANOTHER_NAME;
        "unit.no_documents": no_documents(unit) =
            "the unit `{unit}` has no documents", "add a [[unit.document]]";
        "role.duplicate": role_twice(name) =
            "there is already a document with the role `{name}`", ANOTHER_NAME;
        "setting.unused": setting_unused(name) =
            "the setting `{name}` is declared and nothing uses it",
            "take it out, or use it with { setting = \"...\" }";
        "setting.required_with_default": setting_with_default(name) =
            "the setting `{name}` is required and has a default",
            "with a default a run never lacks it: take out one of the two";
        "setting.unknown": setting_unknown(name, near) =
            "no setting is called `{name}`", "{near}; settings are declared as [settings.{name}]";
        "keyed.no_match": keyed_without_key() =
            "keyed, but without a match key",
            "name the fields that say what the document is: match = [[\"bank_name\"]]";
        "match.empty": empty_match_key() =
            "a match key names no field",
            "name the fields that must be equal: match = [[\"first_name\", \"last_name\"]]";
        "match.only_if_known": only_if_known() =
            "what counts only if it is known finds nothing by itself",
            "add a field that must be equal: [\"last_name\", { if_known = \"email_id\" }]";
        "check.one": check_of_one() =
            "a check says exactly one thing",
            "write { not_in_future = \"...\" } or { required = \"...\" }";
        "mark.empty": mark_of_nothing() =
            "a mark holds nothing",
            "say what the field holds from then on: { field = \"disabled\", value = 1 }";
    }
}

// Conditions, and what is created in VTiger.
pub(super) mod creating {
    use super::{Gap, Rule, Said, Wording, rule, rules};

    rules! {
        "condition.empty_list": no_values(field) =
            "the list of values for {field} is empty", "name the values, or take the condition out";
        "condition.one_test": one_test(count) =
            "a condition has exactly one test, and this one has {count}",
            "the tests are `in`, `not_in`, `equals`, `at_least`, `at_most` and `present`";
        "condition.number": number_of_frappe(number) =
            "{number} is no field of Frappe: only VTiger's fields have numbers",
            "write the field's name or its label";
        "create_in_vtiger.unknown_role": no_role_to_create(unit, role, near) =
            "no document of the unit `{unit}` has the role `{role}`", "{near}";
        "create_in_vtiger.shared": shared_stands_for_none(role, how) =
            "`{role}` is {how}, so it cannot stand for one record",
            "name a document that belongs to one record alone";
        "create_in_vtiger.nothing_travels": nothing_travels(role) =
            "no field of `{role}` travels to VTiger: the new record would be empty",
            "take direction = \"to_frappe\" out of its fields, or name another document";
        "create_in_vtiger.key_in_use": creation_key_in_use(key) =
            "{key} holds the key of the creation, and the unit names it elsewhere, too",
            "give the key a field of its own that nothing else in the mapping names";
        "on_create.never_new": never_new(field, role) =
            "`{field}` is given to new VTiger records only, and `{role}` makes none",
            "add [unit.create_in_vtiger], or take `on_create` out";
    }
}

// The rule for a field, and rows.
pub(super) mod field {
    use super::{Gap, ONE_WAY, Rule, Said, TAKE_OUT, Wording, rule, rules};

    rules! {
        "row.empty": row_without_columns(table) =
            "a row of the table `{table}` has no columns", "say what stands in it: columns = { ... }";
        "row.exclusive_unknown": exclusive_unknown(column, near) =
            "`exclusive` names `{column}`, and the row has no such column", "{near}";
        "row.exclusive_unticked": exclusive_unticked(column) =
            "`{column}` is exclusive, and the row does not tick it",
            "only a checkbox is exclusive: {column} = { constant = true }";
        "constant.empty": empty_constant() =
            "a constant holds nothing", "take the field out: what has no rule is left alone";
        "field.one_source": one_source(count) =
            "a value comes from exactly one place, and this one has {count}",
            "write one of `vtiger`, `constant`, `setting` and `document`";
        "field.stray_key": of_no_vtiger() =
            "`join`, `unit` and `role` belong to `vtiger`, and there is none", TAKE_OUT;
        "field.stray_key": join_of_one() =
            "`join` says what stands between fields, and there is only one", TAKE_OUT;
        "field.stray_key": when_empty_of_none() =
            "`when_empty` is about an empty VTiger field, and this value comes from elsewhere", TAKE_OUT;
        "field.no_vtiger_field": no_vtiger_field() =
            "the list of VTiger fields is empty", "name at least one";
        "field.joined_twice": joined_twice(field) =
            "{field} is joined with itself", "name each field once";
        "field.two_writers": two_writers(field) =
            "two Frappe fields would be written to {field}",
            "give all but one of them direction = \"to_frappe\"";
        "linked.incomplete": linked_by_half() =
            "`unit` and `role` belong together: they name a document of another unit",
            "write both: { vtiger = \"account_id\", unit = \"account\", role = \"customer\" }";
        "linked.several_fields": linked_by_several() =
            "a reference to another unit stands in one VTiger field, and this names several",
            "name the reference field alone";
        "direction.one_way": one_way(what) =
            "{what} never travels to VTiger",
            "take `direction` out, or write direction = \"to_frappe\"";
        "deferred.without_document": deferred_without_document() =
            "only a reference to a document of the unit can be deferred",
            "take `deferred` out, or write { document = \"...\", deferred = true }";
        "deferred.on_create": deferred_and_on_create() =
            "a field is either given to new documents only or written last, not both",
            "take out `on_create` or `deferred`";
        "transform.without_vtiger": transform_of_no_field() =
            "transforms work on the values of VTiger fields, and this value comes from elsewhere",
            "take `transform` out";
        "join.no_way_back": join_without_way_back() =
            "fields that are joined with nothing between cannot be told apart again",
            "write join = \" \", or direction = \"to_frappe\"";
        "last_four.no_way_back": last_four_without_way_back() =
            "the last four digits of a number have no way back to VTiger", ONE_WAY;
        "own.no_way_back": own_without_way_back(name) =
            "`{name}` has no way back to VTiger", ONE_WAY;
        "default.one_way": default_never_used() =
            "a default stands in on the way to Frappe, and this field never goes there",
            "take the default out, or change the direction";
        "default.clears": default_and_clear() =
            "a field with a default never comes to Frappe empty, so it cannot be cleared",
            "write when_empty = \"keep\", or take the default out";
    }
}

// Transforms and value maps.
pub(super) mod transform {
    use super::{DATE_FORM, Gap, Rule, Said, TAKE_OUT, Wording, rule, rules};

    rules! {
        "transform.one": one_transform(count) =
            "a transform does exactly one thing, and this one does {count}",
            "write one of `date`, `phone`, `map`, `part`, `default` and `own`, and several transforms as a list";
        "transform.own_unknown": own_unknown(name, near) =
            "this program has no transform \"{name}\" of its own", "{near}";
        "transform.own_arguments": own_arguments(refusal, name, about) =
            "{refusal}", "`{name}`: {about}";
        "transform.stray_key": stray_key(key, owner) =
            "`{key}` belongs to `{owner}`, and there is none", TAKE_OUT;
        "transform.date_form": no_date_form(form) =
            "\"{form}\" is not a form of dates", DATE_FORM;
        "transform.date_form": date_not_read_back(form, text) =
            "dates written as \"{form}\" cannot be read back: \"{text}\"", DATE_FORM;
        "transform.date_form": date_read_otherwise(day, form, text, read) =
            "{day} written as \"{form}\" is \"{text}\", and that reads as {read}", DATE_FORM;
        "transform.region": no_region(region, near) =
            "no phone numbers of the country \"{region}\" are known", "{near}";
        "default.empty": empty_default() =
            "a default holds nothing", TAKE_OUT;
        "map.empty": empty_map() =
            "the value map is empty",
            "name VTiger's words and Frappe's: { M = \"Male\", F = \"Female\" }";
        "map.empty_word": empty_word() =
            "an empty value is not a word and has no partner",
            "for an empty VTiger field use { default = \"...\" }";
        "map.word_twice": word_twice(first, again) =
            "\"{first}\" and \"{again}\" are one word to VTiger",
            "case and accents do not count: keep one of them";
        "map.not_one_to_one": not_one_to_one(word, first, other) =
            "\"{word}\" could go back to VTiger as \"{first}\" or as \"{other}\"",
            "give each word its own partner, or write direction = \"to_frappe\"";
        "map.no_way_back": map_without_way_back(word) =
            "words that became \"{word}\" have no way back to VTiger",
            "write otherwise = \"refuse\", or direction = \"to_frappe\"";
        "part.of_missing": part_without_of() =
            "`part` needs `of`", "write how many parts there are: { part = 0, of = 2 }";
        "part.of": part_of(of, most) =
            "a text cannot be cut into {of} parts", "`of` is between 2 and {most}";
        "part.index": part_index(index, of, last) =
            "there is no part {index} of {of}: parts are counted from 0", "the last one is {last}";
        "part.separator": part_separator() =
            "the separator is empty", "write what stands between the parts";
    }
}

// What one part of a mapping says of another.
pub(super) mod reference {
    use super::{Gap, Rule, Said, Wording, rule, rules};

    rules! {
        "reference.itself": refers_to_itself(role) =
            "the document `{role}` refers to itself", "name another document of the unit";
        "reference.unknown_role": no_role(unit, role, near) =
            "no document of the unit `{unit}` has the role `{role}`", "{near}";
        "reference.unknown_unit": no_unit(unit, near) =
            "the mapping has no unit `{unit}`", "{near}";
        "match.not_tied": not_tied(role, other) =
            "nothing ties `{role}` to `{other}`",
            "a field or row of one must name the other: { document = \"...\" }";
        "match.unknown_field": match_without_rule(field, near) =
            "the match key names `{field}`, and no rule says what it holds", "{near}";
        "match.never_to_frappe": match_never_to_frappe(field) =
            "the match key names `{field}`, which VTiger says nothing about",
            "name a field that travels to Frappe, or one with `on_create`";
        "exists_when.unknown_field": exists_without_rule(field, near) =
            "`exists_when` names `{field}`, and no rule says what it holds", "{near}";
        "check.unknown_field": check_without_rule(field, near) =
            "the check names `{field}`, and no rule says what it holds", "{near}";
        "external_id.has_rule": external_id_with_rule(field) =
            "`{field}` holds the document's external id and has a rule, too",
            "take the rule out: the program fills the external id by itself";
        "never_read.used": never_read_used(field) =
            "{field} is never read, and this reads it", "take one of the two out";
        "last_four.unguarded": unguarded(field, remedy) =
            "{field} is a card number elsewhere in this unit (`last_four`), and here it would leave whole",
            "{remedy}";
        "mapping.unit_cycle": unit_cycle(circle) =
            "units wait for each other: {circle}",
            "a unit is written after those it refers to: take one of these references out";
        "mapping.cycle": document_cycle(circle) =
            "documents wait for each other: {circle}",
            "mark one of these references `deferred = true`: it is written last";
        "mapping.match_cycle": match_cycle(circle) =
            "match keys wait for each other: {circle}",
            "one of them must be found without the other: take a `linked` out of its keys";
    }
}

/// All of them.
pub(super) fn all() -> impl Iterator<Item = &'static Rule> {
    [form::ALL, parts::ALL, creating::ALL, field::ALL, transform::ALL, reference::ALL].into_iter().flatten()
}
