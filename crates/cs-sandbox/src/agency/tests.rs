use std::collections::BTreeSet;

use super::policy::check_digit;
use super::*;
use crate::vtiger::{Installation, Persona, Setup, System};

fn filled(seed: u64) -> (Agency, System, Vec<String>) {
    let agency = Agency::generate(seed, ORDERS);
    let mut system = System::new(Setup::new(Persona::v8_3_0(), Installation::Agency));
    let ids = agency.fill(&mut system, "2026-03-01T12:00:00Z".parse().unwrap());
    (agency, system, ids)
}

#[test]
fn the_same_seed_is_the_same_agency() {
    assert_eq!(Agency::generate(7, ORDERS), Agency::generate(7, ORDERS));
    assert_ne!(Agency::generate(7, ORDERS).policies, Agency::generate(8, ORDERS).policies);
    let look = |system: &System| format!("{:?}", system.records());
    assert_eq!(look(&filled(7).1), look(&filled(7).1));
}

#[test]
fn it_has_what_the_mapping_has_to_cope_with() {
    let agency = Agency::generate(1, ORDERS);
    let policies = &agency.policies;
    let selected = agency.selected().count();
    assert!((250..ORDERS).contains(&selected), "most are selected, some are not: {selected}");
    let names: String = policies.iter().map(|policy| policy.owner.last.as_str()).collect();
    assert!(['ñ', '\'', '&', 'é'].iter().all(|sign| names.contains(*sign)));
    assert!(policies.iter().any(|policy| policy.owner.last.len() > 35));
    for count in 0..4 {
        assert!(policies.iter().any(|policy| policy.dependents.len() == count), "{count} dependents");
    }
    let some = |test: &dyn Fn(&Policy) -> bool| policies.iter().any(test) && !policies.iter().all(test);
    assert!(some(&|policy| policy.spouse.is_some()) && some(&|policy| policy.address.is_some()));
    assert!(some(&|policy| policy.bank.is_some()) && some(&|policy| policy.card.is_some()));
    let owners: BTreeSet<_> =
        policies.iter().map(|policy| (&policy.owner.first, &policy.owner.last, &policy.owner.born)).collect();
    assert!(owners.len() < ORDERS && owners.len() > ORDERS - 30, "a few own two policies");
    let banks: BTreeSet<_> = policies.iter().filter_map(|policy| Some(&policy.bank.as_ref()?.name)).collect();
    assert!(banks.len() < 10, "banks are shared");
    let ids: BTreeSet<_> = policies.iter().map(|policy| &policy.ffm_app_id).collect();
    assert_eq!(ids.len(), ORDERS);
}

#[test]
fn cards_pass_the_check_and_are_nobodys() {
    assert_eq!(check_digit("7992739871"), 3);
    let agency = Agency::generate(3, ORDERS);
    for card in agency.policies.iter().filter_map(|policy| policy.card.as_ref()) {
        let digits: String = card.number.chars().filter(char::is_ascii_digit).collect();
        assert!(digits.len() == 16 && digits.starts_with("400000"));
        assert_eq!(check_digit(&digits[..15]).to_string(), digits[15..]);
        assert!(!format!("{card:?}").contains(&card.number), "Debug hides it");
        assert_eq!(card.last_four(), digits[12..]);
    }
}

#[test]
fn every_order_can_be_retrieved_as_it_was_generated() {
    let (agency, system, ids) = filled(5);
    let admin = &system.users()[&1];
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ORDERS);
    for (policy, id) in agency.policies.iter().zip(&ids) {
        let order = system.retrieve(admin, id).unwrap();
        let field = |number: u32| order[format!("cf_{number}")].as_str().unwrap_or_default().to_owned();
        assert_eq!(field(2297), policy.owner.last);
        assert_eq!(field(2115), policy.ffm_app_id);
        assert_eq!(field(2141), policy.status);
        assert_eq!(field(1465), policy.card.as_ref().map(|card| card.number.clone()).unwrap_or_default());
        assert!(order["productid"].as_str().is_some_and(|id| id.starts_with("14x")));
    }
    let page = system.query(admin, "select id from SalesOrder order by modifiedtime, id limit 500;").unwrap();
    assert_eq!(page.as_array().map(Vec::len), Some(100));
}
