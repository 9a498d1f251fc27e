//! Suspensions of areas: made once, ended once.

use jiff::Timestamp;
use tidyward_kit::{
    Error, Reason, Violations,
    caller::{Caller, District},
    clock,
    page::Page,
    request::Once,
};
use tidyward_proto::v1::{
    AreaSuspension, CreateAreaSuspensionRequest, EndAreaSuspensionRequest,
    GetAreaSuspensionRequest, ListAreaSuspensionsRequest, ListAreaSuspensionsResponse,
};
use uuid::Uuid;

use super::calendar::stale;
use crate::{
    Issues,
    rereckon::Cause,
    store::{self, rereckon::Which},
    suspension::{self, Suspension},
};

const PATTERN: &str = "districts/{}/areaSuspensions/{}";

impl Issues {
    pub(super) async fn suspension_create(
        &self,
        caller: &Caller,
        request: CreateAreaSuspensionRequest,
    ) -> Result<AreaSuspension, Error> {
        let district = caller.district("parent", &request.parent)?;
        self.territory.calendar(&district).await?;
        let now = self.clock.now();
        let id = request.request_id.as_str();
        let method = "CreateAreaSuspension";
        let once = Once::new(
            store::PREFIX,
            method,
            caller,
            Some(&district),
            &request,
            id,
            now,
        )?;
        if let Some(before) = once.answered::<AreaSuspension>(&self.db).await? {
            self.reckon_named(&district, caller, &before, now).await?;
            return Ok(before);
        }
        let made = self
            .suspension_checked(caller, &district, &request, now)
            .await?;
        let own = district.clone();
        let answer = once
            .write(&self.db, move |transaction| {
                let (district, made) = (own.clone(), made.clone());
                Box::pin(async move {
                    store::calendar::lock(transaction, &district).await?;
                    let open = store::suspension::ending_after(transaction, &district, now).await?;
                    if open.len() >= suspension::MOST {
                        let most = suspension::MOST;
                        let message = format!("{most} suspensions are not over; end some first");
                        return Err(Error::new(Reason::TooMany, message).with("limit", most));
                    }
                    store::suspension::insert(transaction, &district, &made).await?;
                    Ok(made.to_wire(&district))
                })
            })
            .await?;
        self.reckon_named(&district, caller, &answer, now).await?;
        Ok(answer)
    }

    async fn suspension_checked(
        &self,
        caller: &Caller,
        district: &District,
        request: &CreateAreaSuspensionRequest,
        now: Timestamp,
    ) -> Result<Suspension, Error> {
        let told = request.area_suspension.clone();
        let told = told.ok_or_else(|| Error::field("area_suspension", "must be there"))?;
        let categories = store::category::of_district(self.db.read(), district).await?;
        let mut violations = Violations::default();
        let knows = |code: &str| categories.contains_key(code);
        let asked = suspension::check(&mut violations, district, &told, knows, now);
        let field = "area_suspension.area";
        let codes = match &asked.area {
            None => Vec::new(),
            Some(code) => self.territory.area_and_above(district, code, now).await?,
        };
        if asked.area.is_some() {
            violations.require(
                !codes.is_empty(),
                field,
                "is no area of the district; ListAreas gives them",
            );
        }
        let within =
            caller.areas.is_empty() || codes.iter().any(|code| caller.areas.contains(code));
        if told.area.is_empty() || !codes.is_empty() {
            violations.require(
                within,
                field,
                "lies outside your areas; name one of them or below",
            );
        }
        let (Some(starts_at), Some(ends_at), true) =
            (asked.starts_at, asked.ends_at, violations.is_empty())
        else {
            return Err(violations.into_error());
        };
        Ok(Suspension {
            id: self.clock.id(),
            version: 1,
            area: asked.area,
            categories: told.categories,
            starts_at,
            ends_at,
            reason: told.reason,
            clocks_stand: told.clocks_stand,
            roster: told.roster,
            limit_percent: told.limit_percent,
            creator: caller.subject.clone(),
            created_at: now,
        })
    }

    /// New deadlines where clocks begin or cease to stand by the suspension.
    async fn reckon_named(
        &self,
        district: &District,
        caller: &Caller,
        suspension: &AreaSuspension,
        now: Timestamp,
    ) -> Result<(), Error> {
        if !suspension.clocks_stand {
            return Ok(());
        }
        let area = suspension.area.rsplit('/').next().unwrap_or_default();
        let cause = Cause {
            which: Which::Within(Some(area.to_owned()).filter(|area| !area.is_empty())),
            suspension: suspension.name.clone(),
            actor: caller.subject.clone(),
            now,
        };
        self.reckon_again(district, cause).await
    }

