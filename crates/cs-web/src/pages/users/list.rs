//! Everybody.

use askama::Template;
use cs_ports::Person;

use crate::frame::{Frame, Section};
use crate::visit::{Answer, Visit, page};

#[derive(Template)]
#[template(path = "users/list.html")]
struct ListPage {
    frame: Frame,
    people: Vec<Person>,
}

pub(super) async fn show(visit: Visit) -> Answer {
    page(&ListPage {
        frame: visit.frame(Section::Users, "nav-users"),
        people: visit.web.desk.people().await?,
    })
}
