//! What every test run runs: so many seeds, every regression, the crash points, each planted mistake once.
//!
//! Owns: how much that is, and the tables of `docs/reliability.md` that come of it. Refuses: how each is run (the library).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use tidemark_model::{Planted, plant};
use tidemark_simulation::plan::deed::Plan;
use tidemark_simulation::{
    Seeds, Telling, Together, Violation, enumerate, injected, missing, missing_on_a_wire, run, run_many, run_over_tcp,
    run_pair, run_seed, scenarios,
};

/// Seeds of every test run.
const SEEDS: u64 = 2_000;
/// Seeds over simulated TCP.
const WIRE: u64 = 120;
/// Seeds that are run under true clocks and under wrong ones.
const PAIRS: u64 = 100;
/// Every so-many-th operation is a crash point.
const STEP: u64 = 3;

/// How a planted mistake was found.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct Found {
    /// The seed that finds it.
    pub(crate) seed: u64,
    /// How many seeds were run until then.
    pub(crate) after: u64,
    /// The law that broke.
    pub(crate) law: String,
}

pub(crate) type Table = BTreeMap<String, Found>;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the file of the table.
pub(crate) fn table_file() -> PathBuf {
    folder().join("planted.json")
}

/// Reads the table of what found which mistake.
pub(crate) fn table() -> Table {
    std::fs::read_to_string(table_file()).ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// Reads the seeds that fail for a reason that is known and open, each with the reason.
fn open_seeds() -> BTreeMap<u64, String> {
    let text = std::fs::read_to_string(folder().join("open.json")).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// Returns the plans in a folder, by their names.
fn plans(below: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder().join(below))
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    files.sort();
    files
}

/// Plants each mistake that has a plan of its own, since no seed has met it, and returns those that it does not find.
fn by_their_plans() -> (usize, Vec<String>) {
    let files = plans("planted");
    let is_found = |file: &Path| {
        let bug = Planted::of_name(file.file_stem()?.to_str()?)?;
        let plan: Plan = serde_json::from_str(&std::fs::read_to_string(file).ok()?).ok()?;
        plant(Some(bug));
        let outcome = run(&plan, Telling::Counts);
        plant(None);
        outcome.violation.filter(|_| run(&plan, Telling::Counts).violation.is_none())
    };
    let missed = files.iter().filter(|file| is_found(file).is_none());
    let told = missed.map(|file| format!("{} does not find its mistake", file.display())).collect();
    (files.len(), told)
}

/// Replays every plan that once failed; returns what fails again.
pub(crate) fn regressions() -> (usize, Vec<String>) {
    let files = plans("regressions");
    let mut failed = Vec::new();
    for file in &files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(file).unwrap_or_default();
        match serde_json::from_str::<Plan>(&text) {
            Ok(plan) => {
                if let Some((at, violation)) = run(&plan, Telling::Counts).violation {
                    failed.push(format!("{name}, event {at}: {violation}"));
                }
            }
            Err(error) => failed.push(format!("{name} is no plan: {error}")),
        }
    }
    (files.len(), failed)
}

