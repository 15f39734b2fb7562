//! What there is to choose from: mappings, companies, brokers, reviews.

use std::collections::BTreeMap;

use cs_companies::Language;
use cs_companies::ReportFile;
use cs_companies::company::{ReadOptions, Trial, try_report};
use cs_companies::reconcile::finding_message;
use cs_companies::report::Format;
use cs_domain::guarded::Numbers;
use cs_domain::mapping::parse_with;
use cs_domain::{Mapping, MappingName, Origin};
use cs_engine::missing_settings;
use cs_ports::FoundFinding;
use cs_web::office::{BrokerAbout, CompanyAbout, MappingAbout, OfficeError, ReportAbout, UnitAbout};

use super::telling::told;
use crate::companies;
use crate::config::Config;
use crate::failure::CommandError;
use crate::inquiry;
use crate::mappings::{self, Editions, Source};
use crate::reconciliation_error::ReconciliationError;

/// Every mapping. One whose file is wrong is told of with what is wrong.
pub(super) fn all_mappings(editions: &Editions<'_>) -> Vec<MappingAbout> {
    editions.known().iter().map(|name| about_mapping(editions, name)).collect()
}

fn about_mapping(editions: &Editions<'_>, name: &str) -> MappingAbout {
    let mut about = MappingAbout {
        name: MappingName::new(name),
        description: String::new(),
        shipped: false,
        units: Vec::new(),
        missing: Vec::new(),
        problems: Vec::new(),
        wrong: Vec::new(),
    };
    let Source { file, text, edition } = match editions.source(name) {
        Ok(source) => source,
        Err(error) => {
            about.problems.push(error.to_string());
            return about;
        }
    };
    about.shipped = edition.origin == Origin::Shipped;
    match parse_with(&text, &editions.config().extensions.transforms) {
        Ok(parsed) => describe(&mut about, &parsed.mapping, editions.config()),
        Err(mut problems) => {
            about.problems = mappings::told(&file, &problems);
            problems.truncate(mappings::SHOWN);
            about.wrong = problems;
        }
    }
    about
}

fn describe(about: &mut MappingAbout, mapping: &Mapping, config: &Config) {
    about.description.clone_from(&mapping.title);
    about.units = mapping
        .units
        .iter()
        .map(|unit| UnitAbout {
            name: unit.name.to_string(),
            module: unit.module.to_string(),
            documents: unit
                .documents
                .iter()
                .map(|document| (document.role.to_string(), document.doctype.to_string()))
                .collect(),
        })
        .collect();
    let settings = config.mappings.get(about.name.as_str()).map(|said| said.settings.clone());
    let lacking = missing_settings(mapping, &settings.unwrap_or_default());
    about.missing = lacking
        .into_iter()
        .filter_map(|problem| match problem.place {
            cs_domain::mapping::Place::Setting { name } => Some(name),
            _ => None,
        })
        .collect();
}

/// VTiger's fields that hold numbers of accounts and cards: in a mapping's records, or, since a reconciliation has no mapping
/// of its own (`company/...`), in those of all. Of a mapping that is gone, or does not read, nobody knows them.
pub(super) fn numbers(editions: &Editions<'_>, mapping: &MappingName) -> Numbers {
    if mapping.as_str().starts_with("company/") {
        return Numbers::of(&all_that_read(editions));
    }
    one_that_reads(editions, mapping.as_str())
        .map_or_else(Numbers::unknown, |mapping| Numbers::of([&mapping]))
}

/// The mappings whose texts are right.
pub(super) fn all_that_read(editions: &Editions<'_>) -> Vec<Mapping> {
    editions.known().iter().filter_map(|name| one_that_reads(editions, name)).collect()
}

fn one_that_reads(editions: &Editions<'_>, name: &str) -> Option<Mapping> {
    let Source { text, .. } = editions.source(name).ok()?;
    Some(parse_with(&text, &editions.config().extensions.transforms).ok()?.mapping)
}

