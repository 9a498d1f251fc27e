//! Sites: making, giving, listing, changing. A caller with areas of its own meets only the sites in them.

use std::collections::BTreeSet;

use jiff::civil::Date;
use tidyward_kit::{
    Violations,
    caller::{Caller, District as Key},
    error::{Error, Reason},
    etag,
    filter::{self, Field, FieldKind},
    mask,
    page::Page,
};
use tidyward_proto::v1::{
    CreateSiteRequest, GetSiteRequest, ListSitesRequest, ListSitesResponse, Site, UpdateSiteRequest,
};

use super::batch;
use crate::{
    Grids,
    area::Level,
    district::{self, DistrictProfile},
    duty::Node,
    geometry,
    places::Places,
    site, store,
};

/// What sites can be filtered by.
const FIELDS: &[Field] = &[
    Field {
        name: "area",
        kind: FieldKind::Text,
    },
    Field {
        name: "kind",
        kind: FieldKind::Enum(site::KINDS),
    },
    Field {
        name: "last_day",
        kind: FieldKind::Day,
    },
];
/// What an update may change.
const CHANGEABLE: &[&str] = &["area", "display_name", "geometry", "schedule", "last_day"];

impl Grids {
    pub(super) async fn site_create(
        &self,
        caller: &Caller,
        request: CreateSiteRequest,
    ) -> Result<Site, Error> {
        let (district, profile) = self.profile(caller, "parent", &request.parent).await?;
        let now = self.clock.now();
        let id = request.request_id.as_str();
        let mut violations = Violations::default();
        let once = self.once("CreateSite", caller, &district, &request, id);
        let once = violations.take(once);
        if let Some(answer) = self.answered(once.as_ref()).await? {
            return Ok(answer);
        }
        violations.require(
            site::is_id(&request.site_id),
            "site_id",
            "must be 1 to 64 of a-z, A-Z, 0-9, hyphen, dot and underscore",
        );
        let asked = request.site.clone().unwrap_or_default();
        let mut made = site::Site {
            id: request.site_id.clone(),
            kind: asked.kind,
            area: String::new(),
            display_name: String::new(),
            geometry: String::new(),
            schedule: String::new(),
            last_day: None,
            created_at: now,
            revision: 1,
        };
        apply(&mut made, &asked, CHANGEABLE, &profile, &mut violations);
        let day = profile.day_of(now);
        self.grid(
            caller,
            &district,
            day,
            &asked.area,
            &mut made,
            &mut violations,
        )
        .await?;
        let (Some(once), true) = (once, violations.is_empty()) else {
            return Err(violations.into_error());
        };
        once.write(&self.db, move |transaction| {
            let (district, made) = (district.clone(), made.clone());
            Box::pin(async move {
                if store::site::insert(transaction, &district, &made).await? {
                    return Ok(render(&district, made));
                }
                let message = format!(
                    "site `{}` exists already; use it or choose another id",
                    made.id
                );
                Err(Error::new(Reason::AlreadyExists, message))
            })
        })
        .await
    }

    pub(super) async fn site_get(
        &self,
        caller: &Caller,
        request: GetSiteRequest,
    ) -> Result<Site, Error> {
        let (district, site, _) = self.site_named(caller, "name", &request.name).await?;
        Ok(render(&district, site))
    }

    pub(super) async fn site_list(
        &self,
        caller: &Caller,
        request: ListSitesRequest,
    ) -> Result<ListSitesResponse, Error> {
        let (district, profile) = self.profile(caller, "parent", &request.parent).await?;
        let filter = filter::parse(&request.filter, FIELDS)?;
        let areas = caller.areas.join("/");
        let arguments = ["ListSites", district.id(), &request.filter, &areas];
        let page = Page::parse(request.page_size, &request.page_token, &arguments, 1)?;
        let mut after = page.after.as_ref().map_or("", |key| &key[0]).to_owned();
        let (want, day) = (page.size + 1, profile.day_of(self.clock.now()));
        let (most, mut rows) = (batch(caller, want), Vec::new());
        loop {
            let some =
                store::site::list(self.db.read(), &district, filter.as_ref(), &after, most).await?;
            let more = some.len() == most;
            after = some.last().map_or(after, |last| last.id.clone());
            rows.extend(self.sites_within(caller, &district, day, some).await?);
            if !more || rows.len() >= want {
                break;
            }
        }
        rows.truncate(want);
        let next_page_token = page.cut(&mut rows, |row| vec![row.id.clone()]);
        let sites = rows.into_iter().map(|site| render(&district, site));
        Ok(ListSitesResponse {
            sites: sites.collect(),
            next_page_token,
        })
    }

