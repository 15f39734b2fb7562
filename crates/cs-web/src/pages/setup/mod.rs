//! The setup: from a service that nobody knows to its first dry run. Every step can be left and come back to.

mod check;
mod connection;
mod first;
mod run;

use cs_ports::Right;

use crate::doors::{Doors, Rule};
use crate::frame::Frame;

pub(super) fn doors(doors: Doors) -> Doors {
    let manages = Rule::Needs(Right::Administer);
    doors
        .get("/setup", Rule::Open, first::show)
        .post("/setup", Rule::Open, first::add)
        .get("/setup/connections/{name}", manages, connection::show)
        .post("/setup/connections/{name}", manages, connection::save)
        .post("/setup/sandbox", manages, connection::use_sandbox)
        .get("/setup/check", manages, check::show)
        .post("/setup/create/{mapping}", manages, check::create)
        .get("/setup/run", manages, run::show)
        .post("/setup/run", manages, run::start)
        .post("/setup/finish", manages, run::finish)
}

/// A step of the setup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Person,
    Vtiger,
    Frappe,
    Database,
    Check,
    Run,
}

impl Step {
    /// Every step, in their order.
    const ALL: [Self; 6] = [Self::Person, Self::Vtiger, Self::Frappe, Self::Database, Self::Check, Self::Run];

    fn path(self) -> &'static str {
        match self {
            Self::Person => "/setup",
            Self::Vtiger => "/setup/connections/vtiger",
            Self::Frappe => "/setup/connections/frappe",
            Self::Database => "/setup/connections/database",
            Self::Check => "/setup/check",
            Self::Run => "/setup/run",
        }
    }

    /// The key of what it is called.
    fn label(self) -> &'static str {
        match self {
            Self::Person => "setup-step-person",
            Self::Vtiger => "setup-step-vtiger",
            Self::Frappe => "setup-step-frappe",
            Self::Database => "setup-step-database",
            Self::Check => "setup-step-check",
            Self::Run => "setup-step-run",
        }
    }

    /// Counted from 1.
    fn number(self) -> usize {
        Self::ALL.iter().take_while(|step| **step != self).count() + 1
    }

    fn next(self) -> Self {
        Self::ALL.get(self.number()).copied().unwrap_or(Self::Run)
    }
}

/// `Step 2 of 6`.
fn progress(frame: &Frame, step: &Step) -> String {
    let number = |number: usize| number.to_string().into();
    frame.words.tell("setup-progress", &[("number", number(step.number())), ("of", number(Step::ALL.len()))])
}

#[cfg(test)]
mod tests {
    use super::Step;

    #[test]
    fn every_step_leads_to_the_one_after_it() {
        assert_eq!(Step::ALL.map(Step::number), [1, 2, 3, 4, 5, 6]);
        assert_eq!(Step::Person.next(), Step::Vtiger);
        assert_eq!(Step::Run.next(), Step::Run);
    }
}
