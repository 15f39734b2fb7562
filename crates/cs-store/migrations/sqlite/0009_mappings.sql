-- Mappings that people make: one draft each at most, and the versions that were published.
-- A draft that was dropped or published keeps its row without a text, so that revisions only ever grow.
CREATE TABLE mapping_draft (
    mapping TEXT NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL,
    text TEXT,
    rejected TEXT NOT NULL, -- JSON: a list of texts
    base INTEGER,
    who TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;
CREATE TABLE mapping_version (
    mapping TEXT NOT NULL,
    number INTEGER NOT NULL,
    text TEXT NOT NULL,
    who TEXT NOT NULL,
    at TEXT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (mapping, number)
) STRICT, WITHOUT ROWID;
