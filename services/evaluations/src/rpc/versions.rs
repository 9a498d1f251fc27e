//! Versions as they are listed, with where they stand, and their revocation.

use std::{collections::BTreeSet, sync::Arc};

use tidyward_kit::{
    Error, Violations,
    caller::{Caller, District},
    page::Page,
    period::Period,
    request::Once,
};
use tidyward_proto::v1::{
    ListRuleVersionsRequest, ListRuleVersionsResponse, RevokeRuleVersionRequest,
    RevokeRuleVersionResponse, RuleVersion,
};
use tidyward_rules::manifest::Text;

use super::{line, version as version_named};
use crate::{
    House,
    activation::{self, Activation, Standing},
    change::{Change, ChangeKind},
    render,
    rule::{self, Revocation, Version, VersionId},
    store,
};

/// Characters of a reason.
const LONGEST_REASON: usize = 500;

/// What decides where versions stand.
#[derive(Clone)]
pub(super) struct Standings {
    activations: Arc<[Activation]>,
    revocations: Arc<[Revocation]>,
    quarter: Period,
    month: Period,
}

impl Standings {
    pub(super) async fn read(house: &House, district: &District) -> Result<Standings, Error> {
        let zone = house.territory.zone(district).await?;
        let (quarter, month) = activation::present(house.clock.now().to_zoned(zone).date());
        let read = house.db.read();
        Ok(Standings {
            activations: store::activation::list(read, district).await?.into(),
            revocations: store::rule::revocations(read, district).await?.into(),
            quarter,
            month,
        })
    }

    pub(super) fn render(
        &self,
        district: &District,
        version: &Version,
        title: &Text,
    ) -> RuleVersion {
        let id = &version.id;
        let revocation = self.revocations.iter().find(|one| one.id == *id);
        let standing = match revocation {
            Some(_) => Standing::Revoked,
            None => activation::standing(id, &self.activations, self.quarter, self.month),
        };
        render::version(district, version, title, standing, revocation)
    }
}

/// A version of the district or of the server.
pub(super) async fn found(
    house: &House,
    district: &District,
    id: &VersionId,
) -> Result<Version, Error> {
    if let Some(version) = store::rule::find(house.db.read(), district, id).await? {
        return Ok(version);
    }
    let built_in = house
        .built_in
        .find(id)
        .map(|candidate| Version::of(candidate, None));
    built_in.ok_or_else(|| Error::not_found(render::version_name(district, id)))
}

pub(super) async fn shown(
    house: &House,
    district: &District,
    id: &VersionId,
    standings: &Standings,
) -> Result<RuleVersion, Error> {
    let version = found(house, district, id).await?;
    let title = rule::manifest(&version)?.title;
    Ok(standings.render(district, &version, &title))
}

pub(super) async fn list(
    house: &House,
    caller: &Caller,
    request: ListRuleVersionsRequest,
) -> Result<ListRuleVersionsResponse, Error> {
    let (district, [_, wanted]) =
        caller.resource::<2>("districts/{}/rules/{}", "parent", &request.parent)?;
    let arguments = ["ListRuleVersions", &request.parent];
    let page = Page::parse(request.page_size, &request.page_token, &arguments, 2)?;
    let after = page
        .after
        .as_ref()
        .and_then(|key| VersionId::parse(&key[0], &key[1]));
    let standings = Standings::read(house, &district).await?;
    let mut ids = store::rule::ids(house.db.read(), &district).await?;
    ids.extend(house.built_in.ids());
    ids.retain(|id| wanted == "-" || id.rule == wanted);
    ids.sort();
    ids.dedup();
    if ids.is_empty() && wanted != "-" {
        return Err(Error::not_found(&request.parent));
    }
    ids.retain(|id| after.as_ref().is_none_or(|after| id > after));
    let next_page_token = page.cut(&mut ids, |id| vec![id.rule.clone(), id.version.to_string()]);
    let mut rule_versions = Vec::with_capacity(ids.len());
    for id in &ids {
        rule_versions.push(shown(house, &district, id, &standings).await?);
    }
    Ok(ListRuleVersionsResponse {
        rule_versions,
        next_page_token,
    })
}

pub(super) async fn revoke(
    house: &House,
    caller: &Caller,
    request: RevokeRuleVersionRequest,
) -> Result<RevokeRuleVersionResponse, Error> {
    let (district, id) = version_named(caller, "name", &request.name)?;
    let standings = Standings::read(house, &district).await?;
    let version = found(house, &district, &id).await?;
    let title = rule::manifest(&version)?.title;
    let mut violations = Violations::default();
    line(&mut violations, "reason", &request.reason, LONGEST_REASON);
    violations.into_result()?;
    let now = house.clock.now();
    let once = Once::new(
        store::RULE,
        "RevokeRuleVersion",
        caller,
        Some(&district),
        &request,
        &request.request_id,
        now,
    )?;
    let wanted = Revocation {
        id,
        at: now.as_microsecond(),
        actor: caller.subject.clone(),
        reason: request.reason.clone(),
    };
    once.write(&house.db, move |transaction| {
        let (district, wanted, version) = (district.clone(), wanted.clone(), version.clone());
        let (title, mut standings) = (title.clone(), standings.clone());
        Box::pin(async move {
            // Whoever freezes meanwhile has to look at what is in force anew.
            store::count_change(transaction, &district, store::RULES).await?;
            let before = store::rule::revocation(transaction, &district, &wanted.id).await?;
            if before.is_none() {
                store::rule::revoke(transaction, &district, &wanted).await?;
                let change = Change::new(ChangeKind::Revoked, wanted.at, &wanted.actor);
                let change = change.of(&wanted.id).with("reason", &wanted.reason);
                store::change::log(transaction, &district, &change).await?;
            }
            standings.revocations = [before.unwrap_or(wanted)].into();
            standings.activations = store::activation::list(transaction, &district)
                .await?
                .into();
            let id = &version.id;
            let reviews = store::review::periods_by(transaction, &district, id).await?;
            let open = standings.activations.iter().filter(|one| {
                one.id == *id && one.undone_from.is_none_or(|undone| one.from < undone)
            });
            let from: BTreeSet<String> = open.map(|one| one.from.to_string()).collect();
            Ok(RevokeRuleVersionResponse {
                rule_version: Some(standings.render(&district, &version, &title)),
                reviews: reviews
                    .iter()
                    .map(|period| district.child("reviews", period))
                    .collect(),
                from_periods: from.into_iter().collect(),
            })
        })
    })
    .await
}
