//! What plans cost before they are carried out: the requests their steps send, as the connectors send them, and the time
//! these need at measured rates (facts/VTIGER.md and facts/FRAPPE.md, "Rates": two shared cores).
//!
//! Times are for small servers and rates between one and four requests at once; nothing was measured beyond four, so that
//! more workers count as four.

use std::collections::BTreeSet;

use crate::intent::OperationKey;
use crate::name::{Kind, Role};
use crate::plan::{Act, Change, Plan, Planned, Step, VtigerStep};
use crate::run::{RequestCount, Requests};

/// As many requests at once as rates were measured for.
const MOST_MEASURED: usize = 4;

/// Requests a second, sent one after another and four at a time.
#[derive(Clone, Copy)]
struct Rate(f64, f64);

/// A page of a VTiger query of 100 rows.
const VTIGER_PAGE: Rate = Rate(15.0, 27.0);
/// One record of VTiger, looked at before and after a write.
const VTIGER_LOOK: Rate = Rate(28.0, 61.0);
const VTIGER_CREATE: Rate = Rate(12.0, 19.0);
const VTIGER_REVISE: Rate = Rate(9.0, 14.0);
/// An order, with its items, is heavier. A delete was not measured and counts as a revise.
const VTIGER_REVISE_ORDER: Rate = Rate(7.0, 11.0);
/// A list of 500 documents, or a search.
const FRAPPE_LIST: Rate = Rate(4.0, 10.0);
const FRAPPE_GET: Rate = Rate(6.0, 9.0);
/// A DELETE was not measured and counts as a PUT.
const FRAPPE_PUT: Rate = Rate(5.0, 8.0);

/// A POST takes as long as the DocType makes it.
fn frappe_post(doctype: &Kind) -> Rate {
    match doctype.as_str() {
        "Sales Order" => Rate(2.5, 3.4),
        "Contact" | "Address" => Rate(6.0, 12.0),
        "Customer" | "Item" => Rate(10.0, 20.0),
        _ => Rate(18.0, 31.0),
    }
}

fn vtiger_revise(module: &Kind) -> Rate {
    if module.as_str() == "SalesOrder" { VTIGER_REVISE_ORDER } else { VTIGER_REVISE }
}

/// Requests, and the time they need.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// How many of which kind.
    pub requests: Requests,
    /// Seconds, one request after another.
    alone: f64,
    /// Seconds, four requests at once.
    together: f64,
}

impl Cost {
    /// What reading costs that was measured in requests: pages of VTiger's query and lists of Frappe, one after another
    /// however many workers there are.
    pub fn of_reading(requests: Requests) -> Self {
        let mut cost = Self::default();
        cost.read_vtiger(requests.vtiger.read, VTIGER_PAGE);
        cost.read_frappe(requests.frappe.read, FRAPPE_LIST);
        Self { together: cost.alone, ..cost }
    }

    /// Seconds that this takes with so many workers.
    pub fn seconds(&self, workers: usize) -> f64 {
        let workers = workers.clamp(1, MOST_MEASURED);
        #[expect(clippy::cast_precision_loss, reason = "four at most")]
        let share = (workers - 1) as f64 / (MOST_MEASURED - 1) as f64;
        self.alone + (self.together - self.alone) * share
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let sum = |one: RequestCount, other: RequestCount| RequestCount {
            read: one.read + other.read,
            write: one.write + other.write,
        };
        Self {
            requests: Requests {
                vtiger: sum(self.requests.vtiger, other.requests.vtiger),
                frappe: sum(self.requests.frappe, other.requests.frappe),
            },
            alone: self.alone + other.alone,
            together: self.together + other.together,
        }
    }

    fn read_vtiger(&mut self, count: u64, rate: Rate) {
        self.requests.vtiger.read += count;
        self.take(count, rate);
    }

    fn write_vtiger(&mut self, rate: Rate) {
        self.requests.vtiger.write += 1;
        self.take(1, rate);
    }

