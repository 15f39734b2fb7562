//! One Frappe site as a plain state machine: documents, users, settings, switches. Time is passed in; names that Frappe
//! draws at random come from a seed. Everything that changes documents goes through a [`Txn`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::catalogue::{self, CatalogueError, DocType, Field};
use super::refusal::{Class, Message, Refusal};
use super::stamp;
use super::store::Store;
use super::values::{Row, text};

/// A limit on server time (facts/FRAPPE.md, status 429): the budget is the site's, for all users together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimit {
    /// Length of the window in seconds.
    pub window: i64,
    /// Microseconds of server time that a window allows.
    pub budget: u64,
    /// Microseconds that a request is taken to cost.
    pub cost: u64,
    /// What the window has used.
    pub used: u64,
    /// When the window began.
    pub began: Timestamp,
}

impl RateLimit {
    /// A fresh window.
    pub fn new(window: i64, budget: u64, cost: u64, began: Timestamp) -> Self {
        Self { window, budget, cost, used: 0, began }
    }

    /// Seconds until the next window.
    pub fn reset(&self, now: Timestamp) -> i64 {
        (self.window - now.duration_since(self.began).as_secs()).max(0)
    }

    /// Microseconds left.
    pub fn remaining(&self) -> u64 {
        self.budget.saturating_sub(self.used)
    }

    /// Lets a request in and books it, or says in how many seconds to come back.
    fn admit(&mut self, now: Timestamp) -> Result<(), i64> {
        if self.reset(now) == 0 {
            self.began = now;
            self.used = 0;
        }
        if self.remaining() == 0 {
            return Err(self.reset(now));
        }
        self.used = self.used.saturating_add(self.cost);
        Ok(())
    }
}

/// What can be wrong with a whole site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Switches {
    /// Maintenance: every request gets 503 `SessionStopped`.
    pub maintenance: bool,
    /// Reads go on, writes get 503 `InReadOnlyMode`.
    pub read_only: bool,
    /// The database cannot be reached: reads get 500 in JSON, writes 500 in HTML.
    pub database_down: bool,
    /// The queue's Redis is down: a DELETE is done and answers 500 in HTML (facts/FRAPPE.md, trap 2).
    pub queue_down: bool,
    /// Documents that another transaction holds (`DocType`, name): writing them times out.
    pub locked: BTreeSet<(String, String)>,
    /// A limit on server time; off by default.
    pub rate_limit: Option<RateLimit>,
}

/// A user's key and secret.
#[derive(Clone)]
struct Token {
    secret: String,
    user: String,
}

/// A site. A clone is another site that begins where this one stands.
#[derive(Clone)]
pub struct Site {
    /// What is wrong with it.
    pub switches: Switches,
    /// The hosts it answers to; none: all.
    pub hosts: Vec<String>,
    /// Installed apps as `get_versions` lists them.
    pub apps: BTreeMap<String, Value>,
    /// Defaults for links by field name (`company`, `country`, `currency`, `language`).
    pub defaults: BTreeMap<String, String>,
    /// What `get_time_zone` says where that is not the setting: Frappe answers it from a cache that may be old.
    pub cached_time_zone: Option<String>,
    /// The database's name, which some errors tell.
    pub database: String,
    pub(super) store: Store,
    tokens: BTreeMap<String, Token>,
    sessions: BTreeMap<String, String>,
    random: u64,
    last: Timestamp,
}

/// What a site holds, without what it is: for a file, and for a site like it that begins where this one was.
#[derive(Debug, Serialize, Deserialize)]
pub struct Contents {
    documents: BTreeMap<String, Vec<Row>>,
    series: BTreeMap<String, u64>,
    random: u64,
    last: Timestamp,
}

impl Site {
    /// What it holds now. Who is logged in is not part of it.
    pub fn contents(&self) -> Contents {
        let (documents, series) = self.store.contents();
        Contents { documents, series, random: self.random, last: self.last }
    }

