//! Conflicts: met, decided, carried out, gone, and met again.

use cs_domain::plan::{Change, Conflict, Planned};
use cs_domain::{
    Choice, ConflictId, ConflictState, MappingName, MetConflict, RecordRef, RunId, StandingConflict, System,
    Value, Verdict,
};
use cs_ports::{ConflictFilter, Lease, StagedState, Store, UnitKey, UnitOutcome};

use crate::samples::*;

pub(super) async fn tell(store: &dyn Store) {
    met_and_gone(store).await;
    decided_and_carried_out(store).await;
    what_was_not_gone_through_stays(store).await;
    lists_are_narrowed(store).await;
    every_kind_comes_back_as_it_was(store).await;
    remembered(store).await;
    recall(store).await;
}

/// What a run concludes about a unit that was staged so often, and met these conflicts.
fn conclusion(of: &MappingName, number: u64, revision: u64, conflicts: &[MetConflict]) -> UnitOutcome {
    let verdict = if conflicts.is_empty() { Verdict::Updated } else { Verdict::Conflicted };
    let state = if conflicts.is_empty() { StagedState::Done } else { StagedState::Parked };
    UnitOutcome { revision, state, conflicts: conflicts.to_vec(), ..outcome(of, number, "v1", verdict) }
}

async fn conclude(store: &dyn Store, lease: &Lease, run: u16, outcomes: &[UnitOutcome]) {
    store.conclude(lease, &run_id(run), outcomes).await.unwrap();
}

fn of_mapping(of: &MappingName) -> ConflictFilter {
    ConflictFilter { mapping: Some(of.clone()), ..ConflictFilter::default() }
}

async fn all(store: &dyn Store, of: &MappingName) -> Vec<StandingConflict> {
    store.conflicts(&of_mapping(of), 99).await.unwrap()
}

/// The conflicts of a mapping in words, those met last first.
async fn told(store: &dyn Store, of: &MappingName) -> Vec<String> {
    let told = all(store, of).await.into_iter().map(|standing| {
        let field = standing.met.conflict.field().unwrap().clone();
        let run = |run: &RunId| run.0.rsplit('-').next().unwrap().trim_start_matches('0').to_owned();
        let (first, last) = (run(&standing.first_run), run(&standing.last_run));
        format!("{} {field} {} {first}-{last}", number(&standing.subject), standing.state.name())
    });
    told.collect()
}

async fn met_and_gone(store: &dyn Store) {
    let of = mapping("met");
    let lease = take(store, "met").await;
    stage(store, &lease, &of, &[1, 2], "v1").await;
    let (phone, city) = (met(&of, 1, "phone", "1", "2"), met(&of, 1, "city", "A", "B"));
    let both = [phone.clone(), city.clone()];
    conclude(store, &lease, 1, &[conclusion(&of, 1, 1, &both), conclusion(&of, 2, 1, &[])]).await;
    assert_eq!(told(store, &of).await, ["1 city open 1-1", "1 phone open 1-1"]);
    let kept = StandingConflict {
        met: city.clone(),
        mapping: of.clone(),
        unit: unit(),
        subject: subject(1),
        first_run: run_id(1),
        last_run: run_id(1),
        state: ConflictState::Open,
    };
    assert_eq!(all(store, &of).await[0], kept);
    // Who is shown the unit is shown what it waits for.
    assert_eq!(store.troubled(Some(&of), 9).await.unwrap(), [conclusion(&of, 1, 1, &both)]);

    // The next run meets one of them with other values and edits, and the other no more; conflicts of other units stay.
    conclude(store, &lease, 2, &[conclusion(&of, 2, 1, &[met(&of, 2, "phone", "5", "6")])]).await;
    let mut other = met(&of, 1, "phone", "3", "2");
    other.edits.remove(&System::Frappe);
    assert_eq!(other.id, phone.id);
    conclude(store, &lease, 3, &[conclusion(&of, 1, 1, std::slice::from_ref(&other))]).await;
    assert_eq!(told(store, &of).await, ["1 phone open 1-3", "2 phone open 2-2", "1 city closed 1-1"]);
    assert_eq!(all(store, &of).await[0].met, other);
    assert_eq!(store.troubled(Some(&of), 1).await.unwrap()[0].conflicts, [other]);

    // Gone, and met again.
    conclude(store, &lease, 4, &[conclusion(&of, 1, 1, &[])]).await;
    assert_eq!(told(store, &of).await, ["1 phone closed 1-3", "2 phone open 2-2", "1 city closed 1-1"]);
    conclude(store, &lease, 5, &[conclusion(&of, 1, 1, &[city])]).await;
    assert_eq!(told(store, &of).await, ["1 city open 1-5", "1 phone closed 1-3", "2 phone open 2-2"]);
}

