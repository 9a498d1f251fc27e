//! RuleService.

use std::sync::Arc;

use tidyward_kit::{
    Error, Violations,
    caller::{self, Caller, District},
    page::Page,
    period::Period,
    request::Once,
};
use tidyward_proto::v1::{
    ActivateRuleRequest, AppendUploadRequest, CreateUploadRequest, GetRuleVersionRequest,
    GetUploadRequest, ListRuleActivationsRequest, ListRuleActivationsResponse,
    ListRuleVersionsRequest, ListRuleVersionsResponse, PushRuleVersionRequest, RuleActivation,
    RuleVersion, Upload, rule_service_server::RuleService,
};
use tonic::{Request, Response, Status};

use super::{push, version as version_named};
use crate::{
    House, record, render,
    rule::{self, Activation, Standing, Version, VersionId},
    store,
};

/// The service's handlers.
pub struct Rules(pub(crate) Arc<House>);

#[tonic::async_trait]
impl RuleService for Rules {
    async fn create_upload(
        &self,
        request: Request<CreateUploadRequest>,
    ) -> Result<Response<Upload>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.0
                .rule_uploads
                .create(&caller, request.into_inner())
                .await?,
        ))
    }

    async fn append_upload(
        &self,
        request: Request<AppendUploadRequest>,
    ) -> Result<Response<Upload>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.0
                .rule_uploads
                .append(&caller, request.into_inner())
                .await?,
        ))
    }

    async fn get_upload(
        &self,
        request: Request<GetUploadRequest>,
    ) -> Result<Response<Upload>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.0
                .rule_uploads
                .get(&caller, request.into_inner())
                .await?,
        ))
    }

    async fn push_rule_version(
        &self,
        request: Request<PushRuleVersionRequest>,
    ) -> Result<Response<RuleVersion>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            push::push(&self.0, &caller, request.into_inner()).await?,
        ))
    }

    async fn get_rule_version(
        &self,
        request: Request<GetRuleVersionRequest>,
    ) -> Result<Response<RuleVersion>, Status> {
        let caller = caller::of(&request)?;
        let (district, id) = version_named(&caller, "name", &request.get_ref().name)?;
        let standings = Standings::read(&self.0, &district).await?;
        Ok(Response::new(
            shown(&self.0, &district, &id, &standings).await?,
        ))
    }

    async fn list_rule_versions(
        &self,
        request: Request<ListRuleVersionsRequest>,
    ) -> Result<Response<ListRuleVersionsResponse>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            list(&self.0, &caller, request.into_inner()).await?,
        ))
    }

    async fn activate_rule(
        &self,
        request: Request<ActivateRuleRequest>,
    ) -> Result<Response<RuleActivation>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            activate(&self.0, &caller, request.into_inner()).await?,
        ))
    }

    async fn list_rule_activations(
        &self,
        request: Request<ListRuleActivationsRequest>,
    ) -> Result<Response<ListRuleActivationsResponse>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            list_activations(&self.0, &caller, request.into_inner()).await?,
        ))
    }
}

/// What decides where versions stand.
#[derive(Clone)]
pub(super) struct Standings {
    activations: Arc<Vec<Activation>>,
    quarter: Period,
    month: Period,
}

impl Standings {
    pub(super) async fn read(house: &House, district: &District) -> Result<Standings, Error> {
        let activations = Arc::new(store::rule::activations(house.db.read(), district).await?);
        let zone = house.territory.zone(district).await?;
        let (quarter, month) = rule::present(house.clock.now().to_zoned(zone).date());
        Ok(Standings {
            activations,
            quarter,
            month,
        })
    }

    fn of(&self, id: &VersionId) -> Standing {
        rule::standing(id, &self.activations, self.quarter, self.month)
    }

    pub(super) fn render(
        &self,
        district: &District,
        version: &Version,
        title: &tidyward_rules::manifest::Text,
    ) -> RuleVersion {
        render::version(district, version, title, self.of(&version.id))
    }
}

