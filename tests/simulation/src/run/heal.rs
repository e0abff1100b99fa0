//! The end of a run: faults stop, clocks stay wrong, everybody syncs and answers until nothing is left (I6, I22).
//!
//! Owns: how many rounds that may take. Refuses: the laws at rest (`oracle::at_rest`).

use super::server::document;
use super::{Run, SETS};
use crate::SALT;
use crate::oracle::{Judged, broken, questions};
use crate::plan::deed::{At, Left};
use crate::plan::fate::Fate;
use crate::world::seat::ByHand;
use std::time::Duration;
use tidemark_test_dice::Dice;

/// Rounds after which everything must be settled once the faults have stopped; answers make work for others.
const ROUNDS: usize = 14;
/// Rounds after which everything must be settled once the power came back.
const AGAIN: usize = 6;
/// Rounds after which a cycle must go through.
const PATIENT: usize = 4;

impl Run {
    /// Ends every fault and lets everybody settle.
    pub(super) async fn heal(&mut self) -> Judged {
        self.told.tell(|| "healing".into());
        self.stuck = None;
        self.shore.disk.mend();
        self.shore.disk.free();
        self.shore.disk.power_on();
        self.shore.kill_all();
        if let Err(error) = self.shore.start_all().await {
            return broken("D8", format!("the server does not start: {error}"));
        }
        if let Err(error) = self.shore.serve(document(0)).await {
            return broken("S3", format!("the first model is not served again: {error}"));
        }
        // What the network still holds back comes now.
        let late = if self.laptops.iter().any(|laptop| laptop.is_background()) { 2 } else { 24 * 21 };
        for at in 0..self.laptops.len() {
            let laptop = &mut self.laptops[at];
            laptop.network.calm();
            laptop.disk.mend();
            laptop.disk.free();
            if !laptop.disk.is_on() {
                let left = laptop.left;
                self.power_loss(at, left).await?;
            }
            if self.laptops[at].was_read_only {
                self.laptops[at].was_read_only = false;
                self.close(at).await?;
            }
            self.laptops[at].troubled = false;
            self.laptops[at].close(1).await;
            self.open(at, 0).await?;
        }
        self.outage().await;
        self.time.pass(Duration::from_secs(60 * 60 * (late - 1))).await;
        let before: Vec<usize> = self.laptops.iter().map(|laptop| laptop.network.asked()).collect();
        self.time.pass(Duration::from_secs(60 * 60)).await;
        self.by_themselves(&before).await?;
        self.get_along().await?;
        let mut dice = Dice::new(self.stops ^ 0xa25e, SALT);
        for round in 0..ROUNDS {
            let mut quiet = true;
            for at in 0..self.laptops.len() {
                quiet &= self.settle(at, round, false, &mut dice).await?;
            }
            if quiet && round > 2 {
                self.told.hit("rounds", &format!("{round:02}"));
                return Ok(());
            }
        }
        broken("I6", format!("not settled after {ROUNDS} rounds: {}", self.statuses().await))
    }

    /// For half an hour something between the open windows and their server answers in its place, before they must come by
    /// themselves.
    async fn outage(&mut self) {
        let open: Vec<_> = self.laptops.iter().filter(|laptop| laptop.is_background()).collect();
        if open.is_empty() {
            return;
        }
        let gateway = Fate::Gateway { status: 502, done: false };
        open.iter().for_each(|laptop| laptop.network.foretell(std::iter::repeat_n(gateway, 1_000)));
        self.time.pass(Duration::from_secs(30 * 60)).await;
        self.laptops.iter().for_each(|laptop| laptop.network.foretell([]));
    }

    /// Where nothing is in the way, a window that is open comes by itself within the hour (I22).
    async fn by_themselves(&self, before: &[usize]) -> Judged {
        for (at, before) in before.iter().enumerate() {
            let laptop = &self.laptops[at];
            let Some(app) = self.app(At { laptop: at, process: 0 }).filter(|_| laptop.is_background()) else {
                continue;
            };
            let session = self.checked("session", app.session().await)?;
            let can = session.is_some_and(|session| session.signed_in && !session.must_sign_in_again);
            if can && laptop.network.asked() == *before {
                return broken("I22", format!("laptop {at} does not come by itself, though nothing is in its way"));
            }
        }
        Ok(())
    }

