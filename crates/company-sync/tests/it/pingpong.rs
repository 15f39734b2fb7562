//! An edit on one side is written to the other once, and then there is silence: neither system answers an echo, however
//! often the program runs. On every VTiger that must be served.
//!
//! `cargo test -p company-sync --test it pingpong -- --nocapture` prints the requests of each run.

use cs_sandbox::vtiger::Persona;
use serde_json::{Value, json};

use crate::picture::{duplicates, text};
use crate::world::{Ended, Wish, World, assert_balanced, count, personas};

/// Enough for somebody with two policies.
const ORDERS: usize = 26;

/// The requests of a run: reads and writes of VTiger, and of Frappe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cost {
    vtiger: (u64, u64),
    frappe: (u64, u64),
}

impl Cost {
    fn of(run: &Value) -> Self {
        let of = |system: &str, what: &str| run["requests"][system][what].as_u64().unwrap();
        let system = |name: &str| (of(name, "read"), of(name, "write"));
        Self { vtiger: system("vtiger"), frappe: system("frappe") }
    }

    /// Writes to VTiger and to Frappe.
    fn writes(self) -> (u64, u64) {
        (self.vtiger.1, self.frappe.1)
    }
}

/// A world, and what its runs cost.
struct Table {
    world: World,
    mapping: &'static str,
}

impl Table {
    fn new(persona: Persona, orders: usize, mapping: &'static str) -> Self {
        let table = Self { world: Wish::orders(orders).on(persona).start(), mapping };
        let run = table.run(&[]);
        run.expect(0);
        println!("{mapping} on VTiger {}", persona.version_text());
        Self::show("first run", &run.last());
        // What the program created was last seen while it created it.
        Self::show("second run", &table.run(&[]).last());
        table
    }

    fn run(&self, more: &[&str]) -> Ended {
        self.world.run(&[&["sync", "--json", "--mapping", self.mapping], more].concat())
    }

    fn show(what: &str, run: &Value) {
        let Cost { vtiger, frappe } = Cost::of(run);
        println!(
            "  {what:<44} units {:>3}   VTiger {:>3} reads {:>2} writes   Frappe {:>4} reads {:>3} writes",
            count(run, "read"),
            vtiger.0,
            vtiger.1,
            frappe.0,
            frappe.1
        );
    }

    /// After an edit: the next run sends so many writes to VTiger and to Frappe, one for each record that has to change.
    #[track_caller]
    fn assert_writes(&self, edit: &str, wanted: (u64, u64)) {
        let run = self.run(&[]);
        let last = run.expect(0).last();
        assert_balanced(&last);
        Self::show(edit, &last);
        assert_eq!(Cost::of(&last).writes(), wanted, "{edit}: {last}");
    }

    /// The same, and the runs after it send none.
    #[track_caller]
    fn assert_written_once(&self, edit: &str, wanted: (u64, u64)) {
        self.assert_writes(edit, wanted);
        let before = self.world.requests();
        let run = self.run(&[]);
        let last = run.expect(0).last();
        Self::show("  and the run after it", &last);
        assert_eq!(
            (count(&last, "read"), Cost::of(&last).writes()),
            (0, (0, 0)),
            "an echo is no edit: {edit}: {last}"
        );
        let after = self.world.requests();
        assert_eq!((before.0.write, before.1.write), (after.0.write, after.1.write), "as the servers saw it");
    }

    /// Nothing is written either where every unit is gone through, and nothing is there twice.
    #[track_caller]
    fn assert_silence(&self) {
        for more in [&["--full"][..], &[]] {
            let last = self.run(more).expect(0).last();
            Self::show("  a run over everything, and one after it", &last);
            assert_eq!(Cost::of(&last).writes(), (0, 0), "{last}");
        }
        assert_eq!(duplicates(&self.world.site()), Vec::<String>::new());
    }

    /// The document of this kind that was made for this record.
    fn made_for(&self, kind: &str, record: &str) -> String {
        let documents = self.world.site().documents(kind);
        let mut made = documents
            .iter()
            .filter(|document| text(document, "custom_vtiger_id").starts_with(&format!("{record}/")));
        text(made.next().unwrap(), "name").to_owned()
    }

    /// The main contact of the order's customer.
    fn owner(&self, order: &str) -> String {
        let sales = self.world.document("Sales Order", &self.made_for("Sales Order", order));
        let customer = self.world.document("Customer", text(&sales, "customer"));
        text(&customer, "customer_primary_contact").to_owned()
    }
}

/// Two orders of one person, and one of somebody who has no other.
fn orders(world: &World) -> ([String; 2], String) {
    let selected = world.selected();
    let of_same = |index: usize| {
        let (policy, _) = selected[index];
        let others = selected.iter().enumerate().filter(|(other, _)| *other != index);
        others
            .filter(|(_, (other, _))| other.owner == policy.owner)
            .map(|(other, _)| other)
            .collect::<Vec<_>>()
    };
    let twin = (0..selected.len()).find(|index| !of_same(*index).is_empty()).unwrap();
    let single =
        (0..selected.len()).find(|index| of_same(*index).is_empty() && selected[*index].0.address.is_some());
    let id = |index: usize| selected[index].1.to_owned();
    ([id(twin), id(of_same(twin)[0])], id(single.unwrap()))
}

