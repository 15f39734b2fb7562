//! What a program was built with besides what comes with it. `docs/EXTENDING.md` shows how; `examples/` has one of each.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use cs_companies::company::RowRule;
use cs_domain::mapping::OwnTransforms;
use cs_ports::{Census, Observer, Peer, PeerError};
use jiff::tz::TimeZone;
use secrecy::SecretString;

/// A CRM that stands in VTiger's place: everything the engine asks of that side ([`cs_ports::peer`] says what each call
/// must keep).
pub trait Connector: Peer + Census {}

impl<T: Peer + Census> Connector for T {}

/// What the configuration says of the system to connect to (`[vtiger]`).
#[derive(Clone, Copy, Debug)]
pub struct Address<'a> {
    /// `url`.
    pub url: &'a str,
    /// `user`.
    pub user: &'a str,
    /// `access_key`; it belongs in no log, error or answer.
    pub secret: &'a SecretString,
    /// `time_zone`, where it is said.
    pub time_zone: Option<&'a TimeZone>,
}

/// Makes connectors of one kind; `connector = "name"` in the section `[vtiger]` chooses it.
pub trait Connect: Send + Sync {
    /// What the configuration calls it.
    fn name(&self) -> &str;

    /// Connects. It need not ask the system anything yet: what does not answer is told at the first read.
    fn connect(&self, address: &Address<'_>) -> Result<Arc<dyn Connector>, PeerError>;
}

/// What a program was built with besides what comes with it.
#[derive(Clone, Default)]
pub(crate) struct Extensions {
    pub(crate) transforms: OwnTransforms,
    pub(crate) rules: Vec<Arc<dyn RowRule + Send>>,
    /// Definitions of companies: a name for messages, and the text.
    pub(crate) companies: Vec<(String, String)>,
    pub(crate) connectors: BTreeMap<String, Arc<dyn Connect>>,
    pub(crate) observers: Vec<Arc<dyn Observer>>,
}

impl Extensions {
    /// The rules in code, as readers of reports take them.
    pub(crate) fn rules(&self) -> Vec<&dyn RowRule> {
        self.rules.iter().map(|rule| -> &dyn RowRule { &**rule }).collect()
    }

    /// These observers, and those that the program was built with.
    pub(crate) fn followed_by(&self, mut observers: Vec<Arc<dyn Observer>>) -> Vec<Arc<dyn Observer>> {
        observers.extend(self.observers.iter().map(Arc::clone));
        observers
    }
}

impl fmt::Debug for Extensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extensions")
            .field("transforms", &self.transforms)
            .field("rules", &self.rules.iter().map(|rule| rule.company()).collect::<Vec<_>>())
            .field("companies", &self.companies.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("connectors", &self.connectors.keys().collect::<Vec<_>>())
            .field("observers", &self.observers.len())
            .finish()
    }
}
