//! Cycles over a scripted network and a clock that only the network moves.

use super::tests_server::{Fault, ITEMS, LISTS, World};
use crate::report::Outcome;
use serde_json::json;
use std::time::Duration;
use tidemark_model::CACHED_ENTITIES;
use tidemark_odata::Code;
use tidemark_store::Account;

#[tokio::test]
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
        for (fault, reason) in &faults {
            if starts && matches!(fault, Fault::Missing) {
                continue;
            }
            let world = World::new(&[ITEMS, LISTS]).await;
            if starts {
                world.forget(LISTS);
            }
            world.server(|server| {
                server.faults.insert(LISTS.into(), fault.clone());
                server.put(ITEMS, 1, "arrives");
                server.put(LISTS, 2, "stays behind");
            });
            let report = world.cycle().await;
            let error = report.error.unwrap_or_default();
            assert_eq!(report.outcome, Outcome::Failed, "{reason}");
            assert!(error.contains(LISTS) && !error.contains(ITEMS) && error.contains(reason), "{reason}: {error}");
            assert_eq!((world.count(ITEMS), world.count(LISTS)), (1, 0), "{reason}");
            world.server(|server| server.faults.clear());
            assert_eq!(world.cycle().await.outcome, Outcome::Synced);
            assert_eq!(world.count(LISTS), 1);
        }
    }
}

#[tokio::test]
async fn a_batch_that_is_refused_for_one_set_is_asked_set_by_set() {
    let world = World::new(&[ITEMS, LISTS]).await;
    world.server(|server| {
        server.faults.insert(LISTS.into(), Fault::WholeBatch(502));
        server.put(ITEMS, 1, "arrives");
    });
    let report = world.cycle().await;
    assert_eq!((report.outcome, world.count(ITEMS)), (Outcome::Failed, 1));
    assert!(report.error.unwrap_or_default().contains(LISTS));
}

#[tokio::test]
async fn a_push_that_is_refused_does_not_keep_the_pull_from_running() {
    let world = World::new(&[ITEMS]).await;
    world.add(ITEMS, "mine");
    world.forget(LISTS);
    world.server(|server| {
        server.refuse_writes = Some(500);
        server.put(ITEMS, 1, "theirs");
        server.put(LISTS, 2, "to be enumerated");
    });
    let report = world.cycle().await;
    assert_eq!(report.outcome, Outcome::Failed, "{report:?}");
    assert_eq!((world.count(ITEMS), world.count(LISTS)), (2, 1));
}

#[tokio::test]
async fn nothing_is_sent_to_a_server_that_did_not_answer_the_question() {
    let world = World::new(&[ITEMS]).await;
    world.add(ITEMS, "mine");
    world.server(|server| server.break_after = Some(0));
    assert_eq!(world.cycle().await.outcome, Outcome::Offline);
    world.server(|server| assert_eq!((server.writes, server.log.len()), (0, 1), "{:?}", server.log));
    world.server(|server| {
        server.break_after = None;
        for set in [ITEMS, CACHED_ENTITIES] {
            server.faults.insert(set.into(), Fault::Status(500, "Internal"));
        }
    });
    let report = world.cycle().await;
    assert_eq!((report.outcome, report.is_partial), (Outcome::Failed, true), "{report:?}");
    world.server(|server| {
        assert_eq!(server.writes, 0, "it fails every set: nothing is known of it");
        server.faults.remove(CACHED_ENTITIES);
    });
    assert_eq!(world.cycle().await.tally.pushed, 1, "one set at fault does not keep the work back");
}

#[tokio::test]
async fn a_server_that_lost_its_history_is_read_before_anything_is_written_on_it() {
    let world = World::new(&[ITEMS, LISTS]).await;
    world.server(|server| server.put(ITEMS, 1, "before"));
    world.cycle().await;
    world.add(ITEMS, "mine");
    world.server(|server| {
        server.log.clear();
        server.restored = true;
    });
    let report = world.cycle().await;
    assert_eq!((report.outcome, report.tally.conflicts), (Outcome::Synced, 0), "{report:?}");
    world.server(|server| {
        let first_write = server.log.iter().position(|line| line.starts_with("write")).unwrap();
        for set in [ITEMS, LISTS] {
            let read = server.log.iter().position(|line| line.starts_with(&format!("{set}?$count=true"))).unwrap();
            assert!(read < first_write, "{:?}", server.log);
        }
    });
}

#[tokio::test]
async fn an_edit_costs_two_questions_and_a_push_and_nothing_costs_one() {
    let world = World::new(&[ITEMS]).await;
    world.cycle().await;
    assert_eq!(world.cycle().await.requests, 1);
    world.add(ITEMS, "mine");
    assert_eq!(world.cycle().await.requests, 3);
    assert_eq!(world.cycle().await.requests, 1);
}

