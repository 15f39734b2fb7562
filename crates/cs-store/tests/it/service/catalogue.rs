//! Drafts and versions of mappings.

use cs_ports::{MappingDraft, MappingVersion, PublishedMapping, RetiredMapping};

use super::Whole;
use crate::samples::{at, mapping};

const TEXT: &str = "format = 1 # José\nname = \"leads\"\n";

fn draft(of: &str, revision: i64, text: &str, seconds: i64) -> MappingDraft {
    MappingDraft {
        mapping: mapping(of),
        revision,
        text: text.to_owned(),
        rejected: vec![format!("lead/lead/{text}/ñ")],
        base: (revision > 1).then_some(1),
        who: "ana@example.test".to_owned(),
        at: at(seconds),
    }
}

fn published(of: &str, number: i64, text: &str) -> PublishedMapping {
    let version = MappingVersion {
        mapping: mapping(of),
        number,
        who: "ana@example.test".to_owned(),
        at: at(100 + number),
        note: format!("note {number} ñ"),
    };
    PublishedMapping { version, text: text.to_owned() }
}

pub(super) async fn tell(store: &dyn Whole) {
    retire(store).await;
    let leads = mapping("leads");
    assert_eq!(store.mapping_draft(&leads).await.unwrap(), None);
    assert!(!store.drop_mapping_draft(&leads, 0).await.unwrap(), "there is none");
    assert_eq!(store.put_mapping_draft(&draft("leads", 1, "early", 0)).await.unwrap(), None);
    assert_eq!(store.put_mapping_draft(&draft("leads", 0, "first", 1)).await.unwrap(), Some(1));
    assert_eq!(store.put_mapping_draft(&draft("leads", 0, "late", 2)).await.unwrap(), None);
    assert_eq!(store.put_mapping_draft(&draft("leads", 1, TEXT, 3)).await.unwrap(), Some(2));
    assert_eq!(store.put_mapping_draft(&draft("leads", 1, "late", 4)).await.unwrap(), None);
    let kept = MappingDraft { revision: 2, base: None, ..draft("leads", 2, TEXT, 3) };
    assert_eq!(store.mapping_draft(&leads).await.unwrap(), Some(kept));

    // Of a draft that moved on, and with a number that is not the next one, nothing is published; the draft stays.
    assert!(!store.publish_mapping(&published("leads", 1, TEXT), Some(1)).await.unwrap());
    assert!(!store.publish_mapping(&published("leads", 2, TEXT), Some(2)).await.unwrap());
    assert_eq!(store.mapping_draft(&leads).await.unwrap().map(|draft| draft.revision), Some(2));
    assert!(store.publish_mapping(&published("leads", 1, TEXT), Some(2)).await.unwrap());
    assert_eq!(store.mapping_draft(&leads).await.unwrap(), None);
    // A rolled back version needs no draft.
    assert!(store.publish_mapping(&published("leads", 2, "second"), None).await.unwrap());
    assert!(!store.publish_mapping(&published("leads", 2, "again"), None).await.unwrap());
    assert!(!store.publish_mapping(&published("leads", 4, "ahead"), None).await.unwrap());

    // Whoever still has the old draft before them does not bring it back.
    assert_eq!(store.put_mapping_draft(&draft("leads", 2, "stale", 5)).await.unwrap(), None);
    assert_eq!(store.put_mapping_draft(&draft("leads", 0, "anew", 6)).await.unwrap(), Some(4));
    assert!(!store.publish_mapping(&published("leads", 3, "stale"), Some(2)).await.unwrap());
    assert!(!store.drop_mapping_draft(&leads, 2).await.unwrap());
    assert!(store.drop_mapping_draft(&leads, 4).await.unwrap());
    assert_eq!(store.put_mapping_draft(&draft("leads", 0, "anew", 7)).await.unwrap(), Some(6));
    assert!(store.publish_mapping(&published("people", 1, "people's"), None).await.unwrap());
    assert_eq!(store.put_mapping_draft(&draft("assets", 0, "assets'", 8)).await.unwrap(), Some(1));
    recall(store).await;
}

pub(super) async fn recall(store: &dyn Whole) {
    let drafts = store.mapping_drafts().await.unwrap();
    let named: Vec<_> = drafts.iter().map(|draft| (draft.mapping.as_str(), draft.revision)).collect();
    assert_eq!(named, [("assets", 1), ("leads", 6)]);
    let (first, second) = (published("leads", 1, TEXT), published("leads", 2, "second"));
    let versions = store.mapping_versions(&mapping("leads")).await.unwrap();
    assert_eq!(versions, [second.version.clone(), first.version.clone()]);
    assert_eq!(store.mapping_version(&mapping("leads"), 1).await.unwrap(), Some(first));
    assert_eq!(store.mapping_version(&mapping("leads"), 3).await.unwrap(), None);
    assert_eq!(store.mapping_versions(&mapping("assets")).await.unwrap(), []);
    assert_eq!(store.latest_mappings().await.unwrap(), [second, published("people", 1, "people's")]);
}

async fn retire(store: &dyn Whole) {
    let retired =
        |of: &str, who: &str| RetiredMapping { mapping: mapping(of), who: who.to_owned(), at: at(7) };
    assert_eq!(store.retired_mappings().await.unwrap(), []);
    assert!(!store.note_resumed(&mapping("leads")).await.unwrap(), "it runs");
    assert!(store.note_retired(&retired("leads", "ana ñ")).await.unwrap());
    assert!(!store.note_retired(&retired("leads", "luis")).await.unwrap(), "whoever was first stays");
    assert!(store.note_retired(&retired("accounts", "ana")).await.unwrap());
    assert_eq!(
        store.retired_mappings().await.unwrap(),
        [retired("accounts", "ana"), retired("leads", "ana ñ")]
    );
    assert!(store.note_resumed(&mapping("leads")).await.unwrap());
    assert!(!store.note_resumed(&mapping("leads")).await.unwrap());
    assert_eq!(store.retired_mappings().await.unwrap(), [retired("accounts", "ana")]);
    assert!(store.note_resumed(&mapping("accounts")).await.unwrap());
}
