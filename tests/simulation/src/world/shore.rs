//! The server of a world: one database, some processes on it, and what its administrator does.
//!
//! Owns: opening, killing and asking processes of the real service. Refuses: the network in between (`network`).

use super::chance::Chance;
use super::time::{MachineClock, Time, http_date};
use crate::plan::deed::{Left, User};
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::HeaderValue;
use http::header::DATE;
use http_body_util::BodyExt as _;
use rusqlite::{Connection, OpenFlags};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tidemark_model::EntityModel;
use tidemark_model::ports::Clock as _;
use tidemark_server::{Ports, Service, ServiceError};
use tidemark_sim_disk::{Process as View, SimDisk, VFS_NAME};
use tidemark_sync::{Request, Response};
use tokio::sync::Notify;
use tower::ServiceExt as _;

/// Where the server seems to be, and another server.
pub(crate) const ROOT: &str = "http://tidemark.example";
/// Other names that it has.
pub(crate) const NAMES: [&str; 3] = [ROOT, "http://tidemark.example:80", "http://records.example"];

/// One process.
pub(crate) struct Process {
    number: u32,
    service: Service,
    router: Router,
    dead: AtomicBool,
    gone: Notify,
}

impl Process {
    /// Returns what it serves.
    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    /// Tells whether it was killed.
    pub(crate) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::Acquire)
    }

    /// Waits until it is killed.
    pub(crate) async fn gone(&self) {
        let gone = self.gone.notified();
        if !self.is_dead() {
            gone.await;
        }
    }
}

/// The server.
pub(crate) struct Shore {
    pub(crate) disk: SimDisk,
    pub(crate) clock: Arc<MachineClock>,
    chance: Arc<Chance>,
    processes: Mutex<Vec<Option<Arc<Process>>>>,
    model: Mutex<String>,
    started: AtomicU32,
    next: AtomicUsize,
    /// The backup that was taken last.
    backup: Mutex<Option<String>>,
    backups: AtomicUsize,
    /// How often a backup was put back.
    restores: AtomicUsize,
    /// What is left where the machine stops by itself.
    left: Mutex<Left>,
}

/// Why a request has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// There is no process.
    Nobody,
    /// The process died over it.
    Died,
}

impl Shore {
    pub(crate) fn new(disk: SimDisk, time: &Arc<Time>, seed: u64) -> Arc<Self> {
        Arc::new(Self {
            disk,
            clock: MachineClock::new(time),
            chance: Arc::new(Chance::new(seed)),
            processes: Mutex::default(),
            model: Mutex::new(EntityModel::default_document().to_owned()),
            started: AtomicU32::new(0),
            next: AtomicUsize::new(0),
            backup: Mutex::default(),
            backups: AtomicUsize::new(0),
            restores: AtomicUsize::new(0),
            left: Mutex::new(Left::All),
        })
    }

    fn all(&self) -> MutexGuard<'_, Vec<Option<Arc<Process>>>> {
        self.processes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ports(&self, disk: View) -> Ports {
        Ports {
            clock: self.clock.clone(),
            ids: self.chance.clone(),
            secrets: self.chance.clone(),
            disk: Arc::new(disk),
        }
    }

    /// Returns the disk as a new process sees it, and the database on it.
    fn view(&self) -> (View, String) {
        let disk = self.disk.process(self.started.fetch_add(1, Ordering::Relaxed) + 1);
        let database = format!("sqlite:{}", disk.root().join("records.db").display());
        (disk, database)
    }

    /// Starts a process in a place; whatever was there is replaced.
    pub(crate) async fn start(&self, place: usize) -> Result<(), ServiceError> {
        let (disk, database) = self.view();
        let document = self.model.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let model = EntityModel::to_serve(&document).expect("the models of a run are models");
        let number = disk.number();
        let service = Service::open(&database, model, self.ports(disk)).await?;
        let router = service.router();
        let process = Arc::new(Process { number, service, router, dead: AtomicBool::new(false), gone: Notify::new() });
        let mut all = self.all();
        if all.len() <= place {
            all.resize_with(place + 1, || None);
        }
        all[place] = Some(process);
        Ok(())
    }

    /// Starts every process that is not there.
    pub(crate) async fn start_all(&self) -> Result<(), ServiceError> {
        let gone: Vec<usize> =
            self.all().iter().enumerate().filter(|(_, process)| process.is_none()).map(|(place, _)| place).collect();
        for place in gone {
            self.start(place).await?;
        }
        Ok(())
    }

    /// Ends a process as `kill -9` does: nothing that it would do at its end is done.
    pub(crate) fn kill(&self, place: usize) -> bool {
        let process = self.all().get_mut(place).and_then(Option::take);
        let Some(process) = process else { return false };
        // First the disk: closing properly would write.
        self.disk.kill(process.number);
        process.dead.store(true, Ordering::Release);
        process.gone.notify_waiters();
        process.service.stop();
        true
    }

    /// Ends every process.
    pub(crate) fn kill_all(&self) {
        let places = self.all().len();
        for place in 0..places {
            self.kill(place);
        }
    }

    /// Tells whether a process runs in each place.
    pub(crate) fn is_whole(&self) -> bool {
        self.all().iter().all(Option::is_some)
    }

    /// Returns a process that runs.
    pub(crate) fn someone(&self) -> Option<Arc<Process>> {
        let all = self.all();
        let from = self.next.fetch_add(1, Ordering::Relaxed);
        (0..all.len()).find_map(|step| all[(from + step) % all.len()].clone())
    }