    fn read_frappe(&mut self, count: u64, rate: Rate) {
        self.requests.frappe.read += count;
        self.take(count, rate);
    }

    fn write_frappe(&mut self, rate: Rate) {
        self.requests.frappe.write += 1;
        self.take(1, rate);
    }

    fn take(&mut self, count: u64, rate: Rate) {
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let count = count as f64;
        self.alone += count / rate.0;
        self.together += count / rate.1;
    }
}

/// Adds up what plans cost. A document that several records share is planned for each of them and created once: the plans
/// that come after find it.
#[derive(Debug, Default)]
pub struct Estimate {
    cost: Cost,
    /// Documents that a plan so far creates, by what they will hold.
    created: BTreeSet<String>,
}

impl Estimate {
    /// One plan more.
    pub fn add(&mut self, plan: &Plan) {
        if let Some(step) = &plan.vtiger {
            self.add_record(step);
        }
        let mut found = BTreeSet::new();
        for step in &plan.steps {
            self.add_step(step, &mut found);
        }
    }

    /// What all of them cost.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// VTiger is looked at before and after: neither its answers nor its versions can be relied on (cs-vtiger, `write`).
    fn add_record(&mut self, step: &VtigerStep) {
        let cost = &mut self.cost;
        match step {
            VtigerStep::Revise { target, .. } | VtigerStep::Delete { target, .. } => {
                cost.read_vtiger(2, VTIGER_LOOK);
                cost.write_vtiger(vtiger_revise(&target.kind));
            }
            VtigerStep::Create { key, changes, .. } => {
                // Without a field for its key, the record would be found by its place in time: the highest id is asked for.
                cost.read_vtiger(if holds(changes, key) { 1 } else { 2 }, VTIGER_LOOK);
                cost.write_vtiger(VTIGER_CREATE);
            }
        }
    }

    /// A created or amended document is read back, and so is one whose rows were written (cs-frappe, `writer`).
    fn add_step<'s>(&mut self, step: &'s Step, found: &mut BTreeSet<&'s Role>) {
        let cost = &mut self.cost;
        let rows = u64::from(step.changes.iter().any(|change| matches!(change.after, Planned::Rows(_))));
        match &step.act {
            Act::Create { key } => {
                if self.created.insert(content(step, key)) {
                    cost.write_frappe(frappe_post(&step.doctype));
                    cost.read_frappe(1, FRAPPE_GET);
                } else {
                    found.insert(&step.role);
                }
            }
            Act::Update { .. } => {
                cost.write_frappe(FRAPPE_PUT);
                cost.read_frappe(rows, FRAPPE_GET);
            }
            // The other record's plan completes what it created.
            Act::Finish if found.contains(&step.role) => {}
            Act::Finish => {
                cost.read_frappe(1 + rows, FRAPPE_GET);
                cost.write_frappe(FRAPPE_PUT);
            }
            Act::Amend { .. } => {
                cost.read_frappe(2, FRAPPE_GET);
                cost.write_frappe(FRAPPE_PUT);
                cost.write_frappe(frappe_post(&step.doctype));
            }
            Act::Delete { .. } => {
                cost.read_frappe(1, FRAPPE_GET);
                cost.write_frappe(FRAPPE_PUT);
            }
            Act::Link { .. } | Act::Unlink { .. } => {}
        }
    }
}

/// Whether one of the fields holds the key.
fn holds(changes: &[Change], key: &OperationKey) -> bool {
    changes.iter().any(|change| is_key(change, key))
}

fn is_key(change: &Change, key: &OperationKey) -> bool {
    matches!(&change.after, Planned::Value(value) if value.plain() == key.0)
}

