//! Text as both systems compare it.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Text without case, accents and the space around it: what VTiger's and Frappe's MariaDB collations call equal
/// (facts/VTIGER.md "Query language", facts/FRAPPE.md trap 3).
pub fn fold(text: &str) -> String {
    text.trim().nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_outer_space_do_not_count() {
        assert_eq!(fold("  José MUÑOZ "), fold("jose munoz"));
        assert_ne!(fold("Jose Munoz"), fold("Jose  Munoz"));
    }
}
