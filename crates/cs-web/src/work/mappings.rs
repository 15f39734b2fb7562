//! Mappings that people make: begun, changed, published, rolled back.

use cs_domain::mapping::compare::{Difference, compare};
use cs_domain::mapping::edit::{DocumentTraits, EditError, MappingEdit, edited, new_text};
use cs_domain::mapping::{Problem, Said, Sketch, can_name, parse_with, shipped_text, sketch_with};
use cs_domain::{Edition, FieldName, Kind, MappingName, Origin, Role, UnitName};
use cs_engine::RetireError;
use cs_ports::{LinkCount, MappingDraft, MappingVersion, PublishedMapping, RetiredMapping};
use serde_json::{Value as Json, json};

use crate::error::WebError;
use crate::office::{MappingAbout, RunningMapping, Slip};
use crate::visit::Visit;
use crate::words::{Language, Words};

/// The Frappe field that keeps the key of a creation, as the shipped mappings call it; the setup creates it where it is not
/// there.
const EXTERNAL_ID: &str = "custom_vtiger_id";
/// Characters that a note, a title or a name may have.
const LINE: usize = 200;
/// Bytes that a mapping's text may have.
const TEXT: usize = 512 * 1024;
/// Differences that the audit log keeps of one change.
const NOTED: usize = 50;

/// A mapping as it stands: what runs, and what somebody is writing.
pub(crate) struct Standing {
    pub(crate) name: MappingName,
    pub(crate) draft: Option<MappingDraft>,
    pub(crate) running: Option<RunningMapping>,
    /// Who keeps it from running, and since when.
    pub(crate) retired: Option<RetiredMapping>,
}

impl Standing {
    /// The text that is being worked on: the draft, else what runs.
    pub(crate) fn text(&self) -> &str {
        let draft = self.draft.as_ref().map(|draft| draft.text.as_str());
        draft.or(self.running.as_ref().map(|running| running.text.as_str())).unwrap_or_default()
    }

    /// Which draft was seen; 0: none.
    pub(crate) fn revision(&self) -> i64 {
        self.draft.as_ref().map_or(0, |draft| draft.revision)
    }

    /// The file that fixes it.
    pub(crate) fn fixed_by(&self) -> Option<&str> {
        self.running.as_ref()?.fixed_by.as_deref()
    }

    /// Suggestions that were rejected.
    pub(crate) fn rejected(&self) -> &[String] {
        self.draft.as_ref().map(|draft| draft.rejected.as_slice()).unwrap_or_default()
    }

    /// The number of the version that runs.
    pub(crate) fn number(&self) -> Option<i64> {
        match self.running.as_ref()?.edition.origin {
            Origin::Version(number) => Some(number),
            Origin::File | Origin::Shipped => None,
        }
    }
}

/// A mapping; one that nobody began and that does not run is not there.
pub(crate) async fn standing(visit: &Visit, name: &MappingName) -> Result<Standing, WebError> {
    let draft = visit.web.desk.mapping_draft(name).await?;
    let running = visit.web.office.running_mapping(name).await?;
    if draft.is_none() && running.is_none() {
        return Err(WebError::not_there("mapping", name));
    }
    let retired = visit.web.desk.retired_mappings().await?.into_iter().find(|one| one.mapping == *name);
    Ok(Standing { name: name.clone(), draft, running, retired })
}

/// A mapping as somebody wants it to begin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Beginning {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) module: String,
    pub(crate) doctype: String,
}

/// Begins a mapping of one module and one DocType.
pub(crate) async fn begin(visit: &Visit, wish: &Beginning) -> Result<MappingName, WebError> {
    let mut slips = named(visit, &wish.name, &wish.title).await?;
    for (field, text) in [("module", &wish.module), ("doctype", &wish.doctype)] {
        if text.trim().is_empty() {
            slips.push(Slip { field: field.to_owned(), message: visit.words.say("mapping-slip-empty") });
        }
    }
    refuse(slips)?;
    let name = MappingName::new(wish.name.trim());
    let unit = MappingEdit::AddUnit {
        unit: UnitName::new(slug(&wish.module)),
        module: Kind::new(wish.module.trim()),
        role: Role::new(slug(&wish.doctype)),
        doctype: Kind::new(wish.doctype.trim()),
    };
    let traits = MappingEdit::SetTraits {
        unit: UnitName::new(slug(&wish.module)),
        role: Role::new(slug(&wish.doctype)),
        traits: DocumentTraits {
            external_id: Some(FieldName::new(EXTERNAL_ID)),
            ..DocumentTraits::default()
        },
    };
    let text = edited(&new_text(&name, wish.title.trim()), &[unit, traits]);
    create(visit, &name, text.map_err(|error| told(visit, &error))?).await
}

