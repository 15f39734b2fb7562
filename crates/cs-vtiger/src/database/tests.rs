use cs_domain::{Content, RecordId, RecordRef, Value};
use cs_ports::{
    Census, ChangeFeed, Criterion, FieldRequest, FieldRequests, Guard, Meter, Observation, Reader, Sighting,
};
use futures_util::StreamExt;
use secrecy::SecretString;

use super::mariadb_server::{MariaDb, fixtures};
use super::*;

async fn connect(server: &MariaDb, page_size: u32) -> VtigerDatabase {
    let config = DatabaseConfig { page_size, ..DatabaseConfig::new(SecretString::from(server.url())) };
    VtigerDatabase::connect(config).await.unwrap()
}

/// An order of account 5 (there), 6 (deleted); orders 101 to 104, of which 104 is deleted.
const ORDERS: &str = "
insert into vtiger_crmentity (crmid, smcreatorid, smownerid, modifiedby, setype, description, createdtime, modifiedtime, version, deleted) values
 (5, 1, 1, 1, 'Accounts', '', '2026-01-01 10:00:00', '2026-01-01 10:00:00', 0, 0),
 (6, 1, 1, 1, 'Accounts', '', '2026-01-01 10:00:00', '2026-01-02 10:00:00', 0, 1),
 (101, 1, 1, 1, 'SalesOrder', 'línea 1\\nlínea &amp; 2', '2026-01-03 10:00:00', '2026-01-03 10:00:00', 0, 0),
 (102, 1, 7, 1, 'SalesOrder', '', '2026-01-03 10:00:00', '2026-01-03 10:00:00', 0, 0),
 (103, 1, 1, 1, 'SalesOrder', NULL, '2026-01-03 10:00:00', '2026-01-03 10:00:01', 0, 0),
 (104, 1, 1, 1, 'SalesOrder', '', '2026-01-03 10:00:00', '2026-01-03 10:00:02', 0, 1);
insert into vtiger_salesorder (salesorderid, subject, accountid, contactid, total, currency_id, conversion_rate, enable_recurring, duedate) values
 (101, 'Póliza O''Niel \\\\', 5, 0, 257.07, 1, 1, 0, '2026-12-31'),
 (102, 'póliza dos', 6, NULL, NULL, 1, 1, 1, '0000-00-00'),
 (103, 'tres', NULL, NULL, 0, 1, 1, NULL, NULL),
 (104, 'cuatro', 5, NULL, 0, 1, 1, 0, NULL);
insert into vtiger_salesordercf (salesorderid, cf_853, cf_855, cf_861) values
 (101, '4111 1111 1111 1234', '2026-02-28', '1'), (102, NULL, '0000-00-00', '0'), (103, '', NULL, NULL), (104, '', NULL, '');
";

fn wanted() -> FieldRequests {
    let mut wanted = FieldRequests::plain([
        "subject",
        "account_id",
        "contact_id",
        "assigned_user_id",
        "currency_id",
        "hdnGrandTotal",
        "duedate",
        "cf_855",
        "cf_861",
        "enable_recurring",
        "description",
        "modifiedtime",
        "bill_city",
        "id",
    ]);
    wanted.0.push(FieldRequest { name: "cf_853".into(), guard: Guard::LastFour });
    wanted
}

