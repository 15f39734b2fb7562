-- What people look up, answered without reading what is long: shadows, events, rows of reports.

-- The log, in its own order, with what it is searched by. Lines are added at its end, so that it costs little.
ALTER TABLE log ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE log ADD COLUMN words TEXT NOT NULL DEFAULT '';  -- the texts in the event, one a line
UPDATE log SET kind = event ->> 'event',
    words = COALESCE((SELECT group_concat(atom, char(10)) FROM json_tree(event) WHERE type = 'text'), '')
    WHERE json_valid(event);
CREATE INDEX log_sought ON log (sequence, run, kind, words);

-- Where units stand, counted by one pass over an index in the order of the groups.
CREATE INDEX staged_standing ON staged (mapping, state, verdict, attempts);
ALTER TABLE staged ADD COLUMN code TEXT
    AS (CASE WHEN json_valid(failures) THEN failures ->> '$[0].code' END) VIRTUAL;
CREATE INDEX staged_failed ON staged (order_key, mapping, unit, code) WHERE verdict = 'failed';

DROP INDEX conflict_by_state;
CREATE INDEX conflict_by_state ON conflict (state, met, mapping);

-- The journal by the record it is about, and by the record that was written.
ALTER TABLE intent ADD COLUMN subject_id TEXT
    AS (CASE WHEN json_valid(body) THEN body ->> '$.subject.id' END) VIRTUAL;
ALTER TABLE intent ADD COLUMN target_id TEXT
    AS (CASE WHEN json_valid(body) THEN body ->> '$.target.id' END) VIRTUAL;
CREATE INDEX intent_by_subject ON intent (subject_id);
CREATE INDEX intent_by_target ON intent (target_id) WHERE target_id IS NOT NULL;

-- What ties are searched by: short rows, in the order in which ties are written.
CREATE TABLE tie_text (
    mapping        TEXT NOT NULL,
    subject_system TEXT NOT NULL,
    subject_kind   TEXT NOT NULL,
    subject_id     TEXT NOT NULL,
    role           TEXT NOT NULL,
    document_id    TEXT NOT NULL,
    words          TEXT NOT NULL,        -- the texts and numbers of the shadow, one a line
    PRIMARY KEY (mapping, subject_id, subject_kind, subject_system, role)
) STRICT, WITHOUT ROWID;
INSERT INTO tie_text (mapping, subject_system, subject_kind, subject_id, role, document_id, words)
SELECT mapping, subject_system, subject_kind, subject_id, role, document_id,
    COALESCE((SELECT group_concat(atom, char(10)) FROM json_tree(fields)
        WHERE type IN ('text', 'integer') AND key NOT IN ('type', 'system', 'kind', 'name')), '')
FROM tie WHERE json_valid(fields);

-- Findings: one index holds all that they are narrowed, sorted and counted by, another what they are searched by.
DROP INDEX finding_in_order;
CREATE INDEX finding_in_order ON finding (company, broker, kind, member_id, id, state, review, first_seen,
    last_seen, salesorder_no, first_run, last_run);
ALTER TABLE finding ADD COLUMN words TEXT NOT NULL DEFAULT '';  -- member, order and parameters, one a line
UPDATE finding SET words = member_id || char(10) || COALESCE(salesorder_no, '') || char(10)
    || COALESCE((SELECT group_concat(value, char(10)) FROM json_each(parameters)), '')
    WHERE json_valid(parameters);
ALTER TABLE finding ADD COLUMN sought TEXT AS (words || char(10) || description) VIRTUAL;
CREATE INDEX finding_sought ON finding (sought);
