//! Encryption: the server's certificate and key, read again when their files change, and what a client trusts and shows.

pub mod client;

#[cfg(test)]
mod tests;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rustls::{
    RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
};

use crate::error::Error;

/// Where the server's certificate is, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's certificate and those between it and the root, in this order.
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// The roots of which clients must show a certificate. Nothing: clients show none.
    pub client_roots: Option<PathBuf>,
}

/// What a look at the files came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// They are as they were at the last look.
    Same,
    /// They are others, and every connection from here on has them.
    Taken,
    /// They cannot be used, so what was there before is used on. The log says why.
    Kept,
}

/// The server's side of encryption; clones share it.
#[derive(Clone)]
pub struct Tls(Arc<Inner>);

struct Inner {
    files: TlsFiles,
    state: Mutex<State>,
}

struct State {
    /// The files at the last look; nothing where they could not be read.
    seen: Option<Contents>,
    config: Arc<ServerConfig>,
}

#[derive(PartialEq)]
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
    client_roots: Option<Vec<u8>>,
}

impl Tls {
    /// Reads the files, which must be good.
    pub fn open(files: TlsFiles) -> Result<Tls, Error> {
        let contents = Contents::read(&files)?;
        let config = contents.config()?;
        let state = State {
            seen: Some(contents),
            config,
        };
        Ok(Tls(Arc::new(Inner {
            files,
            state: Mutex::new(state),
        })))
    }

    /// Looks whether the files have changed, and takes them if they are good. A bad file is told once.
    pub fn look(&self) -> Look {
        let read = Contents::read(&self.0.files);
        let mut state = self.state();
        let contents = match read {
            Ok(contents) if state.seen.as_ref() == Some(&contents) => return Look::Same,
            Ok(contents) => contents,
            Err(_) if state.seen.is_none() => return Look::Same,
            Err(error) => {
                state.seen = None;
                return kept(&error);
            }
        };
        let config = contents.config();
        state.seen = Some(contents);
        match config {
            Err(error) => kept(&error),
            Ok(config) => {
                state.config = config;
                let path = self.0.files.certificate.display();
                tracing::info!(tls.certificate = %path, "the certificate was read again");
                Look::Taken
            }
        }
    }

    /// What a connection that begins has.
    pub fn config(&self) -> Arc<ServerConfig> {
        self.state().config.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing is left half-done in it, whoever panicked.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn kept(error: &Error) -> Look {
    tracing::error!(error.words = %error, "the changed certificate cannot be used; the one before it is used on");
    Look::Kept
}

impl Contents {
    fn read(files: &TlsFiles) -> Result<Contents, Error> {
        let roots = files.client_roots.as_deref();
        Ok(Contents {
            certificate: read(&files.certificate, "tls.certificate")?,
            key: read(&files.key, "tls.key")?,
            client_roots: roots
                .map(|path| read(path, "tls.client_roots"))
                .transpose()?,
        })
    }

    fn config(&self) -> Result<Arc<ServerConfig>, Error> {
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(Error::internal)?;
        let builder = match &self.client_roots {
            None => builder.with_no_client_auth(),
            Some(pem) => {
                let mut roots = RootCertStore::empty();
                for root in certificates(pem, "tls.client_roots")? {
                    roots
                        .add(root)
                        .map_err(|error| Error::field("tls.client_roots", error.to_string()))?;
                }
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                builder.with_client_cert_verifier(verifier.map_err(Error::internal)?)
            }
        };
        let chain = certificates(&self.certificate, "tls.certificate")?;
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|error| {
            Error::field("tls.key", format!("is no private key in PEM: {error}"))
        })?;
        let mut config = builder.with_single_cert(chain, key).map_err(|error| {
            let message = format!("does not go with the key in `tls.key`: {error}");
            Error::field("tls.certificate", message)
        })?;
        // gRPC is HTTP/2; browsers' gRPC-Web may be either.
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

/// A file of a setting.
fn read(path: &Path, setting: &str) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|error| {
        Error::field(
            setting,
            format!("`{}` cannot be read: {error}", path.display()),
        )
    })
}

/// At least one certificate, in PEM.
fn certificates(pem: &[u8], setting: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(Error::field(setting, "holds no certificate in PEM")),
        Err(error) => Err(Error::field(
            setting,
            format!("is no file of certificates in PEM: {error}"),
        )),
    }
}
