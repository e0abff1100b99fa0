//! What people choose: which sets are kept, policies, what becomes of what is parked, who is signed in.
//!
//! Owns: what of it closes edits in the ledger. Refuses: edits (`people`).

use super::{Run, SETS};
use crate::oracle::ledger::Saved;
use crate::oracle::{Judged, broken};
use crate::plan::deed::{At, User};
use crate::world::shore::NAMES;
use tidemark_app::{App, UnsentChoice};

const POLICIES: [&str; 4] = ["ask", "newest", "server", "mine"];

impl Run {
    pub(super) async fn untick(&mut self, at: At, set: usize, discards: bool) -> Judged {
        let Some(app) = self.app(at) else { return Ok(()) };
        let unsent = if discards { UnsentChoice::Discard } else { UnsentChoice::Keep };
        let off = app.entity_off(SETS[set].0, unsent).await;
        let is_done = self.checked("un-tick", off)?.is_some() || self.is_troubled(at.laptop);
        if is_done {
            self.ledger.unticked.insert((at.laptop, set));
        }
        if is_done && discards {
            self.told.hit("fault", "L3");
            let name = SETS[set].0;
            self.ledger.discard_deletions(at.laptop);
            self.ledger.close("discarded with its set", |saved| saved.writer == at.laptop && saved.set == name);
        }
        Ok(())
    }

    pub(super) async fn tick(&mut self, at: At, set: usize) -> Judged {
        let Some(app) = self.app(at) else { return Ok(()) };
        let name = SETS[set].0;
        self.laptops[at.laptop].network.onlooker.is_called_for();
        let is_kept = app.entities().await.is_ok_and(|sets| sets.iter().any(|of| of.name == name && of.offline));
        if self.checked("tick", app.entity_on(name).await)?.is_some() && !is_kept {
            self.laptops[at.laptop].network.onlooker.awaits(name);
        }
        Ok(())
    }

    pub(super) async fn pause(&mut self, at: At, set: usize, on: bool) -> Judged {
        let Some(app) = self.app(at) else { return Ok(()) };
        let done = if on { app.pause(SETS[set].0).await } else { app.resume(SETS[set].0).await };
        self.checked("pause", done).map(drop)
    }

    pub(super) async fn policy(&mut self, at: At, set: usize, policy: usize) -> Judged {
        let Some(app) = self.app(at) else { return Ok(()) };
        let set_policy = app.set_policy(SETS[set].0, POLICIES[policy % POLICIES.len()]).await;
        if self.checked("policy", set_policy)?.is_some() || self.is_troubled(at.laptop) {
            self.ledger.has_policies = true;
            self.ledger.policies.insert(POLICIES[policy % POLICIES.len()]);
        }
        Ok(())
    }

    pub(super) async fn parked(&mut self, at: At, nth: usize, choice: usize) -> Judged {
        let Some(app) = self.app(at) else { return Ok(()) };
        let Some(parked) = self.checked("parked", app.parked().await)? else { return Ok(()) };
        let Some(parked) = parked.get(nth % parked.len().max(1)) else { return Ok(()) };
        let (set, id) = (&parked.entity_set, &parked.record_id);
        match choice % 3 {
            0 => self.checked("retry", app.retry_parked(set, id).await).map(drop),
            1 => self.checked("send the rest", app.send_rest_of_parked(set, id).await).map(drop),
            _ => {
                let done = self.checked("discard", app.discard_parked(set, id).await)?.is_some();
                if done || self.is_troubled(at.laptop) {
                    let is_it = |saved: &Saved| saved.writer == at.laptop && saved.id == *id;
                    self.ledger.discard_deletions(at.laptop);
                    self.ledger.close("discarded by itself", is_it);
                }
                Ok(())
            }
        }
    }

    pub(crate) async fn open(&mut self, at: usize, program: usize) -> Judged {
        let opened = self.laptops[at].open(program).await;
        if let Err(error) = opened {
            let _ = self.checked::<()>("open", Err(error))?;
        }
        if self.told.is_aloud()
            && let Some(app) = self.laptops[at].app(program)
        {
            for line in app.activity(3).await.unwrap_or_default().iter().filter_map(|line| line.incident.as_ref()) {
                self.told.tell(|| format!("  laptop {at} opens: {line}"));
            }
        }
        Ok(())
    }

