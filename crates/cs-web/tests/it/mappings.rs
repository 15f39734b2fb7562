//! Mappings: begun, paired, published, compared, rolled back; by whom, and what is noted of it.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use cs_domain::{FieldName, FieldSchema, FieldType, Kind, KindSchema, MappingName, System};
use cs_ports::{AuditFilter, Part, Person, Right};
use cs_web::office::Lacking;
use serde_json::{Value, json};

use crate::world::{Client, World, login_of};

fn field(name: &str, label: &str, mandatory: bool) -> (FieldName, FieldSchema) {
    let schema = FieldSchema {
        name: name.into(),
        label: label.to_owned(),
        field_type: FieldType::Text,
        mandatory,
        writable: true,
        max_chars: None,
        bmp_only: false,
        unique: name == "custom_vtiger_id",
        allow_on_submit: false,
    };
    (name.into(), schema)
}

fn kind(world: &World, system: System, name: &str, fields: &[(&str, &str)]) {
    let fields = fields.iter().map(|(name, label)| field(name, label, name.contains("last"))).collect();
    let schema = KindSchema {
        kind: Kind::new(name),
        label: name.to_owned(),
        creatable: true,
        updatable: true,
        submittable: false,
        fields,
    };
    world.office.state().schemas.insert((system, Kind::new(name)), Arc::new(schema));
}

/// A world whose systems have leads.
async fn world() -> World {
    let world = World::new().await;
    let ours = [("lastname", "Last Name"), ("firstname", "First Name"), ("email", "Email"), ("city", "City")];
    kind(&world, System::Vtiger, "Leads", &ours);
    let theirs = [
        ("last_name", "Last Name"),
        ("first_name", "First Name"),
        ("email_id", "Email"),
        ("city", "City"),
        ("custom_vtiger_id", "VTiger Id"),
    ];
    kind(&world, System::Frappe, "Lead", &theirs);
    world
}

async fn begun(browser: &mut Client) {
    let form = [("module", "Leads"), ("doctype", "Lead"), ("name", ""), ("title", "")];
    let answer = browser.post("/mappings/new", &form).await;
    assert_eq!(
        (answer.status, answer.location().as_str()),
        (StatusCode::SEE_OTHER, "/mappings/leads"),
        "{}",
        answer.text()
    );
}

async fn revision(world: &World) -> String {
    let draft = world.desk.mapping_draft(&MappingName::new("leads")).await.unwrap();
    draft.map_or(0, |draft| draft.revision).to_string()
}

const SEAT: [(&str, &str); 2] = [("unit", "leads"), ("role", "lead")];

async fn act(world: &World, browser: &mut Client, path: &str, form: &[(&str, &str)]) -> StatusCode {
    let revision = revision(world).await;
    let whole: Vec<(&str, &str)> =
        SEAT.into_iter().chain([("revision", revision.as_str())]).chain(form.iter().copied()).collect();
    browser.post(&format!("/mappings/leads/{path}"), &whole).await.status
}

/// The first version, who published it, and what the audit log says of it and of the way there.
async fn is_noted(world: &World) {
    let versions = world.desk.mapping_versions(&MappingName::new("leads")).await.unwrap();
    let told: Vec<_> = versions.iter().map(|one| (one.number, one.note.as_str(), one.who.as_str())).collect();
    assert_eq!(told, [(1, "The first", login_of(Part::SyncerAdmin).as_str())]);
    let noted = world.desk.audit(&AuditFilter::default(), None, 50).await.unwrap();
    let publish = noted.iter().find(|entry| entry.action == "mapping.publish").unwrap();
    assert_eq!((publish.object.as_str(), &publish.after["note"]), ("mapping leads", &"The first".into()));
    let drafts: Vec<_> = noted.iter().filter(|entry| entry.action == "mapping.draft").collect();
    assert!(
        drafts.iter().any(|entry| entry.after["changes"].to_string().contains("first_name")),
        "{drafts:?}"
    );
}

