//! What happens to laptops and to the server: networks, processes, disks, clocks, backups, models.
//!
//! Owns: causing it, and telling the ledger what an onlooker knows of it. Refuses: judging what follows.

use super::Run;
use crate::oracle::always::KEPT_MS;
use crate::oracle::ledger::Saved;
use crate::oracle::{Judged, always};
use crate::plan::deed::{At, Fate, Left, LostFile};
use serde_json::{Value, json};
use tidemark_model::EntityModel;
use tidemark_sim_disk::{Fault, PowerLoss, VFS_NAME};

impl From<Left> for PowerLoss {
    fn from(left: Left) -> Self {
        match left {
            Left::Synced => Self::DropUnsynced,
            Left::Some => Self::KeepRandomPart,
            Left::All => Self::KeepAll,
        }
    }
}

impl Run {
    fn fault(&self, kind: &str, of: impl std::fmt::Debug) {
        self.told.hit("fault", kind);
        self.told.tell(|| format!("  {kind} on {of:?}"));
    }

    /// Tells whether a laptop's disk does not do as it is told just now.
    pub(super) fn is_troubled(&self, at: usize) -> bool {
        let laptop = &self.laptops[at];
        laptop.troubled || laptop.was_read_only || !laptop.disk.is_on() || self.ledger.damaged.contains(&at)
    }

    pub(super) fn fates(&mut self, laptop: usize, fates: Vec<Fate>) -> Judged {
        self.laptops[laptop].network.foretell(fates);
        Ok(())
    }

    pub(super) fn down(&mut self, laptop: usize, down: bool) -> Judged {
        self.laptops[laptop].network.set_down(down);
        Ok(())
    }

    pub(super) async fn second(&mut self, laptop: usize, open: bool) -> Judged {
        if open {
            self.fault("L4", laptop);
            return self.open(laptop, 1).await;
        }
        self.laptops[laptop].close(1).await;
        Ok(())
    }

    pub(super) async fn close(&mut self, laptop: usize) -> Judged {
        for program in 0..2 {
            self.laptops[laptop].close(program).await;
        }
        self.open(laptop, 0).await
    }

    pub(super) async fn kill(&mut self, at: At) -> Judged {
        self.fault("P1", at);
        self.laptops[at.laptop].kill(at.process).await;
        self.open(at.laptop, 0).await
    }

    pub(super) async fn power_loss(&mut self, laptop: usize, left: Left) -> Judged {
        self.fault("D6", (laptop, left));
        self.stops += 1;
        let seed = self.stops;
        self.laptops[laptop].lose_power(left, seed).await;
        self.open(laptop, 0).await
    }

    pub(super) fn stop_after(&mut self, laptop: usize, operations: u64, left: Left) -> Judged {
        let laptop = &mut self.laptops[laptop];
        laptop.left = left;
        laptop.disk.fail_at(laptop.disk.operations() + 1 + operations, Fault::Stop);
        laptop.troubled = true;
        Ok(())
    }

    pub(super) fn full(&mut self, laptop: usize, full: bool) -> Judged {
        self.laptops[laptop].troubled = full;
        if full {
            self.fault("D1", laptop);
            self.laptops[laptop].disk.fail(Fault::Full);
        } else {
            self.laptops[laptop].disk.free();
        }
        Ok(())
    }

    pub(super) fn io_error(&mut self, laptop: usize, after: u64, lasts: bool) -> Judged {
        self.fault("D4", laptop);
        self.laptops[laptop].troubled = true;
        let disk = &self.laptops[laptop].disk;
        let fault = if lasts { Fault::ErrorAlways } else { Fault::ErrorOnce };
        disk.fail_at(disk.operations() + 1 + after, fault);
        Ok(())
    }

    pub(super) fn sync_error(&mut self, laptop: usize, after: u64) -> Judged {
        self.fault("D5", laptop);
        self.laptops[laptop].troubled = true;
        let disk = &self.laptops[laptop].disk;
        disk.fail_at(disk.operations() + 1 + after, Fault::SyncFails);
        Ok(())
    }

