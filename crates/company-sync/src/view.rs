//! Orders out of a view in VTiger's database, where the configuration names one.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cs_companies::Order;
use cs_engine::reconcile::{NoDate, OrderSource, OrdersAsked, OrdersRead, UnreadableOrder};
use cs_ports::PeerError;
use cs_vtiger::{DatabaseConfig, ViewRow, VtigerView};
use futures_util::TryStreamExt;
use jiff::civil::Date;

use crate::config::ViewConfig;

/// What the view's columns are called unless the configuration says otherwise: the keys of the fixtures' orders.
const COLUMNS: [&str; 12] = [
    "salesorder_no",
    "member_id",
    "company",
    "broker",
    "status",
    "effective_date",
    "termination_date",
    "paid_through",
    "problem",
    "payment_type",
    "payment_day",
    "broker_note",
];

/// Connects when it is asked, so that nothing waits for a database that is not needed.
pub(crate) struct ViewOrders {
    config: DatabaseConfig,
    name: String,
    columns: Vec<String>,
}

impl ViewOrders {
    /// The orders of this view.
    pub(crate) fn new(view: &ViewConfig) -> Self {
        let called = |known: &str| view.columns.get(known).map_or(known, String::as_str).to_owned();
        Self {
            config: DatabaseConfig::new(view.url.clone()),
            name: view.name.clone(),
            columns: COLUMNS.map(called).into(),
        }
    }
}

impl ViewOrders {
    /// Whether the view and its columns are there and can be read, waiting so long for the database. Answers whether it has
    /// rows.
    pub(crate) async fn look(mut self, patience: Duration) -> Result<bool, PeerError> {
        self.config.connect_timeout = patience;
        let view = VtigerView::connect(self.config, &self.name, &self.columns).await?;
        let mut rows = std::pin::pin!(view.rows());
        Ok(rows.try_next().await?.is_some())
    }
}

#[async_trait]
impl OrderSource for ViewOrders {
    async fn orders(&self, _asked: OrdersAsked<'_>) -> Result<OrdersRead, PeerError> {
        let view = VtigerView::connect(self.config.clone(), &self.name, &self.columns).await?;
        let mut read = OrdersRead::default();
        let mut words = Words::default();
        let mut rows = std::pin::pin!(view.rows());
        while let Some(row) = rows.try_next().await? {
            match order(&row, &self.columns, &mut words) {
                Ok(order) => read.orders.push(order),
                Err(unreadable) => read.unreadable.push(unreadable),
            }
        }
        Ok(read)
    }
}

/// Words that many orders share, kept once.
#[derive(Default)]
struct Words(HashMap<String, Arc<str>>);

impl Words {
    fn keep(&mut self, text: &str) -> Arc<str> {
        if let Some(word) = self.0.get(text) {
            return Arc::clone(word);
        }
        let word: Arc<str> = Arc::from(text);
        self.0.insert(text.to_owned(), Arc::clone(&word));
        word
    }
}

fn order(row: &ViewRow, columns: &[String], words: &mut Words) -> Result<Order, UnreadableOrder> {
    let cells: BTreeMap<&str, &str> =
        COLUMNS.into_iter().zip(row.iter().map(|cell| cell.as_deref().unwrap_or_default().trim())).collect();
    let text = |name: &str| cells.get(name).copied().unwrap_or_default();
    let day = |name: &str| -> Result<Option<Date>, UnreadableOrder> {
        let text = text(name);
        if text.is_empty() || text.starts_with("0000-00-00") {
            return Ok(None);
        }
        text.get(..10).unwrap_or(text).parse().map(Some).map_err(|_| {
            let at = COLUMNS.iter().position(|column| *column == name);
            let field = at.and_then(|at| columns.get(at)).map_or(name, String::as_str);
            UnreadableOrder {
                member_id: cells.get("member_id").copied().unwrap_or_default().to_owned(),
                reason: NoDate {
                    field: field.into(),
                    order: cells.get("salesorder_no").copied().unwrap_or_default().to_owned(),
                },
            }
        })
    };
    let day_of_month = text("payment_day").split('.').next().and_then(|day| day.parse().ok());
    Ok(Order {
        salesorder_no: text("salesorder_no").into(),
        member_id: text("member_id").into(),
        company: words.keep(text("company")),
        broker: words.keep(text("broker")),
        status: words.keep(text("status")),
        effective_date: day("effective_date")?,
        termination_date: day("termination_date")?,
        paid_through: day("paid_through")?,
        problem: words.keep(text("problem")),
        payment_type: words.keep(text("payment_type")),
        payment_day: day_of_month,
        broker_note: words.keep(text("broker_note")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn row(paid: Option<&str>) -> ViewRow {
        let cells = ["SO1", " 0012 ", "Oscar", "BROKER SUR", "Active", "2026-01-01", "0000-00-00"];
        let mut row: ViewRow = cells.iter().map(|cell| Some((*cell).to_owned())).collect();
        row.push(paid.map(str::to_owned));
        row.extend([None, Some("YES".into()), Some("15".into()), None]);
        row
    }

    #[test]
    fn a_row_becomes_an_order_and_what_is_no_date_is_never_taken_for_none() {
        let columns: Vec<String> = COLUMNS.map(str::to_owned).into();
        let mut words = Words::default();
        let found = order(&row(None), &columns, &mut words).unwrap();
        assert_eq!((&*found.member_id, found.termination_date, found.paid_through), ("0012", None, None));
        assert_eq!((found.payment_day, &*found.problem), (Some(15), ""));
        let found = order(&row(Some("2026-03-31 00:00:00")), &columns, &mut words).unwrap();
        assert_eq!(found.paid_through, Some(date(2026, 3, 31)));
        let error = order(&row(Some("31/03/2026")), &columns, &mut words).unwrap_err();
        assert_eq!(
            (error.member_id.as_str(), error.reason.to_string().as_str()),
            ("0012", "paid_through of order SO1 holds no date")
        );
    }
}
