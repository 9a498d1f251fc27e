//! Who is put off where there are too many calls, and what callers are told.

use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinHandle,
};
use tonic_types::StatusExt;

use super::*;
use crate::{clock::Clock, key, priority::Priority::*, rate::Rate};

const FIGURES: &str = "/tidyward.v1.Test/Figures";
const LIST: &str = "/tidyward.v1.Test/List";
const DESK: &str = "/tidyward.v1.Test/Get";
const FIELD: &str = "/tidyward.v1.Test/Report";
const HEALTH: &str = "/grpc.health.v1.Health/Check";
const ACCESS: Access = &[
    (FIGURES, Role::EVERYBODY),
    (LIST, Role::EVERYBODY),
    (DESK, Role::EVERYBODY),
    (FIELD, Role::EVERYBODY),
];

/// Asks the call's path to be told, and answers when the gate is open.
type Handler = tower::util::BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

struct Scene {
    front: Front<Handler>,
    tokens: Tokens,
    /// A path for each call that reached the handler.
    reached: mpsc::UnboundedReceiver<String>,
    gate: Arc<Semaphore>,
}

fn scene(most_calls: usize, rates: RateSettings) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let tokens = Tokens::new(&key::read_or_make(&folder.path().join("key")).unwrap()).unwrap();
    let (tell, reached) = mpsc::unbounded_channel();
    let gate = Arc::new(Semaphore::new(0));
    let opened = gate.clone();
    let handler = tower::service_fn(move |request: Request<Body>| {
        let (tell, opened) = (tell.clone(), opened.clone());
        async move {
            tell.send(request.uri().path().to_owned()).unwrap();
            opened.acquire().await.unwrap().forget();
            Ok(Response::new(Body::empty()))
        }
    });
    let settings = FrontSettings {
        longest_call: Duration::from_secs(600),
        most_calls,
        priorities: &[(FIGURES, Figures), (LIST, Lists), (FIELD, Field)],
        rates,
    };
    let layer = FrontLayer::new(tokens.clone(), &[ACCESS], settings);
    Scene {
        front: layer.layer(Handler::new(handler)),
        tokens,
        reached,
        gate,
    }
}

impl Scene {
    fn call(&self, path: &str, role: Role) -> JoinHandle<Option<Status>> {
        let caller = Caller {
            subject: "li".to_owned(),
            district: Some("jinhua".to_owned()),
            roles: vec![role],
            areas: Vec::new(),
        };
        let hour = Duration::from_secs(3_600);
        let token = self.tokens.make(&caller, Clock::system().now(), hour);
        let request = Request::builder()
            .uri(path)
            .header("authorization", format!("Bearer {}", token.unwrap()))
            .body(Body::empty())
            .unwrap();
        let mut front = self.front.clone();
        tokio::spawn(async move {
            let response = front.call(request).await.unwrap();
            Status::from_header_map(response.headers())
        })
    }

    /// A call that finds a place and keeps it until the gate is opened.
    async fn placed(&mut self, path: &str, role: Role) -> JoinHandle<Option<Status>> {
        let call = self.call(path, role);
        assert_eq!(self.reached.recv().await.unwrap(), path);
        call
    }

    async fn refused(&self, path: &str) -> Status {
        let answer = self.call(path, Role::Officer).await.unwrap();
        answer.expect("the call is refused")
    }
}

#[tokio::test]
async fn figures_are_put_off_before_lists_and_lists_before_what_the_street_reports() {
    let mut scene = scene(10, RateSettings::default());
    let mut held = Vec::new();
    for (path, name, most) in [
        (FIGURES, "figures", 5),
        (LIST, "lists", 8),
        (DESK, "desk", 9),
        (FIELD, "field", 10),
    ] {
        while held.len() < most {
            held.push(scene.placed(path, Role::Officer).await);
        }
        let refused = scene.refused(path).await;
        assert_eq!(refused.code(), tonic::Code::ResourceExhausted, "{path}");
        let details = refused.get_error_details();
        let info = details.error_info().unwrap();
        assert_eq!(info.reason, "BUSY");
        assert_eq!(info.metadata["priority"], name);
        let retry = details.retry_info().unwrap().retry_delay;
        assert_eq!(retry, Some(Duration::from_secs(1)));
    }
    // Every place is taken; health and what the system does for those who have one go on.
    held.push(scene.placed(HEALTH, Role::Officer).await);
    held.push(scene.placed(FIGURES, Role::Service).await);

    scene.gate.add_permits(held.len());
    for call in held {
        assert!(
            call.await
                .unwrap()
                .is_none_or(|status| status.code() == tonic::Code::Ok)
        );
    }
    // The places are free again.
    scene.placed(FIGURES, Role::Officer).await.abort();
}

#[tokio::test]
async fn who_calls_too_often_is_told_when_to_come_again() {
    let once = Rate {
        per_second: 1,
        burst: 1,
    };
    let rates = RateSettings {
        caller: once,
        ..RateSettings::default()
    };
    let scene = scene(1_000, rates);
    scene.gate.add_permits(1_000);
    // Far more calls in a row than there are seconds in which they are made.
    let mut answer = None;
    for _ in 0..1_000 {
        answer = scene.call(DESK, Role::Officer).await.unwrap();
        if answer.is_some() {
            break;
        }
    }
    let refused = answer.expect("a call is refused");
    assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
    let details = refused.get_error_details();
    assert_eq!(details.error_info().unwrap().reason, "RATE_LIMITED");
    let delay = details.retry_info().unwrap().retry_delay.unwrap();
    assert!(delay <= Duration::from_millis(1_001), "{delay:?}");
}

#[tokio::test]
async fn a_handler_knows_until_when_its_caller_waits() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = Tokens::new(&key::read_or_make(&folder.path().join("key")).unwrap()).unwrap();
    let settings = FrontSettings {
        longest_call: Duration::from_secs(600),
        most_calls: 1,
        priorities: &[],
        rates: RateSettings::default(),
    };
    let handler = tower::service_fn(|_: Request<Body>| async {
        let left = deadline::read(&deadline::header().unwrap()).unwrap();
        assert!(left <= Duration::from_secs(90), "{left:?}");
        Ok::<_, Infallible>(Response::new(Body::empty()))
    });
    let mut front = FrontLayer::new(tokens.clone(), &[ACCESS], settings).layer(handler);
    let caller = Caller {
        subject: "li".to_owned(),
        district: Some("jinhua".to_owned()),
        roles: vec![Role::Officer],
        areas: Vec::new(),
    };
    let hour = Duration::from_secs(3_600);
    let token = tokens.make(&caller, Clock::system().now(), hour).unwrap();
    let request = Request::builder()
        .uri(DESK)
        .header("authorization", format!("Bearer {token}"))
        .header("grpc-timeout", "90S")
        .body(Body::empty())
        .unwrap();
    let response = front.call(request).await.unwrap();
    // A panic would be an error in the headers.
    assert!(Status::from_header_map(response.headers()).is_none());
}
