//! People, sessions, tokens, the audit log, given answers.

use cs_ports::{ApiToken, AuditEntry, AuditFilter, GivenAnswer, Part, Person, Reserved, Right, Session};
use jiff::Timestamp;
use serde_json::json;

use super::Whole;
use crate::samples::at;

pub(super) fn person(login: &str) -> Person {
    Person {
        login: login.to_owned(),
        name: "Ana \"Núñez\"".to_owned(),
        part: Part::SyncerUser,
        language: "es".to_owned(),
        password: "$argon2id$invented".to_owned(),
        enabled: true,
        created: at(0),
        seen: None,
    }
}

pub(super) fn session(digest: &str, login: &str, expires: Timestamp) -> Session {
    let csrf = format!("csrf of {digest}");
    Session { digest: digest.to_owned(), login: login.to_owned(), csrf, created: at(0), expires }
}

fn token(id: &str, login: &str, created: Timestamp) -> ApiToken {
    ApiToken {
        id: id.to_owned(),
        login: login.to_owned(),
        label: "export".to_owned(),
        digest: format!("digest of {id}"),
        scopes: [Right::Read, Right::Run].into(),
        created,
        expires: Some(at(9000)),
        used: None,
    }
}

fn entry(who: &str, action: &str, object: &str) -> AuditEntry {
    AuditEntry {
        sequence: 0,
        at: at(5),
        who: who.to_owned(),
        action: action.to_owned(),
        object: object.to_owned(),
        before: json!(null),
        after: json!({"name": "José", "parts": [1, "x"]}),
    }
}

pub(super) fn answer(body: &str) -> GivenAnswer {
    GivenAnswer { request: "digest".to_owned(), status: 201, body: body.to_owned() }
}

pub(super) async fn tell(store: &dyn Whole) {
    people_are_kept(store).await;
    sessions_end_for_good(store).await;
    tokens_are_removed_for_good(store).await;
    who_is_removed_leaves_only_what_they_did(store).await;
    what_was_done_is_told(store).await;
    the_first_answer_stays(store).await;
    recall(store).await;
}

pub(super) async fn recall(store: &dyn Whole) {
    let logins: Vec<String> = store.people().await.unwrap().into_iter().map(|person| person.login).collect();
    assert_eq!(logins, ["ana@example.test", "luis@example.test"]);
    assert_eq!(store.session("s1", at(0)).await.unwrap(), None);
    assert!(store.session("s3", at(0)).await.unwrap().is_some());
    assert_eq!(store.tokens(None).await.unwrap().len(), 2);
    assert_eq!(reserve(store, "ana", "k1", 500).await, Reserved::Given(answer("first")));
    assert_eq!(store.audit(&AuditFilter::default(), None, 9).await.unwrap().len(), 4);
}

async fn people_are_kept(store: &dyn Whole) {
    let (ana, luis) = (person("ana@example.test"), person("luis@example.test"));
    assert_eq!(store.person(&ana.login).await.unwrap(), None);
    store.put_person(&luis).await.unwrap();
    store.put_person(&ana).await.unwrap();
    assert_eq!(store.people().await.unwrap(), [ana.clone(), luis.clone()]);
    let now = Person { part: Part::SystemManager, enabled: false, seen: Some(at(7)), ..luis };
    store.put_person(&now).await.unwrap();
    assert_eq!(store.person(&now.login).await.unwrap(), Some(now.clone()));
    assert_eq!(store.people().await.unwrap(), [ana, now.clone()]);
    // Who logs in while they are shut out stays so.
    store.note_seen(&now.login, at(9)).await.unwrap();
    store.note_seen("nobody@example.test", at(9)).await.unwrap();
    let seen = Person { seen: Some(at(9)), ..now };
    assert_eq!(store.person(&seen.login).await.unwrap(), Some(seen));
    assert_eq!(store.people().await.unwrap().len(), 2);
}

async fn sessions_end_for_good(store: &dyn Whole) {
    let login = "ana@example.test";
    for digest in ["s1", "s2", "s3"] {
        store.put_session(&session(digest, login, at(60))).await.unwrap();
    }
    store.put_session(&session("s4", "luis@example.test", at(60))).await.unwrap();
    let kept = session("s1", login, at(60));
    assert_eq!(store.session("s1", at(59)).await.unwrap(), Some(kept.clone()));
    assert_eq!(store.session("s1", at(60)).await.unwrap(), None, "at the moment of its end it is over");
    let longer = Session { expires: at(100), ..kept };
    store.put_session(&longer).await.unwrap();
    assert_eq!(store.session("s1", at(60)).await.unwrap(), Some(longer.clone()));

    store.end_session("s1").await.unwrap();
    store.end_session("never there").await.unwrap();
    assert_eq!(store.session("s1", at(0)).await.unwrap(), None);
    // A request that was under way when it ended does not bring it back.
    store.put_session(&longer).await.unwrap();
    assert_eq!(store.session("s1", at(0)).await.unwrap(), None);

    store.end_sessions_of(login, Some("s3")).await.unwrap();
    assert_eq!(store.session("s2", at(0)).await.unwrap(), None);
    assert!(store.session("s3", at(0)).await.unwrap().is_some());
    assert!(store.session("s4", at(0)).await.unwrap().is_some());
    store.end_sessions_of("luis@example.test", None).await.unwrap();
    assert_eq!(store.session("s4", at(0)).await.unwrap(), None);
}

