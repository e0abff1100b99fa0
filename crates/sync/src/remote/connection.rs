//! One account's way to its server: URLs, headers, and telling the server's answers from anybody else's.
//!
//! Owns: the `Authorization` header, the protocol headers, recognising a captive portal or another server, byte and
//! request counts, learning the server's clock. Refuses: what an answer means for records.

use crate::blocking::locked;
use crate::error::SyncError;
use crate::ports::transport::{Request, Response, Transport};
use crate::remote::hold_off::LONGEST;
use bytes::Bytes;
use http::Method;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tidemark_model::ClockSample;
use tidemark_model::ports::Clock;
use tidemark_odata::{ANSWERS_HEADER, Code, Resource, WireError, parse_http_date, parse_path, token_name};

/// The header by which a Tidemark server names itself on every answer.
pub(crate) const SERVER_ID: &str = "tidemark-server";

/// What went over the wire.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) requests: u64,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
}

/// The way to one server.
pub(crate) struct Connection {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    server: String,
    token: Option<String>,
    server_id: Option<String>,
    requests: AtomicU64,
    bytes_sent: AtomicU64,
    bytes_received: AtomicU64,
    /// What the surest answer so far tells of the clock.
    clock_sample: Mutex<Option<ClockSample>>,
}

impl Connection {
    /// Makes a connection; `server_id` is the id that the answers must carry, once known.
    pub(crate) fn new(
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        server: &str,
        token: Option<String>,
        server_id: Option<String>,
    ) -> Self {
        Self {
            transport,
            clock,
            server: server.trim_end_matches('/').to_owned(),
            token,
            server_id,
            requests: AtomicU64::new(0),
            bytes_sent: AtomicU64::new(0),
            bytes_received: AtomicU64::new(0),
            clock_sample: Mutex::default(),
        }
    }

    /// Returns what went over the wire so far.
    pub(crate) fn traffic(&self) -> Traffic {
        Traffic {
            requests: self.requests.load(Ordering::Relaxed),
            bytes_sent: self.bytes_sent.load(Ordering::Relaxed),
            bytes_received: self.bytes_received.load(Ordering::Relaxed),
        }
    }

    /// Returns milliseconds that never run backwards.
    pub(crate) fn monotonic_ms(&self) -> u64 {
        self.clock.monotonic_ms()
    }

    /// Returns what the surest answer tells of this machine's clock.
    pub(crate) fn clock_sample(&self) -> Option<ClockSample> {
        *locked(&self.clock_sample)
    }

    /// Makes a request to a path below the server's root, such as `/session`.
    pub(crate) fn request(&self, method: Method, path: &str) -> Request {
        let mut headers = vec![("accept", "application/json".to_owned()), ("odata-maxversion", "4.01".to_owned())];
        if let Some(token) = &self.token {
            headers.push(("authorization", format!("Bearer {token}")));
        }
        Request { method, url: format!("{}{path}", self.server), headers, body: Bytes::new() }
    }

    /// Makes a request below the OData service root; `link` may be absolute, then it must stay below the root.
    ///
    /// # Errors
    /// [`SyncError::StrayLink`] for one that leads elsewhere, however it is spelled: it would carry the token to another
    /// host, or to another resource (FAULTS A10).
    pub(crate) fn odata(&self, method: Method, link: &str) -> Result<Request, SyncError> {
        let root = format!("{}/odata/", self.server);
        let relative = link.strip_prefix(&root).unwrap_or(link);
        if !stays_below(&root, relative) {
            return Err(SyncError::StrayLink);
        }
        Ok(self.request(method, &format!("/odata/{relative}")))
    }

    /// Makes a request for a link of an entity set's own list or feed: what another resource below the service answers is
    /// nothing of this set, though it may look like it.
    ///
    /// # Errors
    /// [`SyncError::StrayLink`] for one that leads to anything else.
    pub(crate) fn of_set(&self, set: &str, link: &str) -> Result<Request, SyncError> {
        let request = self.odata(Method::GET, link)?;
        let root = format!("{}/odata/", self.server);
        let below = request.url.strip_prefix(&root).unwrap_or_default();
        let path = below.split(['?', '#']).next().unwrap_or_default();
        match parse_path(path) {
            Ok(Resource::Set(named)) if named == set => Ok(request),
            _ => Err(SyncError::StrayLink),
        }
    }

