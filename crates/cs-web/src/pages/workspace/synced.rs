//! *Company Sync Data*: records in step, written and waiting, now and day by day.

use std::collections::BTreeMap;
use std::ops::Range;

use cs_domain::{Balance, MappingName};
use cs_ports::UnitCounts;
use jiff::Timestamp;
use jiff::civil::Date;

use super::chart::Days;
use super::period::Period;
use crate::error::WebError;
use crate::office::MappingAbout;
use crate::visit::Visit;
use crate::work::syncs;

/// What the runs of a period account for, by day.
pub(super) struct Runs {
    days: BTreeMap<Date, Balance>,
}

/// How the units of a mapping stand.
pub(super) struct Standing {
    pub(super) mapping: MappingName,
    pub(super) counts: UnitCounts,
    /// Units that wait, for the next run or for another try.
    pub(super) waiting: u64,
    /// Units that wait for somebody.
    pub(super) stuck: u64,
    /// The parts of its bar: class, where it begins and how wide it is, in thousandths.
    pub(super) parts: Vec<(&'static str, u64, u64)>,
}

/// What runs account for, by the day on which they began where the agency is; the store adds it up.
pub(super) async fn runs(visit: &Visit, period: Period) -> Result<Runs, WebError> {
    let (days, spans): (Vec<Date>, Vec<Range<Timestamp>>) = period.spans(&visit.web.zone).into_iter().unzip();
    let balances = visit.web.desk.balances(&spans).await?;
    Ok(Runs { days: days.into_iter().zip(balances).collect() })
}

impl Runs {
    /// Numbers of every day of the period.
    pub(super) fn counted(
        &self,
        period: Period,
        of: impl Fn(&Balance) -> Vec<u64>,
    ) -> BTreeMap<Date, Vec<u64>> {
        let mut days = period.days(of(&Balance::default()).len());
        for (day, balance) in &self.days {
            if let Some(counts) = days.get_mut(day) {
                *counts = of(balance);
            }
        }
        days
    }
}

/// The chart of what runs came to.
pub(super) fn by_day(visit: &Visit, period: Period, runs: &Runs) -> Days {
    let of = |balance: &Balance| {
        vec![balance.unchanged, balance.created + balance.updated, balance.conflicted + balance.failed]
    };
    let series = [("s2", "workspace-in-step"), ("s1", "workspace-written"), ("s3", "workspace-waiting")];
    let counts = runs.counted(period, of).into_iter().collect();
    Days::of(&visit.words, "workspace-synced", &series, counts)
}

/// How the units of the mappings stand now.
pub(super) async fn standings(visit: &Visit, mappings: Vec<MappingAbout>) -> Result<Vec<Standing>, WebError> {
    let mut standings = Vec::new();
    for about in mappings {
        let counts = syncs::units(visit, &about.name).await?;
        standings.push(Standing {
            mapping: about.name,
            parts: parts(&counts),
            waiting: counts.waiting + counts.retrying,
            stuck: counts.parked + counts.conflicted,
            counts,
        });
    }
    Ok(standings)
}

fn parts(counts: &UnitCounts) -> Vec<(&'static str, u64, u64)> {
    let numbers = [
        ("s2", counts.in_step),
        ("s1", counts.waiting + counts.retrying),
        ("s3", counts.parked + counts.conflicted),
    ];
    let sum: u64 = numbers.iter().map(|(_, number)| number).sum();
    let mut begin = 0;
    let mut parts = Vec::new();
    for (class, number) in numbers.into_iter().filter(|(_, number)| *number > 0) {
        let width = (number * 1000 / sum.max(1)).max(6);
        parts.push((class, begin, width));
        begin += width;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_no_part_of_the_bar() {
        let counts =
            UnitCounts { in_step: 75, waiting: 20, parked: 5, skipped: 900, ..UnitCounts::default() };
        assert_eq!(parts(&counts), [("s2", 0, 750), ("s1", 750, 200), ("s3", 950, 50)]);
        assert_eq!(parts(&UnitCounts::default()), []);
    }
}
