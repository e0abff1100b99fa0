//! What a world remembers of itself but for its clocks: what the server did in which order, what it has, what was asked.
//!
//! Owns: writing that down, so that it can be compared with another world's (I23). Refuses: comparing (`pairs`).

use crate::plan::deed::User;
use crate::run::{Run, SETS};
use http::Method;
use serde_json::{Map, Value};

/// What names a moment, or a version by it.
const MOMENTS: [&str; 6] = ["_UpdatedAt", "at", "received_at", "etag", "@odata.etag", "sequence"];

/// Remembers the server's records, and the journal of each.
pub(crate) async fn remember(run: &mut Run) {
    let known: Vec<_> = run.records.iter().map(|(number, known)| (*number, known.clone())).collect();
    let mut lines = Vec::new();
    for user in [User::Ana, User::Eve] {
        for (set, _) in SETS {
            lines.extend(run.list_there(user, set).await.iter().map(|record| format!("{set} {}", timeless(record))));
        }
        for (number, record) in &known {
            let set = SETS[record.set].0;
            let path = format!("/history/{set}/{}", record.id);
            let Some(answer) = run.ask(user, Method::GET, &path, None, None).await else { continue };
            let journal: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            let versions = journal["value"].as_array().into_iter().flatten().enumerate();
            lines.extend(versions.map(|(back, line)| format!("record {number}, {back} back: {}", timeless(line))));
        }
    }
    // One more request draws one more id: a record is called by its number, one that has none by what it says.
    let mut lines: Vec<String> = lines.into_iter().map(|line| numbered(run, &line)).collect();
    lines.sort();
    lines.into_iter().for_each(|line| run.told.remember(|| line));
}

/// Writes the numbers of records for their ids.
pub(crate) fn numbered(run: &Run, line: &str) -> String {
    run.records
        .iter()
        .fold(line.to_owned(), |line, (number, known)| line.replace(&known.id, &format!("record {number}")))
}

fn timeless(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter(|(name, _)| !MOMENTS.contains(&name.as_str()));
            Value::Object(Map::from_iter(kept.map(|(name, value)| (name.clone(), timeless(value)))))
        }
        other => other.clone(),
    }
}
