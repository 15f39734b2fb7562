//! What a mapping is tried by before it runs: previews, and pairs of what is already there. Nothing is written by looking, and
//! what people said of pairs is what the run that follows goes by.

use cs_domain::mapping::parse;
use cs_domain::plan::{Act, Change, Plan, Planned, SkipReason, VtigerStep};
use cs_domain::{LinkDecision, LinkOrigin, LinkReason, LinkStanding, Proposal, RecordRef, Run, System};
use cs_engine::{Gathered, Preview};
use cs_ports::{Clock as _, LinkingStore as _, ProposalFilter, Tie};
use cs_sandbox::frappe::reshape::FieldChange as Here;
use cs_sandbox::vtiger::{FieldChange as There, Persona};
use jiff::SignedDuration;
use serde_json::json;

use crate::lab::{Lab, LabWish, MAPPING, Person};

const AT_ONCE: SignedDuration = SignedDuration::ZERO;

fn lab() -> Lab {
    Lab::new(&LabWish::people(Persona::v8_3_0(), 3))
}

fn record(person: &Person) -> RecordRef {
    RecordRef::vtiger("Contacts", person.id.as_str())
}

fn document(name: &str) -> RecordRef {
    RecordRef::frappe("Contact", name)
}

fn preview(lab: &Lab, text: &str, subjects: &[RecordRef]) -> Preview {
    let job = Lab::job(&parse(text).unwrap().mapping);
    lab.runtime.block_on(lab.engine().preview(&job, &"person".into(), subjects)).unwrap()
}

fn gathered(lab: &Lab) -> Gathered {
    let job = Lab::job(&parse(MAPPING).unwrap().mapping);
    let (unit, role) = ("person".into(), "person".into());
    lab.runtime.block_on(lab.engine().propose_links(&job, &unit, &role)).unwrap().unwrap()
}

/// Everything that both systems hold, and what is remembered.
#[derive(Debug, PartialEq)]
struct Everything {
    records: String,
    documents: Vec<serde_json::Value>,
    ties: Vec<Tie>,
    runs: Vec<Run>,
    writes: (u64, u64),
}

fn everything(lab: &Lab) -> Everything {
    let records = format!("{:?}", lab.ground.system().records());
    let documents = lab.ground.site().documents("Contact");
    let subjects: Vec<RecordRef> = lab.people().iter().map(record).collect();
    let (ties, runs) = lab.runtime.block_on(async {
        let ties = lab.store.ties_of(&"people".into(), &subjects).await.unwrap();
        (ties, lab.store.runs(10).await.unwrap())
    });
    let (vtiger, frappe) = lab.requests();
    Everything { records, documents, ties, runs, writes: (vtiger.write, frappe.write) }
}

/// Fields and what they are to hold.
fn set(changes: &[Change]) -> Vec<(&str, String)> {
    let value = |change: &Change| match &change.after {
        Planned::Value(value) => value.plain(),
        other => format!("{other:?}"),
    };
    changes.iter().map(|change| (change.field.as_str(), value(change))).collect()
}

/// The document that a record has, and how it came to it.
fn linked(lab: &Lab, person: &Person) -> Option<(String, LinkOrigin)> {
    let ties = lab.runtime.block_on(lab.store.ties_of(&"people".into(), &[record(person)])).unwrap();
    let live = ties.into_iter().find(|tie| tie.link.standing == LinkStanding::Live)?;
    Some((live.link.document.id.to_string(), live.link.origin))
}

