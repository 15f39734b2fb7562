//! How documents get their names (facts/FRAPPE.md, traps 3 and 6).

use std::sync::Arc;

use serde_json::Value;

use super::catalogue::{DocType, Naming};
use super::collate;
use super::refusal::{Class, Message, Refusal};
use super::site::Txn;
use super::values::{Row, has_value, text};

/// A counter's pattern, taken apart: `SAL-ORD-.YYYY.-` has the prefix `SAL-ORD-2026-` and five digits.
struct Series {
    prefix: String,
    digits: usize,
}

impl Txn<'_> {
    /// The name of a new document.
    pub(super) fn new_name(&mut self, meta: &Arc<DocType>, row: &Row) -> Result<String, Refusal> {
        if has_value(row.get("amended_from")) {
            return Ok(amended_name(&text(row.get("amended_from"))));
        }
        let name = match &meta.naming {
            Naming::Hash => self.site.random_name(),
            Naming::Single => meta.name.clone(),
            Naming::Prompt => prompted(row)?,
            Naming::Field(field) => {
                let value = text(row.get(field));
                if value.trim().is_empty() {
                    return Err(required(meta, field));
                }
                value.trim().to_owned()
            }
            Naming::Format(pattern) if pattern.contains('#') => self.next_in_series(pattern),
            Naming::Format(pattern) => fill_pattern(pattern, row),
            Naming::Series => self.next_in_series(&text(row.get("naming_series"))),
            Naming::Contact => self.contact_name(row),
            Naming::Address => self.address_name(row)?,
            Naming::Customer => self.customer_name(row),
            Naming::CustomField => format!("{}-{}", text(row.get("dt")), text(row.get("fieldname"))),
        };
        if name.contains(['<', '>']) {
            return Err(Refusal::thrown(Class::Name, "Name cannot contain special characters like '<', '>'"));
        }
        Ok(name)
    }

    fn contact_name(&mut self, row: &Row) -> String {
        let mut name = full_name(row);
        if name.is_empty() {
            return self.site.random_name();
        }
        if let Some(party) = first_link(row) {
            name = format!("{name}-{}", party.trim());
        }
        self.unless_taken("Contact", name)
    }

    fn address_name(&mut self, row: &Row) -> Result<String, Refusal> {
        let title = text(row.get("address_title"));
        let title = if title.trim().is_empty() { first_link(row).unwrap_or_default() } else { title };
        if title.trim().is_empty() {
            return Err(Refusal::invalid("Address Title is mandatory."));
        }
        let kind = text(row.get("address_type"));
        Ok(self.unless_taken("Address", format!("{}-{}", title.trim(), kind.trim())))
    }

    /// The name, or with the next free number after it: `-1`, `-2`.
    fn unless_taken(&self, doctype: &str, name: String) -> String {
        if self.site.store.get(doctype, &name).is_none() {
            return name;
        }
        let last = self.last_number(doctype, &name, "-");
        format!("{name}-{}", last + 1)
    }

    fn last_number(&self, doctype: &str, name: &str, joint: &str) -> u64 {
        let prefix = format!("{}{joint}", collate::key(name));
        let names = self.site.store.rows(doctype).map(|row| text(row.get("name")));
        names.filter_map(|name| collate::key(&name).strip_prefix(&prefix)?.parse().ok()).max().unwrap_or(0)
    }

    /// A customer that exists already is made a second time, with only a note to say so.
    fn customer_name(&mut self, row: &Row) -> String {
        let name = text(row.get("customer_name"));
        if name.trim().is_empty() {
            return self.next_in_series(&text(row.get("naming_series")));
        }
        let name = name.trim().to_owned();
        if self.site.store.get("Customer", &name).is_none() {
            return name;
        }
        let last = self.last_number("Customer", &name, " - ");
        let changed = format!("{name} - {}", last + 1);
        let note = format!("Changed customer name to '{changed}' as '{name}' already exists.");
        self.messages.push(Message::plain(note).titled("Note").coloured("yellow"));
        changed
    }

    fn next_in_series(&mut self, pattern: &str) -> String {
        let series = self.read_series(pattern);
        let next = self.site.store.series(&series.prefix) + 1;
        self.site.store.set_series(&series.prefix, next);
        format!("{}{next:0width$}", series.prefix, width = series.digits)
    }

    fn read_series(&self, pattern: &str) -> Series {
        let today = self.today();
        let mut series = Series { prefix: String::new(), digits: 5 };
        for part in pattern.split('.') {
            match part {
                "YYYY" => series.prefix.push_str(today.get(..4).unwrap_or_default()),
                "YY" => series.prefix.push_str(today.get(2..4).unwrap_or_default()),
                "MM" => series.prefix.push_str(today.get(5..7).unwrap_or_default()),
                "DD" => series.prefix.push_str(today.get(8..10).unwrap_or_default()),
                hashes if !hashes.is_empty() && hashes.bytes().all(|byte| byte == b'#') => {
                    series.digits = hashes.len();
                }
                other => series.prefix.push_str(other),
            }
        }
        series
    }

    /// Deleting the last document of a series gives its number free again.
    pub(super) fn give_number_back(&mut self, meta: &DocType, row: &Row) {
        let pattern = match &meta.naming {
            Naming::Series => text(row.get("naming_series")),
            Naming::Format(pattern) if pattern.contains('#') => pattern.clone(),
            _ => return,
        };
        let series = self.read_series(&pattern);
        let number =
            text(row.get("name")).strip_prefix(&series.prefix).and_then(|rest| rest.parse::<u64>().ok());
        if number.is_some_and(|number| number > 0 && number == self.site.store.series(&series.prefix)) {
            let last = self.site.store.series(&series.prefix) - 1;
            self.site.store.set_series(&series.prefix, last);
        }
    }
}

