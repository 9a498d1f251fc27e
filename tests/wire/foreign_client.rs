//! A client that we did not write: Python's grpcio, which learns every message through reflection.

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
