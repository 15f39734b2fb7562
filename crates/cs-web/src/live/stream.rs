//! The stream of events to one viewer: what they missed, or how things stand; then what happens.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream, StreamExt as _};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::hub::{Hub, Message};
use super::progress::Progress;
use crate::error::WebError;
use crate::visit::Visit;
use crate::web::Web;

/// A stream ends after this time, and the browser opens another: whoever was locked out meanwhile stays out.
const LIFE: Duration = Duration::from_mins(10);

/// How often a silent stream says that it lives.
const BREATH: Duration = Duration::from_secs(15);

pub(super) async fn live(visit: Visit, headers: HeaderMap) -> Result<Response, WebError> {
    let web = visit.web;
    let hub = Arc::clone(&web.hub);
    let (receiver, missed) = hub.join(last_seen(&hub, &headers));
    let first = match missed {
        Some(missed) => missed.iter().map(|message| event(&hub, message)).collect(),
        None => standing(&web).await?,
    };
    let mut closing = hub.closing();
    let over = async move {
        tokio::select! {
            _ = closing.wait_for(|closing| *closing) => {}
            () = tokio::time::sleep(LIFE) => {}
        }
    };
    let all = stream::iter(first)
        .chain(following(web, receiver))
        .take_until(Box::pin(over))
        .map(Ok::<_, Infallible>);
    Ok(Sse::new(all).keep_alive(KeepAlive::new().interval(BREATH)).into_response())
}

/// The last message that the browser saw of this process (`Last-Event-ID`).
fn last_seen(hub: &Hub, headers: &HeaderMap) -> Option<u64> {
    let (epoch, number) = headers.get("last-event-id")?.to_str().ok()?.rsplit_once('-')?;
    (epoch == hub.epoch()).then(|| number.parse().ok())?
}

fn event(hub: &Hub, message: &Message) -> Event {
    Event::default().id(format!("{}-{}", hub.epoch(), message.number)).event(message.kind).data(&message.data)
}

/// How every task stands that is not over, and the word that lists may have changed.
async fn standing(web: &Web) -> Result<Vec<Event>, WebError> {
    let number = web.hub.number();
    let mut events = Vec::new();
    for task in web.desk.open_tasks().await? {
        let progress = web.hub.progress(&task.id).unwrap_or_else(|| Progress::of(&task));
        events.push(Event::default().event("task").data(progress.told().to_string()));
    }
    let id = format!("{}-{number}", web.hub.epoch());
    events.push(Event::default().id(id).event("tasks").data("{}"));
    Ok(events)
}

fn following(web: Arc<Web>, receiver: Receiver<Arc<Message>>) -> impl Stream<Item = Event> {
    let next = |(web, mut receiver): (Arc<Web>, Receiver<Arc<Message>>)| async move {
        let events = match receiver.recv().await {
            Ok(message) => vec![event(&web.hub, &message)],
            // A viewer too slow for what happened is told how things stand.
            Err(RecvError::Lagged(_)) => standing(&web).await.unwrap_or_default(),
            Err(RecvError::Closed) => return None,
        };
        Some((stream::iter(events), (web, receiver)))
    };
    stream::unfold((web, receiver), next).flatten()
}
