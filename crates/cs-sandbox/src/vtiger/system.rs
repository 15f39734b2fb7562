//! The state of one VTiger server, and what a test or a generator may put into it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::catalogue::{Catalogue, Installation, Module};
use super::persona::Persona;
use super::session::{Challenge, Sessions};
use super::values;

/// A record's or line item's columns by API name; none is NULL. References and owners are bare numbers.
pub type Values = BTreeMap<String, Option<String>>;

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rights {
    /// Everything.
    Admin,
    /// Read everything, change what is the user's own (the global "View all").
    ViewAll,
    /// The module permissions of a profile alone, with which 8.3.0 shows no modules at all (trap 7).
    Profile,
}

/// Somebody who can log in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct User {
    /// The number; the id is `19x<number>`.
    pub id: u64,
    /// What the user logs in with.
    pub access_key: String,
    /// What the user may do.
    pub rights: Rights,
    /// The columns of `vtiger_users`: `user_name`, `date_format`, `time_zone` and so on.
    pub values: Values,
}

impl User {
    pub(crate) fn text(&self, field: &str) -> &str {
        self.values.get(field).and_then(Option::as_deref).unwrap_or_default()
    }
}

/// A record of an entity module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The number; the id is `<prefix>x<number>`. Numbers are shared by all entity modules.
    pub id: u64,
    /// The module's name.
    pub module: String,
    /// The columns.
    pub values: Values,
    /// The label, plain.
    pub label: String,
    /// Deleted softly: nowhere to be seen over the web service.
    pub deleted: bool,
    /// The line items, in their order; only orders have any. Each has an `id` of its own.
    pub items: Vec<Values>,
    /// Who saved it so far: only they see a value in `starred`.
    pub savers: BTreeSet<u64>,
}

impl Record {
    /// A column's text; NULL is the empty text.
    pub fn text(&self, field: &str) -> &str {
        self.values.get(field).and_then(Option::as_deref).unwrap_or_default()
    }

    pub(crate) fn set(&mut self, field: &str, value: Option<&str>) {
        self.values.insert(field.to_owned(), value.map(str::to_owned));
    }
}

/// A record to be put into the state as it is, without any operation.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// The module's name.
    pub module: String,
    /// The number; none: the next one.
    pub id: Option<u64>,
    /// Columns that differ from a blank record's.
    pub values: Values,
    /// The label; none: from the module's label fields.
    pub label: Option<String>,
    /// Line items: columns that differ from a blank item's.
    pub items: Vec<Values>,
    /// Whether it is deleted.
    pub deleted: bool,
    /// Who saved it, besides the one in `modifiedby`.
    pub savers: BTreeSet<u64>,
}

/// How a [`System`] begins.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The version.
    pub persona: Persona,
    /// The custom fields.
    pub installation: Installation,
    /// The server's `$default_timezone`, in which it keeps its times.
    pub time_zone: TimeZone,
    /// How many decimals the users see in computed amounts (`LineItems_FinalDetails`).
    pub currency_decimals: u32,
}

impl Setup {
    /// A server as it is shipped: UTC.
    pub fn new(persona: Persona, installation: Installation) -> Self {
        // The recorded 8.2.0 shows whole amounts, the recorded 8.3.0 two decimals.
        let currency_decimals = if persona.is_8_2() { 0 } else { 2 };
        Self { persona, installation, time_zone: TimeZone::UTC, currency_decimals }
    }
}

/// What a server holds, without what it is: for a file, and for a server like it that begins where this one was.
#[derive(Debug, Serialize, Deserialize)]
pub struct Contents {
    users: BTreeMap<u64, User>,
    records: BTreeMap<u64, Record>,
    next_id: u64,
    next_item: u64,
    numbering: BTreeMap<String, u64>,
}

/// One VTiger server.
#[derive(Debug, Clone)]
pub struct System {
    pub(crate) setup: Setup,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) users: BTreeMap<u64, User>,
    pub(crate) currencies: BTreeMap<u64, Values>,
    pub(crate) records: BTreeMap<u64, Record>,
    pub(crate) sessions: Sessions,
    next_id: u64,
    next_item: u64,
    numbering: BTreeMap<String, u64>,
}

impl System {
    /// A server without records. It has the user `admin` (`19x1`, key `sandbox-admin-key`) and the salesperson
    /// `ventas1` (`19x5`, key `sandbox-ventas1-key`, sees all and changes the own), and US dollars.
    pub fn new(setup: Setup) -> Self {
        let mut system = Self {
            catalogue: Arc::new(Catalogue::of(setup.installation)),
            setup,
            users: BTreeMap::new(),
            currencies: BTreeMap::from([(1, super::actors::us_dollars())]),
            records: BTreeMap::new(),
            sessions: Sessions::default(),
            next_id: 2,
            next_item: 1,
            numbering: BTreeMap::new(),
        };
        system.put_user(super::actors::admin());
        system.put_user(super::actors::salesperson());
        system
    }

