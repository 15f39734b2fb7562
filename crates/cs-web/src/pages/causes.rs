//! What the program says of an error, in the reader's language: it says it in English and keeps it so, in sentences that are
//! known here. What a system or a company's portal says itself is quoted as it was said.

use cs_domain::System;
use cs_domain::mapping::wordings;
use fluent_templates::fluent_bundle::FluentValue;

use super::reworded::gaps;
use crate::words::{Language, Words};

/// A sentence (`{}`: what stands in it) and the key of the same in other languages, where that is `$a`, `$b` and on.
const SAID: [(&str, &str); 160] = [
    ("no connection to the {} server at {}: {}", "cause-no-connection"),
    ("the connection to the {} server at {} broke before its answer was complete", "cause-broke"),
    ("the {} server at {} did not answer in time", "cause-late"),
    ("no answer within {} seconds", "cause-late-within"),
    ("no answer within {} s", "cause-late-within-short"),
    ("the address answers with a redirect (HTTP {})", "cause-redirect"),
    ("the address answers, but not as Frappe does (HTTP {}, {} bytes of {})", "cause-not-frappe"),
    ("the web server answers HTTP {} where VTiger was expected", "cause-not-vtiger"),
    ("a gateway answers HTTP {} in place of VTiger", "cause-gateway"),
    ("the web server refuses the request as too large (HTTP {})", "cause-too-large"),
    ("VTiger says that there were too many requests", "cause-too-many"),
    ("VTiger broke down over the request (HTTP {}, {} bytes)", "cause-fault"),
    ("the answer is {} where JSON was due (HTTP {}, {} bytes)", "cause-garbled-vtiger"),
    ("the answer is {} where Frappe's JSON was due (HTTP {}, {} bytes)", "cause-garbled-frappe"),
    ("the answer lacks {}", "cause-incomplete"),
    (
        "VTiger does not accept the user and access key ({} attempts, each with a fresh challenge)",
        "cause-credentials",
    ),
    ("Frappe does not accept the API key and secret", "cause-credentials-frappe"),
    ("VTiger knows no user with this name", "cause-unknown-user"),
    ("the {} connection cannot be set up", "cause-not-set-up"),
    ("the {} configuration cannot be used: {}", "cause-configuration"),
    (
        "VTiger swallows an error of its database for {}: the same question without these columns has rows",
        "cause-swallowed",
    ),
    ("VTiger's database: could not {}", "cause-database-vtiger"),
    ("the site's time zone {}", "cause-time-zone"),
    ("is not told", "cause-untold"),
    ("{} is not known here", "cause-not-known-here"),
    (
        "the site does not describe its DocTypes: it has no /api/v2, which came with Frappe 15",
        "cause-too-old",
    ),
    ("the stored position of the change feed cannot be read", "cause-cursor"),
    ("fields that are not there: {}", "cause-fields-not-there"),
    ("it is not there", "cause-not-there"),
    ("not visible to this user", "cause-not-visible"),
    ("the user may not {}", "cause-may-not"),
    ("the site does not tell its time zone", "cause-zone-untold"),
    ("{} has no field {}, or this user does not see it", "cause-no-field-or-hidden"),
    ("{} has no field {}", "cause-no-field"),
    ("{} belongs to the line items of {}, which the product neither reads nor writes", "cause-item-column"),
    ("a condition on {} cannot be put to {}: {}", "cause-no-condition"),
    ("an id that is none of {}: its ids have the form {}x123", "cause-foreign-id"),
    ("a value does not fit: {}", "cause-unfit-value"),
    ("field {} ({})", "cause-field-of-code"),
    ("{} of {} cannot be written", "cause-read-only-field"),
    ("this server (VTiger {}) cannot {}", "cause-not-able"),
    ("the record is not there, or hidden from this user", "cause-gone"),
    (
        "the record is not to be seen, but nor is any other record of {}: it may be deleted or hidden",
        "cause-unseen",
    ),
    ("VTiger says that the record is deleted, and still shows it", "cause-still-there"),
    ("VTiger saved half of {}: its line items are missing or it cannot be retrieved", "cause-half-saved"),
    ("{} is kept by orders that recur only, and this one does not", "cause-not-recurring"),
    (
        "an order with the tax type {} would be saved by half; only \"group\" is created whole",
        "cause-tax-type",
    ),
    (
        "{} of VTiger cannot be amended: its records are never submitted, they are changed in place",
        "cause-no-amending",
    ),
    ("Frappe took the update of {} and did not apply it", "cause-not-applied"),
    ("a document cannot be named {}", "cause-impossible-name"),
    ("{} is submitted, and Frappe deletes no submitted document", "cause-submitted-stays"),
    ("Frappe would delete {} together with {}", "cause-takes-along"),
    ("{} is not submitted, so it cannot be amended", "cause-not-submitted"),
    ("{} of a cancelled document cannot make room for the amended one", "cause-unmovable"),
    ("{} was amended as {} already, which holds something else", "cause-amended-elsewhere"),
    ("{} is cancelled, and its amended copy could not be made: {}", "cause-half-amended"),
    ("{} documents at once, where Frappe takes 200", "cause-too-many-documents"),
    ("field {} holds what Frappe takes for an HTML tag and would rewrite", "cause-unfit-html"),
    ("field {} holds < or >, and the document's name is made of it", "cause-unfit-bracket"),
    ("field {} holds a number of a million million or more", "cause-unfit-large"),
    ("field {} holds more digits than Frappe's floats keep", "cause-unfit-digits"),
    ("field {} holds a whole number beyond 2147483647", "cause-unfit-whole"),
    ("field {} holds what Frappe does not take for a phone number", "cause-unfit-phone"),
    ("field {} holds a time that the site's clocks cannot tell exactly", "cause-unfit-time"),
    ("field {} holds a value that has no form in Frappe", "cause-unfit-form"),
    ("{} characters do not fit into the {} of field {}", "cause-too-long"),
    ("the character {} cannot be stored in field {}", "cause-unstorable"),
    ("the text {} would be stored in field {} as the character that it stands for", "cause-entity"),
    ("{} is not a {} and field {} takes nothing else", "cause-wrong-type"),
    ("{} is none of the choices of field {}: {}", "cause-not-a-choice"),
    ("{} has more than the {} decimal places that field {} keeps", "cause-too-precise"),
    ("field {} cannot be empty", "cause-mandatory"),
    ("field {}: {}", "cause-of-field"),
    ("{} is not a date written as {}", "cause-not-a-date"),
    ("the value map has no partner for {}; it knows {}", "cause-no-partner"),
    ("{} has no way back to VTiger", "cause-no-way-back"),
    ("{} would come back from VTiger as {}", "cause-not-reversible"),
    ("{} can be split into {} VTiger fields in more than one way", "cause-ambiguous-split"),
    ("a value of the type {} cannot go through {}", "cause-no-transform"),
    ("{}, which this record refers to, has no document in Frappe yet", "cause-parent-not-linked"),
    ("{} is in the future", "cause-in-future"),
    ("{} has no value, and the mapping requires one", "cause-required"),
    ("{} is meant to have it and has no document yet", "cause-awaited"),
    ("{} belongs to no VTiger record", "cause-no-record"),
    ("it needs the {}, whose link was given up when one side was deleted", "cause-parent-given-up"),
    ("{} or one of its documents was changed by someone else during every attempt", "cause-keeps-moving"),
    (
        "{} of {} linked records were deleted on one side since the last run, more than the {} that need no approval",
        "cause-brake",
    ),
    ("{} documents could be the one: {}", "cause-ambiguous"),
    ("{} would fit, but it belongs to {} already", "cause-taken"),
    ("deleted in {}, edited in {} since ({}: {})", "cause-delete-edit"),
    ("{} is submitted; amending it would change {}", "cause-submitted"),
    ("{} belongs to {} too, and the two do not agree: {} here, {} there", "cause-shared"),
    ("both sides changed it: VTiger says {}, Frappe says {}", "cause-both-changed"),
    ("mapping {} is being run by {}", "cause-busy"),
    ("mapping {} does not fit the systems: {}", "cause-unfit-mapping"),
    ("mapping {} does not fit the systems: {}, and {} more", "cause-unfit-mapping-more"),
    ("mapping {} stops at what has changed: {}", "cause-drifted"),
    ("mapping {} stops at what has changed: {}, and {} more", "cause-drifted-more"),
    ("mapping {} needs the setting {}: {}", "cause-setting-missing"),
    ("mapping {} cannot use the setting {} for {}: {}", "cause-setting-form"),
    ("the process that carried it out ended in the middle of it", "cause-abandoned"),
    ("the program met something in this task that it was not written for", "cause-broke-down"),
    ("the program died {} times while it carried this out", "cause-keeps-dying"),
    ("{} is not as it was when the plan was made", "cause-plan-moved"),
    ("mapping {} or its settings have changed since these plans were made", "cause-redefined"),
    ("left as it is: {}", "cause-left"),
    ("it is not there any more, or hidden", "cause-left-gone"),
    ("somebody has edited it since", "cause-left-edited"),
    ("run {} has written it since", "cause-left-newer"),
    ("somebody edited it at that moment", "cause-left-at-once"),
    ("the CRM took the date and holds another one", "cause-not-kept"),
    ("the date was written, and other fields moved at the same time: {}", "cause-others-moved"),
    ("the report waits for approval: {}", "cause-held"),
    ("{} shows no {} any more", "cause-kind-vanished"),
    ("{} of {}'s {} is not there any more", "cause-field-vanished"),
    ("{} of {}'s {} is labelled `{}` now", "cause-relabelled"),
    ("{} of {}'s {} was a {} and is a {}", "cause-type-changed"),
    ("{} of {}'s {} has lost {}", "cause-choice-lost"),
    ("{} of {}'s {} became mandatory, and no rule fills it", "cause-became-mandatory"),
    ("{} of {}'s {} cannot be written any more", "cause-not-writable"),
    ("{} of {}'s {} takes {} characters and took {}", "cause-shortened"),
    ("the store could not {}", "cause-store-failed"),
    ("the disk that holds the store is full", "cause-disk-full"),
    ("the store holds a {} that cannot be read", "cause-store-corrupt"),
    (
        "the store was written by a newer version of company-sync (its schema is {}, this program knows {})",
        "cause-store-too-new",
    ),
    ("the lease on {} was lost to another process", "cause-lease-lost"),
    ("the store is in use by {}", "cause-store-in-use"),
    ("the report {} is no longer kept", "cause-file-gone"),
    ("there is no mapping {}; there are: {}", "cause-no-mapping"),
    ("there is no company {}; there are: {}", "cause-no-company"),
    ("the settings do not say what the CRM calls the broker {}", "cause-no-broker"),
    ("the mapping {} has no document {} of a unit {}", "cause-no-seat"),
    ("{} is not set", "cause-not-set"),
    ("cannot read the secret in {}", "cause-secret-unreadable"),
    ("nothing is said about {}", "cause-nothing-said"),
    ("this program has no connector {}", "cause-no-connector"),
    ("somebody else changed settings at the same time", "cause-changed-meanwhile"),
    ("the settings cannot be written down", "cause-not-written-down"),
    ("the report could not be read to its end", "cause-not-read-whole"),
    ("the secret {} cannot be opened with the key from {}", "cause-secret-wrong-key"),
    ("{} holds no key: 32 bytes, in base64 or hexadecimal", "cause-no-key"),
    ("a part of the program broke", "cause-broken"),
    ("The report would turn {} of {} orders ({}%); up to {}% pass without approval.", "cause-book-turned"),
    ("The column for {} moved: it was “{}” in place {} and is “{}” in place {}.", "cause-column-moved"),
    (
        "A report of {} was loaded already, and this one is of {}: it would bring back what is settled by now.",
        "cause-older",
    ),
    ("the file is empty", "cause-report-empty"),
    ("the report has its headers (line {}) but not a single row below them", "cause-report-header-only"),
    ("the report lacks a required header: {}", "cause-report-missing-header"),
    ("{} (nearest found: {})", "cause-report-nearest"),
    ("the file is not a report: it is the portal's page saying {}", "cause-report-session"),
    ("the file is a web page, not a spreadsheet: {}", "cause-report-web-page"),
    ("the file is {}, which is not a report that can be read", "cause-report-unknown"),
    ("the workbook is damaged: {}", "cause-report-damaged"),
    ("the workbook unpacks to more than {} bytes", "cause-report-unpacks"),
    ("the report has more than {} {}", "cause-report-large"),
    ("the row on line {} is longer than {} bytes", "cause-report-long-row"),
    (
        "a quote that opens in the row on line {} does not close, and {} lines are inside it",
        "cause-report-quote",
    ),
    ("the workbook is protected and the company's settings have no password", "cause-report-no-password"),
    ("the password in the company's settings does not open the workbook", "cause-report-bad-password"),
    ("the workbook is protected in a way that cannot be opened: {}", "cause-report-protection"),
];

