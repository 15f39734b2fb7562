//! The rules of the spec one by one, on reports of one row.

use cs_companies::Period;
use cs_companies::company::{Company, NamedCells, Row, RowRule, RuleVerdict, shipped_files, try_report};
use cs_companies::reconcile::{FindingKind, Order, OrderOutcome, Reconciliation, RowOutcome, parse_orders};
use cs_companies::{Language, company::ReadOptions};
use jiff::civil::{Date, date};

use crate::support::{Reading, company, compare, read_text};

const DAY: Date = date(2026, 3, 18);

/// An order of Ambetter's and `BROKER SUR`'s, with some fields set otherwise.
fn order(fields: &[(&str, &str)]) -> Order {
    let mut value = serde_json::json!({
        "salesorder_no": "SO1", "member_id": "U1", "company": "Ambetter", "broker": "BROKER SUR", "status": "Active",
        "effective_date": "2026-01-01", "termination_date": "2026-12-31", "paid_through": "2026-02-28", "problem": "",
        "payment_type": "NO", "payment_day": 15, "broker_note": ""
    });
    for (name, text) in fields {
        value[*name] = (*text).into();
    }
    parse_orders(serde_json::json!([value]).to_string().as_bytes()).unwrap().remove(0)
}

const HEADER: &str = "Policy Number,Paid Through Date,Policy Term Date,Monthly Premium Amount\n";

/// One row of Ambetter's against some orders.
fn one(paid: &str, term: &str, orders: &[Order]) -> Reconciliation {
    let text = format!("{HEADER}U1,{paid},{term},$614.00\n");
    let report = read_text(&text, company("ambetter"), DAY);
    compare(&report, orders, company("ambetter"), DAY)
}

fn kinds(result: &Reconciliation) -> Vec<FindingKind> {
    result.findings.iter().map(|finding| finding.key.kind).collect()
}

fn row_outcome(result: &Reconciliation) -> RowOutcome {
    assert_eq!(result.rows.len(), 1);
    result.rows[0].1
}

#[test]
fn which_rows_take_part() {
    for (paid, term, outcome, found) in [
        ("", "01/01/2026", RowOutcome::OutOfYear, false),
        ("", "01/02/2026", RowOutcome::NotInCrm, true),
        ("12/30/2025", "", RowOutcome::OutOfYear, false),
        ("12/31/2025", "", RowOutcome::NotInCrm, false),
        ("01/01/2026", "01/01/2026", RowOutcome::NotInCrm, false),
        ("01/02/2026", "", RowOutcome::NotInCrm, true),
        ("", "12/31/9999", RowOutcome::OutOfYear, false),
        ("", "1/1/2099", RowOutcome::OutOfYear, false),
    ] {
        let result = one(paid, term, &[]);
        assert_eq!(row_outcome(&result), outcome, "{paid} {term}");
        assert_eq!(kinds(&result).contains(&FindingKind::NotInCrm), found, "{paid} {term}");
    }
}

