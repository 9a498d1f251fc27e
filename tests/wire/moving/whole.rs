//! Backups are whole though the server goes on, and a restored installation goes on where they ended.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    path::Path,
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
};

use tidyward::moving::give::What;
use tidyward_kit::{clock::Clock, dump::manifest::Holds};
use tidyward_proto::v1::{IssueSource, ListIssuesRequest};
use tidyward_tests::Stack;

use super::{file, give, lived_in, score, settings, take};
use crate::{
    cast::{City, D, PARENT, SUN},
    command_line::expect_code,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_while_serving_has_all_that_was_answered_before_it() {
    let files = tempfile::tempdir().unwrap();
    let path = file(&files, "backup");
    let city = lived_in().await;
    let here = settings(city.stack.folder.path()).await;
    let scored = score(&city.stack, "2026-q1", true).await;
    let before = names(&city.stack).await;
    let stop = AtomicBool::new(false);
    let reporting = async {
        let mut reported = 0;
        while !stop.load(Ordering::SeqCst) {
            report(&city).await;
            reported += 1;
        }
        reported
    };
    let backing_up = async {
        let manifest = give(&here, What::EverythingWithKeys, &path).await;
        stop.store(true, Ordering::SeqCst);
        manifest
    };
    let (reported, manifest) = tokio::join!(reporting, backing_up);
    assert!(reported > 0, "nothing was written meanwhile");
    let after = names(&city.stack).await;
    let key = std::fs::read(city.stack.folder.path().join("token.key")).unwrap();
    city.stack.stop().await;

    let folder = tempfile::tempdir().unwrap();
    let there = settings(folder.path()).await;
    take(&there, &path, Holds::Backup, &Clock::system())
        .await
        .unwrap();
    assert_eq!(std::fs::read(folder.path().join("token.key")).unwrap(), key);
    // Of the file nothing is lost: written out again, it is the same.
    let again = give(&there, What::EverythingWithKeys, &file(&files, "again")).await;
    assert_eq!(again.sha256, manifest.sha256);
    assert_eq!(again.districts, manifest.districts);

    let late = Clock::told(|| "2026-04-02T01:00:00Z".parse().unwrap());
    let stack = Stack::open(folder, late).await;
    let restored = names(&stack).await;
    assert!(before.is_subset(&restored) && restored.is_subset(&after));
    assert_eq!(score(&stack, "2026-q1", true).await, scored);
    stack.stop().await;
}

async fn report(city: &City) -> String {
    let spot = (30.005, 120.005);
    city.report(SUN, IssueSource::Hotline, spot, None)
        .await
        .name
}

async fn names(stack: &Stack) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut page_token = String::new();
    loop {
        let request = ListIssuesRequest {
            parent: PARENT.to_owned(),
            page_size: 500,
            page_token,
            ..ListIssuesRequest::default()
        };
        let page = stack
            .issues(D)
            .list_issues(request)
            .await
            .unwrap()
            .into_inner();
        names.extend(page.issues.into_iter().map(|issue| issue.name));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return names;
        }
    }
}

/// The command line, on the data folder alone.
async fn tidyward(data: &Path, words: &[&str], code: u8) {
    let mut arguments = vec![
        "tidyward".into(),
        "--data".into(),
        data.as_os_str().to_owned(),
    ];
    arguments.extend(words.iter().map(OsString::from));
    let ran = tokio::task::spawn_blocking(|| tidyward::cli::run(arguments)).await;
    let ran: ExitCode = ran.unwrap();
    expect_code(ran, code, words);
}

#[tokio::test(flavor = "multi_thread")]
async fn by_command_line_beside_a_server_and_into_an_empty_folder() {
    let files = tempfile::tempdir().unwrap();
    if tidyward_kit::db::testing::postgres(files.path())
        .await
        .is_some()
    {
        // The command line of this process has no setting but its flags, and none of them names a database.
        return;
    }
    let city = lived_in().await;
    let here = city.stack.folder.path().to_owned();
    let [all, one] = ["all", "one"].map(|name| file(&files, name).display().to_string());
    tidyward(&here, &["backup", "--out", &all, "--with-keys"], 0).await;
    tidyward(&here, &["district", "export", D, "--out", &one], 0).await;
    tidyward(&here, &["district", "export", "nowhere", "--out", &one], 1).await;
    tidyward(&here, &["district", "import", &one], 1).await;
    let new = files.path().join("new");
    tidyward(&new, &["restore", &all, "--key", "00ff"], 1).await;
    assert!(!new.exists(), "what is refused leaves no folder");
    tidyward(&here, &["restore", &all], 1).await;
    tidyward(&new, &["restore", &all], 0).await;
    tidyward(&new, &["restore", &all], 1).await;
    let other = files.path().join("other");
    tidyward(&other, &["district", "import", &one], 1).await;
    tidyward(&other, &["migrate"], 0).await;
    tidyward(&other, &["district", "import", &one], 0).await;
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(&all).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "names, phones and keys are in it");
    city.stack.stop().await;
}
