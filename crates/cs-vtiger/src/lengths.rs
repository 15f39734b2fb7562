//! How long VTiger's text columns are, from its database. The web service never says; of stock fields the lengths are shipped
//! (`limits.tsv`), of custom ones only the most that VTiger makes is known, and whatever is longer than the column is cut in
//! silence (facts/VTIGER.md, "Values").

use std::collections::BTreeMap;

use cs_domain::{FieldName, Kind};
use cs_ports::Reader;
use tokio::sync::OnceCell;

use crate::config::DatabaseConfig;
use crate::database::VtigerDatabase;
use crate::describe::Described;

/// VTiger's database, asked for nothing but lengths, and only once somebody wants one.
pub(crate) struct Lengths {
    config: DatabaseConfig,
    database: OnceCell<Option<VtigerDatabase>>,
}

impl Lengths {
    pub(crate) fn new(config: DatabaseConfig) -> Self {
        Self { config: DatabaseConfig { connections: 1, ..config }, database: OnceCell::new() }
    }

    /// The lengths of a module's text columns; `None` where the database does not tell them. That fails nothing: the web
    /// service goes on without, as it does where no database is configured.
    async fn of(&self, kind: &Kind) -> Option<BTreeMap<FieldName, u32>> {
        let connect = async || {
            VtigerDatabase::connect(self.config.clone())
                .await
                .inspect_err(|error| tracing::warn!(%error, "VTiger's database does not tell how long its columns are"))
                .ok()
        };
        let database = self.database.get_or_init(connect).await.as_ref()?;
        let schema = database
            .schema(kind)
            .await
            .inspect_err(|error| tracing::warn!(%kind, %error, "VTiger's database does not tell how long its columns are"))
            .ok()?;
        Some(schema.fields.into_values().filter_map(|field| Some((field.name, field.max_chars?))).collect())
    }

    /// Takes the columns' lengths for the fields' limits.
    pub(crate) async fn measure(&self, described: &mut Described) {
        if let Some(lengths) = self.of(&described.schema.kind).await {
            take(described, &lengths);
        }
    }
}

fn take(described: &mut Described, lengths: &BTreeMap<FieldName, u32>) {
    for field in described.schema.fields.values_mut().filter(|field| field.max_chars.is_some()) {
        if let Some(length) = lengths.get(&field.name) {
            field.max_chars = Some(*length);
            described.guessed.remove(&field.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::answer::Payload;

    #[test]
    fn the_column_s_length_is_the_field_s_limit() {
        let field = |name: &str, wire: &str| json!({"name": name, "label": name, "mandatory": false, "editable": true, "type": {"name": wire}});
        let wire = json!({"label": "Contacts", "name": "Contacts", "createable": true, "updateable": true,
            "deleteable": true, "retrieveable": true, "idPrefix": "12",
            "fields": [field("lastname", "string"), field("cf_1", "string"), field("cf_2", "string"), field("cf_3", "date")]});
        let mut described = Described::read(Payload(wire)).unwrap();
        let limit = |described: &Described, name: &str| described.schema.fields[name].max_chars;
        assert_eq!((limit(&described, "cf_1"), limit(&described, "lastname")), (Some(255), Some(80)));
        let guessed: Vec<&str> = described.guessed.iter().map(FieldName::as_str).collect();
        assert_eq!(guessed, ["cf_1", "cf_2"], "stock fields and dates are known");
        take(&mut described, &BTreeMap::from([("cf_1".into(), 40), ("cf_3".into(), 10)]));
        assert_eq!((limit(&described, "cf_1"), limit(&described, "cf_2")), (Some(40), Some(255)));
        assert_eq!(limit(&described, "cf_3"), None, "a date has no length");
        assert!(!described.guessed.contains("cf_1") && described.guessed.contains("cf_2"));
    }
}
