//! Methods that are being built.

use tidyward_kit::{Error, caller::Caller, error::Reason};
use tidyward_proto::v1 as wire;

use crate::Grids;

impl Grids {
    pub(super) async fn area_create(
        &self,
        _: &Caller,
        _: wire::CreateAreaRequest,
    ) -> Result<wire::Area, Error> {
        Err(Error::new(Reason::Unsupported, "not there yet"))
    }

    pub(super) async fn area_update(
        &self,
        _: &Caller,
        _: wire::UpdateAreaRequest,
    ) -> Result<wire::Area, Error> {
        Err(Error::new(Reason::Unsupported, "not there yet"))
    }

    pub(super) async fn area_versions(
        &self,
        _: &Caller,
        _: wire::ListAreaVersionsRequest,
    ) -> Result<wire::ListAreaVersionsResponse, Error> {
        Err(Error::new(Reason::Unsupported, "not there yet"))
    }
}
