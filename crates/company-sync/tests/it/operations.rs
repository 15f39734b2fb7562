//! What the people who keep the service running do to it: power cuts, restarts, backups; and what it tells them by itself.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use cs_domain::{Balance, RunStatus};
use cs_ports::{Task, TaskId, TaskStore as _, Work};
use cs_store::SqliteStore;
use jiff::Timestamp;

use crate::killed::{assert_finished, made_twice};
use crate::service::{MANAGER, Service};
use crate::world::{Ended, STORE_FILE, Wish, World, writes};

const ORDERS: usize = 30;

/// Somebody asks for a sync, as a click on "Run now" does.
fn ask(world: &World, name: &str, attempts_allowed: u32) -> TaskId {
    let id = TaskId(format!("20261122-060000-{name}"));
    let task = Task {
        id: id.clone(),
        title: "policy".to_owned(),
        work: Work::Sync {
            mapping: "policy".into(),
            full: false,
            census: false,
            approved_deletes: None,
            dry_run: false,
        },
        status: RunStatus::Pending,
        asked_by: MANAGER.address.to_owned(),
        asked: Timestamp::now(),
        started: None,
        ended: None,
        not_before: None,
        attempts: 0,
        attempts_allowed,
        time_limit: 600,
        cancel: false,
        run: None,
        expected: 0,
        balance: Balance::default(),
        reached: 0,
        failure: None,
        outcome: serde_json::Value::Null,
    };
    assert!(in_tasks(world, async |store| store.add_task(&task).await.unwrap()));
    id
}

fn in_tasks<T>(world: &World, work: impl AsyncFnOnce(&SqliteStore) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = SqliteStore::open(world.data_dir().join(STORE_FILE)).await.unwrap();
        let result = work(&store).await;
        store.close().await;
        result
    })
}

/// Waits until something is so; two minutes at most.
#[track_caller]
fn until<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    let patience = Instant::now() + Duration::from_mins(2);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < patience, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn ended(world: &World, id: &TaskId) -> Task {
    until("the task ends", || {
        let task = in_tasks(world, async |store| store.task(id).await.unwrap())?;
        task.status.is_final().then_some(task)
    })
}

fn until_written(world: &World, writes: u64) {
    let goal = world.requests().1.write + writes;
    until("documents are written", || (world.requests().1.write >= goal).then_some(()));
}

#[test]
fn a_service_that_is_killed_goes_on_where_it_stopped() {
    let world = Wish::orders(ORDERS).start();
    let service = Service::of(&world, "killed", &[MANAGER]);
    let task = ask(&world, "0001", 3);
    until_written(&world, 50);
    service.kill();
    let service = Service::of(&world, "killed-again", &[]);
    let task = ended(&world, &task);
    assert_eq!((task.status, task.attempts), (RunStatus::Success, 2), "{task:?}");
    assert_eq!(service.terminate(), Some(0));
    assert_finished(&world, ORDERS);
}

#[test]
fn a_service_that_is_asked_to_end_parks_its_run() {
    let world = Wish::orders(ORDERS).start();
    let service = Service::of(&world, "asked-to-end", &[MANAGER]);
    let task = ask(&world, "0001", 1);
    until_written(&world, 50);
    assert_eq!(service.terminate(), Some(0), "it ends in good order");
    let parked = in_tasks(&world, async |store| store.task(&task).await.unwrap()).unwrap();
    assert_eq!(parked.status, RunStatus::Pending, "{parked:?}");
    let service = Service::of(&world, "started-again", &[]);
    let task = ended(&world, &task);
    assert_eq!(task.status, RunStatus::Success, "{task:?}");
    assert_eq!(service.terminate(), Some(0));
    assert_finished(&world, ORDERS);
}

#[test]
fn a_backup_of_a_serving_program_brings_it_back() {
    let world = Wish::orders(ORDERS).start();
    let service = Service::of(&world, "backed-up", &[MANAGER]);
    let first = ask(&world, "0001", 1);
    ended(&world, &first);
    let said = world.run(&["backup", "kept.sqlite3"]);
    assert!(said.expect(0).stdout.contains("kept.sqlite3"), "{}", said.stdout);
    world.run(&["backup", "kept.sqlite3"]).expect(2).complains("kept.sqlite3 is there already");
    world.run(&["restore", "kept.sqlite3"]).expect(3).complains("in use");
    assert_eq!(service.terminate(), Some(0));

    // What is done after the backup, and forgotten with it.
    let order = world.selected()[0].1.to_owned();
    world.edit(&order, "cf_2037", "After the backup");
    world.sync().expect(0);
    for held in [&b"no database at all"[..], b""] {
        std::fs::write(world.folder().join("torn.sqlite3"), held).unwrap();
        world.run(&["restore", "torn.sqlite3"]).expect(2).complains("torn.sqlite3 is no backup");
    }
    assert_eq!(writes(&world.sync().expect(0).last()), 0, "what is no backup replaces nothing");

    let said = world.run(&["restore", "kept.sqlite3"]);
    assert!(said.expect(0).stdout.contains("What was remembered until now is in"), "{}", said.stdout);
    let run = world.run(&["sync", "--census", "--json"]).expect(0).last();
    assert_eq!(writes(&run), 0, "both sides say it already: {run}");
    world.run(&["restore", "kept.sqlite3"]).expect(0);
    let aside = std::fs::read_dir(world.data_dir()).unwrap();
    let aside =
        aside.filter(|file| file.as_ref().unwrap().path().to_string_lossy().contains("before-restore"));
    assert_eq!(aside.count(), 2, "what was put aside stays");
    assert_eq!(made_twice(&world.site()), Vec::<String>::new());
}

