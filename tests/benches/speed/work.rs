//! What is measured: reports, single reads, imports, lists and rates.

use std::{ops::Range, sync::Arc, time::Instant};

use sea_orm::{ConnectionTrait, Database};
use tidyward::{config::Settings, data::database_file};
use tidyward_kit::{clock::Clock, db::testing::Postgres};
use tidyward_proto::v1::{
    Datum, GetIssueRequest, Issue, IssueSource, ListIssuesRequest, Position, QueryRatesRequest,
    RateGroup, ReportIssueRequest, issue_service_client::IssueServiceClient,
};
use tidyward_tests::{Stack, import, town};
use tonic::{
    Request,
    metadata::{Ascii, MetadataValue},
};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::{
    bare::{self, Rows},
    figure::Figure,
    load::{self, Run},
};

pub const D: &str = "jinhua";
const CALLERS: usize = 64;
const GRIDS: usize = 100;
/// Rounds of what is measured turn by turn.
const ROUNDS: usize = 9;
/// The tables into which a report writes a row, and those into which an import does, each with what orders its rows.
const OF_REPORTS: [(&str, &str); 4] = [
    ("issue", "number"),
    ("issue_event", "number"),
    ("issue_notice", "created_at"),
    ("issue_request", "answered_at"),
];
const OF_IMPORTS: [(&str, &str); 2] = [("issue", "number"), ("issue_event", "number")];
const MAPPING: &str = r#"
source = "desk"
issue_source = "hotline"
[columns]
identity = "id"
reported = "reported"
closed = "closed"
category = "kind"
latitude = "lat"
longitude = "lon"
[time]
format = "%Y-%m-%d"
[[categories]]
code = "bins"
title = { en = "Bins" }
values = ["Bins"]
handling = "14 URGENT_DAYS"
total = "14 URGENT_DAYS"
[[categories]]
code = "snow"
title = { en = "Snow" }
values = ["Snow"]
handling = "2 URGENT_DAYS"
total = "7 URGENT_DAYS"
"#;

pub async fn city() -> Stack {
    let folder = tempfile::tempdir().expect("a folder");
    found(Stack::open_with(folder, Clock::system(), settings()).await).await
}

/// All callers are the same person, who calls as fast as it can.
fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.limits.caller_calls_per_second = 0;
    settings.limits.district_calls_per_second = 0;
    settings
}

/// With a district and its grids.
async fn found(stack: Stack) -> Stack {
    stack.district(D, "Asia/Shanghai", "2020-01-01").await;
    let (mapping, areas) = town(GRIDS);
    import!(stack.grids(D), D, mapping, areas.as_bytes());
    stack
}

/// Spread evenly over the grids and over each of them: multiples of two irrational numbers fill a square.
pub fn position(number: usize) -> (f64, f64) {
    let (grid, place) = (number % GRIDS, (number / GRIDS) as f64);
    let within = |step: f64| 0.0001 + (place * step).fract() * 0.0098;
    let (north, east) = (within(0.569_840_290_998), within(0.754_877_666_247));
    (30.0 + north, 120.0 + grid as f64 * 0.01 + east)
}

pub fn report(number: usize, (latitude, longitude): (f64, f64)) -> ReportIssueRequest {
    ReportIssueRequest {
        parent: format!("districts/{D}"),
        issue: Some(Issue {
            category: "litter".to_owned(),
            source: IssueSource::Patrol.into(),
            position: Some(Position {
                latitude,
                longitude,
                datum: Datum::Wgs84.into(),
                ..Position::default()
            }),
            description: "two bags beside the bin".to_owned(),
            ..Issue::default()
        }),
        request_id: uuid::Uuid::from_u128(number as u128 + 1).to_string(),
        ..ReportIssueRequest::default()
    }
}

/// Reports of 64 callers, beside the same rows in commits of 64.
pub async fn reports() -> Vec<Figure> {
    let stack = city().await;
    let run = report_all(&stack, 0..30_000, position).await;
    let folder = stack.stop().await;
    let rows = bare::read(&file_in(&folder), &OF_REPORTS).await;
    let bare = bare::commit_in_groups(folder.path(), &rows, CALLERS).await;
    vec![
        Figure::at_least(
            "reports, 64 callers, each durable",
            run.per_second(),
            "/s",
            5_000.0,
        ),
        Figure::bare(
            "  half of them are answered within",
            run.milliseconds(500),
            "ms",
        ),
        Figure::bare(
            "  99 in 100 are answered within",
            run.milliseconds(990),
            "ms",
        ),
        Figure::bare("  the same rows bare, 64 in a commit", bare, "/s"),
        share("  reports beside bare commits", run.per_second(), bare),
    ]
}

fn file_in(folder: &tempfile::TempDir) -> String {
    bare::url_of(&database_file(folder.path()))
}

