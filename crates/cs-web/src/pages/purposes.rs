//! What Frappe lacks for a mapping, and what each of it is for, in the reader's language.

use cs_domain::mapping::{DocumentMapping, UnitMapping};
use cs_domain::{FieldName, Mapping, System};

use super::labels::Labels;
use crate::error::WebError;
use crate::office::Lacking;
use crate::visit::Visit;
use crate::words::Words;
use crate::work::preparation;

/// Something that Frappe lacks.
pub(crate) struct Wanted {
    pub(crate) lacking: Lacking,
    /// What it is for, in lines.
    pub(crate) purposes: Vec<String>,
}

impl Wanted {
    /// What is lacking for a mapping. Where the mapping cannot be read, the program's own words tell what it is for.
    pub(crate) async fn all(
        visit: &Visit,
        mapping: Option<&Mapping>,
        lacking: Vec<Lacking>,
    ) -> Result<Vec<Self>, WebError> {
        let modules = mapping.iter().flat_map(|mapping| &mapping.units).map(|unit| unit.module.clone());
        let labels = Labels::of(visit, modules.map(|module| (System::Vtiger, module))).await?;
        let telling = |lacking: Lacking| {
            let told = mapping.map(|mapping| purposes(&visit.words, &labels, mapping, &lacking.name));
            let told = told.filter(|told| !told.is_empty());
            Self { purposes: told.unwrap_or_else(|| vec![lacking.purpose.clone()]), lacking }
        };
        Ok(lacking.into_iter().map(telling).collect())
    }
}

/// What names exactly this list: what was shown is what is created, or nothing is.
pub(crate) fn seal(all: &[Wanted]) -> String {
    preparation::seal(&all.iter().map(|wanted| wanted.lacking.clone()).collect::<Vec<_>>())
}

/// What a mapping needs a DocType (`Bank Card`) or a field (`Customer.custom_vtiger_id`) for.
fn purposes(words: &Words, labels: &Labels, mapping: &Mapping, name: &str) -> Vec<String> {
    let (doctype, field) = match name.split_once('.') {
        Some((doctype, field)) => (doctype, Some(FieldName::from(field))),
        None => (name, None),
    };
    let documents =
        mapping.units.iter().flat_map(|unit| unit.documents.iter().map(move |document| (unit, document)));
    let documents: Vec<(&UnitMapping, &DocumentMapping)> =
        documents.filter(|(_, document)| document.doctype.as_str() == doctype).collect();
    let Some(field) = field else { return told(words, "setup-purpose-document", &documents) };
    let ruled =
        documents.iter().filter_map(|(unit, document)| of_rule(words, labels, unit, document, &field));
    let is_key = |document: &DocumentMapping| document.external_id.as_ref() == Some(&field);
    let keyed: Vec<_> = documents.iter().copied().filter(|(_, document)| is_key(document)).collect();
    ruled.chain(told(words, "setup-purpose-key", &keyed)).collect()
}

/// What is said of several documents at once; nothing of none.
fn told(words: &Words, key: &str, documents: &[(&UnitMapping, &DocumentMapping)]) -> Vec<String> {
    let roles: Vec<String> = documents.iter().map(|(_, document)| document.role.to_string()).collect();
    if roles.is_empty() { Vec::new() } else { vec![words.tell(key, &[("role", roles.join(", ").into())])] }
}

/// What a document's rule does with a field.
fn of_rule(
    words: &Words,
    labels: &Labels,
    unit: &UnitMapping,
    document: &DocumentMapping,
    field: &FieldName,
) -> Option<String> {
    let sources = document.rule(field)?.source.vtiger_fields().iter();
    let named: Vec<String> =
        sources.map(|source| labels.field(System::Vtiger, &unit.module, source)).collect();
    let role = ("role", document.role.to_string().into());
    Some(match named.as_slice() {
        [] => words.tell("setup-purpose-fixed", &[role]),
        named => words.tell("setup-purpose-field", &[role, ("fields", named.join(" + ").into())]),
    })
}

#[cfg(test)]
mod tests {
    use cs_domain::mapping::parse;

    use super::*;
    use crate::words::Language;

    #[test]
    fn what_is_lacking_is_told_by_what_the_mapping_does_with_it() {
        let text = "format = 1\nname = \"leads\"\ntitle = \"Leads\"\n[[unit]]\nname = \"lead\"\nmodule = \"Leads\"\n\
                    [[unit.document]]\nrole = \"lead\"\ndoctype = \"Lead\"\nexternal_id = \"custom_vtiger_id\"\n\
                    match = [[\"email_id\"]]\n[unit.document.fields]\nemail_id = \"email\"\n\
                    custom_town = { vtiger = \"state\", direction = \"to_frappe\" }\n\
                    custom_from = { constant = \"web\", direction = \"to_frappe\" }\n";
        let mapping = parse(text).unwrap().mapping;
        let es = Words::in_language(Language::Es);
        let told = |name: &str| purposes(&es, &Labels::default(), &mapping, name);
        assert_eq!(told("Lead.custom_town"), ["lead: corresponde a state en VTiger"]);
        assert_eq!(told("Lead.custom_from"), ["lead: lleva un valor fijo"]);
        assert_eq!(told("Lead.custom_vtiger_id"), ["lead: dice a qué registro de VTiger pertenece"]);
        assert_eq!(told("Lead"), ["Guarda los documentos: lead"]);
        assert_eq!(told("Lead.custom_other"), Vec::<String>::new());
    }
}
