//! How each of the ledger's tables travels when a district does.

use tidyward_kit::db::tables::{HALF_UPLOADS, Table, along, last, stays};

/// Every table of this service.
pub const TABLES: &[Table] = &[
    along("issue_ledger"),
    along("issue"),
    along("issue_event"),
    along("issue_category"),
    along("issue_condition"),
    along("issue_closing"),
    along("issue_reporter"),
    along("issue_calendar"),
    along("issue_suspension"),
    along("issue_notice"),
    along("issue_notice_recipient"),
    along("issue_delivery"),
    // Deliveries are found by their webhook; without one nothing is sent while a district arrives.
    last("issue_webhook"),
    along("issue_import"),
    along("issue_import_problem"),
    // Who tries again after a move gets the first answer again.
    along("issue_request"),
    stays("issue_upload", HALF_UPLOADS),
    stays("issue_upload_piece", HALF_UPLOADS),
];
