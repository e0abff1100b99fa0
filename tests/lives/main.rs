//! Random lives: three laptops of two people and an office over one real server, with lost, late and repeated replies,
//! un-ticked sets, other accounts, restarts, restored backups and disks, changed models and clocks that jump.
//!
//! Owns: living them and judging each from outside: no mark lost, none overwritten unseen, no question without a cause,
//! nothing stuck. `TIDEMARK_LIVES=2000` lives so many; `TIDEMARK_LIFE=17` lives that one alone and tells it.

mod clock;
mod deeds;
mod faults;
mod laptop;
mod ledger;
mod life;
mod verdicts;
mod weather;
mod world;

use std::sync::atomic::{AtomicUsize, Ordering};

/// Lives of a test run.
const LIVES: u64 = 60;
/// Lives that once failed, each for a fault of its own.
const KEPT: [u64; 13] = [65, 69, 198, 204, 238, 302, 312, 440, 1_029, 1_048, 1_058, 1_061, 1_535];
/// Lives at once.
const AT_ONCE: usize = 3;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn random_lives_lose_nothing_ask_nothing_in_vain_and_never_stick() {
    let template = world::Template::make();
    if let Some(seed) = number("TIDEMARK_LIFE") {
        let verdict = life::live(&template, seed, true);
        assert!(verdict.is_ok(), "life {seed}: {}", verdict.unwrap_err());
        return;
    }
    let (first, lives) = (number("TIDEMARK_LIVES_FROM").unwrap_or(0), number("TIDEMARK_LIVES").unwrap_or(LIVES));
    let is_plain = number("TIDEMARK_LIVES").is_none();
    let seeds: Vec<u64> = (first..first + lives).chain(KEPT.into_iter().filter(|_| is_plain)).collect();
    let next = AtomicUsize::new(0);
    let failures: Vec<String> = std::thread::scope(|scope| {
        let work = || {
            let mut failed = Vec::new();
            loop {
                let Some(&seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)).filter(|_| failed.len() < 20) else {
                    return failed;
                };
                if let Err(problem) = life::live(&template, seed, false) {
                    eprintln!("life {seed}: {problem}");
                    failed.push(format!("life {seed}: {problem}"));
                }
            }
        };
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no panic")).collect()
    });
    assert!(failures.is_empty(), "{} of {} lives failed:\n{}", failures.len(), seeds.len(), failures.join("\n"));
    println!("{} lives", seeds.len());
}
