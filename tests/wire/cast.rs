//! The city in which stories play, and its people.

mod founding;
mod turn;

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use tidyward::config::Settings;
use tidyward_kit::{caller::Role, fact::ABSENT};
use tidyward_proto::v1::{
    CheckAction, CheckResult, Datum, DeadlineExplanation, DispatchAction, ExplainDeadlineRequest,
    GetIssueRequest, HandInAction, Issue, IssueSource, Position, QueryRatesRequest,
    ReportIssueRequest, Reporter, Stage, StreamFactsRequest, TransitionIssueRequest,
    transition_issue_request::Action,
};
use tidyward_tests::{HandClock, Person, Stack};

pub use turn::Turn;

pub const D: &str = "jinhua";
pub const PARENT: &str = "districts/jinhua";

/// Somebody's subject, and as what they work.
pub type Who<'a> = (&'a str, Role);

pub const ADMIN: Who = ("admin", Role::Admin);
/// Sits at the hotline.
pub const SUN: Who = ("sun", Role::Operator);
/// Sends officers out.
pub const ZHOU: Who = ("zhou", Role::Dispatcher);
/// Looks whether it is true, and whether it is clean.
pub const LI: Who = ("li", Role::Collector);
/// Street chief of the grid of the story.
pub const ZHAO: Who = ("zhao", Role::Officer);
/// Cadre of the grid beside it.
pub const QIAN: Who = ("qian", Role::Officer);
/// Leads the community.
pub const ZHENG: Who = ("zheng", Role::Leader);

/// A district of two grids, its working calendar of 2026, one category, and its duties.
pub struct City {
    pub stack: Stack,
    clock: HandClock,
}

/// A time of Shanghai, as `2026-02-12T17:00`, with its offset.
fn shanghai(text: &str) -> String {
    format!("{text}:00+08:00")
}

pub fn dispatch() -> Action {
    Action::Dispatch(DispatchAction::default())
}

pub fn hand_in(note: &str) -> Action {
    let note = note.to_owned();
    Action::HandIn(HandInAction { note })
}

pub fn check(result: CheckResult, note: &str) -> Action {
    let (result, note) = (result.into(), note.to_owned());
    Action::Check(CheckAction { result, note })
}

impl City {
    /// Stops the server and starts another, of other settings, over what it left. That takes a second: ids of one instant
    /// count from one again.
    pub async fn restarted(self, settings: Settings) -> City {
        let folder = self.stack.stop().await;
        self.clock.forward(Duration::from_secs(1));
        let stack = Stack::open_with(folder, self.clock.clock(), settings).await;
        City { stack, ..self }
    }

    /// Turns the clock.
    pub fn at(&self, text: &str) {
        self.clock.set(&shanghai(text));
    }

    pub fn time(&self, text: &str) -> prost_types::Timestamp {
        let time: Timestamp = shanghai(text).parse().unwrap();
        tidyward_kit::clock::to_wire(time)
    }

    /// The first instant at which a deadline has passed; at its very instant it is kept.
    pub fn right_after(&self, text: &str) -> prost_types::Timestamp {
        let mut time = self.time(text);
        time.nanos += 1_000;
        time
    }

    pub fn person(&self, (subject, role): Who) -> Person {
        self.stack.person(D, subject, &[role], &[])
    }

    pub async fn report(
        &self,
        who: Who<'_>,
        source: IssueSource,
        (latitude, longitude): (f64, f64),
        reporter: Option<Reporter>,
    ) -> Issue {
        let issue = Issue {
            category: "litter".to_owned(),
            source: source.into(),
            position: Some(Position {
                latitude,
                longitude,
                datum: Datum::Wgs84.into(),
                ..Position::default()
            }),
            description: "bags at the corner".to_owned(),
            reporter,
            ..Issue::default()
        };
        let request = ReportIssueRequest {
            parent: PARENT.to_owned(),
            issue: Some(issue),
            ..ReportIssueRequest::default()
        };
        let answer = self.person(who).issues().report_issue(request).await;
        answer.unwrap().into_inner()
    }

