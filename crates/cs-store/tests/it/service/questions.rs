//! Whatever is in it and whatever is asked, a store in a file answers like the one in memory, which goes through all
//! there is. `PROPTEST_RNG_SEED` replays a run, `PROPTEST_CASES` makes it longer.

use std::collections::BTreeMap;

use cs_domain::{Agreed, Event, IntentState, RunId, RunStatus, Value, Verdict};
use cs_ports::{
    Book, FindingFilter, FindingGroup, FindingId, FindingQuery, FindingSort, FindingState, FindingsOfRun,
    FoundFinding, LoadedReport, LogFilter, Review, RunFilter, Settlement, StagedState, TieChange,
    TroubleFilter, UnitOutcome,
};
use cs_store::{MemoryStore, SqliteStore};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::Whole;
use crate::model::config;
use crate::samples::*;

const TEXTS: [&str; 9] = ["Ana", "aNA 1%", "_x", "\\", "6x1", "\"q\"", "ñ", "unpaid", ""];
const MAPPINGS: [&str; 2] = ["one", "two"];

/// Something that is there. Words are drawn from few, so that things meet.
#[derive(Clone, Debug)]
enum Fact {
    Report { company: usize, run: u16, day: i8, found: Vec<(usize, u8, usize)> },
    Reviewed { finding: (usize, usize, u8), review: usize, description: usize },
    Line { run: u16, number: u64, text: usize, kind: u8 },
    Run { salt: u16, mapping: usize, status: usize, seconds: i64 },
    End { mapping: usize, number: u64, verdict: usize, state: usize, attempts: u32, code: Option<usize> },
    Seen { mapping: usize, number: u64, version: u8 },
    Tied { mapping: usize, number: u64, name: usize, value: usize },
    Untied { mapping: usize, number: u64 },
}

const KINDS: [&str; 2] = ["unpaid", "gone"];
const VERDICTS: [Verdict; 4] = [Verdict::Failed, Verdict::Conflicted, Verdict::Skipped, Verdict::Updated];
const STATES: [StagedState; 3] = [StagedState::Waiting, StagedState::Parked, StagedState::Done];

fn word() -> impl Strategy<Value = usize> {
    0..TEXTS.len()
}

fn fact() -> impl Strategy<Value = Fact> {
    let numbers = || prop_oneof![1..4_u64, 10..13_u64];
    prop_oneof![
        (0..2_usize, 1..4_u16, 1..4_i8, vec((0..2_usize, 0..4_u8, word()), 0..6))
            .prop_map(|(company, run, day, found)| Fact::Report { company, run, day, found }),
        ((0..2_usize, 0..2_usize, 0..4_u8), word(), word())
            .prop_map(|(finding, review, description)| Fact::Reviewed { finding, review, description }),
        (1..4_u16, numbers(), word(), 0..3_u8).prop_map(|(run, number, text, kind)| Fact::Line {
            run,
            number,
            text,
            kind
        }),
        (1..6_u16, 0..2_usize, 0..7_usize, 0..3_i64).prop_map(|(salt, mapping, status, seconds)| Fact::Run {
            salt,
            mapping,
            status,
            seconds
        }),
        (0..2_usize, numbers(), 0..4_usize, 0..3_usize, 0..3_u32, option::of(word())).prop_map(
            |(mapping, number, verdict, state, attempts, code)| {
                Fact::End { mapping, number, verdict, state, attempts, code }
            }
        ),
        (0..2_usize, numbers(), 0..3_u8).prop_map(|(mapping, number, version)| Fact::Seen {
            mapping,
            number,
            version
        }),
        (0..2_usize, numbers(), word(), word()).prop_map(|(mapping, number, name, value)| Fact::Tied {
            mapping,
            number,
            name,
            value
        }),
        (0..2_usize, numbers()).prop_map(|(mapping, number)| Fact::Untied { mapping, number }),
    ]
}

fn book(company: usize) -> Book {
    Book { company: MAPPINGS[company].to_owned(), broker: "BS".to_owned() }
}

fn finding_id(company: usize, kind: usize, member: u8) -> FindingId {
    FindingId::of(&book(company), KINDS[kind], &member.to_string(), "")
}

fn found(company: usize, (kind, member, text): (usize, u8, usize)) -> FoundFinding {
    FoundFinding {
        id: finding_id(company, kind, member),
        kind: KINDS[kind].to_owned(),
        member_id: member.to_string(),
        message: "m".to_owned(),
        parameters: BTreeMap::from([("name".to_owned(), TEXTS[text].to_owned())]),
        salesorder_no: (kind == 0).then(|| format!("SO{member}")),
        issuer: None,
        place: None,
        source: vec![],
        premium: None,
    }
}

