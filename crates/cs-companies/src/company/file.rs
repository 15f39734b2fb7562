//! A company's definition as a file: its form, and what is wrong with one that is not right.

use std::fmt;
use std::ops::Range;

use jiff::civil::Date;
use toml::Spanned;

mod form;

use form::{ColumnForm, DeriveForm, Form, KeepForm, PaidThroughForm, TermForm};

use super::date::DateForm;
use super::definition::{Column, Company, Derived, Keep, KeepTest, PaidThrough, TermDates, fold};
use super::member_id::IdRules;

/// One thing that is wrong with a definition, and where.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// The file's name, as it was handed in.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        if self.help.is_empty() {
            return Ok(());
        }
        write!(f, "\n  help: {}", self.help)
    }
}

/// What the spec says of every company.
const NO_END: [&str; 2] = ["9999-12-31", "2099-01-01"];
const TOTALS: [&str; 6] = ["total", "totals", "grand total", "subtotal", "report total", "report totals"];
const FARTHEST_MONTH: u8 = 24;

impl Company {
    /// Reads a definition. `file` is its name, for the messages only.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of the file. A file that is no TOML, or lacks a key, has one
    /// problem; the rest are all said at once.
    pub fn from_toml(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems { file, text, found: Vec::new() };
        let form: Form = match toml::from_str(text) {
            Ok(form) => form,
            Err(error) => {
                let at = error.span().unwrap_or(0..0);
                problems.add(&at, error.message().to_owned(), help_for(error.message()));
                return Err(problems.found);
            }
        };
        let company = build(&form, &mut problems);
        if problems.found.is_empty() {
            return Ok(company);
        }
        problems.found.sort_by_key(|problem| (problem.line, problem.column));
        Err(problems.found)
    }
}

fn help_for(message: &str) -> String {
    if let Some(field) = message.strip_prefix("missing field ") {
        return format!("every definition says {field}; see companies/generic.toml");
    }
    if message.starts_with("unknown field") {
        return "a key that is not known would silently do nothing; take it out or correct it".to_owned();
    }
    "the file must be TOML; see companies/generic.toml".to_owned()
}

struct Problems<'a> {
    file: &'a str,
    text: &'a str,
    found: Vec<Problem>,
}

impl Problems<'_> {
    fn add(&mut self, span: &Range<usize>, message: String, help: impl Into<String>) {
        let before = self.text.get(..span.start.min(self.text.len())).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        self.found.push(Problem {
            file: self.file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
            message,
            help: help.into(),
        });
    }
}

fn build(form: &Form, problems: &mut Problems<'_>) -> Company {
    check_names(form, problems);
    let columns = form.columns.get_ref();
    let optional = |column: &Option<Spanned<ColumnForm>>, required: bool, problems: &mut Problems<'_>| {
        column.as_ref().map(|column| read_column(column, required, problems))
    };
    let status_is_needed = columns.paid_through.get_ref().derive.is_some();
    let status = optional(&columns.status, status_is_needed, problems);
    let relationship = optional(&columns.relationship, false, problems);
    let issuer = optional(&columns.issuer, true, problems);
    let term_date = columns.term_date.as_ref().map(|term| read_term(term, problems));
    Company {
        key: form.key.get_ref().clone(),
        name: form.name.get_ref().trim().to_owned(),
        crm_name: form.crm_name.clone().unwrap_or_else(|| form.name.get_ref().trim().to_owned()),
        member_id: read_column(&columns.member_id, true, problems),
        ids: IdRules { number_width: read_width(form.ids.number_width.as_ref(), problems) },
        paid_through: read_paid_through(&columns.paid_through, status.is_some(), problems),
        term_date,
        premium: optional(&columns.premium, false, problems),
        keep: read_keeps(&form.keep, [&status, &relationship, &issuer], problems),
        status,
        relationship,
        issuer,
        issuers: form.issuers.iter().map(|(issuer, name)| (fold(issuer), name.clone())).collect(),
        dates: read_dates(form, problems),
        no_end: read_no_end(form.no_end.as_deref(), problems),
        totals: match &form.totals {
            Some(words) => words.iter().map(|word| fold(word)).collect(),
            None => TOTALS.iter().map(ToString::to_string).collect(),
        },
        password_setting: form.password_setting.as_ref().map(|name| name.get_ref().clone()),
    }
}

