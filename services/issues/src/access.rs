//! Who may call what.

use tidyward_kit::{
    caller::Role::{
        self, Admin, Auditor, Collector, Dispatcher, Inspector, Leader, Officer, Operator,
        PlatformAdmin, Resident, Scorer, Service,
    },
    front::Access,
};

/// Whoever may report a problem.
const REPORTERS: &[Role] = &[
    Resident,
    Officer,
    Collector,
    Operator,
    Inspector,
    Admin,
    PlatformAdmin,
];
/// Everybody.
const ALL: &[Role] = &[
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
/// Everybody but residents.
const STAFF: &[Role] = &[
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
/// Closing is the review's own work.
const CLOSERS: &[Role] = &[Service, PlatformAdmin];
const COUNTERS: &[Role] = &[Service, PlatformAdmin, Admin, Auditor, Leader, Scorer];

/// Every method of the service.
pub const ACCESS: Access = &[
    ("/tidyward.v1.IssueService/ReportIssue", REPORTERS),
    ("/tidyward.v1.IssueService/GetIssue", ALL),
    ("/tidyward.v1.IssueService/ListIssues", STAFF),
    ("/tidyward.v1.IssueService/ListIssueEvents", STAFF),
    ("/tidyward.v1.IssueService/ListCategories", ALL),
    ("/tidyward.v1.IssueService/CreateUpload", ADMINS),
    ("/tidyward.v1.IssueService/AppendUpload", ADMINS),
    ("/tidyward.v1.IssueService/GetUpload", ADMINS),
    ("/tidyward.v1.IssueService/CreateImport", ADMINS),
    ("/tidyward.v1.IssueService/GetImport", ADMINS),
    ("/tidyward.v1.IssueService/WatchImport", ADMINS),
    ("/tidyward.v1.IssueService/ListImportProblems", ADMINS),
    ("/tidyward.v1.IssueService/CloseLedger", CLOSERS),
    ("/tidyward.v1.IssueService/StreamFacts", COUNTERS),
];
