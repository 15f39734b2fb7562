//! What can be typed of links.

use clap::{Args, Subcommand};

/// `links ...`.
#[derive(Debug, Subcommand)]
pub(crate) enum LinksCommand {
    /// List them, with how they came about and whether they still hold
    List {
        /// Of this VTiger record (`6x231`) or Frappe document only
        subject: Option<String>,
        /// Of this mapping [default: as for `sync`]
        #[arg(long)]
        mapping: Vec<String>,
    },
    /// Put a link back that was given up, or point one at another document
    Restore {
        /// The link
        #[command(flatten)]
        link: LinkName,
        /// At which document [default: the one it led to]
        #[arg(long, value_name = "NAME")]
        document: Option<String>,
    },
    /// Take a record and its document apart; both stay as they are
    GiveUp {
        /// The link
        #[command(flatten)]
        link: LinkName,
    },
}

/// Which link.
#[derive(Debug, Args)]
pub(crate) struct LinkName {
    /// The VTiger record: `6x231`
    pub(crate) subject: String,
    /// The role of its document: `owner`
    pub(crate) role: String,
    /// Of which mapping, where several are configured [default: the one whose unit it is]
    #[arg(long)]
    pub(crate) mapping: Vec<String>,
}
