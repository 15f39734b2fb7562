//! Everything that can go wrong on the way, and what becomes of a write then.

use std::time::{Duration, Instant};

use cs_domain::Kind;
use cs_frappe::FrappeClient;
use cs_ports::{ErrorKind, Meter, Reader, WriteOutcome, Writer};
use cs_sandbox::frappe::Switches;

use crate::stage::{Stage, applied, at, create, fields, key, rejected, texts, unknown};

/// What a write must come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Unknown(ErrorKind),
    Rejected(ErrorKind),
}

/// Each fault: what it means for a write, and whether the write was done.
const FAULTS: [(&str, Fate, bool); 8] = [
    ("error_before", Fate::Unknown(ErrorKind::Garbled), false),
    ("error_after", Fate::Unknown(ErrorKind::Garbled), true),
    ("drop_before", Fate::Unknown(ErrorKind::Unreachable), false),
    ("drop_after", Fate::Unknown(ErrorKind::Unreachable), true),
    ("html", Fate::Unknown(ErrorKind::Garbled), false),
    ("html_after", Fate::Unknown(ErrorKind::Garbled), true),
    ("truncated", Fate::Unknown(ErrorKind::Unreachable), true),
    ("rate_limited", Fate::Rejected(ErrorKind::RateLimited), false),
];

fn script(operation: &str, kind: &str) -> String {
    format!("[[fault]]\noperation = \"{operation}\"\nfirst = 1\nkind = \"{kind}\"\n")
}