/// The same on PostgreSQL, which syncs each commit, beside the same rows over a connection for each caller.
pub async fn postgres() -> Vec<Figure> {
    let server = match Postgres::start(&[]) {
        Ok(server) => server,
        Err(why) => {
            println!("skipped: {why}");
            return Vec::new();
        }
    };
    let all = Database::connect(format!("{}/postgres", server.url));
    let all = all.await.expect("the server answers");
    for name in ["ours", "bare"] {
        let create = format!("CREATE DATABASE {name}");
        all.execute_unprepared(&create).await.expect("a database");
    }
    all.close().await.expect("the connection closes");
    let ours = format!("{}/ours", server.url);
    let mut settings = settings();
    settings.database.url.clone_from(&ours);
    let folder = tempfile::tempdir().expect("a folder");
    let stack = found(Stack::open_with(folder, Clock::system(), settings).await).await;
    let run = report_all(&stack, 0..10_000, position).await;
    drop(stack.stop().await);
    let rows = bare::read(&ours, &OF_REPORTS).await;
    assert_eq!(rows[0].len(), 10_000);
    let bare = bare::commit_each(&format!("{}/bare", server.url), rows, CALLERS).await;
    vec![
        Figure::bare(
            "reports on PostgreSQL, 64 callers, each durable",
            run.per_second(),
            "/s",
        ),
        Figure::bare(
            "  99 in 100 are answered within",
            run.milliseconds(990),
            "ms",
        ),
        Figure::bare("  the same rows bare, 64 connections", bare, "/s"),
        share("  reports beside bare connections", run.per_second(), bare),
    ]
}

fn share(work: &str, ours: f64, bare: f64) -> Figure {
    Figure::at_least(work, ours / bare * 100.0, "%", 50.0)
}

/// The ten thousandth report of what everybody reports beside the first: the others around it are not all read.
pub async fn crowd() -> Vec<Figure> {
    let stack = city().await;
    let spot = |_: usize| (30.005, 120.005);
    let first = report_all(&stack, 0..2_000, spot).await.per_second();
    report_all(&stack, 2_000..8_000, spot).await;
    let last = report_all(&stack, 8_000..10_000, spot).await.per_second();
    drop(stack.stop().await);
    vec![
        Figure::bare("reports of one spot, the first 2,000", first, "/s"),
        Figure::bare("  the last 2,000 of 10,000", last, "/s"),
        share("  the last beside the first", last, first),
    ]
}

async fn report_all(stack: &Stack, numbers: Range<usize>, place: fn(usize) -> (f64, f64)) -> Run {
    let first = numbers.start;
    load::closed(
        CALLERS,
        numbers.len(),
        |_| stack.issues(D),
        move |mut client, number| async move {
            let request = report(first + number, place(first + number));
            client.report_issue(request).await.expect("a report");
        },
    )
    .await
}

/// An issue by its name, beside the transport's own health check at the same server.
pub async fn reads() -> Vec<Figure> {
    let stack = city().await;
    let mut client = stack.issues(D);
    let mut names = Vec::new();
    for number in 0..1_000 {
        let issue = client
            .report_issue(report(number, position(number)))
            .await
            .expect("a report");
        names.push(issue.into_inner().name);
    }
    let names = Arc::new(names);
    // Turn by turn, so that a machine which is slow for a while is slow for both.
    let (mut health, mut gets) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        health.push(check_health(&stack).await);
        gets.push(get_all(&stack, &names).await);
    }
    let (health, gets) = (middle(health), middle(gets));
    vec![
        Figure::bare("the transport's health check, 64 callers", health, "/s"),
        Figure::bare("an issue by its name, 64 callers", gets, "/s"),
        share("  beside the health check", gets, health),
    ]
}

async fn check_health(stack: &Stack) -> f64 {
    let run = load::closed(
        CALLERS,
        30_000,
        |_| HealthClient::new(stack.channel()),
        |mut client, _| async move {
            let all = HealthCheckRequest::default();
            client.check(all).await.expect("health");
        },
    );
    run.await.per_second()
}

async fn get_all(stack: &Stack, names: &Arc<Vec<String>>) -> f64 {
    let names = names.clone();
    let bearer = format!("Bearer {}", stack.admin(D));
    let bearer: MetadataValue<Ascii> = bearer.parse().expect("a token that fits a header");
    let run = load::closed(
        CALLERS,
        30_000,
        // With nothing between the generated client and the channel but the token, as with the health check.
        |_| {
            let bearer = bearer.clone();
            let with_token = move |mut request: Request<()>| {
                let token = bearer.clone();
                request.metadata_mut().insert("authorization", token);
                Ok(request)
            };
            IssueServiceClient::with_interceptor(stack.channel(), with_token)
        },
        move |mut client, number| {
            let names = names.clone();
            async move {
                let name = names[number * 7 % names.len()].clone();
                let got = client.get_issue(GetIssueRequest { name }).await;
                got.expect("an issue");
            }
        },
    );
    run.await.per_second()
}

