//! A thin link: pages shrink to what it carries in ten seconds, and commits come every other second (FAULTS N5).

use super::device::{Device, ITEMS};
use super::pages::pages;
use super::shore::Shore;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn on_a_thin_link_pages_shrink_to_ten_seconds_and_commits_come_every_other_second() {
    let shore = Shore::open().await;
    let ann = Device::new(&shore, "ann", &[]).await;
    shore.put(ITEMS, 0..900, &"x".repeat(190)).await;
    // A quarter of a kilobyte a record: about 40 of them in ten seconds.
    ann.weather.carry(Some(1_000));
    ann.store.cache(ITEMS).unwrap();
    ann.weather.keep(&ann.store);
    ann.sync().await;
    let first = pages(&ann.weather.came());
    assert!(first.len() > 10, "{first:?}");
    assert!(first[2..].iter().all(|page| page.took <= Duration::from_secs(12)), "{first:?}");
    // Each page took longer than two seconds, so each was committed before the one after the next was asked for.
    for (n, page) in first.iter().enumerate().skip(2) {
        let arrived: u64 = first[..n - 1].iter().map(|page| page.given).sum();
        assert!(page.here >= arrived, "page {n}: {} of {arrived}", page.here);
    }
    ann.weather.carry(None);
    shore.put(ITEMS, 900..1_000, "quick").await;
    // A delta asks for no more than the link carried, then for more again.
    ann.sync().await;
    let asked: Vec<u64> = pages(&ann.weather.came()).iter().map(|page| page.asked).collect();
    assert!(asked[0] < 60, "{asked:?}");
    assert!(asked.windows(2).all(|pair| pair[0] <= pair[1]), "{asked:?}");
    assert_eq!(ann.count(ITEMS), 1_000);
}
