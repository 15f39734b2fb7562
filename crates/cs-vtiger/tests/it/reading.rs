//! Reading records and following changes.

use std::collections::BTreeSet;

use cs_domain::{Kind, RecordId, Value};
use cs_ports::{ChangeFeed, Criterion, Cursor, Discovery, FieldRequest, FieldRequests, Guard, Meter, Reader};
use cs_sandbox::vtiger::{Installation, Persona, Setup};
use cs_vtiger::{VtigerClient, VtigerConfig};
use jiff::tz::TimeZone;

use crate::world::{World, client, wanted};

async fn pass(client: &VtigerClient, kind: &Kind, cursor: Option<Cursor>) -> (Vec<String>, Cursor) {
    let (mut seen, mut cursor) = (Vec::new(), cursor);
    loop {
        let page = client.changes(kind, cursor.as_ref(), &wanted(&[])).await.unwrap();
        seen.extend(page.observations.into_iter().map(|seen| seen.reference.id.to_string()));
        cursor = Some(page.next);
        if !page.more {
            return (seen, cursor.unwrap());
        }
    }
}

#[tokio::test]
async fn the_feed_misses_nothing_on_one_second() {
    for persona in [Persona::v8_3_0(), Persona::v8_2_0()] {
        let world = World::new(persona, vec![]).await;
        let mut made = BTreeSet::new();
        for n in 0..205 {
            made.insert(world.put(
                "Contacts",
                "2026-01-01 10:00:00",
                &[("lastname", &format!("Prueba {n}"))],
            ));
        }
        let config = VtigerConfig { page_size: 41, ..world.config() };
        let client = client(config);
        let kind = Kind::from("Contacts");
        let (seen, cursor) = pass(&client, &kind, None).await;
        assert_eq!(seen.len(), 205, "each once");
        assert_eq!(seen.iter().cloned().collect::<BTreeSet<_>>(), made);

        // What was being written while the feed read has an older stamp and a higher id, or a younger one.
        let late = world.put("Contacts", "2026-01-01 09:58:30", &[("lastname", "Tarde")]);
        let newer = world.put("Contacts", "2026-01-01 10:00:01", &[("lastname", "Nueva")]);
        let (again, cursor) = pass(&client, &kind, Some(cursor)).await;
        assert!(again.contains(&late) && again.contains(&newer), "{again:?}");

        let (third, fourth) = pass(&client, &kind, Some(cursor.clone())).await;
        assert!(third.len() >= 206, "the overlap is told again");
        assert_eq!(cursor, fourth, "and the cursor stays");
    }
}

#[tokio::test]
async fn when_the_first_records_were_made_tells_one_server_from_another() {
    let world = World::new(Persona::v8_3_0(), vec![]).await;
    let kind = Kind::from("Contacts");
    for n in 0..7 {
        world.put("Contacts", &format!("2026-01-01 09:00:0{n}"), &[("lastname", &format!("Prueba {n}"))]);
    }
    let client = world.client();
    let births = client.births(&kind).await.unwrap();
    assert_eq!(births.created.len(), 5, "{births:?}");
    assert!(births.created.values().any(|created| created == "2026-01-01 09:00:00"), "{births:?}");
    let ids: Vec<RecordId> = births.created.keys().cloned().collect();
    let found = client.births_of(&kind, &ids).await.unwrap();
    assert_eq!(found, births.created);
    assert!(!births.contradicted_by(&found));
    let absent = [RecordId::new(format!("{}9", ids[0].as_str()))];
    assert!(client.births_of(&kind, &absent).await.unwrap().is_empty());

    let other = World::new(Persona::v8_3_0(), vec![]).await;
    other.put("Contacts", "2026-01-02 10:00:00", &[("lastname", "Otra")]);
    let found = other.client().births_of(&kind, &ids).await.unwrap();
    assert!(births.contradicted_by(&found), "{found:?}");
}

#[tokio::test]
async fn an_empty_module_has_an_empty_feed() {
    let world = World::new(Persona::v8_3_0(), vec![]).await;
    let client = world.client();
    let (seen, cursor) = pass(&client, &"Contacts".into(), None).await;
    assert!(seen.is_empty());
    let id = world.put("Contacts", "2026-01-01 10:00:00", &[("lastname", "Primera")]);
    assert_eq!(pass(&client, &"Contacts".into(), Some(cursor)).await.0, [id]);
}

