//! Contents: the same however a record was read.

use std::collections::BTreeMap;

use cs_domain::{Content, FieldName, FieldType, Kind, RecordId, RecordRef, Value, Version};
use cs_ports::{Census, ChangeFeed, FieldRequest, FieldRequests, Guard, Meter, Observation, Reader};
use cs_sandbox::vtiger::{Installation, Persona, Setup};
use cs_vtiger::{VtigerClient, VtigerConfig};

use crate::world::{World, applied, client, fields, update, wanted};

type Told = BTreeMap<String, (Version, Content)>;

fn told(observations: Vec<Observation>) -> Told {
    observations
        .into_iter()
        .map(|seen| (seen.reference.id.to_string(), (seen.version, seen.content.unwrap())))
        .collect()
}

async fn fed(client: &VtigerClient, kind: &Kind, fields: &FieldRequests) -> Told {
    let (mut cursor, mut seen) = (None, Vec::new());
    loop {
        let page = client.changes(kind, cursor.as_ref(), fields).await.unwrap();
        seen.extend(page.observations);
        cursor = Some(page.next);
        if !page.more {
            return told(seen);
        }
    }
}

async fn counted(client: &VtigerClient, kind: &Kind, fields: &FieldRequests) -> Told {
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = client.census(kind, after.as_ref(), fields).await.unwrap();
        after = page.observations.last().map(|seen| seen.reference.id.clone()).or(after);
        seen.extend(page.observations);
        if !page.more {
            return told(seen);
        }
    }
}

async fn read(client: &VtigerClient, kind: &Kind, ids: &[String], fields: &FieldRequests) -> Told {
    let ids: Vec<RecordId> = ids.iter().map(|id| RecordId::new(id.as_str())).collect();
    let records = client.read(kind, &ids, fields).await.unwrap();
    assert_eq!(records.len(), ids.len());
    let content = |record: cs_domain::Record| {
        let content = Content::of(&record, fields.names());
        (record.reference.id.to_string(), (record.version, content))
    };
    records.into_iter().map(content).collect()
}

/// Everything of a module that may be asked for by name.
async fn every_field(client: &VtigerClient, kind: &Kind) -> FieldRequests {
    let schema = client.schema(kind).await.unwrap();
    let plain = schema.fields.values().filter(|field| !matches!(field.field_type, FieldType::Other { .. }));
    FieldRequests::plain(plain.map(|field| field.name.clone()).filter(|name| !is_beside(name)))
}

/// What `describe` lists of a product and no table of it holds.
fn is_beside(name: &FieldName) -> bool {
    let name = name.as_str();
    name.starts_with("tax") && name.len() == 4 || name.starts_with("currency")
}

/// A record with everything in it, one as VTiger makes it when nothing is given, and one with empties of every spelling.
fn put_orders(world: &World) -> Vec<String> {
    let account = world.put("Accounts", "2026-01-01 10:00:00", &[("accountname", "Empresa & Cía")]);
    let gone = world.put("Accounts", "2026-01-01 10:00:00", &[("accountname", "Ya no")]);
    let number = |id: &str| id.split_once('x').unwrap().1.to_owned();
    let full = [
        ("subject", "Póliza \"uno\" & <dos>"),
        ("account_id", &number(&account)),
        ("cf_853", "4111 1111 1111 1234"),
        ("cf_855", "2026-03-08"),
        ("cf_861", "1"),
        ("cf_863", "257.07"),
        ("duedate", "2026-12-31"),
        ("description", "línea 1\nlínea 2"),
    ];
    let odd = [
        ("subject", "  espacios  "),
        ("account_id", "999999"),
        ("cf_855", "0000-00-00"),
        ("cf_861", ""),
        ("cf_863", "0.00"),
        ("assigned_user_id", "777"),
    ];
    let dangling = [("subject", "de nadie"), ("account_id", &number(&gone))];
    let orders = vec![
        world.put("SalesOrder", "2026-01-02 10:00:00", &full),
        world.put("SalesOrder", "2026-01-02 10:00:00", &odd),
        world.put("SalesOrder", "2026-01-02 10:00:01", &[("subject", "sin nada")]),
        world.put("SalesOrder", "2026-01-02 10:00:02", &dangling),
    ];
    let user = world.state().users()[&1].clone();
    world.state().delete(&user, &gone, jiff::Timestamp::now()).unwrap();
    orders
}

