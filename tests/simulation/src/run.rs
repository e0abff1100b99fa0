//! A run: a plan carried out in a world of its own, judged after every step, then healed and judged at rest.
//!
//! Owns: the phases of FAULTS 3.3: chaos, healing with clocks left wrong, liveness in rounds, idle rounds, a cold restart.
//! Refuses: what a deed does (its rooms), and the laws (`oracle`).

mod choices;
mod disks;
mod files;
mod heal;
mod lasting;
mod machines;
mod office;
mod people;
mod server;
pub(crate) mod told;
mod watched;

use crate::oracle::ledger::{Ledger, Saved, Writer};
use crate::oracle::{Judged, Violation, always, at_rest, broken, remembered};
use crate::plan::deed::{At, Deed, Plan, User};
use crate::wire::{Berth, Line};
use crate::world::laptop::Laptop;
use crate::world::network::Network;
use crate::world::shore::Shore;
use crate::world::time::Time;
use serde_json::{Map, Value};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tidemark_app::{App, ConflictView};
use tidemark_sim_disk::{SimDisk, tripwire};
use told::{Tally, Telling, Told};
pub(crate) use watched::watched;

/// What people edit: texts of one line, and one of many lines, whose edits merge.
pub(crate) const SETS: [(&str, &[&str]); 3] =
    [("TodoItems", &["Title", "Assignee", "Notes"]), ("Contacts", &["Name", "Phone"]), ("TodoLists", &["Name"])];

/// The longest that anything may take in virtual time before it counts as stuck.
const STUCK_AFTER: Duration = Duration::from_secs(6 * 60 * 60);

/// A record of the run, once it was made.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) set: usize,
    pub(crate) id: String,
}

/// An answer that can be taken back.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    pub(crate) laptop: usize,
    /// What the command takes that takes it back.
    pub(crate) undo: String,
    pub(crate) set: usize,
    pub(crate) id: String,
    pub(crate) word: &'static str,
}

/// A set in a file.
#[derive(Clone, Debug)]
pub(crate) struct Exported {
    pub(crate) set: usize,
    pub(crate) text: String,
    /// How many edits there were when it was written.
    pub(crate) edits: usize,
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was wrong, and after how many events.
    pub violation: Option<(usize, Violation)>,
    /// What happened how often, and where.
    pub tally: Tally,
    /// The hash of the trace, where it was told.
    pub hash: u64,
    /// Virtual milliseconds, times laptops.
    pub device_ms: u64,
    /// What is to be the same under other clocks, where it was remembered.
    pub remembered: Vec<String>,
}

/// A run while it is on.
pub(crate) struct Run {
    pub(crate) time: Arc<Time>,
    pub(crate) shore: Arc<Shore>,
    pub(crate) laptops: Vec<Laptop>,
    pub(crate) ledger: Ledger,
    pub(crate) records: BTreeMap<usize, Known>,
    /// Answers that can be taken back.
    pub(crate) undo: Vec<Answered>,
    /// What a program's screen shows of a record.
    pub(crate) screens: BTreeMap<(At, usize), Map<String, Value>>,
    /// Additions that were not answered, as they stand on a screen: of which set, and what was typed.
    pub(crate) unanswered: BTreeMap<At, (usize, Map<String, Value>)>,
    /// The questions that a program's screen shows.
    pub(crate) asked: BTreeMap<At, Vec<ConflictView>>,
    pub(crate) told: Told,
    pub(crate) tokens: BTreeMap<&'static str, Vec<String>>,
    /// Edits that others make while somebody waits.
    pub(crate) seen_by_oracle: always::Looked,
    pub(crate) stops: u64,
    /// The lock of the server's database that a stuck writer holds (S13).
    pub(crate) stuck: Option<rusqlite::Connection>,
    pub(crate) exported: BTreeMap<usize, Exported>,
}

static WORLDS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Panics on this thread that no plan had planned.
    static PANICS: Cell<u64> = const { Cell::new(0) };
}

