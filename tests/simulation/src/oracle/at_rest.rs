//! What must hold once the faults have ended and everybody has synced.
//!
//! Owns: I6, I8, I9, I11, I14, I16, what of I23 one world shows, I24, I25, and I1 for the last time. Refuses: what holds at every moment (`always`).

use super::eyes;
use super::ledger::{DELETED, OFFICE};
use super::{Judged, always, broken};
use crate::plan::deed::{At, User};
use crate::run::{Run, SETS};
use http::Method;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The most records whose journal is read.
const JOURNALS: usize = 40;

pub(crate) async fn judge(run: &mut Run) -> Judged {
    settled(run).await?;
    converged(run).await?;
    idle(run).await?;
    apart(run).await?;
    always::nothing_lost(run)?;
    (0..run.laptops.len()).try_for_each(|at| always::nothing_healed(run, at))?;
    arrived(run)?;
    stands(run).await?;
    journal(run).await
}

/// On the laptop where it was chosen, the server's side of a question stands once a cycle has gone through (I4).
pub(crate) async fn shown_as_chosen(run: &Run, at: At) -> Judged {
    let judges = chosen_stands(run);
    let Some(app) = run.app(at).filter(|_| judges) else { return Ok(()) };
    let chosen = run.ledger.decided.keys().filter_map(|id| Some((id, run.ledger.chosen(id)?)));
    for (id, decided) in chosen.filter(|(_, decided)| decided.laptop == at.laptop) {
        let Ok(shown) = app.get(&decided.set, id).await else { continue };
        if let Some(words) = differs_from(&decided.stands, &Value::Object(shown)) {
            return broken("I4", format!("laptop {} shows of {} {id}: the server's {words}", at.laptop, decided.set));
        }
    }
    Ok(())
}

fn differs_from(stands: &[(String, Value)], record: &Value) -> Option<String> {
    let (name, value) = stands.iter().find(|(name, value)| record.get(name) != Some(value))?;
    Some(format!("{name} {value} was chosen, {} stands", record[name]))
}

/// Tells whether what people chose must be seen in the end: nothing but they had a say in it.
fn chosen_stands(run: &Run) -> bool {
    let is_whole = (0..run.laptops.len()).all(|at| run.is_whole(at));
    is_whole && !run.ledger.is_restored && !run.ledger.has_policies && !run.ledger.is_purged
}

/// What somebody chose last stands: a deletion, the server's side of a question (I4, I10, I11); and what was typed once is in
/// one record (I15).
async fn stands(run: &mut Run) -> Judged {
    let mut of_mark: BTreeMap<String, String> = BTreeMap::new();
    let judges = chosen_stands(run);
    let mut there = BTreeSet::new();
    for user in [User::Ana, User::Eve] {
        for (set, properties) in SETS {
            for record in run.list_there(user, set).await {
                let id = record["Id"].as_str().unwrap_or_default().to_owned();
                there.insert(id.clone());
                let mut found = BTreeSet::new();
                properties.iter().filter(|name| **name != "Notes").for_each(|name| {
                    eyes::marks(record[*name].as_str().unwrap_or_default(), &mut found);
                });
                for mark in found {
                    if let Some(other) = of_mark.insert(mark.clone(), id.clone()).filter(|other| *other != id) {
                        return broken("I15", format!("{mark} was typed once, and is in {set} {id} and {other}"));
                    }
                }
                if judges {
                    as_chosen(run, set, &id, &record)?;
                }
            }
        }
    }
    // Another's deletion, from before it came back, may still have been on its way.
    let is_gone = |id: &&String| judges && !there.contains(*id) && run.ledger.deleters(id).len() == 1;
    match run.ledger.undone.iter().find(is_gone) {
        Some(id) => broken("I11", format!("the deletion of {id} was taken back, and it is gone")),
        None => Ok(()),
    }
}

fn as_chosen(run: &Run, set: &str, id: &str, record: &Value) -> Judged {
    let ledger = &run.ledger;
    let is_touched = |since: usize| ledger.saved.iter().skip(since).any(|saved| saved.id == id);
    let chosen = ledger.revived.contains(id) || ledger.brought_back.contains_key(id) || ledger.filed.contains_key(id);
    if let Some(decided) = ledger.chosen(id) {
        run.told.hit("judged", "I4");
        differs_from(&decided.stands, record)
            .map_or(Ok(()), |words| broken("I4", format!("{set} {id}: the server's {words}")))?;
    }
    if let Some(since) = ledger.deleted_after(id)
        && !is_touched(since)
        && !chosen
    {
        return broken("I10", format!("{set} {id} was deleted, and stands"));
    }
    Ok(())
}

/// Nothing waits, nothing is asked, and the line says so (I6, I26).
async fn settled(run: &Run) -> Judged {
    for at in 0..run.laptops.len() {
        let Some(app) = run.app(At { laptop: at, process: 0 }) else {
            return broken("I22", format!("laptop {at} is shut"));
        };
        let Some(status) = run.checked("status", app.status().await)? else {
            return broken("I22", format!("laptop {at} has no status"));
        };
        if (status.pending, status.conflicts, status.parked) != (0, 0, 0) || format!("{:?}", status.kind) != "UpToDate"
        {
            return broken("I6", format!("laptop {at} is not settled: {status:?}"));
        }
    }
    Ok(())
}

