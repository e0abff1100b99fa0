//! `cargo xtask bench`: what the product costs, beside the limit measured in the same run.
//!
//! Owns: the scenarios, on release builds of the real client and server over loopback. Refuses: passing or failing;
//! a figure is to be read beside its limit. One JSON line per measurement on stdout.

mod limits;
mod load;
mod measure;
mod scenarios;
mod small;
mod thin;
mod thin_client;

use clap::Parser;

/// Measures what the product costs.
#[derive(Parser)]
struct Arguments {
    /// Only measurements whose name contains this.
    name: Option<String>,
    /// Records in the large sets.
    #[arg(long, default_value_t = 100_000)]
    records: usize,
}

fn main() {
    let mut own = std::env::args_os().skip(1);
    if own.next().is_some_and(|argument| argument == thin::ARGUMENT) {
        return thin::serve(std::path::Path::new(&own.next().expect("a folder")));
    }
    let arguments = Arguments::parse();
    let wanted = |name: &str| arguments.name.as_deref().is_none_or(|part| name.contains(part));
    scenarios::run(&wanted, arguments.records);
}