/// The names of what stands in a sentence, in its order.
const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

/// How many letters a sentence of mappings has besides its gaps, so that it is not taken for another one.
const TELLING: usize = 10;

/// A sentence within a sentence within a sentence; deeper ones stay as they are.
const DEPTH: u8 = 4;

/// What was said, in the reader's language; `None` where that is not known, and of what is English to who reads English.
pub(crate) fn told(words: &Words, said: &str) -> Option<String> {
    if words.language == Language::En {
        return None;
    }
    let (behind, said) = split(said);
    let told = sentence(words, said, DEPTH)?;
    Some(match behind {
        Some(asked) => format!("{asked}: {told}"),
        None => capital(&told),
    })
}

/// What a system said itself, quoted after who said it; else all of it quoted.
pub(crate) fn quoted(words: &Words, said: &str) -> String {
    match split(said) {
        (Some(asked), said) => {
            words.tell("cause-said-by", &[("who", asked.into()), ("said", said.to_owned().into())])
        }
        (None, said) => format!("«{said}»"),
    }
}

/// Who was asked, and about what kind of record; and what was said. `VTiger revise SalesOrder: gone`: the verb is VTiger's own
/// and tells people nothing.
fn split(said: &str) -> (Option<String>, &str) {
    let Some((asked, rest)) = said.split_once(": ") else { return (None, said) };
    let mut parts = asked.splitn(3, ' ');
    let system = parts.next().unwrap_or_default();
    let is_system = [System::Vtiger, System::Frappe].iter().any(|known| known.to_string() == system);
    match (is_system, parts.next(), parts.next()) {
        (true, Some(_), Some(kind)) => (Some(format!("{system} ({})", kind.trim_start_matches("of "))), rest),
        (true, Some(_), None) => (Some(system.to_owned()), rest),
        _ => (None, said),
    }
}

