//! People, their sessions and tokens, the audit log and given answers in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;
use cs_ports::{
    ApiToken, AuditEntry, AuditFilter, GivenAnswer, PeopleStore, Person, Reserved, Session, StoreError,
};
use jiff::Timestamp;

use super::{MemoryStore, at_most};
use crate::stamp;

#[derive(Debug, Default)]
pub(super) struct People {
    all: BTreeMap<String, Person>,
    /// Ended ones stay, so that a request under way cannot bring them back.
    sessions: BTreeMap<String, Endable<Session>>,
    /// Removed ones stay for the same reason.
    tokens: BTreeMap<String, Endable<ApiToken>>,
    /// Ascending by sequence.
    audit: Vec<AuditEntry>,
    answers: BTreeMap<(String, String), (GivenAnswer, Timestamp)>,
}

/// Something that can be ended once and for all.
#[derive(Debug)]
struct Endable<T> {
    thing: T,
    ended: bool,
}

impl<T> Endable<T> {
    fn open(&self) -> Option<&T> {
        (!self.ended).then_some(&self.thing)
    }
}

/// Puts it in its place, unless what is there was ended.
fn put<T>(things: &mut BTreeMap<String, Endable<T>>, name: &str, thing: T) {
    match things.get_mut(name) {
        Some(known) if known.ended => {}
        Some(known) => known.thing = thing,
        None => drop(things.insert(name.to_owned(), Endable { thing, ended: false })),
    }
}

impl People {
    fn end_sessions_of(&mut self, login: &str, but: Option<&str>) {
        for (digest, session) in &mut self.sessions {
            session.ended |= session.thing.login == login && but != Some(digest.as_str());
        }
    }

    /// Removes what expired, and answers from before a time; answers how much.
    pub(super) fn prune(&mut self, now: Timestamp, answers_over: Timestamp) -> u64 {
        let count = self.sessions.len() + self.answers.len();
        self.sessions.retain(|_, session| session.thing.expires > now);
        self.answers.retain(|_, (_, at)| *at > answers_over);
        (count - self.sessions.len() - self.answers.len()) as u64
    }
}

fn fits(filter: &AuditFilter, entry: &AuditEntry) -> bool {
    filter.who.as_ref().is_none_or(|who| *who == entry.who)
        && filter.action.as_ref().is_none_or(|action| entry.action.starts_with(action.as_str()))
        && filter.object.as_ref().is_none_or(|object| *object == entry.object)
}

#[async_trait]
impl PeopleStore for MemoryStore {
    async fn people(&self) -> Result<Vec<Person>, StoreError> {
        Ok(self.lock().people.all.values().cloned().collect())
    }

    async fn person(&self, login: &str) -> Result<Option<Person>, StoreError> {
        Ok(self.lock().people.all.get(login).cloned())
    }

    async fn put_person(&self, person: &Person) -> Result<(), StoreError> {
        let (created, seen) = (stamp::cut(person.created), person.seen.map(stamp::cut));
        let person = Person { created, seen, ..person.clone() };
        self.lock().people.all.insert(person.login.clone(), person);
        Ok(())
    }

    async fn remove_person(&self, login: &str) -> Result<(), StoreError> {
        let people = &mut self.lock().people;
        people.all.remove(login);
        people.end_sessions_of(login, None);
        for token in people.tokens.values_mut() {
            token.ended |= token.thing.login == login;
        }
        Ok(())
    }

    async fn put_session(&self, session: &Session) -> Result<(), StoreError> {
        let (created, expires) = (stamp::cut(session.created), stamp::cut(session.expires));
        let session = Session { created, expires, ..session.clone() };
        put(&mut self.lock().people.sessions, &session.digest.clone(), session);
        Ok(())
    }

    async fn session(&self, digest: &str, now: Timestamp) -> Result<Option<Session>, StoreError> {
        let state = self.lock();
        let open = state.people.sessions.get(digest).and_then(Endable::open);
        Ok(open.filter(|session| session.expires > stamp::cut(now)).cloned())
    }

    async fn end_session(&self, digest: &str) -> Result<(), StoreError> {
        if let Some(session) = self.lock().people.sessions.get_mut(digest) {
            session.ended = true;
        }
        Ok(())
    }

