//! Clients that we did not write: Python's grpcio and `buf curl`, which learn every message through reflection.

use std::process::Command;

use tidyward_tests::{Stack, import, root, town};

#[tokio::test(flavor = "multi_thread")]
async fn python_reports_gets_a_field_error_lists_two_pages_and_watches_a_run() {
    let python = std::env::var("TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let probe = Command::new(&python)
        .args(["-c", "import grpc, grpc_reflection"])
        .output();
    if !probe.is_ok_and(|output| output.status.success()) {
        println!("skipped: no Python with grpcio and grpcio-reflection");
        return;
    }
    let stack = Stack::start().await;
    stack
        .district("jinhua", "Asia/Shanghai", "2020-01-01")
        .await;
    let (mapping, areas) = town(3);
    let ended = import!(stack.grids("jinhua"), "jinhua", mapping, areas.as_bytes());
    assert_eq!(ended.rows_added, 3, "{ended:?}");
    let (address, token) = (stack.running.address.to_string(), stack.admin("jinhua"));
    let script = root().join("tests/wire/foreign_client.py");
    let told = tokio::task::spawn_blocking(move || {
        Command::new(python)
            .arg(script)
            .args([address, token])
            .output()
    });
    let output = told.await.unwrap().unwrap();
    let (said, wrong) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{said}\n{wrong}");
    assert!(said.ends_with("all was as expected\n"), "{said}");
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn buf_curl_reports_through_reflection_and_is_told_every_wrong_field() {
    let buf = std::env::var("TEST_BUF").unwrap_or_else(|_| "buf".to_owned());
    if !Command::new(&buf)
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success())
    {
        println!("skipped: no buf");
        return;
    }
    let stack = Stack::start().await;
    stack
        .district("jinhua", "Asia/Shanghai", "2020-01-01")
        .await;
    let (address, token) = (stack.running.address, stack.admin("jinhua"));
    let curl = |body: &'static str| {
        let mut command = Command::new(&buf);
        command
            .args(["curl", "--protocol", "grpc", "--http2-prior-knowledge"])
            .args([
                "--header",
                &format!("authorization: Bearer {token}"),
                "--data",
                body,
            ])
            .arg(format!(
                "http://{address}/tidyward.v1.IssueService/ReportIssue"
            ));
        async move {
            tokio::task::spawn_blocking(move || command.output())
                .await
                .unwrap()
                .unwrap()
        }
    };
    let taken = curl(
        r#"{"parent": "districts/jinhua", "issue": {"category": "litter", "source": "ISSUE_SOURCE_HOTLINE",
            "position": {"latitude": 29.1, "longitude": 119.6, "datum": "DATUM_WGS84"}}}"#,
    )
    .await;
    let said = String::from_utf8_lossy(&taken.stdout).into_owned();
    assert!(
        taken.status.success(),
        "{}",
        String::from_utf8_lossy(&taken.stderr)
    );
    assert!(
        said.contains("districts/jinhua/issues/") && said.contains("ISSUE_STATE_REPORTED"),
        "{said}"
    );
    let refused =
        curl(r#"{"parent": "districts/jinhua", "issue": {"category": "nonsense"}}"#).await;
    let wrong = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success());
    for words in [
        "invalid_argument",
        "issue.category",
        "issue.source",
        "issue.position",
    ] {
        assert!(wrong.contains(words), "{words} in {wrong}");
    }
    stack.stop().await;
}
