//! People who asked about a policy and have none yet.

use super::names::{MEN, SURNAMES, WOMEN};
use super::random::Random;

/// How many there are.
const LEADS: usize = 24;

const STATUSES: [&str; 5] = ["Not Contacted", "Contacted", "Hot", "Warm", "Lost Lead"];
const SOURCES: [&str; 3] = ["Cold Call", "Web Site", "Word of mouth"];
const CITIES: [(&str, &str, &str); 4] = [
    ("Miami", "Florida", "33101"),
    ("Houston", "Texas", "77002"),
    ("Orlando", "Florida", "32801"),
    ("San Antonio", "Texas", "78205"),
];
const TRADES: [&str; 4] = ["Panadería Sol", "Taller Ruiz", "Café Norte", ""];

/// A lead: field and value. They have a generator of their own, so that policies are what they were without them.
pub(super) fn leads(seed: u64) -> Vec<Vec<(&'static str, String)>> {
    let mut random = Random::new(seed ^ 0x1ead);
    (0..LEADS).map(|index| lead(&mut random, index)).collect()
}

fn lead(random: &mut Random, index: usize) -> Vec<(&'static str, String)> {
    let (salutation, first) =
        if random.percent(50) { ("Ms.", random.pick(&WOMEN)) } else { ("Mr.", random.pick(&MEN)) };
    let (city, state, code) = random.pick(&CITIES);
    let some = |random: &mut Random, text: String| if random.percent(80) { text } else { String::new() };
    let phone = format!("+1305555{:04}", 1000 + index);
    let mobile = format!("+1786555{:04}", 2000 + index);
    let website = format!("https://lead{}.example.test", index + 1);
    let revenue = format!("{}.00000000", random.between(10, 90) * 1000);
    vec![
        ("salutationtype", salutation.to_owned()),
        ("firstname", first.to_owned()),
        ("lastname", random.pick(&SURNAMES).to_owned()),
        ("email", format!("lead{}@example.test", index + 1)),
        ("phone", some(random, phone)),
        ("mobile", some(random, mobile)),
        ("company", random.pick(&TRADES).to_owned()),
        ("website", some(random, website)),
        ("leadstatus", random.pick(&STATUSES).to_owned()),
        ("leadsource", random.pick(&SOURCES).to_owned()),
        ("annualrevenue", revenue),
        ("noofemployees", random.between(1, 40).to_string()),
        ("city", city.to_owned()),
        ("state", state.to_owned()),
        ("code", code.to_owned()),
        ("country", "United States".to_owned()),
        ("emailoptout", "0".to_owned()),
    ]
}
