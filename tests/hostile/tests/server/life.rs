//! One life with a hostile server: what its user does, what the server says, and the end, when the server turns honest.
//!
//! Owns: when what happens, drawn from one seed. Refuses: what people do (`deeds`), judging (`verdicts`).

use crate::SALT;
use crate::fiend::{Fiend, marks};
use crate::shore::{ROOT, Shore};
use crate::time::Time;
use crate::verdicts;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tidemark_app::{App, AppError, Host, ListRequest, Ports, SystemDisk};
use tidemark_model::ports::Clock as _;
use tidemark_sync::{LockFiles, SystemRoutes};
use tidemark_test_dice::Dice;

/// What people edit.
pub(crate) const SETS: [(&str, [&str; 2]); 2] = [("TodoItems", ["Title", "Assignee"]), ("Contacts", ["Name", "Phone"])];
/// Commands with lies between the honest beginning and the honest end.
const STEPS: usize = 14;
/// Rounds after which everything must be settled once the server is honest.
const ROUNDS: usize = 14;
/// How long, in virtual time, one command may take however long the server makes each answer take.
const LONGEST: Duration = Duration::from_secs(4 * 60 * 60);

/// An acknowledged edit.
#[derive(Clone, Debug)]
pub(crate) struct Saved {
    pub(crate) mark: String,
    pub(crate) set: &'static str,
    pub(crate) id: String,
    pub(crate) property: &'static str,
    /// Replaced by a later edit of the same user on top of it, or given up by an answer.
    pub(crate) is_closed: bool,
}

/// A life while it is lived.
pub(crate) struct Life {
    dir: TempDir,
    app: Option<App>,
    pub(crate) shore: Arc<Shore>,
    pub(crate) time: Arc<Time>,
    pub(crate) fiend: Arc<Fiend>,
    pub(crate) dice: Dice,
    token: String,
    pub(crate) office: String,
    pub(crate) records: Vec<(&'static str, String)>,
    pub(crate) added_here: BTreeSet<String>,
    pub(crate) saved: Vec<Saved>,
    pub(crate) deleted: Vec<(&'static str, String)>,
    /// Marks that the server said it has.
    pub(crate) said: BTreeSet<String>,
    /// Sets whose policy was once another than to ask: the user's choice, as the server tells it.
    pub(crate) had_policy: BTreeSet<String>,
    marks: usize,
    is_told: bool,
}

/// Lives a life; returns the lies that were told in it.
pub(crate) async fn live(shore: &Arc<Shore>, seed: u64, is_told: bool) -> Result<BTreeMap<&'static str, u64>, String> {
    let mut life = Life::begin(shore, seed, is_told).await?;
    for step in 0..STEPS {
        life.tell(|| format!("step {step}"));
        life.step().await.map_err(|problem| format!("step {step}: {problem}"))?;
    }
    life.end().await?;
    let told = life.fiend.carried().lies_told.clone();
    Ok(told)
}

impl Life {
    async fn begin(shore: &Arc<Shore>, seed: u64, is_told: bool) -> Result<Self, String> {
        let mut dice = Dice::new(seed, SALT);
        shore.begin(seed);
        let time = Arc::new(Time::begin(seed));
        time.pass(Duration::from_secs(60)).await;
        let workspace = format!("w{seed}");
        let token = shore.token(&format!("ana{seed}"), &workspace).await;
        let office = shore.token(&format!("ben{seed}"), &workspace).await;
        let fiend = Fiend::new(shore, &time, Dice::new(dice.roll(), SALT), is_told);
        let mut life = Self {
            dir: tempfile::tempdir().unwrap(),
            app: None,
            shore: shore.clone(),
            time,
            fiend,
            dice,
            token,
            office,
            records: Vec::new(),
            added_here: BTreeSet::new(),
            saved: Vec::new(),
            deleted: Vec::new(),
            said: BTreeSet::new(),
            had_policy: BTreeSet::new(),
            marks: 0,
            is_told,
        };
        for number in 0..6 {
            life.office_adds(number).await;
        }
        life.open().await;
        let app = life.app().clone();
        app.sign_in_with_token(ROOT, &life.token).await.map_err(|error| format!("signing in: {error}"))?;
        for (set, _) in SETS {
            app.entity_on(set).await.map_err(|error| error.to_string())?;
        }
        for _ in 0..2 {
            let report = app.sync_now().await.map_err(|error| error.to_string())?;
            if let Some(error) = report.error {
                return Err(format!("the honest beginning: {error}"));
            }
        }
        Ok(life)
    }