    /// What it holds now. Who is logged in is not part of it.
    pub fn contents(&self) -> Contents {
        Contents {
            users: self.users.clone(),
            records: self.records.clone(),
            next_id: self.next_id,
            next_item: self.next_item,
            numbering: self.numbering.clone(),
        }
    }

    /// Puts contents in place of what it holds.
    pub fn hold(&mut self, contents: Contents) {
        let Contents { users, records, next_id, next_item, numbering } = contents;
        self.users = users;
        self.records = records;
        (self.next_id, self.next_item, self.numbering) = (next_id, next_item, numbering);
    }

    /// Adds or replaces a user.
    pub fn put_user(&mut self, user: User) {
        self.users.insert(user.id, user);
    }

    /// Removes a user, as if there never had been one.
    pub fn remove_user(&mut self, id: u64) {
        self.users.remove(&id);
    }

    /// Makes the next record and the next line item get these numbers.
    pub fn count_from(&mut self, record: u64, item: u64) {
        self.next_id = record;
        self.next_item = item;
    }

    /// Makes `last` the last number given with a prefix (`CON`, `ACC`, `PRO`, `SO`).
    pub fn number_after(&mut self, prefix: &str, last: u64) {
        self.numbering.insert(prefix.to_owned(), last);
    }

    /// Which version this is.
    pub fn persona(&self) -> Persona {
        self.setup.persona
    }

    /// The modules and fields.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// The users by number.
    pub fn users(&self) -> &BTreeMap<u64, User> {
        &self.users
    }

    /// All records by number, deleted ones included.
    pub fn records(&self) -> &BTreeMap<u64, Record> {
        &self.records
    }

    /// Makes `name` a live session of a user.
    pub fn put_session(&mut self, name: &str, user: u64, now: Timestamp) {
        self.sessions.put_session(name.to_owned(), user, now);
    }

    /// Makes `token` the challenge of a user, as if it had been given at `now`.
    pub fn put_challenge(&mut self, user: u64, token: &str, now: Timestamp) -> Challenge {
        self.sessions.put_challenge(user, token.to_owned(), now)
    }

    /// Forgets a session, as when PHP collects its file.
    pub fn forget_session(&mut self, name: &str) {
        self.sessions.forget(name);
    }

    /// Forgets every session.
    pub fn forget_sessions(&mut self) {
        self.sessions.forget_all();
    }

    /// Puts a record into the state and gives its id. Unknown modules give none.
    pub fn put(&mut self, draft: Draft) -> Option<String> {
        let module = self.catalogue.module(&draft.module)?.clone();
        let id = draft.id.unwrap_or(self.next_id);
        self.next_id = self.next_id.max(id + 1);
        let mut values = blank_values(&module);
        if module.name == "SalesOrder" {
            super::orders::null_out(&mut values);
        }
        values.extend(draft.values);
        let items = draft.items.into_iter().map(|item| self.complete_item(item)).collect();
        let mut record = Record {
            id,
            label: String::new(),
            module: draft.module,
            values,
            deleted: draft.deleted,
            items,
            savers: draft.savers,
        };
        record.savers.extend(record.text("modifiedby").parse::<u64>());
        record.label = draft.label.unwrap_or_else(|| label(&module, &record.values));
        self.records.insert(id, record);
        Some(format!("{}x{id}", module.prefix))
    }

    /// A line item with every column, numbered.
    pub(crate) fn complete_item(&mut self, given: Values) -> Values {
        let mut item = super::items::blank();
        item.extend(given);
        let id = item.get("id").and_then(Option::as_deref).and_then(|id| id.parse().ok());
        let id = id.unwrap_or(self.next_item);
        self.next_item = self.next_item.max(id + 1);
        item.insert("id".to_owned(), Some(id.to_string()));
        item
    }

    /// A number for a new record.
    pub(crate) fn take_id(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    /// The next `CON7`.
    pub(crate) fn take_number(&mut self, prefix: &str) -> String {
        let next = self.numbering.entry(prefix.to_owned()).or_default();
        *next += 1;
        format!("{prefix}{next}")
    }

    /// A time as the server keeps it: whole seconds, in its own time zone.
    pub(crate) fn stamp(&self, now: Timestamp) -> String {
        now.to_zoned(self.setup.time_zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// A record that is there and not deleted.
    pub(crate) fn live(&self, id: u64) -> Option<&Record> {
        self.records.get(&id).filter(|record| !record.deleted)
    }
}

/// The columns of a record nobody filled in.
fn blank_values(module: &Module) -> Values {
    let item_free = module.stored().filter(|field| !field.item);
    item_free.map(|field| (field.name.clone(), values::blank(field.kind))).collect()
}

/// A record's label from its label fields; what is longer than the column is cut.
pub(crate) fn label(module: &Module, values: &Values) -> String {
    let parts = module.label_fields.iter().filter_map(|name| values.get(name)?.as_deref());
    let joined = parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    values::cut(joined.trim(), Some(255))
}
