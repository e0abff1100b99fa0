//! What must be true of every state, and what must come about in some.
//!
//! Owns: the invariants of FAULTS section 1, decided from the journal, the contents of each database and the judge's book.
//! Refuses: asking whatever decides.

use crate::client::{Client, Hold, Phase};
use crate::network::{Answer, Message, Page, Position};
use crate::oracle::{Edit, Want, Wrong, typed_by};
use crate::rules::Kind;
use crate::scope::{OFFICE, Scope};
use crate::server::What;
use crate::values::{Act, NULL};
use crate::variants::Variant;
use crate::world::World;

/// FAULTS I1: every edit that was acknowledged is somewhere, or closed by whoever made it.
pub fn nothing_is_lost(world: &World) -> bool {
    world.oracle.edits.iter().all(|edit| edit.closed || is_on_the_server(world, edit) || is_on_its_device(world, edit))
}

/// Tells whether the server has an edit.
pub fn is_on_the_server(world: &World, edit: &Edit) -> bool {
    let lines = || world.server.journal.iter().filter(|line| line.part.row == edit.row);
    let is_gone = lines().next_back().is_none_or(|line| line.rec.tomb);
    // A restored server gives its numbers again.
    let is_since = |seq: u8, history: u8, since: u8| seq > since || history > 0;
    match edit.want {
        // Of a restored server's work that is enough which was put over it by somebody who saw it.
        Want::Value(property, token) => lines().any(|line| {
            let value = line.rec.values[usize::from(property)];
            let saw = |who: u8| world.oracle.seen.contains(&(who, edit.row, token));
            let is_over = saw(typed_by(value)) || (line.rec.tomb && saw(line.by));
            value == token || (world.server.history > 0 && is_over)
        }),
        Want::Gone(since) => {
            // What was deleted may have been a restore of it that was not sent.
            let is_over = world.server.history > 0 && world.oracle.backs.iter().any(|(_, row, _)| *row == edit.row);
            is_gone || is_over || lines().any(|l| l.rec.tomb && is_since(l.etag.seq + 1, l.etag.history, since))
        }
        // A deletion taken back leaves what there was: that may be deleted by somebody else like any record.
        Want::Back(since) => {
            let is_met = |line: &crate::server::Line| !line.rec.tomb || line.by != edit.by;
            !is_gone || lines().any(|line| is_met(line) && is_since(line.etag.seq, line.etag.history, since))
        }
    }
}

fn is_on_its_device(world: &World, edit: &Edit) -> bool {
    let slot = world.clients[usize::from(edit.by)].slot(edit.row);
    let here = slot.here.filter(|here| here.act != Act::None).map(|here| (here.act, here.rec));
    let sent = slot.change.and_then(|change| change.in_flight).map(|sent| (sent.sending.act, sent.sending.rec));
    // What was confirmed is offered again to a server that lost it, by whichever device it was confirmed to.
    let confirmed =
        world.clients.iter().filter(|_| world.server.history > 0).flat_map(|client| &client.slot(edit.row).sent);
    let confirmed = confirmed.map(|sent| (sent.sending.act, sent.sending.rec));
    here.into_iter().chain(sent).chain(confirmed).any(|(act, rec)| match edit.want {
        Want::Value(property, token) => rec.values[usize::from(property)] == token,
        Want::Gone(_) => act == Act::Delete,
        Want::Back(_) => act != Act::Delete,
    })
}

/// FAULTS I9: a tombstoned record lives again only where somebody decided that, as often as they did.
pub fn nothing_comes_back_unasked(world: &World) -> bool {
    let journal = &world.server.journal;
    let comes_back = |at: usize| {
        let line = &journal[at];
        let was_there = journal[..at].iter().any(|earlier| earlier.part.row == line.part.row);
        !line.rec.tomb && was_there && line.before.is_none_or(|before| before.tomb)
    };
    each_device_and_row(world).all(|(by, row)| {
        let lines = (0..journal.len()).filter(|at| journal[*at].by == by && journal[*at].part.row == row);
        let decided = world.oracle.backs.iter().filter(|(who, what, _)| (*who, *what) == (by, row)).count();
        lines.filter(|at| comes_back(*at)).count() <= decided
    })
}