fn check_names(form: &Form, problems: &mut Problems<'_>) {
    if *form.format.get_ref() != 1 {
        problems.add(&form.format.span(), "this format is not known".to_owned(), "format = 1");
    }
    let key = form.key.get_ref();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if key.is_empty() || !key.chars().all(plain) {
        let message = format!("`{key}` cannot be a key");
        problems.add(&form.key.span(), message, "small letters, digits and `-`, as in `blue-shield`");
    }
    if form.name.get_ref().trim().is_empty() {
        problems.add(&form.name.span(), "the name is empty".to_owned(), "what people call the company");
    }
    if let Some(setting) = &form.password_setting {
        let name = setting.get_ref();
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
        {
            problems.add(
                &setting.span(),
                "this is not the name of a setting".to_owned(),
                "the name of the setting that holds the password, as in `companies.aetna.password`; never the password",
            );
        }
    }
}

fn read_column(form: &Spanned<ColumnForm>, required: bool, problems: &mut Problems<'_>) -> Column {
    let column = form.get_ref();
    make_column(
        &form.span(),
        (&column.header, &column.aliases, &column.otherwise),
        column.required.unwrap_or(required),
        problems,
    )
}

fn make_column(
    span: &Range<usize>,
    (header, aliases, otherwise): (&str, &[String], &[String]),
    required: bool,
    problems: &mut Problems<'_>,
) -> Column {
    let names: Vec<String> = std::iter::once(header.to_owned()).chain(aliases.iter().cloned()).collect();
    let mut seen: Vec<String> = Vec::new();
    for name in names.iter().chain(otherwise) {
        let folded = fold(name);
        if folded.is_empty() {
            problems.add(span, "a header is empty".to_owned(), "the header as the report writes it");
        } else if seen.contains(&folded) {
            let message = format!("`{name}` stands here twice");
            problems.add(
                span,
                message,
                "headers match without regard to case, space and underscores: once is enough",
            );
        }
        seen.push(folded);
    }
    Column { names, otherwise: otherwise.to_vec(), required }
}

fn read_width(width: Option<&Spanned<usize>>, problems: &mut Problems<'_>) -> Option<usize> {
    let width = width?;
    if !(1..=15).contains(width.get_ref()) {
        let message = "a number cannot keep ids of this width".to_owned();
        problems.add(&width.span(), message, "1 to 15: a spreadsheet keeps 15 digits");
        return None;
    }
    Some(*width.get_ref())
}

fn read_paid_through(
    form: &Spanned<PaidThroughForm>,
    has_status: bool,
    problems: &mut Problems<'_>,
) -> PaidThrough {
    let paid = form.get_ref();
    match (&paid.header, &paid.derive) {
        (Some(header), None) => PaidThrough::Reported(make_column(
            &form.span(),
            (header, &paid.aliases, &paid.otherwise),
            paid.required.unwrap_or(true),
            problems,
        )),
        (None, Some(rules)) => {
            if !has_status {
                let message = "the date is derived from the status, and no status column is named".to_owned();
                problems.add(&form.span(), message, "add [columns.status] with its header");
            }
            PaidThrough::Derived(rules.iter().map(|rule| read_derive(rule, problems)).collect())
        }
        _ => {
            let message = "the paid-through date is either reported or derived".to_owned();
            problems.add(&form.span(), message, "either `header`, or [[columns.paid_through.derive]] rules");
            PaidThrough::Derived(Vec::new())
        }
    }
}

