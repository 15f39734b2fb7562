//! How much VTiger's own columns hold, where `describe` does not say (it never does, 7.5 to 8.3): overlong text is cut
//! and surplus decimals are rounded in silence (facts/VTIGER.md, "Values").
//!
//! `limits.tsv` is fixtures/vtiger/fields_*.tsv (for Products: `002_describe_Products.json`) joined with
//! `tables_8_3_0.tsv`; the test holds it against them. Of custom fields (`cf_N`) only the type is known: theirs are the
//! longest columns that VTiger makes for it, so that what is refused would certainly have been cut. Where a column is
//! shorter, the text that is read back shows it. The database reader knows every column exactly.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// `module, field, characters or decimals, most`, with a line of names above.
const TABLE: &str = include_str!("limits.tsv");

/// What `text` columns take; counted by MariaDB in bytes, so text with accents is cut earlier.
const TEXT: u32 = 65_535;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Characters,
    Decimals,
}

type Limits<'a> = BTreeMap<(&'a str, &'a str, What), u32>;

static LIMITS: LazyLock<Limits<'static>> =
    LazyLock::new(|| TABLE.lines().skip(1).filter_map(limit).collect());

fn limit(line: &'static str) -> Option<((&'static str, &'static str, What), u32)> {
    let mut cells = line.split('\t');
    let (module, field) = (cells.next()?, cells.next()?);
    let what = match cells.next()? {
        "characters" => What::Characters,
        "decimals" => What::Decimals,
        _ => return None,
    };
    Some(((module, field, what), cells.next()?.parse().ok()?))
}

/// The longest text that the column takes, where it is known. `wire_type` is the name of the field's type in `describe`.
pub(crate) fn max_chars(module: &str, field: &str, wire_type: &str) -> Option<u32> {
    if field.starts_with("cf_") {
        return custom(wire_type);
    }
    known(module, field, What::Characters)
}

/// Whether a column may be shorter than [`max_chars`] says: it is as long as whoever made the field wanted it.
pub(crate) fn is_guessed(field: &str, wire_type: &str) -> bool {
    field.starts_with("cf_") && custom(wire_type).is_some_and(|most| most < TEXT)
}

/// The longest columns of VTiger 8.3.0's custom fields (fixtures/vtiger: `vtiger_salesordercf`).
fn custom(wire_type: &str) -> Option<u32> {
    match wire_type {
        // A text field is as long as its maker says, at most so long.
        "string" | "picklist" | "url" => Some(255),
        "email" => Some(50),
        "phone" => Some(30),
        "text" | "multipicklist" => Some(TEXT),
        _ => None,
    }
}

/// The decimal places that the column keeps, where they are known.
pub(crate) fn scale(module: &str, field: &str) -> Option<u32> {
    known(module, field, What::Decimals)
}

fn known(module: &str, field: &str, what: What) -> Option<u32> {
    let limits: &Limits<'_> = &LIMITS;
    limits.get(&(module, field, what)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn columns_are_known_by_module_and_field() {
        assert_eq!(max_chars("Contacts", "lastname", "string"), Some(80));
        assert_eq!(max_chars("SalesOrder", "bill_city", "string"), Some(30));
        assert_eq!(max_chars("Products", "productcode", "string"), Some(40));
        assert_eq!(max_chars("Contacts", "bill_city", "string"), None);
        assert_eq!(max_chars("Assets", "lastname", "string"), None);
        assert_eq!(max_chars("SalesOrder", "cf_853", "string"), Some(255));
        assert_eq!(max_chars("Assets", "cf_1", "phone"), Some(30));
        assert_eq!(scale("SalesOrder", "hdnGrandTotal"), Some(8));
        assert_eq!(scale("SalesOrder", "cf_863"), None);
        assert_eq!(TABLE.lines().count(), LIMITS.len() + 1, "every line is read");
    }

    /// `varchar(80)` as `characters 80`, `decimal(25,8)` as `decimals 8`.
    fn as_limit(column: &str) -> Option<String> {
        let inside = |name: &str| column.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
        let decimals = inside("decimal").and_then(|inside| inside.split_once(','));
        match (inside("varchar"), decimals, column) {
            (Some(most), _, _) => Some(format!("characters\t{most}")),
            (_, Some((_, places)), _) => Some(format!("decimals\t{places}")),
            (_, _, "text") => Some(format!("characters\t{TEXT}")),
            (_, _, "mediumtext") => Some("characters\t16777215".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn the_table_is_that_of_the_recorded_server() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/vtiger");
        let Ok(tables) = std::fs::read_to_string(folder.join("tables_8_3_0.tsv")) else {
            println!("skipped: no recorded tables in {}", folder.display());
            return;
        };
        let columns: BTreeMap<(&str, &str), &str> = tables
            .lines()
            .skip(1)
            .map(|line| line.split('\t').collect::<Vec<_>>())
            .map(|cells| ((cells[0], cells[1]), cells[2]))
            .collect();
        let mut expected = BTreeSet::new();
        for module in ["Accounts", "Contacts", "SalesOrder"] {
            let file = folder.join(format!("fields_{}.tsv", module.to_lowercase()));
            for line in std::fs::read_to_string(file).unwrap().lines().skip(1) {
                let cells: Vec<&str> = line.split('\t').collect();
                let beside = ["vtiger_inventoryproductrel", "vtiger_crmentity_user_field"];
                let column = columns.get(&(cells[2], cells[1])).and_then(|column| as_limit(column));
                if let Some(limit) =
                    column.filter(|_| !cells[0].starts_with("cf_") && !beside.contains(&cells[2]))
                {
                    expected.insert(format!("{module}\t{}\t{limit}", cells[0]));
                }
            }
        }
        let known: BTreeSet<String> = TABLE.lines().skip(1).map(str::to_owned).collect();
        let of_products = |line: &&String| line.starts_with("Products\t");
        assert_eq!(
            known.iter().filter(|line| !of_products(line)).cloned().collect::<BTreeSet<_>>(),
            expected
        );
        for line in known.iter().filter(of_products) {
            let cells: Vec<&str> = line.split('\t').collect();
            let column = if cells[1] == "serial_no" { "serialno" } else { cells[1] };
            let of_entity = columns.get(&("vtiger_crmentity", column));
            let column = columns.get(&("vtiger_products", column)).or(of_entity);
            let limit = column.and_then(|column| as_limit(column)).unwrap_or_default();
            assert!(line.ends_with(&limit) && !limit.is_empty(), "{line}: {limit}");
        }
    }
}
