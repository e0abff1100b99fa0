//! Changes that go straight to the server (`docs/sync.md`, "Sets that are not kept offline").
//!
//! Owns: that each is made on the version that was shown, or not at all. Refuses: what the caller makes of that.

use super::device::{Device, ITEMS};
use super::shore::Shore;
use crate::error::SyncError;
use serde_json::{Map, Value, json};

fn title(text: &str) -> Map<String, Value> {
    json!({ "Title": text }).as_object().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn a_live_change_is_made_on_the_version_that_was_shown_or_not_at_all() {
    let ann = Device::new(&Shore::open().await, "ann", &[ITEMS]).await;
    let id = ann.add(ITEMS, "first");
    ann.sync().await;
    let account = ann.store.account().unwrap().unwrap();
    let model = ann.store.lease().unwrap().model().unwrap();
    let (remote, set) = (ann.engine.remote(), model.set(ITEMS).unwrap());
    let shown = ann.store.get(ITEMS, id).unwrap().unwrap().etag;
    let second = remote.edit(&account, set, id, &shown, &title("second")).await.unwrap();
    let others = [
        remote.edit(&account, set, id, &shown, &title("third")).await.map(drop),
        remote.delete(&account, set, id, &shown).await,
        remote.add(&account, set, id, &title("again")).await.map(drop),
    ];
    for made in others {
        assert!(matches!(&made, Err(SyncError::Stale(Some(now))) if now.etag == second.etag), "{made:?}");
    }
}
