//! Finding the header row, and a company's columns in it.

use serde::Serialize;

use super::definition::{Column as Wanted, Company, KeepTest, PaidThrough, fold};
use crate::report::{Cells, MissingHeader};

/// A column that was found, by its place and its header as the file writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Column {
    /// From 0.
    pub index: usize,
    /// As the file writes it.
    pub header: String,
}

/// A wanted column found: the first place to look and those to look in after it. Empty where it is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Found(pub(super) Vec<Column>);

impl Found {
    /// The place that is looked in first.
    pub fn first(&self) -> Option<&Column> {
        self.0.first()
    }

    /// All places, in the order they are looked in.
    pub fn all(&self) -> &[Column] {
        &self.0
    }
}

/// Where a company's columns stand in a sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Columns {
    /// The line of the header row.
    pub line: u32,
    /// All headers, as written.
    pub headers: Vec<String>,
    /// The member id.
    pub member_id: Found,
    /// The paid-through date; nothing where it is derived.
    pub paid_through: Found,
    /// The term date.
    pub term_date: Found,
    /// The status.
    pub status: Found,
    /// The relationship.
    pub relationship: Found,
    /// The premium.
    pub premium: Found,
    /// The issuer.
    pub issuer: Found,
    /// What the filters look at, in their order.
    #[serde(skip)]
    pub(super) keep: Vec<Found>,
}

impl Columns {
    /// The columns that a report cannot do without, by what they are for.
    pub(crate) fn required(&self, company: &Company) -> Vec<(&'static str, Column)> {
        let mut required = Vec::new();
        for (field, wanted) in wanted(company) {
            if !wanted.required {
                continue;
            }
            if let Some(column) = self.of(field).and_then(Found::first) {
                required.push((field, column.clone()));
            }
        }
        required
    }

    /// The places of all columns that the definition looks at.
    pub(super) fn used(&self) -> Vec<usize> {
        let fields = [
            &self.member_id,
            &self.paid_through,
            &self.term_date,
            &self.status,
            &self.relationship,
            &self.premium,
            &self.issuer,
        ];
        let all = fields.into_iter().chain(&self.keep);
        all.flat_map(Found::all).map(|column| column.index).collect()
    }

    /// A column by what it is for.
    pub(crate) fn of(&self, field: &str) -> Option<&Found> {
        Some(match field {
            "member_id" => &self.member_id,
            "paid_through" => &self.paid_through,
            "term_date" => &self.term_date,
            "status" => &self.status,
            "relationship" => &self.relationship,
            "premium" => &self.premium,
            "issuer" => &self.issuer,
            _ => return None,
        })
    }
}

/// The columns that a company's definition speaks of, by what they are for.
pub(super) fn wanted(company: &Company) -> Vec<(&'static str, &Wanted)> {
    let mut all = vec![("member_id", &company.member_id)];
    if let PaidThrough::Reported(column) = &company.paid_through {
        all.push(("paid_through", column));
    }
    let optional = [
        ("term_date", company.term_date.as_ref().map(|term| &term.column)),
        ("status", company.status.as_ref()),
        ("relationship", company.relationship.as_ref()),
        ("premium", company.premium.as_ref()),
        ("issuer", company.issuer.as_ref()),
    ];
    all.extend(optional.into_iter().filter_map(|(field, column)| Some((field, column?))));
    all
}

/// A row of headers, folded for comparing.
pub(super) struct HeaderRow {
    pub(super) line: u32,
    written: Vec<String>,
    folded: Vec<String>,
}

impl HeaderRow {
    pub(super) fn new(line: u32, cells: Cells<'_>) -> Self {
        let written: Vec<String> = cells
            .iter()
            .map(|cell| cell.text.trim().trim_start_matches('\u{feff}').trim().to_owned())
            .collect();
        let folded = written.iter().map(|header| fold(header)).collect();
        Self { line, written, folded }
    }

    fn find(&self, name: &str) -> Option<Column> {
        let name = fold(name);
        let index = self.folded.iter().position(|header| *header == name)?;
        Some(Column { index, header: self.written.get(index)?.clone() })
    }

    fn locate(&self, wanted: &Wanted) -> Found {
        let own = wanted.names.iter().find_map(|name| self.find(name));
        let others = wanted.otherwise.iter().filter_map(|name| self.find(name));
        Found(own.into_iter().chain(others).collect())
    }

