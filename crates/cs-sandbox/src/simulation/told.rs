//! Values of the ports as the trace tells them.

use cs_domain::{Fields, Record};
use cs_ports::{Criterion, Observation, Sighting};

/// Fields and values in a line.
pub(crate) fn shown(fields: &Fields) -> String {
    let shown: Vec<String> =
        fields.iter().map(|(name, value)| format!("{name}={:?}", value.plain())).collect();
    format!("{{{}}}", shown.join(", "))
}

/// Observations in a line.
pub(crate) fn told_observations(observations: &[Observation]) -> String {
    let shown = observations.iter().map(|seen| match &seen.sighting {
        Sighting::There => format!("{} @{}", seen.reference.id, seen.version),
        Sighting::Deleted => format!("{} deleted", seen.reference.id),
        Sighting::Renamed { from } => format!("{} was {from}", seen.reference.id),
    });
    format!("[{}]", shown.collect::<Vec<_>>().join(", "))
}

/// Records in a line.
pub(crate) fn told_records(records: &[Record]) -> String {
    let one =
        |record: &Record| format!("{} @{} {}", record.reference.id, record.version, shown(&record.fields));
    format!("[{}]", records.iter().map(one).collect::<Vec<_>>().join("; "))
}

/// Criteria in a line.
pub(crate) fn told_criteria(criteria: &[Criterion]) -> String {
    let one = |criterion: &Criterion| {
        let values: Vec<String> = criterion.any_of.iter().map(cs_domain::Value::plain).collect();
        format!("{} in {values:?}", criterion.field)
    };
    criteria.iter().map(one).collect::<Vec<_>>().join(" and ")
}
