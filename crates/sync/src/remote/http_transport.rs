//! The real network: reqwest over rustls.
//!
//! Owns: timeouts, no redirects, byte counts. Refuses: retries (their state lives in the offline database) and
//! following a redirect, so that a token never reaches another host (FAULTS N12).

use crate::ports::transport::{Request, Response, Transport, TransportError};
use crate::remote::compression::{ACCEPTED, CODING_HEADER_BYTES, compress, decompress};
use crate::remote::upload::{Pieces, Upload};
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use reqwest::redirect::Policy;
use std::io;
use std::sync::Arc;
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest answer taken from the wire, before it is decompressed.
const LARGEST_WIRE_BYTES: usize = 96 << 20;

/// When a silent server is given up. A slow one is not, however long it takes (FAULTS N5, N14): the wait begins anew
/// with each piece that goes up or comes down.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How long nothing may move.
    pub idle: Duration,
    /// What has been handed to the machine may still be on its way, in buffers that nobody can look into: this many
    /// bytes a second are granted to it on top. A line that is dead altogether is noticed by TCP's own time-out.
    pub slowest_bytes_per_second: u64,
}

impl Default for Patience {
    fn default() -> Self {
        Self { idle: Duration::from_secs(30), slowest_bytes_per_second: 8 << 10 }
    }
}

impl Patience {
    fn after(&self, handed_over: u64) -> Duration {
        self.idle + Duration::from_millis(handed_over * 1_000 / self.slowest_bytes_per_second.max(1))
    }
}

/// Sends requests over the network.
#[derive(Clone, Debug)]
pub struct HttpTransport {
    client: reqwest::Client,
    patience: Patience,
}

impl HttpTransport {
    /// Makes a transport with its own connection pool.
    ///
    /// # Errors
    /// The TLS library could not start.
    pub fn new() -> Result<Self, TransportError> {
        Self::with_patience(Patience::default())
    }

