//! A process that is killed loses nothing that the store acknowledged.
//!
//! SIGKILL takes the process and leaves the system's cache of the disk; that a commit also waits for the disk itself
//! is `sqlite::tests::commits_wait_for_the_disk`.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cs_domain::{IntentId, IntentState, MappingName};
use cs_ports::{Lease, Store, TieChange};
use cs_store::SqliteStore;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection, Row};

use crate::samples::*;

const PATH: &str = "CS_STORE_TEST_DURABILITY";
const SEED: &str = "CS_STORE_TEST_SEED";
const TEST: &str = "durability::what_was_acknowledged_survives_sigkill";
const ROUNDS: u32 = 20;

/// What a child says before each line of its own; the test harness writes to the same pipe.
const MARK: &str = "acknowledged";

/// The steps of one write, in order.
const STEPS: [&str; 4] = ["staged", "intended", "settled", "concluded"];

#[tokio::test]
async fn what_was_acknowledged_survives_sigkill() {
    if let Some(path) = std::env::var_os(PATH) {
        return write_until_killed(Path::new(&path)).await;
    }
    let mut chance = Chance::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.sqlite3");
    let mut acknowledged = BTreeMap::new();
    let mut in_the_middle = 0;
    for round in 0..ROUNDS {
        let pause = Duration::from_micros(chance.below(120_000));
        let last = run_and_kill(&path, pause, &mut acknowledged);
        in_the_middle += u32::from(last.is_some_and(|step| step + 1 < STEPS.len()));
        assert_whole(&path).await;
        compare(&path, &acknowledged, round, chance.seed).await;
    }
    println!(
        "{} writes over {ROUNDS} kills, {in_the_middle} of them in the middle of a write",
        acknowledged.len()
    );
    assert!(acknowledged.len() > 20, "the processes did not get to write: {}", acknowledged.len());
    assert!(in_the_middle > 0, "no process was killed in the middle of a write");
}

/// Writes, and says so after each step, until the process is killed.
async fn write_until_killed(path: &Path) {
    let store = SqliteStore::open(path).await.unwrap();
    let of = mapping("durable");
    let lease = take(&store, "durable").await;
    let settled =
        store.ties_of(&of, &(0..100_000).map(subject).collect::<Vec<_>>()).await.unwrap().len() as u64;
    // A write that was begun before is left as it is; its number is not used again.
    let begun = store.log(None, 0, u32::MAX).await.unwrap().len() as u64;
    assert!(settled <= begun);
    for number in begun.. {
        store.append_log(&run_id(1), at(0), &[pulled(number)]).await.unwrap();
        write(&store, &lease, &of, number).await;
    }
}

async fn write(store: &SqliteStore, lease: &Lease, of: &MappingName, number: u64) {
    stage(store, lease, of, &[number], &format!("{number}")).await;
    acknowledge(number, 0);
    let intent = create(of, &format!("{number}"), number, "owner");
    store.record_intents(lease, std::slice::from_ref(&intent)).await.unwrap();
    acknowledge(number, 1);
    let tie = tie(of, number, "owner", "Ana Núñez");
    let settlement = end_of(intent.id, IntentState::Settled, vec![TieChange::Set(tie)]);
    store.settle(lease, of, &[settlement]).await.unwrap();
    acknowledge(number, 2);
    let done = outcome(of, number, &format!("{number}"), cs_domain::Verdict::Created);
    store.conclude(lease, &run_id(1), &[done]).await.unwrap();
    acknowledge(number, 3);
}

fn acknowledge(number: u64, step: usize) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{MARK} {number} {}", STEPS[step]).unwrap();
    out.flush().unwrap();
}

/// Runs a child, kills it `pause` after its first acknowledgement, notes what it said, and answers the last step it spoke of.
fn run_and_kill(path: &Path, pause: Duration, acknowledged: &mut BTreeMap<u64, usize>) -> Option<usize> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", TEST, "--nocapture"])
        .env(PATH, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let first = lines.find_map(|line| parse(&line));
    std::thread::sleep(pause);
    child.kill().unwrap();
    child.wait().unwrap();
    let said: Vec<_> = first.into_iter().chain(lines.filter_map(|line| parse(&line))).collect();
    acknowledged.extend(said.iter().copied());
    said.last().map(|(_, step)| *step)
}

/// An acknowledgement; a line that was cut off is none.
fn parse(line: &str) -> Option<(u64, usize)> {
    let mut words = line.strip_prefix(MARK)?.split_whitespace();
    let number = words.next()?.parse().ok()?;
    let step = words.next()?;
    Some((number, STEPS.iter().position(|known| *known == step)?))
}

async fn assert_whole(path: &Path) {
    let mut connection =
        SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(path)).await.unwrap();
    let row = sqlx::query("PRAGMA integrity_check").fetch_one(&mut connection).await.unwrap();
    assert_eq!(row.get::<String, _>(0), "ok");
    connection.close().await.unwrap();
}

/// Everything acknowledged is there, and nothing is half there: a settled intent has its link, an open one has none.
async fn compare(path: &Path, acknowledged: &BTreeMap<u64, usize>, round: u32, seed: u64) {
    let store = SqliteStore::open(path).await.unwrap();
    let of = mapping("durable");
    let open = store.open_intents(&of).await.unwrap();
    let waiting = due(&store, &of, at(0)).await;
    let subjects: Vec<_> = acknowledged.keys().map(|number| subject(*number)).collect();
    let ties = store.ties_of(&of, &subjects).await.unwrap();
    for (number, step) in acknowledged {
        let place = format!("write {number}, {}, round {round}, {SEED}={seed}", STEPS[*step]);
        let is_open = open.iter().any(|intent| intent.id == IntentId(number.to_string()));
        let is_tied = ties.iter().any(|tie| tie.link.subject == subject(*number));
        let is_waiting = waiting.contains(number);
        match step {
            // The next step may have been done and not acknowledged, but no step after it.
            0 => assert!(is_waiting && !is_tied, "{place}"),
            1 => assert!(is_waiting && is_open != is_tied, "{place}"),
            2 => assert!(is_tied && !is_open, "{place}"),
            _ => assert!(is_tied && !is_open && !is_waiting, "{place}"),
        }
    }
    store.close().await;
}

/// Moments that differ from run to run and can be had again: set the variable to the seed that a failure names.
struct Chance {
    seed: u64,
    state: u64,
}

impl Chance {
    fn new() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let seed = std::env::var(SEED).map_or(now, |text| text.parse().unwrap());
        Self { seed, state: seed }
    }

    /// splitmix64
    fn below(&mut self, bound: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}
