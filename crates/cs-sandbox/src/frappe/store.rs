//! The site's database: documents by kind and name, counters and definitions, with an undo log, so that one request
//! is one transaction (facts/FRAPPE.md, "Transactions").

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::catalogue::DocType;
use super::collate;
use super::values::{Row, text};

#[derive(Clone)]
enum Undo {
    Row { doctype: String, key: String, before: Option<Arc<Row>> },
    Series { prefix: String, before: Option<u64> },
    DocType { name: String, before: Option<Arc<DocType>> },
}

/// The database of one site.
#[derive(Clone, Default)]
pub(super) struct Store {
    doctypes: BTreeMap<String, Arc<DocType>>,
    tables: BTreeMap<String, BTreeMap<String, Arc<Row>>>,
    series: BTreeMap<String, u64>,
    undo: Vec<Undo>,
}

impl Store {
    /// The kind of that name.
    pub(super) fn doctype(&self, name: &str) -> Option<Arc<DocType>> {
        self.doctypes.get(name).cloned()
    }

    /// All kinds.
    pub(super) fn doctypes(&self) -> impl Iterator<Item = &Arc<DocType>> {
        self.doctypes.values()
    }

    /// Adds or replaces a kind.
    pub(super) fn put_doctype(&mut self, doctype: Arc<DocType>) {
        let name = doctype.name.clone();
        let before = self.doctypes.insert(name.clone(), doctype);
        self.undo.push(Undo::DocType { name, before });
    }

    /// Forgets a kind.
    pub(super) fn remove_doctype(&mut self, name: &str) {
        if let Some(before) = self.doctypes.remove(name) {
            self.undo.push(Undo::DocType { name: name.to_owned(), before: Some(before) });
        }
    }

    /// The document of that name, compared as the database compares names.
    pub(super) fn get(&self, doctype: &str, name: &str) -> Option<&Arc<Row>> {
        self.tables.get(doctype)?.get(&collate::key(name))
    }

    /// All documents of a kind, in the order of their names.
    pub(super) fn rows(&self, doctype: &str) -> impl Iterator<Item = &Arc<Row>> {
        self.tables.get(doctype).into_iter().flat_map(BTreeMap::values)
    }

    /// Writes a document under the name that it holds.
    pub(super) fn put(&mut self, doctype: &str, row: Row) {
        let key = collate::key(&text(row.get("name")));
        let before = self.tables.entry(doctype.to_owned()).or_default().insert(key.clone(), Arc::new(row));
        self.undo.push(Undo::Row { doctype: doctype.to_owned(), key, before });
    }

    /// Takes a document away.
    pub(super) fn remove(&mut self, doctype: &str, name: &str) -> Option<Arc<Row>> {
        let key = collate::key(name);
        let before = self.tables.get_mut(doctype)?.remove(&key)?;
        self.undo.push(Undo::Row { doctype: doctype.to_owned(), key, before: Some(Arc::clone(&before)) });
        Some(before)
    }

    /// Changes fields of a stored document where it is; a null takes the field away. Says whether there was one.
    pub(super) fn set(&mut self, doctype: &str, name: &str, fields: &[(&str, Value)]) -> bool {
        let Some(row) = self.get(doctype, name) else {
            return false;
        };
        let mut row = Row::clone(row);
        for (field, value) in fields {
            if value.is_null() {
                row.shift_remove(*field);
            } else {
                row.insert((*field).to_owned(), value.clone());
            }
        }
        self.put(doctype, row);
        true
    }

    /// The last number that a counter gave.
    pub(super) fn series(&self, prefix: &str) -> u64 {
        self.series.get(prefix).copied().unwrap_or_default()
    }

    /// Sets a counter.
    pub(super) fn set_series(&mut self, prefix: &str, last: u64) {
        let before = self.series.insert(prefix.to_owned(), last);
        self.undo.push(Undo::Series { prefix: prefix.to_owned(), before });
    }

    /// A point to come back to.
    pub(super) fn savepoint(&self) -> usize {
        self.undo.len()
    }

    /// Goes back to a point.
    pub(super) fn rollback(&mut self, savepoint: usize) {
        while self.undo.len() > savepoint {
            match self.undo.pop() {
                Some(Undo::Row { doctype, key, before }) => {
                    let table = self.tables.entry(doctype).or_default();
                    match before {
                        Some(row) => table.insert(key, row),
                        None => table.remove(&key),
                    };
                }
                Some(Undo::Series { prefix, before }) => {
                    match before {
                        Some(last) => self.series.insert(prefix, last),
                        None => self.series.remove(&prefix),
                    };
                }
                Some(Undo::DocType { name, before }) => {
                    match before {
                        Some(doctype) => self.doctypes.insert(name, doctype),
                        None => self.doctypes.remove(&name),
                    };
                }
                None => return,
            }
        }
    }

    /// All documents by kind, and the counters.
    pub(super) fn contents(&self) -> (BTreeMap<String, Vec<Row>>, BTreeMap<String, u64>) {
        let rows = |table: &BTreeMap<String, Arc<Row>>| table.values().map(|row| Row::clone(row)).collect();
        let tables = self.tables.iter().map(|(doctype, table)| (doctype.clone(), rows(table)));
        (tables.collect(), self.series.clone())
    }

    /// Puts these in place of all there is; the kinds stay.
    pub(super) fn hold(&mut self, documents: BTreeMap<String, Vec<Row>>, series: BTreeMap<String, u64>) {
        self.tables.clear();
        for (doctype, rows) in documents {
            for row in rows {
                self.put(&doctype, row);
            }
        }
        self.series = series;
        self.commit();
    }

    /// Makes everything so far lasting.
    pub(super) fn commit(&mut self) {
        self.undo.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rollback_leaves_nothing_behind() {
        let mut store = Store::default();
        let row = |value: serde_json::Value| value.as_object().unwrap().clone();
        store.put("Bank", row(serde_json::json!({"name": "Uno", "v": 1})));
        store.commit();
        let point = store.savepoint();
        store.set("Bank", "uno", &[("v", 2.into())]);
        store.put("Bank", row(serde_json::json!({"name": "Dos"})));
        store.remove("Bank", "UNO ");
        store.set_series("BC-", 7);
        assert!(store.get("Bank", "uno").is_none());
        store.rollback(point);
        assert_eq!(store.get("Bank", "uno").unwrap()["v"], 1);
        assert!(store.get("Bank", "Dos").is_none());
        assert_eq!(store.series("BC-"), 0);
    }
}
