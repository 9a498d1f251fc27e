//! Reviews, what a freeze fixed of them, and the areas as people know them.

use sea_orm::{ConnectionTrait, QueryResult, Value};
use tidyward_kit::{Error, caller::District, period::Period};

use super::{ROWS_AT_ONCE, all, digest, one, period, places, run};
use crate::{
    collect::ReviewedArea,
    review::{Frozen, Pinned, Review, ReviewState, parameters_text, read_parameters},
    rule::VersionId,
};

const COLUMNS: &str = "period, state, start_at, end_at, created_at, frozen_at, rule, version, rule_sha256, parameters, \
                       areas, issues_outside, facts_sha256, rounds_sha256, watermark, error";

pub async fn find(
    db: &impl ConnectionTrait,
    district: &District,
    period: Period,
) -> Result<Option<Review>, Error> {
    let text = format!("SELECT {COLUMNS} FROM review WHERE district = ? AND period = ?");
    let row = one(
        db,
        &text,
        vec![district.id().into(), period.to_string().into()],
    )
    .await?;
    row.map(|row| read(&row)).transpose()
}

/// At most so many reviews behind the period's text, by period.
pub async fn list(
    db: &impl ConnectionTrait,
    district: &District,
    after: &str,
    most: usize,
) -> Result<Vec<Review>, Error> {
    let text = format!(
        "SELECT {COLUMNS} FROM review WHERE district = ? AND period > ? ORDER BY period LIMIT ?"
    );
    let values = vec![district.id().into(), after.into(), (most as i64).into()];
    all(db, &text, values).await?.iter().map(read).collect()
}

/// Whether the facts of the period are fixed.
pub async fn is_frozen(
    db: &impl ConnectionTrait,
    district: &District,
    period: &str,
) -> Result<bool, Error> {
    let text = "SELECT 1 AS frozen FROM review WHERE district = ? AND period = ? AND state <> ?";
    let open = ReviewState::Open as i64;
    Ok(one(
        db,
        text,
        vec![district.id().into(), period.into(), open.into()],
    )
    .await?
    .is_some())
}

pub async fn insert(
    db: &impl ConnectionTrait,
    district: &District,
    review: &Review,
) -> Result<(), Error> {
    let text = "INSERT INTO review (district, period, state, start_at, end_at, created_at, rule, version, \
                rule_sha256, parameters, areas, issues_outside, facts_sha256, watermark, error) \
                VALUES (?, ?, ?, ?, ?, ?, '', '', ?, '', 0, 0, ?, 0, '')";
    let values: Vec<Value> = vec![
        district.id().into(),
        review.period.to_string().into(),
        (review.state as i64).into(),
        review.start_at.into(),
        review.end_at.into(),
        review.created_at.into(),
        Vec::<u8>::new().into(),
        Vec::<u8>::new().into(),
    ];
    run(db, text, values).await?;
    Ok(())
}

/// Writes what a freeze fixes, and the state.
pub async fn freeze(
    db: &impl ConnectionTrait,
    district: &District,
    period: Period,
    frozen: &Frozen,
) -> Result<(), Error> {
    let text = "UPDATE review SET state = ?, frozen_at = ?, rule = ?, version = ?, rule_sha256 = ?, parameters = ?, \
                areas = ?, issues_outside = ?, facts_sha256 = ?, rounds_sha256 = ?, watermark = ? WHERE district = ? AND period = ?";
    let values: Vec<Value> = vec![
        (ReviewState::Frozen as i64).into(),
        frozen.frozen_at.into(),
        frozen.rule.id.rule.clone().into(),
        frozen.rule.id.version.to_string().into(),
        frozen.rule.sha256.to_vec().into(),
        parameters_text(&frozen.rule.parameters).into(),
        frozen.areas.into(),
        frozen.issues_outside.into(),
        frozen.facts_sha256.to_vec().into(),
        frozen.rounds_sha256.map(Vec::from).into(),
        frozen.watermark.into(),
        district.id().into(),
        period.to_string().into(),
    ];
    run(db, text, values).await?;
    Ok(())
}

/// The periods whose review has the version, pinned or as a trial, in order.
pub async fn periods_by(
    db: &impl ConnectionTrait,
    district: &District,
    id: &VersionId,
) -> Result<Vec<String>, Error> {
    let text = "SELECT period FROM review WHERE district = ? AND rule = ? AND version = ? \
                UNION SELECT period FROM revision WHERE district = ? AND rule = ? AND version = ? ORDER BY period";
    let one: [Value; 3] = [
        district.id().into(),
        id.rule.clone().into(),
        id.version.to_string().into(),
    ];
    let rows = all(db, text, [one.clone(), one].concat()).await?;
    rows.iter()
        .map(|row| Ok(row.try_get("", "period")?))
        .collect()
}

