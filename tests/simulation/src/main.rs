//! `tidemark-simulate`: runs seeds, tells one, replays and shortens plans.
//!
//! Owns: the command line and what is printed. Refuses: what a test run runs (`standing`), and everything else (the library).

mod standing;

use clap::Parser;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tidemark_model::{Planted, plant};
use tidemark_simulation::plan::deed::Plan;
use tidemark_simulation::{
    Outcome, Play, Seeds, Telling, Together, Violation, enumerate, plan, run, run_many, run_over_tcp, run_pair,
    run_seed, scenarios, shrink, watch_panics,
};

/// Runs seeds of the simulation.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many seeds
    #[arg(long)]
    seeds: Option<u64>,
    /// One seed alone, or the first of many
    #[arg(long)]
    seed: Option<u64>,
    /// Stop after so many minutes
    #[arg(long)]
    minutes: Option<u64>,
    /// Tell what happens in one seed or plan
    #[arg(long)]
    trace: bool,
    /// Shorten a seed or plan that fails, and write it into this folder
    #[arg(long, value_name = "FOLDER")]
    shrink: Option<PathBuf>,
    /// Run a plan that was written down
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Stop the scripted scenarios before every so-many-th operation
    #[arg(long, value_name = "STEP")]
    crashes: Option<u64>,
    /// The scenarios whose name has this in it
    #[arg(long, default_value = "")]
    only: String,
    /// Plant a mistake by its name; `all` tells after how many seeds each is found
    #[arg(long, value_name = "NAME")]
    planted: Option<String>,
    /// Run what every test run runs
    #[arg(long)]
    standing: bool,
    /// Over simulated TCP
    #[arg(long)]
    wire: bool,
    /// Each under true clocks and under wrong ones: what comes of it is the same
    #[arg(long)]
    pairs: bool,
    /// Write the tables of the documentation into this file
    #[arg(long, value_name = "FILE")]
    tables: Option<PathBuf>,
    /// How many threads
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Stop after so many failures
    #[arg(long, default_value_t = 10)]
    failures: usize,
}

