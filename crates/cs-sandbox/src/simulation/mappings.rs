//! The mappings that stories are told with: the shipped `policy`, and one with everything that travels both ways, whose
//! directions, policies and deletes are drawn from the seed.

use std::collections::{BTreeMap, BTreeSet};

use cs_domain::mapping::{Settings, parse, shipped_text};
use cs_domain::{Mapping, System};

use super::random::Random;

/// A mapping with what the installation supplies for it.
pub(crate) struct Told {
    pub(crate) mapping: Mapping,
    pub(crate) settings: Settings,
    /// Its text, for the trace.
    pub(crate) text: String,
}

/// The mapping that comes with the program.
pub(crate) fn policy() -> Option<Told> {
    let mapping = parse(shipped_text("policy")?).ok()?.mapping;
    let settings =
        [("company", "Agencia Prueba"), ("delivery_date", "2026-12-31"), ("effective_date", "2026-01-01")];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    Some(Told { mapping, settings, text: "the shipped mapping `policy`".to_owned() })
}

/// People and organizations, both ways.
pub(crate) fn people(random: &mut Random) -> Option<Told> {
    let text = people_text(random);
    let mapping = parse(&text).ok()?.mapping;
    Some(Told { mapping, settings: Settings::new(), text })
}

fn people_text(random: &mut Random) -> String {
    let (accounts, contacts) = (random.percent(50), random.percent(60));
    let mut text = String::from("format = 1\nname = \"people\"\ntitle = \"People and organizations\"\n");
    text.push_str("\n[[unit]]\nname = \"account\"\nmodule = \"Accounts\"\n");
    if accounts {
        text.push_str("[unit.create_in_vtiger]\ndocument = \"customer\"\nwhen = [{ field = \"customer_type\", equals = \"Company\" }]\nkey = \"siccode\"\n");
    }
    document(&mut text, random, "customer", "Customer", "[\"customer_name\"]", "website");
    let name = if accounts || random.percent(70) { "both" } else { "to_frappe" };
    field(&mut text, random, "customer_name", "accountname", Some(name));
    text.push_str("customer_type = { constant = \"Company\", on_create = true }\n");
    field(&mut text, random, "website", "website", Some("both"));
    document(
        &mut text,
        random,
        "home",
        "Address",
        "{ linked = \"customer\" }, \"address_line1\", \"pincode\"",
        "state",
    );
    field(&mut text, random, "address_line1", "bill_street", Some("both"));
    field(&mut text, random, "city", "bill_city", Some("both"));
    field(&mut text, random, "state", "bill_state", Some("both"));
    field(&mut text, random, "pincode", "bill_code", Some("both"));
    text.push_str(
        "address_title = { vtiger = \"accountname\", transform = \"trim\", direction = \"to_frappe\" }\n",
    );
    text.push_str("address_type = { constant = \"Billing\", on_create = true }\n");
    text.push_str("country = { constant = \"United States\", on_create = true }\n");
    text.push_str("[[unit.document.row]]\ntable = \"links\"\ncolumns = { link_doctype = { constant = \"Customer\" }, link_name = { document = \"customer\" } }\n");
    text.push_str("\n[[unit]]\nname = \"contact\"\nmodule = \"Contacts\"\n");
    if contacts {
        text.push_str("[unit.create_in_vtiger]\ndocument = \"person\"\nwhen = [{ field = \"last_name\", present = true }, { field = \"user\", present = false }]\nkey = \"assistant\"\n");
    }
    document(&mut text, random, "person", "Contact", "[\"first_name\", \"last_name\"]", "department");
    // What a document is found by travels to Frappe.
    let towards = |random: &mut Random| if random.percent(15) { "to_frappe" } else { "both" };
    let (first, last) = (towards(random), if contacts { "both" } else { towards(random) });
    field(&mut text, random, "first_name", "firstname", Some(first));
    field(&mut text, random, "last_name", "lastname", Some(last));
    field(&mut text, random, "designation", "title", None);
    field(&mut text, random, "department", "department", Some("both"));
    field(&mut text, random, "custom_day_of_birth", "birthday", None);
    text.push_str("[[unit.document.row]]\ntable = \"links\"\ncolumns = { link_doctype = { constant = \"Customer\" }, link_name = { vtiger = \"account_id\", unit = \"account\", role = \"customer\" } }\n");
    text
}

fn document(text: &mut String, random: &mut Random, role: &str, doctype: &str, key: &str, mark: &str) {
    let conflict = random.pick(&["ask", "ask", "vtiger_wins", "frappe_wins", "newest_wins"]).copied();
    let deletes = match random.below(5) {
        0 => "\"ignore\"".to_owned(),
        1 | 2 => "\"propagate\"".to_owned(),
        3 => "\"unlink\"".to_owned(),
        _ => format!("{{ mark = {{ field = \"{mark}\", value = \"Gone\" }} }}"),
    };
    let key = if key.starts_with('[') { key.to_owned() } else { format!("[{key}]") };
    let exists = if role == "home" { "exists_when = [\"address_line1\"]\n" } else { "" };
    let conflict = conflict.unwrap_or("ask");
    let head = format!(
        "\n[[unit.document]]\nrole = \"{role}\"\ndoctype = \"{doctype}\"\nexternal_id = \"custom_vtiger_id\"\nmatch = [{key}]\n{exists}conflict = \"{conflict}\"\ndeletes = {deletes}\n[unit.document.fields]\n"
    );
    text.push_str(&head);
}

fn field(text: &mut String, random: &mut Random, frappe: &str, vtiger: &str, direction: Option<&str>) {
    let direction = direction.unwrap_or_else(|| match random.below(8) {
        0 => "to_frappe",
        1 => "to_vtiger",
        _ => "both",
    });
    let empty = if random.percent(40) { "clear" } else { "keep" };
    let mut rule = format!(
        "vtiger = \"{vtiger}\", transform = \"trim\", direction = \"{direction}\", when_empty = \"{empty}\""
    );
    if random.percent(25) {
        let policy = random.pick(&["ask", "vtiger_wins", "frappe_wins", "newest_wins"]).copied();
        rule += ", conflict = \"";
        rule += policy.unwrap_or("ask");
        rule.push('"');
    }
    for part in [frappe, " = { ", &rule, " }\n"] {
        text.push_str(part);
    }
}

/// The fields that an engine may write, by side and kind.
pub(crate) fn writable(mapping: &Mapping) -> BTreeMap<(System, String), BTreeSet<String>> {
    let mut allowed: BTreeMap<(System, String), BTreeSet<String>> = BTreeMap::new();
    for unit in &mapping.units {
        let here = allowed.entry((System::Vtiger, unit.module.to_string())).or_default();
        here.extend(
            unit.create_in_vtiger.iter().filter_map(|made| made.key.as_ref()).map(ToString::to_string),
        );
        for rule in unit.documents.iter().flat_map(|document| &document.fields) {
            if rule.direction.reaches_vtiger() {
                here.extend(rule.source.vtiger_fields().iter().map(ToString::to_string));
            }
        }
        for document in &unit.documents {
            let there = allowed.entry((System::Frappe, document.doctype.to_string())).or_default();
            there.extend(document.external_id.iter().map(ToString::to_string));
            there.extend(document.fields.iter().map(|rule| rule.frappe.to_string()));
            there.extend(document.rows.iter().map(|row| row.table.to_string()));
        }
    }
    allowed
}
