//! The district that goes about its work: somebody asks for something all the time, and a review is scored afresh again and
//! again, while strangers send what they like.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tidyward_kit::peer::Peer;
use tidyward_proto::v1::{
    ActivateRuleRequest, GetAreaRequest, GetReviewRequest, RunReviewRequest,
    evaluation_service_client::EvaluationServiceClient, grid_service_client::GridServiceClient,
};
use tidyward_tests::{LITTER, Stack, import, review, town};
use tokio::task::JoinHandle;

/// The district's id.
pub const BUSY: &str = "busy";
const PERIOD: &str = "2024-q2";
/// As many as make a review long enough to be measured.
const GRIDS: usize = 80_000;
/// How often somebody asks.
const ASKS_EVERY: Duration = Duration::from_millis(50);
/// How often a run is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Makes the district with its grids, a report in each, and its review, and scores it once. Gives the review's name.
pub async fn founded(stack: &Stack) -> String {
    stack.district(BUSY, "Asia/Shanghai", "2020-01-01").await;
    let (mapping, _) = town(1);
    let (areas, reports) = (areas(), reports());
    let ended = import!(stack.grids(BUSY), BUSY, mapping, areas.as_bytes());
    assert_eq!(ended.rows_added, GRIDS as i64, "{ended:?}");
    let ended = import!(stack.issues(BUSY), BUSY, LITTER, reports.as_bytes());
    assert_eq!(ended.rows_added, GRIDS as i64, "{ended:?}");
    let activate = ActivateRuleRequest {
        name: format!("districts/{BUSY}/rules/case-rates/versions/1.0.0"),
        from_period: PERIOD.to_owned(),
        ..ActivateRuleRequest::default()
    };
    let activated = stack.rules(BUSY).activate_rule(activate).await;
    activated.expect("the rule is in force");
    let client = stack.evaluations(BUSY);
    let name = review::frozen(client.clone(), BUSY, PERIOD).await.name;
    let ended = review::ran(client, &name, false).await;
    assert!(!ended.review.expect("a review").scores_sha256.is_empty());
    name
}

/// South-west corner of a grid: they lie in rows of a hundred.
fn corner(grid: usize) -> (f64, f64) {
    let (row, place) = (grid / 100, grid % 100);
    (30.0 + row as f64 * 0.01, 120.0 + place as f64 * 0.01)
}

fn areas() -> String {
    let features: Vec<String> = (0..GRIDS)
        .map(|grid| {
            let (south, west) = corner(grid);
            let (north, east) = (south + 0.01, west + 0.01);
            format!(
                r#"{{"type":"Feature","properties":{{"code":"G{}"}},"geometry":{{"type":"Polygon","coordinates":[[[{west},{south}],[{east},{south}],[{east},{north}],[{west},{north}],[{west},{south}]]]}}}}"#,
                grid + 1
            )
        })
        .collect();
    let features = features.join(",");
    format!(r#"{{"type":"FeatureCollection","features":[{features}]}}"#)
}

fn reports() -> String {
    let mut rows = String::from("id,reported,kind,lat,lon\n");
    for grid in 0..GRIDS {
        let (south, west) = corner(grid);
        let (latitude, longitude) = (south + 0.005, west + 0.005);
        rows += &format!("{grid},2024-05-02,litter,{latitude},{longitude}\n");
    }
    rows
}

/// How long the district waited, in the quiet and while strangers pushed.
#[derive(Debug, Default)]
pub struct Waited {
    pub quiet: Vec<Duration>,
    pub disturbed: Vec<Duration>,
    /// Of whoever asked for something every now and then.
    pub asked: Vec<Duration>,
}

/// The district at work.
pub struct Neighbour {
    /// Whether strangers push.
    pub disturbed: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
    reviews: JoinHandle<(Vec<Duration>, Vec<Duration>)>,
    asks: JoinHandle<Vec<Duration>>,
}

impl Neighbour {
    pub fn begins(peer: Peer, review: &str) -> Neighbour {
        let (disturbed, stop) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
        let reviews = tokio::spawn(reviews(
            EvaluationServiceClient::new(peer.clone()),
            review.to_owned(),
            disturbed.clone(),
            stop.clone(),
        ));
        let asks = tokio::spawn(asks(GridServiceClient::new(peer), stop.clone()));
        Neighbour {
            disturbed,
            stop,
            reviews,
            asks,
        }
    }

    pub async fn ends(self) -> Waited {
        self.stop.store(true, Ordering::Relaxed);
        let (quiet, disturbed) = self.reviews.await.expect("every review was scored");
        Waited {
            quiet,
            disturbed,
            asked: self.asks.await.expect("every call was answered"),
        }
    }
}

/// Scores afresh until it is told to stop. What was disturbed for a part of its time counts for neither.
async fn reviews(
    mut client: EvaluationServiceClient<Peer>,
    name: String,
    disturbed: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
) -> (Vec<Duration>, Vec<Duration>) {
    let (mut quiet, mut while_disturbed) = (Vec::new(), Vec::new());
    while !stop.load(Ordering::Relaxed) {
        let before = disturbed.load(Ordering::Relaxed);
        let took = scored_afresh(&mut client, &name).await;
        match (before, disturbed.load(Ordering::Relaxed)) {
            (false, false) => quiet.push(took),
            (true, true) => while_disturbed.push(took),
            _ => {}
        }
    }
    (quiet, while_disturbed)
}

async fn scored_afresh(client: &mut EvaluationServiceClient<Peer>, name: &str) -> Duration {
    let began = Instant::now();
    let run = RunReviewRequest {
        name: name.to_owned(),
        again: true,
        ..RunReviewRequest::default()
    };
    client.run_review(run).await.expect("a run");
    loop {
        let name = name.to_owned();
        let review = client.get_review(GetReviewRequest { name }).await;
        let review = review.expect("the review").into_inner();
        assert_eq!(review.error, "", "it is scored the same each time");
        if !review.running {
            return began.elapsed();
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Asks for a grid every now and then, and is always answered.
async fn asks(mut client: GridServiceClient<Peer>, stop: Arc<AtomicBool>) -> Vec<Duration> {
    let mut took = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let began = Instant::now();
        let get = GetAreaRequest {
            name: format!("districts/{BUSY}/areas/G{}", took.len() % GRIDS + 1),
            ..GetAreaRequest::default()
        };
        client.get_area(get).await.expect("a grid");
        took.push(began.elapsed());
        tokio::time::sleep(ASKS_EVERY).await;
    }
    took
}
