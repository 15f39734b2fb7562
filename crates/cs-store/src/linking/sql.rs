//! Every statement about proposals.

pub(crate) const FORGET_UNDECIDED: &str =
    "DELETE FROM proposal WHERE mapping = $1 AND unit = $2 AND role = $3 AND decision IS NULL";
/// One that was decided keeps its decision and gets the new reasons.
pub(crate) const PUT: &str = "INSERT INTO proposal \
    (mapping, unit, role, subject_kind, subject_id, document_kind, document_id, score, reasons, at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
    ON CONFLICT (mapping, unit, role, subject_id, document_id) \
    DO UPDATE SET score = excluded.score, reasons = excluded.reasons";

/// What is NULL does not narrow it; `$4` is a decision, or `open` for none.
macro_rules! filtered {
    ($columns:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM proposal WHERE mapping = $1 AND ($2 IS NULL OR unit = $2) \
              AND ($3 IS NULL OR role = $3) AND ($4 IS NULL OR COALESCE(decision, 'open') = $4) AND score >= $5",
            $rest
        )
    };
}

pub(crate) const PAGE: &str = filtered!("*", " ORDER BY score DESC, id LIMIT $6 OFFSET $7");
pub(crate) const COUNT: &str = filtered!("COUNT(*)", "");

pub(crate) const ONE: &str = "SELECT * FROM proposal WHERE id = $1";
pub(crate) const DECIDE: &str = "UPDATE proposal SET decision = $2, who = $3, at = $4 WHERE id = $1";
/// A record has one document a role.
pub(crate) const UNDECIDE_OTHERS: &str = "UPDATE proposal SET decision = NULL, who = NULL, at = $2 \
    WHERE decision = 'accepted' AND id <> $1 AND (mapping, unit, role, subject_id) = \
    (SELECT mapping, unit, role, subject_id FROM proposal WHERE id = $1)";

/// `$2` is a list of ids of records.
pub(crate) const DECIDED: &str = "SELECT * FROM proposal WHERE mapping = $1 AND decision IS NOT NULL \
    AND subject_id IN (SELECT value FROM json_each($2)) ORDER BY id";
