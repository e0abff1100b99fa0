//! A server's address as people type it, and finding out whether a Tidemark server is there.
//!
//! Owns: what an address may be, its one spelling, and knocking before a name, a password or a token is sent (FAULTS A9,
//! N12). Refuses: names and passwords inside an address, which are neither kept nor shown, not even in an error.

use crate::error::SyncError;
use crate::ports::transport::{Request, Response, TransportError};
use crate::remote::connection::SERVER_ID;
use crate::remote::session::Remote;
use bytes::Bytes;
use http::Method;
use http::uri::{Authority, PathAndQuery, Uri};
use std::net::IpAddr;

/// Answered without a sign-in at the right path alone (`docs/sync.md`, "Beside OData").
const DOOR: &str = "/health/live";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

impl Scheme {
    fn word(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// An address in its one spelling: host in lower case, no default port, no trailing slash, no `/odata`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Address {
    /// `None` where it was not typed.
    scheme: Option<Scheme>,
    host: String,
    port: Option<u16>,
    path: String,
}

impl Address {
    fn parse(text: &str) -> Result<Self, SyncError> {
        let text = text.trim();
        if text.contains('@') {
            return Err(SyncError::NameInAddress);
        }
        let (scheme, rest) = match text.split_once("://") {
            None => (None, text),
            Some((word, rest)) if word.eq_ignore_ascii_case("https") => (Some(Scheme::Https), rest),
            Some((word, rest)) if word.eq_ignore_ascii_case("http") => (Some(Scheme::Http), rest),
            Some(_) => return Err(SyncError::NoAddress),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let authority: Authority = authority.parse().map_err(|_| SyncError::NoAddress)?;
        let host = authority.host().to_ascii_lowercase();
        let has_bad_port = authority.port_u16().is_none() && authority.as_str().len() > authority.host().len();
        if host.is_empty() || host == "[]" || has_bad_port {
            return Err(SyncError::NoAddress);
        }
        let path = path.trim_end_matches('/');
        let path = path.strip_suffix("/odata").unwrap_or(path).trim_end_matches('/');
        let is_path = path.is_empty() || path.parse::<PathAndQuery>().is_ok_and(|parsed| parsed.query().is_none());
        if !is_path || path.contains('#') {
            return Err(SyncError::NoAddress);
        }
        Ok(Self { scheme, host, port: authority.port_u16(), path: path.to_owned() })
    }

    fn root(&self, scheme: Scheme) -> String {
        let default = match scheme {
            Scheme::Http => 80,
            Scheme::Https => 443,
        };
        let port = self.port.filter(|port| *port != default).map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}://{}{port}{}", scheme.word(), self.host, self.path)
    }

    /// Tells whether the host is this computer: nothing of what is sent there travels.
    fn is_this_computer(&self) -> bool {
        self.ip().map_or_else(|| self.host == "localhost" || self.host.ends_with(".localhost"), |ip| ip.is_loopback())
    }

    /// Tells whether the host is in the same building, as far as its name tells.
    fn is_near(&self) -> bool {
        let is_local_name = !self.host.contains('.') || self.host.ends_with(".local") || self.host.ends_with(".lan");
        self.is_this_computer()
            || match self.ip() {
                Some(IpAddr::V4(ip)) => ip.is_private() || ip.is_link_local(),
                Some(IpAddr::V6(ip)) => ip.is_unique_local() || ip.is_unicast_link_local(),
                None => is_local_name,
            }
    }

    fn ip(&self) -> Option<IpAddr> {
        self.host.trim_start_matches('[').trim_end_matches(']').parse().ok()
    }
}

/// Who opened.
#[derive(Debug, PartialEq, Eq)]
enum Knock {
    Tidemark,
    /// The same host, encrypted.
    MovedTo(String),
    SomebodyElse,
    /// A server that starts, or a proxy before one that does.
    NotNow,
}

impl Remote {
    /// Finds the root of the server that an address names. Nothing secret is sent to find out. A redirect is followed
    /// where it leads to the same host by https, and here alone.
    ///
    /// # Errors
    /// [`SyncError::NoAddress`], [`SyncError::NameInAddress`]; [`SyncError::NoServer`] where somebody else answers,
    /// [`SyncError::NotNow`] where whoever answers is busy;
    /// nobody answers at all.
    pub(crate) async fn find(&self, text: &str) -> Result<String, SyncError> {
        let address = Address::parse(text)?;
        let scheme = address.scheme.unwrap_or(Scheme::Https);
        let root = address.root(scheme);
        let unreached = match self.knock(&address, &root).await {
            Ok(Knock::Tidemark) => return Ok(root),
            Ok(Knock::MovedTo(moved)) if matches!(self.knock(&address, &moved).await, Ok(Knock::Tidemark)) => {
                return Ok(moved);
            }
            Ok(Knock::NotNow) => return Err(SyncError::NotNow),
            Ok(_) => return Err(SyncError::NoServer { unencrypted: None }),
            Err(error @ (TransportError::Unreachable(_) | TransportError::Unanswered(_)))
                if scheme == Scheme::Https =>
            {
                error
            }
            Err(error) => return Err(error.into()),
        };
        // Encrypted nobody answers: it may be a plain port, or a server that is not meant for more than this building.
        let plain = address.root(Scheme::Http);
        match self.knock(&address, &plain).await {
            Ok(Knock::Tidemark) if address.scheme.is_none() && address.is_this_computer() => Ok(plain),
            Ok(Knock::Tidemark) if address.is_near() => Err(SyncError::NoServer { unencrypted: Some(plain) }),
            Ok(_) if address.port.is_some() => Err(SyncError::NoServer { unencrypted: None }),
            _ => Err(unreached.into()),
        }
    }

