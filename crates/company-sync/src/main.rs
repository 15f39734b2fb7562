//! `company-sync`: commands, configuration, wiring, telemetry. The one crate where concrete types meet; it decides
//! nothing about records, and holds no protocol, no SQL and no rule of merging.

mod alerts;
mod belonging;
mod choice;
mod cli;
mod clock;
mod commands;
mod companies;
mod config;
mod executor;
mod export;
mod failure;
mod holder;
mod inquiry;
mod links;
mod mappings;
mod measures;
mod office;
mod plan_file;
mod playground;
mod reconciliation_error;
mod reconciling;
mod render;
mod scratch;
mod stopped;
mod telemetry;
mod tidying;
mod user;
mod view;
mod weighing;
mod wiring;
mod zones;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};
use failure::{CommandError, Outcome};
use render::{aside, line};

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    telemetry::start(cli.global.json);
    match dispatch(&cli).await {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            aside(&error.for_people());
            if cli.global.json {
                // If even this cannot be printed, the exit code still tells.
                let _ = line(&error.for_machines().to_string());
            }
            error.outcome().into()
        }
    }
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
