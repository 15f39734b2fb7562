//! Hints from VTiger: one of its workflows calls an address of ours when a record was saved.
//!
//! VTiger's workflows can sign nothing, so a secret that both sides know stands in the address's query (`token=`) or in
//! a header. A hint says that a record is worth a look and nothing else; whoever forges one makes us read a record once
//! more. What is true the feeds tell.
//!
//! Pure functions: who listens is somebody else's business.

use std::collections::BTreeMap;
use std::hint::black_box;

use cs_domain::{Kind, RecordRef};
use cs_ports::PeerError;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use crate::client::VtigerClient;
use crate::decode::id_parts;

/// The longest query that is looked at.
const LONGEST: usize = 2_000;

/// The shortest secret that is accepted: a shorter one, an empty one above all, is a mistake in the configuration.
const SHORTEST_SECRET: usize = 16;

/// Which modules hints may be about, and what their ids begin with on this server (prefixes differ between
/// installations).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefixes(pub BTreeMap<Kind, String>);

/// Why a hint is not taken. None of the texts holds what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HintError {
    /// The secret on our side is too short to be one.
    #[error("the secret for hints of VTiger's workflows is shorter than {SHORTEST_SECRET} characters")]
    WeakSecret,
    /// No secret, or another one.
    #[error("the call does not show the secret that was agreed on")]
    Secret,
    /// Longer than any hint.
    #[error("the call's query is longer than any hint's")]
    TooLong,
    /// It does not say which record, or says it twice.
    #[error("the call does not name one record: id=6x231, or module=SalesOrder&id=231")]
    NoRecord,
    /// A module that nobody asked about.
    #[error("the call is about a module that no mapping reads")]
    OtherModule,
}

impl HintError {
    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::WeakSecret => "vtiger.hint_weak_secret",
            Self::Secret => "vtiger.hint_secret",
            Self::TooLong => "vtiger.hint_too_long",
            Self::NoRecord => "vtiger.hint_no_record",
            Self::OtherModule => "vtiger.hint_other_module",
        }
    }

    /// What a person can do.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::WeakSecret => {
                "Configure a secret of 16 random characters or more, and put it into the workflow's address."
            }
            Self::Secret => "Copy the secret from the configuration into the workflow's address (token=...).",
            Self::TooLong | Self::NoRecord => {
                "Let the workflow's address end in ?token=...&id= and the record's id, or &module=SalesOrder&id= and its number."
            }
            Self::OtherModule => "Take the workflow off this module, or map the module.",
        }
    }
}

/// The record that a workflow's call is about. `query` is the address's query as it came; `header` is the secret where it
/// came in a header instead, which then counts alone.
pub fn hinted(
    query: &str,
    header: Option<&str>,
    secret: &SecretString,
    prefixes: &Prefixes,
) -> Result<RecordRef, HintError> {
    if secret.expose_secret().len() < SHORTEST_SECRET {
        return Err(HintError::WeakSecret);
    }
    if query.len() > LONGEST {
        return Err(HintError::TooLong);
    }
    let given = Given::read(query)?;
    let token = header.map(str::to_owned).or(given.token).unwrap_or_default();
    if !same_secret(secret.expose_secret().as_bytes(), token.as_bytes()) {
        return Err(HintError::Secret);
    }
    let id = given.id.ok_or(HintError::NoRecord)?;
    let id = id.trim();
    match (id_parts(id), given.module) {
        (Some((prefix, _)), module) => {
            let mut known = prefixes.0.iter().filter(|(_, known)| *known == prefix).map(|(kind, _)| kind);
            let kind = known.next().ok_or(HintError::OtherModule)?;
            match module {
                Some(named) if named != kind.as_str() => Err(HintError::NoRecord),
                _ => Ok(RecordRef::vtiger(kind.clone(), id)),
            }
        }
        (None, Some(module)) => {
            let (kind, prefix) = prefixes.0.get_key_value(module.as_str()).ok_or(HintError::OtherModule)?;
            let full = format!("{prefix}x{id}");
            id_parts(&full).ok_or(HintError::NoRecord)?;
            Ok(RecordRef::vtiger(kind.clone(), full))
        }
        (None, None) => Err(HintError::NoRecord),
    }
}

/// What a query says; a name that comes twice is ambiguous and refused.
#[derive(Default)]
struct Given {
    token: Option<String>,
    id: Option<String>,
    module: Option<String>,
}

impl Given {
    fn read(query: &str) -> Result<Self, HintError> {
        let mut url = Url::parse("http://localhost/").map_err(|_never| HintError::NoRecord)?;
        url.set_query(Some(query.trim_start_matches('?')));
        let mut given = Self::default();
        for (name, value) in url.query_pairs() {
            let slot = match name.as_ref() {
                "token" => &mut given.token,
                "id" | "record" => &mut given.id,
                "module" => &mut given.module,
                _ => continue,
            };
            if slot.replace(value.into_owned()).is_some() {
                return Err(HintError::NoRecord);
            }
        }
        Ok(given)
    }
}

