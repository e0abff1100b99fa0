//! The real server in this process: what answers while nobody lies, and what the office works on.
//!
//! Owns: its runtime, its clock (which stands where the asking life's stands), asking it. Refuses: lies.

use crate::SALT;
use crate::time::Time;
use axum::body::Body;
use http_body_util::BodyExt as _;
use serde_json::Value;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use tempfile::TempDir;
use tidemark_model::ports::{Clock, Ids, NoRandomness, Secrets};
use tidemark_model::{EntityModel, RecordId};
use tidemark_server::{Ports, Service};
use tidemark_sync::{Request, Response};
use tidemark_test_dice::Dice;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;
use uuid::Uuid;

/// Where the server seems to be.
pub(crate) const ROOT: &str = "http://localhost";

/// The server's own runtime: its time-outs go by the machine's clock.
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

/// Does work on the server's side. The paused time stands meanwhile: tokio moves it on only while nobody works, and work on
/// a blocking thread counts.
async fn there<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    tokio::task::spawn_blocking(move || RUNTIME.block_on(work)).await.unwrap()
}

/// The server's clock: whoever asks it sets it; it never goes back.
#[derive(Default)]
struct ShoreClock(AtomicI64);

impl Clock for ShoreClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    fn monotonic_ms(&self) -> u64 {
        self.0.load(Ordering::Relaxed) as u64
    }
}

/// Secrets and ids that follow from the number of the life they are made in.
#[derive(Default)]
struct Drawn(Mutex<Dice>);

impl Drawn {
    fn next(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).roll()
    }
}

impl Secrets for Drawn {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        bytes.iter_mut().for_each(|byte| *byte = self.next() as u8);
        Ok(())
    }
}

impl Ids for Drawn {
    fn fresh(&self) -> RecordId {
        RecordId(Uuid::from_u64_pair(self.next(), self.next()))
    }
}

/// The server.
pub(crate) struct Shore {
    _folder: TempDir,
    service: Arc<Service>,
    clock: Arc<ShoreClock>,
    drawn: Arc<Drawn>,
}

impl Shore {
    /// Opens a server with nothing on it.
    pub(crate) fn open() -> Arc<Self> {
        let clock = Arc::new(ShoreClock::default());
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite:{}", folder.path().join("records.db").display());
        let drawn = Arc::new(Drawn::default());
        let ports = Ports { clock: clock.clone(), ids: drawn.clone(), secrets: drawn.clone(), ..Ports::default() };
        let model = EntityModel::to_serve(EntityModel::default_document()).unwrap();
        let service = RUNTIME.block_on(async move { Service::open(&database, model, ports).await.unwrap() });
        Arc::new(Self { _folder: folder, service: Arc::new(service), clock, drawn })
    }

    /// Begins a life: what the server draws from now on follows from its number.
    pub(crate) fn begin(&self, seed: u64) {
        *self.drawn.0.lock().unwrap_or_else(PoisonError::into_inner) = Dice::new(!seed, SALT);
    }

    /// Makes an account in a workspace of its own life and returns a token of it.
    pub(crate) async fn token(&self, user: &str, workspace: &str) -> String {
        let (service, user, workspace) = (self.service.clone(), user.to_owned(), workspace.to_owned());
        there(async move { service.add_user(&user, &workspace, None).await.unwrap() }).await
    }

    /// Asks the server.
    pub(crate) async fn ask(&self, time: &Time, request: Request) -> Response {
        self.clock.0.fetch_max(time.now_ms(), Ordering::Relaxed);
        let path = request.url.strip_prefix(ROOT).filter(|path| path.starts_with('/')).unwrap_or("/nowhere");
        let bytes_sent = (request.body.len() + path.len() + 100) as u64;
        let mut carried = http::Request::builder().method(request.method).uri(path).header("host", "localhost");
        for (name, value) in request.headers {
            carried = carried.header(name, value);
        }
        let carried = carried.header("content-length", request.body.len()).body(Body::from(request.body));
        // What no network could carry is no request.
        let Ok(carried) = carried else { return nothing(bytes_sent) };
        let router = self.service.router();
        there(async move {
            let (head, body) = router.oneshot(carried).await.unwrap().into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            let bytes_received = body.len() as u64;
            Response { status: head.status.as_u16(), headers: head.headers, body, bytes_sent, bytes_received }
        })
        .await
    }

    /// Asks as somebody at another desk does, and returns the JSON of a success.
    pub(crate) async fn office(
        &self,
        time: &Time,
        token: &str,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Option<Value> {
        let headers = vec![
            ("authorization", format!("Bearer {token}")),
            ("content-type", "application/json".to_owned()),
            ("odata-maxversion", "4.01".to_owned()),
        ];
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let method = method.parse().unwrap();
        let request = Request { method, url: format!("{ROOT}/odata/{path}"), headers, body: body.into() };
        let answer = self.ask(time, request).await;
        (answer.status < 300).then(|| serde_json::from_slice(&answer.body).unwrap_or_default())
    }
}

fn nothing(bytes_sent: u64) -> Response {
    Response { status: 400, headers: http::HeaderMap::new(), body: bytes::Bytes::new(), bytes_sent, bytes_received: 0 }
}
