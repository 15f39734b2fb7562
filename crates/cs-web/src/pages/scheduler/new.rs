//! A new reconciliation: company, broker, file.

use askama::Template;
use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse};
use cs_ports::{Task, Work};
use jiff::civil::Date;

use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::office::{BrokerAbout, CompanyAbout, Slip};
use crate::visit::{Answer, Visit, done, page};
use crate::work::{tasks, uploads};

/// What scripts send, and what tells them that an answer is a part of a page.
const FRAGMENT: &str = "x-fragment";

/// Plan years that are taken for meant.
const PLAN_YEARS: std::ops::RangeInclusive<i16> = 2010..=2100;

/// What a field that is no file may hold, in bytes.
const LONGEST_FIELD: usize = 1_000;

/// What was typed.
#[derive(Default)]
struct Typed {
    company: String,
    broker: String,
    as_of: String,
    plan_year: String,
    /// `dry` or `real`: the button.
    mode: String,
    file: Option<(String, Vec<u8>)>,
    /// Whether a file came along, wherever it is now.
    had_file: bool,
}

/// What the form shows.
struct Form {
    companies: Vec<CompanyAbout>,
    brokers: Vec<BrokerAbout>,
    typed: Typed,
    slips: Vec<Slip>,
    /// Whether the file is to be chosen once more: only our script keeps it.
    file_again: bool,
    upload_bytes: usize,
    today: Date,
}

impl Form {
    fn slip(&self, field: &str) -> Option<&str> {
        self.slips.iter().find(|slip| slip.field == field).map(|slip| slip.message.as_str())
    }

    /// What is wrong with none of its fields.
    fn other_slips(&self) -> Vec<&str> {
        const FIELDS: [&str; 5] = ["company", "broker", "file", "as_of", "plan_year"];
        let others = self.slips.iter().filter(|slip| !FIELDS.contains(&slip.field.as_str()));
        others.map(|slip| slip.message.as_str()).collect()
    }

    /// A message that tells how large a file may be.
    fn bounded(&self, frame: &Frame, key: &str) -> String {
        let megabytes = (self.upload_bytes / 1_048_576).to_string();
        frame.words.tell(key, &[("megabytes", megabytes.into())])
    }

    fn today(&self, frame: &Frame) -> String {
        frame.words.tell("scheduler-as-of-help", &[("today", frame.words.day(&self.today).into())])
    }
}

#[derive(Template)]
#[template(path = "scheduler/new.html")]
struct NewPage {
    frame: Frame,
    form: Form,
}

#[derive(Template)]
#[template(path = "scheduler/form.html")]
struct FormPart {
    frame: Frame,
    form: Form,
}

async fn form(visit: &Visit, typed: Typed, slips: Vec<Slip>) -> Result<Form, WebError> {
    Ok(Form {
        companies: visit.web.office.companies().await?,
        brokers: visit.web.office.brokers().await?,
        typed,
        slips,
        file_again: false,
        upload_bytes: visit.web.exposure.upload_bytes,
        today: visit.web.clock.now().to_zoned(visit.web.zone.clone()).date(),
    })
}

pub(super) async fn show(visit: Visit) -> Answer {
    let form = form(&visit, Typed::default(), Vec::new()).await?;
    page(&NewPage { frame: visit.frame(Section::Scheduler, "scheduler-new"), form })
}

pub(super) async fn send(
    visit: Visit,
    headers: HeaderMap,
    sent: Result<Multipart, MultipartRejection>,
) -> Answer {
    let mut typed = Typed::default();
    let result = match sent {
        Ok(sent) => match read(&visit, sent, &mut typed).await {
            Ok(()) => start(&visit, &mut typed).await,
            Err(error) => Err(error),
        },
        Err(_) => Err(WebError::invalid("file", visit.words.say("upload-broken"))),
    };
    match result {
        Ok(task) => done(&format!("/scheduler/{}", task.id), "scheduler-added"),
        Err(error) => again(&visit, &headers, typed, error).await,
    }
}

