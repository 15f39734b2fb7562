//! `company-sync` as it comes.

use std::process::ExitCode;

fn main() -> ExitCode {
    company_sync::Program::new().main()
}