    /// One cycle and every answer; tells whether there was nothing to do. Where something is wrong for good a cycle may say so.
    pub(super) async fn settle(&mut self, at: usize, round: usize, may_fail: bool, dice: &mut Dice) -> Judged<bool> {
        let window = At { laptop: at, process: 0 };
        let Some(app) = self.app(window) else { return broken("I22", format!("laptop {at} does not open")) };
        let session = self.checked("session", app.session().await)?;
        if session.is_none_or(|session| !session.signed_in || session.must_sign_in_again) {
            self.sign_in(at).await?;
        }
        for (set, _) in SETS {
            let _ = app.entity_on(set).await;
            let _ = app.resume(set).await;
        }
        let report = tokio::spawn({
            let (app, by_hand) = (app.clone(), ByHand::new(&self.laptops[at].network));
            super::watched(async move {
                let _by_hand = by_hand;
                app.sync_now().await
            })
        });
        let Ok(report) = report.await else { return broken("P5", "a cycle panicked") };
        let Some(report) = self.checked("sync", report)? else {
            if round > PATIENT && !may_fail {
                return broken("I22", format!("laptop {at} cannot sync"));
            }
            return Ok(false);
        };
        self.told.tell(|| format!("round {round}, laptop {at}: {report:?}"));
        if format!("{:?}", report.outcome) != "synced" && report.error.is_some() && round > PATIENT && !may_fail {
            return broken("I22", format!("laptop {at} does not sync after {round} rounds: {:?}", report.error));
        }
        questions::judge(self, window).await?;
        let mut asked = 0;
        while self.answer(window, 0, dice.below(6), dice.roll()).await? {
            asked += 1;
            if asked > 400 {
                return broken("I4", format!("laptop {at}: a question comes back after its answer"));
            }
        }
        let parked = self.checked("parked", app.parked().await)?.unwrap_or_default();
        for record in &parked {
            self.told.hit("parked", &record.reason.chars().take(40).collect::<String>());
            let (set, id) = (&record.entity_set, &record.record_id);
            if self.laptops[at].network.wrongs.all().iter().any(|wrong| wrong.with == *id) {
                continue;
            }
            // A value that has no place any more goes on without it, once trying again has not helped.
            if round > 3 && !record.unfit.is_empty() {
                let _ = app.send_rest_of_parked(set, id).await;
            }
            let _ = app.retry_parked(set, id).await;
        }
        Ok(asked == 0 && parked.is_empty() && report.pushed + report.pulled + report.merged == 0)
    }

    async fn statuses(&self) -> String {
        let mut all = Vec::new();
        for at in 0..self.laptops.len() {
            if let Some(app) = self.app(At { laptop: at, process: 0 }) {
                all.push(format!("{:?}", app.status().await));
            }
        }
        all.join(" | ")
    }

    /// The power goes everywhere and comes back.
    pub(super) async fn cold_restart(&mut self) -> Judged {
        for at in 0..self.laptops.len() {
            self.power_loss(at, Left::Synced).await?;
        }
        self.stops += 1;
        self.shore.disk.power_loss(Left::Synced.into(), self.stops);
        self.shore.kill_all();
        self.shore.disk.power_on();
        if let Err(error) = self.shore.start_all().await {
            return broken("D8", format!("the server does not start again: {error}"));
        }
        // A disk that forgot what it was told to keep is behind now, and catches up.
        let mut dice = Dice::new(self.stops ^ 0xc01d, SALT);
        for round in 0..AGAIN {
            let mut quiet = true;
            for at in 0..self.laptops.len() {
                quiet &= self.settle(at, round, false, &mut dice).await?;
            }
            if quiet && round > 0 {
                return Ok(());
            }
        }
        broken("I6", format!("not settled {AGAIN} rounds after the power came back: {}", self.statuses().await))
    }
}
