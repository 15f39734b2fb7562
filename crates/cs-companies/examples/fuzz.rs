//! Feeds the file readers with broken files: no panic, no unbounded memory, no endless work.
//!
//! `cargo run --release -p cs-companies --example fuzz -- --kind csv|xlsx [--minutes N | --seconds N] [--seed S] [--memory-mib M]`
//!
//! The files are made by changing good ones: bytes, cells, quotes, encodings and, of workbooks, the parts inside the
//! package as well. The work is done in a child process whose address space is limited, so that an allocation without
//! bound ends it; the number of the file under way is on disk before it is read, and `--seed S --only N` reads it alone.

#![allow(clippy::print_stdout, reason = "it reports to whoever runs it")]

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{Cursor, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use cs_companies::company::{Company, ReadOptions, read, shipped, try_report};
use cs_companies::reconcile::{Broker, Settings, reconcile};
use cs_companies::{Limits, Period, ReportFile};
use jiff::civil::date;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

type Failed = Box<dyn Error>;

/// A file that takes longer than this is a finding as well.
const TOO_LONG: Duration = Duration::from_secs(20);

/// Chance that is the same each time (splitmix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % (limit.max(1) as u64)).unwrap_or(0)
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }
}

/// What is put into files: things that readers stumble over.
const TOKENS: [&[u8]; 40] = [
    b"\"",
    b"\"\"",
    b",",
    b";",
    b"\t",
    b"\r",
    b"\n",
    b"\r\n",
    b"\0",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\xef\xbb\xbf",
    b"'",
    b"=",
    b"7.5123E+9",
    b"1e308",
    b"-1",
    b"99999999999999999999",
    b"12/31/9999",
    b"02/30/2026",
    b"January 31, 2026",
    b"00000000",
    b"<html>",
    b"Session expired",
    b"\xc3",
    b"\xf0\x9f\x92\xa9",
    b"<row r=\"1048577\">",
    b"<c r=\"XFE1\" t=\"s\"><v>9</v></c>",
    b"<c r=\"ZZZZZZ1\"/>",
    b"r=\"4294967296\"",
    b"t=\"s\"",
    b"<v>4294967295</v>",
    b"<si><t>x</t></si>",
    b"count=\"4000000000\"",
    b"<!DOCTYPE a [<!ENTITY b \"cccc\">]>",
    b"&b;",
    b"<!--",
    b"]]>",
    b"numFmtId=\"14\"",
    b"Total",
];

fn mutate(bytes: &mut Vec<u8>, chance: &mut Chance, tokens: &[&[u8]]) {
    for _ in 0..=chance.below(8) {
        let at = chance.below(bytes.len() + 1);
        match chance.below(9) {
            0 => {
                let byte = u8::try_from(chance.below(256)).unwrap_or(0);
                if let Some(place) = bytes.get_mut(at) {
                    *place = byte;
                }
            }
            1 => {
                if let Some(place) = bytes.get_mut(at) {
                    *place ^= 1 << chance.below(8);
                }
            }
            2 => bytes.truncate(at),
            3 => {
                let end = (at + chance.below(64)).min(bytes.len());
                bytes.drain(at..end);
            }
            4 | 5 => {
                let token = chance.pick(tokens).copied().unwrap_or_default();
                let times = if chance.below(20) == 0 { 1 + chance.below(5_000) } else { 1 };
                bytes.splice(at..at, token.repeat(times));
            }
            6 => {
                // A piece of itself, once more; sometimes very often.
                let end = (at + chance.below(200)).min(bytes.len());
                let piece = bytes.get(at..end).unwrap_or_default().to_vec();
                let times = if chance.below(50) == 0 { chance.below(2_000) } else { 1 };
                let into = chance.below(bytes.len() + 1);
                bytes.splice(into..into, piece.repeat(times));
            }
            7 => {
                // A number becomes another.
                let Some(from) = bytes.iter().skip(at).position(u8::is_ascii_digit) else { continue };
                let digits = bytes.iter().skip(at + from).take_while(|byte| byte.is_ascii_digit()).count();
                let number = match chance.below(4) {
                    0 => "0".to_owned(),
                    1 => u32::MAX.to_string(),
                    2 => u64::MAX.to_string(),
                    _ => chance.next().to_string(),
                };
                bytes.splice(at + from..at + from + digits, number.into_bytes());
            }
            _ => {
                let end = (at + chance.below(16)).min(bytes.len());
                let other = chance.below(bytes.len().saturating_sub(end - at) + 1);
                let piece: Vec<u8> = bytes.drain(at..end).collect();
                bytes.splice(other.min(bytes.len())..other.min(bytes.len()), piece);
            }
        }
    }
}

