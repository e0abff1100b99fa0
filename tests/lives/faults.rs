//! What goes wrong in a life: replies, ticks, accounts, restarts, backups, models, clocks, disks.
//!
//! Owns: causing it. Refuses: judging what follows (`verdicts`).

use crate::ledger::Saved;
use crate::life::{Life, SETS, Swarm};
use crate::verdicts;
use crate::weather::{Fate, Meanwhile};
use crate::world::Model;
use futures::FutureExt;
use serde_json::{Map, Value, json};
use tidemark_app::UnsentChoice;

const POLICIES: [&str; 4] = ["ask", "newest", "server", "mine"];
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

impl Life {
    fn fates(&mut self, at: usize, swarm: &Swarm) -> Vec<Fate> {
        let mut fates = Vec::new();
        for _ in 0..self.dice.below(4) {
            fates.push(match self.dice.below(6) {
                0 if swarm.weather => Fate::Cut,
                1 if swarm.weather => Fate::ReplyLost,
                2 if swarm.weather => Fate::Late,
                3 if swarm.weather => Fate::Twice,
                4 if swarm.meanwhile => match self.meanwhile(at, swarm) {
                    Some(happens) => Fate::Meanwhile(happens),
                    None => Fate::Fair,
                },
                _ => Fate::Fair,
            });
        }
        fates
    }

    /// Something that another process on the same laptop does while a reply is on its way.
    fn meanwhile(&mut self, at: usize, swarm: &Swarm) -> Option<Meanwhile> {
        let other = self.laptops[at].another_process_later();
        if swarm.untick && self.dice.hits(50) {
            let set = SETS[self.dice.below(SETS.len())].0;
            self.tell(|| format!("laptop {at}: meanwhile {set} is un-ticked and ticked again"));
            return Some(Box::new(move || {
                async move {
                    let app = other.await;
                    if app.entity_off(set, UnsentChoice::Keep).await.is_ok() {
                        let _ = app.entity_on(set).await;
                    }
                }
                .boxed()
            }));
        }
        let (set, id) = self.record()?;
        let shown = self.look(at, set, &id)?;
        let property = SETS.iter().find(|(name, _)| *name == set)?.1[0];
        let (mark, over) = (self.mark(at), shown.get(property).and_then(Value::as_str).map(str::to_owned));
        let change = Map::from_iter([(property.to_owned(), json!(mark))]);
        self.tell(|| format!("laptop {at}: meanwhile {id} may be edited: {property} {mark}"));
        let (user, writer, closed) = (self.laptops[at].user, at, None);
        let saved = Saved { mark, writer, user, set, id: id.clone(), property, is_live: false, closed };
        let happened = self.happened.clone();
        Some(Box::new(move || {
            async move {
                if other.await.edit_shown(set, &id, change, Some(shown)).await.is_ok() {
                    happened.lock().expect("no panic while held").push((saved, over));
                }
            }
            .boxed()
        }))
    }

    pub(crate) fn sync(&mut self, at: usize, swarm: &Swarm) -> Result<(), String> {
        if swarm.weather && self.dice.hits(30) {
            let network = self.laptops[at].network.clone();
            self.runtime.block_on(network.deliver_late());
        }
        let fates = self.fates(at, swarm);
        self.laptops[at].network.foretell(fates);
        let report = self.runtime.block_on(self.laptops[at].app().sync_now());
        self.laptops[at].network.foretell([]);
        self.tell(|| format!("laptop {at}: syncs: {report:?}"));
        let happened = std::mem::take(&mut *self.happened.lock().expect("no panic while held"));
        for (saved, over) in happened {
            self.tell(|| format!("laptop {at}: meanwhile saved {}", saved.mark));
            self.ledger.see(at, &saved.id.clone(), &Map::from_iter([(saved.property.to_owned(), json!(saved.mark))]));
            self.ledger.save(saved, over.as_deref());
        }
        verdicts::questions(self, at)
    }

    pub(crate) fn tick(&mut self, at: usize) {
        let set = SETS[self.dice.below(SETS.len())].0;
        let discards = self.dice.hits(20);
        let unsent = if discards { UnsentChoice::Discard } else { UnsentChoice::Keep };
        let off = self.runtime.block_on(self.laptops[at].app().entity_off(set, unsent));
        self.tell(|| format!("laptop {at}: un-ticks {set}, discards: {discards}: {}", off.is_ok()));
        if off.is_ok() && discards {
            self.ledger.close("discarded with its set", |saved| saved.writer == at && saved.set == set);
        }
        if self.dice.hits(70) {
            let _ = self.runtime.block_on(self.laptops[at].app().entity_on(set));
        }
    }

    /// The third laptop goes from hand to hand.
    pub(crate) fn change_account(&mut self) -> Result<(), String> {
        let at = 2;
        self.laptops[at].network.foretell([]);
        let kept = self.runtime.block_on(self.laptops[at].app().sign_out(false));
        if kept.is_err() {
            let out = self.runtime.block_on(self.laptops[at].app().sign_out(true));
            out.map_err(|error| format!("a sign-out that discards is refused: {error}"))?;
            self.ledger.close("discarded by signing out", |saved| saved.writer == at);
        }
        // Nothing of the account is kept here from now on; the server has the only copy.
        self.ledger.saved.iter_mut().filter(|saved| saved.writer == at).for_each(|saved| saved.is_live = true);
        self.laptops[at].forget_image();
        let user = if self.laptops[at].user == "eve" { "ana" } else { "eve" };
        self.sign_in(at, user)
    }

    pub(crate) fn restart(&mut self, at: usize) {
        self.tell(|| format!("laptop {at}: restarts"));
        self.runtime.block_on(self.laptops[at].restart());
    }

    pub(crate) fn backups(&mut self) {
        if self.dice.hits(50) {
            self.tell(|| "server: backup".into());
            self.world.take_backup();
        } else if self.world.restore() {
            self.tell(|| "server: restored".into());
            self.ledger.is_restored = true;
        }
    }

    pub(crate) fn model(&mut self) {
        let model = *self.dice.pick(&Model::ALL).expect("there are models");
        self.tell(|| format!("server: serves {model:?}"));
        self.world.serve(model);
    }

    pub(crate) fn clock(&mut self, at: usize) {
        let days = [-3_650, -40, -1, 0, 1, 40, 3_650][self.dice.below(7)];
        self.tell(|| format!("laptop {at}: clock off by {days} days"));
        self.laptops[at].clock.set(days * DAY_MS);
    }

    pub(crate) fn images(&mut self, at: usize) {
        if self.dice.hits(50) {
            self.tell(|| format!("laptop {at}: image taken"));
            let edits = self.ledger.saved.len();
            self.runtime.block_on(self.laptops[at].take_image(edits));
        } else if let Some(edits) = self.runtime.block_on(self.laptops[at].put_image_back()) {
            self.tell(|| format!("laptop {at}: image put back"));
            let earlier = self.ledger.rolled_back.entry(at).or_insert(edits);
            *earlier = edits.min(*earlier);
            self.undo.retain(|(of, ..)| *of != at);
        }
    }

    pub(crate) fn policy(&mut self, at: usize) {
        let set = SETS[self.dice.below(SETS.len())].0;
        let policy = *self.dice.pick(&POLICIES).expect("there are policies");
        self.tell(|| format!("laptop {at}: policy {policy} for {set}"));
        self.ledger.has_policies = true;
        let _ = self.runtime.block_on(self.laptops[at].app().set_policy(set, policy));
    }

    pub(crate) fn purge(&mut self) {
        self.tell(|| "server: purge".into());
        self.ledger.is_purged = true;
        self.world.purge();
    }
}
