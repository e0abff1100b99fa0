//! What must hold after every step.
//!
//! Owns: I1 (with what of I3 and I5 it implies: an edit that waits is in the record as its user sees it), I7 between two
//! edits, I26, I27. Refuses: what holds only at rest (`at_rest`).

use super::eyes::{self, Seen, Sight};
use super::ledger::OFFICE;
use super::{Judged, broken};
use crate::plan::deed::At;
use crate::run::Run;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// How long a device certainly keeps what was confirmed (docs/sync.md, "What each side keeps").
pub(crate) const KEPT_MS: i64 = 29 * 24 * 60 * 60 * 1000;

/// What was looked at last, so that only what has changed is looked at again.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    laptops: BTreeMap<usize, (u64, Rc<Marks>)>,
    server: Option<(u64, Rc<BTreeSet<String>>)>,
}

/// The marks of a laptop, by where they are.
#[derive(Debug, Default)]
struct Marks {
    /// In records as they are shown, or in an open question.
    shown: BTreeSet<String>,
    /// Among what was sent, or in what a decision put aside.
    behind: BTreeSet<String>,
    /// In what a decision put aside.
    decided: BTreeSet<String>,
    seen: Seen,
}

pub(crate) async fn judge(run: &mut Run) -> Judged {
    nothing_lost(run)?;
    for at in 0..run.laptops.len() {
        truthful(run, at).await?;
        on_the_cable(run, at)?;
        nothing_healed(run, at)?;
        the_later_stands(run, at)?;
    }
    Ok(())
}

/// Where "the newest wins" decides, the later edit stands (I7). Only between edits whose time is known: no clock was wrong, and
/// an office may name any stamp.
fn the_later_stands(run: &mut Run, at: usize) -> Judged {
    const ALIKE_MS: i64 = 5_000;
    let is_newest = run.ledger.policies.iter().eq(["newest"].iter());
    let is_misled = run.ledger.has_wrong_clocks || !run.ledger.told_an_old_time.is_empty();
    if !is_newest || is_misled || run.ledger.is_restored || !run.is_whole(at) {
        return Ok(());
    }
    let Ok(marks) = laptop(run, at) else { return Ok(()) };
    for (lost, stands) in &marks.seen.decided {
        let edit = |mark: &str| run.ledger.writer_of(mark).filter(|edit| edit.writer != OFFICE);
        let Some((lost, stands)) = edit(lost).zip(edit(stands)) else { continue };
        run.told.hit("judged", "I7");
        // A file shows an earlier state, whoever typed what is in it; and what a policy decides is decided anew then.
        let is_decided_twice = run.ledger.filed.contains_key(&lost.id) || decided_elsewhere(run, at, &lost.id);
        if is_decided_twice {
            continue;
        }
        // A record has one stamp: whatever else was typed into it makes it newer.
        let others = run.ledger.saved.iter().filter(|saved| saved.id == lost.id && saved.writer != lost.writer);
        let newest_ms = others.map(|saved| saved.at_ms).max().unwrap_or(stands.at_ms);
        let newest_ms = newest_ms.max(run.ledger.answered_ms.get(&lost.id).copied().unwrap_or(i64::MIN));
        if lost.at_ms > newest_ms + ALIKE_MS {
            let words = format!("laptop {at}: {} stands, and {} is newer", stands.mark, lost.mark);
            return broken("I7", words);
        }
    }
    Ok(())
}

/// Tells whether a policy has decided about a record on another laptop: that is a version of its own, of that moment.
fn decided_elsewhere(run: &Run, at: usize, id: &str) -> bool {
    let others = (0..run.laptops.len()).filter(|other| *other != at);
    let is_it = |mark: &String| run.ledger.writer_of(mark).is_some_and(|edit| edit.id == id);
    let mut seen = others.filter_map(|other| eyes::look(&run.laptops[other].database()).ok());
    seen.any(|seen| seen.decided.iter().any(|(lost, stands)| is_it(lost) || is_it(stands)))
}

/// What an onlooker at a laptop's cable saw (I15, N8). A disk that fails may have forgotten what its programs were told.
fn on_the_cable(run: &Run, at: usize) -> Judged {
    match run.laptops[at].network.onlooker.broken() {
        Some(("N8", _)) if run.is_troubled(at) || run.ledger.copied.contains(&at) => {
            run.laptops[at].network.onlooker.forgive();
            Ok(())
        }
        Some((law, words)) => broken(law, format!("laptop {at}: {words}")),
        None => Ok(()),
    }
}

/// The self-audit has nothing to mend where no disk forgot anything: what it mends was a mistake of a pull (I19, I27).
pub(crate) fn nothing_healed(run: &mut Run, at: usize) -> Judged {
    let ledger = &run.ledger;
    if ledger.damaged.contains(&at) || ledger.copied.contains(&at) || ledger.rolled_back.contains_key(&at) {
        return Ok(());
    }
    match laptop(run, at) {
        Ok(marks) if marks.seen.healed > 0 => broken("I27", format!("the audit of laptop {at} had something to mend")),
        _ => Ok(()),
    }
}