    fn has(&self, wanted: &Wanted) -> bool {
        wanted.names.iter().any(|name| self.find(name).is_some())
    }

    /// How many of the columns that the definition names stand here.
    pub(super) fn known(&self, company: &Company) -> usize {
        wanted(company).iter().filter(|(_, wanted)| self.has(wanted)).count()
    }

    /// How many cells have a text.
    pub(super) fn width(&self) -> usize {
        self.folded.iter().filter(|header| !header.is_empty()).count()
    }

    /// The required headers that are not here, each with the nearest ones that are.
    pub(super) fn missing(&self, company: &Company, settings: &dyn Fn(&str) -> bool) -> Vec<MissingHeader> {
        let mut missing: Vec<MissingHeader> = Vec::new();
        let filters = company.keep.iter().filter(|keep| match &keep.test {
            KeepTest::IsSetting(name) => settings(name),
            KeepTest::Is(_) | KeepTest::IsNot(_) => keep.column.required,
        });
        let columns =
            wanted(company).into_iter().filter(|(_, wanted)| wanted.required).map(|(_, wanted)| wanted);
        for wanted in columns.chain(filters.map(|keep| &keep.column)) {
            let header = wanted.names.first().cloned().unwrap_or_default();
            if self.has(wanted) || missing.iter().any(|known| known.header == header) {
                continue;
            }
            missing.push(MissingHeader { nearest: self.nearest(&header), header });
        }
        missing
    }

    /// The headers that could be meant: few edits away, or sharing a word that is not on every column.
    fn nearest(&self, header: &str) -> Vec<String> {
        let wanted = fold(header);
        let words: Vec<&str> = wanted.split(' ').collect();
        let mut near: Vec<(usize, usize)> = Vec::new();
        for (index, candidate) in self.folded.iter().enumerate().filter(|(_, header)| !header.is_empty()) {
            let edits = edits(&wanted, candidate);
            let shared = candidate.split(' ').filter(|word| words.contains(word)).count();
            let slip = edits * 3 <= wanted.chars().count();
            if slip || shared > 0 {
                near.push((if slip { edits } else { 100 + edits }, index));
            }
        }
        near.sort_unstable();
        near.iter().take(3).filter_map(|(_, index)| self.written.get(*index).cloned()).collect()
    }

    /// The columns, once nothing required is missing.
    pub(super) fn columns(&self, company: &Company) -> Columns {
        let mut columns = Columns {
            line: self.line,
            headers: self.written.clone(),
            member_id: self.locate(&company.member_id),
            paid_through: Found::default(),
            term_date: Found::default(),
            status: Found::default(),
            relationship: Found::default(),
            premium: Found::default(),
            issuer: Found::default(),
            keep: company.keep.iter().map(|keep| self.locate(&keep.column)).collect(),
        };
        if let PaidThrough::Reported(column) = &company.paid_through {
            columns.paid_through = self.locate(column);
        }
        let places = [
            (&mut columns.term_date, company.term_date.as_ref().map(|term| &term.column)),
            (&mut columns.status, company.status.as_ref()),
            (&mut columns.relationship, company.relationship.as_ref()),
            (&mut columns.premium, company.premium.as_ref()),
            (&mut columns.issuer, company.issuer.as_ref()),
        ];
        for (place, wanted) in places {
            if let Some(wanted) = wanted {
                *place = self.locate(wanted);
            }
        }
        columns
    }
}

/// How many characters must be put in, taken out or replaced to make one text the other.
pub(super) fn edits(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.chars().enumerate() {
        let mut diagonal = i;
        let mut before = i + 1;
        let mut next = vec![before];
        for (r, above) in right.iter().zip(row.iter().skip(1)) {
            let cell = (diagonal + usize::from(l != *r)).min(above + 1).min(before + 1);
            diagonal = *above;
            before = cell;
            next.push(cell);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::edits;

    #[test]
    fn edits_are_counted() {
        for (left, right, expected) in [
            ("", "abc", 3),
            ("abc", "", 3),
            ("issuer assigned id", "issuer asigned id", 1),
            ("kitten", "sitting", 3),
            ("same", "same", 0),
        ] {
            assert_eq!(edits(left, right), expected, "{left} {right}");
        }
    }
}
