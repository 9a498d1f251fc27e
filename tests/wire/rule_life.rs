//! The life of a rule by the command line: a key, a signed push, a shadow, a rollback, a revocation, and the log of it all.

use std::path::PathBuf;

use tidyward_kit::clock::Clock;
use tidyward_proto::v1::{
    GetReviewRequest, GetRuleVersionRequest, ListRuleChangesRequest, ListRuleUsageRequest,
    RuleState, RuleVersion,
};
use tidyward_rules::builtin::BUILTIN;
use tidyward_tests::{Stack, import, town};

use crate::{
    cast::{D, PARENT},
    command_line::{run, run_program, words},
    review::ISSUES,
};

/// Of the command line: the arguments are wrong, or what was asked for was refused.
const REFUSED: u8 = 1;

/// A district of four grids with two closed issues, in the summer of 2024, and a folder for files.
struct Office {
    stack: Stack,
    desk: tempfile::TempDir,
}

impl Office {
    async fn opens() -> Office {
        let now: jiff::Timestamp = "2024-07-01T04:00:00Z".parse().unwrap();
        let stack = Stack::start_at(Clock::told(move || now)).await;
        stack.district(D, "Asia/Shanghai", "2020-01-01").await;
        let (mapping, areas) = town(4);
        import!(stack.grids(D), D, mapping, areas.as_bytes());
        let rows = "id,reported,closed,kind,lat,lon\n1,2024-03-02,2024-03-03,litter,30.005,120.005\n\
                    2,2024-05-02,2024-05-03,litter,30.005,120.015\n";
        import!(stack.issues(D), D, ISSUES, rows.as_bytes());
        let desk = tempfile::tempdir().unwrap();
        Office { stack, desk }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.desk.path().join(name)
    }

    /// Puts `case-rates` under another id of the same length on the desk.
    fn rule(&self, version: &str) {
        let shipped = BUILTIN.iter().find(|rule| rule.id == "case-rates");
        let mut bytes = shipped.unwrap().bytes.to_vec();
        let version_line = format!("version = \"{version}\"");
        for (from, to) in [
            ("id = \"case-rates\"", "id = \"own-rates2\""),
            ("version = \"1.0.0\"", version_line.as_str()),
        ] {
            assert_eq!(from.len(), to.len());
            let mut parts = bytes.windows(from.len());
            let place = parts.position(|part| part == from.as_bytes()).unwrap();
            bytes[place..place + to.len()].copy_from_slice(to.as_bytes());
        }
        std::fs::write(self.path(&format!("{version}.wasm")), bytes).unwrap();
    }

    /// Runs a line whose files are on the desk: `DESK/` stands before their names.
    async fn line(&self, line: &str, code: u8) {
        let desk = self.desk.path().display().to_string();
        run(&self.stack, &words(&line.replace("DESK", &desk)), code).await;
    }

    async fn version(&self, version: &str) -> RuleVersion {
        let name = format!("{PARENT}/rules/own-rates2/versions/{version}");
        let request = GetRuleVersionRequest { name };
        let version = self.stack.rules(D).get_rule_version(request).await;
        version.unwrap().into_inner()
    }

