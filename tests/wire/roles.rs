//! One process or three: the same district, ledger and rule give the same scores to the last byte.

use std::{fs, path::Path, time::Duration};

use tidyward::{
    config::{
        Settings,
        edge::{PeerSettings, ServeRole},
    },
    serve::{Running, Server},
};
use tidyward_kit::{
    caller::{Caller, Role},
    clock::Clock,
    key,
    peer::Peer,
    token::Tokens,
};
use tidyward_proto::v1::{
    ActivateRuleRequest, CreateDistrictRequest, District, GetDistrictRequest,
    evaluation_service_client::EvaluationServiceClient, grid_service_client::GridServiceClient,
    issue_service_client::IssueServiceClient, rule_service_client::RuleServiceClient,
};
use tidyward_tests::{HandClock, import, refusal, review, town};
use tonic::{Code, transport::Channel};

use crate::review::ISSUES;

const D: &str = "jinhua";

/// Processes that serve one house together, and who calls them.
struct House {
    servers: Vec<Running>,
    tokens: Tokens,
    clock: HandClock,
    folder: tempfile::TempDir,
}

impl House {
    fn new() -> House {
        let folder = tempfile::tempdir().unwrap();
        let key = key::read_or_make(&folder.path().join("token.key")).unwrap();
        House {
            servers: Vec::new(),
            tokens: Tokens::new(&key).unwrap(),
            // Noon of the first of July in Shanghai: the second quarter is over.
            clock: HandClock::at("2024-07-01T04:00:00Z"),
            folder,
        }
    }

    /// Starts a server of those roles in a folder of its own, with the house's key.
    async fn start(&mut self, roles: &[ServeRole], peers: PeerSettings) -> String {
        let data = self.folder.path().join(self.servers.len().to_string());
        fs::create_dir(&data).unwrap();
        fs::copy(self.folder.path().join("token.key"), data.join("token.key")).unwrap();
        let mut settings = Settings {
            data,
            listen: ([127, 0, 0, 1], 0).into(),
            roles: roles.to_vec(),
            peers,
            ..Settings::default()
        };
        settings.review.compiler = tidyward_rules::compile::program_of_tests();
        // On PostgreSQL they share one database; on SQLite each has its own file.
        let shared: &Path = self.folder.path();
        if let Some(server) = tidyward_kit::db::testing::postgres(shared).await {
            settings.database.url = server.url;
        }
        let clock = self.clock.clock();
        let running = Server::start(&settings, clock).await.unwrap();
        let url = format!("http://{}", running.address);
        self.servers.push(running);
        url
    }

    /// The server at the URL as somebody with the role sees it.
    fn peer(&self, url: &str, district: Option<&str>, role: Role) -> Peer {
        let caller = Caller {
            subject: "li".to_owned(),
            district: district.map(str::to_owned),
            roles: vec![role],
            areas: Vec::new(),
        };
        let hour = Duration::from_secs(3_600);
        let token = self.tokens.make(&caller, Clock::system().now(), hour);
        let channel = Channel::from_shared(url.to_owned()).unwrap().connect_lazy();
        Peer::remote(channel, &token.unwrap()).unwrap()
    }

    fn admin(&self, url: &str) -> Peer {
        self.peer(url, Some(D), Role::Admin)
    }

    async fn stop(self) {
        // Those who call stop before those who are called.
        for server in self.servers.into_iter().rev() {
            server.stop().await.unwrap();
        }
    }
}

/// Where each role is.
struct Urls {
    grids: String,
    issues: String,
    evaluations: String,
}

/// A small review from the district to its scores: the digests of its facts and its scores.
async fn review(house: &House, urls: &Urls) -> (String, String) {
    let platform = house.peer(&urls.grids, None, Role::PlatformAdmin);
    let request = CreateDistrictRequest {
        district_id: D.to_owned(),
        district: Some(District {
            time_zone: "Asia/Shanghai".to_owned(),
            start_date: "2020-01-01".to_owned(),
            ..District::default()
        }),
        request_id: String::new(),
    };
    let mut platform = GridServiceClient::new(platform);
    platform.create_district(request).await.unwrap();
    let (mapping, areas) = town(4);
    let mut grids = GridServiceClient::new(house.admin(&urls.grids));
    let ended = import!(grids, D, mapping, areas.as_bytes());
    assert_eq!((ended.rows_added, ended.rows_rejected), (4, 0), "{ended:?}");
    let rows = "id,reported,closed,kind,lat,lon\n\
                1,2024-05-02,2024-05-03,litter,30.005,120.005\n\
                2,2024-05-02,2024-05-30,litter,30.005,120.015\n\
                3,2024-06-02,,litter,30.005,120.025\n";
    let mut issues = IssueServiceClient::new(house.admin(&urls.issues));
    let ended = import!(issues, D, ISSUES, rows.as_bytes());
    assert_eq!((ended.rows_added, ended.rows_rejected), (3, 0), "{ended:?}");

    let mut rules = RuleServiceClient::new(house.admin(&urls.evaluations));
    let activate = ActivateRuleRequest {
        name: format!("districts/{D}/rules/case-rates/versions/1.0.0"),
        from_period: "2024-q2".to_owned(),
        ..Default::default()
    };
    rules.activate_rule(activate).await.unwrap();
    let reviews = EvaluationServiceClient::new(house.admin(&urls.evaluations));
    let frozen = review::frozen(reviews.clone(), D, "2024-q2").await;
    let ended = review::ran(reviews, &frozen.name, false).await;
    (frozen.facts_sha256, ended.review.unwrap().scores_sha256)
}

#[tokio::test(flavor = "multi_thread")]
async fn three_processes_give_the_same_results_as_one() {
    let mut one = House::new();
    let all = one.start(&ServeRole::ALL, PeerSettings::default()).await;
    let urls = Urls {
        grids: all.clone(),
        issues: all.clone(),
        evaluations: all,
    };
    let expected = review(&one, &urls).await;
    assert_eq!(
        (expected.0.len(), expected.1.len()),
        (64, 64),
        "{expected:?}"
    );
    one.stop().await;

    let mut three = House::new();
    let none = PeerSettings::default();
    let grids = three.start(&[ServeRole::Grids], none.clone()).await;
    let peers = PeerSettings {
        grids: grids.clone(),
        ..none
    };
    let issues = three.start(&[ServeRole::Issues], peers.clone()).await;
    let peers = PeerSettings {
        issues: issues.clone(),
        ..peers
    };
    let evaluations = three.start(&[ServeRole::Evaluations], peers).await;
    let urls = Urls {
        grids,
        issues,
        evaluations,
    };
    assert_eq!(review(&three, &urls).await, expected);

    // A process serves its own role alone, and says so.
    let request = GetDistrictRequest {
        name: format!("districts/{D}"),
    };
    let mut wrong = GridServiceClient::new(three.admin(&urls.issues));
    let refused = refusal(wrong.get_district(request).await);
    assert_eq!(
        (refused.code, refused.reason.as_str()),
        (Code::Unimplemented, "UNSUPPORTED")
    );
    three.stop().await;
}
