//! Districts: making, giving, listing.

use tidyward_kit::{
    Violations,
    caller::{Caller, District as Key},
    clock,
    error::{Error, Reason},
    page::Page,
    request::Once,
};
use tidyward_proto::v1::{
    CreateDistrictRequest, District, ListDistrictsRequest, ListDistrictsResponse,
};

use crate::{
    Grids,
    district::{DistrictDraft, DistrictProfile},
    store,
};

impl Grids {
    pub(super) async fn district_create(
        &self,
        caller: &Caller,
        request: CreateDistrictRequest,
    ) -> Result<District, Error> {
        if caller
            .only_district()
            .is_some_and(|own| own != request.district_id)
        {
            return Err(Error::not_found(format!(
                "districts/{}",
                request.district_id
            )));
        }
        let now = self.clock.now();
        let asked = request.district.clone().unwrap_or_default();
        let draft = DistrictDraft {
            id: &request.district_id,
            display_name: &asked.display_name,
            time_zone: &asked.time_zone,
            start_date: &asked.start_date,
            currency: &asked.currency,
        };
        let mut violations = Violations::default();
        let profile = violations.take(DistrictProfile::parse(draft, now));
        let id = request.request_id.as_str();
        let once = Once::new(
            store::PREFIX,
            "CreateDistrict",
            caller,
            None,
            &request,
            id,
            now,
        );
        let (Some(profile), Some(once)) = (profile, violations.take(once)) else {
            return Err(violations.into_error());
        };
        once.write(&self.db, move |transaction| {
            let profile = profile.clone();
            Box::pin(async move {
                if store::arrival::is_arriving(transaction, &profile.id).await? {
                    let message = format!(
                        "district `{}` is being brought in from a file; use it when it is there, or choose another id",
                        profile.id
                    );
                    return Err(Error::new(Reason::AlreadyExists, message));
                }
                if store::district::insert(transaction, &profile).await? {
                    return Ok(render(&profile));
                }
                let message = format!(
                    "district `{}` exists already; use it or choose another id",
                    profile.id
                );
                Err(Error::new(Reason::AlreadyExists, message))
            })
        })
        .await
    }

    pub(super) async fn district_list(
        &self,
        caller: &Caller,
        request: ListDistrictsRequest,
    ) -> Result<ListDistrictsResponse, Error> {
        let only = caller.only_district();
        let arguments = ["ListDistricts", only.unwrap_or_default()];
        let page = Page::parse(request.page_size, &request.page_token, &arguments, 1)?;
        let after = page.after.as_ref().map_or("", |key| key[0].as_str());
        let mut rows = store::district::list(self.db.read(), only, after, page.size + 1).await?;
        let next_page_token = page.cut(&mut rows, |row| vec![row.id.clone()]);
        let districts = rows.iter().map(render).collect();
        Ok(ListDistrictsResponse {
            districts,
            next_page_token,
        })
    }
}

pub(super) fn render(profile: &DistrictProfile) -> District {
    District {
        name: Key::of_server(&profile.id).name(),
        display_name: profile.display_name.clone(),
        time_zone: profile.time_zone().to_owned(),
        start_date: profile.start_date.to_string(),
        currency: profile.currency.clone(),
        create_time: Some(clock::to_wire(profile.created_at)),
    }
}
