//! What monitoring systems are told (`/metrics`, Prometheus): how much is done, how it ends, how long it takes. Numbers and
//! names of mappings only; nothing of what the records hold.

use cs_domain::Event;
use cs_ports::{Task, TaskId, TaskObserver};
use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// Borders of how long tasks take, in seconds.
const SECONDS: [f64; 8] = [1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14400.0];

/// Starts measuring; answers what gives the measures as text. A process starts it once: later calls measure into the first.
pub(crate) fn start() -> Option<PrometheusHandle> {
    let builder = PrometheusBuilder::new().set_buckets(&SECONDS).ok()?;
    builder.install_recorder().ok()
}

/// Follows tasks and counts.
pub(crate) struct Measures;

impl TaskObserver for Measures {
    fn task(&self, task: &Task) {
        let labels = [("lane", task.work.lane()), ("kind", task.work.kind().to_owned())];
        let running = if task.status.is_final() { 0.0 } else { 1.0 };
        gauge!("company_sync_task_open", &labels).set(running);
        if !task.status.is_final() {
            return;
        }
        let mut ended = labels.to_vec();
        ended.push(("status", task.status.as_str().to_owned()));
        counter!("company_sync_tasks_ended_total", &ended).increment(1);
        if let (Some(started), Some(end)) = (task.started, task.ended) {
            histogram!("company_sync_task_seconds", &labels)
                .record(end.duration_since(started).as_secs_f64());
        }
    }

    fn event(&self, _task: &TaskId, event: &Event) {
        match event {
            Event::UnitDone { verdict, .. } => {
                let verdict = serde_json::to_value(verdict).ok();
                let verdict = verdict.and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
                counter!("company_sync_units_total", "verdict" => verdict).increment(1);
            }
            Event::Retrying { failure, .. } => {
                counter!("company_sync_retries_total", "code" => failure.code.clone()).increment(1);
            }
            Event::RunEnded { run } => {
                let sides = [("vtiger", run.requests.vtiger), ("frappe", run.requests.frappe)];
                for (system, requests) in sides {
                    counter!("company_sync_requests_total", "system" => system, "kind" => "read")
                        .increment(requests.read);
                    counter!("company_sync_requests_total", "system" => system, "kind" => "write")
                        .increment(requests.write);
                }
            }
            _ => {}
        }
    }
}
