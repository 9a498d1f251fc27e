//! The city in which stories play, and its people.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use tidyward_kit::{
    caller::{Caller, Role},
    clock::Clock,
};
use tidyward_proto::v1::{
    CalendarDays, Category, CreateDutyRequest, DeadlineExplanation, Duty, DutyRole,
    ExplainDeadlineRequest, FilingCondition, GetIssueRequest, Issue, IssueEvent, IssueEventKind,
    IssueSource, ListIssueEventsRequest, ListNoticesRequest, LocalizedText, Notice, Position,
    QueryRatesRequest, ReportIssueRequest, Reporter, Stage, StreamFactsRequest,
    TransitionIssueRequest, UpdateCategoryRequest, UpdateWorkingCalendarRequest, WeekdayHours,
    WorkSpan, WorkingCalendar, calendar_service_client::CalendarServiceClient,
    duty_service_client::DutyServiceClient, issue_service_client::IssueServiceClient,
    notice_service_client::NoticeServiceClient, transition_issue_request::Action,
};
use tidyward_tests::{Stack, import, town};

pub const D: &str = "jinhua";
pub const PARENT: &str = "districts/jinhua";

/// A district of two grids, its working calendar of 2026, one category, and its duties.
pub struct City {
    pub stack: Stack,
    now: Arc<AtomicI64>,
}

/// A time of Shanghai, as `2026-02-12T17:00`.
fn shanghai(text: &str) -> Timestamp {
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let wall: DateTime = text.parse().unwrap();
    wall.to_zoned(zone).unwrap().timestamp()
}

impl City {
    pub async fn founded(text: &str) -> City {
        let now = Arc::new(AtomicI64::new(shanghai(text).as_microsecond()));
        let hand = now.clone();
        let clock =
            Clock::told(move || Timestamp::from_microsecond(hand.load(Ordering::SeqCst)).unwrap());
        let stack = Stack::start_at(clock).await;
        stack.district(D, "Asia/Shanghai", "2026-01-01").await;
        let (mapping, areas) = town(2);
        let ended = import!(stack.grids(D), D, mapping, areas.as_bytes());
        assert_eq!((ended.rows_added, ended.rows_rejected), (2, 0), "{ended:?}");
        let city = City { stack, now };
        city.publish_calendar().await;
        city.set_limits().await;
        for (officer, role, nodes, category, head) in [
            ("zhao", DutyRole::StreetChief, "areas/G1", "", true),
            ("qian", DutyRole::Cadre, "areas/G2", "", false),
            ("wu", DutyRole::Cadre, "areas/C1", "litter", true),
            ("zheng", DutyRole::Leader, "areas/C1", "", true),
        ] {
            city.put_in_charge(officer, role, nodes, category, head)
                .await;
        }
        city
    }

    /// Turns the clock.
    pub fn at(&self, text: &str) {
        self.now
            .store(shanghai(text).as_microsecond(), Ordering::SeqCst);
    }

    pub fn time(&self, text: &str) -> prost_types::Timestamp {
        tidyward_kit::clock::to_wire(shanghai(text))
    }

    /// The first instant at which a deadline has passed; at its very instant it is kept.
    pub fn right_after(&self, text: &str) -> prost_types::Timestamp {
        let tick = jiff::SignedDuration::from_micros(1);
        tidyward_kit::clock::to_wire(shanghai(text) + tick)
    }

    pub fn peer(&self, subject: &str, role: Role) -> tidyward_kit::peer::Peer {
        let caller = Caller {
            subject: subject.to_owned(),
            district: Some(D.to_owned()),
            roles: vec![role],
            areas: Vec::new(),
        };
        self.stack.as_caller(&caller)
    }

    pub fn issues(
        &self,
        subject: &str,
        role: Role,
    ) -> IssueServiceClient<tidyward_kit::peer::Peer> {
        IssueServiceClient::new(self.peer(subject, role))
    }

