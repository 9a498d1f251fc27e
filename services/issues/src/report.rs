//! Reporting a problem (上报): what a report must say, where it lies, whose it is, and the first event of its issue.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use tidyward_kit::{
    Error, Reason, Violations,
    caller::{Caller, District},
    clock, name, position, text,
};
use tidyward_proto::v1 as wire;
use uuid::Uuid;

use crate::{
    category::{self, Categories, Condition, Stage},
    event::{Detail, Kind, Marks, Move},
    issue::{Issue, LONGEST_ADDRESS, LONGEST_DESCRIPTION, Outcome, Place, Progress, Source, State},
    reporter::{Reporter, contactable},
    store::write::NewIssue,
    territory::{Calendar, Located, Question, Territory},
};

/// How far back a report may be dated.
const FURTHEST_BACK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What a report is checked against.
pub struct Desk<'a> {
    pub caller: &'a Caller,
    pub district: &'a District,
    pub calendar: &'a Calendar,
    pub territory: &'a Territory,
    pub categories: &'a Categories,
    pub now: Timestamp,
    pub id: Uuid,
    /// For name and phone of the reporter.
    pub reporter: Uuid,
}

/// A report that may be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub new: NewIssue,
    /// Name and phone go to a table of their own; the issue holds the id alone.
    pub reporter: Option<Reporter>,
}

/// Where a report says that it is.
#[derive(Clone, Debug, PartialEq)]
enum Spot {
    Place(Place),
    /// Code of a grid.
    Grid(String),
}

/// Checks a report and locates it. Every field that is wrong is told at once.
pub async fn check(desk: Desk<'_>, asked: wire::Issue) -> Result<Report, Error> {
    let mut violations = Violations::default();
    check_words(&desk, &asked, &mut violations);
    let reporter = Reporter::parse(
        &mut violations,
        desk.caller,
        asked.reporter.as_ref(),
        desk.reporter,
    );
    let reported_at = report_time(&desk, &asked, &mut violations);
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
    let own_report = is_own(&desk, &asked.category, located.as_ref(), reported_at).await?;
    let new = begin(
        &desk,
        asked,
        (reported_at, place, located),
        own_report,
        reporter.as_ref(),
    );
    Ok(Report { new, reporter })
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

/// Own or external, decided once: whether the reporter holds a duty on the grid or above it, for everything or for the
/// category or one above it. What lies in no grid is nobody's own.
async fn is_own(
    desk: &Desk<'_>,
    category: &str,
    located: Option<&Located>,
    at: Timestamp,
) -> Result<bool, Error> {
    let Some(located) = located else {
        return Ok(false);
    };
    let chain = category::chain(desk.categories, category);
    let question = Question {
        categories: &chain,
        officer: &desk.caller.subject,
        ..Question::of_area(&located.grid, at)
    };
    let held = desk.territory.find_duties(desk.district, question).await?;
    Ok(!held.is_empty())
}

/// The issue with its first event.
fn begin(
    desk: &Desk<'_>,
    asked: wire::Issue,
    (reported_at, place, located): (Timestamp, Option<Place>, Option<Located>),
    own_report: bool,
    reporter: Option<&Reporter>,
) -> NewIssue {
    let source = asked.source();
    let contactable = contactable(source, reporter);
    let first = category::condition(desk.categories, &asked.category, "");
    let verify = first.and_then(|first| verify(first, source, reported_at, &desk.calendar.zone));
    let (limits, stage_deadline) = verify.unzip();
    let (grid, ancestors) = located
        .map(|located| (located.grid, located.ancestors))
        .unzip();
    let issue = Issue {
        id: desk.id,
        category: asked.category,
        source,
        place,
        grid,
        description: asked.description,
        address: asked.address,
        state: State::Reported,
        outcome: Outcome::Unspecified,
        reported_at,
        recorded_at: desk.now,
        actor: desk.caller.subject.clone(),
        ancestors: ancestors.unwrap_or_default(),
        own_report,
        reporter: reporter.map(|reporter| reporter.id),
        origin: None,
        progress: Progress {
            stage_deadline,
            ..Progress::reported(desk.now)
        },
    };
    let report = Move {
        stage_deadline,
        marks: Marks::default()
            .with(Marks::OWN, own_report)
            .with(Marks::CONTACTABLE, contactable),
        detail: Some(Detail {
            own_report,
            contactable,
            limits: limits.into_iter().collect(),
            ..Detail::default()
        }),
        ..Move::new(Kind::Reported, 0, reported_at)
    };
    NewIssue {
        issue,
        moves: vec![report],
    }
}

/// The limit of the verification, and when it ends. A patrol saw the problem itself, so its report needs none.
fn verify(
    condition: &Condition,
    source: Source,
    reported_at: Timestamp,
    zone: &TimeZone,
) -> Option<(wire::StageLimit, Timestamp)> {
    if source == Source::Patrol {
        return None;
    }
    let limit = condition.limit(Stage::Verify)?;
    let told = wire::StageLimit {
        stage: Stage::Verify as i32,
        limit: limit.to_string(),
    };
    Some((told, limit.deadline(reported_at, zone)?))
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
