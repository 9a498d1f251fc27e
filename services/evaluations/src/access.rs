//! Who may call which rpc.

use tidyward_kit::{caller::Role, front::Access};

/// Those who hold the review.
const SCORERS: &[Role] = &[Role::Admin, Role::Scorer, Role::PlatformAdmin];

/// Every method of this crate's services.
pub const ACCESS: Access = &[
    ("/tidyward.v1.RuleService/CreateUpload", Role::ADMINS),
    ("/tidyward.v1.RuleService/AppendUpload", Role::ADMINS),
    ("/tidyward.v1.RuleService/GetUpload", Role::ADMINS),
    ("/tidyward.v1.RuleService/PushRuleVersion", Role::ADMINS),
    ("/tidyward.v1.RuleService/GetRuleVersion", Role::STAFF),
    ("/tidyward.v1.RuleService/ListRuleVersions", Role::STAFF),
    ("/tidyward.v1.RuleService/ActivateRule", Role::ADMINS),
    ("/tidyward.v1.RuleService/RollbackRule", Role::ADMINS),
    ("/tidyward.v1.RuleService/ListRuleActivations", Role::STAFF),
    ("/tidyward.v1.RuleService/RevokeRuleVersion", Role::ADMINS),
    ("/tidyward.v1.RuleService/CreateRuleKey", Role::ADMINS),
    ("/tidyward.v1.RuleService/RetireRuleKey", Role::ADMINS),
    ("/tidyward.v1.RuleService/ListRuleKeys", Role::STAFF),
    ("/tidyward.v1.RuleService/GetRulePolicy", Role::STAFF),
    ("/tidyward.v1.RuleService/UpdateRulePolicy", Role::ADMINS),
    ("/tidyward.v1.RuleService/ListRuleChanges", Role::STAFF),
    ("/tidyward.v1.RuleService/ListRuleUsage", Role::STAFF),
    (
        "/tidyward.v1.EvaluationService/ListFactDefinitions",
        Role::EVERYBODY,
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
    ("/tidyward.v1.EvaluationService/GetReview", Role::STAFF),
    ("/tidyward.v1.EvaluationService/ListReviews", Role::STAFF),
    ("/tidyward.v1.EvaluationService/FreezeReview", SCORERS),
    ("/tidyward.v1.EvaluationService/RunReview", SCORERS),
    ("/tidyward.v1.EvaluationService/WatchReview", Role::STAFF),
    ("/tidyward.v1.EvaluationService/ListScores", Role::STAFF),
    ("/tidyward.v1.EvaluationService/GetScore", Role::STAFF),
    ("/tidyward.v1.EvaluationService/ExplainScore", Role::STAFF),
    (
        "/tidyward.v1.EvaluationService/CompareRevisions",
        Role::STAFF,
    ),
    ("/tidyward.v1.EvaluationService/ListFacts", Role::STAFF),
    ("/tidyward.v1.EvaluationService/DownloadBundle", Role::STAFF),
];
