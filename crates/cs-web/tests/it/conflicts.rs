//! Conflicts: listed, decided one by one, many at once, and by whom.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use cs_domain::plan::{Change, Conflict, Planned};
use cs_domain::{
    Agreed, Choice, ConflictId, Edit, MetConflict, RecordRef, RunId, StandingConflict, System, Value, Verdict,
};
use cs_ports::{AuditFilter, ConflictFilter, Part, StagedState, UnitKey, UnitOutcome};

use crate::world::World;

fn field(role: &str, field: &str, vtiger: &str, frappe: &str) -> Conflict {
    Conflict::Field {
        role: role.into(),
        document: RecordRef::frappe("Contact", "Ana Prueba"),
        field: field.into(),
        base: Some(Agreed::on(Value::text("Base"))),
        vtiger: Value::text(vtiger),
        frappe: Value::text(frappe),
    }
}

/// Lets a run meet these conflicts of one order; answers their ids.
async fn meet(world: &World, record: &str, conflicts: Vec<Conflict>) -> Vec<ConflictId> {
    let subject = RecordRef::vtiger("SalesOrder", record);
    let met: Vec<MetConflict> = conflicts
        .into_iter()
        .map(|conflict| MetConflict {
            id: ConflictId::of(&"policy".into(), &subject, &conflict),
            conflict,
            edits: BTreeMap::from([(
                System::Vtiger,
                Edit { by: Some("19x5".to_owned()), version: "2026-11-22 09:00:00".into() },
            )]),
        })
        .collect();
    let ids = met.iter().map(|met| met.id.clone()).collect();
    let outcome = UnitOutcome {
        key: UnitKey { mapping: "policy".into(), unit: "policy".into(), subject },
        revision: 1,
        version: None,
        verdict: Verdict::Conflicted,
        state: StagedState::Parked,
        not_before: None,
        attempts: 0,
        failures: Vec::new(),
        conflicts: met,
    };
    world.conclude(&RunId("20261122-120000-0001".to_owned()), &[outcome]).await;
    ids
}

async fn standing(world: &World, id: &ConflictId) -> StandingConflict {
    let all = world.desk.conflicts(&ConflictFilter::default(), 1_000).await.unwrap();
    all.into_iter().find(|standing| standing.met.id == *id).unwrap()
}

async fn choice(world: &World, id: &ConflictId) -> Option<Choice> {
    standing(world, id).await.state.resolution().map(|resolution| resolution.choice.clone())
}

#[tokio::test]
async fn a_unit_s_conflicts_are_decided_together_field_by_field() {
    let world = World::new().await;
    let ids = meet(
        &world,
        "6x1",
        vec![
            field("owner", "last_name", "Prueba <V>", "Prueba F"),
            field("owner", "email_id", "v@example.test", "f@example.test"),
            field("owner", "mobile_no", "+1 305 555 0100", "+1 305 555 0101"),
        ],
    )
    .await;
    let mut user = world.visitor(Part::SyncerUser).await;
    user.get("/conflicts").await.shows(&["SalesOrder 6x1", "owner: last_name", "To decide (3)"]);
    let path = format!("/conflicts/{}", ids[0]);
    let page = user.get(&path).await;
    page.shows(&[
        "This unit has 3 conflicts",
        "Prueba &#60;V&#62;",
        "f@example.test",
        "Agreed before",
        "Last edited by VTiger user 19x5, 22 Nov 2026, 09:00:00 by VTiger’s clock",
    ]);

    let nothing = user.post(&path, &[]).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    let [first, second] = [format!("word.{}", ids[0]), format!("word.{}", ids[1])];
    let typed = format!("typed.{}", ids[1]);
    let words =
        [(first.as_str(), "vtiger"), (second.as_str(), "typed"), (typed.as_str(), "ana@example.test")];
    user.post(&path, &words).await.leads_to("/conflicts");
    assert_eq!(choice(&world, &ids[0]).await, Some(Choice::Vtiger));
    assert_eq!(choice(&world, &ids[1]).await, Some(Choice::Value(Value::text("ana@example.test"))));
    assert_eq!(choice(&world, &ids[2]).await, None, "left for later");
    user.get("/conflicts").await.shows(&["To decide (1)", "The next run carries it out"]);
    let decided = user.get("/conflicts?state=resolved").await;
    decided.shows(&["VTiger is right — syncer.user@example.test"]);

    let audit = world.desk.audit(&AuditFilter::default(), None, 10).await.unwrap();
    assert_eq!(audit.len(), 2);
    assert_eq!((audit[0].action.as_str(), &audit[0].before["state"]), ("conflict.resolve", &"open".into()));
    assert_eq!(audit[1].after["choice"]["choice"], "vtiger");
}