    /// Makes a transport that waits otherwise.
    ///
    /// # Errors
    /// As [`HttpTransport::new`].
    pub fn with_patience(patience: Patience) -> Result<Self, TransportError> {
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_user_timeout(patience.idle)
            .redirect(Policy::none())
            .user_agent(concat!("tidemark/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| TransportError::Unreachable(error.to_string()))?;
        Ok(Self { client, patience })
    }

    /// Sends a request and waits for the head of its answer; while the body goes up the wait begins anew.
    async fn head_of(&self, request: Request) -> Result<(reqwest::Response, u64), TransportError> {
        let (builder, bytes_sent, upload) = self.build(request);
        let mut answer = std::pin::pin!(builder.send());
        loop {
            tokio::select! {
                biased;
                answer = &mut answer => return Ok((answer.map_err(failure)?, bytes_sent)),
                () = upload.moved.notified() => {}
                () = moves_within(self.patience.after(upload.handed_over())) => return Err(silent()),
            }
        }
    }

    /// Returns the next piece of an answer's body, of which `arrived` bytes are here.
    async fn piece_of(&self, answer: &mut reqwest::Response, arrived: usize) -> Result<Option<Bytes>, TransportError> {
        let piece = match tokio::time::timeout(self.patience.idle, answer.chunk()).await {
            Ok(piece) => piece.map_err(failure),
            Err(_) => Err(silent()),
        };
        piece.map_err(|error| match error {
            TransportError::Unanswered(reason) if arrived > 0 => TransportError::BrokeWithin(reason),
            error => error,
        })
    }

    fn build(&self, request: Request) -> (reqwest::RequestBuilder, u64, Arc<Upload>) {
        let upload = Arc::new(Upload::default());
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
                bytes_sent += CODING_HEADER_BYTES as u64;
                builder = builder.header("content-encoding", "zstd");
            }
            let body = packed.unwrap_or(request.body);
            bytes_sent += body.len() as u64 + 24;
            let body = Pieces { left: body, upload: upload.clone() };
            builder = builder.body(reqwest::Body::wrap(body));
        }
        (builder, bytes_sent, upload)
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let (mut answer, bytes_sent) = self.head_of(request).await?;
        let status = answer.status().as_u16();
        let headers = answer.headers().clone();
        let mut body = BytesMut::new();
        while let Some(chunk) = self.piece_of(&mut answer, body.len()).await? {
            if body.len() + chunk.len() > LARGEST_WIRE_BYTES {
                return Err(TransportError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        let header_bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        let bytes_received = (body.len() + header_bytes + 16) as u64;
        let coding = headers.get("content-encoding").and_then(|v| v.to_str().ok());
        let body: Bytes = decompress(coding, body.freeze())
            .ok_or_else(|| TransportError::BrokeWithin("its answer arrived damaged".into()))?;
        Ok(Response { status, headers, body, bytes_sent, bytes_received })
    }

    async fn listen(
        &self,
        request: Request,
        on_event: &(dyn for<'s> Fn(&'s str) + Send + Sync),
    ) -> Result<(), TransportError> {
        let (mut answer, _) = self.head_of(request).await?;
        if !answer.status().is_success() {
            return Err(TransportError::Unreachable(format!("it answered {}", answer.status())));
        }
        let mut pending = String::new();
        while let Some(chunk) = self.piece_of(&mut answer, 0).await? {
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

/// Waits for as long as nothing need move.
#[expect(
    clippy::disallowed_methods,
    reason = "the real network is a part of the rim, and its patience is the machine's time"
)]
async fn moves_within(patience: Duration) {
    tokio::time::sleep(patience).await;
}

/// Nothing moves any more. Connecting is given up earlier: the request was on its way, or there.
fn silent() -> TransportError {
    TransportError::Unanswered("it does not answer".to_owned())
}

fn failure(error: reqwest::Error) -> TransportError {
    // The innermost cause is the one that says what happened: "connection refused", "certificate has expired".
    let mut cause: &dyn std::error::Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let sentence = if error.is_timeout() { "it does not answer".to_owned() } else { words_for(cause) };
    let is_tls = error.is_connect() && ["certificate", "TLS", "tls"].iter().any(|word| sentence.contains(word));
    match error.is_connect() {
        _ if is_tls => TransportError::Untrusted(sentence),
        true => TransportError::Unreachable(sentence),
        false => TransportError::Unanswered(sentence),
    }
}

/// Says what a system call or a protocol library met, as people would; what has no such words keeps its own.
fn words_for(cause: &(dyn std::error::Error + 'static)) -> String {
    let said = cause.to_string();
    let met = cause.downcast_ref::<io::Error>().map(io::Error::kind);
    let words = match met {
        Some(io::ErrorKind::ConnectionRefused) => "nothing answers at its address",
        Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable) => "there is no way to it from here",
        Some(
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof,
        ) => "the connection broke",
        _ if said.starts_with("failed to lookup address information") => "its name is not known on this network",
        _ if said.starts_with("connection closed before message completed") => "the connection broke",
        // The number is for programmers.
        _ => said.split(" (os error ").next().unwrap_or(&said),
    };
    words.to_owned()
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "what is tested is how long the real network takes")]
mod tests {
    use super::*;
    use http::Method;
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::time::Instant;

    #[test]
    fn what_broke_is_said_for_people() {
        for (cause, words) in [
            (io::Error::from(io::ErrorKind::ConnectionRefused), "nothing answers at its address"),
            (io::Error::from(io::ErrorKind::ConnectionReset), "the connection broke"),
            (io::Error::from(io::ErrorKind::NetworkUnreachable), "there is no way to it from here"),
            (io::Error::other("Too many open files (os error 24)"), "Too many open files"),
            (
                io::Error::other("failed to lookup address information: Temporary failure in name resolution"),
                "its name is not known on this network",
            ),
            (io::Error::other("certificate has expired"), "certificate has expired"),
        ] {
            assert_eq!(words_for(&cause), words);
        }
    }

    const IDLE: Duration = Duration::from_millis(300);

    /// Text that does not get smaller.
    fn dense(bytes: usize) -> Bytes {
        let mut state = 88_172_645_463_325_252_u64;
        let byte = |_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        };
        (0..bytes).map(byte).collect::<Vec<_>>().into()
    }

    /// A server behind a thin line: it takes `bytes_per_second`, then answers, or stays silent.
    fn thin_line(bytes_per_second: usize, answers: bool) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut line, _) = listener.accept().unwrap();
            let (mut got, mut piece) = (Vec::new(), vec![0; bytes_per_second / 20]);
            let wanted = loop {
                let head = got.windows(4).position(|end| end == b"\r\n\r\n");
                if let Some(head) = head {
                    let text = String::from_utf8_lossy(&got[..head]).to_lowercase();
                    let length = text.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap();
                    break head + 4 + length.parse::<usize>().unwrap();
                }
                let read = line.read(&mut piece).unwrap();
                got.extend_from_slice(&piece[..read]);
            };
            let mut taken = got.len();
            while taken < wanted {
                taken += line.read(&mut piece).unwrap();
                std::thread::sleep(Duration::from_millis(50));
            }
            match answers {
                true => drop(line.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")),
                // Until the client hangs up.
                false => drop(line.read(&mut piece)),
            }
        });
        url
    }

    async fn post(url: String, body: Bytes) -> Result<Response, TransportError> {
        let patience = Patience { idle: IDLE, slowest_bytes_per_second: 250_000 };
        let request = Request { method: Method::POST, url, headers: Vec::new(), body };
        HttpTransport::with_patience(patience).unwrap().send(request).await
    }

    #[tokio::test]
    async fn an_upload_may_take_many_times_the_idle_time_out() {
        let started = Instant::now();
        let answer = post(thin_line(400_000, true), dense(1 << 20)).await.unwrap();
        assert_eq!((answer.status, answer.body.as_ref()), (200, &b"ok"[..]));
        assert!(started.elapsed() > IDLE * 5);
    }

    #[tokio::test]
    async fn a_server_that_stays_silent_is_given_up() {
        let started = Instant::now();
        let error = post(thin_line(4 << 20, false), dense(3_000)).await.unwrap_err();
        assert_eq!(error, TransportError::Unanswered("it does not answer".into()), "it may have heard the request");
        assert!((IDLE..IDLE * 10).contains(&started.elapsed()), "{:?}", started.elapsed());
    }
}
