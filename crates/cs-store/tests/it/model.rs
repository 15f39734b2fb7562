//! Whatever is done to it in whatever order, a store in a file, closed and opened again at any time, answers like the
//! one in memory. `PROPTEST_RNG_SEED` replays a run, `PROPTEST_CASES` makes it longer.

use std::path::Path;

use cs_domain::{
    Choice, ConflictId, Intent, IntentId, IntentState, LinkStanding, MappingName, RecordId, RecordRef,
    Verdict,
};
use cs_ports::{
    ConflictFilter, Lease, LeaseAnswer, Settlement, Staged, StagedState, Store, StoreError, TieChange,
    UnitKey, UnitOutcome,
};
use cs_store::{MemoryStore, SqliteStore};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::samples::*;

const HOLDERS: [&str; 2] = ["a", "b"];
const MAPPINGS: [&str; 2] = ["one", "two"];

/// Something done to a store. Numbers are drawn from few, so that things meet.
#[derive(Clone, Debug)]
enum Step {
    Reopen,
    Wait(i64),
    Take(usize),
    Renew(usize),
    Release(usize),
    Stage { by: usize, of: usize, seen: Vec<(u64, Option<u8>)>, cursor: u8 },
    Hint(Vec<(usize, u64)>),
    RestageAll { by: usize, of: usize },
    Conclude { by: usize, outcomes: Vec<Concluded> },
    Page { of: usize, after: Option<u64>, limit: u32 },
    Record { by: usize, of: usize, ids: Vec<u8> },
    Settle { by: usize, of: usize, ends: Vec<End> },
    Known { of: usize, after: Option<u64>, through: Option<u64>, limit: u32 },
    Resolve { ids: Vec<(usize, u64, usize)>, choice: Choice },
    List { of: Option<usize>, numbers: Option<Vec<u64>>, states: Option<Vec<&'static str>>, limit: u32 },
}

/// The end of a write.
#[derive(Clone, Debug)]
struct End {
    intent: Option<u8>,
    state: IntentState,
    ties: Vec<Moved>,
}

/// What becomes of a link.
#[derive(Clone, Copy, Debug)]
enum Moved {
    Set { number: u64, role: usize, name: u8, standing: LinkStanding },
    Forget { number: u64, role: usize },
}

const ROLES: [&str; 2] = ["owner", "spouse"];
const FIELDS: [&str; 2] = ["phone", "city"];

fn moved() -> impl Strategy<Value = Moved> {
    let standings = proptest::sample::select(vec![LinkStanding::Live, LinkStanding::GivenUp]);
    prop_oneof![
        3 => (number_(), 0..2_usize, 0..3_u8, standings)
            .prop_map(|(number, role, name, standing)| Moved::Set { number, role, name, standing }),
        1 => (number_(), 0..2_usize).prop_map(|(number, role)| Moved::Forget { number, role }),
    ]
}

fn end() -> impl Strategy<Value = End> {
    let states = [IntentState::Open, IntentState::Settled, IntentState::Settled, IntentState::Dropped];
    let intent = prop_oneof![3 => Just(None), 2 => (0..12_u8).prop_map(Some)];
    (intent, proptest::sample::select(states.to_vec()), vec(moved(), 0..3))
        .prop_map(|(intent, state, ties)| End { intent, state, ties })
}

#[derive(Clone, Debug)]
struct Concluded {
    of: usize,
    number: u64,
    revision: u64,
    version: Option<u8>,
    /// The field, and which values disagree.
    conflicts: Vec<(usize, u8)>,
    verdict: Verdict,
    state: StagedState,
    pause: Option<i64>,
    attempts: u32,
}

fn concluded() -> impl Strategy<Value = Concluded> {
    let verdicts = [
        Verdict::Created,
        Verdict::Updated,
        Verdict::Unchanged,
        Verdict::Skipped,
        Verdict::Conflicted,
        Verdict::Failed,
    ];
    let states = [StagedState::Waiting, StagedState::Parked, StagedState::Done];
    let verdict = proptest::sample::select(verdicts.to_vec());
    let state = proptest::sample::select(states.to_vec());
    let met = (proptest::option::of(0..3_u8), vec((0..2_usize, 0..2_u8), 0..3));
    let seen = (0..2_usize, number_(), 0..5_u64);
    (seen, met, verdict, state, proptest::option::of(0..90_i64), 0..4_u32).prop_map(
        |((of, number, revision), (version, conflicts), verdict, state, pause, attempts)| Concluded {
            of,
            number,
            revision,
            version,
            conflicts,
            verdict,
            state,
            pause,
            attempts,
        },
    )
}

/// Ids around the places where one more digit begins.
fn number_() -> impl Strategy<Value = u64> {
    proptest::sample::select(vec![1, 2, 9, 10, 11, 99, 100, 101])
}

fn step() -> impl Strategy<Value = Step> {
    let choices = proptest::sample::select(vec![Choice::Vtiger, Choice::Frappe]);
    let states = proptest::sample::subsequence(vec!["open", "resolved", "applied", "closed"], 0..4);
    prop_oneof![
        1 => Just(Step::Reopen),
        2 => (1..70_i64).prop_map(Step::Wait),
        2 => (0..2_usize).prop_map(Step::Take),
        1 => (0..2_usize).prop_map(Step::Renew),
        1 => (0..2_usize).prop_map(Step::Release),
        6 => (0..2_usize, 0..2_usize, vec((number_(), proptest::option::weighted(0.7, 0..3_u8)), 0..6), 0..9_u8)
            .prop_map(|(by, of, seen, cursor)| Step::Stage { by, of, seen, cursor }),
        1 => (0..2_usize, 0..2_usize).prop_map(|(by, of)| Step::RestageAll { by, of }),
        6 => (0..2_usize, vec(concluded(), 0..5)).prop_map(|(by, outcomes)| Step::Conclude { by, outcomes }),
        3 => (0..2_usize, proptest::option::of(number_()), 0..5_u32)
            .prop_map(|(of, after, limit)| Step::Page { of, after, limit }),
        3 => (0..2_usize, 0..2_usize, vec(0..12_u8, 0..3)).prop_map(|(by, of, ids)| Step::Record { by, of, ids }),
        4 => (0..2_usize, 0..2_usize, vec(end(), 0..4)).prop_map(|(by, of, ends)| Step::Settle { by, of, ends }),
        2 => vec((0..2_usize, number_()), 0..4).prop_map(Step::Hint),
        2 => (0..2_usize, proptest::option::of(number_()), proptest::option::of(number_()), 0..5_u32)
            .prop_map(|(of, after, through, limit)| Step::Known { of, after, through, limit }),
        3 => (vec((0..2_usize, number_(), 0..2_usize), 0..6), choices)
            .prop_map(|(ids, choice)| Step::Resolve { ids, choice }),
        2 => (
            proptest::option::of(0..2_usize),
            proptest::option::of(vec(number_(), 0..5)),
            proptest::option::of(states),
            0..6_u32,
        )
            .prop_map(|(of, numbers, states, limit)| Step::List { of, numbers, states, limit }),
    ]
}

/// One store and what its user knows: the time and the leases it was given.
struct World<S> {
    store: S,
    now: i64,
    leases: [Lease; 2],
}

impl<S: Store> World<S> {
    fn new(store: S) -> Self {
        let never = |holder: &str| Lease { name: "model".to_owned(), holder: holder.to_owned(), token: 0 };
        Self { store, now: 0, leases: HOLDERS.map(never) }
    }

