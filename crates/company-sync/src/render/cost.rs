//! What carrying out a plan would cost, for people.

use cs_domain::RequestCount;
use cs_domain::cost::Cost;

use super::grouped;

/// Requests a system, and the time.
pub(crate) fn for_people(cost: &Cost, workers: usize) -> String {
    let requests = |count: &RequestCount| {
        format!(
            "{} reads and {}",
            grouped(count.read),
            if count.write == 1 { "1 write".to_owned() } else { format!("{} writes", grouped(count.write)) }
        )
    };
    format!(
        "Doing it takes about {}: VTiger {}, Frappe {}, up to {workers} at a time (rates measured on two shared cores).",
        duration(cost.seconds(workers)),
        requests(&cost.requests.vtiger),
        requests(&cost.requests.frappe),
    )
}

/// A time as people say it; it is an estimate.
fn duration(seconds: f64) -> String {
    if seconds < 90.0 {
        format!("{:.0} s", seconds.ceil())
    } else if seconds < 5_400.0 {
        format!("{:.0} min", (seconds / 60.0).ceil())
    } else {
        format!("{:.1} h", seconds / 3_600.0)
    }
}

#[cfg(test)]
mod tests {
    use cs_domain::Requests;

    use super::*;

    #[test]
    fn a_time_is_told_in_the_unit_that_suits_it() {
        let told = [0.2, 89.0, 91.0, 5_399.0, 9_000.0].map(duration);
        assert_eq!(told, ["1 s", "89 s", "2 min", "90 min", "2.5 h"]);
        let reading = Requests {
            vtiger: RequestCount { read: 30, write: 0 },
            frappe: RequestCount { read: 4_000, write: 0 },
        };
        let text = for_people(&Cost::of_reading(reading), 4);
        assert!(text.contains("about 17 min: VTiger 30 reads and 0 writes, Frappe 4,000 reads"), "{text}");
    }
}