/// Begins a mapping as a copy of another.
pub(crate) async fn copy(
    visit: &Visit,
    from: &MappingName,
    name: &str,
    title: &str,
) -> Result<MappingName, WebError> {
    let original = standing(visit, from).await?;
    refuse(named(visit, name, title).await?)?;
    let name = MappingName::new(name.trim());
    let edits = [
        MappingEdit::Rename { name: name.clone() },
        MappingEdit::SetTitle { title: title.trim().to_owned() },
    ];
    let text = edited(original.text(), &edits).map_err(|error| told(visit, &error))?;
    create(visit, &name, text).await
}

async fn create(visit: &Visit, name: &MappingName, text: String) -> Result<MappingName, WebError> {
    let fresh = Standing { name: name.clone(), draft: None, running: None, retired: None };
    keep(visit, &fresh, 0, text, Vec::new()).await?;
    Ok(name.clone())
}

/// What is wrong with the name and title of a new mapping.
async fn named(visit: &Visit, name: &str, title: &str) -> Result<Vec<Slip>, WebError> {
    let mut slips = Vec::new();
    let mut slip = |field: &str, key: &str| {
        slips.push(Slip { field: field.to_owned(), message: visit.words.say(key) });
    };
    let name = name.trim();
    if !can_name(name) || name.chars().count() > LINE {
        slip("name", "mapping-slip-name");
    } else if standing(visit, &MappingName::new(name)).await.is_ok() {
        slip("name", "mapping-slip-taken");
    }
    if title.trim().is_empty() {
        slip("title", "mapping-slip-empty");
    } else if title.chars().count() > LINE {
        slip("title", "mapping-slip-long");
    }
    Ok(slips)
}

fn refuse(slips: Vec<Slip>) -> Result<(), WebError> {
    if slips.is_empty() { Ok(()) } else { Err(WebError::Invalid { slips }) }
}

