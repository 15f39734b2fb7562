//! Reconciliation by the command line: against files of orders, and against a CRM.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use cs_sandbox::vtiger::{Draft, Record, Values};
use serde_json::{Value, json};

use crate::world::{Ended, Wish, World, count, program};

/// The password of the protected variant.
const PASSWORD: &str = "prueba-2026";
/// The day of the variants.
const DAY: &str = "2026-03-18";

/// The fixtures' `companies` folder, where it is on this machine.
fn fixtures() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/companies");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {} is not on this machine", folder.display());
    None
}

fn json_of(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// `reconcile --orders ... --json` with nothing configured but, where there is one, the password.
fn against_file(file: &Path, company: &str, day: &str, folder: &Path, password: Option<&str>) -> Ended {
    let home = tempfile::tempdir().unwrap();
    let orders = folder.join(day).join(format!("{company}.orders.json"));
    let mut command = program(home.path());
    command.args(["reconcile", "--company", company, "--broker", "BS", path(file)]);
    command.args(["--as-of", day, "--orders", path(&orders), "--json"]);
    command.envs(password.map(|password| ("COMPANY_SYNC_COMPANIES_AETNA_PASSWORD", password)));
    let ended = Ended::of(command.output().unwrap());
    let made: Vec<_> = std::fs::read_dir(home.path()).unwrap().collect();
    assert!(made.is_empty(), "it is a dry run and leaves nothing behind: {made:?}");
    ended
}

/// A workbook at which the library that opens it panics: one of its parts has a name of one byte.
fn with_a_broken_name(mut bytes: Vec<u8>) -> Vec<u8> {
    let name: Vec<u8> = "DataSpaces".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let at = bytes.windows(name.len()).position(|found| found == name).unwrap() - 2;
    assert_eq!(at % 128, 0, "where an entry of the folder begins");
    bytes[at + 64] = 1;
    bytes
}

#[test]
fn a_damaged_workbook_is_refused_without_a_trace_of_what_broke_in_a_library() {
    let Some(folder) = fixtures() else { return };
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("damaged.xlsx");
    let whole = std::fs::read(folder.join("variants/aetna.password.xlsx")).unwrap();
    std::fs::write(&file, with_a_broken_name(whole)).unwrap();
    let mut command = program(home.path());
    command.args(["companies", "try", path(&file), "--company", "aetna"]);
    command.env("COMPANY_SYNC_COMPANIES_AETNA_PASSWORD", PASSWORD);
    let ended = Ended::of(command.output().unwrap());
    ended.expect(3).complains("[report.damaged]").complains("its protected part cannot be read");
    assert!(!ended.stderr.contains("panicked") && !ended.stderr.contains("because"), "{}", ended.stderr);
}

#[test]
fn every_company_and_day_equals_what_is_expected_in_full() {
    let Some(folder) = fixtures() else { return };
    let mut compared = 0;
    for day in ["2026-03-04", DAY] {
        for company in ["aetna", "ambetter", "molina", "oscar"] {
            let file = folder.join(day).join(format!("{company}.csv"));
            let ended = against_file(&file, company, day, &folder, None);
            let expected = json_of(&folder.join(day).join(format!("{company}.expected.json")));
            assert_eq!(ended.expect(0).last(), expected, "{company} {day}");
            let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
            assert_eq!(keys(&ended.last()), keys(&expected));
            compared += 1;
        }
    }
    assert_eq!(compared, 8);
}

#[test]
fn variants_say_the_same_and_broken_ones_are_refused_with_what_to_do() {
    let Some(folder) = fixtures() else { return };
    for name in [
        "aetna.password.xlsx",
        "ambetter.semicolon.cp1252.csv",
        "ambetter.titled.xlsx",
        "molina.odd-headers.csv",
        "molina.tab.utf16.csv",
        "oscar.numeric-ids.xlsx",
    ] {
        let company = name.split('.').next().unwrap();
        let ended = against_file(&folder.join("variants").join(name), company, DAY, &folder, Some(PASSWORD));
        let expected = json_of(&folder.join(DAY).join(format!("{company}.expected.json")));
        assert_eq!(ended.expect(0).last(), expected, "{name}");
    }
    for (name, company, password, code) in [
        ("aetna.missing-header.csv", "aetna", None, "report.missing_header"),
        ("aetna.password.xlsx", "aetna", None, "report.password_missing"),
        ("aetna.password.xlsx", "aetna", Some("otra-2026"), "report.password_wrong"),
        ("empty.csv", "oscar", None, "report.empty"),
        ("header-only.csv", "oscar", None, "report.header_only"),
        ("not-a-spreadsheet.xlsx", "oscar", None, "report.session_expired"),
    ] {
        let ended = against_file(&folder.join("variants").join(name), company, DAY, &folder, password);
        assert_eq!(ended.expect(3).last()["error"]["code"], code, "{name}");
        assert!(ended.stderr.contains("what to do:"), "{}", ended.stderr);
        assert!(!ended.stderr.contains("otra-2026") && !ended.stdout.contains("otra-2026"));
    }
}

/// Puts an order into the CRM, in the form of the fixtures' orders, with a line item.
fn put_order(world: &World, order: &Value) -> String {
    let text = |key: &str| match &order[key] {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    let stamp = "2026-03-01 10:00:00";
    let columns = [
        ("salesorder_no", text("salesorder_no")),
        ("subject", format!("Policy of {}", text("member_id"))),
        ("cf_2119", text("member_id")),
        ("cf_2069", text("company")),
        ("cf_2067", text("broker")),
        ("cf_2141", text("status")),
        ("cf_2059", text("effective_date")),
        ("cf_2193", text("termination_date")),
        ("cf_2261", text("paid_through")),
        ("cf_2811", text("problem")),
        ("cf_2813", text("payment_type")),
        ("cf_2815", text("payment_day")),
        ("cf_2817", text("broker_note")),
        ("sostatus", "Created".to_owned()),
        ("hdnTaxType", "group".to_owned()),
        ("hdnGrandTotal", "337.00000000".to_owned()),
        ("hdnSubTotal", "337.00000000".to_owned()),
        ("bill_street", "-".to_owned()),
        ("ship_street", "-".to_owned()),
        ("assigned_user_id", "1".to_owned()),
        ("modifiedby", "1".to_owned()),
        ("createdtime", stamp.to_owned()),
        ("modifiedtime", stamp.to_owned()),
    ];
    let filled = columns.into_iter().filter(|(_, value)| !value.is_empty());
    let values: Values = filled.map(|(name, value)| (name.to_owned(), Some(value))).collect();
    let item = [("quantity", "1.000"), ("listprice", "337.00000000"), ("sequence_no", "1")];
    let item = item.into_iter().map(|(name, value)| (name.to_owned(), Some(value.to_owned()))).collect();
    let draft = Draft { module: "SalesOrder".into(), values, items: vec![item], ..Draft::default() };
    world.system().put(draft).unwrap()
}

pub(crate) fn put_orders(world: &World, orders: &Value) {
    for order in orders.as_array().unwrap() {
        put_order(world, order);
    }
}

/// A CRM with the orders of a fixture, and nothing else.
pub(crate) fn crm(orders: &Value) -> World {
    let world = Wish::orders(0).start();
    put_orders(&world, orders);
    world
}

pub(crate) fn command(world: &World, arguments: &[&str]) -> std::process::Command {
    let mut command = world.command(arguments);
    for (name, value) in [
        ("FIELDS_PROBLEM", "cf_2811"),
        ("FIELDS_PAYMENT_TYPE", "cf_2813"),
        ("FIELDS_PAYMENT_DAY", "cf_2815"),
        ("FIELDS_BROKER_NOTE", "cf_2817"),
        ("BROKERS_BS", "BROKER SUR"),
        ("BROKERS_ADC", "BROKER ALTO"),
    ] {
        command.env(format!("COMPANY_SYNC_RECONCILIATION_{name}"), value);
    }
    command
}

fn run(world: &World, arguments: &[&str]) -> Ended {
    Ended::of(command(world, arguments).output().unwrap())
}

fn reconcile(world: &World, company: &str, file: &Path, day: &str, more: &[&str]) -> Ended {
    let mut arguments =
        vec!["reconcile", "--company", company, "--broker", "BS", path(file), "--as-of", day, "--json"];
    arguments.extend(more);
    run(world, &arguments)
}

/// The run's object: the one before the last.
fn run_of(ended: &Ended) -> Value {
    let objects = ended.objects();
    objects[objects.len() - 2].clone()
}

fn vtiger_writes(run: &Value) -> u64 {
    run["requests"]["vtiger"]["write"].as_u64().unwrap()
}

fn orders_of(world: &World) -> Vec<Record> {
    let system = world.system();
    system.records().values().filter(|record| record.module == "SalesOrder").cloned().collect()
}

/// Everything of an order but its paid-through date and who saved it when.
fn rest_of(order: &Record) -> (Values, Vec<Values>) {
    let mut values = order.values.clone();
    for own in ["cf_2261", "modifiedtime", "modifiedby"] {
        values.remove(own);
    }
    (values, order.items.clone())
}

fn findings(world: &World, more: &[&str]) -> Vec<Value> {
    let mut arguments = vec!["findings", "list", "--json", "-n", "100000"];
    arguments.extend(more);
    run(world, &arguments).expect(0).objects()
}

#[test]
fn a_report_moves_dates_forward_and_nothing_else_and_twice_is_once() {
    let Some(folder) = fixtures() else { return };
    for company in ["aetna", "ambetter", "molina", "oscar"] {
        let of_day = |end: &str| folder.join(DAY).join(format!("{company}.{end}"));
        let world = crm(&json_of(&of_day("orders.json")));
        let expected = json_of(&of_day("expected.json"));
        let before = orders_of(&world);

        let dry = reconcile(&world, company, &of_day("csv"), DAY, &["--dry-run"]);
        assert_eq!(dry.expect(0).last(), expected, "{company}: a dry run");
        assert_eq!(world.requests().0.write, 0);

        let first = reconcile(&world, company, &of_day("csv"), DAY, &[]);
        assert_eq!(first.expect(0).last(), expected, "{company}");
        let updates = expected["updates"].as_array().unwrap();
        assert_eq!(vtiger_writes(&run_of(&first)), updates.len() as u64);
        assert_eq!(count(&run_of(&first), "updated"), updates.len() as u64);
        for (before, after) in before.iter().zip(orders_of(&world)) {
            let update =
                updates.iter().find(|update| update["salesorder_no"] == before.text("salesorder_no"));
            let wanted = update.map_or(before.text("cf_2261"), |update| update["new"].as_str().unwrap());
            assert_eq!(after.text("cf_2261"), wanted, "{}", before.text("salesorder_no"));
            assert_eq!(rest_of(before), rest_of(&after), "{}", before.text("salesorder_no"));
        }
        let open = findings(&world, &[]);
        assert_eq!(open.len(), expected["findings"].as_array().unwrap().len(), "{company}");
        let id = open[0]["id"].as_str().unwrap();
        let said = ["findings", "review", id, "--as", "portal error", "--description", "asked on Monday"];
        run(&world, &said).expect(0);
        let open = findings(&world, &[]);

        let second = reconcile(&world, company, &of_day("csv"), DAY, &[]);
        let run = run_of(second.expect(0));
        assert_eq!((vtiger_writes(&run), count(&run, "updated")), (0, 0), "{run}");
        assert_eq!((&run["findings"]["opened"], &run["findings"]["closed"]), (&json!(0), &json!(0)));
        assert_eq!(findings(&world, &[]), open, "every finding is as it was, reviews among them");
        assert_eq!(open[0]["review"], "Portal Error");
    }
}

/// A report of Oscar's with these rows: member, status, end.
pub(crate) fn oscar(world: &World, name: &str, rows: &[(&str, &str)]) -> PathBuf {
    let line = |(member, status): &(&str, &str)| format!("{member},{status},12/31/2026,$100.00\n");
    let lines: Vec<String> = rows.iter().map(line).collect();
    let text = format!("Member ID,Policy status,Coverage end date,Premium amount\n{}", lines.concat());
    let file = world.folder().join(name);
    std::fs::write(&file, text).unwrap();
    file
}

pub(crate) fn order(number: u32, paid: &str) -> Value {
    json!({
        "salesorder_no": format!("SO{number:05}"), "member_id": format!("{}", 70_000_000 + number), "company": "Oscar",
        "broker": "BROKER SUR", "status": "Active", "effective_date": "2026-01-01",
        "termination_date": "2026-12-31", "paid_through": paid, "problem": "", "payment_type": "NO",
        "payment_day": 5, "broker_note": "",
    })
}

pub(crate) fn member(number: u32) -> String {
    (70_000_000 + number).to_string()
}

#[test]
fn a_later_report_that_agrees_closes_the_finding_and_one_that_does_not_opens_it_again() {
    let world = crm(&json!([order(1, "2026-03-31"), order(2, "2026-02-28")]));
    let (one, two) = (member(1), member(2));
    let unpaid = oscar(&world, "a.csv", &[(&one, "Active"), (&two, "Grace period")]);
    let paid = oscar(&world, "b.csv", &[(&one, "Active"), (&two, "Active")]);
    reconcile(&world, "oscar", &unpaid, "2026-03-04", &[]).expect(0);
    let open = findings(&world, &[]);
    assert_eq!(open.len(), 1);
    assert_eq!((&open[0]["kind"], &open[0]["premium_at_risk"]), (&json!("unpaid"), &json!("100.00")));
    assert_eq!(open[0]["source"]["Policy status"], "Grace period");
    let id = open[0]["id"].as_str().unwrap().to_owned();
    run(&world, &["findings", "review", &id, "--as", "Paid"]).expect(0);

    let run_b = run_of(reconcile(&world, "oscar", &paid, "2026-03-18", &[]).expect(0));
    assert_eq!(run_b["findings"]["closed"], 1);
    assert_eq!(findings(&world, &[]).len(), 0);
    let closed = findings(&world, &["--state", "closed"]);
    assert_eq!((&closed[0]["id"], &closed[0]["review"]), (&json!(id), &json!("Paid")));

    // An older report is held: it would bring back what is settled.
    let held = reconcile(&world, "oscar", &unpaid, "2026-03-04", &[]);
    assert_eq!(run_of(held.expect(3))["failure"]["code"], "reconcile.held");
    assert!(held.last()["findings"].is_array());
    reconcile(&world, "oscar", &unpaid, "2026-05-04", &[]).expect(0);
    let again = findings(&world, &["--member", &two]);
    assert!(again.iter().any(|found| found["id"] == json!(id) && found["review"] == "Paid"), "{again:?}");
    let shown = run(&world, &["findings", "show", &id[..6], "--json"]).last();
    let changes: Vec<&Value> =
        shown["history"].as_array().unwrap().iter().map(|event| &event["what"]["change"]).collect();
    assert_eq!(changes, ["reviewed", "closed", "reopened"]);
}

#[test]
fn a_report_unlike_the_ones_before_waits_for_approval() {
    let numbers: Vec<u32> = (1..=40).collect();
    let world = crm(&Value::Array(numbers.iter().map(|number| order(*number, "2026-03-31")).collect()));
    let members: Vec<String> = numbers.iter().map(|number| member(*number)).collect();
    let rows: Vec<(&str, &str)> = members.iter().map(|member| (member.as_str(), "Active")).collect();
    let whole = oscar(&world, "whole.csv", &rows);
    reconcile(&world, "oscar", &whole, "2026-03-04", &[]).expect(0);
    assert_eq!(findings(&world, &[]).len(), 0);

    let half = oscar(&world, "half.csv", &rows[..20]);
    let held = reconcile(&world, "oscar", &half, "2026-03-18", &[]);
    let run = run_of(held.expect(3));
    assert_eq!((&run["failure"]["code"], &run["status"]), (&json!("reconcile.held"), &json!("Error")));
    assert_eq!(run["drift"]["stops"][0]["reason"], "book_turned");
    assert!(run["failure"]["cause"].as_str().unwrap().contains("20 of 40"), "{run}");
    assert_eq!(findings(&world, &[]).len(), 0, "nothing is remembered of it");

    reconcile(&world, "oscar", &half, "2026-03-18", &["--approve-drift"]).expect(0);
    assert_eq!(findings(&world, &["--kind", "missing_in_portal"]).len(), 20);

    // A required column stands elsewhere.
    let text = std::fs::read_to_string(&whole).unwrap();
    let turned: String = text
        .lines()
        .map(|line| {
            let mut cells: Vec<&str> = line.split(',').collect();
            cells.swap(0, 1);
            cells.join(",") + "\n"
        })
        .collect();
    std::fs::write(&whole, turned).unwrap();
    let held = reconcile(&world, "oscar", &whole, "2026-03-20", &[]);
    assert_eq!(run_of(held.expect(3))["drift"]["stops"][0]["reason"], "column_moved");
}

#[test]
fn undo_takes_back_what_a_run_wrote_and_leaves_what_was_edited_since() {
    let world = crm(&json!([order(1, "2026-01-31"), order(2, ""), order(3, "2026-02-28")]));
    let members = [member(1), member(2), member(3)];
    let rows: Vec<(&str, &str)> = members.iter().map(|member| (member.as_str(), "Active")).collect();
    let file = oscar(&world, "a.csv", &rows);
    let first = run_of(reconcile(&world, "oscar", &file, DAY, &[]).expect(0));
    let dates = || orders_of(&world).iter().map(|order| order.text("cf_2261").to_owned()).collect::<Vec<_>>();
    assert_eq!(dates(), ["2026-03-31", "2026-03-31", "2026-03-31"]);
    // A run that had nothing to write has nothing to take back, and taking it back is no run.
    let idle = run_of(reconcile(&world, "oscar", &file, DAY, &[]).expect(0));
    let runs = || run(&world, &["runs", "--json"]).objects().len();
    let before = runs();
    let said = run(&world, &["undo", idle["run"].as_str().unwrap()]);
    assert!(said.expect(0).stdout.contains("wrote nothing to the CRM"), "{said:?}");
    assert_eq!(runs(), before);
    let third = format!("6x{}", orders_of(&world)[2].id);
    world.edit(&third, "cf_2261", "2026-04-30");
    let id = first["run"].as_str().unwrap();
    let undone = run(&world, &["undo", id, "--json"]);
    let object = undone.expect(1).last();
    assert_eq!(dates(), ["2026-01-31", "", "2026-04-30"]);
    assert_eq!(object["left"].as_array().unwrap().len(), 1);
    assert_eq!(object["left"][0]["record"]["id"], json!(third));
    assert_eq!((count(&object, "updated"), count(&object, "conflicted")), (2, 1));
    // Once more there is nothing to take back.
    let again = run(&world, &["undo", id, "--json"]).last();
    assert_eq!((count(&again, "unchanged"), vtiger_writes(&again)), (2, 0));
    assert_eq!(run(&world, &["undo", "20260101-000000-0000"]).expect(2).code, Some(2));
}

#[test]
fn undo_names_the_newer_run_that_is_to_be_taken_back_first() {
    let world = crm(&json!([order(1, "2026-01-31")]));
    let one = member(1);
    let file = oscar(&world, "a.csv", &[(&one, "Active")]);
    let older = run_of(reconcile(&world, "oscar", &file, DAY, &[]).expect(0));
    let newer = run_of(reconcile(&world, "oscar", &file, "2026-04-18", &[]).expect(0));
    let (older, newer) = (older["run"].as_str().unwrap(), newer["run"].as_str().unwrap());
    let left = run(&world, &["undo", older]);
    for part in [format!("run {newer} has written it since"), format!("company-sync undo {newer}")] {
        assert!(left.expect(1).stdout.contains(&part), "{part:?} is not in\n{}", left.stdout);
    }
    run(&world, &["undo", newer]).expect(0);
    run(&world, &["undo", older]).expect(0);
    assert_eq!(orders_of(&world)[0].text("cf_2261"), "2026-01-31");
}

#[test]
fn an_order_that_moves_just_before_its_write_is_decided_anew() {
    // Every write of VTiger's is answered slowly, so that an edit falls between the comparison and the writes.
    let numbers: Vec<u32> = (1..=120).collect();
    let world = crm(&Value::Array(numbers.iter().map(|number| order(*number, "2026-01-31")).collect()));
    let members: Vec<String> = numbers.iter().map(|number| member(*number)).collect();
    let rows: Vec<(&str, &str)> = members.iter().map(|member| (member.as_str(), "Active")).collect();
    let file = oscar(&world, "a.csv", &rows);
    let arguments =
        ["reconcile", "--company", "oscar", "--broker", "BS", path(&file), "--as-of", DAY, "--json"];
    let mut begun = command(&world, &arguments);
    let child = begun.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until(|| world.requests().0.write >= 3);
    // The last one of the second batch: read again long after this.
    let last = format!("6x{}", orders_of(&world)[119].id);
    let before = orders_of(&world)[119].text("cf_2261").to_owned();
    world.edit(&last, "cf_2261", "2026-06-30");
    let ended = Ended::of(child.wait_with_output().unwrap());
    assert_eq!(before, "2026-01-31", "it had not been written yet");
    let run = run_of(ended.expect(0));
    assert_eq!((count(&run, "updated"), count(&run, "unchanged")), (119, 1), "{run}");
    assert_eq!(orders_of(&world)[119].text("cf_2261"), "2026-06-30", "a later date of somebody's stays");
    let expected = ended.last();
    assert_eq!(
        (&expected["outcomes"]["updated"], &expected["outcomes"]["unchanged"]),
        (&json!(119), &json!(1))
    );
    let open = findings(&world, &[]);
    assert!(open.is_empty(), "{open:?}");
}

fn until(mut done: impl FnMut() -> bool) {
    let patience = Instant::now() + Duration::from_mins(2);
    while !done() {
        assert!(Instant::now() < patience, "it does not come");
        std::thread::sleep(Duration::from_micros(200));
    }
}

#[test]
fn killed_in_the_middle_of_500_updates_each_order_is_updated_once() {
    let numbers: Vec<u32> = (1..=500).collect();
    let world = crm(&Value::Array(numbers.iter().map(|number| order(*number, "2026-01-31")).collect()));
    let members: Vec<String> = numbers.iter().map(|number| member(*number)).collect();
    let rows: Vec<(&str, &str)> = members.iter().map(|member| (member.as_str(), "Active")).collect();
    let file = oscar(&world, "a.csv", &rows);
    let arguments =
        ["reconcile", "--company", "oscar", "--broker", "BS", path(&file), "--as-of", DAY, "--json"];
    for goal in [120, 260, 400] {
        let mut begun = command(&world, &arguments);
        let mut child =
            begun.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        until(|| world.requests().0.write >= goal || child_ended(&mut child));
        // `kill` is SIGKILL.
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().code(), None, "it was cut off");
    }
    let written = world.requests().0.write;
    assert!(written < 500, "{written} writes before the last run");
    let last = reconcile(&world, "oscar", &file, DAY, &[]);
    last.expect(0);
    assert_eq!(world.requests().0.write, 500, "one write an order, over all runs");
    assert!(orders_of(&world).iter().all(|order| order.text("cf_2261") == "2026-03-31"));
    let again = run_of(reconcile(&world, "oscar", &file, DAY, &[]).expect(0));
    assert_eq!((vtiger_writes(&again), count(&again, "unchanged")), (0, 500));

    // The journal knows what each of them wrote, the last writes of those that were killed among it.
    let mut back = 0;
    for done in run(&world, &["runs", "--json"]).objects() {
        let undone = run(&world, &["undo", done["run"].as_str().unwrap(), "--json"]);
        back += count(&undone.expect(0).last(), "updated");
    }
    assert_eq!(back, 500);
    assert!(orders_of(&world).iter().all(|order| order.text("cf_2261") == "2026-01-31"));
}

fn child_ended(child: &mut std::process::Child) -> bool {
    child.try_wait().unwrap().is_some()
}

#[test]
fn lost_answers_make_no_second_write() {
    let faults = "[[fault]]\nsystem = \"vtiger\"\nevery = 7\nkind = \"drop_after\"\n";
    let numbers: Vec<u32> = (1..=40).collect();
    let world = Wish::orders(0).start_with(faults);
    put_orders(&world, &Value::Array(numbers.iter().map(|number| order(*number, "2026-01-31")).collect()));
    let members: Vec<String> = numbers.iter().map(|number| member(*number)).collect();
    let rows: Vec<(&str, &str)> = members.iter().map(|member| (member.as_str(), "Active")).collect();
    let file = oscar(&world, "a.csv", &rows);
    let run = run_of(reconcile(&world, "oscar", &file, DAY, &[]).expect(0));
    assert_eq!(count(&run, "updated"), 40, "{run}");
    assert_eq!(world.requests().0.write, 40);
    assert!(orders_of(&world).iter().all(|order| order.text("cf_2261") == "2026-03-31"));
}

#[test]
fn findings_are_exported_in_both_languages_and_forms() {
    let world = crm(&json!([order(1, "2026-02-28")]));
    let file = oscar(&world, "a.csv", &[(&member(1), "Grace period"), ("=1+1", "Active")]);
    reconcile(&world, "oscar", &file, DAY, &[]).expect(0);
    let (csv, xlsx) = (world.folder().join("out.csv"), world.folder().join("out.xlsx"));
    run(&world, &["findings", "export", path(&csv), "--language", "es"]).expect(0);
    run(&world, &["findings", "export", path(&xlsx)]).expect(0);
    let text = std::fs::read_to_string(&csv).unwrap();
    assert!(text.starts_with("\u{feff}Id,Compañía,"), "{text}");
    assert!(text.contains("no está pagad") && text.contains(&member(1)), "{text}");
    assert!(text.contains("'=1+1") && !text.contains(",=1+1"), "no cell runs as a formula: {text}");
    assert_eq!(&std::fs::read(&xlsx).unwrap()[..2], b"PK");
    run(&world, &["findings", "export", path(&csv)]).expect(3).complains("[export.io]");
    run(&world, &["findings", "export", "out.ods"]).expect(2).complains("[export.form]");
    run(&world, &["findings", "review", "nobody", "--as", "Paid"]).expect(2).complains("[finding.unknown]");
}

#[test]
fn a_beginning_that_several_findings_share_names_none() {
    // Seventeen ids and sixteen digits.
    let numbers: Vec<u32> = (1..=17).collect();
    let world = crm(&Value::Array(numbers.iter().map(|number| order(*number, "2026-02-28")).collect()));
    let members: Vec<String> = numbers.iter().map(|number| member(*number)).collect();
    let rows: Vec<(&str, &str)> = members.iter().map(|member| (member.as_str(), "Grace period")).collect();
    reconcile(&world, "oscar", &oscar(&world, "a.csv", &rows), DAY, &[]).expect(0);
    let open = findings(&world, &[]);
    assert_eq!(open.len(), 17);
    let mut first: Vec<&str> = open.iter().map(|found| &found["id"].as_str().unwrap()[..1]).collect();
    first.sort_unstable();
    let shared = first.windows(2).find(|pair| pair[0] == pair[1]).unwrap()[0];
    run(&world, &["findings", "show", shared]).expect(2).complains("[finding.ambiguous]");
    let review = run(&world, &["findings", "review", shared, "--as", "Paid"]);
    review.expect(2).complains("Name more of the id");
    run(&world, &["findings", "show", ""]).expect(2).complains("[finding.unknown]");
}

#[test]
fn companies_are_listed_shown_validated_and_tried() {
    let world = Wish::orders(0).start();
    let list = run(&world, &["companies", "list", "--json"]);
    let keys: Vec<Value> = list.expect(0).objects().iter().map(|company| company["key"].clone()).collect();
    assert_eq!(keys, ["aetna", "ambetter", "generic", "healthsherpa", "molina", "oscar"]);
    let source = run(&world, &["companies", "show", "generic", "--source"]).expect(0).stdout.clone();
    let own = world.folder().join("blue.toml");
    let text = source.replace("\"generic\"", "\"blue-shield\"").replace("\"Generic\"", "\"Blue Shield\"");
    std::fs::write(&own, text).unwrap();
    run(&world, &["companies", "validate", path(&own)]).expect(0);
    let broken = world.folder().join("broken.toml");
    std::fs::write(&broken, source.replace("format = 1", "format = 7")).unwrap();
    run(&world, &["companies", "validate", path(&broken)]).expect(2).complains("broken.toml:2:10");

    let config = world.folder().join("company-sync.toml");
    std::fs::write(&config, "[companies.blue-shield]\nfile = \"blue.toml\"\npassword = \"hush-hush\"\n")
        .unwrap();
    let shown = run(&world, &["companies", "show", "blue-shield"]);
    assert!(shown.expect(0).stdout.contains("Blue Shield"), "{}", shown.stdout);
    assert!(!run(&world, &["config", "show"]).stdout.contains("hush"));
    let report = world.folder().join("report.csv");
    std::fs::write(&report, "Member ID,Paid Through Date,Extra\nA-1,03/31/2026,x\n,03/31/2026,y\n").unwrap();
    let tried = run(&world, &["companies", "try", path(&report), "--company", "blue-shield"]);
    let said = &tried.expect(1).stdout;
    assert!(said.contains("A-1") && said.contains("not used: Extra"), "{said}");
    assert!(said.contains("cannot be read: Line 3 has no member id.") && !said.contains('{'), "{said}");
    std::fs::write(&report, "Member ID,Paid Through Date\nA-1,03/31/2026\n").unwrap();
    run(&world, &["companies", "try", path(&report), "--company", "blue-shield"]).expect(0);
    // What reading demands is not called optional.
    let shown = run(&world, &["companies", "show", "aetna"]).expect(0).stdout.clone();
    for (name, optional) in [("status", false), ("relationship", false), ("premium", true)] {
        let line = shown.lines().find(|line| line.trim_start().starts_with(name)).unwrap();
        assert_eq!(line.contains("(may be missing)"), optional, "{shown}");
    }
    run(&world, &["companies", "show", "acme"]).expect(2).complains("[company.unknown]");
}

#[test]
fn what_is_not_configured_is_asked_for() {
    let world = crm(&json!([order(1, "2026-02-28")]));
    let file = oscar(&world, "a.csv", &[(&member(1), "Active")]);
    let bare = world.run(&["reconcile", "--company", "oscar", "--broker", "BS", path(&file)]);
    bare.expect(2).complains("[broker.unknown]");
    let mut command = world.command(&["reconcile", "--company", "oscar", "--broker", "BS", path(&file)]);
    command.env("COMPANY_SYNC_RECONCILIATION_BROKERS_BS", "BROKER SUR");
    Ended::of(command.output().unwrap()).expect(2).complains("reconciliation.fields.problem");
}
