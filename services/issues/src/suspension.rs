//! Suspensions of areas: times in which clocks stand (a storm), or in which an emergency has rosters and limits of its
//! own. One names an area with all below it and categories with all below them.

use jiff::{SignedDuration, Timestamp};
use tidyward_kit::{Violations, caller::District, clock, name, text};
use tidyward_proto::v1 as wire;
use uuid::Uuid;

use crate::timing::Pause;

/// Suspensions of a district that are not over, at most.
pub const MOST: usize = 500;
/// Categories that one names at most.
const MOST_CATEGORIES: usize = 50;
const LONGEST: SignedDuration = SignedDuration::from_hours(366 * 24);
/// The longest reason, in characters.
const LONGEST_REASON: usize = 500;
const LONGEST_ROSTER: usize = 40;

/// A suspension as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspension {
    pub id: Uuid,
    /// 1, and 2 when it was ended.
    pub version: i32,
    /// Code. Nothing is the whole district.
    pub area: Option<String>,
    /// Codes. None is every one.
    pub categories: Vec<String>,
    pub starts_at: Timestamp,
    /// The first instant after it.
    pub ends_at: Timestamp,
    pub reason: String,
    pub clocks_stand: bool,
    /// Empty switches none.
    pub roster: String,
    /// 0 leaves limits as they are.
    pub limit_percent: i32,
    pub creator: String,
    pub created_at: Timestamp,
}

/// What a new suspension says, before anybody has looked whether its area and categories are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub area: Option<String>,
    pub starts_at: Option<Timestamp>,
    pub ends_at: Option<Timestamp>,
}

impl Suspension {
    /// Whether it names what lies in the grid and areas of the codes and is of the category that the chain begins with.
    pub fn names(&self, codes: &[String], chain: &[String]) -> bool {
        let here = self.area.as_ref().is_none_or(|area| codes.contains(area));
        let of_category = |code: &String| self.categories.contains(code);
        here && (self.categories.is_empty() || chain.iter().any(of_category))
    }

    pub fn is_in_force(&self, at: Timestamp) -> bool {
        self.starts_at <= at && at < self.ends_at
    }

    pub fn etag(&self) -> String {
        self.version.to_string()
    }

    pub fn to_wire(&self, district: &District) -> wire::AreaSuspension {
        let area = self.area.as_ref().map(|code| district.child("areas", code));
        wire::AreaSuspension {
            name: district.child("areaSuspensions", self.id),
            area: area.unwrap_or_default(),
            categories: self.categories.clone(),
            start_time: Some(clock::to_wire(self.starts_at)),
            end_time: Some(clock::to_wire(self.ends_at)),
            reason: self.reason.clone(),
            clocks_stand: self.clocks_stand,
            roster: self.roster.clone(),
            limit_percent: self.limit_percent,
            creator: self.creator.clone(),
            create_time: Some(clock::to_wire(self.created_at)),
            etag: self.etag(),
        }
    }
}

/// When clocks stand by the suspensions, in order and apart.
pub fn pauses<'a>(suspensions: impl IntoIterator<Item = &'a Suspension>) -> Vec<Pause> {
    let mut times: Vec<Pause> = suspensions
        .into_iter()
        .filter(|one| one.clocks_stand && one.starts_at < one.ends_at)
        .map(|one| Pause {
            from: one.starts_at,
            until: one.ends_at,
        })
        .collect();
    times.sort_by_key(|pause| pause.from);
    let mut pauses: Vec<Pause> = Vec::with_capacity(times.len());
    for pause in times {
        match pauses.last_mut() {
            Some(last) if pause.from <= last.until => last.until = last.until.max(pause.until),
            _ => pauses.push(pause),
        }
    }
    pauses
}

/// The rosters in force at the instant, that of the latest suspension first.
pub fn rosters(suspensions: &[Suspension], at: Timestamp) -> Vec<String> {
    let mut rosters: Vec<String> = Vec::new();
    for one in latest_first(suspensions, at) {
        if !one.roster.is_empty() && !rosters.contains(&one.roster) {
            rosters.push(one.roster.clone());
        }
    }
    rosters
}

