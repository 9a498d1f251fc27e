//! Domain types as the proto has them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tidyward_kit::{
    caller::District,
    clock,
    fact::{Addition, Fact},
};
use tidyward_proto::v1;
use tidyward_rules::{
    manifest::{Manifest, Text},
    points::{ABSENT, format_points},
    score::NO_STARS,
};
use uuid::Uuid;

use crate::{
    activation::{Activation, Part, Standing},
    change::Logged,
    difference::Difference,
    dry_run::DryRun,
    policy::Policy,
    progress::Running,
    review::{Review, Revision},
    rule::{Revocation, Version, VersionId},
    scores::AreaScore,
    signature::{self, Key},
    usage::Usage,
};

pub fn time(micros: i64) -> Option<prost_types::Timestamp> {
    Timestamp::from_microsecond(micros).ok().map(clock::to_wire)
}

pub fn localized(text: &Text) -> v1::LocalizedText {
    v1::LocalizedText {
        zh: text.zh.clone(),
        en: text.en.clone(),
    }
}

/// Points; nothing where they are absent.
pub fn points(units: i64) -> Option<v1::Points> {
    let text = || {
        let all = format_points(units, 4);
        let plain = all.trim_end_matches('0').trim_end_matches('.');
        plain.to_owned()
    };
    (units != ABSENT).then(|| v1::Points {
        units,
        text: text(),
    })
}

pub fn version_name(district: &District, id: &VersionId) -> String {
    district.child("rules", format!("{}/versions/{}", id.rule, id.version))
}

fn hex_or_empty(digest: Option<[u8; 32]>) -> String {
    digest.map(hex::encode).unwrap_or_default()
}

pub fn version(
    district: &District,
    version: &Version,
    title: &Text,
    standing: Standing,
    revocation: Option<&Revocation>,
) -> v1::RuleVersion {
    let signature = version.signature.as_ref();
    v1::RuleVersion {
        name: version_name(district, &version.id),
        title: Some(localized(title)),
        state: standing as i32,
        sha256: hex::encode(version.sha256),
        size_bytes: version.size,
        manifest: version.manifest.clone(),
        interface: version.interface.clone(),
        built_in: version.built_in,
        create_time: version.created_at.and_then(time),
        signature_key: signature
            .map(|one| key_name(district, &one.key))
            .unwrap_or_default(),
        signature: signature
            .map(|one| one.signature.clone())
            .unwrap_or_default(),
        revoke_time: revocation.and_then(|one| time(one.at)),
        revoke_reason: revocation.map(|one| one.reason.clone()).unwrap_or_default(),
        dry_run: None,
    }
}

pub fn dry_run(district: &District, run: &DryRun) -> v1::RuleDryRun {
    let compared = run.compared.as_ref();
    v1::RuleDryRun {
        review: run.review.clone(),
        scored: run.tally.scored,
        absent: run.tally.absent,
        failed: run.tally.failed,
        fuel: run.fuel,
        scores_sha256: hex::encode(run.scores_sha256),
        compared_with: compared
            .map(|(id, _)| version_name(district, id))
            .unwrap_or_default(),
        difference: compared.map(|(_, found)| difference(district, found)),
    }
}

pub fn difference(district: &District, found: &Difference) -> v1::ScoreDifference {
    let place = |place: Option<u32>| place.and_then(|place| i32::try_from(place).ok());
    let largest = found.largest.iter().map(|one| v1::ScoreChange {
        area: district.child("areas", &one.code),
        level: i32::from(one.level),
        before: points(one.before),
        after: points(one.after),
        rank_before: place(one.place_before),
        rank_after: place(one.place_after),
    });
    v1::ScoreDifference {
        same: found.same,
        higher: found.higher,
        lower: found.lower,
        lost: found.lost,
        gained: found.gained,
        moved: found.moved,
        largest: largest.collect(),
    }
}

