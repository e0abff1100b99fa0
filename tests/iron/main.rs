//! Killed in the midst: `tidemark` and `tidemark-server` are killed with `kill -9` exactly when a request of theirs stands
//! at a named phase at the proxy between them.
//!
//! Owns: drawing the kills of a run from one seed and judging each from outside. Refuses: waiting for a time; a kill waits
//! for the work. `TIDEMARK_KILLS=500` kills so often, `TIDEMARK_SEED=7` draws another run, and `TIDEMARK_PROGRAMS` names the
//! folder of the programs, such as `target/release`.

mod deck;
mod journal;
mod ledger;
mod strike;
mod world;

use deck::Deck;
use tidemark_test_dice::Dice;
use world::World;

/// As in the random lives.
const SALT: u64 = 0x5bf0_3635;

/// Kills of a test run: each kind of kill once, and some more.
const KILLS: usize = 40;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn run(name: &str, mut world: World) {
    let kills = number("TIDEMARK_KILLS").map_or(KILLS, |kills| kills as usize);
    let seed = number("TIDEMARK_SEED").unwrap_or(1);
    let mut dice = Dice::new(seed, SALT);
    let mut deck = Deck::shuffled(&mut dice);
    for number in 0..kills {
        let card = deck.draw(&mut dice);
        println!("{name}, seed {seed}, kill {number}: {card:?}");
        world.strike(card, &mut dice);
        deck.hit(card);
    }
    world.come_to_rest();
    println!("{name}, seed {seed}: {kills} kills\n{}{}", deck.table(), world.tally());
    if kills >= Deck::KINDS {
        assert_eq!(deck.missed(), [], "these were never hit");
        assert!(world.was_unanswered(), "no kill came between a commit and its answer: {}", world.tally());
    }
}

#[test]
fn no_kill_of_a_client_or_of_its_server_loses_or_repeats_an_edit() {
    run("SQLite", World::on_a_file());
}

#[test]
fn no_kill_of_a_client_or_of_one_of_three_servers_on_postgresql_loses_or_repeats_an_edit() {
    run("PostgreSQL", World::on_postgres(3));
}
