//! The program as a value: what it was built with, and the command line that runs it.

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use cs_companies::company::RowRule;
use cs_domain::mapping::OwnTransform;
use cs_ports::Observer;
use futures_util::future::LocalBoxFuture;

use crate::cli::{Cli, Command};
use crate::commands;
use crate::extensions::{Connect, Extensions};
use crate::failure::{CommandError, Outcome};
use crate::render::{aside, line};
use crate::telemetry;

/// `company-sync`, with whatever it is built with besides what comes with it. `examples/agency/src/main.rs` is a whole one.
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
        self.extensions.transforms.add(Arc::new(transform));
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

/// Each command's future stands in a box of its own: all in one would be deeper than the compiler goes.
fn dispatch(cli: &Cli) -> LocalBoxFuture<'_, Result<Outcome, CommandError>> {
    let global = &cli.global;
    match &cli.command {
        Command::Demo(demo) => Box::pin(commands::demo::run(global, demo)),
        Command::Sync(sync) => Box::pin(commands::sync::run(global, sync)),
        Command::Conflicts(command) => Box::pin(commands::conflicts::run(global, command)),
        Command::Links(command) => Box::pin(commands::links::run(global, command)),
        Command::Check(check) => Box::pin(commands::check::run(global, check)),
        Command::Mapping(command) => Box::pin(commands::mapping::run(global, command)),
        Command::Companies(command) => Box::pin(commands::companies::run(global, command)),
        Command::Findings(command) => Box::pin(commands::findings::run(global, command)),
        Command::Undo(undo) => Box::pin(commands::undo::run(global, undo)),
        Command::Reconcile(reconcile) => Box::pin(commands::reconcile::run(global, reconcile)),
        Command::Runs(runs) => Box::pin(commands::runs::run(global, runs)),
        Command::Log(log) => Box::pin(commands::log::run(global, log)),
        Command::Systems(command) => Box::pin(commands::systems::run(global, command)),
        Command::Config(command) => Box::pin(commands::config::run(global, command)),
        Command::Serve(serve) => Box::pin(commands::serve::run(global, serve)),
        Command::Backup(backup) => Box::pin(commands::backup::back_up(global, backup)),
        Command::Restore(restore) => Box::pin(commands::backup::restore(global, restore)),
        Command::Users(command) => Box::pin(commands::users::run(global, command)),
        Command::Sandbox(sandbox) => Box::pin(commands::sandbox::run(global, sandbox)),
        Command::Simulate(simulate) => Box::pin(async move { commands::simulate::run(global, simulate) }),
    }
}
