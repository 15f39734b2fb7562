-- What both directions need: units that are due without a known version, revisions, standing conflicts, ties that were
-- given up, the journal of a run.

-- `version` may be NULL now, which SQLite cannot say of a table that is there.
CREATE TABLE staged_2 (
    mapping       TEXT NOT NULL,
    unit          TEXT NOT NULL,
    order_key     TEXT NOT NULL,   -- order.rs: numbers in ids sort as numbers; unique within a unit
    system        TEXT NOT NULL,
    kind          TEXT NOT NULL,
    id            TEXT NOT NULL,
    version       TEXT,            -- the version last seen; NULL: only the other side was seen
    state         TEXT NOT NULL CHECK (state IN ('waiting', 'parked', 'done')),
    not_before    TEXT,
    attempts      INTEGER NOT NULL,
    revision      INTEGER NOT NULL, -- one higher each time the unit is made due
    -- what the last conclusion said, kept until the next one
    run           TEXT,
    seen_version  TEXT,
    seen_revision INTEGER,
    verdict       TEXT,
    failures      TEXT,
    trouble       INTEGER,         -- ascending in the order of the conclusions; NULL: no trouble
    PRIMARY KEY (mapping, unit, order_key)
) STRICT, WITHOUT ROWID;
INSERT INTO staged_2 (mapping, unit, order_key, system, kind, id, version, state, not_before, attempts, revision,
    run, seen_version, seen_revision, verdict, failures, trouble)
SELECT mapping, unit, order_key, system, kind, id, version, state, not_before, attempts, 1,
    run, seen_version, CASE WHEN run IS NOT NULL THEN 1 END, verdict, failures, trouble FROM staged;
DROP TABLE staged;
ALTER TABLE staged_2 RENAME TO staged;
-- Few units wait at any time, so that a million that are done cost neither `due` nor `count_due` anything.
CREATE INDEX staged_waiting ON staged (mapping, unit, order_key, not_before) WHERE state = 'waiting';
CREATE INDEX staged_troubled ON staged (trouble) WHERE trouble IS NOT NULL;

ALTER TABLE tie ADD COLUMN standing TEXT NOT NULL DEFAULT 'live' CHECK (standing IN ('live', 'given_up'));
-- Kept with every change of ties, because each run asks for it and counting would walk all of them.
CREATE TABLE linked (
    mapping TEXT NOT NULL PRIMARY KEY,
    records INTEGER NOT NULL        -- with at least one live tie
) STRICT, WITHOUT ROWID;
INSERT INTO linked (mapping, records)
SELECT mapping, COUNT(*) FROM (SELECT DISTINCT mapping, subject_id, subject_kind, subject_system FROM tie)
GROUP BY mapping;

CREATE INDEX intent_by_run ON intent (run);

CREATE TABLE conflict (
    id             TEXT NOT NULL PRIMARY KEY,
    mapping        TEXT NOT NULL,
    unit           TEXT NOT NULL,
    subject_system TEXT NOT NULL,
    subject_kind   TEXT NOT NULL,
    subject_id     TEXT NOT NULL,
    role           TEXT NOT NULL,
    code           TEXT NOT NULL,
    field          TEXT,              -- NULL: it is about no single field
    body           TEXT NOT NULL,
    edits          TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('open', 'resolved', 'applied', 'closed')),
    resolution     TEXT,
    first_run      TEXT NOT NULL,
    last_run       TEXT NOT NULL,
    met            INTEGER NOT NULL,  -- ascending in the order in which conflicts were met last
    CHECK ((resolution IS NOT NULL) = (state IN ('resolved', 'applied')))
) STRICT;
CREATE INDEX conflict_by_subject ON conflict (subject_id, subject_kind, subject_system);
CREATE INDEX conflict_by_meeting ON conflict (met);
CREATE INDEX conflict_by_state ON conflict (state, met);
