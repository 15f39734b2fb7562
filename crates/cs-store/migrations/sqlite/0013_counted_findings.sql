-- A hundred thousand findings: what is open is counted without looking at any, and a list sorted by days, or searched, is one
-- walk along one index.

-- How many findings are alike, kept by triggers with every change of a finding.
CREATE TABLE finding_count (
    state    TEXT NOT NULL,
    review   TEXT NOT NULL,
    kind     TEXT NOT NULL,
    company  TEXT NOT NULL,
    broker   TEXT NOT NULL,
    findings INTEGER NOT NULL,
    PRIMARY KEY (state, review, kind, company, broker)
) STRICT, WITHOUT ROWID;
INSERT INTO finding_count (state, review, kind, company, broker, findings)
SELECT state, review, kind, company, broker, COUNT(*) FROM finding GROUP BY state, review, kind, company, broker;
CREATE TRIGGER finding_counted AFTER INSERT ON finding BEGIN
    INSERT INTO finding_count (state, review, kind, company, broker, findings)
    VALUES (NEW.state, NEW.review, NEW.kind, NEW.company, NEW.broker, 1)
    ON CONFLICT (state, review, kind, company, broker) DO UPDATE SET findings = findings + 1;
END;
CREATE TRIGGER finding_counted_anew AFTER UPDATE OF state, review, kind, company, broker ON finding
WHEN (OLD.state, OLD.review, OLD.kind, OLD.company, OLD.broker)
    IS NOT (NEW.state, NEW.review, NEW.kind, NEW.company, NEW.broker) BEGIN
    UPDATE finding_count SET findings = findings - 1 WHERE state = OLD.state AND review = OLD.review
        AND kind = OLD.kind AND company = OLD.company AND broker = OLD.broker;
    INSERT INTO finding_count (state, review, kind, company, broker, findings)
    VALUES (NEW.state, NEW.review, NEW.kind, NEW.company, NEW.broker, 1)
    ON CONFLICT (state, review, kind, company, broker) DO UPDATE SET findings = findings + 1;
END;
CREATE TRIGGER finding_not_counted AFTER DELETE ON finding BEGIN
    UPDATE finding_count SET findings = findings - 1 WHERE state = OLD.state AND review = OLD.review
        AND kind = OLD.kind AND company = OLD.company AND broker = OLD.broker;
END;

-- All that findings are narrowed, sorted and searched by. Not a computed column for the text: an index on one does not spare
-- reading the row.
DROP INDEX finding_sought;
ALTER TABLE finding DROP COLUMN sought;
DROP INDEX finding_in_order;
CREATE INDEX finding_in_order ON finding (company, broker, kind, member_id, id, state, review, first_seen,
    last_seen, salesorder_no, first_run, last_run, words, description);
-- In the orders that people follow: what is new, and what was last reported.
CREATE INDEX finding_by_first_seen ON finding (first_seen, company, broker, kind, member_id, id, state, review);
CREATE INDEX finding_by_last_seen ON finding (last_seen, company, broker, kind, member_id, id, state, review,
    first_seen);
