//! What a field is called, as words that can be compared: parts of names, labels, and what people of this trade call one
//! thing by several words.

use std::collections::BTreeSet;

use crate::fold::fold;
use crate::schema::{FieldSchema, KindSchema};

/// Several words that mean one thing. General knowledge of address books and trade, in English and Spanish; nothing that
/// only one installation would say.
const PHRASES: &[(&[&str], &str)] = &[
    (&["date", "of", "birth"], "birthdate"),
    (&["day", "of", "birth"], "birthdate"),
    (&["birth", "date"], "birthdate"),
    (&["birth", "day"], "birthdate"),
    (&["fecha", "de", "nacimiento"], "birthdate"),
    (&["first", "name"], "firstname"),
    (&["given", "name"], "firstname"),
    (&["last", "name"], "lastname"),
    (&["family", "name"], "lastname"),
    (&["middle", "name"], "middlename"),
    (&["full", "name"], "fullname"),
    (&["zip", "code"], "postcode"),
    (&["postal", "code"], "postcode"),
    (&["post", "code"], "postcode"),
    (&["pin", "code"], "postcode"),
    (&["codigo", "postal"], "postcode"),
    (&["e", "mail"], "email"),
    (&["email", "address"], "email"),
    (&["email", "id"], "email"),
    (&["correo", "electronico"], "email"),
    (&["mobile", "phone"], "mobile"),
    (&["mobile", "no"], "mobile"),
    (&["mobile", "number"], "mobile"),
    (&["cell", "phone"], "mobile"),
    (&["phone", "no"], "phone"),
    (&["phone", "number"], "phone"),
    (&["fax", "no"], "fax"),
    (&["address", "line", "1"], "address"),
    (&["street", "address"], "address"),
    (&["job", "title"], "title"),
    (&["web", "site"], "website"),
    (&["web", "page"], "website"),
    (&["unit", "of", "measure"], "uom"),
    (&["usage", "unit"], "uom"),
    (&["city", "town"], "city"),
    (&["state", "province"], "state"),
    (&["opt", "out"], "unsubscribed"),
];

/// One word for another.
const SYNONYMS: &[(&str, &str)] = &[
    ("account", "company"),
    ("addr", "address"),
    ("apellido", "lastname"),
    ("apellidos", "lastname"),
    ("app", "application"),
    ("article", "item"),
    ("birthday", "birthdate"),
    ("calle", "address"),
    ("celular", "mobile"),
    ("cell", "mobile"),
    ("ciudad", "city"),
    ("client", "company"),
    ("correo", "email"),
    ("customer", "company"),
    ("dept", "department"),
    ("desc", "description"),
    ("descripcion", "description"),
    ("designation", "title"),
    ("direccion", "address"),
    ("discontinued", "disabled"),
    ("dob", "birthdate"),
    ("empresa", "company"),
    ("expiry", "expiration"),
    ("genero", "gender"),
    ("homepage", "website"),
    ("inactive", "disabled"),
    ("mail", "email"),
    ("movil", "mobile"),
    ("nr", "number"),
    ("no", "number"),
    ("nombre", "name"),
    ("num", "number"),
    ("organisation", "company"),
    ("organization", "company"),
    ("pais", "country"),
    ("pincode", "postcode"),
    ("position", "title"),
    ("precio", "price"),
    ("product", "item"),
    ("producto", "item"),
    ("province", "state"),
    ("qty", "quantity"),
    ("rate", "price"),
    ("sex", "gender"),
    ("sexo", "gender"),
    ("street", "address"),
    ("surname", "lastname"),
    ("tel", "phone"),
    ("telefono", "phone"),
    ("telephone", "phone"),
    ("town", "city"),
    ("url", "website"),
    ("zip", "postcode"),
];

/// Words that say nothing by themselves.
const EMPTY: &[&str] = &["a", "and", "de", "is", "of", "the", "to", "cf", "custom"];

/// The words a field goes by, once by its label and once by its API name.
pub(super) struct Called {
    /// Of the label; the words of the name where it has none.
    pub(super) label: BTreeSet<String>,
    /// Of the name; empty where the name is a number (`cf_2293`).
    pub(super) name: BTreeSet<String>,
}

