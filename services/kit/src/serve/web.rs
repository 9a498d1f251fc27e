//! Which web pages may call. Browsers ask before they let a page call another origin; what is not listed is refused by
//! the browser itself. Other clients are not concerned.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::error::Error;

/// How long a browser may remember the answer.
const REMEMBERED: Duration = Duration::from_secs(3_600);

/// An origin as browsers name it: `https://ward.example.org`, with a port where it is not the usual one, and no path.
pub fn origin(text: &str) -> Result<HeaderValue, Error> {
    let uri: Option<http::Uri> = text.parse().ok();
    let good = uri.is_some_and(|uri| {
        let known = matches!(uri.scheme_str(), Some("http" | "https"));
        let bare = uri.authority().is_some_and(|authority| {
            !authority.as_str().contains('@')
                && text == format!("{}://{authority}", uri.scheme_str().unwrap_or(""))
        });
        known && bare
    });
    let value = good.then(|| HeaderValue::from_str(text).ok()).flatten();
    value.ok_or_else(|| {
        let message = format!(
            "`{text}` is none; an origin looks like https://ward.example.org, with no path"
        );
        Error::field("web.origins", message)
    })
}

/// Answers browsers' questions for those origins.
pub(super) fn layer(origins: &[HeaderValue]) -> CorsLayer {
    let own = HeaderName::from_static;
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.iter().cloned()))
        .allow_methods([Method::POST])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            own("grpc-timeout"),
            own("x-grpc-web"),
            own("x-user-agent"),
        ])
        .expose_headers([
            own("grpc-status"),
            own("grpc-message"),
            own("grpc-status-details-bin"),
        ])
        .max_age(REMEMBERED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port_alone() {
        for good in ["https://ward.example.org", "http://localhost:8080"] {
            assert_eq!(origin(good).unwrap(), good);
        }
        for bad in [
            "*",
            "",
            "ward.example.org",
            "https://ward.example.org/",
            "https://ward.example.org/page",
            "https://li@ward.example.org",
            "ftp://ward.example.org",
        ] {
            let error = origin(bad).unwrap_err();
            assert!(error.message.contains("web.origins"), "{bad}: {error}");
        }
    }
}