type Shown<'r> = BTreeMap<&'r str, Vec<&'r Value>>;

fn shown<'r>(records: impl Iterator<Item = &'r Map<String, Value>>, properties: &[&str]) -> Shown<'r> {
    static NOTHING: Value = Value::Null;
    let of = |record: &'r Map<String, Value>| {
        let values = properties.iter().map(|name| record.get(*name).unwrap_or(&NOTHING)).collect();
        (record.get("Id").and_then(Value::as_str).unwrap_or_default(), values)
    };
    records.map(of).collect()
}

/// Every laptop holds what the server holds (I6, I10, I19).
async fn converged(run: &mut Run) -> Judged {
    for (set, properties) in SETS {
        for at in 0..run.laptops.len() {
            if let Some(differs) = differs(run, at, set, properties, &[]).await? {
                return broken("I6", differs);
            }
        }
    }
    Ok(())
}

/// Says in what a laptop differs from the server, but for some records.
pub(crate) async fn differs(
    run: &mut Run,
    at: usize,
    set: &str,
    properties: &[&str],
    without: &[String],
) -> Judged<Option<String>> {
    let there = run.list_there(run.laptops[at].user, set).await;
    let here = run.list(at, set).await?;
    let is_meant = |record: &&Map<String, Value>| !without.iter().any(|id| record.get("Id") == Some(&json!(id)));
    let there = shown(there.iter().filter_map(Value::as_object).filter(is_meant), properties);
    let here = shown(here.iter().filter(is_meant), properties);
    if here == there {
        return Ok(None);
    }
    let ids: BTreeSet<_> = here.keys().chain(there.keys()).collect();
    let first = ids.iter().copied().find(|id| here.get(**id) != there.get(**id));
    let first = first.map(|id| (id, here.get(id), there.get(id)));
    Ok(Some(format!("laptop {at} has {} of {set}, the server {}; first {first:?}", here.len(), there.len())))
}

/// A round in which nothing has changed is one request and writes nothing on the server (I8).
async fn idle(run: &mut Run) -> Judged {
    let before = run.shore.disk.operations();
    for at in 0..run.laptops.len() {
        let Some(app) = run.app(At { laptop: at, process: 0 }) else { continue };
        let Some(report) = run.checked("sync", app.sync_now().await)? else { continue };
        if report.requests != 1 || report.pushed + report.pulled + report.merged + report.conflicts > 0 {
            return broken("I8", format!("laptop {at} has something to do for ever: {report:?}"));
        }
    }
    let written = run.shore.disk.operations() - before;
    if written > 0 {
        return broken("I8", format!("idle rounds write on the server: {written} operations"));
    }
    Ok(())
}

/// No stamp is later than the server's own clock ever was, however wrong a device's is (I23); versions that follow each other
/// in one millisecond are stamped one later each.
fn stamped(run: &Run, set: &str, record: &Value) -> Judged {
    const VERSIONS: i64 = 10_000;
    let latest = run.ledger.latest_ms.max(run.shore.clock_ms());
    match record["_UpdatedAt"].as_i64() {
        Some(stamp) if stamp <= latest + VERSIONS => Ok(()),
        stamp => broken("I23", format!("{set} {} is stamped {stamp:?}, the server's time is {latest}", record["Id"])),
    }
}

/// Nobody's work is where others could read it who may not (I24, I25).
async fn apart(run: &mut Run) -> Judged {
    for at in 0..run.laptops.len() {
        let user = run.laptops[at].user;
        let Ok(seen) = eyes::look(&run.laptops[at].database()) else { continue };
        for mark in seen.all() {
            if let Some(saved) = run.ledger.writer_of(&mark)
                && saved.user.workspace() != user.workspace()
            {
                return broken("I24", format!("laptop {at} of {} holds {mark} of {}", user.name(), saved.user.name()));
            }
        }
    }
    for user in [User::Ana, User::Eve] {
        let mut found = BTreeSet::new();
        for (set, _) in SETS {
            for record in run.list_there(user, set).await {
                eyes::marks(&record.to_string(), &mut found);
                stamped(run, set, &record)?;
            }
        }
        for mark in found {
            if let Some(saved) = run.ledger.writer_of(&mark)
                && saved.user.workspace() != user.workspace()
            {
                return broken(
                    "I25",
                    format!("the workspace of {} holds {mark} of {}", user.name(), saved.user.name()),
                );
            }
        }
    }
    Ok(())
}

