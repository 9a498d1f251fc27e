//! Areas made and changed by hand, one at a time.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use tidyward_kit::{
    Violations,
    caller::{Caller, District as Key},
    error::{Error, Reason},
    etag, mask,
    request::Once,
};
use tidyward_proto::v1::{Area, CreateAreaRequest, UpdateAreaRequest};

use super::{area::render, draft};
use crate::{
    Grids,
    area::{History, Kind, Level, check_code},
    change::{self, Asked, Draft, PATHS},
    district::{self, DistrictProfile},
    plan::AreaWrite,
    store::{self, area::Boundaries},
};

/// How often a change is reckoned again because another changed the district's areas meanwhile.
const TRIES: usize = 20;
/// Levels above an area at most.
const ABOVE: usize = 2;
/// The longest code of an area that is made by hand, in characters.
const LONGEST_CODE: usize = 64;

type Histories = BTreeMap<String, History>;

/// What is asked of one area, once its fields are read.
struct Wanted {
    code: String,
    paths: Vec<&'static str>,
    draft: Draft,
    valid_from: Date,
}

impl Grids {
    pub(super) async fn area_create(
        &self,
        caller: &Caller,
        request: CreateAreaRequest,
    ) -> Result<Area, Error> {
        let parent = request.parent.clone();
        let (district, profile) = self.profile(caller, "parent", &parent).await?;
        let mut violations = Violations::default();
        let id = request.request_id.as_str();
        let once = self.once("CreateArea", caller, &district, &request, id);
        let once = violations.take(once);
        if let Some(answer) = self.answered(once.as_ref()).await? {
            return Ok(answer);
        }
        let code = request.area_id;
        check_area_id(&mut violations, &code);
        let area = request.area.unwrap_or_default();
        let level = level_of(&mut violations, &area);
        let valid_from = self.first_day(&mut violations, &profile, &area.exists_from);
        let paths: Vec<&str> = PATHS
            .into_iter()
            .filter(|path| *path != "exists_until")
            .collect();
        let draft = draft::parse(&mut violations, &district, area, &paths).await?;
        let wanted = Wanted {
            code,
            paths,
            draft,
            valid_from,
        };
        for _ in 0..TRIES {
            let generation = self.known(&district, &parent).await?.generation;
            let asked = self.asked(&wanted, &profile);
            let above = self.lineage(&district, wanted.draft.parent.clone()).await?;
            check_reach(&mut violations, caller, &wanted, &above);
            let history = change::create(&mut violations, asked, level, &above);
            std::mem::take(&mut violations).into_result()?;
            let one = BTreeSet::from([wanted.code.clone()]);
            let read = self.db.read();
            if !store::area::histories(read, &district, &one, Boundaries::Left)
                .await?
                .is_empty()
            {
                let name = district.child("areas", &wanted.code);
                let words = format!("`{name}` exists already; change it, or use another code");
                return Err(Error::new(Reason::AlreadyExists, words));
            }
            let none = History {
                versions: Vec::new(),
                ..history.clone()
            };
            let put = self.put(
                once.clone(),
                &district,
                generation,
                &wanted.code,
                &none,
                &history,
            );
            if let Some(answer) = put.await? {
                return Ok(answer);
            }
        }
        Err(overtaken())
    }

    pub(super) async fn area_update(
        &self,
        caller: &Caller,
        request: UpdateAreaRequest,
    ) -> Result<Area, Error> {
        let asked_area = request.area.clone().unwrap_or_default();
        let name = asked_area.name.clone();
        let (district, [_, code]) =
            caller.resource::<2>("districts/{}/areas/{}", "area.name", &name)?;
        let profile = self.known(&district, &name).await?;
        self.own_history(caller, &district, &code, &name).await?;
        let mut violations = Violations::default();
        let id = request.request_id.as_str();
        let once = self.once("UpdateArea", caller, &district, &request, id);
        let once = violations.take(once);
        if let Some(answer) = self.answered(once.as_ref()).await? {
            return Ok(answer);
        }
        let sent_etag = asked_area.etag.clone();
        let paths = mask::paths(request.update_mask.as_ref(), &PATHS);
        let paths = violations.take(paths).unwrap_or_default();
        let valid_from = self.day(&mut violations, &profile, "valid_from", &request.valid_from);
        let draft = draft::parse(&mut violations, &district, asked_area, &paths).await?;
        let wanted = Wanted {
            code,
            paths,
            draft,
            valid_from,
        };
        for _ in 0..TRIES {
            let generation = self.known(&district, &name).await?.generation;
            let history = self
                .own_history(caller, &district, &wanted.code, &name)
                .await?;
            if violations.is_empty()
                && let Some(last) = history.versions.last()
            {
                etag::check(&sent_etag, &history.area(&wanted.code, last).etag())?;
            }
            let others = self.others(&district, &wanted, &history).await?;
            if wanted.paths.contains(&"parent") {
                check_reach(&mut violations, caller, &wanted, &others);
            }
            let asked = self.asked(&wanted, &profile);
            let changed = change::update(&mut violations, asked, &history, &others);
            std::mem::take(&mut violations).into_result()?;
            let put = self.put(
                once.clone(),
                &district,
                generation,
                &wanted.code,
                &history,
                &changed,
            );
            if let Some(answer) = put.await? {
                return Ok(answer);
            }
        }
        Err(overtaken())
    }

