//! Which way edits can travel here: whether VTiger's records can be changed and created by this user, on this version, as
//! the mapping wants.

use cs_domain::mapping::{DocumentMapping, UnitMapping};
use cs_domain::{Kind, Mapping};
use cs_vtiger::{KindProbe, ServerProbe};

/// VTiger 8.3's web service refuses every new order (facts/VTIGER.md, trap 2), though it says that the user may create them.
pub(super) fn can_create(probe: &ServerProbe, kind: &KindProbe) -> bool {
    kind.creatable && !(kind.kind.as_str() == "SalesOrder" && probe.version.starts_with("8.3"))
}

/// What of a unit goes from Frappe to VTiger, and whether it can.
pub(super) struct Direction {
    unit: String,
    module: Kind,
    /// Whether an edit in Frappe is to reach VTiger; `None` where the mapping has no such field.
    edits: Option<bool>,
    /// Which new documents are to become records; `None` where none are.
    creates: Option<Creation>,
}

struct Creation {
    doctype: Kind,
    hindrance: Option<Hindrance>,
}

/// Why no record can be made.
#[derive(Clone, Copy)]
enum Hindrance {
    NoRight,
    NotOnThisVersion,
}

/// Every unit of a mapping, as far as VTiger could be asked.
pub(super) fn directions(mapping: &Mapping, probe: &ServerProbe) -> Vec<Direction> {
    let units = mapping.units.iter();
    units.filter_map(|unit| Some(Direction::of(unit, probe, asked(probe, &unit.module)?))).collect()
}

fn asked<'p>(probe: &'p ServerProbe, module: &Kind) -> Option<&'p KindProbe> {
    probe.kinds.iter().find(|kind| kind.kind == *module).filter(|kind| kind.visible && kind.problem.is_none())
}

impl Direction {
    fn of(unit: &UnitMapping, probe: &ServerProbe, kind: &KindProbe) -> Self {
        let goes_back = |document: &DocumentMapping| {
            document.fields.iter().any(|rule| {
                rule.direction.reaches_vtiger() && !rule.on_create && !rule.source.vtiger_fields().is_empty()
            })
        };
        let edits = unit.documents.iter().any(goes_back).then_some(kind.updatable);
        let creates = unit.create_in_vtiger.as_ref().and_then(|created| {
            let doctype = unit.document(&created.document)?.doctype.clone();
            let hindrance = match (kind.creatable && kind.updatable, can_create(probe, kind)) {
                (true, true) => None,
                (true, false) => Some(Hindrance::NotOnThisVersion),
                (false, _) => Some(Hindrance::NoRight),
            };
            Some(Creation { doctype, hindrance })
        });
        Self { unit: unit.name.to_string(), module: unit.module.clone(), edits, creates }
    }

    /// What is told of it.
    pub(super) fn lines(&self) -> Vec<String> {
        let Self { unit, module, .. } = self;
        let mut lines = vec![match self.edits {
            Some(true) => {
                format!("  {unit}: edits in Frappe reach {module} in VTiger, and the other way round")
            }
            Some(false) => format!(
                "  note: {unit}: this user may not change {module} in VTiger: edits in Frappe stay there, and VTiger's \
                 values stand where the two meet"
            ),
            None => format!("  {unit}: goes from VTiger to Frappe only"),
        }];
        if let Some(Creation { doctype, hindrance }) = &self.creates {
            lines.push(match hindrance {
                None => format!("  {unit}: a new {doctype} in Frappe becomes a record of {module} in VTiger"),
                Some(Hindrance::NoRight) => format!(
                    "  note: {unit}: a new {doctype} stays in Frappe, since this user may not both create and change \
                     {module} in VTiger"
                ),
                Some(Hindrance::NotOnThisVersion) => format!(
                    "  missing: {unit}: a new {doctype} is to become a record of {module}, which this VTiger's web service \
                     cannot create\n      what to do: Use a VTiger that can (8.2.0 does), or take create_in_vtiger out of \
                     the mapping."
                ),
            });
        }
        lines
    }

    /// What the verdict says of it, where something is missing.
    pub(super) fn lacks(&self) -> Option<String> {
        let hindrance = self.creates.as_ref().and_then(|creation| creation.hindrance);
        // A right that the user lacks is noted, and everything else goes its way.
        matches!(hindrance, Some(Hindrance::NotOnThisVersion))
            .then(|| format!("a way to create {} in VTiger", self.module))
    }

    /// The same for machines.
    pub(super) fn for_machines(&self) -> serde_json::Value {
        serde_json::json!({
            "unit": self.unit,
            "module": self.module,
            "edits_reach_vtiger": self.edits == Some(true),
            "wants_to_create": self.creates.is_some(),
            "can_create": self.creates.as_ref().is_some_and(|creation| creation.hindrance.is_none()),
        })
    }
}

#[cfg(test)]
mod tests {
    use cs_domain::mapping::{parse, shipped_text};

    use super::*;

    fn probe(version: &str, module: &str, updatable: bool) -> ServerProbe {
        let kind = KindProbe {
            kind: module.into(),
            visible: true,
            problem: None,
            creatable: true,
            updatable,
            missing: Vec::new(),
            not_writable: Vec::new(),
            unmeasured: Vec::new(),
            newest: None,
        };
        ServerProbe {
            version: version.into(),
            user_id: "19x1".into(),
            admin: false,
            user_time_zone: "UTC".into(),
            clock_ahead_seconds: 0,
            zone_contradicted: false,
            modules: vec![module.into()],
            kinds: vec![kind],
        }
    }

    fn mapping(name: &str) -> Mapping {
        let text = shipped_text(name).unwrap();
        parse(text).unwrap().mapping
    }

    #[test]
    fn an_order_is_created_by_8_2_and_not_by_8_3() {
        for (version, can) in [("8.2.0", true), ("8.3.0", false)] {
            let probe = probe(version, "SalesOrder", true);
            assert_eq!(can_create(&probe, &probe.kinds[0]), can, "{version}");
            let mut policy = mapping("policy");
            assert!(directions(&policy, &probe)[0].lacks().is_none(), "the shipped mapping creates none");
            policy.units[0].create_in_vtiger = Some(cs_domain::mapping::CreateInVtiger {
                document: "order".into(),
                when: Vec::new(),
                key: None,
            });
            let direction = &directions(&policy, &probe)[0];
            assert_eq!(direction.lacks().is_none(), can, "{:?}", direction.lines());
        }
    }

    #[test]
    fn a_user_who_may_only_read_is_told_what_that_means() {
        let told = |updatable| {
            let found = directions(&mapping("crm"), &probe("8.3.0", "Contacts", updatable));
            assert_eq!(found.len(), 1, "what could not be asked is not told of");
            (found[0].lines().join("\n"), found[0].lacks())
        };
        let (text, lacks) = told(true);
        assert!(text.contains("edits in Frappe reach Contacts") && lacks.is_none(), "{text}");
        assert!(text.contains("a new Contact in Frappe becomes a record of Contacts"), "{text}");
        let (text, lacks) = told(false);
        assert!(text.contains("may not change Contacts") && text.contains("stays in Frappe"), "{text}");
        assert!(lacks.is_none(), "what VTiger says still reaches Frappe");
    }
}
