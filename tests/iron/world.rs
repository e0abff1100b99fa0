//! Two people's devices, each behind a proxy of its own, before one server or several on one database.
//!
//! Owns: starting them, what people do between kills, the end of a run. Refuses: killing (`strike`).

use crate::journal::Journal;
use crate::ledger::{ITEMS, LISTS, Ledger};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tidemark_test_dice::Dice;
use tidemark_test_postgres::Cluster;
use tidemark_tests::{Device, Office, Proxy, Server};
use uuid::Uuid;

/// The property of an item that each device writes.
const OWN: [&str; 2] = ["Notes", "Assignee"];

/// What the kills found under way.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Changes that were committed, and whose device had not heard of it when the kill came.
    pub(crate) unanswered: usize,
    /// Pushes that had been committed when the kill came right behind their being sent on.
    pub(crate) committed: usize,
    /// And those that had not.
    pub(crate) uncommitted: usize,
}

/// The world of a run.
pub(crate) struct World {
    pub(crate) servers: Vec<Server>,
    pub(crate) proxies: Vec<Proxy>,
    pub(crate) devices: Vec<Device>,
    pub(crate) office: Office,
    pub(crate) journal: Journal,
    pub(crate) ledger: Ledger,
    /// Requests that have been sent before.
    pub(crate) tried: BTreeSet<Uuid>,
    pub(crate) tally: Tally,
}

impl World {
    /// One server on a file.
    pub(crate) fn on_a_file() -> Self {
        let server = Server::start_on_a_file();
        let journal = Journal::File(server.database());
        Self::before(vec![server], journal)
    }

    /// Several on one PostgreSQL.
    pub(crate) fn on_postgres(count: usize) -> Self {
        let database = Cluster::shared().database();
        let mut servers = vec![Server::start_at(database.superuser_url())];
        servers.extend((1..count).map(|_| servers[0].beside()).collect::<Vec<_>>());
        Self::before(servers, Journal::Postgres(database))
    }

    fn before(servers: Vec<Server>, journal: Journal) -> Self {
        let urls: Vec<&str> = servers.iter().map(|server| server.url.as_str()).collect();
        let proxies: Vec<Proxy> = (0..2).map(|_| Proxy::before(&urls)).collect();
        let users = ["ana", "ben"];
        let devices =
            proxies.iter().zip(users).map(|(proxy, user)| Device::signed_in(&proxy.url, user, &[ITEMS, LISTS]));
        let devices = devices.collect();
        let office = Office::with_token(&servers[0].url, servers[0].token("ben"));
        let (ledger, tried, tally) = (Ledger::default(), BTreeSet::new(), Tally::default());
        Self { servers, proxies, devices, office, journal, ledger, tried, tally }
    }

    /// Has a person do something.
    pub(crate) fn write(&mut self, at: usize, dice: &mut Dice) {
        let mark = self.ledger.fresh();
        let device = &self.devices[at];
        match dice.below(10) {
            0..3 => {
                let id = device.add(ITEMS, &json!({ "Title": mark }));
                self.ledger.save(at, ITEMS, &id, "Title", mark);
            }
            3 => {
                let id = device.add(LISTS, &json!({ "Name": mark }));
                self.ledger.save(at, LISTS, &id, "Name", mark);
            }
            4 => {
                if let Some(id) = dice.pick(&self.ledger.lists_of(at)) {
                    device.run(&["delete", LISTS, id]).ok();
                    self.ledger.delete(at, LISTS, id);
                }
            }
            _ => {
                let items = device.list(ITEMS);
                let Some(item) = dice.pick(&items) else { return };
                let id = item["Id"].as_str().unwrap();
                device.edit(ITEMS, id, &json!({ OWN[at]: mark }));
                self.ledger.save(at, ITEMS, id, OWN[at], mark);
            }
        }
    }

    pub(crate) fn pending(&self, at: usize) -> u64 {
        self.devices[at].status()["pending"].as_u64().unwrap()
    }

    /// Runs cycles until nothing waits on a device.
    #[track_caller]
    pub(crate) fn settle(&self, at: usize) {
        for _ in 0..3 {
            self.devices[at].sync();
            if self.pending(at) == 0 {
                return;
            }
        }
        panic!("something waits on device {at} for ever: {}", self.devices[at].status());
    }

    /// Ends the run: everything is sent, everybody has the same, nothing is left to do.
    pub(crate) fn come_to_rest(&self) {
        for at in [0, 1, 0] {
            self.settle(at);
        }
        for device in &self.devices {
            assert_eq!(device.sync()["requests"], 1, "a further cycle has nothing to do");
            assert_eq!(device.conflicts(), Vec::<Value>::new());
            for set in [ITEMS, LISTS] {
                assert_eq!(device.shared(set), self.office.list(set));
            }
        }
        self.ledger.judge_at_rest(&self.office);
        assert_eq!(self.journal.twice(), 0, "a request has one line in the journal");
    }

    pub(crate) fn was_unanswered(&self) -> bool {
        self.tally.unanswered > 0
    }

    pub(crate) fn tally(&self) -> String {
        let Tally { unanswered, committed, uncommitted } = &self.tally;
        format!(
            "{unanswered} changes had been committed, and nobody knew, when the kill came; of the pushes killed right behind \
             their being sent on {committed} had been committed and {uncommitted} had not"
        )
    }
}
