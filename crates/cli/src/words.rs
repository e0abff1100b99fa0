//! What the commands say to people.
//!
//! Owns: sentences, times and sizes. Refuses: deciding what is the case; `tidemark-app` did.

use crate::table::table;
use chrono::{DateTime, Local};
use serde_json::Value;
use tidemark_app::{
    AwaitedView, ChangeView, ConflictView, CycleOutcome, DecisionView, EntityView, ExplainView, HistoryView,
    ParkedView, ProgressView, RecordView, SessionView, SetView, StatusKind, StatusView, SyncView, Word,
};

/// How many properties a list shows beside the title.
const SHOWN: usize = 5;

/// Says a number of things.
pub(crate) fn count(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// Says an instant in the time zone of this machine.
pub(crate) fn time(ms: i64) -> String {
    match DateTime::from_timestamp_millis(ms) {
        Some(instant) => instant.with_timezone(&Local).format("%Y-%m-%d %H:%M:%S").to_string(),
        None => ms.to_string(),
    }
}

fn bytes(n: u64) -> String {
    match n {
        0..1_000 => format!("{n} B"),
        1_000..1_000_000 => format!("{:.1} kB", n as f64 / 1e3),
        _ => format!("{:.1} MB", n as f64 / 1e6),
    }
}

/// Says a value as people read it.
pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

pub(crate) fn session(session: &SessionView) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    if session.signed_in {
        format!(
            "Signed in as {} on {} (workspace {}).",
            text(&session.user),
            text(&session.server),
            text(&session.workspace)
        )
    } else {
        "Signed out; nothing of the account is left on this device.".to_owned()
    }
}

pub(crate) fn status(status: &StatusView) -> String {
    let waiting = |n| count(n, "change", "changes");
    let headline = match status.kind {
        StatusKind::NotSetUp => "Nobody has signed in on this device yet.".to_owned(),
        StatusKind::SignIn => format!("Sign in again to sync{}.", here(status.pending, "safe")),
        StatusKind::Syncing => match &status.progress {
            Some(progress) if fetching(status, progress).is_some() => {
                let (label, done) = (fetching(status, progress).unwrap_or_default(), progress.done);
                let of = progress.total.map(|total| format!(" of {total}")).unwrap_or_default();
                format!("Fetching {label}: {done}{of}.")
            }
            Some(progress) => match progress.total {
                Some(total) => format!("Syncing {} of {total}.", progress.done),
                None => format!("Syncing, {} so far.", progress.done),
            },
            None => "Syncing.".to_owned(),
        },
        StatusKind::Offline => format!("Offline{}.", here(status.pending, "saved")),
        StatusKind::Failed => "The last sync failed; it will be tried again.".to_owned(),
        StatusKind::Conflicts => {
            format!("{} for you to decide (tidemark conflicts).", count(status.conflicts, "conflict", "conflicts"))
        }
        StatusKind::Parked => format!("{} could not be sent (tidemark parked).", waiting(status.parked)),
        StatusKind::Waiting => format!("{} waiting to be sent.", waiting(status.pending)),
        StatusKind::NotFetched => "Not everything that you keep offline is here yet.".to_owned(),
        StatusKind::Stale => "Not synced lately.".to_owned(),
        StatusKind::UpToDate => "Up to date.".to_owned(),
    };
    let mut lines = vec![headline];
    if let (Some(user), Some(server)) = (&status.user, &status.server) {
        lines.push(format!("Account: {user} on {server}, {}", if status.online { "online" } else { "not reached" }));
        let (pending, conflicts, parked) = (status.pending, status.conflicts, status.parked);
        lines.push(format!("Waiting: {pending}   Conflicts: {conflicts}   Refused: {parked}"));
        lines.push(format!("Last synced: {}", status.last_sync.map_or_else(|| "never".to_owned(), time)));
    }
    lines.extend(status.awaited.iter().map(awaited));
    lines.extend(status.error.clone());
    lines.join("\n")
}

/// Says which set a cycle is fetching for the first time.
fn fetching<'s>(status: &'s StatusView, progress: &ProgressView) -> Option<&'s str> {
    let set = progress.set.as_ref().filter(|_| progress.phase == "pull")?;
    status.awaited.iter().find(|awaited| awaited.set == *set).map(|awaited| awaited.label.as_str())
}

/// Says how far a set is that is not here yet.
fn awaited(awaited: &AwaitedView) -> String {
    let AwaitedView { label, done, .. } = awaited;
    let of = awaited.total.map(|total| format!(" of {total}")).unwrap_or_default();
    match (awaited.paused, done) {
        (true, _) => format!("{label} paused at {done}{of}"),
        (false, 0) => format!("{label} not fetched yet"),
        (false, _) => format!("{label} not fetched yet: {done}{of} so far"),
    }
}