    /// Sends a request and returns the answer of the right server to this account, whatever its status, but for a refused token and
    /// a request to wait.
    pub(crate) async fn send(&self, request: Request) -> Result<Response, SyncError> {
        let (sent_ms, started_ms) = (self.clock.now_ms(), self.clock.monotonic_ms());
        self.requests.fetch_add(1, Ordering::Relaxed);
        let response = self.transport.send(request).await?;
        self.bytes_sent.fetch_add(response.bytes_sent, Ordering::Relaxed);
        self.bytes_received.fetch_add(response.bytes_received, Ordering::Relaxed);
        let date = response.header("date").and_then(parse_http_date);
        match (response.header(SERVER_ID), &self.server_id) {
            (None, _) => return Err(not_ours(&response, date.unwrap_or_else(|| self.clock.now_ms()))),
            (Some(found), Some(expected)) if found != expected => return Err(SyncError::AnotherServer),
            _ => {}
        }
        if let (Some(answered), Some(token)) = (response.header(ANSWERS_HEADER), &self.token)
            && answered != token_name(token)
        {
            // Another account's answer, out of a cache that keeps them by their address (FAULTS N16, I25).
            return Err(SyncError::NotTidemark);
        }
        if let Some(date) = date {
            let took_ms = self.clock.monotonic_ms().saturating_sub(started_ms);
            let sample = ClockSample::of_reply(date, sent_ms, self.clock.now_ms(), took_ms);
            let mut surest = locked(&self.clock_sample);
            *surest = match (*surest, sample) {
                (Some(known), Some(new)) => Some(new.surer(known)),
                (known, new) => new.or(known),
            };
        }
        let now_ms = date.unwrap_or_else(|| self.clock.now_ms());
        match response.status {
            401 => Err(SyncError::SignedOut),
            // This one request was too much for it; others may be not.
            503 if WireError::from_json(503, &response.body).is(Code::TooSlow) => Ok(response),
            429 | 503 => Err(SyncError::Wait(retry_after(&response, now_ms).unwrap_or(WAIT))),
            _ => Ok(response),
        }
    }

    /// Listens to the server's notices until the connection ends.
    pub(crate) async fn listen(&self, on_event: &(dyn for<'s> Fn(&'s str) + Send + Sync)) -> Result<(), SyncError> {
        let request = self.request(Method::GET, "/events");
        Ok(self.transport.listen(request, on_event).await?)
    }
}

/// How long is waited where a server that asks to wait does not say how long.
const WAIT: Duration = Duration::from_secs(10);

/// Reads an answer that is not the server's. A sign-in page answers 200, a redirect, 401, 403 or 511; a proxy that the
/// request has passed says what is wrong with it or with the server behind: 413, 429, 5xx (FAULTS N7, N8, N12).
fn not_ours(response: &Response, now_ms: i64) -> SyncError {
    match (response.status, retry_after(response, now_ms)) {
        (429 | 503, Some(delay)) => SyncError::Wait(delay),
        (511, _) => SyncError::NotTidemark,
        (status @ (413 | 429 | 500..=599), _) => SyncError::OnTheWay { status },
        _ => SyncError::NotTidemark,
    }
}

/// Tells whether a link stays below the service root as whoever sends it reads it: with dots resolved, backslashes
/// taken for slashes, and a host of its own obeyed.
fn stays_below(root: &str, link: &str) -> bool {
    let parsed =
        reqwest::Url::parse(root).and_then(|root| Ok((root.join(&format!("./{link}"))?, root.join(link)?, root)));
    let Ok((sent, read, root)) = parsed else { return false };
    let same = |url: &reqwest::Url| {
        url.origin() == root.origin()
            && url.username() == root.username()
            && url.password() == root.password()
            && url.path().starts_with(root.path())
    };
    // Neither as this client writes it behind the root, nor as a reference of its own, may it leave.
    same(&sent) && same(&read) && !link.starts_with('/') && !link.contains(['\\', '\t', '\r', '\n'])
}

