//! Policies, and how they are drawn.

use super::names::{
    BANKS, CITIES, COMPANIES, MEN, PLAN_WORDS, PROBLEMS, SALES_PEOPLE, STREETS, SURNAMES, WOMEN,
};
use super::random::Random;

/// Somebody. Parts that are empty are not known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Person {
    /// First name.
    pub first: String,
    /// Middle name.
    pub middle: String,
    /// Last name.
    pub last: String,
    /// Day of birth, Y-m-d.
    pub born: String,
    /// `Male` or `Female`.
    pub gender: String,
}

/// Where the owner lives.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Address {
    /// Number and street.
    pub line: String,
    /// City.
    pub city: String,
    /// State, two letters.
    pub state: String,
    /// Postal code.
    pub zip: String,
}

/// Where the premium is taken from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bank {
    /// The bank's name; several policies share one.
    pub name: String,
    /// The account's number.
    pub account: String,
    /// The branch (routing number).
    pub branch: String,
}

/// The card that pays. Its number and code are secrets, so `Debug` hides them.
#[derive(Clone, PartialEq, Eq)]
pub struct Card {
    /// The number, some with spaces.
    pub number: String,
    /// The verification code, with the word that agents type before it: three digits alone could not be searched for.
    pub code: String,
    /// `MM/YY`.
    pub expires: String,
    /// `Credit` or `Debit`.
    pub kind: String,
}

impl std::fmt::Debug for Card {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Card").field("expires", &self.expires).finish_non_exhaustive()
    }
}

impl Card {
    /// What may be known of the number.
    pub fn last_four(&self) -> String {
        let digits: Vec<char> = self.number.chars().filter(char::is_ascii_digit).collect();
        digits.iter().skip(digits.len().saturating_sub(4)).collect()
    }
}

/// A plan of a company.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// The plan's id, in the form of a HIOS id.
    pub id: String,
    /// The plan's name.
    pub name: String,
    /// The company.
    pub company: String,
}

/// One policy: one Sales Order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Where it stands, from 0.
    pub index: usize,
    /// The order's subject.
    pub subject: String,
    /// Who owns it. Some people own two.
    pub owner: Person,
    /// The spouse, if any.
    pub spouse: Option<Person>,
    /// Up to three.
    pub dependents: Vec<Person>,
    /// Where the owner lives, if known.
    pub address: Option<Address>,
    /// The bank, if any.
    pub bank: Option<Bank>,
    /// The card, if any.
    pub card: Option<Card>,
    /// The plan.
    pub plan: Plan,
    /// The application's id; unique.
    pub ffm_app_id: String,
    /// The subscriber's id.
    pub subscriber_id: String,
    /// The member's id, as the company's reports have it.
    pub member_id: String,
    /// `cf_2141`.
    pub status: String,
    /// `cf_2067`.
    pub broker: String,
    /// Y-m-d.
    pub effective: String,
    /// Y-m-d.
    pub sold: String,
    /// Y-m-d, or empty.
    pub digitized: String,
    /// Y-m-d, or empty.
    pub paid_through: String,
    /// Y-m-d, or empty.
    pub terminates: String,
    /// Who sold it.
    pub sales_person: String,
    /// Who digitized it, or empty.
    pub digitizer: String,
    /// `YES` or `NO`.
    pub autopay: String,
    /// `YES` or `NO`.
    pub paid: String,
    /// What is wrong with it; mostly empty.
    pub problem: String,
    /// The monthly premium, with two places.
    pub premium: String,
}

pub(super) struct Writer {
    random: Random,
    plans: Vec<Plan>,
    owners: Vec<(Person, Option<Address>)>,
}