/// The words of both systems' labels: what names without separators are cut into.
pub(super) struct Vocabulary(BTreeSet<String>);

impl Vocabulary {
    pub(super) fn of(schemas: [&KindSchema; 2]) -> Self {
        let labels = schemas.into_iter().flat_map(|schema| schema.fields.values()).map(|field| &field.label);
        Self(labels.flat_map(|label| cut(label)).filter(|word| word.chars().count() >= 3).collect())
    }

    /// The words of a field.
    pub(super) fn called(&self, field: &FieldSchema) -> Called {
        let name: Vec<String> =
            cut(field.name.as_str()).into_iter().flat_map(|word| self.parted(&word)).collect();
        let numbered = name.first().is_some_and(|word| word == "cf");
        let name = if numbered { BTreeSet::new() } else { meant(&name) };
        let label = meant(&cut(&field.label));
        Called { label: if label.is_empty() { name.clone() } else { label }, name }
    }

    /// `firstname` as `first`, `name`, where words of labels make up the whole of it; else as it stands.
    fn parted(&self, word: &str) -> Vec<String> {
        fn parts<'w>(rest: &'w str, known: &BTreeSet<String>) -> Option<Vec<&'w str>> {
            if rest.is_empty() {
                return Some(Vec::new());
            }
            let ends = rest.char_indices().map(|(at, c)| at + c.len_utf8()).rev();
            ends.filter_map(|end| rest.split_at_checked(end))
                .filter(|(head, _)| known.contains(*head))
                .find_map(|(head, tail)| {
                    let mut all = vec![head];
                    all.extend(parts(tail, known)?);
                    Some(all)
                })
        }
        match parts(word, &self.0) {
            Some(found) => found.into_iter().map(str::to_owned).collect(),
            None => vec![word.to_owned()],
        }
    }
}

/// The words of a role or DocType: `dependent-1`, `Bank Account`.
pub(super) fn words_of(text: &str) -> BTreeSet<String> {
    meant(&cut(text))
}

/// A text cut where a word ends: at what is neither letter nor digit, between letters and digits, and before a capital.
fn cut(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut last: Option<char> = None;
    for c in text.chars() {
        let boundary = match last {
            Some(before) if c.is_alphanumeric() => {
                before.is_ascii_digit() != c.is_ascii_digit() || (before.is_lowercase() && c.is_uppercase())
            }
            _ => !c.is_alphanumeric(),
        };
        if boundary {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.push(c);
        }
        last = Some(c);
    }
    words.iter().map(|word| fold(word)).filter(|word| !word.is_empty()).collect()
}

/// What words mean: phrases first, the longest before shorter ones, then words one by one.
fn meant(words: &[String]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut rest = words;
    while let Some((first, tail)) = rest.split_first() {
        let begins = |phrase: &&(&[&str], &str)| {
            phrase.0.len() <= rest.len() && phrase.0.iter().zip(rest).all(|(wanted, word)| wanted == word)
        };
        let phrase = PHRASES.iter().filter(begins).max_by_key(|(phrase, _)| phrase.len());
        if let Some((phrase, one)) = phrase {
            found.insert((*one).to_owned());
            rest = rest.get(phrase.len()..).unwrap_or_default();
            continue;
        }
        let word = SYNONYMS.iter().find(|(word, _)| word == first).map_or(first.as_str(), |(_, one)| *one);
        if !EMPTY.contains(&word) {
            found.insert(word.to_owned());
        }
        rest = tail;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        words_of(text).into_iter().collect()
    }

    #[test]
    fn one_thing_has_one_word() {
        assert_eq!(words("Day of Birth"), words("birthday"));
        assert_eq!(words("Home Zip Code"), ["home", "postcode"]);
        assert_eq!(words("pincode"), words("Postal Code"));
        assert_eq!(words("Teléfono"), ["phone"]);
        assert_eq!(words("dependent-1"), ["1", "dependent"]);
        assert_eq!(words("hdnGrandTotal"), ["grand", "hdn", "total"]);
        assert_eq!(words("address_line2"), ["2", "address", "line"]);
        assert!(words("The").is_empty());
    }

    #[test]
    fn the_first_line_of_an_address_is_its_street() {
        assert_eq!(words("Address Line 1"), words("street"));
    }
}
