//! `getchallenge` and `login`, and who a session belongs to.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::refusal::{Code, Refusal};
use super::session::Rejected;
use super::system::{System, User};

/// The version of the web service that logins report.
pub(crate) const API_VERSION: &str = "0.22";

impl System {
    /// The user of a session that is alive.
    pub(crate) fn user_of(&mut self, session: &str, now: Timestamp) -> Option<User> {
        let id = self.sessions.user(session, now)?;
        self.users.get(&id).cloned()
    }

    fn user_named(&self, name: &str) -> Option<&User> {
        self.users.values().find(|user| !name.is_empty() && user.text("user_name").eq_ignore_ascii_case(name))
    }

    /// `getchallenge`.
    pub fn get_challenge(&mut self, name: &str, now: Timestamp) -> Result<Value, Refusal> {
        if name.is_empty() {
            return Err(Refusal::denied("No username given"));
        }
        let user = self.user_named(name).map(|user| user.id);
        let user = user.ok_or_else(|| Refusal::denied("username does not exists"))?;
        let challenge = self.sessions.challenge(user, now);
        Ok(json!({
            "token": challenge.token,
            "serverTime": challenge.given.as_second(),
            "expireTime": challenge.expires.as_second(),
        }))
    }

    /// `login`: `answer` is the MD5 of the challenge's token and the access key.
    pub fn login(&mut self, name: &str, answer: &str, now: Timestamp) -> Result<Value, Refusal> {
        let no_challenge = || Refusal::error(Code::InvalidToken, "Specified token is invalid or expired");
        let user = self.user_named(name).cloned().ok_or_else(no_challenge)?;
        let login =
            self.sessions.login(user.id, &user.access_key, answer, now).map_err(
                |rejected| match rejected {
                    Rejected::NoChallenge => no_challenge(),
                    Rejected::WrongKey => {
                        Refusal::error(Code::InvalidCredentials, "Invalid username or password")
                    }
                },
            )?;
        let text = |field: &str| user.text(field).to_owned();
        Ok(json!({
            "username": text("user_name"),
            "first_name": text("first_name"),
            "last_name": text("last_name"),
            "email": text("email1"),
            "time_zone": text("time_zone"),
            "hour_format": text("hour_format"),
            "date_format": text("date_format"),
            "is_admin": text("is_admin"),
            "call_duration": text("callduration"),
            "other_event_duration": text("othereventduration"),
            "sessionName": login.session,
            "userId": format!("19x{}", user.id),
            "version": API_VERSION,
            "vtigerVersion": self.persona().version_text(),
        }))
    }
}
