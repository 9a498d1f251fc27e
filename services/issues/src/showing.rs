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
/// Issues or posts that are looked at at once for whether one of them may be seen.
const LOOKED_AT: usize = 100;

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
            uploads: Uploads::new(db, store::evidence::PREFIX, clock, evidence::LARGEST)
                .limited(evidence::QUOTA),
            originals: objects.room(ORIGINALS),
            thumbnails: objects.room(THUMBNAILS),
            turns: Semaphore::new(TURNS),
        }
    }
}

impl Issues {
    /// The evidence, where the caller uploaded it or sees an issue or a post that uses it.
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
        let seen = store::evidence::is_uploader(&self.db, district, sha256, subject).await?
            || self.seen_by_issue(caller, district, sha256).await?
            || self.seen_by_post(caller, district, sha256).await?;
        Ok(seen.then_some(evidence))
    }

    /// Whether the caller sees an issue that uses it.
    async fn seen_by_issue(
        &self,
        caller: &Caller,
        district: &District,
        sha256: &str,
    ) -> Result<bool, Error> {
        let mut after = Uuid::nil();
        loop {
            let (db, most) = (&self.db, LOOKED_AT);
            let issues = store::evidence::issues_using(db, district, sha256, after, most).await?;
            for id in &issues {
                let found = store::issue::find(db, district, *id).await?;
                if let Some(found) = found
                    && self.issue_seen(caller, district, &found).await?
                {
                    return Ok(true);
                }
            }
            match issues.last() {
                Some(last) if issues.len() == LOOKED_AT => after = *last,
                _ => return Ok(false),
            }
        }
    }

    /// Whether the caller sees a post that uses it.
    async fn seen_by_post(
        &self,
        caller: &Caller,
        district: &District,
        sha256: &str,
    ) -> Result<bool, Error> {
        let mut after = Uuid::nil();
        loop {
            let (db, most) = (&self.db, LOOKED_AT);
            let posts = store::post::showing(db, district, sha256, after, most).await?;
            if posts.iter().any(|post| post.visible(caller)) {
                return Ok(true);
            }
            match posts.last() {
                Some(last) if posts.len() == LOOKED_AT => after = last.id,
                _ => return Ok(false),
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
            let name = &used.evidence;
            let found = self.evidence_to_show(caller, district, &mut violations, field, name);
            let Some(evidence) = found.await? else {
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

    /// What a post is shown by, by SHA-256: every name that is wrong is noted.
    pub(crate) async fn evidence_named(
        &self,
        caller: &Caller,
        district: &District,
        violations: &mut Violations,
        field: &str,
        names: &[String],
    ) -> Result<Vec<String>, Error> {
        if names.len() > evidence::MOST_USES {
            let most = evidence::MOST_USES;
            violations.add(
                field,
                format!("at most {most}; choose those that show it best"),
            );
            return Ok(Vec::new());
        }
        let mut shown: Vec<String> = Vec::with_capacity(names.len());
        for (index, name) in names.iter().enumerate() {
            let field = format!("{field}[{index}]");
            if names[..index].contains(name) {
                violations.add(field, "is there twice; name it once");
                continue;
            }
            let found = self.evidence_to_show(caller, district, violations, field, name);
            if let Some(evidence) = found.await? {
                let sha256 = evidence.name.rsplit('/').next().unwrap_or_default();
                shown.push(sha256.to_owned());
            }
        }
        Ok(shown)
    }

    /// The evidence of the name, where the caller may show it; else the field is noted as wrong.
    async fn evidence_to_show(
        &self,
        caller: &Caller,
        district: &District,
        violations: &mut Violations,
        field: String,
        name: &str,
    ) -> Result<Option<Evidence>, Error> {
        let ids = name::take::<2>("districts/{}/evidence/{}", &field, name);
        let Some([own, sha256]) = violations.take(ids) else {
            return Ok(None);
        };
        let seen = match own == district.id() {
            true => self.evidence_seen(caller, district, &sha256).await?,
            false => None,
        };
        if seen.is_none() {
            let words = "does not exist or is not yours to see; upload it first";
            violations.add(field, words);
        }
        Ok(seen)
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
