//! What people do in a life with a hostile server: its user, and the office.
//!
//! Owns: that every acknowledged edit is noted, and what of it is given up. Refuses: when it is done (`life`).

use crate::life::{Life, SETS, Saved};
use serde_json::{Map, Value, json};
use tidemark_app::Sides;

impl Life {
    pub(crate) async fn deed(&mut self) -> Result<(), String> {
        match self.dice.below(12) {
            0..=2 => self.add().await,
            3..=7 => self.edit().await,
            8 => self.delete().await,
            9 => self.answer("").await,
            10 => self.retry().await,
            _ => self.discard().await,
        }
    }

    fn note(&mut self, set: &'static str, id: &str, property: &'static str, mark: String) {
        for saved in self.saved.iter_mut().filter(|saved| saved.id == id && saved.property == property) {
            saved.is_closed = true;
        }
        self.tell(|| format!("saves {mark} in {set} {id} {property}"));
        self.saved.push(Saved { mark, set, id: id.to_owned(), property, is_closed: false });
    }

    async fn add(&mut self) -> Result<(), String> {
        let (set, [first, second]) = SETS[self.dice.below(SETS.len())];
        let (a, b) = (self.mark(), self.mark());
        let record = Map::from_iter([(first.to_owned(), json!(a)), (second.to_owned(), json!(b))]);
        let app = self.app().clone();
        let Some(added) = self.command("add", app.add(set, record)).await? else { return Ok(()) };
        let id = added["Id"].as_str().unwrap_or_default().to_owned();
        // What went straight to the server waits nowhere.
        let is_live = added.get("_State").is_none_or(|state| state == "none");
        self.know(set, id.clone());
        if !is_live {
            self.added_here.insert(id.clone());
            self.note(set, &id, first, a);
            self.note(set, &id, second, b);
        }
        Ok(())
    }

    async fn edit(&mut self) -> Result<(), String> {
        let Some((set, id)) = self.dice.pick(&self.records).cloned() else { return Ok(()) };
        let app = self.app().clone();
        let Ok(shown) = app.get(set, &id).await else { return Ok(()) };
        let properties = SETS.iter().find(|(name, _)| *name == set).expect("a known set").1;
        let property = properties[self.dice.below(2)];
        let mark = self.mark();
        let change = Map::from_iter([(property.to_owned(), json!(mark))]);
        let edited = self.command("edit", app.edit_shown(set, &id, change, Some(shown))).await?;
        if edited.is_some_and(|edited| edited.get("_State").is_some_and(|state| state != "none")) {
            self.note(set, &id, property, mark);
        }
        Ok(())
    }

    pub(crate) fn close(&mut self, id: &str) {
        for saved in self.saved.iter_mut().filter(|saved| saved.id == id) {
            saved.is_closed = true;
        }
        self.deleted.retain(|(_, deleted)| deleted != id);
    }

    async fn delete(&mut self) -> Result<(), String> {
        let Some((set, id)) = self.dice.pick(&self.records).cloned() else { return Ok(()) };
        let app = self.app().clone();
        let Ok(shown) = app.get(set, &id).await else { return Ok(()) };
        if self.command("delete", app.remove_shown(set, &id, Some(shown))).await?.is_some() {
            self.tell(|| format!("deletes {set} {id}"));
            let is_kept = app.explain(set, &id).await.is_ok();
            self.close(&id);
            // Of a set that is read live, or of a record nobody else knew, nothing waits.
            if is_kept {
                self.fiend.carried().gone.remove(&id);
                self.deleted.push((set, id));
            }
        }
        Ok(())
    }

    /// Answers an open question; with a word, in favour of this device.
    pub(crate) async fn answer(&mut self, wish: &str) -> Result<(), String> {
        let app = self.app().clone();
        let open = app.conflicts().await.map_err(|error| format!("conflicts: {error}"))?;
        let Some(conflict) = self.dice.pick(&open).cloned() else { return Ok(()) };
        let words: &[&str] = match (conflict.kind.as_str(), wish) {
            ("both_edited", "mine") => &["keep-mine"],
            ("both_edited", _) => &["keep-mine", "take-server"],
            ("deleted_on_server", "mine") => &["restore"],
            ("deleted_on_server", _) => &["restore", "accept-delete"],
            (_, "mine") => &["delete-anyway"],
            _ => &["delete-anyway", "keep-server"],
        };
        let word = self.dice.of(words);
        let choice = word.parse().expect("an answer");
        let answered = self.command("answer", app.resolve(&conflict.id, choice, None::<Sides>)).await?;
        self.tell(|| format!("answers {} of {}: {word}: {}", conflict.kind, conflict.record_id, answered.is_some()));
        if answered.is_some() {
            match word {
                "take-server" | "accept-delete" | "keep-server" => self.close(&conflict.record_id),
                _ => {}
            }
        }
        Ok(())
    }

    async fn retry(&mut self) -> Result<(), String> {
        let app = self.app().clone();
        let parked = app.parked().await.map_err(|error| format!("parked: {error}"))?;
        if let Some(parked) = self.dice.pick(&parked) {
            self.command("retry", app.retry_parked(&parked.entity_set, &parked.record_id)).await?;
        }
        Ok(())
    }

    async fn discard(&mut self) -> Result<(), String> {
        let app = self.app().clone();
        let parked = app.parked().await.map_err(|error| format!("parked: {error}"))?;
        let Some(parked) = self.dice.pick(&parked).cloned() else { return Ok(()) };
        if self.command("discard", app.discard_parked(&parked.entity_set, &parked.record_id)).await?.is_some() {
            self.close(&parked.record_id);
        }
        Ok(())
    }

    pub(crate) async fn office(&mut self) {
        let Some((set, id)) = self.dice.pick(&self.records).cloned() else { return };
        let path = format!("{set}({id})");
        let (method, body) = match self.dice.hits(25) {
            true => ("DELETE", Value::Null),
            false => {
                let property = SETS.iter().find(|(name, _)| *name == set).expect("a known set").1[self.dice.below(2)];
                ("PATCH", json!({ property: format!("office{}", self.dice.below(1_000)) }))
            }
        };
        let done = self.shore.office(&self.time, &self.office, method, &path, &body).await;
        self.tell(|| format!("office: {method} {path} {body}: {}", done.is_some()));
    }
}
