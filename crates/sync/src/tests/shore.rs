//! The real server in this process, and everybody else who works on it.
//!
//! Owns: its runtime, its clock (which stands where the devices' stands), asking it. Refuses: faults (`weather`).

use crate::paused::Paused;
use crate::ports::transport::{Request, Response};
use axum::body::Body;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tidemark_model::ports::{Clock, Timer as _};
use tidemark_model::{EntityModel, RecordId};
use tidemark_server::{Ports, Service};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tower::ServiceExt as _;
use uuid::Uuid;

/// Where the server seems to be.
pub(super) const ROOT: &str = "http://localhost";

/// The server's own runtime: its time-outs go by the machine's clock.
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

/// Does work on the server's side. The paused time stands meanwhile: tokio moves it on only while nobody works, and work on
/// a blocking thread counts.
async fn there<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    tokio::task::spawn_blocking(move || RUNTIME.block_on(work)).await.unwrap()
}

/// The server's clock: whoever asks it sets it.
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

/// The server.
pub(super) struct Shore {
    folder: TempDir,
    service: Mutex<Arc<Service>>,
    clock: Arc<ShoreClock>,
    pub(super) time: Arc<Paused>,
    pub(super) id: String,
    /// The token of bob, who works elsewhere.
    bob: String,
}

async fn serve(folder: &Path, clock: &Arc<ShoreClock>) -> Arc<Service> {
    let database = format!("sqlite:{}", folder.join("records.db").display());
    let ports = Ports { clock: clock.clone(), ..Ports::default() };
    let model = EntityModel::to_serve(EntityModel::default_document()).unwrap();
    Arc::new(there(async move { Service::open(&database, model, ports).await.unwrap() }).await)
}

impl Shore {
    /// Opens a server with nothing on it but bob's account.
    pub(super) async fn open() -> Arc<Self> {
        let time = Arc::new(Paused::new());
        let clock = Arc::new(ShoreClock::default());
        clock.0.store(time.now_ms(), Ordering::Relaxed);
        let folder = tempfile::tempdir().unwrap();
        let service = serve(folder.path(), &clock).await;
        let mut shore =
            Self { folder, service: Mutex::new(service), clock, time, id: String::new(), bob: String::new() };
        shore.bob = shore.token("bob").await;
        let health = Request { method: http::Method::GET, url: format!("{ROOT}/health/live"), ..empty() };
        shore.id = shore.ask(health).await.header("tidemark-server").unwrap().to_owned();
        Arc::new(shore)
    }

    /// Makes an account in the one workspace and returns a token of it.
    pub(super) async fn token(&self, user: &str) -> String {
        let (service, user) = (self.service(), user.to_owned());
        there(async move { service.add_user(&user, "one", None).await.unwrap() }).await
    }

    fn service(&self) -> Arc<Service> {
        self.service.lock().unwrap().clone()
    }

    fn carry(&self, request: Request) -> (http::Request<Body>, u64) {
        self.clock.0.store(self.time.now_ms(), Ordering::Relaxed);
        let path = request.url.strip_prefix(ROOT).unwrap();
        let bytes = (request.body.len() + path.len() + 100) as u64;
        let mut carried = http::Request::builder().method(request.method).uri(path).header("host", "localhost");
        for (name, value) in request.headers {
            carried = carried.header(name, value);
        }
        (carried.header("content-length", request.body.len()).body(Body::from(request.body)).unwrap(), bytes)
    }

    /// Asks the server.
    pub(super) async fn ask(&self, request: Request) -> Response {
        let (request, bytes_sent) = self.carry(request);
        let router = self.service().router();
        there(async move {
            let (head, body) = router.oneshot(request).await.unwrap().into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            let bytes_received = body.len() as u64;
            Response { status: head.status.as_u16(), headers: head.headers, body, bytes_sent, bytes_received }
        })
        .await
    }

