//! Whole requests to the real server, in process: URLs with tokens, conditions, bodies, batches.
//!
//! Owns: that whatever is asked is answered, and never with 500. Refuses: sockets; what HTTP itself refuses does not
//! come here.

use crate::machine::{Machine, model};
use axum::Router;
use axum::body::Body;
use http::{HeaderName, HeaderValue, Method, Request};
use http_body_util::BodyExt as _;
use std::sync::{Mutex, OnceLock, PoisonError};
use tempfile::TempDir;
use tidemark_server::{Ports, Service};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

/// A server with one account, for all inputs.
struct Bed {
    _folder: TempDir,
    _service: Service,
    router: Router,
    token: String,
    runtime: Runtime,
    /// Requests since it was made; what they wrote is thrown away now and then.
    asked: u32,
}

const MOST_ASKED: u32 = 20_000;

impl Bed {
    fn new() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let folder = tempfile::tempdir().expect("a folder");
        let database = format!("sqlite:{}", folder.path().join("records.db").display());
        let machine = Machine::new();
        let ports = Ports { clock: machine.clone(), ids: machine.clone(), secrets: machine, ..Ports::default() };
        let (service, token) = runtime.block_on(async {
            let service = Service::open(&database, model().clone(), ports).await.expect("it opens");
            let token = service.add_user("ana", "w", Some("d")).await.expect("an account");
            (service, token)
        });
        let router = service.router();
        Self { _folder: folder, _service: service, router, token, runtime, asked: 0 }
    }
}

/// Asks the server: the first line is the method and the target, then headers, an empty line, the body. `TOKEN` in the
/// target is a delta link's place.
pub(crate) fn request(bytes: &[u8]) {
    static BED: OnceLock<Mutex<Option<Bed>>> = OnceLock::new();
    let mut bed = BED.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if bed.as_ref().is_some_and(|bed| bed.asked >= MOST_ASKED) {
        *bed = None;
    }
    let bed = bed.get_or_insert_with(Bed::new);
    bed.asked += 1;
    let Some(request) = read(bytes, &bed.token) else { return };
    let what = format!("{} {}", request.method(), request.uri());
    let (status, body) = bed.runtime.block_on(async {
        let answer = bed.router.clone().oneshot(request).await.expect("it answers");
        let status = answer.status().as_u16();
        // The notices have no end.
        if what.contains("/events") {
            return (status, Vec::new());
        }
        (status, answer.into_body().collect().await.expect("a body").to_bytes().to_vec())
    });
    let text = String::from_utf8_lossy(&body);
    assert!(status != 500, "{what} answers 500: {text}");
    assert!(!text.contains("\"InternalError\"") && !text.contains("\"DatabaseFailed\""), "{what}: {text}");
}

fn read(bytes: &[u8], token: &str) -> Option<Request<Body>> {
    let mut lines = bytes.splitn(2, |byte| *byte == b'\n');
    let line = std::str::from_utf8(lines.next()?).ok()?;
    let mut rest = lines.next().unwrap_or_default();
    let (method, target) = line.split_once(' ')?;
    let mut request = Request::builder()
        .method(Method::from_bytes(method.as_bytes()).ok()?)
        .uri(target)
        .header("authorization", format!("Bearer {token}"));
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let line = &rest[..end];
        rest = &rest[end + 1..];
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { break };
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        request = request.header(name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?);
    }
    request.body(Body::from(rest.to_vec())).ok()
}
