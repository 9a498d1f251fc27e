//! Who may call what of this service.

use tidyward_kit::{
    caller::Role::{self, PlatformAdmin},
    front::Access,
};

/// Who puts people in charge.
const STEWARDS: &[Role] = &[Role::Leader, Role::Admin, PlatformAdmin];

/// Every method with the roles of which one is needed.
pub const ACCESS: Access = &[
    ("/tidyward.v1.GridService/CreateDistrict", &[PlatformAdmin]),
    ("/tidyward.v1.GridService/GetDistrict", Role::EVERYBODY),
    ("/tidyward.v1.GridService/ListDistricts", Role::EVERYBODY),
    ("/tidyward.v1.GridService/GetArea", Role::EVERYBODY),
    ("/tidyward.v1.GridService/ListAreas", Role::EVERYBODY),
    ("/tidyward.v1.GridService/ListAreaVersions", Role::EVERYBODY),
    ("/tidyward.v1.GridService/CreateArea", Role::ADMINS),
    ("/tidyward.v1.GridService/UpdateArea", Role::ADMINS),
    ("/tidyward.v1.GridService/StreamAreas", Role::EVERYBODY),
    ("/tidyward.v1.GridService/LocatePoints", Role::EVERYBODY),
    ("/tidyward.v1.GridService/CreateUpload", Role::ADMINS),
    ("/tidyward.v1.GridService/AppendUpload", Role::ADMINS),
    ("/tidyward.v1.GridService/GetUpload", Role::ADMINS),
    ("/tidyward.v1.GridService/CreateImport", Role::ADMINS),
    ("/tidyward.v1.GridService/GetImport", Role::ADMINS),
    ("/tidyward.v1.GridService/WatchImport", Role::ADMINS),
    ("/tidyward.v1.GridService/ListImportProblems", Role::ADMINS),
    ("/tidyward.v1.DutyService/CreateSite", STEWARDS),
    ("/tidyward.v1.DutyService/UpdateSite", STEWARDS),
    ("/tidyward.v1.DutyService/CreateDuty", STEWARDS),
    ("/tidyward.v1.DutyService/EndDuty", STEWARDS),
    ("/tidyward.v1.DutyService/CreateUpload", STEWARDS),
    ("/tidyward.v1.DutyService/AppendUpload", STEWARDS),
    ("/tidyward.v1.DutyService/GetUpload", STEWARDS),
    ("/tidyward.v1.DutyService/CreateImport", STEWARDS),
    ("/tidyward.v1.DutyService/GetImport", STEWARDS),
    ("/tidyward.v1.DutyService/WatchImport", STEWARDS),
    ("/tidyward.v1.DutyService/ListImportProblems", STEWARDS),
    ("/tidyward.v1.DutyService/GetSite", Role::STAFF),
    ("/tidyward.v1.DutyService/ListSites", Role::STAFF),
    ("/tidyward.v1.DutyService/GetDuty", Role::STAFF),
    ("/tidyward.v1.DutyService/ListDuties", Role::STAFF),
    ("/tidyward.v1.DutyService/FindDuties", Role::STAFF),
    ("/tidyward.v1.DutyService/ListVacancies", Role::STAFF),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_reads_and_only_admins_change_and_import() {
        assert_eq!(Role::EVERYBODY.len(), Role::TABLE.len());
        for (path, roles) in ACCESS {
            let verbs = ["Upload", "Import", "Create", "Update", "End"];
            let writes = verbs.iter().any(|verb| path.contains(verb));
            assert_eq!(roles.contains(&Role::Service), !writes, "{path}");
            assert!(roles.contains(&PlatformAdmin), "{path}");
        }
    }
}
