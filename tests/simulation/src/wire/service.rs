//! The server's end of the wire: hyper's connections over the real router, as `tidemark-server` serves them.
//!
//! Owns: that a connection belongs to one process and ends with it. Refuses: time-outs of a connection's head, which are the
//! product's `listen`.

use super::Berth;
use crate::world::shore::Process;
use axum::body::Body;
use http::header::DATE;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::io;
use std::sync::Arc;
use tower::ServiceExt as _;
use turmoil::net::{TcpListener, TcpStream};

/// The server's host.
pub(super) const HOST: &str = "server";
/// Its port.
pub(super) const PORT: u16 = 80;

/// Accepts connections for as long as the world lasts.
pub(super) async fn serve(berth: Berth) -> turmoil::Result {
    let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        // Where no process runs, the connection is closed at once.
        if let Some(process) = berth.shore().and_then(|shore| shore.someone()) {
            tokio::task::spawn_local(connection(stream, process, berth.clone()));
        }
    }
}

async fn connection(stream: TcpStream, process: Arc<Process>, berth: Berth) {
    let answering = process.clone();
    let service = service_fn(move |request: http::Request<Incoming>| {
        let (process, berth) = (answering.clone(), berth.clone());
        async move {
            let Ok(mut answer) = process.router().oneshot(request.map(Body::new)).await;
            let shore = berth.shore().filter(|shore| shore.disk.is_on() && !process.is_dead());
            // Whoever died over it says nothing.
            let shore = shore.ok_or_else(|| io::Error::other("the process is gone"))?;
            // Else hyper asks the machine's clock.
            answer.headers_mut().insert(DATE, shore.date());
            Ok::<_, io::Error>(answer)
        }
    });
    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        biased;
        () = process.gone() => {}
        _ = served => {}
    }
}
