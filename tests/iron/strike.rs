//! One kill: work is begun, stands still at its phase, and whoever is meant is killed there.
//!
//! Owns: proving from outside that the work was where the card says, and that nothing acknowledged was lost by it.

use crate::deck::{Card, Victim, Work};
use crate::journal::{accepted_in, requests_in};
use crate::ledger::{ITEMS, SITES};
use crate::world::World;
use serde_json::json;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Child;
use tidemark_test_dice::Dice;
use tidemark_tests::{Passing, Phase};
use uuid::Uuid;

impl World {
    /// Makes a kill, and judges what came of it.
    pub(crate) fn strike(&mut self, card: Card, dice: &mut Dice) {
        let at = dice.below(2);
        self.prepare(at, card.work, dice);
        let waiting = self.pending(at);
        let name = self.ledger.fresh();
        let addition = json!({ "Name": name }).to_string();
        let command = match card.work {
            Work::Live => vec!["add", SITES, &addition],
            Work::Push | Work::Pull | Work::Page => vec!["sync"],
        };
        self.proxies[at].stop_at(
            card.phase,
            match card.work {
                Work::Push => |passing: &Passing| passing.is_push(),
                Work::Pull => |passing: &Passing| passing.is_pull(),
                Work::Page => |passing: &Passing| passing.is_page_of(ITEMS),
                Work::Live => |passing: &Passing| passing.head.starts_with("POST /odata/Sites "),
            },
        );
        let child = self.devices[at].spawn(&command);
        let standing = self.proxies[at].wait_until_stopped();
        let requests = requests_in(&standing);
        if matches!(card.work, Work::Push | Work::Live) {
            self.prove(card.phase, &standing, &requests);
        }
        if dice.hits(40) {
            // The others do not stand still.
            self.write(1 - at, dice);
            self.devices[1 - at].sync();
        }

        let is_done = match card.victim {
            Victim::Client => {
                self.kill_client(child);
                if card.work == Work::Push {
                    assert_eq!(self.pending(at), waiting, "the device had not heard of it");
                }
                self.look_behind(card, &requests);
                self.decide(at, dice);
                false
            }
            Victim::Server => self.kill_server(at, standing.server, child, dice, |world| {
                world.look_behind(card, &requests);
            }),
        };
        self.tried.extend(requests);
        if card.work == Work::Live {
            // Whoever heard nothing says it again.
            if !is_done {
                self.devices[at].run(&command).ok();
            }
            self.ledger.add_live(name);
        }
        self.ledger.judge(&self.devices, &self.office);
        if dice.hits(60) {
            self.devices[at].sync();
        }
    }

    /// Makes sure that a cycle has such work to do.
    fn prepare(&mut self, at: usize, work: Work, dice: &mut Dice) {
        let writes = 1 + dice.below(3);
        match work {
            Work::Push => {
                (0..writes).for_each(|_| self.write(at, dice));
                while self.pending(at) == 0 {
                    self.write(at, dice);
                }
            }
            Work::Pull => {
                (0..writes).for_each(|_| self.write(1 - at, dice));
                self.devices[1 - at].sync();
                if dice.hits(50) {
                    self.write(at, dice);
                }
            }
            Work::Page => {
                self.settle(at);
                self.devices[at].run(&["entities", "off", ITEMS]).ok();
                self.devices[at].run(&["entities", "on", ITEMS]).ok();
            }
            Work::Live => {}
        }
    }

    /// The journal says that the work is where it is said to be.
    fn prove(&mut self, phase: Phase, standing: &Passing, requests: &[Uuid]) {
        assert!(!requests.is_empty(), "{}", standing.head);
        match phase {
            Phase::Reached => {
                let fresh: Vec<Uuid> = requests.iter().copied().filter(|id| !self.tried.contains(id)).collect();
                assert_eq!(self.journal.lines_of(&fresh), 0, "the server has not heard of it");
            }
            // Nothing can be said until somebody is dead.
            Phase::Forwarded => {}
            Phase::Answered | Phase::PartlyPassed => {
                let accepted = accepted_in(&standing.answer);
                assert_eq!(self.journal.lines_of(requests), accepted, "what was accepted is committed, each once");
                self.tally.unanswered += accepted;
            }
        }
    }

    /// Notes on which side of the commit a kill came that nobody could aim.
    fn look_behind(&mut self, card: Card, requests: &[Uuid]) {
        if card.phase == Phase::Forwarded && card.work == Work::Push {
            match self.journal.lines_of(requests) {
                0 => self.tally.uncommitted += 1,
                _ => self.tally.committed += 1,
            }
        }
    }

    fn kill_client(&self, mut child: Child) {
        assert!(child.try_wait().unwrap().is_none(), "it was over before it was killed");
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(9));
    }

    /// Kills the server whose turn it is and starts it again, before or after the request is let go; tells whether the
    /// command had its answer nevertheless.
    fn kill_server(
        &mut self,
        at: usize,
        number: usize,
        mut child: Child,
        dice: &mut Dice,
        look: impl FnOnce(&mut Self),
    ) -> bool {
        assert!(child.try_wait().unwrap().is_none(), "it was over before its server was killed");
        self.servers[number].kill();
        look(self);
        if dice.hits(50) {
            self.servers[number].revive();
            self.decide(at, dice);
            return child.wait().unwrap().success();
        }
        self.decide(at, dice);
        let ended = child.wait().unwrap();
        self.servers[number].revive();
        ended.success()
    }

    fn decide(&self, at: usize, dice: &mut Dice) {
        if dice.hits(50) {
            self.proxies[at].go_on();
        } else {
            self.proxies[at].cut();
        }
    }
}
