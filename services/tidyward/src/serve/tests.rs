//! The listener's rule, and a server from its start in an empty folder to its drain.

use std::path::Path;

use tidyward_proto::v1::{ListDistrictsRequest, grid_service_client::GridServiceClient};
use tonic::{Code, transport::Channel};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_reflection::pb::{
    v1::{
        ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
        server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
    },
    v1alpha,
};

use super::*;

#[test]
fn only_loopback_is_open_without_being_asked_for_by_name() {
    let check = |listen: &str, insecure_no_tls: bool, opens: bool| {
        let listen = listen.parse().unwrap();
        let settings = Settings {
            listen,
            insecure_no_tls,
            ..Settings::default()
        };
        let result = allow_listener(&settings);
        assert_eq!(result.is_ok(), opens, "{listen}");
        if let Err(error) = result {
            assert!(error.message.contains("--insecure-no-tls"), "{error}");
        }
    };
    check("127.0.0.1:0", false, true);
    check("[::1]:0", false, true);
    check("127.8.9.10:0", false, true);
    check("0.0.0.0:0", false, false);
    check("[::]:0", false, false);
    check("192.168.1.2:0", false, false);
    check("0.0.0.0:0", true, true);

    let mut settings = Settings {
        listen: ([0, 0, 0, 0], 0).into(),
        ..Settings::default()
    };
    settings.tls.certificate = "server.pem".into();
    assert!(allow_listener(&settings).is_ok(), "it is encrypted");
}

async fn start(folder: &Path) -> (Running, Channel) {
    let settings = Settings {
        data: folder.join("data"),
        listen: ([127, 0, 0, 1], 0).into(),
        ..Settings::default()
    };
    let server = Server::start(&settings, Clock::system()).await.unwrap();
    let channel = Channel::from_shared(format!("http://{}", server.address)).unwrap();
    (server, channel.connect().await.unwrap())
}

const SERVICES: [&str; 4] = [
    "tidyward.v1.EvaluationService",
    "tidyward.v1.GridService",
    "tidyward.v1.IssueService",
    "tidyward.v1.RuleService",
];

#[tokio::test]
async fn health_is_told_of_every_service_and_first_when_the_server_stops() {
    let folder = tempfile::tempdir().unwrap();
    let (server, channel) = start(folder.path()).await;
    let mut health = HealthClient::new(channel);
    let request = |service: &str| HealthCheckRequest {
        service: service.to_owned(),
    };
    for service in SERVICES.iter().chain(&[""]) {
        let answer = health.check(request(service)).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving, "{service}");
    }
    let unknown = health
        .check(request("tidyward.v1.Nothing"))
        .await
        .unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);

    let mut told = health
        .watch(request("tidyward.v1.GridService"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        told.message().await.unwrap().unwrap().status(),
        ServingStatus::Serving
    );
    let stopping = tokio::spawn(server.stop());
    assert_eq!(
        told.message().await.unwrap().unwrap().status(),
        ServingStatus::NotServing
    );
    // The watcher goes, so there is nothing to wait for.
    drop((told, health));
    stopping.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_call_without_a_token_is_refused_and_reflection_needs_none() {
    let folder = tempfile::tempdir().unwrap();
    let (server, channel) = start(folder.path()).await;
    let request = ListDistrictsRequest::default();
    let refused = GridServiceClient::new(channel.clone())
        .list_districts(request)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);

    let listing = || MessageRequest::ListServices(String::new());
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(listing()),
    };
    let mut reflection = ServerReflectionClient::new(channel.clone());
    let mut answers = reflection
        .server_reflection_info(tokio_stream::once(request))
        .await
        .unwrap()
        .into_inner();
    let answer = answers.message().await.unwrap().unwrap().message_response;
    let Some(MessageResponse::ListServicesResponse(services)) = answer else {
        panic!("no list of services: {answer:?}");
    };
    let names: Vec<&str> = services
        .service
        .iter()
        .map(|service| service.name.as_str())
        .collect();
    for service in SERVICES.iter().chain(&["grpc.health.v1.Health"]) {
        assert!(names.contains(service), "{service} is not in {names:?}");
    }

    let mut older = v1alpha::server_reflection_client::ServerReflectionClient::new(channel);
    let symbol = v1alpha::server_reflection_request::MessageRequest::FileContainingSymbol(
        "tidyward.v1.ReportIssueRequest".to_owned(),
    );
    let request = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(symbol),
    };
    let mut answers = older
        .server_reflection_info(tokio_stream::once(request))
        .await
        .unwrap()
        .into_inner();
    let answer = answers.message().await.unwrap().unwrap().message_response;
    assert!(matches!(
        answer,
        Some(v1alpha::server_reflection_response::MessageResponse::FileDescriptorResponse(_))
    ));
    drop((reflection, older, answers));
    server.stop().await.unwrap();
}

#[tokio::test]
async fn the_same_folder_serves_again_with_the_same_key() {
    let folder = tempfile::tempdir().unwrap();
    let key = || std::fs::read_to_string(folder.path().join("data/token.key")).unwrap();
    let (server, channel) = start(folder.path()).await;
    let first = key();
    drop(channel);
    server.stop().await.unwrap();
    let (server, channel) = start(folder.path()).await;
    assert_eq!(first, key());
    drop(channel);
    server.stop().await.unwrap();
}
