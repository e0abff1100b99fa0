//! `tidemark-harness-host`: a real `App` for the UI harness, asked over the loopback instead of from inside a window.
//!
//! Owns: opening a data dir and saying where it listens. Refuses: shipping (nothing but the harness talks to it), every
//! address but the loopback, and every page but the one it was started for.

mod loopback;
mod no_window;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::path::PathBuf;
use tidemark_app::{App, Host};
use tokio::net::TcpListener;

/// A real host for the UI harness: `npm run harness`, then `?host=` with the address that this prints.
#[derive(Parser)]
#[command(name = "tidemark-harness-host")]
struct Args {
    /// The data dir; it is made where it does not exist.
    #[arg(long)]
    data_dir: PathBuf,
    /// Where to listen, on the loopback only; port 0 picks one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The origin of the harness's page; no other page is answered.
    #[arg(long, default_value = "http://localhost:1420")]
    origin: String,
    /// A server that offers the demo, shown on the sign-in screen.
    #[arg(long)]
    demo_server: Option<String>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    ensure!(args.listen.ip().is_loopback(), "{} can be reached from elsewhere; give one of 127.0.0.1", args.listen);
    let app = App::open(&args.data_dir, Host { demo_server: args.demo_server, ..Host::background() }).await?;
    let listener = TcpListener::bind(args.listen).await.with_context(|| format!("{} is taken", args.listen))?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}");
    let router = loopback::router(app, address, args.origin);
    loop {
        let (stream, _) = listener.accept().await?;
        let service = TowerToHyperService::new(router.clone());
        // A browser that goes away in the middle of an answer is no failure of anything.
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}
