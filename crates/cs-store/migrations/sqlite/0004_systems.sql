-- Which VTiger and which Frappe the store belongs to, as noted at its first run.
CREATE TABLE system (
    name TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL           -- JSON: address, first records, time zone
) STRICT, WITHOUT ROWID;