async fn state(store: &dyn Store, of: &MappingName) -> ConflictState {
    let all = all(store, of).await;
    assert_eq!(all.len(), 1);
    all[0].state.clone()
}

async fn decided_and_carried_out(store: &dyn Store) {
    let of = mapping("decided");
    let lease = take(store, "decided").await;
    stage(store, &lease, &of, &[1], "v1").await;
    let phone = met(&of, 1, "phone", "1", "2");
    let other = met(&of, 1, "phone", "1", "3");
    let waiting = |revision| conclusion(&of, 1, revision, std::slice::from_ref(&phone));
    conclude(store, &lease, 1, &[waiting(1)]).await;
    assert_eq!(due(store, &of, at(0)).await, [] as [u64; 0]);

    // People do not wait for runs: no lease.
    let vtiger = decision(Choice::Vtiger, 5);
    let ids = [phone.id.clone(), ConflictId("nobody's".to_owned()), phone.id.clone()];
    assert_eq!(store.resolve(&ids, &vtiger).await.unwrap(), 1);
    assert_eq!(state(store, &of).await, ConflictState::Resolved(vtiger));
    assert_eq!(all_due(store, &of, at(0)).await, [(1, 2, 0)]);
    // Decided anew; still the same unit, due once.
    let typed = decision(Choice::Value(Value::Text("12".to_owned())), 6);
    assert_eq!(store.resolve(std::slice::from_ref(&phone.id), &typed).await.unwrap(), 1);
    assert_eq!(all_due(store, &of, at(0)).await, [(1, 3, 0)]);

    // A run that was under way all the while still meets it, with the values that were decided on: the decision stands,
    // and the unit is looked into again.
    conclude(store, &lease, 2, &[waiting(1)]).await;
    assert_eq!(state(store, &of).await, ConflictState::Resolved(typed.clone()));
    assert_eq!(all_due(store, &of, at(0)).await, [(1, 3, 0)]);
    // Carried out; what is over cannot be decided, and makes nothing due.
    conclude(store, &lease, 3, &[conclusion(&of, 1, 3, &[])]).await;
    assert_eq!(state(store, &of).await, ConflictState::Applied(typed.clone()));
    assert_eq!(store.resolve(std::slice::from_ref(&phone.id), &typed).await.unwrap(), 0);
    assert_eq!(due(store, &of, at(0)).await, [] as [u64; 0]);
    conclude(store, &lease, 4, &[conclusion(&of, 1, 3, &[])]).await;
    assert_eq!(state(store, &of).await, ConflictState::Applied(typed.clone()));

    // Met again after all: it waits for another decision; and one on other values decides nothing.
    conclude(store, &lease, 5, &[waiting(3)]).await;
    assert_eq!(state(store, &of).await, ConflictState::Open);
    store.resolve(std::slice::from_ref(&phone.id), &typed).await.unwrap();
    conclude(store, &lease, 6, &[conclusion(&of, 1, 4, std::slice::from_ref(&other))]).await;
    assert_eq!(state(store, &of).await, ConflictState::Open);
    conclude(store, &lease, 7, &[conclusion(&of, 1, 4, &[])]).await;
    assert_eq!(state(store, &of).await, ConflictState::Closed);
    assert_eq!(store.resolve(std::slice::from_ref(&phone.id), &typed).await.unwrap(), 0);
}

