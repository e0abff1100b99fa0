//! A hostile server against the real client: lies of every kind at every step of a cycle, drawn from one number.
//!
//! Owns: living such lives and judging each from outside: no panic, no command without an end, memory within bounds, no
//! acknowledged edit lost, the token never sent elsewhere; then the server turns honest, and everything comes to rest.
//! `TIDEMARK_HOSTILE=2000` lives so many; `TIDEMARK_HOSTILE_LIFE=17` lives that one alone and tells it.

mod alter;
mod deeds;
mod fiend;
mod lies;
mod life;
mod shore;
mod time;
mod verdicts;

use peak_alloc::PeakAlloc;
use std::collections::BTreeMap;
use std::panic;
use std::sync::Mutex;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Seeds of these lives mean something of their own.
pub(crate) const SALT: u64 = 0x1f83_d9ab_fb41_bd6b;
/// Lives of a test run.
const LIVES: u64 = 15;
/// Lives that once failed, the last for a fault of the judge: a whole list without a record says that it is gone.
const KEPT: [u64; 6] = [36, 37, 45, 58, 65, 1_027];
/// What a life may need at the most, server included: the largest answer in it has 4 MiB.
const MOST_MEMORY_MIB: f32 = 200.0;

/// Panics, wherever they were: a worker's or a command's would be swallowed.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn live(shore: &std::sync::Arc<shore::Shore>, seed: u64, is_told: bool) -> Result<BTreeMap<&'static str, u64>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let before = MEMORY.current_usage_as_mb();
    MEMORY.reset_peak_usage();
    let lived = runtime.block_on(life::live(shore, seed, is_told));
    drop(runtime);
    let grown = MEMORY.peak_usage_as_mb() - before;
    let panics = std::mem::take(&mut *PANICS.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    if !panics.is_empty() {
        return Err(format!("it panics: {}", panics.join("; ")));
    }
    if grown > MOST_MEMORY_MIB {
        return Err(format!("it took {grown} MiB"));
    }
    lived
}

#[test]
fn a_hostile_server_breaks_nothing_takes_nothing_and_is_forgotten_once_it_is_honest() {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        hook(info);
        PANICS.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(info.to_string());
    }));
    let shore = shore::Shore::open();
    if let Some(seed) = number("TIDEMARK_HOSTILE_LIFE") {
        let lived = live(&shore, seed, true);
        assert!(lived.is_ok(), "life {seed}: {}", lived.unwrap_err());
        return;
    }
    let (first, lives) = (number("TIDEMARK_HOSTILE_FROM").unwrap_or(0), number("TIDEMARK_HOSTILE"));
    let kept = KEPT.into_iter().filter(|_| lives.is_none());
    let seeds: Vec<u64> = (first..first + lives.unwrap_or(LIVES)).chain(kept).collect();
    let (mut failed, mut told) = (Vec::new(), BTreeMap::<&str, u64>::new());
    for seed in &seeds {
        match live(&shore, *seed, false) {
            Ok(lies) => lies.into_iter().for_each(|(kind, count)| *told.entry(kind).or_default() += count),
            Err(problem) => {
                eprintln!("life {seed}: {problem}");
                failed.push(format!("life {seed}: {problem}"));
            }
        }
        if (seed + 1).is_multiple_of(100) {
            eprintln!("lived up to {seed}");
        }
        if failed.len() >= 20 {
            break;
        }
    }
    assert!(failed.is_empty(), "{} of {} lives failed:\n{}", failed.len(), seeds.len(), failed.join("\n"));
    println!("{} lives, lies {told:?}", seeds.len());
}
