//! Reporting a problem (上报): what a report must say, where it lies, and the first event of its issue.

use jiff::{SignedDuration, Timestamp};
use tidyward_kit::{
    Error, Reason, Violations,
    caller::{Caller, District},
    clock, name, position, text,
};
use tidyward_proto::v1 as wire;
use uuid::Uuid;

use crate::{
    event::{Kind, Move},
    issue::{Issue, LONGEST_ADDRESS, LONGEST_DESCRIPTION, Outcome, Place, Progress, Source, State},
    store::write::NewIssue,
    territory::{Calendar, Territory},
};

/// How far back a report may be dated.
const FURTHEST_BACK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What a report was checked against.
pub struct Desk<'a> {
    pub caller: &'a Caller,
    pub district: &'a District,
    pub calendar: &'a Calendar,
    pub territory: &'a Territory,
    /// Whether a category of the code is there.
    pub knows: &'a (dyn Fn(&str) -> bool + Sync),
    pub now: Timestamp,
    pub id: Uuid,
}

/// Where a report says that it is.
#[derive(Clone, Debug, PartialEq)]
enum Spot {
    Place(Place),
    /// Code of a grid.
    Grid(String),
}

/// Checks a report and locates it. Every field that is wrong is told at once.
pub async fn check(desk: Desk<'_>, asked: wire::Issue) -> Result<NewIssue, Error> {
    let mut violations = Violations::default();
    let has_category = (desk.knows)(&asked.category);
    violations.require(
        has_category,
        "issue.category",
        "is no category of the district; ListCategories gives them",
    );
    let source = asked.source();
    let told = source != Source::Unspecified;
    violations.require(told, "issue.source", "must say where the report comes from");
    text::check(
        &mut violations,
        "issue.description",
        &asked.description,
        LONGEST_DESCRIPTION,
    );
    text::check(
        &mut violations,
        "issue.address",
        &asked.address,
        LONGEST_ADDRESS,
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
        own_report: false,
        reporter: None,
        origin: None,
        progress: Progress::reported(desk.now),
    };
    Ok(NewIssue {
        issue,
        moves: vec![Move::new(Kind::Reported, 0, reported_at)],
    })
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
