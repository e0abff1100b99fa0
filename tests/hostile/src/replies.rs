//! What a client reads of a server beside pages: sessions, live reads and writes, journals, the model, audits, notices.
//!
//! Owns: a network on which every request is answered with the same bytes. Refuses: whole cycles with a server that lies
//! (`tests/server`).

use crate::machine::{Machine, account, device, model};
use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tempfile::TempDir;
use tidemark_model::RecordId;
use tidemark_store::{Store, SystemDisk};
use tidemark_sync::{Engine, Request, Response, Transport, TransportError};
use uuid::Uuid;

const STATUSES: [u16; 16] = [200, 200, 200, 200, 201, 204, 304, 400, 401, 404, 409, 410, 412, 422, 429, 503];
const NAMES: [&str; 7] = ["date", "retry-after", "etag", "link", "tidemark-model", "tidemark-updated-at", "location"];

/// Answers every request alike.
struct Parrot {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
    asked: AtomicU32,
}

/// More requests than any single call makes of a server that says the same each time.
const MOST_REQUESTS: u32 = 400;

impl Parrot {
    /// Reads the first byte as a status, a line for each header that is named, and the rest as the body.
    fn of(bytes: &[u8]) -> Self {
        let (status, rest) =
            bytes.split_first().map_or((200, bytes), |(first, rest)| (STATUSES[*first as usize % 16], rest));
        let (lines, body) = match rest.strip_prefix(b"#") {
            Some(rest) => rest
                .iter()
                .position(|byte| *byte == b'\n')
                .map_or((rest, &b""[..]), |end| (&rest[..end], &rest[end + 1..])),
            None => (&b""[..], rest),
        };
        let mut headers = HeaderMap::new();
        headers.insert("tidemark-server", HeaderValue::from_static("s"));
        for (name, value) in NAMES.iter().zip(lines.split(|byte| *byte == b'|')) {
            if let Ok(value) = HeaderValue::from_bytes(value)
                && !value.is_empty()
            {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        Self { status, headers, body: Bytes::copy_from_slice(body), asked: AtomicU32::new(0) }
    }
}

#[async_trait]
impl Transport for Parrot {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        assert!(request.url.starts_with("http://localhost/"), "{} is asked", request.url);
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        assert!(asked < MOST_REQUESTS, "it asks without end: {}", request.url);
        Ok(Response {
            status: self.status,
            headers: self.headers.clone(),
            body: self.body.clone(),
            bytes_sent: 1,
            bytes_received: self.body.len() as u64,
        })
    }

    async fn listen(
        &self,
        _: Request,
        on_event: &(dyn for<'s> Fn(&'s str) + Send + Sync),
    ) -> Result<(), TransportError> {
        on_event(&String::from_utf8_lossy(&self.body));
        Ok(())
    }
}

/// One device for all inputs: nothing that these calls do is kept.
fn folder() -> &'static Mutex<TempDir> {
    static FOLDER: OnceLock<Mutex<TempDir>> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        drop(device(folder.path(), &Machine::new()));
        Mutex::new(folder)
    })
}

/// Reads a reply in the place of every reply that is not a page.
pub(crate) fn reply(bytes: &[u8]) {
    let folder = folder().lock().unwrap_or_else(PoisonError::into_inner);
    let machine = Machine::new();
    let parrot = Arc::new(Parrot::of(bytes));
    let store =
        Store::open(folder.path(), Arc::new(SystemDisk), machine.clone(), machine.clone()).expect("the device opens");
    let engine = Engine::new(store, machine.ports(parrot.clone()));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let (remote, model, account) = (engine.remote(), model(), account());
        let set = model.set("TodoItems").expect("a set");
        let id = RecordId(Uuid::from_u128(9));
        let change = json!({ "Title": "t" });
        let change = change.as_object().expect("an object");
        let _ = remote.sign_in_with_token("http://localhost", "t").await;
        let _ = remote.sign_in("http://localhost", "ana", "p", "d").await;
        let _ = remote.session(&account).await;
        let _ = remote.model_document(&account).await;
        let _ = remote.history(&account, set, id).await;
        let _ = remote.get(&account, set, id).await;
        let _ = remote.list(&account, set, None, None, None, 0, Some(50)).await;
        let _ = remote.list(&account, set, None, None, None, u64::MAX, None).await;
        let _ = remote.count(&account, "TodoItems").await;
        let _ = remote.add(&account, set, id, change).await;
        let _ = remote.edit(&account, set, id, "W/\"1\"", change).await;
        let _ = remote.delete(&account, set, id, "W/\"1\"").await;
    });
}
