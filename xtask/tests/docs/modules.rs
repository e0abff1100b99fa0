//! The files of a crate as modules, and which of them names which: by `use`, or by a path in the middle of the code.
//!
//! Owns: reading that out of the text. A name that a file has only imported is its home's, so that a room which passes
//! names on hides nothing. Refuses: tests inside of a crate, and what only a compiler knows: whose method is called.

use crate::tree;
use std::collections::{BTreeMap, BTreeSet};

/// A module: its names below the crate, `["storage", "engine"]`; the root has none.
pub(crate) type Module = Vec<String>;

/// A crate's modules and the modules that each of them names.
pub(crate) type Graph = BTreeMap<Module, BTreeSet<Module>>;

/// A file, read.
struct Source {
    /// Every path that stands in it, from the crate's root on.
    paths: Vec<Module>,
    /// The names that it imports, with where they come from.
    imports: BTreeMap<String, Module>,
}

/// Reads the modules of a crate, given by its files: their path below `src`, and their text.
pub(crate) fn graph(files: &[(&str, &str)]) -> Graph {
    let has_lib = files.iter().any(|(path, _)| *path == "lib.rs");
    let texts: BTreeMap<Module, String> =
        files.iter().map(|(path, text)| (module(path, has_lib), without_comments(text))).collect();
    let tests: BTreeSet<Module> = texts.iter().flat_map(|(module, text)| test_modules(module, text)).collect();
    let is_test = |module: &Module| tests.iter().any(|test| module.starts_with(test));
    let known: BTreeSet<Module> = texts.keys().filter(|module| !is_test(module)).cloned().collect();
    let sources: BTreeMap<&Module, Source> = texts
        .iter()
        .filter(|(module, _)| known.contains(*module))
        .map(|(m, text)| (m, read(m, text, &known)))
        .collect();
    let named = |module: &Module| {
        let homes = sources[module].paths.iter().filter_map(|path| home(path, &sources));
        homes.filter(|home| home != module).collect()
    };
    known.iter().map(|module| (module.clone(), named(module))).collect()
}

/// Returns a module's file below `src`, for people.
pub(crate) fn shown(module: &Module) -> String {
    if module.is_empty() { "the crate's root".to_owned() } else { format!("{}.rs", module.join("/")) }
}

fn module(path: &str, has_lib: bool) -> Module {
    let mut names: Module = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    let is_root = names == ["lib"] || names == ["main"] && !has_lib;
    if is_root || names.last().is_some_and(|name| name == "mod") {
        names.pop();
    }
    names
}