impl Arguments {
    fn play(&self) -> Play {
        match (self.wire, self.pairs) {
            (true, _) => run_over_tcp,
            (_, true) => run_pair,
            _ => run,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "how fast it goes is a question to the machine, outside of every run")]
fn now() -> Instant {
    Instant::now()
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    watch_panics();
    if arguments.standing {
        return standing::run_all(arguments.threads, &now);
    }
    if arguments.planted.as_deref() == Some("all") {
        return every_planted(&arguments);
    }
    if let Some(name) = &arguments.planted {
        plant(Some(Planted::of_name(name).expect("a mistake has this name")));
    }
    if let Some(file) = &arguments.plan {
        let text = std::fs::read_to_string(file).expect("the plan can be read");
        return one(&serde_json::from_str(&text).expect("it is a plan"), &arguments);
    }
    if let (Some(seed), None) = (arguments.seed, arguments.seeds) {
        return one(&plan::draw(seed), &arguments);
    }
    if let Some(step) = arguments.crashes {
        return crashes(step, &arguments);
    }
    many(&arguments)
}

/// Plants each mistake in its turn, and tells after how many seeds it is found.
fn every_planted(arguments: &Arguments) -> ExitCode {
    let most = arguments.seeds.unwrap_or(2_000);
    let mut missed = 0;
    let mut table = standing::table();
    for bug in Planted::ALL.iter().copied().filter(|bug| bug.only_by().is_none()) {
        if !bug.name().contains(&arguments.only) || table.contains_key(bug.name()) {
            continue;
        }
        let began = now();
        let goes_on = || began.elapsed() < PATIENCE;
        let (mut first, mut ran) = (arguments.seed.unwrap_or(0), 0);
        let found = loop {
            plant(Some(bug));
            let seeds =
                Seeds { first, count: most.saturating_sub(ran), failures: 1, play: arguments.play(), tell: |_, _| {} };
            let together = run_many(seeds, arguments.threads, &goes_on);
            plant(None);
            ran += together.seeds;
            match together.failed.into_iter().next() {
                // A seed that fails without the mistake too says nothing of it.
                Some((seed, ..)) if run_seed(seed, Telling::Counts, arguments.play()).violation.is_some() => {
                    first = seed + 1
                }
                found => break found,
            }
        };
        match found {
            Some((seed, _, violation)) => {
                let seconds = began.elapsed().as_secs();
                println!("{:<5} found after {:>4} seeds, {seconds:>3} s: {}", bug.name(), ran, violation.law);
                let found = standing::Found { seed, after: ran, law: violation.law.clone() };
                table.insert(bug.name().to_owned(), found);
                let text = serde_json::to_string_pretty(&table).unwrap_or_default();
                std::fs::write(standing::table_file(), text + "\n").expect("the table can be written");
            }
            None => {
                missed += 1;
                println!("{:<5} not found by {ran} seeds: {}", bug.name(), bug.says());
            }
        }
    }
    println!("{missed} not found");
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// How long one mistake is looked for.
const PATIENCE: Duration = Duration::from_secs(330);

fn crashes(step: u64, arguments: &Arguments) -> ExitCode {
    let (mut points, mut failed) = (0, 0);
    for scenario in scenarios().iter().filter(|scenario| scenario.name.contains(&arguments.only)) {
        let began = now();
        let done = enumerate(scenario, arguments.threads, step);
        points += done.points.iter().sum::<u64>();
        failed += done.failed.len();
        println!("{:<28} {:?} points, {} failed, {:?}", done.name, done.points, done.failed.len(), began.elapsed());
        for (plan, violation) in done.failed.iter().take(3) {
            println!("  {violation}\n  {}", serde_json::to_string(plan).unwrap_or_default());
        }
    }
    println!("{points} crash points, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn one(plan: &Plan, arguments: &Arguments) -> ExitCode {
    let telling = if arguments.trace { Telling::Aloud } else { Telling::Hash };
    if arguments.trace {
        println!("{}", serde_json::to_string_pretty(plan).unwrap_or_default());
    }
    let outcome = arguments.play()(plan, telling);
    println!("hash {:016x}, {:.2} device-days", outcome.hash, outcome.device_ms as f64 / 86_400_000.0);
    let Some((at, violation)) = outcome.violation else {
        println!("nothing was wrong");
        return ExitCode::SUCCESS;
    };
    println!("event {at}: {violation}");
    if let Some(folder) = &arguments.shrink {
        let began = now();
        let short = shrink(plan, &violation.law, arguments.play());
        let file = folder.join(format!("{}-{}.json", violation.law.to_lowercase(), plan.seed));
        let text = serde_json::to_string_pretty(&short).unwrap_or_default();
        std::fs::write(&file, text + "\n").expect("the plan can be written");
        let seconds = began.elapsed().as_secs();
        println!("{} of {} events after {seconds} s: {}", short.events.len(), plan.events.len(), file.display());
        if let Outcome { violation: Some((at, violation)), .. } = arguments.play()(&short, Telling::Counts) {
            println!("event {at}: {violation}");
        }
    }
    ExitCode::FAILURE
}

fn many(arguments: &Arguments) -> ExitCode {
    let began = now();
    let until = arguments.minutes.map(|minutes| Duration::from_secs(minutes * 60));
    let goes_on = || until.is_none_or(|until| began.elapsed() < until);
    let count = arguments.seeds.unwrap_or(if arguments.minutes.is_some() { u64::MAX / 2 } else { 200 });
    let tell = |seed, violation: &Violation| eprintln!("seed {seed}: {violation}");
    let (first, failures) = (arguments.seed.unwrap_or(0), arguments.failures);
    let seeds = Seeds { first, count, failures, play: arguments.play(), tell };
    let together = run_many(seeds, arguments.threads, &goes_on);
    print(&together, began.elapsed());
    if let Some(file) = &arguments.tables {
        standing::write_tables(&together, began.elapsed().as_secs_f64(), file);
    }
    for (seed, at, violation) in &together.failed {
        println!("seed {seed}, event {at}: {violation}");
    }
    if let (Some(_), Some((seed, ..))) = (&arguments.shrink, together.failed.first()) {
        return one(&plan::draw(*seed), arguments);
    }
    if together.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn print(together: &Together, took: Duration) {
    let per_hour = together.seeds as f64 / took.as_secs_f64() * 3600.0;
    let years = together.device_ms as f64 / (365.25 * 86_400_000.0);
    println!("{} seeds in {:.0} s: {per_hour:.0} an hour, {years:.1} device-years", together.seeds, took.as_secs_f64());
    println!("{} questions asked, {} answered", together.count("question"), together.count("answer"));
    for ((what, whereabouts), count) in &together.tally {
        println!("  {what} {whereabouts}: {count}");
    }
}