    /// Signs a laptop's user in, with a token that no other laptop has.
    pub(crate) async fn sign_in(&mut self, at: usize) -> Judged {
        let Some(app) = self.app(At { laptop: at, process: 0 }) else { return Ok(()) };
        let user = self.user(at);
        // The journal tells by it who wrote what (I14).
        let device = format!("laptop {at}");
        let Some(token) = self.shore.token(user.name(), Some(&device)).await else { return Ok(()) };
        self.laptops[at].network.onlooker.is_called_for();
        if self.checked("sign in", app.sign_in_with_token(NAMES[self.laptops[at].address], &token).await)?.is_none() {
            // Offline, or a restored server does not know it: another one next time.
            return Ok(());
        }
        for (set, _) in SETS {
            // A model without the set may be served just now.
            let _ = app.entity_on(set).await;
        }
        Ok(())
    }

    /// The server has a new name: whoever signs in there as before goes on with what waits (I22).
    pub(super) async fn move_server(&mut self, at: usize, name: usize) -> Judged {
        let Some(app) = self.app(At { laptop: at, process: 0 }) else { return Ok(()) };
        // The simulated wire knows one name.
        if self.laptops[at].network.has_line() {
            return Ok(());
        }
        let user = self.user(at);
        let Some(token) = self.shore.token(user.name(), Some(&format!("laptop {at}"))).await else { return Ok(()) };
        self.laptops[at].network.onlooker.is_called_for();
        let address = NAMES[name % NAMES.len()];
        self.told.hit("moved", "server");
        match app.sign_in_with_token(address, &token).await {
            Ok(_) => self.laptops[at].address = name % NAMES.len(),
            Err(error) if matches!(error.code(), "other_server" | "other_account") && self.is_whole(at) => {
                return broken("I22", format!("laptop {at} cannot follow its server to {address}: {error}"));
            }
            Err(error) => drop(self.checked::<()>("sign in elsewhere", Err(error))?),
        }
        Ok(())
    }

    /// Tells whether a laptop's disk is the one that its user worked on.
    pub(crate) fn is_whole(&self, at: usize) -> bool {
        let ledger = &self.ledger;
        !ledger.damaged.contains(&at) && !ledger.copied.contains(&at) && !ledger.rolled_back.contains_key(&at)
    }

    /// Somebody signs in where another is signed in: what waits there would go out as theirs (I25).
    async fn sign_in_over(&self, app: &App, at: usize, user: User) -> Judged {
        let before = app.session().await.ok().filter(|session| session.signed_in);
        if before.is_none() || user == self.user(at) || !self.is_whole(at) {
            return Ok(());
        }
        let Some(token) = self.shore.token(user.name(), Some(&format!("laptop {at}"))).await else { return Ok(()) };
        match app.sign_in_with_token(NAMES[self.laptops[at].address], &token).await {
            Ok(_) => broken("I25", format!("laptop {at}: {} signs in over {}", user.name(), self.user(at).name())),
            Err(error) => self.checked::<()>("sign in over", Err(error)).map(drop),
        }
    }

    /// A laptop goes into other hands.
    pub(super) async fn change_account(&mut self, at: usize, user: User) -> Judged {
        let Some(app) = self.app(At { laptop: at, process: 0 }) else { return Ok(()) };
        self.told.hit("fault", "L9");
        self.sign_in_over(&app, at, user).await?;
        let out = app.sign_out(false).await;
        let unsent = matches!(&out, Err(error) if error.code() == "unsent_changes");
        if self.checked("sign out", out)?.is_none() {
            if !unsent {
                return Ok(());
            }
            self.told.hit("fault", "L11");
            let is_out = self.checked("sign out and discard", app.sign_out(true).await)?.is_some();
            if !is_out {
                if self.is_troubled(at) {
                    // It may have come to pass.
                    self.ledger.discard_deletions(at);
                    self.ledger.close("discarded by signing out", |saved| saved.writer == at);
                }
                return Ok(());
            }
            self.ledger.discard_deletions(at);
            self.ledger.close("discarded by signing out", |saved| saved.writer == at);
        }
        // Nothing of the account is kept here from now on; the server has the only copy.
        self.ledger.saved.iter_mut().filter(|saved| saved.writer == at).for_each(|saved| saved.is_live = true);
        self.laptops[at].image = None;
        // Of a file from before nobody knows any more what was in it.
        self.exported.remove(&at);
        self.screens.retain(|(of, _), _| of.laptop != at);
        self.asked.retain(|of, _| of.laptop != at);
        self.undo.retain(|answered| answered.laptop != at);
        self.laptops[at].user = user;
        self.laptops[at].network.onlooker.excuse();
        self.laptops[at].network.onlooker.awaits_nothing();
        self.sign_in(at).await
    }
}
