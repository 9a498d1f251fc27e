//! Duplicates (疑似重复): open issues that may be the same problem. They are offered; nothing merges by itself.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::{
    category::Category,
    issue::{Issue, Place, State},
    near,
};

/// Candidates that are offered at most.
pub const MOST: usize = 20;

/// An open issue that may be the same problem.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub issue: Uuid,
    pub place: Option<Place>,
    /// Metres between the two; nothing where one has no position, and both lie in the same grid.
    pub metres: Option<f64>,
    pub reported_at: Timestamp,
    pub state: State,
    pub description: String,
}

/// Where and when the same problem is looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Search<'a> {
    /// Not among its own candidates.
    pub issue: Uuid,
    pub category: &'a str,
    pub place: Option<Place>,
    pub grid: Option<&'a str>,
    pub metres: f64,
    pub from: Timestamp,
    pub until: Timestamp,
}

impl<'a> Search<'a> {
    /// For what may be the same as the issue, by the radius and window of its category. Reports of the days after count
    /// as those of the days before: whoever was offline reports late.
    pub fn of(issue: &'a Issue, category: &Category) -> Search<'a> {
        let window = SignedDuration::from_hours(24 * i64::from(category.duplicate_days));
        let at = issue.reported_at;
        Search {
            issue: issue.id,
            category: &issue.category,
            place: issue.place,
            grid: issue.grid.as_deref(),
            metres: f64::from(category.duplicate_metres),
            from: at.checked_sub(window).unwrap_or(Timestamp::MIN),
            until: at.checked_add(window).unwrap_or(Timestamp::MAX),
        }
    }

    /// Those that are near enough, the nearest first, at most `MOST`; those without a distance come last, the latest
    /// report first.
    pub fn choose(&self, found: Vec<Candidate>) -> Vec<Candidate> {
        let mut chosen: Vec<Candidate> = found
            .into_iter()
            .filter_map(|one| {
                let metres = self.place.zip(one.place);
                let metres = metres.map(|(own, other)| near::metres(own, other));
                let near = metres.is_none_or(|metres| metres <= self.metres);
                near.then_some(Candidate { metres, ..one })
            })
            .collect();
        chosen.sort_by(|one, other| {
            let key = |candidate: &Candidate| candidate.metres.unwrap_or(f64::INFINITY);
            let by_distance = key(one).total_cmp(&key(other));
            by_distance
                .then(other.reported_at.cmp(&one.reported_at))
                .then(one.issue.cmp(&other.issue))
        });
        chosen.truncate(MOST);
        chosen
    }
}
