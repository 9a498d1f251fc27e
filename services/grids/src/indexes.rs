//! The index of each district that is asked for, kept in step with the store: an index is made again once the district's
//! generation has moved past it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::ToSpan;
use tidyward_kit::{caller::District, db::Db, error::Error, period};

use crate::{
    area::{History, Level},
    boundary::Boundary,
    district::DistrictProfile,
    locate::{Index, IndexedArea, IndexedVersion},
    store,
};

/// Districts whose index is kept. The one that nobody asked for longest goes first.
const MOST_KEPT: usize = 64;

/// Indexes by district; clones share them.
#[derive(Clone)]
pub struct Indexes {
    db: Db,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    places: HashMap<String, Place>,
    asked: u64,
}

struct Place {
    last_asked: u64,
    made: Arc<tokio::sync::Mutex<Option<Made>>>,
}

struct Made {
    generation: i64,
    index: Arc<Index>,
}

impl Indexes {
    pub fn new(db: Db) -> Indexes {
        Indexes {
            db,
            kept: Arc::default(),
        }
    }

    /// The index of the district as it was when the profile was read, or later. Whoever asks while it is being made
    /// waits for it.
    pub async fn of(
        &self,
        district: &District,
        profile: &DistrictProfile,
    ) -> Result<Arc<Index>, Error> {
        let place = self.place(district.id());
        let mut made = place.lock().await;
        if let Some(made) = made
            .as_ref()
            .filter(|made| made.generation >= profile.generation)
        {
            return Ok(made.index.clone());
        }
        // Rows are read after the generation, so they are never older than it says.
        let histories = store::area::every_history(self.db.read(), district).await?;
        let zone = profile.zone.clone();
        let build = move || {
            let area = |(code, history)| indexed(code, history, &zone);
            let areas: Result<Vec<IndexedArea>, Error> = histories.into_iter().map(area).collect();
            areas.map(Index::new)
        };
        let index = Arc::new(
            tokio::task::spawn_blocking(build)
                .await
                .map_err(Error::internal)??,
        );
        *made = Some(Made {
            generation: profile.generation,
            index: index.clone(),
        });
        Ok(index)
    }

    fn place(&self, district: &str) -> Arc<tokio::sync::Mutex<Option<Made>>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.asked += 1;
        let last_asked = kept.asked;
        if !kept.places.contains_key(district) && kept.places.len() >= MOST_KEPT {
            let oldest = kept.places.iter().min_by_key(|place| place.1.last_asked);
            let oldest = oldest.map(|place| place.0.clone());
            oldest.and_then(|oldest| kept.places.remove(&oldest));
        }
        let fresh = || Place {
            last_asked,
            made: Arc::default(),
        };
        let place = kept.places.entry(district.to_owned()).or_insert_with(fresh);
        place.last_asked = last_asked;
        place.made.clone()
    }
}

fn indexed(
    code: String,
    history: History,
    zone: &jiff::tz::TimeZone,
) -> Result<IndexedArea, Error> {
    let mut versions = Vec::with_capacity(history.versions.len() + 1);
    for version in history.versions {
        let text = version.boundary.filter(|_| history.level == Level::Grid);
        let boundary = text.map(|text| {
            let read = Boundary::from_text(&text);
            read.ok_or_else(|| Error::internal(format!("the boundary of {code} cannot be read")))
        });
        versions.push(IndexedVersion {
            from: period::midnight(version.valid_from, zone).as_microsecond(),
            parent: version.parent,
            boundary: boundary
                .transpose()?
                .map(|boundary| boundary.shape().clone()),
        });
    }
    // From its end on an area is nothing.
    versions.extend(history.exists_until.map(|last| IndexedVersion {
        from: period::midnight(last.saturating_add(1.day()), zone).as_microsecond(),
        parent: None,
        boundary: None,
    }));
    Ok(IndexedArea { code, versions })
}
