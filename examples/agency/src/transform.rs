//! A transform: National Producer Numbers, written in Frappe with as many digits as the state's forms ask for.
//!
//! ```toml
//! custom_npn = { vtiger = "cf_850", transform = { own = "producer_number", with = { digits = "10" } } }
//! ```

use cs_domain::Value;
use cs_domain::mapping::OwnTransform;
use cs_domain::mapping::own::{Arguments, Refusal};

/// Zeros in front, up to the digits that are asked for; gone again on the way back.
#[derive(Debug)]
pub struct ProducerNumber;

/// What is asked for where the mapping says nothing.
const DIGITS: usize = 10;

/// No form has more.
const MOST_DIGITS: usize = 20;

impl OwnTransform for ProducerNumber {
    fn name(&self) -> &'static str {
        "producer_number"
    }

    fn about(&self) -> &'static str {
        "writes producer numbers with leading zeros; `digits` says how many digits they have, 10 where it is left out"
    }

    fn check(&self, with: &Arguments) -> Result<(), Refusal> {
        if let Some(stray) = with.keys().find(|name| *name != "digits") {
            return Err(Refusal::because(format!("`{stray}` means nothing here: `digits` is all there is")));
        }
        digits(with).map(|_| ())
    }

    fn forward(&self, value: &Value, with: &Arguments) -> Result<Value, Refusal> {
        let (number, digits) = (number(value, with)?, digits(with)?);
        Ok(Value::text(format!("{number:0>digits$}")))
    }

    fn goes_back(&self, _with: &Arguments) -> bool {
        true
    }

    fn backward(&self, new: &Value, current: &Value, with: &Arguments) -> Result<Value, Refusal> {
        let new = number(new, with)?;
        // A number that is only spelled otherwise keeps VTiger's spelling.
        if number(current, with).is_ok_and(|current| current == new) {
            return Ok(current.clone());
        }
        Ok(Value::text(new))
    }
}

/// A number's digits without zeros in front.
fn number(value: &Value, with: &Arguments) -> Result<String, Refusal> {
    let text = value.plain();
    let digits = text.trim();
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_ascii_digit()) {
        return Err(Refusal::because("a producer number is made of digits alone"));
    }
    let (short, most) = (digits.trim_start_matches('0'), self::digits(with)?);
    if short.len() > most {
        return Err(Refusal::because(format!("a producer number has {most} digits at the most")));
    }
    Ok(if short.is_empty() { "0" } else { short }.to_owned())
}

fn digits(with: &Arguments) -> Result<usize, Refusal> {
    let Some(said) = with.get("digits") else { return Ok(DIGITS) };
    match said.parse() {
        Ok(digits) if (1..=MOST_DIGITS).contains(&digits) => Ok(digits),
        _ => {
            Err(Refusal::because(format!("`digits` is a number from 1 to {MOST_DIGITS}, and not \"{said}\"")))
        }
    }
}

#[cfg(test)]
mod tests {
    use cs_domain::mapping::own::laws;

    use super::*;

    fn with(digits: &str) -> Arguments {
        Arguments::from([("digits".to_owned(), digits.to_owned())])
    }

    #[test]
    fn zeros_come_and_go() {
        let eight = with("8");
        let there = |text: &str| ProducerNumber.forward(&Value::text(text), &eight);
        assert_eq!(there("123456"), Ok(Value::text("00123456")));
        assert!(there("123456789").is_err(), "too long for the form");
        let back = ProducerNumber.backward(&Value::text("123456789"), &Value::text("1"), &eight);
        assert!(back.is_err(), "it would not come back");
        assert!(there("12-3456").is_err(), "no number");
        let back = ProducerNumber.backward(&Value::text("00123456"), &Value::text("0123456"), &eight);
        assert_eq!(back, Ok(Value::text("0123456")), "VTiger's spelling stays");
        let back = ProducerNumber.backward(&Value::text("00777000"), &Value::text("123456"), &eight);
        assert_eq!(back, Ok(Value::text("777000")));
    }

    #[test]
    fn it_keeps_the_laws() {
        for text in ["1", "0", "000123", "1234567890", "99999999999", "abc"] {
            let value = Value::text(text);
            assert_eq!(laws::idempotent(&ProducerNumber, &value, &Arguments::new()), Ok(()), "{text}");
            let held = Value::text("77");
            assert_eq!(laws::comes_back(&ProducerNumber, &value, &held, &Arguments::new()), Ok(()), "{text}");
        }
    }

    #[test]
    fn arguments_are_looked_at_before_any_run() {
        assert!(ProducerNumber.check(&with("8")).is_ok());
        assert_eq!(
            ProducerNumber.check(&with("many")).unwrap_err().to_string(),
            "`digits` is a number from 1 to 20, and not \"many\""
        );
    }
}
