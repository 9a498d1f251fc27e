//! Who may call what of this service.

use tidyward_kit::{
    caller::Role::{self, PlatformAdmin},
    front::Access,
};

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
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_reads_and_only_admins_change_and_import() {
        assert_eq!(Role::EVERYBODY.len(), Role::TABLE.len());
        for (path, roles) in ACCESS {
            let words = ["Upload", "Import", "Create", "Update"];
            let writes = words.iter().any(|word| path.contains(word));
            assert_eq!(roles.contains(&Role::Service), !writes, "{path}");
            assert!(roles.contains(&PlatformAdmin), "{path}");
        }
    }
}
