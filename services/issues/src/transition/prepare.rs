//! What a decision needs of others: duties of the territory, filing conditions, what is in force.

use jiff::Timestamp;
use tidyward_kit::{Error, caller::District};
use tidyward_proto::v1::DutyRole;

use super::Asked;
use crate::{
    Issues,
    category::{self, Categories, Condition},
    decide::{Context, Filing, Head},
    evidence::{Rule, Shown},
    history::History,
    in_force::{InForce, Terms},
    issue::{Issue, Severity, State},
    limit::Limit,
    machine::Action,
    standing::{Stage, Standing},
    territory::{Duties, Duty, Question},
};

const STAGES: [Stage; 6] = [
    Stage::Verify,
    Stage::Dispatch,
    Stage::Accept,
    Stage::Handle,
    Stage::Check,
    Stage::Total,
];

/// What the action's decision needs; the survivor of a merge is for the caller to add.
pub async fn context(
    issues: &Issues,
    asked: &Asked<'_>,
    issue: &Issue,
    history: &History,
    terms: &Terms,
    occurred_at: Timestamp,
) -> Result<Context, Error> {
    let (standing, categories) = (&history.standing, &terms.categories);
    let named = match asked.action {
        Action::File(file) if !file.category.is_empty() => file.category.as_str(),
        _ => standing.category.as_str(),
    };
    let in_force = terms.of_issue(issue, named, occurred_at);
    let ask = Ask {
        issues,
        asked,
        issue,
        chain: category::chain(categories, &standing.category),
        rosters: &in_force.rosters,
    };
    let people = ask.people(standing).await?;
    let rule = rule(asked.action, standing, categories);
    let shown = shown(issues, asked, rule.as_ref(), occurred_at).await?;
    Ok(Context {
        subject: asked.caller.subject.clone(),
        roles: asked.caller.roles.clone(),
        now: asked.now,
        occurred_at,
        on_duty: people.on_duty,
        units: people.units,
        filing: filing(asked.action, standing, categories, &in_force),
        category_known: categories
            .get(named)
            .is_some_and(|category| !category.retired || named == standing.category),
        unit_known: people.unit_known,
        head: people.head,
        to_duty: people.to_duty,
        told: people.told,
        survivor: None,
        shown,
        rule,
        issue: issue.clone(),
        draw_seed: issues.clock.id().into_bytes(),
    })
}

/// What evidence the round's filing condition asks for, or before the filing the first of the category; only of the moves for
/// which one may ask.
fn rule(action: &Action, standing: &Standing, categories: &Categories) -> Option<Rule> {
    let asks = matches!(
        action,
        Action::HandIn(_) | Action::Settle(_) | Action::Check(_)
    );
    let condition = category::condition(categories, &standing.category, &standing.condition);
    // The condition of the round may be gone; then the category's first stands for it.
    let condition = condition.or_else(|| category::condition(categories, &standing.category, ""));
    condition.filter(|_| asks)?.evidence.clone()
}

/// What the move shows; where the grid matters, with the grid in which each place lies.
async fn shown(
    issues: &Issues,
    asked: &Asked<'_>,
    rule: Option<&Rule>,
    at: Timestamp,
) -> Result<Vec<Shown>, Error> {
    let (caller, district) = (asked.caller, asked.district);
    let mut shown = issues
        .shown(caller, district, asked.evidence, asked.now)
        .await?;
    if rule.is_none() {
        return Ok(shown);
    }
    let placed: Vec<_> = shown
        .iter_mut()
        .filter_map(|one| Some((one.place?, one)))
        .collect();
    let places: Vec<_> = placed.iter().map(|(place, _)| (*place, at)).collect();
    let located = issues.territory.locate(district, &places).await?;
    for ((_, one), located) in placed.into_iter().zip(located) {
        one.grid = located.map(|located| located.grid);
    }
    Ok(shown)
}

/// Who hears of an escalation that falls due by itself.
pub async fn told(
    issues: &Issues,
    district: &District,
    issue: &Issue,
    standing: &Standing,
    terms: &Terms,
    now: Timestamp,
) -> Result<Vec<String>, Error> {
    let wakes = issue.progress.wake_at.is_some_and(|at| at <= now);
    let Some(grid) = issue.grid.as_ref().filter(|_| wakes) else {
        return Ok(Vec::new());
    };
    let chain = category::chain(&terms.categories, &standing.category);
    let in_force = terms.of_issue(issue, &standing.category, now);
    let question = Question {
        categories: &chain,
        rosters: &in_force.rosters,
        ..Question::of_area(grid, now)
    };
    let duties = issues.territory.find_duties(district, question).await?;
    Ok(heads_and_leaders(&duties, &[]))
}

/// The condition under which a filing or reopening files; nothing where there is none such.
fn filing(
    action: &Action,
    standing: &Standing,
    categories: &Categories,
    in_force: &InForce,
) -> Option<Filing> {
    let (code, condition) = match action {
        Action::File(file) => {
            let code = [&file.category, &standing.category];
            let code = code.into_iter().find(|code| !code.is_empty())?;
            (code, found(categories, code, &file.condition)?)
        }
        Action::Reopen(reopen) if reopen.condition.is_empty() => {
            let code = &standing.category;
            // The condition of the last round may be gone.
            let last = found(categories, code, &standing.condition);
            (code, last.or_else(|| found(categories, code, ""))?)
        }
        Action::Reopen(reopen) => {
            let code = &standing.category;
            (code, found(categories, code, &reopen.condition)?)
        }
        _ => return None,
    };
    let severity = condition.map_or(Severity::Normal, |condition| condition.severity);
    Some(Filing {
        category: code.clone(),
        condition: condition.map_or_else(String::new, |condition| condition.id.clone()),
        severity: match severity {
            Severity::Unspecified => Severity::Normal,
            severity => severity,
        },
        limits: condition.map_or_else(Vec::new, |condition| limits(condition, in_force.percent)),
    })
}

