//! What a comment says of a rename. It is the only trace that a rename leaves (facts/FRAPPE.md, trap 11): an `Edit` comment
//! on the document, `renamed from <strong>A</strong> to <strong>B</strong>` (`fixtures/frappe/rename_comments.json`), or
//! `merged <strong>A</strong> into <strong>B</strong>` where A went into a document that there was, in the language of
//! whoever did it. Comments follow the document when it is renamed again, so that the name they hang on is the last one.

use std::collections::BTreeMap;

use cs_domain::Version;

/// How a document came by its new name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// It is the same document.
    Renamed,
    /// It went into another, and a `Deleted Document` was written for the old name.
    Merged,
    /// One or the other, in a language that is not known here.
    Untold,
}

/// A comment that tells a rename.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rename {
    /// The comment's own name.
    pub(crate) comment: String,
    pub(crate) stamp: String,
    /// What the document was called before.
    pub(crate) from: String,
    /// What it was called afterwards.
    pub(crate) to: String,
    /// What the comment hangs on.
    pub(crate) on: String,
    pub(crate) manner: Manner,
}

/// The old name, the new name, and how it came about; `None` where the comment tells something else.
pub(crate) fn read(content: &str) -> Option<(String, String, Manner)> {
    let (from, rest) = bold(content)?;
    let (to, rest) = bold(rest)?;
    if bold(rest).is_some() || from.is_empty() || to.is_empty() || from == to {
        return None;
    }
    let words = content.trim_start_matches(|c: char| !c.is_alphanumeric());
    let manner = match words {
        words if words.starts_with("renamed from ") => Manner::Renamed,
        words if words.starts_with("merged ") => Manner::Merged,
        _ => Manner::Untold,
    };
    Some((from, to, manner))
}

/// The first text in bold, and what comes behind it.
fn bold(html: &str) -> Option<(String, &str)> {
    let (_, rest) = html.split_once("<strong>")?;
    let (inner, rest) = rest.split_once("</strong>")?;
    Some((unescaped(inner), rest))
}

/// Frappe sanitises the comment, which is HTML, and `&` becomes `&amp;` on the way (facts/FRAPPE.md, "Writing").
fn unescaped(html: &str) -> String {
    // `&amp;` last, so that `&amp;lt;` stays the `&lt;` that it means.
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(html.to_owned(), |text, (entity, sign)| text.replace(entity, sign))
}

/// What each of these renames, oldest first, came to in the end: the name that the document bears now. Where it is gone
/// since, the last name that is known.
pub(crate) fn survivors<'a>(renames: &'a [Rename], alive: &BTreeMap<String, Version>) -> Vec<&'a str> {
    renames
        .iter()
        .enumerate()
        .map(|(at, rename)| {
            let mut last = rename.to.as_str();
            for later in renames.iter().skip(at + 1).filter(|later| later.stamp >= rename.stamp) {
                if later.from == last {
                    last = later.to.as_str();
                }
            }
            if alive.contains_key(&rename.on) { rename.on.as_str() } else { last }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(content: &str) -> Option<(String, String, Manner)> {
        read(content)
    }

    fn said(from: &str, to: &str, manner: Manner) -> (String, String, Manner) {
        (from.to_owned(), to.to_owned(), manner)
    }

    fn rename(at: u32, from: &str, to: &str, on: &str) -> Rename {
        Rename {
            comment: format!("c{at}"),
            stamp: format!("2026-11-21 19:00:{at:02}.000000"),
            from: from.into(),
            to: to.into(),
            on: on.into(),
            manner: Manner::Renamed,
        }
    }

    #[test]
    fn the_recorded_words_are_understood_and_so_are_others() {
        let recorded = "renamed from <strong>Cliente Dos</strong> to <strong>Cliente Dos Renombrado</strong>";
        assert_eq!(told(recorded), Some(said("Cliente Dos", "Cliente Dos Renombrado", Manner::Renamed)));
        let merged = "merged <strong>MergeA</strong> into <strong>MergeB</strong>";
        assert_eq!(told(merged), Some(said("MergeA", "MergeB", Manner::Merged)));
        let spanish = "renombrado de <strong>Ana</strong> a <strong>Ana M.</strong>";
        assert_eq!(told(spanish), Some(said("Ana", "Ana M.", Manner::Untold)));
        let escaped =
            "<div>renamed from <strong>Pérez &amp; Hijos</strong> to <strong>P &amp;amp; H</strong></div>";
        assert_eq!(told(escaped), Some(said("Pérez & Hijos", "P &amp; H", Manner::Untold)));
        for other in [
            "",
            "hola",
            "renamed from A to B",
            "<strong>A</strong>",
            "renamed from <strong>A</strong> to <strong>A</strong>",
            "<strong>A</strong> <strong>B</strong> <strong>C</strong>",
            "renamed from <strong>A</strong> to <strong>B",
        ] {
            assert_eq!(told(other), None, "{other}");
        }
    }

    #[test]
    fn a_chain_ends_at_the_name_that_lives() {
        let chain = [rename(1, "a", "b", "c"), rename(2, "b", "c", "c"), rename(3, "a", "d", "d")];
        let alive = |names: &[&str]| -> BTreeMap<String, Version> {
            names.iter().map(|name| ((*name).to_owned(), "v".into())).collect()
        };
        assert_eq!(survivors(&chain, &alive(&["c", "d"])), ["c", "c", "d"]);
        // The later part of the chain may be on a later page: what the comment hangs on tells it.
        assert_eq!(survivors(&chain[..1], &alive(&["c"])), ["c"]);
        // Gone since, or on a Frappe whose comments stay behind.
        assert_eq!(survivors(&chain, &alive(&[])), ["c", "c", "d"]);
        // A name that was given up before does not lead on.
        let reused = [rename(1, "x", "a", "a"), rename(2, "a", "b", "b"), rename(3, "c", "x", "x")];
        assert_eq!(survivors(&reused, &alive(&[])), ["b", "b", "x"]);
    }
}