/// A name made of words: `Sales Order` is `sales-order`.
pub(crate) fn slug(words: &str) -> String {
    let mut slug = String::new();
    let mut after_small = false;
    for character in words.trim().chars() {
        if character.is_ascii_alphanumeric() {
            if character.is_ascii_uppercase() && after_small {
                slug.push('-');
            }
            after_small = character.is_ascii_lowercase();
            slug.push(character.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
            after_small = false;
        }
    }
    let slug =
        slug.trim_end_matches('-').trim_start_matches(|first: char| first.is_ascii_digit() || first == '-');
    if slug.is_empty() { "unit".to_owned() } else { slug.to_owned() }
}

/// Changes the draft part by part; the first change begins one from what runs. Answers the text it has then.
pub(crate) async fn edit(
    visit: &Visit,
    name: &MappingName,
    revision: i64,
    edits: &[MappingEdit],
) -> Result<i64, WebError> {
    let standing = standing(visit, name).await?;
    expect(visit, &standing, revision)?;
    let text = edited(standing.text(), edits).map_err(|error| told(visit, &error))?;
    let rejected = standing.rejected().to_vec();
    keep(visit, &standing, revision, text, rejected).await
}

/// Puts a text in place of the draft's.
pub(crate) async fn write(
    visit: &Visit,
    name: &MappingName,
    revision: i64,
    text: &str,
) -> Result<i64, WebError> {
    let standing = standing(visit, name).await?;
    expect(visit, &standing, revision)?;
    // Browsers send text with the line ends of mail.
    let text = text.replace("\r\n", "\n");
    let rejected = standing.rejected().to_vec();
    keep(visit, &standing, revision, text, rejected).await
}

/// The same, where a mapping that is not there begins with the text.
pub(crate) async fn write_or_begin(
    visit: &Visit,
    name: &MappingName,
    revision: i64,
    text: &str,
) -> Result<i64, WebError> {
    match standing(visit, name).await {
        Err(WebError::NotThere { .. }) if can_name(name.as_str()) => {
            let fresh = Standing { name: name.clone(), draft: None, running: None, retired: None };
            expect(visit, &fresh, revision)?;
            keep(visit, &fresh, revision, text.replace("\r\n", "\n"), Vec::new()).await
        }
        Err(error) => Err(error),
        Ok(_) => write(visit, name, revision, text).await,
    }
}

/// Notes that suggestions are not wanted.
pub(crate) async fn reject(
    visit: &Visit,
    name: &MappingName,
    revision: i64,
    suggestions: impl IntoIterator<Item = String>,
) -> Result<i64, WebError> {
    let standing = standing(visit, name).await?;
    expect(visit, &standing, revision)?;
    let mut rejected = standing.rejected().to_vec();
    rejected.extend(suggestions);
    rejected.sort();
    rejected.dedup();
    let text = standing.text().to_owned();
    keep(visit, &standing, revision, text, rejected).await
}

/// Whoever changes something has seen what they change.
fn expect(visit: &Visit, standing: &Standing, revision: i64) -> Result<(), WebError> {
    if let Some(file) = standing.fixed_by() {
        let cause = visit.words.tell("mapping-is-fixed", &[("file", file.to_owned().into())]);
        return Err(WebError::State { code: "mapping.fixed", cause });
    }
    if standing.revision() == revision { Ok(()) } else { Err(moved(visit)) }
}

fn moved(visit: &Visit) -> WebError {
    WebError::State { code: "mapping.moved", cause: visit.words.say("mapping-moved") }
}

async fn keep(
    visit: &Visit,
    standing: &Standing,
    revision: i64,
    text: String,
    rejected: Vec<String>,
) -> Result<i64, WebError> {
    if text.len() > TEXT {
        return Err(WebError::TooLarge { bytes: TEXT as u64 });
    }
    let before = standing.text();
    let changed = changes(visit, before, &text);
    let base = standing.draft.as_ref().map_or(standing.number(), |draft| draft.base);
    let draft = MappingDraft {
        mapping: standing.name.clone(),
        revision,
        text,
        rejected,
        base,
        who: visit.caller.name(),
        at: visit.web.clock.now(),
    };
    let kept = visit.web.desk.put_mapping_draft(&draft).await?.ok_or_else(|| moved(visit))?;
    let after = json!({ "changes": changed });
    visit.record("mapping.draft", object(&standing.name), Json::Null, after).await?;
    Ok(kept)
}

/// What a change of text changed, in the words of the file, as far as both texts are mappings.
fn changes(visit: &Visit, before: &str, after: &str) -> Vec<String> {
    let all = difference(visit, before, after).unwrap_or_default();
    all.iter().take(NOTED).map(ToString::to_string).collect()
}

fn object(name: &MappingName) -> String {
    format!("mapping {name}")
}

fn told(visit: &Visit, error: &EditError) -> WebError {
    let words = &visit.words;
    let cause = match error {
        EditError::Syntax { message } => {
            words.tell("mapping-edit-syntax", &[("message", message.clone().into())])
        }
        EditError::NotThere { what } => {
            words.tell("mapping-edit-not-there", &[("what", what.clone().into())])
        }
        EditError::There { what } => words.tell("mapping-edit-there", &[("what", what.clone().into())]),
        EditError::Form { key } => words.tell("mapping-edit-form", &[("key", key.clone().into())]),
    };
    WebError::State { code: error.code(), cause }
}

/// Drops the draft; a mapping that was never published is gone with it.
pub(crate) async fn drop_draft(visit: &Visit, name: &MappingName, revision: i64) -> Result<(), WebError> {
    if !visit.web.desk.drop_mapping_draft(name, revision).await? {
        return Err(moved(visit));
    }
    visit.record("mapping.draft_drop", object(name), Json::Null, Json::Null).await
}

/// Publishes the draft: from the next run on it is what runs. One with problems is refused.
pub(crate) async fn publish(
    visit: &Visit,
    name: &MappingName,
    revision: i64,
    note: &str,
) -> Result<i64, WebError> {
    let standing = standing(visit, name).await?;
    expect(visit, &standing, revision)?;
    let Some(draft) = &standing.draft else { return Err(moved(visit)) };
    put(visit, &standing, &draft.text, note, Some(revision)).await
}

/// Publishes an old text anew: a version, or (`None`) the text that came with the program.
pub(crate) async fn roll_back(
    visit: &Visit,
    name: &MappingName,
    to: Option<i64>,
    note: &str,
) -> Result<i64, WebError> {
    let standing = standing(visit, name).await?;
    if standing.fixed_by().is_some() {
        expect(visit, &standing, standing.revision())?;
    }
    let text = text_of(visit, name, to).await?;
    put(visit, &standing, &text, note, None).await
}

/// The text of a version, or (`None`) the one that came with the program.
pub(crate) async fn text_of(
    visit: &Visit,
    name: &MappingName,
    version: Option<i64>,
) -> Result<String, WebError> {
    let Some(number) = version else {
        return shipped_text(name.as_str())
            .map(str::to_owned)
            .ok_or_else(|| WebError::not_there("shipped mapping", name));
    };
    let found = visit.web.desk.mapping_version(name, number).await?;
    let found = found.ok_or_else(|| WebError::not_there("version", number))?;
    Ok(found.text)
}

async fn put(
    visit: &Visit,
    standing: &Standing,
    text: &str,
    note: &str,
    draft: Option<i64>,
) -> Result<i64, WebError> {
    let note = note.trim();
    if note.is_empty() || note.chars().count() > LINE {
        let key = if note.is_empty() { "mapping-slip-note" } else { "mapping-slip-long" };
        return Err(WebError::invalid("note", visit.words.say(key)));
    }
    let problems = problems(visit, &standing.name, text);
    if let Some(first) = problems.first() {
        let count = problems.len() as u64;
        let (first, _) = worded(&visit.words, first);
        let cause = format!("{} {first}", visit.words.count("mapping-has-problems", &count));
        return Err(WebError::State { code: "mapping.problems", cause });
    }
    let last = visit.web.desk.mapping_versions(&standing.name).await?;
    let version = MappingVersion {
        mapping: standing.name.clone(),
        number: MappingVersion::next_number(&last),
        who: visit.caller.name(),
        at: visit.web.clock.now(),
        note: note.to_owned(),
    };
    let number = version.number;
    let published = PublishedMapping { version, text: text.to_owned() };
    if !visit.web.desk.publish_mapping(&published, draft).await? {
        return Err(moved(visit));
    }
    let before = standing.running.as_ref();
    let changed = before.map(|running| changes(visit, &running.text, text)).unwrap_or_default();
    let was = json!({ "runs": before.map(|running| running.edition.to_string()) });
    let edition = Edition::of(Origin::Version(number), text);
    let is = json!({ "runs": edition.to_string(), "note": note, "changes": changed });
    let action = if draft.is_some() { "mapping.publish" } else { "mapping.rollback" };
    visit.record(action, object(&standing.name), was, is).await?;
    Ok(number)
}

/// Keeps a mapping from running: its schedules stand still, its links stay.
pub(crate) async fn retire(visit: &Visit, name: &MappingName) -> Result<(), WebError> {
    if standing(visit, name).await?.running.is_none() {
        let cause = visit.words.say("mapping-retire-not-published");
        return Err(WebError::State { code: "mapping.not_published", cause });
    }
    let retired =
        RetiredMapping { mapping: name.clone(), who: visit.caller.name(), at: visit.web.clock.now() };
    let chance = getrandom::u64().map_err(|source| WebError::Broken(Box::new(source)))?;
    let done = cs_engine::retire(visit.web.desk.as_ref(), &retired, &format!("page {chance:x}")).await;
    done.map_err(|error| not_moved(visit, error))?;
    visit.record("mapping.retire", object(name), Json::Null, Json::Null).await
}

/// Lets a retired mapping run again.
pub(crate) async fn resume(visit: &Visit, name: &MappingName) -> Result<(), WebError> {
    let done = cs_engine::resume(visit.web.desk.as_ref(), name).await;
    done.map_err(|error| not_moved(visit, error))?;
    visit.record("mapping.resume", object(name), Json::Null, Json::Null).await
}

fn not_moved(visit: &Visit, error: RetireError) -> WebError {
    let code = error.code();
    match error {
        RetireError::Running { .. } => {
            WebError::State { code, cause: visit.words.say("mapping-retire-running") }
        }
        RetireError::Already { .. } => {
            WebError::State { code, cause: visit.words.say("mapping-retire-already") }
        }
        RetireError::Store(error) => error.into(),
    }
}

/// What keeps a text from being published as this mapping.
pub(crate) fn problems(visit: &Visit, name: &MappingName, text: &str) -> Vec<Problem> {
    match parse_with(text, &visit.web.office.own_transforms()) {
        Err(problems) => problems,
        Ok(parsed) if parsed.mapping.name == *name => Vec::new(),
        Ok(parsed) => vec![Problem::of_another(&parsed.mapping.name, name)],
    }
}

/// What is wrong and what would be right, in the reader's language; the latter may be empty.
pub(crate) fn worded(words: &Words, problem: &Problem) -> (String, String) {
    said(words, problem.said.as_ref()).unwrap_or_else(|| (problem.message.clone(), problem.help.clone()))
}

/// What is wrong with a mapping's file, in lines, in the reader's language.
pub(crate) fn told_of(words: &Words, about: &MappingAbout) -> Vec<String> {
    if words.language == Language::En {
        return about.problems.clone();
    }
    let lines = about.problems.iter().enumerate();
    let line = |(number, line): (usize, &String)| {
        let Some(problem) = about.wrong.get(number) else { return line.clone() };
        // Before the message stands its place in the file.
        let place = line.split_once(&problem.message).map_or("", |(place, _)| place);
        let (message, help) = worded(words, problem);
        format!("{place}{message} [{}] {help}", problem.code).trim_end().to_owned()
    };
    lines.map(line).collect()
}

/// The same of what is known in parts.
pub(crate) fn said(words: &Words, said: Option<&Said>) -> Option<(String, String)> {
    let said = said?;
    let help = said.help.as_ref().map(|help| words.sentence(help));
    Some((words.sentence(&said.message), help.unwrap_or_default()))
}

/// What can be made out of a text.
pub(crate) fn sketched(visit: &Visit, text: &str) -> Sketch {
    sketch_with(text, &visit.web.office.own_transforms())
}

/// Links that a text would leave behind: those of units and roles that it does not have, because they were renamed or taken out.
pub(crate) async fn left_behind(
    visit: &Visit,
    name: &MappingName,
    text: &str,
) -> Result<Vec<LinkCount>, WebError> {
    let Some(parsed) = sketched(visit, text).parsed else { return Ok(Vec::new()) };
    let counts = visit.web.desk.count_links(name).await?;
    let has = |count: &LinkCount| {
        parsed.mapping.unit(&count.unit).is_some_and(|unit| unit.document(&count.role).is_some())
    };
    Ok(counts.into_iter().filter(|count| !has(count)).collect())
}

/// The difference between two texts, where both are mappings.
pub(crate) fn difference(visit: &Visit, before: &str, after: &str) -> Option<Vec<Difference>> {
    let mapping = |text: &str| sketched(visit, text).parsed.map(|parsed| parsed.mapping);
    Some(compare(&mapping(before)?, &mapping(after)?))
}

/// The mappings that run: those that somebody retired need nothing and are offered nowhere.
pub(crate) async fn that_run(visit: &Visit) -> Result<Vec<MappingAbout>, WebError> {
    let retired = visit.web.desk.retired_mappings().await?;
    let mut mappings = visit.web.office.mappings().await?;
    mappings.retain(|about| retired.iter().all(|one| one.mapping != about.name));
    Ok(mappings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_file_is_told_in_lines() {
        let wrong = cs_domain::mapping::parse("format = 1\nname = 'a'\n").unwrap_err();
        let mut problems: Vec<String> = wrong.iter().map(|one| one.render("a.toml").to_string()).collect();
        problems.push("a.toml: and 7 more".to_owned());
        let about = MappingAbout {
            name: "a".into(),
            description: String::new(),
            shipped: false,
            units: Vec::new(),
            missing: Vec::new(),
            problems,
            wrong,
        };
        assert_eq!(told_of(&Words::in_language(Language::En), &about), about.problems);
        let told = told_of(&Words::in_language(Language::Es), &about);
        let expected = [
            "a.toml:1:1: a un mapeo le falta la clave `title` [file.missing_key] agregue `title = ...`",
            "a.toml:1:1: a un mapeo le falta la clave `unit` [file.missing_key] agregue `unit = ...`",
            "a.toml: and 7 more",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn names_are_made_of_words() {
        for (words, name) in [
            ("Sales Order", "sales-order"),
            ("SalesOrder", "sales-order"),
            ("Leads", "leads"),
            (" CRM Lead (web) ", "crm-lead-web"),
            ("3D Parts", "d-parts"),
            ("Año", "a-o"),
            ("¿?", "unit"),
        ] {
            assert_eq!(slug(words), name);
            assert!(can_name(&slug(words)), "{words}");
        }
        assert!(!can_name("Leads") && !can_name("1st") && !can_name("") && can_name("leads_2-b"));
    }
}
