//! Reviews, as every test begins one.

use tidyward_kit::peer::Peer;
use tidyward_proto::v1::{
    CreateReviewRequest, FreezeReviewRequest, Review, RunReviewRequest, WatchReviewRequest,
    WatchReviewResponse, evaluation_service_client::EvaluationServiceClient,
};

/// Makes the district's review of the period and freezes it.
pub async fn frozen(
    mut client: EvaluationServiceClient<Peer>,
    district: &str,
    period: &str,
) -> Review {
    let create = CreateReviewRequest {
        parent: format!("districts/{district}"),
        period: period.to_owned(),
        request_id: String::new(),
    };
    let made = client.create_review(create).await.expect("a review");
    let freeze = FreezeReviewRequest {
        name: made.into_inner().name,
        request_id: String::new(),
    };
    let frozen = client.freeze_review(freeze).await;
    frozen.expect("a frozen review").into_inner()
}

/// Runs a frozen review, or a scored one `again`, and gives the last that its watch told.
pub async fn ran(
    mut client: EvaluationServiceClient<Peer>,
    name: &str,
    again: bool,
) -> WatchReviewResponse {
    let run = RunReviewRequest {
        name: name.to_owned(),
        again,
        ..RunReviewRequest::default()
    };
    client.run_review(run).await.expect("a run");
    let name = name.to_owned();
    let watch = client.watch_review(WatchReviewRequest { name }).await;
    let (mut watch, mut last) = (watch.expect("a watch").into_inner(), None);
    while let Some(told) = watch.message().await.expect("the watch goes on") {
        last = Some(told);
    }
    last.expect("the end of the run")
}
