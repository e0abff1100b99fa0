//! What people do in a life: add, look, edit, delete, take back, answer; and what the office does over plain OData.
//!
//! Owns: that every acknowledged edit is in the ledger, with what was on the screen before. Refuses: faults (`faults`).

use crate::ledger::{OFFICE, Saved};
use crate::life::{Life, SETS};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use tidemark_app::{ConflictView, Sides};

impl Life {
    pub(crate) fn mark(&mut self, writer: usize) -> String {
        self.marks += 1;
        self.ledger.fresh(self.marks, writer)
    }

    #[expect(clippy::too_many_arguments, reason = "what is known of one edit")]
    pub(crate) fn note(
        &mut self,
        at: usize,
        set: &'static str,
        id: &str,
        property: &'static str,
        mark: &str,
        over: Option<&str>,
        is_live: bool,
    ) {
        let user = if at == OFFICE { "ben" } else { self.laptops[at].user };
        let saved = Saved { mark: mark.into(), writer: at, user, set, id: id.into(), property, is_live, closed: None };
        self.ledger.save(saved, over);
        self.ledger.see(at, id, &Map::from_iter([(property.to_owned(), json!(mark))]));
    }

    pub(crate) fn add(&mut self, at: usize) {
        let (set, [first, second]) = SETS[self.dice.below(SETS.len())];
        let (a, b) = (self.mark(at), self.mark(at));
        let record = Map::from_iter([(first.to_owned(), json!(a)), (second.to_owned(), json!(b))]);
        self.laptops[at].network.foretell([]);
        let Ok(added) = self.runtime.block_on(self.laptops[at].app().add(set, record)) else { return };
        let is_live = added.get("_State").is_none_or(|state| state == "none");
        let id = added["Id"].as_str().expect("an id").to_owned();
        self.tell(|| format!("laptop {at}: adds {set} {id} {a} {b}"));
        self.note(at, set, &id, first, &a, None, is_live);
        self.note(at, set, &id, second, &b, None, is_live);
        self.records.push((set, id));
    }

    pub(crate) fn record(&mut self) -> Option<(&'static str, String)> {
        self.dice.pick(&self.records).cloned()
    }

    /// Looks at a record as its user does before anything is typed.
    pub(crate) fn look(&mut self, at: usize, set: &str, id: &str) -> Option<Map<String, Value>> {
        self.laptops[at].network.foretell([]);
        let record = self.runtime.block_on(self.laptops[at].app().get(set, id)).ok()?;
        self.ledger.see(at, id, &record);
        Some(record)
    }

    pub(crate) fn edit(&mut self, at: usize) {
        let Some((set, id)) = self.record() else { return };
        let Some(shown) = self.look(at, set, &id) else { return };
        let properties = SETS.iter().find(|(name, _)| *name == set).expect("a known set").1;
        let property = properties[self.dice.below(2)];
        let mark = self.mark(at);
        let change = Map::from_iter([(property.to_owned(), json!(mark))]);
        let edited = self.runtime.block_on(self.laptops[at].app().edit_shown(set, &id, change, Some(shown.clone())));
        self.tell(|| format!("laptop {at}: edits {set} {id} {property} {mark}: {}", edited.is_ok()));
        if let Ok(edited) = edited {
            let is_live = edited.get("_State").is_none_or(|state| state == "none");
            let over = shown.get(property).and_then(Value::as_str).map(str::to_owned);
            self.note(at, set, &id, property, &mark, over.as_deref(), is_live);
        }
    }

    pub(crate) fn delete(&mut self, at: usize) {
        let Some((set, id)) = self.record() else { return };
        let Some(shown) = self.look(at, set, &id) else { return };
        let deleted = self.runtime.block_on(self.laptops[at].app().remove_shown(set, &id, Some(shown)));
        self.tell(|| format!("laptop {at}: deletes {set} {id}: {}", deleted.is_ok()));
        if deleted.is_ok() {
            self.ledger.delete(at, &id);
        }
    }

    pub(crate) fn undo_delete(&mut self, at: usize) {
        let Some((set, id)) = self.record() else { return };
        let undone = self.runtime.block_on(self.laptops[at].app().undo_remove(set, &id));
        self.tell(|| format!("laptop {at}: takes its deletion of {id} back: {}", undone.is_ok()));
        if let Ok(record) = undone {
            self.ledger.see(at, &id, &record);
        }
    }

    pub(crate) fn conflicts(&self, at: usize) -> Vec<ConflictView> {
        self.runtime.block_on(self.laptops[at].app().conflicts()).unwrap_or_default()
    }

    pub(crate) fn answer(&mut self, at: usize) -> Result<(), String> {
        let open = self.conflicts(at);
        let Some(conflict) = self.dice.pick(&open).cloned() else { return Ok(()) };
        let words: &[&str] = match conflict.kind.as_str() {
            "both_edited" => &["keep-mine", "take-server", "merge"],
            "deleted_on_server" => &["restore", "accept-delete"],
            _ => &["delete-anyway", "keep-server"],
        };
        let word = *self.dice.pick(words).expect("there are answers");
        let mut sides = BTreeMap::new();
        if word == "merge" {
            for property in &conflict.properties {
                sides.insert(property.clone(), if self.dice.hits(50) { "mine" } else { "server" }.to_owned());
            }
        }
        for side in [conflict.server.as_ref(), Some(&conflict.mine), conflict.base.as_ref()].into_iter().flatten() {
            self.ledger.see(at, &conflict.record_id, side);
        }
        let (choice, sides) = (word.parse().expect("an answer"), Some(Sides(sides)));
        let answered = self.runtime.block_on(self.laptops[at].app().resolve(&conflict.id, choice, sides));
        self.tell(|| {
            format!("laptop {at}: answers {} of {}: {word}: {}", conflict.kind, conflict.record_id, answered.is_ok())
        });
        match answered {
            Ok(done) => {
                if matches!(word, "accept-delete" | "delete-anyway") {
                    self.ledger.delete(at, &conflict.record_id);
                }
                let set = SETS.iter().find(|(name, _)| *name == conflict.entity_set).expect("a known set").0;
                self.undo.push((at, done.undo, set, conflict.record_id));
                Ok(())
            }
            Err(error) => Err(format!("an answer to an open question is refused: {word}: {error}")),
        }
    }

    pub(crate) fn take_answer_back(&mut self) {
        let Some((at, undo, set, id)) = self.undo.pop() else { return };
        // Whoever takes an answer back has the record before them: what it replaces is in its history.
        self.look(at, set, &id);
        let undone = self.runtime.block_on(self.laptops[at].app().undo_resolve(&undo));
        self.tell(|| format!("laptop {at}: takes an answer back: {}", undone.is_ok()));
    }

    pub(crate) fn office(&mut self) {
        let Some((set, id)) = self.record() else { return };
        let office = self.world.office("ben");
        if self.dice.hits(25) {
            let status = office.send("DELETE", &format!("{set}({id})"), &json!({})).status();
            self.tell(|| format!("office: deletes {set} {id}: {status}"));
            if status.is_success() {
                self.ledger.delete(OFFICE, &id);
            }
            return;
        }
        let property = SETS.iter().find(|(name, _)| *name == set).expect("a known set").1[self.dice.below(2)];
        let mark = self.mark(OFFICE);
        let answer = office.send("PATCH", &format!("{set}({id})"), &json!({ property: mark }));
        let status = answer.status();
        self.tell(|| format!("office: edits {set} {id} {property} {mark}: {status}"));
        if status.is_success() {
            self.note(OFFICE, set, &id, property, &mark, None, true);
        }
    }
}