    /// With nothing open, so that what is read next comes from the disk.
    async fn shut(&mut self, laptop: usize) {
        for program in 0..2 {
            self.laptops[laptop].kill(program).await;
        }
    }

    pub(super) async fn flip(&mut self, laptop: usize, log: bool, at: u64) -> Judged {
        self.fault("D7", (laptop, log));
        self.shut(laptop).await;
        self.ledger.damaged.insert(laptop);
        let name = if log { "tidemark/outbox.log" } else { "tidemark/tidemark.db" };
        let disk = &self.laptops[laptop].disk;
        let length = disk.read_file(name).map_or(0, |file| file.len());
        if length > 0 {
            disk.flip(name, at as usize % length, (at % 8) as u8);
        }
        self.open(laptop, 0).await
    }

    pub(super) async fn lose_file(&mut self, laptop: usize, which: LostFile) -> Judged {
        self.fault("D10", (laptop, which));
        self.shut(laptop).await;
        self.ledger.damaged.insert(laptop);
        let name = match which {
            LostFile::WriteAheadLog => "tidemark.db-wal",
            LostFile::OutboxLog => "outbox.log",
            LostFile::Database => "tidemark.db",
        };
        let root = self.laptops[laptop].disk.process(0);
        let path = root.root().join("tidemark").join(name);
        let _ = tidemark_app::Disk::remove(&root, &path);
        self.open(laptop, 0).await
    }

    pub(super) async fn read_only(&mut self, laptop: usize) -> Judged {
        self.fault("D3", laptop);
        for program in 0..2 {
            self.laptops[laptop].close(program).await;
        }
        self.laptops[laptop].troubled = true;
        self.laptops[laptop].was_read_only = true;
        self.laptops[laptop].disk.fail(Fault::ReadOnly(String::new()));
        self.open(laptop, 0).await
    }

    /// A later program wrote the database (D9): this one leaves it alone. It comes back when the later one is there again.
    pub(super) async fn future(&mut self, laptop: usize) -> Judged {
        // After it was left properly: else the number counts as a flipped byte.
        self.open(laptop, 0).await?;
        if self.laptops[laptop].app(0).is_none() || self.is_troubled(laptop) {
            return Ok(());
        }
        for program in 0..2 {
            self.laptops[laptop].close(program).await;
        }
        let word = self.laptops[laptop].disk.read_file("tidemark/open.lock").unwrap_or_default();
        if !word.starts_with(b"clean") {
            return self.open(laptop, 0).await;
        }
        self.fault("D9", laptop);
        let file = self.laptops[laptop].database();
        let set = |version: i64| -> rusqlite::Result<i64> {
            let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let conn = rusqlite::Connection::open_with_flags_and_vfs(&file, flags, VFS_NAME)?;
            let was: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
            conn.pragma_update(None, "user_version", version)?;
            Ok(was)
        };
        let Ok(was) = set(999) else { return self.open(laptop, 0).await };
        let opened = self.laptops[laptop].open(0).await;
        let is_refused = opened.is_err();
        self.laptops[laptop].kill(0).await;
        let _ = set(was);
        if !is_refused {
            return crate::oracle::broken("D9", "a database of a later version was opened for writing");
        }
        self.open(laptop, 0).await
    }

    pub(super) async fn image(&mut self, laptop: usize) -> Judged {
        let edits = self.ledger.saved.len();
        self.laptops[laptop].take_image(edits).await;
        self.open(laptop, 0).await
    }

    pub(super) async fn put_image(&mut self, laptop: usize) -> Judged {
        let Some(image) = self.laptops[laptop].image.take() else { return Ok(()) };
        self.fault("L2", laptop);
        self.laptops[laptop].put_image(&image).await;
        let earlier = self.ledger.rolled_back.entry(laptop).or_insert(image.edits);
        *earlier = image.edits.min(*earlier);
        self.undo.retain(|(of, ..)| *of != laptop);
        self.screens.retain(|(of, _), _| of.laptop != laptop);
        self.exported.remove(&laptop);
        self.open(laptop, 0).await
    }