fn prompted(row: &Row) -> Result<String, Refusal> {
    let name = text(row.get("name"));
    if name.trim().is_empty() {
        return Err(Refusal::invalid("Please set the document name"));
    }
    Ok(name.trim().to_owned())
}

fn required(meta: &DocType, field: &str) -> Refusal {
    let label = meta.field(field).map_or(field, |field| field.title());
    Refusal::invalid(format!("{label} is required"))
}

fn fill_pattern(pattern: &str, row: &Row) -> String {
    let mut name = pattern.to_owned();
    for (field, value) in row {
        name = name.replace(&format!("{{{field}}}"), text(Some(value)).trim());
    }
    name
}

fn first_link(row: &Row) -> Option<String> {
    let rows = row.get("links").and_then(Value::as_array)?;
    rows.first().map(|link| text(link.get("link_name")))
}

/// `ORDER` becomes `ORDER-1`, and that `ORDER-2`: only the original has no number of its own.
fn amended_name(from: &str) -> String {
    match from.rsplit_once('-') {
        // A series number is padded with zeroes; the number of an amendment is not.
        Some((stem, number)) if number.len() < 5 && !number.starts_with('0') => match number.parse::<u64>() {
            Ok(number) => format!("{stem}-{}", number + 1),
            Err(_) => format!("{from}-1"),
        },
        _ => format!("{from}-1"),
    }
}

/// First, middle and last name, each trimmed; the company where there is no person.
pub(super) fn full_name(row: &Row) -> String {
    let parts: Vec<String> = ["first_name", "middle_name", "last_name"]
        .iter()
        .map(|field| text(row.get(*field)).trim().to_owned())
        .filter(|part| !part.is_empty())
        .collect();
    if parts.is_empty() { text(row.get("company_name")).trim().to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amendment_counts_from_the_original() {
        assert_eq!(amended_name("SAL-ORD-2026-00001"), "SAL-ORD-2026-00001-1");
        assert_eq!(amended_name("SAL-ORD-2026-00001-1"), "SAL-ORD-2026-00001-2");
        assert_eq!(amended_name("SAL-ORD-2026-00001-9"), "SAL-ORD-2026-00001-10");
    }
}
