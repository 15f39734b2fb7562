//! Charts as numbers: what the templates draw as SVG, and say in a table besides.

use std::fmt::Write as _;

use cs_ports::Counted;
use jiff::civil::Date;

use crate::words::Words;

/// The height of a chart of days, and the width of a day in it, in its own units.
const HEIGHT: u64 = 1000;
const DAY: u64 = 10;

/// Bars side by side: how many of each.
pub(super) struct Bars {
    /// The key of its heading.
    pub(super) title: &'static str,
    pub(super) rows: Vec<Bar>,
}

/// A bar with its name and number.
pub(super) struct Bar {
    pub(super) label: String,
    /// Where these are listed.
    pub(super) address: String,
    pub(super) count: u64,
    /// Thousandths of the longest.
    pub(super) width: u64,
}

impl Bars {
    /// What was counted, most first; what is beyond `most` is left to the lists.
    pub(super) fn of(
        title: &'static str,
        counted: Vec<Counted>,
        most: usize,
        told: impl Fn(&str) -> (String, String),
    ) -> Self {
        let longest = counted.iter().map(|one| one.count).max().unwrap_or(0).max(1);
        let rows = counted.into_iter().take(most).map(|one| {
            let (label, address) = told(&one.what);
            Bar { label, address, width: one.count * 1000 / longest, count: one.count }
        });
        Self { title, rows: rows.collect() }
    }
}

/// What is counted day by day, one over the other.
pub(super) struct Days {
    /// The key of what it shows, for whoever does not see it.
    pub(super) title: &'static str,
    pub(super) series: Vec<Series>,
    pub(super) slots: Vec<Slot>,
    /// The most of a day.
    pub(super) top: u64,
    /// How wide it is in its own units.
    pub(super) width: u64,
}

/// One kind of what is counted.
pub(super) struct Series {
    /// The class of its colour.
    pub(super) class: &'static str,
    pub(super) label: String,
    pub(super) total: u64,
}

/// A day.
pub(super) struct Slot {
    pub(super) day: Date,
    /// As many as there are series.
    pub(super) counts: Vec<u64>,
    pub(super) rectangles: Vec<Rectangle>,
    /// The day in words, with its numbers.
    pub(super) told: String,
}

/// A part of a day's bar.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rectangle {
    pub(super) class: &'static str,
    pub(super) x: u64,
    pub(super) y: u64,
    pub(super) height: u64,
}

impl Days {
    /// `counts`: day by day, each as long as `series`.
    pub(super) fn of(
        words: &Words,
        title: &'static str,
        series: &[(&'static str, &'static str)],
        counts: Vec<(Date, Vec<u64>)>,
    ) -> Self {
        let top = counts.iter().map(|(_, counts)| counts.iter().sum()).max().unwrap_or(0);
        let totals = |number: usize| counts.iter().filter_map(|(_, counts)| counts.get(number)).sum();
        let named: Vec<Series> = series
            .iter()
            .enumerate()
            .map(|(number, (class, key))| Series { class, label: words.say(key), total: totals(number) })
            .collect();
        let width = DAY * counts.len() as u64;
        let slots = (0_u64..)
            .zip(counts)
            .map(|(place, (day, counts))| slot(words, &named, day, counts, place, top.max(1)))
            .collect();
        Self { title, series: named, slots, top, width }
    }

    /// Whether there is nothing to draw.
    pub(super) fn is_empty(&self) -> bool {
        self.top == 0
    }
}

fn slot(words: &Words, series: &[Series], day: Date, counts: Vec<u64>, place: u64, top: u64) -> Slot {
    let mut rectangles = Vec::new();
    let mut told = words.day(&day);
    let mut floor = HEIGHT;
    for (series, count) in series.iter().zip(&counts).filter(|(_, count)| **count > 0) {
        // Whatever there is can be seen.
        let height = (count * HEIGHT / top).max(12).min(floor);
        floor -= height;
        rectangles.push(Rectangle { class: series.class, x: place * DAY + 1, y: floor, height });
        // Writing to a string cannot fail.
        let _ = write!(told, " · {} {}", series.label, words.number(count));
    }
    Slot { day, counts, rectangles, told }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn the_parts_of_a_day_stand_on_one_another() {
        let words = Words::in_language(Language::En);
        let day = |text: &str| text.parse::<Date>().unwrap();
        let counts = vec![(day("2026-11-01"), vec![60, 0]), (day("2026-11-02"), vec![75, 25])];
        let series = [("s1", "status-success"), ("s4", "status-error")];
        let chart = Days::of(&words, "status", &series, counts);
        assert_eq!((chart.top, chart.width), (100, 20));
        assert_eq!(chart.series.iter().map(|one| one.total).collect::<Vec<_>>(), [135, 25]);
        let [first, second] = chart.slots.as_slice() else { panic!("two days") };
        assert_eq!(first.rectangles, [Rectangle { class: "s1", x: 1, y: 400, height: 600 }]);
        let parts = [
            Rectangle { class: "s1", x: 11, y: 250, height: 750 },
            Rectangle { class: "s4", x: 11, y: 0, height: 250 },
        ];
        assert_eq!(second.rectangles, parts);
        assert_eq!(second.told, "2 Nov 2026 · Success 75 · Error 25");
        assert!(!chart.is_empty());
        assert!(Days::of(&words, "status", &series, Vec::new()).is_empty());
    }

    #[test]
    fn the_longest_bar_is_the_measure() {
        let counted = [("a", 40), ("b", 10), ("c", 1)];
        let counted = counted.map(|(what, count)| Counted { what: what.to_owned(), count }).to_vec();
        let bars = Bars::of("status", counted, 2, |what| (what.to_uppercase(), format!("/{what}")));
        let told: Vec<_> = bars.rows.iter().map(|bar| (bar.label.as_str(), bar.width)).collect();
        assert_eq!(told, [("A", 1000), ("B", 250)]);
    }
}
