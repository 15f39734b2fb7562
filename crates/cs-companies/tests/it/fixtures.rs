//! Every company and day of the shared fixtures, and the same reports in other clothes.

use std::path::Path;

use cs_companies::Refusal;
use cs_companies::company::Basis;
use cs_companies::reconcile::{Expected, Order};
use jiff::civil::{Date, date};

use crate::support::{Reading, bytes, company, compare, expected, fixtures, orders};

const PASSWORD: &str = "prueba-2026";

/// The folders named by a day.
fn days(folder: &Path) -> Vec<Date> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.filter_map(|entry| entry.unwrap().file_name().into_string().ok());
    let mut days: Vec<Date> = names.filter_map(|name| name.parse().ok()).collect();
    days.sort();
    days
}

fn result(reading: &Reading<'_>, key: &str, day: Date, orders: &[Order]) -> Result<Expected, Refusal> {
    let company = company(key);
    let report = reading.read(company, day)?;
    let result = compare(&report, orders, company, day);
    assert!(result.balances());
    assert_eq!(result.orders.len(), orders.len());
    Ok(Expected::from(&result))
}

#[test]
fn every_company_and_day_equals_what_is_expected_in_full() {
    let Some(folder) = fixtures() else { return };
    let mut compared = 0;
    for day in days(&folder) {
        let folder = folder.join(day.to_string());
        for entry in std::fs::read_dir(&folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let Some(key) = name.strip_suffix(".csv") else { continue };
            let csv = bytes(&folder.join(&name));
            let orders = orders(&folder.join(format!("{key}.orders.json")));
            let found = result(&Reading::of(&name, &csv), key, day, &orders).unwrap();
            let path = folder.join(format!("{key}.expected.json"));
            assert_eq!(found, expected(&path), "{}", path.display());
            // And in the very form of the file, key for key.
            let text = serde_json::to_value(&found).unwrap();
            let wanted: serde_json::Value = serde_json::from_slice(&bytes(&path)).unwrap();
            assert_eq!(text, wanted);
            assert_eq!(
                text.as_object().unwrap().keys().collect::<Vec<_>>(),
                wanted.as_object().unwrap().keys().collect::<Vec<_>>()
            );
            compared += 1;
        }
    }
    assert!(compared >= 8, "{compared} reports");
}

const VARIANTS_DAY: Date = date(2026, 3, 18);

fn variant(name: &str, password: Option<&str>) -> Option<Result<Expected, Refusal>> {
    let folder = fixtures()?;
    let key = name.split('.').next().unwrap();
    let key = if matches!(key, "empty" | "header-only" | "not-a-spreadsheet") { "oscar" } else { key };
    let file = bytes(&folder.join("variants").join(name));
    let orders = orders(&folder.join(VARIANTS_DAY.to_string()).join(format!("{key}.orders.json")));
    let reading = Reading { password, ..Reading::of(name, &file) };
    Some(result(&reading, key, VARIANTS_DAY, &orders))
}

#[test]
fn a_report_in_other_clothes_says_the_same() {
    let Some(folder) = fixtures() else { return };
    for name in [
        "ambetter.titled.xlsx",
        "oscar.numeric-ids.xlsx",
        "aetna.password.xlsx",
        "ambetter.semicolon.cp1252.csv",
        "molina.tab.utf16.csv",
        "molina.odd-headers.csv",
    ] {
        let key = name.split('.').next().unwrap();
        let plain = expected(&folder.join(VARIANTS_DAY.to_string()).join(format!("{key}.expected.json")));
        let found =
            variant(name, Some(PASSWORD)).unwrap().unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        assert_eq!(found, plain, "{name}");
    }
}