#[test]
fn one_edit_of_each_kind_is_written_once_and_never_again() {
    for persona in personas() {
        let table = Table::new(persona, ORDERS, "policy");
        let ([one, other], single) = orders(&table.world);
        let sales = table.made_for("Sales Order", &single);
        let owner = table.owner(&single);

        table.world.edit(&single, "cf_2803", "5550001112");
        table.assert_written_once("a field in VTiger", (0, 1));
        table.world.edit_document("Sales Order", &sales, &json!({"custom_subscriber_id": "5550003334"}));
        table.assert_written_once("the same field in Frappe", (1, 0));
        table.world.edit(&single, "cf_2803", "5550001112");
        table.assert_written_once("and back, in VTiger", (0, 1));

        // The contact has the part, its customer the whole name.
        table.world.edit(&single, "cf_2297", "Corregida");
        table.assert_written_once("part of a joined name in VTiger", (0, 2));
        table.world.edit_document("Contact", &owner, &json!({"last_name": "Enmendada"}));
        table.assert_written_once("part of a joined name in Frappe", (1, 1));

        table.world.edit(&single, "cf_2255", "2026-02-28");
        table.assert_written_once("a date in VTiger", (0, 1));
        table.world.edit_document("Sales Order", &sales, &json!({"custom_digitizer_date": "2026-03-01"}));
        table.assert_written_once("a date in Frappe", (1, 0));

        // What one order says anew reaches the shared contact and, as an edit of the contact, the other order.
        table.world.edit(&one, "cf_2295", "Compartida");
        table.assert_writes("a contact of two policies, on one of them", (0, 1));
        table.assert_written_once("  and the other policy after it", (1, 0));
        assert_eq!(table.world.record(&other).text("cf_2295"), "Compartida");
        let shared = table.owner(&one);
        assert_eq!(shared, table.owner(&other));
        table.world.edit_document("Contact", &shared, &json!({"middle_name": "De Ambas"}));
        table.assert_written_once("a contact of two policies, in Frappe", (2, 0));

        // VTiger owns it: what Frappe says is brought back.
        table.world.edit_document("Sales Order", &sales, &json!({"custom_plan_name": "Otro plan"}));
        table.assert_written_once("a field in Frappe that VTiger owns", (0, 1));

        // Touches: nothing that is mapped has changed.
        table.world.edit(&single, "cf_2261", "2026-04-30");
        table.assert_written_once("an unmapped field in VTiger", (0, 0));
        table.world.edit_document("Sales Order", &sales, &json!({"po_no": "77"}));
        table.assert_written_once("an unmapped field in Frappe", (0, 0));
        table.assert_silence();
    }
}

#[test]
fn a_value_that_is_mapped_to_another_word_is_written_once_and_never_again() {
    for persona in personas() {
        let table = Table::new(persona, 3, "crm");
        let product = {
            let system = table.world.system();
            let module = system.catalogue().module("Products").unwrap();
            let mut products = system.records().values().filter(|record| record.module == "Products");
            format!("{}x{}", module.prefix, products.next().unwrap().id)
        };
        let item = table.made_for("Item", &product);
        table.world.edit(&product, "discontinued", "0");
        table.assert_written_once("a mapped word in VTiger", (0, 1));
        assert_eq!(table.world.document("Item", &item)["disabled"], 1);
        table.world.edit_document("Item", &item, &json!({"disabled": 0}));
        table.assert_written_once("a mapped word in Frappe", (1, 0));
        assert_eq!(table.world.record(&product).text("discontinued"), "1");
        table.assert_silence();
    }
}

#[test]
fn many_edits_cost_a_write_for_each_record_and_few_reads() {
    for persona in personas() {
        let table = Table::new(persona, 30, "policy");
        let selected: Vec<String> =
            table.world.selected().iter().map(|(_, order)| (*order).to_owned()).collect();
        let many = selected.len() as u64;
        for (number, order) in selected.iter().enumerate() {
            table.world.edit(order, "cf_2803", &format!("V{number}"));
        }
        table.assert_written_once(&format!("{many} orders in VTiger"), (0, many));
        for (number, order) in selected.iter().enumerate() {
            let sales = table.made_for("Sales Order", order);
            table.world.edit_document(
                "Sales Order",
                &sales,
                &json!({"custom_subscriber_id": format!("F{number}")}),
            );
        }
        table.assert_written_once(&format!("{many} orders in Frappe"), (many, 0));
        for (number, order) in selected.iter().enumerate() {
            table.world.edit(order, "cf_2183", &format!("Vendedora {number}"));
            let sales = table.made_for("Sales Order", order);
            table.world.edit_document(
                "Sales Order",
                &sales,
                &json!({"custom_digitizer": format!("D{number}")}),
            );
        }
        table.assert_written_once(&format!("{many} orders on both sides"), (many, many));
        table.assert_silence();
    }
}
