//! The name of a repeatable request: derived from the change itself, so that the same change is the same request
//! however often it is made, also by a laptop that was put back to an older image of itself (FAULTS L2).
//!
//! Owns: what belongs to a change's identity. Refuses: sending it, and remembering it (the server's journal does). OASIS
//! Repeatable Requests 1.0; DESIGN section 4, Push.

use crate::planted::{Planted, is_planted};
use crate::record::RecordId;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use uuid::Uuid;

/// What makes a change the change that it is.
#[derive(Clone, Copy, Debug)]
pub struct ChangeIdentity<'c> {
    /// The data folder that it was made in; a copy of the folder is the same device.
    pub device: RecordId,
    /// The entity set.
    pub set: &'c str,
    /// The record.
    pub id: RecordId,
    /// What is done: the request's method.
    pub method: &'c str,
    /// The ETag of the version that it was made on; `None` for an addition. It changes with every accepted change, so
    /// that an edit there and back is two requests, and so is a change that was merged onto a newer version.
    pub base: Option<&'c str>,
    /// What is sent, `_UpdatedAt` included; `None` for a deletion. The stamp is part of it: it is given once, at Save,
    /// and tells an addition from one of the same content that was deleted everywhere since.
    pub body: Option<&'c Map<String, Value>>,
}

/// Derives the `Repeatability-Request-ID` of a change.
pub fn request_id(change: &ChangeIdentity<'_>) -> RecordId {
    let ChangeIdentity { set, id, method, base, .. } = change;
    let mut text = format!("{set}\n{id}\n{method}\n{}\n", base.unwrap_or("*"));
    // By name: a model that declares the same properties in another order makes no other change of it.
    let body = change.body.filter(|_| !is_planted(Planted::F12CopyTakenForItself));
    for (name, value) in body.into_iter().flatten().collect::<BTreeMap<_, _>>() {
        text.push_str(name);
        text.push('=');
        let _ = writeln!(text, "{value}");
    }
    RecordId(Uuid::new_v5(&change.device.0, text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_part_of_a_change_makes_another_request_and_nothing_else_does() {
        let id = |n| RecordId(Uuid::from_u128(n));
        let body = |json: Value| json.as_object().unwrap().clone();
        let first = body(json!({ "Title": "a", "_UpdatedAt": 5 }));
        let change = ChangeIdentity {
            device: id(1),
            set: "TodoItems",
            id: id(2),
            method: "PATCH",
            base: Some("W/\"1\""),
            body: Some(&first),
        };
        let reordered = body(json!({ "_UpdatedAt": 5, "Title": "a" }));
        assert_eq!(request_id(&change), request_id(&ChangeIdentity { body: Some(&reordered), ..change }));
        let title = body(json!({ "Title": "b", "_UpdatedAt": 5 }));
        let stamp = body(json!({ "Title": "a", "_UpdatedAt": 6 }));
        let others = [
            ChangeIdentity { device: id(3), ..change },
            ChangeIdentity { set: "Sites", ..change },
            ChangeIdentity { id: id(3), ..change },
            ChangeIdentity { method: "PUT", ..change },
            ChangeIdentity { base: Some("W/\"2\""), ..change },
            ChangeIdentity { base: None, ..change },
            ChangeIdentity { body: Some(&title), ..change },
            ChangeIdentity { body: Some(&stamp), ..change },
            ChangeIdentity { body: None, ..change },
        ];
        let ids: std::collections::BTreeSet<_> = others.iter().chain([&change]).map(request_id).collect();
        assert_eq!(ids.len(), others.len() + 1);
    }
}
