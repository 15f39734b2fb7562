//! The agency as records of a VTiger server.

use jiff::{SignedDuration, Timestamp};

use super::leads::leads;
use super::{Agency, Person, Policy};
use crate::vtiger::{Draft, System, Values};

/// Sets columns, leaving out what is empty.
struct Columns(Values);

impl Columns {
    fn new(moved: &str, (field, number): (&str, &str)) -> Self {
        let mut columns = Self(Values::new());
        columns.set(field, number);
        for (name, value) in [
            ("assigned_user_id", "1"),
            ("modifiedby", "1"),
            ("createdtime", moved),
            ("modifiedtime", moved),
            ("source", "CRM"),
            ("starred", "0"),
        ] {
            columns.set(name, value);
        }
        columns
    }

    fn set(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.0.insert(name.to_owned(), Some(value.to_owned()));
        }
    }

    fn cf(&mut self, number: u32, value: &str) {
        self.set(&format!("cf_{number}"), value);
    }

    fn draft(self, module: &str) -> Draft {
        Draft { module: module.to_owned(), values: self.0, ..Draft::default() }
    }
}

impl Agency {
    /// Writes the agency into a server with [`Installation::Agency`](crate::vtiger::Installation::Agency): a product
    /// for each plan, then for each policy an account, its owner as a contact, and the order. `newest` is when the
    /// last of them was modified; the others were before, two at a time in the same second. Gives the orders' ids,
    /// in the order of the policies.
    pub fn fill(&self, system: &mut System, newest: Timestamp) -> Vec<String> {
        let products: Vec<String> = self
            .plans
            .iter()
            .enumerate()
            .map(|(index, plan)| {
                let mut columns = Columns::new(
                    &self.moved(system, newest, 0),
                    ("product_no", &format!("PRO{}", index + 1)),
                );
                columns.set("productname", &plan.name);
                columns.set("productcode", &plan.id);
                columns.set("discontinued", "1");
                columns.set("unit_price", "100.00000000");
                system.put(columns.draft("Products")).unwrap_or_default()
            })
            .collect();
        for (prefix, count) in [
            ("PRO", self.plans.len()),
            ("ACC", self.policies.len()),
            ("CON", self.policies.len()),
            ("SO", self.policies.len()),
        ] {
            system.number_after(prefix, count as u64);
        }
        let orders = self
            .policies
            .iter()
            .map(|policy| {
                let moved = self.moved(system, newest, policy.index);
                let product =
                    self.plans.iter().position(|plan| *plan == policy.plan).and_then(|at| products.get(at));
                let account = system.put(account(policy, &moved)).unwrap_or_default();
                let contact = system.put(contact(policy, &moved, &account)).unwrap_or_default();
                let order = order(
                    policy,
                    &moved,
                    &account,
                    &contact,
                    product.map(String::as_str).unwrap_or_default(),
                );
                system.put(order).unwrap_or_default()
            })
            .collect();
        // After all else, so that the others keep their ids.
        let leads = leads(self.seed);
        system.number_after("LEA", leads.len() as u64);
        for (index, lead) in leads.iter().enumerate() {
            let moved = self.moved(system, newest, index);
            let mut columns = Columns::new(&moved, ("lead_no", &format!("LEA{}", index + 1)));
            for (name, value) in lead {
                columns.set(name, value);
            }
            system.put(columns.draft("Leads")).unwrap_or_default();
        }
        orders
    }

    /// Two records in a row are modified in the same second, so that paging by time alone would lose some.
    fn moved(&self, system: &System, newest: Timestamp, index: usize) -> String {
        let pairs = i64::try_from(self.policies.len().saturating_sub(index + 1) / 2).unwrap_or(0);
        system.stamp(newest.saturating_sub(SignedDuration::from_secs(pairs * 60)).unwrap_or(newest))
    }
}

/// `11x7` as the column has it.
fn bare(id: &str) -> &str {
    id.split_once('x').map_or("", |(_, number)| number)
}

fn account(policy: &Policy, moved: &str) -> Draft {
    let mut columns = Columns::new(moved, ("account_no", &format!("ACC{}", policy.index + 1)));
    // Account names are unique, people are not.
    columns.set("accountname", &format!("{} {} {}", policy.owner.first, policy.owner.last, policy.index + 1));
    columns.set("email1", &email(policy));
    columns.set("phone", &phone(policy));
    if let Some(address) = &policy.address {
        for (name, value) in [
            ("bill_street", &address.line),
            ("bill_city", &address.city),
            ("bill_state", &address.state),
            ("bill_code", &address.zip),
        ] {
            columns.set(name, value);
        }
    }
    columns.draft("Accounts")
}

