//! The examples of docs/MAPPING.md, each put where it belongs, are mappings without a mistake.

use cs_domain::mapping::parse;

const MANUAL: &str = include_str!("../../../../docs/MAPPING.md");

const HEAD: &str = "format = 1\nname = \"example\"\ntitle = \"Example\"\n";
const UNIT: &str = "[[unit]]\nname = \"contact\"\nmodule = \"Contacts\"\n";
const CUSTOMER: &str = "[[unit.document]]\nrole = \"customer\"\ndoctype = \"Customer\"\nfields = { customer_name = \"account_name\" }\n";
const PERSON: &str = "[[unit.document]]\nrole = \"person\"\ndoctype = \"Contact\"\n";
const NAMES: &str = "fields = { last_name = \"lastname\" }\n";

/// Each example's place, as its fence says, and its text.
fn examples() -> Vec<(&'static str, &'static str)> {
    let blocks = MANUAL.split("\n```toml ").skip(1);
    blocks.map(|block| block.split_once("\n```").unwrap().0.split_once('\n').unwrap()).collect()
}

fn whole(place: &str, text: &str) -> String {
    let creates = "[unit.create_in_vtiger]\ndocument = \"person\"\n";
    match place {
        "mapping" => text.to_owned(),
        "top" => format!("{HEAD}{text}\n{UNIT}{PERSON}{NAMES}"),
        "unit" => format!("{HEAD}{UNIT}{text}\n{PERSON}{NAMES}"),
        "document" | "order" => format!("{HEAD}{UNIT}{PERSON}{text}\n"),
        "fields" => format!("{HEAD}{UNIT}{creates}{CUSTOMER}{PERSON}[unit.document.fields]\n{text}\n"),
        other => panic!("the fence says {other}"),
    }
}

#[test]
fn every_example_of_the_manual_is_right() {
    let examples = examples();
    assert_eq!(examples.len(), MANUAL.matches("\n```toml").count(), "each says where it belongs");
    assert!(examples.len() > 10);
    for (place, text) in examples {
        let whole = whole(place, text);
        parse(&whole).unwrap_or_else(|problems| {
            let shown: Vec<String> = problems.iter().map(|p| p.render("example").to_string()).collect();
            panic!("{}\nin\n{whole}", shown.join("\n"))
        });
    }
}
