//! Where in a mapping something stands, in the reader's language. Keys of the file stay as the file writes them.

use cs_domain::mapping::compare::{Aspect, Spot};
use cs_domain::mapping::{DocumentPart, Place, UnitPart};
use fluent_templates::fluent_bundle::FluentValue;

use crate::words::Words;

/// A place, from the outside in: `unit contact, document person, field first_name`.
pub(crate) fn place(words: &Words, place: &Place) -> String {
    match place {
        Place::Setting { name } => setting(words, name),
        Place::Unit { unit, part } => {
            let unit = words.tell("mapping-place-unit", &[("unit", unit.to_string().into())]);
            let within = match part {
                UnitPart::Name => None,
                UnitPart::Module => Some(words.say("mapping-place-module")),
                UnitPart::NeverRead(_) => Some("never_read".to_owned()),
                UnitPart::Condition(index) => Some(condition(words, *index)),
                UnitPart::Create => Some("create_in_vtiger".to_owned()),
                UnitPart::CreateCondition(index) => {
                    Some(format!("create_in_vtiger, {}", condition(words, *index)))
                }
                UnitPart::CreateKey => Some("create_in_vtiger, key".to_owned()),
            };
            joined(unit, within)
        }
        Place::Document { unit, role, part } => {
            let named = [("unit", unit.to_string().into()), ("role", role.to_string().into())];
            joined(words.tell("mapping-place-document", &named), in_document(words, part))
        }
    }
}

fn in_document(words: &Words, part: &DocumentPart) -> Option<String> {
    Some(match part {
        DocumentPart::Role => return None,
        DocumentPart::DocType => "doctype".to_owned(),
        DocumentPart::ExistsWhen(_) => "exists_when".to_owned(),
        DocumentPart::ExternalId => "external_id".to_owned(),
        DocumentPart::Match(key, _) => words.tell("mapping-place-match", &[number(*key)]),
        DocumentPart::Check(index) => words.tell("mapping-place-check", &[number(*index)]),
        DocumentPart::Deletes => "deletes".to_owned(),
        DocumentPart::Amend => "amend".to_owned(),
        DocumentPart::Field(name) | DocumentPart::Source(name) => field(words, name.as_str()),
        DocumentPart::Row(index) => words.tell("mapping-place-row", &[number(*index)]),
        DocumentPart::Column(index, column) => {
            let column = ("column", column.to_string().into());
            words.tell("mapping-place-column", &[number(*index), column])
        }
    })
}

/// What two texts say otherwise: `contact/person: field first_name`.
pub(crate) fn spot(words: &Words, spot: &Spot) -> String {
    let aspect = match &spot.aspect {
        Aspect::Title => words.say("mapping-place-title"),
        Aspect::Setting(name) => setting(words, name),
        Aspect::Module => words.say("mapping-place-module"),
        Aspect::Selection => words.say("mapping-place-selection"),
        Aspect::Field(name) => field(words, name.as_str()),
        Aspect::Row(table, index) => {
            words.tell("mapping-place-row-of", &[number(*index), ("table", table.to_string().into())])
        }
        key => key.to_string(),
    };
    match (&spot.unit, &spot.role) {
        (Some(unit), Some(role)) => format!("{unit}/{role}: {aspect}"),
        (Some(unit), None) => format!("{unit}: {aspect}"),
        (None, _) => aspect,
    }
}

fn joined(outer: String, within: Option<String>) -> String {
    match within {
        Some(within) => format!("{outer}, {within}"),
        None => outer,
    }
}

fn setting(words: &Words, name: &str) -> String {
    words.tell("mapping-place-setting", &[("name", name.to_owned().into())])
}

fn field(words: &Words, name: &str) -> String {
    words.tell("mapping-place-field", &[("field", name.to_owned().into())])
}

fn condition(words: &Words, index: usize) -> String {
    words.tell("mapping-place-condition", &[number(index)])
}

/// People count from 1.
fn number(index: usize) -> (&'static str, FluentValue<'static>) {
    ("number", (index + 1).to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn english_says_it_as_the_file_does_and_spanish_in_its_own_words() {
        let document = |part| Place::Document { unit: "contact".into(), role: "person".into(), part };
        let unit = |part| Place::Unit { unit: "contact".into(), part };
        let (en, es) = (Words::in_language(Language::En), Words::in_language(Language::Es));
        let places = [
            (Place::Setting { name: "company".to_owned() }, "ajuste company"),
            (unit(UnitPart::Condition(1)), "unidad contact, condición 2"),
            (unit(UnitPart::CreateCondition(0)), "unidad contact, create_in_vtiger, condición 1"),
            (document(DocumentPart::Role), "unidad contact, documento person"),
            (document(DocumentPart::Match(0, 2)), "unidad contact, documento person, clave de búsqueda 1"),
            (document(DocumentPart::Field("city".into())), "unidad contact, documento person, campo city"),
            (
                document(DocumentPart::Column(1, "phone".into())),
                "unidad contact, documento person, fila 2, columna phone",
            ),
        ];
        for (at, told) in places {
            assert_eq!((place(&en, &at), place(&es, &at).as_str()), (at.to_string(), told));
        }
        let row = Spot {
            unit: Some("contact".into()),
            role: Some("person".into()),
            aspect: Aspect::Row("links".into(), 0),
        };
        assert_eq!(spot(&en, &row), row.to_string());
        assert_eq!(spot(&es, &row), "contact/person: fila 1 de links");
    }
}
