//! What is wrong for good holds up nothing but what it is wrong with (DESIGN section 4, rule (d); I22, I26).
//!
//! Owns: causing it, and the law. Refuses: what becomes of a request that meets it (`world::lasting`).

use super::{Run, SETS};
use crate::SALT;
use crate::oracle::{Judged, at_rest, broken};
use crate::plan::deed::At;
use crate::plan::fate::Lasting;
use crate::world::lasting::Wrong;
use tidemark_test_dice::Dice;

/// Rounds after which all that nothing is wrong with must be settled.
const ROUNDS: usize = 14;

impl Run {
    pub(super) fn lasting(&mut self, laptop: usize, what: Lasting) -> Judged {
        let with = match what {
            Lasting::Poisoned { record } | Lasting::Part { record, .. } => match self.records.get(&record) {
                Some(known) => known.id.clone(),
                None => return Ok(()),
            },
            Lasting::Set { set } => SETS[set].0.to_owned(),
            Lasting::OneChange | Lasting::OneRecord | Lasting::Links => String::new(),
        };
        if matches!(what, Lasting::Part { .. }) {
            self.ledger.interfered.insert((laptop, with.clone()));
        }
        if matches!(what, Lasting::Links) {
            self.ledger.kept_from.insert(laptop);
        }
        self.told.hit("lasting", what.name());
        self.laptops[laptop].network.wrongs.add(Wrong { what, with });
        Ok(())
    }

    /// Every other fault has ended: whoever something is wrong with for good gets along.
    pub(super) async fn get_along(&mut self) -> Judged {
        let wrong: Vec<usize> =
            (0..self.laptops.len()).filter(|at| !self.laptops[*at].network.wrongs.all().is_empty()).collect();
        if wrong.is_empty() {
            return Ok(());
        }
        self.told.tell(|| "getting along".into());
        let mut dice = Dice::new(self.stops ^ 0x1a57, SALT);
        let mut left = None;
        for round in 0..ROUNDS {
            for at in 0..self.laptops.len() {
                self.settle(at, round, true, &mut dice).await?;
            }
            left = None;
            for at in &wrong {
                if left.is_none() {
                    left = self.held_up(*at).await?;
                }
            }
            if left.is_none() {
                wrong.iter().for_each(|at| self.laptops[*at].network.wrongs.clear());
                return Ok(());
            }
        }
        broken("I22", format!("after {ROUNDS} rounds {}", left.unwrap_or_default()))
    }

    /// Says what is held up on a laptop that nothing is wrong with.
    async fn held_up(&mut self, at: usize) -> Judged<Option<String>> {
        let wrongs = self.laptops[at].network.wrongs.all();
        let set = wrongs.iter().find(|wrong| matches!(wrong.what, Lasting::Set { .. })).map(|wrong| wrong.with.clone());
        let is_of_record = |wrong: &&Wrong| matches!(wrong.what, Lasting::Poisoned { .. } | Lasting::Part { .. });
        let records: Vec<String> = wrongs.iter().filter(is_of_record).map(|wrong| wrong.with.clone()).collect();
        let Some(app) = self.app(At { laptop: at, process: 0 }) else { return Ok(Some("nothing is open".into())) };
        let session = self.checked("session", app.session().await)?;
        if session.is_none_or(|session| !session.signed_in || session.must_sign_in_again) {
            // What it does not know yet it learns once somebody signs in, in the next round.
            return Ok(Some(format!("laptop {at} is signed out")));
        }
        let Some(status) = self.checked("status", app.status().await)? else { return Ok(Some("no status".into())) };
        let names = || wrongs.iter().map(|wrong| wrong.what.name()).collect::<Vec<_>>();
        let is_at_rest = status.pending == 0 && status.conflicts == 0 && status.parked <= records.len() as u64;
        if set.is_none() && !is_at_rest {
            return Ok(Some(format!("laptop {at} is not settled beside {:?}: {status:?}", names())));
        }
        let kept = self.checked("sets", app.entities().await)?.unwrap_or_default();
        let is_cut = wrongs.iter().any(|wrong| matches!(wrong.what, Lasting::OneRecord));
        // A page that somebody looks at is as long as it is.
        let is_beside = |name: &str| is_cut && !kept.iter().any(|of| of.name == name && of.offline);
        for (name, properties) in SETS.iter().filter(|(name, _)| set.as_deref() != Some(*name) && !is_beside(name)) {
            if let Some(differs) = at_rest::differs(self, at, name, properties, &records).await? {
                return Ok(Some(format!("beside {:?} {differs}", names())));
            }
        }
        Ok(None)
    }
}