#[test]
fn a_preview_is_what_the_run_does_and_nothing_is_written_before_it() {
    let lab = lab();
    lab.run_well();
    let [one, two, three] = lab.people() else { panic!("three people") };
    lab.ground.clock.pass(SignedDuration::from_secs(60));
    lab.ground.edit(&one.id, "assistant", "Berta", AT_ONCE);
    lab.ground.edit_document(&two.name, "department", "Compras", AT_ONCE);
    let before = everything(&lab);

    let nobody = RecordRef::vtiger("Contacts", "12x999999");
    let shown = preview(&lab, MAPPING, &[record(three), nobody, record(two), record(one)]);
    let [third, gone, second, first] = shown.records.as_slice() else { panic!("{shown:?}") };
    assert!(third.plan.writes_nothing() && third.record.is_some(), "{third:?}");
    assert_eq!(third.documents[0].1.reference, document(&three.name));
    assert_eq!((gone.record.is_none(), gone.plan.skipped), (true, Some(SkipReason::NotThere)));
    assert!(matches!(first.plan.steps[0].act, Act::Update { .. }), "{first:?}");
    assert_eq!(set(&first.plan.steps[0].changes), [("company_name", "Berta".to_owned())]);
    let Some(VtigerStep::Revise { changes, .. }) = &second.plan.vtiger else { panic!("{second:?}") };
    assert_eq!(set(changes), [("department", "Compras".to_owned())]);
    assert_eq!(everything(&lab), before, "it only looked");

    let mut dry: Vec<Plan> = Vec::new();
    let job = Lab::job(&parse(MAPPING).unwrap().mapping);
    lab.runtime.block_on(lab.engine().dry_run(&job, |plan| dry.push(plan.clone()))).unwrap();
    dry.retain(|plan| !plan.writes_nothing());
    dry.sort_by_key(|plan| plan.subject != first.plan.subject);
    assert_eq!(dry, [first.plan.clone(), second.plan.clone()]);
    assert_eq!(everything(&lab), before);

    lab.run_well();
    assert_eq!(lab.ground.shown(&one.name, "company_name"), "Berta");
    assert_eq!(lab.ground.held(&two.id, "department"), "Compras");
}

#[test]
fn a_preview_shows_what_would_be_new_on_either_side() {
    let lab = lab();
    lab.ground.site().stage(
        "Contact",
        json!({"name": "Nueva", "first_name": "Nueva", "last_name": "Persona", "status": "Passive"})
            .as_object()
            .unwrap()
            .clone(),
    );
    let other = MAPPING
        .replace("match = [[\"first_name\", \"last_name\"]]", "match = [[\"first_name\", \"department\"]]");
    let before = everything(&lab);
    let person = &lab.people()[0];
    let shown = preview(&lab, &other, &[document("Nueva"), record(person)]);
    let [newcomer, unmatched] = shown.records.as_slice() else { panic!("{shown:?}") };
    let step = &unmatched.plan.steps[0];
    assert!(matches!(step.act, Act::Create { .. }), "by these keys it is nobody who is there: {step:?}");
    assert!(set(&step.changes).contains(&("first_name", "Persona 0".to_owned())), "{step:?}");
    let Some(VtigerStep::Create { changes, document: made_for, .. }) = &newcomer.plan.vtiger else {
        panic!("{newcomer:?}")
    };
    assert_eq!(*made_for, document("Nueva"));
    assert!(set(changes).contains(&("lastname", "Persona".to_owned())), "{changes:?}");
    // By the mapping's own keys the person is there, and would be linked.
    let shown = preview(&lab, MAPPING, &[record(person)]);
    let act = &shown.records[0].plan.steps[0].act;
    assert!(
        matches!(act, Act::Link { target, origin: LinkOrigin::Adopted, .. } if *target == document(&person.name)),
        "{act:?}"
    );
    assert_eq!(everything(&lab), before);
}

#[test]
fn a_preview_names_what_would_be_refused_and_the_words_without_a_partner() {
    let lab = lab();
    lab.run_well();
    lab.ground.clock.pass(SignedDuration::from_secs(60));
    assert!(lab.ground.site().change_field("Contact", "company_name", &Here::Long(10)));
    let words = ["Passive", "Web Site"].map(str::to_owned).to_vec();
    assert!(lab.ground.system().change_field("Contacts", "leadsource", &There::Listed(words)));
    let [one, two, _] = lab.people() else { panic!("three people") };
    lab.ground.edit(&one.id, "assistant", "Bertalina de las Mercedes", AT_ONCE);
    lab.ground.edit(&two.id, "leadsource", "Web Site", AT_ONCE);
    let text = MAPPING.replace(
        "[unit.document.fields]\n",
        "[unit.document.fields]\nstatus = { vtiger = \"leadsource\", direction = \"to_frappe\" }\n",
    );
    // An engine that has not read what either field was before.
    let engine = lab.fresh(&lab.store);
    let job = Lab::job(&parse(&text).unwrap().mapping);
    let subjects = [record(one), record(two)];
    let shown = lab.runtime.block_on(engine.preview(&job, &"person".into(), &subjects)).unwrap();

    let [long, word] = shown.records.as_slice() else { panic!("{shown:?}") };
    let codes = |plan: &Plan| {
        let told = plan.failures.iter().map(|failure| (failure.code.clone(), failure.place.clone()));
        told.collect::<Vec<_>>()
    };
    assert_eq!(codes(&long.plan), [("value.too_long".to_owned(), Some("person.company_name".to_owned()))]);
    assert!(!long.plan.failures[0].remedy.is_empty());
    assert_eq!(codes(&word.plan), [("value.not_a_choice".to_owned(), Some("person.status".to_owned()))]);
    // Both lists are there whole: the word that a record holds, and none that the other side has.
    let lone: Vec<(&str, u32, System)> =
        shown.lone.iter().map(|lone| (lone.word.as_str(), lone.sampled, lone.system)).collect();
    assert_eq!(lone, [("Web Site", 1, System::Vtiger)], "Passive is on both sides");
    assert!(lab.ground.shown(&one.name, "company_name").is_empty());
}

