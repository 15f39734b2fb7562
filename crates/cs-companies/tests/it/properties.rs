//! What holds for any report and any orders.

use std::collections::BTreeSet;

use cs_companies::company::shipped;
use cs_companies::reconcile::{Expected, Order, RowOutcome, parse_orders};
use jiff::civil::{Date, date};
use proptest::prelude::*;

use crate::support::{Reading, company, compare, read_text};

const DAY: Date = date(2026, 3, 4);

const DATES: [&str; 9] = [
    "",
    "12/30/2025",
    "12/31/2025",
    "01/01/2026",
    "01/31/2026",
    "03/31/2026",
    "12/31/2026",
    "12/31/9999",
    "31/31/2026",
];
const ISO: [&str; 7] =
    ["", "2025-12-31", "2026-01-01", "2026-02-28", "2026-03-04", "2026-03-31", "2026-12-31"];
const PROBLEMS: [&str; 6] =
    ["", "No portal", "Problema Campaña", "Problema Pago", "Dejar cancelar MP", "Otro"];

fn row() -> impl Strategy<Value = String> {
    (0..14_u8, 0..DATES.len(), 0..DATES.len()).prop_map(|(member, paid, term)| {
        let id = if member == 13 { String::new() } else { format!("U{member}") };
        format!("{id},{},{},12.50,IL\n", DATES[paid], DATES[term])
    })
}

fn order() -> impl Strategy<Value = serde_json::Value> {
    let dates = (0..ISO.len(), 0..ISO.len(), 0..ISO.len());
    let words = (0..PROBLEMS.len(), 0..3_usize, 0..33_u8, 0..2_usize, 0..4_usize);
    (0..16_u8, dates, words).prop_map(|(member, (from, end, paid), (problem, kind, day, note, broker))| {
        serde_json::json!({
            "member_id": format!("U{member}"), "company": "Ambetter",
            "broker": if broker == 0 { "BROKER ALTO" } else { "BROKER SUR" }, "status": "Active",
            "effective_date": ISO[from], "termination_date": ISO[end], "paid_through": ISO[paid],
            "problem": PROBLEMS[problem], "payment_type": (["", "CALENDAR", "YES"][kind]), "payment_day": day,
            "broker_note": (["", "BROKER ERROR"][note])
        })
    })
}

fn numbered(orders: Vec<serde_json::Value>) -> Vec<Order> {
    let numbered = orders.into_iter().enumerate().map(|(n, mut order)| {
        order["salesorder_no"] = format!("SO{n:05}").into();
        order
    });
    parse_orders(serde_json::Value::Array(numbered.collect()).to_string().as_bytes()).unwrap()
}

