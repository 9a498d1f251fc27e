//! Ten thousand calls whose callers go away at random moments, on a server with one connection for reading: nothing is
//! half-written, no connection stays in a transaction, and whoever calls afterwards is answered.

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};
use tidyward::{config::Settings, data::database_file};
use tidyward_kit::{caller::Role, clock::Clock};
use tidyward_proto::v1::{
    CreateUploadRequest, GetIssueRequest, Issue, ListIssueEventsRequest, ListIssuesRequest,
    QueryRatesRequest, StreamFactsRequest, Upload,
};
use tidyward_tests::{Person, Stack};
use tonic::{Status, transport::Channel};
use tonic_types::StatusExt;

use super::{
    caller::Caller,
    ledger::Ledger,
    scene::{D, PARENT},
    seed,
};

const CALLS: usize = 10_000;
const AT_ONCE: usize = 32;
/// The shortest and the longest that a caller waits, in powers of ten of a microsecond. On a machine of any speed some go
/// away before they are heard, some while their call is at work, and some are answered.
const PATIENCE: Range<f64> = 1.5..6.0;

#[tokio::test(flavor = "multi_thread")]
async fn cancelled_calls_leave_nothing_half_written_and_no_connection_taken() {
    let seed = seed();
    let folder = tempfile::tempdir().unwrap();
    let mut settings = Settings::default();
    settings.database.readers = 1;
    let stack = Stack::open_with(folder, Clock::system(), settings).await;
    stack.little_town(D, 2).await;
    let roles = [Role::Operator, Role::Dispatcher, Role::Officer, Role::Admin];
    let answered = Arc::new(AtomicUsize::new(0));
    let mut work = tokio::task::JoinSet::new();
    let mut callers = Vec::new();
    for number in 0..AT_ONCE {
        let subject = format!("caller-{number}");
        let hurried = Hurried {
            caller: Caller::new(seed, number, |subject| stack.token_of(D, subject, &roles)),
            person: stack.person(D, &subject, &roles, &[]),
            channel: stack.channel(),
            random: ChaCha8Rng::seed_from_u64(seed.wrapping_add(number as u64)),
        };
        callers.push(hurried.caller.clone());
        work.spawn(hurried.work(CALLS / AT_ONCE, answered.clone()));
    }
    while let Some(ended) = work.join_next().await {
        ended.unwrap();
    }
    let answered = answered.load(Ordering::SeqCst);
    println!("{answered} of {CALLS} calls were answered before they were cancelled");
    assert!(
        answered > CALLS / 100 && answered < CALLS * 99 / 100,
        "the moments are not random: {answered} of {CALLS} were answered"
    );

    // Whoever comes then has all the time in the world, and asks nothing that was asked before: no caller has this seed.
    let mut random = ChaCha8Rng::seed_from_u64(seed.wrapping_sub(1));
    for caller in &callers {
        for _ in 0..5 {
            let ask = caller.ask(&mut random);
            match caller.call(stack.channel(), ask.clone()).await {
                Ok(issue) => caller.keep(&ask, issue),
                // A move whose answer was cancelled stands.
                Err(status) => overtaken(&status),
            }
        }
    }
    let url = url(&stack).await;
    let ledger = Ledger::open(&url).await;
    ledger.is_whole().await;
    ledger.holds(&callers).await;
    ledger.close().await;
    nobody_stays_in_a_transaction(&url).await;
    stack.stop().await;
}

/// Where the stack's tables are.
async fn url(stack: &Stack) -> String {
    match tidyward_kit::db::testing::postgres(stack.folder.path()).await {
        Some(server) => server.url,
        None => format!("sqlite://{}", database_file(stack.folder.path()).display()),
    }
}

async fn nobody_stays_in_a_transaction(url: &str) {
    let db = Database::connect(url).await.unwrap();
    if db.get_database_backend() == DbBackend::Postgres {
        let text = "SELECT query FROM pg_stat_activity WHERE datname = current_database() \
                    AND state LIKE 'idle in transaction%' AND xact_start < now() - interval '2 seconds'";
        let select = Statement::from_string(DbBackend::Postgres, text);
        let found = db.query_all_raw(select).await.unwrap();
        assert!(found.is_empty(), "{} connections are poisoned", found.len());
    }
    db.close().await.unwrap();
}