    async fn publish_calendar(&self) {
        let spans = vec![
            WorkSpan {
                from_minute: 9 * 60,
                to_minute: 12 * 60,
            },
            WorkSpan {
                from_minute: 14 * 60,
                to_minute: 18 * 60,
            },
        ];
        let table = tidyward_tests::beside("reference/china_2026_calendar.csv");
        // A newcomer lacks the file; the days of the story are these.
        let table = table.unwrap_or_else(|| {
            b"kind,from,to\nday_off,2026-02-15,2026-02-23\nworkday,2026-02-14,2026-02-14\nworkday,2026-02-28,2026-02-28\n"
                .to_vec()
        });
        let exceptions = String::from_utf8(table).unwrap();
        let exceptions = exceptions.lines().skip(1).map(|line| {
            let cells: Vec<&str> = line.trim().split(',').collect();
            CalendarDays {
                first_day: cells[1].to_owned(),
                last_day: cells[2].to_owned(),
                workday: cells[0] == "workday",
                ..CalendarDays::default()
            }
        });
        let calendar = WorkingCalendar {
            name: format!("{PARENT}/workingCalendar"),
            week: (1..=5)
                .map(|weekday| WeekdayHours {
                    weekday,
                    spans: spans.clone(),
                })
                .collect(),
            exceptions: exceptions.collect(),
            published_until: "2026-12-31".to_owned(),
            ..WorkingCalendar::default()
        };
        let request = UpdateWorkingCalendarRequest {
            working_calendar: Some(calendar),
            request_id: String::new(),
        };
        let mut client = CalendarServiceClient::new(self.peer("admin", Role::Admin));
        client.update_working_calendar(request).await.unwrap();
    }

    async fn set_limits(&self) {
        let condition = FilingCondition {
            id: "normal".to_owned(),
            title: Some(LocalizedText {
                zh: "一般".to_owned(),
                en: "Ordinary".to_owned(),
            }),
            verify_limit: "2 WORKING_HOURS".to_owned(),
            dispatch_limit: "1 WORKING_HOURS".to_owned(),
            accept_limit: "2 WORKING_HOURS".to_owned(),
            handle_limit: "2 WORKING_DAYS".to_owned(),
            check_limit: "4 WORKING_HOURS".to_owned(),
            total_limit: "5 WORKING_DAYS".to_owned(),
            ..FilingCondition::default()
        };
        let request = UpdateCategoryRequest {
            category: Some(Category {
                name: format!("{PARENT}/categories/litter"),
                conditions: vec![condition],
                ..Category::default()
            }),
            update_mask: Some(prost_types::FieldMask {
                paths: vec!["conditions".to_owned()],
            }),
            request_id: String::new(),
        };
        self.issues("admin", Role::Admin)
            .update_category(request)
            .await
            .unwrap();
    }

    async fn put_in_charge(
        &self,
        officer: &str,
        role: DutyRole,
        node: &str,
        category: &str,
        head: bool,
    ) {
        let request = CreateDutyRequest {
            parent: PARENT.to_owned(),
            duty: Some(Duty {
                officer: officer.to_owned(),
                role: role.into(),
                nodes: vec![format!("{PARENT}/{node}")],
                category: category.to_owned(),
                head,
                first_day: "2026-01-01".to_owned(),
                ..Duty::default()
            }),
            request_id: String::new(),
        };
        let mut client = DutyServiceClient::new(self.peer("admin", Role::Admin));
        client.create_duty(request).await.unwrap();
    }

    pub async fn report(
        &self,
        subject: &str,
        role: Role,
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
                datum: tidyward_proto::v1::Datum::Wgs84.into(),
                ..Position::default()
            }),
            description: "bags at the corner".to_owned(),
            reporter,
            ..Issue::default()
        };
        let request = ReportIssueRequest {
            parent: PARENT.to_owned(),
            issue: Some(issue),
            request_id: String::new(),
        };
        self.issues(subject, role)
            .report_issue(request)
            .await
            .unwrap()
            .into_inner()
    }

    pub async fn get(&self, subject: &str, role: Role, name: &str) -> Issue {
        let request = GetIssueRequest {
            name: name.to_owned(),
        };
        self.issues(subject, role)
            .get_issue(request)
            .await
            .unwrap()
            .into_inner()
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
        self.issues("zhao", Role::Officer)
            .explain_deadline(request)
            .await
            .unwrap()
            .into_inner()
    }

    /// Facts of the quarter in the grid of the story.
    pub async fn expect_facts(&self, expected: &[(&str, i64)]) {
        self.expect_facts_of("G1", expected).await;
    }

    /// Facts of the quarter in a grid.
    pub async fn expect_facts_of(&self, grid: &str, expected: &[(&str, i64)]) {
        let request = StreamFactsRequest {
            parent: PARENT.to_owned(),
            period: "2026-q1".to_owned(),
            watermark: None,
        };
        let mut stream = self
            .issues("zheng", Role::Leader)
            .stream_facts(request)
            .await
            .unwrap()
            .into_inner();
        let (mut codes, mut columns) = (Vec::new(), std::collections::BTreeMap::new());
        while let Some(part) = stream.message().await.unwrap() {
            codes.extend(part.rows.into_iter().map(|row| row.code));
            columns.extend(
                part.columns
                    .into_iter()
                    .map(|column| (column.name, column.values)),
            );
        }
        let row = codes.iter().position(|code| code == grid).unwrap();
        for (name, value) in expected {
            let column = columns
                .get(*name)
                .unwrap_or_else(|| panic!("{name} is absent"));
            assert_eq!(column[row], *value, "{name}");
        }
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
        let answer = self
            .issues("zheng", Role::Leader)
            .query_rates(request)
            .await
            .unwrap();
        let row = answer.into_inner().rows.into_iter().next().unwrap();
        row.values[0].value.as_ref().unwrap().rate
    }
}

