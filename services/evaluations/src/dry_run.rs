//! The gate's last step: what a rule would have come to for the facts of the last frozen period, beside the rule in force.

use std::{collections::BTreeMap, fmt, time::Duration};

use bytes::Bytes;
use tidyward_rules::{
    compile::Compiler,
    gate::{Refusal, RefusalReason},
    host::Rule,
    manifest::Manifest,
    points::format_points,
    score::{CHUNK_ROWS, RunError, Scores},
    trial::{Trial, TrialError},
};

use crate::{
    bundle::Bundle,
    difference::{Difference, difference},
    facts::{PeriodFacts, digest},
    gate::Terms,
    reading::{Reading, Unreadable},
    review::failures_allowed,
    rollup::NoWeight,
    rule::{self, VersionId},
    scores::{self, RankedScores, Tally},
    usage::Used,
};

/// How much of a processor's time all calls may take together. A rule may do more for the areas of a district than for rows
/// that are made up, and nobody waits for a push that goes on for ever.
const LONGEST: Duration = Duration::from_secs(10);

/// Facts that were frozen, and what there is to compare with.
#[derive(Clone, Debug)]
pub struct Base {
    /// Name of the review.
    pub review: String,
    /// Canonical bytes, of which each rule reads what it asks for.
    pub facts: Bytes,
    /// Canonical bytes of the rounds behind them, where there are any.
    pub rounds: Option<Bytes>,
    pub in_force: Option<InForce>,
}

/// The rule in force.
#[derive(Clone, Debug)]
pub struct InForce {
    pub id: VersionId,
    pub component: Bytes,
    /// Every parameter, decimal text by id.
    pub parameters: BTreeMap<String, String>,
}

impl Base {
    /// The facts of a bundle, with the rule that scored them there.
    pub fn of_bundle(bundle: &Bundle) -> Base {
        let parameters = bundle.parameters.iter();
        let parameters = parameters.map(|(id, value)| (id.clone(), format_points(*value, 4)));
        let id = VersionId::parse(&bundle.rule, &bundle.version);
        Base {
            review: format!("districts/{}/reviews/{}", bundle.district, bundle.period),
            facts: Bytes::copy_from_slice(&bundle.facts),
            rounds: bundle.rounds.as_deref().map(Bytes::copy_from_slice),
            in_force: id.map(|id| InForce {
                id,
                component: Bytes::copy_from_slice(&bundle.component),
                parameters: parameters.collect(),
            }),
        }
    }

    /// Whether there is all that the rule asks for. What an earlier release froze has no rounds.
    pub fn serves(&self, manifest: &Manifest) -> bool {
        self.rounds.is_some() || !manifest.issue_table
    }
}

/// What the rule came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DryRun {
    pub review: String,
    pub tally: Tally,
    pub fuel: u64,
    pub scores_sha256: [u8; 32],
    /// With the scores of which version, and how they differ.
    pub compared: Option<(VersionId, Difference)>,
}

/// Scores the facts by the rule, with its default parameters, and by the one in force.
pub(crate) fn of(
    base: &Base,
    compiler: &Compiler,
    rule: &Rule,
    parameters: &[i64],
    terms: &Terms,
    used: &mut Vec<(VersionId, Used)>,
) -> Result<DryRun, TrialError> {
    let scored = score(base, rule, parameters, terms.fuel, LONGEST);
    let scored = scored.map_err(|error| match error {
        NotScored::Trial(error) => error,
        NotScored::Facts(error) => TrialError::Run(RunError::Host(error.to_string())),
        NotScored::Weight(error) => {
            let message = format!("for {}: {error}", base.review);
            let refusal = Refusal::new(RefusalReason::FailsOnFacts, message);
            TrialError::Refused(refusal.at(&error.grid))
        }
    })?;
    refuse_failures(base, &scored)?;
    let before = base.in_force.as_ref().and_then(|in_force| {
        let before = score_in_force(base, in_force, compiler, terms, used);
        // What is in force is not what is being judged.
        let told = before.inspect_err(|words| {
            tracing::warn!(
                rule.id = in_force.id.rule,
                error.words = words,
                "the rule in force was not scored for comparison"
            );
        });
        Some((in_force.id.clone(), told.ok()?))
    });
    let Scored {
        facts,
        ranked,
        fuel,
    } = scored;
    Ok(DryRun {
        review: base.review.clone(),
        tally: ranked.tally(),
        fuel,
        scores_sha256: digest(&ranked.encode(rule.manifest().criteria.len())),
        compared: before.map(|(id, before)| (id, difference(&facts, &before.ranked, &ranked))),
    })
}

/// The facts that a rule asks for, with what it gave.
struct Scored {
    facts: PeriodFacts,
    ranked: RankedScores,
    fuel: u64,
}

/// Why facts have no scores.
enum NotScored {
    Trial(TrialError),
    Facts(Unreadable),
    Weight(NoWeight),
}

impl fmt::Display for NotScored {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotScored::Trial(TrialError::Refused(refusal)) => refusal.fmt(out),
            NotScored::Trial(TrialError::Run(error)) => error.fmt(out),
            NotScored::Facts(error) => error.fmt(out),
            NotScored::Weight(error) => error.fmt(out),
        }
    }
}