pub fn key_name(district: &District, fingerprint: &str) -> String {
    district.child("ruleKeys", fingerprint)
}

pub fn key(district: &District, key: &Key) -> v1::RuleKey {
    v1::RuleKey {
        name: key_name(district, &signature::fingerprint(&key.public)),
        public_key: key.public.to_vec(),
        title: key.title.clone(),
        create_time: time(key.created_at),
        retire_time: key.retired_at.and_then(time),
    }
}

/// With the limits that hold, set or not.
pub fn policy(district: &District, policy: &Policy, fuel: u64) -> v1::RulePolicy {
    v1::RulePolicy {
        name: format!("{}/rulePolicy", district.name()),
        signature_required: policy.signature_required,
        component_bytes_limit: policy.component_bytes() as i64,
        call_fuel_limit: i64::try_from(policy.call_fuel(fuel)).unwrap_or(i64::MAX),
        versions_limit: policy.versions(),
    }
}

pub fn change(district: &District, change: &Logged) -> v1::RuleChange {
    v1::RuleChange {
        number: change.number,
        kind: i32::try_from(change.kind).unwrap_or_default(),
        create_time: time(change.at),
        actor: change.actor.clone(),
        rule_version: change
            .id
            .as_ref()
            .map(|id| version_name(district, id))
            .unwrap_or_default(),
        from_period: change.from.map(|from| from.to_string()).unwrap_or_default(),
        details: change.details.clone(),
    }
}

pub fn usage(district: &District, usage: &Usage) -> v1::RuleUsage {
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    v1::RuleUsage {
        rule_version: version_name(district, &usage.id),
        month: usage.month.clone(),
        calls: count(usage.used.calls),
        rows: count(usage.used.rows),
        fuel: usage.used.fuel,
        processor_seconds: usage.used.processor.as_secs_f64(),
    }
}

pub fn activation(district: &District, activation: &Activation) -> v1::RuleActivation {
    v1::RuleActivation {
        rule_version: version_name(district, &activation.id),
        from_period: activation.from.to_string(),
        parameters: activation.parameters.clone(),
        create_time: time(activation.created_at),
        actor: activation.actor.clone(),
        number: activation.number,
        shadow: activation.part == Part::Shadow,
        undone_from_period: activation
            .undone_from
            .map(|from| from.to_string())
            .unwrap_or_default(),
    }
}

pub fn review(
    district: &District,
    review: &Review,
    revisions: &[Revision],
    running: bool,
) -> v1::Review {
    let frozen = review.frozen.as_ref();
    let own = revisions.iter().find(|revision| !revision.trial);
    v1::Review {
        name: district.child("reviews", review.period),
        state: review.state as i32,
        running,
        start_time: time(review.start_at),
        end_time: time(review.end_at),
        rule_version: frozen
            .map(|frozen| version_name(district, &frozen.rule.id))
            .unwrap_or_default(),
        rule_sha256: hex_or_empty(frozen.map(|frozen| frozen.rule.sha256)),
        parameters: frozen
            .map(|frozen| frozen.rule.parameters.clone())
            .unwrap_or_default(),
        areas: frozen.map_or(0, |frozen| frozen.areas),
        issues_outside: frozen.map_or(0, |frozen| frozen.issues_outside),
        facts_sha256: hex_or_empty(frozen.map(|frozen| frozen.facts_sha256)),
        scores_sha256: hex_or_empty(own.and_then(|own| own.scores_sha256)),
        revisions: revisions
            .iter()
            .map(|one| revision(district, one))
            .collect(),
        error: review.error.clone(),
        create_time: time(review.created_at),
        freeze_time: frozen.and_then(|frozen| time(frozen.frozen_at)),
        rounds_sha256: hex_or_empty(frozen.and_then(|frozen| frozen.rounds_sha256)),
    }
}

