//! How things look in a terminal, a pipe, or to a machine.

pub(crate) mod company;
pub(crate) mod conflict;
pub(crate) mod cost;
pub(crate) mod finding;
pub(crate) mod link;
pub(crate) mod plan;
pub(crate) mod progress;
pub(crate) mod reconciliation;
pub(crate) mod run;

use std::io::{self, Write};

use crate::failure::CommandError;

/// Writes a line to standard output. A reader that has gone away (`| head`) is not an error.
pub(crate) fn line(text: &str) -> Result<(), CommandError> {
    match writeln!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CommandError::Print(error)),
        _ => Ok(()),
    }
}

/// Writes a line to standard error, where what is not a result goes.
pub(crate) fn aside(text: &str) {
    // There is nowhere left to complain to.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// A number with thousands set off: 1,234,567.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_set_off() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
