//! Proposals which record and document are one.

use cs_domain::{LinkDecision, LinkReason, MappingName, Proposal, RecordRef};
use cs_ports::{KeptProposal, ProposalFilter};

use super::Whole;
use crate::samples::at;

fn proposal(role: &str, record: &str, document: &str, score: u32) -> Proposal {
    Proposal {
        unit: "person".into(),
        role: role.into(),
        subject: RecordRef::vtiger("Contacts", record),
        document: RecordRef::frappe("Contact", document),
        score,
        reasons: vec![LinkReason::SameEmail { field: "email_id".into() }],
    }
}

fn mapping() -> MappingName {
    "crm".into()
}

async fn all(store: &dyn Whole, filter: &ProposalFilter) -> Vec<KeptProposal> {
    let found = store.proposals(filter, 0, 100).await.unwrap();
    assert_eq!(store.count_proposals(filter).await.unwrap(), found.len() as u64);
    found
}

fn names(found: &[KeptProposal]) -> Vec<&str> {
    found.iter().map(|kept| kept.proposal.document.id.as_str()).collect()
}

pub(super) async fn tell(store: &dyn Whole) {
    let (unit, role, other) = ("person".into(), "person".into(), "boss".into());
    let found = [
        proposal("person", "12x1", "Ana", 90),
        proposal("person", "12x1", "Anita", 60),
        proposal("person", "12x2", "Luis", 75),
        proposal("person", "12x3", "Rosa", 55),
    ];
    store.put_proposals(&mapping(), &unit, &role, &found, at(10)).await.unwrap();
    store
        .put_proposals(&mapping(), &unit, &other, &[proposal("boss", "12x1", "Ana", 80)], at(10))
        .await
        .unwrap();
    store.put_proposals(&"policy".into(), &unit, &role, &found[..1], at(10)).await.unwrap();

    let of_role = ProposalFilter { role: Some("person".into()), ..ProposalFilter::of(mapping()) };
    let kept = all(store, &of_role).await;
    assert_eq!(names(&kept), ["Ana", "Luis", "Anita", "Rosa"]);
    assert_eq!(names(&store.proposals(&of_role, 1, 2).await.unwrap()), ["Luis", "Anita"]);
    let id =
        |document: &str| kept.iter().find(|kept| kept.proposal.document.id.as_str() == document).unwrap().id;

    // A record has one document a role: who accepts another one takes the first back.
    let decide = async |ids: &[i64], decision, moment| {
        store.decide_proposals(ids, decision, "ana@example.test", at(moment)).await.unwrap()
    };
    assert_eq!(decide(&[id("Ana"), id("Luis")], Some(LinkDecision::Accepted), 20).await.len(), 2);
    decide(&[id("Anita")], Some(LinkDecision::Accepted), 30).await;
    decide(&[id("Rosa"), 4711], Some(LinkDecision::Rejected), 40).await;
    decide(&[id("Luis")], None, 50).await;

    // Found anew: what was decided stays, all else is as it is found now.
    let again = [proposal("person", "12x1", "Anita", 65), proposal("person", "12x4", "Eva", 70)];
    store.put_proposals(&mapping(), &unit, &role, &again, at(60)).await.unwrap();
    recall(store).await;
}

pub(super) async fn recall(store: &dyn Whole) {
    let of_role = ProposalFilter { role: Some("person".into()), ..ProposalFilter::of(mapping()) };
    let kept = all(store, &of_role).await;
    assert_eq!(names(&kept), ["Eva", "Anita", "Rosa"]);
    assert_eq!((kept[1].decision, kept[1].proposal.score), (Some(LinkDecision::Accepted), 65));
    assert_eq!((kept[1].who.as_deref(), kept[1].at), (Some("ana@example.test"), at(30)));
    assert_eq!((kept[0].decision, &kept[0].who, kept[0].at), (None, &None, at(60)));
    assert_eq!(kept[0].proposal, proposal("person", "12x4", "Eva", 70));

    let open = ProposalFilter { decision: Some(None), ..of_role.clone() };
    assert_eq!(names(&all(store, &open).await), ["Eva"]);
    let good = ProposalFilter { least_score: 66, ..ProposalFilter::of(mapping()) };
    assert_eq!(names(&all(store, &good).await), ["Ana", "Eva"], "the other role's, too");

    let subjects = [RecordRef::vtiger("Contacts", "12x1"), RecordRef::vtiger("Contacts", "12x4")];
    let decided = store.decided_pairs(&mapping(), &subjects).await.unwrap();
    assert_eq!(decided.len(), 1);
    assert_eq!((decided[0].document.id.as_str(), decided[0].decision), ("Anita", LinkDecision::Accepted));
    assert!(store.decided_pairs(&"policy".into(), &subjects).await.unwrap().is_empty());
}