async fn tokens_are_removed_for_good(store: &dyn Whole) {
    let (one, two) = (token("t1", "ana@example.test", at(1)), token("t2", "luis@example.test", at(2)));
    store.put_token(&one).await.unwrap();
    store.put_token(&two).await.unwrap();
    assert_eq!(store.tokens(None).await.unwrap(), [two.clone(), one.clone()]);
    assert_eq!(store.tokens(Some("ana@example.test")).await.unwrap(), std::slice::from_ref(&one));
    assert_eq!(store.token("digest of t2").await.unwrap(), Some(two));
    assert_eq!(store.token("t2").await.unwrap(), None);
    let used = ApiToken { used: Some(at(8)), scopes: [Right::Read].into(), expires: None, ..one };
    store.put_token(&used).await.unwrap();
    assert_eq!(store.token("digest of t1").await.unwrap(), Some(used.clone()));
    store.note_used("t1", at(20)).await.unwrap();
    assert_eq!(store.token("digest of t1").await.unwrap(), Some(ApiToken { used: Some(at(20)), ..used }));

    let gone = token("t3", "ana@example.test", at(3));
    store.put_token(&gone).await.unwrap();
    store.remove_token("t3").await.unwrap();
    store.remove_token("never there").await.unwrap();
    store.put_token(&ApiToken { used: Some(at(9)), ..gone }).await.unwrap();
    store.note_used("t3", at(9)).await.unwrap();
    assert_eq!(store.token("digest of t3").await.unwrap(), None);
    assert_eq!(store.tokens(None).await.unwrap().len(), 2);
}

async fn who_is_removed_leaves_only_what_they_did(store: &dyn Whole) {
    let login = "eva@example.test";
    store.put_person(&person(login)).await.unwrap();
    store.put_session(&session("s9", login, at(60))).await.unwrap();
    store.put_token(&token("t9", login, at(9))).await.unwrap();
    store.record(&entry(login, "report.upload", "file f1")).await.unwrap();
    store.remove_person(login).await.unwrap();
    store.remove_person("nobody@example.test").await.unwrap();
    assert_eq!(store.person(login).await.unwrap(), None);
    assert_eq!(store.session("s9", at(0)).await.unwrap(), None);
    assert_eq!(store.token("digest of t9").await.unwrap(), None);
    assert_eq!(store.tokens(Some(login)).await.unwrap(), []);
}

async fn what_was_done_is_told(store: &dyn Whole) {
    store.record(&entry("ana@example.test", "conflict.resolve", "conflict 3f9a")).await.unwrap();
    store.record(&entry("token t1", "conflict_%", "conflict 3f9a")).await.unwrap();
    store.record(&entry("ana@example.test", "settings.change", "settings")).await.unwrap();
    let any = AuditFilter::default();
    let all = store.audit(&any, None, 9).await.unwrap();
    let actions: Vec<&str> = all.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["settings.change", "conflict_%", "conflict.resolve", "report.upload"]);
    assert!(all.windows(2).all(|pair| pair[0].sequence > pair[1].sequence));
    let kept =
        AuditEntry { sequence: all[3].sequence, ..entry("eva@example.test", "report.upload", "file f1") };
    assert_eq!(all[3], kept);

    assert_eq!(store.audit(&any, None, 2).await.unwrap(), all[..2]);
    assert_eq!(store.audit(&any, Some(all[1].sequence), 2).await.unwrap(), all[2..]);
    assert_eq!(store.audit(&any, Some(all[3].sequence), 2).await.unwrap(), []);
    let who = AuditFilter { who: Some("ana@example.test".to_owned()), ..any.clone() };
    assert_eq!(store.audit(&who, Some(all[0].sequence), 9).await.unwrap(), all[2..3]);
    let object = AuditFilter { object: Some("conflict 3f9a".to_owned()), ..any.clone() };
    assert_eq!(store.audit(&object, None, 9).await.unwrap(), all[1..3]);
    for (action, expected) in [("conflict.", &all[2..3]), ("conflict_", &all[1..2]), ("onflict", &[])] {
        let action = AuditFilter { action: Some(action.to_owned()), ..any.clone() };
        assert_eq!(store.audit(&action, None, 9).await.unwrap(), expected);
    }
}

/// At a second of the story, where a reservation is over after a minute.
async fn reserve(store: &dyn Whole, caller: &str, key: &str, second: i64) -> Reserved {
    let stale = at(second - 60);
    store.reserve_answer(caller, key, "digest", at(second), stale).await.unwrap()
}

async fn the_first_answer_stays(store: &dyn Whole) {
    assert_eq!(reserve(store, "ana", "k1", 1).await, Reserved::Now);
    assert_eq!(reserve(store, "ana", "k1", 2).await, Reserved::Underway, "one works on it");
    assert_eq!(reserve(store, "luis", "k1", 2).await, Reserved::Now, "another's key is another");
    store.give_answer("ana", "k1", &answer("first"), at(3)).await.unwrap();
    store.give_answer("ana", "k1", &answer("second"), at(4)).await.unwrap();
    store.release_answer("ana", "k1").await.unwrap();
    assert_eq!(reserve(store, "ana", "k1", 5).await, Reserved::Given(answer("first")));
    // A refusal is no answer, and who died gives none.
    store.release_answer("luis", "k1").await.unwrap();
    assert_eq!(reserve(store, "luis", "k1", 6).await, Reserved::Now);
    assert_eq!(reserve(store, "luis", "k1", 66).await, Reserved::Underway);
    assert_eq!(reserve(store, "luis", "k1", 67).await, Reserved::Now);
    store.give_answer("luis", "k1", &answer("another's"), at(68)).await.unwrap();
    assert_eq!(reserve(store, "luis", "k1", 69).await, Reserved::Given(answer("another's")));
}