pub fn revision(district: &District, revision: &Revision) -> v1::Revision {
    v1::Revision {
        number: i32::try_from(revision.number).unwrap_or(i32::MAX),
        rule_version: version_name(district, &revision.rule.id),
        scores_sha256: hex_or_empty(revision.scores_sha256),
        scored: revision.tally.scored,
        absent: revision.tally.absent,
        failed: revision.tally.failed,
        fuel: revision.fuel.unsigned_abs(),
        elapsed_ms: revision.elapsed_ms,
        trial: revision.trial,
        error: revision.error.clone(),
        shadow: revision.shadow,
    }
}

/// How far a run of this process is.
pub fn running(review: v1::Review, running: &Running) -> v1::WatchReviewResponse {
    let (areas, done, here) = running.counts();
    watched(review, areas, done, here, running.elapsed_ms())
}

/// How far a run is: areas in all, areas done, and how many of them in how many milliseconds.
pub fn watched(
    review: v1::Review,
    areas: i64,
    done: i64,
    here: i64,
    elapsed_ms: i64,
) -> v1::WatchReviewResponse {
    v1::WatchReviewResponse {
        review: Some(review),
        percent: if areas == 0 {
            0.0
        } else {
            done as f64 * 100.0 / areas as f64
        },
        areas_done: done,
        areas_per_second: if elapsed_ms == 0 {
            0.0
        } else {
            here as f64 * 1_000.0 / elapsed_ms as f64
        },
        again_scores_sha256: String::new(),
    }
}

/// `issues` are those at which notes point, by the index of the area's round.
pub fn score(
    district: &District,
    name: String,
    manifest: &Manifest,
    area: &AreaScore,
    issues: &BTreeMap<u32, Uuid>,
) -> v1::Score {
    let score = &area.score;
    let items = manifest
        .criteria
        .iter()
        .zip(&score.items)
        .map(|(criterion, item)| v1::ScoreItem {
            criterion: criterion.id.clone(),
            title: Some(localized(&criterion.title)),
            points: points(*item),
            max: points(criterion.max),
            clause: criterion.clause.clone(),
        });
    let notes = score.notes.iter().filter_map(|note| {
        let criterion = manifest.criteria.get(note.criterion as usize)?;
        let message = manifest.messages.get(note.message as usize)?;
        Some(v1::ScoreNote {
            criterion: criterion.id.clone(),
            text: Some(localized(&message.render(note.value))),
            value: points(note.value),
            issue: note
                .issue
                .and_then(|index| issues.get(&index))
                .map(|issue| district.child("issues", issue))
                .unwrap_or_default(),
        })
    });
    v1::Score {
        name,
        area_display_name: area.display_name.clone(),
        level: i32::from(area.level),
        peer_group: area.peer_group.clone(),
        total: points(score.total),
        total_text: format_points(score.total, manifest.decimals),
        rank: score
            .standing
            .place
            .and_then(|place| i32::try_from(place).ok()),
        ranked: i32::try_from(score.standing.ranked).unwrap_or(i32::MAX),
        stars: (score.stars != NO_STARS).then_some(i32::from(score.stars)),
        list: score.standing.list as i32,
        items: items.collect(),
        notes: notes.collect(),
        failure: score.failure.clone().unwrap_or_default(),
    }
}

pub fn fact_definition(fact: &Fact) -> v1::FactDefinition {
    v1::FactDefinition {
        name: fact.name.to_owned(),
        title: Some(v1::LocalizedText {
            zh: fact.zh.to_owned(),
            en: fact.en.to_owned(),
        }),
        unit: fact.unit.to_owned(),
        scale: i32::from(fact.scale),
        meaning: fact.meaning.to_owned(),
        example: fact.example.to_owned(),
        addition: match fact.addition {
            Addition::Sum => v1::FactAddition::Sum,
            Addition::Recompute => v1::FactAddition::Recompute,
            Addition::None => v1::FactAddition::None,
        } as i32,
    }
}
