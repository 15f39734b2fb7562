//! Frappe's messages as plain text: they are written for its own pages, with tags, and may quote a whole value.

/// The longest message that is kept; a refused text of 100 kB is quoted whole by Frappe.
const LONGEST: usize = 400;

/// The message without tags, on one line, with long runs of digits hidden and cut to a readable length.
pub(crate) fn clean(message: &str) -> String {
    let text = hide_long_numbers(&one_line(&without_tags(message)));
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// Drops `<strong>`, `</a>` and their like; `3 < 4` stays.
fn without_tags(message: &str) -> String {
    let mut text = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(start) = rest.find('<') {
        let (before, from) = rest.split_at(start);
        text.push_str(before);
        let inner = from.get(1..).unwrap_or_default();
        let is_tag = inner.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
        if let (true, Some(end)) = (is_tag, inner.find('>')) {
            if ["br", "/p", "/summary"].iter().any(|tag| inner.starts_with(tag)) {
                text.push(' ');
            }
            rest = inner.get(end + 1..).unwrap_or_default();
        } else {
            text.push('<');
            rest = inner;
        }
    }
    text.push_str(rest);
    text
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whatever could be a card number (12 digits or more, spaced or not) is replaced: messages are logged and shown.
fn hide_long_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    for c in text.chars() {
        let joins = (c == ' ' || c == '-') && run.ends_with(|last: char| last.is_ascii_digit());
        if c.is_ascii_digit() || joins {
            run.push(c);
        } else {
            flush(&mut run, &mut out);
            out.push(c);
        }
    }
    flush(&mut run, &mut out);
    out
}

fn flush(run: &mut String, out: &mut String) {
    // A date with its time ("2026-11-21 19:40:08") is cut by the colon after ten digits, so it is never hidden.
    if run.chars().filter(char::is_ascii_digit).count() >= 12 {
        out.push_str("[number]");
        out.push_str(run.get(run.trim_end().len()..).unwrap_or_default());
    } else {
        out.push_str(run);
    }
    run.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_go_and_the_text_stays() {
        assert_eq!(
            clean("User <strong>Guest</strong> may not<br>read <a href=\"/x\">Contact</a>, 3 < 4"),
            "User Guest may not read Contact, 3 < 4"
        );
        assert_eq!(clean("a < b > c"), "a < b > c");
        assert_eq!(clean("cut <stro"), "cut <stro");
    }

    #[test]
    fn card_numbers_do_not_pass() {
        assert_eq!(clean("(4111 1111-1111 1111) is long"), "([number]) is long");
        assert_eq!(clean("modified 2026-11-21 19:40:08.222600"), "modified 2026-11-21 19:40:08.222600");
    }

    #[test]
    fn a_quoted_value_is_cut() {
        let cut = clean(&"é".repeat(1000));
        assert_eq!(cut.chars().count(), LONGEST + 3);
    }
}
