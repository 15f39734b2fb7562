//! Telling others how tasks come along while they run: an address of the agency's, and people at Frappe's desk. They are
//! told states, not differences, once a second at most; whoever is slow to listen misses some and holds up nobody.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cs_domain::Event;
use cs_frappe::FrappeClient;
use cs_ports::{Clock as _, Task, TaskId, TaskObserver};
use cs_web::Progress;
use serde_json::{Value, json};

use crate::clock::SystemClock;
use crate::config::Config;
use crate::office::Office;
use crate::posting;
use crate::wiring::frappe_client;

/// How often others are told at most.
const BEAT: Duration = Duration::from_secs(1);

/// How tasks that are under way stand.
#[derive(Default)]
pub(crate) struct Followed {
    tasks: Mutex<BTreeMap<TaskId, Standing>>,
}

struct Standing {
    title: String,
    progress: Progress,
    told: bool,
}

impl Followed {
    /// What was not told yet. Tasks that have ended are told once more and forgotten.
    fn news(&self) -> Vec<Value> {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        let mut news = Vec::new();
        tasks.retain(|_, standing| {
            if !std::mem::replace(&mut standing.told, true) {
                let mut message = standing.progress.told();
                if let Some(fields) = message.as_object_mut() {
                    fields.insert("title".to_owned(), json!(standing.title));
                }
                news.push(message);
            }
            !standing.progress.status.is_final()
        });
        news
    }
}

impl TaskObserver for Followed {
    fn task(&self, task: &Task) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        let standing = tasks.entry(task.id.clone()).or_insert_with(|| Standing {
            title: task.title.clone(),
            progress: Progress::of(task),
            told: false,
        });
        standing.progress.follow_task(task);
        standing.told = false;
    }

    fn event(&self, task: &TaskId, event: &Event) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(standing) = tasks.get_mut(task) {
            standing.progress.follow_event(event);
            standing.told = false;
        }
    }
}

/// Tells again and again, as the settings say at that moment. What cannot be told is written to the program's own log, once
/// until it can be told again.
pub(crate) async fn tell(followed: Arc<Followed>, office: Arc<Office>) {
    let (mut address_hears, mut desk_hears) = (true, true);
    loop {
        SystemClock.sleep(BEAT).await;
        let news = followed.news();
        let config = office.config();
        let wanted = &config.service.notifications.progress;
        if let Some(url) = wanted.url.as_deref().filter(|_| !news.is_empty()) {
            let heard = tell_address(url, &news).await;
            note(heard.as_ref().err().map(|error| error as _), &mut address_hears, "an address");
        }
        if let Some(method) = wanted.desk_method.as_deref().filter(|_| !news.is_empty()) {
            let heard = tell_desk(&config, method, &news).await;
            note(heard.as_ref().err().map(|error| &**error as _), &mut desk_hears, "Frappe's desk");
        }
    }
}

async fn tell_address(url: &str, news: &[Value]) -> Result<(), reqwest::Error> {
    for message in news {
        posting::post(url, message).await?;
    }
    Ok(())
}

async fn tell_desk(
    config: &Config,
    method: &str,
    news: &[Value],
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let Some(frappe) = &config.frappe else { return Ok(()) };
    let client: FrappeClient = frappe_client(frappe)?;
    for message in news {
        client.tell_desk(method, message).await?;
    }
    Ok(())
}

fn note(error: Option<&(dyn std::error::Error + 'static)>, hears: &mut bool, who: &str) {
    if let Some(error) = error.filter(|_| *hears) {
        tracing::warn!(error, "{who} cannot be told how tasks come along");
    }
    *hears = error.is_none();
}
