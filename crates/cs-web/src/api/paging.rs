//! Lists, page by page. Where a page goes on is told by an opaque cursor, so that what comes and goes in between neither
//! shifts nor repeats what follows, wherever the store can tell one entry from the next.

use std::str::FromStr;

use cs_domain::digest::hexadecimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::error::WebError;

/// Entries of a page where nobody says how many.
const USUAL: u32 = 50;
/// The most entries of a page.
const MOST: u32 = 200;
/// The furthest that a list is counted through.
const FURTHEST: u64 = 1_000_000_000;

/// Which page of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Paging {
    /// The `next` of the page before.
    after: Option<String>,
    /// Entries of a page; 50 where it is not said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

impl Paging {
    /// How many entries a page has.
    pub(super) fn limit(&self) -> Result<u32, WebError> {
        match self.limit.unwrap_or(USUAL) {
            limit @ 1..=MOST => Ok(limit),
            other => Err(WebError::invalid("limit", format!("{other} is not within 1 and {MOST}"))),
        }
    }

    /// The key after which the page begins, in this list.
    pub(super) fn after<K: FromStr>(&self, list: &str) -> Result<Option<K>, WebError> {
        let Some(cursor) = &self.after else { return Ok(None) };
        let key = decoded(cursor).and_then(|text| text.strip_prefix(list)?.strip_prefix(' ')?.parse().ok());
        key.map(Some).ok_or_else(none)
    }

    /// The same where entries are counted.
    pub(super) fn offset(&self, list: &str) -> Result<u64, WebError> {
        match self.after::<u64>(list)?.unwrap_or_default() {
            offset @ 0..=FURTHEST => Ok(offset),
            _ => Err(none()),
        }
    }
}

/// A cursor that is none of this list.
pub(super) fn none() -> WebError {
    WebError::invalid("after", "this is no cursor of this list; send the `next` of the page before")
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T: ToSchema> {
    /// The entries.
    pub(super) items: Vec<T>,
    /// What to send as `after` for the next page; null: this is the last one.
    #[schema(required)]
    pub(super) next: Option<String>,
}

impl<T: ToSchema> Page<T> {
    /// A list that is not long enough for pages.
    pub(super) fn whole(items: impl IntoIterator<Item = T>) -> Self {
        Self { items: items.into_iter().collect(), next: None }
    }

    /// A page of rows, of which one more than fits was looked up. `key` names a row in the list.
    pub(super) fn of<R>(
        list: &str,
        mut rows: Vec<R>,
        limit: u32,
        key: impl Fn(&R) -> String,
        show: impl FnMut(R) -> T,
    ) -> Self {
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more).map(|last| encoded(&format!("{list} {}", key(last))));
        Self { items: rows.into_iter().map(show).collect(), next }
    }

    /// The same of rows that are counted, from `offset` on.
    pub(super) fn counted<R>(
        list: &str,
        rows: Vec<R>,
        offset: u64,
        limit: u32,
        show: impl FnMut(R) -> T,
    ) -> Self {
        let end = offset + u64::from(limit);
        Self::of(list, rows, limit, |_| end.to_string(), show)
    }
}

fn encoded(text: &str) -> String {
    hexadecimal(text.as_bytes())
}

fn decoded(cursor: &str) -> Option<String> {
    if !cursor.len().is_multiple_of(2) || !cursor.is_ascii() {
        return None;
    }
    let pairs = (0..cursor.len()).step_by(2).map(|at| cursor.get(at..at + 2));
    let bytes = pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect::<Option<Vec<_>>>()?;
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(cursor: &str) -> Paging {
        Paging { after: Some(cursor.to_owned()), limit: None }
    }

    #[test]
    fn a_cursor_names_a_row_of_its_own_list() {
        let page = Page::of("runs", vec![1, 2, 3], 2, ToString::to_string, |number| number.to_string());
        assert_eq!(page.items, ["1", "2"]);
        let next = after(&page.next.unwrap());
        assert_eq!(next.after::<u32>("runs").unwrap(), Some(2));
        assert!(next.after::<u32>("tasks").is_err());
        let last = Page::of("runs", vec![1, 2], 2, ToString::to_string, |number| number.to_string());
        assert_eq!(last.next, None);
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for cursor in ["", "x", "zz", "72756e73", "é", "ffff", &encoded("runs x"), &encoded("runs -1")] {
            assert!(after(cursor).after::<u32>("runs").is_err(), "{cursor}");
        }
        assert!(after(&encoded("runs 99999999999")).offset("runs").is_err());
    }

    #[test]
    fn pages_have_bounds() {
        let limit = |limit| Paging { after: None, limit }.limit().ok();
        assert_eq!([limit(None), limit(Some(1)), limit(Some(200))], [Some(50), Some(1), Some(200)]);
        assert_eq!([limit(Some(0)), limit(Some(201))], [None, None]);
    }
}
