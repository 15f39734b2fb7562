//! The description of the API as a page: operations by tag, the shapes of what is sent and answered, the problems.

#![allow(clippy::indexing_slicing, reason = "a JSON value answers null where there is nothing")]

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use cs_ports::Right;
use serde_json::Value as Json;
use utoipa::openapi::OpenApi;

use crate::doors::{Doors, Rule};
use crate::error::CODES;
use crate::frame::{Frame, Section};
use crate::visit::{Visit, page};

/// Methods in the order in which people look for them.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

pub(super) fn doors(doors: Doors, described: &Arc<OpenApi>) -> Doors {
    let described = Arc::new(Described::of(&serde_json::to_value(&**described).unwrap_or_default()));
    doors.get("/api/docs", Rule::Needs(Right::Read), move |visit: Visit| {
        let described = Arc::clone(&described);
        async move {
            let words = &visit.words;
            let told = |code: &&'static str, end: &str| {
                let key = format!("error-{}{end}", code.replace(['.', '_'], "-"));
                words.said(&key).unwrap_or_default()
            };
            let problems = CODES.iter().map(|code| (*code, told(code, ""), told(code, "-remedy"))).collect();
            page(&DocsPage { frame: visit.frame(Section::Profile, "nav-api"), described, problems })
        }
    })
}

#[derive(Template)]
#[template(path = "api_docs.html")]
struct DocsPage {
    frame: Frame,
    described: Arc<Described>,
    /// Code, what happened, what to do.
    problems: Vec<(&'static str, String, String)>,
}

/// The description, ready to be drawn.
struct Described {
    about: String,
    tags: BTreeMap<String, Vec<Operation>>,
    shapes: Vec<Shape>,
}

/// A method of a path.
struct Operation {
    id: String,
    method: String,
    path: String,
    summary: String,
    about: String,
    parameters: Vec<Field>,
    body: Option<Kind>,
    /// Status, when, and what is answered.
    answers: Vec<(String, String, Option<Kind>)>,
}

/// What is sent or answered.
struct Shape {
    name: String,
    about: String,
    fields: Vec<Field>,
    /// Where it has no fields of its own: what it is.
    kind: Kind,
}

/// A parameter or a field.
struct Field {
    name: String,
    /// `query`, `path`, `header`; empty for fields.
    place: String,
    kind: Kind,
    required: bool,
    about: String,
}

/// A type, and the shape it names.
struct Kind {
    text: String,
    shape: Option<String>,
}

impl Described {
    fn of(api: &Json) -> Self {
        let mut tags: BTreeMap<String, Vec<Operation>> = BTreeMap::new();
        for (path, item) in members(&api["paths"]) {
            for method in METHODS {
                let operation = &item[method];
                if operation.is_object() {
                    let tag = text(&operation["tags"][0]);
                    tags.entry(tag).or_default().push(Operation::of(method, path, operation));
                }
            }
        }
        let shapes = members(&api["components"]["schemas"]).map(|(name, shape)| Shape::of(name, shape));
        Self { about: text(&api["info"]["description"]), tags, shapes: shapes.collect() }
    }
}

impl Operation {
    fn of(method: &str, path: &str, operation: &Json) -> Self {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let answers = members(&operation["responses"]).map(|(status, answer)| {
            (status.clone(), text(&answer["description"]), content(&answer["content"]))
        });
        Self {
            id: text(&operation["operationId"]),
            method: method.to_uppercase(),
            path: path.to_owned(),
            summary: text(&operation["summary"]),
            about: text(&operation["description"]),
            parameters: parameters.map(parameter).collect(),
            body: content(&operation["requestBody"]["content"]),
            answers: answers.collect(),
        }
    }
}

impl Shape {
    fn of(name: &str, shape: &Json) -> Self {
        let required: Vec<&str> =
            shape["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
        let fields = members(&shape["properties"]).map(|(field, schema)| Field {
            name: field.clone(),
            place: String::new(),
            kind: kind(schema),
            required: required.contains(&field.as_str()),
            about: text(&schema["description"]),
        });
        let fields: Vec<Field> = fields.collect();
        Self { name: name.to_owned(), about: text(&shape["description"]), fields, kind: kind(shape) }
    }
}

fn parameter(parameter: &Json) -> Field {
    Field {
        name: text(&parameter["name"]),
        place: text(&parameter["in"]),
        kind: kind(&parameter["schema"]),
        required: parameter["required"].as_bool().unwrap_or_default(),
        about: text(&parameter["description"]),
    }
}

/// The first kind of content that is sent or answered.
fn content(content: &Json) -> Option<Kind> {
    let (kind_of_media, first) = members(content).next()?;
    let found = kind(&first["schema"]);
    if found.text.is_empty() { Some(Kind { text: kind_of_media.clone(), shape: None }) } else { Some(found) }
}

fn kind(schema: &Json) -> Kind {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or_default().to_owned();
        return Kind { text: name.clone(), shape: Some(name) };
    }
    let choices = [&schema["oneOf"], &schema["anyOf"], &schema["allOf"]];
    if let Some(choices) = choices.into_iter().find_map(Json::as_array) {
        let kinds: Vec<Kind> = choices.iter().map(kind).collect();
        let shape = kinds.iter().find_map(|kind| kind.shape.clone());
        let texts: Vec<String> = kinds.into_iter().map(|kind| kind.text).collect();
        return Kind { text: texts.join(" | "), shape };
    }
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        return Kind { text: words.join(" | "), shape: None };
    }
    let types = match &schema["type"] {
        Json::Array(types) => types.iter().map(text).collect(),
        one => vec![text(one)],
    };
    if types.iter().any(|one| one == "array") {
        let items = kind(&schema["items"]);
        return Kind { text: format!("{}[]", items.text), shape: items.shape };
    }
    let inner: Vec<String> = members(&schema["properties"])
        .filter(|(_, field)| field["enum"].is_array())
        .map(|(name, field)| format!("{name}: {}", kind(field).text))
        .collect();
    let text = types.join(" | ");
    Kind { text: if inner.is_empty() { text } else { format!("{text} ({})", inner.join(", ")) }, shape: None }
}

fn members(value: &Json) -> impl Iterator<Item = (&String, &Json)> {
    value.as_object().into_iter().flatten()
}

fn text(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
