//! `serve`: the pages, the API and the scheduler, until somebody ends the program.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cs_engine::scheduler::Scheduler;
use cs_engine::{Stop, Stopper};
use cs_ports::{Clock, Entropy as _, Part, PeopleStore, Person, TaskObserver};
use cs_web::{Exposure, Hub, Web};
use tokio::net::TcpListener;

use crate::alerts::{self, Alerts};
use crate::cli::{Global, Serve};
use crate::clock::{SystemClock, SystemEntropy};
use crate::config::{Environment, Flags};
use crate::executor::Workshop;
use crate::failure::{CommandError, Outcome};
use crate::following::{self, Followed};
use crate::measures::{self, Measures};
use crate::office::Office;
use crate::playground::{Playground, Wish};
use crate::render::{aside, line};
use crate::scratch::Scratch;
use crate::stopped::stopped;
use crate::tidying;
use crate::wiring::Home;

/// Tasks that are carried out at a time: both systems serve two runs at once well (facts, "Rates").
const LANES: usize = 2;

/// How long what is under way may take to come to a good end when the program is to end.
const GRACE: Duration = Duration::from_secs(60);

/// Runs `serve`.
pub(crate) async fn run(global: &Global, serve: &Serve) -> Result<Outcome, CommandError> {
    let (scratch, playground) = if serve.sandbox {
        let scratch = Scratch::new(global.data_dir.as_deref())?;
        (Some(scratch), Some(Playground::start(&Wish::of_service(serve.orders)).await?))
    } else {
        (None, None)
    };
    let data_dir = scratch.as_ref().map(|scratch| scratch.path.clone()).or_else(|| global.data_dir.clone());
    let flags = Flags { file: global.config.clone(), data_dir, extensions: Arc::clone(&global.extensions) };
    let variables = playground.as_ref().map(Playground::environment).unwrap_or_default();
    let environment = Environment::of_process().with(variables);
    let home = Arc::new(Home::enter(&Office::data_dir(&flags, &environment)?).await?);
    let office = Arc::new(Office::open(&flags, &environment, Arc::clone(&home.store)).await?);
    let listening = |source| CommandError::Listen { address: serve.listen, source };
    let listener = TcpListener::bind(serve.listen).await.map_err(listening)?;
    if let Some(warning) = unprotected(serve.listen, office.config().service.is_https()) {
        aside(&warning);
    }
    let code = welcome(global, serve, &home, listener.local_addr().map_err(listening)?).await?;
    work(&home, &office, listener, code).await?;
    office.rest().await;
    home.store.close().await;
    if let Some(playground) = playground {
        playground.stop().await;
    }
    Ok(Outcome::Done)
}

/// Serves and schedules until somebody ends the program; then finishes what is under way.
async fn work(
    home: &Arc<Home>,
    office: &Arc<Office>,
    listener: TcpListener,
    code: Option<String>,
) -> Result<(), CommandError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let hub = Arc::new(Hub::new(home.holder.name().replace(' ', "-")));
    let pulse = tokio::spawn({
        let (hub, clock) = (Arc::clone(&hub), Arc::clone(&clock));
        async move { hub.pulse(clock).await }
    });
    let stopper = Stopper::default();
    let (alerts, told) = Alerts::new(Arc::clone(office));
    let followed = Arc::new(Followed::default());
    let observers: Vec<Arc<dyn TaskObserver>> =
        vec![Arc::clone(&hub) as _, Arc::new(alerts), Arc::clone(&followed) as _, Arc::new(Measures)];
    let scheduler = scheduler(home, office, observers);
    let telling = tokio::spawn(alerts::send(Arc::clone(office), told));
    let retelling = tokio::spawn(following::tell(followed, Arc::clone(office)));
    let tidying = tokio::spawn(tidying::tidy(Arc::clone(home), Arc::clone(office)));
    let watching = tokio::spawn(tidying::watch_fields(Arc::clone(office)));
    let following = tokio::spawn(tidying::follow_settings(Arc::clone(office)));
    let signal = stopper.signal();
    let scheduling = tokio::spawn(async move { scheduler.work(signal).await });
    let zone = office.config().zone.clone();
    let exposure = Exposure { https: office.config().service.is_https(), ..Exposure::default() };
    let (desk, own) = (Arc::clone(&home.store), Arc::clone(office));
    let mut web = Web::new(desk, own, Arc::clone(&hub), clock, zone, exposure).with_setup_code(code);
    if let Some(handle) = measures::start() {
        web = web.with_measures(Box::new(move || {
            handle.run_upkeep();
            handle.render()
        }));
    }
    let service = cs_web::router(&Arc::new(web)).into_make_service_with_connect_info::<SocketAddr>();
    let closing = {
        let hub = Arc::clone(&hub);
        async move {
            stopped().await;
            stopper.stop(Stop::ShuttingDown);
            hub.close();
        }
    };
    let served = axum::serve(listener, service).with_graceful_shutdown(closing).await;
    let broken = |error: tokio::task::JoinError| CommandError::Broken(Box::new(error));
    if let Ok(ended) = tokio::time::timeout(GRACE, scheduling).await {
        ended.map_err(broken)?;
    }
    retelling.abort();
    tidying.abort();
    watching.abort();
    following.abort();
    pulse.await.map_err(broken)?;
    // The scheduler is gone and with it whoever hands alerts over: what was handed over is sent.
    if let Ok(ended) = tokio::time::timeout(GRACE, telling).await {
        ended.map_err(broken)?;
    }
    served.map_err(|source| CommandError::Broken(Box::new(source)))
}

