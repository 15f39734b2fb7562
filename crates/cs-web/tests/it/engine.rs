//! What an engine would have left in the store.

use std::collections::BTreeMap;
use std::time::Duration;

use cs_domain::{Intent, IntentState, MappingName, RunId, System, UnitName};
use cs_ports::{
    Cursor, FeedKey, FindingsOfRun, Lease, LeaseAnswer, Settlement, Staged, Tie, TieChange, UnitOutcome,
};

use crate::world::World;

impl World {
    async fn lease(&self, mapping: &MappingName) -> Lease {
        let name = format!("mapping/{mapping}");
        let term = Duration::from_secs(60);
        match self.desk.take_lease(&name, "test", self.now(), term).await.unwrap() {
            LeaseAnswer::Granted(lease) => lease,
            LeaseAnswer::Held { holder, .. } => panic!("held by {holder}"),
        }
    }

    /// Stages these units of one unit mapping, and leaves of each what a run would.
    pub(crate) async fn conclude(&self, run: &RunId, outcomes: &[UnitOutcome]) {
        let mut units: BTreeMap<(MappingName, UnitName, String), Vec<Staged>> = BTreeMap::new();
        for outcome in outcomes {
            let key = outcome.key.clone();
            let of = (key.mapping.clone(), key.unit.clone(), key.subject.kind.to_string());
            units.entry(of).or_default().push(Staged { key, version: Some("1".into()) });
        }
        for ((mapping, unit, kind), staged) in units {
            let lease = self.lease(&mapping).await;
            let feed = FeedKey { mapping, unit, system: System::Vtiger, kind };
            let next = Cursor("2026-11-22 12:00:00".to_owned());
            self.desk.stage(&lease, &feed, &staged, &next).await.unwrap();
            let of =
                |outcome: &&UnitOutcome| outcome.key.mapping == feed.mapping && outcome.key.unit == feed.unit;
            let outcomes: Vec<UnitOutcome> = outcomes.iter().filter(of).cloned().collect();
            self.desk.conclude(&lease, run, &outcomes).await.unwrap();
        }
    }

    /// Closes a write, and ties its record to a document.
    pub(crate) async fn settle(&self, mapping: &str, intent: Option<&Intent>, tie: Tie) {
        let lease = self.lease(&MappingName::new(mapping)).await;
        let settlement = Settlement {
            intent: intent.map(|intent| intent.id.clone()),
            state: IntentState::Settled,
            ties: vec![TieChange::Set(tie)],
        };
        self.desk.settle(&lease, &MappingName::new(mapping), &[settlement]).await.unwrap();
    }

    /// Takes in what a report shows.
    pub(crate) async fn take_in(&self, findings: &FindingsOfRun) {
        let lease = self.lease(&MappingName::new(format!("company/{}", findings.report.book.company))).await;
        self.desk.take_in(&lease, findings).await.unwrap();
    }

    /// Writes down what is about to be written.
    pub(crate) async fn record_intents(&self, mapping: &str, intents: &[Intent]) {
        let lease = self.lease(&MappingName::new(mapping)).await;
        self.desk.record_intents(&lease, intents).await.unwrap();
    }
}