/// Every company, by name: those with a definition, and those that the configuration gives a name.
pub(super) fn all_companies(config: &Config) -> Result<Vec<CompanyAbout>, OfficeError> {
    let known = companies::all(config).map_err(told)?;
    let named = config.companies.iter().filter(|(key, _)| !known.contains_key(*key));
    let named = named.filter_map(|(key, said)| {
        let name = said.settings.get("name")?.clone();
        Some(CompanyAbout { key: key.clone(), name, shipped: false })
    });
    let mut all: Vec<CompanyAbout> = named.collect();
    all.extend(known.into_iter().map(|(key, known)| CompanyAbout {
        key,
        name: known.company.name,
        shipped: known.origin == companies::Origin::Shipped,
    }));
    all.sort_by_cached_key(|company| company.name.to_lowercase());
    Ok(all)
}

/// The brokers that are configured.
pub(super) fn all_brokers(config: &Config) -> Vec<BrokerAbout> {
    let brokers = config.reconciliation.rules.brokers.iter();
    brokers.map(|(code, name)| BrokerAbout { code: code.clone(), name: name.clone() }).collect()
}

/// What a finding says.
pub(super) fn finding_text(finding: &FoundFinding, language: cs_web::Language) -> String {
    finding_message(&finding.message, &finding.parameters, spoken(language))
}

/// What a kind of finding is called; a kind that nobody knows by its own name.
pub(super) fn finding_kind(kind: &str, language: cs_web::Language) -> String {
    let key = format!("kind.{kind}");
    let text = finding_message(&key, &BTreeMap::new(), spoken(language));
    if text == key { kind.to_owned() } else { text }
}

fn spoken(language: cs_web::Language) -> Language {
    match language {
        cs_web::Language::En => Language::En,
        cs_web::Language::Es => Language::Es,
    }
}

/// Rows that a look into a report shows at most of each kind.
const SHOWN: usize = 5;

/// Looks into a report with its company's definition. Long work: it belongs on a thread of its own.
pub(super) fn inspect(
    config: &Config,
    company: &str,
    name: &str,
    bytes: &[u8],
) -> Result<ReportAbout, CommandError> {
    let company = companies::find(config, company)?.company;
    let period = inquiry::period(config, None, None);
    let settings = companies::settings(config);
    let limits = &config.reconciliation.limits;
    let rules = config.extensions.rules();
    let options = ReadOptions { period: &period, limits, settings: &settings, rules: &rules };
    let file = ReportFile { name, bytes, password: companies::password(config, &company) };
    let trial = try_report(&file, &company, &options, SHOWN).map_err(|refusal| {
        let password_of = companies::password_key(&company);
        ReconciliationError::Refused { file: name.to_owned(), password_of, refusal }
    })?;
    Ok(about_report(&trial, config.reconciliation.language))
}

fn about_report(trial: &Trial, language: Language) -> ReportAbout {
    let [rows, filtered, invalid] = trial.counts;
    let columns = trial.columns.iter();
    let found = columns.filter_map(|column| Some((column.field.to_owned(), column.header.clone()?)));
    let say = |key: &str, name: &str, value: String| {
        finding_message(key, &BTreeMap::from([(name.to_owned(), value)]), language)
    };
    let counted = [("report.filtered", filtered), ("report.unreadable", invalid)];
    let counted = counted.into_iter().filter(|(_, count)| *count > 0);
    let mut remarks: Vec<String> = counted.map(|(key, count)| say(key, "count", count.to_string())).collect();
    remarks.extend(trial.invalid.iter().map(|invalid| invalid.message(language)));
    let passed_over = trial.sheets_skipped.iter();
    remarks.extend(passed_over.map(|sheet| say("report.sheet_passed_over", "sheet", sheet.clone())));
    ReportAbout {
        format: match &trial.format {
            Format::Delimited { .. } => "CSV",
            Format::Xlsx { .. } => "XLSX",
            Format::Xls => "XLS",
        }
        .to_owned(),
        rows: u64::try_from(rows).unwrap_or(u64::MAX),
        columns: found.collect(),
        remarks,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cs_companies::reconcile::FindingKind;

    #[test]
    fn every_kind_of_finding_has_a_name_in_both_languages() {
        for kind in FindingKind::ALL {
            let (en, es) = (
                finding_kind(kind.name(), cs_web::Language::En),
                finding_kind(kind.name(), cs_web::Language::Es),
            );
            assert!(en != kind.name() && es != en, "{en} {es}");
        }
        assert_eq!(finding_kind("of_tomorrow", cs_web::Language::Es), "of_tomorrow");
    }
}
