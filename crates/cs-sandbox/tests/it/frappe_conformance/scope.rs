//! What of the recordings the product uses; by rules on the operation.

use cs_sandbox::frappe::{catalogue, install};

use crate::conformance::{Recording, Scope};

use super::facts;

/// Desk's own documents and functions: screens, not data.
const DESK: [&str; 4] = [
    "frappe.desk.desktop.",
    "frappe.desk.doctype.dashboard_chart.",
    "frappe.desk.doctype.number_card.",
    "frappe.desk.form.save.",
];
const DESK_DOCTYPES: [&str; 3] = ["Dashboard Chart", "Workspace", "Number Card"];

/// In or out.
pub(super) fn of(recording: &Recording) -> Scope {
    let route = facts::route(recording);
    let is_desk = DESK.iter().any(|prefix| route.first.starts_with(prefix));
    if is_desk || DESK_DOCTYPES.contains(&route.first.as_str()) {
        return Scope::Out {
            rule: "Desk's screens",
            reason: "workspaces and charts are what Desk draws; the product has pages of its own and reads none of them",
        };
    }
    if route.is_method && route.first.contains("upload_file") {
        return Scope::Out { rule: "files", reason: "the product neither reads nor writes attachments" };
    }
    let known = |doctype: &str| {
        let site = install::lab().unwrap();
        site.doctype(doctype).is_some()
            || catalogue::agency().unwrap().iter().any(|meta| meta.name == doctype)
    };
    if !route.is_method
        && recording.response.status == 200
        && !route.first.is_empty()
        && !known(&route.first)
        && !custom(recording)
    {
        return Scope::Out {
            rule: "DocTypes that no mapping names",
            reason: "the sandbox's catalogue holds the documents of the default mappings and what those link to",
        };
    }
    Scope::In
}

/// A `DocType` that the site itself was given is in every case.
fn custom(recording: &Recording) -> bool {
    facts::route(recording).first == "DocType"
}
