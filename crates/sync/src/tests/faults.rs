//! A fault stays where it is: in one set, in the push, in a server that is another one by now (DESIGN rule (d)).

use super::device::{Device, ITEMS, LISTS};
use super::fault::{Fault, spoil};
use super::shore::Shore;
use super::weather::Fate;
use crate::report::Outcome;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tidemark_model::CACHED_ENTITIES;
use tidemark_odata::Code;
use tidemark_store::{Account, Store};

/// Has the answers say this of a set, and nothing else.
fn afflict(device: &Device, set: &'static str, fault: Fault) {
    device.weather.spoil(move |asked, answer| spoil(asked, answer, set, fault));
}

#[tokio::test(start_paused = true)]
async fn a_set_at_fault_stops_that_set_alone_and_the_report_names_it() {
    let faults = [
        (Fault::Status(403, "Forbidden"), "403"),
        (Fault::Status(404, Code::NotFound.as_str()), "404"),
        (Fault::Status(500, "Internal"), "500"),
        (Fault::Page(r#"{"value":[{"Id":"nonsense"}]}"#), "could not be read"),
        (Fault::Page(r#"{"value":[]}"#), "leads nowhere"),
        (Fault::Missing, "says nothing"),
    ];
    for starts in [false, true] {
        for (fault, reason) in faults {
            if starts && matches!(fault, Fault::Missing) {
                continue;
            }
            let shore = Shore::open().await;
            let ann = Device::new(&shore, "ann", &[ITEMS, LISTS]).await;
            if starts {
                ann.forget(LISTS);
            }
            afflict(&ann, LISTS, fault);
            shore.put(ITEMS, 1..2, "arrives").await;
            shore.put(LISTS, 2..3, "stays behind").await;
            let report = ann.cycle().await;
            let error = report.error.unwrap_or_default();
            assert_eq!(report.outcome, Outcome::Failed, "{reason}");
            assert!(error.contains(LISTS) && !error.contains(ITEMS) && error.contains(reason), "{reason}: {error}");
            assert_eq!((ann.count(ITEMS), ann.count(LISTS)), (1, 0), "{reason}");
            ann.weather.clear_up();
            ann.sync().await;
            assert_eq!(ann.count(LISTS), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_refused_for_one_set_is_asked_set_by_set() {
    let shore = Shore::open().await;
    let ann = Device::new(&shore, "ann", &[ITEMS, LISTS]).await;
    afflict(&ann, LISTS, Fault::WholeBatch(502));
    shore.put(ITEMS, 1..2, "arrives").await;
    let report = ann.cycle().await;
    assert_eq!((report.outcome, ann.count(ITEMS)), (Outcome::Failed, 1));
    assert!(report.error.unwrap_or_default().contains(LISTS));
}

#[tokio::test(start_paused = true)]
async fn a_push_that_is_refused_does_not_keep_the_pull_from_running() {
    let shore = Shore::open().await;
    let ann = Device::new(&shore, "ann", &[ITEMS]).await;
    ann.add(ITEMS, "mine");
    ann.forget(LISTS);
    ann.weather.set(|asked| if asked.is_write() { Fate::Refused(500, "Internal") } else { Fate::Fair });
    shore.put(ITEMS, 1..2, "theirs").await;
    shore.put(LISTS, 2..3, "to be enumerated").await;
    let report = ann.cycle().await;
    assert_eq!(report.outcome, Outcome::Failed, "{report:?}");
    assert_eq!((ann.count(ITEMS), ann.count(LISTS)), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_to_a_server_that_did_not_answer_the_question() {
    let shore = Shore::open().await;
    let ann = Device::new(&shore, "ann", &[ITEMS]).await;
    ann.add(ITEMS, "mine");
    ann.weather.set(|_| Fate::Cut);
    assert_eq!(ann.cycle().await.outcome, Outcome::Offline);
    let log = ann.weather.log();
    assert!(log.len() == 1 && !log[0].is_write(), "{log:?}");
    ann.weather.clear_up();
    ann.weather.spoil(|asked, answer| {
        for set in [ITEMS, CACHED_ENTITIES] {
            spoil(asked, answer, set, Fault::Status(500, "Internal"));
        }
    });
    let report = ann.cycle().await;
    assert_eq!((report.outcome, report.is_partial), (Outcome::Failed, true), "{report:?}");
    assert!(!ann.weather.log().iter().any(|asked| asked.is_write()), "it fails every set: nothing is known of it");
    afflict(&ann, ITEMS, Fault::Status(500, "Internal"));
    assert_eq!(ann.cycle().await.tally.pushed, 1, "one set at fault does not keep the work back");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_lost_its_history_is_read_before_anything_is_written_on_it() {
    let shore = Shore::open().await;
    let ann = Device::new(&shore, "ann", &[ITEMS, LISTS]).await;
    shore.put(ITEMS, 1..2, "before").await;
    let backup = shore.back_up();
    // Nothing that this device keeps is another afterwards, but its links are behind it.
    shore.put("Sites", 1..2, "lost").await;
    ann.sync().await;
    ann.add(ITEMS, "mine");
    shore.restore(&backup).await;
    ann.weather.log();
    let report = ann.sync().await;
    assert_eq!(report.tally.conflicts, 0, "{report:?}");
    let log = ann.weather.log();
    let first_write = log.iter().position(|asked| asked.is_write()).unwrap();
    for set in [ITEMS, LISTS] {
        let read = log.iter().position(|asked| asked.link().starts_with(&format!("{set}?$count=true"))).unwrap();
        assert!(read < first_write, "{log:?}");
    }
    assert_eq!(ann.count(ITEMS), shore.count(ITEMS).await);
}

#[tokio::test(start_paused = true)]
async fn an_edit_costs_two_questions_and_a_push_and_nothing_costs_one() {
    let shore = Shore::open().await;
    let ann = Device::new(&shore, "ann", &[ITEMS]).await;
    assert_eq!(ann.sync().await.requests, 1);
    ann.add(ITEMS, "mine");
    assert_eq!(ann.sync().await.requests, 3);
    assert_eq!(ann.sync().await.requests, 1);
}

#[tokio::test(start_paused = true)]
async fn a_link_that_is_not_taken_is_dropped_and_the_set_starts_anew() {
    let shore = Shore::open().await;
    let ann = Device::new(&shore, "ann", &[ITEMS, LISTS]).await;
    shore.put(ITEMS, 1..2, "a").await;
    // One leads elsewhere, one is refused as no link at all, one is known to no server.
    for (link, fault) in [
        ("http://elsewhere.example/odata/TodoItems?$deltatoken=7", None),
        ("TodoItems?$deltatoken=refused", Some(Fault::Status(400, Code::BadRequest.as_str()))),
        ("TodoItems?$deltatoken=forged", None),
    ] {
        ann.point(ITEMS, link);
        let mut fault = fault;
        ann.weather.spoil(move |asked, answer| {
            if let Some(fault) = fault.take() {
                spoil(asked, answer, ITEMS, fault);
            }
        });
        ann.sync().await;
        assert_eq!(ann.count(ITEMS), 1, "{link}");
        let log = ann.weather.log();
        assert!(log.iter().all(|asked| !asked.path.contains("elsewhere")), "{log:?}");
        assert!(log.iter().any(|asked| asked.link().starts_with("TodoItems?$count=true")), "{log:?}");
    }
}

/// Has something happen on the device while the next answer is on its way.
fn meanwhile(device: &Device, deed: impl FnOnce(&Store) + Send + 'static) {
    let (store, mut deed) = (device.store.clone(), Some(deed));
    device.weather.spoil(move |_, _| {
        if let Some(deed) = deed.take() {
            deed(&store);
        }
    });
}

#[tokio::test(start_paused = true)]
async fn a_cycle_whose_account_leaves_meanwhile_sends_nothing_of_the_next_one() {
    let shore = Shore::open().await;
    let ann = Device::new(&shore, "ann", &[ITEMS]).await;
    ann.add(ITEMS, "ann's");
    let eve = shore.token("eve").await;
    // The server does not hear of it: ann's token stays good.
    meanwhile(&ann, move |store| {
        let document = store.model().unwrap().document().to_string();
        let ann = store.account().unwrap().unwrap();
        store.sign_out(true).unwrap();
        store.sign_in_with(&Account { user: "eve".into(), token: eve, ..ann }, &document).unwrap();
        store.cache(ITEMS).unwrap();
        store.add(ITEMS, json!({ "Title": "eve's" }).as_object().unwrap()).unwrap();
    });
    assert_eq!(ann.cycle().await.outcome, Outcome::Void);
    assert!(!ann.weather.log().iter().any(|asked| asked.is_write()));
    assert_eq!(shore.count(ITEMS).await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_cycle_whose_turn_is_taken_meanwhile_writes_nothing() {
    let shore = Shore::open().await;
    let ann = Device::new(&shore, "ann", &[ITEMS]).await;
    shore.put(ITEMS, 1..2, "new").await;
    meanwhile(&ann, |store| store.overtake(store.turn().unwrap()).unwrap());
    assert_eq!(ann.cycle().await.outcome, Outcome::Void);
    assert_eq!(ann.count(ITEMS), 0);
    ann.sync().await;
    assert_eq!(ann.count(ITEMS), 1);
}

/// Has the first page of every set name a model that the device does not know.
fn name_another_model(device: &Device) {
    device.weather.spoil(|asked, answer| {
        if asked.link().contains("$count=true") {
            answer.headers.insert(tidemark_odata::MODEL_HEADER, "another".parse().unwrap());
        }
    });
}

#[tokio::test(start_paused = true)]
async fn a_model_that_the_first_page_names_is_asked_for_once() {
    let shore = Shore::open().await;
    let ann = Device::new(&shore, "ann", &[ITEMS]).await;
    ann.forget(ITEMS);
    shore.put(ITEMS, 1..2, "a").await;
    name_another_model(&ann);
    ann.sync().await;
    assert_eq!(ann.count(ITEMS), 1);
    let log = ann.weather.log();
    assert_eq!(log.iter().filter(|asked| asked.link().starts_with("$metadata")).count(), 1, "{log:?}");
}

#[tokio::test(start_paused = true)]
async fn a_page_that_names_a_model_which_does_not_arrive_is_not_taken() {
    let shore = Shore::open().await;
    let ann = Device::new(&shore, "ann", &[ITEMS]).await;
    ann.forget(ITEMS);
    shore.put(ITEMS, 1..2, "a").await;
    name_another_model(&ann);
    // The model is longer than the page.
    ann.weather.cut_over(Some(3_000));
    assert_eq!((ann.cycle().await.outcome, ann.count(ITEMS)), (Outcome::Failed, 0));
    ann.weather.cut_over(None);
    ann.sync().await;
    assert_eq!(ann.count(ITEMS), 1);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_the_link_cannot_carry_keeps_its_own_set_back_and_no_other() {
    for starts in [false, true] {
        let shore = Shore::open().await;
        let ann = Device::new(&shore, "ann", &[ITEMS, LISTS]).await;
        if starts {
            ann.forget(ITEMS);
            ann.forget(LISTS);
        }
        let large = json!({ "Title": "large", "Notes": "x".repeat(20_000) });
        shore.put_all(ITEMS, [(super::shore::numbered(1), large)]).await;
        shore.put(LISTS, 0..40, "arrives").await;
        ann.weather.cut_over(Some(10_000));
        let report = ann.cycle().await;
        let error = report.error.unwrap_or_default();
        assert_eq!(report.outcome, Outcome::Failed, "{error}");
        assert!(error.contains(ITEMS) && !error.contains(LISTS) && error.contains("the link broke"), "{error}");
        assert_eq!((ann.count(ITEMS), ann.count(LISTS)), (0, 40), "{starts}");
        ann.weather.cut_over(None);
        ann.sync().await;
        assert_eq!(ann.count(ITEMS), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn whose_a_token_is_is_asked_in_words_that_no_proxy_has_an_answer_to() {
    let shore = Shore::open().await;
    let (ann, cleo) = (Device::new(&shore, "ann", &[]).await, shore.token("cleo").await);
    // A proxy that keeps answers by their address, whoever asks.
    let mut kept = BTreeMap::new();
    ann.weather.spoil(move |asked, answer| {
        answer.body = kept.entry(asked.path.clone()).or_insert_with(|| answer.body.clone()).clone();
    });
    let bob = shore.token("bob the second").await;
    for (token, user) in [(&cleo, "cleo"), (&bob, "bob the second")] {
        let account = ann.engine.remote().sign_in_with_token(super::shore::ROOT, token).await.unwrap();
        assert_eq!(account.user, user);
    }
}

#[tokio::test(start_paused = true)]
async fn the_page_of_another_account_out_of_a_cache_is_not_taken() {
    let shore = Shore::open().await;
    let (ann, cleo) = (Device::new(&shore, "ann", &[]).await, Device::new(&shore, "cleo", &[]).await);
    // A proxy that keeps whole answers to GET by their address, whoever asks.
    let kept = Arc::new(Mutex::new(BTreeMap::new()));
    for device in [&ann, &cleo] {
        let kept = kept.clone();
        device.weather.spoil(move |asked, answer| {
            if asked.body.is_empty() {
                *answer = kept.lock().unwrap().entry(asked.path.clone()).or_insert_with(|| answer.clone()).clone();
            }
        });
        device.store.cache(ITEMS).unwrap();
    }
    ann.add(ITEMS, "ann's own");
    ann.sync().await;
    let report = cleo.cycle().await;
    assert_eq!((report.outcome, cleo.count(ITEMS)), (Outcome::Offline, 0));
    cleo.weather.clear_up();
    cleo.sync().await;
    assert_eq!(cleo.count(ITEMS), 1);
}
