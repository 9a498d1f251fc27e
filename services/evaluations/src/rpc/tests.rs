//! The services over a temporary store. The other services are not there: their facts are handed in where they would
//! arrive.

mod issue_table;
mod keys;
mod life;
mod means;
mod reading;
mod recovery;
mod rules;
mod story;
mod uploads;

use std::{collections::BTreeMap, sync::Arc};

use ed25519_dalek::SigningKey;
use jiff::{Timestamp, tz::TimeZone};
use tidyward_kit::{
    caller::{Caller, District, Role},
    clock::Clock,
    object::Objects,
    peer::Peers,
    request::Once,
    token::Tokens,
};
use tidyward_proto::v1::{
    self, evaluation_service_server::EvaluationService, rule_service_server::RuleService,
};
use tokio_stream::StreamExt;
use tonic::{Request, Status};

use crate::{
    Evaluations, House, Settings,
    collect::{LedgerFacts, ReviewedArea},
    freeze,
    rpc::{reviews::Reviews, rules::Rules},
    store,
};

/// What every scenario stands in: a district of Shanghai time, long after the periods that it reviews.
struct Scene {
    house: Arc<House>,
    reviews: Reviews,
    rules: Rules,
    district: District,
    _folder: tempfile::TempDir,
}

const NOW: &str = "2026-11-21T12:00:00Z";

async fn scene() -> Scene {
    scene_at(NOW).await
}

async fn scene_at(now: &str) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let now: Timestamp = now.parse().unwrap();
    let clock = Clock::told(move || now);
    let db = tidyward_kit::db::testing::open(folder.path()).await;
    Evaluations::migrate(&db).await.unwrap();
    let tokens = Tokens::new(&SigningKey::from_bytes(&[1; 32])).unwrap();
    let settings = Settings {
        largest_upload: 256 * 1_024 * 1_024,
        largest_message: 4 * 1_024 * 1_024,
        threads: 2,
        fuel: 200_000_000,
        bundle_key: SigningKey::from_bytes(&[2; 32]),
        compiler: tidyward_rules::compile::program_of_tests(),
        compiled: folder.path().join("compiled"),
        seal: [3; 32],
    };
    let objects = Objects::folder(&folder.path().join("objects")).unwrap();
    let peers = Peers::new(tokens);
    let evaluations = Evaluations::new(db, clock, peers, objects, settings).unwrap();
    let house = evaluations.0.clone();
    let district = District::of_server("demo");
    house
        .territory
        .remember_zone(&district, TimeZone::get("Asia/Shanghai").unwrap());
    Scene {
        reviews: Reviews(house.clone()),
        rules: Rules(house.clone()),
        house,
        district,
        _folder: folder,
    }
}

fn caller() -> Caller {
    Caller {
        subject: "admin-1".into(),
        district: Some("demo".into()),
        roles: vec![Role::Admin],
        areas: Vec::new(),
    }
}

/// A call as the front layer hands it on.
fn call<T>(message: T) -> Request<T> {
    call_of(caller(), message)
}

fn call_of<T>(caller: Caller, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.extensions_mut().insert(Arc::new(caller));
    request
}

fn reason(status: &Status) -> String {
    let error = tidyward_kit::Error::from(status.clone());
    tidyward_kit::status::reason_name(error.reason).to_owned()
}

/// A community of so many grids; grid `i` had 10 rounds due and closed `i % 11` of them on time.
fn ledger(grids: usize) -> LedgerFacts {
    let mut areas = vec![ReviewedArea {
        code: "C".into(),
        level: 2,
        parent: String::new(),
        peer_group: String::new(),
        display_name: "The community".into(),
    }];
    areas.extend((0..grids).map(|index| ReviewedArea {
        code: format!("G{index:05}"),
        level: 3,
        parent: "C".into(),
        peer_group: String::new(),
        display_name: format!("Grid {index}"),
    }));
    let closed: Vec<i64> = (0..grids)
        .map(|index| (index % 11).min(10) as i64)
        .collect();
    let column = |values: Vec<i64>| {
        let sum = values.iter().sum();
        [vec![sum], values].concat()
    };
    let columns = BTreeMap::from([
        ("issues.due".to_owned(), column(vec![10; grids])),
        ("issues.due_suspended".to_owned(), column(vec![0; grids])),
        ("issues.handled_on_time".to_owned(), column(closed.clone())),
        ("issues.closed".to_owned(), column(closed)),
        ("issues.backlog_start".to_owned(), column(vec![0; grids])),
        ("issues.backlog_closed".to_owned(), column(vec![0; grids])),
    ]);
    LedgerFacts {
        areas,
        columns,
        issues_outside: 4,
        ..LedgerFacts::default()
    }
}

