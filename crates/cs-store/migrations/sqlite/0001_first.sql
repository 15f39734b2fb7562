-- Times are RFC 3339 in UTC with six places, so that the order of the texts is the order of the times.
-- Bodies (runs, intents, fields, failures, events) are JSON as cs-domain spells it.

CREATE TABLE lease (
    name   TEXT NOT NULL PRIMARY KEY,
    holder TEXT,              -- NULL: given back
    until  TEXT NOT NULL,
    token  INTEGER NOT NULL   -- outlives every holder: a row is never deleted
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
    id      TEXT NOT NULL PRIMARY KEY,
    started TEXT NOT NULL,
    body    TEXT NOT NULL
) STRICT;
CREATE INDEX run_by_start ON run (started, id);

CREATE TABLE feed_cursor (
    mapping  TEXT NOT NULL,
    unit     TEXT NOT NULL,
    system   TEXT NOT NULL,
    kind     TEXT NOT NULL,
    position TEXT NOT NULL,
    PRIMARY KEY (mapping, unit, system, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE staged (
    mapping      TEXT NOT NULL,
    unit         TEXT NOT NULL,
    order_key    TEXT NOT NULL,   -- order.rs: numbers in ids sort as numbers; unique within a unit
    system       TEXT NOT NULL,
    kind         TEXT NOT NULL,
    id           TEXT NOT NULL,
    version      TEXT NOT NULL,   -- the version last seen
    state        TEXT NOT NULL CHECK (state IN ('waiting', 'parked', 'done')),
    not_before   TEXT,
    attempts     INTEGER NOT NULL,
    -- what the last conclusion said, kept until the next one
    run          TEXT,
    seen_version TEXT,
    verdict      TEXT,
    failures     TEXT,
    trouble      INTEGER,         -- ascending in the order of the conclusions; NULL: no trouble
    PRIMARY KEY (mapping, unit, order_key)
) STRICT, WITHOUT ROWID;
-- Few units wait at any time, so that a million that are done cost neither `due` nor `count_due` anything.
CREATE INDEX staged_waiting ON staged (mapping, unit, order_key, not_before) WHERE state = 'waiting';
CREATE INDEX staged_troubled ON staged (trouble) WHERE trouble IS NOT NULL;

CREATE TABLE tie (
    mapping         TEXT NOT NULL,
    unit            TEXT NOT NULL,
    subject_system  TEXT NOT NULL,
    subject_kind    TEXT NOT NULL,
    subject_id      TEXT NOT NULL,
    role            TEXT NOT NULL,
    document_system TEXT NOT NULL,
    document_kind   TEXT NOT NULL,
    document_id     TEXT NOT NULL,
    origin          TEXT NOT NULL CHECK (origin IN ('created', 'adopted', 'chosen')),
    fields          TEXT NOT NULL,
    vtiger_version  TEXT,
    frappe_version  TEXT,
    -- one document for a record and a role (cs_domain::Link)
    PRIMARY KEY (mapping, subject_id, subject_kind, subject_system, role)
) STRICT;
CREATE INDEX tie_by_document ON tie (mapping, document_id, document_kind, document_system);

CREATE TABLE intent (
    sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id       TEXT NOT NULL UNIQUE,
    mapping  TEXT NOT NULL,
    run      TEXT NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('open', 'settled', 'dropped')),
    body     TEXT NOT NULL
) STRICT;
CREATE INDEX intent_open ON intent (mapping) WHERE state = 'open';

CREATE TABLE log (
    sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at       TEXT NOT NULL,
    run      TEXT NOT NULL,
    event    TEXT NOT NULL
) STRICT;
CREATE INDEX log_by_run ON log (run);
