//! What Frappe does to texts that look like HTML (facts/FRAPPE.md, "Writing"): where a value holds a tag that can be
//! parsed, the whole value is cleaned; otherwise `&` and `<` stay as they are.

const ALLOWED: [&str; 46] = [
    "a",
    "abbr",
    "address",
    "article",
    "b",
    "big",
    "blockquote",
    "br",
    "center",
    "cite",
    "code",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tr",
    "u",
    "ul",
];
const VOID: [&str; 3] = ["br", "hr", "img"];
const ATTRIBUTES: [&str; 10] =
    ["alt", "class", "colspan", "height", "href", "rowspan", "src", "style", "title", "width"];

enum Piece<'a> {
    Text(&'a str),
    Tag(Tag<'a>),
}

struct Tag<'a> {
    source: &'a str,
    name: String,
    closing: bool,
    attributes: Vec<(String, String)>,
}

/// The value as Frappe keeps it.
pub(super) fn sanitise(value: &str) -> String {
    if !value.contains('<') && !value.contains('>') {
        return value.to_owned();
    }
    let pieces = split(value);
    let has_tag = pieces.iter().any(|piece| matches!(piece, Piece::Tag(tag) if !tag.closing));
    if has_tag { clean(&pieces).replace("\r\n", "\n") } else { value.to_owned() }
}

fn split(value: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = value;
    let mut from = 0;
    while let Some(at) = rest.get(from..).and_then(|tail| tail.find('<')).map(|at| at + from) {
        let tail = rest.get(at..).unwrap_or_default();
        if let Some(tag) = read_tag(tail) {
            pieces.push(Piece::Text(rest.get(..at).unwrap_or_default()));
            rest = tail.get(tag.source.len()..).unwrap_or_default();
            pieces.push(Piece::Tag(tag));
            from = 0;
        } else {
            from = at + 1;
        }
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// A tag begins with a letter right after `<` (or `</`) and ends with `>`.
fn read_tag(tail: &str) -> Option<Tag<'_>> {
    let end = tail.find('>')?;
    let source = tail.get(..=end)?;
    let inner = source.get(1..end)?;
    let (closing, inner) = match inner.strip_prefix('/') {
        Some(inner) => (true, inner),
        None => (false, inner),
    };
    if !inner.starts_with(|first: char| first.is_ascii_alphabetic()) || inner.contains('<') {
        return None;
    }
    let stop =
        inner.find(|character: char| character.is_whitespace() || character == '/').unwrap_or(inner.len());
    let (name, rest) = inner.split_at(stop);
    Some(Tag { source, name: name.to_lowercase(), closing, attributes: read_attributes(rest) })
}

fn read_attributes(text: &str) -> Vec<(String, String)> {
    let mut attributes = Vec::new();
    let mut rest = text.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
    while !rest.is_empty() {
        let stop = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
        let (name, tail) = rest.split_at(stop);
        let tail = tail.trim_start();
        let (value, tail) = match tail.strip_prefix('=') {
            Some(tail) => read_attribute_value(tail.trim_start()),
            None => ("", tail),
        };
        attributes.push((name.to_lowercase(), value.to_owned()));
        rest = tail.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
    }
    attributes
}

fn read_attribute_value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote) {
            return inner.split_once(quote).unwrap_or((inner, ""));
        }
    }
    let stop = text.find(char::is_whitespace).unwrap_or(text.len());
    text.split_at(stop)
}

fn clean(pieces: &[Piece<'_>]) -> String {
    let mut out = String::new();
    let mut open: Vec<&str> = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => escape(text, &mut out),
            Piece::Tag(tag) if !ALLOWED.contains(&tag.name.as_str()) => escape(tag.source, &mut out),
            Piece::Tag(tag) if tag.closing => {
                if let Some(depth) = open.iter().rposition(|name| *name == tag.name) {
                    open.split_off(depth).iter().rev().for_each(|name| push_close(name, &mut out));
                }
            }
            Piece::Tag(tag) => {
                push_open(tag, &mut out);
                if !VOID.contains(&tag.name.as_str()) {
                    open.push(&tag.name);
                }
            }
        }
    }
    open.iter().rev().for_each(|name| push_close(name, &mut out));
    out
}

fn push_close(name: &str, out: &mut String) {
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

fn push_open(tag: &Tag<'_>, out: &mut String) {
    out.push('<');
    out.push_str(&tag.name);
    for (name, value) in &tag.attributes {
        let link = matches!(name.as_str(), "href" | "src");
        if ATTRIBUTES.contains(&name.as_str()) && !(link && has_foreign_scheme(value)) {
            out.push(' ');
            out.push_str(name);
            out.push_str("=\"");
            escape(value, out);
            out.push('"');
        }
    }
    out.push('>');
}

fn has_foreign_scheme(link: &str) -> bool {
    let scheme = link.split(['/', '?', '#']).next().unwrap_or_default();
    scheme
        .split_once(':')
        .is_some_and(|(scheme, _)| !["http", "https", "mailto"].contains(&scheme.to_lowercase().as_str()))
}

fn escape(text: &str, out: &mut String) {
    for (at, character) in text.char_indices() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' if !starts_entity(text.get(at..).unwrap_or_default()) => out.push_str("&amp;"),
            other => out.push(other),
        }
    }
}

fn starts_entity(text: &str) -> bool {
    let Some(end) = text.find(';') else {
        return false;
    };
    let name = text.get(1..end).unwrap_or_default();
    let name = name.strip_prefix('#').unwrap_or(name);
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_without_a_tag_is_left_alone() {
        for value in [
            "a < b & c > d",
            "I+D & \"Ventas\" 'x' <3",
            "1 < 2 & 3",
            "Pérez & Hijos &amp; <",
            "a & b",
            "5 > 3",
        ] {
            assert_eq!(sanitise(value), value);
        }
    }

    #[test]
    fn a_value_with_a_tag_is_cleaned_whole() {
        let table = [
            (
                "<script>alert(1)</script>Jefe <b onclick=x>x</b> & co <br> <unclosed",
                "&lt;script&gt;alert(1)&lt;/script&gt;Jefe <b>x</b> &amp; co <br> &lt;unclosed",
            ),
            (
                "línea 1\r\nlínea 2 <b>bold</b> & <a href='javascript:alert(1)'>x</a> 3 < 4",
                "línea 1\nlínea 2 <b>bold</b> &amp; <a>x</a> 3 &lt; 4",
            ),
            ("<ana@example.invalid>", "&lt;ana@example.invalid&gt;"),
            ("<p>Hola &amp; adiós", "<p>Hola &amp; adiós</p>"),
            ("<a href=\"https://example.invalid/\">y</a>", "<a href=\"https://example.invalid/\">y</a>"),
        ];
        for (sent, kept) in table {
            assert_eq!(sanitise(sent), kept);
        }
    }
}
