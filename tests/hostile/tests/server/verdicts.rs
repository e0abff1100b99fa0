//! What must hold after any number of lies, looked at from outside.
//!
//! Owns: no acknowledged edit lost (I1), no row of a pending record changed for its user, the status line (I26), and
//! that everything comes to rest once the server is honest (I6). Refuses: deciding anything as the engine does.

use crate::fiend::marks;
use crate::life::Life;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;

type Judged = Result<(), String>;

/// What a record with a pending change looked like.
pub(crate) type Looks = BTreeMap<(String, String), Map<String, Value>>;

const TEXTS: [&str; 6] = ["Title", "Notes", "Assignee", "Name", "Phone", "Email"];

/// Looks at every record that waits and is in no question.
pub(crate) async fn looks(life: &Life) -> Looks {
    let mut looks = Looks::new();
    for (set, id) in &life.records {
        if let Ok(view) = life.app().explain(set, id).await
            && view.state != "none"
            && view.conflict.is_none()
        {
            looks.insert(((*set).to_owned(), id.clone()), view.local);
        }
    }
    looks
}

/// Nothing that waits changed for its user, but where another side's edit of another property came in.
pub(crate) async fn unchanged(life: &Life, before: &Looks) -> Judged {
    for ((set, id), old) in before {
        let Ok(now) = life.app().explain(set, id).await else { continue };
        if now.state == "none" || now.conflict.is_some() {
            continue;
        }
        for property in TEXTS {
            let (was, is) = (old.get(property), now.local.get(property));
            if was == is || is.is_none_or(Value::is_null) {
                continue;
            }
            let text = is.and_then(Value::as_str).unwrap_or_default();
            let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
            let carried = life.fiend.carried();
            let is_theirs = || carried.heard.iter().any(|body| contains(body, text.as_bytes()));
            let was_mine = was.and_then(Value::as_str).is_some_and(|text| !marks(text).is_empty());
            if is_plain && !is_theirs() {
                return Err(format!("{set} {id} {property} was {was:?} and is {is:?}, which nobody said"));
            }
            let is_taken = was.and_then(Value::as_str).is_some_and(|text| carried.taken.contains(text));
            if was_mine && !is_taken && life.waits_with(id, property) {
                return Err(format!("{set} {id} {property} of a pending record was {was:?} and is {is:?}"));
            }
        }
    }
    Ok(())
}

fn contains(body: &[u8], text: &[u8]) -> bool {
    text.is_empty() || body.windows(text.len()).any(|window| window == text)
}

/// Every acknowledged edit waits, is asked about, is set aside, or the server said that it has it.
pub(crate) async fn nothing_lost(life: &mut Life) -> Judged {
    let app = life.app().clone();
    let mut open = Vec::new();
    for saved in life.saved.iter().filter(|saved| !saved.is_closed) {
        let carried = life.fiend.carried();
        let quoted = format!("\"{}\"", saved.mark);
        let is_said = carried.taken.contains(&saved.mark) || life.said.contains(&saved.mark);
        let is_said = is_said || carried.heard.iter().any(|body| contains(body, quoted.as_bytes()));
        drop(carried);
        if is_said {
            open.push((saved.clone(), true));
        } else {
            open.push((saved.clone(), false));
        }
    }
    for (saved, is_said) in open {
        if is_said {
            life.said.insert(saved.mark);
            continue;
        }
        let explained = app.explain(saved.set, &saved.id).await;
        if let Ok(view) = &explained
            && view.state != "none"
            && serde_json::to_string(view).unwrap().contains(&saved.mark)
        {
            continue;
        }
        let conflicts = app.conflicts().await.map_err(|error| format!("conflicts: {error}"))?;
        let parked = app.parked().await.map_err(|error| format!("parked: {error}"))?;
        let listed = serde_json::to_string(&(conflicts, parked)).unwrap();
        if listed.contains(&saved.mark) {
            continue;
        }
        // What the model has no place for, or what a policy decided, is in the record's history.
        let (file, mark) = (life.dir().join("tidemark.db"), saved.mark.clone());
        let is_kept = in_database(&file, "history", &mark)?;
        let has_model = app.model().await.is_ok_and(|model| {
            let set = model.sets.iter().find(|set| set.name == saved.set);
            set.is_some_and(|set| set.properties.iter().any(|property| property.name == saved.property))
        });
        let policies = app.entities().await.map_err(|error| format!("entities: {error}"))?;
        let is_asked = policies.iter().any(|entity| entity.name == saved.set && entity.policy == "ask");
        let has_policy = !is_asked || life.had_policy.contains(saved.set);
        if (!has_model || has_policy) && (is_kept || in_database(&file, "", &mark)?) {
            if has_policy {
                life.said.insert(saved.mark);
            }
            continue;
        }
        let state = explained.map(|view| format!("{} {:?}", view.state, view.local));
        return Err(format!("{} of {} {} {} is lost: {state:?}", saved.mark, saved.set, saved.id, saved.property));
    }
    Ok(())
}