/// Compares in a time that depends on the length of what was given, and not on how much of it is right.
fn same_secret(secret: &[u8], given: &[u8]) -> bool {
    let mut difference = usize::from(secret.len() != given.len());
    for (at, byte) in given.iter().enumerate() {
        let expected = secret.get(at % secret.len().max(1)).copied().unwrap_or_default();
        difference |= usize::from(black_box(byte ^ expected));
    }
    black_box(difference) == 0
}

impl VtigerClient {
    /// What the ids of these modules begin with, for [`hinted`].
    pub async fn prefixes(&self, kinds: &[Kind]) -> Result<Prefixes, PeerError> {
        let mut prefixes = BTreeMap::new();
        for kind in kinds {
            let described = self.described(kind).await;
            let described = described.map_err(|error| error.into_peer(format!("describe {kind}")))?;
            prefixes.insert(kind.clone(), described.prefix.clone());
        }
        Ok(Prefixes(prefixes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "prueba-0123456789 & más";
    const TOKEN: &str = "token=prueba-0123456789%20%26%20m%C3%A1s";

    fn prefixes() -> Prefixes {
        Prefixes(BTreeMap::from([("SalesOrder".into(), "6".into()), ("Contacts".into(), "12".into())]))
    }

    fn ask(query: &str, header: Option<&str>) -> Result<String, HintError> {
        hinted(query, header, &SecretString::from(SECRET), &prefixes()).map(|record| record.to_string())
    }

    #[test]
    fn a_hint_names_a_record_by_id_or_by_module_and_number() {
        for query in [
            format!("{TOKEN}&id=6x231"),
            format!("?{TOKEN}&id=6x231"),
            format!("id=6x231&when=save&{TOKEN}"),
            format!("{TOKEN}&module=SalesOrder&id=231"),
            format!("{TOKEN}&module=SalesOrder&id=6x231"),
            format!("{TOKEN}&module=SalesOrder&record=231"),
        ] {
            assert_eq!(ask(&query, None).as_deref(), Ok("SalesOrder 6x231"), "{query}");
        }
        assert_eq!(ask("id=12x5", Some(SECRET)).as_deref(), Ok("Contacts 12x5"));
    }

    #[test]
    fn without_the_secret_nothing_is_said_about_the_record() {
        for query in [
            "id=6x231",
            "token=&id=6x231",
            "token=prueba&id=6x231",
            "token=prueba-0123456789&id=nonsense",
            "token=Prueba-0123456789%20%26%20m%C3%A1s&id=6x231",
            "",
        ] {
            assert_eq!(ask(query, None), Err(HintError::Secret), "{query}");
        }
        let doubled = format!("{SECRET}{SECRET}");
        assert_eq!(
            ask("id=6x231", Some(&doubled)),
            Err(HintError::Secret),
            "repeated, byte by byte the same"
        );
        assert_eq!(
            ask(&format!("{TOKEN}&id=6x231"), Some("wrong")),
            Err(HintError::Secret),
            "the header counts alone"
        );
    }

    #[test]
    fn what_is_no_hint_is_refused() {
        let refused = |rest: &str| ask(&format!("{TOKEN}{rest}"), None).unwrap_err();
        for rest in [
            "",
            "&id=",
            "&id=231",
            "&module=SalesOrder",
            "&id=6x231&id=6x232",
            "&id=6x231&record=6x232",
            "&module=SalesOrder&id=12x5",
            "&module=SalesOrder&id=1%20or%201",
            "&module=SalesOrder&id=6x2x3",
            "&module=SalesOrder&id=-1",
        ] {
            assert_eq!(refused(rest), HintError::NoRecord, "{rest}");
        }
        for rest in ["&id=99x1", "&module=Invoice&id=5", "&module=salesorder&id=5"] {
            assert_eq!(refused(rest), HintError::OtherModule, "{rest}");
        }
        assert_eq!(refused(&format!("&id=6x1&x={}", "y".repeat(LONGEST))), HintError::TooLong);
        for weak in ["", "short"] {
            let asked = hinted(&format!("token={weak}&id=6x1"), None, &SecretString::from(weak), &prefixes());
            assert_eq!(asked, Err(HintError::WeakSecret), "an empty secret opens nothing");
        }
    }

    #[test]
    fn any_query_is_answered() {
        use proptest::prelude::*;
        proptest!(|(query in "\\PC{0,80}", header in proptest::option::of("\\PC{0,40}"))| {
            let asked = hinted(&query, header.as_deref(), &SecretString::from(SECRET), &prefixes());
            prop_assert!(asked.is_err());
        });
    }
}