#[tokio::test]
async fn records_come_as_canonical_values() {
    for persona in [Persona::v8_3_0(), Persona::v8_2_0()] {
        let world = World::new(persona, vec![]).await;
        let account = world.put("Accounts", "2026-01-01 10:00:00", &[("accountname", "Empresa & Cía")]);
        let number = account.split_once('x').unwrap().1;
        let order = world.put(
            "SalesOrder",
            "2026-01-02 10:00:00",
            &[
                ("subject", "Póliza \"uno\" & <dos>"),
                ("account_id", number),
                ("cf_853", "4111 1111 1111 1234"),
                ("cf_855", "0000-00-00"),
                ("cf_861", "1"),
                ("cf_863", "257.07"),
                ("duedate", "2026-12-31"),
            ],
        );
        let mut fields = wanted(&[
            "subject",
            "account_id",
            "contact_id",
            "assigned_user_id",
            "cf_855",
            "cf_861",
            "cf_863",
            "duedate",
            "modifiedtime",
        ]);
        fields.0.push(FieldRequest { name: "cf_853".into(), guard: Guard::LastFour });
        let client = world.client();
        let records = client.read(&"SalesOrder".into(), &[order.as_str().into()], &fields).await.unwrap();
        let value = |name: &str| records[0].fields[name].clone();
        assert_eq!(value("subject"), Value::Text("Póliza \"uno\" & <dos>".into()));
        assert_eq!(value("contact_id"), Value::Empty);
        assert_eq!(value("cf_855"), Value::Empty);
        assert_eq!(value("cf_861"), Value::Boolean(true));
        assert_eq!(value("cf_863"), Value::Decimal("257.07".parse().unwrap()));
        assert_eq!(value("duedate"), Value::Date("2026-12-31".parse().unwrap()));
        assert_eq!(value("cf_853"), Value::Text("1234".into()));
        let Value::Reference(owner) = value("assigned_user_id") else { panic!() };
        assert_eq!((owner.kind.as_str(), owner.id.as_str()), ("Users", "19x1"));
        let Value::Reference(of) = value("account_id") else { panic!() };
        assert_eq!((of.kind.as_str(), of.id.as_str()), ("Accounts", account.as_str()));
        let Value::DateTime(moment) = value("modifiedtime") else { panic!() };
        assert_eq!(moment.utc, "2026-01-02T10:00:00Z".parse().unwrap());
        assert!(!format!("{records:?}").contains("4111"));
        assert_eq!(records[0].fields.len(), 10, "no field that was not asked for");
    }
}

#[tokio::test]
async fn any_number_of_ids_is_read_and_missing_ones_are_proven_missing() {
    let world = World::new(Persona::v8_3_0(), vec![]).await;
    let kind = Kind::from("Contacts");
    let mut ids: Vec<RecordId> = (0..250)
        .map(|n| {
            RecordId::new(world.put("Contacts", "2026-01-01 10:00:00", &[("lastname", &format!("P{n}"))]))
        })
        .collect();
    let client = world.client();
    assert_eq!(client.read(&kind, &ids, &wanted(&["lastname"])).await.unwrap().len(), 250);
    let before = client.requests().read;
    let gone = [RecordId::from("12x900000"), RecordId::from("12x900001")];
    assert!(client.read(&kind, &gone, &wanted(&["lastname"])).await.unwrap().is_empty());
    assert_eq!(client.requests().read, before + 2, "the question, and the proof that it can be answered");
    assert!(client.read(&kind, &gone, &wanted(&["lastname"])).await.unwrap().is_empty());
    assert_eq!(client.requests().read, before + 3, "proven once");
    ids.push("11x5".into());
    let error = client.read(&kind, &ids, &wanted(&["lastname"])).await.unwrap_err();
    assert_eq!(error.code, "vtiger.foreign_id");
    for field in ["nope", "productid"] {
        assert!(client.read(&"SalesOrder".into(), &["6x1".into()], &wanted(&[field])).await.is_err());
    }
}

