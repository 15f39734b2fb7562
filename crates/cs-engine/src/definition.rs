//! What a mapping and its settings were when the feeds were read: where they have changed since, what was left out or in
//! step by the old ones has to be looked at again.

use cs_domain::digest::digest;
use cs_domain::{Event, System};
use cs_ports::{Cursor, FeedKey};
use serde_json::json;

use crate::error::EngineError;
use crate::run::RunContext;

/// The name under which the definition is kept beside the feeds' cursors, where no module can have it.
const KIND: &str = "(definition)";

/// Makes every unit due again where mapping or settings are no longer what they were.
pub(crate) async fn restage_if_changed(context: &RunContext<'_>) -> Result<(), EngineError> {
    let scope = &context.scope;
    let store = &scope.engine.store;
    let Some(unit) = scope.mapping.units.first() else {
        return Ok(());
    };
    let feed = FeedKey {
        mapping: scope.mapping.name.clone(),
        unit: unit.name.clone(),
        system: System::Vtiger,
        kind: KIND.to_owned(),
    };
    let now = Cursor(digest(&json!([scope.mapping, scope.settings]).to_string()));
    let then = store.cursor(&feed).await?;
    if then.as_ref() == Some(&now) {
        return Ok(());
    }
    if then.is_some() {
        let units = store.restage_all(&context.lease, &scope.mapping.name).await?;
        scope.reporter.tell(Event::Redefined { units });
    }
    store.stage(&context.lease, &feed, &[], &now).await?;
    Ok(())
}