/// A workbook with its parts changed, packed again.
fn mutate_inside(bytes: &[u8], chance: &mut Chance) -> Option<Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    let hit = chance.below(archive.len());
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).ok()?;
        let name = entry.name().ok()?.into_owned();
        let mut part = Vec::new();
        entry.read_to_end(&mut part).ok()?;
        if index == hit || name.contains("sheet1") && chance.below(2) == 0 {
            if chance.below(30) == 0 {
                continue; // a part that is not there
            }
            mutate(&mut part, chance, &TOKENS);
        }
        let method =
            if chance.below(2) == 0 { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        out.start_file(name, SimpleFileOptions::default().compression_method(method)).ok()?;
        out.write_all(&part).ok()?;
    }
    Some(out.finish().ok()?.into_inner())
}

fn headers(company: &Company) -> Vec<String> {
    let mut all = company.member_id.names.clone();
    let paid = match &company.paid_through {
        cs_companies::company::PaidThrough::Reported(column) => column.names.clone(),
        cs_companies::company::PaidThrough::Derived(_) => Vec::new(),
    };
    all.extend(paid);
    all.extend(company.term_date.iter().flat_map(|term| term.column.names.clone()));
    for column in [&company.status, &company.relationship, &company.premium, &company.issuer] {
        all.extend(column.iter().flat_map(|column| column.names.clone()));
    }
    all
}

const CELLS: [&str; 12] = [
    "U70012345",
    "00012345678",
    "03/31/2026",
    "January 31, 2026",
    "2026-01-31",
    "Active",
    "Self",
    "$337.00",
    "",
    "46112",
    "12/31/9999",
    "Ana Muestra",
];

fn table(company: &Company) -> Vec<Vec<String>> {
    let headers = headers(company);
    let mut rows = vec![headers.clone()];
    for line in 0..30 {
        let cell =
            |column: usize| CELLS.get((line * 5 + column * 7) % CELLS.len()).copied().unwrap_or_default();
        rows.push((0..headers.len()).map(|column| cell(column).to_owned()).collect());
    }
    rows
}

/// A file and whose report it is: an index into the shipped companies.
type Seed = (usize, Vec<u8>);

fn csv_seeds() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for (index, company) in shipped().iter().enumerate() {
        let rows = table(company);
        for delimiter in [",", ";", "\t"] {
            let text: String = rows.iter().map(|row| row.join(delimiter) + "\r\n").collect();
            let wide: Vec<u8> =
                [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
            seeds.extend([(index, text.into_bytes()), (index, wide)]);
        }
    }
    seeds
}

fn xlsx_seeds() -> Result<Vec<Seed>, Failed> {
    let mut seeds = Vec::new();
    for (index, company) in shipped().iter().enumerate() {
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write_string(0, 0, "Book of business")?;
        for (line, row) in (2..).zip(table(company)) {
            for (column, cell) in (0..).zip(row) {
                match cell.parse::<f64>() {
                    Ok(number) => sheet.write_number(line, column, number)?,
                    Err(_) => sheet.write_string(line, column, cell)?,
                };
            }
        }
        seeds.push((index, book.save_to_buffer()?));
    }
    Ok(seeds)
}

/// The recorded variants, where they are on this machine: protected workbooks among them.
fn recorded(kind: &str) -> Vec<Seed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/companies/variants");
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let fitting = paths.filter(|path| path.extension().is_some_and(|extension| extension == kind));
    let company = |path: &PathBuf| {
        let name = path.file_name()?.to_str()?.to_owned();
        shipped().iter().position(|company| name.starts_with(&company.key))
    };
    fitting.filter_map(|path| Some((company(&path).unwrap_or(0), std::fs::read(path).ok()?))).collect()
}

fn make(kind: &str, seeds: &[Seed], seed: u64, number: u64) -> Seed {
    let mut chance = Chance(seed ^ number.wrapping_mul(0x2545_F491_4F6C_DD1D));
    let (index, mut bytes) = chance.pick(seeds).cloned().unwrap_or_default();
    let inside = kind == "xlsx" && chance.below(5) > 0;
    if let Some(changed) = inside.then(|| mutate_inside(&bytes, &mut chance)).flatten() {
        return (index, changed);
    }
    mutate(&mut bytes, &mut chance, &TOKENS);
    (index, bytes)
}

