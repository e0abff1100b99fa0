//! What must hold: after every cycle of the questions that are open, at the end of everything.
//!
//! Owns: reading the databases and the server from outside. Refuses: the engine's code: it reads SQL tables as text
//! and the server's journal over HTTP. The numbers are those of FAULTS section 1.

use crate::ledger::OFFICE;
use crate::life::{Life, SETS};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

type Judged = Result<(), String>;

/// No question without a cause (I12): the other side of it is somebody else's work.
pub(crate) fn questions(life: &mut Life, at: usize) -> Judged {
    for conflict in life.conflicts(at) {
        if !life.ledger.asked.insert(format!("{at} {}", conflict.id)) {
            continue;
        }
        let id = &conflict.record_id;
        let server = conflict.server.clone().unwrap_or_default();
        let own = |value: &str| {
            let Some(saved) = life.ledger.writer_of(value) else { return false };
            // What the lost disk wrote after the image was taken is news to this one.
            let is_known = match (life.ledger.rolled_back.get(&at), life.ledger.number_of(value)) {
                (Some(image), Some(number)) => number < *image,
                _ => true,
            };
            saved.writer == at && is_known
        };
        let told = || format!("laptop {at} is asked {} about {id} {:?}", conflict.kind, conflict.properties);
        match conflict.kind.as_str() {
            "deleted_on_server" => {
                let others = life.ledger.deleters(id).iter().any(|writer| *writer != at);
                if !others && !life.ledger.is_restored && !life.ledger.rolled_back.contains_key(&at) {
                    return Err(format!("{}, which nobody else deleted", told()));
                }
            }
            _ => {
                let base = conflict.base.clone().unwrap_or_default();
                let moved = |name: &String| server.get(name) != base.get(name);
                let changed: Vec<&String> = conflict.properties.iter().filter(|name| moved(name)).collect();
                let all_own = changed.iter().all(|name| server.get(*name).and_then(Value::as_str).is_some_and(own));
                // What others wrote and a restored server forgot is asked on the side of whoever still has it.
                let holds_others = life.ledger.is_restored
                    && conflict
                        .properties
                        .iter()
                        .any(|name| conflict.mine.get(name).and_then(Value::as_str).is_some_and(|mine| !own(mine)));
                if all_own && !holds_others {
                    return Err(format!("{}, where nobody else changed anything: server {server:?}", told()));
                }
                let same = |name: &&String| server.get(*name) == conflict.mine.get(*name);
                if conflict.kind == "both_edited" && conflict.properties.iter().any(|name| same(&name)) {
                    return Err(format!("{}, where both sides say the same", told()));
                }
            }
        }
    }
    Ok(())
}

/// Judges a life that has healed.
pub(crate) fn judge(life: &mut Life) -> Judged {
    settled(life)?;
    converged(life)?;
    fixpoint(life)?;
    apart(life)?;
    nothing_lost(life)?;
    nothing_overwritten(life)
}

/// The line tells the truth, and nothing waits (I26).
fn settled(life: &Life) -> Judged {
    for (at, laptop) in life.laptops.iter().enumerate() {
        let status = life.runtime.block_on(laptop.app().status()).map_err(|error| error.to_string())?;
        if (status.pending, status.conflicts, status.parked) != (0, 0, 0) {
            return Err(format!("laptop {at} is not settled: {status:?}"));
        }
        if format!("{:?}", status.kind) != "UpToDate" {
            return Err(format!("laptop {at} has nothing left to do and says {:?}: {:?}", status.kind, status.error));
        }
    }
    Ok(())
}

/// Every laptop holds what the server holds (I6).
fn converged(life: &Life) -> Judged {
    for (set, properties) in SETS {
        for (at, laptop) in life.laptops.iter().enumerate() {
            let there = life.world.office(laptop.user).list(set);
            let there: HashMap<&str, Vec<&Value>> = there
                .iter()
                .map(|record| (record["Id"].as_str().unwrap_or_default(), properties.map(|p| &record[p]).to_vec()))
                .collect();
            let here = life.list(at, set)?;
            let null = Value::Null;
            let here: HashMap<&str, Vec<&Value>> = here
                .iter()
                .map(|record| {
                    let values = properties.map(|p| record.get(p).unwrap_or(&null)).to_vec();
                    (record.get("Id").and_then(Value::as_str).unwrap_or_default(), values)
                })
                .collect();
            if here != there {
                let differs: Vec<_> =
                    here.keys().chain(there.keys()).filter(|id| here.get(*id) != there.get(*id)).collect();
                let first = differs.first().map(|id| (here.get(**id), there.get(**id)));
                return Err(format!(
                    "laptop {at} holds {} of {set}, the server {}; {differs:?} differ, {first:?}",
                    here.len(),
                    there.len()
                ));
            }
        }
    }
    Ok(())
}

/// One more cycle is one request and does nothing (I8).
fn fixpoint(life: &Life) -> Judged {
    for (at, laptop) in life.laptops.iter().enumerate() {
        let report = life.runtime.block_on(laptop.app().sync_now()).map_err(|error| error.to_string())?;
        if report.requests != 1 || report.pushed + report.pulled + report.merged + report.conflicts > 0 {
            return Err(format!("laptop {at} has something to do for ever: {report:?}"));
        }
    }
    Ok(())
}

