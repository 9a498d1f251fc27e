//! Services talk to one another through the generated clients. A `Peer` is one client type over the server in the same
//! process, with no socket between, or over a channel to another; a front layer stands before both.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use futures::future::BoxFuture;
use http::{HeaderValue, Request, Response};
use jiff::Timestamp;
use tonic::{body::Body, transport::Channel};
use tower::{Service, ServiceExt, util::BoxCloneSyncService};

use crate::{
    caller::{Caller, District, Role},
    clock::Clock,
    deadline,
    error::Error,
    token::Tokens,
};

/// Messages between services may be large: whole columns.
pub const LARGEST_MESSAGE: usize = 256 * 1_024 * 1_024;
/// How long a service token is good for. Long work asks for fresh ones.
const GOOD_FOR: Duration = Duration::from_secs(600);
/// How long it is handed out again, so that whoever gets one has at least half of its time left.
const HANDED_OUT: Duration = Duration::from_secs(300);
/// Districts whose token is kept.
const MOST_KEPT: usize = 1_000;

type Local = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

/// Where the other services are, and the token that work of the system itself carries.
#[derive(Clone)]
pub struct Peers {
    local: Arc<OnceLock<Local>>,
    elsewhere: Elsewhere,
    tokens: Tokens,
    made: Arc<Mutex<HashMap<String, Made>>>,
}

/// A service token of a district.
#[derive(Clone)]
struct Made {
    at: Timestamp,
    bearer: HeaderValue,
}

/// The services that other processes serve: full name, and the way there.
type Elsewhere = Arc<HashMap<&'static str, Channel>>;

impl Peers {
    /// Every service is in this process.
    pub fn new(tokens: Tokens) -> Peers {
        Peers::with_elsewhere(tokens, [])
    }

    /// Those services are in other processes, which read the same tokens; all others are in this one.
    pub fn with_elsewhere(
        tokens: Tokens,
        elsewhere: impl IntoIterator<Item = (&'static str, Channel)>,
    ) -> Peers {
        Peers {
            local: Arc::default(),
            elsewhere: Arc::new(elsewhere.into_iter().collect()),
            tokens,
            made: Arc::default(),
        }
    }

    /// Sets the server of this process, front layer and all. It comes after the services, which hold their peers.
    pub fn set_local<S>(&self, server: S)
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        // Only the first counts: a process has one server.
        let _already_set = self.local.set(BoxCloneSyncService::new(server));
    }

    /// A peer on which work of the system itself is done, with a token limited to the district.
    pub fn system(&self, district: &District) -> Result<Peer, Error> {
        let local = self.local.get().cloned();
        let local = local.ok_or_else(|| Error::unavailable("the server is not up yet"))?;
        Ok(Peer {
            place: Place::Own {
                local,
                elsewhere: self.elsewhere.clone(),
            },
            bearer: self.bearer(district)?,
        })
    }

    fn bearer(&self, district: &District) -> Result<HeaderValue, Error> {
        // Tokens are read by the machine's clock, so they are made by it, wherever the domain's clock stands.
        let now = Clock::system().now();
        let lasts = |made: &&Made| {
            let age = Duration::try_from(now.duration_since(made.at));
            age.is_ok_and(|age| age < HANDED_OUT)
        };
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = made.get(district.id()).filter(lasts) {
            return Ok(made.bearer.clone());
        }
        let caller = Caller {
            subject: "tidyward".to_owned(),
            district: Some(district.id().to_owned()),
            roles: vec![Role::Service],
            areas: Vec::new(),
        };
        let bearer = bearer(&self.tokens.make(&caller, now, GOOD_FOR)?)?;
        if made.len() >= MOST_KEPT {
            made.clear();
        }
        let fresh = Made {
            at: now,
            bearer: bearer.clone(),
        };
        made.insert(district.id().to_owned(), fresh);
        Ok(bearer)
    }
}

#[derive(Clone)]
enum Place {
    /// This process, and others for what it does not serve.
    Own {
        local: Local,
        elsewhere: Elsewhere,
    },
    Remote(Channel),
}

/// What a generated client works on.
#[derive(Clone)]
pub struct Peer {
    place: Place,
    bearer: HeaderValue,
}

impl Peer {
    /// A peer at the other end of a channel, called with a token.
    pub fn remote(channel: Channel, token: &str) -> Result<Peer, Error> {
        Ok(Peer {
            place: Place::Remote(channel),
            bearer: bearer(token)?,
        })
    }
}

fn bearer(token: &str) -> Result<HeaderValue, Error> {
    let mut bearer = HeaderValue::try_from(format!("Bearer {token}"))
        .map_err(|_| Error::field("token", "holds characters that no token has"))?;
    bearer.set_sensitive(true);
    Ok(bearer)
}

impl Service<Request<Body>> for Peer {
    type Response = Response<Body>;
    type Error = tonic::transport::Error;
    type Future = BoxFuture<'static, Result<Response<Body>, tonic::transport::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        match &mut self.place {
            Place::Own { .. } => Poll::Ready(Ok(())),
            Place::Remote(channel) => channel.poll_ready(context),
        }
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let bearer = self.bearer.clone();
        request
            .headers_mut()
            .insert(http::header::AUTHORIZATION, bearer);
        // Whoever waits for this work waits for its peers' work no longer.
        if let Some(left) = deadline::header().and_then(|left| left.parse().ok()) {
            request.headers_mut().entry("grpc-timeout").or_insert(left);
        }
        match &mut self.place {
            Place::Own { local, elsewhere } => {
                if let Some(channel) = served(elsewhere, request.uri().path()) {
                    return Box::pin(channel.oneshot(request));
                }
                let answer = local.clone().oneshot(request);
                Box::pin(async move {
                    match answer.await {
                        Ok(response) => Ok(response),
                        Err(never) => match never {},
                    }
                })
            }
            Place::Remote(channel) => Box::pin(channel.call(request)),
        }
    }
}

/// The channel to the service of a method's path, `/tidyward.v1.GridService/GetArea`, where another process serves it.
fn served(elsewhere: &Elsewhere, path: &str) -> Option<Channel> {
    let service = path.split('/').nth(1)?;
    elsewhere.get(service).cloned()
}
