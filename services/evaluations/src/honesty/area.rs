//! Areas that are made up for the question of honesty: each is one that could be.

use std::collections::BTreeMap;

use tidyward_kit::{fact::ABSENT, mark};
use tidyward_proto::v1::{IssueSource, IssueState, Severity};
use tidyward_rules::{score::Issue, trial};

/// Counts that are part of another: each is at most what stands beside it. A count comes behind what it is part of.
pub const PARTS: [(&str, &str, &str); 34] = [
    ("issues", "verified", "reported"),
    ("issues", "rejected", "reported"),
    ("issues", "merged", "reported"),
    ("issues", "on_spot", "reported"),
    ("issues", "filed", "verified"),
    ("issues", "accepted", "filed"),
    ("issues", "accepted_on_time", "accepted"),
    ("issues", "due", "filed"),
    ("issues", "due_suspended", "due"),
    ("issues", "checks", "due"),
    ("issues", "closed", "checks"),
    ("issues", "handled_on_time", "closed"),
    ("issues", "closed_on_time", "closed"),
    ("issues", "overdue_open", "due"),
    ("issues", "backlog_start", "reported"),
    ("issues", "backlog_closed", "backlog_start"),
    ("issues", "backlog_open", "backlog_start"),
    ("issues", "checks_failed", "checks"),
    ("issues", "rework_cases", "checks_failed"),
    ("issues", "rework_cases_3", "rework_cases"),
    ("issues", "rebound", "closed"),
    ("issues", "reopened", "closed"),
    ("issues", "false_close", "closed"),
    ("issues", "fraud", "checks_failed"),
    ("issues", "returned", "checks"),
    ("issues", "refused", "returned"),
    ("issues", "missed", "independent"),
    ("callback", "asked", "contactable"),
    ("callback", "answered", "asked"),
    ("callback", "solved", "answered"),
    ("callback", "satisfied", "answered"),
    ("inspections", "count", "planned"),
    ("inspections", "sum", "max"),
    ("crew", "attended", "planned"),
];

/// One made-up area: what each count is before families share it.
pub struct Area {
    counts: BTreeMap<(&'static str, &'static str), i64>,
    /// Of a hundred, reported by its own people.
    own: i64,
    /// Of a hundred, in any other family.
    other: i64,
    state: u64,
}

impl Area {
    /// The same for the same number: some are small, some large, some have no report of their own.
    pub fn made_up(number: u64) -> Area {
        let mut area = Area {
            counts: BTreeMap::new(),
            own: 0,
            other: 0,
            state: number,
        };
        let most = [5, 20, 100, 1_000][(number % 4) as usize];
        for whole in [
            ("issues", "reported"),
            ("issues", "independent"),
            ("issues", "extended"),
            ("issues", "suspended"),
            ("issues", "forced"),
            ("callback", "contactable"),
            ("inspections", "planned"),
            ("inspections", "max"),
            ("crew", "planned"),
        ] {
            let count = area.up_to(most);
            area.counts.insert(whole, count);
        }
        for (family, part, of) in PARTS {
            let most = area.counts[&(family, of)];
            let count = area.up_to(most);
            area.counts.insert((family, part), count);
        }
        area.own = area.up_to(100);
        area.other = area.up_to(100);
        area
    }

    fn up_to(&mut self, most: i64) -> i64 {
        // Every fourth is all of it, so that areas without fault are among them.
        match trial::next(&mut self.state) % 4 {
            0 => most,
            _ => (trial::next(&mut self.state) % (most as u64 + 1)) as i64,
        }
    }

    /// A row of the facts. Families have a share of each count, so that their parts fit together as well; own and external
    /// reports come to the whole.
    pub fn inputs(&mut self, names: &[String]) -> Vec<i64> {
        let [own, other] = [self.own, self.other];
        let mut row = Vec::with_capacity(names.len());
        for name in names {
            let parts: Vec<&str> = name.split('.').collect();
            let count = |family: &str, part: &str| {
                let found = self.counts.iter().find(|(key, _)| **key == (family, part));
                found.map(|(_, count)| *count)
            };
            let value = match parts.as_slice() {
                [family, part] => count(family, part),
                ["issues", "own", part] => count("issues", part).map(|all| all * own / 100),
                ["issues", "external", part] => {
                    count("issues", part).map(|all| all - all * own / 100)
                }
                [family, _, part] => count(family, part).map(|all| all * other / 100),
                _ => None,
            };
            // Of what is no count of these families, a number like a rate of four places.
            row.push(match value {
                Some(value) => value,
                None => self.up_to(1_000_000),
            });
        }
        row
    }

