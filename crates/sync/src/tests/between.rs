//! What stands between a device and its server and takes no more than so much at once (FAULTS N5, N7).
//!
//! Owns: that less gets through, and that one record holds up no other. Refuses: how slow a link is (`thin`).

use super::device::{Device, ITEMS};
use super::shore::Shore;
use super::weather::Fate;
use serde_json::json;
use tidemark_model::query::Query;
use tidemark_odata::Code;
use tidemark_store::Only;

const MANY: u64 = 60;

async fn two_with_many() -> (Device, Device) {
    let shore = Shore::open().await;
    let (ann, ben) = (Device::new(&shore, "ann", &[ITEMS]).await, Device::new(&shore, "ben", &[ITEMS]).await);
    for n in 0..MANY {
        ann.add(ITEMS, &format!("task {n} {}", "x".repeat(180)));
    }
    (ann, ben)
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_too_large_for_a_proxy_is_cut() {
    let (ann, _) = two_with_many().await;
    ann.weather.set(|asked| match asked.is_write() && asked.parts().len() > 10 {
        true => Fate::Proxy(413, &[]),
        false => Fate::Fair,
    });
    ann.sync().await;
    assert_eq!((ann.shore.count(ITEMS).await, ann.store.counts().unwrap().parked), (MANY, 0));
}

#[tokio::test(start_paused = true)]
async fn one_record_for_which_every_batch_fails_holds_up_no_other() {
    let (ann, _) = two_with_many().await;
    ann.sync().await;
    let here = ann.store.list(ITEMS, &Query::default(), Only::All).unwrap();
    let ids: Vec<_> = here.iter().map(|local| local.record.id).collect();
    for id in &ids {
        ann.store.edit(ITEMS, *id, json!({ "Title": "edited" }).as_object().unwrap()).unwrap();
    }
    let bad = ids[17].to_string();
    ann.weather.set(move |asked| match asked.parts().iter().any(|(_, url)| url.contains(&bad)) {
        true => Fate::Proxy(502, &[]),
        false => Fate::Fair,
    });
    ann.cycle().await;
    ann.cycle().await;
    let counts = ann.store.counts().unwrap();
    assert_eq!((counts.pending, counts.parked), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_link_that_breaks_within_each_large_answer_brings_everything() {
    let (ann, ben) = two_with_many().await;
    ann.sync().await;
    ben.weather.cut_over(Some(6_000));
    ben.cycle().await;
    assert_eq!(ben.count(ITEMS), MANY);
}

#[tokio::test(start_paused = true)]
async fn a_server_whose_disk_is_full_has_nothing_parked_and_is_still_read() {
    let (ann, ben) = two_with_many().await;
    ann.sync().await;
    ann.add(ITEMS, "made by ann");
    ben.add(ITEMS, "made by ben");
    ben.sync().await;
    ann.weather.set(|asked| if asked.is_write() { Fate::Refused(507, Code::DiskFull.as_str()) } else { Fate::Fair });
    // As often as it takes to blame a record that fails alone.
    for _ in 0..8 {
        ann.cycle().await;
    }
    let counts = ann.store.counts().unwrap();
    assert_eq!((counts.pending, counts.parked, ann.count(ITEMS)), (1, 0, MANY + 2));
    ann.weather.clear_up();
    ann.sync().await;
    assert_eq!((ann.store.counts().unwrap().pending, ann.shore.count(ITEMS).await), (0, MANY + 2));
}
