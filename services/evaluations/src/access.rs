//! Who may call which rpc.

use tidyward_kit::{caller::Role, front::Access};

/// Everybody.
const ANYBODY: &[Role] = &[
    Role::Resident,
    Role::Officer,
    Role::Collector,
    Role::Operator,
    Role::Dispatcher,
    Role::Inspector,
    Role::Scorer,
    Role::Leader,
    Role::Admin,
    Role::Auditor,
    Role::Service,
    Role::PlatformAdmin,
];

/// Everybody but residents, who see what is published, and nothing is in this release.
const STAFF: &[Role] = &[
    Role::Officer,
    Role::Collector,
    Role::Operator,
    Role::Dispatcher,
    Role::Inspector,
    Role::Scorer,
    Role::Leader,
    Role::Admin,
    Role::Auditor,
    Role::Service,
    Role::PlatformAdmin,
];

/// Those who hold the review.
const SCORERS: &[Role] = &[Role::Admin, Role::Scorer, Role::PlatformAdmin];

/// Those who decide by which rule.
const ADMINS: &[Role] = &[Role::Admin, Role::PlatformAdmin];

/// Every method of this crate's services.
pub const ACCESS: Access = &[
    ("/tidyward.v1.RuleService/CreateUpload", ADMINS),
    ("/tidyward.v1.RuleService/AppendUpload", ADMINS),
    ("/tidyward.v1.RuleService/GetUpload", ADMINS),
    ("/tidyward.v1.RuleService/PushRuleVersion", ADMINS),
    ("/tidyward.v1.RuleService/GetRuleVersion", STAFF),
    ("/tidyward.v1.RuleService/ListRuleVersions", STAFF),
    ("/tidyward.v1.RuleService/ActivateRule", ADMINS),
    ("/tidyward.v1.RuleService/ListRuleActivations", STAFF),
    (
        "/tidyward.v1.EvaluationService/ListFactDefinitions",
        ANYBODY,
    ),
    ("/tidyward.v1.EvaluationService/RecordMetrics", SCORERS),
    ("/tidyward.v1.EvaluationService/CreateUpload", SCORERS),
    ("/tidyward.v1.EvaluationService/AppendUpload", SCORERS),
    ("/tidyward.v1.EvaluationService/GetUpload", SCORERS),
    ("/tidyward.v1.EvaluationService/CreateImport", SCORERS),
    ("/tidyward.v1.EvaluationService/GetImport", SCORERS),
    ("/tidyward.v1.EvaluationService/WatchImport", SCORERS),
    ("/tidyward.v1.EvaluationService/ListImportProblems", SCORERS),
    ("/tidyward.v1.EvaluationService/CreateReview", SCORERS),
    ("/tidyward.v1.EvaluationService/GetReview", STAFF),
    ("/tidyward.v1.EvaluationService/ListReviews", STAFF),
    ("/tidyward.v1.EvaluationService/FreezeReview", SCORERS),
    ("/tidyward.v1.EvaluationService/RunReview", SCORERS),
    ("/tidyward.v1.EvaluationService/WatchReview", STAFF),
    ("/tidyward.v1.EvaluationService/ListScores", STAFF),
    ("/tidyward.v1.EvaluationService/GetScore", STAFF),
    ("/tidyward.v1.EvaluationService/ExplainScore", STAFF),
    ("/tidyward.v1.EvaluationService/ListFacts", STAFF),
    ("/tidyward.v1.EvaluationService/DownloadBundle", STAFF),
];
