//! Which findings a page is asked for: the parameters of lists, exports and reviews of many, which all mean the same.

use cs_ports::{FindingFilter, FindingQuery, FindingSort, FindingState};
use jiff::civil::Date;
use serde::Deserialize;

use crate::error::WebError;

/// What stands in `review` for findings that nobody reviewed: an empty parameter does not narrow.
const UNREVIEWED: &str = "none";

/// The orders that a list can be in, by the names they have in addresses; a `-` before it turns it round.
const SORTS: [(&str, FindingSort); 7] = [
    ("book", FindingSort::Book),
    ("kind", FindingSort::Kind),
    ("member", FindingSort::Member),
    ("order", FindingSort::Order),
    ("review", FindingSort::Review),
    ("first", FindingSort::FirstSeen),
    ("last", FindingSort::LastSeen),
];

/// What is asked for, as addresses and forms have it; what is empty does not narrow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// `open`, `closed`.
    pub(crate) state: String,
    /// A review, or `none`.
    pub(crate) review: String,
    /// A company's key.
    pub(crate) company: String,
    /// A broker's code.
    pub(crate) broker: String,
    /// A kind.
    pub(crate) kind: String,
    /// Text.
    pub(crate) q: String,
    /// First seen on this day or later.
    pub(crate) from: String,
    /// First seen on this day or earlier.
    pub(crate) to: String,
    /// A run.
    pub(crate) run: String,
    /// In which order.
    pub(crate) sort: String,
    /// Which page, from 1.
    pub(crate) page: String,
}

impl Asked {
    /// The question in the store's terms. What cannot be understood is refused: a filter that is passed over in silence
    /// would show, and review, more than was meant.
    pub(crate) fn query(&self) -> Result<FindingQuery, WebError> {
        let state = match self.state.as_str() {
            "" | "all" => None,
            "open" => Some(FindingState::Open),
            "closed" => Some(FindingState::Closed),
            other => return Err(unknown("state", other)),
        };
        let review = match self.review.as_str() {
            UNREVIEWED => Some(String::new()),
            said => some(said),
        };
        let filter = FindingFilter {
            company: some(&self.company),
            broker: some(&self.broker),
            kind: some(&self.kind),
            member_id: None,
            state,
            review,
            ids: None,
            begins: None,
        };
        let (sort, descending) = self.sorted()?;
        let (from, to) = (day("from", &self.from)?, day("to", &self.to)?);
        let run = some(&self.run).map(cs_domain::RunId);
        Ok(FindingQuery { filter, text: some(&self.q), from, to, run, sort, descending })
    }

    fn sorted(&self) -> Result<(FindingSort, bool), WebError> {
        let (name, descending) = match self.sort.strip_prefix('-') {
            Some(name) => (name, true),
            None => (self.sort.as_str(), false),
        };
        if name.is_empty() {
            return Ok((FindingSort::default(), descending));
        }
        let found = SORTS.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, sort)| (sort, descending)).ok_or_else(|| unknown("sort", name))
    }

    /// Which page, from 1.
    pub(crate) fn page(&self) -> u64 {
        self.page.parse().unwrap_or(1).max(1)
    }

    /// Whether anything narrows what is shown, sorting and the run aside.
    pub(crate) fn narrows(&self) -> bool {
        let narrowing =
            [&self.review, &self.company, &self.broker, &self.kind, &self.q, &self.from, &self.to];
        narrowing.into_iter().any(|value| !value.is_empty()) || !matches!(self.state.as_str(), "" | "all")
    }

    /// Name and value of everything that is asked for.
    pub(crate) fn pairs(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("state", &self.state),
            ("review", &self.review),
            ("company", &self.company),
            ("broker", &self.broker),
            ("kind", &self.kind),
            ("q", &self.q),
            ("from", &self.from),
            ("to", &self.to),
            ("run", &self.run),
            ("sort", &self.sort),
            ("page", &self.page),
        ];
        all.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, &**value)).collect()
    }

    /// The same question on one page of its answer.
    pub(crate) fn on_page(&self, page: u64) -> Self {
        let page = if page > 1 { page.to_string() } else { String::new() };
        Self { page, ..self.clone() }
    }

    /// The same question in the order of a column; the other way round where it is in that order already.
    pub(crate) fn sorted_by(&self, column: &str) -> Self {
        let sort = if self.sort == column { format!("-{column}") } else { column.to_owned() };
        Self { sort, page: String::new(), ..self.clone() }
    }

    /// An address with these parameters.
    pub(crate) fn address(&self, path: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.pairs());
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

fn some(value: &str) -> Option<String> {
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

fn day(field: &str, value: &str) -> Result<Option<Date>, WebError> {
    let Some(value) = some(value) else { return Ok(None) };
    value.parse().map(Some).map_err(|_| unknown(field, &value))
}

fn unknown(field: &str, value: &str) -> WebError {
    let value: String = value.chars().take(40).collect();
    WebError::invalid(field, format!("“{value}”?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &str) -> Asked {
        let mut asked = Asked::default();
        for (name, value) in form_urlencoded::parse(pairs.as_bytes()) {
            let place = match &*name {
                "state" => &mut asked.state,
                "review" => &mut asked.review,
                "q" => &mut asked.q,
                "from" => &mut asked.from,
                "sort" => &mut asked.sort,
                "page" => &mut asked.page,
                other => unreachable!("{other}"),
            };
            *place = value.into_owned();
        }
        asked
    }

    #[test]
    fn parameters_become_the_question() {
        let query = asked("state=open&review=none&q=+ana+&from=2026-11-01&sort=-member").query().unwrap();
        assert_eq!(query.filter.state, Some(FindingState::Open));
        assert_eq!(query.filter.review.as_deref(), Some(""));
        assert_eq!(query.text.as_deref(), Some("ana"));
        assert_eq!(query.from, Some("2026-11-01".parse().unwrap()));
        assert_eq!((query.sort, query.descending), (FindingSort::Member, true));
        assert_eq!(Asked::default().query().unwrap(), FindingQuery::default());
        assert_eq!(asked("review=Paid").query().unwrap().filter.review.as_deref(), Some("Paid"));
    }

    #[test]
    fn a_filter_that_cannot_be_understood_is_not_passed_over() {
        for bad in ["state=gone", "from=yesterday", "sort=price"] {
            assert!(asked(bad).query().is_err(), "{bad}");
        }
    }

    #[test]
    fn addresses_carry_what_is_asked_for_and_nothing_else() {
        let question = asked("state=open&q=a%26b&sort=member&page=3");
        assert_eq!(question.address("/x"), "/x?state=open&q=a%26b&sort=member&page=3");
        assert_eq!(question.sorted_by("member").address("/x"), "/x?state=open&q=a%26b&sort=-member");
        assert_eq!(
            question.sorted_by("kind").on_page(2).address("/x"),
            "/x?state=open&q=a%26b&sort=kind&page=2"
        );
        assert_eq!(Asked::default().address("/x"), "/x");
        assert_eq!(asked("page=0").page(), 1);
    }
}