/// Runs all of it.
pub(crate) fn run_all(threads: usize, now: &dyn Fn() -> Instant) -> ExitCode {
    let began = now();
    let mut problems = Vec::new();
    let (replayed, failed) = regressions();
    println!("{replayed} plans that once failed: {} fail again, after {} s", failed.len(), began.elapsed().as_secs());
    problems.extend(failed);
    let open = open_seeds();
    let failures = 10 + open.len();
    let mut together =
        run_many(Seeds { first: 0, count: SEEDS, failures, play: run, tell: |_, _| {} }, threads, &|| true);
    together.failed.retain(|(seed, ..)| !open.contains_key(seed));
    println!("{} seeds: {} failed, after {} s", together.seeds, together.failed.len(), began.elapsed().as_secs());
    problems
        .extend(together.failed.iter().map(|(seed, at, violation)| format!("seed {seed}, event {at}: {violation}")));
    problems.extend(missing(&together.tally).into_iter().map(|what| format!("never met: {what}")));
    let wired =
        run_many(Seeds { first: 0, count: WIRE, failures: 10, play: run_over_tcp, tell: |_, _| {} }, threads, &|| true);
    println!("{} seeds over TCP: {} failed, after {} s", wired.seeds, wired.failed.len(), began.elapsed().as_secs());
    let told =
        |(seed, at, violation): &(u64, usize, Violation)| format!("seed {seed} over TCP, event {at}: {violation}");
    problems.extend(wired.failed.iter().map(told));
    problems.extend(missing_on_a_wire(&wired.tally).into_iter().map(|what| format!("never met: {what}")));
    let pairs =
        run_many(Seeds { first: 0, count: PAIRS, failures: 10, play: run_pair, tell: |_, _| {} }, threads, &|| true);
    println!("{} pairs: {} differ, after {} s", pairs.seeds, pairs.failed.len(), began.elapsed().as_secs());
    problems.extend(pairs.failed.iter().map(|(seed, _, violation)| format!("pair {seed}: {violation}")));
    let mut points = 0;
    for scenario in scenarios() {
        let done = enumerate(&scenario, threads, STEP);
        points += done.points.iter().sum::<u64>();
        problems.extend(done.failed.iter().map(|(_, violation)| format!("stopped in {}: {violation}", done.name)));
    }
    println!("{points} crash points, after {} s", began.elapsed().as_secs());
    let table = table();
    for (name, found) in &table {
        let Some(bug) = Planted::of_name(name) else {
            problems.push(format!("{name} is planted nowhere"));
            continue;
        };
        plant(Some(bug));
        let outcome = run_seed(found.seed, Telling::Counts, run);
        plant(None);
        if outcome.violation.is_none() {
            problems.push(format!("{name} is planted, and seed {} does not find it", found.seed));
        }
    }
    let (planned, missed) = by_their_plans();
    problems.extend(missed);
    println!("{} planted mistakes, after {} s", table.len() + planned, began.elapsed().as_secs());
    for problem in &problems {
        println!("{problem}");
    }
    println!("{} problems", problems.len());
    if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Writes the tables of the documentation from a long run.
pub(crate) fn write_tables(together: &Together, seconds: f64, file: &Path) {
    let mut text = String::new();
    let per_hour = together.seeds as f64 / seconds * 3600.0;
    let years = together.device_ms as f64 / (365.25 * 86_400_000.0);
    let _ = writeln!(
        text,
        "{} seeds in {seconds:.0} s ({per_hour:.0} an hour on two cores), {years:.0} device-years, {} questions asked, {} \
         failed.\n",
        together.seeds,
        together.count("question"),
        together.failed.len()
    );
    let _ = writeln!(text, "| fault | injected |\n| --- | --- |");
    for (kind, count) in injected(&together.tally) {
        let _ = writeln!(text, "| {kind} | {count} |");
    }
    let table = table();
    let mut after: Vec<u64> = table.values().map(|found| found.after).collect();
    after.sort_unstable();
    if let (Some(median), Some(worst)) = (after.get(after.len() / 2), after.last()) {
        let here = Planted::ALL.iter().filter(|bug| bug.only_by().is_none()).count();
        let _ = writeln!(
            text,
            "\n{} of {here} planted mistakes that a world can meet are found, after {median} seeds in the median and {worst} \
             at worst.",
            after.len()
        );
    }
    let planned = |name: &str| folder().join("planted").join(format!("{name}.json")).exists();
    let _ = writeln!(text, "\n| planted | what | found after | by |\n| --- | --- | --- | --- |");
    for bug in Planted::ALL.iter().copied() {
        let found = match (table.get(bug.name()), bug.only_by()) {
            (Some(found), _) => format!("{} seeds | {}", found.after, found.law),
            (None, Some(test)) => format!("– | {test}"),
            (None, None) if planned(bug.name()) => "no seed | a plan of its own".to_owned(),
            (None, None) => "not yet (see below) | an ordinary test".to_owned(),
        };
        let _ = writeln!(text, "| {} | {} | {found} |", bug.name(), bug.says().replace('|', "/"));
    }
    std::fs::write(file, text).expect("the tables can be written");
}
