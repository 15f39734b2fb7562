//! Who depends on whom, drawn: units with their documents, and the ties between them.

use std::collections::BTreeMap;

use cs_domain::mapping::{Mapping, Source};
use cs_domain::{Role, UnitName};

/// Sizes, in the picture's own measure.
const WIDTH: i32 = 190;
const HEIGHT: i32 = 44;
const GAP: i32 = 18;
const LEVEL: i32 = 70;
const MARGIN: i32 = 12;

/// A box: a module or a document.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) title: String,
    pub(super) under: String,
    /// Whether it is VTiger's.
    pub(super) ours: bool,
}

/// A line from one box to another, as an SVG path.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) path: String,
    /// Whether it is a tie between documents, and not a document's descent from its record.
    pub(super) tie: bool,
    /// What it says: `customer`, with the field that holds it.
    pub(super) title: String,
}

/// The picture.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) width: i32,
    pub(super) height: i32,
    pub(super) nodes: Vec<Node>,
    pub(super) lines: Vec<Line>,
}

impl Picture {
    #[allow(clippy::unused_self, reason = "templates ask their page")]
    pub(super) fn node_width(&self) -> i32 {
        WIDTH
    }

    #[allow(clippy::unused_self, reason = "templates ask their page")]
    pub(super) fn node_height(&self) -> i32 {
        HEIGHT
    }
}

/// Draws a mapping: each unit is a row, its record left, its documents to the right in the order in which they are written.
pub(super) fn draw(mapping: &Mapping) -> Picture {
    let mut picture = Picture::default();
    let mut places: BTreeMap<(&UnitName, &Role), (i32, i32)> = BTreeMap::new();
    let mut y = MARGIN;
    for unit in &mapping.units {
        picture.nodes.push(Node {
            x: MARGIN,
            y,
            title: unit.module.to_string(),
            under: unit.name.to_string(),
            ours: true,
        });
        let record = (MARGIN + WIDTH, y + HEIGHT / 2);
        for document in &unit.documents {
            let x = MARGIN + WIDTH + LEVEL;
            picture.nodes.push(Node {
                x,
                y,
                title: document.doctype.to_string(),
                under: document.role.to_string(),
                ours: false,
            });
            places.insert((&unit.name, &document.role), (x, y));
            let title = format!("{} {}", unit.module, document.role);
            let path = curve(record, (x, y + HEIGHT / 2));
            picture.lines.push(Line { path, tie: false, title });
            y += HEIGHT + GAP;
        }
        y += GAP;
    }
    let right = MARGIN + WIDTH + LEVEL + WIDTH;
    let mut ties = 0;
    for unit in &mapping.units {
        for document in &unit.documents {
            let here = places.get(&(&unit.name, &document.role)).copied();
            let fields = document.fields.iter().map(|rule| (rule.frappe.to_string(), &rule.source));
            let columns = document.rows.iter().flat_map(|row| {
                row.columns.iter().map(|(column, source)| (format!("{}.{column}", row.table), source))
            });
            for (field, source) in fields.chain(columns) {
                let there = match source {
                    Source::Document(role) => places.get(&(&unit.name, role)),
                    Source::Linked { unit, role, .. } => places.get(&(unit, role)),
                    _ => None,
                };
                let (Some((_, from)), Some((_, to))) = (here, there.copied()) else { continue };
                // Ties run on the right, each a little further out, so that none lies upon another.
                let out = right + 26 + 9 * (ties % 14);
                ties += 1;
                let (from, to) = (from + HEIGHT / 2 + 5, to + HEIGHT / 2 - 5);
                let path = format!("M{right} {from} C{out} {from} {out} {to} {} {to}", right + 6);
                let title = format!("{}.{field} → {}", document.role, source);
                picture.lines.push(Line { path, tie: true, title });
            }
        }
    }
    picture.width = right + if ties > 0 { 26 + 9 * ties.min(14) } else { 0 } + MARGIN;
    picture.height = (y - GAP).max(HEIGHT) + MARGIN;
    picture
}

fn curve((x1, y1): (i32, i32), (x2, y2): (i32, i32)) -> String {
    let middle = i32::midpoint(x1, x2);
    format!("M{x1} {y1} C{middle} {y1} {middle} {y2} {x2} {y2}")
}

#[cfg(test)]
mod tests {
    use cs_domain::mapping::{parse, shipped};

    use super::*;

    #[test]
    fn everything_is_drawn_once_and_within_the_picture() {
        for (name, text) in shipped() {
            let mapping = parse(text).unwrap().mapping;
            let picture = draw(&mapping);
            let documents: usize = mapping.units.iter().map(|unit| unit.documents.len()).sum();
            assert_eq!(picture.nodes.len(), mapping.units.len() + documents, "{name}");
            for (place, node) in picture.nodes.iter().enumerate() {
                assert!(node.x + WIDTH <= picture.width && node.y + HEIGHT <= picture.height, "{node:?}");
                let same = |other: &Node| (other.x, other.y) == (node.x, node.y);
                assert!(!picture.nodes[..place].iter().any(same), "{name}: {node:?} lies on another");
            }
            assert!(picture.lines.iter().any(|line| line.tie), "{name}");
        }
    }

    #[test]
    fn a_mapping_without_ties_is_drawn_too() {
        let text = "format = 1\nname = \"a\"\ntitle = \"A\"\n[[unit]]\nname = \"lead\"\nmodule = \"Leads\"\n\
            [[unit.document]]\nrole = \"lead\"\ndoctype = \"Lead\"\n[unit.document.fields]\nlead_name = \"lastname\"\n";
        let picture = draw(&parse(text).unwrap().mapping);
        assert_eq!((picture.nodes.len(), picture.lines.len()), (2, 1));
    }
}
