//! Which link a person means, and what may be done with it.

use cs_domain::mapping::{DocumentMapping, UnitMapping};
use cs_domain::{Kind, LinkStanding, Mapping, RecordRef, Role, System};
use cs_ports::{Store, StoreError, Tie};

/// Why a link cannot be shown or changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    /// No unit of the mappings has such a role.
    #[error("no unit of mapping {} has the role {role:?}; there are: {}", mappings.join(", "), roles.join(", "))]
    NoRole {
        /// Which mappings were looked through.
        mappings: Vec<String>,
        /// What was typed.
        role: String,
        /// What there is.
        roles: Vec<String>,
    },
    /// Several units have the role, and none of them knows the record.
    #[error("{subject} may be of {}", kinds.join(" or "))]
    Unclear {
        /// What was typed.
        subject: String,
        /// Of which modules.
        kinds: Vec<String>,
    },
    /// The record has no such document.
    #[error("{subject} has no {role}, and never had")]
    None {
        /// Which record.
        subject: RecordRef,
        /// Which role.
        role: Role,
    },
    /// The document belongs to another record.
    #[error("{document} belongs to {by} already")]
    Taken {
        /// Which document.
        document: RecordRef,
        /// The record it belongs to.
        by: RecordRef,
        /// The role it plays there.
        role: Role,
    },
    /// One of the two is not there.
    #[error("{missing} is not there in {}", missing.system)]
    Missing {
        /// Which.
        missing: RecordRef,
    },
}

impl LinkError {
    /// Stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NoRole { .. } => "link.no_role",
            Self::Unclear { .. } => "link.unclear",
            Self::None { .. } => "link.unknown",
            Self::Taken { .. } => "link.taken",
            Self::Missing { .. } => "link.missing",
        }
    }

    /// What to do.
    pub(crate) fn remedy(&self) -> String {
        match self {
            Self::NoRole { .. } => "Name one of those.".into(),
            Self::Unclear { kinds, subject } => {
                let kind = kinds.first().cloned().unwrap_or_default();
                format!("Name the module as well: \"{kind} {subject}\".")
            }
            Self::None { .. } => "Say which document it is: --document NAME.".into(),
            Self::Taken { by, role, .. } => {
                format!("Take those two apart first: `company-sync links give-up {} {role}`.", by.id)
            }
            Self::Missing { .. } => {
                "Link what is there; a link to nothing would be followed as a delete.".into()
            }
        }
    }
}

/// What was typed as records of these kinds: an id alone, or the kind and the id.
pub(crate) fn references(system: System, kinds: impl Iterator<Item = Kind>, typed: &str) -> Vec<RecordRef> {
    let mut references: Vec<RecordRef> = Vec::new();
    for kind in kinds {
        let id = typed.strip_prefix(kind.as_str()).map_or(typed, str::trim_start);
        let reference = RecordRef { system, id: id.into(), kind };
        if !references.contains(&reference) {
            references.push(reference);
        }
    }
    let named: Vec<RecordRef> =
        references.iter().filter(|reference| reference.id.as_str() != typed).cloned().collect();
    if named.is_empty() { references } else { named }
}

/// A record and the part that a document plays for it, whether they are linked or not.
pub(crate) struct Place<'m> {
    pub(crate) mapping: &'m Mapping,
    pub(crate) unit: &'m UnitMapping,
    pub(crate) document: &'m DocumentMapping,
    pub(crate) subject: RecordRef,
    /// The link as it stands, where there ever was one.
    pub(crate) tie: Option<Tie>,
}

/// Finds the place that a person means by a record and a role.
pub(crate) async fn find<'m>(
    store: &dyn Store,
    mappings: &[&'m Mapping],
    subject: &str,
    role: &str,
) -> Result<Place<'m>, Found> {
    let role = Role::from(role);
    let mut places = Vec::new();
    for mapping in mappings {
        for unit in &mapping.units {
            let Some(document) = unit.document(&role) else { continue };
            let kinds = std::iter::once(unit.module.clone());
            for subject in references(System::Vtiger, kinds, subject) {
                let ties = store.ties_of(&mapping.name, std::slice::from_ref(&subject)).await?;
                let tie = ties.into_iter().find(|tie| tie.link.role == role && tie.link.unit == unit.name);
                places.push(Place { mapping, unit, document, subject, tie });
            }
        }
    }
    let is_named = |place: &Place<'_>| place.subject.id.as_str() != subject;
    if places.iter().any(is_named) {
        places.retain(is_named);
    }
    if places.iter().any(|place| place.tie.is_some()) {
        places.retain(|place| place.tie.is_some());
    }
    match places.len() {
        1 => places.pop().ok_or_else(|| no_role(mappings, &role).into()),
        0 => Err(no_role(mappings, &role).into()),
        _ => {
            let kinds = places.iter().map(|place| place.unit.module.to_string()).collect();
            Err(LinkError::Unclear { subject: subject.to_owned(), kinds }.into())
        }
    }
}

/// Why a place was not found.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Found {
    #[error(transparent)]
    Link(#[from] LinkError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn no_role(mappings: &[&Mapping], role: &Role) -> LinkError {
    let mut roles: Vec<String> = mappings
        .iter()
        .flat_map(|mapping| &mapping.units)
        .flat_map(|unit| &unit.documents)
        .map(|document| document.role.to_string())
        .collect();
    roles.dedup();
    let mappings = mappings.iter().map(|mapping| mapping.name.to_string()).collect();
    LinkError::NoRole { mappings, role: role.to_string(), roles }
}

/// Refuses a document that belongs to another record, where the role's documents may not be shared.
pub(crate) async fn expect_free(
    store: &dyn Store,
    place: &Place<'_>,
    document: &RecordRef,
) -> Result<(), Found> {
    if place.document.shared {
        return Ok(());
    }
    let ties = store.ties_to(&place.mapping.name, std::slice::from_ref(document)).await?;
    let other = ties
        .into_iter()
        .find(|tie| tie.link.standing == LinkStanding::Live && tie.link.subject != place.subject);
    match other {
        None => Ok(()),
        Some(tie) => {
            let (document, by, role) = (document.clone(), tie.link.subject, tie.link.role);
            Err(LinkError::Taken { document, by, role }.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_may_stand_alone_or_with_its_kind() {
        let kinds = || ["Contact", "Sales Order"].map(Kind::from).into_iter();
        let shown = |typed: &str| {
            let found = references(System::Frappe, kinds(), typed);
            found.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(shown("SO-1"), ["Contact SO-1", "Sales Order SO-1"]);
        assert_eq!(shown("Sales Order SO-1"), ["Sales Order SO-1"]);
    }
}