async fn take_in(store: &dyn Whole, fact: &Fact) {
    let Fact::Report { company, run, day, found: shown } = fact else { return };
    let lease = granted(store.take_lease("company", "w", at(0), TERM).await.unwrap());
    let found: BTreeMap<FindingId, FoundFinding> =
        shown.iter().map(|shown| found(*company, *shown)).map(|found| (found.id.clone(), found)).collect();
    let report = LoadedReport {
        book: book(*company),
        run: run_id(*run),
        as_of: jiff::civil::date(2026, 3, *day),
        file: "f".to_owned(),
        digest: format!("{found:?}"),
        profile: "{}".to_owned(),
        totals: "{}".to_owned(),
        approved: String::new(),
    };
    let found = found.into_values().collect();
    store.take_in(&lease, &FindingsOfRun { report, at: at(1), found, persisting: vec![] }).await.unwrap();
}

fn line(number: u64, text: usize, kind: u8) -> Event {
    let (subject, text) = (subject(number), TEXTS[text]);
    match kind {
        0 => pulled(number),
        1 => Event::Adopted { subject, role: "owner".into(), document: document(text) },
        _ => Event::UnitDone {
            subject,
            verdict: Verdict::Failed,
            failures: vec![failure(text)],
            balance: cs_domain::Balance { failed: number, ..cs_domain::Balance::default() },
        },
    }
}

async fn put(store: &dyn Whole, fact: &Fact) {
    let of = |place: usize| mapping(MAPPINGS[place]);
    match fact {
        Fact::Report { .. } => take_in(store, fact).await,
        Fact::Reviewed { finding: (company, kind, member), review, description } => {
            let review = Review {
                review: Some(TEXTS[*review].to_owned()),
                description: Some(TEXTS[*description].to_owned()),
                by: Some("ana".to_owned()),
            };
            store.review(&[finding_id(*company, *kind, *member)], &review, at(1)).await.unwrap();
        }
        Fact::Line { run, number, text, kind } => {
            store.append_log(&run_id(*run), at(1), &[line(*number, *text, *kind)]).await.unwrap();
        }
        Fact::Run { salt, mapping: place, status, seconds } => {
            let run = run(run_id(*salt), at(*seconds), RunStatus::ALL[*status]);
            store.put_run(&cs_domain::Run { mapping: of(*place), ..run }).await.unwrap();
        }
        Fact::End { mapping: place, number, verdict, state, attempts, code } => {
            let lease = granted(store.take_lease(MAPPINGS[*place], "w", at(0), TERM).await.unwrap());
            let end = UnitOutcome {
                state: STATES[*state],
                attempts: *attempts,
                failures: code.map(|code| failure(TEXTS[code])).into_iter().collect(),
                conflicts: (*verdict == 1)
                    .then(|| met(&of(*place), *number, "f", "a", "b"))
                    .into_iter()
                    .collect(),
                ..outcome(&of(*place), *number, "v1", VERDICTS[*verdict])
            };
            store.conclude(&lease, &run_id(1), &[end]).await.unwrap();
        }
        Fact::Seen { mapping: place, number, version } => {
            let lease = granted(store.take_lease(MAPPINGS[*place], "w", at(0), TERM).await.unwrap());
            stage(store, &lease, &of(*place), &[*number], &format!("v{version}")).await;
        }
        Fact::Tied { mapping: place, number, name, value } => {
            let mut tie = tie(&of(*place), *number, "owner", TEXTS[*name]);
            let value = Value::Text(TEXTS[*value].to_owned());
            tie.shadow.fields = BTreeMap::from([("city".into(), Agreed::on(value))]);
            settle(store, *place, TieChange::Set(tie)).await;
        }
        Fact::Untied { mapping: place, number } => {
            let forget = TieChange::Forget { subject: subject(*number), role: "owner".into() };
            settle(store, *place, forget).await;
        }
    }
}

async fn settle(store: &dyn Whole, place: usize, change: TieChange) {
    let lease = granted(store.take_lease(MAPPINGS[place], "w", at(0), TERM).await.unwrap());
    let of = mapping(MAPPINGS[place]);
    let settlement = Settlement { intent: None, state: IntentState::Settled, ties: vec![change] };
    store.settle(&lease, &of, &[settlement]).await.unwrap();
}

/// What is asked.
#[derive(Clone, Debug)]
enum Question {
    Findings { query: FindingQuery, offset: u64, limit: u32 },
    Log { filter: LogFilter, edge: i64, limit: u32 },
    Runs { filter: RunFilter, before: Option<u16>, limit: u32 },
    Troubles { filter: TroubleFilter, offset: u64, limit: u32 },
    Ties { text: usize, limit: u32 },
    Record { number: u64 },
}

fn text() -> impl Strategy<Value = Option<String>> {
    option::of(select(TEXTS.to_vec()).prop_map(str::to_owned))
}

