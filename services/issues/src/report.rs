//! Reporting a problem (上报): what a report must say, where it lies, whose it is, and the first event of its issue.

use std::slice;

use jiff::{SignedDuration, Timestamp};
use tidyward_kit::{
    Error, Reason, Violations,
    caller::{Caller, District},
    clock, name, position, text,
};
use tidyward_proto::v1 as wire;
use uuid::Uuid;

use crate::{
    Issues,
    category::{self, Categories, Category, Stage},
    event::{Detail, Event, Kind, Marks, Move},
    in_force::{InForce, Terms},
    issue::{Issue, LONGEST_ADDRESS, LONGEST_DESCRIPTION, Outcome, Place, Progress, Source, State},
    limit::Limit,
    reckon,
    reporter::{Reporter, contactable},
    store::write::NewIssue,
    territory::{Calendar, Question, Territory},
};

/// How far back a report may be dated.
pub const FURTHEST_BACK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What a report is checked against.
struct Desk<'a> {
    caller: &'a Caller,
    district: &'a District,
    calendar: &'a Calendar,
    territory: &'a Territory,
    categories: &'a Categories,
    now: Timestamp,
}

/// A report that may be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub new: NewIssue,
    /// Name and phone go to a table of their own; the issue holds the id alone.
    pub reporter: Option<Reporter>,
    /// Under which it was reported.
    pub category: Category,
}

/// Where a report says that it is.
#[derive(Clone, Debug, PartialEq)]
enum Spot {
    Place(Place),
    /// Code of a grid.
    Grid(String),
}

impl Issues {
    /// Makes an issue of a report: checked by the terms, located, and decided whose own it is. Nothing is written.
    pub(crate) async fn report(
        &self,
        caller: &Caller,
        district: &District,
        asked: wire::Issue,
        terms: &Terms,
        now: Timestamp,
    ) -> Result<Report, Error> {
        let calendar = self.territory.calendar(district).await?;
        let desk = Desk {
            caller,
            district,
            calendar: &calendar,
            territory: &self.territory,
            categories: &terms.categories,
            now,
        };
        let ids = (self.clock.id(), self.clock.id());
        let (mut issue, reporter) = check(&desk, asked, ids).await?;
        let at = issue.reported_at;
        let terms = terms.from(at);
        let in_force = terms.of_issue(&issue, &issue.category, at);
        issue.own_report = self.is_own(district, &issue, &terms, &in_force).await?;
        let categories = &terms.categories;
        let category = categories.get(&issue.category).cloned();
        Ok(Report {
            category: category.unwrap_or_else(|| Category::new(&issue.category)),
            new: begin(issue, reporter.as_ref(), categories, &in_force),
            reporter,
        })
    }

    /// Own or external, decided once: whether the reporter holds a duty on the grid or above it, for everything or for the
    /// category or one above it. What lies in no grid is nobody's own.
    async fn is_own(
        &self,
        district: &District,
        issue: &Issue,
        terms: &Terms,
        in_force: &InForce,
    ) -> Result<bool, Error> {
        let Some(grid) = &issue.grid else {
            return Ok(false);
        };
        let question = Question {
            categories: &category::chain(&terms.categories, &issue.category),
            officer: &issue.actor,
            rosters: &in_force.rosters,
            ..Question::of_area(grid, issue.reported_at)
        };
        let held = self.territory.find_duties(district, question).await?;
        Ok(!held.is_empty())
    }
}

/// Checks a report and locates it. Every field that is wrong is told at once. The ids are of the issue and its reporter.
async fn check(
    desk: &Desk<'_>,
    asked: wire::Issue,
    (id, reporter): (Uuid, Uuid),
) -> Result<(Issue, Option<Reporter>), Error> {
    let mut violations = Violations::default();
    check_words(desk, &asked, &mut violations);
    let told = asked.reporter.as_ref();
    let reporter = Reporter::parse(&mut violations, desk.caller, told, reporter);
    let reported_at = report_time(desk, &asked, &mut violations);
    let spot = spot(desk.district, &asked, &mut violations);
    let mut named = None;
    if let Some(Spot::Grid(code)) = &spot {
        let at = reported_at.unwrap_or(desk.now);
        named = desk.territory.grid(desk.district, code, at).await?;
        violations.require(
            named.is_some(),
            "issue.grid",
            "is no grid of the district at the report's time",
        );
    }
    let (Some(reported_at), Some(spot), true) = (reported_at, spot, violations.is_empty()) else {
        return Err(violations.into_error());
    };
    let (place, located) = match spot {
        Spot::Grid(_) => (None, named),
        Spot::Place(place) => {
            let asked = [(place, reported_at)];
            let located = desk.territory.locate(desk.district, &asked).await?;
            (Some(place), located.into_iter().next().flatten())
        }
    };
    let (grid, ancestors) = located
        .map(|located| (located.grid, located.ancestors))
        .unzip();
    let issue = Issue {
        id,
        source: asked.source(),
        category: asked.category,
        place,
        grid,
        ancestors: ancestors.unwrap_or_default(),
        description: asked.description,
        address: asked.address,
        state: State::Reported,
        outcome: Outcome::Unspecified,
        reported_at,
        recorded_at: desk.now,
        actor: desk.caller.subject.clone(),
        own_report: false,
        reporter: reporter.as_ref().map(|reporter| reporter.id),
        origin: None,
        progress: Progress::reported(desk.now),
    };
    Ok((issue, reporter))
}

