//! That a write changed nothing but what was sent.

use cs_domain::Fields;

use super::Ledger;
use crate::frappe::Row;
use crate::simulation::frappe_values::text;
use crate::vtiger;

impl Ledger {
    /// Nothing of a VTiger record but what was sent has changed, line items and totals included.
    pub(crate) fn prove_untouched(
        &mut self,
        now: Option<&vtiger::Record>,
        before: &vtiger::Record,
        sent: &Fields,
    ) {
        let Some(now) = now else { return };
        let own = ["modifiedtime", "modifiedby", "starred"];
        let strange = now.values.iter().filter(|(name, value)| {
            let (old, value) = (before.values.get(*name).and_then(Option::as_deref), value.as_deref());
            !own.contains(&name.as_str())
                && !sent.contains_key(name.as_str())
                && old.unwrap_or_default() != value.unwrap_or_default()
        });
        let strange: Vec<&String> = strange.map(|(name, _)| name).collect();
        if !strange.is_empty() || now.items != before.items {
            self.breaches.push(format!("a write to {} {} changed {strange:?} besides", now.module, now.id));
        }
    }

    /// Nothing of a document but what was sent, and what Frappe works out of it, has changed.
    pub(crate) fn prove_document_untouched(&mut self, now: Option<&Row>, before: &Row, sent: &Fields) {
        let Some(now) = now else { return };
        let derived = [
            "modified",
            "modified_by",
            "full_name",
            "phone",
            "mobile_no",
            "email_id",
            "image",
            "primary_address",
            "title",
            "customer_name",
            "party_name",
            "status",
            "address_display",
            "contact_display",
            "contact_mobile",
            "contact_email",
            "contact_phone",
        ];
        // Whoever saves an order without an address or a contact gives it its customer's, as ERPNext does: no value of ours.
        let filled_in = |name: &str| {
            ["customer_address", "contact_person"].contains(&name) && text(before, name).is_empty()
        };
        let strange = now.iter().filter(|(name, value)| {
            let same = match (value, before.get(*name)) {
                (serde_json::Value::Array(rows), Some(serde_json::Value::Array(old))) => {
                    rows.len() == old.len()
                }
                (value, old) => old.unwrap_or(&serde_json::Value::Null) == *value,
            };
            let own = derived.contains(&name.as_str()) || filled_in(name.as_str());
            !same && !own && !sent.contains_key(name.as_str())
        });
        let strange: Vec<&String> = strange.map(|(name, _)| name).collect();
        if !strange.is_empty() {
            self.breaches.push(format!("a write to {} changed {strange:?} besides", text(now, "name")));
        }
    }
}