    /// Each change as the log has it: its kind and the version.
    async fn log(&self) -> Vec<String> {
        let request = ListRuleChangesRequest {
            parent: PARENT.to_owned(),
            ..Default::default()
        };
        let page = self.stack.rules(D).list_rule_changes(request).await;
        let changes = page.unwrap().into_inner().rule_changes;
        let told = |change: &tidyward_proto::v1::RuleChange| {
            let kind = change
                .kind()
                .as_str_name()
                .trim_start_matches("RULE_CHANGE_KIND_");
            let version = change.rule_version.rsplit('/').next().unwrap_or_default();
            format!("{kind} {version}").trim_end().to_owned()
        };
        changes.iter().map(told).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_lives_and_dies_by_the_command_line_and_the_log_tells_it() {
    let office = Office::opens().await;
    office.rule("1.0.0");
    office.rule("1.1.0");
    office
        .line("rules policy --signature-required true", 0)
        .await;
    office.line("rules push DESK/1.0.0.wasm", REFUSED).await;
    office.line("rules key new DESK/office.key", 0).await;
    office.line("rules key new DESK/office.key", 2).await;
    office
        .line("rules push DESK/1.0.0.wasm --key DESK/office.key", REFUSED)
        .await;
    office
        .line("rules key add DESK/office.key.pub --title 'the office'", 0)
        .await;
    office
        .line("rules push DESK/1.0.0.wasm --key DESK/office.key", 0)
        .await;
    assert!(
        office
            .version("1.0.0")
            .await
            .signature_key
            .starts_with(PARENT)
    );
    office
        .line("rules activate case-rates@1.0.0 --from 2024-q1", 0)
        .await;
    office
        .line("rules activate own-rates2@1.0.0 --from 2024-q1 --shadow", 0)
        .await;
    office.line("review run --period 2024-q1", 0).await;
    office.line("review compare --period 2024-q1", 0).await;
    let name = format!("{PARENT}/reviews/2024-q1");
    let review = office
        .stack
        .evaluations(D)
        .get_review(GetReviewRequest { name })
        .await;
    let revisions = review.unwrap().into_inner().revisions;
    assert_eq!(revisions.len(), 2);
    // By another name it is the same rule.
    assert_eq!(revisions[0].scores_sha256, revisions[1].scores_sha256);
    assert!(revisions[1].shadow && revisions[1].trial);

    // Without a server, beside the scores of the bundle.
    office
        .line("review bundle --period 2024-q1 --out DESK/q1.bundle", 0)
        .await;
    let (rule, bundle) = (office.path("1.1.0.wasm"), office.path("q1.bundle"));
    let (rule, bundle) = (rule.display().to_string(), bundle.display().to_string());
    run_program(&["rules", "check", &rule, "--bundle", &bundle], 0);
    run_program(&["rules", "check", &rule, "--bundle", &rule], 1);

    office
        .line(
            "rules push DESK/1.1.0.wasm --key DESK/office.key --validate-only",
            0,
        )
        .await;
    office
        .line("rules push DESK/1.1.0.wasm --key DESK/office.key", 0)
        .await;
    office
        .line("rules activate own-rates2@1.1.0 --from 2024-q2", 0)
        .await;
    assert_eq!(office.version("1.1.0").await.state(), RuleState::Active);
    office.line("rules rollback --from 2024-q2", 0).await;
    assert_eq!(office.version("1.1.0").await.state(), RuleState::Superseded);
    office.line("rules rollback --from 2024-q2", REFUSED).await;
    office
        .line(
            "rules revoke own-rates2@1.1.0 --reason 'it counts twice'",
            0,
        )
        .await;
    office
        .line("rules activate own-rates2@1.1.0 --from 2024-q2", REFUSED)
        .await;
    let version = office.version("1.1.0").await;
    assert_eq!(version.state(), RuleState::Revoked);
    assert_eq!(version.revoke_reason, "it counts twice");
    let fingerprint = version.signature_key.rsplit('/').next().unwrap().to_owned();
    office
        .line(&format!("rules key retire {fingerprint}"), 0)
        .await;
    // Limits are the platform's to set, which whoever has the data folder is.
    office.line("rules policy --versions-limit 0", 0).await;
    for list in [
        "rules log",
        "rules usage",
        "rules key list",
        "rules policy",
        "rules list",
    ] {
        office.line(list, 0).await;
    }
    let expected = [
        "POLICY_CHANGED",
        "KEY_CREATED",
        "PUSHED 1.0.0",
        "ACTIVATED 1.0.0",
        "SHADOWED 1.0.0",
        "PUSHED 1.1.0",
        "ACTIVATED 1.1.0",
        "ROLLED_BACK 1.1.0",
        "REVOKED 1.1.0",
        "KEY_RETIRED",
    ];
    assert_eq!(office.log().await, expected);
    let request = ListRuleUsageRequest {
        parent: PARENT.to_owned(),
        ..Default::default()
    };
    let usage = office
        .stack
        .rules(D)
        .list_rule_usage(request)
        .await
        .unwrap()
        .into_inner();
    let rules: Vec<&str> = usage
        .rule_usage
        .iter()
        .map(|one| one.rule_version.as_str())
        .collect();
    assert_eq!(rules.len(), 3, "{rules:?}");
    assert!(
        usage
            .rule_usage
            .iter()
            .all(|one| one.fuel > 0 && one.calls > 0)
    );
    office.stack.stop().await;
}