#[test]
fn the_paid_through_date() {
    use FindingKind::{PaidButFlagged, PaidThroughRegressed, Unpaid};
    for (paid, crm, problem, outcome, found) in [
        ("03/31/2026", "2026-02-28", "", RowOutcome::Updated, vec![]),
        ("03/31/2026", "", "", RowOutcome::Updated, vec![]),
        ("03/31/2026", "2026-03-31", "", RowOutcome::Unchanged, vec![]),
        ("03/31/2026", "2026-12-31", "", RowOutcome::Unchanged, vec![]),
        ("03/31/2026", "", "Problema Pago", RowOutcome::Updated, vec![PaidButFlagged]),
        ("12/31/2026", "", " problema campaña ", RowOutcome::Updated, vec![PaidButFlagged]),
        ("03/31/2026", "", "No portal", RowOutcome::Updated, vec![]),
        ("03/31/2026", "2026-03-31", "Dejar cancelar MP", RowOutcome::Unchanged, vec![]),
        ("03/30/2026", "2026-03-31", "", RowOutcome::Unchanged, vec![PaidThroughRegressed]),
        ("03/30/2026", "2026-03-31", "Problema Pago", RowOutcome::Unchanged, vec![PaidThroughRegressed]),
        ("03/30/2026", "2026-02-28", "", RowOutcome::Unchanged, vec![Unpaid]),
        ("03/30/2026", "", "", RowOutcome::Unchanged, vec![Unpaid]),
        ("02/28/2026", "2026-02-28", "Otro", RowOutcome::Unchanged, vec![Unpaid]),
        ("02/28/2026", "2026-02-28", "Problema Pago", RowOutcome::Unchanged, vec![]),
        ("", "2026-02-28", "", RowOutcome::Unchanged, vec![Unpaid]),
        ("", "2026-02-28", "Dejar cancelar MP", RowOutcome::Unchanged, vec![]),
    ] {
        let result = one(paid, "12/31/2026", &[order(&[("paid_through", crm), ("problem", problem)])]);
        assert_eq!((row_outcome(&result), kinds(&result)), (outcome, found), "{paid} {crm} {problem}");
        assert_eq!(result.updates.len(), usize::from(outcome == RowOutcome::Updated));
    }
}

#[test]
fn an_open_paid_but_flagged_is_not_closed_by_its_own_update() {
    let result = one(
        "03/31/2026",
        "12/31/2026",
        &[order(&[("paid_through", "2026-03-31"), ("problem", "Problema Pago")])],
    );
    assert_eq!(result.persisting.len(), 1);
    assert_eq!(result.persisting[0].kind, FindingKind::PaidButFlagged);
}

#[test]
fn the_term_date() {
    for (term, crm, problem, found) in [
        ("12/31/2026", "2026-12-31", "", false),
        ("06/30/2026", "2026-12-31", "", true),
        ("06/30/2026", "", "", true),
        ("", "2026-12-31", "", false),
        ("12/31/9999", "2026-12-31", "", false),
        ("06/30/2026", "2026-12-31", "Problema Pago", true),
        ("06/30/2026", "2026-12-31", "No portal", true),
        ("06/30/2026", "2026-12-31", "Problema Campaña", false),
        ("06/30/2026", "2026-12-31", "Dejar cancelar MP", false),
    ] {
        let orders =
            [order(&[("termination_date", crm), ("problem", problem), ("paid_through", "2026-12-31")])];
        let found_kinds = kinds(&one("03/31/2026", term, &orders));
        assert_eq!(found_kinds.contains(&FindingKind::TerminationMismatch), found, "{term} {crm} {problem}");
    }
}

#[test]
fn waiting_and_not_ours() {
    for (fields, outcome) in [
        // Day 28: 28 February, and three business days later 4 March.
        (vec![("payment_type", "CALENDAR"), ("payment_day", "28")], RowOutcome::Updated),
        (vec![("payment_type", "CALENDAR"), ("payment_day", "5")], RowOutcome::Updated),
        (vec![("payment_type", "yes"), ("payment_day", "")], RowOutcome::Updated),
        (vec![("broker_note", "Broker Error")], RowOutcome::NotOurs),
        (vec![("broker_note", "Something else")], RowOutcome::Updated),
        (vec![("effective_date", "2026-03-31")], RowOutcome::Updated),
        (vec![("effective_date", "2026-04-01")], RowOutcome::NotOurs),
        (vec![("effective_date", "")], RowOutcome::Updated),
    ] {
        let result = one("03/31/2026", "12/31/2026", &[order(&fields)]);
        assert_eq!(row_outcome(&result), outcome, "{fields:?}");
    }
    let text = format!("{HEADER}U1,03/31/2026,12/31/2026,\n");
    for (day, kind, outcome) in [
        (date(2026, 3, 9), "YES", RowOutcome::Waiting),
        (date(2026, 3, 10), "YES", RowOutcome::Updated),
        (date(2026, 3, 9), "NO", RowOutcome::Updated),
        (date(2026, 3, 9), "", RowOutcome::Updated),
    ] {
        let report = read_text(&text, company("ambetter"), day);
        // Waiting comes before "not ours".
        let note = if outcome == RowOutcome::Waiting { "BROKER ERROR" } else { "" };
        let orders = [order(&[("payment_type", kind), ("payment_day", "5"), ("broker_note", note)])];
        assert_eq!(
            row_outcome(&compare(&report, &orders, company("ambetter"), day)),
            outcome,
            "{day} {kind}"
        );
    }
}