/// Says how many changes exist only on this device, where there are any.
fn here(n: u64, how: &str) -> String {
    match n {
        0 => String::new(),
        1 => format!("; 1 change is {how} here"),
        n => format!("; {n} changes are {how} here"),
    }
}

pub(crate) fn sync(sync: &SyncView) -> String {
    let mut parts = vec![
        format!("{} sent", count(sync.pushed, "change", "changes")),
        format!("{} received", count(sync.pulled, "record", "records")),
    ];
    if sync.merged > 0 {
        parts.push(format!("{} merged", sync.merged));
    }
    if sync.conflicts > 0 {
        parts.push(format!("{} to decide (tidemark conflicts)", count(sync.conflicts, "conflict", "conflicts")));
    }
    if sync.parked > 0 {
        parts.push(format!("{} refused (tidemark parked)", sync.parked));
    }
    let (requests, seconds) = (count(sync.requests, "request", "requests"), sync.duration_ms as f64 / 1e3);
    let traffic =
        format!("{requests}, {} up, {} down, {seconds:.1} s", bytes(sync.bytes_sent), bytes(sync.bytes_received));
    let outcome = match sync.outcome {
        Word::Known(CycleOutcome::Synced) => "Synced",
        Word::Known(CycleOutcome::Offline) => "Offline",
        Word::Known(CycleOutcome::SignedOut) => "Sign in again",
        Word::Known(CycleOutcome::Failed) | Word::Other(_) => "Failed",
    };
    format!("{outcome}: {} ({traffic}).", parts.join(", "))
}

pub(crate) fn entities(entities: &[EntityView]) -> String {
    let row = |entity: &EntityView| {
        let offline = match &entity.first_sync {
            Some(first) if entity.offline => {
                format!("{} of {}", first.done, first.total.map_or_else(|| "?".to_owned(), |total| total.to_string()))
            }
            _ => if entity.offline { "yes" } else { "no" }.to_owned(),
        };
        let (records, size, pending) = (entity.records.to_string(), bytes(entity.bytes), entity.pending.to_string());
        vec![entity.name.clone(), offline, records, size, pending, entity.policy.clone()]
    };
    table(
        &["Entity set", "Offline", "Records", "Size", "Waiting", "Policy"],
        &entities.iter().map(row).collect::<Vec<_>>(),
    )
}

/// Lists records: their Id, title and a few more properties.
pub(crate) fn records(set: &SetView, records: &[RecordView], is_live: bool) -> String {
    let others = set.properties.iter().filter(|property| property.name != set.title_property && !property.multi_line);
    let mut names: Vec<&str> = vec!["Id", &set.title_property];
    names.extend(others.map(|property| property.name.as_str()).take(SHOWN));
    names.push("_State");
    let text = |record: &RecordView, name: &str| record.get(name).map(value).unwrap_or_default();
    let row = |record: &RecordView| names.iter().map(|name| text(record, name)).collect::<Vec<String>>();
    let total = count(records.len() as u64, "record", "records");
    let place = if is_live { ", read from the server" } else { "" };
    if records.is_empty() {
        return format!("{total}{place}");
    }
    format!("{}\n{total}{place}", table(&names, &records.iter().map(row).collect::<Vec<_>>()))
}

pub(crate) fn record(record: &RecordView) -> String {
    let row = |(name, content): (&String, &Value)| vec![name.clone(), value(content)];
    let is_said = |(name, _): &(&String, &Value)| !name.starts_with('@');
    table(&["Property", "Value"], &record.iter().filter(is_said).map(row).collect::<Vec<_>>())
}

pub(crate) fn history(entries: &[HistoryView]) -> String {
    let row = |entry: &HistoryView| {
        let policy = if entry.by_policy { ", by policy" } else { "" };
        let changes: Vec<String> = entry.changes.iter().map(change).collect();
        vec![
            time(entry.at),
            format!("{}{policy}", entry.event.replace('_', " ")),
            entry.by.clone().unwrap_or_default(),
            entry.device.clone().unwrap_or_default(),
            changes.join("; "),
            entry.entry.clone().unwrap_or_default(),
        ]
    };
    if entries.is_empty() {
        return "Nothing is known of what happened to this record.".to_owned();
    }
    let heads = ["When", "What", "Who", "Device", "Changes", "Bring back"];
    table(&heads, &entries.iter().map(row).collect::<Vec<_>>())
}

fn change(change: &ChangeView) -> String {
    let side = match change.side.as_deref() {
        Some("mine") => " (mine)",
        Some("server") => " (the server's)",
        Some("both") => " (both)",
        _ => "",
    };
    format!("{}: {:?} -> {:?}{side}", change.property, value(&change.from), value(&change.to))
}

