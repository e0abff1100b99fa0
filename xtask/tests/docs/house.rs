//! The house stands: within a crate no file leads back to itself through others, and none is too long to be read.
//!
//! A parent and its child may name each other. Every other circle fails, and is printed. Refuses: which crate may
//! import which (`imports`).

use crate::modules::{self, Graph, Module};
use crate::tree;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

const MOST_LINES: usize = 450;

/// Files above [`MOST_LINES`]. What is no longer needed here fails, so the list only shrinks.
const LONG: &[&str] = &[];

/// How many files of a crate are on circles. A crate with fewer than that fails as well, so that the list only shrinks.
const CIRCLING: &[(&str, usize)] = &[];

#[test]
fn no_file_leads_back_to_itself() {
    let files = tree::files();
    let (mut circling, mut shown) = (BTreeMap::new(), Vec::new());
    for krate in crates(&files) {
        let circles = circles(&modules::graph(&modules::below(&format!("{krate}/src"), &files)));
        shown.extend(circles.iter().map(|circle| format!("{krate}: {}", circle.join(" -> "))));
        let files: BTreeSet<String> = circles.into_iter().flatten().collect();
        if !files.is_empty() {
            circling.insert(krate, files.len());
        }
    }
    let known: BTreeMap<_, _> = CIRCLING.iter().map(|(krate, files)| ((*krate).to_owned(), *files)).collect();
    assert_eq!(circling, known, "move down what is shared; the circles are\n{}", shown.join("\n"));
}

#[test]
fn no_file_is_too_long_to_be_read() {
    let files = tree::files();
    let sources = files.iter().filter(|file| file.path.contains("/src/") && file.path.ends_with(".rs"));
    let long: Vec<&str> =
        sources.filter(|file| file.text.lines().count() > MOST_LINES).map(|file| file.path.as_str()).collect();
    assert_eq!(long, LONG, "no file is above {MOST_LINES} lines: which noun wants to leave?");
}

/// Returns the folders of the crates that are the product.
fn crates(files: &[tree::File]) -> BTreeSet<String> {
    let manifests = files.iter().filter_map(|file| file.path.strip_suffix("/Cargo.toml"));
    manifests.filter(|path| path.starts_with("crates/") || *path == "src-tauri").map(str::to_owned).collect()
}

/// Returns the shortest circle through each pair of files that may not be on one.
fn circles(graph: &Graph) -> Vec<Vec<String>> {
    let mut circles = BTreeSet::new();
    for (from, named) in graph {
        for to in named.iter().filter(|to| !is_child(from, to) && !is_child(to, from)) {
            // Children of one parent may name each other as well as it.
            let parent = (!from.is_empty() && !to.is_empty()).then(|| from[..from.len() - 1].to_vec());
            let closed = parent.filter(|parent| is_child(parent, to));
            if let Some(back) = way(graph, to, from, closed.as_ref()) {
                circles.insert(from_its_least(back.iter().map(modules::shown).collect()));
            }
        }
    }
    circles.into_iter().collect()
}

fn is_child(parent: &Module, child: &Module) -> bool {
    child.len() == parent.len() + 1 && child.starts_with(parent)
}

/// Returns the shortest way from one file to another that does not go through a third.
fn way(graph: &Graph, from: &Module, to: &Module, closed: Option<&Module>) -> Option<Vec<Module>> {
    let mut before: BTreeMap<&Module, Option<&Module>> = BTreeMap::from([(from, None)]);
    let mut queue = VecDeque::from([from]);
    while let Some(at) = queue.pop_front() {
        if at == to {
            let steps = std::iter::successors(Some(at), |at| before[at]);
            let mut way: Vec<Module> = steps.cloned().collect();
            way.reverse();
            return Some(way);
        }
        for next in graph[at].iter().filter(|next| Some(*next) != closed) {
            before.entry(next).or_insert_with(|| {
                queue.push_back(next);
                Some(at)
            });
        }
    }
    None
}

/// Writes a circle from its least file on, so that it is the same from wherever it was found.
fn from_its_least(mut circle: Vec<String>) -> Vec<String> {
    let least = circle.iter().enumerate().min_by_key(|(_, file)| *file).map_or(0, |(at, _)| at);
    circle.rotate_left(least);
    circle
}

#[test]
fn a_circle_is_found_unless_it_is_one_of_parent_and_child() {
    let of = |files: &[(&str, &str)]| circles(&modules::graph(files));
    let family =
        [("lib.rs", "mod a;"), ("a.rs", "use b::B;"), ("a/b.rs", "use super::{A, c};"), ("a/c.rs", "use super::A;")];
    assert_eq!(of(&family), Vec::<Vec<String>>::new());
    let through = [("a.rs", "use crate::b::B;"), ("b.rs", "use c::C;"), ("b/c.rs", "use crate::a;")];
    assert_eq!(of(&through), [["a.rs", "b.rs", "b/c.rs"]]);
    let passed_on = [("a.rs", "use crate::b::C;"), ("b.rs", "pub use c::C;"), ("b/c.rs", "use crate::a;")];
    assert_eq!(of(&passed_on), [["a.rs", "b/c.rs"]]);
    let three = [("a.rs", "use crate::b;"), ("b.rs", "use crate::c;"), ("c.rs", "use crate::a::{self};")];
    assert_eq!(of(&three), [["a.rs", "b.rs", "c.rs"]]);
    let siblings = [("lib.rs", "use a::A;"), ("a.rs", "use crate::b;"), ("b.rs", "use crate::L;")];
    assert_eq!(of(&siblings), Vec::<Vec<String>>::new());
}