    fn once<R: prost::Message>(
        &self,
        method: &'static str,
        caller: &Caller,
        district: &Key,
        request: &R,
        id: &str,
    ) -> Result<Once, Error> {
        let now = self.clock.now();
        Once::new(
            store::PREFIX,
            method,
            caller,
            Some(district),
            request,
            id,
            now,
        )
    }

    async fn answered(&self, once: Option<&Once>) -> Result<Option<Area>, Error> {
        match once {
            Some(once) => once.answered(&self.db).await,
            None => Ok(None),
        }
    }

    fn asked<'w>(&self, wanted: &'w Wanted, profile: &DistrictProfile) -> Asked<'w> {
        Asked {
            code: &wanted.code,
            paths: &wanted.paths,
            draft: &wanted.draft,
            valid_from: wanted.valid_from,
            today: profile.day_of(self.clock.now()),
        }
    }

    /// Today where no day is given; not before the district's records begin.
    fn first_day(
        &self,
        violations: &mut Violations,
        profile: &DistrictProfile,
        text: &str,
    ) -> Date {
        let day = self.day(violations, profile, "area.exists_from", text);
        let words = format!(
            "must not be before {}, when the district's records begin",
            profile.start_date
        );
        violations.require(day >= profile.start_date, "area.exists_from", &words);
        day
    }

    /// The area with all that it has been, where the caller may change it.
    async fn own_history(
        &self,
        caller: &Caller,
        district: &Key,
        code: &str,
        name: &str,
    ) -> Result<History, Error> {
        let above = self.lineage(district, Some(code.to_owned())).await?;
        if !reaches(caller, code, &above) {
            return Err(Error::not_found(name));
        }
        let one = BTreeSet::from([code.to_owned()]);
        let read = self.db.read();
        let mut found = store::area::histories(read, district, &one, Boundaries::Read).await?;
        found.remove(code).ok_or_else(|| Error::not_found(name))
    }

    /// The area and those above it, as their last versions have it. Nothing of an area that is not there.
    async fn lineage(&self, district: &Key, code: Option<String>) -> Result<Histories, Error> {
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
    async fn others(
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
    async fn put(
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
        let writes: std::sync::Arc<[AreaWrite]> = write.into_iter().collect();
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

    fn day(
        &self,
        violations: &mut Violations,
        profile: &DistrictProfile,
        field: &str,
        text: &str,
    ) -> Date {
        let today = profile.day_of(self.clock.now());
        if text.is_empty() {
            return today;
        }
        district::day(text).unwrap_or_else(|| {
            let words = "must be a day from 1900 to 2200 like `2026-01-31`, or empty for today";
            violations.add(field, words);
            today
        })
    }
}

fn check_area_id(violations: &mut Violations, code: &str) {
    let length = code.chars().count();
    if !(1..=LONGEST_CODE).contains(&length) {
        let words = format!("must be 1 to {LONGEST_CODE} characters, not {length}");
        violations.add("area_id", words);
    } else if let Err(refusal) = check_code(code) {
        violations.add("area_id", refusal.words);
    }
}

/// The level and the kind of an area to make. Where one is wrong, what is given is told and not used.
fn level_of(violations: &mut Violations, area: &Area) -> (Level, Option<Kind>) {
    let level = Level::from_number(area.level);
    let words = "must be SUBDISTRICT, COMMUNITY or GRID";
    violations.require(level.is_some(), "area.level", words);
    let kind = Kind::from_number(area.kind);
    let known = area.kind == 0 || kind.is_some();
    violations.require(known, "area.kind", "must be UNIT or DUTY, or left out");
    let only_grids = kind.is_none() || level.is_none_or(|level| level == Level::Grid);
    violations.require(
        only_grids,
        "area.kind",
        "only grids have a kind; leave it out",
    );
    (level.unwrap_or(Level::Grid), kind)
}

/// A caller who works in some areas alone puts an area nowhere else.
fn check_reach(violations: &mut Violations, caller: &Caller, wanted: &Wanted, above: &Histories) {
    let parent = wanted.draft.parent.as_deref();
    let good =
        caller.areas.is_empty() || parent.is_some_and(|parent| reaches(caller, parent, above));
    let words =
        "must be one of your areas or below one; choose another, or ask an admin of the district";
    violations.require(good, "area.parent", words);
}

/// Whether the area is one of the caller's or below one.
fn reaches(caller: &Caller, code: &str, lineage: &Histories) -> bool {
    if caller.areas.is_empty() {
        return true;
    }
    let parent = |code: &&str| lineage.get(*code)?.versions.last()?.parent.as_deref();
    std::iter::successors(Some(code), parent)
        .take(ABOVE + 1)
        .any(|code| caller.areas.iter().any(|own| own == code))
}

fn overtaken() -> Error {
    let words = "others kept changing the district's areas; make the change again";
    Error::new(Reason::ChangedMeanwhile, words)
}