    /// Does a step and says in words what came back.
    async fn act(&mut self, step: &Step) -> String {
        match step {
            Step::Reopen => String::new(),
            Step::Wait(seconds) => {
                self.now += seconds;
                String::new()
            }
            Step::Take(by) => {
                let answer = self.store.take_lease("model", HOLDERS[*by], at(self.now), TERM).await;
                if let Ok(LeaseAnswer::Granted(lease)) = &answer {
                    self.leases[*by] = lease.clone();
                }
                said(&answer)
            }
            Step::Renew(by) => said(&self.store.renew_lease(&self.leases[*by], at(self.now), TERM).await),
            Step::Release(by) => said(&self.store.release_lease(&self.leases[*by]).await),
            Step::Stage { by, of, seen, cursor: position } => {
                let of = mapping(MAPPINGS[*of]);
                let seen: Vec<Staged> = seen
                    .iter()
                    .map(|(number, version)| Staged {
                        key: key(&of, *number),
                        version: version.map(|version| version.to_string().into()),
                    })
                    .collect();
                let next = cursor(&position.to_string());
                said(&self.store.stage(&self.leases[*by], &feed(&of), &seen, &next).await)
            }
            Step::RestageAll { by, of } => {
                said(&self.store.restage_all(&self.leases[*by], &mapping(MAPPINGS[*of])).await)
            }
            Step::Conclude { by, outcomes } => {
                let outcomes: Vec<UnitOutcome> = outcomes.iter().map(|one| self.outcome(one)).collect();
                said(&self.store.conclude(&self.leases[*by], &run_id(1), &outcomes).await)
            }
            Step::Page { of, after, limit } => {
                let after = after.map(subject);
                let of = mapping(MAPPINGS[*of]);
                said(&self.store.due(&of, &unit(), at(self.now), after.as_ref(), *limit).await)
            }
            Step::Hint(keys) => {
                let keys: Vec<UnitKey> =
                    keys.iter().map(|(of, number)| key(&mapping(MAPPINGS[*of]), *number)).collect();
                said(&self.store.hint(&keys).await)
            }
            Step::Known { of, after, through, limit } => {
                let id = |number: &Option<u64>| number.map(|number| subject(number).id);
                let (after, through): (Option<RecordId>, Option<RecordId>) = (id(after), id(through));
                let of = mapping(MAPPINGS[*of]);
                said(&self.store.known(&of, &unit(), after.as_ref(), through.as_ref(), *limit).await)
            }
            Step::Record { .. } | Step::Settle { .. } => self.journal(step).await,
            Step::Resolve { .. } | Step::List { .. } => self.conflicts(step).await,
        }
    }