    pub(super) async fn suspension_get(
        &self,
        caller: &Caller,
        request: GetAreaSuspensionRequest,
    ) -> Result<AreaSuspension, Error> {
        let (district, found) = self.suspension_found(caller, &request.name).await?;
        Ok(found.to_wire(&district))
    }

    async fn suspension_found(
        &self,
        caller: &Caller,
        name: &str,
    ) -> Result<(District, Suspension), Error> {
        let (district, [_, id]) = caller.resource::<2>(PATTERN, "name", name)?;
        let found = match Uuid::try_parse(&id) {
            Ok(id) => store::suspension::find(self.db.read(), &district, id).await?,
            Err(_) => None,
        };
        found
            .map(|found| (district, found))
            .ok_or_else(|| Error::not_found(name))
    }

    pub(super) async fn suspension_list(
        &self,
        caller: &Caller,
        request: ListAreaSuspensionsRequest,
    ) -> Result<ListAreaSuspensionsResponse, Error> {
        let district = caller.district("parent", &request.parent)?;
        self.territory.calendar(&district).await?;
        let at = match &request.at_time {
            None => None,
            Some(at) => {
                let at = clock::from_wire(at);
                Some(at.ok_or_else(|| Error::field("at_time", "is no time"))?)
            }
        };
        let shown = at.map_or_else(String::new, |at| at.to_string());
        let arguments = ["ListAreaSuspensions", &request.parent, &shown];
        let page = Page::parse(request.page_size, &request.page_token, &arguments, 2)?;
        let after = page.after.as_ref();
        let after = after.and_then(|key| Some((key[0].parse().ok()?, key[1].clone())));
        let mut found =
            store::suspension::list(&self.db, &district, at, after, page.size + 1).await?;
        let next_page_token = page.cut(&mut found, |one| {
            vec![
                one.created_at.as_microsecond().to_string(),
                one.id.to_string(),
            ]
        });
        Ok(ListAreaSuspensionsResponse {
            area_suspensions: found.iter().map(|one| one.to_wire(&district)).collect(),
            next_page_token,
        })
    }

    pub(super) async fn suspension_end(
        &self,
        caller: &Caller,
        request: EndAreaSuspensionRequest,
    ) -> Result<AreaSuspension, Error> {
        let (district, found) = self.suspension_found(caller, &request.name).await?;
        let now = self.clock.now();
        let id = request.request_id.as_str();
        let method = "EndAreaSuspension";
        let once = Once::new(
            store::PREFIX,
            method,
            caller,
            Some(&district),
            &request,
            id,
            now,
        )?;
        let within = match &found.area {
            _ if caller.areas.is_empty() => true,
            None => false,
            Some(code) => {
                let codes = self.territory.area_and_above(&district, code, now).await?;
                codes.iter().any(|code| caller.areas.contains(code))
            }
        };
        if !within {
            return Err(Error::not_found(&request.name));
        }
        let (own, id, etag) = (district.clone(), found.id, request.etag.clone());
        let answer = once
            .write(&self.db, move |transaction| {
                let (district, etag) = (own.clone(), etag.clone());
                Box::pin(async move {
                    store::calendar::lock(transaction, &district).await?;
                    let found = store::suspension::find(transaction, &district, id).await?;
                    let found = found.ok_or_else(|| Error::internal("a suspension is gone"))?;
                    let ended = ended(found, &etag, now)?;
                    store::suspension::insert(transaction, &district, &ended).await?;
                    Ok(ended.to_wire(&district))
                })
            })
            .await?;
        self.reckon_named(&district, caller, &answer, now).await?;
        Ok(answer)
    }
}

/// The suspension ended at the present. One that has not begun never does.
fn ended(found: Suspension, etag: &str, now: Timestamp) -> Result<Suspension, Error> {
    if !etag.is_empty() && etag != found.etag() {
        return Err(stale("the suspension"));
    }
    if found.version > 1 || found.ends_at <= now {
        let message = format!(
            "the suspension ended at {}; there is nothing to end",
            found.ends_at
        );
        return Err(Error::new(Reason::DeadlinePassed, message).with("deadline", found.ends_at));
    }
    Ok(Suspension {
        version: found.version + 1,
        ends_at: now.max(found.starts_at),
        ..found
    })
}