    /// Puts contents in place of what it holds. Kinds and fields that were made on the site are made again from the documents
    /// that describe them.
    pub fn hold(&mut self, contents: Contents) {
        let Contents { documents, series, random, last } = contents;
        let custom = documents.get("Custom Field").cloned().unwrap_or_default();
        self.store.hold(documents, series);
        let is_known = |site: &Self, field: &Row| {
            let of = site.store.doctype(&text(field.get("dt")));
            of.is_none_or(|of| of.field(&text(field.get("fieldname"))).is_some())
        };
        for field in custom {
            if !is_known(self, &field) {
                super::install::stage_custom_field(self, field);
            }
        }
        (self.random, self.last) = (random, last);
    }

    /// A site with the standard `DocType`s and nothing in it.
    pub fn bare(seed: u64) -> Result<Self, CatalogueError> {
        let mut store = Store::default();
        for doctype in catalogue::standard()? {
            store.put_doctype(doctype);
        }
        store.commit();
        Ok(Self {
            switches: Switches::default(),
            hosts: Vec::new(),
            apps: BTreeMap::new(),
            defaults: BTreeMap::new(),
            cached_time_zone: None,
            database: "frappe".to_owned(),
            store,
            tokens: BTreeMap::new(),
            sessions: BTreeMap::new(),
            random: seed,
            last: Timestamp::UNIX_EPOCH,
        })
    }

    /// Adds kinds of document, as an app or a migration would.
    pub fn install_doctypes(&mut self, doctypes: Vec<Arc<DocType>>) {
        for doctype in doctypes {
            self.store.put_doctype(doctype);
        }
        self.store.commit();
    }

    /// The kind of that name.
    pub fn doctype(&self, name: &str) -> Option<Arc<DocType>> {
        self.store.doctype(name)
    }

    /// Puts a document in place as it is, without any rule: what happened before the story begins. Missing standard
    /// columns are filled in; child rows may come without names.
    pub fn stage(&mut self, doctype: &str, mut row: Row) {
        let zone = self.time_zone();
        let when = stamp::stamp(self.last, &zone);
        let name = text(row.get("name"));
        fill_standard(&mut row, &when);
        if let Some(meta) = self.store.doctype(doctype) {
            fill_numbers(&meta, &mut row);
            for field in meta.tables() {
                row.entry(field.fieldname.clone()).or_insert_with(|| Value::Array(Vec::new()));
                self.stage_rows(field, doctype, &name, &mut row, &when);
            }
        }
        row.retain(|_, value| !value.is_null());
        row.shift_remove("doctype");
        self.store.put(doctype, row);
        self.store.commit();
    }

    fn stage_rows(&mut self, table: &Field, doctype: &str, parent: &str, row: &mut Row, when: &str) {
        let Some(Value::Array(rows)) = row.get_mut(&table.fieldname) else {
            return;
        };
        let meta = self.store.doctype(&table.options);
        for (index, child) in rows.iter_mut().filter_map(Value::as_object_mut).enumerate() {
            if !child.contains_key("name") {
                child.insert("name".to_owned(), self.random_name().into());
            }
            fill_standard(child, when);
            if let Some(meta) = &meta {
                fill_numbers(meta, child);
            }
            child.insert("idx".to_owned(), (index + 1).into());
            child.insert("parent".to_owned(), parent.into());
            child.insert("parentfield".to_owned(), table.fieldname.clone().into());
            child.insert("parenttype".to_owned(), doctype.into());
            child.retain(|_, value| !value.is_null());
            child.shift_remove("doctype");
            child.shift_remove("__unsaved");
        }
    }

    /// Takes a document away without any rule; the counterpart of [`Site::stage`].
    pub fn unstage(&mut self, doctype: &str, name: &str) {
        self.store.remove(doctype, name);
        self.store.commit();
    }

    /// Sets the counter of a series: the last number that was given for the prefix.
    pub fn stage_series(&mut self, prefix: &str, last: u64) {
        self.store.set_series(prefix, last);
        self.store.commit();
    }

