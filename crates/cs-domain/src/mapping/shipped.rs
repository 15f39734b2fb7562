//! The mappings that come with the program.

/// Each shipped mapping's name and text.
const SHIPPED: &[(&str, &str)] = &[
    ("policy", include_str!("../../mappings/policy.toml")),
    ("crm", include_str!("../../mappings/crm.toml")),
];

/// The shipped mappings: name and file text.
pub fn shipped() -> &'static [(&'static str, &'static str)] {
    SHIPPED
}

/// The text of the shipped mapping that is called so.
pub fn shipped_text(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::{Mapping, parse};
    use crate::name::Role;

    fn mapping(name: &str) -> Mapping {
        let parsed = parse(shipped_text(name).unwrap()).unwrap_or_else(|problems| {
            let file = format!("{name}.toml");
            let shown: Vec<String> = problems.iter().map(|p| p.render(&file).to_string()).collect();
            panic!("{}", shown.join("\n"))
        });
        parsed.mapping
    }

    #[test]
    fn shipped_mappings_have_no_problem_and_their_own_name() {
        for (name, _) in shipped() {
            assert_eq!(mapping(name).name.as_str(), *name);
        }
    }

    #[test]
    fn the_policy_writes_and_looks_for_documents_in_an_order_that_works() {
        let mapping = mapping("policy");
        let unit = &mapping.units[0];
        let roles: Vec<&str> = unit.documents.iter().map(|document| document.role.as_str()).collect();
        let expected = [
            "customer",
            "owner",
            "spouse",
            "dependent-1",
            "dependent-2",
            "dependent-3",
            "home",
            "bank",
            "bank-account",
            "bank-card",
            "plan",
            "order",
        ];
        assert_eq!(roles, expected);
        let order: Vec<&str> = unit.match_order.iter().map(Role::as_str).collect();
        let at = |role: &str| order.iter().position(|other| *other == role).unwrap();
        assert!(
            at("owner") < at("customer") && at("customer") < at("home") && at("bank") < at("bank-account")
        );
    }

    #[test]
    fn the_policy_guards_card_data() {
        let mapping = mapping("policy");
        let unit = &mapping.units[0];
        let guarded: Vec<&str> = unit.guarded_fields().iter().map(|field| field.as_str()).collect();
        assert_eq!(guarded, ["cf_1465"]);
        assert!(unit.never_read.contains("cf_1477"));
        assert!(unit.vtiger_fields().iter().all(|field| field.as_str() != "cf_1477"));
    }

    #[test]
    fn the_policy_reads_every_field_of_the_spec() {
        let mapping = mapping("policy");
        let read: Vec<&str> = mapping.units[0].vtiger_fields().iter().map(|field| field.as_str()).collect();
        for number in [
            2293, 2295, 2297, 2299, 2303, 2347, 2351, 2355, 2405, 2409, 2413, 2443, 2447, 2449, 2737, 2739,
            2765, 2743, 1471, 1479, 1475, 1465, 1473, 2157, 2035, 2037, 2115, 2803, 2183, 2179, 2257, 2255,
            2059, 2141,
        ] {
            let name = format!("cf_{number}");
            assert!(read.contains(&name.as_str()), "{name}");
        }
    }

    #[test]
    fn people_come_after_their_organizations() {
        let mapping = mapping("crm");
        let units: Vec<&str> = mapping.units.iter().map(|unit| unit.name.as_str()).collect();
        assert_eq!(units, ["account", "contact", "product"]);
    }
}