fn read_derive(rule: &DeriveForm, problems: &mut Problems<'_>) -> Derived {
    let months = *rule.months_before.get_ref();
    if months > FARTHEST_MONTH {
        let message = format!("{months} months back is beyond any plan");
        problems.add(
            &rule.months_before.span(),
            message,
            "0 for the end of the day's own month, 1 for the one before",
        );
    }
    Derived { status: rule.status.clone(), months_before: months }
}

fn read_term(form: &Spanned<TermForm>, problems: &mut Problems<'_>) -> TermDates {
    let term = form.get_ref();
    let plan_year_end = match &term.counts_as {
        None => false,
        Some(word) if word.get_ref() == "plan_year_end" => true,
        Some(word) => {
            let message = format!("`{}` is no rule for term dates", word.get_ref());
            problems.add(&word.span(), message, "counts_as = \"plan_year_end\", or leave it out");
            false
        }
    };
    TermDates {
        column: make_column(
            &form.span(),
            (&term.header, &term.aliases, &term.otherwise),
            term.required.unwrap_or(true),
            problems,
        ),
        plan_year_end,
    }
}

fn read_keeps(
    forms: &[Spanned<KeepForm>],
    [status, relationship, issuer]: [&Option<Column>; 3],
    problems: &mut Problems<'_>,
) -> Vec<Keep> {
    let named = |name: &str| match name {
        "status" => status.clone(),
        "relationship" => relationship.clone(),
        "issuer" => issuer.clone(),
        _ => None,
    };
    forms.iter().filter_map(|form| read_keep(form, &named, problems)).collect()
}

fn read_keep(
    form: &Spanned<KeepForm>,
    named: &dyn Fn(&str) -> Option<Column>,
    problems: &mut Problems<'_>,
) -> Option<Keep> {
    let keep = form.get_ref();
    let test = match (&keep.is, &keep.is_not, &keep.is_setting) {
        (Some(words), None, None) => KeepTest::Is(words.clone()),
        (None, Some(words), None) => KeepTest::IsNot(words.clone()),
        (None, None, Some(setting)) => KeepTest::IsSetting(setting.clone()),
        _ => {
            let message = "a filter has exactly one test".to_owned();
            problems.add(&form.span(), message, "one of `is`, `is_not`, `is_setting`");
            return None;
        }
    };
    // A filter that cannot look at its column would keep or drop everything: its column must be there. One that a
    // setting switches on needs it only then, which is asked when a file is read.
    let required = !matches!(test, KeepTest::IsSetting(_));
    let column = match (&keep.column, &keep.header) {
        (Some(name), None) => {
            let column = named(name.get_ref());
            if column.is_none() {
                let message = format!("no column is called `{}` here", name.get_ref());
                problems.add(
                    &name.span(),
                    message,
                    "status, relationship or issuer, once [columns] names it; or `header`",
                );
            }
            Column { required, ..column? }
        }
        (None, Some(header)) => make_column(&form.span(), (header, &keep.aliases, &[]), required, problems),
        _ => {
            let message = "a filter looks at one column".to_owned();
            problems.add(&form.span(), message, "`column = \"status\"`, or `header = \"Payable Agent\"`");
            return None;
        }
    };
    Some(Keep { column, test })
}

fn read_dates(form: &Form, problems: &mut Problems<'_>) -> Vec<DateForm> {
    let Some(forms) = &form.dates else {
        return DateForm::parse("MM/DD/YYYY").into_iter().collect();
    };
    let mut read = Vec::new();
    for text in forms.get_ref() {
        match DateForm::parse(text.get_ref()) {
            Some(form) => read.push(form),
            None => problems.add(
                &text.span(),
                format!("`{}` is no form of a date", text.get_ref()),
                "a year (YYYY), a month (MM, or MMMM for its name) and a day (DD), as in MM/DD/YYYY or MMMM D, YYYY",
            ),
        }
    }
    read
}

