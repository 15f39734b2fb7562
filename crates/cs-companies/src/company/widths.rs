//! Whether a text was cut off.

use crate::report::Refusal;

/// How many cells the rows have, which tells a file that was cut off from one whose rows are as short as they please.
#[derive(Default)]
pub(super) struct Widths {
    columns: usize,
    /// The narrowest row before the last one.
    narrowest: Option<usize>,
    last: Option<(u32, usize)>,
}

impl Widths {
    /// A row below the header.
    pub(super) fn add(&mut self, columns: usize, line: u32, cells: usize) {
        self.columns = columns;
        if let Some((_, before)) = self.last.replace((line, cells)) {
            self.narrowest = Some(self.narrowest.map_or(before, |narrowest| narrowest.min(before)));
        }
    }

    /// Refuses a text whose last line has no end, where the last row stops before the others do.
    ///
    /// # Errors
    /// [`Refusal::CutOff`].
    pub(super) fn refuse_cut_off(&self) -> Result<(), Refusal> {
        let &Self { columns, narrowest, last } = self;
        match last {
            Some((line, cells))
                if cells < columns && narrowest.is_none_or(|narrowest| narrowest >= columns) =>
            {
                Err(Refusal::CutOff { line, cells, columns })
            }
            _ => Ok(()),
        }
    }
}