fn fate(outcome: WriteOutcome) -> Fate {
    match outcome {
        WriteOutcome::Unknown(error) => Fate::Unknown(error.kind),
        WriteOutcome::Rejected(error) => Fate::Rejected(error.kind),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_fault_over_a_create_is_what_it_is() {
    for (fault, expected, done) in FAULTS {
        let stage = Stage::agency_with(&script("create", fault)).await;
        let client = stage.client();
        let sent = texts([("first_name", "Ana"), ("custom_vtiger_id", "6x231/owner")]);
        let wanted = fields(["first_name"]);
        let outcome = client.create(&"Contact".into(), &sent, &key(), &wanted).await;
        assert_eq!(fate(outcome), expected, "{fault}");
        assert_eq!(stage.site().count("Contact"), usize::from(done), "{fault}");
        // Sent again, it either exists or is created: never twice.
        let again = client.create(&"Contact".into(), &sent, &key(), &wanted).await;
        if done {
            assert_eq!(rejected(again).kind, ErrorKind::Exists, "{fault}");
        } else {
            applied(again);
        }
        assert_eq!(stage.site().count("Contact"), 1, "{fault}");
    }
}

#[tokio::test]
async fn each_fault_over_an_update_is_what_it_is() {
    for (fault, expected, done) in FAULTS {
        let stage = Stage::agency_with(&script("update", fault)).await;
        let client = stage.client();
        let wanted = fields(["designation"]);
        let record = create(&client, "Contact", &texts([("first_name", "Ana")]), &wanted).await;
        let change = texts([("designation", "Jefa")]);
        let outcome = client.update(&record.reference, &change, at(&record.version), &wanted).await;
        assert_eq!(fate(outcome), expected, "{fault}");
        let again = client.update(&record.reference, &change, at(&record.version), &wanted).await;
        assert_eq!(matches!(again, WriteOutcome::Stale), done, "{fault}: {again:?}");
        assert_eq!(stage.stored("Contact", "Ana")["designation"], "Jefa", "{fault}");
    }
}

#[tokio::test]
async fn each_fault_over_a_read_passes_when_it_is_sent_again() {
    for (fault, expected, _) in FAULTS {
        let (Fate::Unknown(kind) | Fate::Rejected(kind)) = expected;
        for attempts in [1, 2] {
            let stage = Stage::agency_with(&script("list", fault)).await;
            let mut config = stage.config("sync");
            config.read_attempts = attempts;
            let client = FrappeClient::new(config).unwrap();
            create(&client, "Contact", &texts([("first_name", "Ana")]), &fields(["name"])).await;
            let read = client.read(&"Contact".into(), &["Ana".into()], &fields(["first_name"])).await;
            let passes = attempts > 1 && matches!(kind, ErrorKind::Garbled | ErrorKind::Unreachable);
            match read {
                Ok(records) => assert!(passes && records.len() == 1, "{fault}, {attempts} attempts"),
                Err(error) => assert!(!passes && error.kind == kind, "{fault}, {attempts}: {error:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_create_whose_reading_back_fails_is_unknown_and_not_undone() {
    let stage = Stage::agency_with("[[fault]]\noperation = \"get\"\nevery = 1\nkind = \"html\"\n").await;
    let client = stage.client();
    let outcome = client
        .create(&"Contact".into(), &texts([("first_name", "Ana")]), &key(), &fields(["first_name"]))
        .await;
    assert_eq!(unknown(outcome).kind, ErrorKind::Garbled);
    assert_eq!(stage.site().count("Contact"), 1);
}

#[tokio::test]
async fn a_write_that_takes_too_long_is_unknown() {
    let stage = Stage::agency_with(
        "[[fault]]\noperation = \"create\"\nfirst = 1\nkind = \"delay\"\ndelay_ms = 1500\n",
    )
    .await;
    let mut config = stage.config("sync");
    config.timeout = Duration::from_millis(500);
    let client = FrappeClient::new(config).unwrap();
    client.schema(&"Contact".into()).await.unwrap();
    let outcome = client
        .create(&"Contact".into(), &texts([("first_name", "Ana")]), &key(), &fields(["first_name"]))
        .await;
    let error = unknown(outcome);
    assert_eq!((error.kind, &*error.code), (ErrorKind::TimedOut, "frappe.timed_out"));
}

#[tokio::test]
async fn a_server_that_is_not_there_has_done_nothing() {
    let stage = Stage::agency().await;
    let client = stage.client();
    client.schema(&"Contact".into()).await.unwrap();
    let Stage { server, .. } = stage;
    // The client keeps its connection, and a graceful end waits for it: a new one finds nobody.
    let address = server.url();
    drop(server);
    let listener = loop {
        match std::net::TcpListener::bind(address.trim_start_matches("http://")) {
            Ok(listener) => break listener,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    drop(listener);
    let config = cs_frappe::FrappeConfig::new(address, "K", "S".to_owned());
    assert!(config.read_attempts > 1);
    let client = FrappeClient::new(config).unwrap();
    let outcome = client
        .create(&"Contact".into(), &texts([("first_name", "Ana")]), &key(), &fields(["first_name"]))
        .await;
    let error = rejected(outcome);
    assert_eq!((error.kind, &*error.code), (ErrorKind::Unreachable, "frappe.unreachable"));
    assert_eq!(client.requests().read, 1, "whether to come back is for the engine to say");
}

#[tokio::test]
async fn a_token_that_worked_is_not_called_wrong_over_a_passing_401() {
    let stage = Stage::agency_with(&script("create", "session_expired")).await;
    let client = stage.client();
    create(&client, "Contact", &texts([("first_name", "Ana")]), &fields(["first_name"])).await;
    assert_eq!(stage.site().count("Contact"), 1);

    // For good it is believed, after three more tries; of a token that never worked, at once.
    let script = "[[fault]]\noperation = \"list\"\nevery = 1\nkind = \"session_expired\"\n";
    let stage = Stage::agency_with(script).await;
    let client = stage.client();
    client.schema(&"Contact".into()).await.unwrap();
    let before = client.requests().read;
    let error = client.read(&"Contact".into(), &["Ana".into()], &fields(["first_name"])).await.unwrap_err();
    assert_eq!((error.kind, &*error.code), (ErrorKind::Credentials, "frappe.credentials"));
    assert_eq!(client.requests().read - before, 4);

    let wrong = cs_frappe::FrappeConfig::new(stage.server.url(), "API_KEY_SYNC", "wrong".to_owned());
    let client = FrappeClient::new(wrong).unwrap();
    let error = client.schema(&"Contact".into()).await.unwrap_err();
    assert_eq!((error.kind, client.requests().read), (ErrorKind::Credentials, 1));
}

#[tokio::test]
async fn a_site_that_only_ever_shows_pages_is_no_frappe() {
    let stage = Stage::agency_with("[[fault]]\nevery = 1\nkind = \"html\"\n").await;
    let client = FrappeClient::new(stage.config("sync")).unwrap();
    let error = client.schema(&"Contact".into()).await.unwrap_err();
    assert_eq!((error.kind, &*error.code), (ErrorKind::Unsupported, "frappe.not_frappe"));
    assert!(error.failure().remedy.contains("frappe.url"));
}

#[tokio::test]
async fn when_the_rate_is_limited_all_wait_as_long_as_they_are_told() {
    let stage = Stage::agency_with(&script("list", "rate_limited")).await;
    let client = stage.client();
    let kind = Kind::new("Contact");
    client.schema(&kind).await.unwrap();
    let wanted = fields(["first_name"]);
    let error = client.read(&kind, &["Ana".into()], &wanted).await.unwrap_err();
    assert_eq!((error.kind, error.retry_after), (ErrorKind::RateLimited, Some(Duration::from_secs(1))));
    let begun = Instant::now();
    let ids = ["Ana".into()];
    let (one, two) = tokio::join!(client.read(&kind, &ids, &wanted), client.read(&kind, &ids, &wanted));
    assert!(one.is_ok() && two.is_ok());
    assert!(begun.elapsed() >= Duration::from_millis(950), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn the_configured_rate_is_kept() {
    let stage = Stage::agency().await;
    let mut config = stage.config("sync");
    config.requests_per_second = std::num::NonZeroU32::new(20);
    let client = FrappeClient::new(config).unwrap();
    let kind = Kind::new("Contact");
    client.schema(&kind).await.unwrap();
    let (before, begun) = (client.requests().read, Instant::now());
    let (ids, wanted) = (["Ana".into()], fields(["first_name"]));
    for _ in 0..10 {
        client.read(&kind, &ids, &wanted).await.unwrap();
    }
    assert_eq!(client.requests().read - before, 10);
    assert!(begun.elapsed() >= Duration::from_millis(440), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn what_is_wrong_with_the_whole_site_is_told_apart() {
    let locked =
        Switches { locked: [("Contact".to_owned(), "Ana".to_owned())].into(), ..Switches::default() };
    let maintenance = Switches { maintenance: true, ..Switches::default() };
    let read_only = Switches { read_only: true, ..Switches::default() };
    let cases = [
        (locked, "frappe.locked", ErrorKind::Busy),
        (maintenance, "frappe.maintenance", ErrorKind::Unavailable),
        (read_only, "frappe.read_only", ErrorKind::Unavailable),
    ];
    for (switches, code, kind) in cases {
        let stage = Stage::agency().await;
        let client = stage.client();
        let wanted = fields(["designation"]);
        let record = create(&client, "Contact", &texts([("first_name", "Ana")]), &wanted).await;
        stage.site().switches = switches;
        let change = texts([("designation", "Jefa")]);
        let error = rejected(client.update(&record.reference, &change, at(&record.version), &wanted).await);
        assert_eq!((&*error.code, error.kind), (code, kind));
        let reads = client.read(&"Contact".into(), &["Ana".into()], &wanted).await.is_ok();
        assert_eq!(reads, code != "frappe.maintenance");
        // When it is over, the same write goes through.
        stage.site().switches = Switches::default();
        applied(client.update(&record.reference, &change, at(&record.version), &wanted).await);
    }
}

#[tokio::test]
async fn a_database_that_is_down_leaves_a_write_unknown() {
    let stage = Stage::agency().await;
    let client = stage.client();
    let wanted = fields(["designation"]);
    let record = create(&client, "Contact", &texts([("first_name", "Ana")]), &wanted).await;
    stage.site().switches.database_down = true;
    let change = texts([("designation", "Jefa")]);
    let outcome = client.update(&record.reference, &change, at(&record.version), &wanted).await;
    assert_eq!(unknown(outcome).kind, ErrorKind::Garbled);
    let error = stage.client().schema(&"Contact".into()).await.unwrap_err();
    assert_eq!((&*error.code, error.kind), ("frappe.database_down", ErrorKind::Unavailable));
}
