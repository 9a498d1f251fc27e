//! How each of the ledger's tables travels when a district does.

use tidyward_kit::db::tables::{
    HALF_UPLOADS, Named, Table, Travel, Whose, along, last, moves, stays,
};

use crate::showing::{ORIGINALS, THUMBNAILS};

/// Every table of this service.
pub const TABLES: &[Table] = &[
    along("issue_ledger"),
    along("issue"),
    along("issue_course"),
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
    along("issue_post"),
    // Tokens of watches go on where the district is now. What was told after a backup was made is not in it, so that a
    // token of then must not be taken for one of what happens after it was restored.
    moves(
        "issue_store",
        "whoever restores an older state begins a new ledger",
    ),
    EVIDENCE,
    along("issue_evidence_uploader"),
    along("issue_evidence_use"),
    along("issue_evidence_post"),
    stays(
        "issue_evidence_leaving",
        "it names bytes where the district was",
    ),
    stays(
        "issue_evidence_request",
        "the answers name evidence that may be left behind",
    ),
    stays("issue_evidence_upload", HALF_UPLOADS),
    stays("issue_evidence_upload_piece", HALF_UPLOADS),
    stays("issue_upload", HALF_UPLOADS),
    stays("issue_upload_piece", HALF_UPLOADS),
];

/// What no event and no post uses is still its uploader's alone, who uploads it again; its bytes may go at any time.
const EVIDENCE: Table = Table {
    name: "issue_evidence",
    travel: Travel::Along,
    objects: &[
        Named {
            column: "sha256",
            room: ORIGINALS,
            object: Whose::Own,
        },
        Named {
            column: "sha256",
            room: THUMBNAILS,
            object: Whose::MadeOf,
        },
    ],
    unless_zero: Some("uses"),
};