/// A unit that failed was not gone through: what was not met there is neither gone nor carried out.
async fn what_was_not_gone_through_stays(store: &dyn Store) {
    let of = mapping("not gone through");
    let lease = take(store, "not gone through").await;
    stage(store, &lease, &of, &[1], "v1").await;
    let both = [met(&of, 1, "phone", "1", "2"), met(&of, 1, "city", "A", "B")];
    conclude(store, &lease, 1, &[conclusion(&of, 1, 1, &both)]).await;
    store.resolve(&[both[0].id.clone()], &decision(Choice::Frappe, 1)).await.unwrap();
    let failed = UnitOutcome { revision: 2, ..outcome(&of, 1, "v1", Verdict::Failed) };
    conclude(store, &lease, 2, &[failed]).await;
    assert_eq!(told(store, &of).await, ["1 city open 1-1", "1 phone resolved 1-1"]);
    // And what was met before it failed was met.
    let third = met(&of, 1, "zip", "8", "9");
    let failed = UnitOutcome { verdict: Verdict::Failed, ..conclusion(&of, 1, 2, &[third]) };
    conclude(store, &lease, 3, &[failed]).await;
    assert_eq!(told(store, &of).await, ["1 zip open 3-3", "1 city open 1-1", "1 phone resolved 1-1"]);
    conclude(store, &lease, 4, &[conclusion(&of, 1, 2, &[])]).await;
    assert_eq!(told(store, &of).await, ["1 zip closed 3-3", "1 city closed 1-1", "1 phone applied 1-1"]);
}

