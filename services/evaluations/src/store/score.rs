//! Scores by area, in the order in which people list them.

use sea_orm::{ConnectionTrait, QueryResult, Value};
use tidyward_kit::Error;
use tidyward_rules::{points::ABSENT, score::NO_STARS};

use super::{ROWS_AT_ONCE, all, one, places, revision::Key, run};
use crate::{
    codec::{Reader, Writer},
    rank::{ListKind, Standing},
    scores::{AreaScore, ScoreNote, ScoreRow},
};

const COLUMNS: &str = "code, level, peer_group, order_in_group, display_name, total, place, ranked, stars, list, items, \
                       notes, failure";

/// Where a list goes on: group, order in it, and code of the last score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct After {
    pub peer_group: String,
    pub order: i64,
    pub code: String,
}

/// Removes what an earlier attempt wrote.
pub async fn clear(db: &impl ConnectionTrait, key: &Key) -> Result<(), Error> {
    run(
        db,
        "DELETE FROM score WHERE district = ? AND period = ? AND revision = ?",
        values(key),
    )
    .await?;
    Ok(())
}

pub async fn write(
    db: &impl ConnectionTrait,
    key: &Key,
    scores: &[AreaScore],
) -> Result<(), Error> {
    for some in scores.chunks(ROWS_AT_ONCE) {
        let text = format!(
            "INSERT INTO score (district, period, revision, {COLUMNS}) VALUES {}",
            places(some.len(), 16)
        );
        let all = some.iter().flat_map(|area| {
            let mut row = values(key);
            row.extend(columns(area));
            row
        });
        run(db, &text, all.collect()).await?;
    }
    Ok(())
}

pub async fn find(
    db: &impl ConnectionTrait,
    key: &Key,
    code: &str,
) -> Result<Option<AreaScore>, Error> {
    let text = format!(
        "SELECT {COLUMNS} FROM score WHERE district = ? AND period = ? AND revision = ? AND code = ?"
    );
    let mut all = values(key);
    all.push(code.into());
    one(db, &text, all).await?.map(|row| read(&row)).transpose()
}

/// At most so many scores of a level, by peer group, place and code, the unranked last.
pub async fn list(
    db: &impl ConnectionTrait,
    key: &Key,
    level: u8,
    after: Option<After>,
    most: usize,
) -> Result<Vec<AreaScore>, Error> {
    let mut text = format!(
        "SELECT {COLUMNS} FROM score WHERE district = ? AND period = ? AND revision = ? AND level = ?"
    );
    let mut bound = values(key);
    bound.push(i64::from(level).into());
    if let Some(after) = after {
        text.push_str(" AND (peer_group, order_in_group, code) > (?, ?, ?)");
        bound.extend([
            after.peer_group.into(),
            after.order.into(),
            after.code.into(),
        ]);
    }
    text.push_str(" ORDER BY peer_group, order_in_group, code LIMIT ?");
    bound.push((most as i64).into());
    all(db, &text, bound).await?.iter().map(read).collect()
}

fn values(key: &Key) -> Vec<Value> {
    vec![
        key.district.id().into(),
        key.period.to_string().into(),
        key.number.into(),
    ]
}

fn columns(area: &AreaScore) -> Vec<Value> {
    let score = &area.score;
    let (mut items, mut notes) = (Writer::default(), Writer::default());
    for item in &score.items {
        items.i64(*item);
    }
    for note in &score.notes {
        notes.u32(note.criterion);
        notes.u32(note.message);
        notes.i64(note.value);
        notes.u32(note.issue.unwrap_or(u32::MAX));
    }
    vec![
        area.code.clone().into(),
        i64::from(area.level).into(),
        area.peer_group.clone().into(),
        area.order().into(),
        area.display_name.clone().into(),
        Some(score.total).filter(|total| *total != ABSENT).into(),
        score.standing.place.map(i64::from).into(),
        i64::from(score.standing.ranked).into(),
        Some(score.stars)
            .filter(|stars| *stars != NO_STARS)
            .map(i64::from)
            .into(),
        (score.standing.list as i64).into(),
        items.finish().into(),
        notes.finish().into(),
        score.failure.clone().unwrap_or_default().into(),
    ]
}

fn read(row: &QueryResult) -> Result<AreaScore, Error> {
    let small = |number: i64| u8::try_from(number).map_err(Error::internal);
    let large = |number: i64| u32::try_from(number).map_err(Error::internal);
    let place: Option<i64> = row.try_get("", "place")?;
    let stars: Option<i64> = row.try_get("", "stars")?;
    let failure: String = row.try_get("", "failure")?;
    let standing = Standing {
        place: place.map(large).transpose()?,
        ranked: large(row.try_get("", "ranked")?)?,
        list: match row.try_get::<i64>("", "list")? {
            1 => ListKind::Red,
            2 => ListKind::Black,
            _ => ListKind::Neither,
        },
    };
    let score = ScoreRow {
        failure: Some(failure).filter(|failure| !failure.is_empty()),
        items: items(row.try_get("", "items")?),
        total: row.try_get::<Option<i64>>("", "total")?.unwrap_or(ABSENT),
        stars: stars.map(small).transpose()?.unwrap_or(NO_STARS),
        notes: notes(row.try_get("", "notes")?).map_err(Error::internal)?,
        standing,
    };
    Ok(AreaScore {
        code: row.try_get("", "code")?,
        level: small(row.try_get("", "level")?)?,
        peer_group: row.try_get("", "peer_group")?,
        display_name: row.try_get("", "display_name")?,
        score,
    })
}

fn items(bytes: Vec<u8>) -> Vec<i64> {
    let (whole, _) = bytes.as_chunks::<8>();
    whole
        .iter()
        .map(|bytes| i64::from_le_bytes(*bytes))
        .collect()
}

fn notes(bytes: Vec<u8>) -> Result<Vec<ScoreNote>, crate::codec::Malformed> {
    let mut reader = Reader::new("the notes of a score", &bytes);
    let mut notes = Vec::new();
    for _ in 0..bytes.len() / 20 {
        notes.push(ScoreNote {
            criterion: reader.u32()?,
            message: reader.u32()?,
            value: reader.i64()?,
            issue: Some(reader.u32()?).filter(|issue| *issue != u32::MAX),
        });
    }
    reader.end()?;
    Ok(notes)
}
