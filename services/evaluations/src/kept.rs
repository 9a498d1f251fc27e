//! What is read again and again is kept in memory for a while: frozen facts and manifests by their digests, which never
//! change, and the facts of an open period while a client turns the pages of their list.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use tidyward_kit::{Error, caller::District, period::Period};
use tidyward_rules::manifest::Manifest;
use uuid::Uuid;

use crate::{
    House, codec::Malformed, facts::PeriodFacts, review::Frozen, rounds::PeriodRounds, rule,
};

/// How many of each are kept. The facts of a large city take some ten MiB.
const MOST_FACTS: usize = 4;
const MOST_MANIFESTS: usize = 32;

/// A list of the latest, the last used first.
struct Latest<K, V> {
    most: usize,
    entries: Mutex<VecDeque<(K, V)>>,
}

impl<K: PartialEq, V: Clone> Latest<K, V> {
    fn new(most: usize) -> Latest<K, V> {
        Latest {
            most,
            entries: Mutex::default(),
        }
    }

    fn get(&self, key: &K) -> Option<V> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let place = entries.iter().position(|(one, _)| one == key)?;
        let entry = entries.remove(place)?;
        let value = entry.1.clone();
        entries.push_front(entry);
        Some(value)
    }

    fn put(&self, key: K, value: V) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|(one, _)| *one != key);
        entries.push_front((key, value));
        entries.truncate(self.most);
    }
}

/// What is kept.
pub struct Kept {
    frozen: Latest<[u8; 32], Arc<PeriodFacts>>,
    live: Latest<(District, Period), Arc<PeriodFacts>>,
    rounds: Latest<[u8; 32], Arc<RoundsByRow>>,
    manifests: Latest<[u8; 32], Arc<Manifest>>,
}

impl Default for Kept {
    fn default() -> Kept {
        Kept {
            frozen: Latest::new(MOST_FACTS),
            live: Latest::new(MOST_FACTS),
            rounds: Latest::new(MOST_FACTS),
            manifests: Latest::new(MOST_MANIFESTS),
        }
    }
}

impl Kept {
    /// What was collected for the first page of a list.
    pub fn live(&self, district: &District, period: Period) -> Option<Arc<PeriodFacts>> {
        self.live.get(&(district.clone(), period))
    }

    pub fn keep_live(&self, district: &District, period: Period, facts: Arc<PeriodFacts>) {
        self.live.put((district.clone(), period), facts);
    }
}

/// The frozen facts of a digest.
pub async fn facts(
    house: &House,
    district: &District,
    digest: [u8; 32],
) -> Result<Arc<PeriodFacts>, Error> {
    if let Some(facts) = house.kept.frozen.get(&digest) {
        return Ok(facts);
    }
    let bytes = house.objects.get(district.id(), &digest).await?;
    let decoded = tokio::task::spawn_blocking(move || PeriodFacts::decode(&bytes)).await;
    let facts = Arc::new(decoded.map_err(Error::internal)?.map_err(Error::internal)?);
    house.kept.frozen.put(digest, facts.clone());
    Ok(facts)
}

/// The rounds of a period with those of each row, for notes that point at them.
pub struct RoundsByRow {
    facts: Arc<PeriodFacts>,
    rounds: PeriodRounds,
    by_row: Vec<Vec<u32>>,
}

impl RoundsByRow {
    /// The issue of an area's round with this index.
    pub fn issue(&self, code: &str, index: u32) -> Option<Uuid> {
        let round = self.by_row[self.facts.row(code)?].get(index as usize)?;
        Some(self.rounds.rounds[*round as usize].issue)
    }
}

/// The frozen rounds of a review, each row's own; nothing where none were frozen.
pub async fn rounds_by_row(
    house: &House,
    district: &District,
    frozen: &Frozen,
) -> Result<Option<Arc<RoundsByRow>>, Error> {
    let Some(digest) = frozen.rounds_sha256 else {
        return Ok(None);
    };
    if let Some(rounds) = house.kept.rounds.get(&digest) {
        return Ok(Some(rounds));
    }
    let facts = facts(house, district, frozen.facts_sha256).await?;
    let bytes = house.objects.get(district.id(), &digest).await?;
    let decoding = tokio::task::spawn_blocking(move || {
        let rounds = PeriodRounds::decode(&bytes, &facts)?;
        let by_row = rounds.by_row(&facts);
        Ok::<_, Malformed>(RoundsByRow {
            facts,
            rounds,
            by_row,
        })
    });
    let decoded = decoding.await.map_err(Error::internal)?;
    let rounds = Arc::new(decoded.map_err(Error::internal)?);
    house.kept.rounds.put(digest, rounds.clone());
    Ok(Some(rounds))
}

/// The canonical bytes of a review's rounds, where the rule asks for its issue table and they are there.
pub async fn rounds(
    house: &House,
    district: &District,
    manifest: &Manifest,
    frozen: &Frozen,
) -> Result<Option<Bytes>, Error> {
    match frozen.rounds_sha256.filter(|_| manifest.issue_table) {
        Some(digest) => house.objects.get(district.id(), &digest).await.map(Some),
        None => Ok(None),
    }
}

/// The manifest of a component that is stored.
pub async fn manifest(
    house: &House,
    district: &District,
    digest: [u8; 32],
) -> Result<Arc<Manifest>, Error> {
    if let Some(manifest) = house.kept.manifests.get(&digest) {
        return Ok(manifest);
    }
    let bytes = house.objects.get(district.id(), &digest).await?;
    let manifest = Arc::new(rule::inspect(&bytes).map_err(Error::internal)?.manifest);
    house.kept.manifests.put(digest, manifest.clone());
    Ok(manifest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_used_goes_first() {
        let latest = Latest::new(2);
        latest.put(1, "one");
        latest.put(2, "two");
        assert_eq!(latest.get(&1), Some("one"));
        latest.put(3, "three");
        assert_eq!(
            (latest.get(&1), latest.get(&2), latest.get(&3)),
            (Some("one"), None, Some("three"))
        );
    }
}
