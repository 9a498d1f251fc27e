//! RuleService.

use std::sync::Arc;

use tidyward_kit::caller;
use tidyward_proto::v1::{
    ActivateRuleRequest, AppendUploadRequest, CreateRuleKeyRequest, CreateUploadRequest,
    GetRulePolicyRequest, GetRuleVersionRequest, GetUploadRequest, ListRuleActivationsRequest,
    ListRuleActivationsResponse, ListRuleChangesRequest, ListRuleChangesResponse,
    ListRuleKeysRequest, ListRuleKeysResponse, ListRuleUsageRequest, ListRuleUsageResponse,
    ListRuleVersionsRequest, ListRuleVersionsResponse, PushRuleVersionRequest,
    RetireRuleKeyRequest, RevokeRuleVersionRequest, RevokeRuleVersionResponse, RollbackRuleRequest,
    RollbackRuleResponse, RuleActivation, RuleKey, RulePolicy, RuleVersion,
    UpdateRulePolicyRequest, Upload, rule_service_server::RuleService,
};
use tonic::{Request, Response, Status};

use super::{activations, books, keys, policy, push, version as version_named, versions};
use crate::House;

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
        let standings = versions::Standings::read(&self.0, &district).await?;
        Ok(Response::new(
            versions::shown(&self.0, &district, &id, &standings).await?,
        ))
    }

    async fn list_rule_versions(
        &self,
        request: Request<ListRuleVersionsRequest>,
    ) -> Result<Response<ListRuleVersionsResponse>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            versions::list(&self.0, &caller, request.into_inner()).await?,
        ))
    }

    async fn revoke_rule_version(
        &self,
        request: Request<RevokeRuleVersionRequest>,
    ) -> Result<Response<RevokeRuleVersionResponse>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            versions::revoke(&self.0, &caller, request.into_inner()).await?,
        ))
    }

    async fn activate_rule(
        &self,
        request: Request<ActivateRuleRequest>,
    ) -> Result<Response<RuleActivation>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            activations::activate(&self.0, &caller, request.into_inner()).await?,
        ))
    }

    async fn rollback_rule(
        &self,
        request: Request<RollbackRuleRequest>,
    ) -> Result<Response<RollbackRuleResponse>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            activations::rollback(&self.0, &caller, request.into_inner()).await?,
        ))
    }

    async fn list_rule_activations(
        &self,
        request: Request<ListRuleActivationsRequest>,
    ) -> Result<Response<ListRuleActivationsResponse>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            activations::list(&self.0, &caller, request.into_inner()).await?,
        ))
    }

    async fn create_rule_key(
        &self,
        request: Request<CreateRuleKeyRequest>,
    ) -> Result<Response<RuleKey>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            keys::create(&self.0, &caller, request.into_inner()).await?,
        ))
    }

    async fn retire_rule_key(
        &self,
        request: Request<RetireRuleKeyRequest>,
    ) -> Result<Response<RuleKey>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            keys::retire(&self.0, &caller, request.into_inner()).await?,
        ))
    }

    async fn list_rule_keys(
        &self,
        request: Request<ListRuleKeysRequest>,
    ) -> Result<Response<ListRuleKeysResponse>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            keys::list(&self.0, &caller, request.into_inner()).await?,
        ))
    }

    async fn get_rule_policy(
        &self,
        request: Request<GetRulePolicyRequest>,
    ) -> Result<Response<RulePolicy>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            policy::get(&self.0, &caller, request.into_inner()).await?,
        ))
    }

    async fn update_rule_policy(
        &self,
        request: Request<UpdateRulePolicyRequest>,
    ) -> Result<Response<RulePolicy>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            policy::update(&self.0, &caller, request.into_inner()).await?,
        ))
    }

    async fn list_rule_changes(
        &self,
        request: Request<ListRuleChangesRequest>,
    ) -> Result<Response<ListRuleChangesResponse>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            books::changes(&self.0, &caller, request.into_inner()).await?,
        ))
    }

    async fn list_rule_usage(
        &self,
        request: Request<ListRuleUsageRequest>,
    ) -> Result<Response<ListRuleUsageResponse>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            books::usage(&self.0, &caller, request.into_inner()).await?,
        ))
    }
}
