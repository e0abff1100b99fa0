//! A laptop's end of the wire: hyper's client, patient as the product's own transport is.
//!
//! Owns: requests over the laptop's own host, what kinds of failure they come to, and the unrest of its link. Refuses:
//! packing, and following a redirect.

use super::service::{HOST, PORT};
use crate::run::told::Told;
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tidemark_sync::{Request, Response, TransportError};
use tidemark_test_dice::Dice;
use tokio::sync::{mpsc, oneshot};
use turmoil::net::TcpStream;

/// As `HttpTransport`: for connecting, and how long nothing may move.
const CONNECT: Duration = Duration::from_secs(10);
const IDLE: Duration = Duration::from_secs(30);
/// What has been handed over may still be on its way.
const SLOWEST_BYTES_PER_SECOND: u64 = 8 << 10;

type Answer = Result<Response, TransportError>;
type Asked = (Request, oneshot::Sender<Answer>);

/// What a link does by itself while something is on it.
#[derive(Clone)]
pub(crate) struct Unrest(Arc<Mutex<State>>);

struct State {
    dice: Dice,
    percent: usize,
    /// Whether the connections that are open belong to nobody any more.
    is_renewed: bool,
}

impl Unrest {
    /// Draws how restless a link is.
    pub(super) fn drawn(dice: &mut Dice) -> Self {
        let percent = dice.of(&[0, 4, 12, 30]);
        Self(Arc::new(Mutex::new(State { dice: Dice::at(dice.roll()), percent, is_renewed: false })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws what becomes of the link while a request is on it, after so long and for so long.
    fn next(&self) -> Option<(usize, Duration, Duration)> {
        let mut state = self.state();
        let percent = state.percent;
        let dice = &mut state.dice;
        let drawn = (dice.below(4), dice.of(&[0, 30, 60, 120, 400]), dice.of(&[1, 5, 20, 45, 90]));
        dice.hits(percent).then(|| (drawn.0, Duration::from_millis(drawn.1), Duration::from_secs(drawn.2)))
    }
}

/// The way from a world into its laptop's host.
#[derive(Clone)]
pub(crate) struct Line {
    ask: mpsc::UnboundedSender<Asked>,
    name: String,
    unrest: Unrest,
}

impl Line {
    pub(super) fn new(ask: mpsc::UnboundedSender<Asked>, name: String, unrest: Unrest) -> Self {
        Self { ask, name, unrest }
    }

    /// Sends a request from the laptop's host.
    pub(crate) async fn send(&self, request: Request) -> Answer {
        let (answer, answered) = oneshot::channel();
        let gone = || TransportError::Unreachable("there is no line".into());
        self.ask.send((request, answer)).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }

    /// Cuts the link, or joins it again.
    pub(crate) fn set_down(&self, down: bool) {
        if down {
            turmoil::partition(self.name.as_str(), HOST);
        } else {
            turmoil::repair(self.name.as_str(), HOST);
        }
    }

    /// Forgets every connection: the program that had them is gone, or TCP's own time-outs have ended them, which turmoil does
    /// not have.
    pub(crate) fn renew(&self) {
        self.unrest.state().is_renewed = true;
    }

    /// Ends all unrest.
    pub(crate) fn calm(&self) {
        self.unrest.state().percent = 0;
        self.renew();
        turmoil::release(self.name.as_str(), HOST);
        turmoil::repair(self.name.as_str(), HOST);
    }
}

/// Carries requests for as long as the world asks.
pub(super) async fn carry(
    mut asked: mpsc::UnboundedReceiver<Asked>,
    unrest: Unrest,
    name: String,
    told: Told,
) -> turmoil::Result {
    let fresh = || Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(Dial);
    let mut pool = fresh();
    while let Some((request, answer)) = asked.recv().await {
        if std::mem::take(&mut unrest.state().is_renewed) {
            pool = fresh();
        }
        let client = pool.clone();
        if let Some((kind, after, long)) = unrest.next() {
            tokio::task::spawn_local(disturb(kind, after, long, name.clone(), told.clone()));
        }
        tokio::task::spawn_local(async move {
            let _ = answer.send(exchange(&client, request).await);
        });
    }
    Ok(())
}

/// Does something to a link, and undoes it.
#[expect(clippy::disallowed_methods, reason = "the timer of a host, whose time is virtual")]
async fn disturb(kind: usize, after: Duration, long: Duration, name: String, told: Told) {
    tokio::time::sleep(after).await;
    let link = (name.as_str(), HOST);
    match kind {
        0 => {
            super::hit(&told, "held", &name);
            turmoil::hold(link.0, link.1);
            tokio::time::sleep(long).await;
            turmoil::release(link.0, link.1);
        }
        1 => {
            super::hit(&told, "cut", &name);
            turmoil::partition(link.0, link.1);
            tokio::time::sleep(long).await;
            turmoil::repair(link.0, link.1);
        }
        2 => {
            super::hit(&told, "cut on the way up", &name);
            turmoil::partition_oneway(link.0, link.1);
            tokio::time::sleep(long).await;
            turmoil::repair_oneway(link.0, link.1);
        }
        _ => {
            super::hit(&told, "cut on the way down", &name);
            turmoil::partition_oneway(link.1, link.0);
            tokio::time::sleep(long).await;
            turmoil::repair_oneway(link.1, link.0);
        }
    }
}

async fn exchange(client: &Client<Dial, Full<Bytes>>, request: Request) -> Answer {
    let unanswered = |why: &str| TransportError::Unanswered(why.to_owned());
    let bytes_sent = (request.body.len() + request.url.len() + 100) as u64;
    let patience = IDLE + Duration::from_secs(bytes_sent / SLOWEST_BYTES_PER_SECOND);
    let mut carried = http::Request::builder().method(request.method).uri(&request.url);
    for (name, value) in request.headers {
        carried = carried.header(name, value);
    }
    let carried = carried.body(Full::new(request.body)).map_err(|error| unanswered(&error.to_string()))?;
    let answer = match tokio::time::timeout(patience, client.request(carried)).await {
        Err(_) => return Err(unanswered("it does not answer")),
        Ok(Err(error)) if error.is_connect() => return Err(TransportError::Unreachable(error.to_string())),
        Ok(Err(error)) => return Err(unanswered(&error.to_string())),
        Ok(Ok(answer)) => answer,
    };
    let (head, mut coming) = answer.into_parts();
    let mut body = BytesMut::new();
    loop {
        let failed = match tokio::time::timeout(IDLE, coming.frame()).await {
            Ok(None) => break,
            Ok(Some(Ok(frame))) => {
                body.extend_from_slice(frame.data_ref().map_or(&[][..], |piece| &piece[..]));
                continue;
            }
            Ok(Some(Err(error))) => error.to_string(),
            Err(_) => "it does not answer".to_owned(),
        };
        return Err(if body.is_empty() { unanswered(&failed) } else { TransportError::BrokeWithin(failed) });
    }
    let bytes_received = body.len() as u64 + 100;
    Ok(Response {
        status: head.status.as_u16(),
        headers: head.headers,
        body: body.freeze(),
        bytes_sent,
        bytes_received,
    })
}

/// Connects to the server's host, whatever the address says.
#[derive(Clone, Copy)]
struct Dial;

impl tower::Service<http::Uri> for Dial {
    type Response = Wire;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Wire>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Uri) -> Self::Future {
        Box::pin(async {
            match tokio::time::timeout(CONNECT, TcpStream::connect((HOST, PORT))).await {
                Ok(stream) => Ok(Wire(TokioIo::new(stream?))),
                Err(_) => Err(io::Error::from(io::ErrorKind::TimedOut)),
            }
        })
    }
}

/// A connection.
struct Wire(TokioIo<TcpStream>);

impl Connection for Wire {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Wire {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, room: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, room)
    }
}

impl Write for Wire {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