pub(crate) fn decisions(decisions: &[DecisionView]) -> String {
    let row = |decision: &DecisionView| {
        let policy = if decision.by_policy { ", by policy" } else { "" };
        vec![
            time(decision.at),
            format!("{}{policy}", decision.event.replace('_', " ")),
            decision.title.clone(),
            decision.entity_set.clone(),
            decision.record_id.clone(),
            if decision.can_bring_back { decision.entry.clone() } else { String::new() },
        ]
    };
    if decisions.is_empty() {
        return "Nothing was decided on this device.".to_owned();
    }
    let heads = ["When", "What", "Record", "Entity set", "Id", "Bring back"];
    table(&heads, &decisions.iter().map(row).collect::<Vec<_>>())
}

pub(crate) fn explain(explained: &ExplainView) -> String {
    let sides = [&explained.base, &explained.in_flight, &explained.server];
    let text =
        |record: Option<&RecordView>, name: &str| record.and_then(|r| r.get(name)).map(value).unwrap_or_default();
    let row = |(name, here): (&String, &Value)| {
        let mut cells = vec![name.clone(), value(here)];
        cells.extend(sides.iter().map(|side| text(side.as_ref(), name)));
        cells
    };
    let mut lines = vec![explained.waiting_because.clone()];
    let rows: Vec<Vec<String>> = explained.local.iter().map(row).collect();
    lines.push(table(&["Property", "Here", "Before the change", "On its way", "Server"], &rows));
    for attempt in &explained.attempts {
        let message = attempt.message.as_ref().map(|message| format!(": {message}")).unwrap_or_default();
        lines.push(format!("{}  {}{message}", time(attempt.at), attempt.outcome.replace('_', " ")));
    }
    lines.join("\n")
}

pub(crate) fn conflicts(conflicts: &[ConflictView], sets: &[SetView]) -> String {
    if conflicts.is_empty() {
        return "No conflicts.".to_owned();
    }
    conflicts.iter().map(|open| conflict(open, sets)).collect::<Vec<_>>().join("\n\n")
}

fn conflict(conflict: &ConflictView, sets: &[SetView]) -> String {
    let title_property = sets.iter().find(|set| set.name == conflict.entity_set).map(|set| set.title_property.as_str());
    let title = title_property.and_then(|name| conflict.mine.get(name)).map(value).unwrap_or_default();
    let who = conflict.server_user.as_deref().unwrap_or("somebody else");
    let (what, answers) = match conflict.kind.as_str() {
        "both_edited" => (format!("You and {who} both changed"), "keep-mine, take-server or merge"),
        "deleted_on_server" => (format!("{who} deleted what you changed:"), "restore or accept-delete"),
        _ => (format!("{who} changed what you deleted:"), "delete-anyway or keep-server"),
    };
    let head = format!("{what} {title:?} ({} {})", conflict.entity_set, conflict.record_id);
    let side =
        |record: Option<&RecordView>, name: &str| record.and_then(|r| r.get(name)).map(value).unwrap_or_default();
    let row = |name: &String| {
        let (before, mine) = (side(conflict.base.as_ref(), name), side(Some(&conflict.mine), name));
        vec![name.clone(), before, mine, side(conflict.server.as_ref(), name)]
    };
    let mut lines = vec![head];
    if !conflict.properties.is_empty() {
        let rows: Vec<Vec<String>> = conflict.properties.iter().map(row).collect();
        lines.push(table(&["Property", "Before", "Mine", "Server"], &rows));
    }
    lines.push(format!("Decide with: tidemark resolve {} {answers}", conflict.id));
    lines.join("\n")
}

pub(crate) fn parked(parked: &[ParkedView]) -> String {
    if parked.is_empty() {
        return "Nothing was refused.".to_owned();
    }
    let row = |parked: &ParkedView| vec![parked.entity_set.clone(), parked.record_id.clone(), parked.reason.clone()];
    let mut lines = vec![table(&["Entity set", "Record", "Why"], &parked.iter().map(row).collect::<Vec<_>>())];
    for parked in parked.iter().filter(|parked| !parked.unfit.is_empty()) {
        let why: Vec<&str> = parked.unfit.iter().map(|unfit| unfit.problem.as_str()).collect();
        let (set, id) = (&parked.entity_set, &parked.record_id);
        lines.push(format!("{}. Send the rest with: tidemark parked send-rest {set} {id}", why.join("; ")));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_say_them() {
        assert_eq!(count(1, "change", "changes"), "1 change");
        assert_eq!(format!("Offline{}.", here(0, "saved")), "Offline.");
        assert_eq!(format!("Offline{}.", here(2, "saved")), "Offline; 2 changes are saved here.");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_500), "1.5 kB");
        assert_eq!(bytes(12_000_000), "12.0 MB");
    }
}