/// The sentence in the reader's language: of those that it could be, the one of which the most stands there.
fn sentence(words: &Words, said: &str, depth: u8) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    let own = SAID.iter().filter_map(|(known, key)| {
        let found = gaps(known, said)?;
        Some((plain(known), (*key).to_owned(), NAMES.into_iter().zip(found).collect()))
    });
    let best: Option<Found<'_>> = own.chain(of_mappings(said)).max_by_key(|(plain, _, _)| *plain);
    let Some((_, key, found)) = best else {
        return one_by_one(words, said, depth).or_else(|| in_two_parts(words, said, depth));
    };
    let inner = |gap: &str| sentence(words, gap, depth).unwrap_or_else(|| gap.to_owned());
    let parameters: Vec<(&'static str, FluentValue<'static>)> =
        found.into_iter().map(|(name, gap)| (name, inner(gap).into())).collect();
    Some(words.tell(&key, &parameters))
}

/// How much of a sentence stands there, its key, and what stands in it by name.
type Found<'s> = (usize, String, Vec<(&'static str, &'s str)>);

/// How much of a sentence stands there whatever stands in it.
fn plain(known: &str) -> usize {
    known.replace("{}", "").len()
}

/// What is said of mappings, by its own English.
fn of_mappings(said: &str) -> impl Iterator<Item = Found<'_>> {
    wordings().filter_map(move |wording| {
        // Gaps in the order in which they stand.
        let place = |gap: &&'static str| Some((wording.english.find(&format!("{{{gap}}}"))?, *gap));
        let mut order: Vec<(usize, &'static str)> = wording.gaps.iter().filter_map(place).collect();
        order.sort_unstable();
        let form = order
            .iter()
            .fold(wording.english.to_owned(), |form, (_, gap)| form.replacen(&format!("{{{gap}}}"), "{}", 1));
        let length = plain(&form);
        let found = gaps(&form, said).filter(|_| length >= TELLING)?;
        let key = format!("mapping-says-{}", wording.key.replace('_', "-"));
        Some((length, key, order.into_iter().map(|(_, gap)| gap).zip(found).collect()))
    })
}

