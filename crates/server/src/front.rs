//! How the server is seen from outside: its public address, the proxies in front of it, and the sites whose pages may ask.
//!
//! Owns: what links begin with. What a proxy says of the address that its client asked counts from configured proxies alone:
//! anybody can write such a header (DESIGN section 5). Refuses: which links there are.

use crate::call::{SERVICE_ROOT, header_text};
use http::{HeaderMap, HeaderName, header};
use std::net::IpAddr;

const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");
const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// What whoever runs the server says of what stands in front of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Front {
    /// What the address of the server begins with for everybody, such as `https://data.example.org/tidemark`.
    pub(crate) public_url: Option<String>,
    /// The addresses of proxies that are believed.
    pub(crate) proxies: Vec<IpAddr>,
    /// The sites whose pages may ask, such as `https://office.example.org`.
    pub(crate) origins: Vec<String>,
}

impl Front {
    /// Returns the service root as the client sees it, with its slash.
    pub(crate) fn root(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> String {
        let below = |url: &str| format!("{}{SERVICE_ROOT}/", url.trim_end_matches('/'));
        if let Some(url) = &self.public_url {
            return below(url);
        }
        let said = |name: &HeaderName| self.said(headers, peer, name);
        let scheme = said(&PROTO).filter(|scheme| *scheme == "https").unwrap_or("http");
        let host = said(&HOST).or_else(|| header_text(headers, &header::HOST)).filter(|host| is_host(host));
        let prefix = said(&PREFIX).filter(|prefix| is_path(prefix)).unwrap_or_default();
        below(&format!("{scheme}://{}{prefix}", host.unwrap_or("localhost")))
    }

    /// Returns the address that a request came from; `peer` is who is connected.
    pub(crate) fn client(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> Option<IpAddr> {
        self.said(headers, peer, &FOR).and_then(|address| address.parse().ok()).or(peer)
    }

    /// Tells whether a page of this site may ask.
    pub(crate) fn lets_in(&self, origin: &str) -> bool {
        self.origins.iter().any(|known| known == origin)
    }

    /// Returns what the proxy next to us says: it stands last, behind what others said before it.
    fn said<'h>(&self, headers: &'h HeaderMap, peer: Option<IpAddr>, name: &HeaderName) -> Option<&'h str> {
        if !peer.is_some_and(|peer| self.proxies.contains(&peer)) {
            return None;
        }
        let last = headers.get_all(name).iter().next_back()?.to_str().ok()?;
        last.rsplit(',').next().map(str::trim).filter(|said| !said.is_empty())
    }
}

/// Tells whether a text can stand as a host in a link.
fn is_host(host: &str) -> bool {
    !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]_".contains(&b))
}

fn is_path(path: &str) -> bool {
    path.starts_with('/') && path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/.-_~".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn a_proxy_is_believed_where_it_is_named_and_the_last_one_counts() {
        let (proxy, other): (IpAddr, IpAddr) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        let front = Front { proxies: vec![proxy], ..Front::default() };
        let said = headers(&[
            (header::HOST, "inner:8080"),
            (PROTO, "http, https"),
            (HOST, "evil.example, data.example.org"),
            (PREFIX, "/tidemark/"),
            (FOR, "1.2.3.4, 192.0.2.7"),
        ]);
        assert_eq!(front.root(&said, Some(proxy)), "https://data.example.org/tidemark/odata/");
        assert_eq!(front.client(&said, Some(proxy)), Some("192.0.2.7".parse().unwrap()));
        for peer in [Some(other), None] {
            assert_eq!(front.root(&said, peer), "http://inner:8080/odata/");
            assert_eq!(front.client(&said, peer), peer);
        }
        let public = Front { public_url: Some("https://data.example.org/".into()), ..front };
        assert_eq!(public.root(&said, Some(proxy)), "https://data.example.org/odata/");
    }

    #[test]
    fn what_no_link_can_hold_is_left_out() {
        let proxy: IpAddr = "10.0.0.1".parse().unwrap();
        let front = Front { proxies: vec![proxy], ..Front::default() };
        let said = headers(&[(header::HOST, "a b"), (PROTO, "javascript"), (PREFIX, "//evil\"><script>")]);
        assert_eq!(front.root(&said, Some(proxy)), "http://localhost/odata/");
        assert_eq!(front.root(&headers(&[(header::HOST, "[::1]:80")]), None), "http://[::1]:80/odata/");
    }
}
