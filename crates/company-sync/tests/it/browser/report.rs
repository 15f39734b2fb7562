//! A company's report: uploaded, compared under everybody's eyes, reviewed.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::viewer::{Browser, Viewer};
use crate::reconcile::{member, order, oscar, put_orders};
use crate::service::{MANAGER, READER, Service};
use crate::world::Wish;

/// Orders whose date moves forward, and orders that were not paid: what is found.
const MOVING: u32 = 50;
const FOUND: u32 = 4;

/// Every answer of VTiger's takes this long, so that a run takes seconds and there is progress to be seen.
const SLOW: &str = "[[fault]]\nsystem = \"vtiger\"\nevery = 1\nkind = \"delay\"\ndelay_ms = 25\n";

/// What a page said of a task, every time something in it changed.
#[derive(Default)]
struct Seen {
    percents: Vec<f64>,
    updated: Vec<u32>,
}

impl Seen {
    fn look(&mut self, viewer: &Viewer) {
        let script = "return [document.querySelector('progress[data-progress]')?.value ?? null,
            document.querySelector('[data-count=updated]')?.textContent ?? null]";
        let (percent, updated): (Option<f64>, Option<String>) = viewer.eval(script, &[]);
        if let Some(percent) = percent.filter(|percent| self.percents.last() != Some(percent)) {
            self.percents.push(percent);
        }
        let updated = updated.map(|text| text.trim().parse().unwrap());
        if let Some(updated) = updated.filter(|updated| self.updated.last() != Some(updated)) {
            self.updated.push(updated);
        }
    }

    /// That it moved, and never backwards.
    fn assert_moved(&self) {
        assert!(self.percents.is_sorted(), "{:?}", self.percents);
        assert!(self.updated.is_sorted(), "{:?}", self.updated);
        let between = self.percents.iter().filter(|percent| **percent > 0.0 && **percent < 100.0);
        assert!(between.count() >= 4, "it did not move before everybody's eyes: {:?}", self.percents);
        let steps: BTreeSet<_> = self.updated.iter().collect();
        assert!(steps.len() >= 4 && self.updated.last() == Some(&MOVING), "{:?}", self.updated);
    }
}

#[test]
fn a_report_is_uploaded_followed_and_reviewed_by_two_at_once() {
    let Some(browser) = Browser::start("report") else { return };
    let world = Wish::orders(0).start_with(SLOW);
    let numbers: Vec<u32> = (1..=MOVING + FOUND).collect();
    put_orders(&world, &Value::Array(numbers.iter().map(|number| order(*number, "2026-01-31")).collect()));
    let status = |number: u32| if number > MOVING { "Grace period" } else { "Active" };
    let members: Vec<String> = numbers.iter().map(|number| member(*number)).collect();
    let rows: Vec<(&str, &str)> =
        members.iter().zip(&numbers).map(|(member, number)| (member.as_str(), status(*number))).collect();
    let file = oscar(&world, "oscar.csv", &rows);
    let service = Service::of(&world, "report", &[MANAGER, READER]);
    let (ana, rosa) = (browser.viewer(), browser.viewer());
    service.log_in(&ana, MANAGER);
    service.log_in(&rosa, READER);
    rosa.open(&service.at("/scheduler"));
    rosa.see(".empty", "Nothing has been compared yet");
    rosa.mark();

    ana.press("New report");
    ana.choose("Company", "Oscar");
    ana.choose("Broker", "BS");
    ana.attach("The company’s report", &file);
    ana.pick_day("As of", "2026-03-18");
    ana.press("Start Sync");
    ana.agree();
    ana.see("#log h2", "Sync log");
    ana.mark();
    let mut seen = Seen::default();
    ana.until("the run’s end", |ana| {
        seen.look(ana);
        ana.read("[data-task] .pill") == ["Success"]
    });
    seen.look(&ana);
    seen.assert_moved();
    ana.see("table.findings", "Not reviewed");
    assert_eq!(ana.read("table.findings tbody tr").len(), FOUND as usize);

    // Whoever had the list open saw it come and end there.
    rosa.see("table tbody tr", "Success");
    assert!(rosa.is_marked(), "nothing was loaded anew");
    rosa.press_in("table", &ana.read("h1")[0]);
    rosa.see("table.findings", "Not reviewed");
    rosa.mark();

    ana.choose("Review: ", "Portal Error");
    ana.fill("Description: ", "asked on Monday\u{e004}");
    rosa.see("table.findings tbody tr", "Portal Error");
    rosa.see("table.findings tbody tr", "asked on Monday");
    assert!(rosa.is_marked(), "nothing was loaded anew");
    assert!(ana.is_marked(), "nothing was loaded anew");

    let reviewed = rosa.eval::<String>(
        "return all('table.findings tbody tr').find(row => row.innerText.includes('Portal Error')).querySelector('a').href",
        &[],
    );
    ana.open(&reviewed);
    ana.see("main", "Portal Error — asked on Monday");
    assert_eq!(ana.eval::<String>("return labelled(arguments[0]).value", &[json!("Review")]), "Portal Error");
}
