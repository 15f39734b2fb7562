//! Rows against orders: outcomes, findings and updates (`spec/RECONCILIATION.md`, "Step 2"). No clock, no server.

mod absent;
mod compare;
mod expected;
mod finding;
mod index;
mod order;
mod outcome;
mod pay_day;
mod settings;

pub use compare::{reconcile, reconcile_row};
pub use expected::{Expected, ExpectedFinding, ExpectedUpdate};
pub use finding::{Detail, Finding, FindingKey, FindingKind, RowRef, Seen, finding_message};
pub use order::{Order, parse_orders};
pub use outcome::{OrderOutcome, Reconciliation, RowOutcome, Update};
pub use pay_day::paid_by;
pub use settings::{Broker, Settings};
