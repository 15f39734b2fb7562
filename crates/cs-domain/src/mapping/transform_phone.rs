//! Phone numbers in E.164, as far as they can be told from the plan of their country.
//!
//! A small table instead of a metadata crate: rlibphonenumber costs 50 s of a cold build on two cores, for one
//! transform. What the table cannot make sense of stays as it is, so nothing is lost by not knowing a plan.

/// How numbers of one country are built.
struct Plan {
    /// ISO 3166 code.
    region: &'static str,
    /// Country calling code.
    code: &'static str,
    /// What is dialled before a number within the country and is no part of it.
    trunks: &'static [&'static str],
    /// Digits of a complete number without country code.
    digits: std::ops::RangeInclusive<usize>,
}

const fn plan(
    region: &'static str,
    code: &'static str,
    trunks: &'static [&'static str],
    least: usize,
    most: usize,
) -> Plan {
    Plan { region, code, trunks, digits: least..=most }
}

/// ITU-T E.164 country codes and number lengths.
const PLANS: &[Plan] = &[
    plan("BO", "591", &["0"], 8, 8),
    plan("BR", "55", &["0"], 10, 11),
    plan("CA", "1", &["1"], 10, 10),
    plan("CL", "56", &[], 9, 9),
    plan("CO", "57", &["0"], 10, 10),
    plan("CR", "506", &[], 8, 8),
    plan("CU", "53", &["0"], 6, 8),
    plan("DO", "1", &["1"], 10, 10),
    plan("EC", "593", &["0"], 8, 9),
    plan("ES", "34", &[], 9, 9),
    plan("FR", "33", &["0"], 9, 9),
    plan("GB", "44", &["0"], 9, 10),
    plan("GT", "502", &[], 8, 8),
    plan("HN", "504", &[], 8, 8),
    plan("HT", "509", &[], 8, 8),
    plan("MX", "52", &["01", "044", "045", "1"], 10, 10),
    plan("NI", "505", &[], 8, 8),
    plan("PA", "507", &[], 7, 8),
    plan("PE", "51", &["0"], 8, 9),
    plan("PR", "1", &["1"], 10, 10),
    plan("PT", "351", &[], 9, 9),
    plan("PY", "595", &["0"], 8, 9),
    plan("SV", "503", &[], 8, 8),
    plan("US", "1", &["1"], 10, 10),
    plan("UY", "598", &["0"], 8, 8),
    plan("VE", "58", &["0"], 10, 10),
];

/// The countries whose numbers can be completed, in order.
pub(super) fn regions() -> impl Iterator<Item = &'static str> {
    PLANS.iter().map(|plan| plan.region)
}

/// The number in E.164, or `None` where it cannot be told. An extension is left out: E.164 has no place for it.
pub(super) fn e164(text: &str, region: &str) -> Option<String> {
    let (international, digits) = digits_of(text)?;
    let number = if international {
        international_number(&digits)?
    } else {
        let plan = PLANS.iter().find(|plan| plan.region == region)?;
        let national = national_number(plan, &digits)?;
        format!("{}{national}", plan.code)
    };
    Some(format!("+{number}"))
}

/// Whether the number names its country, and its digits; `None` where it holds anything that is no part of a number.
fn digits_of(text: &str) -> Option<(bool, String)> {
    let text = text.trim();
    let number = match text.find(|c: char| c.is_alphabetic() || c == '#') {
        Some(at) => {
            let (number, extension) = text.split_at(at);
            is_extension(extension).then_some(number)?
        }
        None => text,
    };
    let (international, number) = match number.trim().strip_prefix('+') {
        Some(rest) => (true, rest),
        None => (false, number),
    };
    let mut digits = String::new();
    for c in number.chars() {
        match c {
            '0'..='9' => digits.push(c),
            ' ' | '\u{a0}' | '-' | '.' | '(' | ')' | '/' => {}
            _ => return None,
        }
    }
    Some((international, digits))
}

fn is_extension(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["extension", "ext", "x", "#"]
        .iter()
        .find_map(|word| lower.strip_prefix(word))
        .map(|rest| rest.trim_start_matches(['.', ':', ' ']).trim_end())
        .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit()))
}

fn international_number(digits: &str) -> Option<String> {
    if digits.starts_with('0') || !(8..=15).contains(&digits.len()) {
        return None;
    }
    let known = PLANS.iter().find_map(|plan| {
        let national = digits.strip_prefix(plan.code)?;
        Some((plan, national))
    });
    match known {
        Some((plan, national)) => national_number(plan, national).map(|n| format!("{}{n}", plan.code)),
        None => Some(digits.to_owned()),
    }
}

fn national_number<'a>(plan: &Plan, digits: &'a str) -> Option<&'a str> {
    let fits = |number: &&str| plan.digits.contains(&number.len()) && (plan.code != "1" || is_nanp(number));
    let without_trunk = plan.trunks.iter().filter_map(|trunk| digits.strip_prefix(trunk));
    // The trunk goes first: in a plan of several lengths "0" + 8 digits would pass for 9 digits.
    without_trunk.chain([digits]).find(fits)
}

/// Area codes and exchanges of the North American plan never begin with 0 or 1.
fn is_nanp(number: &str) -> bool {
    [0, 3].iter().all(|at| number.as_bytes().get(*at).is_some_and(|digit| (b'2'..=b'9').contains(digit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_completed_or_left_alone() {
        let cases = [
            ("(305) 555-0123", "US", Some("+13055550123")),
            ("1-305-555-0123", "US", Some("+13055550123")),
            ("+1 305.555.0123", "MX", Some("+13055550123")),
            ("305 555 0123 ext. 12", "US", Some("+13055550123")),
            ("305-555-0123x7", "US", Some("+13055550123")),
            ("55 1234 5678", "MX", Some("+525512345678")),
            ("01 55 1234 5678", "MX", Some("+525512345678")),
            ("+52 1 55 1234 5678", "US", Some("+525512345678")),
            ("+34 912 345 678", "US", Some("+34912345678")),
            ("020 7946 0123", "GB", Some("+442079460123")),
            ("+81 3 1234 5678", "US", Some("+81312345678")),
            ("555-0123", "US", None),
            ("105 555 0123", "US", None),
            ("305-155-0123", "US", None),
            ("call the office", "US", None),
            ("305 555 0123 or 305 555 0124", "US", None),
            ("+1 305", "US", None),
            ("", "US", None),
            ("305 555 0123", "ZZ", None),
        ];
        for (text, region, expected) in cases {
            assert_eq!(e164(text, region).as_deref(), expected, "{text} in {region}");
        }
    }
}