#[test]
fn which_order_of_several() {
    let numbered = |number, fields: &[(&'static str, &'static str)]| {
        let mut all = vec![("salesorder_no", number)];
        all.extend_from_slice(fields);
        order(&all)
    };
    let alto = ("broker", "BROKER ALTO");
    for (orders, chosen) in [
        (vec![numbered("SO1", &[]), numbered("SO9", &[alto])], "SO1"),
        (vec![numbered("SO9", &[("company", "Aetna")]), numbered("SO1", &[])], "SO1"),
        (vec![numbered("SO1", &[("effective_date", "2026-03-01")]), numbered("SO9", &[])], "SO1"),
        (vec![numbered("SO99999", &[]), numbered("SO100000", &[])], "SO100000"),
        (vec![numbered("SO1", &[]), numbered("SO9", &[("termination_date", "2026-03-17")])], "SO1"),
        (vec![numbered("SO1", &[alto])], "SO1"),
        (vec![numbered("SO2", &[("effective_date", "")]), numbered("SO1", &[])], "SO1"),
    ] {
        for orders in [orders.clone(), orders.iter().rev().cloned().collect()] {
            let result = one("03/31/2026", "12/31/2026", &orders);
            assert_eq!(&*result.updates[0].salesorder_no, chosen);
        }
    }
}

#[test]
fn orders_without_a_row() {
    for (fields, outcome) in [
        (vec![], OrderOutcome::MissingInPortal),
        (vec![("problem", "No portal")], OrderOutcome::Excused),
        (vec![("problem", "PROBLEMA PAGO")], OrderOutcome::Excused),
        (vec![("problem", "Otro")], OrderOutcome::MissingInPortal),
        (vec![("broker", "BROKER ALTO")], OrderOutcome::Elsewhere),
        (vec![("company", "Aetna")], OrderOutcome::Elsewhere),
        (vec![("termination_date", "2026-03-17")], OrderOutcome::NotLive),
        (vec![("termination_date", "2026-03-18")], OrderOutcome::MissingInPortal),
        (vec![("termination_date", "")], OrderOutcome::MissingInPortal),
        (vec![("member_id", " 'U 1")], OrderOutcome::Updated),
    ] {
        let mut all = vec![("member_id", "U7")];
        all.extend_from_slice(&fields);
        let result = one("03/31/2026", "12/31/2026", &[order(&all)]);
        assert_eq!(result.orders, [outcome], "{fields:?}");
        let found = kinds(&result).contains(&FindingKind::MissingInPortal);
        assert_eq!(found, outcome == OrderOutcome::MissingInPortal, "{fields:?}");
    }
}

#[test]
fn a_missing_order_says_where_its_member_was_seen() {
    let aetna = company("aetna");
    let text = "Issuer Assigned ID,Paid Through Date,Broker Term Date,Policy Status,Relationship\n\
                U1,03/31/2026,,Terminated,Self\nU2,99/31/2026,,Active,Self\n";
    let report = read_text(text, aetna, DAY);
    let orders = ["U1", "U2", "U3"].map(|member| order(&[("member_id", member), ("company", "Aetna")]));
    let result = compare(&report, &orders, aetna, DAY);
    let said: Vec<String> = result.findings.iter().map(|finding| finding.message(Language::En)).collect();
    assert_eq!(result.findings.len(), 4, "{said:?}");
    assert_eq!(said[0], "“99/31/2026” in the column “Paid Through Date” on line 3 is no date.");
    assert!(said[1].contains("line 2 says “Terminated”"), "{}", said[1]);
    assert!(said[2].contains("cannot be read, on line 3"), "{}", said[2]);
    assert!(said[3].contains("is not in the company's report"), "{}", said[3]);
}

