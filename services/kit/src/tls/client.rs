//! A channel to a server: in the clear to `http://`, encrypted to `https://`.

use std::{path::PathBuf, time::Duration};

use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

use crate::error::{Error, Violations};

/// What a client trusts, and what it shows of itself. An empty path is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientTls {
    /// Root certificates in PEM; none are the machine's own.
    pub ca: PathBuf,
    /// The client's certificate, for a server that asks for one.
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// The way to a server; it is connected to when it is first called or `connect` is.
pub fn endpoint(url: &str, tls: &ClientTls, setting: &str) -> Result<Endpoint, Error> {
    let told = |error: tonic::transport::Error| {
        Error::field(setting, format!("`{url}` cannot be called: {error}"))
    };
    let endpoint = Endpoint::from_shared(url.to_owned())
        .map_err(told)?
        .connect_timeout(Duration::from_secs(5))
        .tcp_nodelay(true);
    if !url.starts_with("https://") {
        return Ok(endpoint);
    }
    let mut config = ClientTlsConfig::new().timeout(Duration::from_secs(5));
    config = match read(&tls.ca, setting)? {
        Some(pem) => config.ca_certificate(Certificate::from_pem(pem)),
        None => config.with_native_roots(),
    };
    if let (Some(certificate), Some(key)) =
        (read(&tls.certificate, setting)?, read(&tls.key, setting)?)
    {
        config = config.identity(Identity::from_pem(certificate, key));
    }
    endpoint.tls_config(config).map_err(|error| {
        let cause =
            std::error::Error::source(&error).map_or(String::new(), |cause| format!(": {cause}"));
        let message = format!(
            "the certificates for `{url}` cannot be used{cause}; they must be files in PEM"
        );
        Error::field(setting, message)
    })
}

fn read(path: &std::path::Path, setting: &str) -> Result<Option<Vec<u8>>, Error> {
    match path.as_os_str().is_empty() {
        true => Ok(None),
        false => super::read(path, setting).map(Some),
    }
}

/// Notes what is wrong with a server's URL and its certificates; `table` is the settings' own.
pub fn check(table: &str, key: &str, url: &str, violations: &mut Violations) {
    let uri: Result<http::Uri, _> = url.parse();
    let good = uri.is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some()
    });
    violations.require(
        url.is_empty() || good,
        &format!("{table}.{key}"),
        "must look like http://127.0.0.1:50051 or https://tidyward.example.org:50051",
    );
}

impl ClientTls {
    /// A certificate is nothing without its key.
    pub fn check(&self, table: &str, violations: &mut Violations) {
        let both = self.certificate.as_os_str().is_empty() == self.key.as_os_str().is_empty();
        violations.require(
            both,
            &format!("{table}.certificate"),
            &format!("must be set together with `{table}.key`, or neither"),
        );
    }
}
