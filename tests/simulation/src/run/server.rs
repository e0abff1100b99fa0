//! What happens to the server: its processes, power, disk, clock, backups, model and tokens.
//!
//! Owns: causing it, and telling the ledger what an onlooker knows of it. Refuses: judging what follows.

use super::Run;
use crate::oracle::always::KEPT_MS;
use crate::oracle::ledger::Saved;
use crate::oracle::{Judged, always};
use crate::plan::deed::Left;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tidemark_model::EntityModel;
use tidemark_sim_disk::{Fault, VFS_NAME};

impl Run {
    pub(super) fn server_clock(&mut self, ahead_ms: i64) -> Judged {
        self.fault("C6", ahead_ms);
        self.shore.clock.set(ahead_ms);
        self.ledger.has_wrong_clocks |= ahead_ms != 0;
        self.ledger.timed.clear();
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

    pub(super) fn cut_server_power(&mut self, left: Left) {
        self.stuck = None;
        self.shore.disk.power_loss(left.into(), self.stops);
        self.shore.kill_all();
        self.shore.disk.power_on();
    }

    pub(super) async fn restart_server(&mut self) -> Judged {
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
                for laptop in self.ledger.damaged.clone() {
                    self.lost_on_both_sides(laptop, &BTreeSet::new());
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
        let purged = self.shore.purge(days).await;
        if purged {
            self.fault("S2", days);
        }
        // Where the server stops in the midst it may have come to pass.
        self.ledger.is_purged |= purged || !self.shore.disk.is_on();
        Ok(())
    }

    pub(super) async fn model(&mut self, model: usize) -> Judged {
        self.fault("S3", model);
        self.ledger.has_models = true;
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
    match model % 6 {
        1 => schema["TodoItem"]["Weather"] = json!({ "$Nullable": true, "$MaxLength": 50 }),
        2 => {
            schema.remove("Contact");
            // A site leads to its contacts.
            drop(schema["Site"].as_object_mut().map(|of| of.remove("Contacts")));
            if let Some(container) = schema["Container"].as_object_mut() {
                container.remove("Contacts");
            }
        }
        3 => drop(schema["Contact"].as_object_mut().map(|of| of.remove("Phone"))),
        // What stands everywhere is longer.
        5 => schema["TodoItem"]["Title"]["$MaxLength"] = json!(8),
        4 => drop(schema["TodoItem"].as_object_mut().map(|of| of.remove("Assignee"))),
        _ => {}
    }
    document.to_string()
}
