//! Sample records for `serve --demo`: what a small maintenance firm has on its hands this month.
//!
//! Owns: the samples, with a fixed pseudo-random choice, so that every demo looks the same but for its dates, which
//! spread around now. Refuses: touching a workspace that has records. The one place in this crate that names entity
//! sets; sets and properties that the served model does not have are left out.

mod words;

use crate::auth::{PasswordError, hash_password};
use crate::change::{Change, Commit, Step};
use crate::ports::Ports;
use crate::storage::{Account, NewUser, Storage, StorageError};
use crate::write::read_body;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tidemark_model::{Condition, EntityModel, Method, RecordId};
use uuid::Uuid;
use words::{ASSIGNEES, CONTACTS, LISTS, NOTES, SITES, TASKS};

/// The name, password and workspace of the demo.
const DEMO: &str = "demo";
const TASKS_MADE: u64 = 360;
const HOUR_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The samples could not be added.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The password could not be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// A sample does not fit the model that is served.
    #[error("The sample records do not fit this model ({0}). Serve it without --demo")]
    Misfit(String),
}

/// Adds the demo account and its records, where there are none yet.
///
/// # Errors
/// The database failed, or the model has no room for the samples.
pub(crate) async fn fill(storage: &dyn Storage, model: &EntityModel, ports: &Ports) -> Result<(), DemoError> {
    let account = demo_account(storage, ports).await?;
    let caller = Arc::new(account.caller);
    if storage.position(caller.workspace_no).await?.mark.sequence > 0 {
        return Ok(());
    }
    let mut steps = Vec::new();
    for (set, id, mut record) in samples(ports.clock.now_ms()) {
        let Some(set) = model.set(set) else { continue };
        record.retain(|name, _| set.entity_type.property(name).is_some());
        let text = Value::Object(record).to_string();
        let (_, body) = read_body(set, text.as_bytes()).map_err(|error| DemoError::Misfit(error.message))?;
        let change = Change {
            set: set.name.clone(),
            id,
            method: Method::Create,
            condition: Condition::NoneMatchAny,
            body,
            repeat: None,
            asks_for: None,
            only_if: None,
        };
        steps.push(Step(vec![change]));
    }
    storage.commit(Commit { caller, steps, stop_on_error: false }).await?;
    Ok(())
}

async fn demo_account(storage: &dyn Storage, ports: &Ports) -> Result<Account, DemoError> {
    if let Some(account) = storage.account(DEMO).await? {
        return Ok(account);
    }
    let user = NewUser {
        name: DEMO.into(),
        workspace: DEMO.into(),
        password: hash_password(DEMO, ports.secrets.as_ref())?,
        now_ms: ports.clock.now_ms(),
    };
    storage.add_user(user).await?;
    let added = storage.account(DEMO).await?;
    Ok(added.ok_or_else(|| StorageError::NoSuchUser(DEMO.into()))?)
}

type Sample = (&'static str, RecordId, Map<String, Value>);

fn samples(now_ms: i64) -> Vec<Sample> {
    let mut choice = Choice(20_260_331);
    let mut samples = Vec::new();
    for (index, (name, notes)) in LISTS.iter().enumerate() {
        samples.push(sample("TodoLists", index, json!({ "Name": name, "Notes": notes })));
    }
    for (index, (name, address, latitude, longitude, notes)) in SITES.iter().enumerate() {
        let site = json!({
            "Name": name, "Address": address, "Latitude": latitude, "Longitude": longitude, "Notes": notes
        });
        samples.push(sample("Sites", index, site));
    }
    for (index, (name, role)) in CONTACTS.iter().enumerate() {
        let site = index % SITES.len();
        let user = name.to_lowercase().replace(' ', ".");
        let contact = json!({
            "Name": format!("{name}, {role}"),
            "Phone": format!("+44 1632 960{:03}", 100 + 7 * index),
            "Email": format!("{user}@example.org"),
            "SiteId": id("Sites", site).to_string(),
        });
        samples.push(sample("Contacts", index, contact));
    }
    for index in 0..TASKS_MADE {
        samples.push(task(index as usize, now_ms, &mut choice));
    }
    for (_, _, record) in &mut samples {
        // Spread over the last weeks, in no order: the way records of many people are.
        let age_ms = choice.below(40 * 24 * 60) as i64 * 60_000;
        record.insert("_UpdatedAt".into(), (now_ms - age_ms).into());
    }
    samples
}

fn task(index: usize, now_ms: i64, choice: &mut Choice) -> Sample {
    let (list, title) = TASKS[choice.below(TASKS.len())];
    let site = choice.below(SITES.len());
    let is_at_site = choice.below(10) < 8;
    // Most are due around now, some long ago, a few have no date.
    let days = choice.below(46) as i64 - 16;
    let hour = 7 + choice.below(10) as i64;
    let due_ms = (now_ms / DAY_MS + days) * DAY_MS + hour * HOUR_MS;
    let is_done = if days < -1 { choice.below(10) < 8 } else { choice.below(10) < 1 };
    let title = if is_at_site { format!("{title}, {}", SITES[site].0) } else { title.to_owned() };
    let priority = [0, 0, 0, 1, 1, 2, 3][choice.below(7)];
    let assignee = ASSIGNEES[choice.below(ASSIGNEES.len())];
    let notes = NOTES[choice.below(NOTES.len())];
    let due = (choice.below(10) < 8).then(|| chrono::DateTime::from_timestamp_millis(due_ms)).flatten();
    let record = json!({
        "Title": title,
        "Notes": notes,
        "IsDone": is_done,
        "Priority": priority,
        "DueAt": due.map(|due| due.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
        "Assignee": assignee,
        "TodoListId": id("TodoLists", list).to_string(),
        "SiteId": is_at_site.then(|| id("Sites", site).to_string()),
    });
    sample("TodoItems", index, record)
}

fn sample(set: &'static str, index: usize, record: Value) -> Sample {
    let record = if let Value::Object(record) = record { record } else { Map::new() };
    (set, id(set, index), record)
}

/// Version 5 GUIDs: the same in every demo.
fn id(set: &str, index: usize) -> RecordId {
    RecordId(Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("tidemark:demo:{set}:{index}").as_bytes()))
}

/// A small generator (PCG's multiplier); samples need no better one.
struct Choice(u64);

impl Choice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_samples_fit_the_built_in_model_and_spread_around_now() {
        let model = EntityModel::parse(EntityModel::default_document()).unwrap();
        let now_ms = 1_800_000_000_000;
        let samples = samples(now_ms);
        let ids: HashSet<_> = samples.iter().map(|(_, id, _)| id).collect();
        assert_eq!(ids.len(), samples.len());
        let mut due = [0, 0];
        for (set, _, record) in &samples {
            let set = model.set(set).unwrap();
            let (_, body) = read_body(set, Value::Object(record.clone()).to_string().as_bytes()).unwrap();
            assert!(body.stamp.unwrap() <= now_ms);
            if let Some(Some(tidemark_model::Cell::Integer(micros))) =
                body.cells.get(4).filter(|_| set.name == "TodoItems")
            {
                due[usize::from(*micros > now_ms * 1000)] += 1;
            }
        }
        assert!(due[0] > 80 && due[1] > 120, "{due:?}");
    }
}
