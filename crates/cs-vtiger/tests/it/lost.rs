//! Answers that are lost after the work was done, many times over: one record each, with the right value.

use std::collections::BTreeMap;

use cs_domain::{Kind, RecordRef};
use cs_ports::{Meter, Writer};
use cs_sandbox::faults::{FaultKind, Turn};
use cs_sandbox::vtiger::Persona;

use crate::world::{World, applied, fault, fields, key, update_from, wanted};

/// Creates, and as many revises, in each of the two ways on each of two versions: 500 and 500.
const EACH: usize = 125;

#[tokio::test]
async fn a_lost_answer_makes_no_second_record_and_loses_no_value() {
    let ways = [FaultKind::ErrorAfter, FaultKind::DropAfter];
    let personas = [Persona::v8_3_0(), Persona::v8_2_0()];
    let all = personas.into_iter().flat_map(|persona| ways.map(|way| lose(persona, way)));
    futures_util::future::join_all(all).await;
}

async fn lose(persona: Persona, way: FaultKind) {
    let faults = vec![fault("create", Turn::Every(1), way), fault("revise", Turn::Every(1), way)];
    let world = World::new(persona, faults).await;
    let client = world.client();
    let kind = Kind::from("Contacts");
    let names = wanted(&["lastname", "department"]);
    let mut expected = BTreeMap::new();
    for n in 0..EACH {
        // Every second has no key in it, and every tenth is called like the one ten before.
        let lastname = if n % 20 == 1 { "Tocaya".to_owned() } else { format!("Prueba {n}") };
        let source = format!("6x{n}/owner");
        let mut values = fields(&[("lastname", &lastname)]);
        if n % 2 == 0 {
            values.extend(fields(&[("department", &source)]));
        }
        let made = applied(client.create(&kind, &values, &key(&source), &names).await);
        let target: RecordRef = made.reference.clone();
        let (before, changes) = (fields(&[("firstname", "")]), fields(&[("firstname", &format!("Ana {n}"))]));
        applied(
            update_from(&client, &target, &changes, made.version.as_str(), &before, &["firstname"]).await,
        );
        let held = (lastname, format!("Ana {n}"));
        assert!(
            expected.insert(target.id.to_string(), held).is_none(),
            "{persona:?} {way:?} {n}: taken twice"
        );
    }
    let state = world.state();
    let found: BTreeMap<String, (String, String)> = state
        .records()
        .values()
        .filter(|record| record.module == "Contacts")
        .map(|record| {
            let held = (record.text("lastname").to_owned(), record.text("firstname").to_owned());
            (format!("12x{}", record.id), held)
        })
        .collect();
    assert_eq!(found, expected, "{persona:?} {way:?}");
    assert_eq!(client.requests().write, 2 * EACH as u64, "each was sent once");
}