/// Counts panics from now on, and keeps planned ones quiet.
pub fn watch_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let text = panic.payload().downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.payload().downcast_ref::<&str>().copied()).unwrap_or_default();
        if text != told::PLANNED_PANIC {
            PANICS.set(PANICS.get() + 1);
            usual(panic);
        }
    }));
}

/// What was wrong with a run that came to its end, and its virtual milliseconds times laptops.
pub(crate) type Carried = (Option<(usize, Violation)>, u64);

/// Over what requests go.
pub(crate) enum Over {
    /// Over nothing: the server is asked in the same program.
    Air,
    /// Over simulated TCP, with a line for each laptop.
    Tcp { berth: Berth, lines: Vec<Line> },
}

/// Carries a plan out.
pub fn run(plan: &Plan, telling: Telling) -> Outcome {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    // What tokio throws dice for, such as which waiter of a `watch` goes first, follows from the seed as all else does.
    #[cfg(tokio_unstable)]
    runtime.rng_seed(tokio::runtime::RngSeed::from_bytes(&plan.seed.to_le_bytes()));
    let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime");
    let (world, told) = begin(telling);
    let carried = runtime.block_on(watched(carry_out(plan, &world, told.clone(), Over::Air)));
    drop(runtime);
    outcome_of(plan, Ok(carried), &told)
}

/// Names a world, and what is told of it.
pub(crate) fn begin(telling: Telling) -> (String, Told) {
    PANICS.set(0);
    let world = WORLDS.fetch_add(1, Ordering::Relaxed).to_string();
    let told = Told::new(telling, &world);
    let _ = tripwire::tripped();
    (world, told)
}

/// Returns what came of a run, which may have been stuck.
pub(crate) fn outcome_of(plan: &Plan, carried: Result<Carried, String>, told: &Told) -> Outcome {
    let (mut violation, device_ms) = carried.unwrap_or_else(|stuck| {
        let violation = Violation { law: "I22".into(), words: format!("the run does not end: {stuck}") };
        (Some((plan.events.len(), violation)), 0)
    });
    if let Some(trip) = tripwire::tripped() {
        // Whatever else it says: a run that asked the real clock or entropy is no run.
        let words = format!("the run asked the machine for {trip:?}");
        violation = Some((plan.events.len(), Violation { law: "tripwire".into(), words }));
    }
    Outcome { violation, tally: told.tally(), hash: told.hash(), device_ms, remembered: told.remembered() }
}

pub(crate) async fn carry_out(plan: &Plan, world: &str, told: Told, over: Over) -> Carried {
    let mut run = match Run::begin(plan, world, told, over).await {
        Ok(run) => run,
        Err(violation) => return (Some((0, violation)), 0),
    };
    let mut done = 0;
    let judged = run.live(plan, &mut done).await;
    let device_ms = run.time.passed_ms() * plan.laptops.len() as u64;
    run.end().await;
    (judged.err().map(|violation| (done, violation)), device_ms)
}

impl Run {
    async fn begin(plan: &Plan, world: &str, told: Told, over: Over) -> Judged<Self> {
        let time = Time::begin();
        let shore = Shore::new(SimDisk::new(world, "server"), &time, plan.seed ^ 0x5e57);
        let elsewhere = Shore::new(SimDisk::new(world, "elsewhere"), &time, plan.seed ^ 0xe15e);
        for (of, places) in [(&shore, plan.servers.max(1)), (&elsewhere, 1)] {
            for place in 0..places {
                of.start(place).await.map_err(|error| Violation { law: "start".into(), words: error.to_string() })?;
            }
        }
        let mut lines = match over {
            Over::Air => Vec::new(),
            Over::Tcp { berth, lines } => {
                berth.take(&shore);
                lines
            }
        }
        .into_iter();
        let tokens = shore.people().await;
        let mut laptops = Vec::new();
        for (at, user) in plan.laptops.iter().enumerate() {
            let disk = SimDisk::new(world, &format!("laptop-{at}"));
            let (shore, elsewhere) = (shore.clone(), elsewhere.clone());
            let network = Network::new(at, shore, elsewhere, told.clone(), lines.next(), plan.page);
            laptops.push(Laptop::new(at, disk, &time, network, plan.seed + at as u64, plan.background, *user));
        }
        let mut run = Self {
            time,
            shore,
            laptops,
            ledger: Ledger::default(),
            records: BTreeMap::new(),
            undo: Vec::new(),
            screens: BTreeMap::new(),
            asked: BTreeMap::new(),
            unanswered: BTreeMap::new(),
            told,
            tokens,
            seen_by_oracle: always::Looked::default(),
            stops: plan.seed,
            stuck: None,
            exported: BTreeMap::new(),
        };
        for at in 0..run.laptops.len() {
            run.open(at, 0).await?;
            run.sign_in(at).await?;
        }
        Ok(run)
    }