/// What a new document is to hold, without the key that tells which record it is made for.
fn content(step: &Step, key: &OperationKey) -> String {
    let told = step.changes.iter().filter(|change| !is_key(change, key));
    let fields: Vec<String> = told.map(|change| format!("{} {:?}", change.field, change.after)).collect();
    format!("{}\u{1f}{}", step.doctype, fields.join("\u{1f}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::PlannedRow;
    use crate::record::RecordRef;
    use crate::value::Value;

    fn change(field: &str, after: Planned) -> Change {
        Change { field: field.into(), before: None, after }
    }

    fn text(text: &str) -> Planned {
        Planned::Value(Value::text(text))
    }

    fn step(doctype: &str, act: Act, changes: Vec<Change>) -> Step {
        Step { role: doctype.to_lowercase().into(), doctype: doctype.into(), act, changes }
    }

    fn plan(steps: Vec<Step>) -> Plan {
        Plan { steps, ..Plan::empty(RecordRef::vtiger("SalesOrder", "6x1")) }
    }

    fn requests(plans: &[Plan]) -> Requests {
        let mut estimate = Estimate::default();
        for plan in plans {
            estimate.add(plan);
        }
        estimate.cost().requests
    }

    fn creating(record: &str) -> Step {
        let key = OperationKey(format!("{record}/bank"));
        let changes = vec![change("bank_name", text("Banco Uno")), change("custom_vtiger_id", text(&key.0))];
        step("Bank", Act::Create { key }, changes)
    }

    #[test]
    fn a_shared_document_is_created_once() {
        let finish = || step("Bank", Act::Finish, vec![change("note", text("x"))]);
        let both = [plan(vec![creating("6x1"), finish()]), plan(vec![creating("6x2"), finish()])];
        assert_eq!(requests(&both).frappe, RequestCount { read: 2, write: 2 });
        let other = plan(vec![step(
            "Bank",
            Act::Create { key: OperationKey("6x3/bank".into()) },
            vec![change("bank_name", text("Banco Dos"))],
        )]);
        assert_eq!(requests(&[both[0].clone(), other]).frappe, RequestCount { read: 3, write: 3 });
    }

    #[test]
    fn what_a_step_sends_is_what_the_connectors_send() {
        let contact = RecordRef::frappe("Contact", "Ana");
        let row = PlannedRow { name: None, columns: [("link_name".into(), text("Ana"))].into() };
        let update = |after| {
            let act = Act::Update { target: contact.clone(), expected: "1".into() };
            requests(&[plan(vec![step("Contact", act, vec![change("x", after)])])]).frappe
        };
        assert_eq!(update(text("y")), RequestCount { read: 0, write: 1 });
        assert_eq!(update(Planned::Rows(vec![row])), RequestCount { read: 1, write: 1 });
        let order = RecordRef::vtiger("SalesOrder", "6x1");
        let mut revise = plan(Vec::new());
        revise.vtiger = Some(VtigerStep::Revise { target: order, expected: "1".into(), changes: Vec::new() });
        assert_eq!(requests(&[revise]).vtiger, RequestCount { read: 2, write: 1 });
        let unlink = step("Contact", Act::Unlink { target: contact }, Vec::new());
        assert_eq!(requests(&[plan(vec![unlink])]), Requests::default());
    }

    #[test]
    fn more_workers_are_faster_as_far_as_it_was_measured() {
        let mut estimate = Estimate::default();
        estimate.add(&plan(vec![creating("6x1")]));
        let cost = estimate.cost();
        assert!((cost.seconds(1) - (1.0 / 18.0 + 1.0 / 6.0)).abs() < 1e-9, "{}", cost.seconds(1));
        assert!(cost.seconds(4) < cost.seconds(2) && cost.seconds(2) < cost.seconds(1));
        assert!((cost.seconds(40) - cost.seconds(4)).abs() < 1e-9);
        let reading = Cost::of_reading(Requests {
            vtiger: RequestCount { read: 15, write: 0 },
            frappe: RequestCount { read: 4, write: 0 },
        });
        assert!((reading.seconds(1) - 2.0).abs() < 1e-9 && (reading.seconds(4) - 2.0).abs() < 1e-9);
    }
}