#[test]
fn pairs_are_scored_with_why_and_remembered_nowhere() {
    let lab = lab();
    let [one, two, _] = lab.people() else { panic!("three people") };
    for (person, born) in [(one, "1980-02-03"), (two, "1970-01-01")] {
        lab.ground.edit(&person.id, "birthday", born, AT_ONCE);
        lab.ground.edit_document(&person.name, "custom_day_of_birth", born, AT_ONCE);
    }
    lab.ground.edit_document(&two.name, "last_name", "de Pruebas 1", AT_ONCE);
    let before = everything(&lab);
    let found = gathered(&lab);
    assert_eq!((found.records, found.documents), (3, 3));
    assert_eq!(everything(&lab), before, "it only looked");
    let of = |person: &Person, name: &str| -> &Proposal {
        let is = |found: &&Proposal| found.subject == record(person) && found.document == document(name);
        found.proposals.iter().find(is).unwrap_or_else(|| panic!("{name}: {found:?}"))
    };
    let (first, second) = (of(one, &one.name), of(two, &two.name));
    assert!(first.reasons.contains(&LinkReason::MatchKey { number: 0 }), "{first:?}");
    assert!(
        second.reasons.iter().any(|why| matches!(why, LinkReason::LikeName { percent } if *percent < 100)),
        "{second:?}"
    );
    assert!(
        second.reasons.contains(&LinkReason::SameDate { field: "custom_day_of_birth".to_owned() }),
        "{second:?}"
    );
    assert!(first.score > second.score, "{first:?} {second:?}");
    let best = found.proposals.iter().find(|found| found.subject == record(one)).unwrap();
    assert_eq!(best, first, "the best comes first");
    let job = Lab::job(&parse(MAPPING).unwrap().mapping);
    let (unit, role) = ("person".into(), "no_such_role".into());
    assert!(lab.runtime.block_on(lab.engine().propose_links(&job, &unit, &role)).unwrap().is_none());

    // What is linked is looked for no more.
    lab.ground.edit_document(&two.name, "last_name", "de Prueba 1", AT_ONCE);
    lab.ground.clock.pass(SignedDuration::from_secs(60));
    lab.run_well();
    let after = gathered(&lab);
    assert_eq!((after.records, after.documents, after.proposals.len()), (0, 0, 0));
}

/// Keeps what is proposed, and what somebody says of these pairs.
fn decide(lab: &Lab, pairs: &[(&Person, &str, Option<LinkDecision>)]) {
    let found = pairs.iter().map(|(person, name, _)| Proposal {
        unit: "person".into(),
        role: "person".into(),
        subject: record(person),
        document: document(name),
        score: 60,
        reasons: Vec::new(),
    });
    let found: Vec<Proposal> = found.collect();
    let now = lab.ground.clock.now();
    lab.runtime.block_on(async {
        let (mapping, unit, role) = ("people".into(), "person".into(), "person".into());
        lab.memory.put_proposals(&mapping, &unit, &role, &found, now).await.unwrap();
        let kept = lab.memory.proposals(&ProposalFilter::of(mapping), 0, 100).await.unwrap();
        for (person, name, decision) in pairs {
            let is = |one: &&cs_ports::KeptProposal| {
                one.proposal.subject == record(person) && one.proposal.document == document(name)
            };
            let id = kept.iter().find(is).unwrap().id;
            lab.memory.decide_proposals(&[id], *decision, "ana@example.test", now).await.unwrap();
        }
    });
}