#[test]
fn of_several_rows_of_a_member_the_latest_paid_counts() {
    let text = format!("{HEADER}U1,01/31/2026,,1\nU1,,,2\n 'U 1,03/31/2026,,3\nU1,03/31/2026,06/30/2026,4\n");
    let report = read_text(&text, company("ambetter"), DAY);
    let result = compare(&report, &[order(&[])], company("ambetter"), DAY);
    let outcomes: Vec<RowOutcome> = result.rows.iter().map(|(_, outcome)| *outcome).collect();
    let (duplicate, updated) = (RowOutcome::Duplicate, RowOutcome::Updated);
    assert_eq!(outcomes, [duplicate, duplicate, updated, duplicate]);
    let keys: std::collections::BTreeSet<_> =
        result.findings.iter().map(|finding| finding.key.clone()).collect();
    assert_eq!(keys.len(), 3, "each has an identity of its own");
    assert_eq!(
        result.findings[0].message(Language::Es),
        "El miembro U1 está más de una vez en el reporte: la línea 2 (pagado hasta: 2026-01-31) no cuenta, la línea 4 \
         (2026-03-31) sí."
    );
}

#[test]
fn messages_in_both_languages_and_premium_at_risk() {
    let result = one("", "06/30/2026", &[order(&[])]);
    let unpaid = &result.findings[0];
    assert_eq!(unpaid.premium_at_risk, Some("614.00".parse().unwrap()));
    assert_eq!(
        unpaid.message(Language::En),
        "Member U1 is not paid through 2026-03-31: the company says no date, order SO1 in the CRM 2026-02-28."
    );
    assert_eq!(
        unpaid.message(Language::Es),
        "El miembro U1 no está pagado hasta 2026-03-31: la compañía dice sin fecha, la orden SO1 en el CRM 2026-02-28."
    );
    let oscar = company("oscar");
    let report =
        read_text("Member ID,Policy status,Coverage end date\nU1,Grace period,12/31/2026\n", oscar, DAY);
    let result = compare(&report, &[order(&[("company", "Oscar")])], oscar, DAY);
    let said = result.findings[0].message(Language::En);
    assert!(said.contains("2026-02-28 (derived from the status “Grace period”)"), "{said}");
}

#[test]
fn molina_s_term_dates_count_as_the_end_of_the_plan_year() {
    let molina = company("molina");
    let text = "Subscriber ID,Paid Through Date,Broker End Date,Status\n1,03/31/2026,06/30/2026,Active\n\
                2,03/31/2026,12/31/9999,Active\n3,03/31/2026,,Active\n4,03/31/2026,soon,Active\n";
    let report = read_text(text, molina, DAY);
    let terms: Vec<Option<Date>> = report.rows.iter().map(|row| row.term_date).collect();
    assert_eq!(terms, [Some(date(2026, 12, 31)), None, None]);
    assert_eq!(report.invalid.len(), 1);
}

#[test]
fn healthsherpa_names_the_company_of_each_row() {
    let text = include_str!("../../companies/healthsherpa.toml")
        .replace("[issuers]", "[issuers]\n\"Ambetter Health\" = \"Ambetter\"");
    let sherpa = Company::from_toml("healthsherpa.toml", &text).unwrap();
    let text = "issuer,issuer_assigned_policy_id,issuer_assigned_subscriber_id,ffm_app_id,paid_through_date,expiration_date,\
                date_cancelled\nAMBETTER health,U1,,,2026-03-31,2026-12-31,\nOscar,,U2,,2026-03-31,,2026-06-30\n\
                Molina,,,77,,2026-12-31,\n";
    let report = read_text(text, &sherpa, DAY);
    let rows: Vec<(&str, Option<&str>, Option<Date>)> =
        report.rows.iter().map(|row| (&*row.member_id, row.issuer.as_deref(), row.term_date)).collect();
    assert_eq!(
        rows,
        [
            ("U1", Some("Ambetter"), Some(date(2026, 12, 31))),
            ("U2", Some("Oscar"), Some(date(2026, 6, 30))),
            ("77", Some("Molina"), Some(date(2026, 12, 31))),
        ]
    );
    let orders = [
        order(&[]),
        order(&[("salesorder_no", "SO2"), ("member_id", "U2"), ("company", "Oscar")]),
        order(&[("salesorder_no", "SO3"), ("member_id", "U3"), ("company", "Oscar")]),
        order(&[("salesorder_no", "SO4"), ("member_id", "U4"), ("company", "Aetna")]),
    ];
    let result = compare(&report, &orders, &sherpa, DAY);
    let updated = OrderOutcome::Updated;
    let rest = [OrderOutcome::MissingInPortal, OrderOutcome::Elsewhere];
    assert_eq!(result.orders, [updated, updated, rest[0], rest[1]], "Aetna is not in this report");
}

