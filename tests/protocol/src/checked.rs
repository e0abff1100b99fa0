//! The world as stateright explores it.
//!
//! Owns: which properties are looked at. Refuses: their meaning (`properties`, `heal`).

use crate::heal;
use crate::properties as is;
use crate::rules::Kind;
use crate::scope::Scope;
use crate::world::{Action, World};
use stateright::{Model, Property};
use tidemark_model::Policy;

/// A scope, explored.
#[derive(Clone, Copy, Debug)]
pub struct Checked(pub Scope);

impl Model for Checked {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(&self.0)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        world.actions(&self.0, actions);
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        world.after(action, &self.0)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::<Self>::always("I1 no lost edit", |_, world| is::nothing_is_lost(world)),
            Property::<Self>::always("I9 no resurrection without choice", |_, world| {
                is::nothing_comes_back_unasked(world)
            }),
            Property::<Self>::always("I11 a deletion is somebody's", |_, world| is::every_deletion_is_somebodys(world)),
            Property::<Self>::always("I12 only conflicts are asked, once", |_, world| {
                is::only_conflicts_are_asked(world)
            }),
            Property::<Self>::always("I14 nothing unseen is overwritten", |_, world| {
                is::nothing_unseen_is_overwritten(world)
            }),
            Property::<Self>::always("I15 a change is applied once", |_, world| is::each_change_is_applied_once(world)),
            Property::<Self>::always("I16 a device is in order", |_, world| is::each_device_is_in_order(world)),
            Property::<Self>::always("I19 a pull skips nothing", |model, world| is::no_pull_skips(world, &model.0)),
            Property::<Self>::always("I20 no position goes back", |_, world| is::no_position_goes_back(world)),
            Property::<Self>::always("I6 rest is agreement", |model, world| is::rest_is_agreement(world, &model.0)),
            Property::<Self>::always("I6 three cycles heal", |model, world| heal::heals(world, &model.0)),
            Property::<Self>::always("(a) absence is shown", |model, world| is::absence_is_shown(world, &model.0)),
            Property::<Self>::always("nothing is parked", |_, world| is::nothing_is_parked(world)),
        ];
        if self.0.variant.is_none() {
            properties.extend(self.comes_about());
        }
        properties
    }
}

impl Checked {
    /// Returns what must come about somewhere in this world: else it shows nothing.
    fn comes_about(&self) -> Vec<Property<Self>> {
        let Scope { deeds, edits, network, faults, purges, restores, unticks, policy, .. } = self.0;
        let mut marks = Vec::new();
        let both = edits.iter().all(|edits| *edits > 0);
        let asks = policy == Policy::Ask && both;
        if asks && deeds.set != 0 {
            marks.push(Property::<Self>::sometimes("both edited", |_, world| is::is_asked(world, Kind::BothEdited)));
        }
        if asks && deeds.set != 0 && deeds.delete {
            let asked = |_: &Self, world: &World| is::is_asked(world, Kind::DeletedOnServer);
            marks.push(Property::<Self>::sometimes("deleted on server", asked));
            let asked = |_: &Self, world: &World| is::is_asked(world, Kind::EditedOnServer);
            marks.push(Property::<Self>::sometimes("edited on server", asked));
            marks.push(Property::<Self>::sometimes("a record comes back", |_, world| is::a_record_comes_back(world)));
        }
        if faults > 0 && (network.loses || network.repeats || network.delays) {
            let repeated = |_: &Self, world: &World| is::a_repeat_is_answered(world);
            marks.push(Property::<Self>::sometimes("the journal answers a repeat", repeated));
        }
        if purges > 0 {
            let expired = |_: &Self, world: &World| is::a_position_is_refused(world, false);
            marks.push(Property::<Self>::sometimes("410, purged", expired));
        }
        if restores > 0 {
            let lost = |_: &Self, world: &World| is::a_position_is_refused(world, true);
            marks.push(Property::<Self>::sometimes("410, restored", lost));
            let offered = |_: &Self, world: &World| is::something_is_offered_again(world);
            marks.push(Property::<Self>::sometimes("something is offered again", offered));
        }
        if unticks > 0 {
            let unticked = |_: &Self, world: &World| world.clients.iter().any(|client| client.position.is_none());
            marks.push(Property::<Self>::sometimes("un-ticked", unticked));
        }
        marks
    }
}
