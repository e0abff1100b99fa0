//! The faults stop here: what becomes of a state from which everything goes well.
//!
//! Owns: FAULTS I6 and I8 put as a property of every state in which nothing is on the way: with every question answered,
//! all hold the same within three cycles, nothing waits, nothing is lost, and a further cycle has nothing to do. Refuses: faults.

use crate::properties::{agrees, is_on_the_server, is_still};
use crate::rules::Answer;
use crate::scope::Scope;
use crate::world::{Action, World};

/// How many cycles of every device it may take after the last answer.
const CYCLES: usize = 3;
/// How many questions may follow one another.
const QUESTIONS: usize = 6;

/// Tells whether a still world comes to rest by itself.
pub fn heals(world: &World, scope: &Scope) -> bool {
    if !is_still(world) {
        return true;
    }
    let (healed, was_asked) = healed_by(world, scope, Answer::Mine);
    healed && (!was_asked || healed_by(world, scope, Answer::Theirs).0)
}

fn healed_by(world: &World, scope: &Scope, answer: Answer) -> (bool, bool) {
    let mut world = World { faults: 0, purges: 0, restores: 0, unticks: 0, ..world.clone() };
    for me in 0..2 {
        if world.clients[usize::from(me)].position.is_none() {
            world = world.after(Action::Tick(me), scope).expect("it can be ticked");
        }
    }
    let (mut cycles, mut questions) = (0, 0);
    loop {
        let mut is_at_rest = true;
        for me in 0..2 {
            while let Some(row) =
                (0..scope.rows).find(|row| world.clients[usize::from(me)].slot(*row).question.is_some())
            {
                world = answered(world, me, row, answer, scope);
                questions += 1;
                cycles = 0;
                is_at_rest = false;
                if questions > QUESTIONS {
                    return (false, true);
                }
            }
            if world.has_to_do(me, scope) {
                is_at_rest = false;
                world = cycle(world, me, scope);
            }
        }
        if is_at_rest {
            break;
        }
        cycles += 1;
        if cycles > CYCLES {
            return (false, questions > 0);
        }
    }
    let is_kept = world.oracle.edits.iter().all(|edit| edit.closed || is_on_the_server(&world, edit));
    (agrees(&world, scope) && is_kept, questions > 0)
}

fn answered(mut world: World, me: u8, row: u8, answer: Answer, scope: &Scope) -> World {
    if scope.screens {
        world = world.after(Action::Show(me, row), scope).expect("a question is shown");
    }
    world.after(Action::Answer(me, row, answer), scope).expect("a question is answered")
}

/// One cycle, without anything going wrong.
pub fn cycle(world: World, me: u8, scope: &Scope) -> World {
    let mut world = world.after(Action::Cycle(me), scope).expect("a cycle begins");
    loop {
        let next = if !world.clients[usize::from(me)].half.is_empty() {
            Action::Half(me)
        } else if let Some(open) = world.server.open.first() {
            Action::Commit(open.process)
        } else if let Some(message) = world.network.first() {
            Action::Deliver(message.clone())
        } else {
            break;
        };
        world = world.after(next, scope).expect("it goes well");
    }
    match world.clients[usize::from(me)].phase {
        crate::client::Phase::Idle => world,
        _ => world.after(Action::GiveUp(me), scope).expect("it gives up"),
    }
}
