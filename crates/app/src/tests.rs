//! Commands on a real offline database in a folder of its own, with an account whose server cannot be reached.

mod dispatch;
mod entities;
mod events;
mod records;
mod todo;
mod transfer;

use crate::{App, Host, SystemClock, SystemIds};
use serde_json::{Map, Value};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tidemark_model::EntityModel;
use tidemark_store::{Account, Store, SystemDisk};

/// Nothing listens on port 9, so a connection is refused at once.
const NOWHERE: &str = "http://127.0.0.1:9";

/// Makes a data dir as signing in leaves it.
fn signed_in_dir() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let store = open_store(dir.path());
    let model = EntityModel::parse(EntityModel::default_document()).unwrap().with_cached_entities().unwrap();
    let text = |text: &str| text.to_owned();
    let account = Account {
        server: text(NOWHERE),
        user: text("ana"),
        workspace: text("north"),
        token: text("token"),
        server_id: text("server"),
        signed_out: false,
    };
    store.sign_in_with(&account, &model.document().to_string()).unwrap();
    dir
}

fn open_store(dir: &Path) -> Store {
    Store::open(dir, Arc::new(SystemDisk), Arc::new(SystemClock), Arc::new(SystemIds)).unwrap()
}

/// Opens an app for single commands, with some sets kept offline.
async fn app(offline: &[&str]) -> (App, TempDir) {
    let dir = signed_in_dir();
    let app = App::open(dir.path(), Host::once()).await.unwrap();
    for set in offline {
        app.entity_on(set).await.unwrap();
    }
    (app, dir)
}

fn object(json: Value) -> Map<String, Value> {
    json.as_object().cloned().unwrap()
}

fn id_of(record: &Map<String, Value>) -> String {
    record["Id"].as_str().unwrap().to_owned()
}
