//! The archive and its XML parts, metered: how much is unpacked, and how much one token may take.

use std::cell::Cell;
use std::io::{BufReader, Cursor, Error, Read};
use std::rc::Rc;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

use super::super::limits::Limits;
use super::super::refusal::Refusal;

/// What one token of XML (a text, a tag, a comment) may take before the part counts as damaged.
const TOKEN_BYTES: u64 = 4 << 20;

/// The archive.
pub(super) struct Package<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    /// How much may still be unpacked, over all parts.
    meter: Meter,
}

/// One entry of a part's relations.
#[derive(Debug)]
pub(super) struct Relation {
    pub(super) id: String,
    pub(super) kind: String,
    /// The part it points to, from the archive's root.
    pub(super) target: String,
}

#[derive(Clone)]
struct Meter {
    left: Rc<Cell<u64>>,
    limit: u64,
    token: Rc<Cell<u64>>,
}

impl<'a> Package<'a> {
    pub(super) fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, Refusal> {
        let zip = ZipArchive::new(Cursor::new(bytes))
            .map_err(|source| Refusal::damaged_by("the archive has no end; the file was cut off", source))?;
        let limit = limits.unpacked(bytes.len());
        Ok(Self { zip, meter: Meter { left: Rc::new(Cell::new(limit)), limit, token: Rc::default() } })
    }

    /// Where the workbook's main part stands.
    pub(super) fn workbook_path(&mut self) -> Result<String, Refusal> {
        let found = self.relations("")?;
        let main = found.into_iter().find(|relation| relation.kind.ends_with("/officeDocument"));
        let path = main.map_or_else(|| "xl/workbook.xml".to_owned(), |relation| relation.target);
        if path.to_lowercase().ends_with(".bin") {
            return Err(Refusal::UnknownFormat { what: "a binary workbook (.xlsb)" });
        }
        if self.name_of(&path).is_none() {
            return Err(Refusal::UnknownFormat { what: "an archive without a workbook in it" });
        }
        Ok(path)
    }

    /// The relations of a part; of the package itself for an empty path.
    pub(super) fn relations(&mut self, of: &str) -> Result<Vec<Relation>, Refusal> {
        let (folder, name) = of.rsplit_once('/').unwrap_or(("", of));
        let path = join(folder, &format!("_rels/{name}.rels"));
        let mut found = Vec::new();
        let Some(mut part) = self.part(&path)? else {
            return Ok(found);
        };
        loop {
            match part.next()? {
                Event::Start(e) if e.local_name().as_ref() == b"Relationship" => found.push(Relation {
                    id: attribute(&e, b"Id")?.unwrap_or_default(),
                    kind: attribute(&e, b"Type")?.unwrap_or_default(),
                    target: join(folder, &attribute(&e, b"Target")?.unwrap_or_default()),
                }),
                Event::Eof => return Ok(found),
                _ => {}
            }
        }
    }

    /// A part to read; none where the archive lacks it.
    pub(super) fn part(&mut self, path: &str) -> Result<Option<Part<'_, 'a>>, Refusal> {
        let Some(name) = self.name_of(path) else {
            return Ok(None);
        };
        let meter = self.meter.clone();
        match self.zip.by_name(&name) {
            Ok(file) => Ok(Some(Part::new(file, meter))),
            Err(ZipError::FileNotFound) => Ok(None),
            Err(source) => Err(Refusal::damaged_by("a part of it cannot be unpacked", source)),
        }
    }

    /// The archive's own spelling of a path: some writers differ in case or use backslashes.
    fn name_of(&self, path: &str) -> Option<String> {
        let wanted = path.trim_start_matches('/');
        self.zip
            .file_names()
            .filter_map(Result::ok)
            .find(|name| name.replace('\\', "/").trim_start_matches('/').eq_ignore_ascii_case(wanted))
            .map(std::borrow::Cow::into_owned)
    }
}

/// A target as seen from a folder, as a path from the root.
fn join(folder: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut steps: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    steps.join("/")
}

/// The value of an attribute by its local name.
pub(super) fn attribute(element: &BytesStart<'_>, name: &[u8]) -> Result<Option<String>, Refusal> {
    for found in element.attributes().with_checks(false) {
        let found = found.map_err(|source| Refusal::damaged_by("an attribute cannot be read", source))?;
        if found.key.local_name().as_ref() == name {
            let value = found
                .unescape_value()
                .map_err(|source| Refusal::damaged_by("an attribute cannot be read", source))?;
            return Ok(Some(value.into_owned()));
        }
    }
    Ok(None)
}

/// One file of the archive, as it comes out.
type Unpacking<'p, 'a> = ZipFile<'p, Cursor<&'a [u8]>>;

/// One part while it is read.
pub(super) struct Part<'p, 'a> {
    reader: Reader<BufReader<Metered<Unpacking<'p, 'a>>>>,
    buffer: Vec<u8>,
    meter: Meter,
}

impl<'p, 'a> Part<'p, 'a> {
    fn new(file: Unpacking<'p, 'a>, meter: Meter) -> Self {
        let metered = Metered { inner: file, meter: meter.clone() };
        let mut reader = Reader::from_reader(BufReader::with_capacity(64 << 10, metered));
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_end_names = false;
        Self { reader, buffer: Vec::new(), meter }
    }

    /// The next event of the part.
    pub(super) fn next(&mut self) -> Result<Event<'_>, Refusal> {
        self.buffer.clear();
        self.meter.token.set(0);
        let limit = self.meter.limit;
        let left = self.meter.left.get();
        let token = self.meter.token.clone();
        match self.reader.read_event_into(&mut self.buffer) {
            Ok(event) => Ok(event),
            Err(_) if token.get() > TOKEN_BYTES => Err(Refusal::damaged("a part of it has one endless text")),
            Err(source) => Err(if left == 0 || self.meter.left.get() == 0 {
                Refusal::UnpacksTooFar { limit }
            } else {
                Refusal::damaged_by("a part of it is cut off or is no XML", source)
            }),
        }
    }
}

/// Counts what comes out of the archive.
struct Metered<R> {
    inner: R,
    meter: Meter,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(into)?;
        let left = self.meter.left.get();
        if read as u64 > left {
            self.meter.left.set(0);
            return Err(Error::other("more than was allowed to unpack"));
        }
        self.meter.left.set(left - read as u64);
        let token = self.meter.token.get() + read as u64;
        self.meter.token.set(token);
        if token > TOKEN_BYTES {
            return Err(Error::other("one token is longer than allowed"));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn targets_are_paths_from_the_root() {
        for (folder, target, expected) in [
            ("", "xl/workbook.xml", "xl/workbook.xml"),
            ("xl", "worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
            ("xl", "/xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
            ("xl", "../custom/sheet.xml", "custom/sheet.xml"),
            ("", "/xl/workbook.xml", "xl/workbook.xml"),
        ] {
            assert_eq!(join(folder, target), expected);
        }
    }
}
