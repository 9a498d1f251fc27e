//! Who may call what of this service.

use tidyward_kit::{
    caller::Role::{
        self, Admin, Auditor, Collector, Dispatcher, Inspector, Leader, Officer, Operator,
        PlatformAdmin, Resident, Scorer, Service,
    },
    front::Access,
};

/// Whoever belongs to a district may know its territory.
const EVERYBODY: &[Role] = &[
    Resident,
    Officer,
    Collector,
    Operator,
    Dispatcher,
    Inspector,
    Scorer,
    Leader,
    Admin,
    Auditor,
    Service,
    PlatformAdmin,
];
const ADMINS: &[Role] = &[Admin, PlatformAdmin];

/// Every method with the roles of which one is needed.
pub const ACCESS: Access = &[
    ("/tidyward.v1.GridService/CreateDistrict", &[PlatformAdmin]),
    ("/tidyward.v1.GridService/GetDistrict", EVERYBODY),
    ("/tidyward.v1.GridService/ListDistricts", EVERYBODY),
    ("/tidyward.v1.GridService/GetArea", EVERYBODY),
    ("/tidyward.v1.GridService/ListAreas", EVERYBODY),
    ("/tidyward.v1.GridService/StreamAreas", EVERYBODY),
    ("/tidyward.v1.GridService/LocatePoints", EVERYBODY),
    ("/tidyward.v1.GridService/CreateUpload", ADMINS),
    ("/tidyward.v1.GridService/AppendUpload", ADMINS),
    ("/tidyward.v1.GridService/GetUpload", ADMINS),
    ("/tidyward.v1.GridService/CreateImport", ADMINS),
    ("/tidyward.v1.GridService/GetImport", ADMINS),
    ("/tidyward.v1.GridService/WatchImport", ADMINS),
    ("/tidyward.v1.GridService/ListImportProblems", ADMINS),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_reads_and_only_admins_import() {
        assert_eq!(EVERYBODY.len(), Role::TABLE.len());
        for (path, roles) in ACCESS {
            let writes = path.contains("Upload") || path.contains("Import");
            assert_eq!(
                roles.contains(&Service),
                !writes && !path.contains("Create"),
                "{path}"
            );
            assert!(roles.contains(&PlatformAdmin), "{path}");
        }
    }
}
