//! Settings of where the data is and of the ledger's own work: how often it looks at clocks, and how notices reach other
//! systems.

use std::{path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};
use tidyward_kit::{Error, Violations, db::Server, object::Bucket};

/// Which database the server has.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseSettings {
    /// `postgres://user:password@host:port/database`. Empty is a SQLite file in the data folder.
    pub url: String,
    /// Connections that read; one more writes.
    pub readers: u32,
}

/// Where objects are: photos, rules, facts.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectSettings {
    /// `s3://bucket/prefix`. Empty is a folder in the data folder.
    pub url: String,
    /// URL of a server that speaks S3. Empty is AWS's own, or what AWS_ENDPOINT says.
    pub endpoint: String,
    /// Empty is what AWS_REGION says.
    pub region: String,
    /// Empty is what AWS_ACCESS_KEY_ID says, or the role of the machine.
    pub access_key_id: String,
    /// Empty is what AWS_SECRET_ACCESS_KEY says.
    pub secret_access_key: String,
}

/// What the ledger does by itself.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerSettings {
    /// Seconds between two looks at the clocks: what has to be escalated, and what goes on after being put off.
    pub sweep_seconds: u64,
}

/// How notices are delivered to webhooks.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeSettings {
    /// Seconds that a receiver may take to answer.
    pub timeout_seconds: u64,
    /// A PEM file of certificates that are trusted beside the usual ones. Empty is none.
    pub extra_roots: PathBuf,
    /// Deliver to addresses of private networks, too. Off, whoever may make a webhook cannot reach what only the server
    /// can.
    pub allow_private_receivers: bool,
    /// Deliver to `http://` on this machine, too. For trying out.
    pub allow_http_loopback: bool,
}

impl Default for DatabaseSettings {
    fn default() -> DatabaseSettings {
        DatabaseSettings {
            url: String::new(),
            readers: 8,
        }
    }
}

impl DatabaseSettings {
    pub fn check(&self, violations: &mut Violations) {
        let known = ["postgres://", "postgresql://"];
        violations.require(
            self.url.is_empty() || known.iter().any(|scheme| self.url.starts_with(scheme)),
            "database.url",
            "must begin with `postgres://`, or be empty for a SQLite file in the data folder",
        );
        let fits = (1..=1_000).contains(&self.readers);
        violations.require(fits, "database.readers", "must be 1 to 1,000");
    }

    /// The PostgreSQL server, where there is one.
    pub fn server(&self, longest_query: Duration) -> Option<Server> {
        (!self.url.is_empty()).then(|| Server {
            url: self.url.clone(),
            readers: self.readers,
            longest_query,
        })
    }
}

impl ObjectSettings {
    /// The bucket, where there is one.
    pub fn bucket(&self) -> Option<Bucket> {
        let place = self.url.strip_prefix("s3://")?;
        let (name, prefix) = place.split_once('/').unwrap_or((place, ""));
        Some(Bucket {
            name: name.to_owned(),
            prefix: prefix.trim_matches('/').to_owned(),
            endpoint: self.endpoint.clone(),
            region: self.region.clone(),
            access_key_id: self.access_key_id.clone(),
            secret_access_key: self.secret_access_key.clone(),
        })
    }

    pub fn check(&self, violations: &mut Violations) {
        let named = self.bucket().is_some_and(|bucket| !bucket.name.is_empty());
        violations.require(
            self.url.is_empty() || named,
            "objects.url",
            "must look like `s3://bucket/prefix`, or be empty for a folder in the data folder",
        );
        let known = ["http://", "https://"];
        violations.require(
            self.endpoint.is_empty() || known.iter().any(|one| self.endpoint.starts_with(one)),
            "objects.endpoint",
            "must begin with `https://` or `http://`, or be empty",
        );
    }
}

impl Default for LedgerSettings {
    fn default() -> LedgerSettings {
        LedgerSettings { sweep_seconds: 15 }
    }
}

impl Default for NoticeSettings {
    fn default() -> NoticeSettings {
        NoticeSettings {
            timeout_seconds: 10,
            extra_roots: PathBuf::new(),
            allow_private_receivers: false,
            allow_http_loopback: false,
        }
    }
}

impl LedgerSettings {
    pub fn check(&self, violations: &mut Violations) {
        let fits = (1..=3_600).contains(&self.sweep_seconds);
        violations.require(fits, "ledger.sweep_seconds", "must be 1 to 3,600");
    }
}

impl NoticeSettings {
    /// What the ledger is told, with the certificates read.
    pub fn read(&self) -> Result<tidyward_issues::NoticeSettings, Error> {
        let path = &self.extra_roots;
        let extra_roots = if path.as_os_str().is_empty() {
            Vec::new()
        } else {
            std::fs::read(path).map_err(|error| {
                let words = format!("`{}` cannot be read: {error}", path.display());
                Error::field("notices.extra_roots", words)
            })?
        };
        Ok(tidyward_issues::NoticeSettings {
            timeout: Duration::from_secs(self.timeout_seconds),
            extra_roots,
            allow_private_receivers: self.allow_private_receivers,
            allow_http_loopback: self.allow_http_loopback,
            ..tidyward_issues::NoticeSettings::default()
        })
    }

    pub fn check(&self, violations: &mut Violations) {
        let fits = (1..=120).contains(&self.timeout_seconds);
        violations.require(fits, "notices.timeout_seconds", "must be 1 to 120");
    }
}
