//! How each of the tables of rules, metrics and reviews travels when a district does.

use tidyward_kit::db::tables::{HALF_UPLOADS, Table, along, names, stays, with_objects};

/// Every table of these services.
pub const TABLES: &[Table] = &[
    along("metric"),
    along("metric_value"),
    along("evaluation_change"),
    with_objects("rule_version", &[names("sha256")]),
    along("rule_activation"),
    along("rule_rollback"),
    along("rule_revocation"),
    along("rule_key"),
    along("rule_policy"),
    along("rule_change"),
    along("rule_usage"),
    with_objects(
        "review",
        &[
            names("rule_sha256"),
            names("facts_sha256"),
            names("rounds_sha256"),
        ],
    ),
    along("review_area"),
    with_objects("revision", &[names("rule_sha256"), names("scores_sha256")]),
    along("review_chunk"),
    along("score"),
    along("evaluation_import"),
    along("evaluation_import_problem"),
    // Who tries again after a move gets the first answer again.
    along("rule_request"),
    along("evaluation_request"),
    stays("rule_upload", HALF_UPLOADS),
    stays("rule_upload_piece", HALF_UPLOADS),
    stays("evaluation_upload", HALF_UPLOADS),
    stays("evaluation_upload_piece", HALF_UPLOADS),
];