    /// Follows a stream of the server's; what it says arrives line by line until the receiver is dropped.
    pub(super) fn follow(&self, request: Request) -> mpsc::UnboundedReceiver<String> {
        let (request, _) = self.carry(request);
        let router = self.service().router();
        let (tell, lines) = mpsc::unbounded_channel();
        RUNTIME.spawn(async move {
            let mut body = router.oneshot(request).await.unwrap().into_body();
            loop {
                let frame = tokio::select! {
                    biased;
                    frame = body.frame() => frame,
                    () = tell.closed() => return,
                };
                let Some(Ok(frame)) = frame else { return };
                let text = String::from_utf8_lossy(frame.data_ref().map_or(&[][..], |piece| &piece[..])).into_owned();
                for line in text.lines().filter_map(|line| line.strip_prefix("data:")) {
                    let _ = tell.send(line.trim().to_owned());
                }
            }
        });
        lines
    }

    /// Has bob write records, each with what `body` says; an instant later than whatever was written before.
    pub(super) async fn put_all(&self, set: &str, records: impl IntoIterator<Item = (RecordId, Value)>) {
        self.time.sleep(Duration::from_millis(10)).await;
        let records: Vec<_> = records.into_iter().collect();
        for some in records.chunks(200) {
            let parts = some.iter().enumerate().map(|(n, (id, body))| {
                let headers = json!({ "content-type": "application/json" });
                json!({ "id": n.to_string(), "method": "PUT", "url": format!("{set}({id})"), "headers": headers, "body": body })
            });
            let body = json!({ "requests": parts.collect::<Vec<_>>() }).to_string();
            let answer = self.of_bob("$batch", body).await;
            let answer: Value = serde_json::from_slice(&answer.body).unwrap();
            let failed =
                answer["responses"].as_array().unwrap().iter().find(|part| part["status"].as_u64() > Some(299));
            assert_eq!(failed, None);
        }
    }

    /// As [`Shore::put_all`], records with a number and a name.
    pub(super) async fn put(&self, set: &str, numbers: impl IntoIterator<Item = u64>, name: &str) {
        self.put_all(set, numbers.into_iter().map(|n| (numbered(n), named(set, name)))).await;
    }

    async fn of_bob(&self, path: &str, body: String) -> Response {
        let headers = vec![
            ("authorization", format!("Bearer {}", self.bob)),
            ("content-type", "application/json".to_owned()),
            ("prefer", "odata.continue-on-error".to_owned()),
        ];
        let url = format!("{ROOT}/odata/{path}");
        self.ask(Request { method: http::Method::POST, url, headers, body: body.into() }).await
    }

    /// Returns how many records of a set there are.
    pub(super) async fn count(&self, set: &str) -> u64 {
        let headers = vec![("authorization", format!("Bearer {}", self.bob))];
        let url = format!("{ROOT}/odata/{set}/$count");
        let answer = self.ask(Request { url, headers, ..empty() }).await;
        String::from_utf8_lossy(&answer.body).trim().trim_start_matches('\u{feff}').parse().unwrap()
    }

    /// Takes a backup of the database.
    pub(super) fn back_up(&self) -> TempDir {
        let backup = tempfile::tempdir().unwrap();
        // Nobody writes at the moment, so the files belong together.
        for name in ["records.db", "records.db-wal"] {
            let from = self.folder.path().join(name);
            if from.exists() {
                std::fs::copy(from, backup.path().join(name)).unwrap();
            }
        }
        backup
    }

    /// Serves a backup from now on: what came behind it never was.
    pub(super) async fn restore(&self, backup: &TempDir) {
        let service = serve(backup.path(), &self.clock).await;
        *self.service.lock().unwrap() = service;
    }
}

/// Returns a request for nothing in particular.
pub(super) fn empty() -> Request {
    Request { method: http::Method::GET, url: ROOT.to_owned(), headers: Vec::new(), body: bytes::Bytes::new() }
}

/// Returns the id of a numbered record.
pub(super) fn numbered(n: u64) -> RecordId {
    RecordId(Uuid::from_u64_pair(1, n))
}

/// Returns the body of a record that is called so.
pub(super) fn named(set: &str, name: &str) -> Value {
    json!({ (if set == "TodoItems" { "Title" } else { "Name" }): name })
}