/// Everything that is ever done with a file; answers whether it was accepted.
fn target(bytes: &[u8], company: &Company) -> bool {
    let period = Period::new(date(2026, 3, 18));
    // What a small installation would allow: bounds are bounds whatever their size.
    let limits = Limits {
        unpacked_bytes: 256 << 20,
        rows: 200_000,
        cells: 4_000_000,
        spin_count: 100_000,
        ..Limits::default()
    };
    let settings = BTreeMap::new();
    let options = ReadOptions { period: &period, limits: &limits, settings: &settings, rules: &[] };
    let file = ReportFile { name: "fuzz", bytes, password: Some("prueba-2026") };
    let Ok(report) = read(&file, company, &options) else { return false };
    let broker = Broker { code: "BS", crm_name: "BROKER SUR" };
    let result = reconcile(&report, &[], company, &broker, &period, &Settings::default());
    assert!(result.balances(), "every row has an outcome");
    for finding in &result.findings {
        let _ = finding.message(cs_companies::Language::Es);
    }
    drop(try_report(&file, company, &options, 3));
    true
}

fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

struct Wish {
    kind: String,
    time: Duration,
    seed: u64,
    memory_mib: u64,
    only: Option<u64>,
    child: bool,
}

fn wish() -> Result<Wish, Failed> {
    let mut wish = Wish {
        kind: "csv".into(),
        time: Duration::from_secs(60),
        seed: 1,
        memory_mib: 2_048,
        only: None,
        child: std::env::var_os("FUZZ_CHILD").is_some(),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or("every option has a value")?;
        match name.as_str() {
            "--kind" => wish.kind = value,
            "--minutes" => wish.time = Duration::from_secs(value.parse::<u64>()? * 60),
            "--seconds" => wish.time = Duration::from_secs(value.parse()?),
            "--seed" => wish.seed = value.parse()?,
            "--memory-mib" => wish.memory_mib = value.parse()?,
            "--only" => wish.only = Some(value.parse()?),
            other => return Err(format!("{other} is no option").into()),
        }
    }
    if wish.kind != "csv" && wish.kind != "xlsx" {
        return Err("--kind csv or --kind xlsx".into());
    }
    Ok(wish)
}

fn marker(kind: &str) -> PathBuf {
    std::env::temp_dir().join(format!("cs-companies-fuzz-{kind}-{}", std::os::unix::process::parent_id()))
}

fn work(wish: &Wish) -> Result<(), Failed> {
    let mut seeds = recorded(&wish.kind);
    seeds.extend(if wish.kind == "csv" { csv_seeds() } else { xlsx_seeds()? });
    let marker = marker(&wish.kind);
    let began = Instant::now();
    let (mut number, mut accepted, mut slowest) = (wish.only.unwrap_or(0), 0_u64, (Duration::ZERO, 0));
    loop {
        std::fs::write(&marker, number.to_string())?;
        let (index, bytes) = make(&wish.kind, &seeds, wish.seed, number);
        let company = shipped().get(index).ok_or("it is shipped")?;
        let start = Instant::now();
        accepted += u64::from(target(&bytes, company));
        let took = start.elapsed();
        if took > TOO_LONG {
            return Err(format!("file {number} took {took:?}").into());
        }
        slowest = slowest.max((took, number));
        number += 1;
        if wish.only.is_some() || began.elapsed() >= wish.time {
            break;
        }
    }
    println!(
        "{}: {number} files in {:.0} s, {accepted} accepted, no panic came out; slowest {:.2} s (file {}), peak {} MiB of {} allowed",
        wish.kind,
        began.elapsed().as_secs_f64(),
        slowest.0.as_secs_f64(),
        slowest.1,
        peak_mib(),
        wish.memory_mib,
    );
    Ok(())
}

fn main() -> Result<(), Failed> {
    let wish = wish()?;
    if wish.child {
        return work(&wish);
    }
    let me = std::env::current_exe()?;
    let limit = format!("ulimit -v {}; exec \"$0\" \"$@\"", wish.memory_mib * 1024);
    let status = Command::new("sh")
        .args(["-c", &limit])
        .arg(me)
        .args(std::env::args().skip(1))
        .env("FUZZ_CHILD", "1")
        .status()?;
    let marker = std::env::temp_dir().join(format!("cs-companies-fuzz-{}-{}", wish.kind, std::process::id()));
    let reached = std::fs::read_to_string(&marker).unwrap_or_default();
    // What is left of it is in nobody's way.
    let _ = std::fs::remove_file(&marker);
    if status.success() {
        return Ok(());
    }
    Err(format!(
        "{status} at file {reached}; once more: --kind {} --seed {} --only {reached}",
        wish.kind, wish.seed
    )
    .into())
}
