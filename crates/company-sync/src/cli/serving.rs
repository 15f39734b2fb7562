//! `serve` and `users`.

use std::net::SocketAddr;

use clap::{Args, Subcommand, ValueEnum};
use cs_ports::Part;

/// `serve`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Where to listen
    #[arg(long, env = "COMPANY_SYNC_LISTEN", default_value = "127.0.0.1:8484", value_name = "ADDRESS")]
    pub(crate) listen: SocketAddr,
    /// Play with an invented agency: starts the sandbox, and makes a first user whose password is printed
    #[arg(long)]
    pub(crate) sandbox: bool,
    /// With --sandbox: how many Sales Orders the agency has
    #[arg(long, default_value_t = 360, requires = "sandbox")]
    pub(crate) orders: usize,
}

/// `users ...`.
#[derive(Debug, Subcommand)]
pub(crate) enum UsersCommand {
    /// Who may log in
    List,
    /// Let somebody log in, or give them another password or part; the password is read from standard input
    Set {
        /// Their e-mail address
        login: String,
        /// What they are called
        #[arg(long)]
        name: Option<String>,
        /// What they may do [default: what they may now; somebody new looks, but the first manages everything]
        #[arg(long, value_enum)]
        part: Option<PartName>,
        /// The language of their pages
        #[arg(long, value_parser = ["en", "es"])]
        language: Option<String>,
    },
    /// Let somebody in no longer
    Remove {
        /// Their e-mail address
        login: String,
    },
}

/// A part, as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PartName {
    /// Everything, people included
    SystemManager,
    /// Everything but people
    SyncerAdmin,
    /// Runs and reviews, no settings
    SyncerUser,
    /// Looks, and changes nothing
    ReadOnly,
}

impl From<PartName> for Part {
    fn from(name: PartName) -> Self {
        match name {
            PartName::SystemManager => Self::SystemManager,
            PartName::SyncerAdmin => Self::SyncerAdmin,
            PartName::SyncerUser => Self::SyncerUser,
            PartName::ReadOnly => Self::ReadOnly,
        }
    }
}