#[tokio::test]
async fn feed_and_census_tell_the_contents_that_a_read_gives() {
    for persona in [Persona::v8_3_0(), Persona::v8_2_0(), Persona { warnings: true, ..Persona::v8_2_0() }] {
        let world = World::new(persona, vec![]).await;
        let orders = put_orders(&world);
        let client = client(VtigerConfig { page_size: 3, ..world.config() });
        let kind = Kind::from("SalesOrder");
        let mut all = every_field(&client, &kind).await;
        assert!(all.0.len() > 55, "{}", all.0.len());
        for field in &mut all.0 {
            if field.name.as_str() == "cf_853" {
                *field = FieldRequest { name: "cf_853".into(), guard: Guard::LastFour };
            }
        }
        let expected = read(&client, &kind, &orders, &all).await;
        assert_eq!(fed(&client, &kind, &all).await, expected, "{persona:?}");
        assert_eq!(counted(&client, &kind, &all).await, expected, "{persona:?}");
        let contents: std::collections::BTreeSet<String> =
            expected.values().map(|(_, content)| content.0.clone()).collect();
        assert_eq!(contents.len(), 4, "each is another");

        for module in ["Contacts", "Accounts", "Products"] {
            let names = match module {
                "Contacts" => [("lastname", "Muñoz"), ("birthday", "0000-00-00")],
                "Accounts" => [("accountname", "Otra"), ("employees", "3")],
                _ => [("productname", "Plan"), ("unit_price", "12.50")],
            };
            world.put(module, "2026-01-03 10:00:00", &names);
            world.put(module, "2026-01-03 10:00:00", &names[..1]);
            let kind = Kind::from(module);
            let all = every_field(&client, &kind).await;
            let fed = fed(&client, &kind, &all).await;
            let ids: Vec<String> = fed.keys().cloned().collect();
            assert_eq!(read(&client, &kind, &ids, &all).await, fed, "{persona:?} {module}");
            assert_eq!(counted(&client, &kind, &all).await, fed, "{persona:?} {module}");
        }
    }
}

#[tokio::test]
async fn a_touch_moves_the_version_and_an_edit_the_content() {
    let world = World::new(Persona::v8_3_0(), vec![]).await;
    let client = world.client();
    let kind = Kind::from("Contacts");
    let id = world.put("Contacts", "2026-01-01 10:00:00", &[("lastname", "Prueba")]);
    let asked = wanted(&["lastname", "birthday"]);
    let (version, content) = fed(&client, &kind, &asked).await[&id].clone();
    let target = RecordRef::vtiger("Contacts", id.as_str());
    applied(update(&client, &target, &fields(&[("title", "Dra.")]), version.as_str(), &[]).await);
    let (touched, same) = fed(&client, &kind, &asked).await[&id].clone();
    assert_ne!(touched, version);
    assert_eq!(same, content, "nothing that was asked for changed");
    applied(update(&client, &target, &fields(&[("lastname", "Otra")]), touched.as_str(), &[]).await);
    assert_ne!(fed(&client, &kind, &asked).await[&id].1, content);

    // Silent: the account goes, and the contact's stamp stays (trap 12).
    let account = world.put("Accounts", "2026-01-01 10:00:00", &[("accountname", "Empresa")]);
    let number = account.split_once('x').unwrap().1;
    let order = world.put("SalesOrder", "2026-01-02 10:00:00", &[("subject", "O"), ("account_id", number)]);
    let asked = wanted(&["subject", "account_id"]);
    let kind = Kind::from("SalesOrder");
    let before = counted(&client, &kind, &asked).await[&order].clone();
    let user = world.state().users()[&1].clone();
    world.state().delete(&user, &account, jiff::Timestamp::now()).unwrap();
    let after = counted(&client, &kind, &asked).await[&order].clone();
    assert_eq!(after.0, before.0);
    assert_ne!(after.1, before.1, "the census sees it");
}

#[tokio::test]
async fn a_page_of_an_agencys_orders_is_one_question() {
    let world = World::with(Setup::new(Persona::v8_3_0(), Installation::Agency), vec![]).await;
    for n in 0..30 {
        world.put("SalesOrder", "2026-01-02 10:00:00", &[("subject", &format!("Póliza {n}"))]);
    }
    let client = world.client();
    let kind = Kind::from("SalesOrder");
    let all = every_field(&client, &kind).await;
    assert!(all.0.len() > 60, "{}", all.0.len());
    client.changes(&kind, None, &all).await.unwrap();
    let before = client.requests().read;
    let page = client.changes(&kind, None, &all).await.unwrap();
    assert_eq!((page.observations.len(), client.requests().read - before), (30, 1));
    assert!(page.observations.iter().all(|seen| seen.content.is_some()));
}

#[tokio::test]
async fn who_edited_last_and_when_are_fields_like_others() {
    for persona in [Persona::v8_3_0(), Persona::v8_2_0()] {
        let world = World::new(persona, vec![]).await;
        let client = world.client();
        for module in ["Contacts", "Accounts", "Products", "SalesOrder"] {
            let name = match module {
                "Contacts" => "lastname",
                "Accounts" => "accountname",
                "Products" => "productname",
                _ => "subject",
            };
            let id = world.put(module, "2026-01-01 10:00:00", &[(name, "Prueba"), ("modifiedby", "5")]);
            let kind = Kind::from(module);
            let asked = wanted(&["modifiedby", "modifiedtime", "createdtime"]);
            let read = client.read(&kind, &[id.as_str().into()], &asked).await.unwrap();
            let by = &read[0].fields["modifiedby"];
            assert_eq!(*by, Value::Reference(RecordRef::vtiger("Users", "19x5")), "{persona:?} {module}");
            for when in ["modifiedtime", "createdtime"] {
                let Value::DateTime(moment) = &read[0].fields[when] else { panic!("{module} {read:?}") };
                assert_eq!(moment.utc, "2026-01-01T10:00:00Z".parse().unwrap());
                assert_eq!(moment.raw, "2026-01-01 10:00:00");
            }
        }
    }
}