/// The condition of the id, or the first one; within, nothing where the category has none at all and none is named.
fn found<'a>(categories: &'a Categories, code: &str, id: &str) -> Option<Option<&'a Condition>> {
    match category::condition(categories, code, id) {
        None if id.is_empty() => Some(None),
        None => None,
        Some(condition) => Some(Some(condition)),
    }
}

fn limits(condition: &Condition, percent: i64) -> Vec<(Stage, Limit)> {
    let limits = STAGES.iter().filter_map(|stage| {
        let limit = condition.limit(*stage)?;
        Some((*stage, limit.percent(percent)))
    });
    limits.collect()
}

/// What the territory says of people.
#[derive(Default)]
struct People {
    on_duty: bool,
    units: Vec<String>,
    unit_known: bool,
    head: Option<Head>,
    to_duty: bool,
    told: Vec<String>,
}

/// How the territory is asked.
struct Ask<'a> {
    issues: &'a Issues,
    asked: &'a Asked<'a>,
    issue: &'a Issue,
    chain: Vec<String>,
    rosters: &'a [String],
}

impl Ask<'_> {
    /// Only what the action needs is asked for.
    async fn people(&self, standing: &Standing) -> Result<People, Error> {
        let subject = self.asked.caller.subject.as_str();
        match self.asked.action {
            Action::Settle(_) => Ok(People {
                on_duty: !self.here(subject).await?.is_empty(),
                ..People::default()
            }),
            Action::Accept(_) | Action::ReturnToDesk(_) => {
                let waits = standing.assignee.is_none() && standing.state == State::Dispatched;
                let unit = standing.unit.as_ref().filter(|_| waits);
                let stands = match unit {
                    Some(unit) => !self.of_unit(unit, subject).await?.is_empty(),
                    None => false,
                };
                Ok(People {
                    units: unit.filter(|_| stands).cloned().into_iter().collect(),
                    ..People::default()
                })
            }
            Action::Dispatch(dispatch) => self.dispatch(dispatch).await,
            Action::Escalate(_) => {
                let duties = self.here("").await?;
                Ok(People {
                    told: heads_and_leaders(&duties, &[]),
                    ..People::default()
                })
            }
            _ => Ok(People::default()),
        }
    }

    async fn dispatch(
        &self,
        dispatch: &tidyward_proto::v1::DispatchAction,
    ) -> Result<People, Error> {
        let duties = self.here("").await?;
        let head = duties.area.iter().find(|duty| duty.head);
        let head = head.map(|duty| Head {
            officer: duty.officer.clone(),
            unit: duty.unit.clone(),
        });
        let by_default = dispatch.assignee.is_empty() && dispatch.unit.is_empty();
        let holds = |duty: &Duty| {
            let officer = !dispatch.assignee.is_empty() && duty.officer == dispatch.assignee;
            officer || !dispatch.unit.is_empty() && duty.unit == dispatch.unit
        };
        let assignee = match (&head, by_default) {
            (Some(head), true) => head.officer.clone(),
            _ => dispatch.assignee.clone(),
        };
        let alone = dispatch.assignee.is_empty() && !dispatch.unit.is_empty();
        let unit_known = alone && !self.of_unit(&dispatch.unit, "").await?.is_empty();
        let mut known = dispatch.co_handlers.clone();
        known.push(assignee);
        Ok(People {
            to_duty: by_default && head.is_some() || duties.all().any(holds),
            told: heads_and_leaders(&duties, &known),
            head,
            unit_known,
            ..People::default()
        })
    }

    /// Duties where the issue lies: somebody's, or everybody's.
    async fn here(&self, officer: &str) -> Result<Duties, Error> {
        let Some(grid) = &self.issue.grid else {
            return Ok(Duties::default());
        };
        let question = Question {
            officer,
            categories: &self.chain,
            rosters: self.rosters,
            ..Question::of_area(grid, self.asked.now)
        };
        self.find(question).await
    }

    /// Duties for a unit, wherever: somebody's, or everybody's.
    async fn of_unit(&self, unit: &str, officer: &str) -> Result<Duties, Error> {
        let question = Question {
            area: None,
            categories: &self.chain,
            officer,
            unit,
            rosters: self.rosters,
            at: self.asked.now,
        };
        self.find(question).await
    }

    async fn find(&self, question: Question<'_>) -> Result<Duties, Error> {
        let territory = &self.issues.territory;
        territory.find_duties(self.asked.district, question).await
    }
}

/// The nearest head of the area, the heads of the category and the leaders, but for those who know already.
fn heads_and_leaders(duties: &Duties, known: &[String]) -> Vec<String> {
    let area = duties.area.iter().find(|duty| duty.head);
    let category = duties.category.iter().filter(|duty| duty.head);
    let leaders = duties.all().filter(|duty| duty.role == DutyRole::Leader);
    let everybody = area.into_iter().chain(category).chain(leaders);
    let mut told: Vec<String> = everybody.map(|duty| duty.officer.clone()).collect();
    told.retain(|officer| !officer.is_empty() && !known.contains(officer));
    told.sort_unstable();
    told.dedup();
    told
}