/// Nothing waits any more, so what nobody gave up is on the server (I1, I28).
fn arrived(run: &mut Run) -> Judged {
    let Ok(there) = always::server(run) else { return broken("D8", "the server's database cannot be read") };
    let judges = chosen_stands(run);
    let mut decided = BTreeSet::new();
    for laptop in &run.laptops {
        let seen = eyes::look(&laptop.database()).unwrap_or_default();
        let is_decision = |table: &str| table == "history" || run.ledger.has_policies && table == "history by policy";
        decided.extend(seen.of(is_decision).map(str::to_owned));
    }
    for (number, saved) in run.ledger.saved.iter().enumerate() {
        let with_the_disk = run.ledger.rolled_back.get(&saved.writer).is_some_and(|image| number >= *image);
        let purged = run.ledger.is_purged && !run.ledger.deleters(&saved.id).is_empty();
        let with_the_server = saved.is_live && run.ledger.is_restored;
        let may_be_deleted = run.ledger.doubtful.contains(&(saved.writer, saved.id.clone()));
        let in_its_place = run.ledger.is_restored && run.ledger.is_superseded(saved);
        let too_late = saved.forgotten && run.time.now_ms() - saved.at_ms > always::KEPT_MS;
        let excused = with_the_disk || purged || with_the_server || may_be_deleted || in_its_place || too_late;
        let excused = excused || run.ledger.is_kept_from(saved.writer);
        if saved.closed.is_some() || saved.writer == OFFICE || excused {
            continue;
        }
        // Whoever takes their deletion back wants in the record what they had typed, and not only in its history.
        let is_back = judges && run.ledger.is_back(&saved.id, number);
        if !there.contains(&saved.mark) && (is_back || !decided.contains(&saved.mark)) {
            return broken(
                "I1",
                format!("{} of laptop {} in {} {} is lost", saved.mark, saved.writer, saved.set, saved.id),
            );
        }
    }
    Ok(())
}

/// What the server's journal says of who wrote what over what (I9, I11, I14, I16, I17).
async fn journal(run: &mut Run) -> Judged {
    let known: Vec<_> = run.records.values().take(JOURNALS).cloned().collect();
    for record in known {
        let set = SETS[record.set].0;
        for user in [User::Ana, User::Eve] {
            let path = format!("/history/{set}/{}", record.id);
            let Some(answer) = run.ask(user, Method::GET, &path, None, None).await else { continue };
            let Ok(journal) = serde_json::from_slice::<Value>(&answer.body) else { continue };
            let mut lines: Vec<Value> = journal["value"].as_array().cloned().unwrap_or_default();
            lines.reverse();
            overwritten(run, set, &record.id, &lines)?;
            came_back(run, set, &record.id, &lines)?;
        }
    }
    Ok(())
}

/// Nobody wrote over a value that they had not seen.
fn overwritten(run: &Run, set: &str, id: &str, lines: &[Value]) -> Judged {
    let ledger = &run.ledger;
    // A policy is a person's word that values may be overwritten unseen; copies of a disk have seen what their model saw.
    if ledger.has_policies || !ledger.rolled_back.is_empty() || !ledger.copied.is_empty() || !ledger.damaged.is_empty()
    {
        return Ok(());
    }
    for line in lines {
        let writer =
            line["device"].as_str().and_then(|name| name.strip_prefix("laptop ")?.parse().ok()).unwrap_or(OFFICE);
        let changes = line["changes"].as_object().cloned().unwrap_or_default();
        for (property, change) in &changes {
            let (Some(from), Some(to)) = (change["from"].as_str(), change["to"].as_str()) else { continue };
            let Some(before) = ledger.writer_of(from) else { continue };
            if writer != OFFICE && before.writer != writer {
                run.told.hit("judged", "I14");
            }
            if writer == OFFICE || before.writer == writer || ledger.has_seen(writer, id, from) {
                continue;
            }
            // Whoever wrote it deleted it, and somebody brought the record back as they had known it.
            if before.closed == Some(DELETED) {
                continue;
            }
            // A restored server has an older value than one that the writer had before them.
            let number = ledger.number_of(from);
            let is_older = ledger.saved.iter().enumerate().any(|(later, saved)| {
                Some(later) > number
                    && (saved.id == id && saved.property == property.as_str())
                    && ledger.has_seen(writer, id, &saved.mark)
            });
            if ledger.is_restored && is_older {
                continue;
            }
            run.told.tell(|| format!("  the journal of {id}: {lines:#?}"));
            return broken(
                "I14",
                format!("{to} of laptop {writer} is written over {from}, unseen ({set} {id} {property})"),
            );
        }
    }
    Ok(())
}

/// What was deleted was deleted by somebody, and came back by somebody's choice.
fn came_back(run: &Run, set: &str, id: &str, lines: &[Value]) -> Judged {
    let ledger = &run.ledger;
    for line in lines {
        let kind = line["kind"].as_str().unwrap_or_default();
        if kind == "deleted" && ledger.deleters(id).is_empty() {
            return broken("I11", format!("{set} {id} is deleted, and nobody deleted it"));
        }
        let chosen = ledger.revived.contains(id) || ledger.brought_back.contains_key(id) || ledger.has_policies;
        let excused = ledger.is_restored || !ledger.rolled_back.is_empty() || !ledger.damaged.is_empty();
        if kind == "restored" && !chosen && !excused {
            return broken("I9", format!("{set} {id} came back, and nobody chose it"));
        }
    }
    Ok(())
}