#[tokio::test(flavor = "multi_thread")]
async fn custom_columns_are_as_long_as_the_database_says() {
    let Some(fixtures) = fixtures() else { return };
    let server = MariaDb::start();
    server.install_vtiger(&fixtures);
    let described = || {
        let field = serde_json::json!({"name": "cf_853", "label": "Card", "mandatory": false, "editable": true,
            "type": {"name": "string"}});
        let wire = serde_json::json!({"label": "Sales Order", "name": "SalesOrder", "createable": true,
            "updateable": true, "deleteable": true, "retrieveable": true, "idPrefix": "6", "fields": [field]});
        crate::describe::Described::read(crate::answer::Payload(wire)).unwrap()
    };
    let limit = |described: &crate::describe::Described| described.schema.fields["cf_853"].max_chars;
    let mut found = described();
    assert_eq!((limit(&found), found.guessed.len()), (Some(255), 1));
    let config = DatabaseConfig::new(SecretString::from(server.url()));
    crate::lengths::Lengths::new(config).measure(&mut found).await;
    assert_eq!((limit(&found), found.guessed.len()), (Some(100), 0));
    // A database that does not answer takes nothing away.
    let nowhere = DatabaseConfig {
        connect_timeout: Duration::from_millis(200),
        ..DatabaseConfig::new(SecretString::from("mysql://nobody@127.0.0.1:1/none"))
    };
    let mut found = described();
    crate::lengths::Lengths::new(nowhere).measure(&mut found).await;
    assert_eq!((limit(&found), found.guessed.len()), (Some(255), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_those_that_the_web_service_would_give() {
    let Some(fixtures) = fixtures() else { return };
    let server = MariaDb::start();
    server.install_vtiger(&fixtures);
    server.run(ORDERS);
    let database = connect(&server, 100).await;
    let kind = Kind::from("SalesOrder");

    let schema = database.schema(&kind).await.unwrap();
    assert_eq!(schema.label, "Sales Order");
    assert_eq!(schema.fields["cf_853"].max_chars, Some(100));
    assert_eq!(schema.fields["cf_863"].field_type, cs_domain::FieldType::Decimal { scale: Some(2) });
    assert!(schema.fields["subject"].mandatory && !schema.fields["subject"].writable);
    assert!(!schema.fields.contains_key("starred"), "a mark of one user");

    let ids: Vec<RecordId> = [101, 102, 103, 104, 999].map(|n| RecordId::new(format!("6x{n}"))).into();
    let records = database.read(&kind, &ids, &wanted()).await.unwrap();
    assert_eq!(records.len(), 3, "neither the deleted one nor one that never was");
    let value = |at: usize, name: &str| records[at].fields[name].clone();
    assert_eq!(records[0].version.as_str(), "2026-01-03 10:00:00");
    assert_eq!(value(0, "id"), Value::Text("6x101".into()));
    assert_eq!(value(0, "subject"), Value::Text(r"Póliza O'Niel \".into()));
    assert_eq!(value(0, "account_id"), Value::Reference(RecordRef::vtiger("Accounts", "11x5")));
    assert_eq!(value(0, "contact_id"), Value::Empty);
    assert_eq!(value(0, "assigned_user_id"), Value::Reference(RecordRef::vtiger("Users", "19x1")));
    assert_eq!(value(0, "currency_id"), Value::Reference(RecordRef::vtiger("Currency", "21x1")));
    assert_eq!(value(0, "hdnGrandTotal"), Value::Decimal("257.07".parse().unwrap()));
    assert_eq!(value(0, "cf_855"), Value::Date("2026-02-28".parse().unwrap()));
    assert_eq!(value(0, "cf_861"), Value::Boolean(true));
    assert_eq!(value(0, "description"), Value::Text("línea 1\nlínea &amp; 2".into()));
    assert_eq!(value(0, "bill_city"), Value::Empty, "no row in that table");
    assert_eq!(value(0, "cf_853"), Value::Text("1234".into()));
    assert!(!format!("{records:?}").contains("4111"));
    assert_eq!(value(1, "account_id"), Value::Empty, "the account is deleted");
    assert_eq!(value(1, "assigned_user_id"), Value::Reference(RecordRef::vtiger("Groups", "20x7")));
    assert_eq!(value(1, "cf_855"), Value::Empty, "0000-00-00");
    assert_eq!(value(1, "duedate"), Value::Empty);
    assert_eq!(value(1, "enable_recurring"), Value::Boolean(true));
    assert_eq!(value(2, "cf_861"), Value::Boolean(false), "never set");

    let find = |field: &str, any_of: Vec<Value>| Criterion { field: field.into(), any_of };
    let found = |criteria: Vec<Criterion>| {
        let (database, kind) = (&database, &kind);
        async move {
            let records = database.find(kind, &criteria, &FieldRequests::plain(["subject"])).await.unwrap();
            records.iter().map(|record| record.reference.id.to_string()).collect::<Vec<_>>()
        }
    };
    assert_eq!(found(vec![find("subject", vec![Value::text(r"poliza O'NIEL \")])]).await, ["6x101"]);
    let both = vec![find("cf_861", vec![Value::Boolean(true), Value::Boolean(false)])];
    assert_eq!(found(both).await, ["6x101", "6x102"]);
    let by_account =
        vec![find("account_id", vec![Value::text("11x5")]), find("bill_city", vec![Value::text("x")])];
    assert!(found(by_account).await.is_empty());
    assert!(found(vec![find("subject", vec![])]).await.is_empty());
    let error = database.find(&kind, &[], &FieldRequests::plain(["quantity"])).await.unwrap_err();
    assert_eq!(error.code, "vtiger.item_column");
    assert_eq!(database.schema(&"Nada".into()).await.unwrap_err().code, "vtiger.database_shape");
    assert_eq!(database.requests().write, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn feed_and_census_tell_the_contents_that_a_read_gives() {
    let Some(fixtures) = fixtures() else { return };
    let server = MariaDb::start();
    server.install_vtiger(&fixtures);
    server.run(ORDERS);
    let database = connect(&server, 2).await;
    let kind = Kind::from("SalesOrder");
    let mut fields = wanted();
    fields.0.extend(FieldRequests::plain(["modifiedby"]).0);
    let ids: Vec<RecordId> = [101, 102, 103].map(|n| RecordId::new(format!("6x{n}"))).into();
    let records = database.read(&kind, &ids, &fields).await.unwrap();
    assert_eq!(
        records[0].fields["modifiedby"],
        Value::Reference(RecordRef::vtiger("Users", "19x1")),
        "who was last"
    );
    let Value::DateTime(moment) = &records[0].fields["modifiedtime"] else { panic!() };
    assert_eq!(moment.utc, "2026-01-03T10:00:00Z".parse().unwrap());
    let expected: Vec<_> = records
        .iter()
        .map(|record| {
            let content = Content::of(record, fields.names());
            (record.reference.clone(), record.version.clone(), Some(content))
        })
        .collect();

    let told = |seen: Observation| (seen.reference, seen.version, seen.content);
    let (mut cursor, mut fed) = (None, Vec::new());
    loop {
        let page = database.changes(&kind, cursor.as_ref(), &fields).await.unwrap();
        fed.extend(page.observations);
        cursor = Some(page.next);
        if !page.more {
            break;
        }
    }
    let deleted = fed.pop().unwrap();
    assert_eq!((deleted.reference.id.as_str(), deleted.sighting), ("6x104", Sighting::Deleted));
    assert_eq!(deleted.content, None);
    assert_eq!(fed.into_iter().map(told).collect::<Vec<_>>(), expected);

    let (mut after, mut counted) = (None, Vec::new());
    loop {
        let page = database.census(&kind, after.as_ref(), &fields).await.unwrap();
        after = page.observations.last().map(|seen| seen.reference.id.clone()).or(after);
        counted.extend(page.observations);
        if !page.more {
            break;
        }
    }
    assert_eq!(counted.into_iter().map(told).collect::<Vec<_>>(), expected, "and no deleted one");
    assert!(database.census(&kind, Some(&"11x5".into()), &fields).await.is_err(), "another module's id");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_connection_can_write() {
    let Some(fixtures) = fixtures() else { return };
    let server = MariaDb::start();
    server.install_vtiger(&fixtures);
    server.run(ORDERS);
    let database = connect(&server, 100).await;
    assert!(database.refuses_writes().await.unwrap());
    // More tries than connections: each of them is set up alike.
    for statement in [
        "insert into vtiger_groups (groupid, groupname) values (8, 'x')",
        "update vtiger_salesorder set subject = 'x'",
        "delete from vtiger_crmentity",
        "drop table vtiger_groups",
        "start transaction; insert into vtiger_groups (groupid, groupname) values (9, 'x'); commit",
        "insert into vtiger_groups (groupid, groupname) values (10, 'x')",
    ] {
        let error = database.ask("write", statement.to_owned()).await.unwrap_err();
        let VtigerError::Database { source, .. } = &error else { panic!("{error:?}") };
        assert!(source.to_string().contains("READ ONLY"), "{statement}: {source}");
    }
    let rows = database.ask("count", "select count(*) from vtiger_groups".into()).await.unwrap();
    assert_eq!(rows::text(&rows[0], 0), "1");

    let wrong = SecretString::from(server.url().replace("root@", "nobody:geheim@"));
    let error = VtigerDatabase::connect(DatabaseConfig::new(wrong)).await.unwrap_err();
    assert_eq!(error.kind, cs_ports::ErrorKind::Credentials, "{error:?}");
    assert!(!format!("{error:?} {error}").contains("geheim"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_sees_every_record_once_and_deleted_ones_too() {
    let Some(fixtures) = fixtures() else { return };
    let server = MariaDb::start();
    server.install_vtiger(&fixtures);
    server.run(ORDERS);
    server.run(
        "insert into vtiger_crmentity (crmid, smcreatorid, smownerid, modifiedby, setype, createdtime, modifiedtime, version, deleted)
         select 1000 + seq, 1, 1, 1, 'SalesOrder', '2026-02-01', '2026-02-01 00:00:00', 0, 0 from seq_1_to_205;
         insert into vtiger_crmentity (crmid, smcreatorid, smownerid, modifiedby, setype, createdtime, modifiedtime, version, deleted)
         values (2000, 1, 1, 1, 'SalesOrder', '2026-02-01', '2099-02-01 00:00:00', 0, 0);",
    );
    let database = connect(&server, 50).await;
    let kind = Kind::from("SalesOrder");
    let mut cursor = None;
    let mut seen = Vec::new();
    let mut deleted = Vec::new();
    loop {
        let page = database.changes(&kind, cursor.as_ref(), &wanted()).await.unwrap();
        let gone = |seen: &&Observation| seen.sighting == Sighting::Deleted;
        deleted.extend(page.observations.iter().filter(gone).map(|seen| seen.reference.id.to_string()));
        seen.extend(page.observations.into_iter().map(|seen| seen.reference.id));
        cursor = Some(page.next);
        if !page.more {
            break;
        }
    }
    let distinct: std::collections::BTreeSet<_> = seen.iter().collect();
    assert_eq!((seen.len(), distinct.len()), (4 + 205 + 1, 4 + 205 + 1));
    assert_eq!(deleted, ["6x104"]);
    server.run(
        "update vtiger_crmentity set deleted = 1, modifiedtime = '2026-01-31 23:59:30' where crmid = 1001",
    );
    let again = database.changes(&kind, cursor.as_ref(), &wanted()).await.unwrap();
    let late = again.observations.iter().find(|seen| seen.reference.id.as_str() == "6x1001").unwrap();
    assert_eq!(
        late.sighting,
        Sighting::Deleted,
        "a stamp older than the newest one, within the overlap; the one of 2099 is not believed"
    );

    let mut records = Box::pin(database.stream(&kind, &FieldRequests::plain(["subject"])).await.unwrap());
    let mut streamed = 0;
    while let Some(record) = records.next().await {
        record.unwrap();
        streamed += 1;
    }
    assert_eq!(streamed, 3 + 204 + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_is_read_by_a_user_who_sees_nothing_else_and_cannot_write() {
    use futures_util::TryStreamExt;

    let Some(fixtures) = fixtures() else { return };
    let server = MariaDb::start();
    server.install_vtiger(&fixtures);
    server.run(ORDERS);
    server.run(
        "create view orders_for_reports as select crmid as salesorder_no, modifiedtime, null as nothing, \
         '0000-00-00' as zero from vtiger_crmentity where setype = 'SalesOrder';\
         create user reader identified by 'leser'; grant select on vtiger.orders_for_reports to reader;",
    );
    let url = server.url().replace("root@", "reader:leser@");
    let config = || DatabaseConfig::new(SecretString::from(url.clone()));
    let columns = ["salesorder_no", "nothing", "zero"].map(str::to_owned);
    let view = super::VtigerView::connect(config(), "orders_for_reports", &columns).await.unwrap();
    let rows: Vec<super::ViewRow> = view.rows().try_collect().await.unwrap();
    assert!(!rows.is_empty());
    assert!(
        rows.iter()
            .all(|row| row[0].is_some() && row[1].is_none() && row[2].as_deref() == Some("0000-00-00"))
    );

    let hidden =
        super::VtigerView::connect(config(), "vtiger_crmentity", &["crmid".to_owned()]).await.unwrap();
    let refused: Result<Vec<super::ViewRow>, _> = hidden.rows().try_collect().await;
    assert!(refused.is_err(), "it sees nothing but the view");
    let odd = super::VtigerView::connect(config(), "orders; drop table x", &columns).await.unwrap_err();
    assert!(!format!("{odd} {odd:?}").contains("leser"));
}
