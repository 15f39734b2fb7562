//! How fast and in how much memory the MariaDB reader reads: 1,000,000 orders made by SQL, read by the reader and by
//! the plain `mariadb` client.
//!
//! `cargo run --release -p cs-vtiger --example mariadb_throughput [ROWS]`; needs Debian's mariadb-server and
//! `../shared/fixtures`.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement that may stop at any trouble"
)]
#![allow(missing_docs, reason = "a program, not a library")]

use std::process::Stdio;
use std::time::Instant;

use cs_ports::{FieldRequest, FieldRequests, Guard};
use cs_vtiger::{DatabaseConfig, VtigerDatabase};
use futures_util::StreamExt;
use secrecy::SecretString;

#[path = "../src/database/mariadb_server.rs"]
mod mariadb_server;

/// With id and version 29 columns of four tables, as the API names them and as they lie in the database.
const FIELDS: [(&str, &str); 27] = [
    ("subject", "vtiger_salesorder.subject"),
    ("sostatus", "vtiger_salesorder.sostatus"),
    ("duedate", "vtiger_salesorder.duedate"),
    ("hdnGrandTotal", "vtiger_salesorder.total"),
    ("hdnSubTotal", "vtiger_salesorder.subtotal"),
    ("hdnTaxType", "vtiger_salesorder.taxtype"),
    ("salesorder_no", "vtiger_salesorder.salesorder_no"),
    ("conversion_rate", "vtiger_salesorder.conversion_rate"),
    ("carrier", "vtiger_salesorder.carrier"),
    ("createdtime", "vtiger_crmentity.createdtime"),
    ("assigned_user_id", "vtiger_crmentity.smownerid"),
    ("description", "vtiger_crmentity.description"),
    ("bill_street", "vtiger_sobillads.bill_street"),
    ("bill_city", "vtiger_sobillads.bill_city"),
    ("bill_state", "vtiger_sobillads.bill_state"),
    ("bill_code", "vtiger_sobillads.bill_code"),
    ("bill_country", "vtiger_sobillads.bill_country"),
    ("cf_853", "vtiger_salesordercf.cf_853"),
    ("cf_855", "vtiger_salesordercf.cf_855"),
    ("cf_857", "vtiger_salesordercf.cf_857"),
    ("cf_861", "vtiger_salesordercf.cf_861"),
    ("cf_863", "vtiger_salesordercf.cf_863"),
    ("cf_865", "vtiger_salesordercf.cf_865"),
    ("cf_867", "vtiger_salesordercf.cf_867"),
    ("cf_869", "vtiger_salesordercf.cf_869"),
    ("cf_871", "vtiger_salesordercf.cf_871"),
    ("cf_873", "vtiger_salesordercf.cf_873"),
];

fn make_rows(server: &mariadb_server::MariaDb, rows: u64) {
    server.run(&format!(
        "insert into vtiger_crmentity (crmid, smcreatorid, smownerid, modifiedby, setype, description, createdtime, modifiedtime, version, deleted)
           select seq, 1, 1, 1, 'SalesOrder', concat('Nota de la póliza ', seq), '2026-01-01' + interval seq second, '2026-02-01' + interval seq second, 0, 0 from seq_1_to_{rows};
         insert into vtiger_salesorder (salesorderid, subject, salesorder_no, sostatus, duedate, total, subtotal, taxtype, currency_id, conversion_rate, carrier, accountid)
           select seq, concat('Póliza ', seq), concat('SO', seq), 'Created', '2026-12-31', seq / 100, seq / 100, 'group', 1, 1, 'FedEx', 5 from seq_1_to_{rows};
         insert into vtiger_salesordercf (salesorderid, cf_853, cf_855, cf_857, cf_861, cf_863, cf_865, cf_867, cf_869, cf_871, cf_873)
           select seq, concat('4111 0000 ', lpad(seq, 8, '0')), if(seq % 10 = 0, '0000-00-00', '2026-03-01'), 'Aseguradora Uno', seq % 2, seq / 50, 1.5, seq % 6, 'sin notas', concat('p', seq, '@example.test'), '+507 6000-0001' from seq_1_to_{rows};
         insert into vtiger_sobillads (sobilladdressid, bill_street, bill_city, bill_state, bill_code, bill_country)
           select seq, concat('Calle ', seq), 'Ciudad Sintética', 'FL', '33101', 'United States' from seq_1_to_{rows};
         analyze table vtiger_crmentity, vtiger_salesorder, vtiger_salesordercf, vtiger_sobillads;"
    ));
}

/// Peak memory of this process so far, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a peak");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

fn rate(rows: u64, begin: Instant) -> String {
    let seconds = begin.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rows_a_second = rows as f64 / seconds;
    format!("{rows} rows in {seconds:.2} s, {rows_a_second:.0} rows/s")
}

async fn by_reader(server: &mariadb_server::MariaDb, rows: u64) {
    let database =
        VtigerDatabase::connect(DatabaseConfig::new(SecretString::from(server.url()))).await.unwrap();
    let mut wanted = FieldRequests::plain(FIELDS.iter().map(|(name, _)| *name));
    for request in &mut wanted.0 {
        if request.name.as_str() == "cf_853" {
            *request = FieldRequest { name: "cf_853".into(), guard: Guard::LastFour };
        }
    }
    let before = peak();
    let begin = Instant::now();
    let kind = "SalesOrder".into();
    let mut records = Box::pin(database.stream(&kind, &wanted).await.unwrap());
    let mut read = 0_u64;
    while let Some(record) = records.next().await {
        assert_eq!(record.unwrap().fields.len(), FIELDS.len());
        read += 1;
    }
    assert_eq!(read, rows);
    println!("reader: {}; peak memory {} KiB (before the first row {before} KiB)", rate(rows, begin), peak());
    drop(records);
    database.close().await;
}

fn by_client(server: &mariadb_server::MariaDb, rows: u64) {
    let columns: Vec<&str> = FIELDS.iter().map(|(_, column)| *column).collect();
    let sql = format!(
        "select vtiger_crmentity.crmid, vtiger_crmentity.modifiedtime, {} from vtiger_crmentity \
         left join vtiger_salesorder on salesorderid = crmid left join vtiger_salesordercf on vtiger_salesordercf.salesorderid = crmid \
         left join vtiger_sobillads on sobilladdressid = crmid where setype = 'SalesOrder' and deleted = 0 order by crmid",
        columns.join(", ")
    );
    let begin = Instant::now();
    let status =
        server.client("vtiger").args(["--quick", "--batch", "-e", &sql]).stdout(Stdio::null()).status();
    assert!(status.expect("the client runs").success());
    println!("mariadb --quick: {}", rate(rows, begin));
}

#[tokio::main]
async fn main() {
    let rows = std::env::args().nth(1).map_or(1_000_000, |text| text.parse().expect("a number of rows"));
    let Some(fixtures) = mariadb_server::fixtures() else {
        return;
    };
    let server = mariadb_server::MariaDb::start();
    server.install_vtiger(&fixtures);
    let begin = Instant::now();
    make_rows(&server, rows);
    println!("made: {}", rate(rows, begin));
    for _ in 0..2 {
        by_client(&server, rows);
        by_reader(&server, rows).await;
    }
}