fn stage_other(lab: &Lab, name: &str) {
    let row = json!({"name": name, "first_name": "Otra", "last_name": "Distinta", "status": "Passive"});
    lab.ground.site().stage("Contact", row.as_object().unwrap().clone());
}

#[test]
fn what_a_person_accepted_or_rejected_is_what_the_run_goes_by() {
    let lab = lab();
    let [one, two, three] = lab.people() else { panic!("three people") };
    stage_other(&lab, "Otra");
    let before = everything(&lab);
    let pairs =
        [(one, "Otra", Some(LinkDecision::Accepted)), (two, two.name.as_str(), Some(LinkDecision::Rejected))];
    decide(&lab, &pairs);
    assert_eq!(everything(&lab), before, "deciding writes nothing to either system and links nothing");
    let shown = preview(&lab, MAPPING, &[record(one), record(two), record(three)]);
    let acts: Vec<&Act> = shown.records.iter().map(|one| &one.plan.steps[0].act).collect();
    assert!(
        matches!(acts[0], Act::Link { target, origin: LinkOrigin::Chosen, .. } if *target == document("Otra")),
        "{acts:?}"
    );
    assert!(matches!(acts[1], Act::Create { .. }), "{acts:?}");
    assert!(matches!(acts[2], Act::Link { origin: LinkOrigin::Adopted, .. }), "{acts:?}");

    lab.run();
    assert_eq!(linked(&lab, one), Some(("Otra".to_owned(), LinkOrigin::Chosen)));
    let (made, origin) = linked(&lab, two).unwrap();
    assert!(made != two.name && origin == LinkOrigin::Created, "{made}");
    assert_eq!(
        linked(&lab, three),
        Some((three.name.clone(), LinkOrigin::Adopted)),
        "nobody said anything of it"
    );
}

#[test]
fn a_word_that_was_taken_back_or_whose_document_is_gone_counts_no_more() {
    let lab = lab();
    let [one, two, _] = lab.people() else { panic!("three people") };
    stage_other(&lab, "Otra");
    decide(
        &lab,
        &[
            (one, "Otra", Some(LinkDecision::Accepted)),
            (two, two.name.as_str(), Some(LinkDecision::Rejected)),
        ],
    );
    decide(&lab, &[(one, "Nadie", Some(LinkDecision::Accepted)), (two, two.name.as_str(), None)]);
    lab.run();
    assert_eq!(
        linked(&lab, one),
        Some((one.name.clone(), LinkOrigin::Adopted)),
        "there is no Nadie: the match keys find it"
    );
    assert_eq!(linked(&lab, two), Some((two.name.clone(), LinkOrigin::Adopted)));
}

#[test]
fn a_document_of_another_record_is_not_taken_from_it_by_a_word() {
    let lab = lab();
    lab.run_well();
    let [one, ..] = lab.people() else { panic!("three people") };
    let element = json!({"firstname": "Otra", "lastname": "Distinta", "assigned_user_id": "19x1"});
    let newcomer = {
        let mut system = lab.ground.system();
        let admin = system.users()[&1].clone();
        let now = lab.ground.vtiger_now();
        let made = system.create(&admin, "Contacts", element.as_object().unwrap(), now);
        made.unwrap()
    };
    let newcomer = Person { id: newcomer["id"].as_str().unwrap().to_owned(), name: String::new() };
    decide(&lab, &[(&newcomer, one.name.as_str(), Some(LinkDecision::Accepted))]);
    let shown = preview(&lab, MAPPING, &[record(&newcomer)]);
    let plan = &shown.records[0].plan;
    assert!(
        plan.steps
            .iter()
            .all(|step| !matches!(&step.act, Act::Link { target, .. } if *target == document(&one.name))),
        "{plan:?}"
    );
    lab.run();
    assert_eq!(linked(&lab, one), Some((one.name.clone(), LinkOrigin::Adopted)));
    assert_ne!(linked(&lab, &newcomer).map(|(name, _)| name), Some(one.name.clone()));
}