    async fn live(&mut self, plan: &Plan, done: &mut usize) -> Judged {
        for event in &plan.events {
            self.time.pass(Duration::from_millis(event.after_ms)).await;
            self.told.tell(|| format!("{} ms: {:?}", self.time.passed_ms(), event.deed));
            self.step(&event.deed).await?;
            self.look_at_machines().await?;
            *done += 1;
            self.ledger.latest_ms = self.ledger.latest_ms.max(self.shore.clock_ms());
            always::judge(self).await?;
        }
        self.heal().await?;
        at_rest::judge(self).await?;
        self.cold_restart().await?;
        at_rest::judge(self).await?;
        if self.told.remembers() {
            remembered::remember(self).await;
        }
        Ok(())
    }

    /// Does what an event says; a deed that takes for ever is stuck.
    async fn step(&mut self, deed: &Deed) -> Judged {
        let name = format!("{deed:?}");
        match tokio::time::timeout(STUCK_AFTER, self.act(deed)).await {
            Ok(judged) => judged?,
            Err(_) => return broken("I22", format!("{name} took longer than {} hours", STUCK_AFTER.as_secs() / 3600)),
        }
        if PANICS.get() > 0 {
            return broken("P5", format!("something panicked over {name}"));
        }
        Ok(())
    }

