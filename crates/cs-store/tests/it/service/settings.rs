//! Settings and secrets.

use cs_ports::KeptSettings;

use super::Whole;

const TEXT: &str = "[sync]\nevery = \"15 min\" # José\n";

pub(super) async fn tell(store: &dyn Whole) {
    assert_eq!(store.settings().await.unwrap(), KeptSettings::default());
    assert!(!store.put_settings(1, "early", &[]).await.unwrap(), "there is no revision 1 yet");
    assert!(store.put_settings(0, "first", &[]).await.unwrap());
    assert!(!store.put_settings(0, "late", &[]).await.unwrap());
    assert_eq!(store.settings().await.unwrap(), KeptSettings { revision: 1, text: "first".to_owned() });
    assert!(store.put_settings(1, TEXT, &[]).await.unwrap());
    assert!(!store.put_settings(1, "late", &[]).await.unwrap());
    let late = [("frappe".to_owned(), Some(vec![1]))];
    assert!(!store.put_settings(7, "ahead", &late).await.unwrap());

    assert_eq!(store.secret("frappe").await.unwrap(), None);
    for (name, sealed) in [("vtiger", &[0, 1][..]), ("frappe", &[255]), ("smtp", &[9]), ("frappe", &[7, 0])] {
        store.put_secret(name, Some(sealed)).await.unwrap();
    }
    let with = [("smtp".to_owned(), None), ("hints".to_owned(), Some(vec![4]))];
    assert!(store.put_settings(2, TEXT, &with).await.unwrap());
    assert_eq!(store.secret("smtp").await.unwrap(), None);
    assert_eq!(store.secret("hints").await.unwrap(), Some(vec![4]));
    store.put_secret("hints", None).await.unwrap();
    store.put_secret("never there", None).await.unwrap();
    recall(store).await;
}

pub(super) async fn recall(store: &dyn Whole) {
    assert_eq!(store.settings().await.unwrap(), KeptSettings { revision: 3, text: TEXT.to_owned() });
    assert_eq!(store.secret_names().await.unwrap(), ["frappe", "vtiger"]);
    assert_eq!(store.secret("frappe").await.unwrap(), Some(vec![7, 0]));
    assert_eq!(store.secret("smtp").await.unwrap(), None);
}