fn read_no_end(days: Option<&[Spanned<String>]>, problems: &mut Problems<'_>) -> Vec<Date> {
    let Some(days) = days else {
        return NO_END.iter().filter_map(|day| day.parse().ok()).collect();
    };
    let mut read = Vec::new();
    for day in days {
        match day.get_ref().parse() {
            Ok(day) => read.push(day),
            Err(_) => {
                problems.add(&day.span(), format!("`{}` is no day", day.get_ref()), "as in \"9999-12-31\"");
            }
        }
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "format = 1\nkey = \"x\"\nname = \"X\"\n[columns.member_id]\nheader = \"ID\"\n\
                        [columns.paid_through]\nheader = \"Paid\"\n";

    fn problems(text: &str) -> Vec<String> {
        match Company::from_toml("x.toml", text) {
            Ok(_) => Vec::new(),
            Err(found) => found.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn the_least_definition_takes_the_spec_s_defaults() {
        let company = Company::from_toml("x.toml", GOOD).unwrap();
        assert_eq!(company.crm_name, "X");
        assert_eq!(company.dates.iter().map(DateForm::as_str).collect::<Vec<_>>(), ["MM/DD/YYYY"]);
        assert_eq!(company.no_end.len(), 2);
        assert!(company.member_id.required);
    }

    #[test]
    fn problems_say_where_what_and_what_would_be_right() {
        let cases: [(&str, &str, &str); 12] = [
            ("format = 1", "format = 2", "x.toml:1:10: this format is not known\n  help: format = 1"),
            ("key = \"x\"", "key = \"X y\"", "x.toml:2:7: `X y` cannot be a key\n  help: small letters"),
            ("name = \"X\"", "nam = \"X\"", "x.toml:3:1: unknown field `nam`"),
            ("name = \"X\"\n", "", "x.toml:1:1: missing field `name`\n  help: every definition says `name`"),
            (
                "name = \"X\"",
                "name = \"X\"\ndates = [\"MM-DD\"]",
                "x.toml:4:10: `MM-DD` is no form of a date\n  help: a year (YYYY)",
            ),
            (
                "name = \"X\"",
                "name = \"X\"\nno_end = [\"12/31/9999\"]",
                "x.toml:4:11: `12/31/9999` is no day\n  help: as in",
            ),
            (
                "name = \"X\"",
                "name = \"X\"\nids = { number_width = 40 }",
                "x.toml:4:24: a number cannot keep ids of this width",
            ),
            (
                "name = \"X\"",
                "name = \"X\"\npassword_setting = \"hunter 2!\"",
                "x.toml:4:20: this is not the name of a setting",
            ),
            (
                "header = \"Paid\"",
                "derive = [{ status = [\"A\"], months_before = 0 }]",
                "x.toml:6:1: the date is derived from the status, and no status column",
            ),
            (
                "header = \"Paid\"",
                "header = \"Paid\"\naliases = [\"PAID\"]",
                "x.toml:6:1: `PAID` stands here twice",
            ),
            (
                "header = \"Paid\"\n",
                "header = \"Paid\"\n[[keep]]\ncolumn = \"status\"\nis = [\"A\"]\n",
                "x.toml:9:10: no column is called `status` here",
            ),
            (
                "header = \"Paid\"\n",
                "header = \"Paid\"\n[[keep]]\nheader = \"A\"\nis = [\"A\"]\nis_not = [\"B\"]\n",
                "x.toml:8:1: a filter has exactly one test",
            ),
        ];
        for (from, to, expected) in cases {
            let found = problems(&GOOD.replace(from, to));
            assert_eq!(found.len(), 1, "{to}: {found:?}");
            assert!(found[0].starts_with(expected), "{to}\n  found {}\n  wanted {expected}", found[0]);
        }
        assert!(problems("format = ")[0].starts_with("x.toml:1:"));
    }

    #[test]
    fn all_problems_are_said_at_once() {
        let text = GOOD.replace("format = 1", "format = 3").replace("key = \"x\"", "key = \"\"");
        assert_eq!(problems(&text).len(), 2);
    }
}
