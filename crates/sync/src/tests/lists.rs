//! Records whose own answer was lost are read again singly, from lists that come in pages.

use super::device::{Device, ITEMS};
use super::shore::{Shore, named};
use super::weather::Fate;
use crate::report::Outcome;
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use tidemark_model::RecordId;
use tidemark_model::query::Query;
use tidemark_store::Only;

/// Makes a device whose additions the server took and did not say so; bob edits every one of them.
pub(super) async fn in_doubt(shore: &Arc<Shore>, records: usize) -> Device {
    let ann = Device::new(shore, "ann", &[ITEMS]).await;
    let ids: Vec<RecordId> = (0..records).map(|_| ann.add(ITEMS, "mine")).collect();
    ann.weather.set(|asked| if asked.is_write() { Fate::ReplyLost } else { Fate::Fair });
    assert_eq!(ann.cycle().await.outcome, Outcome::Offline);
    ann.weather.clear_up();
    shore.put_all(ITEMS, ids.into_iter().map(|id| (id, named(ITEMS, "theirs")))).await;
    ann.weather.end_lists_after(8);
    ann.weather.log();
    ann
}

fn lists(device: &Device) -> usize {
    device.weather.log().iter().filter(|asked| asked.link().contains("$filter=")).count()
}

#[tokio::test(start_paused = true)]
async fn a_record_counts_as_gone_only_once_the_whole_list_is_here() {
    let shore = Shore::open().await;
    let ann = in_doubt(&shore, 60).await;
    assert_eq!(ann.sync().await.tally.conflicts, 0);
    assert_eq!(ann.names(ITEMS), vec!["theirs"; 60]);
    assert!(lists(&ann) > 2, "they came in pages");
}

#[tokio::test(start_paused = true)]
async fn a_cache_that_answers_a_list_as_it_once_was_answered_brings_back_nothing_old() {
    let shore = Shore::open().await;
    let ann = in_doubt(&shore, 1).await;
    let mut cache = HashMap::new();
    ann.weather.spoil(move |asked, answer| {
        if asked.link().contains("$filter=") {
            answer.body = cache.entry(asked.link().to_owned()).or_insert_with(|| answer.body.clone()).clone();
        }
    });
    ann.sync().await;
    assert_eq!(ann.names(ITEMS), ["theirs"]);
    let id = ann.store.list(ITEMS, &Query::default(), Only::All).unwrap()[0].record.id;
    ann.store.edit(ITEMS, id, json!({ "Title": "mine again" }).as_object().unwrap()).unwrap();
    ann.weather.set(|asked| if asked.is_write() { Fate::ReplyLost } else { Fate::Fair });
    assert_eq!(ann.cycle().await.outcome, Outcome::Offline);
    ann.weather.set(|_| Fate::Fair);
    shore.put_all(ITEMS, std::iter::once((id, named(ITEMS, "theirs again")))).await;
    ann.sync().await;
    assert_eq!(lists(&ann), 2, "the record was read singly both times");
    assert_eq!(ann.names(ITEMS), ["theirs again"]);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_cut_between_its_pages_leaves_nothing_out() {
    let shore = Shore::open().await;
    let ann = in_doubt(&shore, 30).await;
    let mut pages = 1;
    ann.weather.set(move |asked| match asked.link().contains("$filter=") {
        true if pages == 0 => Fate::Cut,
        true => {
            pages -= 1;
            Fate::Fair
        }
        false => Fate::Fair,
    });
    assert_eq!(ann.cycle().await.outcome, Outcome::Offline);
    assert_eq!(ann.count(ITEMS), 30, "what is not here yet is not gone");
    assert!(lists(&ann) > 0);
    ann.weather.clear_up();
    ann.sync().await;
    assert_eq!(ann.names(ITEMS), vec!["theirs"; 30]);
}
