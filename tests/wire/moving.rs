//! Districts and installations in files: what is written out of one database and brought into another is the same to the
//! last digest, whichever databases they are, and an installation never shows half of it.

mod between;
mod cut_off;
mod refused;
mod whole;

use std::path::{Path, PathBuf};

use tidyward::{
    config::Settings,
    moving::{Place, give, take},
};
use tidyward_kit::{
    Error,
    clock::Clock,
    dump::{
        manifest::{Holds, Manifest},
        read::Dump,
    },
};
use tidyward_proto::v1::{
    AcceptAction, ActivateRuleRequest, CheckResult, CreateReviewRequest, FileAction,
    FreezeReviewRequest, IssueSource, RunReviewRequest, WatchReviewRequest,
    transition_issue_request::Action,
};
use tidyward_tests::Stack;

use crate::cast::{City, D, LI, PARENT, QIAN, SUN, ZHAO, ZHOU, check, dispatch, hand_in};

/// The settings of an installation in the folder, on the database of this run.
async fn settings(folder: &Path) -> Settings {
    let mut settings = Settings {
        data: folder.to_owned(),
        ..Settings::default()
    };
    if let Some(server) = tidyward_kit::db::testing::postgres(folder).await {
        settings.database.url = server.url;
    }
    settings
}

/// An installation that has nothing yet.
async fn made(folder: &Path) -> Settings {
    let settings = settings(folder).await;
    let place = Place::alone(&settings).await.unwrap();
    place.close().await.unwrap();
    settings
}

/// A city with issues that went some way, duties, categories, a calendar, and a scored review of the first quarter.
async fn lived_in() -> City {
    let city = City::founded("2026-02-12T15:00").await;
    city.at("2026-02-12T16:00");
    let spot = (30.005, 120.005);
    city.report(QIAN, IssueSource::Patrol, spot, None).await;
    city.at("2026-02-12T16:30");
    let issue = city
        .report(SUN, IssueSource::Hotline, spot, None)
        .await
        .name;
    let file = Action::File(FileAction::default());
    let accept = Action::Accept(AcceptAction::default());
    for (who, action) in [
        (SUN, file),
        (ZHOU, dispatch()),
        (ZHAO, accept),
        (ZHAO, hand_in("swept")),
        (LI, check(CheckResult::Passed, "clean")),
    ] {
        city.moves(who, &issue, action).await;
    }
    city.at("2026-04-02T09:00");
    let activate = ActivateRuleRequest {
        name: format!("{PARENT}/rules/case-rates/versions/1.0.0"),
        from_period: "2026-q1".to_owned(),
        ..Default::default()
    };
    city.stack.rules(D).activate_rule(activate).await.unwrap();
    freeze(&city.stack, "2026-q1").await;
    score(&city.stack, "2026-q1", false).await;
    city
}

/// Freezes a review, which is made, and gives the digest of its facts.
async fn freeze(stack: &Stack, period: &str) -> String {
    let mut client = stack.evaluations(D);
    let create = CreateReviewRequest {
        parent: PARENT.to_owned(),
        period: period.to_owned(),
        request_id: String::new(),
    };
    let name = client
        .create_review(create)
        .await
        .unwrap()
        .into_inner()
        .name;
    let freeze = FreezeReviewRequest {
        name,
        request_id: String::new(),
    };
    let frozen = client.freeze_review(freeze).await.unwrap();
    frozen.into_inner().facts_sha256
}

/// Scores a frozen review, or a scored one again, and gives the digest of the scores.
async fn score(stack: &Stack, period: &str, again: bool) -> String {
    let mut client = stack.evaluations(D);
    let name = format!("{PARENT}/reviews/{period}");
    let run = RunReviewRequest {
        name: name.clone(),
        again,
        ..Default::default()
    };
    client.run_review(run).await.unwrap();
    let watch = client.watch_review(WatchReviewRequest { name }).await;
    let (mut watch, mut last) = (watch.unwrap().into_inner(), None);
    while let Some(progress) = watch.message().await.unwrap() {
        last = Some(progress);
    }
    let last = last.unwrap();
    if again {
        last.again_scores_sha256
    } else {
        last.review.unwrap().scores_sha256
    }
}

/// Writes a dump beside a server that may be running, and reads its manifest.
async fn give(settings: &Settings, what: give::What, path: &Path) -> Manifest {
    let place = Place::beside_server(settings).await.unwrap();
    let file = std::fs::File::create(path).unwrap();
    let given = give::give(&place, &what, file, 0).await.unwrap();
    place.close().await.unwrap();
    let dump = Dump::open(path, None).unwrap();
    assert_eq!(dump.manifest, given);
    given
}

/// Brings the file into the installation.
async fn take(settings: &Settings, path: &Path, holds: Holds, clock: &Clock) -> Result<(), Error> {
    let mut dump = Dump::open(path, None)?;
    let place = match holds {
        Holds::District => Place::beside_server(settings).await?,
        Holds::Backup => Place::alone(settings).await?,
    };
    let taken = take::take(&place, &mut dump, holds, clock).await;
    place.close().await?;
    taken
}

fn district() -> give::What {
    give::What::District(D.to_owned())
}

fn file(folder: &tempfile::TempDir, name: &str) -> PathBuf {
    folder.path().join(name)
}