impl Writer {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let plans = COMPANIES
            .iter()
            .enumerate()
            .flat_map(|(company, name)| PLAN_WORDS.iter().enumerate().map(move |plan| (company, *name, plan)))
            .map(|(company, name, (plan, words))| Plan {
                id: format!("{:05}FL{:07}", 10_000 + company * 7919, 10_000 * (plan + 1) + company),
                name: format!("{name} {words} {}", random.between(1, 9) * 1000),
                company: name.to_owned(),
            })
            .collect();
        Self { random, plans, owners: Vec::new() }
    }

    pub(super) fn into_plans(self) -> Vec<Plan> {
        self.plans
    }

    pub(super) fn policy(&mut self, index: usize) -> Policy {
        let (owner, address) = self.owner(index);
        let plan = self.plan();
        let spouse = self.random.percent(40).then(|| self.relative(&owner, 22, 65));
        let children = if self.random.percent(45) { self.random.between(1, 3) } else { 0 };
        let dependents = (0..children).map(|_| self.relative(&owner, 0, 20)).collect();
        let bank = self.random.percent(55).then(|| self.bank());
        let card = self.random.percent(60).then(|| self.card(index));
        let sold = self.day(2025, 2025, 10, 12);
        let digitized = self.random.percent(80);
        let paid_through = if self.random.percent(70) { self.month_end() } else { String::new() };
        Policy {
            index,
            subject: format!("{} {} - {}", owner.first, owner.last, plan.company),
            owner,
            spouse,
            dependents,
            address,
            bank,
            card,
            ffm_app_id: format!("{}", 5_100_000_000_u64 + index as u64 * 7 + self.random.below(7)),
            subscriber_id: format!("{:010}", 20_000_000 + index as u64 * 13 + self.random.below(13)),
            member_id: self.member_id(index, &plan.company),
            status: self.status(),
            broker: self.random.pick(&["BROKER SUR", "BROKER SUR", "BROKER ALTO"]).to_owned(),
            effective: "2026-01-01".to_owned(),
            digitized: if digitized { sold.clone() } else { String::new() },
            sold,
            paid_through,
            terminates: if self.random.percent(15) { "2026-12-31".to_owned() } else { String::new() },
            sales_person: self.random.pick(&SALES_PEOPLE).to_owned(),
            digitizer: if digitized { self.random.pick(&SALES_PEOPLE).to_owned() } else { String::new() },
            autopay: self.random.pick(&["YES", "NO"]).to_owned(),
            paid: self.random.pick(&["YES", "NO"]).to_owned(),
            problem: if self.random.percent(10) {
                self.random.pick(&PROBLEMS).to_owned()
            } else {
                String::new()
            },
            premium: format!("{}.{:02}", self.random.between(0, 480), self.random.below(100)),
            plan,
        }
    }

    /// Every 25th policy is a second one of somebody who has one.
    fn owner(&mut self, index: usize) -> (Person, Option<Address>) {
        if index % 25 == 24
            && let Some(earlier) = self.owners.get(index.saturating_sub(11)).cloned()
        {
            self.owners.push(earlier.clone());
            return earlier;
        }
        let mut owner = self.person(21, 64);
        if self.random.percent(30) {
            self.random.pick(&["A.", "de los Ángeles", "María", "J", "Ñ"]).clone_into(&mut owner.middle);
        }
        // A few orders have parts that nobody filled in.
        if self.random.percent(3) {
            owner.gender.clear();
        }
        let address = (!self.random.percent(4)).then(|| self.address());
        self.owners.push((owner.clone(), address.clone()));
        (owner, address)
    }

    fn person(&mut self, youngest: u64, oldest: u64) -> Person {
        let woman = self.random.percent(50);
        let first = self.random.pick(if woman { &WOMEN } else { &MEN }).to_owned();
        let last = if self.random.percent(50) {
            format!("{} {}", self.random.pick(&SURNAMES), self.random.pick(&SURNAMES))
        } else {
            self.random.pick(&SURNAMES).to_owned()
        };
        Person {
            first,
            middle: String::new(),
            last,
            born: self.day(2025 - oldest, 2025 - youngest, 1, 12),
            gender: if woman { "Female" } else { "Male" }.to_owned(),
        }
    }

    fn relative(&mut self, owner: &Person, youngest: u64, oldest: u64) -> Person {
        Person { last: owner.last.clone(), ..self.person(youngest, oldest.min(2025)) }
    }

    fn plan(&mut self) -> Plan {
        let index = usize::try_from(self.random.below(self.plans.len() as u64)).unwrap_or(0);
        self.plans.get(index).cloned().unwrap_or_default()
    }

    fn address(&mut self) -> Address {
        let (city, state, zip) = self.random.pick(&CITIES);
        Address {
            line: format!("{} {}", self.random.between(1, 19_999), self.random.pick(&STREETS)),
            city: city.to_owned(),
            state: state.to_owned(),
            zip: format!("{zip}{:02}", self.random.below(100)),
        }
    }

    fn bank(&mut self) -> Bank {
        Bank {
            name: self.random.pick(&BANKS).to_owned(),
            account: format!("{:010}", self.random.below(10_000_000_000)),
            branch: format!("{:09}", self.random.below(1_000_000_000)),
        }
    }

    /// 4000 00, nine digits that say which policy it is, and the check digit.
    fn card(&mut self, index: usize) -> Card {
        let body = format!("400000{:05}{:04}", index + 1, self.random.below(10_000));
        let number = format!("{body}{}", check_digit(&body));
        let spaced = self.random.percent(30);
        let groups: Vec<&str> = (0..4).filter_map(|group| number.get(group * 4..group * 4 + 4)).collect();
        Card {
            number: if spaced { groups.join(" ") } else { number.clone() },
            code: format!("CVV {:03}", self.random.between(100, 999)),
            expires: format!("{:02}/{}", self.random.between(1, 12), self.random.between(27, 31)),
            kind: self.random.pick(&["Credit", "Debit"]).to_owned(),
        }
    }

    fn status(&mut self) -> String {
        match self.random.below(100) {
            0..60 => "Active",
            60..75 => "Initial Enrollment",
            75..90 => "Sin Digitar",
            90..95 => "Cancelled",
            95..98 => "Terminated",
            _ => "Pending",
        }
        .to_owned()
    }

    fn member_id(&mut self, index: usize, company: &str) -> String {
        let number = index as u64 * 17 + self.random.below(17);
        match company {
            "Oscar" => format!("OSC{:08}", 10_000_000 + number),
            "Ambetter" => format!("U{:08}", 70_000_000 + number),
            "Molina" => format!("{:010}", 7_512_300_000 + number),
            _ => format!("{:09}", 101_000_000 + number),
        }
    }

    fn day(&mut self, from: u64, to: u64, first_month: u64, last_month: u64) -> String {
        let (year, month) = (self.random.between(from, to), self.random.between(first_month, last_month));
        format!("{year}-{month:02}-{:02}", self.random.between(1, 28))
    }

    fn month_end(&mut self) -> String {
        self.random.pick(&["2026-01-31", "2026-02-28", "2026-03-31", "2025-12-31"]).to_owned()
    }
}

/// The digit that makes a number pass the Luhn check.
pub(super) fn check_digit(body: &str) -> u32 {
    let sum: u32 = body
        .chars()
        .rev()
        .filter_map(|digit| digit.to_digit(10))
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, double) if double > 9 => double - 9,
            (0, double) => double,
            _ => digit,
        })
        .sum();
    (10 - sum % 10) % 10
}