    async fn act(&mut self, deed: &Deed) -> Judged {
        match deed.clone() {
            Deed::Add { at, set, record, parent } => self.add(at, set, record, parent).await,
            Deed::Again { at } => self.again(at).await,
            Deed::AddMany { at, set, count } => self.add_many(at, set, count).await,
            Deed::Look { at, record } => self.look(at, record).await.map(drop),
            Deed::Edit { at, record, property, looks } => self.edit(at, record, property, looks).await,
            Deed::EditMany { at, set, count } => self.edit_many(at, set, count).await,
            Deed::Delete { at, record } => self.delete(at, record).await,
            Deed::UndoDelete { at, record } => self.undo_delete(at, record).await,
            Deed::Answer { at, question, word, sides } => self.answer(at, question, word, sides).await.map(drop),
            Deed::AnswerSimilar { at, question, word } => self.answer_similar(at, question, word).await,
            Deed::Ask { at } => self.ask_about(at).await,
            Deed::AnswerShown { at, question, word } => self.answer_shown(at, question, word).await,
            Deed::TakeAnswerBack { laptop } => self.take_answer_back(laptop).await,
            Deed::BringBack { at, record, entry } => self.bring_back(at, record, entry).await,
            Deed::Import { at, set, rows, form } => self.import(at, set, rows, form).await,
            Deed::PutBack { at, set } => self.put_back(at, set).await,
            Deed::Untick { at, set, discards } => self.untick(at, set, discards).await,
            Deed::Tick { at, set } => self.tick(at, set).await,
            Deed::Pause { at, set, on } => self.pause(at, set, on).await,
            Deed::Policy { at, set, policy } => self.policy(at, set, policy).await,
            Deed::Parked { at, nth, choice } => self.parked(at, nth, choice).await,
            Deed::SignOut { laptop, user } => self.change_account(laptop, user).await,
            Deed::Address { laptop, name } => self.move_server(laptop, name).await,
            Deed::Sync { at, waits } => self.sync(at, waits).await,
            Deed::Audit { .. } | Deed::Wait => Ok(()),
            Deed::Fates { laptop, fates } => self.fates(laptop, fates),
            Deed::Down { laptop, down } => self.down(laptop, down),
            Deed::Lasting { laptop, what } => self.lasting(laptop, what),
            Deed::Second { laptop, open } => self.second(laptop, open).await,
            Deed::Standstill { laptop } => self.stand_still(laptop),
            Deed::Close { laptop } => self.close(laptop).await,
            Deed::Kill { at } => self.kill(at).await,
            Deed::PowerLoss { laptop, left } => self.power_loss(laptop, left).await,
            Deed::StopAfter { laptop, operations, left } => self.stop_after(laptop, operations, left),
            Deed::Full { laptop, full } => self.full(laptop, full),
            Deed::IoError { laptop, after, lasts } => self.io_error(laptop, after, lasts),
            Deed::SyncError { laptop, after } => self.sync_error(laptop, after),
            Deed::Flip { laptop, log, at } => self.flip(laptop, log, at).await,
            Deed::LoseFile { laptop, which } => self.lose_file(laptop, which).await,
            Deed::Alter { laptop } => self.alter(laptop).await,
            Deed::ReadOnly { laptop } => self.read_only(laptop).await,
            Deed::Future { laptop } => self.future(laptop).await,
            Deed::Image { laptop } => self.image(laptop).await,
            Deed::PutImage { laptop } => self.put_image(laptop).await,
            Deed::Clone { from, to } => self.clone_disk(from, to).await,
            Deed::Clock { laptop, ahead_ms } => self.clock(laptop, ahead_ms),
            Deed::StopClock { laptop, stopped } => self.stop_clock(laptop, stopped),
            Deed::ServerClock { ahead_ms } => self.server_clock(ahead_ms),
            Deed::ServerKill { process, left } => self.server_kill(process, left).await,
            Deed::ServerStopAfter { operations, left } => self.server_stop_after(operations, left),
            Deed::ServerFull { full } => self.server_full(full),
            Deed::ServerIoError { after } => self.server_io_error(after),
            Deed::ServerLocked { locked } => self.server_locked(locked),
            Deed::Backup => self.back_up().await,
            Deed::Restore => self.restore().await,
            Deed::Purge { days } => self.purge(days).await,
            Deed::Model { model } => self.model(model).await,
            Deed::Revoke { laptop } => self.revoke(laptop).await,
            Deed::Office { record, property, how } => self.office(record, property, how).await,
        }
    }

    /// Returns a program that is open.
    pub(crate) fn app(&self, at: At) -> Option<App> {
        self.laptops.get(at.laptop)?.app(at.process).cloned()
    }

    /// Says what is known of an edit that was just made: it waits at its writer's.
    pub(crate) fn saved(
        &self,
        (writer, user): (Writer, User),
        set: usize,
        id: &str,
        property: &'static str,
        mark: &str,
    ) -> Saved {
        Saved {
            mark: mark.to_owned(),
            writer,
            user,
            set: SETS[set].0,
            id: id.to_owned(),
            property,
            is_live: false,
            at_ms: self.time.now_ms(),
            closed: None,
            arrived: false,
            forgotten: false,
        }
    }

    /// Says who sits at a laptop, as a writer.
    pub(crate) fn at(&self, laptop: usize) -> (Writer, User) {
        (laptop, self.laptops[laptop].user)
    }

    /// Notes an acknowledged edit, with what it was typed over.
    pub(crate) fn note(&mut self, saved: Saved, over: Option<&str>) {
        let shown = Map::from_iter([(saved.property.to_owned(), Value::String(saved.mark.clone()))]);
        self.ledger.see(saved.writer, &saved.id.clone(), &shown);
        self.ledger.save(saved, over);
    }

    /// Takes the world down: nothing is closed properly, since there is no disk any more.
    async fn end(&mut self) {
        self.stuck = None;
        for laptop in &mut self.laptops {
            for program in 0..2 {
                laptop.kill(program).await;
            }
        }
        self.shore.kill_all();
    }
}