    async fn knock(&self, address: &Address, root: &str) -> Result<Knock, TransportError> {
        let headers = vec![("accept", "application/json".to_owned())];
        let request = Request { method: Method::GET, url: format!("{root}{DOOR}"), headers, body: Bytes::new() };
        let response = self.ports.transport.send(request).await?;
        Ok(match response.status {
            200 if response.header(SERVER_ID).is_some() => Knock::Tidemark,
            429 | 502 | 503 | 504 => Knock::NotNow,
            301 | 302 | 307 | 308 => moved_to(address, &response).map_or(Knock::SomebodyElse, Knock::MovedTo),
            _ => Knock::SomebodyElse,
        })
    }
}

/// Reads a redirect to the same host by https.
fn moved_to(address: &Address, response: &Response) -> Option<String> {
    let uri: Uri = response.header("location")?.parse().ok()?;
    let is_same_host = uri.host().is_some_and(|host| host.eq_ignore_ascii_case(&address.host));
    if uri.scheme_str() != Some("https") || !is_same_host || uri.query().is_some() {
        return None;
    }
    let path = uri.path().strip_suffix(DOOR)?.to_owned();
    let moved = Address { scheme: Some(Scheme::Https), host: address.host.clone(), port: uri.port_u16(), path };
    Some(moved.root(Scheme::Https))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_spelling() {
        for (typed, root) in [
            ("http://127.0.0.1:80/odata/", "http://127.0.0.1"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            (" tide.example.org ", "https://tide.example.org"),
            ("tide.example.org:8443/", "https://tide.example.org:8443"),
            ("HTTPS://Tide.Example.ORG:443/odata", "https://tide.example.org"),
            ("https://tide.example.org:80", "https://tide.example.org:80"),
            ("http://[::1]:8080/", "http://[::1]:8080"),
            ("localhost:8080", "https://localhost:8080"),
            ("https://example.org/Team/tide//", "https://example.org/Team/tide"),
            ("https://example.org/tide/odata/", "https://example.org/tide"),
        ] {
            let address = Address::parse(typed).unwrap();
            assert_eq!(address.root(address.scheme.unwrap_or(Scheme::Https)), root, "{typed}");
        }
    }

    #[test]
    fn what_is_no_address_is_said_to_be_none_and_not_repeated() {
        for typed in ["", " ", "ftp://x", "http://", "https:///odata", "a b", "http://x:", "http://x:99999", "x?y=z"] {
            let error = Address::parse(typed).unwrap_err();
            assert!(matches!(error, SyncError::NoAddress), "{typed}: {error:?}");
        }
        for typed in ["https://ana:hunter2@tide.example.org", "ana@tide.example.org", "ana:hunter2@ b", "http://@x"] {
            let error = Address::parse(typed).unwrap_err();
            assert!(matches!(error, SyncError::NameInAddress), "{typed}: {error:?}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn only_near_servers_may_be_plain() {
        for (host, this_computer, near) in [
            ("localhost", true, true),
            ("127.0.0.1", true, true),
            ("[::1]", true, true),
            ("192.168.1.20", false, true),
            ("10.0.0.3", false, true),
            ("nas", false, true),
            ("nas.local", false, true),
            ("[fe80::1]", false, true),
            ("tide.example.org", false, false),
            ("8.8.8.8", false, false),
        ] {
            let address = Address::parse(host).unwrap();
            assert_eq!((address.is_this_computer(), address.is_near()), (this_computer, near), "{host}");
        }
    }

    #[test]
    fn a_redirect_counts_where_it_leads_to_the_same_host_encrypted() {
        let address = Address::parse("http://tide.example.org/team").unwrap();
        for (location, root) in [
            ("https://tide.example.org/team/health/live", Some("https://tide.example.org/team")),
            ("https://Tide.example.org:8443/health/live", Some("https://tide.example.org:8443")),
            ("https://login.example.org/health/live", None),
            ("http://tide.example.org/health/live", None),
            ("https://tide.example.org/login?next=/health/live", None),
            ("/health/live", None),
        ] {
            let mut headers = http::HeaderMap::new();
            headers.insert("location", location.parse().unwrap());
            let response = Response { status: 308, headers, body: Bytes::new(), bytes_sent: 0, bytes_received: 0 };
            assert_eq!(moved_to(&address, &response).as_deref(), root, "{location}");
        }
    }
}
