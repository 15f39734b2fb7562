//! How much a report may ask for.

use serde::{Deserialize, Serialize};

use super::refusal::Refusal;

/// What a reader accepts before it refuses. The defaults leave room for a company with a million policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Bytes of the file itself.
    pub file_bytes: u64,
    /// Bytes that a workbook may unpack to, all its parts together.
    pub unpacked_bytes: u64,
    /// How many times its own size a workbook may unpack to, once that is more than 64 MiB.
    pub unpacked_ratio: u64,
    /// Rows of all sheets together.
    pub rows: u64,
    /// Columns of a row.
    pub columns: usize,
    /// Cells of all rows together; also how many distinct texts a workbook may have.
    pub cells: u64,
    /// Bytes of one row's text. An opening quote that never closes ends here.
    pub row_bytes: usize,
    /// How many sheets are looked at.
    pub sheets: usize,
    /// How often a protected workbook may ask to hash its password; Office writes 100,000.
    pub spin_count: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 1 << 30,
            unpacked_bytes: 2 << 30,
            unpacked_ratio: 200,
            rows: 5_000_000,
            columns: 1_000,
            cells: 200_000_000,
            row_bytes: 1 << 20,
            sheets: 100,
            spin_count: 1_000_000,
        }
    }
}

/// Below this much unpacked text a high ratio is no danger: small sheets of equal rows pack very well.
const RATIO_COUNTS_FROM: u64 = 64 << 20;

impl Limits {
    pub(super) fn file(&self, bytes: usize) -> Result<(), Refusal> {
        let found = bytes as u64;
        if found > self.file_bytes {
            return Err(Refusal::TooLarge { what: "bytes", limit: self.file_bytes });
        }
        Ok(())
    }

    /// How far a file of this size may unpack, and how much text all its rows may have.
    pub(super) fn unpacked(&self, packed: usize) -> u64 {
        let by_ratio = (packed as u64).saturating_mul(self.unpacked_ratio).max(RATIO_COUNTS_FROM);
        self.unpacked_bytes.min(by_ratio)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_files_may_unpack_well_and_large_ones_in_proportion() {
        let limits = Limits::default();
        assert_eq!(limits.unpacked(1_000), 64 << 20);
        assert_eq!(limits.unpacked(1 << 20), 200 << 20);
        assert_eq!(limits.unpacked(1 << 30), 2 << 30);
    }
}
