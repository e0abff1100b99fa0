//! One life: what happens, drawn from one seed, and the end of it, when the network is fair again.
//!
//! Owns: the events. Refuses: judging (`verdicts`).

use crate::laptop::Laptop;
use crate::ledger::{Ledger, Saved};
use crate::verdicts;
use crate::world::{Model, Template, World};
use serde_json::{Map, Value};
use std::sync::{Arc, Mutex};
use tidemark_app::{CycleOutcome, ListRequest};
use tidemark_test_dice::Dice;
use tokio::runtime::Runtime;

/// What people edit: texts of one line, so that no merge by line mixes two marks.
pub(crate) const SETS: [(&str, [&str; 2]); 2] = [("TodoItems", ["Title", "Assignee"]), ("Contacts", ["Name", "Phone"])];
const PEOPLE: [&str; 3] = ["ana", "ben", "ana"];
/// Seeds of lives mean something of their own.
const SALT: u64 = 0x5bf0_3635;
/// Rounds after which everything must be settled once the network is fair.
const ROUNDS: usize = 12;

/// What may go wrong in this life; each life has some of it, so that faults do not hide each other.
pub(crate) struct Swarm {
    pub(crate) weather: bool,
    pub(crate) meanwhile: bool,
    pub(crate) untick: bool,
    pub(crate) accounts: bool,
    pub(crate) server_dies: bool,
    pub(crate) backups: bool,
    pub(crate) models: bool,
    pub(crate) clocks: bool,
    pub(crate) images: bool,
    pub(crate) policies: bool,
    pub(crate) office: bool,
    pub(crate) purge: bool,
}

impl Swarm {
    fn of(dice: &mut Dice) -> Self {
        Self {
            weather: dice.hits(70),
            meanwhile: dice.hits(50),
            untick: dice.hits(40),
            accounts: dice.hits(25),
            server_dies: dice.hits(25),
            backups: dice.hits(25),
            models: dice.hits(25),
            clocks: dice.hits(35),
            images: dice.hits(20),
            policies: dice.hits(20),
            office: dice.hits(60),
            purge: dice.hits(10),
        }
    }
}

/// Edits that came to pass while a reply was on its way, each with what it was typed over.
pub(crate) type Happened = Arc<Mutex<Vec<(Saved, Option<String>)>>>;

/// A life while it is lived.
pub(crate) struct Life {
    pub(crate) runtime: Runtime,
    pub(crate) world: World,
    pub(crate) laptops: Vec<Laptop>,
    pub(crate) ledger: Ledger,
    pub(crate) records: Vec<(&'static str, String)>,
    pub(crate) dice: Dice,
    pub(crate) marks: usize,
    /// What takes answers back, by laptop, with the record that each was about.
    pub(crate) undo: Vec<(usize, String, &'static str, String)>,
    /// Edits of other processes that came to pass, each over what was shown.
    pub(crate) happened: Happened,
    tells: bool,
}

/// Lives the life of a seed and judges it.
///
/// # Errors
/// What was wrong, in one line.
pub(crate) fn live(template: &Template, seed: u64, tells: bool) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut dice = Dice::new(seed, SALT);
    let swarm = Swarm::of(&mut dice);
    let mut laptops = Vec::new();
    for user in PEOPLE {
        laptops.push(runtime.block_on(Laptop::new(user)));
    }
    let mut life = Life {
        runtime,
        world: World::new(template),
        laptops,
        ledger: Ledger::default(),
        records: Vec::new(),
        dice,
        marks: 0,
        undo: Vec::new(),
        happened: Arc::default(),
        tells,
    };
    for (at, user) in PEOPLE.into_iter().enumerate() {
        life.sign_in(at, user)?;
    }
    let events = 25 + life.dice.below(35);
    for _ in 0..events {
        life.event(&swarm)?;
    }
    life.heal()?;
    verdicts::judge(&mut life)
}

impl Life {
    pub(crate) fn tell(&self, words: impl FnOnce() -> String) {
        if self.tells {
            println!("{}", words());
        }
    }

