//! What the systems said of their kinds.

use cs_domain::{FieldSchema, FieldType, KindSchema, System};
use cs_ports::{KindAbout, KindsSeen, ReliedOn};

use super::Whole;
use crate::samples::at;

fn schema(kind: &str, choices: &[&str]) -> KindSchema {
    let field = FieldSchema {
        name: "status".into(),
        label: "Estado ☎".into(),
        field_type: FieldType::Choice {
            values: choices.iter().map(|choice| (*choice).to_owned()).collect(),
            closed: true,
        },
        mandatory: true,
        writable: true,
        max_chars: Some(140),
        bmp_only: false,
        unique: false,
        allow_on_submit: false,
    };
    KindSchema {
        kind: kind.into(),
        label: kind.into(),
        creatable: true,
        updatable: false,
        submittable: false,
        fields: [(field.name.clone(), field)].into(),
    }
}

pub(super) async fn tell(store: &dyn Whole) {
    assert!(store.schema_sights().await.unwrap().is_empty());
    let (lead, contact) = ("Lead".into(), "Contact".into());
    let (open, wide) = (schema("Lead", &["Open"]), schema("Lead", &["Open", "Lost"]));
    assert!(store.note_schema(System::Frappe, &lead, at(10), Some(&open)).await.unwrap());
    assert!(!store.note_schema(System::Frappe, &lead, at(20), Some(&open)).await.unwrap(), "the same");
    assert!(store.note_schema(System::Frappe, &lead, at(30), Some(&wide)).await.unwrap());
    assert!(store.note_schema(System::Frappe, &lead, at(40), None).await.unwrap(), "it is gone");
    assert!(!store.note_schema(System::Frappe, &lead, at(50), None).await.unwrap(), "and stays so");
    assert!(store.note_schema(System::Frappe, &lead, at(60), Some(&open)).await.unwrap(), "as it was once");
    assert!(store.note_schema(System::Vtiger, &contact, at(10), None).await.unwrap());

    let about = KindAbout {
        system: System::Vtiger,
        kind: "Contacts".into(),
        label: "Contactos".into(),
        custom: false,
        group: None,
        creatable: None,
    };
    for (moment, kinds) in [(10, Vec::new()), (20, vec![about])] {
        store.note_kinds(&KindsSeen { system: System::Vtiger, at: at(moment), kinds }).await.unwrap();
    }

    let relied = |kind: &str, choices: &[&str], moment| ReliedOn {
        system: System::Frappe,
        at: at(moment),
        schema: schema(kind, choices),
    };
    let mapping = "crm".into();
    store.rely_on(&mapping, &[relied("Lead", &["Open"], 10), relied("Contact", &["A"], 10)]).await.unwrap();
    store.rely_on(&mapping, &[relied("Lead", &["Lost"], 20)]).await.unwrap();
    store.rely_on(&mapping, &[]).await.unwrap();
    store.rely_on(&"policy".into(), &[relied("Lead", &["Else"], 30)]).await.unwrap();
    recall(store).await;
}

pub(super) async fn recall(store: &dyn Whole) {
    let sights = store.schema_sights().await.unwrap();
    let seen: Vec<_> = sights.iter().map(|sight| (sight.system, sight.kind.as_str())).collect();
    assert_eq!(seen, [(System::Frappe, "Lead"), (System::Vtiger, "Contact")]);
    assert_eq!((sights[0].since, sights[0].looked), (at(60), at(60)));
    assert_eq!(sights[0].schema, Some(schema("Lead", &["Open"])));
    let history = store.schema_history(System::Frappe, &"Lead".into(), 3).await.unwrap();
    let moments: Vec<_> = history.iter().map(|sight| (sight.since, sight.looked)).collect();
    assert_eq!(moments, [(at(60), at(60)), (at(40), at(50)), (at(30), at(30))]);
    assert_eq!(history[1].schema, None);

    let kinds = store.kinds_seen().await.unwrap();
    assert_eq!((kinds.len(), kinds[0].at, kinds[0].kinds.len()), (1, at(20), 1));
    assert_eq!(kinds[0].kinds[0].label, "Contactos");

    let relied = store.relied_on(&"crm".into()).await.unwrap();
    let seen: Vec<_> = relied.iter().map(|relied| (relied.schema.kind.as_str(), relied.at)).collect();
    assert_eq!(seen, [("Contact", at(10)), ("Lead", at(20))]);
    assert_eq!(relied[1].schema, schema("Lead", &["Lost"]));
    assert!(store.relied_on(&"other".into()).await.unwrap().is_empty());
}