/// Somebody else, or a call of their own that was cancelled, came first.
fn overtaken(status: &Status) {
    let details = status.get_error_details();
    let reason = details.error_info().map(|info| info.reason.as_str());
    let known = ["MOVE_FORBIDDEN", "CHANGED_MEANWHILE", "ACTOR_WRONG"];
    assert!(
        reason.is_some_and(|reason| known.contains(&reason)),
        "{status:?}"
    );
}

/// Somebody who never waits long.
struct Hurried {
    caller: Caller,
    person: Person,
    channel: Channel,
    random: ChaCha8Rng,
}

impl Hurried {
    async fn work(mut self, calls: usize, answered: Arc<AtomicUsize>) {
        for _ in 0..calls {
            let patience = 10_f64.powf(self.random.random_range(PATIENCE));
            let patience = Duration::from_secs_f64(patience / 1e6);
            let called = match self.random.random_range(0..10) {
                0..6 => self.asks(patience).await,
                _ => self.reads(patience).await,
            };
            if called {
                answered.fetch_add(1, Ordering::SeqCst);
            }
        }
    }

    /// Reports or moves. Says whether there was an answer.
    async fn asks(&mut self, patience: Duration) -> bool {
        let ask = self.caller.ask(&mut self.random);
        let call = self.caller.call(self.channel.clone(), ask.clone());
        match tokio::time::timeout(patience, call).await {
            Err(_cancelled) => return false,
            Ok(Ok(issue)) => self.caller.keep(&ask, issue),
            Ok(Err(status)) => {
                overtaken(&status);
                for (place, issue) in self.caller.issues().into_iter().enumerate().rev().take(3) {
                    let mut client = self.person.issues();
                    let found = client.get_issue(GetIssueRequest { name: issue.name }).await;
                    let found = found.expect("an issue that is there").into_inner();
                    self.caller.look(place, found);
                }
            }
        }
        true
    }

    /// One of the calls that read, or begin an upload. Says whether there was an answer.
    async fn reads(&mut self, patience: Duration) -> bool {
        let last = self.caller.issues().pop().map(|issue: Issue| issue.name);
        let (mut issues, parent) = (self.person.issues(), PARENT.to_owned());
        let which = self.random.random_range(0..6);
        let call = async move {
            match (which, last) {
                (0, Some(name)) => issues.get_issue(GetIssueRequest { name }).await.map(drop),
                (1, Some(parent)) => {
                    let request = ListIssueEventsRequest {
                        parent,
                        ..ListIssueEventsRequest::default()
                    };
                    issues.list_issue_events(request).await.map(drop)
                }
                (2, _) => {
                    let request = QueryRatesRequest {
                        parent,
                        first_day: "2026-01-01".to_owned(),
                        last_day: "2026-03-31".to_owned(),
                        ..QueryRatesRequest::default()
                    };
                    issues.query_rates(request).await.map(drop)
                }
                (3, _) => {
                    let request = StreamFactsRequest {
                        parent,
                        period: "2026-q1".to_owned(),
                        watermark: None,
                        rounds: false,
                    };
                    let mut facts = issues.stream_facts(request).await?.into_inner();
                    while facts.message().await?.is_some() {}
                    Ok(())
                }
                (4, _) => {
                    let upload = Upload {
                        size_bytes: 10,
                        ..Upload::default()
                    };
                    let request = CreateUploadRequest {
                        parent,
                        upload: Some(upload),
                        request_id: String::new(),
                    };
                    issues.create_upload(request).await.map(drop)
                }
                _ => {
                    let request = ListIssuesRequest {
                        parent,
                        page_size: 20,
                        ..ListIssuesRequest::default()
                    };
                    issues.list_issues(request).await.map(drop)
                }
            }
        };
        match tokio::time::timeout(patience, call).await {
            Err(_cancelled) => false,
            Ok(Ok(())) => true,
            Ok(Err(status)) => panic!("whoever reads is answered: {status:?}"),
        }
    }
}
