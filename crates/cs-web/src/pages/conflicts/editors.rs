//! Who edited VTiger's records: it says so by ids like `19x1`, which tell people nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use cs_domain::{FieldName, Kind, Record, StandingConflict, System};

use crate::visit::Visit;
use crate::words::Words;

/// How long a page waits for names; without them it shows the ids.
const PATIENCE: Duration = Duration::from_secs(2);
/// Users that are asked for: an agency has fewer.
const MOST: u32 = 200;
/// First name and last name; else the name they log in with.
const NAMES: [&str; 3] = ["first_name", "last_name", "user_name"];

/// VTiger's users by id, as far as they are known.
#[derive(Default)]
pub(super) struct Editors(BTreeMap<String, String>);

impl Editors {
    /// Asks VTiger, where one of these was edited by somebody with an id; the answer is good for some minutes. A VTiger that
    /// does not answer, or does not tell this user who its users are, is no reason to show no page.
    pub(super) async fn of(visit: &Visit, conflicts: &[StandingConflict]) -> Self {
        let edits = conflicts.iter().filter_map(|standing| standing.met.edits.get(&System::Vtiger));
        if !edits.filter_map(|edit| edit.by.as_deref()).any(is_id) {
            return Self::default();
        }
        let fields = NAMES.map(FieldName::from);
        let kind = Kind::from("Users");
        let asked = visit.web.office.newest(System::Vtiger, &kind, &fields, MOST);
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Ok(users)) => Self(users.iter().filter_map(named).collect()),
            Ok(Err(_)) | Err(_) => Self::default(),
        }
    }

    /// Who it was, for people.
    pub(super) fn name(&self, words: &Words, system: System, by: &str) -> String {
        match self.0.get(by).filter(|_| system == System::Vtiger) {
            Some(name) => name.clone(),
            None if system == System::Vtiger && is_id(by) => {
                words.tell("conflicts-vtiger-user", &[("id", by.to_owned().into())])
            }
            None => by.to_owned(),
        }
    }
}

/// A user's id and name.
fn named(user: &Record) -> Option<(String, String)> {
    let told = |field: &str| {
        let value = user.get(&FieldName::from(field));
        value.map(|value| value.plain().trim().to_owned()).unwrap_or_default()
    };
    let [first, last, login] = NAMES.map(told);
    let whole = format!("{first} {last}").trim().to_owned();
    let name = if whole.is_empty() { login } else { whole };
    (!name.is_empty()).then(|| (user.reference.id.to_string(), name))
}

/// `19x1`: what VTiger calls a user.
fn is_id(by: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    by.split_once('x').is_some_and(|(module, number)| is_number(module) && is_number(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn a_user_has_a_name_where_it_is_known() {
        let editors = Editors(BTreeMap::from([("19x1".to_owned(), "Ana Prueba".to_owned())]));
        let (en, es) = (Words::in_language(Language::En), Words::in_language(Language::Es));
        assert_eq!(editors.name(&en, System::Vtiger, "19x1"), "Ana Prueba");
        assert_eq!(editors.name(&en, System::Vtiger, "19x7"), "VTiger user 19x7");
        assert_eq!(editors.name(&es, System::Vtiger, "19x7"), "usuario 19x7 de VTiger");
        assert_eq!(editors.name(&en, System::Frappe, "ana@example.test"), "ana@example.test");
        assert!(is_id("19x1") && !is_id("max") && !is_id("x1") && !is_id("19x"));
    }
}
