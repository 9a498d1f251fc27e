//! Which version is in force, or in shadow, for which period. Activations are only ever added, and so are rollbacks, which
//! undo one from a period on. For a period the latest activation counts that is not undone: first by the period from which
//! it is in force, then by the order in which it was made.

use std::collections::BTreeMap;

use tidyward_kit::{
    Error, Reason,
    period::{Period, PeriodKind},
};

use crate::rule::VersionId;

/// Whether the scores by a version are the review's, or stand beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    InForce,
    /// Scored beside the rule in force, compared with it, and never published.
    Shadow,
}

/// A version in force, or in shadow, from a period on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activation {
    pub from: Period,
    pub part: Part,
    /// Counts up in a district.
    pub number: i64,
    pub id: VersionId,
    /// Every parameter, decimal text by id.
    pub parameters: BTreeMap<String, String>,
    /// Microseconds.
    pub created_at: i64,
    pub actor: String,
    /// First period for which a rollback undid it.
    pub undone_from: Option<Period>,
}

/// Where a version stands. The numbers are the proto's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Validated = 1,
    Active = 2,
    Superseded = 3,
    Revoked = 4,
}

impl Activation {
    /// Whether it is there for the period, though a later one may count.
    fn covers(&self, period: Period) -> bool {
        self.from.kind == period.kind
            && self.from <= period
            && self.undone_from.is_none_or(|undone| period < undone)
    }
}

/// The activation that counts for a period.
pub fn counting(activations: &[Activation], part: Part, period: Period) -> Option<&Activation> {
    activations
        .iter()
        .filter(|one| one.part == part && one.covers(period))
        .max_by_key(|one| (one.from, one.number))
}

/// What a rollback from a period on undoes, and what counts in its place. A shadow may be undone to none at all.
pub fn rollback(
    activations: &[Activation],
    part: Part,
    from: Period,
) -> Result<(Activation, Option<Activation>), Error> {
    let nothing = |words: String| {
        let words =
            format!("{words}; activate one, `tidyward rules activate ID@VERSION --from {from}`");
        Error::new(Reason::NoRuleBefore, words).with("period", from)
    };
    let undone = counting(activations, part, from).ok_or_else(|| match part {
        Part::InForce => nothing(format!("no rule is in force for {from}")),
        Part::Shadow => nothing(format!("no rule is in shadow for {from}")),
    })?;
    let others: Vec<Activation> = activations
        .iter()
        .filter(|one| one.number != undone.number)
        .cloned()
        .collect();
    let before = counting(&others, part, from).cloned();
    if before.is_none() && part == Part::InForce {
        let id = &undone.id;
        return Err(nothing(format!(
            "no rule was in force for {from} before {}@{}",
            id.rule, id.version
        )));
    }
    Ok((undone.clone(), before))
}

/// Where a version that is not revoked stands when `quarter` and `month` are the present ones.
pub fn standing(
    id: &VersionId,
    activations: &[Activation],
    quarter: Period,
    month: Period,
) -> Standing {
    let own = |one: &&Activation| one.id == *id && one.part == Part::InForce;
    let mut ever = false;
    for one in activations.iter().filter(own) {
        ever = true;
        let present = if one.from.kind == quarter.kind {
            quarter
        } else {
            month
        };
        // It counts at present, or from its own period on.
        if counting(activations, Part::InForce, one.from.max(present)) == Some(one) {
            return Standing::Active;
        }
    }
    if ever {
        Standing::Superseded
    } else {
        Standing::Validated
    }
}

/// The two periods in which a day lies, the quarter first.
pub fn present(day: jiff::civil::Date) -> (Period, Period) {
    (
        Period::of(PeriodKind::Quarter, day),
        Period::of(PeriodKind::Month, day),
    )
}

#[cfg(test)]
mod tests;
