-- What the service remembers: tasks, plans of dry runs, schedules, uploaded files, settings and secrets; people.

CREATE TABLE task (
    id       TEXT NOT NULL PRIMARY KEY,  -- sorts by the time it was asked for
    title    TEXT NOT NULL,
    kind     TEXT NOT NULL,
    lane     TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    status   TEXT NOT NULL,
    cancel   INTEGER NOT NULL,           -- what people say; never what a worker says
    ended    TEXT,
    work     TEXT NOT NULL,
    body     TEXT NOT NULL               -- the rest
) STRICT;
CREATE INDEX task_by_status ON task (status, id);
CREATE INDEX task_by_lane ON task (lane, id);

CREATE TABLE plan (
    sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    task     TEXT NOT NULL,
    writing  INTEGER NOT NULL,           -- 1: it would write or ask
    body     TEXT NOT NULL
) STRICT;
CREATE INDEX plan_by_task ON plan (task, sequence);
CREATE INDEX plan_writing ON plan (task, sequence) WHERE writing = 1;

CREATE TABLE schedule (
    name             TEXT NOT NULL PRIMARY KEY,
    work             TEXT NOT NULL,
    cron             TEXT NOT NULL,
    enabled          INTEGER NOT NULL,
    catch_up         TEXT NOT NULL CHECK (catch_up IN ('once', 'skip')),
    time_limit       INTEGER NOT NULL,
    attempts_allowed INTEGER NOT NULL,
    seen             TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE file (
    id      TEXT NOT NULL PRIMARY KEY,
    name    TEXT NOT NULL,
    size    INTEGER NOT NULL,
    by      TEXT NOT NULL,
    at      TEXT NOT NULL,
    content BLOB NOT NULL
) STRICT;

CREATE TABLE settings (
    one      INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    revision INTEGER NOT NULL,
    text     TEXT NOT NULL
) STRICT;

CREATE TABLE secret (
    name   TEXT NOT NULL PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- What runs are looked up by. One index holds all of it, so that a rare status is found without reading the bodies.
ALTER TABLE run ADD COLUMN mapping TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN status TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN ended TEXT;
UPDATE run SET mapping = body ->> 'mapping', status = body ->> 'status',
    ended = strftime('%Y-%m-%dT%H:%M:%f000Z', body ->> 'ended') WHERE json_valid(body);
DROP INDEX run_by_start;
CREATE INDEX run_by_start ON run (started, id, mapping, status);

-- People and what they did.

CREATE TABLE person (
    login    TEXT NOT NULL PRIMARY KEY,
    name     TEXT NOT NULL,
    part     TEXT NOT NULL,
    language TEXT NOT NULL,
    password TEXT NOT NULL,              -- an Argon2id string
    enabled  INTEGER NOT NULL,
    created  TEXT NOT NULL,
    seen     TEXT
) STRICT, WITHOUT ROWID;

-- A session or token that was ended stays, so that a request under way, which still holds it, cannot bring it back.
CREATE TABLE session (
    digest  TEXT NOT NULL PRIMARY KEY,   -- of the cookie's secret
    login   TEXT NOT NULL,
    csrf    TEXT NOT NULL,
    created TEXT NOT NULL,
    expires TEXT NOT NULL,
    ended   INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_login ON session (login);

CREATE TABLE api_token (
    id      TEXT NOT NULL PRIMARY KEY,
    login   TEXT NOT NULL,
    label   TEXT NOT NULL,
    digest  TEXT NOT NULL UNIQUE,        -- of its secret
    scopes  TEXT NOT NULL,
    created TEXT NOT NULL,
    expires TEXT,
    used    TEXT,
    removed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX api_token_by_login ON api_token (login);

CREATE TABLE audit (
    sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at       TEXT NOT NULL,
    who      TEXT NOT NULL,
    action   TEXT NOT NULL,
    object   TEXT NOT NULL,
    before   TEXT NOT NULL,
    after    TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_who ON audit (who);
CREATE INDEX audit_by_object ON audit (object);

CREATE TABLE given_answer (
    caller  TEXT NOT NULL,
    key     TEXT NOT NULL,
    request TEXT NOT NULL,               -- a digest
    status  INTEGER NOT NULL,
    body    TEXT NOT NULL,
    at      TEXT NOT NULL,
    PRIMARY KEY (caller, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX given_answer_by_time ON given_answer (at);