/// A company that writes "lapsed on" into its status, which no definition can say.
struct LapsedOn;

impl RowRule for LapsedOn {
    fn company(&self) -> &'static str {
        "generic"
    }

    fn apply(&self, row: &mut Row, cells: &NamedCells<'_>, _: &Period) -> Result<RuleVerdict, String> {
        let Some(status) = cells.get("STATUS") else { return Ok(RuleVerdict::Keep) };
        match status.text.split_once("lapsed on ") {
            None if status.text == "Test" => Ok(RuleVerdict::LeaveOut),
            None => Ok(RuleVerdict::Keep),
            Some((_, day)) => {
                row.term_date = Some(day.parse().map_err(|_| format!("`{day}` is no day"))?);
                Ok(RuleVerdict::Keep)
            }
        }
    }
}

#[test]
fn a_rule_in_code_does_what_data_cannot_say() {
    let text = "Member ID,Paid Through Date,Status\nU1,,lapsed on 2026-02-28\nU2,,Test\nU3,,lapsed on Monday\nU4,,\n";
    let rules: [&dyn RowRule; 1] = [&LapsedOn];
    let reading = Reading { rules: &rules, ..Reading::of("made.csv", text.as_bytes()) };
    let report = reading.read(company("generic"), DAY).unwrap();
    assert_eq!(report.rows[0].term_date, Some(date(2026, 2, 28)));
    assert_eq!((report.rows.len(), report.filtered.len(), report.invalid.len()), (2, 1, 1));
    let other = reading.read(&company("generic").named("other", "Other"), DAY).unwrap();
    assert_eq!(other.rows.len(), 4, "the rule is not for it");
}

#[test]
fn trying_a_definition_shows_what_was_understood_and_what_was_not() {
    let text = "Title\nMember ID,Paid Through Date,Agent\nU1,03/31/2026,x\nU2,soon,x\nU3,,x\nTotal,3,\n";
    let period = Period::new(DAY);
    let options = ReadOptions {
        period: &period,
        limits: &cs_companies::Limits::default(),
        settings: &std::collections::BTreeMap::new(),
        rules: &[],
    };
    let file = cs_companies::ReportFile { name: "made.csv", bytes: text.as_bytes(), password: None };
    let trial = try_report(&file, company("generic"), &options, 1).unwrap();
    assert_eq!((trial.rows.len(), trial.counts, trial.notes.len()), (1, [2, 0, 1], 1));
    assert_eq!((trial.header_line, trial.unused_headers), (2, vec!["Agent".to_owned()]));
    let json = serde_json::to_value(&trial.columns).unwrap();
    assert_eq!(json[0], serde_json::json!({"field": "member_id", "header": "Member ID", "position": 1}));
    assert_eq!(json[2]["header"], serde_json::Value::Null);
}

#[test]
fn no_shipped_definition_holds_a_password() {
    for (file, text) in shipped_files() {
        for line in text.lines().filter(|line| line.contains("password")) {
            assert!(line.starts_with("password_setting = \"companies."), "{file}: {line}");
        }
    }
}