fn score(
    base: &Base,
    rule: &Rule,
    parameters: &[i64],
    fuel: u64,
    longest: Duration,
) -> Result<Scored, NotScored> {
    let manifest = rule.manifest();
    let reading = Reading::of_bytes(manifest, &base.facts, base.rounds.as_deref());
    let reading = reading.map_err(NotScored::Facts)?;
    let trial = Trial::new(rule, parameters, fuel).within(longest);
    let rows = reading.rows();
    let mut chunks = Vec::new();
    for first in (0..rows).step_by(CHUNK_ROWS) {
        let some = first..(first + CHUNK_ROWS).min(rows);
        let scores = trial.score(&reading.inputs(manifest, some));
        chunks.push(scores.map_err(NotScored::Trial)?);
    }
    let scores = Scores::join(chunks);
    let fuel = scores
        .fuel
        .iter()
        .fold(0_u64, |sum, fuel| sum.saturating_add(*fuel));
    let facts = reading.facts;
    let ranked = scores::ranked(manifest, &facts, &scores).map_err(NotScored::Weight)?;
    Ok(Scored {
        facts,
        ranked,
        fuel,
    })
}

fn score_in_force(
    base: &Base,
    in_force: &InForce,
    compiler: &Compiler,
    terms: &Terms,
    used: &mut Vec<(VersionId, Used)>,
) -> Result<Scored, String> {
    let candidate = rule::inspect(&in_force.component).map_err(|error| error.message)?;
    let compiled = compiler
        .compile(&terms.party, &candidate)
        .map_err(|error| error.to_string())?;
    let parameters = rule::parameter_values(&candidate.manifest, &in_force.parameters);
    let parameters = parameters.map_err(|error| error.message)?;
    let scored = score(base, &compiled, &parameters, terms.fuel, LONGEST);
    used.push((in_force.id.clone(), compiled.take_used()));
    scored.map_err(|error| error.to_string())
}

/// More failures than a review bears are a refusal, with the first of them.
fn refuse_failures(base: &Base, scored: &Scored) -> Result<(), TrialError> {
    let Scored { facts, ranked, .. } = scored;
    let failed = ranked.tally().failed;
    let allowed = failures_allowed(ranked.rows.len());
    if usize::try_from(failed).unwrap_or(usize::MAX) <= allowed {
        return Ok(());
    }
    let mut all = facts.rows.iter().zip(&ranked.rows);
    let first = all.find_map(|(row, score)| Some((row.code.as_str(), score.failure.as_ref()?)));
    let (code, words) = first.map_or(("", ""), |(code, words)| (code, words.as_str()));
    let message = format!(
        "it fails on {failed} of {} areas of {}, and {allowed} may fail; the first: {words}; give an absent item where it \
         cannot score",
        ranked.rows.len(),
        base.review
    );
    Err(TrialError::Refused(
        Refusal::new(RefusalReason::FailsOnFacts, message).at(code),
    ))
}

#[cfg(test)]
mod tests {
    use tidyward_rules::host::{Host, HostSettings};

    use super::*;
    use crate::{
        facts::{FactColumn, FactRow},
        honesty::tests::{MORE, rule_of},
    };

    /// So many grids that each closed one case.
    fn base(grids: usize) -> Base {
        let row = |grid| FactRow {
            code: format!("G{grid:05}"),
            level: 3,
            peer_group: String::new(),
            parent: None,
        };
        // A column that holds nothing is left out.
        let closed = FactColumn {
            name: "issues.closed".into(),
            values: vec![1; grids],
        };
        let facts = PeriodFacts {
            period: "2013-q3".into(),
            rows: (0..grids).map(row).collect(),
            columns: (grids > 0).then_some(closed).into_iter().collect(),
        };
        Base {
            review: "districts/d/reviews/2013-q3".into(),
            facts: facts.encode().into(),
            rounds: None,
            in_force: None,
        }
    }

    fn own() -> Rule {
        let host = Host::new(HostSettings::default()).unwrap();
        let bytes = rule_of("issues.closed", "higher-is-better", MORE);
        host.compile(&rule::inspect(&bytes).unwrap()).unwrap()
    }

    #[test]
    fn every_chunk_is_scored_and_put_together() {
        let scored = score(&base(9_000), &own(), &[], 200_000_000, LONGEST);
        let Ok(scored) = scored else { panic!() };
        assert_eq!(scored.ranked.rows.len(), 9_000);
        assert!(scored.ranked.rows.iter().all(|row| row.total == 10_000));
        let none = score(&base(0), &own(), &[], 200_000_000, LONGEST);
        assert!(none.is_ok_and(|none| none.ranked.rows.is_empty()));
    }

    #[test]
    fn a_rule_that_takes_too_long_for_the_areas_is_too_slow() {
        let scored = score(&base(9_000), &own(), &[], 200_000_000, Duration::ZERO);
        let Err(NotScored::Trial(TrialError::Refused(refusal))) = scored else {
            panic!("it has no time at all");
        };
        assert_eq!(refusal.reason, RefusalReason::TooSlow);
    }

    #[test]
    fn bytes_that_are_no_facts_are_no_fault_of_the_rule() {
        let base = Base {
            facts: vec![1, 2, 3].into(),
            ..base(1)
        };
        let scored = score(&base, &own(), &[], 200_000_000, LONGEST);
        assert!(matches!(scored, Err(NotScored::Facts(_))));
    }
}
