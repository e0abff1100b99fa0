//! What people do to records: add, look, edit, delete, take back, answer.
//!
//! Owns: that every acknowledged edit is in the ledger, with what was on the screen before. Refuses: what they choose and who they
//! are (`choices`), faults (`machines`).

use super::{Answered, Known, Run, SETS};
use crate::oracle::ledger::Saved;
use crate::oracle::{Judged, at_rest, broken, questions};
use crate::plan::deed::{At, User};
use crate::world::seat::ByHand;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use tidemark_app::{AppError, ConflictView, CycleOutcome, ListRequest, Sides, Word};

/// Tells whether an error is a mistake of ours, which no fault excuses.
fn is_mistake(error: &AppError) -> bool {
    matches!(error.code(), "internal" | "broken")
}

impl Run {
    /// Looks at what came of a command: an error is an answer, a mistake is not.
    pub(crate) fn checked<T>(&self, what: &str, outcome: Result<T, AppError>) -> Judged<Option<T>> {
        match outcome {
            Ok(value) => Ok(Some(value)),
            Err(error) if is_mistake(&error) && self.ledger.damaged.is_empty() => {
                broken("mistake", format!("{what}: {error}"))
            }
            Err(error) => {
                self.told.hit("refused", error.code());
                self.told.tell(|| format!("  {what}: {} ({error})", error.code()));
                Ok(None)
            }
        }
    }

    pub(super) fn user(&self, at: usize) -> User {
        self.laptops[at].user
    }

    /// Notes an acknowledged edit, from the record as it is then.
    fn noted(&mut self, saved: Saved, over: Option<&str>, record: &Map<String, Value>) {
        let is_live = record.get("_State").is_none_or(|state| state == "none");
        self.note(Saved { is_live, ..saved }, over);
    }