    /// Somebody makes a move.
    pub async fn moves(&self, who: Who<'_>, issue: &str, action: Action) -> Issue {
        let request = TransitionIssueRequest {
            name: issue.to_owned(),
            action: Some(action),
            ..TransitionIssueRequest::default()
        };
        let moved = self.person(who).issues().transition_issue(request).await;
        let now = self.clock.now();
        moved
            .unwrap_or_else(|status| panic!("{} at {now}: {status}", who.0))
            .into_inner()
    }

    pub async fn get(&self, who: Who<'_>, name: &str) -> Issue {
        let request = GetIssueRequest {
            name: name.to_owned(),
        };
        let answer = self.person(who).issues().get_issue(request).await;
        answer.unwrap().into_inner()
    }

    /// Deadlines of the stage, the handling and the whole, each a time of Shanghai or empty.
    pub fn deadlines(&self, issue: &Issue, stage: &str, handling: &str, total: &str) {
        let time = |text: &str| (!text.is_empty()).then(|| self.time(text));
        let found = [
            &issue.stage_deadline,
            &issue.handling_deadline,
            &issue.total_deadline,
        ];
        let words = ["stage", "handling", "total"];
        for ((found, expected), word) in found.into_iter().zip([stage, handling, total]).zip(words)
        {
            assert_eq!(*found, time(expected), "{word} of {:?}", issue.state());
        }
        assert!(!issue.provisional);
    }

    pub async fn explained(&self, name: &str, stage: Stage) -> DeadlineExplanation {
        let request = ExplainDeadlineRequest {
            name: name.to_owned(),
            stage: stage.into(),
        };
        let answer = self.person(ZHAO).issues().explain_deadline(request).await;
        answer.unwrap().into_inner()
    }

    /// Facts of the quarter in the grid of the story.
    pub async fn expect_facts(&self, expected: &[(&str, i64)]) {
        self.expect_facts_of("G1", expected).await;
    }

    /// Facts of the quarter in a grid.
    pub async fn expect_facts_of(&self, grid: &str, expected: &[(&str, i64)]) {
        let facts = self.facts_of(grid).await;
        for (name, value) in expected {
            assert_eq!(facts.get(*name), Some(value), "{name}");
        }
    }

    /// Every fact of the quarter that the grid has.
    pub async fn facts_of(&self, grid: &str) -> BTreeMap<String, i64> {
        let request = StreamFactsRequest {
            parent: PARENT.to_owned(),
            period: "2026-q1".to_owned(),
            watermark: None,
            rounds: false,
        };
        let answer = self.person(ZHENG).issues().stream_facts(request).await;
        let mut stream = answer.unwrap().into_inner();
        let (mut codes, mut columns) = (Vec::new(), Vec::new());
        while let Some(part) = stream.message().await.unwrap() {
            codes.extend(part.rows.into_iter().map(|row| row.code));
            columns.extend(part.columns);
        }
        let row = codes.iter().position(|code| code == grid).unwrap();
        let named = columns
            .into_iter()
            .map(|column| (column.name, column.values[row]));
        named.filter(|fact| fact.1 != ABSENT).collect()
    }

    /// A rate of the whole of February and the first days of March, in ten-thousandths.
    pub async fn rate(&self, measure: &str) -> Option<i64> {
        let request = QueryRatesRequest {
            parent: PARENT.to_owned(),
            first_day: "2026-02-01".to_owned(),
            last_day: "2026-03-10".to_owned(),
            measures: vec![measure.to_owned()],
            ..QueryRatesRequest::default()
        };
        let answer = self.person(ZHENG).issues().query_rates(request).await;
        let row = answer.unwrap().into_inner().rows.into_iter().next();
        row.unwrap().values[0].value.as_ref().unwrap().rate
    }
}
