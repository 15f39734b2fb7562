//! A seeded insurance agency of invented people: the same seed gives the same agency, byte for byte.
//!
//! [`Agency`] is the truth that a test checks results against; [`Agency::fill`] writes it into a VTiger
//! [`System`](crate::vtiger::System) with the reference installation's custom fields (spec/DEFAULT-MAPPING.md).
//! Nobody in it exists: names are drawn from lists, addresses are at `example.test`, card numbers begin with 4000 00,
//! which no issuer uses for customers, and pass the Luhn check like real ones would.

mod fill;
mod leads;
mod names;
mod policy;
mod random;

pub use policy::{Address, Bank, Card, Person, Plan, Policy};

use policy::Writer;

/// How many orders an agency has by default.
pub const ORDERS: usize = 320;

/// Everything that was generated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agency {
    /// The seed it came from.
    pub seed: u64,
    /// The policies, one for each Sales Order, in the order of their ids.
    pub policies: Vec<Policy>,
    /// The plans that policies are of.
    pub plans: Vec<Plan>,
}

/// The statuses that the default mapping selects.
pub const SELECTED: [&str; 3] = ["Active", "Initial Enrollment", "Sin Digitar"];

impl Agency {
    /// An agency with so many orders.
    pub fn generate(seed: u64, orders: usize) -> Self {
        let mut writer = Writer::new(seed);
        let policies = (0..orders).map(|index| writer.policy(index)).collect();
        Self { seed, policies, plans: writer.into_plans() }
    }

    /// The policies whose status the default mapping selects.
    pub fn selected(&self) -> impl Iterator<Item = &Policy> {
        self.policies.iter().filter(|policy| SELECTED.contains(&policy.status.as_str()))
    }

    /// What must never leave the connector: every card number and every verification code, as they stand in VTiger.
    /// A test searches stores, logs and outputs for them.
    pub fn secrets(&self) -> Vec<String> {
        let cards = self.policies.iter().filter_map(|policy| policy.card.as_ref());
        let mut secrets: Vec<String> = cards
            .flat_map(|card| [card.number.clone(), card.number.replace(' ', ""), card.code.clone()])
            .collect();
        secrets.sort();
        secrets.dedup();
        secrets
    }
}

#[cfg(test)]
mod tests;