    pub(super) async fn add(&mut self, at: At, set: usize, record: usize, parent: Option<usize>) -> Judged {
        let Some(app) = self.app(at) else { return Ok(()) };
        if self.records.contains_key(&record) {
            return Ok(());
        }
        let (name, properties) = SETS[set];
        let marks: Vec<(&'static str, String)> =
            properties.iter().map(|property| (*property, self.ledger.fresh(at.laptop))).collect();
        let mut values = Map::from_iter(marks.iter().map(|(property, mark)| ((*property).to_owned(), json!(mark))));
        if set == 0
            && let Some(parent) = parent.and_then(|parent| self.records.get(&parent)).filter(|parent| parent.set == 2)
        {
            values.insert("TodoListId".into(), json!(parent.id));
        }
        let added = app.add(name, values.clone()).await;
        let Some(added) = self.checked("add", added)? else {
            // What failed with the disk may be in the list: nobody makes it again before they have looked.
            if !self.is_troubled(at.laptop) {
                self.unanswered.insert(at, (set, values));
            }
            return Ok(());
        };
        let id = self.noted_addition(at, set, &added);
        self.records.insert(record, Known { set, id });
        Ok(())
    }

    /// Notes what was typed into a record that is new; returns its id.
    fn noted_addition(&mut self, at: At, set: usize, added: &Map<String, Value>) -> String {
        let id = added["Id"].as_str().unwrap_or_default().to_owned();
        for property in SETS[set].1 {
            let Some(mark) = added.get(*property).and_then(Value::as_str).map(str::to_owned) else { continue };
            self.noted(self.saved(self.at(at.laptop), set, &id, property, &mark), None, added);
        }
        id
    }

    /// What was typed still stands on the screen, and Save is pressed once more.
    pub(super) async fn again(&mut self, at: At) -> Judged {
        let Some((app, (set, values))) = self.app(at).zip(self.unanswered.remove(&at)) else { return Ok(()) };
        if let Some(added) = self.checked("add again", app.add(SETS[set].0, values).await)? {
            self.noted_addition(at, set, &added);
        }
        Ok(())
    }

    pub(super) async fn add_many(&mut self, at: At, set: usize, count: usize) -> Judged {
        let first = self.records.keys().next_back().map_or(1_000, |last| last.max(&1_000) + 1);
        for record in first..first + count {
            self.add(at, set, record, None).await?;
        }
        Ok(())
    }

    pub(super) async fn look(&mut self, at: At, record: usize) -> Judged<Option<Map<String, Value>>> {
        let Some((app, known)) = self.app(at).zip(self.records.get(&record).cloned()) else { return Ok(None) };
        let Some(shown) = self.checked("look", app.get(SETS[known.set].0, &known.id).await)? else { return Ok(None) };
        self.ledger.see(at.laptop, &known.id, &shown);
        self.screens.insert((at, record), shown.clone());
        Ok(Some(shown))
    }

    pub(super) async fn edit(&mut self, at: At, record: usize, property: usize, looks: bool) -> Judged {
        let Some((app, known)) = self.app(at).zip(self.records.get(&record).cloned()) else { return Ok(()) };
        let shown = match self.screens.get(&(at, record)).filter(|_| !looks) {
            // What stood on the screen when somebody began to type, however long ago.
            Some(shown) => shown.clone(),
            None => match self.look(at, record).await? {
                Some(shown) => shown,
                None => return Ok(()),
            },
        };
        let (set, properties) = SETS[known.set];
        let property = properties[property % properties.len()];
        let mark = self.ledger.fresh(at.laptop);
        let was = shown.get(property).and_then(Value::as_str);
        // A line more leaves the others where they are.
        let (value, over) = match was {
            Some(was) if property == "Notes" => (format!("{was}\n{mark}"), None),
            was => (mark.clone(), was.map(str::to_owned)),
        };
        let change = Map::from_iter([(property.to_owned(), json!(value))]);
        let edited = app.edit_shown(set, &known.id, change, Some(shown.clone())).await;
        let Some(edited) = self.checked("edit", edited)? else {
            if self.is_troubled(at.laptop) {
                let saved = self.saved(self.at(at.laptop), known.set, &known.id, property, &mark);
                self.ledger.doubt(saved, over.as_deref());
            }
            return Ok(());
        };
        self.told.tell(|| format!("  {property} of {} is {mark}", known.id));
        self.stamped(at.laptop, &shown, &edited)?;
        let saved = self.saved(self.at(at.laptop), known.set, &known.id, property, &mark);
        self.noted(saved, over.as_deref(), &edited);
        if property == "Notes" {
            let text = Map::from_iter([(property.to_owned(), json!(value))]);
            self.ledger.see(at.laptop, &known.id, &text);
        }
        // What came together with it stands on the screen from now on.
        self.ledger.see(at.laptop, &known.id, &edited);
        self.screens.insert((at, record), edited);
        Ok(())
    }

    /// Whoever has heard the server's time stamps by it, however wrong their own clock is or was (I7, I23).
    fn stamped(&self, at: usize, before: &Map<String, Value>, after: &Map<String, Value>) -> Judged {
        const AN_HOUR_MS: i64 = 60 * 60 * 1000;
        let is_whole = !self.is_troubled(at) && self.is_whole(at) && !self.ledger.told_an_old_time.contains(&at);
        let stamp = |record: &Map<String, Value>| record.get("_UpdatedAt").and_then(Value::as_i64).unwrap_or_default();
        // A server whose clock went back has stamps that are later than it, and a device's follow on those it has seen.
        let latest = self.shore.clock_ms().max(self.ledger.latest_ms).max(stamp(before)) + AN_HOUR_MS;
        if self.ledger.timed.contains(&at) && is_whole && stamp(after) > latest {
            return broken(
                "I23",
                format!("laptop {at} stamps {}, {} ms too late", stamp(after), stamp(after) - latest),
            );
        }
        Ok(())
    }

    pub(super) async fn edit_many(&mut self, at: At, set: usize, count: usize) -> Judged {
        let of_set = self.records.iter().filter(|(_, known)| known.set == set).map(|(record, _)| *record);
        let some: Vec<usize> = of_set.take(count).collect();
        for record in some {
            self.edit(at, record, 0, true).await?;
        }
        Ok(())
    }

    pub(super) async fn delete(&mut self, at: At, record: usize) -> Judged {
        let Some((app, known)) = self.app(at).zip(self.records.get(&record).cloned()) else { return Ok(()) };
        let Some(shown) = self.look(at, record).await? else { return Ok(()) };
        let deleted = app.remove_shown(SETS[known.set].0, &known.id, Some(shown)).await;
        if self.checked("delete", deleted)?.is_some() {
            self.ledger.delete(at.laptop, &known.id);
        } else if self.is_troubled(at.laptop) {
            self.ledger.doubt_deletion(at.laptop, &known.id);
        }
        Ok(())
    }

    pub(super) async fn undo_delete(&mut self, at: At, record: usize) -> Judged {
        let Some((app, known)) = self.app(at).zip(self.records.get(&record).cloned()) else { return Ok(()) };
        let undone = app.undo_remove(SETS[known.set].0, &known.id).await;
        let is_troubled = self.is_troubled(at.laptop);
        if let Some(shown) = self.checked("undo", undone)? {
            self.ledger.see(at.laptop, &known.id, &shown);
            self.ledger.undo_delete(at.laptop, &known.id);
        } else if is_troubled {
            self.ledger.revived.insert(known.id);
        }
        Ok(())
    }

    /// Returns the questions that stand on a screen.
    pub(crate) async fn questions(&self, at: At) -> Judged<Vec<ConflictView>> {
        let Some(app) = self.app(at) else { return Ok(Vec::new()) };
        Ok(self.checked("questions", app.conflicts().await)?.unwrap_or_default())
    }

    /// Answers a question; tells whether there was one.
    pub(super) async fn answer(&mut self, at: At, question: usize, word: usize, sides: u64) -> Judged<bool> {
        let open = self.questions(at).await?;
        let Some(conflict) = open.get(question % open.len().max(1)).cloned() else { return Ok(false) };
        self.see_question(at.laptop, &conflict);
        self.give(at, &conflict, word, sides, false).await
    }

    /// Somebody looks at the questions, and thinks them over.
    pub(super) async fn ask_about(&mut self, at: At) -> Judged {
        let open = self.questions(at).await?;
        open.iter().for_each(|conflict| self.see_question(at.laptop, conflict));
        self.asked.insert(at, open);
        Ok(())
    }

    /// Somebody answers what they looked at then: it may be another question by now, and the answer is for that one.
    pub(super) async fn answer_shown(&mut self, at: At, question: usize, word: usize) -> Judged {
        let shown = self.asked.get(&at).map(Vec::as_slice).unwrap_or_default();
        let Some(conflict) = shown.get(question % shown.len().max(1)).cloned() else { return Ok(()) };
        self.give(at, &conflict, word, 0, true).await.map(drop)
    }

    /// Gives an answer. One to an old screen may be refused.
    async fn give(&mut self, at: At, conflict: &ConflictView, word: usize, sides: u64, may_fail: bool) -> Judged<bool> {
        let Some(app) = self.app(at) else { return Ok(false) };
        let words: &[&str] = match conflict.kind.as_str() {
            "both_edited" => &["keep-mine", "take-server", "merge"],
            "deleted_on_server" => &["restore", "accept-delete"],
            _ => &["delete-anyway", "keep-server"],
        };
        let word = words[word % words.len()];
        let mut chosen = BTreeMap::new();
        if word == "merge" {
            for (bit, property) in conflict.properties.iter().enumerate() {
                let side = if sides >> (bit % 64) & 1 == 1 { "mine" } else { "server" };
                chosen.insert(property.clone(), side.to_owned());
            }
        }
        let Ok(choice) = word.parse() else { return broken("mistake", format!("{word} is no answer")) };
        let answered = app.resolve(&conflict.id, choice, Some(Sides(chosen))).await;
        self.told.hit("answer", word);
        self.told.tell(|| format!("  {} of {}: {word}: {}", conflict.kind, conflict.record_id, answered.is_ok()));
        let excused = !self.ledger.damaged.is_empty() || !self.laptops[at.laptop].disk.is_on();
        match answered {
            Ok(done) => {
                if matches!(word, "accept-delete" | "delete-anyway") {
                    self.ledger.delete(at.laptop, &conflict.record_id);
                }
                if self.ledger.damaged.contains(&at.laptop) && matches!(word, "take-server" | "merge") {
                    // What the decision put aside is kept in a database that may go with the damage.
                    let is_it = |saved: &Saved| saved.writer == at.laptop && saved.id == conflict.record_id;
                    self.ledger.close("put aside by a decision, on a damaged disk", is_it);
                }
                if matches!(word, "restore" | "keep-server") {
                    self.ledger.revived.insert(conflict.record_id.clone());
                }
                self.ledger.answered_ms.insert(conflict.record_id.clone(), self.time.now_ms());
                self.ledger.decide(at.laptop, conflict, word);
                let set = SETS.iter().position(|(name, _)| *name == conflict.entity_set).unwrap_or_default();
                self.undo.push(Answered {
                    laptop: at.laptop,
                    undo: done.undo,
                    set,
                    id: conflict.record_id.clone(),
                    word,
                });
                Ok(true)
            }
            Err(error) => {
                let _ = self.checked::<()>("answer", Err(error))?;
                if may_fail || excused || self.is_troubled(at.laptop) {
                    // It may have come to pass.
                    self.ledger.doubt_deletion(at.laptop, &conflict.record_id);
                    self.ledger.revived.insert(conflict.record_id.clone());
                    return Ok(false);
                }
                broken("I4", format!("an answer to an open question is refused: {word} to {}", conflict.kind))
            }
        }
    }

    fn see_question(&mut self, laptop: usize, conflict: &ConflictView) {
        for side in [conflict.server.as_ref(), Some(&conflict.mine), conflict.base.as_ref()].into_iter().flatten() {
            self.ledger.see(laptop, &conflict.record_id, side);
        }
    }

    pub(super) async fn answer_similar(&mut self, at: At, question: usize, word: usize) -> Judged {
        let open = self.questions(at).await?;
        let Some(conflict) = open.get(question % open.len().max(1)).cloned() else { return Ok(()) };
        let Some(app) = self.app(at) else { return Ok(()) };
        // Whoever gives one answer to all alike has looked at them.
        for other in &open {
            self.see_question(at.laptop, other);
        }
        let words: &[&str] = match conflict.kind.as_str() {
            "both_edited" => &["keep-mine", "take-server"],
            "deleted_on_server" => &["restore", "accept-delete"],
            _ => &["delete-anyway", "keep-server"],
        };
        let word = words[word % words.len()];
        let Ok(choice) = word.parse() else { return Ok(()) };
        let answered = app.resolve_similar(&conflict.id, choice).await;
        self.told.hit("answer", "similar");
        if self.checked("answer to similar ones", answered)?.is_some() {
            let left = self.questions(at).await?;
            let is_left = |id: &str| left.iter().any(|still| still.id == id);
            for answered in open.iter().filter(|other| !is_left(&other.id)) {
                match word {
                    "accept-delete" | "delete-anyway" => self.ledger.delete(at.laptop, &answered.record_id),
                    "restore" | "keep-server" => drop(self.ledger.revived.insert(answered.record_id.clone())),
                    _ => {}
                }
                self.ledger.answered_ms.insert(answered.record_id.clone(), self.time.now_ms());
                self.ledger.decide(at.laptop, answered, word);
            }
        }
        Ok(())
    }

    pub(super) async fn take_answer_back(&mut self, laptop: usize) -> Judged {
        let Some(nth) = self.undo.iter().rposition(|answered| answered.laptop == laptop) else { return Ok(()) };
        let Answered { undo, set, id, word, .. } = self.undo.remove(nth);
        let at = At { laptop, process: 0 };
        let Some(app) = self.app(at) else { return Ok(()) };
        // Whoever takes an answer back has the record before them: what it replaces is in its history.
        if let Ok(shown) = app.get(SETS[set].0, &id).await {
            self.ledger.see(laptop, &id, &shown);
        }
        self.ledger.decided.remove(&id);
        self.ledger.chosen_since(&id);
        let undone = app.undo_resolve(&undo).await;
        let undone = self.checked("answer taken back", undone)?;
        if undone.is_none() && !self.is_troubled(laptop) {
            return Ok(());
        }
        if matches!(word, "restore" | "keep-server") {
            // What was sent so is deleted again, with what was written into it since.
            match undone {
                Some(undone) if undone.reopened => {}
                Some(_) => self.ledger.delete(laptop, &id),
                None => self.ledger.doubt_deletion(laptop, &id),
            }
        }
        self.ledger.brought_back.entry(id).or_default().insert(laptop);
        Ok(())
    }

    pub(super) async fn bring_back(&mut self, at: At, record: usize, entry: usize) -> Judged {
        let Some((app, known)) = self.app(at).zip(self.records.get(&record).cloned()) else { return Ok(()) };
        let set = SETS[known.set].0;
        let Some(history) = self.checked("history", app.history(set, &known.id).await)? else { return Ok(()) };
        // The screen shows the record as it is beside its history.
        self.look(at, record).await?;
        let sides: Vec<_> = history.iter().filter(|side| side.entry.is_some()).collect();
        let Some(side) = sides.get(entry % sides.len().max(1)) else { return Ok(()) };
        for record in sides.iter().filter_map(|side| side.record.as_ref()) {
            self.ledger.see(at.laptop, &known.id, record);
        }
        self.ledger.decided.remove(&known.id);
        self.ledger.chosen_since(&known.id);
        let brought = app.bring_back(set, &known.id, side.entry.as_deref().unwrap_or_default()).await;
        match self.checked("bring back", brought)? {
            // What did not stand was a deletion.
            Some(None) => self.ledger.delete(at.laptop, &known.id),
            None if self.is_troubled(at.laptop) => self.ledger.doubt_deletion(at.laptop, &known.id),
            None => return Ok(()),
            Some(Some(_)) => {}
        }
        self.ledger.brought_back.entry(known.id).or_default().insert(at.laptop);
        Ok(())
    }

    pub(super) async fn sync(&mut self, at: At, waits: bool) -> Judged {
        let Some(app) = self.app(at) else { return Ok(()) };
        let network = self.laptops[at.laptop].network.clone();
        let Some(program) = self.laptops[at.laptop].programs[at.process].as_mut() else { return Ok(()) };
        if !waits {
            if program.syncing.as_ref().is_none_or(tokio::task::JoinHandle::is_finished) {
                let (told, by_hand) = (self.told.clone(), ByHand::new(&network));
                program.syncing = Some(tokio::spawn(async move {
                    let _by_hand = by_hand;
                    let report = app.sync_now().await;
                    told.tell(|| format!("  laptop {}, behind: {report:?}", at.laptop));
                }));
            }
            return Ok(());
        }
        // A task of its own, as in a host: a panic ends it and nothing else (FAULTS P5).
        let _by_hand = ByHand::new(&network);
        let report = tokio::spawn(super::watched(async move { app.sync_now().await })).await;
        let Ok(report) = report else { return Ok(()) };
        if let Some(report) = self.checked("sync", report)? {
            self.told.hit("sync", &format!("{:?}", report.outcome));
            // A host without a worker knows of it from the disk, where nothing can be written just now.
            let is_written = at.process == 0 && !self.is_troubled(at.laptop);
            if is_written && matches!(report.outcome, Word::Known(CycleOutcome::Failed | CycleOutcome::Offline)) {
                network.onlooker.has_failed();
            }
            let is_through = format!("{:?}", report.outcome) == "Known(Synced)";
            if is_through {
                self.ledger.timed.insert(at.laptop);
                network.onlooker.awaits_nothing();
            }
            self.told.tell(|| format!("  laptop {}: {report:?}", at.laptop));
            if is_through {
                network.ask_as_oracle(true);
                let judged = at_rest::shown_as_chosen(self, at).await;
                network.ask_as_oracle(false);
                judged?;
            }
        }
        questions::judge(self, at).await
    }

    /// Lists a set as a laptop shows it.
    pub(crate) async fn list(&self, at: usize, set: &str) -> Judged<Vec<Map<String, Value>>> {
        let Some(app) = self.app(At { laptop: at, process: 0 }) else { return broken("open", "no window") };
        let request = ListRequest { set: set.to_owned(), limit: 100_000, ..ListRequest::default() };
        let list = self.checked("list", app.list(request).await)?;
        match list {
            Some(list) => Ok(list.records),
            None => broken("I6", format!("laptop {at} cannot list {set}")),
        }
    }
}
