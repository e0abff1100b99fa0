//! Files: what people import, and databases and logs that a disk has damaged.
//!
//! Owns: that a damaged file is mended, or refused with a sentence, and nothing after that breaks. Refuses: saying how
//! much of it comes back (`crates/store/tests/store/disk.rs` does).

use crate::machine::{Machine, device, model};
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tempfile::TempDir;
use tidemark_app::{App, Host, ListRequest};
use tidemark_model::query::Query;
use tidemark_server::{Ports, Service};
use tidemark_store::{Only, Store, SystemDisk};
use tokio::runtime::Runtime;

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
}

/// Imports a file: a byte for its format, then its text. What was imported is exported, and that imported again.
pub(crate) fn import(bytes: &[u8]) {
    static APP: OnceLock<Mutex<(TempDir, Runtime, App)>> = OnceLock::new();
    let app = APP.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        drop(device(folder.path(), &Machine::new()));
        let runtime = runtime();
        let app = runtime.block_on(App::open(folder.path(), Host::default())).expect("it opens");
        Mutex::new((folder, runtime, app))
    });
    let app = app.lock().unwrap_or_else(PoisonError::into_inner);
    let (folder, runtime, app) = &*app;
    let Some((format, text)) = bytes.split_first() else { return };
    let name = if format % 2 == 0 { "in.csv" } else { "in.jsonl" };
    let file = folder.path().join(name);
    fs::write(&file, text).expect("it is written");
    runtime.block_on(async {
        let imported = app.import_file("Contacts", &file).await;
        assert!(!matches!(imported, Err(tidemark_app::AppError::Broken(_))), "{imported:?}");
        if !imported.is_ok_and(|rows| rows > 0) {
            return;
        }
        for name in ["out.csv", "out.jsonl"] {
            let file = folder.path().join(name);
            let rows = app.export_file("Contacts", &file).await.expect("what is here can be exported");
            let before = listed(app).await;
            assert_eq!(app.import_file("Contacts", &file).await.expect("and put back"), rows);
            assert_eq!(listed(app).await, before, "which changes nothing");
        }
        for record in listed(app).await {
            let id = record["Id"].as_str().expect("an id").to_owned();
            app.remove("Contacts", &id).await.expect("it can be removed");
        }
    });
}

async fn listed(app: &App) -> Vec<serde_json::Map<String, serde_json::Value>> {
    let request = ListRequest { set: "Contacts".to_owned(), limit: 1_000_000, ..Default::default() };
    app.list(request).await.expect("it can be listed").records
}

/// FNV-1a, as the log's lines are summed (`docs/architecture.md`): without a sum that fits no line would be read at all.
fn sum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// Opens a folder whose `outbox.log` has these lines: beside a database that is whole, beside one that is damaged, and alone.
/// An odd first byte sums the lines, so that they are read.
pub(crate) fn outbox_log(bytes: &[u8]) {
    let Some((how, text)) = bytes.split_first() else { return };
    let log = match how % 2 {
        0 => text.to_vec(),
        _ => text.split_inclusive(|byte| *byte == b'\n').fold(Vec::new(), |mut log, line| {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            // The sum is over the line's end too.
            let line = [line, b"\n"].concat();
            log.extend_from_slice(format!("{:016x} ", sum(&line)).as_bytes());
            log.extend_from_slice(&line);
            log
        }),
    };
    let image = image();
    let folder = tempfile::tempdir().expect("a folder");
    if how % 3 != 0 {
        let mut database = image.clone();
        if how % 3 == 2 {
            database.truncate(4_096);
        }
        fs::write(folder.path().join("tidemark.db"), database).expect("it is written");
    }
    fs::write(folder.path().join("outbox.log"), log).expect("it is written");
    look(folder.path());
}

/// A whole database of a device.
fn image() -> &'static Vec<u8> {
    static IMAGE: OnceLock<Vec<u8>> = OnceLock::new();
    IMAGE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        drop(device(folder.path(), &Machine::new()));
        let database = folder.path().join("tidemark.db");
        let conn = rusqlite::Connection::open(&database).expect("it opens");
        conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); VACUUM").expect("one file");
        drop(conn);
        fs::read(database).expect("it is there")
    })
}

