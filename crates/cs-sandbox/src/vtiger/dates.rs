//! What VTiger makes of a date that a client sends, read off its recorded answers.
//!
//! A date goes through the user's own format and back before the database sees it, which only Y-m-d survives for
//! every user. What the database cannot read becomes `0000-00-00`, in silence.

/// What became of a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kept {
    /// This is stored.
    Date(String),
    /// Nothing is stored.
    Nothing,
    /// PHP throws: `INTERNAL_SERVER_ERROR`.
    Unreadable,
}

const ZERO: &str = "0000-00-00";

/// `text` is not empty. `format` is the user's date format, as in `login`.
pub(crate) fn keep(text: &str, format: &str) -> Kept {
    let text = text.trim();
    let date = match text.split_once(' ') {
        // With a space it has to be a date with a time of day.
        Some((date, time)) if is_clock(time.trim()) => date,
        Some(_) => return Kept::Unreadable,
        None => text,
    };
    let parts: Vec<&str> = date.split(['-', '/', '.']).collect();
    let [first, second, third] = parts[..] else {
        return Kept::Nothing;
    };
    if first.len() == 4 && date.contains('-') {
        return ymd(first, second, &third.chars().take_while(char::is_ascii_digit).collect::<String>());
    }
    if format == "yyyy-mm-dd" {
        return ymd(third, second, first);
    }
    // Turned into the user's format as if it were Y-m-d and back, it reaches the database as it came.
    if date.contains('-') && [first, second, third].iter().all(|part| is_number(part)) {
        Kept::Date(ZERO.to_owned())
    } else {
        Kept::Nothing
    }
}

fn ymd(year: &str, month: &str, day: &str) -> Kept {
    let pad = |part: &str| {
        if part.len() == 1 { format!("0{part}") } else { part.to_owned() }
    };
    let (month, day) = (pad(month), pad(day));
    let plausible = is_number(year)
        && (2..=4).contains(&year.len())
        && is_number(&month)
        && month.starts_with(['0', '1'])
        && is_number(&day)
        && day.starts_with(['0', '1', '2', '3']);
    if !plausible {
        return Kept::Nothing;
    }
    let text = format!("{year}-{month}-{day}");
    let real = text.parse::<jiff::civil::Date>().is_ok();
    Kept::Date(if real { text } else { ZERO.to_owned() })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_clock(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    (2..=3).contains(&parts.len()) && parts.iter().all(|part| is_number(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Kept {
        Kept::Date(text.to_owned())
    }

    #[test]
    fn as_recorded_for_a_user_with_ymd() {
        assert_eq!(keep("1990-02-28", "yyyy-mm-dd"), date("1990-02-28"));
        assert_eq!(keep("28-02-1990", "yyyy-mm-dd"), date("1990-02-28")); // 074
        assert_eq!(keep("02/28/1990", "yyyy-mm-dd"), Kept::Nothing); // 075
        assert_eq!(keep("no es fecha", "yyyy-mm-dd"), Kept::Unreadable); // 077
        assert_eq!(keep("2026-02-31", "yyyy-mm-dd"), date("0000-00-00")); // 078
        assert_eq!(keep("15/01/2027", "yyyy-mm-dd"), date("2027-01-15")); // 254
    }

    #[test]
    fn as_recorded_for_a_user_with_mdy() {
        assert_eq!(keep("2027-02-28", "mm-dd-yyyy"), date("2027-02-28")); // 321
        assert_eq!(keep("02-03-2027", "mm-dd-yyyy"), date("0000-00-00")); // 322
        assert_eq!(keep("28-02-2027", "mm-dd-yyyy"), date("0000-00-00")); // 323
    }

    #[test]
    fn odd_ones() {
        assert_eq!(keep("2027-1-5", "yyyy-mm-dd"), date("2027-01-05"));
        assert_eq!(keep("2027-01-05 10:00:00", "yyyy-mm-dd"), date("2027-01-05"));
        assert_eq!(keep("basura", "yyyy-mm-dd"), Kept::Nothing);
        assert_eq!(keep("0000-00-00", "yyyy-mm-dd"), date("0000-00-00"));
    }
}
