//! One laptop of a life: its data dir, the app on it, its network and its clock.
//!
//! Owns: opening and closing the app, and images of the disk. Refuses: what the laptop's user does (`life`).

use crate::clock::WrongClock;
use crate::weather::Network;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use tidemark_app::{App, Host, Ports, SystemDisk, SystemEntropy, SystemIds, SystemTimer};
use tidemark_sync::{LockFiles, SystemRoutes};

/// A laptop; it is closed when dropped.
pub(crate) struct Laptop {
    dir: TempDir,
    app: Option<App>,
    pub(crate) network: Arc<Network>,
    pub(crate) clock: Arc<WrongClock>,
    /// Who is signed in.
    pub(crate) user: &'static str,
    /// The image of the disk, and how many edits of all there were when it was taken.
    image: Option<(TempDir, usize)>,
}

impl Laptop {
    /// Opens a new laptop.
    pub(crate) async fn new(user: &'static str) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let mut laptop = Self { dir, app: None, network: Network::new(), clock: Arc::default(), user, image: None };
        laptop.app = Some(laptop.another_process().await);
        laptop
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Returns the app.
    pub(crate) fn app(&self) -> &App {
        self.app.as_ref().expect("it is open between events")
    }

    /// Opens the same data dir once more, as a second window or `tidemark` beside the window does.
    pub(crate) async fn another_process(&self) -> App {
        open(self.dir.path().to_owned(), self.network.clone(), self.clock.clone()).await
    }

    /// Opens the same data dir once more, with a network of its own that works.
    pub(crate) fn another_process_later(&self) -> impl Future<Output = App> + Send + use<> {
        open(self.dir.path().to_owned(), Network::new(), self.clock.clone())
    }

    /// Closes the app and opens it again.
    pub(crate) async fn restart(&mut self) {
        self.app = None;
        self.app = Some(self.another_process().await);
    }

    /// Takes an image of the disk.
    pub(crate) async fn take_image(&mut self, edits: usize) {
        self.app = None;
        let copy = tempfile::tempdir().expect("a temporary folder");
        copy_files(self.dir.path(), copy.path());
        self.image = Some((copy, edits));
        self.app = Some(self.another_process().await);
    }

    /// Puts the image back in the place of the disk; returns how many edits there were when it was taken.
    pub(crate) async fn put_image_back(&mut self) -> Option<usize> {
        let (copy, edits) = self.image.take()?;
        self.app = None;
        for entry in std::fs::read_dir(self.dir.path()).expect("the folder is there").flatten() {
            std::fs::remove_file(entry.path()).expect("a file is removed");
        }
        copy_files(copy.path(), self.dir.path());
        self.app = Some(self.another_process().await);
        Some(edits)
    }

    /// Forgets the image: another account's disk is nobody's backup.
    pub(crate) fn forget_image(&mut self) {
        self.image = None;
    }
}

async fn open(dir: PathBuf, network: Arc<Network>, clock: Arc<WrongClock>) -> App {
    let (timer, ids, entropy) = (Arc::new(SystemTimer), Arc::new(SystemIds), Arc::new(SystemEntropy));
    let worker = tidemark_sync::Ports {
        clock,
        timer,
        entropy,
        transport: network,
        guard: Arc::new(LockFiles::on(Arc::new(SystemDisk))),
        routes: Arc::new(SystemRoutes),
    };
    let ports = Ports { ids, disk: Arc::new(SystemDisk), worker };
    App::open_with(&dir, Host::once(), ports).await.expect("the app opens")
}

fn copy_files(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("the folder is there").flatten() {
        std::fs::copy(entry.path(), to.join(entry.file_name())).expect("a file is copied");
    }
}
