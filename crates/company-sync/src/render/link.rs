//! A link for people and for machines.

use cs_domain::guarded;
use cs_domain::{LinkOrigin, LinkStanding, Version};
use cs_ports::Tie;
use serde_json::{Value, json};

/// The link as a row of a table.
pub(crate) fn row(tie: &Tie) -> String {
    let link = &tie.link;
    let version = |version: &Option<Version>| version.as_ref().map_or("-", Version::as_str).to_owned();
    format!(
        "{:<22} {:<16} {:<40} {:<8} {:<8}  VTiger {}  Frappe {}",
        link.subject.to_string(),
        link.role.to_string(),
        link.document,
        origin(link.origin),
        standing(link.standing),
        version(&tie.shadow.vtiger),
        version(&tie.shadow.frappe),
    )
}

/// How the two came together.
fn origin(origin: LinkOrigin) -> &'static str {
    match origin {
        LinkOrigin::Created => "created",
        LinkOrigin::Adopted => "adopted",
        LinkOrigin::Chosen => "chosen",
    }
}

/// Whether it still holds.
fn standing(standing: LinkStanding) -> &'static str {
    match standing {
        LinkStanding::Live => "live",
        LinkStanding::GivenUp => "given up",
    }
}

/// The link for machines: one object, one line.
pub(crate) fn for_machines(tie: &Tie) -> Value {
    let link = &tie.link;
    json!({
        "mapping": link.mapping,
        "unit": link.unit,
        "record": link.subject,
        "role": link.role,
        "document": guarded::shown(&link.document),
        "origin": link.origin,
        "standing": link.standing,
        "vtiger_version": tie.shadow.vtiger,
        "frappe_version": tie.shadow.frappe,
    })
}
