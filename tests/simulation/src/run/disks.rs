//! What happens to a laptop's disk: it is full, fails, forgets, is damaged, copied or put back.
//!
//! Owns: causing it, and telling the ledger what an onlooker knows of it. Refuses: judging what follows.

use super::{Run, SETS};
use crate::oracle::ledger::Saved;
use crate::oracle::{Judged, always, eyes};
use crate::plan::deed::LostFile;
use std::collections::BTreeSet;
use tidemark_sim_disk::{Fault, VFS_NAME};

impl Run {
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
        // Where both copies of the same thing are altered, nothing is left to mend one by.
        if if log { self.ledger.damaged.contains(&laptop) } else { self.ledger.flipped.contains(&laptop) } {
            return Ok(());
        }
        self.fault("D7", (laptop, log));
        self.shut(laptop).await;
        let waiting = self.begin_damage(laptop);
        if log {
            self.ledger.flipped.insert(laptop);
        }
        let name = if log { "tidemark/outbox.log" } else { "tidemark/tidemark.db" };
        let disk = &self.laptops[laptop].disk;
        let length = disk.read_file(name).map_or(0, |file| file.len());
        if length > 0 {
            disk.flip(name, at as usize % length, (at % 8) as u8);
        }
        self.open(laptop, 0).await?;
        self.lost_on_both_sides(laptop, &waiting);
        Ok(())
    }

    /// Returns the marks that wait on a laptop that is about to be damaged: those it must have afterwards, too.
    fn begin_damage(&mut self, laptop: usize) -> BTreeSet<String> {
        self.ledger.damaged.insert(laptop);
        let seen = eyes::look(&self.laptops[laptop].database()).unwrap_or_default();
        let of = |wanted: &dyn Fn(&str) -> bool| seen.of(wanted).map(str::to_owned).collect::<BTreeSet<_>>();
        let waiting = of(&|table| table == "pending");
        // What a decision put aside is kept in the database alone, however long the log still has it.
        let has_policies = self.ledger.has_policies;
        let decided = of(&|table| table == "history" || has_policies && table == "history by policy");
        let shown = of(&|table| table.starts_with("records_") || table == "conflict");
        let is_aside = |mark: &String| decided.contains(mark) && !waiting.contains(mark) && !shown.contains(mark);
        self.ledger.close("put aside by a decision, and kept", |saved| saved.writer == laptop && is_aside(&saved.mark));
        waiting
    }

    /// Closes what a server had that was put back, and a laptop that is damaged: that were the only two copies.
    pub(super) fn lost_on_both_sides(&mut self, laptop: usize, waiting: &BTreeSet<String>) {
        let Ok(seen) = eyes::look(&self.laptops[laptop].database()) else { return };
        let here = seen.all();
        let is_gone = |saved: &Saved| saved.writer == laptop && saved.forgotten && !saved.arrived;
        self.ledger.close("on a damaged disk and on a server that was put back", |saved| {
            is_gone(saved) && !waiting.contains(&saved.mark) && !here.contains(&saved.mark)
        });
    }

    /// A byte of a record's text is another: the database reads it without complaint, and only the server knows better.
    pub(super) async fn alter(&mut self, laptop: usize) -> Judged {
        self.fault("D7", (laptop, "text"));
        self.shut(laptop).await;
        self.begin_damage(laptop);
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let altered = rusqlite::Connection::open_with_flags_and_vfs(self.laptops[laptop].database(), flags, VFS_NAME)
            .and_then(|conn| {
                for (set, properties) in SETS {
                    let text = properties[0];
                    conn.execute(
                        &format!(
                            "UPDATE \"records_{set}\" SET \"{text}\" = \"{text}\" || '~' WHERE \"Id\" NOT IN (SELECT id FROM pending)"
                        ),
                        [],
                    )?;
                }
                Ok(())
            });
        self.told.tell(|| format!("  altered: {altered:?}"));
        self.open(laptop, 0).await
    }

    pub(super) async fn lose_file(&mut self, laptop: usize, which: LostFile) -> Judged {
        // Both of what keep each other from being lost, and nothing done in between that would notice: nobody promises that.
        if which == LostFile::Database && self.ledger.flipped.contains(&laptop) {
            return Ok(());
        }
        self.fault("D10", (laptop, which));
        self.shut(laptop).await;
        let waiting = self.begin_damage(laptop);
        let name = match which {
            LostFile::WriteAheadLog => "tidemark.db-wal",
            LostFile::OutboxLog => "outbox.log",
            LostFile::Database => "tidemark.db",
        };
        let root = self.laptops[laptop].disk.process(0);
        let path = root.root().join("tidemark").join(name);
        let _ = tidemark_app::Disk::remove(&root, &path);
        self.open(laptop, 0).await?;
        self.lost_on_both_sides(laptop, &waiting);
        Ok(())
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
        let there = always::server(self).unwrap_or_default();
        let is_unsent = |saved: &&Saved| saved.writer == laptop && !there.contains(&saved.mark);
        let unsent = self.ledger.saved.iter().filter(is_unsent).map(|saved| saved.mark.clone()).collect();
        self.ledger.imaged.insert(laptop, unsent);
        self.open(laptop, 0).await
    }

    pub(super) async fn put_image(&mut self, laptop: usize) -> Judged {
        let Some(image) = self.laptops[laptop].image.take() else { return Ok(()) };
        self.fault("L2", laptop);
        self.laptops[laptop].put_image(&image).await;
        self.laptops[laptop].network.onlooker.awaits_nothing();
        let earlier = self.ledger.rolled_back.entry(laptop).or_insert(image.edits);
        *earlier = image.edits.min(*earlier);
        self.ledger.unsent_then.extend(self.ledger.imaged.remove(&laptop).unwrap_or_default());
        self.undo.retain(|answered| answered.laptop != laptop);
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
        self.laptops[to].network.onlooker.awaits_nothing();
        self.ledger.close("the laptop it was on was set up anew", |saved| saved.writer == to && !saved.arrived);
        self.ledger.sees_as(to, from);
        self.ledger.copied.extend([from, to]);
        self.laptops[to].user = self.laptops[from].user;
        self.laptops[to].image = None;
        self.undo.retain(|answered| answered.laptop != to);
        self.screens.retain(|(of, _), _| of.laptop != to);
        self.exported.remove(&to);
        self.open(from, 0).await?;
        self.open(to, 0).await
    }
}
