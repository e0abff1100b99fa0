//! Whatever others write is read without a panic, without an end that does not come, and in memory that stands in
//! proportion to it: the kept corpus, valid things altered, and things made by grammar.
//!
//! Owns: inputs and the limit of memory. Refuses: what each reader asserts of its input (`src`). `fuzz/` looks for more
//! inputs; what it finds is kept in `corpus`.

mod corpus;
mod drawn;
mod json;
mod large;

use peak_alloc::PeakAlloc;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tidemark_test_hostile::{Target, targets};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What is measured is the whole process: one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn target(name: &str) -> Target {
    targets().into_iter().find(|target| target.name == name).expect("a target of that name")
}

/// Has a target read, and tells whether that took more memory than it may.
fn read(target: Target, bytes: &[u8]) -> Result<(), String> {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    (target.read)(bytes);
    let grown = MEMORY.peak_usage().saturating_sub(before);
    let most = target.fixed_bytes + target.bytes_per_byte * bytes.len();
    match grown > most {
        true => Err(format!("{} takes {grown} bytes for {} bytes, more than {most}", target.name, bytes.len())),
        false => Ok(()),
    }
}

/// What a target makes once, such as a server, is made before anything is measured.
fn warm(target: Target) {
    let kept = corpus::of(target.name);
    (target.read)(&kept.first().expect("every target has a corpus").1);
}

#[test]
fn a_reader_that_takes_too_much_is_found() {
    let _alone = alone();
    let greedy = Target {
        name: "greedy",
        read: |bytes| drop(std::hint::black_box(Vec::<u8>::with_capacity(11 * bytes.len() + 9))),
        bytes_per_byte: 10,
        fixed_bytes: 0,
    };
    assert!(read(greedy, &[7; 100_000]).is_err());
    let modest = Target { read: |bytes| drop(std::hint::black_box(bytes.repeat(5))), ..greedy };
    assert_eq!(read(modest, &[7; 100_000]), Ok(()));
}