#[tokio::test]
async fn a_delta_in_several_pages_goes_on_where_it_was_interrupted() {
    let world = World::new(&[ITEMS]).await;
    world.server(|server| (0..2_300).for_each(|n| server.put(ITEMS, n, "new")));
    // The batch with the first page comes through, and one page after it.
    world.server(|server| server.break_after = Some(2));
    assert_eq!(world.cycle().await.outcome, Outcome::Offline);
    let here = world.count(ITEMS);
    assert!((500..2_300).contains(&here), "{here}");
    world.server(|server| {
        server.break_after = None;
        server.given = 0;
    });
    assert_eq!(world.cycle().await.outcome, Outcome::Synced);
    world.server(|server| assert_eq!(server.given, 2_300 - here, "no record comes twice"));
    assert_eq!(world.count(ITEMS), 2_300);
}

#[tokio::test]
async fn what_arrived_before_the_link_broke_is_kept_and_not_asked_for_again() {
    let world = World::new(&[]).await;
    world.server(|server| (0..20_000).for_each(|n| server.put(ITEMS, n, "row")));
    world.tick(ITEMS);
    for pages in [4, 8, 8] {
        world.server(|server| server.break_after = Some(pages));
        assert_eq!(world.cycle().await.outcome, Outcome::Offline);
        world.server(|server| server.break_after = None);
    }
    assert_eq!(world.cycle().await.outcome, Outcome::Synced);
    assert_eq!(world.count(ITEMS), 20_000);
    world.server(|server| assert_eq!(server.given, 20_000, "whole pages that arrived are not given again"));
}

#[tokio::test]
async fn on_a_thin_link_pages_shrink_to_ten_seconds_and_commits_come_every_other_second() {
    let world = World::new(&[]).await;
    // A third of a kilobyte a record: about 40 of them in ten seconds.
    world.server(|server| {
        (0..900).for_each(|n| server.put(ITEMS, n, &"x".repeat(190)));
        server.bytes_per_second = Some(1_300);
    });
    world.tick(ITEMS);
    assert_eq!(world.cycle().await.outcome, Outcome::Synced);
    world.server(|server| {
        let pages: Vec<_> = server.pages.iter().filter(|page| page.set == ITEMS).collect();
        assert!(pages.len() > 10, "{pages:?}");
        assert!(pages[2..].iter().all(|page| page.took <= Duration::from_secs(12)), "{pages:?}");
        // Each page took longer than two seconds, so each was committed before the one after the next was asked for.
        for (n, page) in pages.iter().enumerate().skip(2) {
            let arrived: u64 = pages[..n - 1].iter().map(|page| page.given).sum();
            assert!(page.here >= arrived, "page {n}: {} of {arrived}", page.here);
        }
        server.bytes_per_second = None;
        server.pages.clear();
        (900..1_000).for_each(|n| server.put(ITEMS, n, "quick"));
    });
    // A delta asks for no more than the link carried, then for more again.
    assert_eq!(world.cycle().await.outcome, Outcome::Synced);
    world.server(|server| {
        let asked: Vec<u32> = server.pages.iter().map(|page| page.asked).collect();
        assert!(asked[0] < 60, "{asked:?}");
        assert!(asked.windows(2).all(|pair| pair[0] <= pair[1]), "{asked:?}");
    });
    assert_eq!(world.count(ITEMS), 1_000);
}

#[tokio::test]
async fn a_link_that_the_server_refuses_is_dropped_and_the_set_starts_anew() {
    let world = World::new(&[ITEMS, LISTS]).await;
    for link in ["http://elsewhere.example/odata/TodoItems?$deltatoken=7", "TodoItems?$deltatoken=refused"] {
        world.server(|server| server.put(ITEMS, 1, "a"));
        world.point(ITEMS, link);
        assert_eq!(world.cycle().await.outcome, Outcome::Synced, "{link}");
        assert_eq!(world.count(ITEMS), 1);
        world.server(|server| assert!(server.log.iter().all(|line| !line.contains("elsewhere")), "{:?}", server.log));
    }
}

#[tokio::test]
async fn a_record_counts_as_gone_only_once_the_whole_list_is_here() {
    let world = World::new(&[ITEMS]).await;
    let ids: Vec<_> = (0..60).map(|_| world.add(ITEMS, "mine")).collect();
    // The server takes the changes and does not say so; others edit every one of them.
    world.server(|server| server.lose_write_answers = true);
    assert_eq!(world.cycle().await.outcome, Outcome::Offline);
    world.server(|server| {
        server.lose_write_answers = false;
        ids.iter().for_each(|id| server.put_id(ITEMS, *id, json!("theirs")));
        // A page ends early where its records are large.
        server.most_in_a_list = 8;
    });
    let report = world.cycle().await;
    assert_eq!((report.outcome, report.tally.conflicts), (Outcome::Synced, 0), "{report:?}");
    assert_eq!(world.count(ITEMS), 60);
    assert!(world.titles(ITEMS).iter().all(|title| title == "theirs"));
}

