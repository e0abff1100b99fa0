//! A laptop of a world: its disk, its clock, its network, the programs that are open on it.
//!
//! Owns: opening, closing, killing and cutting the power; images of the disk. Refuses: what its user does (`run`).

use super::chance::Chance;
use super::network::Network;
use super::seat::Seat;
use super::time::{MachineClock, Standstill, Time, Waiting};
use crate::plan::deed::{Left, User};
use std::path::PathBuf;
use std::sync::Arc;
use tidemark_app::{App, AppError, Host, Ports};
use tidemark_sim_disk::{PowerLoss, SimDisk, Snapshot};
use tidemark_sync::{LockFiles, Routes};
use tokio::task::JoinHandle;

/// A program that is open.
pub(crate) struct Program {
    pub(crate) app: App,
    number: u32,
    /// Whether it stands still.
    pub(crate) standstill: Arc<Standstill>,
    /// A cycle that somebody asked for and does not wait for.
    pub(crate) syncing: Option<JoinHandle<()>>,
}

/// An image of a disk, and how many edits of all there were when it was taken.
#[derive(Clone)]
pub(crate) struct Image {
    disk: Snapshot,
    pub(crate) edits: usize,
}

/// A laptop.
pub(crate) struct Laptop {
    pub(crate) disk: SimDisk,
    pub(crate) clock: Arc<MachineClock>,
    pub(crate) network: Arc<Network>,
    chance: Arc<Chance>,
    background: bool,
    name: String,
    started: u32,
    /// The window, and a second program on the same folder.
    pub(crate) programs: [Option<Program>; 2],
    /// By which of its names its user calls the server.
    pub(crate) address: usize,
    /// Who is signed in, as its user knows.
    pub(crate) user: User,
    pub(crate) image: Option<Image>,
    /// What is left where the machine stops by itself.
    pub(crate) left: Left,
    /// Whether its disk does not do as it is told just now.
    pub(crate) troubled: bool,
    /// Whether it was opened while nothing could be written.
    pub(crate) was_read_only: bool,
}

/// Routes that never change: a laptop learns that the network is back by trying.
struct Still;

impl Routes for Still {
    fn fingerprint(&self) -> String {
        String::new()
    }
}

impl Laptop {
    pub(crate) fn new(
        at: usize,
        disk: SimDisk,
        time: &Arc<Time>,
        network: Arc<Network>,
        seed: u64,
        background: bool,
        user: User,
    ) -> Self {
        Self {
            disk,
            clock: MachineClock::new(time),
            network,
            chance: Arc::new(Chance::new(seed)),
            background,
            name: format!("laptop {at}"),
            started: 0,
            programs: [None, None],
            address: 0,
            user,
            image: None,
            left: Left::All,
            troubled: false,
            was_read_only: false,
        }
    }

    /// Returns the folder, as somebody sees it who is no program of the laptop.
    pub(crate) fn folder(&self) -> PathBuf {
        self.disk.root().join("tidemark")
    }

    /// Returns the file of the offline database.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder().join("tidemark.db")
    }

    pub(crate) fn is_background(&self) -> bool {
        self.background
    }

    pub(crate) fn chance(&self) -> &Chance {
        &self.chance
    }

    /// Opens a program, where it is not open.
    pub(crate) async fn open(&mut self, program: usize) -> Result<(), AppError> {
        if self.programs[program].is_some() {
            return Ok(());
        }
        self.started += 1;
        self.network.renew();
        let view = self.disk.process(self.started);
        let folder = view.root().join("tidemark");
        let disk = Arc::new(view);
        let standstill = Arc::new(Standstill::default());
        let worker = tidemark_sync::Ports {
            clock: self.clock.clone(),
            timer: Arc::new(Waiting(standstill.clone())),
            entropy: self.chance.clone(),
            transport: Seat::new(&self.network, self.started, &standstill),
            guard: Arc::new(LockFiles::on(disk.clone())),
            routes: Arc::new(Still),
        };
        let ports = Ports { ids: self.chance.clone(), disk, worker };
        let host =
            Host { background: self.background && program == 0, device: Some(self.name.clone()), ..Host::default() };
        let app = App::open_with(&folder, host, ports).await?;
        self.programs[program] = Some(Program { app, number: self.started, standstill, syncing: None });
        Ok(())
    }

    /// Returns a program that is open.
    pub(crate) fn app(&self, program: usize) -> Option<&App> {
        self.programs[program].as_ref().map(|program| &program.app)
    }

    /// Stops a program where it is, as SIGSTOP does.
    pub(crate) fn stop(&self, program: usize) {
        if let Some(program) = &self.programs[program] {
            program.standstill.begin();
            self.network.onlooker.is_gone(program.number);
        }
    }

    /// Closes a program properly.
    pub(crate) async fn close(&mut self, program: usize) {
        if let Some(mut program) = self.programs[program].take() {
            self.network.onlooker.is_gone(program.number);
            if let Some(syncing) = program.syncing.take() {
                syncing.abort();
                let _ = syncing.await;
            }
        }
    }

    /// Ends a program as `kill -9` does.
    pub(crate) async fn kill(&mut self, program: usize) {
        if let Some(mut program) = self.programs[program].take() {
            self.disk.kill(program.number);
            self.network.onlooker.is_gone(program.number);
            self.network.onlooker.excuse();
            if let Some(syncing) = program.syncing.take() {
                syncing.abort();
                let _ = syncing.await;
            }
        }
    }

    /// Cuts the power.
    pub(crate) async fn lose_power(&mut self, left: Left, seed: u64) {
        let mode = match left {
            Left::Synced => PowerLoss::DropUnsynced,
            Left::Some => PowerLoss::KeepRandomPart,
            Left::All => PowerLoss::KeepAll,
        };
        self.disk.power_loss(mode, seed);
        for program in 0..self.programs.len() {
            self.kill(program).await;
        }
        self.disk.power_on();
    }

    /// Takes an image of the disk, with nothing open.
    pub(crate) async fn take_image(&mut self, edits: usize) {
        for program in 0..self.programs.len() {
            self.close(program).await;
        }
        self.image = Some(Image { disk: self.disk.snapshot(), edits });
    }

    /// Puts an image in the place of the disk.
    pub(crate) async fn put_image(&mut self, image: &Image) {
        for program in 0..self.programs.len() {
            self.kill(program).await;
        }
        self.disk.restore(&image.disk);
    }
}
