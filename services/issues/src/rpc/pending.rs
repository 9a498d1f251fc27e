//! Methods that are being built.

use tidyward_kit::{Error, caller::Caller, error::Reason};
use tidyward_proto::v1 as wire;

use crate::Issues;

impl Issues {
    pub(super) async fn issue_transition(
        &self,
        _: &Caller,
        _: wire::TransitionIssueRequest,
    ) -> Result<wire::Issue, Error> {
        Err(Error::new(Reason::Unsupported, "not there yet"))
    }

    pub(super) async fn issues_transition(
        &self,
        _: &Caller,
        _: wire::BatchTransitionIssuesRequest,
    ) -> Result<wire::BatchTransitionIssuesResponse, Error> {
        Err(Error::new(Reason::Unsupported, "not there yet"))
    }

    pub(super) async fn actions_list(
        &self,
        _: &Caller,
        _: wire::ListIssueActionsRequest,
    ) -> Result<wire::ListIssueActionsResponse, Error> {
        Err(Error::new(Reason::Unsupported, "not there yet"))
    }

    pub(super) async fn candidates_list(
        &self,
        _: &Caller,
        _: wire::ListDuplicateCandidatesRequest,
    ) -> Result<wire::ListDuplicateCandidatesResponse, Error> {
        Err(Error::new(Reason::Unsupported, "not there yet"))
    }

    pub(super) async fn deadline_explain(
        &self,
        _: &Caller,
        _: wire::ExplainDeadlineRequest,
    ) -> Result<wire::DeadlineExplanation, Error> {
        Err(Error::new(Reason::Unsupported, "not there yet"))
    }

    pub(super) async fn reporter_erase(
        &self,
        _: &Caller,
        _: wire::EraseReporterRequest,
    ) -> Result<wire::EraseReporterResponse, Error> {
        Err(Error::new(Reason::Unsupported, "not there yet"))
    }

    pub(super) async fn category_get(
        &self,
        _: &Caller,
        _: wire::GetCategoryRequest,
    ) -> Result<wire::Category, Error> {
        Err(Error::new(Reason::Unsupported, "not there yet"))
    }

    pub(super) async fn category_create(
        &self,
        _: &Caller,
        _: wire::CreateCategoryRequest,
    ) -> Result<wire::Category, Error> {
        Err(Error::new(Reason::Unsupported, "not there yet"))
    }

    pub(super) async fn category_update(
        &self,
        _: &Caller,
        _: wire::UpdateCategoryRequest,
    ) -> Result<wire::Category, Error> {
        Err(Error::new(Reason::Unsupported, "not there yet"))
    }
}