/// A version of the district or of the server.
async fn found(house: &House, district: &District, id: &VersionId) -> Result<Version, Error> {
    if let Some(version) = store::rule::find(house.db.read(), district, id).await? {
        return Ok(version);
    }
    let built_in = house
        .built_in
        .find(id)
        .map(|candidate| Version::of(candidate, None));
    built_in.ok_or_else(|| Error::not_found(render::version_name(district, id)))
}

async fn shown(
    house: &House,
    district: &District,
    id: &VersionId,
    standings: &Standings,
) -> Result<RuleVersion, Error> {
    let version = found(house, district, id).await?;
    let title = rule::manifest(&version)?.title;
    Ok(standings.render(district, &version, &title))
}

async fn list(
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

async fn activate(
    house: &House,
    caller: &Caller,
    request: ActivateRuleRequest,
) -> Result<RuleActivation, Error> {
    let (district, id) = version_named(caller, "name", &request.name)?;
    // A district that does not exist has a zone as little as anything else.
    house.territory.zone(&district).await?;
    let version = found(house, &district, &id).await?;
    let manifest = rule::manifest(&version)?;
    let mut violations = Violations::default();
    let from = violations.take(Period::parse("from_period", &request.from_period));
    let parameters = violations.take(rule::parameters(
        &manifest,
        "parameters",
        &request.parameters,
    ));
    let (from, parameters) = match (violations.into_result(), from, parameters) {
        (Ok(()), Some(from), Some(parameters)) => (from, parameters),
        (Err(error), ..) => return Err(error),
        _ => return Err(Error::internal("a refused activation named nothing wrong")),
    };
    let now = house.clock.now();
    let request_id = request.request_id.as_str();
    let once = Once::new(
        store::RULE,
        "ActivateRule",
        caller,
        Some(&district),
        &request,
        request_id,
        now,
    )?;
    let activation = Activation {
        from,
        number: 0,
        id,
        parameters,
        created_at: now.as_microsecond(),
        actor: caller.subject.clone(),
    };
    once.write(&house.db, move |transaction| {
        let (district, activation) = (district.clone(), activation.clone());
        Box::pin(async move {
            store::count_change(transaction, &district, store::RULES).await?;
            let from = activation.from.to_string();
            store::count_change(transaction, &district, &from).await?;
            if store::review::is_frozen(transaction, &district, &from).await? {
                return Err(record::frozen(&from));
            }
            let before = store::rule::activations(transaction, &district).await?;
            let number = before.last().map_or(0, |last| last.number) + 1;
            let activation = Activation {
                number,
                ..activation
            };
            store::rule::activate(transaction, &district, &activation).await?;
            Ok(render::activation(&district, &activation))
        })
    })
    .await
}

async fn list_activations(
    house: &House,
    caller: &Caller,
    request: ListRuleActivationsRequest,
) -> Result<ListRuleActivationsResponse, Error> {
    let district = caller.district("parent", &request.parent)?;
    let arguments = ["ListRuleActivations", &request.parent];
    let page = Page::parse(request.page_size, &request.page_token, &arguments, 2)?;
    let mut all = store::rule::activations(house.db.read(), &district).await?;
    all.sort_by_key(|one| (one.from.first_day(), one.from, one.number));
    if let Some(key) = &page.after {
        let last = all
            .iter()
            .position(|one| one.from.to_string() == key[0] && one.number.to_string() == key[1]);
        all.drain(..last.map_or(0, |last| last + 1));
    }
    let next_page_token = page.cut(&mut all, |one| {
        vec![one.from.to_string(), one.number.to_string()]
    });
    let rule_activations = all
        .iter()
        .map(|one| render::activation(&district, one))
        .collect();
    Ok(ListRuleActivationsResponse {
        rule_activations,
        next_page_token,
    })
}
