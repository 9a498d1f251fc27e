//! Settings of the edge: how connections are encrypted, which web pages may call, and where the roles are that this
//! process does not serve.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use http::HeaderValue;
use serde::{Deserialize, Serialize};
use tidyward_kit::{
    Error, Violations,
    serve::{self, Encryption},
    tls::{
        Tls, TlsFiles,
        client::{self, ClientTls},
    },
};

/// A part of Tidyward that a process may serve by itself.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ServeRole {
    /// Districts, areas, duties.
    Grids,
    /// The ledger, calendars, notices.
    Issues,
    /// Rules and reviews.
    Evaluations,
}

impl ServeRole {
    pub const ALL: [ServeRole; 3] = [ServeRole::Grids, ServeRole::Issues, ServeRole::Evaluations];

    /// The roles without which this one cannot work.
    fn calls(self) -> &'static [ServeRole] {
        match self {
            ServeRole::Grids => &[],
            ServeRole::Issues => &[ServeRole::Grids],
            ServeRole::Evaluations => &[ServeRole::Grids, ServeRole::Issues],
        }
    }
}

/// How the server's connections are encrypted.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TlsSettings {
    /// A PEM file of the server's certificate and those between it and its root. Empty: nothing is encrypted.
    pub certificate: PathBuf,
    /// A PEM file of the certificate's private key.
    pub key: PathBuf,
    /// A PEM file of roots of which every client must show a certificate. Empty: clients show none.
    pub client_roots: PathBuf,
    /// Seconds that a client may take to shake hands.
    pub handshake_seconds: u64,
}

/// Which web pages may call by gRPC-Web.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WebSettings {
    /// Their origins, `https://ward.example.org`. None: no browser lets a page of another origin call.
    pub origins: Vec<String>,
}

/// Where the roles are that other processes serve, and how they are called.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PeerSettings {
    /// URL of the process that serves the role. Empty where this process serves it.
    pub grids: String,
    pub issues: String,
    pub evaluations: String,
    /// A PEM file of root certificates for `https://`. Empty is the machine's own.
    pub ca: PathBuf,
    /// A PEM file of the certificate that this process shows to its peers. Empty is none.
    pub certificate: PathBuf,
    /// A PEM file of that certificate's key.
    pub key: PathBuf,
}

impl Default for TlsSettings {
    fn default() -> TlsSettings {
        TlsSettings {
            certificate: PathBuf::new(),
            key: PathBuf::new(),
            client_roots: PathBuf::new(),
            handshake_seconds: 10,
        }
    }
}

impl TlsSettings {
    /// Whether connections are encrypted.
    pub fn on(&self) -> bool {
        given(&self.certificate)
    }

    pub fn check(&self, violations: &mut Violations) {
        violations.require(
            given(&self.certificate) == given(&self.key),
            "tls.certificate",
            "must be set together with `tls.key`, or neither",
        );
        violations.require(
            self.on() || !given(&self.client_roots),
            "tls.client_roots",
            "needs a certificate of the server's own, `tls.certificate`",
        );
        let fits = (1..=120).contains(&self.handshake_seconds);
        violations.require(fits, "tls.handshake_seconds", "must be 1 to 120");
    }

    /// What the server encrypts with, the files read. Nothing where it does not.
    pub fn read(&self) -> Result<Option<Encryption>, Error> {
        if !self.on() {
            return Ok(None);
        }
        let files = TlsFiles {
            certificate: self.certificate.clone(),
            key: self.key.clone(),
            client_roots: given(&self.client_roots).then(|| self.client_roots.clone()),
        };
        Ok(Some(Encryption {
            tls: Tls::open(files)?,
            handshake: Duration::from_secs(self.handshake_seconds),
        }))
    }
}

impl WebSettings {
    pub fn check(&self, violations: &mut Violations) {
        for origin in &self.origins {
            violations.take(serve::origin(origin));
        }
    }

    pub fn read(&self) -> Result<Vec<HeaderValue>, Error> {
        self.origins
            .iter()
            .map(|origin| serve::origin(origin))
            .collect()
    }
}

impl PeerSettings {
    /// Every role that is not served here must be somewhere.
    pub fn check(&self, roles: &[ServeRole], violations: &mut Violations) {
        violations.require(
            !roles.is_empty(),
            "roles",
            "must name at least one of grids, issues, evaluations",
        );
        for role in ServeRole::ALL {
            let (key, url) = self.of(role);
            client::check("peers", key, url, violations);
            let here = roles.contains(&role);
            let needed = roles.iter().any(|one| one.calls().contains(&role));
            if !here && needed && url.is_empty() {
                let message =
                    "is not among `roles`, so the URL of the process that serves it is needed";
                violations.add(format!("peers.{key}"), message);
            }
            if here && !url.is_empty() {
                let message =
                    "is among `roles`, so this process serves it; leave one of the two out";
                violations.add(format!("peers.{key}"), message);
            }
        }
        self.tls().check("peers", violations);
    }

    /// Key of the role's setting, and its URL.
    pub fn of(&self, role: ServeRole) -> (&'static str, &str) {
        match role {
            ServeRole::Grids => ("grids", &self.grids),
            ServeRole::Issues => ("issues", &self.issues),
            ServeRole::Evaluations => ("evaluations", &self.evaluations),
        }
    }

    pub fn tls(&self) -> ClientTls {
        ClientTls {
            ca: self.ca.clone(),
            certificate: self.certificate.clone(),
            key: self.key.clone(),
        }
    }
}

fn given(path: &Path) -> bool {
    !path.as_os_str().is_empty()
}