/// No account's work is in another's workspace, or on a laptop that went into other hands (I24, I25).
fn apart(life: &Life) -> Judged {
    let workspace = |user: &str| if user == "eve" { "other" } else { "field" };
    for (at, laptop) in life.laptops.iter().enumerate() {
        for mark in marks_in(&laptop.dir().join("tidemark.db"), "")? {
            let Some(saved) = life.ledger.writer_of(&mark) else { continue };
            if workspace(saved.user) != workspace(laptop.user) {
                return Err(format!("laptop {at} of {} holds {mark} of {}", laptop.user, saved.user));
            }
        }
    }
    for user in ["ana", "eve"] {
        let office = life.world.office(user);
        let text = SETS.iter().map(|(set, _)| Value::Array(office.list(set)).to_string()).collect::<String>();
        for mark in marks(&text) {
            if let Some(saved) = life.ledger.writer_of(&mark)
                && workspace(saved.user) != workspace(user)
            {
                return Err(format!("the workspace of {user} holds {mark} of {}", saved.user));
            }
        }
    }
    Ok(())
}

/// Every acknowledged edit reached the server, or its own author gave it up, or a decision on its laptop names it (I1).
fn nothing_lost(life: &Life) -> Judged {
    let there = marks_in(&life.world.server.database(), "")?;
    let mut decided = HashSet::new();
    for laptop in &life.laptops {
        decided.extend(marks_in(&laptop.dir().join("tidemark.db"), "history")?);
    }
    for (number, saved) in life.ledger.saved.iter().enumerate() {
        let with_the_disk = life.ledger.rolled_back.get(&saved.writer).is_some_and(|image| number >= *image);
        // A purge drops the content of what was deleted.
        let purged = life.ledger.is_purged && !life.ledger.deleters(&saved.id).is_empty();
        // A server that lost what went straight to it had the only copy.
        let with_the_server = saved.is_live && life.ledger.is_restored;
        if saved.closed.is_some() || saved.writer == OFFICE || with_the_disk || purged || with_the_server {
            continue;
        }
        if !there.contains(&saved.mark) && !decided.contains(&saved.mark) {
            return Err(format!("{} of laptop {} in {} {} is lost", saved.mark, saved.writer, saved.set, saved.id));
        }
    }
    Ok(())
}

/// Nobody wrote over a value that they had not seen (I14, I17), as the server's journal tells.
fn nothing_overwritten(life: &Life) -> Judged {
    // A policy is a person's word that values may be overwritten unseen.
    if life.ledger.has_policies || !life.ledger.rolled_back.is_empty() {
        return Ok(());
    }
    let http = reqwest::blocking::Client::new();
    for (set, id) in &life.records {
        let url = format!("{}/history/{set}/{id}", life.world.server.url);
        let answer = http.get(url).basic_auth("ana", Some("ana-secret")).send().map_err(|e| e.to_string())?;
        let journal: Value = answer.json().map_err(|error| error.to_string())?;
        for line in journal["value"].as_array().into_iter().flatten() {
            let changes = line["changes"].as_object().cloned().unwrap_or_else(Map::new);
            for (property, change) in &changes {
                let (Some(from), Some(to)) = (change["from"].as_str(), change["to"].as_str()) else { continue };
                let (Some(before), Some(after)) = (life.ledger.writer_of(from), life.ledger.writer_of(to)) else {
                    continue;
                };
                let writer = after.writer;
                if writer == OFFICE || before.writer == writer || life.ledger.has_seen(writer, id, from) {
                    continue;
                }
                // Whoever keeps their side of a question, or brings one back, writes what others once wrote.
                let user = line["user"].as_str().unwrap_or_default();
                let of_user = |(_, laptop): &(usize, &crate::laptop::Laptop)| laptop.user == user;
                if life.laptops.iter().enumerate().filter(of_user).any(|(at, _)| life.ledger.has_seen(at, id, from)) {
                    continue;
                }
                // A restored server has an older value than one that the writer had before them.
                let number = life.ledger.number_of(from);
                let is_older = life.ledger.saved.iter().enumerate().any(|(later, saved)| {
                    Some(later) > number
                        && (saved.id == *id && saved.property == property.as_str())
                        && life.ledger.has_seen(writer, id, &saved.mark)
                });
                if life.ledger.is_restored && is_older {
                    continue;
                }
                return Err(format!("{to} of laptop {writer} is written over {from}, unseen ({set} {id} {property})"));
            }
        }
    }
    Ok(())
}

/// Collects every mark in a database; with `only`, in what that history tells beside own versions.
fn marks_in(file: &Path, only: &str) -> Result<BTreeSet<String>, String> {
    let read = || -> rusqlite::Result<BTreeSet<String>> {
        let conn = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut names = conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?;
        let names: Vec<String> = names.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let mut found = BTreeSet::new();
        for name in names.iter().filter(|name| only.is_empty() || *name == only) {
            let decided = if only.is_empty() { "" } else { " WHERE event NOT IN ('created', 'edited')" };
            let mut statement = conn.prepare(&format!("SELECT * FROM \"{name}\"{decided}"))?;
            let columns = statement.column_count();
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                for column in 0..columns {
                    if let ValueRef::Text(text) = row.get_ref(column)? {
                        found.extend(marks(&String::from_utf8_lossy(text)));
                    }
                }
            }
        }
        Ok(found)
    };
    read().map_err(|error| format!("{} cannot be read: {error}", file.display()))
}

/// Finds the marks in a text: `mark00017w2x`.
fn marks(text: &str) -> Vec<String> {
    let ends = |at: usize| text[at..].find('x').map(|end| text[at..=at + end].to_owned());
    text.match_indices("mark").filter_map(|(at, _)| ends(at)).filter(|mark| mark.len() == 12).collect()
}