/// One issue, and how far its events have been looked at.
pub struct Turn<'a> {
    city: &'a City,
    name: String,
    seen: usize,
}

impl<'a> Turn<'a> {
    pub fn new(city: &'a City, name: &str, seen: usize) -> Turn<'a> {
        Turn {
            city,
            name: name.to_owned(),
            seen,
        }
    }

    /// Somebody makes a move at that time.
    pub async fn takes(&mut self, at: &str, subject: &str, role: Role, action: Action) -> Issue {
        self.city.at(at);
        let request = TransitionIssueRequest {
            name: self.name.clone(),
            action: Some(action),
            ..TransitionIssueRequest::default()
        };
        let moved = self
            .city
            .issues(subject, role)
            .transition_issue(request)
            .await;
        moved
            .unwrap_or_else(|status| panic!("{subject} at {at}: {status}"))
            .into_inner()
    }

    /// The events since the last look are of these kinds.
    pub async fn events(&mut self, kinds: &[IssueEventKind]) -> Vec<IssueEvent> {
        let events = self.all_events().await.split_off(self.seen);
        let found: Vec<IssueEventKind> = events.iter().map(IssueEvent::kind).collect();
        assert_eq!(found, kinds);
        self.seen += events.len();
        // Each of them is told of, in their order.
        let mut told = self.notices().await;
        told.truncate(events.len());
        told.reverse();
        let told: Vec<&IssueEvent> = told.iter().filter_map(|one| one.event.as_ref()).collect();
        assert_eq!(told, events.iter().collect::<Vec<_>>());
        events
    }

    /// What anybody was told of the issue, the latest first.
    async fn notices(&self) -> Vec<Notice> {
        let request = ListNoticesRequest {
            parent: PARENT.to_owned(),
            issue: self.name.clone(),
            ..ListNoticesRequest::default()
        };
        let mut client = NoticeServiceClient::new(self.city.peer("zheng", Role::Leader));
        let answer = client.list_notices(request).await.unwrap();
        answer.into_inner().notices
    }

    async fn all_events(&self) -> Vec<IssueEvent> {
        let request = ListIssueEventsRequest {
            parent: self.name.clone(),
            ..ListIssueEventsRequest::default()
        };
        let mut client = self.city.issues("sun", Role::Operator);
        client
            .list_issue_events(request)
            .await
            .unwrap()
            .into_inner()
            .events
    }

    /// Waits until the sweep has escalated it to so many times the limit.
    pub async fn until(&self, level: i32) {
        let swept = async {
            while self
                .city
                .get("zheng", Role::Leader, &self.name)
                .await
                .escalation
                != level
            {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), swept)
            .await
            .expect("the sweep comes");
    }

    /// The latest notice of the kind is for these people.
    pub async fn notice(&self, kind: IssueEventKind, recipients: &[&str]) {
        let notices = self.notices().await;
        let latest = notices.iter().find(|notice| {
            notice
                .event
                .as_ref()
                .is_some_and(|event| event.kind() == kind)
        });
        let mut found = latest
            .unwrap_or_else(|| panic!("no notice of {kind:?}"))
            .recipients
            .clone();
        found.sort();
        assert_eq!(found, recipients, "{kind:?}");
    }
}