    fn outcome(&self, one: &Concluded) -> UnitOutcome {
        let of = mapping(MAPPINGS[one.of]);
        UnitOutcome {
            state: one.state,
            not_before: one.pause.map(|pause| at(self.now + pause)),
            attempts: one.attempts,
            revision: one.revision,
            version: one.version.map(|version| version.to_string().into()),
            conflicts: one
                .conflicts
                .iter()
                .map(|(field, value)| met(&of, one.number, FIELDS[*field], &value.to_string(), "frappe"))
                .collect(),
            ..outcome(&of, one.number, "", one.verdict)
        }
    }

    async fn conflicts(&self, step: &Step) -> String {
        match step {
            Step::Resolve { ids, choice } => {
                let ids: Vec<ConflictId> = ids
                    .iter()
                    .map(|(of, number, field)| {
                        met(&mapping(MAPPINGS[*of]), *number, FIELDS[*field], "", "").id
                    })
                    .collect();
                said(&self.store.resolve(&ids, &decision(choice.clone(), self.now)).await)
            }
            Step::List { of, numbers, states, limit } => {
                let filter = ConflictFilter {
                    mapping: of.map(|of| mapping(MAPPINGS[of])),
                    subjects: numbers.as_ref().map(|numbers| numbers.iter().copied().map(subject).collect()),
                    states: states.clone(),
                };
                said(&self.store.conflicts(&filter, *limit).await)
            }
            _ => String::new(),
        }
    }