#[tokio::test]
async fn a_list_that_is_cut_between_its_pages_leaves_nothing_out() {
    let world = World::new(&[ITEMS]).await;
    let ids: Vec<_> = (0..30).map(|_| world.add(ITEMS, "mine")).collect();
    world.server(|server| server.lose_write_answers = true);
    assert_eq!(world.cycle().await.outcome, Outcome::Offline);
    world.server(|server| {
        server.lose_write_answers = false;
        ids.iter().for_each(|id| server.put_id(ITEMS, *id, json!("theirs")));
        server.most_in_a_list = 8;
        server.lists_left = Some(1);
    });
    assert_eq!(world.cycle().await.outcome, Outcome::Offline);
    assert_eq!(world.count(ITEMS), 30, "what is not here yet is not gone");
    world.server(|server| server.lists_left = None);
    assert_eq!(world.cycle().await.outcome, Outcome::Synced);
    assert_eq!(world.titles(ITEMS), vec!["theirs"; 30]);
}

#[tokio::test]
async fn an_enumeration_that_is_cut_between_its_pages_leaves_nothing_out() {
    let world = World::new(&[ITEMS]).await;
    world.server(|server| (0..3_000).for_each(|n| server.put(ITEMS, n, "row")));
    world.cycle().await;
    world.forget(ITEMS);
    // The question, and the first page.
    world.server(|server| {
        server.pages.clear();
        server.break_after = Some(2);
    });
    assert_eq!(world.cycle().await.outcome, Outcome::Offline);
    assert_eq!(world.server(|server| server.pages.iter().map(|page| page.given).sum::<u64>()), 500);
    assert_eq!(world.count(ITEMS), 3_000, "what is behind the page is not gone");
}

#[tokio::test]
async fn pages_that_do_not_follow_one_another_are_not_taken() {
    let world = World::new(&[]).await;
    world.server(|server| {
        (0..20_000).for_each(|n| server.put(ITEMS, n, "row"));
        server.skips_in_the_header = true;
    });
    world.tick(ITEMS);
    world.cycle().await;
    world.server(|server| server.skips_in_the_header = false);
    assert_eq!(world.cycle().await.outcome, Outcome::Synced);
    assert_eq!(world.count(ITEMS), 20_000, "no page was left out");
}

#[tokio::test]
async fn a_model_that_the_first_page_names_is_asked_for_once() {
    let world = World::new(&[ITEMS]).await;
    world.forget(ITEMS);
    world.server(|server| {
        server.put(ITEMS, 1, "a");
        server.names_model = Some("another");
    });
    assert_eq!(world.cycle().await.outcome, Outcome::Synced);
    assert_eq!(world.count(ITEMS), 1);
    world.server(|server| {
        let asked = server.log.iter().filter(|line| line.starts_with("$metadata")).count();
        assert_eq!(asked, 1, "{:?}", server.log);
    });
}

#[tokio::test]
async fn a_cycle_whose_account_leaves_meanwhile_sends_nothing_of_the_next_one() {
    let world = World::new(&[ITEMS]).await;
    world.add(ITEMS, "ann's");
    world.server(|server| {
        // The server does not hear of it: ann's token stays good.
        server.meanwhile = Some(Box::new(|store| {
            let document = store.model().unwrap().document().to_string();
            let ann = store.account().unwrap().unwrap();
            store.sign_out(true).unwrap();
            store.sign_in_with(&Account { user: "eve".into(), token: "t2".into(), ..ann }, &document).unwrap();
            store.cache(ITEMS).unwrap();
            store.add(ITEMS, json!({ "Title": "eve's" }).as_object().unwrap()).unwrap();
        }));
    });
    assert_eq!(world.cycle().await.outcome, Outcome::Void);
    world.server(|server| assert_eq!(server.writes, 0, "{:?}", server.log));
}

#[tokio::test]
async fn a_cycle_whose_turn_is_taken_meanwhile_writes_nothing() {
    let world = World::new(&[ITEMS]).await;
    world.server(|server| {
        server.put(ITEMS, 1, "new");
        server.meanwhile = Some(Box::new(|store| store.overtake(store.turn().unwrap()).unwrap()));
    });
    assert_eq!(world.cycle().await.outcome, Outcome::Void);
    assert_eq!(world.count(ITEMS), 0);
    assert_eq!(world.cycle().await.outcome, Outcome::Synced);
    assert_eq!(world.count(ITEMS), 1);
}

#[tokio::test]
async fn a_record_that_the_link_cannot_carry_keeps_its_own_set_back_and_no_other() {
    for starts in [false, true] {
        let world = World::new(&[ITEMS, LISTS]).await;
        if starts {
            world.forget(ITEMS);
            world.forget(LISTS);
        }
        world.server(|server| {
            server.put(ITEMS, 1, &"x".repeat(190));
            (0..40).for_each(|n| server.put(LISTS, n, "arrives"));
            server.cut_over = Some(330);
        });
        let report = world.cycle().await;
        let error = report.error.unwrap_or_default();
        assert_eq!(report.outcome, Outcome::Failed, "{error}");
        assert!(error.contains(ITEMS) && !error.contains(LISTS) && error.contains("the link broke"), "{error}");
        assert_eq!((world.count(ITEMS), world.count(LISTS)), (0, 40), "{starts}");
        world.server(|server| server.cut_over = None);
        assert_eq!(world.cycle().await.outcome, Outcome::Synced);
        assert_eq!(world.count(ITEMS), 1);
    }
}