async fn lists_are_narrowed(store: &dyn Store) {
    let of = mapping("narrowed");
    let lease = take(store, "narrowed").await;
    stage(store, &lease, &of, &[1, 2, 3, 4], "v1").await;
    let one = |number| met(&of, number, "phone", "1", "2");
    let outcomes = [1, 2, 3, 4].map(|number| conclusion(&of, number, 1, &[one(number)]));
    conclude(store, &lease, 1, &outcomes).await;
    conclude(store, &lease, 2, &[conclusion(&of, 1, 1, &[])]).await;
    store.resolve(&[one(2).id], &decision(Choice::Vtiger, 1)).await.unwrap();

    let numbers = async |filter: &ConflictFilter, limit| -> Vec<u64> {
        let found = store.conflicts(filter, limit).await.unwrap();
        found.iter().map(|standing| number(&standing.subject)).collect()
    };
    let none: [u64; 0] = [];
    let states =
        |states: &[&'static str]| ConflictFilter { states: Some(states.to_vec()), ..of_mapping(&of) };
    assert_eq!(numbers(&of_mapping(&of), 99).await, [4, 3, 2, 1]);
    assert_eq!(numbers(&of_mapping(&of), 2).await, [4, 3]);
    assert_eq!(numbers(&states(&["open"]), 99).await, [4, 3]);
    assert_eq!(numbers(&states(&["closed", "resolved", "open"]), 3).await, [4, 3, 2]);
    assert_eq!(numbers(&states(&["applied"]), 99).await, none);
    assert_eq!(numbers(&states(&[]), 99).await, none);
    assert_eq!(numbers(&states(&["open"]), 0).await, none);
    let subjects = |filter: ConflictFilter, numbers: &[u64]| ConflictFilter {
        subjects: Some(numbers.iter().copied().map(subject).collect()),
        ..filter
    };
    assert_eq!(numbers(&subjects(of_mapping(&of), &[1, 3, 3, 77]), 99).await, [3, 1]);
    assert_eq!(numbers(&subjects(of_mapping(&of), &[1, 3]), 1).await, [3]);
    assert_eq!(numbers(&subjects(states(&["open"]), &[1, 2, 3]), 99).await, [3]);
    assert_eq!(numbers(&subjects(of_mapping(&of), &[]), 99).await, none);
    assert_eq!(numbers(&of_mapping(&mapping("narrowed by nobody")), 99).await, none);
    // Without a mapping the other chapters' conflicts are there too.
    let everywhere = store.conflicts(&ConflictFilter::default(), 999).await.unwrap();
    let here = everywhere.iter().filter(|standing| standing.mapping == of).count();
    assert!(here == 4 && everywhere.len() > 4);
    assert_eq!(everywhere[..4], all(store, &of).await);
    let of_record = subjects(ConflictFilter::default(), &[1]);
    assert!(store.conflicts(&of_record, 99).await.unwrap().len() > 1);
}

async fn every_kind_comes_back_as_it_was(store: &dyn Store) {
    let of = mapping("kinds");
    let lease = take(store, "kinds").await;
    let kinds = kinds();
    let met = kinds.map(|conflict| MetConflict {
        id: ConflictId::of(&of, &subject(1), &conflict),
        conflict,
        edits: [].into(),
    });
    conclude(store, &lease, 1, &[conclusion(&of, 1, 0, &met)]).await;
    let mut back: Vec<MetConflict> = all(store, &of).await.into_iter().map(|standing| standing.met).collect();
    back.reverse();
    assert_eq!(back, met);
    // The very same values, as they come back from the store: the decision on each stands.
    let ids = met.each_ref().map(|met| met.id.clone());
    let choices = [Choice::Document("Ana Núñez".into()), Choice::Separate];
    for choice in choices {
        assert_eq!(store.resolve(&ids, &decision(choice.clone(), 1)).await.unwrap(), 6);
        conclude(store, &lease, 2, &[conclusion(&of, 1, 9, &met)]).await;
        let standing = all(store, &of).await;
        assert_eq!(standing.len(), 6);
        for one in standing {
            assert_eq!(one.state.resolution().map(|resolution| &resolution.choice), Some(&choice));
        }
    }
}

/// One conflict of each kind but the usual one, which has every kind of value.
fn kinds() -> [Conflict; 6] {
    let role = || "owner".into();
    let candidates = vec![document("Ana Núñez"), document("Ana Núñez-1")];
    let rows = fields().remove(&cs_domain::FieldName::from("rows")).unwrap();
    [
        Conflict::Ambiguous { role: role(), candidates },
        Conflict::Taken { role: role(), candidate: document("Ana"), by: subject(2) },
        Conflict::Shared {
            role: role(),
            document: document("Ana"),
            field: "city".into(),
            vtiger: Value::Empty,
            other: subject(3),
            theirs: Value::Decimal("1.10".parse().unwrap()),
        },
        Conflict::DeleteEdit {
            role: role(),
            document: document("Ana"),
            deleted: System::Frappe,
            edited: vec!["a".into(), "b".into()],
        },
        Conflict::Submitted {
            role: role(),
            document: document("Ana"),
            changes: vec![Change {
                field: "city".into(),
                before: Some(Value::Empty),
                after: Planned::Value(Value::Boolean(false)),
            }],
        },
        Conflict::Field {
            role: role(),
            document: document("Ana"),
            field: "rows".into(),
            base: None,
            vtiger: rows,
            frappe: fields().remove(&cs_domain::FieldName::from("moment")).unwrap(),
        },
    ]
}

/// Conflicts of one record in two units, and of two records of one id.
async fn remembered(store: &dyn Store) {
    let of = mapping("remembered conflicts");
    let lease = take(store, "remembered conflicts").await;
    let person = UnitKey { unit: "person".into(), ..key(&of, 1) };
    let contact = UnitKey { subject: RecordRef::vtiger("Contacts", "6x1"), ..key(&of, 1) };
    let outcomes = [
        conclusion(&of, 1, 0, &[met(&of, 1, "phone", "1", "2")]),
        UnitOutcome { key: person.clone(), ..conclusion(&of, 1, 0, &[met(&of, 1, "city", "A", "B")]) },
        UnitOutcome { key: contact, ..conclusion(&of, 1, 0, &[met(&of, 1, "zip", "8", "9")]) },
    ];
    conclude(store, &lease, 1, &outcomes).await;
    // Each unit's conflicts go away with their own unit.
    conclude(store, &lease, 2, &[UnitOutcome { key: person, ..conclusion(&of, 1, 0, &[]) }]).await;
    store.resolve(&[met(&of, 1, "phone", "", "").id], &decision(Choice::Frappe, 3)).await.unwrap();
}

pub(super) async fn recall(store: &dyn Store) {
    let of = mapping("remembered conflicts");
    assert_eq!(told(store, &of).await, ["1 zip open 1-1", "1 city closed 1-1", "1 phone resolved 1-1"]);
    let standing = all(store, &of).await;
    assert_eq!(standing[2].met, met(&of, 1, "phone", "1", "2"));
    assert_eq!(standing[2].state, ConflictState::Resolved(decision(Choice::Frappe, 3)));
    assert_eq!(standing[0].subject, RecordRef::vtiger("Contacts", "6x1"));
    assert_eq!((&standing[0].unit, &standing[1].unit), (&unit(), &"person".into()));
}