    fn event(&mut self, swarm: &Swarm) -> Result<(), String> {
        let at = self.dice.below(self.laptops.len());
        match self.dice.below(100) {
            0..13 => self.add(at),
            13..40 => self.edit(at),
            40..46 => self.delete(at),
            46..49 => self.undo_delete(at),
            49..68 => self.sync(at, swarm)?,
            68..74 => self.answer(at)?,
            74..76 => self.take_answer_back(),
            76..80 if swarm.office => self.office(),
            80..83 if swarm.untick => self.tick(at),
            83..85 if swarm.accounts => self.change_account()?,
            85..87 => self.restart(at),
            87..88 if swarm.server_dies => self.world.restart(),
            88..91 if swarm.backups => self.backups(),
            91..93 if swarm.models => self.model(),
            93..95 if swarm.clocks => self.clock(at),
            95..97 if swarm.images => self.images(at),
            97..98 if swarm.policies => self.policy(at),
            98..99 if swarm.purge => self.purge(),
            _ => self.sync(at, swarm)?,
        }
        Ok(())
    }

    pub(crate) fn sign_in(&mut self, at: usize, user: &'static str) -> Result<(), String> {
        let Some(token) = self.world.token(user) else { return Ok(()) };
        let (url, laptop) = (self.world.server.url.clone(), &mut self.laptops[at]);
        laptop.network.foretell([]);
        let signed_in = self.runtime.block_on(laptop.app().sign_in_with_token(&url, &token));
        signed_in.map_err(|error| format!("laptop {at} cannot sign {user} in: {error}"))?;
        laptop.user = user;
        for (set, _) in SETS {
            // A model without the set may be served just now.
            let _ = self.runtime.block_on(self.laptops[at].app().entity_on(set));
        }
        self.tell(|| format!("laptop {at}: {user} signs in"));
        Ok(())
    }

    /// The network is fair, the right model is served, clocks stay wrong; questions are answered until none is left.
    fn heal(&mut self) -> Result<(), String> {
        self.tell(|| "healing".into());
        self.world.serve(Model::Default);
        for at in 0..self.laptops.len() {
            self.laptops[at].network.foretell([]);
            let network = self.laptops[at].network.clone();
            self.runtime.block_on(network.deliver_late());
            for (set, _) in SETS {
                let on = self.runtime.block_on(self.laptops[at].app().entity_on(set));
                // The set may have been away until now: the next cycle learns the model.
                self.tell(|| format!("laptop {at}: ticks {set}: {}", on.is_ok()));
            }
        }
        for round in 0..ROUNDS {
            let mut quiet = true;
            for at in 0..self.laptops.len() {
                quiet &= self.settle(at, round)?;
            }
            if quiet && round > 2 {
                return Ok(());
            }
        }
        Err(format!("not settled after {ROUNDS} rounds: {}", self.statuses()))
    }

    /// One cycle and every answer; tells whether there was nothing to do.
    fn settle(&mut self, at: usize, round: usize) -> Result<bool, String> {
        for (set, _) in SETS {
            let _ = self.runtime.block_on(self.laptops[at].app().entity_on(set));
        }
        let report = self.runtime.block_on(self.laptops[at].app().sync_now());
        let report = report.map_err(|error| format!("laptop {at} cannot sync: {error}"))?;
        self.tell(|| format!("round {round}, laptop {at}: {report:?}"));
        if report.outcome != CycleOutcome::Synced && round > 3 {
            return Err(format!("laptop {at} still does not sync after {round} rounds: {:?}", report.error));
        }
        verdicts::questions(self, at)?;
        let mut asked = 0;
        while let Some(conflict) = self.conflicts(at).first() {
            let id = conflict.id.clone();
            self.answer(at)?;
            asked += 1;
            if asked > 50 {
                return Err(format!("laptop {at}: question {id} comes back after its answer"));
            }
        }
        let parked = self.runtime.block_on(self.laptops[at].app().parked()).unwrap_or_default();
        for record in &parked {
            let id = record.record_id.clone();
            let _ = self.runtime.block_on(self.laptops[at].app().retry_parked(&record.entity_set, &id));
        }
        Ok(asked == 0 && parked.is_empty() && report.pushed + report.pulled + report.merged == 0)
    }

    pub(crate) fn statuses(&self) -> String {
        let status = |laptop: &Laptop| format!("{:?}", self.runtime.block_on(laptop.app().status()));
        self.laptops.iter().map(status).collect::<Vec<_>>().join(" | ")
    }

    /// Lists a set as a laptop shows it.
    pub(crate) fn list(&self, at: usize, set: &str) -> Result<Vec<Map<String, Value>>, String> {
        let request = ListRequest { set: set.to_owned(), limit: 10_000, ..ListRequest::default() };
        let list = self.runtime.block_on(self.laptops[at].app().list(request));
        list.map(|list| list.records).map_err(|error| format!("laptop {at} cannot list {set}: {error}"))
    }
}