fn findings() -> impl Strategy<Value = Question> {
    let sorts = vec![
        FindingSort::Book,
        FindingSort::Kind,
        FindingSort::Member,
        FindingSort::Order,
        FindingSort::Review,
        FindingSort::FirstSeen,
        FindingSort::LastSeen,
    ];
    let day = || option::of((1..4_i8).prop_map(|day| jiff::civil::date(2026, 3, day)));
    let states = select(vec![None, Some(FindingState::Open), Some(FindingState::Closed)]);
    let company = option::of(select(MAPPINGS.to_vec()).prop_map(str::to_owned));
    let kind = option::of(select(KINDS.to_vec()).prop_map(str::to_owned));
    let filter = (company, kind, states, text()).prop_map(|(company, kind, state, review)| FindingFilter {
        company,
        kind,
        state,
        review,
        ..FindingFilter::default()
    });
    let rest = (text(), day(), day(), option::of(1..4_u16), select(sorts), any::<bool>());
    (filter, rest, 0..4_u64, 0..5_u32).prop_map(|(filter, rest, offset, limit)| {
        let (text, from, to, run, sort, descending) = rest;
        let run: Option<RunId> = run.map(run_id);
        Question::Findings {
            query: FindingQuery { filter, text, from, to, run, sort, descending },
            offset,
            limit,
        }
    })
}

fn question() -> impl Strategy<Value = Question> {
    let kinds = option::of(vec(select(vec!["pulled", "adopted", "unit_done"]).prop_map(str::to_owned), 0..3));
    let mapping_ = || option::of(select(MAPPINGS.to_vec()).prop_map(mapping));
    let second = || option::of((0..3_i64).prop_map(at));
    prop_oneof![
        3 => findings(),
        2 => (option::of(1..4_u16), kinds, text(), 0..9_i64, 0..5_u32).prop_map(
            |(run, kinds, text, edge, limit)| {
                Question::Log { filter: LogFilter { run: run.map(run_id), kinds, text }, edge, limit }
            }
        ),
        1 => (mapping_(), option::of(vec(select(RunStatus::ALL.to_vec()), 0..3)), second(), second(),
            option::of(1..7_u16), 0..5_u32)
            .prop_map(|(mapping, statuses, from, to, before, limit)| Question::Runs {
                filter: RunFilter { mapping, statuses, from, to },
                before,
                limit,
            }),
        2 => (mapping_(), text(), text(), 0..3_u64, 0..5_u32).prop_map(
            |(mapping, code, text, offset, limit)| Question::Troubles {
                filter: TroubleFilter { mapping, code, text },
                offset,
                limit,
            }
        ),
        1 => (word(), 0..5_u32).prop_map(|(text, limit)| Question::Ties { text, limit }),
        1 => (1..13_u64).prop_map(|number| Question::Record { number }),
    ]
}

/// All that is answered, as text.
async fn answer(store: &dyn Whole, question: &Question) -> String {
    match question {
        Question::Findings { query, offset, limit } => {
            let mut answers =
                vec![format!("{:?}", store.query_findings(query, *offset, *limit).await.unwrap())];
            answers.push(store.count_query(query).await.unwrap().to_string());
            for group in [FindingGroup::Kind, FindingGroup::Review, FindingGroup::Company, FindingGroup::Day]
            {
                answers.push(format!("{:?}", store.count_findings_by(query, group).await.unwrap()));
            }
            answers.join("\n")
        }
        Question::Log { filter, edge, limit } => {
            let before = (*edge > 0).then_some(*edge);
            let newest = store.log_before(filter, before, *limit).await.unwrap();
            format!("{newest:?}\n{:?}", store.log_after(filter, *edge, *limit).await.unwrap())
        }
        Question::Runs { filter, before, limit } => {
            let before = before.map(run_id);
            format!("{:?}", store.runs_before(filter, before.as_ref(), *limit).await.unwrap())
        }
        Question::Troubles { filter, offset, limit } => {
            let units = store.troubles(filter, *offset, *limit).await.unwrap();
            format!("{units:?}\n{:?}", store.count_troubles(filter).await.unwrap())
        }
        Question::Ties { text, limit } => {
            format!("{:?}", store.search_ties(TEXTS[*text], *limit).await.unwrap())
        }
        Question::Record { number } => {
            let mut answers = vec![format!("{:?}", store.outcomes_of(&subject(*number)).await.unwrap())];
            for name in MAPPINGS {
                let of = mapping(name);
                answers.push(format!("{:?}", store.count_units(&of).await.unwrap()));
                answers.push(format!("{:?}", store.count_links(&of).await.unwrap()));
                answers.push(store.count_open_conflicts(Some(&of)).await.unwrap().to_string());
            }
            answers.join("\n")
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_store_in_a_file_answers_like_one_in_memory(
        facts in vec(fact(), 1..40),
        questions in vec(question(), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        runtime.block_on(async {
            let memory = MemoryStore::new();
            let file = SqliteStore::open(folder.path().join("state.sqlite3")).await.unwrap();
            for fact in &facts {
                put(&memory, fact).await;
                put(&file, fact).await;
            }
            for question in &questions {
                prop_assert_eq!(answer(&memory, question).await, answer(&file, question).await, "{:?}", question);
            }
            Ok(())
        })?;
    }
}