/// Takes the form's fields as they come; the file's bytes are bounded by the service's limit on every body.
async fn read(visit: &Visit, mut sent: Multipart, typed: &mut Typed) -> Result<(), WebError> {
    let broken = |error: MultipartError| refused(visit, &error);
    while let Some(field) = sent.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            let file = field.file_name().unwrap_or_default().to_owned();
            let bytes = field.bytes().await.map_err(broken)?;
            typed.had_file = !file.is_empty();
            typed.file = typed.had_file.then(|| (file, bytes.into()));
            continue;
        }
        let text = text(visit, field).await?;
        match name.as_str() {
            "company" => typed.company = text,
            "broker" => typed.broker = text,
            "as_of" => typed.as_of = text,
            "plan_year" => typed.plan_year = text,
            "mode" => typed.mode = text,
            _ => {}
        }
    }
    Ok(())
}

async fn text(visit: &Visit, mut field: Field<'_>) -> Result<String, WebError> {
    let mut bytes = Vec::new();
    while let Some(some) = field.chunk().await.map_err(|error| refused(visit, &error))? {
        if bytes.len() + some.len() > LONGEST_FIELD {
            return Err(WebError::invalid("form", visit.words.say("upload-broken")));
        }
        bytes.extend_from_slice(&some);
    }
    Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
}

fn refused(visit: &Visit, error: &MultipartError) -> WebError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return WebError::TooLarge { bytes: visit.web.exposure.upload_bytes as u64 };
    }
    WebError::invalid("file", visit.words.say("upload-broken"))
}

/// Everything that is wrong is said at once; the file is looked into when the rest is right, because what it must be depends
/// on the company.
async fn start(visit: &Visit, typed: &mut Typed) -> Result<Task, WebError> {
    let mut slips = Vec::new();
    let mut slip = |field: &str, key: &str| {
        slips.push(Slip { field: field.to_owned(), message: visit.words.say(key) });
    };
    let as_of = match typed.as_of.as_str() {
        "" => None,
        text => text.parse::<Date>().map_or_else(
            |_| {
                slip("as_of", "scheduler-bad-day");
                None
            },
            Some,
        ),
    };
    let plan_year = match typed.plan_year.as_str() {
        "" => None,
        text => text.parse::<i16>().ok().filter(|year| PLAN_YEARS.contains(year)).or_else(|| {
            slip("plan_year", "scheduler-bad-year");
            None
        }),
    };
    if typed.file.is_none() {
        slip("file", "upload-missing");
    }
    if let Err(WebError::Invalid { slips: of_book }) =
        tasks::expect_book(visit, &typed.company, &typed.broker).await
    {
        slips.splice(0..0, of_book);
    }
    let Some((name, bytes)) = typed.file.take().filter(|_| slips.is_empty()) else {
        return Err(WebError::Invalid { slips });
    };
    let (file, _) = uploads::keep(visit, &typed.company, &name, &bytes).await?;
    let work = Work::Reconcile {
        company: typed.company.clone(),
        broker: typed.broker.clone(),
        file: file.id,
        file_name: file.name,
        as_of,
        plan_year,
        approve_drift: false,
        // Only the button that says so writes to the CRM.
        dry_run: typed.mode != "real",
    };
    tasks::add(visit, work).await
}

/// The form once more, with what is wrong beside the field it is about.
async fn again(visit: &Visit, headers: &HeaderMap, typed: Typed, error: WebError) -> Answer {
    let status = error.status();
    let slips = match error {
        WebError::Invalid { slips } => slips,
        WebError::TooLarge { bytes } => {
            let megabytes = (bytes / 1_048_576).to_string();
            let message = visit.words.tell("upload-too-large", &[("megabytes", megabytes.into())]);
            vec![Slip { field: "file".to_owned(), message }]
        }
        WebError::State { cause, .. } => vec![Slip { field: "form".to_owned(), message: cause }],
        error => return Err(error),
    };
    let file_again = typed.had_file && !slips.iter().any(|slip| slip.field == "file");
    let form = form(visit, typed, slips).await?;
    let frame = visit.frame(Section::Scheduler, "scheduler-new");
    if headers.contains_key(FRAGMENT) {
        let part = (HeaderName::from_static(FRAGMENT), HeaderValue::from_static("1"));
        return Ok((status, [part], Html(FormPart { frame, form }.render()?)).into_response());
    }
    let form = Form { file_again, ..form };
    Ok((status, Html(NewPage { frame, form }.render()?)).into_response())
}