#[tokio::test]
async fn a_mapping_is_made_from_nothing_and_published() {
    let world = world().await;
    let mut browser = world.visitor(Part::SyncerAdmin).await;
    begun(&mut browser).await;
    let page = browser.get("/mappings/leads").await.text();
    for expected in ["suggestions", "First Name", "firstname", "email_id", "not published yet"] {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    // One by its button, the rest by the score; what was paired is no longer suggested.
    assert_eq!(
        act(&world, &mut browser, "suggestions", &[("accept", "email/email_id")]).await,
        StatusCode::SEE_OTHER
    );
    let rejected = act(&world, &mut browser, "suggestions", &[("reject", "city/city")]).await;
    assert_eq!(rejected, StatusCode::SEE_OTHER);
    let all = [("above", "1"), ("least", "50")];
    assert_eq!(act(&world, &mut browser, "suggestions", &all).await, StatusCode::SEE_OTHER);
    let draft = world.desk.mapping_draft(&MappingName::new("leads")).await.unwrap().unwrap();
    for line in ["email_id = ", "first_name = ", "last_name = "] {
        assert!(draft.text.contains(line), "{line}: {}", draft.text);
    }
    assert!(!draft.text.contains("city"), "{}", draft.text);
    assert_eq!(draft.rejected, ["leads/lead/city/city"]);

    let keys = [("external_id", "custom_vtiger_id"), ("match.0", "f:email_id"), ("match.0", "k:last_name")];
    assert_eq!(act(&world, &mut browser, "documents/save", &keys).await, StatusCode::SEE_OTHER);
    let selected = [("field", "lastname"), ("test", "present"), ("values", "")];
    assert_eq!(act(&world, &mut browser, "selection", &selected).await, StatusCode::SEE_OTHER);
    let rule = [
        ("field", "first_name"),
        ("from", "vtiger"),
        ("vtiger", "firstname"),
        ("vtiger", ""),
        ("step", "trim"),
        ("with", ""),
        ("direction", "to_frappe"),
        ("conflict", "newest_wins"),
    ];
    assert_eq!(act(&world, &mut browser, "rule", &rule).await, StatusCode::SEE_OTHER);
    let text = world.desk.mapping_draft(&MappingName::new("leads")).await.unwrap().unwrap().text;
    for line in [
        "match = [[\"email_id\", { if_known = \"last_name\" }]]",
        "selection = [{ field = \"lastname\", present = true }]",
        "first_name = { vtiger = \"firstname\", transform = \"trim\", direction = \"to_frappe\", conflict = \"newest_wins\" }",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }

    assert_eq!(
        act(&world, &mut browser, "publish", &[("note", " ")]).await,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(act(&world, &mut browser, "publish", &[("note", "The first")]).await, StatusCode::SEE_OTHER);
    is_noted(&world).await;
}

#[tokio::test]
async fn what_is_wrong_is_told_where_it_is_and_cannot_be_published() {
    let world = world().await;
    let mut browser = world.visitor(Part::SyncerAdmin).await;
    begun(&mut browser).await;
    let pair = [("vtiger", "email"), ("frappe", "email_id")];
    assert_eq!(act(&world, &mut browser, "pair", &pair).await, StatusCode::SEE_OTHER);
    assert_eq!(
        act(&world, &mut browser, "pair", &[("vtiger", "email")]).await,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let pair = [("vtiger", "email"), ("frappe", "last_name")];
    assert_eq!(act(&world, &mut browser, "pair", &pair).await, StatusCode::SEE_OTHER);
    let page = browser.get("/mappings/leads").await.text();
    assert!(page.contains("would be written to email"), "{page}");
    let refused = act(&world, &mut browser, "publish", &[("note", "wrong")]).await;
    assert_eq!(refused, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(world.desk.latest_mappings().await.unwrap().is_empty());
    // The same in the text, with its line; and a text that is none can be kept and mended.
    let page = browser.get("/mappings/leads/text").await.text();
    assert!(page.contains("line 1") && page.contains("email_id = &#34;email&#34;"), "{page}");
    assert_eq!(act(&world, &mut browser, "text", &[("text", "format = ")]).await, StatusCode::SEE_OTHER);
    let page = browser.get("/mappings/leads").await.text();
    assert!(page.contains("cannot be read as a mapping"), "{page}");
    assert_eq!(act(&world, &mut browser, "pair", &pair).await, StatusCode::CONFLICT);
    for tab in ["documents", "selection", "history", "compare", "publish", "text"] {
        let status = browser.get(&format!("/mappings/leads/{tab}")).await.status;
        assert!(status == StatusCode::OK || status == StatusCode::NOT_FOUND, "{tab}: {status}");
    }
}

async fn spanish(world: &World) -> Client {
    let person = world.desk.person(&login_of(Part::SyncerAdmin)).await.unwrap().unwrap();
    world.desk.put_person(&Person { language: "es".to_owned(), ..person }).await.unwrap();
    world.visitor(Part::SyncerAdmin).await
}

/// What is wrong with a draft is told in the reader's language, on pages, in refusals and by the API.
#[tokio::test]
async fn what_is_wrong_is_told_in_spanish() {
    let world = world().await;
    let mut browser = world.visitor(Part::SyncerAdmin).await;
    begun(&mut browser).await;
    let pair = |frappe| [("vtiger", "email"), ("frappe", frappe)];
    act(&world, &mut browser, "pair", &pair("email_id")).await;
    act(&world, &mut browser, "pair", &pair("last_name")).await;
    let mut browser = spanish(&world).await;
    let expected = ["dos campos de Frappe se escribirían en email", "direction = &#34;to_frappe&#34;"];
    browser.get("/mappings/leads").await.shows(&expected);
    browser.get("/mappings/leads/text").await.shows(&expected);
    let revision = revision(&world).await;
    let refused = browser.post("/mappings/leads/publish", &[("revision", &revision), ("note", "mal")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("Hay un error. dos campos de Frappe"), "{}", refused.text());
    let api = browser.get("/api/v1/mappings/leads").await;
    let told: Value = serde_json::from_slice(&api.bytes).unwrap();
    assert_eq!(told["problems"][0]["code"], "field.two_writers");
    assert_eq!(told["problems"][0]["message"], "dos campos de Frappe se escribirían en email");

    // What does not fit the systems, with parts of its own to be said: a field that is not there, and another that is near.
    act(&world, &mut browser, "unpair", &[("frappe", "last_name")]).await;
    act(&world, &mut browser, "pair", &[("vtiger", "citi"), ("frappe", "city")]).await;
    let page = browser.get("/mappings/leads").await;
    page.shows(&["Leads de VTiger no tiene el campo `citi`", "¿Quiso decir city (City)?"]);
    page.hides(&["has no field", "Did you mean"]);
}

/// The world's leads with a table of e-mail addresses, as a Contact of Frappe has one.
async fn world_with_tables() -> World {
    let world = world().await;
    kind(&world, System::Frappe, "Contact Email", &[("email_id", "Email ID"), ("is_primary", "Is Primary")]);
    let change = |name: &str, change: &dyn Fn(&mut KindSchema)| {
        let key = (System::Frappe, Kind::new(name));
        let mut schema = KindSchema::clone(&world.office.state().schemas[&key]);
        change(&mut schema);
        world.office.state().schemas.insert(key, Arc::new(schema));
    };
    change("Contact Email", &|schema| {
        schema.fields.get_mut("is_primary").unwrap().field_type = FieldType::Boolean;
    });
    change("Lead", &|schema| {
        let (name, mut emails) = field("email_ids", "Email IDs", false);
        emails.field_type = FieldType::Rows { kind: Kind::new("Contact Email") };
        schema.fields.insert(name, emails);
    });
    world
}

async fn text(world: &World) -> String {
    world.desk.mapping_draft(&MappingName::new("leads")).await.unwrap().unwrap().text
}

#[tokio::test]
async fn rows_are_added_changed_and_taken_out() {
    let world = world_with_tables().await;
    let mut browser = world.visitor(Part::SyncerAdmin).await;
    begun(&mut browser).await;
    browser.get("/mappings/leads").await.shows(&["Rows of tables", "Email IDs (email_ids)", "Add a row"]);
    let new = browser.get("/mappings/leads/row?unit=leads&role=lead&table=email_ids").await;
    new.shows(&["a new row", "Is Primary", "name=\"column.3\"", "vtiger:email"]);
    let form = [
        ("row", ""),
        ("table", "email_ids"),
        ("column.0", "email_id"),
        ("source.0", "vtiger:email"),
        ("column.1", "is_primary"),
        ("source.1", "constant"),
        ("constant.1", "yes"),
        ("exclusive.1", "1"),
        ("column.2", ""),
        ("source.2", ""),
    ];
    assert_eq!(act(&world, &mut browser, "row", &form).await, StatusCode::SEE_OTHER);
    let written = "[[unit.document.row]]\ntable = \"email_ids\"\ncolumns = { email_id = \"email\", is_primary = \
                   { constant = true } }\nexclusive = [\"is_primary\"]\n";
    assert!(text(&world).await.contains(written), "{}", text(&world).await);
    let page = browser.get("/mappings/leads").await;
    page.shows(&["email_ids", "always yes", "Ticked only where no other row is: is_primary"]);
    let row = browser.get("/mappings/leads/row?unit=leads&role=lead&row=0").await;
    row.shows(&["Lead: row 1", "value=\"is_primary\"", "Take the row out"]);

    // Changed: what is not there any more goes, and what is wrong with it is told beside it.
    let changed = [
        ("row", "0"),
        ("table", "email_ids"),
        ("column.0", "email_idd"),
        ("source.0", "vtiger:firstname"),
        ("with.0", "lastname"),
        ("with.0", ""),
        ("join.0", "@"),
        ("on_create", "1"),
    ];
    assert_eq!(act(&world, &mut browser, "row", &changed).await, StatusCode::SEE_OTHER);
    let written = "columns = { email_idd = { vtiger = [\"firstname\", \"lastname\"], join = \"@\" } }\non_create = true";
    assert!(text(&world).await.contains(written), "{}", text(&world).await);
    assert!(!text(&world).await.contains("exclusive"), "{}", text(&world).await);
    let row = browser.get("/mappings/leads/row?unit=leads&role=lead&row=0").await;
    row.shows(&["Contact Email of Frappe has no field `email_idd`", "Did you mean email_id"]);

    assert_eq!(act(&world, &mut browser, "row/drop", &[("row", "1")]).await, StatusCode::NOT_FOUND);
    assert_eq!(act(&world, &mut browser, "row/drop", &[("row", "0")]).await, StatusCode::SEE_OTHER);
    assert!(!text(&world).await.contains("row"), "{}", text(&world).await);
    let noted = world.desk.audit(&AuditFilter::default(), None, 20).await.unwrap();
    assert!(noted.iter().any(|entry| entry.after["changes"].to_string().contains("email_ids")), "{noted:?}");
}

#[tokio::test]
async fn a_row_that_cannot_be_is_refused_and_readers_change_none() {
    let world = world_with_tables().await;
    let mut browser = world.visitor(Part::SyncerAdmin).await;
    begun(&mut browser).await;
    let row = [("row", ""), ("table", "email_ids"), ("column.0", "email_id"), ("source.0", "vtiger:email")];
    assert_eq!(act(&world, &mut browser, "row", &row).await, StatusCode::SEE_OTHER);
    for wrong in [[("row", "1"), ("table", "x")], [("row", "first"), ("table", "x")]] {
        assert_eq!(act(&world, &mut browser, "row", &wrong).await, StatusCode::NOT_FOUND, "{wrong:?}");
    }
    for (field, kept) in [("constant", "is_primary"), ("vtiger:", "is_primary")] {
        let wrong = [("row", ""), ("table", "email_ids"), ("column.0", kept), ("source.0", field)];
        let whole: Vec<_> = SEAT.into_iter().chain(wrong).collect();
        let refused = browser.post("/mappings/leads/row", &whole).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let told = refused.text();
        assert!(
            told.contains("where the value of is_primary comes from")
                && told.contains("value=\"is_primary\"")
        );
    }
    let mut reader = world.visitor(Part::ReadOnly).await;
    reader
        .get("/mappings/leads/row?unit=leads&role=lead&row=0")
        .await
        .hides(&["Save the row", "Take the row out"]);
    assert_eq!(act(&world, &mut reader, "row", &row).await, StatusCode::FORBIDDEN);
    assert_eq!(act(&world, &mut reader, "row/drop", &[("row", "0")]).await, StatusCode::FORBIDDEN);
}

/// Rows have no names: where one of them is none, none is changed by its number.
#[tokio::test]
async fn a_row_that_is_none_is_not_taken_for_another() {
    let world = world_with_tables().await;
    let mut browser = world.visitor(Part::SyncerAdmin).await;
    begun(&mut browser).await;
    let rows = "[[unit.document.row]]\ncolumns = {}\n[[unit.document.row]]\ntable = \"email_ids\"\ncolumns = { email_id = \"email\" }\n";
    let whole = format!("{}\n{rows}", text(&world).await);
    assert_eq!(act(&world, &mut browser, "text", &[("text", &whole)]).await, StatusCode::SEE_OTHER);
    assert_eq!(act(&world, &mut browser, "row/drop", &[("row", "0")]).await, StatusCode::CONFLICT);
    assert!(text(&world).await.contains("email_ids"));
}

#[tokio::test]
async fn checks_are_added_changed_and_taken_out() {
    let world = world().await;
    let mut browser = world.visitor(Part::SyncerAdmin).await;
    begun(&mut browser).await;
    for frappe in ["last_name", "city"] {
        let vtiger = frappe.replace('_', "");
        act(&world, &mut browser, "pair", &[("vtiger", vtiger.as_str()), ("frappe", frappe)]).await;
    }
    let page = browser.get("/mappings/leads/documents").await;
    page.shows(&["What must hold before it is written", "have a value", "Last Name (last_name)"]);
    let two = [
        ("check.field", "last_name"),
        ("check.test", "required"),
        ("check.field", "city"),
        ("check.test", "not_in_future"),
        ("check.field", ""),
        ("check.test", "required"),
    ];
    assert_eq!(act(&world, &mut browser, "documents/save", &two).await, StatusCode::SEE_OTHER);
    let written = "checks = [{ required = \"last_name\" }, { not_in_future = \"city\" }]";
    assert!(text(&world).await.contains(written), "{}", text(&world).await);
    let page = browser.get("/mappings/leads/documents").await;
    page.shows(&["<option value=\"city\" selected>", "<option value=\"not_in_future\" selected>"]);
    // A check of a field that lost its rule is told, and stays to be seen until somebody takes it out.
    act(&world, &mut browser, "unpair", &[("frappe", "city")]).await;
    let page = browser.get("/mappings/leads/documents").await;
    page.shows(&[
        "the check names `city`, and no rule says what it holds",
        "<option value=\"city\" selected>",
    ]);
    let one = [("check.field", ""), ("check.test", "required"), ("check.field", "last_name")];
    assert_eq!(act(&world, &mut browser, "documents/save", &one).await, StatusCode::SEE_OTHER);
    assert!(text(&world).await.contains("checks = [{ required = \"last_name\" }]"), "{}", text(&world).await);
    assert_eq!(act(&world, &mut browser, "documents/save", &[]).await, StatusCode::SEE_OTHER);
    assert!(!text(&world).await.contains("checks"), "{}", text(&world).await);
}

/// A copy has the title that its original's text has, whoever copies it; each reader is told it in their language.
#[tokio::test]
async fn a_copy_keeps_the_title_of_its_text() {
    let world = World::new().await;
    let english =
        cs_domain::mapping::parse(cs_domain::mapping::shipped_text("crm").unwrap()).unwrap().mapping.title;
    let mut browser = spanish(&world).await;
    let page = browser.get("/mappings").await.text();
    let offered = page.split("/mappings/crm/copy").nth(1).unwrap();
    assert!(offered.contains(&format!("name=\"title\" value=\"{english}\"")), "{page}");
    let made = browser.post("/mappings/crm/copy", &[("name", "ours"), ("title", &english)]).await;
    made.leads_to("/mappings/ours");
    let draft = world.desk.mapping_draft(&MappingName::new("ours")).await.unwrap().unwrap();
    assert!(draft.text.contains(&format!("title = \"{english}\"")), "{}", draft.text);
    browser.get("/mappings/ours").await.hides(&[english.as_str()]);
}

/// What a mapping asks an installation for is declared on its page.
#[tokio::test]
async fn settings_are_declared_used_and_taken_out() {
    let world = world().await;
    let mut browser = world.visitor(Part::SyncerAdmin).await;
    begun(&mut browser).await;
    let good = [("setting", "first_day"), ("help", "Leads from this day on"), ("default", "2026-01-01")];
    assert_eq!(act(&world, &mut browser, "settings/save", &good).await, StatusCode::SEE_OTHER);
    for wrong in [
        [("setting", "First Day"), ("help", "Leads"), ("default", "")],
        [("setting", "first_day"), ("help", " "), ("default", "")],
    ] {
        let status = act(&world, &mut browser, "settings/save", &wrong).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong:?}");
    }
    let both = [good.as_slice(), &[("required", "1")]].concat();
    assert_eq!(
        act(&world, &mut browser, "settings/save", &both).await,
        StatusCode::UNPROCESSABLE_ENTITY,
        "what is required has no default"
    );
    let draft = world.desk.mapping_draft(&MappingName::new("leads")).await.unwrap().unwrap();
    assert!(draft.text.contains("[settings.first_day]"), "{}", draft.text);
    browser.get("/mappings/leads/documents").await.shows(&[
        "Settings (1)",
        "Leads from this day on",
        "2026-01-01",
        "nothing uses it",
    ]);
    let gone = [("setting", "first_day")];
    assert_eq!(act(&world, &mut browser, "settings/drop", &gone).await, StatusCode::SEE_OTHER);
    let draft = world.desk.mapping_draft(&MappingName::new("leads")).await.unwrap().unwrap();
    assert!(!draft.text.contains("first_day"), "{}", draft.text);
}

/// A retired mapping says so everywhere, is not run, and runs again when somebody says so.
#[tokio::test]
async fn a_mapping_is_retired_and_runs_again() {
    let world = world().await;
    let mut browser = world.visitor(Part::SyncerAdmin).await;
    browser.get("/mappings/crm/history").await.shows(&["Retire it"]);
    let retired = browser.post("/mappings/crm/retire", &[]).await;
    assert_eq!(retired.status, StatusCode::SEE_OTHER, "{}", retired.text());
    let kept = world.desk.retired_mappings().await.unwrap();
    assert_eq!(kept.iter().map(|one| one.mapping.as_str()).collect::<Vec<_>>(), ["crm"]);
    let page = browser.get("/mappings/crm").await;
    page.shows(&["it does not run and its schedules stand still", "Let it run again"]);
    let api = |answer: crate::world::Answer| -> Value { serde_json::from_slice(&answer.bytes).unwrap() };
    let known = api(browser.get("/api/v1/mappings").await);
    let known = known["items"].as_array().unwrap();
    let of = |name: &str| known.iter().find(|one| one["name"] == name).unwrap()["retired"].clone();
    assert_eq!(
        (of("crm")["who"].as_str(), &of("policy")),
        (Some(&*login_of(Part::SyncerAdmin)), &Value::Null)
    );
    assert_eq!(api(browser.get("/api/v1/mappings/crm").await)["retired"], of("crm"));
    browser.get("/mappings/crm/history").await.hides(&["Retire it"]);
    assert_eq!(browser.post("/mappings/crm/retire", &[]).await.status, StatusCode::CONFLICT);
    let mut reader = world.visitor(Part::ReadOnly).await;
    reader.get("/mappings/crm").await.hides(&["Let it run again"]);
    assert_eq!(reader.post("/mappings/crm/resume", &[]).await.status, StatusCode::FORBIDDEN);

    assert_eq!(browser.post("/mappings/crm/resume", &[]).await.status, StatusCode::SEE_OTHER);
    assert!(world.desk.retired_mappings().await.unwrap().is_empty());
    browser.get("/mappings/crm").await.hides(&["stand still"]);
    begun(&mut browser).await;
    assert_eq!(browser.post("/mappings/leads/retire", &[]).await.status, StatusCode::CONFLICT);
    let noted = world.desk.audit(&AuditFilter::default(), None, 10).await.unwrap();
    for action in ["mapping.retire", "mapping.resume"] {
        assert!(
            noted.iter().any(|entry| entry.action == action && entry.object == "mapping crm"),
            "{action}"
        );
    }
}

/// What Frappe lacks for a draft is shown, and created only as it was shown.
#[tokio::test]
async fn what_frappe_lacks_for_a_draft_is_shown_and_created() {
    let world = world().await;
    let mut browser = world.visitor(Part::SyncerAdmin).await;
    begun(&mut browser).await;
    browser.get("/mappings/leads").await.hides(&["Frappe lacks"]);
    kind(&world, System::Frappe, "Lead", &[("last_name", "Last Name")]);
    browser
        .get("/mappings/leads")
        .await
        .shows(&["Frappe lacks something that this mapping names", "/mappings/leads/lacking"]);
    world.office.state().lacking = vec![Lacking {
        kind: "custom_field".to_owned(),
        name: "Lead.custom_vtiger_id".to_owned(),
        purpose: "leads: the VTiger record that it belongs to".to_owned(),
        definition: json!({ "fieldname": "custom_vtiger_id", "dt": "Lead" }),
    }];
    let page = browser.get("/mappings/leads/lacking").await;
    page.shows(&["Lead.custom_vtiger_id", "Custom field", "fieldname", "Create it in Frappe"]);
    let text = page.text();
    let shown = text.split_once("name=\"shown\" value=\"").unwrap().1.split_once('"').unwrap().0;
    let other = browser.post("/mappings/leads/lacking", &[("shown", "something else")]).await;
    other.shows(&["has changed since it was shown"]);
    assert_eq!(world.office.state().lacking.len(), 1, "nothing was created");
    let created = browser.post("/mappings/leads/lacking", &[("shown", shown)]).await;
    created.shows(&["What was created", "Frappe has everything it needs"]);
    let noted = world.desk.audit(&AuditFilter::default(), None, 10).await.unwrap();
    assert!(noted.iter().any(|entry| entry.action == "setup.create" && entry.object == "mapping leads"));
    let mut reader = world.visitor(Part::ReadOnly).await;
    assert_eq!(reader.get("/mappings/leads/lacking").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn two_people_do_not_overwrite_each_other() {
    let world = world().await;
    let mut browser = world.visitor(Part::SyncerAdmin).await;
    begun(&mut browser).await;
    let pair = |revision| {
        [
            ("unit", "leads"),
            ("role", "lead"),
            ("vtiger", "email"),
            ("frappe", "email_id"),
            ("revision", revision),
        ]
    };
    assert_eq!(browser.post("/mappings/leads/pair", &pair("1")).await.status, StatusCode::SEE_OTHER);
    let late = browser.post("/mappings/leads/pair", &pair("1")).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.text().contains("Somebody else has changed the draft"), "{}", late.text());
}

#[tokio::test]
async fn versions_are_compared_and_an_old_one_published_again() {
    let world = world().await;
    let mut browser = world.visitor(Part::SyncerAdmin).await;
    begun(&mut browser).await;
    for (vtiger, frappe) in [("lastname", "last_name"), ("city", "city")] {
        assert_eq!(
            act(&world, &mut browser, "pair", &[("vtiger", vtiger), ("frappe", frappe)]).await,
            StatusCode::SEE_OTHER
        );
        assert_eq!(act(&world, &mut browser, "publish", &[("note", frappe)]).await, StatusCode::SEE_OTHER);
    }
    let compared = browser.get("/mappings/leads/compare?from=1&to=2").await.text();
    assert!(
        compared.contains("leads/lead: field city") && !compared.contains("field last_name"),
        "{compared}"
    );
    assert_eq!(act(&world, &mut browser, "rollback", &[("to", "1")]).await, StatusCode::SEE_OTHER);
    let name = MappingName::new("leads");
    let versions = world.desk.mapping_versions(&name).await.unwrap();
    assert_eq!((versions[0].number, versions[0].note.as_str()), (3, "Back to version 1"));
    let text = |number| world.desk.mapping_version(&name, number);
    assert_eq!(text(3).await.unwrap().unwrap().text, text(1).await.unwrap().unwrap().text);
    assert_eq!(act(&world, &mut browser, "rollback", &[("to", "9")]).await, StatusCode::NOT_FOUND);
    let history = browser.get("/mappings/leads/history").await.text();
    assert!(history.contains("Back to version 1") && history.contains("version 3"), "{history}");
}

#[tokio::test]
async fn a_shipped_mapping_is_changed_and_taken_back() {
    let world = world().await;
    let mut browser = world.visitor(Part::SyncerAdmin).await;
    let page = browser.get("/mappings/crm").await.text();
    assert!(page.contains("as it came with the program") && page.contains("customer_name"), "{page}");
    let seat = [("unit", "account"), ("role", "customer"), ("frappe", "website"), ("revision", "0")];
    assert_eq!(browser.post("/mappings/crm/unpair", &seat).await.status, StatusCode::SEE_OTHER);
    let form = [("revision", "1"), ("note", "No web pages")];
    assert_eq!(browser.post("/mappings/crm/publish", &form).await.status, StatusCode::SEE_OTHER);
    let page = browser.get("/mappings/crm/compare?from=shipped&to=1").await.text();
    assert!(page.contains("account/customer: field website"), "{page}");
    let back = [("to", "shipped")];
    assert_eq!(browser.post("/mappings/crm/rollback", &back).await.status, StatusCode::SEE_OTHER);
    let latest = world.desk.latest_mappings().await.unwrap();
    let shipped = cs_domain::mapping::shipped();
    let crm = shipped.iter().find(|(name, _)| *name == "crm").unwrap().1;
    assert_eq!((latest[0].version.number, latest[0].text.as_str()), (2, crm));
}

#[tokio::test]
async fn a_mapping_that_a_file_fixes_is_shown_and_copied_but_not_changed() {
    let world = world().await;
    let shipped = cs_domain::mapping::shipped();
    let policy = shipped.iter().find(|(name, _)| *name == "policy").unwrap().1;
    world.office.state().fixed.insert("policy".to_owned(), policy.to_owned());
    let mut browser = world.visitor(Part::SyncerAdmin).await;
    let page = browser.get("/mappings/policy").await.text();
    assert!(page.contains("/etc/mine.toml") && !page.contains("name=\"vtiger\""), "{page}");
    let seat = [("unit", "policy"), ("role", "owner"), ("frappe", "first_name"), ("revision", "0")];
    assert_eq!(browser.post("/mappings/policy/unpair", &seat).await.status, StatusCode::CONFLICT);
    let copy = [("name", "mine"), ("title", "Mine")];
    let copied = browser.post("/mappings/policy/copy", &copy).await;
    assert_eq!((copied.status, copied.location().as_str()), (StatusCode::SEE_OTHER, "/mappings/mine"));
    let draft = world.desk.mapping_draft(&MappingName::new("mine")).await.unwrap().unwrap();
    assert!(draft.text.contains("name = \"mine\"") && draft.text.contains("title = \"Mine\""));
    // Comments come along.
    assert!(draft.text.contains('#'), "{}", draft.text);
}

#[tokio::test]
async fn whoever_may_only_read_looks_and_is_offered_nothing() {
    let world = world().await;
    let mut browser = world.visitor(Part::ReadOnly).await;
    for path in [
        "/mappings",
        "/mappings/crm",
        "/mappings/crm/documents",
        "/mappings/crm/selection",
        "/mappings/crm/text",
        "/mappings/crm/history",
        "/mappings/crm/rule?unit=account&role=customer&field=website",
    ] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        let page = answer.text();
        let main = page.split("<main").nth(1).unwrap();
        assert!(!main.contains("method=\"post\"") || !main.contains("class=\"primary\""), "{path}: {main}");
    }
    assert_eq!(browser.get("/mappings/new").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_pages_work_while_a_system_is_silent() {
    let world = world().await;
    world.office.state().silent = true;
    let mut browser = world.visitor(Part::SyncerAdmin).await;
    for tab in ["", "/documents", "/selection", "/text"] {
        let answer = browser.get(&format!("/mappings/crm{tab}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{tab}");
        assert!(answer.text().contains("cannot be shown now"), "{tab}");
    }
}

#[tokio::test]
async fn programs_write_publish_compare_and_roll_back() {
    let world = world().await;
    let mut program = world.program(Part::SyncerAdmin, &[Right::Read, Right::Configure]).await;
    let of = |title: &str| {
        format!(
            "format = 1\nname = \"leads\"\ntitle = \"{title}\"\n[[unit]]\nname = \"lead\"\nmodule = \"Leads\"\n\
             [[unit.document]]\nrole = \"lead\"\ndoctype = \"Lead\"\n[unit.document.fields]\nlast_name = \"lastname\"\n"
        )
    };
    let missing = program.get("/api/v1/mappings/leads").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    for (number, title) in [(1, "Leads"), (2, "Our leads")] {
        let revision = match world.desk.mapping_draft(&MappingName::new("leads")).await.unwrap() {
            Some(draft) => draft.revision,
            None => 0,
        };
        let body = json!({ "revision": revision, "text": of(title) });
        let written = program.json(Method::PUT, "/api/v1/mappings/leads/draft", &body).await;
        assert_eq!(written.status, StatusCode::OK, "{}", written.text());
        let shown: Value = serde_json::from_str(&written.text()).unwrap();
        assert_eq!((&shown["problems"], &shown["draft"]["text"]), (&json!([]), &json!(of(title))));
        let body = json!({ "revision": shown["draft"]["revision"], "note": title });
        let published = program.json(Method::POST, "/api/v1/mappings/leads/versions", &body).await;
        assert_eq!(published.status, StatusCode::CREATED, "{}", published.text());
        assert!(published.text().contains(&format!("\"number\":{number}")), "{}", published.text());
        let late = program.json(Method::POST, "/api/v1/mappings/leads/versions", &body).await;
        assert_eq!(late.status, StatusCode::CONFLICT);
    }
    let compared = program.get("/api/v1/mappings/leads/compare?from=1&to=2").await.text();
    assert!(compared.contains("Our leads") && !compared.contains("last_name"), "{compared}");
    let back = json!({ "to": 1, "note": "Back" });
    let back = program.json(Method::POST, "/api/v1/mappings/leads/rollback", &back).await;
    assert_eq!(back.status, StatusCode::CREATED, "{}", back.text());
    let versions = program.get("/api/v1/mappings/leads/versions").await.text();
    assert!(versions.contains("\"note\":\"Back\""), "{versions}");
    let bad = json!({ "revision": 0, "text": "format = " });
    let bad = program.json(Method::PUT, "/api/v1/mappings/leads/draft", &bad).await;
    assert!(bad.text().contains("file.syntax"), "{}", bad.text());
}