    pub(crate) fn app(&self) -> &App {
        self.app.as_ref().expect("it is open between events")
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn tell(&self, what: impl FnOnce() -> String) {
        if self.is_told {
            println!("{}", what());
        }
    }

    async fn open(&mut self) {
        self.app = None;
        let worker = tidemark_sync::Ports {
            clock: self.time.clone(),
            timer: self.time.clone(),
            entropy: self.time.clone(),
            transport: self.fiend.clone(),
            guard: Arc::new(LockFiles::on(Arc::new(SystemDisk))),
            routes: Arc::new(SystemRoutes),
        };
        let ports = Ports { ids: self.time.clone(), disk: Arc::new(SystemDisk), worker };
        self.app = Some(App::open_with(self.dir.path(), Host::default(), ports).await.expect("the app opens"));
    }

    pub(crate) fn mark(&mut self) -> String {
        self.marks += 1;
        format!("mark{:05}x", self.marks)
    }

    async fn office_adds(&mut self, number: u64) {
        let (set, [first, second]) = SETS[number as usize % 2];
        let record = json!({ first: format!("office{number}"), second: "o" });
        if let Some(made) = self.shore.office(&self.time, &self.office, "POST", set, &record).await {
            let id = made["Id"].as_str().unwrap_or_default().to_owned();
            self.know(set, id);
        }
    }

    pub(crate) fn know(&mut self, set: &'static str, id: String) {
        let mut carried = self.fiend.carried();
        carried.known.sets.insert(id.clone(), set);
        carried.known.ids.push(id.clone());
        drop(carried);
        self.records.push((set, id));
    }

    /// Tells whether an edit of a property waits, as far as the user knows.
    pub(crate) fn waits_with(&self, id: &str, property: &str) -> bool {
        let carried = self.fiend.carried();
        self.saved.iter().any(|saved| {
            saved.id == id
                && saved.property == property
                && !saved.is_closed
                && !self.said.contains(&saved.mark)
                && !carried.taken.contains(&saved.mark)
        })
    }

    /// Runs one command, watched: it ends, and nothing in it breaks.
    pub(crate) async fn command<T>(
        &self,
        name: &str,
        work: impl Future<Output = Result<T, AppError>>,
    ) -> Result<Option<T>, String> {
        self.fiend.begin();
        let began = self.time.monotonic_ms();
        let done = work.await;
        let took = Duration::from_millis(self.time.monotonic_ms() - began);
        let faults = std::mem::take(&mut self.fiend.carried().faults);
        if !faults.is_empty() {
            return Err(format!("{name}: {}", faults.join("; ")));
        }
        if took > LONGEST {
            return Err(format!("{name} took {took:?} of virtual time"));
        }
        match done {
            Ok(value) => Ok(Some(value)),
            Err(AppError::Broken(problem)) => Err(format!("{name} broke: {problem}")),
            Err(error) => {
                self.tell(|| format!("{name}: {error}"));
                Ok(None)
            }
        }
    }

    async fn step(&mut self) -> Result<(), String> {
        self.fiend.carried().wickedness = 0;
        for _ in 0..self.dice.below(4) {
            self.deed().await?;
        }
        if self.dice.hits(30) {
            self.office().await;
        }
        let pause = self.dice.of(&[1, 1, 60, 3_600, 25 * 3_600]);
        self.time.pass(Duration::from_secs(pause)).await;
        if self.dice.hits(8) {
            self.open().await;
        }
        self.fiend.carried().wickedness = self.dice.of(&[10, 30, 60, 100]);
        let app = self.app().clone();
        let is_signed_out = app.session().await.is_ok_and(|session| {
            let session = serde_json::to_value(&session).unwrap_or_default();
            session["signed_out"] == true || session["signed_in"] == false
        });
        if is_signed_out {
            let token = self.token.clone();
            self.command("sign in", app.sign_in_with_token(ROOT, &token)).await?;
        }
        let looks = verdicts::looks(self).await;
        let report = self.command("sync", app.sync_now()).await?;
        self.tell(|| format!("sync: {report:?}"));
        self.look_at_everything(&app).await?;
        for entity in app.entities().await.unwrap_or_default() {
            if entity.policy != "ask" {
                self.had_policy.insert(entity.name);
            }
        }
        verdicts::unchanged(self, &looks).await?;
        verdicts::nothing_lost(self).await?;
        verdicts::no_deletion_lost(self).await?;
        verdicts::status_is_true(self).await?;
        self.ask_live(&app).await
    }

    /// What every screen shows can be shown.
    async fn look_at_everything(&self, app: &App) -> Result<(), String> {
        app.conflicts().await.map_err(|error| format!("conflicts: {error}"))?;
        app.parked().await.map_err(|error| format!("parked: {error}"))?;
        app.decisions(100).await.map_err(|error| format!("decisions: {error}"))?;
        app.activity(100).await.map_err(|error| format!("activity: {error}"))?;
        app.notices().await.map_err(|error| format!("notices: {error}"))?;
        app.entities().await.map_err(|error| format!("entities: {error}"))?;
        app.session().await.map_err(|error| format!("session: {error}"))?;
        for (set, _) in SETS {
            let kept = app.entities().await.is_ok_and(|all| all.iter().any(|one| one.name == set && one.offline));
            if kept {
                let request = ListRequest { set: set.to_owned(), limit: 100_000, ..Default::default() };
                app.list(request).await.map_err(|error| format!("the list of {set}: {error}"))?;
                let file = self.dir.path().join("export.csv");
                app.export_file(set, &file).await.map_err(|error| format!("the export of {set}: {error}"))?;
            }
        }
        Ok(())
    }

    /// Asks what goes straight to the server: it may fail, it may not break, and it ends.
    async fn ask_live(&mut self, app: &App) -> Result<(), String> {
        match self.dice.below(6) {
            0 => {
                let limit = self.dice.of(&[1, 50, u64::MAX]);
                let request = ListRequest { set: "Sites".to_owned(), limit, ..Default::default() };
                self.command("live list", app.list(request)).await?;
            }
            1 => {
                self.command("counts", app.refresh_server_counts()).await?;
            }
            2 => {
                let Some((set, id)) = self.dice.pick(&self.records).cloned() else { return Ok(()) };
                self.command("history", app.history(set, &id)).await?;
            }
            3 => {
                let record = Map::from_iter([("Name".to_owned(), json!("a site"))]);
                if let Some(added) = self.command("live add", app.add("Sites", record)).await? {
                    let id = added.get("Id").and_then(Value::as_str).unwrap_or_default().to_owned();
                    let change = Map::from_iter([("Name".to_owned(), json!("another"))]);
                    self.command("live get", app.get("Sites", &id)).await?;
                    self.command("live edit", app.edit_shown("Sites", &id, change, Some(added.clone()))).await?;
                    self.command("live delete", app.remove_shown("Sites", &id, Some(added))).await?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The server turns honest: everything comes to rest, and what is at rest is as the server has it.
    async fn end(&mut self) -> Result<(), String> {
        self.fiend.carried().wickedness = 0;
        let app = self.app().clone();
        let mut last = String::new();
        for round in 0..ROUNDS {
            self.tell(|| format!("honest round {round}"));
            self.time.pass(Duration::from_secs(26 * 3_600)).await;
            let token = self.token.clone();
            self.command("sign in", app.sign_in_with_token(ROOT, &token)).await?;
            for (set, _) in SETS {
                // The choice is the user's, whatever a liar made of it.
                let _ = app.entity_on(set).await;
                let _ = app.set_policy(set, "ask").await;
            }
            while !app.conflicts().await.map_err(|error| error.to_string())?.is_empty() {
                let before = app.conflicts().await.map_err(|error| error.to_string())?.len();
                self.answer("mine").await?;
                if app.conflicts().await.map_err(|error| error.to_string())?.len() >= before {
                    return Err("a question cannot be answered".to_owned());
                }
            }
            for parked in app.parked().await.map_err(|error| error.to_string())? {
                self.tell(|| format!("parked: {} {}", parked.record_id, parked.reason));
                if round < 8 {
                    self.command("retry", app.retry_parked(&parked.entity_set, &parked.record_id)).await?;
                } else {
                    // What the server refuses again and again waits for its user, who gives it up here.
                    self.command("discard", app.discard_parked(&parked.entity_set, &parked.record_id)).await?;
                    self.close(&parked.record_id);
                }
            }
            let report = self.command("sync", app.sync_now()).await?;
            self.tell(|| format!("sync: {report:?}"));
            verdicts::nothing_lost(self).await?;
            verdicts::no_deletion_lost(self).await?;
            let status = app.status().await.map_err(|error| error.to_string())?;
            let is_quiet =
                status.pending == 0 && status.conflicts == 0 && status.parked == 0 && status.awaited.is_empty();
            let error = report.and_then(|report| report.error);
            match verdicts::converged(self).await {
                Ok(()) if is_quiet && error.is_none() => return self.is_at_rest().await,
                judged => last = format!("{judged:?} {status:?} {error:?}"),
            }
        }
        Err(format!("it does not come to rest with an honest server: {last}"))
    }

    /// Nothing changed: another cycle sends nothing but its question (I8).
    async fn is_at_rest(&self) -> Result<(), String> {
        let report = self.command("idle sync", self.app().sync_now()).await?;
        let report = report.ok_or("the idle cycle fails")?;
        if report.pushed > 0 || report.pulled > 0 || report.error.is_some() {
            return Err(format!("it is not at rest: {report:?}"));
        }
        let left: Vec<&Saved> = self.saved.iter().filter(|saved| !saved.is_closed).collect();
        let bodies: Vec<String> = left.iter().flat_map(|saved| marks(&saved.mark)).collect();
        self.tell(|| format!("at rest with {} edits that stand", bodies.len()));
        Ok(())
    }
}