/// The median.
pub fn middle(mut rounds: Vec<f64>) -> f64 {
    rounds.sort_by(f64::total_cmp);
    rounds[rounds.len() / 2]
}

/// A file of so many rows, reported over so many days from the first of a quarter; three of four are closed.
fn file(rows: usize, first: usize) -> Vec<u8> {
    use std::fmt::Write;
    let start = jiff::civil::date(2026, 4, 1);
    let day = |days: usize| start + jiff::Span::new().days(days as i64);
    let mut text = String::from("id,reported,closed,kind,lat,lon\n");
    for number in first..first + rows {
        let reported = number % 91;
        let closed = match number % 4 {
            0 => String::new(),
            late => day(reported + late * 4).to_string(),
        };
        let kind = if number % 3 == 0 { "Snow" } else { "Bins" };
        let (latitude, longitude) = position(number);
        writeln!(
            text,
            "{number},{},{closed},{kind},{latitude:.5},{longitude:.5}",
            day(reported)
        )
        .expect("memory");
    }
    text.into_bytes()
}

/// So many rows, or as many as `SPEED_ROWS` says, for whoever searches and cannot wait.
fn rows(most: usize) -> usize {
    let told = std::env::var("SPEED_ROWS").ok();
    told.and_then(|told| told.parse().ok())
        .map_or(most, |told: usize| told.min(most))
}

/// A file of 300,000 rows, beside the same rows in statements of 500.
pub async fn imports() -> Vec<Figure> {
    let count = rows(300_000);
    let stack = city().await;
    let bytes = file(count, 0);
    let began = Instant::now();
    let done = import!(stack.issues(D), D, MAPPING, &bytes);
    let ours = count as f64 / began.elapsed().as_secs_f64();
    assert_eq!(done.rows_added, count as i64);
    let folder = stack.stop().await;
    let rows: Vec<Rows> = bare::read(&file_in(&folder), &OF_IMPORTS).await;
    let bare = bare::in_bulk(folder.path(), &rows, 500).await;
    vec![
        Figure::at_least(
            "rows imported, located, every move an event",
            ours,
            "/s",
            30_000.0,
        ),
        Figure::bare("  the same rows bare, 500 in a statement", bare, "/s"),
        share("  import beside bare inserts", ours, bare),
    ]
}

/// The rates of a quarter of 300,000 issues, then the first page of a filtered list among a million.
pub async fn lists() -> Vec<Figure> {
    let (quarter, all) = (rows(300_000), rows(1_000_000));
    let stack = city().await;
    for first in (0..quarter).step_by(100_000) {
        let file = file(100_000.min(all - first), first);
        import!(stack.issues(D), D, MAPPING, file);
    }
    let rates = median(5, || async {
        let request = QueryRatesRequest {
            parent: format!("districts/{D}"),
            first_day: "2026-04-01".to_owned(),
            last_day: "2026-06-30".to_owned(),
            group_by: RateGroup::Category.into(),
            ..QueryRatesRequest::default()
        };
        stack.issues(D).query_rates(request).await.expect("rates");
    })
    .await;
    for first in (quarter..all).step_by(100_000) {
        let file = file(100_000.min(all - first), first);
        import!(stack.issues(D), D, MAPPING, file);
    }
    let mut figures = vec![Figure::at_most(
        &format!("rates of a quarter of {quarter} issues, by category"),
        rates,
        "ms",
        300.0,
    )];
    for filter in [
        "",
        "state = \"DISPATCHED\"",
        "area = \"G7\" AND state = \"CLOSED\"",
        "category = \"snow\" AND area = \"C1\"",
        "state = \"DISPATCHED\" AND handling_deadline < \"2026-05-01T00:00:00Z\"",
    ] {
        let page = median(20, || async {
            let request = ListIssuesRequest {
                parent: format!("districts/{D}"),
                filter: filter.to_owned(),
                page_size: 50,
                ..ListIssuesRequest::default()
            };
            stack.issues(D).list_issues(request).await.expect("a page");
        })
        .await;
        let work = format!("first page of {all} issues: {filter}");
        figures.push(Figure::at_most(&work, page, "ms", 10.0));
    }
    drop(stack.stop().await);
    figures
}

/// The median of so many, in milliseconds.
async fn median<F: Future<Output = ()>>(times: usize, mut work: impl FnMut() -> F) -> f64 {
    let mut took = Vec::new();
    for _ in 0..times {
        let began = Instant::now();
        work().await;
        took.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    middle(took)
}