/// Deletions wait, are asked about, are set aside, or the server said that the record is gone.
pub(crate) async fn no_deletion_lost(life: &Life) -> Judged {
    for (set, id) in &life.deleted {
        if life.fiend.carried().gone.contains(id) || life.had_policy.contains(*set) {
            continue;
        }
        match life.app().explain(set, id).await {
            Ok(view) if view.state == "delete" || view.conflict.is_some() || view.parked_reason.is_some() => {}
            // Whoever never heard of it has nothing to delete.
            Err(_) if life.added_here.contains(id) => {}
            Err(error) if error.code() == "unknown_set" => {}
            other => {
                let state = other.map(|view| format!("{} {:?}", view.state, view.local));
                return Err(format!("the deletion of {set} {id} is lost: {state:?}"));
            }
        }
    }
    Ok(())
}

/// "Everything is sent" is said only where nothing waits.
pub(crate) async fn status_is_true(life: &Life) -> Judged {
    let status = life.app().status().await.map_err(|error| format!("status: {error}"))?;
    let said = serde_json::to_value(&status).unwrap();
    let waits = in_database_count(&life.dir().join("tidemark.db"))?;
    let is_quiet = said["kind"] == "up_to_date";
    if is_quiet && waits > 0 {
        return Err(format!("the status line says that all is sent while {waits} wait: {said}"));
    }
    Ok(())
}

/// Tells whether a text stands anywhere in a database; with `only`, in that table.
fn in_database(file: &Path, only: &str, wanted: &str) -> Result<bool, String> {
    let read = || -> rusqlite::Result<bool> {
        let conn = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut names = conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?;
        let names: Vec<String> = names.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for name in names.iter().filter(|name| only.is_empty() || *name == only) {
            let mut statement = conn.prepare(&format!("SELECT * FROM \"{name}\""))?;
            let columns = statement.column_count();
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                for column in 0..columns {
                    if let ValueRef::Text(text) | ValueRef::Blob(text) = row.get_ref(column)?
                        && contains(text, wanted.as_bytes())
                    {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    };
    read().map_err(|error| format!("{} cannot be read: {error}", file.display()))
}

fn in_database_count(file: &Path) -> Result<i64, String> {
    let count = || {
        let conn = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        conn.query_row("SELECT count(*) FROM pending WHERE entity_set <> 'CachedEntities'", [], |row| row.get(0))
    };
    count().map_err(|error| format!("{} cannot be read: {error}", file.display()))
}

/// Every record that is here and at rest is as the server has it, and none is missing.
pub(crate) async fn converged(life: &Life) -> Judged {
    for set in crate::life::SETS.map(|(set, _)| set) {
        let path = format!("{set}?$top=1000");
        let there = life.shore.office(&life.time, &life.office, "GET", &path, &Value::Null).await;
        let there = there.ok_or("the office cannot read")?;
        let there: BTreeMap<String, Value> = there["value"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|record| (record["Id"].as_str().unwrap_or_default().to_owned(), record.clone()))
            .collect();
        let request = tidemark_app::ListRequest { set: set.to_owned(), limit: 100_000, ..Default::default() };
        let here = life.app().list(request).await.map_err(|error| format!("the list of {set}: {error}"))?;
        if here.live {
            return Err(format!("{set} is not kept offline any more"));
        }
        let mut seen = Vec::new();
        for record in &here.records {
            let id = record["Id"].as_str().unwrap_or_default().to_owned();
            seen.push(id.clone());
            if record.get("_State").is_some_and(|state| state != "none") {
                continue;
            }
            let Some(theirs) = there.get(&id) else {
                return Err(format!("{set} {id} is here and not there: {record:?}"));
            };
            for property in TEXTS.into_iter().chain(["IsDone", "Priority"]) {
                let (a, b) = (record.get(property), theirs.get(property));
                if a.unwrap_or(&Value::Null) != b.unwrap_or(&Value::Null) {
                    return Err(format!("{set} {id} {property} is {a:?} here and {b:?} there"));
                }
            }
        }
        for id in there.keys().filter(|id| !seen.contains(id)) {
            match life.app().explain(set, id).await {
                Ok(view) if view.state != "none" => {}
                _ => return Err(format!("{set} {id} is there and not here")),
            }
        }
    }
    Ok(())
}
