//! Faults stop, and every device and the server hold the same records (promises 2, 4 and 6).

use super::asked::Asked;
use super::device::{Device, ITEMS, LISTS};
use super::shore::Shore;
use super::weather::Fate;
use crate::report::Outcome;
use serde_json::json;
use std::time::Duration;
use tidemark_store::Tally;

/// Runs three cycles on each device, then one more, which has nothing to do on any of them.
async fn settle(devices: &[&Device]) {
    for _ in 0..3 {
        for device in devices {
            device.sync().await;
        }
    }
    for device in devices {
        let report = device.sync().await;
        assert_eq!((report.tally, report.requests), (Tally::default(), 1));
        device.weather.log();
    }
}

#[tokio::test(start_paused = true)]
async fn what_two_devices_did_is_on_both_and_on_the_server() {
    let shore = Shore::open().await;
    let (ann, ben) = (Device::new(&shore, "ann", &[ITEMS, LISTS]).await, Device::new(&shore, "ben", &[ITEMS]).await);
    let first = ann.add(ITEMS, "of ann's");
    ann.add(LISTS, "a list");
    ben.add(ITEMS, "of ben's");
    settle(&[&ann, &ben]).await;
    assert_eq!(ann.names(ITEMS), ["of ann's", "of ben's"]);
    assert_eq!((ben.names(ITEMS), shore.count(ITEMS).await), (ann.names(ITEMS), 2));

    // Edits that do not clash come together, and a deletion arrives.
    ann.store.edit(ITEMS, first, json!({ "Title": "renamed" }).as_object().unwrap()).unwrap();
    ben.store.edit(ITEMS, first, json!({ "Notes": "by ben" }).as_object().unwrap()).unwrap();
    settle(&[&ann, &ben]).await;
    for device in [&ann, &ben] {
        let record = device.store.get(ITEMS, first).unwrap().unwrap().record;
        assert_eq!((record.get("Title").as_str(), record.get("Notes").as_str()), (Some("renamed"), Some("by ben")));
        assert_eq!(device.store.conflicts().unwrap().len(), 0);
    }
    ben.store.delete(ITEMS, first).unwrap();
    settle(&[&ann, &ben]).await;
    assert_eq!((ann.names(ITEMS), ben.names(ITEMS)), (vec!["of ben's".to_owned()], vec!["of ben's".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_is_asked_about_by_nobody_and_applied_once() {
    let shore = Shore::open().await;
    let (ann, ben) = (Device::new(&shore, "ann", &[ITEMS]).await, Device::new(&shore, "ben", &[ITEMS]).await);
    let id = ann.add(ITEMS, "first");
    ann.sync().await;
    ben.sync().await;
    ann.store.edit(ITEMS, id, json!({ "Title": "second" }).as_object().unwrap()).unwrap();
    ann.weather.set(|asked| if asked.is_write() { Fate::ReplyLost } else { Fate::Fair });
    assert_eq!(ann.cycle().await.outcome, Outcome::Offline);
    ann.weather.clear_up();
    // The change was made, and somebody built on it before its author heard of it.
    ben.sync().await;
    assert_eq!(ben.names(ITEMS), ["second"]);
    ben.store.edit(ITEMS, id, json!({ "Title": "third" }).as_object().unwrap()).unwrap();
    ben.sync().await;
    settle(&[&ann, &ben]).await;
    for device in [&ann, &ben] {
        assert_eq!((device.names(ITEMS), device.store.conflicts().unwrap().len()), (vec!["third".to_owned()], 0));
    }
}

#[tokio::test(start_paused = true)]
async fn replies_that_are_lost_break_off_or_come_late_leave_the_same_records_everywhere() {
    let shore = Shore::open().await;
    let (ann, ben) = (Device::new(&shore, "ann", &[ITEMS]).await, Device::new(&shore, "ben", &[ITEMS]).await);
    for round in 0..9_u32 {
        let fate = |device: u32| {
            let mut requests = 0;
            move |_: &Asked| {
                requests += 1;
                match (round + device + requests) % 4 {
                    0 => Fate::ReplyLost,
                    1 => Fate::BrokeWithin,
                    2 => Fate::Late(Duration::from_secs(20)),
                    _ => Fate::Fair,
                }
            }
        };
        ann.add(ITEMS, &format!("ann {round}"));
        ben.add(ITEMS, &format!("ben {round}"));
        ann.weather.set(fate(0));
        ben.weather.set(fate(1));
        ann.cycle().await;
        ben.cycle().await;
    }
    ann.weather.clear_up();
    ben.weather.clear_up();
    settle(&[&ann, &ben]).await;
    assert_eq!((ann.count(ITEMS), shore.count(ITEMS).await), (18, 18));
    assert_eq!(ann.names(ITEMS), ben.names(ITEMS));
    assert_eq!(ann.store.conflicts().unwrap().len() + ben.store.conflicts().unwrap().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_delta_link_that_the_server_does_not_take_loses_nothing() {
    let shore = Shore::open().await;
    let ann = Device::new(&shore, "ann", &[ITEMS]).await;
    shore.put(ITEMS, 0..3, "bob's").await;
    ann.sync().await;
    ann.add(ITEMS, "mine");
    shore.put(ITEMS, 3..4, "new").await;
    // 410: no server ever gave this link out.
    ann.point(ITEMS, "TodoItems?$deltatoken=forged");
    let report = ann.sync().await;
    assert_eq!((report.tally.pushed, report.tally.pulled, report.tally.conflicts), (1, 1, 0));
    assert_eq!(ann.names(ITEMS), ["bob's", "bob's", "bob's", "mine", "new"]);
    settle(&[&ann]).await;
}
