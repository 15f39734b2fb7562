//! Seconds and peak memory of a reconciliation, step by step, over data it makes itself: reading, comparing, findings
//! stored in SQLite, and the same once more.
//!
//! `cargo run --release -p company-sync --example reconciliation -- 100000 [csv|xlsx] [unpaid]`; `unpaid`: every row is a
//! finding.

#![allow(clippy::print_stdout, reason = "it reports to whoever runs it")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::time::Instant;

use cs_companies::company::{ReadOptions, read, shipped};
use cs_companies::reconcile::{Broker, Expected, Reconciliation, Settings, parse_orders, reconcile};
use cs_companies::{Limits, Period, ReadReport, ReportFile};
use cs_engine::reconcile::findings_of;
use cs_ports::{Book, FindingStore, FindingsOfRun, LeaseAnswer, LoadedReport, Store};
use cs_store::SqliteStore;
use jiff::Timestamp;
use jiff::civil::date;

const HEADERS: [&str; 14] = [
    "Broker Name",
    "Broker NPN",
    "Policy Number",
    "Plan Name",
    "Insured First Name",
    "Insured Last Name",
    "Broker Effective Date",
    "Policy Effective Date",
    "Policy Term Date",
    "Paid Through Date",
    "Monthly Premium Amount",
    "State",
    "Exchange Subscriber ID",
    "Payable Agent",
];

/// A member's number, so that neighbours in the file are not neighbours in the book.
fn member(n: u64, of: u64) -> u64 {
    10_000_000 + (n * 7_919) % of.max(1)
}

fn cells(n: u64, of: u64, unpaid: bool) -> [String; 14] {
    let id = member(n, of);
    // Every fiftieth row has no order; every ninetieth is not paid.
    let id = if n.is_multiple_of(50) { id + 50_000_000 } else { id };
    let paid = if unpaid || n.is_multiple_of(90) { "01/31/2026" } else { "03/31/2026" };
    [
        "Broker Sur".into(),
        "1234567".into(),
        format!("U{id}"),
        "Standard Silver".into(),
        "Ana".into(),
        "Muestra".into(),
        "01/01/2026".into(),
        "01/01/2026".into(),
        "12/31/2026".into(),
        paid.into(),
        format!("{}.00", 100 + n % 700),
        "IL".into(),
        format!("EXU{id}"),
        "Agencia Prueba".into(),
    ]
}

fn csv(rows: u64, unpaid: bool) -> Vec<u8> {
    let mut text = HEADERS.join(",");
    text.push('\n');
    for n in 0..rows {
        text.push_str(&cells(n, rows, unpaid).join(","));
        text.push('\n');
    }
    text.into_bytes()
}

fn xlsx(rows: u64, unpaid: bool) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet_with_constant_memory()?;
    for (column, header) in (0..).zip(HEADERS) {
        sheet.write_string(0, column, header)?;
    }
    for n in 0..rows {
        let line = u32::try_from(n + 1)?;
        for (column, text) in (0..).zip(cells(n, rows, unpaid)) {
            sheet.write_string(line, column, text)?;
        }
    }
    Ok(book.save_to_buffer()?)
}

fn orders(count: u64) -> Vec<u8> {
    let mut text = String::from("[");
    for n in 0..count {
        let paid = if n.is_multiple_of(3) { "2026-02-28" } else { "2026-03-31" };
        let comma = if n == 0 { "" } else { "," };
        let _ = write!(
            text,
            "{comma}{{\"salesorder_no\":\"SO{n:07}\",\"member_id\":\"U{}\",\"company\":\"Ambetter\",\
             \"broker\":\"BROKER SUR\",\"status\":\"Active\",\"effective_date\":\"2026-01-01\",\
             \"termination_date\":\"2026-12-31\",\"paid_through\":\"{paid}\",\"problem\":\"\",\"payment_type\":\"NO\",\
             \"payment_day\":15,\"broker_note\":\"\"}}",
            10_000_000 + n,
        );
    }
    text.push(']');
    text.into_bytes()
}

/// The process's highest resident memory so far, and now, in MiB, where the system says it.
fn memory() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let of = |key: &str| {
        let line = status.lines().find(|line| line.starts_with(key));
        let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
        kib.unwrap_or(0) / 1024
    };
    (of("VmHWM:"), of("VmRSS:"))
}

fn step<T>(name: &str, work: impl FnOnce() -> T) -> T {
    // Forget the peak of the steps before, so that each step shows its own.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let start = Instant::now();
    let value = work();
    told(name, start);
    value
}

fn told(name: &str, began: Instant) {
    let seconds = began.elapsed().as_secs_f64();
    let (peak, now) = memory();
    println!("{name:<28} {seconds:>8.3} s   peak {peak:>6} MiB   after {now:>6} MiB");
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let rows: u64 = arguments.next().and_then(|rows| rows.parse().ok()).unwrap_or(100_000);
    let more: Vec<String> = arguments.collect();
    let has = |word: &str| more.iter().any(|said| said == word);
    let unpaid = has("unpaid");
    let file = if has("xlsx") { xlsx(rows, unpaid)? } else { csv(rows, unpaid) };
    let order_file = orders(rows);
    println!("{rows} rows in {} MiB, {rows} orders in {} MiB", file.len() >> 20, order_file.len() >> 20);
    println!("{:<28} {:>10}   peak {:>6} MiB", "before", "", memory().1);

    let company = shipped().iter().find(|company| company.key == "ambetter").ok_or("it is shipped")?;
    let period = Period::new(date(2026, 3, 18));
    let options =
        ReadOptions { period: &period, limits: &Limits::default(), settings: &BTreeMap::new(), rules: &[] };
    let input = ReportFile { name: "made", bytes: &file, password: None };
    let orders = step("orders from JSON", || parse_orders(&order_file))?;
    drop(order_file);
    let report = step("report read", || read(&input, company, &options))?;
    let settings = Settings::default();
    let broker = Broker { code: "BS", crm_name: "BROKER SUR" };
    let result = step("compared", || reconcile(&report, &orders, company, &broker, &period, &settings));
    let said = step("in the form of expected.json", || Expected::from(&result));
    println!("{:?}\n{:?}, {} updates", said.outcomes, said.findings_by_kind, said.updates.len());
    drop((said, orders));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(store(&report, &result))
}

/// Stores the findings, twice.
async fn store(report: &ReadReport, result: &Reconciliation) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let store = SqliteStore::open(folder.path().join("store.sqlite3")).await?;
    let now: Timestamp = "2026-03-18T12:00:00Z".parse()?;
    let term = std::time::Duration::from_secs(600);
    let LeaseAnswer::Granted(lease) = store.take_lease("company/ambetter", "example", now, term).await?
    else {
        return Err("the lease is free".into());
    };
    let book = Book { company: "ambetter".into(), broker: "BS".into() };
    for (name, run) in [("findings stored", "first"), ("the same once more", "second")] {
        let began = Instant::now();
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        let loaded = LoadedReport {
            book: book.clone(),
            run: cs_domain::RunId(run.to_owned()),
            as_of: result.period.as_of,
            file: "made".to_owned(),
            digest: "made".to_owned(),
            profile: serde_json::to_string(&report.profile)?,
            totals: "{}".to_owned(),
            approved: String::new(),
        };
        let found = findings_of(&book, result, report);
        let of_run = FindingsOfRun { report: loaded, at: now, found, persisting: Vec::new() };
        let taken = store.take_in(&lease, &of_run).await?;
        told(name, began);
        println!("{taken:?}");
    }
    store.close().await;
    Ok(())
}
