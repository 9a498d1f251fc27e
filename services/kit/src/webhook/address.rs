//! Which receivers may be called, by the address that is connected to and not by the name that led there.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};

/// What may be called beside public addresses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Receivers {
    /// Addresses of private networks, of the link and of the machine itself.
    pub private: bool,
    /// The machine itself, without TLS too.
    pub http_loopback: bool,
}

impl Receivers {
    /// Says in words what is wrong with scheme or host.
    pub fn check(self, url: &Url) -> Result<(), String> {
        let host = url.host_str().unwrap_or_default();
        let address = literal(host);
        let is_loopback =
            is_localhost(host) || address.is_some_and(|address| unmapped(address).is_loopback());
        match url.scheme() {
            "https" => {}
            "http" if self.http_loopback && is_loopback => {}
            "http" if self.http_loopback => {
                return Err(
                    "must begin with `https://`; without TLS only this machine may be called"
                        .to_owned(),
                );
            }
            _ => return Err("must begin with `https://`".to_owned()),
        }
        if host.is_empty() {
            return Err("names no host; write it whole".to_owned());
        }
        let refused = address.is_some_and(|address| !self.may(address))
            || (is_localhost(host) && !self.private && !self.http_loopback);
        if refused {
            return Err(
                "leads into a private network; use a public address, or let the admin of the server \
                 set `allow_private_receivers`"
                    .to_owned(),
            );
        }
        Ok(())
    }

    fn may(self, address: IpAddr) -> bool {
        self.private
            || is_public(address)
            || (self.http_loopback && unmapped(address).is_loopback())
    }
}

/// Resolves a name and leaves out what may not be called; the connection is made to what is left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resolver(pub Receivers);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let receivers = self.0;
        Box::pin(async move {
            let host = name.as_str();
            let found = tokio::net::lookup_host((host, 0)).await?;
            // What calls itself localhost is this machine, whatever a name server says.
            let may = |address: &SocketAddr| {
                receivers.may(address.ip())
                    && (!is_localhost(host) || unmapped(address.ip()).is_loopback())
            };
            let left: Vec<SocketAddr> = found.filter(may).collect();
            if left.is_empty() {
                let words = "its name leads into a private network only, and \
                             `allow_private_receivers` is not set";
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, words).into());
            }
            Ok(Box::new(left.into_iter()) as Addrs)
        })
    }
}

fn is_localhost(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

fn literal(host: &str) -> Option<IpAddr> {
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    bare.unwrap_or(host).parse().ok()
}

fn unmapped(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// Whether the address is one of the open internet.
fn is_public(address: IpAddr) -> bool {
    match unmapped(address) {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || first == 0
        // Shared by a provider's customers, for protocols' own use, for measuring, kept for the future and broadcast.
        || (first == 100 && second & 0xC0 == 64)
        || (first == 192 && second == 0 && third == 0)
        || (first == 198 && second & 0xFE == 18)
        || first >= 240;
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, third, ..] = address.segments();
    // An address of the other kind is within it: translated, tunnelled, or compatible in the old way.
    let octets = address.octets();
    let inner = |from: usize| {
        Ipv4Addr::new(
            octets[from],
            octets[from + 1],
            octets[from + 2],
            octets[from + 3],
        )
    };
    if first == 0x64 && second == 0xFF9B {
        return third == 0 && is_public_v4(inner(12));
    }
    if first == 0x2002 {
        return is_public_v4(inner(2));
    }
    // Of the rest, only 2000::/3 is given out; Teredo and what is for documentation lie within it.
    let given_out = first & 0xE000 == 0x2000;
    let special = (first == 0x2001 && (second == 0 || second == 0xDB8)) || first == 0x3FFF;
    given_out && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_open_internet_is_public() {
        let check = |text: &str, public: bool| {
            assert_eq!(is_public(text.parse().unwrap()), public, "{text}");
        };
        for public in [
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "::ffff:1.1.1.1",
            "2606:4700::1111",
            "64:ff9b::101:101",
            "2002:101:101::1",
        ] {
            check(public, true);
        }
        for inside in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "2002:a00:1::1",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
            "fc00::1",
            "fd00::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            check(inside, false);
        }
    }
}
