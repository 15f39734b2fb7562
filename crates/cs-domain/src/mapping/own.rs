//! Transforms that do not come with the program: whoever builds it adds theirs, and mapping files name them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::value::Value;

/// What a mapping file gives a transform besides the value: `with = { length = "10" }`.
pub type Arguments = BTreeMap<String, String>;

/// Why a transform of one's own does not take a value or an argument, in a sentence for the person who reads it. It
/// must not quote values of fields that hold card numbers or secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

impl Refusal {
    /// Refuses for this reason: `"NPI numbers have ten digits"`.
    pub fn because(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// A transform that does not come with the program.
///
/// It is a pure function there, and another back; the program may call either at any time, several times, and on
/// several threads. Three laws hold (`cs_domain::mapping::own::laws` tests them for a value):
///
/// 1. forward is idempotent: what went through goes through unchanged;
/// 2. what goes back comes forward again: `forward(backward(new, current)) == forward(new)`. An edit that VTiger would not
///    give back the same is refused before it is written, so a breach loses nothing, but it makes work for people;
/// 3. it keeps no state: the same value and arguments give the same answer on every machine and day.
///
/// An empty value never reaches it: empty stays empty. Rows never do either.
pub trait OwnTransform: fmt::Debug + Send + Sync {
    /// What mapping files call it: small letters, digits, `-` and `_`.
    fn name(&self) -> &str;

    /// What it does, in a sentence for the page where people choose it.
    fn about(&self) -> &str;

    /// Refuses arguments that it does not understand, before any run.
    fn check(&self, with: &Arguments) -> Result<(), Refusal>;

    /// VTiger's value as Frappe is to hold it.
    fn forward(&self, value: &Value, with: &Arguments) -> Result<Value, Refusal>;

    /// Whether [`Self::backward`] can do anything; a field whose transform has no way back must be `to_frappe`.
    fn goes_back(&self, with: &Arguments) -> bool;

    /// Frappe's value `new` as VTiger is to hold it, where VTiger now holds `current`.
    fn backward(&self, new: &Value, current: &Value, with: &Arguments) -> Result<Value, Refusal>;
}

/// The transforms that a program was built with, besides the ones that come with it.
#[derive(Clone, Debug, Default)]
pub struct OwnTransforms(BTreeMap<String, Arc<dyn OwnTransform>>);

impl OwnTransforms {
    /// Adds one; one of the same name gives way.
    pub fn add(&mut self, transform: Arc<dyn OwnTransform>) {
        self.0.insert(transform.name().to_owned(), transform);
    }

    /// The one of this name.
    pub fn get(&self, name: &str) -> Option<&Arc<dyn OwnTransform>> {
        self.0.get(name)
    }

    /// Every one, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn OwnTransform>> {
        self.0.values()
    }
}

/// A transform of one's own as a mapping uses it. Two are the same where their names and arguments are.
#[derive(Clone, Debug)]
pub struct Own {
    /// The transform.
    pub transform: Arc<dyn OwnTransform>,
    /// What the mapping gives it.
    pub with: Arguments,
}

impl PartialEq for Own {
    fn eq(&self, other: &Self) -> bool {
        self.transform.name() == other.transform.name() && self.with == other.with
    }
}

impl Eq for Own {}

impl Serialize for Own {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Written<'a> {
            name: &'a str,
            with: &'a Arguments,
        }
        Written { name: self.transform.name(), with: &self.with }.serialize(serializer)
    }
}

/// What a transform breaks of its laws, for the tests of whoever writes one.
pub mod laws {
    use super::{Arguments, OwnTransform};
    use crate::value::Value;

    /// Forward, twice: the second time changes nothing. `Err` names the two answers.
    pub fn idempotent(
        transform: &dyn OwnTransform,
        value: &Value,
        with: &Arguments,
    ) -> Result<(), (Value, Value)> {
        let Ok(once) = transform.forward(value, with) else { return Ok(()) };
        match transform.forward(&once, with) {
            Ok(twice) if twice == once => Ok(()),
            Ok(twice) => Err((once, twice)),
            Err(_) => Err((once, Value::Empty)),
        }
    }

    /// Back and forward again: what Frappe held is what it gets. `Err` names both.
    pub fn comes_back(
        transform: &dyn OwnTransform,
        new: &Value,
        current: &Value,
        with: &Arguments,
    ) -> Result<(), (Value, Value)> {
        if !transform.goes_back(with) {
            return Ok(());
        }
        let Ok(there) = transform.backward(new, current, with) else { return Ok(()) };
        match transform.forward(&there, with) {
            Ok(back) if back == *new || Ok(&back) == transform.forward(new, with).as_ref() => Ok(()),
            Ok(back) => Err((new.clone(), back)),
            Err(_) => Err((new.clone(), Value::Empty)),
        }
    }
}
