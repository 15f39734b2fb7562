//! A company's definition, and a report tried with it.

use std::fmt::Write as _;

use cs_companies::Language;
use cs_companies::company::{Column, Company, DateForm, KeepTest, PaidThrough, Trial};
use cs_companies::report::Format;
use serde_json::{Value, json};

fn column(company: &Company, column: &Column) -> String {
    let mut text = column.names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(" or ");
    for name in &column.otherwise {
        let _ = write!(text, ", where empty \"{name}\"");
    }
    if !company.requires(column) {
        text.push_str(" (may be missing)");
    }
    text
}

/// The definition in words.
pub(crate) fn in_words(company: &Company, file: &str) -> String {
    let mut lines = vec![format!("{} ({}), from {file}", company.name, company.key)];
    if company.crm_name != company.name {
        lines.push(format!("  in the CRM      {}", company.crm_name));
    }
    lines.push(format!("  member id       {}", column(company, &company.member_id)));
    match &company.paid_through {
        PaidThrough::Reported(found) => lines.push(format!("  paid through    {}", column(company, found))),
        PaidThrough::Derived(rules) => {
            lines.push("  paid through    follows from the status:".to_owned());
            for rule in rules {
                let when = match rule.months_before {
                    0 => "the last day of the month".to_owned(),
                    1 => "the last day of the month before".to_owned(),
                    months => format!("the last day of the month {months} months before"),
                };
                lines.push(format!("                  {} -> {when}", rule.status.join(", ")));
            }
        }
    }
    if let Some(term) = &company.term_date {
        let fixed = if term.plan_year_end { "; counts as 31 December of the plan year" } else { "" };
        lines.push(format!("  term date       {}{fixed}", column(company, &term.column)));
    }
    let optional = [
        ("status", &company.status),
        ("relationship", &company.relationship),
        ("premium", &company.premium),
        ("company of row", &company.issuer),
    ];
    for (name, found) in optional {
        if let Some(found) = found {
            lines.push(format!("  {name:<15} {}", column(company, found)));
        }
    }
    for keep in &company.keep {
        let test = match &keep.test {
            KeepTest::Is(words) => format!("is {}", words.join(" or ")),
            KeepTest::IsNot(words) => format!("is not {}", words.join(" or ")),
            KeepTest::IsSetting(name) => format!("is what the setting {name} says, where it is set"),
        };
        lines.push(format!("  keeps rows      where {} {test}", column(company, &keep.column)));
    }
    let dates: Vec<&str> = company.dates.iter().map(DateForm::as_str).collect();
    lines.push(format!("  dates           {}", dates.join(", ")));
    let no_end: Vec<String> = company.no_end.iter().map(ToString::to_string).collect();
    lines.push(format!("  \"no end\"        {}", no_end.join(", ")));
    if let Some(setting) = &company.password_setting {
        lines.push(format!("  password        from the setting {setting}"));
    }
    lines.join("\n")
}

/// The definition for machines, as far as it is of use.
pub(crate) fn object(company: &Company) -> Value {
    let headers = |column: &Option<Column>| column.as_ref().map(|column| column.names.clone());
    let paid = match &company.paid_through {
        PaidThrough::Reported(column) => json!({ "reported": column.names }),
        PaidThrough::Derived(rules) => json!({
            "derived": rules.iter().map(|rule| json!({ "status": rule.status, "months_before": rule.months_before }))
                .collect::<Vec<_>>()
        }),
    };
    json!({
        "key": company.key,
        "name": company.name,
        "crm_name": company.crm_name,
        "member_id": company.member_id.names,
        "paid_through": paid,
        "term_date": company.term_date.as_ref().map(|term| &term.column.names),
        "status": headers(&company.status),
        "premium": headers(&company.premium),
        "dates": company.dates.iter().map(DateForm::as_str).collect::<Vec<_>>(),
        "no_end": company.no_end,
        "password_setting": company.password_setting,
    })
}

/// What a file is.
fn form(format: &Format) -> String {
    match format {
        Format::Delimited { delimiter: '\t', encoding } => format!("text with tabs, {encoding}"),
        Format::Delimited { delimiter, encoding } => {
            format!("text with {delimiter:?} between the cells, {encoding}")
        }
        Format::Xlsx { protected: false } => "an Excel workbook (xlsx)".to_owned(),
        Format::Xlsx { protected: true } => "an Excel workbook (xlsx) with a password".to_owned(),
        Format::Xls => "an Excel workbook (xls)".to_owned(),
    }
}

/// A report tried with a definition.
pub(crate) fn tried(company: &Company, trial: &Trial, language: Language) -> String {
    let mut text = format!("{}: {}\n", company.name, form(&trial.format));
    let _ = writeln!(text, "header on line {}", trial.header_line);
    for column in &trial.columns {
        let _ = match (&column.header, column.position) {
            (Some(header), Some(position)) => {
                writeln!(text, "  {:<14} column {position}, \"{header}\"", column.field)
            }
            _ => writeln!(text, "  {:<14} not in this report", column.field),
        };
    }
    if !trial.unused_headers.is_empty() {
        let _ = writeln!(text, "  not used: {}", trial.unused_headers.join(", "));
    }
    for sheet in &trial.sheets_skipped {
        let _ = writeln!(text, "  the sheet \"{sheet}\" has none of the headers and was passed over");
    }
    let [count, left_out, unreadable] = trial.counts;
    let _ = writeln!(text, "{count} rows count, {left_out} are left out, {unreadable} cannot be read");
    let day = |day: Option<jiff::civil::Date>| day.map_or_else(|| "-".to_owned(), |day| day.to_string());
    for found in &trial.rows {
        let row = &found.row;
        let _ = writeln!(
            text,
            "  line {:<6} {:<20} paid through {} ({})  term {}  status {}",
            row.place.line,
            row.member_id,
            day(row.paid_through),
            row.paid_through_is.name(),
            day(row.term_date),
            row.status.as_deref().unwrap_or("-"),
        );
    }
    for invalid in &trial.invalid {
        let member = if invalid.member_id.is_empty() { "-" } else { &invalid.member_id };
        let (line, why) = (invalid.place.line, invalid.message(language));
        let _ = writeln!(text, "  line {line:<6} {member:<20} cannot be read: {why}");
    }
    if unreadable > trial.invalid.len() {
        let _ = writeln!(
            text,
            "  and {} more that cannot be read (--rows shows more)",
            unreadable - trial.invalid.len()
        );
    }
    text.trim_end().to_owned()
}