#[tokio::test]
async fn what_does_not_answer_is_refused_with_what_was_typed_and_nothing_is_noted() {
    let world = World::new().await;
    let candidates = vec![RecordRef::frappe("Contact", "Ana"), RecordRef::frappe("Contact", "Ana-1")];
    let ids = meet(
        &world,
        "6x1",
        vec![
            field("owner", "last_name", "V", "F"),
            Conflict::Ambiguous { role: "spouse".into(), candidates },
        ],
    )
    .await;
    let mut user = world.visitor(Part::SyncerUser).await;
    let path = format!("/conflicts/{}", ids[0]);
    let [first, second] = [format!("word.{}", ids[0]), format!("word.{}", ids[1])];
    let typed = format!("typed.{}", ids[0]);
    let odd = [(first.as_str(), "typed"), (typed.as_str(), "Nueva"), (second.as_str(), "document Eva")];
    let refused = user.post(&path, &odd).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("value=\"Nueva\""), "{}", refused.text());
    assert!(refused.text().contains("does not answer the conflict"), "{}", refused.text());
    assert_eq!(choice(&world, &ids[0]).await, None, "all or nothing");

    user.post(&path, &[(second.as_str(), "document Ana-1")]).await.leads_to("/conflicts");
    assert_eq!(choice(&world, &ids[1]).await, Some(Choice::Document("Ana-1".into())));
    user.post(&path, &[(second.as_str(), "separate")]).await.leads_to("/conflicts");
    assert_eq!(choice(&world, &ids[1]).await, Some(Choice::Separate), "until a run takes it up");
    assert_eq!(user.post("/conflicts/none", &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn deletes_and_submitted_documents_are_explained() {
    let world = World::new().await;
    let change = Change {
        field: "grand_total".into(),
        before: Some(Value::text("10")),
        after: Planned::Value(Value::text("12")),
    };
    let ids = meet(
        &world,
        "6x1",
        vec![
            Conflict::DeleteEdit {
                role: "owner".into(),
                document: RecordRef::frappe("Contact", "Ana"),
                deleted: System::Vtiger,
                edited: vec!["last_name".into()],
            },
            Conflict::Submitted {
                role: "order".into(),
                document: RecordRef::frappe("Sales Order", "SO-1"),
                changes: vec![change],
            },
        ],
    )
    .await;
    let mut user = world.visitor(Part::SyncerUser).await;
    let path = format!("/conflicts/{}", ids[1]);
    let page = user.get(&path).await;
    page.shows(&["The delete stands", "amend = true", "<del>10</del>", "<ins>12</ins>", "deleted in VTiger"]);
    page.hides(&[&format!("word.{}", ids[1])]);
    let word = format!("word.{}", ids[0]);
    user.post(&path, &[(word.as_str(), "frappe")]).await.leads_to("/conflicts");
    assert_eq!(choice(&world, &ids[0]).await, Some(Choice::Frappe));
    let submitted = format!("word.{}", ids[1]);
    let refused = user.post(&path, &[(submitted.as_str(), "vtiger")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn many_are_decided_at_once_and_those_that_need_another_answer_stay() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for number in 0..3 {
        ids.extend(meet(&world, &format!("6x{number}"), vec![field("owner", "last_name", "V", "F")]).await);
    }
    let candidates = vec![RecordRef::frappe("Contact", "Ana")];
    ids.extend(meet(&world, "6x9", vec![Conflict::Ambiguous { role: "owner".into(), candidates }]).await);
    let sent: Vec<(&str, &str)> = ids.iter().skip(1).map(|id| ("id", id.0.as_str())).collect();
    let with = |choice: &'static str| {
        let mut form = sent.clone();
        form.extend([("choice", choice), ("state", "open"), ("q", "6x")]);
        form
    };
    let mut reader = world.visitor(Part::ReadOnly).await;
    reader.get("/conflicts").await.hides(&["type=\"checkbox\""]);
    assert_eq!(reader.post("/conflicts", &with("frappe")).await.status, StatusCode::FORBIDDEN);
    let mut user = world.visitor(Part::SyncerUser).await;
    user.post("/conflicts", &with("frappe")).await.leads_to("/conflicts?state=open&q=6x");
    user.get("/conflicts").await.shows(&["The others need another answer", "To decide (2)"]);
    for (id, decided) in ids.iter().zip([None, Some(Choice::Frappe), Some(Choice::Frappe), None]) {
        assert_eq!(choice(&world, id).await, decided);
    }
    let refused = user.post("/conflicts", &with("both")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn conflicts_are_found_by_text_and_mapping() {
    let world = World::new().await;
    meet(&world, "6x1", vec![field("owner", "last_name", "Gómez", "Pérez")]).await;
    meet(&world, "6x2", vec![field("owner", "last_name", "Ruiz", "Soto")]).await;
    let mut reader = world.visitor(Part::ReadOnly).await;
    let found = reader.get("/conflicts?q=P%C3%89REZ").await;
    found.shows(&["SalesOrder 6x1"]);
    found.hides(&["SalesOrder 6x2"]);
    reader.get("/conflicts?mapping=crm").await.shows(&["Nothing to decide"]);
    reader.get("/conflicts?page=77&state=odd").await.shows(&["SalesOrder 6x2"]);
}