/// Every acknowledged edit is on its device, or on the server, or was given up by choice (I1).
pub(crate) fn nothing_lost(run: &mut Run) -> Judged {
    let mut missing = Vec::new();
    for number in 0..run.ledger.saved.len() {
        let saved = &run.ledger.saved[number];
        let with_the_disk = run.ledger.rolled_back.get(&saved.writer).is_some_and(|image| number >= *image);
        // A server that lost what went straight to it had the only copy.
        let with_the_server = saved.is_live && (run.ledger.is_restored || saved.arrived);
        if saved.closed.is_some() || saved.arrived || saved.writer == OFFICE || with_the_disk || with_the_server {
            continue;
        }
        let (writer, mark) = (saved.writer, saved.mark.clone());
        // What cannot be read at the moment is looked at once it can.
        let Ok(marks) = laptop(run, writer) else { continue };
        let by_restored = run.ledger.is_restored || run.ledger.copied.contains(&writer);
        let in_doubt = run.ledger.may_be_under(&mark, &marks.shown) || run.ledger.may_be_under(&mark, &marks.behind);
        if in_doubt {
            run.ledger.saved[number].closed = Some("written over by a Save that nobody acknowledged");
        }
        if in_doubt || marks.shown.contains(&mark) || marks.behind.contains(&mark) && by_restored {
            continue;
        }
        missing.push((number, marks.decided.contains(&mark)));
    }
    if missing.is_empty() {
        return Ok(());
    }
    let Ok(there) = server(run) else { return Ok(()) };
    for (number, is_decided) in missing {
        if there.contains(&run.ledger.saved[number].mark) {
            run.ledger.saved[number].arrived = true;
        } else if run.ledger.may_be_under(&run.ledger.saved[number].mark, &there) {
            run.ledger.saved[number].closed = Some("written over by a Save that nobody acknowledged");
        } else if is_decided {
            run.ledger.saved[number].closed = Some("put aside by a decision, and kept");
        } else {
            let saved = &run.ledger.saved[number];
            let purged = run.ledger.is_purged && !run.ledger.deleters(&saved.id).is_empty();
            let may_be_deleted = run.ledger.doubtful.contains(&(saved.writer, saved.id.clone()));
            // A restored server forgot both; what was written over it by somebody who had seen it is offered in its place.
            let in_its_place = run.ledger.is_restored && run.ledger.is_superseded(saved);
            // A device that comes back later than it keeps what was confirmed has nothing left to offer.
            let too_late = saved.forgotten && run.time.now_ms() - saved.at_ms > KEPT_MS;
            if purged || may_be_deleted || in_its_place || too_late || run.ledger.is_kept_from(saved.writer) {
                continue;
            }
            return broken(
                "I1",
                format!("{} of laptop {} in {} {} is lost", saved.mark, saved.writer, saved.set, saved.id),
            );
        }
    }
    Ok(())
}

fn laptop(run: &mut Run, at: usize) -> Sight<Rc<Marks>> {
    let operations = run.laptops[at].disk.operations();
    if let Some((then, marks)) = run.seen_by_oracle.laptops.get(&at)
        && *then == operations
    {
        return Ok(marks.clone());
    }
    let seen = eyes::look(&run.laptops[at].database())?;
    let of = |wanted: &dyn Fn(&str) -> bool| seen.of(wanted).map(str::to_owned).collect::<BTreeSet<_>>();
    let mut shown = of(&|table| table.starts_with("records_") || table == "conflict");
    if run.ledger.damaged.contains(&at) {
        // Until the damage is noticed, what waits is safe in the log.
        let log = run.laptops[at].disk.read_file("tidemark/outbox.log").unwrap_or_default();
        eyes::marks(&String::from_utf8_lossy(&log), &mut shown);
    }
    let has_policies = run.ledger.has_policies;
    let behind =
        of(&|table| ["sent", "history", "pending"].contains(&table) || has_policies && table == "history by policy");
    let decided = of(&|table| table == "history" || has_policies && table == "history by policy");
    let marks = Rc::new(Marks { shown, behind, decided, seen });
    run.seen_by_oracle.laptops.insert(at, (operations, marks.clone()));
    Ok(marks)
}

/// Returns every mark that the server has anywhere.
pub(crate) fn server(run: &mut Run) -> Sight<Rc<BTreeSet<String>>> {
    let operations = run.shore.disk.operations();
    if let Some((then, marks)) = &run.seen_by_oracle.server
        && *then == operations
    {
        return Ok(marks.clone());
    }
    let marks = Rc::new(eyes::look(&run.shore.database())?.all());
    run.seen_by_oracle.server = Some((operations, marks.clone()));
    Ok(marks)
}

/// The status line counts what the database holds, and says "up to date" over nothing that waits (I26).
async fn truthful(run: &mut Run, at: usize) -> Judged {
    let Some(app) = run.app(At { laptop: at, process: 0 }) else { return Ok(()) };
    run.laptops[at].network.ask_as_oracle(true);
    let status = app.status().await;
    run.laptops[at].network.ask_as_oracle(false);
    let Ok(status) = status else { return Ok(()) };
    let Ok(Some(held)) = laptop(run, at).map(|marks| marks.seen.held) else { return Ok(()) };
    let said = (status.pending as i64, status.conflicts as i64, status.parked as i64);
    let kind = format!("{:?}", status.kind);
    run.told.hit("status", &kind);
    if said != held {
        return broken("I26", format!("laptop {at} says {said:?} and has {held:?}"));
    }
    // Another laptop of the same user may have switched it off again.
    if let Some(set) = run.laptops[at].network.onlooker.awaited()
        && kind == "UpToDate"
        && app.entities().await.is_ok_and(|kept| kept.iter().any(|of| of.name == set && of.offline))
    {
        return broken("I26", format!("laptop {at} says that it is up to date, and nothing of {set} was fetched"));
    }
    if kind == "UpToDate" && run.laptops[at].network.onlooker.last_failed() {
        return broken("I26", format!("laptop {at} says that it is up to date after a cycle that did not get through"));
    }
    if kind == "UpToDate" && said != (0, 0, 0) {
        return broken("I26", format!("laptop {at} says that it is up to date over {said:?}"));
    }
    Ok(())
}