/// The latest review whose facts are fixed.
pub async fn last_frozen(
    db: &impl ConnectionTrait,
    district: &District,
) -> Result<Option<Review>, Error> {
    let text = format!(
        "SELECT {COLUMNS} FROM review WHERE district = ? AND state <> ? ORDER BY end_at DESC, period DESC LIMIT 1"
    );
    let values = vec![district.id().into(), (ReviewState::Open as i64).into()];
    let row = one(db, &text, values).await?;
    row.map(|row| read(&row)).transpose()
}

/// Moves a review on, with the words of its failure where it is one.
pub async fn set_state(
    db: &impl ConnectionTrait,
    district: &District,
    period: Period,
    state: ReviewState,
    error: &str,
) -> Result<(), Error> {
    let text = "UPDATE review SET state = ?, error = ? WHERE district = ? AND period = ?";
    let values: Vec<Value> = vec![
        (state as i64).into(),
        error.into(),
        district.id().into(),
        period.to_string().into(),
    ];
    run(db, text, values).await?;
    Ok(())
}

/// Writes areas as people know them, in the place of those that are there.
pub async fn write_areas(
    db: &impl ConnectionTrait,
    district: &District,
    period: Period,
    areas: &[ReviewedArea],
) -> Result<(), Error> {
    for some in areas.chunks(ROWS_AT_ONCE) {
        let text = format!(
            "INSERT INTO review_area (district, period, code, level, peer_group, parent, display_name) VALUES {} \
             ON CONFLICT (district, period, code) DO UPDATE SET level = excluded.level, \
             peer_group = excluded.peer_group, parent = excluded.parent, display_name = excluded.display_name",
            places(some.len(), 7)
        );
        let values = some.iter().flat_map(|area| -> [Value; 7] {
            [
                district.id().into(),
                period.to_string().into(),
                area.code.clone().into(),
                i64::from(area.level).into(),
                area.peer_group.clone().into(),
                area.parent.clone().into(),
                area.display_name.clone().into(),
            ]
        });
        run(db, &text, values.collect()).await?;
    }
    Ok(())
}

/// Every area of a frozen period, by code.
pub async fn areas(
    db: &impl ConnectionTrait,
    district: &District,
    period: Period,
) -> Result<Vec<ReviewedArea>, Error> {
    let text = "SELECT code, level, peer_group, parent, display_name FROM review_area \
                WHERE district = ? AND period = ? ORDER BY code";
    let rows = all(
        db,
        text,
        vec![district.id().into(), period.to_string().into()],
    )
    .await?;
    rows.iter()
        .map(|row| {
            let level: i64 = row.try_get("", "level")?;
            Ok(ReviewedArea {
                code: row.try_get("", "code")?,
                level: u8::try_from(level).map_err(Error::internal)?,
                peer_group: row.try_get("", "peer_group")?,
                parent: row.try_get("", "parent")?,
                display_name: row.try_get("", "display_name")?,
            })
        })
        .collect()
}

fn read(row: &QueryResult) -> Result<Review, Error> {
    let number: i64 = row.try_get("", "state")?;
    let state = i32::try_from(number)
        .ok()
        .and_then(ReviewState::from_number);
    Ok(Review {
        period: period(&row.try_get::<String>("", "period")?)?,
        state: state
            .ok_or_else(|| Error::internal(format!("a review is stored in state {number}")))?,
        start_at: row.try_get("", "start_at")?,
        end_at: row.try_get("", "end_at")?,
        created_at: row.try_get("", "created_at")?,
        frozen: read_frozen(row)?,
        error: row.try_get("", "error")?,
    })
}

fn read_frozen(row: &QueryResult) -> Result<Option<Frozen>, Error> {
    let facts = digest(row.try_get("", "facts_sha256")?)?;
    let (Some(facts_sha256), Some(rule)) = (facts, read_pinned(row)?) else {
        return Ok(None);
    };
    let rounds: Option<Vec<u8>> = row.try_get("", "rounds_sha256")?;
    Ok(Some(Frozen {
        rule,
        areas: row.try_get("", "areas")?,
        issues_outside: row.try_get("", "issues_outside")?,
        facts_sha256,
        rounds_sha256: digest(rounds.unwrap_or_default())?,
        watermark: row.try_get("", "watermark")?,
        frozen_at: row.try_get::<Option<i64>>("", "frozen_at")?.unwrap_or(0),
    }))
}

/// The rule of a row of reviews or revisions.
pub(super) fn read_pinned(row: &QueryResult) -> Result<Option<Pinned>, Error> {
    let (rule, version): (String, String) = (row.try_get("", "rule")?, row.try_get("", "version")?);
    let sha256 = digest(row.try_get("", "rule_sha256")?)?;
    let id = VersionId::parse(&rule, &version);
    let parameters: String = row.try_get("", "parameters")?;
    let pinned = sha256.zip(id);
    Ok(pinned.map(|(sha256, id)| Pinned {
        id,
        sha256,
        parameters: read_parameters(&parameters),
    }))
}
