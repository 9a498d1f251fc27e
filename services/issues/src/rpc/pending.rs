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

    pub(super) async fn deadline_explain(
        &self,
        _: &Caller,
        _: wire::ExplainDeadlineRequest,
    ) -> Result<wire::DeadlineExplanation, Error> {
        Err(Error::new(Reason::Unsupported, "not there yet"))
    }

    pub(super) async fn rates_query(
        &self,
        _: &Caller,
        _: wire::QueryRatesRequest,
    ) -> Result<wire::QueryRatesResponse, Error> {
        Err(Error::new(Reason::Unsupported, "not there yet"))
    }
}