    /// A laptop's disk is copied to another one, whose own is gone.
    pub(super) async fn clone_disk(&mut self, from: usize, to: usize) -> Judged {
        if from == to || self.laptops[from].troubled || self.laptops[to].troubled {
            return Ok(());
        }
        self.fault("L1", (from, to));
        let edits = self.ledger.saved.len();
        let had = self.laptops[from].image.take();
        self.laptops[from].take_image(edits).await;
        let Some(image) = self.laptops[from].image.take() else { return Ok(()) };
        self.laptops[from].image = had;
        self.laptops[to].put_image(&image).await;
        self.ledger.close("the laptop it was on was set up anew", |saved| saved.writer == to && !saved.arrived);
        self.ledger.sees_as(to, from);
        self.ledger.copied.extend([from, to]);
        self.laptops[to].user = self.laptops[from].user;
        self.laptops[to].image = None;
        self.undo.retain(|(of, ..)| *of != to);
        self.screens.retain(|(of, _), _| of.laptop != to);
        self.exported.remove(&to);
        self.open(from, 0).await?;
        self.open(to, 0).await
    }

    pub(super) fn clock(&mut self, laptop: usize, ahead_ms: i64) -> Judged {
        self.fault(if ahead_ms < 0 { "C3" } else { "C1" }, (laptop, ahead_ms));
        self.laptops[laptop].clock.set(ahead_ms);
        Ok(())
    }

    pub(super) fn stop_clock(&mut self, laptop: usize, stopped: bool) -> Judged {
        self.fault("C5", laptop);
        self.laptops[laptop].clock.stop(stopped);
        Ok(())
    }

    pub(super) fn server_clock(&mut self, ahead_ms: i64) -> Judged {
        self.fault("C6", ahead_ms);
        self.shore.clock.set(ahead_ms);
        Ok(())
    }

    pub(super) async fn server_kill(&mut self, process: usize, left: Left) -> Judged {
        self.stops += 1;
        if left == Left::All {
            self.fault(if process == 0 { "P2" } else { "P3" }, process);
            self.shore.kill(process);
        } else {
            self.fault("P2", left);
            self.cut_server_power(left);
        }
        self.restart_server().await
    }

    fn cut_server_power(&mut self, left: Left) {
        self.stuck = None;
        self.shore.disk.power_loss(left.into(), self.stops);
        self.shore.kill_all();
        self.shore.disk.power_on();
    }

    async fn restart_server(&mut self) -> Judged {
        if let Err(error) = self.shore.start_all().await {
            self.told.tell(|| format!("  the server does not start: {error}"));
        }
        Ok(())
    }

    pub(super) fn server_stop_after(&mut self, operations: u64, left: Left) -> Judged {
        self.shore.set_left(left);
        let disk = &self.shore.disk;
        disk.fail_at(disk.operations() + 1 + operations, Fault::Stop);
        Ok(())
    }

    /// Starts again what stopped by itself.
    pub(super) async fn look_at_machines(&mut self) -> Judged {
        for operation in self.shore.disk.take_trace() {
            self.told.tell(|| format!("    server: {operation:?}"));
        }
        for at in 0..self.laptops.len() {
            if !self.laptops[at].disk.is_on() {
                let left = self.laptops[at].left;
                self.told.hit("stopped", "laptop");
                self.laptops[at].troubled = false;
                self.power_loss(at, left).await?;
            }
            if self.laptops[at].app(0).is_none() {
                self.open(at, 0).await?;
            }
        }
        if !self.shore.disk.is_on() {
            self.told.hit("stopped", "server");
            self.fault("P2", "in the midst");
            self.stops += 1;
            self.cut_server_power(self.shore.left());
            self.restart_server().await?;
        } else if !self.shore.is_whole() {
            self.restart_server().await?;
        }
        Ok(())
    }

