//! One HTTP exchange, as a trait, so that a simulation can put a lossy network in its place (FAULTS 3.1).
//!
//! Owns: the shape of a request and its answer, and what counts as "no network". Refuses: meaning; a status is a
//! number here.

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method};

/// A request, complete: the URL is absolute.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The absolute URL.
    pub url: String,
    /// Headers, names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Bytes,
}

/// The answer, whole: a cut body is a [`TransportError`], never a short answer (FAULTS N6).
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, decompressed.
    pub body: Bytes,
    /// Bytes that the request took on the wire, headers included.
    pub bytes_sent: u64,
    /// Bytes that the answer took on the wire, headers included.
    pub bytes_received: u64,
}

impl Response {
    /// Returns a header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// Nothing at the other end, or the connection broke.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    /// The connection broke before the answer was here: the server may have done what it was asked.
    #[error("the server cannot be reached: {0}")]
    Unanswered(String),
    /// The connection broke within the answer, or what arrived of it is damaged: the link carries less than that at once,
    /// and the server may have done what it was asked.
    #[error("the server cannot be reached: {0}")]
    BrokeWithin(String),
    /// The other end's certificate is not to be trusted.
    #[error("the connection is not secure: {0}; check the server address and this computer's clock")]
    Untrusted(String),
    /// The answer is larger than anything the protocol sends.
    #[error("the server's answer is too large to be one of a Tidemark server")]
    TooLarge,
}

impl TransportError {
    /// Tells whether something of an answer arrived, which was too much at once.
    pub(crate) fn was_too_much(&self) -> bool {
        matches!(self, Self::BrokeWithin(_) | Self::TooLarge)
    }
}

/// Exchanges one request for one answer.
///
/// # Errors
/// Only what is outside HTTP; every status is an answer.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends a request and waits for the whole answer.
    async fn send(&self, request: Request) -> Result<Response, TransportError>;

    /// Opens a stream of server-sent events and calls `on_event` with each line of `data`, until it ends.
    async fn listen(
        &self,
        request: Request,
        on_event: &(dyn for<'s> Fn(&'s str) + Send + Sync),
    ) -> Result<(), TransportError>;
}