    /// Rounds that come to the same counts, in the order of their reports. Those that are part of a count are the first of
    /// those that it is part of, and families have every so-manieth, so that each has its share of each count.
    pub fn rounds(&self, categories: usize) -> Vec<Issue> {
        let of = |part: &str| self.counts.get(&("issues", part)).copied().unwrap_or(0);
        let backlog = of("backlog_start");
        let before = (0..backlog).map(|place| Issue {
            state: state(place < of("backlog_closed")),
            closed: within(place < of("backlog_closed"), place),
            ..self.round(place, -20_000 + place, categories)
        });
        let reported = (0..of("reported")).map(|place| {
            let is = |part: &str| place < of(part);
            let round = self.round(place, place * 100, categories);
            let late = if is("handled_on_time") { -10 } else { 600 };
            let handed_in = round.due + late;
            let forced = !is("closed") && place < of("closed") + of("forced");
            let marks = [
                (mark::REOPENED, is("reopened")),
                (mark::SUSPENDED, is("due_suspended") && !is("closed")),
                (mark::FORCED, forced),
                (mark::FRAUD, is("fraud")),
                (mark::REFUSED, is("refused")),
                (mark::FALSE_CLOSE, is("false_close")),
            ];
            let marks = marks.iter().filter(|mark| mark.1).map(|mark| mark.0);
            Issue {
                severity: if is("filed") { round.severity } else { 0 },
                state: state(is("closed") || forced),
                filed: within(is("filed"), round.filed),
                due: within(is("filed"), round.due),
                handed_in: within(is("checks"), handed_in),
                closed: within(is("closed") || forced, handed_in + 60),
                failed_checks: match is("rework_cases_3") {
                    true => 3,
                    false => u32::from(is("rework_cases")),
                },
                marks: round.marks | marks.sum::<u32>(),
                ..round
            }
        });
        before.chain(reported).collect()
    }

    /// A round that was filed and is open.
    fn round(&self, place: i64, reported: i64, categories: usize) -> Issue {
        let share = |percent: i64| (place + 1) * percent / 100 > place * percent / 100;
        let (own, urgent) = (share(self.own), share(self.other));
        let category = i32::try_from(place)
            .unwrap_or(0)
            .checked_rem(categories as i32);
        let source = if own {
            IssueSource::Patrol
        } else {
            IssueSource::Resident
        };
        let severity = if urgent {
            Severity::Urgent
        } else {
            Severity::Normal
        };
        Issue {
            category: category.filter(|_| urgent).unwrap_or(-1),
            severity: severity as u8,
            source: source as u8,
            state: state(false),
            reported,
            filed: reported + 30,
            due: reported + 1_470,
            handed_in: ABSENT,
            closed: ABSENT,
            failed_checks: 0,
            marks: if own { mark::OWN } else { 0 } | if urgent { mark::URGENT } else { 0 },
        }
    }
}

/// One more report of the area's own, later than all others, handled on time and found clean.
pub fn own_report(category: Option<usize>) -> Issue {
    const REPORTED: i64 = 125_000;
    Issue {
        category: category
            .and_then(|index| i32::try_from(index).ok())
            .unwrap_or(-1),
        severity: Severity::Normal as u8,
        source: IssueSource::Patrol as u8,
        state: state(true),
        reported: REPORTED,
        filed: REPORTED + 30,
        due: REPORTED + 1_470,
        handed_in: REPORTED + 600,
        closed: REPORTED + 660,
        failed_checks: 0,
        marks: mark::OWN,
    }
}

fn state(closed: bool) -> u8 {
    let state = if closed {
        IssueState::Closed
    } else {
        IssueState::Dispatched
    };
    state as u8
}

fn within(holds: bool, minute: i64) -> i64 {
    if holds { minute } else { ABSENT }
}