/// What a report says beside place and time.
fn check_words(desk: &Desk<'_>, asked: &wire::Issue, violations: &mut Violations) {
    let words = match desk.categories.get(&asked.category) {
        None => "is no category of the district; ListCategories gives them",
        Some(category) if category.retired => {
            "is retired; choose another that ListCategories gives"
        }
        Some(_) => "",
    };
    violations.require(words.is_empty(), "issue.category", words);
    let told = asked.source() != Source::Unspecified;
    violations.require(told, "issue.source", "must say where the report comes from");
    for (field, words, most) in [
        ("issue.description", &asked.description, LONGEST_DESCRIPTION),
        ("issue.address", &asked.address, LONGEST_ADDRESS),
    ] {
        text::check(violations, field, words, most);
    }
}

/// The issue with its first event, and by when it must be verified.
fn begin(
    mut issue: Issue,
    reporter: Option<&Reporter>,
    categories: &Categories,
    in_force: &InForce,
) -> NewIssue {
    let contactable = contactable(issue.source, reporter);
    // A patrol saw the problem itself, so nobody need verify it.
    let first = category::condition(categories, &issue.category, "");
    let limit = first
        .filter(|_| issue.source != Source::Patrol)
        .and_then(|first| first.limit(Stage::Verify))
        .map(|limit| limit.percent(in_force.percent));
    let detail = Detail {
        own_report: issue.own_report,
        contactable,
        limits: limit.map(told).into_iter().collect(),
        ..Detail::default()
    };
    let mut event = Event {
        sequence: 1,
        kind: Kind::Reported,
        round: 0,
        occurred_at: issue.reported_at,
        recorded_at: issue.recorded_at,
        actor: issue.actor.clone(),
        handling_deadline: None,
        total_deadline: None,
        stage_deadline: None,
        detail: Some(detail),
    };
    let events = slice::from_ref(&event);
    let verify = reckon::deadline(events, 0, Stage::Verify, &in_force.timing);
    event.detail.get_or_insert_default().provisional = verify.provisional;
    issue.progress.stage_deadline = verify.deadline;
    issue.progress.provisional = verify.provisional;
    let report = Move {
        stage_deadline: verify.deadline,
        marks: Marks::default()
            .with(Marks::OWN, issue.own_report)
            .with(Marks::CONTACTABLE, contactable),
        detail: event.detail,
        ..Move::new(Kind::Reported, 0, issue.reported_at)
    };
    NewIssue {
        issue,
        moves: vec![report],
    }
}

fn told(limit: Limit) -> wire::StageLimit {
    wire::StageLimit {
        stage: Stage::Verify as i32,
        limit: limit.to_string(),
    }
}

fn report_time(
    desk: &Desk<'_>,
    asked: &wire::Issue,
    violations: &mut Violations,
) -> Option<Timestamp> {
    let Some(told) = &asked.report_time else {
        return Some(desk.now);
    };
    let wrong = match clock::from_wire(told) {
        None => "is no time",
        Some(at) if at > desk.now => "lies ahead; leave it out for the present",
        Some(at) if desk.now.duration_since(at) > FURTHEST_BACK => "is more than 7 days back",
        Some(at) if at < desk.calendar.start => "lies before the district's start",
        Some(at) => return Some(at),
    };
    violations.add_reason("issue.report_time", Reason::TimeInvalid, wrong);
    None
}

fn spot(district: &District, asked: &wire::Issue, violations: &mut Violations) -> Option<Spot> {
    match (&asked.position, asked.grid.as_str()) {
        (None, "") => {
            violations.add("issue.position", "name a position or a grid");
            None
        }
        (Some(_), grid) if !grid.is_empty() => {
            violations.add(
                "issue.grid",
                "leave it out where there is a position; the server locates it",
            );
            None
        }
        (Some(told), _) => place(told, violations).map(Spot::Place),
        (None, grid) => {
            let ids = name::take::<2>("districts/{}/areas/{}", "issue.grid", grid);
            let [own, code] = violations.take(ids)?;
            let is_own = own == district.id();
            violations.require(
                is_own,
                "issue.grid",
                "is no grid of the district at the report's time",
            );
            is_own.then_some(Spot::Grid(code))
        }
    }
}

fn place(told: &wire::Position, violations: &mut Violations) -> Option<Place> {
    let place = position::check(violations, "issue.position", told)?;
    Some(Place {
        latitude: place.latitude,
        longitude: place.longitude,
        accuracy: place.accuracy_metres,
        fuzzy: place.fuzzy,
    })
}
