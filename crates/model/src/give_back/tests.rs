//! What is given back of which record, a row a case; `tests/give_back` holds the cases: what is lost, what comes next, and
//! what is left to ask.

use super::*;
use crate::EntityModel;
use crate::cases::{record, state, versioned};
use serde_json::{Value, json};

const LOSS: &str = include_str!("../../tests/give_back/loss.json");
const NEXT: &str = include_str!("../../tests/give_back/next.json");
const END: &str = include_str!("../../tests/give_back/end.json");

/// A confirmed change as a case writes it; one without a word of its base was made on the version before it.
struct Kept {
    state: State,
    restores: bool,
    record: Record,
    base: Option<Versioned>,
    etag: String,
    over_others: bool,
}

impl Kept {
    fn all(json: &Value) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for change in json.as_array().into_iter().flatten() {
            let before = all.last().map(|before| Versioned {
                record: Record { is_tombstoned: before.state == State::Delete, ..before.record.clone() },
                etag: before.etag.clone(),
            });
            all.push(Self {
                state: state(&change["state"]),
                restores: change["restores"] == true,
                record: record(&change["record"]),
                base: change.get("base").map_or(before, versioned),
                etag: change["etag"].as_str().unwrap().to_owned(),
                over_others: change["over_others"] == true,
            });
        }
        all
    }

    fn confirmed(&self) -> Confirmed<'_> {
        Confirmed {
            state: self.state,
            restores: self.restores,
            record: &self.record,
            if_match: self.base.as_ref().map(|base| base.etag.as_str()),
            base: self.base.as_ref(),
            etag: &self.etag,
            over_others: self.over_others,
        }
    }
}

/// Runs a table; each case is given what was confirmed and the server's version.
fn every(table: &str, came: impl Fn(&Value, &[Confirmed<'_>], Option<&Versioned>) -> Value) {
    let cases: Vec<Value> = serde_json::from_str(table).unwrap();
    assert!(cases.len() > 10);
    for case in &cases {
        let kept = Kept::all(&case["confirmed"]);
        let confirmed: Vec<Confirmed<'_>> = kept.iter().map(Kept::confirmed).collect();
        let came = came(case, &confirmed, versioned(&case["server"]).as_ref());
        assert_eq!(came, case["expected"], "{}", case["description"]);
    }
}

#[test]
fn what_a_server_has_lost() {
    every(LOSS, |case, confirmed, server| {
        let known = versioned(&case["here"]);
        let here = match &case["here"] {
            Value::String(word) if word == "deleted" => Here::Deleted,
            _ => Here::Stands(known.as_ref()),
        };
        let is_behind = server.is_some_and(|server| is_behind(confirmed, server));
        assert_eq!(is_behind, case["is_behind"] == true, "{}", case["description"]);
        loss(here, confirmed, server).map_or("nothing".into(), |loss| json!({ "forgot": loss.forgot }))
    });
}

fn shown(next: Next) -> Value {
    match next {
        Next::Wait => "wait".into(),
        Next::Again { at } => json!({ "again": at }),
        Next::OnTop { at, if_match, edit, over_others } => {
            let mut shown = json!({ "on_top": at, "if_match": if_match });
            if over_others {
                shown["over_others"] = true.into();
            }
            if let Some(Edit { mut record, changed }) = edit {
                assert!(!record.is_tombstoned && record.updated_by.is_none());
                record.properties.retain(|_, value| !value.is_null());
                shown["record"] = record.properties.into();
                shown["changed"] = json!(changed);
                shown["_UpdatedAt"] = record.updated_at.into();
            }
            shown
        }
        Next::Reconcile { on, server } => json!({ "reconcile": on, "server": server.map(|server| server.etag) }),
        Next::Over(server) => json!({ "over": server.etag, "is_tombstoned": server.record.is_tombstoned }),
    }
}

#[test]
fn what_comes_next() {
    let model = EntityModel::parse(EntityModel::default_document()).unwrap();
    let set = model.set("TodoItems").unwrap();
    every(NEXT, |case, confirmed, server| {
        let Some(answered) = case.get("answered").and_then(Value::as_u64) else {
            let Beginning { next, fetch_later } = begin(set, confirmed, case["in_flight"] == true, server);
            assert_eq!(fetch_later, case["fetch_later"] == true, "{}", case["description"]);
            return shown(next);
        };
        let reply = match server {
            None => Reply::Absent,
            Some(server) if case["reply"] == "has" => Reply::Has(server),
            Some(current) => Reply::Stale { current, in_history: case["in_history"] == true },
        };
        let at = answered as usize;
        let sent_on = case.get("if_match").map_or(confirmed[at].if_match, Value::as_str);
        go_on(set, confirmed, at, sent_on, case["over_others"] == true, reply).map_or(Value::Null, shown)
    });
    let is_none = go_on(set, &[], 0, None, false, Reply::Absent).is_none();
    assert!(is_none, "nothing follows a change that is not kept any more");
}

#[test]
fn what_is_left_at_the_end() {
    every(END, |case, _, server| {
        let (known, mine) = (versioned(&case["known"]), record(&case["mine"]));
        let (state, forgot) = (state(&case["state"]), case["forgot"] == true);
        match end(Ended { state, known: known.as_ref(), mine: &mine, forgot }, server.unwrap()) {
            End::Goes => "goes".into(),
            End::TakesServer => "takes_server".into(),
            End::Waits(state) => json!({ "waits": state.as_str() }),
            End::Reconcile => "reconcile".into(),
            End::Asked(conflict) => {
                assert_eq!((&conflict.mine, conflict.server.as_ref()), (&mine, server), "{}", case["description"]);
                json!({ "asked": conflict.kind.as_str(), "properties": conflict.properties,
                        "base": conflict.base.map(|base| base.record.properties) })
            }
        }
    });
}
