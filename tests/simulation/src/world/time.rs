//! The time of a world: tokio's paused clock, and what each machine believes it is.
//!
//! Owns: virtual time, wrong clocks, waiting. Refuses: the machine's own clock, which nothing in a run may ask.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;
use tidemark_model::ports::{Clock, Timer, Wait};
use tokio::time::Instant;

/// When every world begins, Unix milliseconds UTC.
pub(crate) const BEGIN_MS: i64 = 1_700_000_000_000;

/// The true time of a world.
#[derive(Debug)]
pub(crate) struct Time {
    began: Instant,
    /// What was passed over: on a wire every moment is played, so that a week would take hours.
    skipped_ms: AtomicU64,
}

/// The most of a wait that is played on a wire.
const PLAYED: Duration = Duration::from_secs(2);

impl Time {
    /// Begins; on a runtime whose time is paused.
    #[expect(clippy::disallowed_methods, reason = "the clock of the runtime, which is paused: virtual time")]
    pub(crate) fn begin() -> Arc<Self> {
        Arc::new(Self { began: Instant::now(), skipped_ms: AtomicU64::new(0) })
    }

    /// Returns the milliseconds since the world began.
    pub(crate) fn passed_ms(&self) -> u64 {
        // Each host of a wire has a clock of its own; the wire's is everybody's.
        let played = turmoil::sim_elapsed().unwrap_or_else(|| self.began.elapsed());
        played.as_millis() as u64 + self.skipped_ms.load(Ordering::Relaxed)
    }

    /// Lets virtual time pass between two deeds: laptops may sleep meanwhile.
    pub(crate) async fn pass(&self, duration: Duration) {
        let played = if turmoil::in_simulation() { duration.min(PLAYED) } else { duration };
        self.skipped_ms.fetch_add((duration - played).as_millis() as u64, Ordering::Relaxed);
        pass(played).await;
    }

    /// Returns the true time.
    pub(crate) fn now_ms(&self) -> i64 {
        BEGIN_MS + self.passed_ms() as i64
    }
}

/// A machine's clock, which may be wrong.
#[derive(Debug)]
pub(crate) struct MachineClock {
    time: Arc<Time>,
    ahead_ms: AtomicI64,
    /// What it stands at; `i64::MIN` while it goes.
    stands_at: AtomicI64,
}

impl MachineClock {
    pub(crate) fn new(time: &Arc<Time>) -> Arc<Self> {
        let (ahead_ms, stands_at) = (AtomicI64::new(0), AtomicI64::new(i64::MIN));
        Arc::new(Self { time: time.clone(), ahead_ms, stands_at })
    }

    /// Sets it ahead of the true time.
    pub(crate) fn set(&self, ahead_ms: i64) {
        self.ahead_ms.store(ahead_ms, Ordering::Relaxed);
    }

    /// Stops it where it is, or lets it go again.
    pub(crate) fn stop(&self, stopped: bool) {
        let at = if stopped { self.now_ms() } else { i64::MIN };
        self.stands_at.store(at, Ordering::Relaxed);
    }
}

impl Clock for MachineClock {
    fn now_ms(&self) -> i64 {
        match self.stands_at.load(Ordering::Relaxed) {
            i64::MIN => self.time.now_ms().saturating_add(self.ahead_ms.load(Ordering::Relaxed)),
            stands_at => stands_at,
        }
    }

    fn monotonic_ms(&self) -> u64 {
        self.time.passed_ms()
    }
}

/// A program that stands still, as a stopped process does: nothing that it waits for comes to it (P4).
#[derive(Debug, Default)]
pub(crate) struct Standstill(AtomicBool);

impl Standstill {
    pub(crate) fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Comes back at once, or never.
    pub(crate) async fn pass(&self) {
        if self.0.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    }
}

/// A program's waiting in virtual time.
#[derive(Clone, Debug)]
pub(crate) struct Waiting(pub(crate) Arc<Standstill>);

impl Timer for Waiting {
    fn sleep(&self, duration: Duration) -> Wait {
        let standstill = self.0.clone();
        Box::pin(async move {
            pass(duration).await;
            standstill.pass().await;
        })
    }
}

/// Lets virtual time pass.
#[expect(clippy::disallowed_methods, reason = "the timer of the runtime, whose time is paused: virtual time")]
pub(crate) async fn pass(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// Writes a date as HTTP does (RFC 9110, 5.6.7).
pub(crate) fn http_date(at_ms: i64) -> String {
    let seconds = at_ms.max(0) / 1_000;
    let (days, left) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Days to a date of the civil calendar: 1970-01-01 is day 719468 since 0000-03-01.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][days.rem_euclid(7) as usize];
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let name = months[(month - 1) as usize];
    let (hour, minute, second) = (left / 3600, left / 60 % 60, left % 60);
    format!("{weekday}, {day:02} {name} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}
