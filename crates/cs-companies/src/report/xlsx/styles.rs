//! Which cell styles show a number as a date.

use std::collections::HashMap;

use quick_xml::events::Event;

use super::super::refusal::Refusal;
use super::super::serial::shows_date;
use super::package::{Package, attribute};

/// Excel itself has at most this many.
const MOST_STYLES: usize = 65_490;

#[derive(Debug, Default)]
pub(super) struct Styles {
    dates: Vec<bool>,
}

impl Styles {
    pub(super) fn read(package: &mut Package<'_>, path: &str) -> Result<Self, Refusal> {
        let mut styles = Self::default();
        let Some(mut part) = package.part(path)? else {
            return Ok(styles);
        };
        let mut codes: HashMap<u32, String> = HashMap::new();
        let mut in_cells = false;
        loop {
            match part.next()? {
                Event::Start(e) => match e.local_name().as_ref() {
                    b"numFmt" if codes.len() < MOST_STYLES => {
                        let id = attribute(&e, b"numFmtId")?.and_then(|id| id.parse().ok());
                        if let (Some(id), Some(code)) = (id, attribute(&e, b"formatCode")?) {
                            codes.insert(id, code);
                        }
                    }
                    b"cellXfs" => in_cells = true,
                    b"xf" if in_cells && styles.dates.len() < MOST_STYLES => {
                        let id = attribute(&e, b"numFmtId")?.and_then(|id| id.parse().ok()).unwrap_or(0);
                        styles.dates.push(shows_date(id, codes.get(&id).map(String::as_str)));
                    }
                    _ => {}
                },
                Event::End(e) if e.local_name().as_ref() == b"cellXfs" => in_cells = false,
                Event::Eof => return Ok(styles),
                _ => {}
            }
        }
    }

    pub(super) fn is_date(&self, style: usize) -> bool {
        self.dates.get(style).copied().unwrap_or(false)
    }
}
