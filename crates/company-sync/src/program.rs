//! The program as a value: what it was built with, and the command line that runs it.

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use cs_companies::company::RowRule;
use cs_domain::mapping::OwnTransform;
use cs_ports::Observer;

use crate::cli::{Cli, Command};
use crate::commands;
use crate::extensions::{Connect, Extensions};
use crate::failure::{CommandError, Outcome};
use crate::render::{aside, line};
use crate::telemetry;

/// `company-sync`, with whatever it is built with besides what comes with it.
///
/// ```no_run
/// std::process::exit(i32::from(company_sync::Program::new().main() != std::process::ExitCode::SUCCESS));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Program {
    extensions: Extensions,
}

impl Program {
    /// The program as it comes.
    pub fn new() -> Self {
        Self::default()
    }

    /// With a transform that mapping files may name: `transform = { own = "name" }`.
    #[must_use]
    pub fn with_transform(mut self, transform: impl OwnTransform + 'static) -> Self {
        self.extensions.transform(transform);
        self
    }

    /// With the definition of a company (`docs/EXTENDING.md`, "A company"); `name` is for messages: `acme.toml`. It takes
    /// the place of a shipped one of the same key; a file of the installation takes its place.
    #[must_use]
    pub fn with_company(mut self, name: &str, definition: &str) -> Self {
        self.extensions.companies.push((name.to_owned(), definition.to_owned()));
        self
    }

    /// With a rule over the rows of a company's reports, for what its definition cannot say.
    #[must_use]
    pub fn with_report_rule(mut self, rule: impl RowRule + Send + 'static) -> Self {
        self.extensions.rules.push(Arc::new(rule));
        self
    }

    /// With a connector for a CRM in VTiger's place: `connector = "name"` in the section `[vtiger]`.
    #[must_use]
    pub fn with_connector(mut self, connect: impl Connect + 'static) -> Self {
        self.extensions.connectors.insert(connect.name().to_owned(), Arc::new(connect));
        self
    }

    /// With somebody who follows every run.
    #[must_use]
    pub fn with_observer(mut self, observer: impl Observer + 'static) -> Self {
        self.extensions.observers.push(Arc::new(observer));
        self
    }

    /// Does what this process's command line says.
    pub fn main(self) -> ExitCode {
        self.run(std::env::args_os())
    }

    /// Does what a command line says; its first word is the program's name. What it prints goes where this process
    /// prints; the exit code is the command's.
    pub fn run<I: IntoIterator<Item = W>, W: Into<OsString> + Clone>(self, words: I) -> ExitCode {
        let mut cli = match Cli::try_parse_from(words) {
            Ok(cli) => cli,
            Err(error) => {
                // If even this cannot be printed, the exit code still tells.
                let _ = error.print();
                return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(u8::MAX));
            }
        };
        cli.global.extensions = Arc::new(self.extensions);
        telemetry::start(cli.global.json);
        match tokio::runtime::Runtime::new() {
            Ok(runtime) => runtime.block_on(answer(&cli)),
            Err(source) => failed(&cli, &CommandError::Broken(Box::new(source))),
        }
    }
}

async fn answer(cli: &Cli) -> ExitCode {
    match dispatch(cli).await {
        Ok(outcome) => outcome.into(),
        Err(error) => failed(cli, &error),
    }
}

fn failed(cli: &Cli, error: &CommandError) -> ExitCode {
    aside(&error.for_people());
    if cli.global.json {
        // If even this cannot be printed, the exit code still tells.
        let _ = line(&error.for_machines().to_string());
    }
    error.outcome().into()
}

async fn dispatch(cli: &Cli) -> Result<Outcome, CommandError> {
    let global = &cli.global;
    match &cli.command {
        Command::Demo(demo) => commands::demo::run(global, demo).await,
        Command::Sync(sync) => commands::sync::run(global, sync).await,
        Command::Conflicts(command) => commands::conflicts::run(global, command).await,
        Command::Links(command) => commands::links::run(global, command).await,
        Command::Check(check) => commands::check::run(global, check).await,
        Command::Mapping(command) => commands::mapping::run(global, command).await,
        Command::Companies(command) => commands::companies::run(global, command).await,
        Command::Findings(command) => commands::findings::run(global, command).await,
        Command::Undo(undo) => commands::undo::run(global, undo).await,
        Command::Reconcile(reconcile) => commands::reconcile::run(global, reconcile).await,
        Command::Runs(runs) => commands::runs::run(global, runs).await,
        Command::Log(log) => commands::log::run(global, log).await,
        Command::Systems(command) => commands::systems::run(global, command).await,
        Command::Config(command) => commands::config::run(global, command).await,
        Command::Serve(serve) => commands::serve::run(global, serve).await,
        Command::Backup(backup) => commands::backup::back_up(global, backup).await,
        Command::Restore(restore) => commands::backup::restore(global, restore).await,
        Command::Users(command) => commands::users::run(global, command).await,
        Command::Sandbox(sandbox) => commands::sandbox::run(global, sandbox).await,
        Command::Simulate(simulate) => commands::simulate::run(global, simulate),
    }
}
