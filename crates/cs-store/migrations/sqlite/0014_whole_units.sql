-- Whether a run has ever found or left the unit with nothing missing. Of those that are there nobody knows: they count as whole,
-- so that what they had is for the mapping's policy.
ALTER TABLE staged ADD COLUMN whole INTEGER NOT NULL DEFAULT 1 CHECK (whole IN (0, 1));
