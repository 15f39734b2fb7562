//! The texts that a workbook's cells share, packed into one.

use quick_xml::events::Event;

use super::super::limits::Limits;
use super::super::refusal::Refusal;
use super::package::Package;

#[derive(Debug, Default)]
pub(super) struct SharedStrings {
    text: String,
    ends: Vec<u32>,
}

/// How much text the cells may share, all together: it is the one thing of a workbook that is held whole.
const TEXT_BYTES: usize = 512 << 20;

impl SharedStrings {
    pub(super) fn read(package: &mut Package<'_>, path: &str, limits: &Limits) -> Result<Self, Refusal> {
        let mut strings = Self::default();
        let Some(mut part) = package.part(path)? else {
            return Ok(strings);
        };
        let mut collector = TextCollector::default();
        loop {
            match part.next()? {
                Event::End(e) if e.local_name().as_ref() == b"si" => strings.end(limits)?,
                Event::Eof => return Ok(strings),
                event => collector.take(&event, &mut strings.text)?,
            }
        }
    }

    fn end(&mut self, limits: &Limits) -> Result<(), Refusal> {
        let end = u32::try_from(self.text.len()).ok().filter(|_| self.text.len() <= TEXT_BYTES);
        let end = end.ok_or(Refusal::TooLarge { what: "bytes of shared text", limit: TEXT_BYTES as u64 })?;
        self.ends.push(end);
        if self.ends.len() as u64 > limits.cells {
            return Err(Refusal::TooLarge { what: "cells", limit: limits.cells });
        }
        Ok(())
    }

    /// The text of an index; none for one that the workbook does not have.
    pub(super) fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)? as usize;
        let start = match index.checked_sub(1) {
            Some(before) => *self.ends.get(before)? as usize,
            None => 0,
        };
        self.text.get(start..end)
    }
}

/// Gathers the text inside `<t>`, leaving out the reading aids of Japanese text (`<rPh>`).
#[derive(Debug, Default)]
pub(super) struct TextCollector {
    inside: bool,
    aid: bool,
}

impl TextCollector {
    pub(super) fn take(&mut self, event: &Event<'_>, into: &mut String) -> Result<(), Refusal> {
        match event {
            Event::Start(e) => match e.local_name().as_ref() {
                b"t" => self.inside = !self.aid,
                b"rPh" => self.aid = true,
                _ => {}
            },
            Event::End(e) => match e.local_name().as_ref() {
                b"t" => self.inside = false,
                b"rPh" => self.aid = false,
                _ => {}
            },
            event if self.inside => push_text(event, into)?,
            _ => {}
        }
        Ok(())
    }
}

/// Adds the text of an event: words, marked sections, and references like `&amp;` and `&#241;`.
pub(super) fn push_text(event: &Event<'_>, into: &mut String) -> Result<(), Refusal> {
    let unreadable = |source| Refusal::damaged_by("a text is not UTF-8", source);
    match event {
        Event::Text(text) => into.push_str(&text.decode().map_err(unreadable)?),
        Event::CData(text) => into.push_str(&text.decode().map_err(unreadable)?),
        Event::GeneralRef(reference) => match reference.resolve_char_ref() {
            Ok(Some(c)) => into.push(c),
            Ok(None) => {
                let name = reference.decode().map_err(unreadable)?;
                into.push_str(quick_xml::escape::resolve_predefined_entity(&name).unwrap_or_default());
            }
            Err(source) => return Err(Refusal::damaged_by("a text has a reference to no character", source)),
        },
        _ => {}
    }
    Ok(())
}