fn contact(policy: &Policy, moved: &str, account: &str) -> Draft {
    let mut columns = Columns::new(moved, ("contact_no", &format!("CON{}", policy.index + 1)));
    columns.set("firstname", &policy.owner.first);
    columns.set("lastname", &policy.owner.last);
    columns.set("birthday", &policy.owner.born);
    columns.set("email", &email(policy));
    columns.set("mobile", &phone(policy));
    columns.set("account_id", bare(account));
    columns.draft("Contacts")
}

fn email(policy: &Policy) -> String {
    format!("owner{:04}@example.test", policy.index + 1)
}

fn phone(policy: &Policy) -> String {
    // 555-01xx is kept for fiction.
    format!("+1 305-555-01{:02}", policy.index % 100)
}

fn order(policy: &Policy, moved: &str, account: &str, contact: &str, product: &str) -> Draft {
    let mut columns = Columns::new(moved, ("salesorder_no", &format!("SO{}", policy.index + 1)));
    let street = policy.address.as_ref().map_or("-", |address| address.line.as_str());
    let premium = format!("{}000000", policy.premium);
    for (name, value) in [
        ("subject", policy.subject.as_str()),
        ("sostatus", "Created"),
        ("account_id", bare(account)),
        ("contact_id", bare(contact)),
        ("bill_street", street),
        ("ship_street", street),
        ("hdnTaxType", "group"),
        ("currency_id", "1"),
        ("conversion_rate", "1.000"),
        ("hdnSubTotal", &premium),
        ("hdnGrandTotal", &premium),
        ("pre_tax_total", &premium),
    ] {
        columns.set(name, value);
    }
    people(policy, &mut columns);
    payment(policy, &mut columns);
    terms(policy, &mut columns);
    let item =
        [("productid", bare(product)), ("quantity", "1.000"), ("listprice", &premium), ("sequence_no", "1")];
    let item = item.into_iter().map(|(name, value)| (name.to_owned(), Some(value.to_owned()))).collect();
    Draft { items: vec![item], ..columns.draft("SalesOrder") }
}

fn people(policy: &Policy, columns: &mut Columns) {
    let owner = &policy.owner;
    for (number, value) in [
        (2293, &owner.first),
        (2295, &owner.middle),
        (2297, &owner.last),
        (2299, &owner.born),
        (2303, &owner.gender),
    ] {
        columns.cf(number, value);
    }
    if let Some(spouse) = &policy.spouse {
        for (number, value) in [(2347, &spouse.first), (2351, &spouse.last), (2355, &spouse.born)] {
            columns.cf(number, value);
        }
    }
    // First name, last name, day of birth, gender; the first dependent has no field for the gender.
    let fields = [(2405, 2409, 2413, None), (2443, 2447, 2451, Some(2449)), (2481, 2485, 2489, Some(2487))];
    for (person, (first, last, born, gender)) in policy.dependents.iter().zip(fields) {
        let Person { first: name, last: surname, born: day, gender: sex, .. } = person;
        columns.cf(first, name);
        columns.cf(last, surname);
        columns.cf(born, day);
        if let Some(gender) = gender {
            columns.cf(gender, sex);
        }
    }
    if let Some(address) = &policy.address {
        for (number, value) in
            [(2737, &address.line), (2739, &address.city), (2765, &address.state), (2743, &address.zip)]
        {
            columns.cf(number, value);
        }
    }
}

fn payment(policy: &Policy, columns: &mut Columns) {
    columns.cf(1463, &policy.autopay);
    columns.cf(2147, &policy.paid);
    if let Some(bank) = &policy.bank {
        columns.cf(1471, &bank.name);
        columns.cf(1479, &bank.account);
        columns.cf(1475, &bank.branch);
    }
    if let Some(card) = &policy.card {
        columns.cf(1465, &card.number);
        columns.cf(1477, &card.code);
        columns.cf(1473, &card.expires);
        columns.cf(2157, &card.kind);
        if let Some(address) = &policy.address {
            columns.cf(2143, &address.zip);
            columns.cf(2799, &address.line);
        }
    }
}

fn terms(policy: &Policy, columns: &mut Columns) {
    for (number, value) in [
        (2035, &policy.plan.id),
        (2037, &policy.plan.name),
        (2059, &policy.effective),
        (2067, &policy.broker),
        (2069, &policy.plan.company),
        (2115, &policy.ffm_app_id),
        (2119, &policy.member_id),
        (2141, &policy.status),
        (2179, &policy.sold),
        (2183, &policy.sales_person),
        (2193, &policy.terminates),
        (2255, &policy.digitized),
        (2257, &policy.digitizer),
        (2261, &policy.paid_through),
        (2803, &policy.subscriber_id),
        (2811, &policy.problem),
    ] {
        columns.cf(number, value);
    }
}
