//! Showing evidence: who may see it, what a report or a move may show, and what is deleted as nothing shows it.

use jiff::{SignedDuration, Timestamp};
use tidyward_kit::{
    Error, Violations,
    caller::{Caller, District},
    db::Db,
    name,
    object::Objects,
    upload::Uploads,
};
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::{
    Issues,
    evidence::{self, Evidence, Media, Shown, Use},
    store::{self, evidence::Key},
};

/// How long evidence is kept that nothing uses, from its last upload on.
pub const GRACE: SignedDuration = SignedDuration::from_hours(24);
/// How long one process has to delete bytes before another may; far more than the store's own time limits.
const CLAIMED: SignedDuration = SignedDuration::from_mins(10);
/// Files that are looked at in one sweep.
const BATCH: usize = 100;
/// Uploads that are made evidence at once: each is in memory, a photo decoded too.
const TURNS: usize = 2;
/// Issues that are looked at at once for whether one of them may be seen.
const ISSUES: usize = 100;

/// Rooms of the store of objects: of what was uploaded, and of the thumbnails made of it.
pub const ORIGINALS: &str = "evidence";
pub const THUMBNAILS: &str = "thumbnails";

/// Where evidence is kept.
pub struct Keeping {
    pub uploads: Uploads,
    pub originals: Objects,
    pub thumbnails: Objects,
    pub turns: Semaphore,
}

impl Keeping {
    pub fn new(db: Db, clock: tidyward_kit::clock::Clock, objects: &Objects) -> Keeping {
        Keeping {
            uploads: Uploads::new(db, store::evidence::PREFIX, clock, evidence::LARGEST),
            originals: objects.room(ORIGINALS),
            thumbnails: objects.room(THUMBNAILS),
            turns: Semaphore::new(TURNS),
        }
    }
}

impl Issues {
    /// The evidence, where the caller uploaded it or sees an issue that uses it.
    pub(crate) async fn evidence_seen(
        &self,
        caller: &Caller,
        district: &District,
        sha256: &str,
    ) -> Result<Option<Evidence>, Error> {
        let key = sha256.to_owned();
        let mut there = store::evidence::read(self.db.read(), district, &[key]).await?;
        let Some(evidence) = there.remove(sha256) else {
            return Ok(None);
        };
        let subject = caller.subject.as_str();
        if store::evidence::is_uploader(&self.db, district, sha256, subject).await? {
            return Ok(Some(evidence));
        }
        let mut after = Uuid::nil();
        loop {
            let (db, most) = (&self.db, ISSUES);
            let issues = store::evidence::issues_using(db, district, sha256, after, most).await?;
            for id in &issues {
                let found = store::issue::find(db, district, *id).await?;
                if let Some(found) = found
                    && self.issue_seen(caller, district, &found).await?
                {
                    return Ok(Some(evidence));
                }
            }
            match issues.last() {
                Some(last) if issues.len() == ISSUES => after = *last,
                _ => return Ok(None),
            }
        }
    }

    /// What a report or a move shows, checked: every field that is wrong is told at once.
    pub(crate) async fn shown(
        &self,
        caller: &Caller,
        district: &District,
        told: &[Use],
        now: Timestamp,
    ) -> Result<Vec<Shown>, Error> {
        let mut violations = Violations::default();
        let uses = evidence::check_uses(&mut violations, told, now);
        let mut shown = Vec::with_capacity(uses.len());
        for (index, used) in uses.into_iter().enumerate() {
            let field = format!("evidence[{index}].evidence");
            let pattern = "districts/{}/evidence/{}";
            let ids = name::take::<2>(pattern, &field, &used.evidence);
            let Some([own, sha256]) = violations.take(ids) else {
                continue;
            };
            let seen = match own == district.id() {
                true => self.evidence_seen(caller, district, &sha256).await?,
                false => None,
            };
            let Some(evidence) = seen else {
                violations.add(
                    field,
                    "does not exist or is not yours to see; upload it first",
                );
                continue;
            };
            let is_photo = evidence.media() == Media::Photo;
            let used = Use {
                exif_position: evidence.exif_position,
                exif_shot_time: evidence.exif_shot_time,
                ..used
            };
            shown.push(Shown::new(used, is_photo));
        }
        violations.into_result()?;
        Ok(shown)
    }

    /// Deletes what nothing has used for the grace time, and what was cut off on its way out. Says how many were deleted.
    pub(crate) async fn evidence_sweep(&self, now: Timestamp) -> Result<usize, Error> {
        let mut gone = 0;
        for key in store::evidence::leaving(&self.db, now, BATCH).await? {
            let claiming = key.clone();
            let claimed = self.db.write(move |transaction| {
                let key = claiming.clone();
                let until = now + CLAIMED;
                Box::pin(async move { store::evidence::claim(transaction, &key, now, until).await })
            });
            gone += self.evidence_delete(key, claimed.await?).await?;
        }
        let since = now - GRACE;
        for key in store::evidence::unused(&self.db, since, BATCH).await? {
            let leaving = key.clone();
            let dismissed = self.db.write(move |transaction| {
                let (key, until) = (leaving.clone(), now + CLAIMED);
                Box::pin(
                    async move { store::evidence::dismiss(transaction, &key, since, until).await },
                )
            });
            gone += self.evidence_delete(key, dismissed.await?).await?;
        }
        Ok(gone)
    }

    /// Deletes the bytes of what has no row any more, where they are the caller's to delete. What fails is tried again when
    /// the claim has passed.
    async fn evidence_delete(&self, key: Key, claimed: bool) -> Result<usize, Error> {
        if !claimed {
            return Ok(0);
        }
        let digest = evidence::digest(&key.sha256)?;
        let Keeping {
            originals,
            thumbnails,
            ..
        } = &*self.evidence;
        originals.delete(&key.district, &digest).await?;
        thumbnails.delete(&key.district, &digest).await?;
        let left = self.db.write(move |transaction| {
            let key = key.clone();
            Box::pin(async move { store::evidence::left(transaction, &key).await })
        });
        left.await.map(|()| 1)
    }
}