/// `users set` with a password on standard input.
fn admit(world: &World, arguments: &[&str]) -> Ended {
    let mut command = world.command(&[&["users", "set"], arguments].concat());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Where the account is refused, nobody reads it.
    let _ = child.stdin.take().unwrap().write_all(b"a long enough password\n");
    Ended::of(child.wait_with_output().unwrap())
}

#[test]
fn there_is_always_somebody_who_manages_people() {
    let world = Wish::orders(1).start();
    world.run(&["users", "list"]).expect(2).complains("[config.no_store]");
    assert!(!world.data_dir().exists(), "looking makes no store");
    admit(&world, &["ana"]).expect(2).complains("\"ana\" is no e-mail address [people.no_address]");
    let refused = admit(&world, &["ana@example.test", "--part", "read-only"]);
    refused.expect(2).complains("[people.last]");
    let first = admit(&world, &["Ana@example.test"]);
    assert!(first.expect(0).stdout.contains("ana@example.test may log in as System Manager."), "{first:?}");
    assert!(first.stdout.contains("The first person manages everything"), "{first:?}");
    let second = admit(&world, &["rosa@example.test"]);
    assert_eq!(second.expect(0).stdout, "rosa@example.test may log in as Read Only.\n");
    for refused in [
        admit(&world, &["ana@example.test", "--part", "syncer-admin"]),
        world.run(&["users", "remove", "ANA@example.test"]),
    ] {
        refused.expect(2).complains("[people.last]").complains("--part system-manager");
    }
    admit(&world, &["rosa@example.test", "--part", "system-manager"]).expect(0);
    world.run(&["users", "remove", "ANA@example.test"]).expect(0);
    let left = world.run(&["users", "list", "--json"]).expect(0).objects();
    assert_eq!(left.len(), 1, "{left:?}");
}

/// A mail server that takes what comes; the messages that it took.
fn mail_server() -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, messages) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            // The test is over where nobody hears any more.
            if sender.send(take_mail(stream.unwrap())).is_err() {
                return;
            }
        }
    });
    (port, messages)
}

/// One conversation, as RFC 5321 has it; what was said after DATA.
fn take_mail(mut stream: TcpStream) -> String {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let mut message = String::new();
    stream.write_all(b"220 mail.example.test\r\n").unwrap();
    while let Some(Ok(line)) = lines.next() {
        let answer: &[u8] = match line.split(' ').next().unwrap_or_default() {
            "EHLO" => b"250 mail.example.test\r\n",
            "DATA" => {
                stream.write_all(b"354 go on\r\n").unwrap();
                for line in lines.by_ref().map(Result::unwrap).take_while(|line| line != ".") {
                    message.push_str(&line);
                    message.push('\n');
                }
                b"250 taken\r\n"
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").unwrap();
                break;
            }
            _ => b"250 well\r\n",
        };
        stream.write_all(answer).unwrap();
    }
    message
}

/// A place that takes requests; what their first lines and bodies said.
fn hook() -> (String, Receiver<(String, serde_json::Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/hook", listener.local_addr().unwrap());
    let (sender, requests) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            // The test is over where nobody hears any more.
            if sender.send(take_request(stream.unwrap())).is_err() {
                return;
            }
        }
    });
    (address, requests)
}

fn take_request(mut stream: TcpStream) -> (String, serde_json::Value) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut first, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
        if first.is_empty() {
            first = line.trim().to_owned();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").unwrap();
    (first, serde_json::from_slice(&body).unwrap())
}

#[test]
fn how_a_run_comes_along_is_told_to_an_address_while_it_runs() {
    let world = Wish::orders(ORDERS).start();
    let (hook, requests) = hook();
    world.configure(&format!("[notifications.progress]\nurl = \"{hook}\"\n"));
    let service = Service::of(&world, "progress", &[MANAGER]);
    let id = ask(&world, "0001", 1);
    let task = ended(&world, &id);
    let mut last = -1;
    loop {
        let (_, told) = requests.recv_timeout(Duration::from_secs(60)).expect("the end is told");
        assert_eq!((&told["task"], &told["title"]), (&id.to_string().into(), &"policy".into()), "{told}");
        let percent = told["percent"].as_i64().unwrap();
        assert!(percent >= last, "it never goes backwards");
        last = percent;
        if told["status"] == "Success" {
            assert_eq!((last, &told["balance"]["created"]), (100, &task.balance.created.into()), "{told}");
            break;
        }
    }
    assert_eq!(service.terminate(), Some(0));
}

#[test]
fn a_run_that_fails_is_told_by_mail_and_to_an_address() {
    let mut world = Wish::orders(2).start();
    world.sync().expect(0);
    let ((port, mails), (hook, bodies)) = (mail_server(), hook());
    world.configure(&format!(
        "language = \"es\"\npublic_url = \"https://sync.example.test\"\n[notifications.email]\nhost = \"127.0.0.1\"\n\
         port = {port}\nsecurity = \"none\"\nfrom = \"sync@example.test\"\nto = [\"ana@example.test\"]\n\
         [notifications.webhook]\nurl = \"{hook}\"\n"
    ));
    world.stop();
    let _service = Service::of(&world, "alerts", &[MANAGER]);
    let task = ended(&world, &ask(&world, "0001", 1));
    assert_eq!(task.status, RunStatus::Error, "{task:?}");
    let patience = Duration::from_secs(60);
    let mail = mails.recv_timeout(patience).expect("an e-mail comes");
    for said in ["To: ana@example.test", "From: sync@example.test", "https://sync.example.test/sync/policy"] {
        assert!(mail.contains(said), "{said:?} is not in\n{mail}");
    }
    let (_, body) = bodies.recv_timeout(patience).expect("the address is told");
    let failure = task.failure.unwrap();
    assert_eq!((&body["occasion"], &body["code"]), (&"run_failed".into(), &failure.code.into()), "{body}");
}
