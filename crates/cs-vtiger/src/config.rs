//! What a person configures to reach VTiger.

use std::time::Duration;

use jiff::tz::TimeZone;
use secrecy::SecretString;

/// The web service of one VTiger installation, and how hard it may be asked.
#[derive(Clone, Debug)]
pub struct VtigerConfig {
    /// The installation's address (`https://crm.example.test/`) or that of its `webservice.php`.
    pub endpoint: String,
    /// The user's name.
    pub user: String,
    /// The user's access key (My Preferences, "Access Key"); not the password.
    pub access_key: SecretString,
    /// Requests in any 60 seconds at most; none: no bound. VTiger's cloud edition allows 30 to 90
    /// (facts/VTIGER.md, "Rates").
    pub requests_per_minute: Option<u32>,
    /// Requests under way at once at most, each in a session of its own.
    pub concurrency: usize,
    /// How long a connection may take to open.
    pub connect_timeout: Duration,
    /// How long a whole request may take.
    pub request_timeout: Duration,
    /// Rows a page; VTiger gives 100 at most.
    pub page_size: u32,
    /// How far a feed reaches back behind the newest change it saw, so that changes that were being written while it
    /// read are seen by the next pass.
    pub overlap: Duration,
    /// The server's `$default_timezone` (config.inc.php), in which it writes `modifiedtime`. None: UTC as shipped,
    /// corrected by what the server's own stamps show.
    pub server_zone: Option<TimeZone>,
}

impl VtigerConfig {
    /// The usual values for everything but the three that nobody can guess.
    pub fn new(endpoint: impl Into<String>, user: impl Into<String>, access_key: SecretString) -> Self {
        Self {
            endpoint: endpoint.into(),
            user: user.into(),
            access_key,
            requests_per_minute: None,
            concurrency: 4,
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_mins(1),
            page_size: 100,
            overlap: Duration::from_mins(2),
            server_zone: None,
        }
    }
}

/// The database of one VTiger installation, read only.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    /// `mysql://user:password@host:port/database` or, with a socket,
    /// `mysql://user:password@localhost/database?socket=/run/mysqld/mysqld.sock`.
    pub url: SecretString,
    /// Connections at most.
    pub connections: u32,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// Records a page of the change feed. Each page scans `vtiger_crmentity` (it has no index on modifiedtime), so pages are
    /// large.
    pub page_size: u32,
    /// As in [`VtigerConfig::overlap`].
    pub overlap: Duration,
    /// As in [`VtigerConfig::server_zone`]; UTC where none is given.
    pub server_zone: Option<TimeZone>,
}

impl DatabaseConfig {
    /// The usual values for everything but the address.
    pub fn new(url: SecretString) -> Self {
        Self {
            url,
            connections: 4,
            connect_timeout: Duration::from_secs(10),
            page_size: 10_000,
            overlap: Duration::from_mins(2),
            server_zone: None,
        }
    }
}