    pub(super) async fn site_update(
        &self,
        caller: &Caller,
        request: UpdateSiteRequest,
    ) -> Result<Site, Error> {
        let asked = request.site.clone().unwrap_or_default();
        let (district, before, profile) = self.site_named(caller, "site.name", &asked.name).await?;
        let now = self.clock.now();
        let id = request.request_id.as_str();
        let mut violations = Violations::default();
        let once = self.once("UpdateSite", caller, &district, &request, id);
        let once = violations.take(once);
        if let Some(answer) = self.answered(once.as_ref()).await? {
            return Ok(answer);
        }
        let paths = mask::paths(request.update_mask.as_ref(), CHANGEABLE);
        let paths = violations.take(paths).unwrap_or_default();
        let mut changed = before.clone();
        apply(&mut changed, &asked, &paths, &profile, &mut violations);
        if paths.contains(&"area") {
            let day = profile.day_of(now);
            self.grid(
                caller,
                &district,
                day,
                &asked.area,
                &mut changed,
                &mut violations,
            )
            .await?;
        }
        let (Some(once), true) = (once, violations.is_empty()) else {
            return Err(violations.into_error());
        };
        changed.revision += 1;
        once.write(&self.db, move |transaction| {
            let (district, changed) = (district.clone(), changed.clone());
            let (before, sent) = (before.clone(), asked.etag.clone());
            Box::pin(async move {
                let current = store::site::find(transaction, &district, &before.id).await?;
                let current = current.ok_or_else(|| Error::not_found(&before.id))?;
                etag::check(&sent, &current.etag())?;
                // What was checked is what was read before: a change between the two must be seen first.
                etag::check(&before.etag(), &current.etag())?;
                store::site::update(transaction, &district, &changed).await?;
                Ok(render(&district, changed))
            })
        })
        .await
    }

    /// A site that the caller may see, by its name.
    async fn site_named(
        &self,
        caller: &Caller,
        field: &str,
        name: &str,
    ) -> Result<(Key, site::Site, DistrictProfile), Error> {
        let (district, [_, id]) = caller.resource::<2>("districts/{}/sites/{}", field, name)?;
        let profile = self.known(&district, name).await?;
        let found = store::site::find(self.db.read(), &district, &id).await?;
        let day = profile.day_of(self.clock.now());
        let found = self
            .sites_within(caller, &district, day, found.into_iter().collect())
            .await?
            .pop();
        let site = found.ok_or_else(|| Error::not_found(name))?;
        Ok((district, site, profile))
    }

    /// Those of the sites that lie in the caller's areas.
    async fn sites_within(
        &self,
        caller: &Caller,
        district: &Key,
        day: Date,
        mut sites: Vec<site::Site>,
    ) -> Result<Vec<site::Site>, Error> {
        if caller.areas.is_empty() {
            return Ok(sites);
        }
        let grids: BTreeSet<Node> = sites
            .iter()
            .map(|site| Node::Area(site.area.clone()))
            .collect();
        let places = Places::of(&self.db, district, day, &grids).await?;
        sites.retain(|site| places.within(&Node::Area(site.area.clone()), &caller.areas));
        Ok(sites)
    }

    /// Sets the grid of a site, which must stand on the day and lie in the caller's areas.
    async fn grid(
        &self,
        caller: &Caller,
        district: &Key,
        day: Date,
        name: &str,
        site: &mut site::Site,
        violations: &mut Violations,
    ) -> Result<(), Error> {
        let node = violations.take(Node::parse(district, "site.area", name));
        let Some(node @ Node::Area(_)) = node else {
            if node.is_some() {
                violations.add("site.area", "must be a grid, not a site");
            }
            return Ok(());
        };
        let places = Places::of(&self.db, district, day, [&node]).await?;
        let standing = places.area(node.id());
        if !places.within(&node, &caller.areas) {
            let message = format!("`{name}` does not exist or is not yours to see; name a grid");
            violations.add_reason("site.area", Reason::AreaUnknown, message);
        } else if standing.is_some_and(|area| area.level != Level::Grid) {
            violations.add("site.area", "must be a grid; a site stands below a grid");
        }
        site.area = node.id().to_owned();
        Ok(())
    }
}

/// Takes over the fields that the paths name, all but the area, and notes what is wrong with them.
fn apply(
    site: &mut site::Site,
    asked: &Site,
    paths: &[&str],
    profile: &DistrictProfile,
    violations: &mut Violations,
) {
    for path in paths {
        match *path {
            "display_name" => site.display_name.clone_from(&asked.display_name),
            "schedule" => site.schedule.clone_from(&asked.schedule),
            "geometry" if asked.geometry.is_empty() => site.geometry.clear(),
            "geometry" => match geometry::parse(&asked.geometry) {
                Ok(text) => site.geometry = text,
                Err(refusal) => {
                    violations.add_reason("site.geometry", refusal.reason, refusal.words);
                }
            },
            "last_day" if asked.last_day.is_empty() => site.last_day = None,
            "last_day" => match district::day(&asked.last_day) {
                Some(day) if day >= profile.start_date => site.last_day = Some(day),
                _ => violations.add(
                    "site.last_day",
                    "must be a day like `2026-01-31`, not before the district's start",
                ),
            },
            _ => {}
        }
    }
    site.check(violations);
}

fn render(district: &Key, site: site::Site) -> Site {
    Site {
        name: district.child("sites", &site.id),
        etag: site.etag(),
        kind: site.kind,
        area: district.child("areas", &site.area),
        display_name: site.display_name,
        geometry: site.geometry,
        schedule: site.schedule,
        last_day: site.last_day.map_or(String::new(), |day| day.to_string()),
    }
}
