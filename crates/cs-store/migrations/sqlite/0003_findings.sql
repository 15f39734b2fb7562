-- Reports that were loaded, and the findings that people review (spec/RECONCILIATION.md, "Findings").

CREATE TABLE report (
    sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    company  TEXT NOT NULL,
    broker   TEXT NOT NULL,
    run      TEXT NOT NULL,
    as_of    TEXT NOT NULL,
    file     TEXT NOT NULL,
    digest   TEXT NOT NULL,
    profile  TEXT NOT NULL,
    totals   TEXT NOT NULL,
    approved TEXT NOT NULL
) STRICT;
CREATE INDEX report_by_book ON report (company, broker, sequence);

CREATE TABLE finding (
    id            TEXT NOT NULL UNIQUE,
    company       TEXT NOT NULL,
    broker        TEXT NOT NULL,
    kind          TEXT NOT NULL,
    member_id     TEXT NOT NULL,
    message       TEXT NOT NULL,   -- the key in the catalogues
    parameters    TEXT NOT NULL,
    salesorder_no TEXT,
    issuer        TEXT,
    place         TEXT,            -- [sheet, line]
    source        TEXT NOT NULL,   -- [[header, cell], ...]
    premium       TEXT,
    state         TEXT NOT NULL CHECK (state IN ('open', 'closed')),
    first_seen    TEXT NOT NULL,   -- days of reports
    first_run     TEXT NOT NULL,
    last_seen     TEXT NOT NULL,
    last_run      TEXT NOT NULL,
    review        TEXT NOT NULL,
    description   TEXT NOT NULL
) STRICT;
CREATE INDEX finding_in_order ON finding (company, broker, kind, member_id, id, state);

-- What happened after a finding was first seen.
CREATE TABLE finding_event (
    sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    finding  TEXT NOT NULL,
    at       TEXT NOT NULL,
    run      TEXT,
    change   TEXT NOT NULL
) STRICT;
CREATE INDEX finding_event_by_finding ON finding_event (finding, sequence);
