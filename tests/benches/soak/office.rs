//! Work of the office: a quarter's review now and then, and backups.

use std::{sync::Arc, time::Duration};

use tidyward_proto::v1::{
    CreateReviewRequest, FreezeReviewRequest, GetReviewRequest, ReviewState, RunReviewRequest,
    evaluation_service_client::EvaluationServiceClient,
};

use crate::{
    asking::World,
    scene::{FIRST_QUARTER, PARENT, Scene, quarter},
    server,
};

/// Quarters that are reviewed; all of them are over.
pub const REVIEWS: u32 = 10;

/// Reviews one quarter after the other. Each reads all that was imported.
pub async fn reviews(world: Arc<World>, every: Duration) {
    for number in (FIRST_QUARTER..).take(REVIEWS as usize) {
        if review(&world, quarter(number)).await.is_some() {
            world.tally.note("review", "Ok");
        }
        world.pause(every).await;
        if !world.goes_on() {
            return;
        }
    }
}

/// From its beginning to its scores; nothing where it was refused.
async fn review(world: &World, period: String) -> Option<()> {
    let client = EvaluationServiceClient::new(world.caller("reviews", 0));
    let create = CreateReviewRequest {
        parent: PARENT.to_owned(),
        period,
        request_id: String::new(),
    };
    let review = world.until_answered("create review", || {
        let (mut client, create) = (client.clone(), create.clone());
        async move { client.create_review(create).await }
    });
    let name = review.await?.name;
    let freeze = FreezeReviewRequest {
        name: name.clone(),
        request_id: String::new(),
    };
    let frozen = world.until_answered("freeze review", || {
        let (mut client, freeze) = (client.clone(), freeze.clone());
        async move { client.freeze_review(freeze).await }
    });
    frozen.await?;
    let run = RunReviewRequest {
        name: name.clone(),
        ..RunReviewRequest::default()
    };
    let begun = world.until_answered("run review", || {
        let (mut client, run) = (client.clone(), run.clone());
        async move { client.run_review(run).await }
    });
    begun.await?;
    loop {
        let get = GetReviewRequest { name: name.clone() };
        let found = world.until_answered("get review", || {
            let (mut client, get) = (client.clone(), get.clone());
            async move { client.get_review(get).await }
        });
        match found.await?.state() {
            ReviewState::Scored => return Some(()),
            ReviewState::Failed => {
                world.tally.note("review", "failed, to be run again");
                return None;
            }
            _ => {}
        }
        world.pause(Duration::from_millis(200)).await;
    }
}

/// Writes a backup beside the running server, over the one before. During a fault it may say that it cannot; the one after
/// such a one is left in peace, for a backup is one view of the database, and a database that ends takes it along.
pub async fn backs_up(world: Arc<World>, every: Duration) {
    let mut cut_off = false;
    loop {
        world.pause(every).await;
        world.ask_for_peace(cut_off);
        while cut_off && world.faults() % 2 == 1 && world.goes_on() {
            world.pause(Duration::from_millis(100)).await;
        }
        if !world.goes_on() {
            return;
        }
        let before = world.faults();
        let scene = world.scene.clone();
        let told = tokio::task::spawn_blocking(move || backup(&scene)).await;
        world.ask_for_peace(false);
        cut_off = false;
        match told.expect("the program ran") {
            Ok(()) => world.tally.note("backup", "Ok"),
            Err(_) if before % 2 == 1 || world.faults() != before => {
                world.tally.note("backup", "failed during a fault");
                cut_off = true;
            }
            Err(words) => world
                .tally
                .wrong_answer(format!("a backup failed: {words}")),
        }
    }
}

fn backup(scene: &Scene) -> Result<(), String> {
    let mut command = server::program(scene);
    command.arg("backup").arg("--out").arg(scene.backup());
    let output = command.output().expect("the program runs");
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}