/// Promise 3: every deletion on the server is one that somebody wanted.
pub fn every_deletion_is_somebodys(world: &World) -> bool {
    each_device_and_row(world).all(|(by, row)| {
        let is_one = |line: &&crate::server::Line| line.by == by && line.part.row == row && line.what == What::Delete;
        let wanted = world.oracle.deletions.iter().filter(|(who, what, _)| (*who, *what) == (by, row)).count();
        world.server.journal.iter().filter(is_one).count() <= wanted
    })
}

fn each_device_and_row(world: &World) -> impl Iterator<Item = (u8, u8)> {
    let rows = u8::try_from(world.clients[0].slots.len()).expect("few rows");
    (0..2).flat_map(move |by| (0..rows).map(move |row| (by, row)))
}

/// FAULTS I12: a pair of versions is asked about once, and only where there is something to ask.
pub fn only_conflicts_are_asked(world: &World) -> bool {
    !world.oracle.wrongs.contains(&Wrong::AskedTwice) && !world.oracle.wrongs.contains(&Wrong::FalseQuestion)
}

/// FAULTS I14 (and what H2, H4, H8, H13 break): what somebody else typed is replaced or deleted only by a person who had
/// it before their eyes.
pub fn nothing_unseen_is_overwritten(world: &World) -> bool {
    world.server.journal.iter().filter(|line| line.by != OFFICE).all(|line| {
        let Some(before) = line.before else { return true };
        before.values.iter().zip(line.rec.values).all(|(was, is)| {
            let is_theirs = *was != NULL && typed_by(*was) != OFFICE && typed_by(*was) != line.by;
            let goes = *was != is || line.what == What::Delete;
            !is_theirs || !goes || world.oracle.seen.contains(&(line.by, line.part.row, *was))
        })
    })
}

/// FAULTS I15: a change is applied once, and a repeat is answered as the first time.
pub fn each_change_is_applied_once(world: &World) -> bool {
    let journal = &world.server.journal;
    let is_once = (0..journal.len()).all(|at| {
        let same = |line: &crate::server::Line| {
            line.by == journal[at].by && line.by != OFFICE && line.part.request == journal[at].part.request
        };
        !journal[..at].iter().any(same)
    });
    is_once
        && world.network.iter().all(|message| match message {
            Message::Pushed(by, answers, _) => answers.iter().all(|(part, answer)| match answer {
                Answer::Done(etag, _) => journal
                    .iter()
                    .filter(|line| line.by == *by && line.part.request == part.request)
                    .all(|line| line.etag == *etag || line.etag.history != etag.history),
                _ => true,
            }),
            _ => true,
        })
}

/// FAULTS I16: of one device and one record, nothing is applied before what was done earlier.
pub fn each_device_is_in_order(world: &World) -> bool {
    each_device_and_row(world).all(|(by, row)| {
        let lines = world.server.journal.iter().filter(|line| line.by == by && line.part.row == row);
        lines.map(|line| line.part.upto).is_sorted()
    })
}

/// Promise 5, and FAULTS I20: whatever is not behind a device's position is on the device, or superseded there, or waits.
pub fn no_pull_skips(world: &World, scope: &Scope) -> bool {
    // A token that is no sequence number says nothing of those.
    scope.is(Variant::FeedByStamp) || world.clients.iter().all(|client| has_all_before(world, client))
}

fn has_all_before(world: &World, client: &Client) -> bool {
    let Some(Position::Delta(token)) = client.position else { return true };
    let journal = &world.server.journal;
    if token.seq > 0 && !journal.iter().any(|line| line.etag == token) {
        return true;
    }
    (0..).zip(&client.slots).all(|(row, slot)| {
        let lines = || journal.iter().filter(move |line| line.part.row == row);
        let Some(due) = lines().rfind(|line| line.etag.seq <= token.seq) else { return true };
        // An enumeration that did not name it says nothing of a record with a change on top: its push tells.
        let is_unnamed = |change: &crate::client::Change| {
            change.hold == Hold::Free && slot.here.is_some_and(|here| !here.seen && here.act != Act::None)
        };
        let tells = |change: crate::client::Change| change.set_aside || change.offer.is_some() || is_unnamed(&change);
        let waits = slot.refetch || slot.change.is_some_and(tells);
        let is_gone_since = lines().any(|line| line.etag.seq >= due.etag.seq && line.rec.tomb);
        let asked = slot.question.and_then(|question| question.server).map(|server| server.etag);
        match slot.here {
            None => waits || is_gone_since,
            Some(here) if here.act == Act::Add && here.etag.is_none() => true,
            // It went with the page, and somebody brings it back from what was there before.
            Some(_)
                if due.rec.tomb && slot.change.is_some_and(|change| change.base.is_some_and(|base| base.rec.tomb)) =>
            {
                true
            }
            Some(here) => {
                waits
                    || here.etag.into_iter().chain(asked).any(|known| known.seq >= due.etag.seq)
                    || slot.question.is_some()
            }
        }
    })
}

