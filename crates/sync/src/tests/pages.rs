//! Many pages over a link that breaks: nothing is left out, and what has arrived is not asked for again.

use super::asked::Came;
use super::device::{Device, ITEMS};
use super::shore::Shore;
use crate::report::Outcome;
use serde_json::Value;
use std::time::Duration;

/// A page that came through.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) asked: u64,
    pub(super) given: u64,
    pub(super) took: Duration,
    /// Items on the device when it was asked for.
    pub(super) here: u64,
}

fn asked_for(prefer: &Value) -> u64 {
    prefer.as_str().and_then(|text| text.split("maxpagesize=").nth(1)?.parse().ok()).unwrap_or_default()
}

/// Returns the pages of items among answers.
pub(super) fn pages(came: &[Came]) -> Vec<Page> {
    let mut pages = Vec::new();
    for Came { asked, body, took, here } in came {
        let (took, here) = (*took, *here);
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let given = |body: &Value| body["value"].as_array().map(|records| records.len() as u64);
        if asked.link().starts_with("TodoItems?")
            && let Some(given) = given(&body)
        {
            let asked = asked_for(&Value::String(asked.prefer.clone()));
            pages.push(Page { asked, given, took, here });
        }
        let request: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
        for part in request["requests"].as_array().into_iter().flatten() {
            let is_of_items = part["url"].as_str().is_some_and(|url| url.starts_with("TodoItems?"));
            let answers = body["responses"].as_array().into_iter().flatten();
            let answer = answers.clone().find(|answer| answer["id"] == part["id"]);
            if let Some(given) = answer.filter(|_| is_of_items).and_then(|answer| given(&answer["body"])) {
                pages.push(Page { asked: asked_for(&part["headers"]["prefer"]), given, took, here });
            }
        }
    }
    pages
}

fn given(device: &Device) -> u64 {
    pages(&device.weather.came()).iter().map(|page| page.given).sum()
}

#[tokio::test(start_paused = true)]
async fn a_delta_in_several_pages_goes_on_where_it_was_interrupted() {
    let shore = Shore::open().await;
    let ann = Device::new(&shore, "ann", &[ITEMS]).await;
    shore.put(ITEMS, 0..2_300, "new").await;
    // The batch with the first page comes through, and one page after it.
    ann.weather.break_after(2);
    assert_eq!(ann.cycle().await.outcome, Outcome::Offline);
    let here = ann.count(ITEMS);
    assert!((500..2_300).contains(&here), "{here}");
    ann.weather.clear_up();
    ann.weather.keep(&ann.store);
    ann.sync().await;
    assert_eq!((given(&ann), ann.count(ITEMS)), (2_300 - here, 2_300), "no record comes twice");
}

#[tokio::test(start_paused = true)]
async fn what_arrived_before_the_link_broke_is_kept_and_not_asked_for_again() {
    let shore = Shore::open().await;
    let ann = Device::new(&shore, "ann", &[]).await;
    shore.put(ITEMS, 0..12_000, "row").await;
    ann.store.cache(ITEMS).unwrap();
    ann.weather.keep(&ann.store);
    for pages in [4, 6, 6] {
        ann.weather.break_after(pages);
        assert_eq!(ann.cycle().await.outcome, Outcome::Offline);
    }
    ann.weather.clear_up();
    ann.sync().await;
    assert_eq!(ann.count(ITEMS), 12_000);
    assert_eq!(given(&ann), 12_000, "whole pages that arrived are not given again");
}

#[tokio::test(start_paused = true)]
async fn an_enumeration_that_is_cut_between_its_pages_leaves_nothing_out() {
    let shore = Shore::open().await;
    let ann = Device::new(&shore, "ann", &[ITEMS]).await;
    shore.put(ITEMS, 0..3_000, "row").await;
    ann.sync().await;
    ann.forget(ITEMS);
    ann.weather.keep(&ann.store);
    // The question, and the first page.
    ann.weather.break_after(2);
    assert_eq!(ann.cycle().await.outcome, Outcome::Offline);
    assert_eq!(given(&ann), 500);
    assert_eq!(ann.count(ITEMS), 3_000, "what is behind the page is not gone");
}

#[tokio::test(start_paused = true)]
async fn pages_that_do_not_follow_one_another_are_not_taken() {
    let shore = Shore::open().await;
    let ann = Device::new(&shore, "ann", &[]).await;
    shore.put(ITEMS, 0..6_000, "row").await;
    ann.weather.skip_in_headers(true);
    ann.store.cache(ITEMS).unwrap();
    ann.cycle().await;
    ann.weather.skip_in_headers(false);
    ann.sync().await;
    assert_eq!(ann.count(ITEMS), 6_000, "no page was left out");
}