    /// Moves the site's idea of "the last stamp given"; stamps after it are later.
    pub fn stage_clock(&mut self, at: Timestamp) {
        self.last = at;
    }

    /// A stored document with its child rows, as a JSON object; for looking at what a client achieved.
    pub fn document(&self, doctype: &str, name: &str) -> Option<Value> {
        self.store.get(doctype, name).map(|row| Value::Object(Row::clone(row)))
    }

    /// All stored documents of a kind, in the order of their names.
    pub fn documents(&self, doctype: &str) -> Vec<Value> {
        self.store.rows(doctype).map(|row| Value::Object(Row::clone(row))).collect()
    }

    /// A stored document with its child rows, as it is kept.
    pub fn row(&self, doctype: &str, name: &str) -> Option<&Row> {
        self.store.get(doctype, name).map(AsRef::as_ref)
    }

    /// All stored documents of a kind as they are kept, in the order of their names.
    pub fn rows(&self, doctype: &str) -> impl Iterator<Item = &Row> {
        self.store.rows(doctype).map(AsRef::as_ref)
    }

    /// The last stamp given.
    pub fn clock(&self) -> Timestamp {
        self.last
    }

    /// How many documents of a kind there are.
    pub fn count(&self, doctype: &str) -> usize {
        self.store.rows(doctype).count()
    }

    /// Gives a user a key and a secret; a second token of the same key replaces the first.
    pub fn add_token(&mut self, key: &str, secret: &str, user: &str) {
        self.tokens.insert(key.to_owned(), Token { secret: secret.to_owned(), user: user.to_owned() });
    }

    /// Opens a cookie session.
    pub fn add_session(&mut self, sid: &str, user: &str) {
        self.sessions.insert(sid.to_owned(), user.to_owned());
    }

    /// The user of a key and secret. A disabled user's token works all the same (facts/FRAPPE.md, trap 12).
    pub fn user_of_token(&self, key: &str, secret: &str) -> Option<String> {
        self.tokens.get(key).filter(|token| token.secret == secret).map(|token| token.user.clone())
    }

    /// The user of a session cookie.
    pub fn user_of_session(&self, sid: &str) -> Option<String> {
        self.sessions.get(sid).cloned()
    }

    /// The user's full name.
    pub fn full_name(&self, user: &str) -> String {
        self.store.get("User", user).map_or_else(|| user.to_owned(), |row| text(row.get("full_name")))
    }

    /// The site's time zone.
    pub fn time_zone(&self) -> TimeZone {
        stamp::zone(&self.setting("time_zone"))
    }

    /// A system setting, as text.
    pub fn setting(&self, field: &str) -> String {
        self.store
            .get("System Settings", "System Settings")
            .map(|row| text(row.get(field)))
            .unwrap_or_default()
    }

    /// Changes a system setting.
    pub fn set_setting(&mut self, field: &str, value: impl Into<Value>) {
        self.store.set("System Settings", "System Settings", &[(field, value.into())]);
        self.store.commit();
    }

    /// Whether errors carry their exception.
    pub fn shows_tracebacks(&self) -> bool {
        self.setting("allow_error_traceback") != "0"
    }

    /// Ten characters, as Frappe draws them.
    pub(super) fn random_name(&mut self) -> String {
        const LETTERS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
        let mut bits = u128::from(self.next_random()) | (u128::from(self.next_random()) << 64);
        (0..10)
            .map(|_| {
                let letter = LETTERS.get(usize::try_from(bits & 31).unwrap_or_default());
                bits >>= 5;
                char::from(letter.copied().unwrap_or(b'0'))
            })
            .collect()
    }

    /// What `__frappe_exc_id` looks like.
    pub(super) fn random_id(&mut self) -> String {
        let (high, low) = (u128::from(self.next_random()), u128::from(self.next_random()));
        let middle = self.next_random();
        format!("{:032x}{middle:024x}", (high << 64) | low)
    }

