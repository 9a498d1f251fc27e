//! The gate's last step: what a rule would have come to for the facts of the last frozen period, beside the rule in force.

use std::{collections::BTreeMap, fmt, sync::Arc};

use tidyward_rules::{
    compile::Compiler,
    gate::{Refusal, RefusalReason},
    host::Rule,
    points::format_points,
    score::{RunError, RunSettings},
    trial::TrialError,
};

use crate::{
    bundle::Bundle,
    chunk,
    codec::Malformed,
    difference::{Difference, difference},
    facts::{PeriodFacts, digest},
    gate::Terms,
    review::failures_allowed,
    rollup::NoWeight,
    rule::{self, VersionId},
    scores::{self, RankedScores, Tally},
    usage::Used,
};

/// Facts that were frozen, and what there is to compare with.
#[derive(Clone, Debug)]
pub struct Base {
    /// Name of the review.
    pub review: String,
    pub facts: Arc<PeriodFacts>,
    pub in_force: Option<InForce>,
}

/// The rule in force.
#[derive(Clone, Debug)]
pub struct InForce {
    pub id: VersionId,
    pub component: Arc<[u8]>,
    /// Every parameter, decimal text by id.
    pub parameters: BTreeMap<String, String>,
}

impl Base {
    /// The facts of a bundle, with the rule that scored them there.
    pub fn of_bundle(bundle: &Bundle) -> Result<Base, Malformed> {
        let parameters = bundle.parameters.iter();
        let parameters = parameters.map(|(id, value)| (id.clone(), format_points(*value, 4)));
        let id = VersionId::parse(&bundle.rule, &bundle.version);
        Ok(Base {
            review: format!("districts/{}/reviews/{}", bundle.district, bundle.period),
            facts: Arc::new(PeriodFacts::decode(&bundle.facts)?),
            in_force: id.map(|id| InForce {
                id,
                component: bundle.component.as_slice().into(),
                parameters: parameters.collect(),
            }),
        })
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
    let scored = score(base, rule, parameters, terms.fuel);
    let (ranked, fuel) = scored.map_err(|error| match error {
        NotScored::Run(error) => TrialError::Run(error),
        NotScored::Weight(error) => {
            let message = format!("for {}: {error}", base.review);
            let refusal = Refusal::new(RefusalReason::FailsOnFacts, message);
            TrialError::Refused(refusal.at(&error.grid))
        }
    })?;
    refuse_failures(base, &ranked)?;
    let before = base.in_force.as_ref().and_then(|in_force| {
        let scored = score_in_force(base, in_force, compiler, terms, used);
        // What is in force is not what is being judged.
        let told = scored.inspect_err(|words| {
            tracing::warn!(
                rule.id = in_force.id.rule,
                error.words = words,
                "the rule in force was not scored for comparison"
            );
        });
        Some((in_force.id.clone(), told.ok()?))
    });
    Ok(DryRun {
        review: base.review.clone(),
        tally: ranked.tally(),
        fuel,
        scores_sha256: digest(&ranked.encode(rule.manifest().criteria.len())),
        compared: before.map(|(id, before)| (id, difference(&base.facts, &before, &ranked))),
    })
}

/// Why facts have no scores.
enum NotScored {
    Run(RunError),
    Weight(NoWeight),
}

impl fmt::Display for NotScored {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotScored::Run(error) => error.fmt(out),
            NotScored::Weight(error) => error.fmt(out),
        }
    }
}

fn score(
    base: &Base,
    rule: &Rule,
    parameters: &[i64],
    fuel: u64,
) -> Result<(RankedScores, u64), NotScored> {
    let rows = base.facts.rows.len();
    let inputs = base.facts.inputs(&rule.manifest().inputs, 0..rows);
    let settings = RunSettings {
        chunk_rows: chunk::ROWS,
        fuel,
        ..RunSettings::default()
    };
    let scores = rule.score(parameters, &inputs, &settings, &|_| {});
    let scores = scores.map_err(NotScored::Run)?;
    let fuel = scores
        .fuel
        .iter()
        .fold(0_u64, |sum, fuel| sum.saturating_add(*fuel));
    let ranked = scores::ranked(rule.manifest(), &base.facts, &scores);
    Ok((ranked.map_err(NotScored::Weight)?, fuel))
}

fn score_in_force(
    base: &Base,
    in_force: &InForce,
    compiler: &Compiler,
    terms: &Terms,
    used: &mut Vec<(VersionId, Used)>,
) -> Result<RankedScores, String> {
    let candidate = rule::inspect(&in_force.component).map_err(|error| error.message)?;
    let compiled = compiler
        .compile(&terms.party, &candidate)
        .map_err(|error| error.to_string())?;
    let parameters = rule::parameter_values(&candidate.manifest, &in_force.parameters);
    let parameters = parameters.map_err(|error| error.message)?;
    let scored = score(base, &compiled, &parameters, terms.fuel);
    used.push((in_force.id.clone(), compiled.take_used()));
    scored
        .map(|(ranked, _)| ranked)
        .map_err(|error| error.to_string())
}

/// More failures than a review bears are a refusal, with the first of them.
fn refuse_failures(base: &Base, ranked: &RankedScores) -> Result<(), TrialError> {
    let failed = ranked.tally().failed;
    let allowed = failures_allowed(ranked.rows.len());
    if usize::try_from(failed).unwrap_or(usize::MAX) <= allowed {
        return Ok(());
    }
    let mut all = base.facts.rows.iter().zip(&ranked.rows);
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
