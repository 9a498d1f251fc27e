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
    Leader,
    Admin,
    PlatformAdmin,
];
/// Whoever may make a move of one kind or another; the transition table says which.
const MOVERS: &[Role] = &[
    Resident,
    Officer,
    Collector,
    Operator,
    Dispatcher,
    Inspector,
    Scorer,
    Leader,
    Admin,
    PlatformAdmin,
];
/// Whoever says that two reports are of one problem, or must know.
const MATCHERS: &[Role] = &[
    Operator,
    Dispatcher,
    Collector,
    Leader,
    Admin,
    PlatformAdmin,
];
/// Whoever reads rates.
const READERS: &[Role] = &[
    Leader,
    Admin,
    Operator,
    Dispatcher,
    Auditor,
    Scorer,
    PlatformAdmin,
];
/// Closing is the review's own work.
const CLOSERS: &[Role] = &[Service, PlatformAdmin];
/// Whoever may let clocks stand and publish calendars.
const KEEPERS: &[Role] = &[Leader, Admin, PlatformAdmin];
/// Whoever looks after what is on its way to other systems.
const POSTMASTERS: &[Role] = &[Admin, PlatformAdmin, Auditor];
const COUNTERS: &[Role] = &[Service, PlatformAdmin, Admin, Auditor, Leader, Scorer];

/// Whoever writes to the feeds of areas.
const POSTERS: &[Role] = &[
    Officer,
    Collector,
    Operator,
    Dispatcher,
    Inspector,
    Leader,
    Admin,
    PlatformAdmin,
];

/// Every method of the four services.
pub const ACCESS: Access = &[
    ("/tidyward.v1.IssueService/ReportIssue", REPORTERS),
    // The transition table says which move is whose.
    ("/tidyward.v1.IssueService/TransitionIssue", MOVERS),
    ("/tidyward.v1.IssueService/BatchTransitionIssues", MOVERS),
    (
        "/tidyward.v1.IssueService/ListIssueActions",
        Role::EVERYBODY,
    ),
    (
        "/tidyward.v1.IssueService/ListDuplicateCandidates",
        MATCHERS,
    ),
    ("/tidyward.v1.IssueService/ExplainDeadline", Role::STAFF),
    ("/tidyward.v1.IssueService/EraseReporter", Role::ADMINS),
    ("/tidyward.v1.IssueService/GetIssue", Role::EVERYBODY),
    // Residents are given their own alone.
    ("/tidyward.v1.IssueService/ListIssues", Role::EVERYBODY),
    ("/tidyward.v1.IssueService/ListIssueEvents", Role::STAFF),
    ("/tidyward.v1.IssueService/ListCategories", Role::EVERYBODY),
    ("/tidyward.v1.IssueService/GetCategory", Role::EVERYBODY),
    ("/tidyward.v1.IssueService/CreateCategory", Role::ADMINS),
    ("/tidyward.v1.IssueService/UpdateCategory", Role::ADMINS),
    ("/tidyward.v1.IssueService/QueryRates", READERS),
    ("/tidyward.v1.IssueService/CreateUpload", Role::ADMINS),
    ("/tidyward.v1.IssueService/AppendUpload", Role::ADMINS),
    ("/tidyward.v1.IssueService/GetUpload", Role::ADMINS),
    ("/tidyward.v1.IssueService/CreateImport", Role::ADMINS),
    ("/tidyward.v1.IssueService/GetImport", Role::ADMINS),
    ("/tidyward.v1.IssueService/WatchImport", Role::ADMINS),
    ("/tidyward.v1.IssueService/ListImportProblems", Role::ADMINS),
    ("/tidyward.v1.IssueService/CloseLedger", CLOSERS),
    ("/tidyward.v1.IssueService/StreamFacts", COUNTERS),
    (
        "/tidyward.v1.CalendarService/GetWorkingCalendar",
        Role::EVERYBODY,
    ),
    (
        "/tidyward.v1.CalendarService/UpdateWorkingCalendar",
        KEEPERS,
    ),
    ("/tidyward.v1.CalendarService/ReckonDeadline", Role::STAFF),
    ("/tidyward.v1.CalendarService/CreateAreaSuspension", KEEPERS),
    (
        "/tidyward.v1.CalendarService/GetAreaSuspension",
        Role::STAFF,
    ),
    (
        "/tidyward.v1.CalendarService/ListAreaSuspensions",
        Role::STAFF,
    ),
    ("/tidyward.v1.CalendarService/EndAreaSuspension", KEEPERS),
    // Residents are told of their own reports alone.
    ("/tidyward.v1.WatchService/Watch", Role::EVERYBODY),
    ("/tidyward.v1.WatchService/PollWatch", Role::EVERYBODY),
    ("/tidyward.v1.WatchService/CreatePost", POSTERS),
    ("/tidyward.v1.WatchService/GetPost", Role::STAFF),
    ("/tidyward.v1.WatchService/ListPosts", Role::STAFF),
    // Whoever may report or move an issue may show what it is about; the rest is for those who see an issue that uses it.
    ("/tidyward.v1.EvidenceService/CreateUpload", MOVERS),
    ("/tidyward.v1.EvidenceService/AppendUpload", MOVERS),
    ("/tidyward.v1.EvidenceService/GetUpload", MOVERS),
    ("/tidyward.v1.EvidenceService/CreateEvidence", MOVERS),
    ("/tidyward.v1.EvidenceService/GetEvidence", Role::EVERYBODY),
    ("/tidyward.v1.EvidenceService/ReadEvidence", Role::EVERYBODY),
    ("/tidyward.v1.NoticeService/CreateWebhook", Role::ADMINS),
    ("/tidyward.v1.NoticeService/GetWebhook", Role::ADMINS),
    ("/tidyward.v1.NoticeService/ListWebhooks", Role::ADMINS),
    ("/tidyward.v1.NoticeService/UpdateWebhook", Role::ADMINS),
    ("/tidyward.v1.NoticeService/DeleteWebhook", Role::ADMINS),
    ("/tidyward.v1.NoticeService/ListNotices", Role::EVERYBODY),
    ("/tidyward.v1.NoticeService/ListDeliveries", POSTMASTERS),
    ("/tidyward.v1.NoticeService/RetryDelivery", Role::ADMINS),
];
