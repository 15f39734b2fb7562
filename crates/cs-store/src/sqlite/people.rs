//! People, their sessions and tokens in SQLite.

use async_trait::async_trait;
use cs_ports::{
    ApiToken, AuditEntry, AuditFilter, GivenAnswer, PeopleStore, Person, Reserved, Session, StoreError,
};
use jiff::Timestamp;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Sqlite, query::Query};

use super::{SqliteStore, audit, column, commit, from_json, to_json};
use crate::error::database;
use crate::people::sql;
use crate::stamp;
use crate::word::Word;

/// A statement with its values.
type Statement<'q> = Query<'q, Sqlite, SqliteArguments>;

impl SqliteStore {
    /// Does these statements and nothing else in one transaction.
    async fn change(
        &self,
        operation: &'static str,
        statements: Vec<Statement<'_>>,
    ) -> Result<(), StoreError> {
        let mut writing = self.write(operation).await?;
        for statement in statements {
            statement.execute(&mut *writing).await.map_err(database(operation))?;
        }
        commit(writing, operation).await
    }

    /// The row that a statement finds.
    async fn look_up(
        &self,
        operation: &'static str,
        statement: Statement<'_>,
    ) -> Result<Option<SqliteRow>, StoreError> {
        statement.fetch_optional(&self.pools.readers).await.map_err(database(operation))
    }
}

#[async_trait]
impl PeopleStore for SqliteStore {
    async fn people(&self) -> Result<Vec<Person>, StoreError> {
        let rows = sqlx::query(sql::PEOPLE).fetch_all(&self.pools.readers).await;
        rows.map_err(database("read the people"))?.iter().map(person).collect()
    }

    async fn person(&self, login: &str) -> Result<Option<Person>, StoreError> {
        let row = self.look_up("read a person", sqlx::query(sql::PERSON).bind(login)).await?;
        row.as_ref().map(person).transpose()
    }

    async fn put_person(&self, person: &Person) -> Result<(), StoreError> {
        let statement = sqlx::query(sql::PUT_PERSON)
            .bind(&person.login)
            .bind(&person.name)
            .bind(person.part.word())
            .bind(&person.language)
            .bind(&person.password)
            .bind(person.enabled)
            .bind(stamp::write(person.created))
            .bind(person.seen.map(stamp::write));
        self.change("write down a person", vec![statement]).await
    }

    async fn remove_person(&self, login: &str) -> Result<(), StoreError> {
        let statements = vec![
            sqlx::query(sql::REMOVE_PERSON).bind(login),
            sqlx::query(sql::END_SESSIONS_OF).bind(login).bind(None::<String>),
            sqlx::query(sql::REMOVE_TOKENS_OF).bind(login),
        ];
        self.change("remove a person", statements).await
    }

    async fn put_session(&self, session: &Session) -> Result<(), StoreError> {
        let statement = sqlx::query(sql::PUT_SESSION)
            .bind(&session.digest)
            .bind(&session.login)
            .bind(&session.csrf)
            .bind(stamp::write(session.created))
            .bind(stamp::write(session.expires));
        self.change("keep a session", vec![statement]).await
    }

    async fn session(&self, digest: &str, now: Timestamp) -> Result<Option<Session>, StoreError> {
        let statement = sqlx::query(sql::SESSION).bind(digest).bind(stamp::write(now));
        let row = self.look_up("read a session", statement).await?;
        row.as_ref().map(session).transpose()
    }

    async fn end_session(&self, digest: &str) -> Result<(), StoreError> {
        self.change("end a session", vec![sqlx::query(sql::END_SESSION).bind(digest)]).await
    }

    async fn end_sessions_of(&self, login: &str, but: Option<&str>) -> Result<(), StoreError> {
        let statement = sqlx::query(sql::END_SESSIONS_OF).bind(login).bind(but);
        self.change("end sessions", vec![statement]).await
    }

    async fn tokens(&self, login: Option<&str>) -> Result<Vec<ApiToken>, StoreError> {
        let rows = sqlx::query(sql::TOKENS).bind(login).fetch_all(&self.pools.readers).await;
        rows.map_err(database("read the tokens"))?.iter().map(token).collect()
    }

    async fn token(&self, digest: &str) -> Result<Option<ApiToken>, StoreError> {
        let row = self.look_up("read a token", sqlx::query(sql::TOKEN).bind(digest)).await?;
        row.as_ref().map(token).transpose()
    }

    async fn put_token(&self, token: &ApiToken) -> Result<(), StoreError> {
        const OPERATION: &str = "keep a token";
        let statement = sqlx::query(sql::PUT_TOKEN)
            .bind(&token.id)
            .bind(&token.login)
            .bind(&token.label)
            .bind(&token.digest)
            .bind(to_json(OPERATION, &token.scopes)?)
            .bind(stamp::write(token.created))
            .bind(token.expires.map(stamp::write))
            .bind(token.used.map(stamp::write));
        self.change(OPERATION, vec![statement]).await
    }

