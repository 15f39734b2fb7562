//! What the sentences about mappings are put together from: what a part of the file is called, what was expected, what is near.

use crate::mapping::sentence::{Gap, Sentence, Wording, phrases};

phrases! {
    did_you_mean(near) = "did you mean `{near}`?";
    known_here(all) = "known here: {all}";
    none_known() = "there are none";

    a_mapping() = "a mapping";
    a_setting() = "a setting";
    a_unit() = "a unit";
    create_in_vtiger() = "`create_in_vtiger`";
    a_document() = "a document";
    an_operand() = "an operand";
    a_condition() = "a condition";
    a_match_part() = "a part of a match key";
    a_check() = "a check";
    a_delete_policy() = "a delete policy";
    a_mark() = "a mark";
    a_rule() = "a field's rule";
    a_transform() = "a transform";
    otherwise() = "`otherwise`";
    a_row() = "a row";
    a_column() = "a column";

    a_table() = "a table";
    a_list() = "a list";
    a_text() = "a text";
    a_quoted_text() = "a text in quotes";
    a_whole_number() = "a whole number";
    a_count() = "a whole number from 0";
    a_decimal_number() = "a number with decimals";
    a_flag() = "true or false";
    a_moment() = "a date or time";
    a_scalar() = "a text, number, date, or true or false";
    a_vtiger_field() = "a VTiger field: its API name, cf number or label";
    one_of(words) = "one of {words}";
    units_list() = "a list of tables, each headed [[unit]]";
    documents_list() = "a list of tables, each headed [[unit.document]]";
    ways_list() = "a list of lists: each inner list is one way to find it";

    name_of_mapping() = "a mapping's name";
    name_of_setting() = "a setting's name";
    name_of_unit() = "a unit's name";
    role_of_document() = "a document's role";
    title_of_mapping() = "the mapping's title";
    help_of_setting() = "the help of a setting";
    module_of_unit() = "the unit's module";
    doctype_of_document() = "the document's DocType";
    field_of_external_id() = "the field of the external id";
    field_of_mark() = "the field of a mark";
    name_of_frappe_field() = "the name of a Frappe field";
    table_of_row() = "the table of a row";

    a_constant() = "a constant";
    name_of_document() = "the name of a document";
    add_last_four() = "add transform = \"last_four\" here, too";
    use_another_field() = "use another field here";
    built_without() = "it was built without any: docs/EXTENDING.md says how to add one";

    module() = "module";
    doctype() = "DocType";
    install(system) = "Install or activate it in {system}, and give the product's user the right to read it.";
    mean_kind(near) = "Did you mean `{near}`?";
    mean_field(name, label) = "Did you mean {name} ({label})?";
    look_number_up() = "Look the number up in VTiger, or name the field by its label.";
    create_or_correct(kind) = "Create the field on {kind}, or correct the name in the mapping.";
    either(one, other) = "{one} or {other}";
    of_type(held) = "a {held}";
    type_text() = "text";
    type_integer() = "whole number";
    type_decimal() = "decimal number";
    type_boolean() = "checkbox";
    type_date() = "date";
    type_moment() = "point in time";
    type_choice() = "choice";
    type_reference() = "reference";
    type_rows() = "table";
    type_other() = "field of a type the product does not know";
}
