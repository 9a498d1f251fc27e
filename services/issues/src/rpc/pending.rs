//! Methods that are being built.

use tidyward_kit::{Error, caller::Caller, error::Reason};
use tidyward_proto::v1 as wire;

use crate::Issues;

impl Issues {
    pub(super) async fn deadline_explain(
        &self,
        _: &Caller,
        _: wire::ExplainDeadlineRequest,
    ) -> Result<wire::DeadlineExplanation, Error> {
        Err(Error::new(Reason::Unsupported, "not there yet"))
    }
}
