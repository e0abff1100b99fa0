//! Links that lead elsewhere, in a circle, or on without end.

use super::asked::Asked;
use super::device::{Device, ITEMS, LISTS};
use super::lists::in_doubt;
use super::shore::Shore;
use crate::ports::transport::Response;
use crate::report::Outcome;
use serde_json::{Value, json};
use std::sync::Arc;
use tidemark_store::Position;

/// Names the page behind the page of a number.
type Next = fn(u64) -> String;

fn in_a_circle(number: u64) -> String {
    format!("{ITEMS}?$skiptoken={}", (number + 1) % 3)
}

fn without_end(number: u64) -> String {
    format!("{ITEMS}?$skiptoken={}", number + 1)
}

/// Has every page of items name one behind it, and answers to that with one more.
fn lead_on(device: &Device, next: Next) {
    device.weather.spoil(move |asked, response| {
        let link = asked.link();
        if link == "$batch" {
            return lead_on_in_batch(asked, response, &next(0));
        }
        let made_up = link.contains("$skiptoken=");
        if !link.starts_with(ITEMS) || !made_up && response.status != 200 {
            return;
        }
        let mut page: Value = match made_up {
            true => json!({ "value": [] }),
            false => serde_json::from_slice(&response.body).unwrap(),
        };
        for name in ["@nextLink", "@deltaLink", "@odata.nextLink", "@odata.deltaLink"] {
            page.as_object_mut().unwrap().remove(name);
        }
        let number = link.split_once("$skiptoken=").map_or(0, |(_, number)| number.parse().unwrap());
        page["@nextLink"] = next(number).into();
        response.status = 200;
        response.body = page.to_string().into();
    });
}

/// Has the feed of items say that more is behind a link.
fn lead_on_in_batch(asked: &Asked, response: &mut Response, next: &str) {
    let mut answer: Value = serde_json::from_slice(&response.body).unwrap();
    for (place, (_, url)) in asked.parts().iter().enumerate() {
        if url.starts_with(ITEMS) {
            answer["responses"][place] =
                json!({ "id": place.to_string(), "status": 200, "body": { "value": [], "@nextLink": next } });
        }
    }
    response.body = answer.to_string().into();
}

async fn ann_of(shore: &Arc<Shore>) -> Device {
    let mut ann = Device::new(shore, "ann", &[ITEMS, LISTS]).await;
    ann.engine.limits.pages = 40;
    ann
}

/// Runs a cycle and returns how often it asked for items.
async fn asked_for(ann: &Device, why: &str) -> usize {
    ann.weather.log();
    let report = ann.cycle().await;
    assert_eq!(report.outcome, Outcome::Failed, "{report:?}");
    let error = report.error.unwrap_or_default();
    assert!(error.contains(why) && error.contains("nothing on this device is lost"), "{error}");
    ann.weather.log().iter().filter(|asked| asked.link().starts_with(ITEMS)).count()
}

#[tokio::test(start_paused = true)]
async fn pages_without_an_end_end_with_the_cycle_that_follows_them() {
    let shore = Shore::open().await;
    shore.put(ITEMS, 0..3, "row").await;
    let ann = ann_of(&shore).await;
    for (next, why, most) in [(in_a_circle as Next, "circle", 6), (without_end, "no end", 42)] {
        ann.forget(ITEMS);
        lead_on(&ann, next);
        let asked = asked_for(&ann, why).await;
        assert!((3..=most).contains(&asked), "an enumeration: {asked}");
        let asked = asked_for(&ann, why).await;
        assert!((3..=most).contains(&asked), "and again where it stands: {asked}");
        ann.point(ITEMS, "TodoItems?$deltatoken=made-up");
        let asked = asked_for(&ann, why).await;
        assert!((3..=most).contains(&asked), "a feed: {asked}");
        assert_eq!(ann.count(ITEMS), 3, "what is here stays");
        ann.weather.clear_up();
        for _ in 0..2 {
            ann.sync().await;
        }
        assert_eq!(ann.names(ITEMS), ["row", "row", "row"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_of_single_records_without_an_end_leaves_them_for_another_cycle() {
    let shore = Shore::open().await;
    let ann = in_doubt(&shore, 30).await;
    let mut lists = 0;
    ann.weather.spoil(move |asked, response| {
        lists += usize::from(asked.link().contains("$filter="));
        if lists > 1 {
            response.status = 200;
            let next = format!("{ITEMS}?$skiptoken=round{lists}");
            response.body = json!({ "value": [], "@nextLink": next }).to_string().into();
        }
    });
    let asked = asked_for(&ann, "bring nothing").await;
    assert_eq!(asked, 2, "the one that brings something, and one that brings nothing");
    ann.weather.clear_up();
    ann.sync().await;
    assert_eq!(ann.names(ITEMS), vec!["theirs"; 30]);
}

#[tokio::test(start_paused = true)]
async fn a_live_list_without_an_end_is_given_up() {
    let shore = Shore::open().await;
    let ann = ann_of(&shore).await;
    let (account, model) = (ann.store.account().unwrap().unwrap(), ann.store.model().unwrap());
    lead_on(&ann, in_a_circle);
    ann.weather.log();
    let listed = ann.engine.remote().list(&account, model.set(ITEMS).unwrap(), None, None, None, 0, Some(10)).await;
    assert!(listed.unwrap_err().to_string().contains("circle"));
    assert!(ann.weather.log().len() < 6);
}

#[tokio::test(start_paused = true)]
async fn a_link_to_another_resource_of_the_service_is_no_link_of_the_set() {
    let shore = Shore::open().await;
    shore.put(ITEMS, 0..3, "row").await;
    let ann = ann_of(&shore).await;
    let positions = ann.store.lease().unwrap().positions().unwrap();
    let of_lists = positions.iter().find(|from| from.set() == LISTS).unwrap();
    let Position::Delta { link } = of_lists.position() else { panic!("the lists are followed") };
    shore.put(LISTS, 10..12, "a list").await;
    for link in [link.as_str(), LISTS, "$metadata", "?x=1", "TodoItems/$count", "%24metadata"] {
        ann.point(ITEMS, link);
        for _ in 0..2 {
            ann.sync().await;
        }
        assert_eq!(ann.names(ITEMS), ["row", "row", "row"], "{link}");
    }
}