fn without_comments(text: &str) -> String {
    let lines = text.lines().map(|line| line.split_once("//").map_or(line, |(code, _)| code));
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the modules of tests that a file declares.
fn test_modules(module: &Module, text: &str) -> Vec<Module> {
    let declared = text.split("#[cfg(test)]").skip(1).filter_map(|rest| rest.trim_start().strip_prefix("mod "));
    let names = declared.filter_map(|rest| rest.split_once([';', ' '])).map(|(name, _)| name.to_owned());
    names.map(|name| [module.as_slice(), &[name]].concat()).collect()
}

fn read(module: &Module, text: &str, known: &BTreeSet<Module>) -> Source {
    // Tests stand at the end of a file.
    let is_inline = |at: usize| text[at..].lines().nth(1).is_some_and(|line| line.ends_with('{'));
    let tests = text.match_indices("#[cfg(test)]\nmod ").map(|(at, _)| at).find(|at| is_inline(*at));
    let text = &text[..tests.unwrap_or(text.len())];
    let mut source = Source { paths: Vec::new(), imports: BTreeMap::new() };
    for import in text.split("use ").skip(1).filter_map(|rest| rest.split_once(';')).map(|(import, _)| import) {
        for path in expanded(import) {
            let Some(path) = from_root(module, &path, known) else { continue };
            source.imports.extend(path.last().map(|name| (name.clone(), path.clone())));
            source.paths.push(path);
        }
    }
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    // What ends with :: begins a group of an import, and was read with it.
    let is_path = |word: &&str| word.contains("::") && !word.ends_with("::");
    let words = text.split(|letter| !is_word(letter)).filter(is_path);
    source.paths.extend(words.filter_map(|word| from_root(module, &names(word), known)));
    source
}

/// Writes `a::{b, c::{self, d}}` as `a::b`, `a::c` and `a::c::d`.
fn expanded(import: &str) -> Vec<Module> {
    let Some((before, group)) = import.split_once('{') else {
        return vec![names(import.split(" as ").next().unwrap_or(import))];
    };
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for letter in group[..group.rfind('}').unwrap_or(group.len())].chars() {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        match parts.last_mut() {
            Some(part) if letter != ',' || depth > 0 => part.push(letter),
            _ => parts.push(String::new()),
        }
    }
    let whole = |part: &String| expanded(part).into_iter().map(|path| [names(before), path].concat());
    let mut paths: Vec<Module> = parts.iter().filter(|part| !part.trim().is_empty()).flat_map(whole).collect();
    paths.iter_mut().filter(|path| path.last().is_some_and(|name| name == "self")).for_each(|path| drop(path.pop()));
    paths
}

fn names(path: &str) -> Module {
    path.split("::").map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

/// Writes a path from the crate's root on; `None` where it leads out of the crate.
fn from_root(module: &Module, path: &Module, known: &BTreeSet<Module>) -> Option<Module> {
    let above = path.iter().take_while(|name| *name == "super").count();
    let child = [module.as_slice(), path.get(..1)?].concat();
    match path.first()?.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "self" => Some([module.as_slice(), &path[1..]].concat()),
        "super" => Some([module.get(..module.len().checked_sub(above)?)?, &path[above..]].concat()),
        _ if known.contains(&child) => Some([module.as_slice(), path.as_slice()].concat()),
        _ => None,
    }
}

/// Returns the module in which a path ends: that of the longest known beginning, and where that has only imported the
/// next name, wherever it comes from.
fn home(path: &Module, sources: &BTreeMap<&Module, Source>) -> Option<Module> {
    let mut path = path.clone();
    // Imports that lead to each other do not compile; a glob may still make it look so.
    for _ in 0..8 {
        let length = (0..=path.len()).rev().find(|length| sources.contains_key(&path[..*length].to_vec()))?;
        let module = path[..length].to_vec();
        let import = path.get(length).and_then(|name| sources[&module].imports.get(name));
        match import.filter(|import| **import != path) {
            Some(import) => path = [import.as_slice(), path.get(length + 1..).unwrap_or_default()].concat(),
            None => return Some(module),
        }
    }
    None
}

/// Returns every file below a folder, as path below it and text.
pub(crate) fn below<'f>(folder: &str, files: &'f [tree::File]) -> Vec<(&'f str, &'f str)> {
    let inside = |file: &'f tree::File| Some((file.path.strip_prefix(folder)?.strip_prefix('/')?, file.text.as_str()));
    files.iter().filter_map(inside).filter(|(path, _)| path.ends_with(".rs")).collect()
}

#[test]
fn what_a_file_names_is_read_as_people_write_it() {
    let files = [
        ("lib.rs", "mod a;\nmod b;\npub use a::A;"),
        ("a.rs", "mod deep;\npub use self::deep::A;\nuse std::fs;\nfn f() { deep::g() }\n// crate::b::no"),
        ("a/deep.rs", "use super::super::b::{self, c::{C, D}};\n#[cfg(test)]\nmod tests {\nuse crate::lost::X;\n}"),
        ("b.rs", "mod c;\n#[cfg(test)]\nmod tests;\nfn f(x: crate::A) {}"),
        ("b/c.rs", "use crate::{a, b::B};"),
        ("b/tests.rs", "use crate::a;"),
    ];
    let found: Vec<(String, Vec<String>)> =
        graph(&files).iter().map(|(module, named)| (shown(module), named.iter().map(shown).collect())).collect();
    let expected = [
        ("the crate's root", &["a/deep.rs"][..]),
        ("a.rs", &["a/deep.rs"]),
        ("a/deep.rs", &["b.rs", "b/c.rs"]),
        ("b.rs", &["a/deep.rs"]),
        ("b/c.rs", &["a.rs", "b.rs"]),
    ];
    let expected = expected.map(|(file, named)| (file.to_owned(), named.iter().map(|n| (*n).to_owned()).collect()));
    assert_eq!(found, expected);
}
