//! People: who can log in, and as what. Only System Managers come here.

mod edit;
mod list;
mod new;

use cs_ports::{Part, Right};

use crate::doors::{Doors, Rule};
use crate::frame::Frame;
use crate::words::Words;

pub(super) fn doors(doors: Doors) -> Doors {
    let manages = Rule::Needs(Right::Administer);
    doors
        .get("/users", manages, list::show)
        .get("/users/new", manages, new::show)
        .post("/users", manages, new::add)
        .get("/users/{login}", manages, edit::show)
        .post("/users/{login}", manages, edit::save)
        .post("/users/{login}/password", manages, edit::reset_password)
        .post("/users/{login}/enable", manages, edit::enable)
        .post("/users/{login}/disable", manages, edit::disable)
        .post("/users/{login}/remove", manages, edit::remove)
}

/// The address of somebody's page.
pub(super) fn address(login: &str) -> String {
    format!("/users/{}", form_urlencoded::byte_serialize(login.as_bytes()).collect::<String>())
}

/// What a part is called.
pub(super) fn part(words: &Words, part: &Part) -> String {
    words.say(&format!("part-{}", slug(part)))
}

/// What somebody of a part may, in a sentence.
pub(super) fn part_help(words: &Words, part: &Part) -> String {
    words.say(&format!("part-{}-help", slug(part)))
}

fn slug(part: &Part) -> String {
    part.as_str().to_lowercase().replace(' ', "-")
}

/// A password that was made, which is shown once.
#[derive(askama::Template)]
#[template(path = "users/password.html")]
struct PasswordPage {
    frame: Frame,
    name: String,
    login: String,
    password: String,
}
