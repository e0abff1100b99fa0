//! The kept corpus, replayed: small inputs that reach much, and every one that once failed (`failed-…`).

use crate::{alone, read, warm};
use std::fs;
use std::path::Path;
use tidemark_test_hostile::targets;

/// What the corpus may come to: it is replayed by every run, and it is read by people.
const MOST_BYTES: u64 = 1 << 20;

/// Returns the kept inputs of a target by name.
pub(crate) fn of(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut kept: Vec<(String, Vec<u8>)> = entries
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap()))
        .collect();
    kept.sort();
    kept
}

#[test]
fn the_kept_corpus_is_read() {
    let _alone = alone();
    let (mut files, mut bytes) = (0, 0);
    for target in targets() {
        warm(target);
        for (name, input) in of(target.name) {
            println!("{} {name}", target.name);
            assert_eq!(read(target, &input), Ok(()), "{name}");
            files += 1;
            bytes += input.len() as u64;
        }
    }
    assert!(files > 150, "{files} files: the corpus is here");
    assert!(bytes < MOST_BYTES, "the corpus has {bytes} bytes: minimise it (fuzz/README.md)");
}

#[test]
fn every_corpus_is_that_of_a_target() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(targets().iter().any(|target| target.name == name), "{name} is no target");
    }
}
