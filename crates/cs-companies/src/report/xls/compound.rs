//! Compound files (MS-CFB): a small file system in a file.

use super::super::refusal::Refusal;

const HEADER: usize = 512;
const ENTRY: usize = 128;
const MINI: usize = 64;
/// Sector numbers from here on are marks, not sectors.
const FIRST_MARK: u32 = 0xFFFF_FFFA;

/// A compound file, its tables read.
pub(in crate::report) struct Compound<'a> {
    bytes: &'a [u8],
    sector: usize,
    cutoff: u64,
    table: Vec<u32>,
    mini_table: Vec<u32>,
    mini_stream: Vec<u8>,
    entries: Vec<Entry>,
}

struct Entry {
    name: String,
    root: bool,
    start: u32,
    size: u64,
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let found = bytes.get(at..at.checked_add(2)?)?;
    found.try_into().ok().map(u16::from_le_bytes)
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let found = bytes.get(at..at.checked_add(4)?)?;
    found.try_into().ok().map(u32::from_le_bytes)
}

fn cut_off() -> Refusal {
    Refusal::damaged("it ends before its end or points outside itself")
}

impl<'a> Compound<'a> {
    pub(in crate::report) fn open(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let shift = u16_at(bytes, 30).ok_or_else(cut_off)?;
        let sector = match shift {
            9 => 512,
            12 => 4096,
            _ => return Err(Refusal::damaged("its sectors have no known size")),
        };
        let mut compound = Self {
            bytes,
            sector,
            cutoff: u64::from(u32_at(bytes, 56).ok_or_else(cut_off)?),
            table: Vec::new(),
            mini_table: Vec::new(),
            mini_stream: Vec::new(),
            entries: Vec::new(),
        };
        compound.read_table()?;
        let directory = compound.chain(u32_at(bytes, 48).ok_or_else(cut_off)?)?;
        compound.entries = directory.chunks_exact(ENTRY).filter_map(|raw| entry(raw, sector)).collect();
        let mini_table = compound.chain(u32_at(bytes, 60).ok_or_else(cut_off)?)?;
        compound.mini_table = numbers(&mini_table).collect();
        if let Some(root) = compound.entries.iter().find(|entry| entry.root) {
            compound.mini_stream = compound.chain(root.start)?;
        }
        Ok(compound)
    }

    pub(in crate::report) fn has(&self, name: &str) -> bool {
        self.entry(name).is_some()
    }

    /// The bytes of a stream by its name; none where there is none.
    pub(in crate::report) fn stream(&self, name: &str) -> Result<Option<Vec<u8>>, Refusal> {
        let Some(entry) = self.entry(name) else {
            return Ok(None);
        };
        let mut bytes =
            if entry.size < self.cutoff { self.mini_chain(entry.start)? } else { self.chain(entry.start)? };
        let size = usize::try_from(entry.size).map_err(|_| cut_off())?;
        if size > bytes.len() {
            return Err(cut_off());
        }
        bytes.truncate(size);
        Ok(Some(bytes))
    }

    fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| !entry.root && entry.name.eq_ignore_ascii_case(name))
    }

    /// One sector; the last may be short, where a writer did not fill it up.
    fn sector(&self, number: u32) -> Result<&'a [u8], Refusal> {
        let number = usize::try_from(number).map_err(|_| cut_off())?;
        // The header takes a whole sector, also where sectors are larger than it.
        let start = number.checked_add(1).and_then(|n| n.checked_mul(self.sector)).ok_or_else(cut_off)?;
        if start >= self.bytes.len() {
            return Err(cut_off());
        }
        let end = start.saturating_add(self.sector).min(self.bytes.len());
        self.bytes.get(start..end).ok_or_else(cut_off)
    }

    /// The table of which sector follows which: its own sectors stand in the header and in a chain after it.
    fn read_table(&mut self) -> Result<(), Refusal> {
        let header = self.bytes.get(76..HEADER).ok_or_else(cut_off)?;
        let mut places: Vec<u32> = numbers(header).collect();
        let most = self.bytes.len() / self.sector + 1;
        let mut next = u32_at(self.bytes, 68).ok_or_else(cut_off)?;
        let mut seen = 0;
        while next < FIRST_MARK {
            seen += 1;
            if seen > most {
                return Err(Refusal::damaged("its tables go round in a circle"));
            }
            let mut more: Vec<u32> = numbers(self.sector(next)?).collect();
            next = more.pop().ok_or_else(cut_off)?;
            places.extend(more);
        }
        let mut used = 0;
        for place in places.into_iter().filter(|place| *place < FIRST_MARK) {
            used += 1;
            if used > most {
                return Err(Refusal::damaged("its tables are larger than the file"));
            }
            let sector = self.sector(place)?;
            self.table.extend(numbers(sector));
        }
        Ok(())
    }

    /// The bytes of a chain of sectors. A chain longer than the file has sectors goes round in a circle.
    fn chain(&self, start: u32) -> Result<Vec<u8>, Refusal> {
        let most = self.bytes.len() / self.sector + 1;
        let mut bytes = Vec::new();
        let mut next = start;
        let mut seen = 0;
        while next < FIRST_MARK {
            seen += 1;
            if seen > most {
                return Err(Refusal::damaged("its sectors go round in a circle"));
            }
            bytes.extend_from_slice(self.sector(next)?);
            next = follow(&self.table, next)?;
        }
        Ok(bytes)
    }

    fn mini_chain(&self, start: u32) -> Result<Vec<u8>, Refusal> {
        let most = self.mini_stream.len() / MINI + 1;
        let mut bytes = Vec::new();
        let mut next = start;
        let mut seen = 0;
        while next < FIRST_MARK {
            seen += 1;
            if seen > most {
                return Err(Refusal::damaged("its sectors go round in a circle"));
            }
            let at = usize::try_from(next).ok().and_then(|n| n.checked_mul(MINI)).ok_or_else(cut_off)?;
            let end = at.saturating_add(MINI).min(self.mini_stream.len());
            bytes.extend_from_slice(self.mini_stream.get(at..end).ok_or_else(cut_off)?);
            next = follow(&self.mini_table, next)?;
        }
        Ok(bytes)
    }
}

fn follow(table: &[u32], sector: u32) -> Result<u32, Refusal> {
    let at = usize::try_from(sector).map_err(|_| cut_off())?;
    table.get(at).copied().ok_or_else(cut_off)
}

fn numbers(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.chunks_exact(4).filter_map(|four| four.try_into().ok().map(u32::from_le_bytes))
}

fn entry(raw: &[u8], sector: usize) -> Option<Entry> {
    let kind = *raw.get(66)?;
    let root = match kind {
        2 => false,
        5 => true,
        _ => return None,
    };
    let length = usize::from(u16_at(raw, 64)?).min(64);
    let units: Vec<u16> = raw
        .get(..length.saturating_sub(2))?
        .chunks_exact(2)
        .filter_map(|two| two.try_into().ok().map(u16::from_le_bytes))
        .collect();
    let low = u64::from(u32_at(raw, 120)?);
    // Version 3 files leave rubbish in the upper half.
    let high = if sector == 512 { 0 } else { u64::from(u32_at(raw, 124)?) };
    Some(Entry {
        name: String::from_utf16_lossy(&units),
        root,
        start: u32_at(raw, 116)?,
        size: (high << 32) | low,
    })
}
