//! The watch over everything a host would like to hear of.
//!
//! Owns: noticing other processes' writes, and announcing the status line when it changes. Refuses: what the line says
//! (`status`), and the worker's life (`background`), which it only starts and ends with the account.

use crate::app::{App, Inner};
use crate::events::{AppEvent, all_sets};
use crate::unblocked::unblocked;
use crate::views::{StatusView, SyncView};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tidemark_model::ports::Timer;
use tidemark_store::Account;
use tidemark_sync::WorkerState;
use tokio::sync::watch;

/// How often other processes' writes are looked for.
const LOOK_OUTSIDE: Duration = Duration::from_secs(1);
/// How long changes gather before the status line is worked out anew.
const GATHER: Duration = Duration::from_millis(60);
/// The line also changes by the clock alone; it is worked out at least this often, in looks outside.
const LOOKS_PER_REFRESH: u32 = 30;

/// What was announced last.
#[derive(Default)]
struct Announced {
    status: Option<StatusView>,
    account: Option<Option<Account>>,
    /// The entity model's fingerprint.
    model: Option<String>,
    pending: u64,
    cycle_started_at: Option<i64>,
}

/// Watches until the app is gone.
pub(crate) async fn over(app: Weak<Inner>, mut state: watch::Receiver<WorkerState>, timer: Arc<dyn Timer>) {
    let mut announced = Announced::default();
    let mut look = timer.sleep(Duration::ZERO);
    let Some(wake) = app.upgrade().map(|inner| inner.events.wake()) else { return };
    let mut since_refresh = 0;
    loop {
        let mut is_outside = false;
        tokio::select! {
            biased;
            () = &mut look => {
                look = timer.sleep(LOOK_OUTSIDE);
                let Some(inner) = app.upgrade() else { return };
                let store = inner.store.clone();
                is_outside = unblocked(move || Ok(store.outside_changes()?)).await.unwrap_or(false);
                since_refresh += 1;
                if !is_outside && since_refresh < LOOKS_PER_REFRESH {
                    continue;
                }
            }
            () = wake.notified() => {}
            changed = state.changed() => if changed.is_err() { return },
        }
        since_refresh = 0;
        timer.sleep(GATHER).await;
        let Some(inner) = app.upgrade() else { return };
        refresh(&App { inner }, is_outside, &mut announced).await;
    }
}

/// Works out what changed since it was last announced, and announces it.
async fn refresh(app: &App, is_outside: bool, announced: &mut Announced) {
    let inner = &app.inner;
    if is_outside {
        // Another process does not say what it wrote.
        for set in all_sets(&inner.store) {
            inner.events.send(AppEvent::RecordsChanged(set));
        }
        inner.events.send(AppEvent::EntitiesChanged);
    }
    let Ok(account) = app.with_store(|store| Ok(store.account()?)).await else { return };
    let is_first = announced.account.is_none();
    let model = inner.store.model().map(|model| model.fingerprint().to_owned());
    let is_other_account = announced.account.as_ref() != Some(&account);
    if !is_first && (is_other_account || announced.model != model) {
        inner.events.send(AppEvent::SessionChanged);
    }
    announced.model = model;
    if is_other_account {
        announced.account = Some(account.clone());
        if let Some(background) = &inner.background {
            match &account {
                Some(_) => background.start_if_signed_in().await,
                None => background.stop().await,
            }
        }
    }
    let Ok(status) = app.status().await else { return };
    if is_outside && status.pending > announced.pending {
        // Another process saved something. Only a rise counts: two windows would nudge each other for ever.
        app.nudge();
    }
    announced.pending = status.pending;
    let cycle = inner.background.as_ref().and_then(|background| background.state().last_report);
    let has_moved = cycle.as_ref().is_some_and(|report| report.tally.pushed + report.tally.pulled > 0);
    let (cycle_started_at, ended) = (cycle.as_ref().map(|report| report.started_at), cycle);
    let is_new_cycle = announced.cycle_started_at != cycle_started_at;
    announced.cycle_started_at = cycle_started_at;
    if let Some(report) = ended.filter(|_| is_new_cycle) {
        inner.events.send(AppEvent::CycleEnded(SyncView::from(&report.entry())));
    }
    let progress = |status: &StatusView| status.progress.clone();
    if (is_new_cycle && has_moved) || announced.status.as_ref().map(progress) != Some(progress(&status)) {
        inner.events.send(AppEvent::EntitiesChanged);
    }
    if announced.status.as_ref() != Some(&status) {
        announced.status = Some(status.clone());
        inner.events.send(AppEvent::StatusChanged(status));
    }
}
