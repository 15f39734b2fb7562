//! An agency's own company-sync: everything that comes with it, and four things of its own.

use std::path::PathBuf;
use std::process::ExitCode;

use agency::{ACME, JsonFolders, NoPlaceholders, ProducerNumber, Ticker};
use company_sync::Program;

fn main() -> ExitCode {
    let mut program = Program::new()
        .with_transform(ProducerNumber)
        .with_company("acme.toml", ACME)
        .with_report_rule(NoPlaceholders)
        .with_connector(JsonFolders);
    if let Some(file) = std::env::var_os("AGENCY_TICKER") {
        program = program.with_observer(Ticker::into_file(PathBuf::from(file)));
    }
    program.main()
}
