//! Every way in which a mapping may not fit the two systems: its code, what people read, and what to do.

use crate::mapping::sentence::{Gap, Rule, Said, Wording, rule, rules};

rules! {
    "bind.unknown_kind": unknown_kind(system, what, kind, remedy) =
        "{system} has no {what} `{kind}` that the product's user can see", "{remedy}";
    "bind.unknown_field": unknown_field(kind, system, field, remedy) =
        "{kind} of {system} has no field `{field}`", "{remedy}";
    "bind.ambiguous_label": ambiguous_label(kind, system, label, names) =
        "{kind} of {system} has several fields labelled `{label}`", "Name the one you mean: {names}.";
    "bind.never_read_unknown": never_read_unknown(kind, field, near) =
        "{kind} of VTiger has no field `{field}`, which is never to be read",
        "Make sure that it is not called otherwise. {near}";

    "bind.not_creatable": not_creatable(kind) =
        "the product's user may not create {kind} in VTiger",
        "Give it the right to, or take [unit.create_in_vtiger] out.";
    "bind.not_writable": key_not_writable(field) =
        "{field} of VTiger cannot be written",
        "Name a text field of its own: the key of each creation is written into it.";
    "bind.types": key_not_text(field) =
        "{field} of VTiger holds no text, and the key of a creation is one", "Name a text field.";
    "bind.key_in_use": key_in_use(field) =
        "{field} holds the key of the creation, and the unit names it elsewhere, too",
        "Give the key a field of its own that nothing else in the mapping names.";
    "create_in_vtiger.mandatory": creation_lacks(kind, fields, role) =
        "VTiger refuses a new record of {kind} without {fields}, and no field of `{role}` that travels to VTiger fills that",
        "Add a rule that goes to VTiger (direction = \"to_vtiger\", on_create = true gives it to new records only), make \
         the field optional in VTiger, or take [unit.create_in_vtiger] out.";

    "bind.not_writable": frappe_not_writable(field, kind) =
        "{field} of {kind} cannot be written", "Map another field, or write direction = \"to_vtiger\".";
    "bind.not_writable": vtiger_not_writable(field) =
        "{field} of VTiger cannot be written", "Write direction = \"to_frappe\".";
    "bind.never_read": reads_never_read(field) =
        "{field} is never read, and this reads it", "Take one of the two out of the mapping.";
    "bind.not_a_reference": not_a_reference(field) =
        "{field} of VTiger does not point at another record",
        "Name a reference field, or take `unit` and `role` out.";
    "bind.wrong_reference": wrong_reference(field, expected, target) =
        "{field} holds {expected}, and the document it is to name is a {target}",
        "Name a document of the right DocType, or another field.";
    "bind.is_a_table": is_a_table(field) =
        "{field} is a table and takes rows", "Write a [[unit.document.row]] for it.";
    "bind.not_a_table": not_a_table(field, held) =
        "{field} is a {held} and no table", "Name a table field.";
    "bind.types": types(from, ours, field, theirs) =
        "{from} of VTiger is a {ours}, and {field} of Frappe is a {theirs}",
        "Map fields of one kind, or add a transform.";
    "bind.not_a_checkbox": not_a_checkbox(field, held) =
        "{field} is exclusive, and it is a {held}", "Only checkboxes can be exclusive.";
    "bind.external_id_missing": external_id_missing(kind, field) =
        "{kind} has no field `{field}` for the external id",
        "Create a Custom Field `{field}` on {kind}: type Data, with \"Unique\" ticked.";
    "bind.external_id_not_unique": external_id_not_unique(field, kind) =
        "{field} of {kind} is not unique",
        "Tick \"Unique\" on the field: without it a lost answer can leave a second document.";
    "bind.field_twice": field_twice(field) =
        "{field} is filled twice, once by its label", "Keep one of the two.";
    "bind.mandatory_unmapped": mandatory_unmapped(kind, fields) =
        "{kind} needs {fields}, and no rule fills that",
        "Nothing, where Frappe has a default (ERPNext has for an order's currency, rates and series); else add a rule or \
         a constant.";

    "bind.not_submittable": not_submittable(kind) =
        "documents of {kind} are never submitted, so there is none to amend", "Take `amend` out.";
    "bind.not_writable": mark_not_writable(field, kind) =
        "{field} of {kind} cannot be written", "Mark another field.";
    "bind.mark_value": mark_value(why) =
        "{why}", "Name a value that the field takes, or another field.";
}
