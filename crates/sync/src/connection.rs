//! One account's way to its server: URLs, headers, and telling the server's answers from anybody else's.
//!
//! Owns: the `Authorization` header, the protocol headers, recognising a captive portal or another server, byte and
//! request counts, learning the server's clock. Refuses: what an answer means for records.

use crate::error::SyncError;
use crate::transport::{Request, Response, Transport};
use bytes::Bytes;
use http::Method;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;
use tidemark_model::StampClock;
use tidemark_model::ports::Clock;
use tidemark_odata::{WireError, parse_http_date};

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
    /// The clock offset last measured, in milliseconds; `i64::MIN` before the first answer.
    offset_ms: AtomicI64,
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
            offset_ms: AtomicI64::new(i64::MIN),
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

    /// Returns the offset of this machine's clock, once an answer has told.
    pub(crate) fn clock_offset(&self) -> Option<StampClock> {
        let offset_ms = self.offset_ms.load(Ordering::Relaxed);
        (offset_ms != i64::MIN).then_some(StampClock { offset_ms })
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
    /// A link elsewhere would carry the token to another host (FAULTS A10): it is refused.
    pub(crate) fn odata(&self, method: Method, link: &str) -> Result<Request, SyncError> {
        let root = format!("{}/odata/", self.server);
        let relative = match link.strip_prefix(&root) {
            Some(relative) => relative,
            None if link.contains("://") || link.starts_with('/') => {
                return Err(SyncError::Malformed(format!("a link leaves the service: {link}")));
            }
            None => link,
        };
        Ok(self.request(method, &format!("/odata/{relative}")))
    }

    /// Sends a request and returns the answer of the right server, whatever its status, but for a refused token and
    /// a request to wait.
    pub(crate) async fn send(&self, request: Request) -> Result<Response, SyncError> {
        let sent_ms = self.clock.now_ms();
        self.requests.fetch_add(1, Ordering::Relaxed);
        let response = self.transport.send(request).await?;
        self.bytes_sent.fetch_add(response.bytes_sent, Ordering::Relaxed);
        self.bytes_received.fetch_add(response.bytes_received, Ordering::Relaxed);
        match (response.header(SERVER_ID), &self.server_id) {
            (None, _) => return Err(SyncError::NotTidemark),
            (Some(found), Some(expected)) if found != expected => return Err(SyncError::AnotherServer),
            _ => {}
        }
        let date = response.header("date").and_then(parse_http_date);
        if let Some(date) = date {
            let offset = StampClock::measured(date, sent_ms, self.clock.now_ms());
            self.offset_ms.store(offset.offset_ms, Ordering::Relaxed);
        }
        match response.status {
            401 => Err(SyncError::SignedOut),
            429 | 503 => Err(SyncError::Wait(retry_after(&response, date))),
            _ => Ok(response),
        }
    }

    /// Listens to the server's notices until the connection ends.
    pub(crate) async fn listen(&self, on_event: &(dyn for<'s> Fn(&'s str) + Send + Sync)) -> Result<(), SyncError> {
        let request = self.request(Method::GET, "/events");
        Ok(self.transport.listen(request, on_event).await?)
    }
}

/// Reads `Retry-After`; a date counts from the answer's own `Date`, never from the local clock (FAULTS N8).
fn retry_after(response: &Response, date: Option<i64>) -> Duration {
    let fallback = Duration::from_secs(10);
    let Some(text) = response.header("retry-after") else { return fallback };
    if let Ok(seconds) = text.parse::<u64>() {
        return Duration::from_secs(seconds.min(3_600));
    }
    match (parse_http_date(text), date) {
        (Some(until), Some(now)) => Duration::from_millis((until - now).clamp(0, 3_600_000) as u64),
        _ => fallback,
    }
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