    /// Has a process answer a request.
    pub(crate) async fn ask(&self, request: Request) -> Result<Response, NoAnswer> {
        let process = self.someone().ok_or(NoAnswer::Nobody)?;
        let bytes_sent = (request.body.len() + request.url.len() + 100) as u64;
        let answer = process.router.clone().oneshot(carried(request)).await;
        let Ok(answer) = answer;
        let (mut head, body) = answer.into_parts();
        head.headers.insert(DATE, self.date());
        let body = body.collect().await.map_or_else(|_| Bytes::new(), |body| body.to_bytes());
        if process.dead.load(Ordering::Acquire) || !self.disk.is_on() {
            return Err(NoAnswer::Died);
        }
        let bytes_received = body.len() as u64 + 100;
        Ok(Response { status: head.status.as_u16(), headers: head.headers, body, bytes_sent, bytes_received })
    }

    /// Returns what the server's connections write into each answer: the time by the server's clock.
    pub(crate) fn date(&self) -> HeaderValue {
        http_date(self.clock_ms()).parse().unwrap_or(HeaderValue::from_static(""))
    }

    /// Follows a stream of a process's until it ends.
    pub(crate) async fn follow(
        &self,
        request: Request,
        on_event: &(dyn for<'s> Fn(&'s str) + Send + Sync),
    ) -> Result<(), NoAnswer> {
        let process = self.someone().ok_or(NoAnswer::Nobody)?;
        let Ok(answer) = process.router.clone().oneshot(carried(request)).await;
        let mut body = answer.into_body();
        while let Some(Ok(frame)) = body.frame().await {
            if process.dead.load(Ordering::Acquire) {
                return Err(NoAnswer::Died);
            }
            let text = String::from_utf8_lossy(frame.data_ref().map_or(&[][..], |piece| &piece[..])).into_owned();
            text.lines().filter_map(|line| line.strip_prefix("data:")).for_each(|line| on_event(line.trim()));
        }
        Ok(())
    }

    /// Makes accounts, and returns a token of each, which is no device's.
    pub(crate) async fn people(&self) -> BTreeMap<&'static str, Vec<String>> {
        let process = self.someone().expect("a process runs");
        let mut made = BTreeMap::new();
        for user in [User::Ana, User::Ben, User::Eve] {
            let token = process.service.add_user(user.name(), user.workspace(), None).await.expect("an account");
            made.insert(user.name(), vec![token]);
        }
        made
    }

    /// Returns one more token, of a device.
    pub(crate) async fn token(&self, user: &str, device: Option<&str>) -> Option<String> {
        self.someone()?.service.add_token(user, device).await.ok()
    }

    /// Takes every token of an account away, as an administrator does.
    pub(crate) fn revoke_all(&self, user: &str) {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let revoked = Connection::open_with_flags_and_vfs(self.database(), flags, VFS_NAME).and_then(|conn| {
            conn.execute("DELETE FROM token WHERE account = (SELECT no FROM account WHERE name = ?1)", [user])
        });
        // A server that is just being restored keeps them.
        drop(revoked);
    }

    /// Returns the time that the server's clock shows.
    pub(crate) fn clock_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    pub(crate) fn set_left(&self, left: Left) {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) = left;
    }

    pub(crate) fn left(&self) -> Left {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a backup; tells whether it was written.
    pub(crate) async fn back_up(&self) -> bool {
        let Some(process) = self.someone() else { return false };
        let name = format!("backup-{}.db", self.backups.fetch_add(1, Ordering::Relaxed));
        let target = self.disk.process(process.number).root().join(&name);
        let is_written = process.service.back_up(&target).await.is_ok();
        if is_written {
            *self.backup.lock().unwrap_or_else(PoisonError::into_inner) = Some(name);
        }
        is_written
    }

    /// Puts the last backup back, with nobody serving; tells whether there was one.
    pub(crate) async fn restore(&self) -> Result<bool, ServiceError> {
        let Some(backup) = self.backup.lock().unwrap_or_else(PoisonError::into_inner).clone() else {
            return Ok(false);
        };
        let places = self.all().len();
        self.kill_all();
        let (disk, database) = self.view();
        let backup = disk.root().join(backup);
        Service::restore(&database, &backup, &self.ports(disk))?;
        self.restores.fetch_add(1, Ordering::Relaxed);
        for place in 0..places {
            self.start(place).await?;
        }
        Ok(true)
    }

    /// Returns how often a backup was put back.
    pub(crate) fn restores(&self) -> usize {
        self.restores.load(Ordering::Relaxed)
    }

    /// Drops the content of old tombstones.
    pub(crate) async fn purge(&self, days: u32) -> bool {
        let Some(process) = self.someone() else { return false };
        process.service.drop_tombstones(days).await.is_ok()
    }

    /// Serves another model from now on, each process in its turn.
    pub(crate) async fn serve(&self, document: String) -> Result<(), ServiceError> {
        *self.model.lock().unwrap_or_else(PoisonError::into_inner) = document;
        let places = self.all().len();
        for place in 0..places {
            self.kill(place);
            self.start(place).await?;
        }
        Ok(())
    }

    /// Returns the database's path, as an onlooker sees it.
    pub(crate) fn database(&self) -> PathBuf {
        self.disk.root().join("records.db")
    }
}

/// Returns the host and the path of a URL, with its question.
pub(crate) fn parted(url: &str) -> (&str, &str) {
    let below = url.strip_prefix("http://").unwrap_or(url);
    below.find('/').map_or((below, "/"), |at| below.split_at(at))
}

fn carried(request: Request) -> http::Request<Body> {
    let (host, path) = parted(&request.url);
    let mut carried = http::Request::builder().method(request.method).uri(path).header("host", host);
    for (name, value) in request.headers {
        carried = carried.header(name, value);
    }
    let length = request.body.len();
    carried.header("content-length", length).body(Body::from(request.body)).unwrap_or_default()
}