impl Scene {
    async fn activate(&self, rule: &str, from: &str) {
        let request = v1::ActivateRuleRequest {
            name: format!("districts/demo/rules/{rule}"),
            from_period: from.into(),
            ..v1::ActivateRuleRequest::default()
        };
        self.rules.activate_rule(call(request)).await.unwrap();
    }

    async fn open(&self, period: &str) -> v1::Review {
        let request = v1::CreateReviewRequest {
            parent: "districts/demo".into(),
            period: period.into(),
            ..v1::CreateReviewRequest::default()
        };
        self.reviews
            .create_review(call(request))
            .await
            .unwrap()
            .into_inner()
    }

    /// Freezes as `FreezeReview` does once the ledger is closed and its facts have arrived.
    async fn seal(
        &self,
        period: &str,
        ledger: LedgerFacts,
    ) -> Result<v1::Review, tidyward_kit::Error> {
        let nothing = v1::FreezeReviewRequest::default();
        let now = self.house.clock.now();
        let once = Once::new(
            store::EVALUATION,
            "FreezeReview",
            &caller(),
            Some(&self.district),
            &nothing,
            "",
            now,
        )?;
        freeze::seal(
            &self.house,
            &self.district,
            period.parse().unwrap(),
            &Arc::new(ledger),
            7,
            once,
        )
        .await
    }

    async fn run(&self, request: v1::RunReviewRequest) -> Result<v1::WatchReviewResponse, Status> {
        let name = request.name.clone();
        self.reviews.run_review(call(request)).await?;
        Ok(self.watch(&name).await)
    }

    /// The last message of a watch.
    async fn watch(&self, name: &str) -> v1::WatchReviewResponse {
        let request = v1::WatchReviewRequest { name: name.into() };
        let stream = self
            .reviews
            .watch_review(call(request))
            .await
            .unwrap()
            .into_inner();
        let messages: Vec<_> = stream.map(Result::unwrap).collect().await;
        let last = messages.last().unwrap().clone();
        assert!(!last.review.as_ref().unwrap().running);
        last
    }

    async fn upload(&self, bytes: &[u8]) -> String {
        let request = v1::CreateUploadRequest {
            parent: "districts/demo".into(),
            upload: Some(v1::Upload {
                size_bytes: bytes.len() as i64,
                ..v1::Upload::default()
            }),
            request_id: String::new(),
        };
        let upload = self
            .rules
            .create_upload(call(request))
            .await
            .unwrap()
            .into_inner()
            .name;
        let request = v1::AppendUploadRequest {
            name: upload.clone(),
            offset: 0,
            data: bytes.to_vec(),
        };
        self.rules.append_upload(call(request)).await.unwrap();
        upload
    }

    async fn push(&self, bytes: &[u8]) -> Result<v1::RuleVersion, Status> {
        let upload = self.upload(bytes).await;
        let request = v1::PushRuleVersionRequest {
            parent: "districts/demo".into(),
            upload,
            ..Default::default()
        };
        Ok(self
            .rules
            .push_rule_version(call(request))
            .await?
            .into_inner())
    }
}

impl Scene {
    /// Keeps a version past the gate's trial: what was let in fails as well, on rows that nobody thought of.
    async fn keep(&self, bytes: &[u8]) {
        let candidate = crate::rule::inspect(bytes).unwrap();
        let version = crate::rule::Version::of(&candidate, Some(0));
        let component = bytes::Bytes::copy_from_slice(bytes);
        let objects = &self.house.objects;
        objects.put(self.district.id(), component).await.unwrap();
        let district = self.district.clone();
        let kept = self.house.db.write(move |transaction| {
            let (district, version) = (district.clone(), version.clone());
            Box::pin(async move { store::rule::insert(transaction, &district, &version).await })
        });
        kept.await.unwrap();
    }
}

fn run_of(period: &str) -> v1::RunReviewRequest {
    v1::RunReviewRequest {
        name: format!("districts/demo/reviews/{period}"),
        ..Default::default()
    }
}

/// The built-in `case-rates` under another name of the same length: its manifest is text in the file.
fn district_rule(id: &str, version: &str) -> Vec<u8> {
    let rule = tidyward_rules::builtin::BUILTIN
        .iter()
        .find(|rule| rule.id == "case-rates")
        .unwrap();
    let renamed = replace(
        rule.bytes,
        b"id = \"case-rates\"",
        format!("id = \"{id}\"").as_bytes(),
    );
    replace(
        &renamed,
        b"version = \"1.0.0\"",
        format!("version = \"{version}\"").as_bytes(),
    )
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len(), "the file keeps its length");
    let place = bytes
        .windows(from.len())
        .position(|window| window == from)
        .expect("it is in the file");
    let mut changed = bytes.to_vec();
    changed[place..place + to.len()].copy_from_slice(to);
    changed
}

/// Every test here that opens a database, once more on PostgreSQL.
#[test]
fn again_on_postgres() {
    tidyward_kit::db::testing::again_on_postgres(&["rpc::"]);
}
