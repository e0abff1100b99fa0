//! The real network: reqwest over rustls.
//!
//! Owns: timeouts, no redirects, byte counts. Refuses: retries (their state lives in the offline database) and
//! following a redirect, so that a token never reaches another host (FAULTS N12).

use crate::compression::{ACCEPTED, compress, decompress};
use crate::transport::{Request, Response, Transport, TransportError};
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use reqwest::redirect::Policy;
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A silent server is given up after this; a slow one is not, however long it takes (FAULTS N5, N14).
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// The largest answer taken from the wire, before it is decompressed.
const LARGEST_WIRE_BYTES: usize = 96 << 20;

/// Sends requests over the network.
#[derive(Clone, Debug)]
pub struct HttpTransport {
    client: reqwest::Client,
}

impl HttpTransport {
    /// Makes a transport with its own connection pool.
    ///
    /// # Errors
    /// The TLS library could not start.
    pub fn new() -> Result<Self, TransportError> {
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(IDLE_TIMEOUT)
            .redirect(Policy::none())
            .user_agent(concat!("tidemark/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| TransportError::Unreachable(error.to_string()))?;
        Ok(Self { client })
    }

    fn build(&self, request: Request) -> (reqwest::RequestBuilder, u64) {
        let mut bytes_sent = (request.method.as_str().len() + request.url.len() + 64) as u64;
        let mut builder = self.client.request(request.method, &request.url);
        for (name, value) in &request.headers {
            bytes_sent += (name.len() + value.len() + 4) as u64;
            builder = builder.header(*name, value);
        }
        builder = builder.header("accept-encoding", ACCEPTED);
        if !request.body.is_empty() {
            let packed = compress(&request.body);
            if packed.is_some() {
                builder = builder.header("content-encoding", "zstd");
            }
            let body = packed.unwrap_or(request.body);
            bytes_sent += body.len() as u64 + 24;
            builder = builder.body(body);
        }
        (builder, bytes_sent)
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let (builder, bytes_sent) = self.build(request);
        let mut answer = builder.send().await.map_err(failure)?;
        let status = answer.status().as_u16();
        let headers = answer.headers().clone();
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(failure)? {
            if body.len() + chunk.len() > LARGEST_WIRE_BYTES {
                return Err(TransportError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        let header_bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        let bytes_received = (body.len() + header_bytes + 16) as u64;
        let coding = headers.get("content-encoding").and_then(|v| v.to_str().ok());
        let body: Bytes = decompress(coding, body.freeze())
            .ok_or_else(|| TransportError::Unreachable("its answer arrived damaged".into()))?;
        Ok(Response { status, headers, body, bytes_sent, bytes_received })
    }

    async fn listen(
        &self,
        request: Request,
        on_event: &(dyn for<'s> Fn(&'s str) + Send + Sync),
    ) -> Result<(), TransportError> {
        let (builder, _) = self.build(request);
        let mut answer = builder.send().await.map_err(failure)?;
        if !answer.status().is_success() {
            return Err(TransportError::Unreachable(format!("it answered {}", answer.status())));
        }
        let mut pending = String::new();
        while let Some(chunk) = answer.chunk().await.map_err(failure)? {
            pending.push_str(&String::from_utf8_lossy(&chunk));
            while let Some(end) = pending.find('\n') {
                if let Some(payload) = pending[..end].strip_prefix("data:") {
                    on_event(payload.trim());
                }
                pending.drain(..=end);
            }
            if pending.len() > 65_536 {
                return Err(TransportError::TooLarge);
            }
        }
        Ok(())
    }
}

fn failure(error: reqwest::Error) -> TransportError {
    // The innermost cause is the one that says what happened: "connection refused", "certificate has expired".
    let mut cause: &dyn std::error::Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let sentence = if error.is_timeout() { "it does not answer".to_owned() } else { cause.to_string() };
    let is_tls = error.is_connect() && ["certificate", "TLS", "tls"].iter().any(|word| sentence.contains(word));
    match error.is_connect() {
        _ if is_tls => TransportError::Untrusted(sentence),
        true => TransportError::Unreachable(sentence),
        false => TransportError::Unanswered(sentence),
    }
}
