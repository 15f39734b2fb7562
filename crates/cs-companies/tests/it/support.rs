//! What the tests share: the fixtures' folder and short ways to read and compare.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cs_companies::company::{Company, ReadOptions, ReadReport, RowRule, shipped};
use cs_companies::reconcile::{Broker, Expected, Order, Reconciliation, Settings, parse_orders, reconcile};
use cs_companies::{Limits, Period, Refusal, ReportFile};
use jiff::civil::Date;

/// The fixtures' `companies` folder, where it is on this machine.
pub(crate) fn fixtures() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/companies");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {} is not on this machine", folder.display());
    None
}

pub(crate) fn company(key: &str) -> &'static Company {
    shipped().iter().find(|company| company.key == key).unwrap_or_else(|| panic!("no company {key}"))
}

pub(crate) fn settings() -> Settings {
    let brokers = [("BS", "BROKER SUR"), ("ADC", "BROKER ALTO")];
    Settings {
        brokers: brokers.map(|(code, name)| (code.to_owned(), name.to_owned())).into(),
        ..Settings::default()
    }
}

pub(crate) const BS: Broker<'static> = Broker { code: "BS", crm_name: "BROKER SUR" };

/// A file to read and how.
pub(crate) struct Reading<'a> {
    pub(crate) name: &'a str,
    pub(crate) bytes: &'a [u8],
    pub(crate) password: Option<&'a str>,
    pub(crate) settings: BTreeMap<String, String>,
    pub(crate) rules: &'a [&'a dyn RowRule],
    pub(crate) limits: Limits,
}

impl<'a> Reading<'a> {
    pub(crate) fn of(name: &'a str, bytes: &'a [u8]) -> Self {
        Self { name, bytes, password: None, settings: BTreeMap::new(), rules: &[], limits: Limits::default() }
    }

    pub(crate) fn read(&self, company: &Company, as_of: Date) -> Result<ReadReport, Refusal> {
        let period = Period::new(as_of);
        let options = ReadOptions {
            period: &period,
            limits: &self.limits,
            settings: &self.settings,
            rules: self.rules,
        };
        let file = ReportFile { name: self.name, bytes: self.bytes, password: self.password };
        cs_companies::company::read(&file, company, &options)
    }
}

/// Reads a report of text for a company.
pub(crate) fn read_text(text: &str, company: &Company, as_of: Date) -> ReadReport {
    Reading::of("test.csv", text.as_bytes())
        .read(company, as_of)
        .unwrap_or_else(|refusal| panic!("{refusal}"))
}

pub(crate) fn compare(
    report: &ReadReport,
    orders: &[Order],
    company: &Company,
    as_of: Date,
) -> Reconciliation {
    reconcile(report, orders, company, &BS, &Period::new(as_of), &settings())
}

pub(crate) fn orders(path: &Path) -> Vec<Order> {
    parse_orders(&bytes(path)).unwrap_or_else(|refusal| panic!("{}: {refusal}", path.display()))
}

pub(crate) fn expected(path: &Path) -> Expected {
    serde_json::from_slice(&bytes(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