fn scheduler(home: &Arc<Home>, office: &Arc<Office>, observers: Vec<Arc<dyn TaskObserver>>) -> Scheduler {
    let executor = Workshop { home: Arc::clone(home), office: Arc::clone(office) };
    Scheduler {
        tasks: Arc::clone(&home.store) as _,
        store: Arc::clone(&home.store) as _,
        mappings: Arc::clone(&home.store) as _,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        executor: Arc::new(executor),
        observers,
        holder: home.holder.name().to_owned(),
        zone: office.config().zone.clone(),
        lanes: LANES,
        nudge: office.nudged(),
    }
}

/// Says where the service is, and how the first person gets in. Answers the code of the setup wizard, where nobody is known.
async fn welcome(
    global: &Global,
    serve: &Serve,
    home: &Home,
    address: SocketAddr,
) -> Result<Option<String>, CommandError> {
    let known = !home.store.people().await?.is_empty();
    let say = |text: &str| if global.quiet { Ok(()) } else { line(text) };
    say(&format!("company-sync is at http://{address}/"))?;
    match (known, serve.sandbox) {
        (true, _) => Ok(None),
        (false, true) => {
            let password = chance();
            home.store.put_person(&first_person(&password)?).await?;
            say(&format!("Log in as {FIRST} with the password {password}"))?;
            Ok(None)
        }
        (false, false) => {
            let code = chance();
            say(&format!("Nobody is known yet. Open http://{address}/setup and type this code: {code}"))?;
            Ok(Some(code))
        }
    }
}

/// What is to be said where others can reach the service and nothing seals what they send.
fn unprotected(listen: SocketAddr, behind_https: bool) -> Option<String> {
    (!listen.ip().is_loopback() && !behind_https).then(|| {
        format!(
            "warning: whoever reaches {listen} sends passwords as they are, for anybody on the way to read. Let a proxy with TLS \
             stand before it, and name its address: public_url = \"https://...\" in the configuration, or under Settings."
        )
    })
}

/// Who tries the sandbox.
const FIRST: &str = "admin@example.test";

fn first_person(password: &str) -> Result<Person, CommandError> {
    Ok(Person {
        login: FIRST.to_owned(),
        name: "Ana Prueba".to_owned(),
        part: Part::SystemManager,
        language: "en".to_owned(),
        password: cs_web::hash_password(password)?,
        enabled: true,
        created: SystemClock.now(),
        seen: None,
    })
}

/// Sixteen hexadecimal digits.
fn chance() -> String {
    format!("{:016x}", SystemEntropy.next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_listens_to_others_without_tls_is_warned() {
        let listen = |text: &str| text.parse::<SocketAddr>().unwrap();
        assert!(unprotected(listen("0.0.0.0:8484"), false).is_some_and(|text| text.contains("0.0.0.0:8484")));
        assert!(unprotected(listen("[::]:8484"), false).is_some());
        assert_eq!(unprotected(listen("0.0.0.0:8484"), true), None);
        assert_eq!(unprotected(listen("127.0.0.1:8484"), false), None);
        assert_eq!(unprotected(listen("[::1]:8484"), false), None);
    }
}