    pub(super) fn server_full(&mut self, full: bool) -> Judged {
        if full {
            self.fault("D2", "server");
            self.shore.disk.fail(Fault::Full);
        } else {
            self.shore.disk.free();
        }
        Ok(())
    }

    pub(super) fn server_io_error(&mut self, after: u64) -> Judged {
        self.fault("D4", "server");
        let disk = &self.shore.disk;
        disk.trace(self.told.is_aloud());
        disk.fail_at(disk.operations() + 1 + after, Fault::ErrorOnce);
        Ok(())
    }

    /// A writer that stands still with the server's database locked (S13, P4).
    pub(super) fn server_locked(&mut self, locked: bool) -> Judged {
        self.stuck = None;
        if locked {
            self.fault("S13", "server");
            let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let conn = rusqlite::Connection::open_with_flags_and_vfs(self.shore.database(), flags, VFS_NAME);
            self.stuck = conn.ok().filter(|conn| conn.execute_batch("BEGIN IMMEDIATE").is_ok());
        }
        Ok(())
    }

    pub(super) async fn back_up(&mut self) -> Judged {
        let is_written = self.shore.back_up().await;
        self.told.tell(|| format!("  backup: {is_written}"));
        Ok(())
    }

    pub(super) async fn restore(&mut self) -> Judged {
        self.stuck = None;
        if let Ok(there) = always::server(self) {
            let has = |saved: &&mut Saved| there.contains(&saved.mark);
            self.ledger.saved.iter_mut().filter(has).for_each(|saved| saved.arrived = true);
        }
        match self.shore.restore().await {
            Ok(true) => {
                self.fault("S1", "server");
                self.ledger.is_restored = true;
                // What it has is looked at anew.
                let now_ms = self.time.now_ms();
                for saved in &mut self.ledger.saved {
                    // A device keeps what was confirmed for 30 days (docs/sync.md, DESIGN section 6).
                    if saved.arrived && now_ms - saved.at_ms > KEPT_MS {
                        saved.closed.get_or_insert("confirmed longer ago than a device keeps it");
                    }
                    saved.forgotten |= saved.arrived;
                    saved.arrived = false;
                }
            }
            Ok(false) => {}
            Err(error) => {
                self.told.tell(|| format!("  not restored: {error}"));
                return self.restart_server().await;
            }
        }
        Ok(())
    }

    pub(super) async fn purge(&mut self, days: u32) -> Judged {
        if self.shore.purge(days).await {
            self.fault("S2", days);
            self.ledger.is_purged = true;
        }
        Ok(())
    }

    pub(super) async fn model(&mut self, model: usize) -> Judged {
        self.fault("S3", model);
        if let Err(error) = self.shore.serve(document(model)).await {
            self.told.tell(|| format!("  the model is not served: {error}"));
            return self.restart_server().await;
        }
        Ok(())
    }

    pub(super) async fn revoke(&mut self, laptop: usize) -> Judged {
        self.fault("S5", laptop);
        let user = self.user(laptop).name();
        self.shore.revoke_all(user);
        self.tokens.remove(user);
        for at in 0..self.laptops.len() {
            if self.user(at).name() == user {
                self.sign_in(at).await?;
            }
        }
        Ok(())
    }
}

/// The models that the server of a run may have.
pub(super) fn document(model: usize) -> String {
    let mut document: Value = serde_json::from_str(EntityModel::default_document()).unwrap_or_default();
    let Some(schema) = document.get_mut("Tidemark").and_then(Value::as_object_mut) else { return String::new() };
    match model % 5 {
        1 => schema["TodoItem"]["Weather"] = json!({ "$Nullable": true, "$MaxLength": 50 }),
        2 => {
            schema.remove("Contact");
            if let Some(container) = schema["Container"].as_object_mut() {
                container.remove("Contacts");
            }
        }
        3 => drop(schema["Contact"].as_object_mut().map(|of| of.remove("Phone"))),
        4 => drop(schema["TodoItem"].as_object_mut().map(|of| of.remove("Assignee"))),
        _ => {}
    }
    document.to_string()
}
