//! A view that an installation keeps in VTiger's database for somebody else to read: named columns, all rows, as text.
//!
//! Unlike [`super::VtigerDatabase`] it knows none of VTiger's tables, so that a database user who may see nothing but the
//! view is enough; and as there, the server itself refuses writes on its connections.

use cs_ports::PeerError;
use futures_util::{Stream, StreamExt};
use sqlx::AssertSqlSafe;
use sqlx::mysql::{MySqlPool, MySqlRow};

use super::pool;
use super::rows::raw;
use super::sql::identifier;
use crate::config::DatabaseConfig;
use crate::error::VtigerError;

/// Rows of a view.
pub struct VtigerView {
    pool: MySqlPool,
    statement: String,
    columns: usize,
}

/// A row: the columns in the order asked for, `None` for NULL.
pub type ViewRow = Vec<Option<String>>;

impl VtigerView {
    /// Connects. The view's and the columns' names hold letters, digits and `_` only; the view may be named with its
    /// database (`crm.orders`).
    pub async fn connect(config: DatabaseConfig, view: &str, columns: &[String]) -> Result<Self, PeerError> {
        let opened = Self::open(config, view, columns).await;
        opened.map_err(|error| error.into_peer("connect to the database"))
    }

    async fn open(config: DatabaseConfig, view: &str, columns: &[String]) -> Result<Self, VtigerError> {
        let odd = |what: &str| VtigerError::Configuration {
            what: format!("`{what}` cannot be the name of a view or column: letters, digits and `_` only"),
        };
        let view: Option<Vec<String>> = view.split('.').map(identifier).collect();
        let view = view.ok_or_else(|| odd("view"))?.join(".");
        let named: Result<Vec<String>, VtigerError> =
            columns.iter().map(|column| identifier(column).ok_or_else(|| odd(column))).collect();
        let statement = format!("select {} from {view}", named?.join(", "));
        let pool = pool(&config).await?;
        Ok(Self { pool, statement, columns: columns.len() })
    }

    /// Every row, as the server sends them: memory does not grow with their number.
    pub fn rows(&self) -> impl Stream<Item = Result<ViewRow, PeerError>> + Send + '_ {
        let columns = self.columns;
        let row = move |row: MySqlRow| {
            (0..columns).map(|at| raw(&row, at).map(std::borrow::Cow::into_owned)).collect()
        };
        let broken = |source| VtigerError::Database { operation: "read the view", source };
        let flow = sqlx::raw_sql(AssertSqlSafe(self.statement.clone())).fetch(&self.pool);
        flow.map(move |found| found.map(row).map_err(|source| broken(source).into_peer("read the view")))
    }
}

impl std::fmt::Debug for VtigerView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VtigerView").finish_non_exhaustive()
    }
}