#[test]
fn the_accented_agent_is_read_as_written() {
    let Some(folder) = fixtures() else { return };
    let file = bytes(&folder.join("variants/ambetter.semicolon.cp1252.csv"));
    let company = company("ambetter");
    let read = |agent: Option<&str>| {
        let settings = agent.map(|agent| ("companies.ambetter.payable_agent".to_owned(), agent.to_owned()));
        let reading =
            Reading { settings: settings.into_iter().collect(), ..Reading::of("ambetter.csv", &file) };
        reading.read(company, VARIANTS_DAY).unwrap()
    };
    let all = read(None);
    assert_eq!(all.rows[0].source.cells().get(13).text, "Agencia Peña");
    assert_eq!(read(Some("agencia peña")).rows.len(), all.rows.len());
    assert_eq!(read(Some("Otra")).filtered.len(), all.rows.len());
}

#[test]
fn refusals_say_what_is_wrong_and_what_to_do() {
    if fixtures().is_none() {
        return;
    }
    let cases = [
        (
            "aetna.missing-header.csv",
            None,
            "report.missing_header",
            "the report lacks a required header: \"Issuer Assigned ID\" (nearest found: \"Issuer Asigned ID\", \
             \"Exchange Assigned ID\", \"Member Plan ID\")",
        ),
        ("empty.csv", None, "report.empty", "the file is empty"),
        (
            "header-only.csv",
            None,
            "report.header_only",
            "the report has its headers (line 1) but not a single row below them",
        ),
        (
            "not-a-spreadsheet.xlsx",
            None,
            "report.session_expired",
            "the file is not a report: it is the portal's page saying \"Your session has expired\"",
        ),
        (
            "aetna.password.xlsx",
            None,
            "report.password_missing",
            "the workbook is protected and the company's settings have no password",
        ),
        (
            "aetna.password.xlsx",
            Some("otra-2026"),
            "report.password_wrong",
            "the password in the company's settings does not open the workbook",
        ),
    ];
    for (name, password, code, message) in cases {
        let refusal = variant(name, password).unwrap().unwrap_err();
        assert_eq!((refusal.code(), refusal.to_string().as_str()), (code, message), "{name}");
        assert!(!refusal.remedy().is_empty());
        assert!(!format!("{refusal:?}").contains("otra-2026"));
    }
}

#[test]
fn rows_that_cannot_be_read_are_findings_and_the_rest_goes_on() {
    let Some(folder) = fixtures() else { return };
    let found = variant("aetna.bad-rows.csv", None).unwrap().unwrap();
    let plain = expected(&folder.join("2026-03-18/aetna.expected.json"));
    assert_eq!(found.rows_read, plain.rows_read);
    assert_eq!(found.outcomes["invalid"], 3);
    assert_eq!(found.findings_by_kind["invalid_row"], 3);
    // The three members whose rows are broken, and nobody else, come out differently.
    let broken = ["W73598615", "W74521061", "W77785004"];
    let others = |all: &Expected| -> Vec<(String, String)> {
        let pairs = all.findings.iter().map(|finding| (finding.member_id.clone(), finding.kind.clone()));
        pairs.filter(|(member, _)| !member.is_empty() && !broken.contains(&member.as_str())).collect()
    };
    assert_eq!(others(&found), others(&plain));
    let updates = |all: &Expected| -> Vec<String> {
        let members = all.updates.iter().map(|update| update.member_id.clone());
        members.filter(|member| !broken.contains(&member.as_str())).collect()
    };
    assert_eq!(updates(&found), updates(&plain));
}

#[test]
fn oscar_s_dates_are_marked_as_derived() {
    let Some(folder) = fixtures() else { return };
    let file = bytes(&folder.join("2026-03-18/oscar.csv"));
    let report = Reading::of("oscar.csv", &file).read(company("oscar"), VARIANTS_DAY).unwrap();
    assert!(report.rows.iter().all(|row| row.paid_through_is == Basis::Derived));
    for (status, day) in [
        ("Active", Some(date(2026, 3, 31))),
        ("Paid binder", Some(date(2026, 3, 31))),
        ("Grace period", Some(date(2026, 2, 28))),
        ("Delinquent", Some(date(2026, 1, 31))),
        ("Unpaid binder", None),
    ] {
        let row = report.rows.iter().find(|row| row.status.as_deref() == Some(status)).unwrap();
        assert_eq!(row.paid_through, day, "{status}");
    }
}
