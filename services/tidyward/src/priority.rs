//! How urgent each method is where there are too many calls: what people in the street hand in goes before lists, and
//! lists before dashboards' figures. What is not listed is `Desk`, in between.

use tidyward_kit::priority::{
    Priorities,
    Priority::{Field, Figures, Lists, Waits},
};

/// The least urgent last. `Priority::TABLE` says when each is put off.
pub const PRIORITIES: Priorities = &[
    // What people in the street report, hand in and photograph.
    ("/tidyward.v1.IssueService/ReportIssue", Field),
    ("/tidyward.v1.IssueService/TransitionIssue", Field),
    ("/tidyward.v1.IssueService/BatchTransitionIssues", Field),
    ("/tidyward.v1.IssueService/CreateUpload", Field),
    ("/tidyward.v1.IssueService/AppendUpload", Field),
    ("/tidyward.v1.IssueService/GetUpload", Field),
    ("/tidyward.v1.EvidenceService/CreateUpload", Field),
    ("/tidyward.v1.EvidenceService/AppendUpload", Field),
    ("/tidyward.v1.EvidenceService/GetUpload", Field),
    ("/tidyward.v1.EvidenceService/CreateEvidence", Field),
    // As many as may watch at once, which `limits.watchers` says.
    ("/tidyward.v1.WatchService/PollWatch", Waits),
    // Lists that people look through.
    ("/tidyward.v1.GridService/ListDistricts", Lists),
    ("/tidyward.v1.GridService/ListAreas", Lists),
    ("/tidyward.v1.GridService/ListAreaVersions", Lists),
    ("/tidyward.v1.GridService/ListImportProblems", Lists),
    ("/tidyward.v1.DutyService/ListSites", Lists),
    ("/tidyward.v1.DutyService/ListDuties", Lists),
    ("/tidyward.v1.DutyService/ListVacancies", Lists),
    ("/tidyward.v1.DutyService/ListImportProblems", Lists),
    ("/tidyward.v1.IssueService/ListIssues", Lists),
    ("/tidyward.v1.IssueService/ListIssueEvents", Lists),
    ("/tidyward.v1.IssueService/ListCategories", Lists),
    ("/tidyward.v1.IssueService/ListImportProblems", Lists),
    ("/tidyward.v1.CalendarService/ListAreaSuspensions", Lists),
    ("/tidyward.v1.WatchService/ListPosts", Lists),
    ("/tidyward.v1.NoticeService/ListWebhooks", Lists),
    ("/tidyward.v1.NoticeService/ListNotices", Lists),
    ("/tidyward.v1.NoticeService/ListDeliveries", Lists),
    ("/tidyward.v1.RuleService/ListRuleVersions", Lists),
    ("/tidyward.v1.RuleService/ListRuleActivations", Lists),
    ("/tidyward.v1.RuleService/ListRuleKeys", Lists),
    ("/tidyward.v1.RuleService/ListRuleChanges", Lists),
    ("/tidyward.v1.RuleService/ListRuleUsage", Lists),
    ("/tidyward.v1.EvaluationService/ListReviews", Lists),
    ("/tidyward.v1.EvaluationService/ListScores", Lists),
    ("/tidyward.v1.EvaluationService/ListImportProblems", Lists),
    // Dashboards' rates, exports and facts.
    ("/tidyward.v1.IssueService/QueryRates", Figures),
    ("/tidyward.v1.IssueService/StreamFacts", Figures),
    ("/tidyward.v1.GridService/StreamAreas", Figures),
    ("/tidyward.v1.EvaluationService/ListFacts", Figures),
    ("/tidyward.v1.EvaluationService/CompareRevisions", Figures),
    ("/tidyward.v1.EvaluationService/DownloadBundle", Figures),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::compose::ACCESS;

    #[test]
    fn every_row_is_a_method_and_every_list_has_a_row() {
        let methods: HashSet<&str> = ACCESS
            .iter()
            .flat_map(|rows| rows.iter())
            .map(|row| row.0)
            .collect();
        let mut listed = HashSet::new();
        for (path, _) in PRIORITIES {
            assert!(methods.contains(path), "{path} is no method");
            assert!(listed.insert(*path), "{path} stands here twice");
        }
        // What an officer asks before a move is no list to look through, and the table of facts never changes.
        let small = [
            "ListIssueActions",
            "ListDuplicateCandidates",
            "ListFactDefinitions",
        ];
        for path in methods {
            let name = path.rsplit('/').next().unwrap();
            let needs = (name.starts_with("List") && !small.contains(&name))
                || name.starts_with("Stream")
                || name.starts_with("Download");
            assert!(!needs || listed.contains(path), "{path} has no priority");
        }
    }
}
