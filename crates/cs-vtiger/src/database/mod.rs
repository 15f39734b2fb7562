//! VTiger's own MariaDB as a reader and a change feed, where the installation lets the product look into it.
//!
//! It sees what the web service hides (deleted records) and reads any number of rows in bounded memory. It cannot
//! write: every connection is set to read-only transactions before anything else is asked of it, so that even a
//! database user with all rights is refused an insert by the server (tested). Field rights of VTiger's profiles do not
//! hold here: the database user sees every column.

mod feed;
mod layout;
#[cfg(test)]
mod mariadb_server;
mod reader;
mod rows;
mod sql;
#[cfg(test)]
mod tests;
mod view;

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cs_domain::{Kind, RequestCount};
use cs_ports::{Meter, PeerError};
use futures_util::stream::BoxStream;
use jiff::tz::TimeZone;
use secrecy::ExposeSecret;
use sqlx::mysql::{MySqlConnectOptions, MySqlPool, MySqlPoolOptions, MySqlRow};
use sqlx::{AssertSqlSafe, Executor};

use crate::config::DatabaseConfig;
use crate::error::VtigerError;
use layout::{Layout, References};
pub use view::{ViewRow, VtigerView};

/// What is set on a connection before it is used. Rows may wait long for their reader: the server must not hang up.
const ON_CONNECT: &str = "SET SESSION TRANSACTION READ ONLY; SET SESSION net_write_timeout = 3600;";

/// VTiger's database, read only.
pub struct VtigerDatabase {
    pool: MySqlPool,
    zone: TimeZone,
    page_size: u32,
    overlap: Duration,
    references: Arc<References>,
    layouts: tokio::sync::Mutex<BTreeMap<Kind, Arc<Layout>>>,
    asked: AtomicU64,
}

impl VtigerDatabase {
    /// Connects, and reads what VTiger's modules are called in ids. Fails where the database is not VTiger's.
    pub async fn connect(config: DatabaseConfig) -> Result<Self, PeerError> {
        Self::open(config).await.map_err(|error| error.into_peer("connect to the database"))
    }

    async fn open(config: DatabaseConfig) -> Result<Self, VtigerError> {
        let pool = pool(&config).await?;
        let mut database = Self {
            pool,
            zone: config.server_zone.unwrap_or(TimeZone::UTC),
            page_size: config.page_size.max(1),
            overlap: config.overlap,
            references: Arc::new(References::default()),
            layouts: tokio::sync::Mutex::default(),
            asked: AtomicU64::new(0),
        };
        database.references = Arc::new(References::load(&database).await?);
        Ok(database)
    }

    /// The rows of one statement, all of them; for small answers.
    async fn ask(&self, operation: &'static str, sql: String) -> Result<Vec<MySqlRow>, VtigerError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        sqlx::raw_sql(AssertSqlSafe(sql))
            .fetch_all(&self.pool)
            .await
            .map_err(|source| VtigerError::Database { operation, source })
    }

    /// The rows of one statement as the server sends them: text protocol, nothing gathered.
    fn flow(&self, sql: String) -> BoxStream<'_, Result<MySqlRow, sqlx::Error>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        sqlx::raw_sql(AssertSqlSafe(sql)).fetch(&self.pool)
    }

    /// Where a module's fields lie; looked up once.
    async fn layout(&self, kind: &Kind) -> Result<Arc<Layout>, VtigerError> {
        let mut layouts = self.layouts.lock().await;
        if let Some(layout) = layouts.get(kind) {
            return Ok(Arc::clone(layout));
        }
        let layout = Arc::new(Layout::load(self, kind).await?);
        layouts.insert(kind.clone(), Arc::clone(&layout));
        Ok(layout)
    }

    /// Whether the server itself refuses writes on these connections; for `company-sync check`.
    pub async fn refuses_writes(&self) -> Result<bool, PeerError> {
        let rows = self.ask("ask for the transaction mode", "select @@session.tx_read_only".into()).await;
        let rows = rows.map_err(|error| error.into_peer("check the database"))?;
        Ok(rows.first().is_some_and(|row| rows::text(row, 0) == "1"))
    }

    /// Ends all connections; streams that still run are cut.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Connections that cannot write.
async fn pool(config: &DatabaseConfig) -> Result<MySqlPool, VtigerError> {
    let options = MySqlConnectOptions::from_str(config.url.expose_secret()).map_err(|_quotes_the_url| {
        VtigerError::Configuration {
            what: "the database address is not of the form mysql://user:password@host:port/database".into(),
        }
    })?;
    MySqlPoolOptions::new()
        .max_connections(config.connections.max(1))
        .acquire_timeout(config.connect_timeout)
        .after_connect(|connection, _| {
            Box::pin(async move {
                connection.execute(sqlx::raw_sql(ON_CONNECT)).await?;
                Ok(())
            })
        })
        .connect_with(options)
        .await
        .map_err(|source| VtigerError::Database { operation: "connect", source })
}

impl Meter for VtigerDatabase {
    fn requests(&self) -> RequestCount {
        RequestCount { read: self.asked.load(Ordering::Relaxed), write: 0 }
    }
}

impl std::fmt::Debug for VtigerDatabase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VtigerDatabase").finish_non_exhaustive()
    }
}