    async fn remove_token(&self, id: &str) -> Result<(), StoreError> {
        self.change("remove a token", vec![sqlx::query(sql::REMOVE_TOKEN).bind(id)]).await
    }

    async fn record(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        const OPERATION: &str = "add to the audit log";
        let statement = sqlx::query(sql::RECORD)
            .bind(stamp::write(entry.at))
            .bind(&entry.who)
            .bind(&entry.action)
            .bind(&entry.object)
            .bind(to_json(OPERATION, &entry.before)?)
            .bind(to_json(OPERATION, &entry.after)?);
        self.change(OPERATION, vec![statement]).await
    }

    async fn audit(
        &self,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        audit::page(self, filter, before, limit).await
    }

    async fn note_seen(&self, login: &str, at: Timestamp) -> Result<(), StoreError> {
        let statement = sqlx::query(sql::NOTE_SEEN).bind(login).bind(stamp::write(at));
        self.change("note that somebody was seen", vec![statement]).await
    }

    async fn note_used(&self, token: &str, at: Timestamp) -> Result<(), StoreError> {
        let statement = sqlx::query(sql::NOTE_USED).bind(token).bind(stamp::write(at));
        self.change("note that a token was used", vec![statement]).await
    }

    async fn reserve_answer(
        &self,
        caller: &str,
        key: &str,
        request: &str,
        at: Timestamp,
        stale: Timestamp,
    ) -> Result<Reserved, StoreError> {
        const OPERATION: &str = "reserve an answer";
        let mut writing = self.write(OPERATION).await?;
        let reserved = sqlx::query(sql::RESERVE_ANSWER)
            .bind(caller)
            .bind(key)
            .bind(request)
            .bind(stamp::write(at))
            .bind(stamp::write(stale))
            .execute(&mut *writing)
            .await
            .map_err(database(OPERATION))?;
        let found = sqlx::query(sql::GIVEN_ANSWER).bind(caller).bind(key).fetch_one(&mut *writing).await;
        let given = answer(&found.map_err(database(OPERATION))?)?;
        commit(writing, OPERATION).await?;
        Ok(match (reserved.rows_affected(), given.status) {
            (1.., _) => Reserved::Now,
            (0, 0) => Reserved::Underway,
            (0, _) => Reserved::Given(given),
        })
    }

    async fn release_answer(&self, caller: &str, key: &str) -> Result<(), StoreError> {
        let statement = sqlx::query(sql::RELEASE_ANSWER).bind(caller).bind(key);
        self.change("give a reservation up", vec![statement]).await
    }

    async fn give_answer(
        &self,
        caller: &str,
        key: &str,
        answer: &GivenAnswer,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let statement = sqlx::query(sql::GIVE_ANSWER)
            .bind(caller)
            .bind(key)
            .bind(&answer.request)
            .bind(answer.status)
            .bind(&answer.body)
            .bind(stamp::write(at));
        self.change("keep an answer", vec![statement]).await
    }
}

fn answer(row: &SqliteRow) -> Result<GivenAnswer, StoreError> {
    Ok(GivenAnswer {
        request: column(row, "request")?,
        status: column(row, "status")?,
        body: column(row, "body")?,
    })
}

fn person(row: &SqliteRow) -> Result<Person, StoreError> {
    Ok(Person {
        login: column(row, "login")?,
        name: column(row, "name")?,
        part: Word::read(column(row, "part")?)?,
        language: column(row, "language")?,
        password: column(row, "password")?,
        enabled: column(row, "enabled")?,
        created: time(row, "created")?,
        seen: maybe_time(row, "seen")?,
    })
}

fn session(row: &SqliteRow) -> Result<Session, StoreError> {
    Ok(Session {
        digest: column(row, "digest")?,
        login: column(row, "login")?,
        csrf: column(row, "csrf")?,
        created: time(row, "created")?,
        expires: time(row, "expires")?,
    })
}

fn token(row: &SqliteRow) -> Result<ApiToken, StoreError> {
    Ok(ApiToken {
        id: column(row, "id")?,
        login: column(row, "login")?,
        label: column(row, "label")?,
        digest: column(row, "digest")?,
        scopes: from_json("token", column(row, "scopes")?)?,
        created: time(row, "created")?,
        expires: maybe_time(row, "expires")?,
        used: maybe_time(row, "used")?,
    })
}

fn time(row: &SqliteRow, name: &'static str) -> Result<Timestamp, StoreError> {
    stamp::read(column(row, name)?)
}

fn maybe_time(row: &SqliteRow, name: &'static str) -> Result<Option<Timestamp>, StoreError> {
    column::<Option<&str>>(row, name)?.map(stamp::read).transpose()
}
