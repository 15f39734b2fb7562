-- Mappings that do not run, until somebody takes that back.
CREATE TABLE mapping_retired (
    mapping TEXT NOT NULL PRIMARY KEY,
    who TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