    /// `SplitMix64`.
    fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Books a request against the rate limit.
    pub fn admit(&mut self, now: Timestamp) -> Result<(), Refusal> {
        match self.switches.rate_limit.as_mut().map(|limit| limit.admit(now)) {
            Some(Err(_)) => Err(Refusal::silent(Class::TooManyRequests, "")),
            _ => Ok(()),
        }
    }

    /// Does one request's work as one transaction: what fails leaves nothing.
    pub fn transact<T>(
        &mut self,
        user: &str,
        now: Timestamp,
        work: impl FnOnce(&mut Txn<'_>) -> Result<T, Refusal>,
    ) -> Answered<T> {
        let savepoint = self.store.savepoint();
        let mut txn = Txn { user: user.to_owned(), now, messages: Vec::new(), site: self };
        let result = work(&mut txn);
        let messages = txn.messages;
        if result.is_ok() {
            self.store.commit();
        } else {
            self.store.rollback(savepoint);
        }
        Answered { result, messages }
    }
}

fn fill_standard(row: &mut Row, when: &str) {
    let standard: [(&str, Value); 6] = [
        ("owner", "Administrator".into()),
        ("creation", when.into()),
        ("modified", when.into()),
        ("modified_by", "Administrator".into()),
        ("docstatus", 0.into()),
        ("idx", 0.into()),
    ];
    for (key, value) in standard {
        row.entry(key).or_insert(value);
    }
}

/// Numbers and flags are never null in the database.
fn fill_numbers(meta: &DocType, row: &mut Row) {
    for field in meta.columns() {
        let zero = match field.fieldtype.as_str() {
            "Check" | "Int" => Value::from(0),
            "Float" | "Currency" | "Percent" => Value::from(0.0),
            _ => continue,
        };
        row.entry(field.fieldname.clone()).or_insert(zero);
    }
}

/// What a request came to, and what the site had to say on the way.
#[derive(Debug)]
pub struct Answered<T> {
    /// Done, or why not.
    pub result: Result<T, Refusal>,
    /// Messages besides the refusal's own.
    pub messages: Vec<Message>,
}

/// One transaction of one user at one moment.
pub struct Txn<'s> {
    pub(super) site: &'s mut Site,
    pub(super) user: String,
    pub(super) now: Timestamp,
    pub(super) messages: Vec<Message>,
}

impl Txn<'_> {
    /// The kind of that name. Frappe fails to load the module of one that there is not.
    pub(super) fn meta(&self, doctype: &str) -> Result<Arc<DocType>, Refusal> {
        self.site.store.doctype(doctype).ok_or_else(|| {
            let module = doctype.to_lowercase().replace([' ', '-'], "_");
            Refusal::silent(Class::Import, format!("No module named 'frappe.core.doctype.{module}'"))
        })
    }

    /// A stamp for a write: the clock, but never the same twice, since `modified` is what versions are told by.
    pub(super) fn stamp(&mut self) -> String {
        let least = self.site.last.checked_add(1.microsecond()).unwrap_or(self.now);
        self.site.last = self.now.max(least);
        stamp::stamp(self.site.last, &self.site.time_zone())
    }

    /// Today at the site.
    pub(super) fn today(&self) -> String {
        stamp::day(self.now, &self.site.time_zone())
    }

    /// A stored document, or 404.
    pub(super) fn stored(&self, doctype: &str, name: &str) -> Result<Arc<Row>, Refusal> {
        self.site.store.get(doctype, name).cloned().ok_or_else(|| Refusal::not_found(doctype, name))
    }

    /// Who asks.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Refuses what is locked by another transaction, as the database does after 50 seconds.
    pub(super) fn check_lock(&self, doctype: &str, name: &str) -> Result<(), Refusal> {
        let locked = self.site.switches.locked.contains(&(doctype.to_owned(), name.to_owned()));
        if locked {
            return Err(Refusal::silent(
                Class::QueryTimeout,
                "(1205, 'Lock wait timeout exceeded; try restarting transaction')",
            ));
        }
        Ok(())
    }
}
