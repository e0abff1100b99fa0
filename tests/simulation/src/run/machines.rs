//! What happens to laptops: networks, processes, power, clocks.
//!
//! Owns: causing it, and starting again what stopped by itself. Refuses: what their disks do (`disks`), the server (`server`),
//! and judging what follows.

use super::Run;
use crate::oracle::Judged;
use crate::plan::deed::{At, Left};
use crate::plan::fate::Fate;
use tidemark_sim_disk::{Fault, PowerLoss};

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
    pub(super) fn fault(&self, kind: &str, of: impl std::fmt::Debug) {
        self.told.hit("fault", kind);
        self.told.tell(|| format!("  {kind} on {of:?}"));
    }

    /// Tells whether a laptop's disk does not do as it is told just now.
    pub(crate) fn is_troubled(&self, at: usize) -> bool {
        let laptop = &self.laptops[at];
        laptop.troubled || laptop.was_read_only || !laptop.disk.is_on() || self.ledger.damaged.contains(&at)
    }

    pub(super) fn fates(&mut self, laptop: usize, fates: Vec<Fate>) -> Judged {
        if fates.contains(&Fate::OldAnswer) {
            self.ledger.told_an_old_time.insert(laptop);
        }
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

    pub(super) fn stand_still(&mut self, laptop: usize) -> Judged {
        self.fault("P4", laptop);
        self.laptops[laptop].stop(1);
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

    pub(super) fn clock(&mut self, laptop: usize, ahead_ms: i64) -> Judged {
        self.fault(if ahead_ms < 0 { "C3" } else { "C1" }, (laptop, ahead_ms));
        self.laptops[laptop].clock.set(ahead_ms);
        self.ledger.has_wrong_clocks = true;
        self.ledger.timed.remove(&laptop);
        self.laptops[laptop].network.onlooker.excuse();
        Ok(())
    }

    pub(super) fn stop_clock(&mut self, laptop: usize, stopped: bool) -> Judged {
        self.fault("C5", laptop);
        self.laptops[laptop].clock.stop(stopped);
        self.ledger.has_wrong_clocks = true;
        self.ledger.timed.remove(&laptop);
        self.laptops[laptop].network.onlooker.excuse();
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
                self.laptops[at].disk.free();
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
}