/// Limits in percent of the ordinary at the instant, by the latest suspension that says something of them.
pub fn percent(suspensions: &[Suspension], at: Timestamp) -> i32 {
    let said = latest_first(suspensions, at).map(|one| one.limit_percent);
    said.into_iter().find(|percent| *percent > 0).unwrap_or(100)
}

fn latest_first(suspensions: &[Suspension], at: Timestamp) -> impl Iterator<Item = &Suspension> {
    let mut latest: Vec<&Suspension> = suspensions
        .iter()
        .filter(|one| one.is_in_force(at))
        .collect();
    latest.sort_by_key(|one| std::cmp::Reverse((one.created_at, one.id)));
    latest.into_iter()
}

/// Checks what a request says of a new suspension; every field that is wrong is noted.
pub fn check(
    violations: &mut Violations,
    district: &District,
    told: &wire::AreaSuspension,
    knows: impl Fn(&str) -> bool,
    now: Timestamp,
) -> Asked {
    let area = (!told.area.is_empty())
        .then(|| area_code(violations, district, "area_suspension.area", &told.area));
    if told.categories.len() > MOST_CATEGORIES {
        violations.add(
            "area_suspension.categories",
            "at most 50; name the one above them",
        );
    }
    for (index, code) in told.categories.iter().enumerate().take(MOST_CATEGORIES) {
        let path = format!("area_suspension.categories[{index}]");
        violations.require(
            knows(code),
            &path,
            "is no category of the district; ListCategories gives them",
        );
        let twice = told.categories[..index].contains(code);
        violations.require(!twice, &path, "is there twice");
    }
    let (starts_at, ends_at) = times(violations, told, now);
    violations.require(
        !told.reason.trim().is_empty(),
        "area_suspension.reason",
        "say why, in 1 to 500 characters",
    );
    text::check(
        violations,
        "area_suspension.reason",
        &told.reason,
        LONGEST_REASON,
    );
    let is_roster = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    violations.require(
        told.roster.len() <= LONGEST_ROSTER && told.roster.chars().all(is_roster),
        "area_suspension.roster",
        "must be at most 40 of a-z, 0-9, hyphen and underscore",
    );
    violations.require(
        (0..=1_000).contains(&told.limit_percent),
        "area_suspension.limit_percent",
        "must be 1 to 1000, or 0 to leave limits as they are",
    );
    violations.require(
        told.clocks_stand || !told.roster.is_empty() || told.limit_percent != 0,
        "area_suspension.clocks_stand",
        "it changes nothing; let clocks stand, name a roster, or give limit_percent",
    );
    Asked {
        area: area.flatten(),
        starts_at,
        ends_at,
    }
}

/// The code of an area's name that lies in the district.
pub fn area_code(
    violations: &mut Violations,
    district: &District,
    field: &str,
    text: &str,
) -> Option<String> {
    let [own, code] = violations.take(name::take::<2>("districts/{}/areas/{}", field, text))?;
    violations.require(
        own == district.id(),
        field,
        "must be an area of the same district",
    );
    (own == district.id()).then_some(code)
}

fn times(
    violations: &mut Violations,
    told: &wire::AreaSuspension,
    now: Timestamp,
) -> (Option<Timestamp>, Option<Timestamp>) {
    let starts_at = match &told.start_time {
        None => Some(now),
        Some(start) => {
            let start = clock::from_wire(start);
            let words = match start {
                None => "is no time",
                Some(_) => "lies in the past; leave it out for the present",
            };
            let good = start.filter(|start| *start >= now);
            violations.require(good.is_some(), "area_suspension.start_time", words);
            good
        }
    };
    let Some(end) = &told.end_time else {
        violations.add(
            "area_suspension.end_time",
            "say when it ends; it can be ended earlier",
        );
        return (starts_at, None);
    };
    let Some(ends_at) = clock::from_wire(end) else {
        violations.add("area_suspension.end_time", "is no time");
        return (starts_at, None);
    };
    if let Some(starts_at) = starts_at {
        violations.require(
            ends_at > starts_at,
            "area_suspension.end_time",
            "must lie behind the beginning",
        );
        violations.require(
            ends_at.duration_since(starts_at) <= LONGEST,
            "area_suspension.end_time",
            "must be at most 366 days after the beginning",
        );
    }
    (starts_at, Some(ends_at))
}

#[cfg(test)]
mod tests;