    async fn end_sessions_of(&self, login: &str, but: Option<&str>) -> Result<(), StoreError> {
        self.lock().people.end_sessions_of(login, but);
        Ok(())
    }

    async fn tokens(&self, login: Option<&str>) -> Result<Vec<ApiToken>, StoreError> {
        let state = self.lock();
        let open = state.people.tokens.values().filter_map(Endable::open);
        let of = open.filter(|token| login.is_none_or(|login| token.login == login));
        let mut tokens: Vec<ApiToken> = of.cloned().collect();
        tokens.sort_by(|a, b| (b.created, &b.id).cmp(&(a.created, &a.id)));
        Ok(tokens)
    }

    async fn token(&self, digest: &str) -> Result<Option<ApiToken>, StoreError> {
        let state = self.lock();
        let mut open = state.people.tokens.values().filter_map(Endable::open);
        Ok(open.find(|token| token.digest == digest).cloned())
    }

    async fn put_token(&self, token: &ApiToken) -> Result<(), StoreError> {
        let (expires, used) = (token.expires.map(stamp::cut), token.used.map(stamp::cut));
        let token = ApiToken { created: stamp::cut(token.created), expires, used, ..token.clone() };
        put(&mut self.lock().people.tokens, &token.id.clone(), token);
        Ok(())
    }

    async fn remove_token(&self, id: &str) -> Result<(), StoreError> {
        if let Some(token) = self.lock().people.tokens.get_mut(id) {
            token.ended = true;
        }
        Ok(())
    }

    async fn record(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        let audit = &mut self.lock().people.audit;
        let sequence = audit.last().map_or(0, |entry| entry.sequence) + 1;
        audit.push(AuditEntry { sequence, at: stamp::cut(entry.at), ..entry.clone() });
        Ok(())
    }

    async fn audit(
        &self,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let state = self.lock();
        let newest = state.people.audit.iter().rev();
        let older = newest.filter(|entry| before.is_none_or(|before| entry.sequence < before));
        Ok(older.filter(|entry| fits(filter, entry)).take(at_most(limit)).cloned().collect())
    }

    async fn note_seen(&self, login: &str, at: Timestamp) -> Result<(), StoreError> {
        if let Some(person) = self.lock().people.all.get_mut(login) {
            person.seen = Some(stamp::cut(at));
        }
        Ok(())
    }

    async fn note_used(&self, token: &str, at: Timestamp) -> Result<(), StoreError> {
        if let Some(token) = self.lock().people.tokens.get_mut(token).filter(|token| !token.ended) {
            token.thing.used = Some(stamp::cut(at));
        }
        Ok(())
    }

    async fn reserve_answer(
        &self,
        caller: &str,
        key: &str,
        request: &str,
        at: Timestamp,
        stale: Timestamp,
    ) -> Result<Reserved, StoreError> {
        let name = (caller.to_owned(), key.to_owned());
        let answers = &mut self.lock().people.answers;
        match answers.get(&name) {
            Some((given, _)) if given.status != 0 => return Ok(Reserved::Given(given.clone())),
            Some((_, since)) if *since >= stamp::cut(stale) => return Ok(Reserved::Underway),
            _ => {}
        }
        let reservation = GivenAnswer { request: request.to_owned(), status: 0, body: String::new() };
        answers.insert(name, (reservation, stamp::cut(at)));
        Ok(Reserved::Now)
    }

    async fn release_answer(&self, caller: &str, key: &str) -> Result<(), StoreError> {
        let name = (caller.to_owned(), key.to_owned());
        let answers = &mut self.lock().people.answers;
        if answers.get(&name).is_some_and(|(given, _)| given.status == 0) {
            answers.remove(&name);
        }
        Ok(())
    }

    async fn give_answer(
        &self,
        caller: &str,
        key: &str,
        answer: &GivenAnswer,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let name = (caller.to_owned(), key.to_owned());
        let answers = &mut self.lock().people.answers;
        if answers.get(&name).is_none_or(|(given, _)| given.status == 0) {
            answers.insert(name, (answer.clone(), stamp::cut(at)));
        }
        Ok(())
    }
}