/// Opens a database that has these patches: three bytes of a place, one of a length, then what stands there.
pub(crate) fn client_database(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("tidemark.db"), patched(image(), bytes)).expect("it is written");
    look(folder.path());
}

fn patched(image: &[u8], mut patches: &[u8]) -> Vec<u8> {
    let mut patched = image.to_vec();
    while let [a, b, c, length, rest @ ..] = patches {
        let at = (usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c)) % patched.len().max(1);
        let (patch, rest) = rest.split_at(usize::from(*length).min(rest.len()));
        match *length {
            // The file ends here.
            255 => patched.truncate(at),
            _ => patch.iter().zip(&mut patched[at..]).for_each(|(new, old)| *old = *new),
        }
        patches = rest;
    }
    patched
}

/// Does what a device does with its database; each may fail with a sentence.
fn look(folder: &Path) {
    let machine = Machine::new();
    for _ in 0..2 {
        let Ok(store) = Store::open(folder, Arc::new(SystemDisk), machine.clone(), machine.clone()) else { return };
        let _ = store.look_after();
        for set in ["TodoItems", "Contacts", "CachedEntities"] {
            for record in store.list(set, &Query::default(), Only::All).unwrap_or_default() {
                let _ = store.history(set, record.record.id);
                let _ = store.explain(set, record.record.id);
            }
        }
        let _ = store.conflicts();
        let _ = store.parked();
        let _ = store.counts();
        let _ = store.incidents(10);
        let _ = store.cycles(10);
        let _ = store.decisions(10);
        let record = serde_json::json!({ "Title": "after" });
        let added = store.add("TodoItems", record.as_object().expect("an object"));
        if let Ok(added) = added {
            let _ = store.delete("TodoItems", added.record.id);
        }
        if let Ok(lease) = store.lease() {
            let _ = lease.has_unsent();
            let _ = lease.positions();
        }
    }
}

/// Opens a server's database that has these patches, and asks it.
pub(crate) fn server_database(bytes: &[u8]) {
    static IMAGE: OnceLock<(Vec<u8>, String)> = OnceLock::new();
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(runtime);
    let serve = |folder: &Path| {
        let database = format!("sqlite:{}", folder.join("records.db").display());
        let machine = Machine::new();
        let ports = Ports { clock: machine.clone(), ids: machine.clone(), secrets: machine, ..Ports::default() };
        runtime.block_on(async move { Service::open(&database, model().clone(), ports).await })
    };
    let (image, token) = IMAGE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let service = serve(folder.path()).expect("it opens");
        let token = runtime.block_on(service.add_user("ana", "w", None)).expect("an account");
        for _ in 0..3 {
            ask(runtime, &service, &token, "POST", "/odata/TodoItems", r#"{ "Title": "Pump" }"#);
        }
        drop(service);
        let database = folder.path().join("records.db");
        let conn = rusqlite::Connection::open(&database).expect("it opens");
        conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").expect("one file");
        drop(conn);
        (fs::read(database).expect("it is there"), token)
    });
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("records.db"), patched(image, bytes)).expect("it is written");
    let Ok(service) = serve(folder.path()) else { return };
    ask(runtime, &service, token, "GET", "/odata/TodoItems?$count=true&$orderby=Title", "");
    ask(runtime, &service, token, "GET", "/audit/TodoItems?at=x", "");
    ask(runtime, &service, token, "POST", "/odata/TodoItems", r#"{ "Title": "after" }"#);
}

fn ask(runtime: &Runtime, service: &Service, token: &str, method: &str, path: &str, body: &str) -> u16 {
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;
    let request = http::Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(axum::body::Body::from(body.to_owned()))
        .expect("a request");
    runtime.block_on(async {
        let answer = service.router().oneshot(request).await.expect("it answers");
        let status = answer.status().as_u16();
        let _ = answer.into_body().collect().await;
        status
    })
}
