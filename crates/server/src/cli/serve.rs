//! `serve`.

use super::purge::{HISTORY_DAYS, RETENTION_DAYS};
use super::{Common, Failure};
use crate::front::Front;
use crate::listen;
use crate::ports::Ports;
use crate::service::Service;
use crate::storage::{Days, Purged};
use clap::builder::BoolishValueParser;
use std::io::{IsTerminal as _, Write as _};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

const PURGE_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// Serves the records.
#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    /// The address to listen on; port 0 takes a free one
    #[arg(long, env = "TIDEMARK_LISTEN", value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: String,
    /// Add sample records and the user demo with the password demo
    #[arg(long, env = "TIDEMARK_DEMO", value_parser = BoolishValueParser::new(), num_args = 0, default_missing_value = "true", default_value = "false")]
    demo: bool,
    /// How many days a deleted record keeps its content
    #[arg(long, env = "TIDEMARK_RETENTION_DAYS", value_name = "DAYS", default_value_t = RETENTION_DAYS)]
    retention_days: u32,
    /// How many days a change can be seen in a record's history; its last one stays for ever
    #[arg(long, env = "TIDEMARK_HISTORY_DAYS", value_name = "DAYS", default_value_t = HISTORY_DAYS)]
    history_days: u32,
    /// A streaming replica of the database that reads may go to: postgres://USER:PASSWORD@HOST/DATABASE
    #[arg(long, env = "TIDEMARK_READ_DATABASE", hide_env_values = true, value_name = "URL")]
    read_database: Option<String>,
    /// What the server's address begins with for everybody, where a proxy in front of it adds TLS or a path
    #[arg(long, env = "TIDEMARK_PUBLIC_URL", value_name = "URL", value_parser = site)]
    public_url: Option<String>,
    /// The address of a proxy whose X-Forwarded-… headers are believed; may be given several times
    #[arg(long = "proxy", env = "TIDEMARK_PROXIES", value_name = "IP", value_delimiter = ',')]
    proxies: Vec<IpAddr>,
    /// A site whose pages may ask, such as https://office.example.org; may be given several times
    #[arg(long = "cors-origin", env = "TIDEMARK_CORS_ORIGINS", value_name = "ORIGIN", value_delimiter = ',', value_parser = origin)]
    origins: Vec<String>,
    #[command(flatten)]
    common: Common,
}

/// Checks the address of a site.
fn site(text: &str) -> Result<String, String> {
    let url: http::Uri = text.parse().map_err(|_| "it is no URL".to_owned())?;
    let is_site = matches!(url.scheme_str(), Some("http" | "https")) && url.query().is_none();
    if is_site {
        Ok(text.to_owned())
    } else {
        Err("it must begin with http:// or https:// and have no query".to_owned())
    }
}

/// Checks an origin: a site without a path.
fn origin(text: &str) -> Result<String, String> {
    let text = text.trim_end_matches('/');
    let authority = site(text)?.split_once("://").map(|(_, rest)| rest.to_owned()).unwrap_or_default();
    if authority.contains('/') { Err("it must have no path".to_owned()) } else { Ok(text.to_owned()) }
}

impl Serve {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
        let in_colour = std::io::stderr().is_terminal();
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(in_colour).with_writer(std::io::stderr).init();
        let mut address = self.common.address()?;
        if let Some(replica) = &self.read_database {
            let wrong =
                "--read-database must be the postgres:// address of a replica of --database, which must be PostgreSQL";
            address = address.read_from(replica).ok_or_else(|| Failure::Usage(wrong.to_owned()))?;
        }
        let model = self.common.read_model()?;
        let front = Front { public_url: self.public_url, proxies: self.proxies, origins: self.origins };
        let service = Arc::new(Service::over(&address, model, Ports::default(), front).await?);
        if self.demo {
            service.fill_demo().await?;
        }
        let cannot = |error: std::io::Error| Failure::Failed(format!("Cannot listen on {}: {error}", self.listen));
        let listener = TcpListener::bind(&self.listen).await.map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        let signals = stop_on_signal(Arc::clone(&service))?;
        let kept = Days { tombstones: self.retention_days, history: self.history_days };
        let purging = tokio::spawn(purge_daily(Arc::clone(&service), kept));
        announce(&format!("listening on http://{address}"))?;
        listen::serve(listener, service.router(), service.stopping()).await;
        purging.abort();
        signals.abort();
        tracing::info!("stopped");
        Ok(())
    }
}

/// Says on stdout that the server is ready: whoever started it waits for the line.
fn announce(line: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}").and_then(|()| stdout.flush())?;
    tracing::info!("{line}");
    Ok(())
}

/// Stops the server on SIGTERM and SIGINT.
fn stop_on_signal(service: Arc<Service>) -> Result<tokio::task::JoinHandle<()>, Failure> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(tokio::spawn(async move {
        tokio::select! {
            biased;
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: requests under way are answered");
        service.stop();
    }))
}

async fn purge_daily(service: Arc<Service>, kept: Days) {
    let mut stopping = service.stopping();
    while !*stopping.borrow() {
        match service.purge(kept).await {
            Ok(Purged { tombstones: 0, lines: 0 }) => {}
            Ok(Purged { tombstones, lines }) => tracing::info!(tombstones, lines, "purged"),
            Err(error) => tracing::warn!(%error, "the daily purge failed; it is tried again tomorrow"),
        }
        // Ends early only when the server stops.
        let _ = tokio::time::timeout(PURGE_EVERY, stopping.changed()).await;
    }
}
