//! All findings, of every company, and the review of many at once.

use askama::Template;
use axum::Form;
use axum::extract::Query;
use cs_ports::{FindingId, Review};

use super::asked::Asked;
use super::listing::{Choice, Listing};
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::visit::{Answer, Visit, done, fragment, page};
use crate::work::findings::{self, Meant};

#[derive(Template)]
#[template(path = "findings/all.html")]
struct FindingsPage {
    frame: Frame,
    companies: Vec<Choice>,
    brokers: Vec<Choice>,
    list: Listing,
}

#[derive(Template)]
#[template(path = "findings/list.html")]
struct ListPart {
    frame: Frame,
    list: Listing,
}

const PATH: &str = "/scheduler/findings";

pub(super) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Answer {
    let companies = visit.web.office.companies().await?.into_iter().map(|company| Choice {
        chosen: company.key == asked.company,
        value: company.key,
        label: company.name,
    });
    let brokers = visit.web.office.brokers().await?.into_iter().map(|broker| Choice {
        chosen: broker.code == asked.broker,
        label: broker.code.clone(),
        value: broker.code,
    });
    page(&FindingsPage {
        frame: visit.frame(Section::Scheduler, "nav-scheduler"),
        companies: companies.collect(),
        brokers: brokers.collect(),
        list: Listing::of(&visit, PATH.to_owned(), asked).await?,
    })
}

pub(super) async fn rows(visit: Visit, Query(asked): Query<Asked>) -> Answer {
    let list = Listing::of(&visit, PATH.to_owned(), asked).await?;
    fragment(&ListPart { frame: visit.frame(Section::Scheduler, "nav-scheduler"), list })
}

/// A review of many, as the form sends it: fields may come more than once.
#[derive(Default)]
struct Many {
    ids: Vec<FindingId>,
    /// All that match, instead of those.
    all: bool,
    /// What is said; `keep`: nothing new.
    review: Option<String>,
    description: Option<String>,
    asked: Asked,
    /// The task whose log it was sent from.
    task: Option<String>,
}

impl Many {
    fn of(fields: Vec<(String, String)>) -> Self {
        let mut many = Self::default();
        for (name, value) in fields {
            let asked = &mut many.asked;
            match name.as_str() {
                "id" => many.ids.push(FindingId(value)),
                "all" => many.all = true,
                // The filter's own `review` has another name here.
                "said" => many.review = (value != "keep").then_some(value),
                "description" => many.description = some(value),
                "task" => many.task = some(value).filter(|id| is_name(id)),
                "state" => asked.state = value,
                "review" => asked.review = value,
                "company" => asked.company = value,
                "broker" => asked.broker = value,
                "kind" => asked.kind = value,
                "q" => asked.q = value,
                "from" => asked.from = value,
                "to" => asked.to = value,
                "run" => asked.run = value,
                "sort" => asked.sort = value,
                "page" => asked.page = value,
                _ => {}
            }
        }
        many
    }

    fn back(&self) -> String {
        match &self.task {
            Some(task) => {
                let asked = Asked { run: String::new(), ..self.asked.clone() };
                asked.address(&format!("/scheduler/{task}"))
            }
            None => self.asked.address(PATH),
        }
    }
}

fn some(value: String) -> Option<String> {
    (!value.trim().is_empty()).then_some(value)
}

/// Whether this can be a task's id: then it leads nowhere else.
fn is_name(id: &str) -> bool {
    id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

pub(super) async fn review_many(visit: Visit, Form(fields): Form<Vec<(String, String)>>) -> Answer {
    let many = Many::of(fields);
    let back = many.back();
    let said = Review { review: many.review, description: many.description, by: None };
    if said == Review::default() {
        return Err(WebError::invalid("review", visit.words.say("finding-nothing-said")));
    }
    let meant = match (many.all, many.ids) {
        (true, _) => Meant::All(Box::new(many.asked.query()?)),
        (false, ids) if ids.is_empty() => {
            return Err(WebError::invalid("id", visit.words.say("finding-none-ticked")));
        }
        (false, ids) => Meant::These(ids),
    };
    findings::review_many(&visit, meant, said).await?;
    done(&back, "finding-reviewed-many")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_review_leads_back_to_its_list_and_nowhere_else() {
        let many = |pairs: &[(&str, &str)]| {
            Many::of(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
        };
        let of_list =
            many(&[("state", "open"), ("review", "none"), ("said", "Paid"), ("id", "a"), ("id", "b")]);
        assert_eq!(of_list.back(), "/scheduler/findings?state=open&review=none");
        assert_eq!((of_list.ids.len(), of_list.review.as_deref()), (2, Some("Paid")));
        let of_task = many(&[("task", "20261122-060312-3f9a"), ("run", "r"), ("kind", "unpaid")]);
        assert_eq!(of_task.back(), "/scheduler/20261122-060312-3f9a?kind=unpaid");
        assert_eq!(many(&[("task", "../users")]).back(), "/scheduler/findings");
        assert_eq!(many(&[("said", "keep")]).review, None);
        assert_eq!(many(&[("said", "")]).review.as_deref(), Some(""));
    }
}
