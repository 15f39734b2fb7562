-- What the two systems said of their kinds: every state that was seen, with when it was seen first and last.
CREATE TABLE schema_sight (
    id INTEGER PRIMARY KEY,
    system TEXT NOT NULL,
    kind TEXT NOT NULL,
    since TEXT NOT NULL,
    looked TEXT NOT NULL,
    body TEXT
) STRICT;
CREATE INDEX schema_sight_by_kind ON schema_sight (system, kind, id);
CREATE TABLE kinds_seen (
    system TEXT NOT NULL PRIMARY KEY,
    at TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
-- What each kind was when a mapping last ran without a change of it.
CREATE TABLE relied_on (
    mapping TEXT NOT NULL,
    system TEXT NOT NULL,
    kind TEXT NOT NULL,
    at TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (mapping, system, kind)
) STRICT, WITHOUT ROWID;
-- Pairs of record and document that may be one and the same, and what people said of them.
CREATE TABLE proposal (
    id INTEGER PRIMARY KEY,
    mapping TEXT NOT NULL,
    unit TEXT NOT NULL,
    role TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    document_kind TEXT NOT NULL,
    document_id TEXT NOT NULL,
    score INTEGER NOT NULL,
    reasons TEXT NOT NULL,
    decision TEXT,
    who TEXT,
    at TEXT NOT NULL,
    UNIQUE (mapping, unit, role, subject_id, document_id)
) STRICT;
CREATE INDEX proposal_in_order ON proposal (mapping, score DESC, id);
CREATE INDEX proposal_decided ON proposal (mapping, subject_id) WHERE decision IS NOT NULL;