/// `oscar.csv: the file is empty`: what it is about, and a sentence; or a sentence, and what lies behind it.
fn in_two_parts(words: &Words, said: &str, depth: u8) -> Option<String> {
    let (first, then) = said.split_once(": ")?;
    let (about, told) = (sentence(words, first, depth), sentence(words, then, depth));
    if about.is_none() && told.is_none() {
        return None;
    }
    let (about, told) =
        (about.unwrap_or_else(|| first.to_owned()), told.unwrap_or_else(|| format!("«{then}»")));
    Some(format!("{about}: {told}"))
}

/// Sentences that follow one another, where any of them is known.
fn one_by_one(words: &Words, said: &str, depth: u8) -> Option<String> {
    let parts: Vec<&str> =
        said.split_inclusive(". ").map(str::trim_end).filter(|part| !part.is_empty()).collect();
    let told: Vec<Option<String>> = parts.iter().map(|part| sentence(words, part, depth)).collect();
    if parts.len() < 2 || told.iter().all(Option::is_none) {
        return None;
    }
    let one =
        |(part, told): (&str, Option<String>)| told.map_or_else(|| part.to_owned(), |told| capital(&told));
    Some(parts.into_iter().zip(told).map(one).collect::<Vec<_>>().join(" "))
}

/// With a capital letter at its beginning; names of files and fields stay as they are.
fn capital(text: &str) -> String {
    let first = text.split([' ', ',']).next().unwrap_or_default();
    if !first.chars().all(char::is_alphabetic) {
        return text.to_owned();
    }
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    fn es() -> Words {
        Words::in_language(Language::Es)
    }

    #[test]
    fn what_the_program_says_is_said_in_spanish() {
        for (said, expected) in [
            ("no answer within 60 s", "No hubo respuesta en 60 s"),
            (
                "VTiger revise SalesOrder: the record is not there, or hidden from this user",
                "VTiger (SalesOrder): el registro no está, o este usuario no lo ve",
            ),
            (
                "Frappe changes of Sales Order: the answer lacks a list",
                "Frappe (Sales Order): la respuesta está incompleta",
            ),
            (
                "mapping leads stops at what has changed: custom_town (Town) of Frappe's Lead is not there any more, and 2 more",
                "El mapeo leads se detiene por lo que cambió: custom_town (Town) de Lead en Frappe ya no está, y 2 más",
            ),
            (
                "both sides changed it: VTiger says \"V-1\", Frappe says \"F-1\"",
                "Ambos lados lo cambiaron: VTiger dice \"V-1\", Frappe dice \"F-1\"",
            ),
            (
                "the report waits for approval: The report would turn 8 of 24 orders (33%); up to 30% pass without approval. A report of 2026-11-19 was loaded already, and this one is of 2026-11-02: it would bring back what is settled by now.",
                "El reporte espera aprobación: El reporte cambiaría 8 de 24 órdenes (33 %); hasta 30 % pasa sin aprobación. Ya se cargó un reporte del 2026-11-19, y este es del 2026-11-02: traería de vuelta lo que ya está resuelto.",
            ),
            (
                "Frappe schema of Contact: no connection to the Frappe server at http://127.0.0.1:9: Connection refused (os error 111)",
                "Frappe (Contact): no hay conexión con el servidor de Frappe en http://127.0.0.1:9 (Connection refused (os error 111))",
            ),
            (
                "mapping policy cannot use the setting delivery_date for Sales Order: \"31.12.2026\" is not a date and field delivery_date takes nothing else",
                "El mapeo policy no puede usar el ajuste delivery_date para Sales Order: \"31.12.2026\" no es lo que acepta el campo delivery_date",
            ),
            ("left as it is: somebody has edited it since", "Se dejó como está: alguien lo editó después"),
            ("oscar.csv: the file is empty", "oscar.csv: el archivo está vacío"),
            (
                "mapping leads does not fit the systems: Lead of Frappe has no field `custom_town`",
                "El mapeo leads no encaja con los sistemas: Lead de Frappe no tiene el campo `custom_town`",
            ),
        ] {
            assert_eq!(told(&es(), said).as_deref(), Some(expected), "{said}");
        }
        assert_eq!(told(&es(), "Value missing for Contact: First Name"), None, "Frappe's own words");
        assert_eq!(told(&Words::in_language(Language::En), "the file is empty"), None);
        assert_eq!(
            quoted(&es(), "Frappe create Contact: Could not find Country"),
            "Frappe (Contact) dice: «Could not find Country»"
        );
        assert_eq!(quoted(&es(), "something else"), "«something else»");
    }

    #[test]
    fn every_sentence_is_in_the_catalogue_and_takes_what_stands_in_it() {
        for (known, key) in SAID {
            assert!(known.matches("{}").count() <= NAMES.len(), "{known}");
            let filled = NAMES.map(|name| (name, FluentValue::from("x")));
            let said = es().tell(key, &filled);
            assert!(said != key && !said.contains('$'), "{key} is not said: {said}");
        }
    }

    /// All code of the program, with what is written over several lines in one.
    fn code(folder: &Path, into: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                code(&path, into);
            } else if path.extension().is_some_and(|end| end == "rs" || end == "toml")
                && !path.ends_with("causes.rs")
            {
                into.push_str(&fs::read_to_string(&path).unwrap());
            }
        }
    }

    /// What is not worded so any more would silently be English again.
    #[test]
    fn every_sentence_is_one_that_the_program_says() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut all = String::new();
        for entry in fs::read_dir(crates).unwrap() {
            code(&entry.unwrap().path().join("src"), &mut all);
        }
        code(&crates.join("cs-companies/messages"), &mut all);
        let all: String =
            all.replace("\\\n", "").replace("\\\"", "\"").split_whitespace().collect::<Vec<_>>().join(" ");
        for (known, _) in SAID {
            for part in known.split("{}").map(str::trim) {
                assert!(all.contains(part), "nobody says {part:?} of {known:?}");
            }
        }
    }
}
