//! A configuration as a tree of keys: what layers are put together as, before anything is made of it.

use toml::{Table, Value};

/// What stands at `vtiger.url`.
pub(crate) fn at<'t>(table: &'t Table, key: &str) -> Option<&'t Value> {
    match key.split_once('.') {
        None => table.get(key),
        Some((section, rest)) => at(table.get(section)?.as_table()?, rest),
    }
}

/// Puts a value at `vtiger.url`; sections that are not there are made.
pub(crate) fn put(table: &mut Table, key: &str, value: Value) {
    match key.split_once('.') {
        None => drop(table.insert(key.to_owned(), value)),
        Some((section, rest)) => {
            let section = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
            if !section.is_table() {
                *section = Value::Table(Table::new());
            }
            if let Value::Table(section) = section {
                put(section, rest, value);
            }
        }
    }
}

/// Takes away what stands at `vtiger.url`, and the sections that are empty then.
pub(crate) fn take(table: &mut Table, key: &str) {
    let Some((section, rest)) = key.split_once('.') else {
        table.remove(key);
        return;
    };
    let Some(Value::Table(inner)) = table.get_mut(section) else { return };
    take(inner, rest);
    if inner.is_empty() {
        table.remove(section);
    }
}

/// Puts what `over` says in place of what `under` says, key by key; lists are not mixed.
pub(crate) fn laid_over(mut under: Table, over: &Table) -> Table {
    for (key, value) in over {
        let merged = match (under.remove(key), value) {
            (Some(Value::Table(under)), Value::Table(over)) => Value::Table(laid_over(under, over)),
            _ => value.clone(),
        };
        under.insert(key.clone(), merged);
    }
    under
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn what_lies_over_wins_key_by_key() {
        let under = table("zone = 1\n[vtiger]\nurl = 'under'\nuser = 'under'\n[frappe]\nurl = 'under'");
        let over = table("zone = 2\n[vtiger]\nurl = 'over'\nlist = [1]");
        let merged = laid_over(under, &over);
        let expected =
            "zone = 2\n[vtiger]\nurl = 'over'\nuser = 'under'\nlist = [1]\n[frappe]\nurl = 'under'";
        assert_eq!(merged, table(expected));
    }

    #[test]
    fn keys_are_put_and_taken_with_their_sections() {
        let mut document = Table::new();
        put(&mut document, "mapping.policy.settings.company", Value::from("Prueba"));
        assert_eq!(at(&document, "mapping.policy.settings.company").and_then(Value::as_str), Some("Prueba"));
        assert_eq!(at(&document, "mapping.crm.settings.company"), None);
        take(&mut document, "mapping.policy.settings.other");
        assert_eq!(document.len(), 1);
        take(&mut document, "mapping.policy.settings.company");
        assert!(document.is_empty(), "{document}");
    }
}
