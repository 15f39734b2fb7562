//! Every statement about drafts and versions of mappings.

pub(crate) const DRAFTS: &str = "SELECT mapping, revision, text, rejected, base, who, at FROM mapping_draft WHERE text IS NOT NULL ORDER BY mapping";
pub(crate) const DRAFT: &str = "SELECT mapping, revision, text, rejected, base, who, at FROM mapping_draft \
    WHERE mapping = $1 AND text IS NOT NULL";
/// The first draft of all, or the first after the last one went.
pub(crate) const FIRST_DRAFT: &str = "INSERT INTO mapping_draft (mapping, revision, text, rejected, base, who, at) \
    VALUES ($1, 1, $2, $3, $4, $5, $6) ON CONFLICT (mapping) DO UPDATE SET revision = mapping_draft.revision + 1, \
    text = excluded.text, rejected = excluded.rejected, base = excluded.base, who = excluded.who, at = excluded.at \
    WHERE mapping_draft.text IS NULL RETURNING revision";
pub(crate) const NEXT_DRAFT: &str = "UPDATE mapping_draft SET revision = revision + 1, text = $2, rejected = $3, \
    base = $4, who = $5, at = $6 WHERE mapping = $1 AND revision = $7 AND text IS NOT NULL RETURNING revision";
pub(crate) const DROP_DRAFT: &str = "UPDATE mapping_draft SET revision = revision + 1, text = NULL \
    WHERE mapping = $1 AND revision = $2 AND text IS NOT NULL";

/// Only the next number is taken.
pub(crate) const PUBLISH: &str = "INSERT INTO mapping_version (mapping, number, text, who, at, note) \
    SELECT $1, $2, $3, $4, $5, $6 \
    WHERE $2 = (SELECT COALESCE(MAX(number), 0) + 1 FROM mapping_version WHERE mapping = $1)";
pub(crate) const VERSIONS: &str = "SELECT mapping, number, who, at, note FROM mapping_version \
    WHERE mapping = $1 ORDER BY number DESC";
pub(crate) const VERSION: &str = "SELECT mapping, number, who, at, note, text FROM mapping_version \
    WHERE mapping = $1 AND number = $2";
pub(crate) const LATEST: &str = "SELECT mapping, number, who, at, note, text FROM mapping_version AS latest \
    WHERE number = (SELECT MAX(number) FROM mapping_version AS other WHERE other.mapping = latest.mapping) \
    ORDER BY mapping";

pub(crate) const RETIRED: &str = "SELECT mapping, who, at FROM mapping_retired ORDER BY mapping";
pub(crate) const RETIRE: &str = "INSERT INTO mapping_retired (mapping, who, at) VALUES ($1, $2, $3) \
    ON CONFLICT (mapping) DO NOTHING";
pub(crate) const RESUME: &str = "DELETE FROM mapping_retired WHERE mapping = $1";