/// FAULTS I20: within its life a position never goes back.
pub fn no_position_goes_back(world: &World) -> bool {
    !world.oracle.wrongs.contains(&Wrong::WentBack)
}

/// Tells whether nothing is on the way and nobody is in the middle of something.
pub fn is_still(world: &World) -> bool {
    world.network.is_empty()
        && world.server.open.is_empty()
        && world.clients.iter().all(|client| client.phase == Phase::Idle && client.half.is_empty())
}

/// FAULTS I6, as what rest means: where nothing is left to do and nothing is asked, all hold the same.
pub fn rest_is_agreement(world: &World, scope: &Scope) -> bool {
    let is_asked = |client: &Client| client.slots.iter().any(|slot| slot.question.is_some());
    let is_at_rest = is_still(world)
        && (0..2).all(|me| !world.has_to_do(me, scope))
        && world.clients.iter().all(|client| client.position.is_some() && !is_asked(client));
    !is_at_rest || agrees(world, scope)
}

/// Tells whether every device holds what the server holds, and has nothing pending.
pub fn agrees(world: &World, scope: &Scope) -> bool {
    world.clients.iter().all(|client| {
        (0..scope.rows).all(|row| {
            let slot = client.slot(row);
            // What the server would not have waits for a person, and is told.
            if slot.change.is_some_and(|change| change.hold == Hold::Parked) {
                return true;
            }
            let line = world.server.journal.iter().rfind(|line| line.part.row == row && !line.rec.tomb);
            let newest = world.server.journal.iter().rfind(|line| line.part.row == row);
            let live = line.filter(|line| newest.is_some_and(|newest| newest.etag == line.etag));
            match (slot.here, live) {
                (None, None) => true,
                (Some(here), Some(live)) => {
                    here.act == Act::None && here.rec.values == live.rec.values && here.etag == Some(live.etag)
                }
                _ => false,
            }
        })
    })
}

/// DESIGN rule (a): a record that nobody ever deleted is on every device that keeps the set.
pub fn absence_is_shown(world: &World, scope: &Scope) -> bool {
    let is_plain = world.server.history == 0 && world.unticks == scope.unticks && !scope.deeds.add;
    let ever_deleted = |row: u8| world.server.journal.iter().any(|line| line.part.row == row && line.rec.tomb);
    let is_here = |row: u8| world.clients.iter().all(|client| client.slot(row).here.is_some());
    !is_plain || (0..scope.rows).all(|row| ever_deleted(row) || is_here(row))
}

/// A question of a kind is open.
pub fn is_asked(world: &World, kind: Kind) -> bool {
    let is_of = |slot: &crate::client::Slot| slot.question.is_some_and(|question| question.kind == kind);
    world.clients.iter().any(|client| client.slots.iter().any(is_of))
}

/// The journal has answered a repeat.
pub fn a_repeat_is_answered(world: &World) -> bool {
    world.network.iter().any(|message| matches!(message, Message::Pushed(_, _, true)))
}

/// A position was refused.
pub fn a_position_is_refused(world: &World, lost: bool) -> bool {
    let page = if lost { Page::Lost } else { Page::Expired };
    world.network.iter().any(|message| matches!(message, Message::Pulled(_, _, it) if *it == page))
}

/// A deleted record lives again.
pub fn a_record_comes_back(world: &World) -> bool {
    world.server.journal.iter().any(|line| line.what == What::Restore)
}

/// Something is offered again.
pub fn something_is_offered_again(world: &World) -> bool {
    let offers = |slot: &crate::client::Slot| slot.change.is_some_and(|change| change.offer.is_some());
    world.clients.iter().any(|client| client.slots.iter().any(offers))
}

/// Something is parked: in these worlds the server refuses nothing for good.
pub fn nothing_is_parked(world: &World) -> bool {
    let is_parked = |slot: &crate::client::Slot| slot.change.is_some_and(|change| change.hold == Hold::Parked);
    !world.clients.iter().any(|client| client.slots.iter().any(is_parked))
}