/// Reads `Retry-After`. A date counts from `now_ms`: the answer's own `Date`, and this machine's clock only where it has
/// none (FAULTS N8). A number of seconds is one in whatever spelling: more than anybody waits is the longest wait.
fn retry_after(response: &Response, now_ms: i64) -> Option<Duration> {
    let text = response.header("retry-after")?.trim();
    let delay = match text.parse::<f64>() {
        Ok(seconds) if seconds >= 0.0 => Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST),
        Ok(_) => return None,
        Err(_) => Duration::from_millis(parse_http_date(text)?.saturating_sub(now_ms).max(0) as u64),
    };
    Some(delay.min(LONGEST))
}

/// Turns an answer that is no success into an error with the server's sentence.
pub(crate) fn refused(response: &Response) -> SyncError {
    refused_part(response.status, &response.body)
}

/// As [`refused`], for one part of a batch.
pub(crate) fn refused_part(status: u16, body: &[u8]) -> SyncError {
    let error = WireError::from_json(status, body);
    SyncError::Refused { status, code: error.code, message: error.message, target: error.target }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderName, HeaderValue};

    #[test]
    fn a_link_that_leaves_the_service_is_not_followed_however_it_is_spelled() {
        let root = "http://tide.example:80/odata/";
        for link in ["TodoItems?$deltatoken=a", "$batch", "Sites('a%2Fb')?$filter=a eq '../..//x'", "A?q=http://b/"] {
            assert!(stays_below(root, link), "{link}");
        }
        let stray = [
            "http://evil.example/odata/TodoItems",
            "https://tide.example/odata/TodoItems",
            "http://tide.example:81/odata/",
            "http://u@tide.example/odata/A",
            "//evil.example/odata/A",
            "/odata/A",
            "/session",
            "../session",
            "A/../../session",
            "%2e%2e/session",
            "..\\session",
            "\\\\evil.example\\odata",
            ".\t./session",
            "javascript:x",
        ];
        for link in stray {
            assert!(!stays_below(root, link), "{link}");
        }
    }

    fn answer(status: u16, headers: &[(&str, &str)]) -> SyncError {
        let pairs = headers.iter().map(|(name, value)| {
            (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap())
        });
        let headers = HeaderMap::from_iter(pairs);
        let response = Response { status, headers, body: Bytes::new(), bytes_sent: 0, bytes_received: 0 };
        let date = response.header("date").and_then(parse_http_date);
        not_ours(&response, date.unwrap_or(784_111_777_000))
    }

    #[test]
    fn a_proxy_is_told_from_a_sign_in_page() {
        for status in [200, 301, 302, 307, 401, 403, 404, 511] {
            assert!(matches!(answer(status, &[("retry-after", "5")]), SyncError::NotTidemark), "{status}");
        }
        for status in [413, 429, 500, 502, 503, 504] {
            assert!(matches!(answer(status, &[]), SyncError::OnTheWay { status: found } if found == status));
        }
        let wait = |status, headers: &[_]| match answer(status, headers) {
            SyncError::Wait(delay) => delay.as_secs(),
            other => panic!("{other}"),
        };
        assert_eq!(wait(503, &[("retry-after", "120")]), 120);
        assert_eq!(wait(429, &[("retry-after", "999999")]), 3_600);
        let dates = [("date", "Sun, 06 Nov 1994 08:49:37 GMT"), ("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT")];
        assert_eq!(wait(503, &dates), 30);
    }

    #[test]
    fn a_request_to_wait_is_heard_however_it_is_written() {
        let wait = |headers: &[_]| match answer(503, headers) {
            SyncError::Wait(delay) => Some(delay.as_millis()),
            _ => None,
        };
        // Without the answer's own time, this machine's: 1994-11-06 08:49:37 in these tests.
        assert_eq!(wait(&[("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT")]), Some(30_000));
        assert_eq!(wait(&[("retry-after", "Sun, 06 Nov 1994 07:00:00 GMT")]), Some(0));
        for (text, ms) in
            [("4.5", 4_500), (" 0.2 ", 200), ("99999999999999999999999999", 3_600_000), ("1e9", 3_600_000)]
        {
            assert_eq!(wait(&[("retry-after", text)]), Some(ms), "{text}");
        }
        for text in ["soon", "", "-5", "NaN", "-inf"] {
            assert_eq!(wait(&[("retry-after", text)]), None, "{text}");
        }
    }
}
