//! Reads a change feed to its end, page by page; each page and the cursor behind it are remembered in one transaction.

use cs_domain::mapping::UnitMapping;
use cs_domain::{Event, System};
use cs_ports::{FeedKey, Staged, UnitKey};

use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::run::RunContext;

/// Stages everything that changed in the unit's VTiger module since the last pass; answers how many observations there
/// were.
pub(crate) async fn drain(
    context: &RunContext<'_>,
    ledger: &Ledger,
    unit: &UnitMapping,
) -> Result<u64, EngineError> {
    let feed = FeedKey {
        mapping: context.scope.mapping.name.clone(),
        unit: unit.name.clone(),
        system: System::Vtiger,
        kind: unit.module.to_string(),
    };
    let mut cursor = context.scope.engine.store.cursor(&feed).await?;
    let mut seen = 0;
    loop {
        let after = cursor.clone();
        let page = context
            .scope
            .patiently(|| context.scope.engine.vtiger.changes(&unit.module, after.as_ref()))
            .await?;
        let staged: Vec<Staged> = page
            .observations
            .into_iter()
            // What a delete means is decided with the deletes of both sides; until then the link stays as it is.
            .filter(|observation| !observation.deleted)
            .map(|observation| Staged {
                key: UnitKey {
                    mapping: context.scope.mapping.name.clone(),
                    unit: unit.name.clone(),
                    subject: observation.reference,
                },
                version: observation.version,
            })
            .collect();
        seen += u64::try_from(staged.len()).unwrap_or(u64::MAX);
        context.scope.engine.store.stage(&context.lease, &feed, &staged, &page.next).await?;
        context.scope.reporter.tell(Event::Pulled { unit: unit.name.clone(), seen });
        ledger.keep_lease(context).await?;
        cursor = Some(page.next);
        if !page.more {
            return Ok(seen);
        }
    }
}
