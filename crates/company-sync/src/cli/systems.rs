//! `systems ...`.

use clap::Subcommand;

/// `systems ...`.
#[derive(Debug, Subcommand)]
pub(crate) enum SystemsCommand {
    /// Show which VTiger and which Frappe the store belongs to
    Show,
    /// Say that the same systems have moved to the addresses that are configured now
    Accept,
}
