//! What a file is, from its first bytes; and the pages that portals send instead of a report.

use super::refusal::Refusal;

/// What holds the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    /// A ZIP archive: a workbook of 2007 or later.
    Zip,
    /// A compound file: an old workbook, or a protected one.
    Ole,
    /// Text.
    Text,
}

const OLE: [u8; 8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

const KNOWN: [(&[u8], &str); 8] = [
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xFF\xD8\xFF", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1F\x8B", "a compressed file (gzip)"),
    (b"Rar!", "a compressed file (RAR)"),
    (b"7z\xBC\xAF", "a compressed file (7z)"),
    (b"{\\rtf", "a text document (RTF)"),
];

pub(super) fn container(bytes: &[u8]) -> Result<Container, Refusal> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Refusal::Empty);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return Ok(Container::Zip);
    }
    if bytes.starts_with(b"PK\x05\x06") {
        return Err(Refusal::UnknownFormat { what: "an empty archive" });
    }
    if bytes.starts_with(&OLE) {
        return Ok(Container::Ole);
    }
    match KNOWN.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        Some((_, what)) => Err(Refusal::UnknownFormat { what }),
        None => Ok(Container::Text),
    }
}

/// What a page may say when somebody has to sign in again.
const EXPIRED: [&str; 14] = [
    "session has expired",
    "session is expired",
    "session expired",
    "session has timed out",
    "session timed out",
    "session timeout",
    "please log in",
    "please login",
    "please sign in",
    "log in to continue",
    "sign in to continue",
    "sesión ha expirado",
    "sesión expirada",
    "inicie sesión",
];

/// How much of a text is looked at to tell a page from a report.
const LOOKED_AT: usize = 16 << 10;

/// Refuses web pages and other text that is no table.
pub(super) fn refuse_pages(text: &str) -> Result<(), Refusal> {
    let start = text.trim_start();
    if start.is_empty() {
        return Err(Refusal::Empty);
    }
    let head = prefix(start, LOOKED_AT);
    let folded = head.to_lowercase();
    let expired = EXPIRED.iter().any(|phrase| folded.contains(phrase));
    let page = head.starts_with('<');
    // A sentence in a short text that is no page either: a notice with the name of a report.
    let notice = start.len() <= 4096 && start.lines().count() <= 10 && expired;
    if page && is_html(&folded) || notice {
        let excerpt = excerpt(head);
        return Err(if expired { Refusal::SessionExpired { excerpt } } else { Refusal::WebPage { excerpt } });
    }
    if page && folded.starts_with("<?xml") {
        return Err(Refusal::UnknownFormat { what: "an XML file" });
    }
    if head.starts_with('{') || head.starts_with("[{") {
        return Err(Refusal::UnknownFormat { what: "a JSON file" });
    }
    Ok(())
}

fn is_html(folded: &str) -> bool {
    ["<!doctype html", "<html", "<head", "<body", "<table", "<script", "<meta", "<div", "<form"]
        .iter()
        .any(|tag| folded.contains(tag))
}

/// The first words that a reader of the page would see.
fn excerpt(head: &str) -> String {
    let mut seen = String::new();
    let mut in_tag = false;
    for c in head.chars() {
        match c {
            '<' => in_tag = true,
            '>' => {
                in_tag = false;
                seen.push(' ');
            }
            _ if in_tag => {}
            c if c.is_control() => seen.push(' '),
            c => seen.push(c),
        }
    }
    let words = seen.split_whitespace().collect::<Vec<_>>().join(" ");
    prefix(&words, 120).to_owned()
}

/// At most so many bytes, never half a character.
fn prefix(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_told_by_their_first_bytes() {
        assert_eq!(container(b"PK\x03\x04rest").unwrap(), Container::Zip);
        assert_eq!(container(b"Member ID,Name\n").unwrap(), Container::Text);
        assert_eq!(container(&OLE).unwrap(), Container::Ole);
        for (bytes, code) in [
            (&b""[..], "report.empty"),
            (b" \r\n\t", "report.empty"),
            (b"%PDF-1.7", "report.unknown_format"),
            (b"PK\x05\x06", "report.unknown_format"),
        ] {
            assert_eq!(container(bytes).unwrap_err().code(), code, "{bytes:?}");
        }
    }

    #[test]
    fn pages_are_refused_for_what_they_are() {
        for (text, code) in [
            ("<html><body>Your session has expired</body></html>", "report.session_expired"),
            ("\n <!DOCTYPE html><html><body><form>Please log in</form>", "report.session_expired"),
            ("<table><tr><td>Member ID</td></tr></table>", "report.web_page"),
            ("<?xml version=\"1.0\"?><Workbook/>", "report.unknown_format"),
            ("{\"error\":\"no\"}", "report.unknown_format"),
            ("{\"error\":\"Session expired\"}", "report.session_expired"),
            ("Your session has timed out. Please log in again.", "report.session_expired"),
            ("  \n", "report.empty"),
        ] {
            assert_eq!(refuse_pages(text).unwrap_err().code(), code, "{text}");
        }
        assert!(refuse_pages("Member ID,Note\n1,<b>\n").is_ok());
    }

    #[test]
    fn the_excerpt_is_what_a_person_reads() {
        assert_eq!(excerpt("<p class='x'>Your&nbsp;session\n <b>ended</b></p>"), "Your&nbsp;session ended");
        assert!(excerpt(&"ñ".repeat(500)).len() <= 120);
    }
}
