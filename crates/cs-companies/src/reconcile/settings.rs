//! What an installation may say otherwise.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::company::same;
use crate::period::YEARS_AHEAD;

/// A broker: its short code, and what the CRM calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broker<'a> {
    /// The short code, `BS`.
    pub code: &'a str,
    /// The name in the CRM's orders, `BROKER SUR`.
    pub crm_name: &'a str,
}

/// The vocabularies and numbers of a reconciliation, with the spec's as defaults. Words are compared without regard to
/// case and surrounding space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What the CRM calls each broker, by short code.
    pub brokers: BTreeMap<String, String>,
    /// Problems of an order that excuse it from standing in the portal.
    pub not_in_portal_problems: Vec<String>,
    /// Problems that speak of a payment: a paid row contradicts them, an unpaid one is no news.
    pub payment_problems: Vec<String>,
    /// Problems with which a term date is not compared.
    pub termination_problems: Vec<String>,
    /// Payment types that are waited for.
    pub waiting_payment_types: Vec<String>,
    /// How many business days after the pay date are waited.
    pub waiting_business_days: u8,
    /// From this payment day on, the payment of the month before is meant.
    pub paid_month_before_from_day: u8,
    /// How many years beyond the plan year somebody may have paid: a row with a later date is not believed.
    pub paid_years_ahead: u8,
    /// Broker notes with which an order is not ours.
    pub not_ours_notes: Vec<String>,
    /// What a reviewer can say of a finding; empty is always possible.
    pub reviews: Vec<String>,
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            brokers: BTreeMap::new(),
            not_in_portal_problems: words(&[
                "No portal",
                "Problema Campaña",
                "Problema Pago",
                "Dejar cancelar MP",
            ]),
            payment_problems: words(&["Problema Pago", "Problema Campaña", "Dejar cancelar MP"]),
            termination_problems: words(&["Problema Campaña", "Dejar cancelar MP"]),
            waiting_payment_types: words(&["CALENDAR", "YES"]),
            waiting_business_days: 3,
            paid_month_before_from_day: 6,
            paid_years_ahead: YEARS_AHEAD,
            not_ours_notes: words(&["BROKER ERROR"]),
            reviews: words(&["Create Issue", "Portal Error", "Sync Error", "Paid"]),
        }
    }
}

impl Settings {
    /// A broker by its code; none where the settings do not name it. Without a name nothing could be compared, since
    /// every order would seem to be another broker's.
    pub fn broker<'a>(&'a self, code: &str) -> Option<Broker<'a>> {
        let found = self.brokers.iter().find(|(known, _)| same(known, code));
        found.map(|(code, crm_name)| Broker { code, crm_name })
    }
}

/// Whether a vocabulary has a word.
pub(super) fn has(vocabulary: &[String], word: &str) -> bool {
    vocabulary.iter().any(|known| same(known, word))
}
