//! Calling a webhook: one POST of a signed body (Standard Webhooks) to a receiver that may be called.
//!
//! Redirects are not followed, no proxy is asked, and an address inside the house is not reached: names are resolved here
//! and the connection is made to the very addresses that were looked at. What a receiver says beyond its status is not
//! kept, so nothing can be read through us.

mod address;

use std::{error::Error as _, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use reqwest::{Client, Url, redirect};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};
use sha2::Sha256;

use self::address::{Receivers, Resolver};
use crate::error::Error;

/// The longest URL, in characters.
pub const LONGEST_URL: usize = 2_000;
/// Bytes of a secret.
pub const SECRET_BYTES: usize = 24;
/// What a secret begins with.
const SECRET_MARK: &str = "whsec_";
/// Bytes of an answer that are read, so that a connection can be used again; of a longer one it is closed.
const MOST_READ: usize = 4 * 1_024;
const CONNECT: Duration = Duration::from_secs(5);
/// Characters of a failure's words.
const LONGEST_WORDS: usize = 300;

/// How webhooks are called.
#[derive(Clone, Debug)]
pub struct SenderSettings {
    /// The longest that a call may take, from the connection to the answer.
    pub timeout: Duration,
    /// Root certificates in PEM that are trusted beside the machine's own. Empty for none.
    pub extra_roots: Vec<u8>,
    /// Whether receivers in private networks may be called: on the machine itself, in its network, on its link.
    pub allow_private_receivers: bool,
    /// Whether receivers on the machine itself may be called, without TLS too.
    pub allow_http_loopback: bool,
}

/// Calls webhooks; clones share its connections.
#[derive(Clone, Debug)]
pub struct Sender {
    client: Client,
    receivers: Receivers,
    timeout: Duration,
}

/// What is sent.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    pub url: &'a str,
    /// As `secret` made it.
    pub secret: &'a str,
    /// The same in every attempt.
    pub id: &'a str,
    /// When it is sent.
    pub at: Timestamp,
    pub content_type: &'static str,
    pub body: Vec<u8>,
}

/// What a call came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The receiver answered with the status.
    Answered(u16),
    /// There was no answer, and why.
    Failed(String),
}

impl Sender {
    pub fn new(settings: &SenderSettings) -> Result<Sender, Error> {
        let receivers = Receivers {
            private: settings.allow_private_receivers,
            http_loopback: settings.allow_http_loopback,
        };
        let client = Client::builder()
            .tls_backend_preconfigured(tls(&settings.extra_roots)?)
            .dns_resolver(Resolver(receivers))
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .user_agent("tidyward")
            .connect_timeout(CONNECT.min(settings.timeout))
            .timeout(settings.timeout)
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(8)
            .build()
            .map_err(Error::internal)?;
        Ok(Sender {
            client,
            receivers,
            timeout: settings.timeout,
        })
    }

    /// Says in words what is wrong with the URL of a receiver. Where its name leads is looked at with each call.
    pub fn check_url(&self, url: &str) -> Result<(), String> {
        self.url(url).map(|_| ())
    }

    /// Calls the receiver once.
    pub async fn send(&self, message: Message<'_>) -> Sent {
        let url = match self.url(message.url) {
            Ok(url) => url,
            Err(words) => return Sent::Failed(format!("not called: the URL {words}")),
        };
        let seconds = message.at.as_second();
        let Some(signature) = signature(message.secret, message.id, seconds, &message.body) else {
            return Sent::Failed("not called: the secret cannot be read".to_owned());
        };
        let call = self
            .client
            .post(url)
            .header("content-type", message.content_type)
            .header("webhook-id", message.id)
            .header("webhook-timestamp", seconds)
            .header("webhook-signature", signature)
            .body(message.body);
        match call.send().await {
            Ok(mut answer) => {
                let mut read = 0;
                while read <= MOST_READ
                    && let Ok(Some(piece)) = answer.chunk().await
                {
                    read += piece.len();
                }
                Sent::Answered(answer.status().as_u16())
            }
            Err(error) if error.is_timeout() && error.is_connect() => {
                let bound = CONNECT.min(self.timeout).as_millis();
                Sent::Failed(format!("no connection within {bound} ms"))
            }
            Err(error) if error.is_timeout() => {
                let bound = self.timeout.as_millis();
                Sent::Failed(format!("no answer within {bound} ms"))
            }
            Err(error) => Sent::Failed(words(&error)),
        }
    }

    fn url(&self, text: &str) -> Result<Url, String> {
        if text.chars().count() > LONGEST_URL {
            return Err(format!(
                "has more than {LONGEST_URL} characters; shorten it"
            ));
        }
        let url = Url::parse(text).map_err(|_| {
            "cannot be read; write it whole, for example `https://example.org/notices`".to_owned()
        })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(
                "holds a user or password; take it out, receivers check the signature".to_owned(),
            );
        }
        if url.fragment().is_some() {
            return Err("holds a fragment (`#...`), which is never sent; take it out".to_owned());
        }
        self.receivers.check(&url)?;
        Ok(url)
    }
}

/// A secret for people to copy.
pub fn secret(bytes: [u8; SECRET_BYTES]) -> String {
    format!("{SECRET_MARK}{}", STANDARD.encode(bytes))
}

/// `v1,...` over id, time in seconds, and body; nothing where the secret cannot be read.
fn signature(secret: &str, id: &str, seconds: i64, body: &[u8]) -> Option<String> {
    let key = STANDARD.decode(secret.strip_prefix(SECRET_MARK)?).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(format!("{id}.{seconds}.").as_bytes());
    mac.update(body);
    Some(format!(
        "v1,{}",
        STANDARD.encode(mac.finalize().into_bytes())
    ))
}

/// The machine's root certificates and the extra ones; a machine that has none trusts the extra ones alone.
fn tls(extra_roots: &[u8]) -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    for root in CertificateDer::pem_slice_iter(extra_roots) {
        let added = root
            .map_err(|error| error.to_string())
            .and_then(|root| roots.add(root).map_err(|error| error.to_string()));
        added.map_err(|error| {
            let message = format!("is no file of root certificates in PEM: {error}");
            Error::field("notices.extra_roots", message)
        })?;
    }
    let mut config = ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .map_err(Error::internal)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// The innermost cause, which is the one that says something; never the URL, which may hold a secret of the receiver's.
fn words(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    let mut told = None;
    while let Some(inner) = cause {
        told = Some(inner.to_string());
        cause = inner.source();
    }
    let what = if error.is_connect() {
        "no connection"
    } else {
        "no answer"
    };
    let told = told.map_or_else(|| what.to_owned(), |told| format!("{what}: {told}"));
    told.chars().take(LONGEST_WORDS).collect()
}

#[cfg(test)]
mod tests;