const HEADER: &str = "Policy Number,Paid Through Date,Policy Term Date,Monthly Premium Amount,State\n";

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn totals_add_up_and_the_second_time_changes_nothing(
        rows in prop::collection::vec(row(), 1..40),
        orders in prop::collection::vec(order(), 0..40),
    ) {
        let text = format!("{HEADER}{}", rows.concat());
        let report = read_text(&text, company("ambetter"), DAY);
        let orders = numbered(orders);
        let result = compare(&report, &orders, company("ambetter"), DAY);

        // Every row and every order has exactly one outcome.
        prop_assert_eq!(result.rows_read, rows.len() as u64);
        prop_assert_eq!(result.rows.len(), rows.len());
        prop_assert_eq!(result.row_totals().values().sum::<u64>(), rows.len() as u64);
        let lines: BTreeSet<u32> = result.rows.iter().map(|(place, _)| place.line).collect();
        prop_assert_eq!(lines.len(), rows.len());
        prop_assert_eq!(result.order_totals().values().sum::<u64>(), orders.len() as u64);
        let updated = result.row_totals().get(&RowOutcome::Updated).copied().unwrap_or(0);
        prop_assert_eq!(updated, result.updates.len() as u64);

        // Findings have identities of their own; updates only go forward, each order at most once.
        let keys: BTreeSet<_> = result.findings.iter().map(|finding| &finding.key).collect();
        prop_assert_eq!(keys.len(), result.findings.len());
        let written: BTreeSet<usize> = result.updates.iter().map(|update| update.order).collect();
        prop_assert_eq!(written.len(), result.updates.len());
        prop_assert!(result.updates.iter().all(|update| update.old.is_none_or(|old| old < update.new)));

        // Written, the same file has nothing more to write, and closes nothing but what persists.
        let mut after = orders.clone();
        for update in &result.updates {
            after[update.order].paid_through = Some(update.new);
        }
        let again = compare(&report, &after, company("ambetter"), DAY);
        prop_assert_eq!(again.updates.len(), 0);
        let open: BTreeSet<_> = again.findings.iter().map(|finding| &finding.key).chain(&again.persisting).collect();
        prop_assert!(result.findings.iter().all(|finding| open.contains(&finding.key)));
    }

    #[test]
    fn the_order_of_the_orders_does_not_matter(
        rows in prop::collection::vec(row(), 1..30),
        orders in prop::collection::vec(order(), 0..30),
        seed in any::<u64>(),
    ) {
        let text = format!("{HEADER}{}", rows.concat());
        let report = read_text(&text, company("ambetter"), DAY);
        let orders = numbered(orders);
        let mut shuffled = orders.clone();
        shuffled.sort_by_key(|order| {
            let number: u64 = order.salesorder_no[2..].parse().unwrap();
            (number ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        });
        let one = Expected::from(&compare(&report, &orders, company("ambetter"), DAY));
        let other = Expected::from(&compare(&report, &shuffled, company("ambetter"), DAY));
        prop_assert_eq!(one, other);
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter_where_no_two_of_a_member_are_paid_alike(
        rows in prop::collection::vec(row(), 1..30),
        orders in prop::collection::vec(order(), 0..30),
    ) {
        let mut seen = BTreeSet::new();
        let alone = |row: &String| {
            let mut cells = row.split(',');
            let member = cells.next().unwrap().to_owned();
            let paid = cells.next().unwrap().replace("12/31/9999", "");
            seen.insert((member, paid))
        };
        let rows: Vec<String> = rows.into_iter().filter(alone).collect();
        let orders = numbered(orders);
        let compared = |rows: Vec<String>| {
            let report = read_text(&format!("{HEADER}{}", rows.concat()), company("ambetter"), DAY);
            Expected::from(&compare(&report, &orders, company("ambetter"), DAY))
        };
        let turned = rows.iter().rev().cloned().collect();
        prop_assert_eq!(compared(rows), compared(turned));
    }

    #[test]
    fn no_bytes_make_a_reader_panic(
        magic in prop::sample::select(vec![&b""[..], b"PK\x03\x04", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", b"\xFF\xFE", b"sep=;\n"]),
        body in prop::collection::vec(any::<u8>(), 0..3000),
    ) {
        let bytes = [magic, &body].concat();
        for company in shipped() {
            let _ = Reading { password: Some("x"), ..Reading::of("any", &bytes) }.read(company, DAY);
        }
        let _ = parse_orders(&bytes);
    }

    #[test]
    fn no_text_makes_a_reader_panic(lines in prop::collection::vec("[ ,;\t\"'A-Z0-9/.ñ\u{feff}-]{0,40}", 0..30)) {
        let text = format!("Member ID,Paid Through Date,Status\n{}", lines.join("\n"));
        if let Ok(report) = Reading::of("any", text.as_bytes()).read(company("generic"), DAY) {
            let result = compare(&report, &[], company("generic"), DAY);
            prop_assert!(result.balances());
        }
    }

    #[test]
    fn a_changed_byte_makes_no_reader_panic(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        for (file, name) in [(&include_bytes!("data/oscar.xls")[..], "oscar"), (include_bytes!("data/long-texts.xls"), "generic")] {
            let mut bytes = file.to_vec();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = Reading::of("changed.xls", &bytes).read(company(name), DAY);
        }
    }
}
