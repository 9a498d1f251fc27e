//! What a change reads of the store and writes into it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use tidyward_kit::{
    caller::{Caller, District as Key},
    error::{Error, Reason},
    request::Once,
};
use tidyward_proto::v1::Area;

use super::Wanted;
use crate::{
    Grids,
    area::History,
    plan::AreaWrite,
    rpc::area::render,
    store::{self, area::Boundaries},
};

/// Levels above an area at most.
const ABOVE: usize = 2;

pub(super) type Histories = BTreeMap<String, History>;

impl Grids {
    /// The area is there, and the caller may change it.
    pub(super) async fn check_own(
        &self,
        caller: &Caller,
        district: &Key,
        code: &str,
        name: &str,
    ) -> Result<(), Error> {
        let above = self.lineage(district, Some(code.to_owned())).await?;
        if above.contains_key(code) && reaches(caller, code, &above) {
            return Ok(());
        }
        Err(Error::not_found(name))
    }

    /// The area with all that it has been, where the caller may change it.
    pub(super) async fn own_history(
        &self,
        caller: &Caller,
        district: &Key,
        code: &str,
        name: &str,
    ) -> Result<History, Error> {
        self.check_own(caller, district, code, name).await?;
        let one = BTreeSet::from([code.to_owned()]);
        let read = self.db.read();
        let mut found = store::area::histories(read, district, &one, Boundaries::Read).await?;
        found.remove(code).ok_or_else(|| Error::not_found(name))
    }

    /// The area and those above it, as their last versions have it. Nothing of an area that is not there.
    pub(super) async fn lineage(
        &self,
        district: &Key,
        code: Option<String>,
    ) -> Result<Histories, Error> {
        let mut lineage = Histories::new();
        let mut next = code;
        for _ in 0..=ABOVE {
            let Some(code) = next.filter(|code| !lineage.contains_key(code)) else {
                break;
            };
            let one = BTreeSet::from([code.clone()]);
            let read = self.db.read();
            let found = store::area::histories(read, district, &one, Boundaries::Left).await?;
            let last = found.get(&code).and_then(|history| history.versions.last());
            next = last.and_then(|last| last.parent.clone());
            lineage.extend(found);
        }
        Ok(lineage)
    }

    /// Whom a change of the area concerns: the parent that it would have with those above, and, where it ends, all that
    /// ever were below.
    pub(super) async fn others(
        &self,
        district: &Key,
        wanted: &Wanted,
        history: &History,
    ) -> Result<Histories, Error> {
        let parent = if wanted.paths.contains(&"parent") {
            wanted.draft.parent.clone()
        } else {
            history.versions.last().and_then(|last| last.parent.clone())
        };
        let mut others = self.lineage(district, parent).await?;
        if wanted.draft.exists_until.is_some() {
            let read = self.db.read();
            let below = store::area::ever_below(read, district, &wanted.code).await?;
            others.extend(store::area::histories(read, district, &below, Boundaries::Left).await?);
        }
        Ok(others)
    }

    /// Writes what the change adds. Nothing where somebody else changed the district's areas since the generation.
    pub(super) async fn put(
        &self,
        once: Option<Once>,
        district: &Key,
        generation: i64,
        code: &str,
        before: &History,
        after: &History,
    ) -> Result<Option<Area>, Error> {
        let (Some(once), Some(last)) = (once, after.versions.last()) else {
            return Err(Error::internal("a change without a version or a request"));
        };
        let mut shown = after.area(code, last);
        shown.version.boundary = None;
        let answer = render(district, shown);
        let write = (after.versions.len() > before.versions.len()).then(|| AreaWrite {
            code: code.to_owned(),
            level: after.level,
            kind: after.kind,
            is_first: before.versions.is_empty(),
            version: last.clone(),
            lines: Vec::new(),
        });
        let writes: Arc<[AreaWrite]> = write.into_iter().collect();
        let end = (before.exists_until != after.exists_until).then_some(after.exists_until);
        let (district, code) = (district.clone(), code.to_owned());
        let wrote = once.write(&self.db, move |transaction| {
            let (writes, answer) = (writes.clone(), answer.clone());
            let (district, code) = (district.clone(), code.clone());
            Box::pin(async move {
                if writes.is_empty() && end.is_none() {
                    return Ok(answer);
                }
                if !store::district::step(transaction, &district, generation).await? {
                    return Err(overtaken());
                }
                store::area::insert(transaction, &district, &writes).await?;
                if let Some(end) = end {
                    store::area::set_end(transaction, &district, &code, end).await?;
                }
                Ok(answer)
            })
        });
        match wrote.await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.reason == Reason::ChangedMeanwhile => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Whether the area is one of the caller's or below one.
pub(super) fn reaches(caller: &Caller, code: &str, lineage: &Histories) -> bool {
    if caller.areas.is_empty() {
        return true;
    }
    let parent = |code: &&str| lineage.get(*code)?.versions.last()?.parent.as_deref();
    std::iter::successors(Some(code), parent)
        .take(ABOVE + 1)
        .any(|code| caller.areas.iter().any(|own| own == code))
}

pub(super) fn overtaken() -> Error {
    let words = "others kept changing the district's areas; make the change again";
    Error::new(Reason::ChangedMeanwhile, words)
}
