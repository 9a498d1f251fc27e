//! Areas made and changed by hand, one at a time.

mod stored;

use jiff::civil::Date;
use tidyward_kit::{
    Violations,
    caller::Caller,
    error::{Error, Reason},
    etag, mask,
};
use tidyward_proto::v1::{Area, CreateAreaRequest, UpdateAreaRequest};

use super::draft;
use crate::{
    Grids,
    area::{History, Kind, Level, check_code},
    change::{self, Asked, Draft, PATHS},
    district::{self, DistrictProfile},
};
use stored::{Histories, overtaken, reaches};

/// How often a change is reckoned again because another changed the district's areas meanwhile.
const TRIES: usize = 20;
/// The longest code of an area that is made by hand, in characters.
const LONGEST_CODE: usize = 64;

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
            let standing = self.lineage(&district, Some(wanted.code.clone())).await?;
            if !standing.is_empty() {
                return Err(taken(&district.child("areas", &wanted.code)));
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
        self.check_own(caller, &district, &code, &name).await?;
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

fn taken(name: &str) -> Error {
    let words = format!("`{name}` exists already; change it, or use another code");
    Error::new(Reason::AlreadyExists, words)
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
