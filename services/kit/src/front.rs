//! The front layer: every call comes through here, over the network or from within the process. It makes the `Caller`,
//! denies by default, bounds rate, time and number, putting off the least urgent first, and logs each call once.

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    convert::Infallible,
    panic::AssertUnwindSafe,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use futures::{FutureExt, future::BoxFuture};
use http::{Request, Response};
use tonic::{Status, body::Body};
use tower::{Layer, Service};
use tracing::Instrument;

use crate::{
    caller::{Caller, Role},
    deadline,
    error::{Error, Reason},
    priority::{Place, Places, Priorities, Priority},
    rate::{RateSettings, Rates},
    status::complete,
    token::Tokens,
};

/// Who may call what: full method path, and the roles of which one is needed. A method that is not listed is denied.
pub type Access = &'static [(&'static str, &'static [Role])];

/// Services that anybody may call.
const OPEN: [&str; 3] = [
    "/grpc.health.v1.Health/",
    "/grpc.reflection.v1.ServerReflection/",
    "/grpc.reflection.v1alpha.ServerReflection/",
];

/// How long, how many, how often.
#[derive(Clone, Copy, Debug)]
pub struct FrontSettings {
    /// The longest that a call may take to answer; a client may ask for less.
    pub longest_call: Duration,
    /// Calls that are worked on at once.
    pub most_calls: usize,
    /// Which of them go first.
    pub priorities: Priorities,
    /// How often one caller, and one district, may call.
    pub rates: RateSettings,
}

/// Makes the layer.
#[derive(Clone)]
pub struct FrontLayer(Arc<Rules>);

struct Rules {
    tokens: Tokens,
    access: HashMap<&'static str, &'static [Role]>,
    longest_call: Duration,
    places: Arc<Places>,
    priorities: HashMap<&'static str, Priority>,
    rates: Rates,
}

impl FrontLayer {
    pub fn new(tokens: Tokens, access: &[Access], settings: FrontSettings) -> FrontLayer {
        FrontLayer(Arc::new(Rules {
            tokens,
            access: access
                .iter()
                .flat_map(|rows| rows.iter().copied())
                .collect(),
            longest_call: settings.longest_call,
            places: Places::new(settings.most_calls),
            priorities: settings.priorities.iter().copied().collect(),
            rates: Rates::new(settings.rates),
        }))
    }
}

impl<S> Layer<S> for FrontLayer {
    type Service = Front<S>;

    fn layer(&self, inner: S) -> Front<S> {
        Front {
            inner,
            rules: self.0.clone(),
        }
    }
}

/// The service behind the layer.
#[derive(Clone)]
pub struct Front<S> {
    inner: S,
    rules: Arc<Rules>,
}

impl<S, B> Service<Request<B>> for Front<S>
where
    S: Service<Request<B>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // The clone takes the readiness of the one that was polled.
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        let rules = self.rules.clone();
        let path = request.uri().path().to_owned();
        let span = tracing::info_span!("call", rpc.method = path);
        async move {
            if OPEN.iter().any(|open| path.starts_with(open)) {
                return inner.call(request).await;
            }
            let began = Instant::now();
            let response = match rules.admit(&path, &request) {
                Err(error) => Status::from(error).into_http(),
                Ok(caller) => {
                    let place = rules.place(&path, &caller);
                    request.extensions_mut().insert(caller.clone());
                    let response = match place {
                        Err(error) => Status::from(error).into_http(),
                        Ok(_place) => rules.bounded(&mut inner, request).await,
                    };
                    tracing::debug!(
                        caller.subject = caller.subject,
                        elapsed_ms = began.elapsed().as_millis() as u64,
                        "answered"
                    );
                    response
                }
            };
            Ok(response)
        }
        .instrument(span)
        .boxed()
    }
}

impl Rules {
    /// Caller first, then permission, then whether it calls too often.
    fn admit<B>(&self, path: &str, request: &Request<B>) -> Result<Arc<Caller>, Error> {
        let header = request.headers().get(http::header::AUTHORIZATION);
        let token = header
            .and_then(|value| value.to_str().ok())
            .and_then(|text| {
                text.strip_prefix("Bearer ")
                    .or_else(|| text.strip_prefix("bearer "))
            });
        let token = token.ok_or_else(|| {
            let message = "the call carries no bearer token; send `authorization: Bearer TOKEN`, from `tidyward token`";
            Error::new(Reason::TokenMissing, message)
        })?;
        let caller = self.tokens.read(token.trim())?;
        let Some(needed) = self.access.get(path) else {
            let message = format!("there is no method `{path}`");
            return Err(Error::new(Reason::Unsupported, message));
        };
        if needed.iter().any(|role| caller.has(*role)) {
            self.rates.count(&caller)?;
            return Ok(caller);
        }
        let names: Vec<&str> = needed.iter().map(|role| role.name()).collect();
        let message = format!("this call needs one of the roles {}", names.join(", "));
        Err(Error::new(Reason::RoleMissing, message).with("roles", names.join(",")))
    }

    /// A place among the calls that are worked on. The system's own calls need none: they are made for calls that have
    /// one, which must not be stopped half-way, or for work that is bounded by itself.
    fn place(&self, path: &str, caller: &Caller) -> Result<Option<Place>, Error> {
        let priority = self.priorities.get(path).copied();
        let priority = priority.unwrap_or(Priority::Desk);
        if caller.has(Role::Service) || priority == Priority::Waits {
            return Ok(None);
        }
        let place = self.places.take(priority);
        place.map(Some).ok_or_else(|| {
            let message = "the server is busy; try again in a second";
            Error::busy(message).with("priority", priority.name())
        })
    }

    async fn bounded<S, B>(&self, inner: &mut S, request: Request<B>) -> Response<Body>
    where
        S: Service<Request<B>, Response = Response<Body>, Error = Infallible>,
    {
        let asked = request
            .headers()
            .get("grpc-timeout")
            .and_then(|value| value.to_str().ok());
        let time = asked
            .and_then(deadline::read)
            .map_or(self.longest_call, |asked| asked.min(self.longest_call));
        let until = tokio::time::Instant::now() + time;
        let call = deadline::within(until, inner.call(request));
        let call = AssertUnwindSafe(call).catch_unwind();
        match tokio::time::timeout_at(until, call).await {
            Ok(Ok(Ok(response))) => completed(response),
            Ok(Ok(Err(never))) => match never {},
            Ok(Err(_panic)) => Status::from(Error::internal("a handler panicked")).into_http(),
            Err(_elapsed) => {
                let message = format!(
                    "the call took longer than {} ms; ask for less at once",
                    time.as_millis()
                );
                Status::from(Error::new(Reason::Deadline, message)).into_http()
            }
        }
    }
}

/// Gives what the transport itself refused a reason, as every error has.
fn completed(response: Response<Body>) -> Response<Body> {
    let status = Status::from_header_map(response.headers());
    match status.as_ref().and_then(complete) {
        Some(error) => Status::from(error).into_http(),
        None => response,
    }
}
