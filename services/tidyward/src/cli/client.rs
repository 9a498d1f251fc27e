//! The way to the server: a channel, and a token that is given, or made with the key in the data folder where the server
//! is on this machine.

#[cfg(test)]
mod tests;

use std::{fmt, path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};
use tidyward_kit::{
    Violations,
    caller::{Caller, Role},
    clock::Clock,
    key,
    peer::Peer,
    tls::client::{self, ClientTls},
    token::Tokens,
};
use tidyward_proto::v1::{
    calendar_service_client::CalendarServiceClient, duty_service_client::DutyServiceClient,
    evaluation_service_client::EvaluationServiceClient,
    evidence_service_client::EvidenceServiceClient, grid_service_client::GridServiceClient,
    issue_service_client::IssueServiceClient, notice_service_client::NoticeServiceClient,
    rule_service_client::RuleServiceClient, watch_service_client::WatchServiceClient,
};
use tonic::transport::Uri;

use super::failure::Failure;
use crate::{config::Settings, data};

/// How long a token that the command line made for itself is good for.
const GOOD_FOR: Duration = Duration::from_secs(30 * 60);
/// The largest answer, in bytes. Pages and bundles' parts stay far below.
const LARGEST_ANSWER: usize = 64 * 1_024 * 1_024;

/// Whom the command line calls, and as whom.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ClientSettings {
    /// The server's URL. Empty is the server on this machine, at `listen`.
    pub server: String,
    /// The bearer token. Empty is one made with the key in the data folder.
    pub token: String,
    /// The district that is meant where none is named.
    pub district: String,
    /// A PEM file of root certificates for `https://`. Empty is the machine's own.
    pub ca: PathBuf,
    /// A PEM file of the client's certificate, for a server that asks for one. Empty is none.
    pub certificate: PathBuf,
    /// A PEM file of that certificate's key.
    pub key: PathBuf,
}

impl ClientSettings {
    pub fn check(&self, violations: &mut Violations) {
        client::check("client", "server", &self.server, violations);
        self.tls().check("client", violations);
    }

    fn tls(&self) -> ClientTls {
        ClientTls {
            ca: self.ca.clone(),
            certificate: self.certificate.clone(),
            key: self.key.clone(),
        }
    }
}

/// What a token that the command line makes for itself is limited to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Making and listing districts.
    Platform,
    /// Work in one district.
    District(String),
}

impl Scope {
    fn caller(&self) -> Caller {
        let subject = "command-line".to_owned();
        match self {
            Scope::Platform => Caller {
                subject,
                district: None,
                roles: vec![Role::PlatformAdmin],
                areas: Vec::new(),
            },
            Scope::District(district) => Caller {
                subject,
                district: Some(district.clone()),
                roles: vec![Role::Admin],
                areas: Vec::new(),
            },
        }
    }
}

/// The generated clients, all over one channel and under one token.
#[derive(Clone)]
pub struct Client {
    peer: Peer,
    /// Empty for work on districts.
    pub district: String,
    pub clock: Clock,
}

impl fmt::Debug for Client {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Client({})", self.district)
    }
}

impl Client {
    pub fn grids(&self) -> GridServiceClient<Peer> {
        GridServiceClient::new(self.peer.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }

    pub fn issues(&self) -> IssueServiceClient<Peer> {
        IssueServiceClient::new(self.peer.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }

    pub fn evaluations(&self) -> EvaluationServiceClient<Peer> {
        EvaluationServiceClient::new(self.peer.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }

    pub fn duties(&self) -> DutyServiceClient<Peer> {
        DutyServiceClient::new(self.peer.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }

    pub fn calendars(&self) -> CalendarServiceClient<Peer> {
        CalendarServiceClient::new(self.peer.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }

    pub fn evidence(&self) -> EvidenceServiceClient<Peer> {
        EvidenceServiceClient::new(self.peer.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }

    pub fn notices(&self) -> NoticeServiceClient<Peer> {
        NoticeServiceClient::new(self.peer.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }

    pub fn watches(&self) -> WatchServiceClient<Peer> {
        WatchServiceClient::new(self.peer.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }

    pub fn rules(&self) -> RuleServiceClient<Peer> {
        RuleServiceClient::new(self.peer.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }

    /// `districts/{district}`.
    pub fn parent(&self) -> String {
        format!("districts/{}", self.district)
    }

    /// Name of a resource of the district: `client.name("reviews/2013-q3")`.
    pub fn name(&self, rest: impl fmt::Display) -> String {
        format!("districts/{}/{rest}", self.district)
    }

    /// Name of a resource that is given by its id or by its whole name. No id is no name.
    pub fn named(&self, collection: &str, id: &str) -> String {
        match id {
            "" => String::new(),
            name if name.starts_with("districts/") => name.to_owned(),
            id => self.name(format!("{collection}/{id}")),
        }
    }

    /// A fresh id, so that a request which is sent again is answered once.
    pub fn request_id(&self) -> String {
        self.clock.id().to_string()
    }
}

/// Connects, and finds the token.
pub async fn connect(settings: &Settings, clock: &Clock, scope: Scope) -> Result<Client, Failure> {
    let server = settings.server();
    let token = match settings.client.token.as_str() {
        "" => own_token(settings, clock, &server, &scope)?,
        token => token.to_owned(),
    };
    let endpoint = client::endpoint(&server, &settings.client.tls(), "client.server")?;
    let channel = endpoint.connect().await.map_err(|error| {
        let causes = std::iter::successors(std::error::Error::source(&error), |cause| cause.source());
        // The innermost says what happened; those around it say that something did.
        let cause = causes.last().map_or(String::new(), |cause| format!(": {cause}"));
        Failure::new(format!("no server answers at {server}{cause}"))
            .next("start one with `tidyward serve`, or say where it is with --server URL; for https:// its root certificate is --ca FILE")
    })?;
    let peer = Peer::remote(channel, &token)?;
    let district = match scope {
        Scope::Platform => String::new(),
        Scope::District(district) => district,
    };
    Ok(Client {
        peer,
        district,
        clock: clock.clone(),
    })
}

/// A short token made with this machine's own key, which only fits this machine's own server.
fn own_token(
    settings: &Settings,
    clock: &Clock,
    server: &str,
    scope: &Scope,
) -> Result<String, Failure> {
    let next = "say --token TOKEN or set TIDYWARD_TOKEN; on the server's machine `tidyward token` prints one";
    if !is_this_machine(server) {
        return Err(Failure::usage(format!("a token is needed for {server}")).next(next));
    }
    let path = data::token_key(&settings.data);
    let Some(key) = key::read(&path)? else {
        let message = format!(
            "no token was given, and there is no key at {} to make one with; the server makes it on its first start",
            path.display()
        );
        return Err(Failure::new(message).next(format!(
            "name the server's folder with --data DIR, or {next}"
        )));
    };
    Ok(Tokens::new(&key)?.make(&scope.caller(), clock.now(), GOOD_FOR)?)
}

fn is_this_machine(server: &str) -> bool {
    let uri: Result<Uri, _> = server.parse();
    let Some(host) = uri.as_ref().ok().and_then(|uri| uri.host()) else {
        return false;
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}