#[tokio::test]
async fn any_number_of_values_is_looked_for() {
    let world = World::new(Persona::v8_3_0(), vec![]).await;
    let names: Vec<String> = (0..600).map(|n| format!("Peña O'Niel \\ número {n}")).collect();
    for name in names.iter().take(320) {
        world.put("Contacts", "2026-01-01 10:00:00", &[("lastname", name), ("firstname", "Ana")]);
    }
    let client = world.client();
    let any = |values: Vec<Value>, field: &str| Criterion { field: field.into(), any_of: values };
    let all = any(names.iter().map(|name| Value::text(name.as_str())).collect(), "lastname");
    let ana = any(vec![Value::text("ana")], "firstname");
    let find = |criteria: Vec<Criterion>| {
        let client = &client;
        async move { client.find(&"Contacts".into(), &criteria, &FieldRequests::plain(["lastname"])).await }
    };
    let found = find(vec![all, ana]).await.unwrap();
    assert_eq!(found.len(), 320);
    let ids: Vec<_> =
        found.iter().map(|record| record.reference.id.as_str()[3..].parse::<u64>().unwrap()).collect();
    assert!(ids.is_sorted());
    assert!(find(vec![any(vec![Value::text("x' or id > '12x1")], "lastname")]).await.unwrap().is_empty());
    assert!(find(vec![any(vec![Value::text("😀")], "lastname")]).await.unwrap().is_empty());
    assert_eq!(
        find(vec![any(vec![Value::text("a\\")], "lastname")]).await.unwrap_err().code,
        "vtiger.inexpressible"
    );
    assert_eq!(
        find(vec![any(vec![Value::Empty], "lastname")]).await.unwrap_err().code,
        "vtiger.inexpressible"
    );
    assert_eq!(find(vec![]).await.unwrap().len(), 320);
}

#[tokio::test]
async fn a_server_elsewhere_on_earth_is_followed_in_its_own_time() {
    let setup = Setup {
        time_zone: TimeZone::get("America/Bogota").unwrap(),
        ..Setup::new(Persona::v8_3_0(), Installation::Lab)
    };
    let world = World::with(setup, vec![]).await;
    let client = world.client();
    let made = crate::writing::create_contact(&client, "Prueba", "").await;
    let fields = wanted(&["createdtime"]);
    let records =
        client.read(&"Contacts".into(), std::slice::from_ref(&made.reference.id), &fields).await.unwrap();
    let Value::DateTime(moment) = &records[0].fields["createdtime"] else { panic!() };
    let age = jiff::Timestamp::now().as_second() - moment.utc.as_second();
    assert!((0..60).contains(&age), "learnt from the stamp of our own write: {moment:?}");
    let (seen, cursor) = pass(&client, &"Contacts".into(), None).await;
    assert_eq!(seen, [made.reference.id.to_string()]);
    assert_eq!(pass(&client, &"Contacts".into(), Some(cursor)).await.0, seen);
}

#[tokio::test]
async fn modules_are_listed_and_their_newest_records_read() {
    let world = World::new(Persona::v8_3_0(), vec![]).await;
    let client = world.client();
    let kinds = client.kinds().await.unwrap();
    let named = |name: &str| kinds.iter().find(|about| about.kind.as_str() == name);
    assert_eq!(named("Accounts").unwrap().label, "Organizations");
    assert!(kinds.iter().all(|about| !about.custom), "{kinds:?}");
    assert!(named("Users").is_none() && named("LineItem").is_none());

    let kind = Kind::from("Contacts");
    assert!(client.newest(&kind, &wanted(&["lastname"]), 5).await.unwrap().is_empty());
    let made: Vec<String> = (0..7)
        .map(|n| world.put("Contacts", "2026-01-01 10:00:00", &[("lastname", &format!("Prueba {n}"))]))
        .collect();
    let client = client_with_pages(&world, 3);
    let newest = client.newest(&kind, &wanted(&["lastname"]), 5).await.unwrap();
    let ids: Vec<&str> = newest.iter().map(|record| record.reference.id.as_str()).collect();
    let expected: Vec<&str> = made.iter().rev().take(5).map(String::as_str).collect();
    assert_eq!(ids, expected);
    assert_eq!(newest[0].fields.get("lastname"), Some(&Value::text("Prueba 6")));
    assert_eq!(client.count(&kind, &[]).await.unwrap(), None);
}

fn client_with_pages(world: &World, page_size: u32) -> VtigerClient {
    client(VtigerConfig { page_size, ..world.config() })
}