    async fn journal(&self, step: &Step) -> String {
        match step {
            Step::Record { by, of, ids } => {
                let of = mapping(MAPPINGS[*of]);
                let intents: Vec<Intent> =
                    ids.iter().map(|id| create(&of, &format!("i{id}"), u64::from(*id), "owner")).collect();
                said(&self.store.record_intents(&self.leases[*by], &intents).await)
            }
            Step::Settle { by, of, ends } => {
                let of = mapping(MAPPINGS[*of]);
                let change = |moved: &Moved| match *moved {
                    Moved::Set { number, role, name, standing } => {
                        let mut tie = tie(&of, number, ROLES[role], &format!("document {name}"));
                        tie.link.standing = standing;
                        TieChange::Set(tie)
                    }
                    Moved::Forget { number, role } => {
                        TieChange::Forget { subject: subject(number), role: ROLES[role].into() }
                    }
                };
                let settlements: Vec<Settlement> = ends
                    .iter()
                    .map(|end| Settlement {
                        intent: end.intent.map(|id| IntentId(format!("i{id}"))),
                        state: end.state,
                        ties: end.ties.iter().map(change).collect(),
                    })
                    .collect();
                said(&self.store.settle(&self.leases[*by], &of, &settlements).await)
            }
            _ => String::new(),
        }
    }

    /// Everything that can be asked, in words.
    async fn look(&self) -> Vec<String> {
        let mut seen = vec![
            said(&self.store.troubled(None, 100).await),
            said(&self.store.conflicts(&ConflictFilter::default(), 100).await),
            said(&self.store.journal(&run_id(1)).await),
        ];
        for name in MAPPINGS {
            let of: MappingName = mapping(name);
            let subjects: Vec<RecordRef> = (0..=101).map(subject).collect();
            let documents: Vec<RecordRef> =
                (0..3).map(|name| document(&format!("document {name}"))).collect();
            seen.push(said(&self.store.cursor(&feed(&of)).await));
            seen.push(said(&self.store.count_due(&of, &unit(), at(self.now)).await));
            seen.push(said(&self.store.due(&of, &unit(), at(self.now), None, 100).await));
            seen.push(said(&self.store.due(&of, &unit(), at(self.now + 1000), None, 100).await));
            seen.push(said(&self.store.troubled(Some(&of), 3).await));
            seen.push(said(&self.store.known(&of, &unit(), None, None, 100).await));
            seen.push(said(&self.store.count_linked(&of).await));
            seen.push(said(&self.store.ties_of(&of, &subjects).await));
            seen.push(said(&self.store.ties_to(&of, &documents).await));
            seen.push(said(&self.store.open_intents(&of).await));
        }
        seen
    }
}

/// An answer in words; of an error what a caller acts on, and its cause where the store itself is one.
fn said<T: std::fmt::Debug>(answer: &Result<T, StoreError>) -> String {
    match answer {
        Ok(value) => format!("{value:?}"),
        Err(error @ (StoreError::Database { source, .. } | StoreError::Journal { source, .. })) => {
            format!("{}: {source}", error.code())
        }
        Err(error) => format!("{}: {error}", error.code()),
    }
}

async fn compare(steps: &[Step], path: &Path) -> Result<(), TestCaseError> {
    let mut memory = World::new(MemoryStore::new());
    let mut file = World::new(SqliteStore::open(path).await.unwrap());
    // Most steps need the lease; without this most histories would be histories of refusals.
    prop_assert_eq!(file.act(&Step::Take(0)).await, memory.act(&Step::Take(0)).await);
    for (place, step) in steps.iter().enumerate() {
        if matches!(step, Step::Reopen) {
            file.store.close().await;
            file.store = SqliteStore::open(path).await.unwrap();
        }
        prop_assert_eq!(file.act(step).await, memory.act(step).await, "step {}: {:?}", place, step);
        prop_assert_eq!(file.look().await, memory.look().await, "after step {}: {:?}", place, step);
    }
    file.store.close().await;
    Ok(())
}

/// Fewer cases than usual, since each opens a file; as many as one likes where the variable says so.
pub(crate) fn config() -> ProptestConfig {
    let config = ProptestConfig::default();
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => config,
        None => ProptestConfig { cases: 48, ..config },
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_store_in_a_file_answers_like_one_in_memory(steps in vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        runtime.block_on(compare(&steps, &folder.path().join("state.sqlite3")))?;
    }
}
