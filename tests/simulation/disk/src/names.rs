//! The names of a disk: which file has which, and the folders.
//!
//! Owns: what making, renaming and removing does to them, and which of it a power loss takes back where a disk may lose
//! names. Refuses: what is in the files.

use crate::fault::Failure;
use crate::inode::PowerLoss;
use std::collections::{BTreeMap, BTreeSet};
use tidemark_test_dice::Dice;

#[derive(Clone, Debug)]
enum Change {
    File(String, u64),
    Folder(String),
    Rename(String, String),
    Remove(String),
}

#[derive(Clone, Debug, Default)]
struct Table {
    files: BTreeMap<String, u64>,
    /// All but the root, which is always there.
    folders: BTreeSet<String>,
}

/// The names, as processes see them and as the disk has them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    now: Table,
    /// Only where names may be lost: what the disk has, and what happened since, in order.
    durable: Option<(Table, Vec<Change>)>,
}

fn above(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn is_in(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

impl Table {
    fn apply(&mut self, change: &Change) {
        match change {
            Change::File(path, inode) => {
                self.files.insert(path.clone(), *inode);
            }
            Change::Folder(path) => {
                self.folders.insert(path.clone());
            }
            Change::Remove(path) => {
                self.files.remove(path);
                self.folders.remove(path);
            }
            Change::Rename(from, to) => self.rename(from, to),
        }
    }

    fn rename(&mut self, from: &str, to: &str) {
        if let Some(inode) = self.files.remove(from) {
            self.files.insert(to.to_owned(), inode);
            return;
        }
        let moved = |path: &str| format!("{to}{}", &path[from.len()..]);
        let inside = |path: &String| path == from || is_in(path, from);
        for path in self.folders.iter().filter(|path| inside(path)).cloned().collect::<Vec<_>>() {
            self.folders.remove(&path);
            self.folders.insert(moved(&path));
        }
        for path in self.files.keys().filter(|path| inside(path)).cloned().collect::<Vec<_>>() {
            if let Some(inode) = self.files.remove(&path) {
                self.files.insert(moved(&path), inode);
            }
        }
    }
}

impl Names {
    pub(crate) fn file(&self, path: &str) -> Option<u64> {
        self.now.files.get(path).copied()
    }

    pub(crate) fn is_folder(&self, path: &str) -> bool {
        path.is_empty() || self.now.folders.contains(path)
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = (&String, u64)> {
        self.now.files.iter().map(|(path, inode)| (path, *inode))
    }

    /// Returns the names in a folder, in order.
    pub(crate) fn names_in(&self, folder: &str) -> Vec<String> {
        let paths = self.now.files.keys().chain(&self.now.folders).filter(|path| above(path) == folder);
        let names: BTreeSet<&str> = paths.map(|path| path.rsplit('/').next().unwrap_or(path)).collect();
        names.into_iter().map(str::to_owned).collect()
    }

    /// Returns what is in a folder at any depth, the deepest first.
    pub(crate) fn inside(&self, folder: &str) -> Vec<String> {
        let mut paths: Vec<String> =
            self.now.files.keys().chain(&self.now.folders).filter(|path| is_in(path, folder)).cloned().collect();
        paths.sort_by(|a, b| b.cmp(a));
        paths
    }

    /// Tells whether a file could be made or moved there.
    pub(crate) fn check_place(&self, path: &str) -> Result<(), Failure> {
        match () {
            () if self.is_folder(path) => Err(Failure::Folder),
            () if !self.is_folder(above(path)) => Err(Failure::NotFound),
            () => Ok(()),
        }
    }

    pub(crate) fn make_file(&mut self, path: &str, inode: u64) {
        self.change(Change::File(path.to_owned(), inode));
    }

    pub(crate) fn make_folder(&mut self, path: &str) {
        self.change(Change::Folder(path.to_owned()));
    }

    pub(crate) fn rename(&mut self, from: &str, to: &str) {
        self.change(Change::Rename(from.to_owned(), to.to_owned()));
    }

    pub(crate) fn remove(&mut self, path: &str) {
        self.change(Change::Remove(path.to_owned()));
    }

    /// Lets names be lost from now on, or makes them last at once, as they do at first.
    pub(crate) fn may_be_lost(&mut self, lossy: bool) {
        self.durable = lossy.then(|| (self.now.clone(), Vec::new()));
    }

    pub(crate) fn sync(&mut self) {
        if let Some((table, changes)) = &mut self.durable {
            changes.drain(..).for_each(|change| table.apply(&change));
        }
    }

    pub(crate) fn lose_power(&mut self, mode: PowerLoss, dice: &mut Dice) {
        let Some((table, changes)) = &mut self.durable else { return };
        // A journal of a file system keeps them in order, so what is left is a beginning.
        let kept = match mode {
            PowerLoss::DropUnsynced => 0,
            PowerLoss::KeepRandomPart => dice.below(changes.len() + 1),
            PowerLoss::KeepAll => changes.len(),
        };
        changes.drain(..).take(kept).for_each(|change| table.apply(&change));
        self.now = table.clone();
    }

    /// Tells whether a file has a name that a power loss could bring back.
    pub(crate) fn may_come_back(&self, inode: u64) -> bool {
        self.durable.as_ref().is_some_and(|(table, changes)| {
            table.files.values().any(|named| *named == inode)
                || changes.iter().any(|change| matches!(change, Change::File(_, made) if *made == inode))
        })
    }

    /// Gives every file a new number.
    pub(crate) fn renumber(&mut self, numbers: &BTreeMap<u64, u64>) {
        // A file that was made and removed again is in the list of changes only.
        let renumber = |inode: &mut u64| *inode = numbers.get(inode).copied().unwrap_or(0);
        self.now.files.values_mut().for_each(renumber);
        if let Some((table, changes)) = &mut self.durable {
            table.files.values_mut().for_each(renumber);
            for change in changes {
                if let Change::File(_, inode) = change {
                    renumber(inode);
                }
            }
        }
    }

    fn change(&mut self, change: Change) {
        self.now.apply(&change);
        if let Some((_, changes)) = &mut self.durable {
            changes.push(change);
        }
    }
}
